//! The published shapes: one struct for each type of message. Each is told to one side; the table at the end
//! says which, and is what the schemas are generated from.
//!
//! A field may be added; none may change its meaning or go away while consumers have it.

use model::transition::RefusedInput;
use model::{AgentId, ChannelId, ContactId, QueueId, RuleName, ShardId, TenantId};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use super::OutputKind;
use super::bound::{ContactParked, Parked};
use super::consult::{Consult, ContactHandedOver, HandedOver};
use super::hand::HandView;
use super::handling::{ContactStuck, ContactWorkedOn, Stuck};
use super::quiet::{ContactQuieted, ContactReplied, ContactSlowed, Quieted};
use super::view::{
    CauseView, ClassifiedView, Contact, ExitView, History, Known, Name, OfferEndView, OriginView,
    OutcomeView, OutlookView, OverflowView, PresenceView, ProposalEndView, ReasonView, ScoreView, Summary,
    SwitchView, WhyView,
};
use crate::text::Moment;

/// A type of message, without its head.
pub(crate) trait Body: Serialize {
    const TYPE: &'static str;
    const KIND: OutputKind;
}

/// Stands in every message.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Head<'a> {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub tenant: Name<'a, TenantId>,
    /// When it was decided.
    pub at: Moment,
    pub origin: OriginView<'a>,
}

// To an agent's desktop.

/// A contact is offered to the agent, who accepts or declines it by its offer number.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Offer<'a> {
    pub offer: u64,
    /// Without an answer by then the contact goes to another agent.
    pub expires_at: Moment,
    /// Whose hand made it out of turn: a supervisor's, or the agent's own, who pulled; then it is accepted at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<HandView>,
    /// Who transferred or requeued it last, perhaps a bot: the attributes are as that agent left them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handed_over_by: Option<Name<'a, AgentId>>,
    pub contact: Contact<'a>,
    /// The customer's other contacts: open ones, then those that ended, latest first; at most eight of each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<History<'a>>,
}

/// The offer is over and the contact is not the agent's.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct OfferEnded<'a> {
    pub contact: Name<'a, ContactId>,
    pub offer: u64,
    pub how: OfferEndView,
}

/// The contact is the agent's.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Assigned<'a> {
    pub offer: u64,
    pub contact: Contact<'a>,
}

/// The contact is over; the agent finishes its work on it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct WrapUp<'a> {
    pub contact: Name<'a, ContactId>,
    /// Ends by itself then.
    pub until: Moment,
}

/// The contact is not the agent's any more and waits for another.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Returned<'a> {
    pub contact: Name<'a, ContactId>,
    pub why: WhyView,
}

/// A live contact is about to be offered to the agent: what it was doing is parked, and stays its own.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Interrupted<'a> {
    pub contact: Name<'a, ContactId>,
}

/// What was parked is active again.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Resumed<'a> {
    pub contact: Name<'a, ContactId>,
}

/// More is known of a contact that the agent has, or is offered.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Updated<'a> {
    pub contact: Contact<'a>,
}

/// The customer was not reached: the contact is not the agent's any more and is tried again later.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct NotReached<'a> {
    pub contact: Name<'a, ContactId>,
    pub until: Moment,
}

/// A contact that the agent had, or was offered, has ended.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Closed<'a> {
    pub contact: Name<'a, ContactId>,
    pub outcome: OutcomeView,
}

/// The agent's presence changed.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Presence<'a> {
    pub session: u64,
    pub presence: PresenceView<'a>,
    pub cause: CauseView,
}

/// An input of the agent was refused and changed nothing.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Refused<'a> {
    /// Sequence of the input in the ingest stream, as its acknowledgement said.
    pub position: u64,
    pub reason: ReasonView,
    /// What the reason means.
    pub meaning: &'static str,
    /// What, where, and how to mend it.
    pub detail: &'a str,
}

impl<'a> Refused<'a> {
    pub(super) fn new(input: &'a RefusedInput) -> Refused<'a> {
        Refused {
            position: input.position,
            reason: ReasonView(input.reason),
            meaning: input.reason.meaning().trim(),
            detail: &input.detail,
        }
    }
}

// To the customer's side.

/// The contact waits in this queue.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Queued<'a> {
    pub contact: Name<'a, ContactId>,
    pub queue: Name<'a, QueueId>,
}

/// Another channel is proposed. The contact goes on waiting; an answer is the input `contact_answer`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ProposalMade<'a> {
    pub contact: Name<'a, ContactId>,
    pub channel: Name<'a, ChannelId>,
    /// Where the contact goes if the customer agrees.
    pub queue: Name<'a, QueueId>,
    /// For how long it can be answered, unless an agent is found before.
    pub until: Moment,
}

/// What was proposed is over, and the contact waits as it did.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ProposalOver<'a> {
    pub contact: Name<'a, ContactId>,
    pub how: ProposalEndView,
}

/// The customer agreed: the contact is on this channel now, with its age.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Switched<'a> {
    pub contact: Name<'a, ContactId>,
    pub channel: Name<'a, ChannelId>,
    pub queue: Name<'a, QueueId>,
    /// On an indirect channel: until then the customer hears of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Moment>,
}

/// What is to be expected of the line: when the contact begins to wait, and again when something changed.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Expected<'a> {
    pub contact: Name<'a, ContactId>,
    pub queue: Name<'a, QueueId>,
    #[serde(flatten)]
    pub outlook: OutlookView,
}

/// Nobody whom the organisation has could take the contact, now or later; it waits all the same.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Unservable<'a> {
    pub contact: Name<'a, ContactId>,
    pub queue: Name<'a, QueueId>,
}

/// There is somebody after all who could take the contact.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Servable<'a> {
    pub contact: Name<'a, ContactId>,
    pub queue: Name<'a, QueueId>,
}

/// The contact is put off until then: nobody is offered it before.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Scheduled<'a> {
    pub contact: Name<'a, ContactId>,
    pub until: Moment,
}

/// An agent has the contact.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Accepted<'a> {
    pub contact: Name<'a, ContactId>,
    pub agent: Name<'a, AgentId>,
}

/// The agent let the contact go; it is placed anew with its age.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ReturnedToQueue<'a> {
    pub contact: Name<'a, ContactId>,
    pub queue: Name<'a, QueueId>,
}

/// The conversation is over; the agent still works on the contact.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Handled<'a> {
    pub contact: Name<'a, ContactId>,
}

/// The contact has ended; nothing more is said of it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Ended<'a> {
    pub contact: Name<'a, ContactId>,
    pub outcome: OutcomeView,
}

// To the event feed.

/// The shard met the tenant for the first time.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TenantOpened {}

/// The tenant's last event of this shard: it is on its way to another.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TenantLeft<'a> {
    pub to: Name<'a, ShardId>,
}

/// The tenant's first event of this shard: it came from another.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TenantCame<'a> {
    pub from: Name<'a, ShardId>,
}

/// A configuration is in force.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ConfigApplied<'a> {
    pub version: u64,
    pub hash: &'a str,
}

/// A roster entry was added or changed.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AgentPut<'a> {
    pub agent: Name<'a, AgentId>,
}

/// A roster entry was removed.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AgentRemoved<'a> {
    pub agent: Name<'a, AgentId>,
}

/// A queue was paused, closed, or opened again.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct QueueSwitched<'a> {
    pub queue: Name<'a, QueueId>,
    pub state: SwitchView,
}

/// An agent's presence changed.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AgentPresence<'a> {
    pub agent: Name<'a, AgentId>,
    pub session: u64,
    pub presence: PresenceView<'a>,
    pub cause: CauseView,
}

/// A contact was taken in.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ContactArrived<'a> {
    pub contact: Contact<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known: Option<Known<'a>>,
    /// Absent: no rule matched it, and it is in the queue that its producer named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classified: Option<ClassifiedView<'a>>,
}

/// A contact waits.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ContactQueued<'a> {
    pub contact: Summary<'a>,
    /// It waits for this agent alone; absent: for anyone who qualifies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_agent: Option<Name<'a, AgentId>>,
}

/// A contact is put off: it came with a window, or the customer was not reached.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ContactScheduled<'a> {
    pub contact: Summary<'a>,
    /// Who had it and did not reach the customer; absent: it just came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<Name<'a, AgentId>>,
    /// It is released then, or as soon afterwards as few enough of its kind wait in its queue.
    pub until: Moment,
    /// In which the customer was not reached, up to here.
    pub tries: u8,
}

/// A contact that was put off comes to its queue, with the arrival that counts from here on.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ContactReleased<'a> {
    pub contact: Summary<'a>,
}

/// A contact waits for anyone who qualifies, and nobody in the roster does or will, signed in or not: it asks for a channel, skills or
/// a site that no agent has, also after all the steps of its queue.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ContactUnservable<'a> {
    pub contact: Summary<'a>,
}

/// Somebody in the roster could take a contact after all of which the contrary was said.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ContactServable<'a> {
    pub contact: Summary<'a>,
}

/// A contact is offered to an agent.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ContactOffered<'a> {
    pub contact: Summary<'a>,
    pub agent: Name<'a, AgentId>,
    pub offer: u64,
    pub expires_at: Moment,
    /// Whose hand made it out of turn: a supervisor's, or the agent's own, who pulled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<HandView>,
}

/// An agent accepted a contact.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ContactAccepted<'a> {
    pub contact: Summary<'a>,
    pub agent: Name<'a, AgentId>,
    pub offer: u64,
    /// Of one that was told what to expect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<ScoreView>,
}

/// A rule of overflow proposed another channel to a contact that waits.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ContactProposed<'a> {
    pub contact: Summary<'a>,
    pub rule: Name<'a, RuleName>,
    pub channel: Name<'a, ChannelId>,
    /// The queue to which it goes if the customer agrees.
    pub to: Name<'a, QueueId>,
    pub until: Moment,
}

/// The customer did not want to, or did not answer.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ProposalEnded<'a> {
    pub contact: Summary<'a>,
    pub how: ProposalEndView,
}

/// The customer agreed to another channel, on which the contact now is.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ContactSwitched<'a> {
    pub contact: Summary<'a>,
    /// Where it was, and on which channel.
    pub from: Name<'a, QueueId>,
    pub from_channel: Name<'a, ChannelId>,
}

/// The customer's side is told what is to be expected of the line.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ContactEstimated<'a> {
    pub contact: Summary<'a>,
    #[serde(flatten)]
    pub outlook: OutlookView,
}

/// An offer ended without being accepted.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "OfferEnded")]
pub(crate) struct OfferEndedFeed<'a> {
    pub contact: Summary<'a>,
    pub agent: Name<'a, AgentId>,
    pub offer: u64,
    pub how: OfferEndView,
}

/// A contact is over and its agent wraps up.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ContactWrapUp<'a> {
    pub contact: Summary<'a>,
    pub agent: Name<'a, AgentId>,
    pub until: Moment,
}

/// A live contact is about to be offered to the agent who has this one: it is parked with that agent.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ContactInterrupted<'a> {
    pub contact: Summary<'a>,
    pub agent: Name<'a, AgentId>,
    /// How often it was interrupted, this time counted.
    pub times: u8,
}

/// A contact that was parked with its agent is active with it again.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ContactResumed<'a> {
    pub contact: Summary<'a>,
    pub agent: Name<'a, AgentId>,
}

/// An agent let an active contact go.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ContactReturned<'a> {
    pub contact: Summary<'a>,
    pub agent: Name<'a, AgentId>,
    pub why: WhyView,
}

/// A contact has waited for so long that it asks for less.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ContactRelaxed<'a> {
    pub contact: Summary<'a>,
    /// Of its queue's steps, counted from 1.
    pub step: u8,
}

/// The deadline of an indirect contact is near: from here on it counts as a live one.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ContactPressed<'a> {
    pub contact: Summary<'a>,
}

/// A contact left a queue by its exit, into the queue that it now stands in.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ContactMoved<'a> {
    pub contact: Summary<'a>,
    pub from: Name<'a, QueueId>,
    pub why: ExitView,
}

/// A contact waits for the agent who has another one of its matter, or the one beside which it is a companion.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ContactJoined<'a> {
    pub contact: Summary<'a>,
    pub agent: Name<'a, AgentId>,
    /// From then on anybody who qualifies may have it.
    pub until: Moment,
}

/// A producer said more of a contact.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ContactUpdated<'a> {
    pub contact: Contact<'a>,
    /// Who holds it or is offered it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<Name<'a, AgentId>>,
}

/// After an update the tenant's rules make something else of a contact, and it waits in the queue that it now stands in.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ContactReclassified<'a> {
    pub contact: Summary<'a>,
    /// Where it was; the same when only its points or what it requires changed.
    pub from: Name<'a, QueueId>,
    /// Absent: no rule matches it, and its producer named a queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classified: Option<ClassifiedView<'a>>,
}

/// A rule of overflow was judged anew: it is on, off, or about to be.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct OverflowTurned<'a> {
    pub rule: Name<'a, RuleName>,
    /// Which it watches.
    pub queue: Name<'a, QueueId>,
    pub state: OverflowView,
    /// Since when what is to turn it holds; for rising and falling.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Moment>,
    /// What was measured there for the limits that decided, in their order: `oldest`, `ewt_p50`, `ewt_p90` and `backlog` in milliseconds,
    /// `service_level` in percent, all others counted; null for a `backlog` or `late` that is unknown.
    pub measured: &'a [Option<u64>],
}

/// At the pace of its last contacts, and with the agents who are there, deadlines of this queue will not be met.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct DeadlinesAtRisk<'a> {
    pub queue: Name<'a, QueueId>,
    /// Of those that will not, the contact that is due first.
    pub first: Name<'a, ContactId>,
    pub due_at: Moment,
    /// When it is expected to be handled.
    pub expected_at: Moment,
    /// How many will be late, up to 4,096.
    pub late: u32,
}

/// All deadlines of this queue will be met after all.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct DeadlinesMet<'a> {
    pub queue: Name<'a, QueueId>,
}

/// A rule of overflow acted on a contact that waits: others may have it now, it stands further ahead, or it is in another queue.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ContactOverflowed<'a> {
    pub contact: Summary<'a>,
    pub rule: Name<'a, RuleName>,
    /// Where it was; the same unless the rule moves.
    pub from: Name<'a, QueueId>,
}

/// A contact has ended. Every contact ends exactly once.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ContactClosed<'a> {
    pub contact: Summary<'a>,
    /// Who held it when it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<Name<'a, AgentId>>,
    pub outcome: OutcomeView,
}

// To the dead-letter stream.

/// An input was refused and changed nothing.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct DeadLetter<'a> {
    /// Sequence of the input in the ingest stream, where the whole of it is kept for a while.
    pub position: u64,
    pub reason: ReasonView,
    /// What the reason means.
    pub meaning: &'static str,
    /// What, where, and how to mend it.
    pub detail: &'a str,
    /// Who sent it; absent: not an agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<Name<'a, AgentId>>,
    /// The first bytes of the input with its values masked.
    pub head: &'a str,
}

impl<'a> DeadLetter<'a> {
    pub(super) fn new(input: &'a RefusedInput) -> DeadLetter<'a> {
        let Refused { position, reason, meaning, detail } = Refused::new(input);
        DeadLetter {
            position,
            reason,
            meaning,
            detail,
            agent: input.agent.as_ref().map(Name),
            head: &input.head,
        }
    }
}

/// What a schema is generated from.
pub(crate) struct BodyShape {
    pub kind: OutputKind,
    pub name: &'static str,
    pub schema: fn(&mut SchemaGenerator) -> Schema,
}

macro_rules! bodies {
    (others { $($kind:ident: $body:ty => $name:literal;)+ } feed { $($event:ty => $event_name:literal;)+ }) => {
        $(impl Body for $body {
            const TYPE: &'static str = $name;
            const KIND: OutputKind = OutputKind::$kind;
        })+
        $(impl Body for $event {
            const TYPE: &'static str = $event_name;
            const KIND: OutputKind = OutputKind::Feed;
        })+
        /// Types of events of the durable feed: the last token of their subject.
        pub const EVENT_TYPES: &[&str] = &[$($event_name),+];
        pub(crate) const BODIES: &[BodyShape] = &[
            $(BodyShape { kind: OutputKind::$kind, name: $name, schema: <$body>::json_schema },)+
            $(BodyShape { kind: OutputKind::Feed, name: $event_name, schema: <$event>::json_schema },)+
        ];
    };
}

bodies! {
    others {
        AgentDesktop: Offer<'_> => "offer";
        AgentDesktop: OfferEnded<'_> => "offer_ended";
        AgentDesktop: Assigned<'_> => "assigned";
        AgentDesktop: WrapUp<'_> => "wrap_up";
        AgentDesktop: Returned<'_> => "returned";
        AgentDesktop: NotReached<'_> => "not_reached";
        AgentDesktop: Interrupted<'_> => "interrupted";
        AgentDesktop: Parked<'_> => "parked";
        AgentDesktop: Stuck<'_> => "stuck";
        AgentDesktop: Resumed<'_> => "resumed";
        AgentDesktop: Quieted<'_> => "quieted";
        AgentDesktop: Consult<'_> => "consult";
        AgentDesktop: HandedOver<'_> => "handed_over";
        AgentDesktop: Updated<'_> => "updated";
        AgentDesktop: Closed<'_> => "closed";
        AgentDesktop: Presence<'_> => "presence";
        AgentDesktop: Refused<'_> => "refused";
        Customer: Queued<'_> => "queued";
        Customer: Unservable<'_> => "unservable";
        Customer: Servable<'_> => "servable";
        Customer: Scheduled<'_> => "scheduled";
        Customer: Expected<'_> => "estimate";
        Customer: ProposalMade<'_> => "proposal";
        Customer: ProposalOver<'_> => "proposal_ended";
        Customer: Switched<'_> => "switched";
        Customer: Accepted<'_> => "accepted";
        Customer: ReturnedToQueue<'_> => "returned";
        Customer: Handled<'_> => "handled";
        Customer: Ended<'_> => "ended";
        DeadLetter: DeadLetter<'_> => "refused";
    }
    feed {
        TenantOpened => "tenant_opened";
        ConfigApplied<'_> => "config_applied";
        AgentPut<'_> => "agent_put";
        AgentRemoved<'_> => "agent_removed";
        QueueSwitched<'_> => "queue_switched";
        AgentPresence<'_> => "agent_presence";
        ContactArrived<'_> => "contact_arrived";
        ContactQueued<'_> => "contact_queued";
        ContactOffered<'_> => "contact_offered";
        ContactAccepted<'_> => "contact_accepted";
        OfferEndedFeed<'_> => "offer_ended";
        ContactWrapUp<'_> => "contact_wrap_up";
        ContactReturned<'_> => "contact_returned";
        ContactRelaxed<'_> => "contact_relaxed";
        ContactPressed<'_> => "contact_pressed";
        ContactMoved<'_> => "contact_moved";
        ContactJoined<'_> => "contact_joined";
        ContactUpdated<'_> => "contact_updated";
        ContactReclassified<'_> => "contact_reclassified";
        ContactScheduled<'_> => "contact_scheduled";
        ContactReleased<'_> => "contact_released";
        ContactClosed<'_> => "contact_closed";
        OverflowTurned<'_> => "overflow_turned";
        DeadlinesAtRisk<'_> => "deadlines_at_risk";
        DeadlinesMet<'_> => "deadlines_met";
        ContactOverflowed<'_> => "contact_overflowed";
        ContactEstimated<'_> => "contact_estimated";
        ContactProposed<'_> => "contact_proposed";
        ProposalEnded<'_> => "proposal_ended";
        ContactSwitched<'_> => "contact_switched";
        ContactUnservable<'_> => "contact_unservable";
        ContactServable<'_> => "contact_servable";
        ContactInterrupted<'_> => "contact_interrupted";
        ContactParked<'_> => "contact_parked";
        ContactStuck<'_> => "contact_stuck";
        ContactWorkedOn<'_> => "contact_worked_on";
        ContactResumed<'_> => "contact_resumed";
        ContactQuieted<'_> => "contact_quieted";
        ContactHandedOver<'_> => "contact_handed_over";
        ContactSlowed<'_> => "contact_slowed";
        ContactReplied<'_> => "contact_replied";
        TenantLeft<'_> => "tenant_left";
        TenantCame<'_> => "tenant_came";
    }
}
