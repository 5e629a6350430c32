//! What each input may say. The structs are at once what is decoded and what is published as JSON Schema, so the
//! two cannot differ.

use model::agent::AGENT_SKILLS_MAX;
use model::config::CHANNELS_MAX;
use model::contact::{ATTRIBUTES_MAX, EXCLUDED_AGENTS_MAX, REACHABLE_MAX};
use model::id::{
    AgentId, AuxReason, ChannelId, ContactId, CustomerRef, MatterRef, QueueId, SiteId, TenantId,
};
use model::skill::REQUIREMENT_SKILLS_MAX;
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::consult::Consult;
use super::hand::{AgentSwitch, ContactAssign, ContactRequeue, Pull};
use super::kinds::{Count, Demands, Hash, List, Map, Points, Text, Whole};
use super::tree::INTEGER_MAX;
use crate::text::{Duration, Id, Moment};

/// Types of inputs on `wissel.in.<tenant>.contact`.
pub const CONTACT_TYPES: &[&str] =
    &["contact_create", "contact_update", "contact_answer", "contact_quiet", "contact_reply", "contact_end"];
/// Types of inputs on `wissel.in.<tenant>.agent.<agent>`.
pub const AGENT_TYPES: &[&str] = &[
    "sign_in",
    "sign_out",
    "available",
    "aux",
    "drain",
    "accept",
    "decline",
    "complete",
    "wrap_up_done",
    "transfer",
    "requeue",
    "pull",
    "quiet",
    "consult",
    "still_working",
];
/// Types of inputs on `wissel.in.<tenant>.admin`.
pub const ADMIN_TYPES: &[&str] = &[
    "config_apply",
    "agent_put",
    "agent_remove",
    "queue_switch",
    "agent_switch",
    "contact_assign",
    "contact_requeue",
];

/// Most units of one agent, those of ten people. Of the contacts it holds, at most [`model::agent::AGENT_HOLDS_MAX`], each is returned
/// when it signs out, may be classified anew, ask for less, count as live, be offered again to whoever declined it, is offered to another agent
/// and accepted in that one's name, in at most 2,062 bytes: 504 KiB in one step, which may take
/// [`crate::record::STEP_BYTES_MAX`]. Many more, and their offers would leave no room for a configuration that makes
/// them possible: see [`crate::config::ENCODED_SIZE_MAX`].
pub const CAPACITY_MAX: i64 = 1_000;

/// Beside the fields of its type, any input may hold these.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Common {
    /// If present, the tenant of the subject.
    pub(super) tenant: Option<Id<TenantId>>,
    /// When the sender says it happened; absent: when it was received.
    pub(super) sent_at: Option<Moment>,
}

/// Beside the fields of its type, an agent's input holds these.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AgentCommon {
    /// If present, the tenant of the subject.
    pub(super) tenant: Option<Id<TenantId>>,
    /// When the sender says it happened; absent: when it was received.
    pub(super) sent_at: Option<Moment>,
    /// If present, the agent of the subject.
    pub(super) agent: Option<Id<AgentId>>,
    /// Grows with every sign-in: the milliseconds since 1970, at most a day ahead of when the input is received.
    pub(super) session: Count,
    /// Grows with every input of the session, from 1; one that was reached before changes nothing.
    pub(super) counter: Whole<1, INTEGER_MAX>,
}

/// A customer asks for something.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContactCreate {
    /// Chosen by the sender. A repeat with an equal body changes nothing, for at least 24 hours.
    pub(super) contact: Id<ContactId>,
    pub(super) channel: Id<ChannelId>,
    /// Absent: the tenant's rules choose, or its default queue.
    pub(super) queue: Option<Id<QueueId>>,
    /// An opaque reference; never a name or an address.
    pub(super) customer: Option<Id<CustomerRef>>,
    /// What it is about, as the organisation calls it: a case, an order. Contacts of one customer about one matter go to one agent.
    pub(super) matter: Option<Id<MatterRef>>,
    /// Required beside the queue's own skills: skill to lowest level.
    #[serde(default)]
    pub(super) skills: Demands<REQUIREMENT_SKILLS_MAX>,
    /// Only agents of this site may have it, however long it waits; absent: those of all.
    pub(super) site: Option<Id<SiteId>>,
    /// true: no bot gets it, however long it waits.
    #[serde(default)]
    pub(super) person: bool,
    /// Added to the queue's points.
    #[serde(default)]
    pub(super) points: Points,
    /// Deadline of indirect work; absent: the queue's.
    pub(super) due_at: Option<Moment>,
    /// When the customer came, at most 31 days before the input was received; absent or in the future: just then.
    pub(super) arrived_at: Option<Moment>,
    /// Until then it is offered to nobody: a call-back, an appointment. With `arrived_at` it comes into the line with that age, without it
    /// as new.
    pub(super) not_before: Option<Moment>,
    /// Unanswered by then it takes its queue's exit; later than `not_before`.
    pub(super) not_after: Option<Moment>,
    pub(super) preferred_agent: Option<Id<AgentId>>,
    /// How long it waits for its preferred agent; absent: the queue's.
    pub(super) preferred_patience: Option<Duration>,
    /// Agents it keeps away from.
    #[serde(default)]
    pub(super) excluded_agents: List<Id<AgentId>, EXCLUDED_AGENTS_MAX>,
    /// Goes to the agent with the offer, and is what the tenant's rules look at.
    #[serde(default)]
    pub(super) attributes: Map<Text, Text, ATTRIBUTES_MAX>,
    /// Channels that the customer can and wants to use instead, the preferred first: one of them may be proposed.
    #[serde(default)]
    pub(super) reachable: List<Id<ChannelId>, REACHABLE_MAX>,
    /// W3C trace context; one that is not valid is dropped. Absent: that of the message's header.
    pub(super) traceparent: Option<Text>,
}

/// More is known of a contact that is open. A repeat changes nothing.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContactUpdate {
    pub(super) contact: Id<ContactId>,
    /// For a contact that came without one; a customer never changes.
    pub(super) customer: Option<Id<CustomerRef>>,
    /// true: no bot gets it from here on, however long it waits; false says nothing, for who asked for a person goes on asking.
    #[serde(default)]
    pub(super) person: bool,
    /// Adds these attributes or replaces their values; null takes one away. The others stay.
    #[serde(default)]
    pub(super) attributes: Map<Text, Option<Text>, ATTRIBUTES_MAX>,
}

/// The customer answers what was proposed.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContactAnswer {
    pub(super) contact: Id<ContactId>,
    /// True: the contact changes to the channel that was proposed, with its age. False: it goes on waiting as it is.
    pub(super) accepts: bool,
}

/// A contact ended on the customer's or the organisation's side.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContactEnd {
    pub(super) contact: Id<ContactId>,
    pub(super) by: By,
}

#[derive(Debug, Clone, Copy, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum By {
    /// The customer left or hung up.
    Customer,
    /// The organisation withdrew it.
    Organisation,
}

/// Starts a session, or takes over from an older one with everything it holds.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    /// Takes no work at first, for this reason; absent: available.
    pub(super) aux: Option<Id<AuxReason>>,
}

/// An input that says all by its type.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// Takes no new work, for a reason.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Aux {
    pub(super) reason: Id<AuxReason>,
}

/// Takes no new work; when the last contact is done, something else follows.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Drain {
    /// The aux reason that follows; absent: signed out.
    pub(super) aux: Option<Id<AuxReason>>,
}

/// The answer to an offer.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfferAnswer {
    pub(super) contact: Id<ContactId>,
    /// The number that came with the offer.
    pub(super) offer: Count,
}

/// The customer fell silent, or wrote again.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfCustomer {
    pub(super) contact: Id<ContactId>,
}

/// Something is done with a contact that the agent holds.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContactOnly {
    pub(super) contact: Id<ContactId>,
}

/// A contact is over, or nobody was there.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Complete {
    pub(super) contact: Id<ContactId>,
    /// The customer was not reached: the contact, one that came with a window, is tried again later, as often as its queue says.
    #[serde(default)]
    pub(super) not_reached: bool,
}

/// Hands a contact on, with its age.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Transfer {
    pub(super) contact: Id<ContactId>,
    pub(super) to: To,
    /// Required beside the queue's own, in place of the contact's; absent: the contact's stay.
    pub(super) skills: Option<Demands<REQUIREMENT_SKILLS_MAX>>,
    /// What is known of it by now, for whoever gets it: adds these attributes or replaces their values; null takes one away.
    #[serde(default)]
    pub(super) attributes: Map<Text, Option<Text>, ATTRIBUTES_MAX>,
}

#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum To {
    Queue(Id<QueueId>),
    /// To one agent, through the contact's present queue.
    Agent(Id<AgentId>),
    /// To the agent who has this consult about it, at once.
    Consult(Id<ContactId>),
}

/// Puts a configuration in force whose text was stored before.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfigApply {
    /// blake3 of the text.
    pub(super) hash: Hash,
    /// If present, the version that the text itself names.
    pub(super) version: Option<Whole<1, INTEGER_MAX>>,
}

/// Adds an agent to the roster or replaces its entry.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AgentPut {
    pub(super) agent: Id<AgentId>,
    /// Skill to the agent's own level.
    #[serde(default)]
    pub(super) skills: Demands<AGENT_SKILLS_MAX>,
    /// Channels the agent works on.
    pub(super) channels: Map<Id<ChannelId>, ChannelEntry, CHANNELS_MAX>,
    /// Units in all; absent: 100. However little its contacts cost, an agent holds at most 250.
    pub(super) capacity: Option<Whole<1, CAPACITY_MAX>>,
    /// Place in the method `order`; lower is asked first.
    #[serde(default)]
    pub(super) rank: Whole<0, 4_294_967_295>,
    /// Units that indirect work never takes; absent: the tenant's, which there must be.
    pub(super) reserve: Option<Whole<0, CAPACITY_MAX>>,
    /// Where it sits; absent: nowhere that a contact could ask for.
    pub(super) site: Option<Id<SiteId>>,
    #[serde(default)]
    pub(super) kind: KindOfAgent,
}

#[derive(Debug, Clone, Copy, Default, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum KindOfAgent {
    #[default]
    Person,
    /// Gets no contact that asks for a person, and what it transfers or requeues asks for one from then on.
    Bot,
}

#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChannelEntry {
    /// Replaces the channel's maximum for this agent; only for channels that have one.
    pub(super) max: Option<Whole<1, 255>>,
}

/// Takes an agent from the roster.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AgentRemove {
    pub(super) agent: Id<AgentId>,
}

/// Pauses or closes a queue, or opens it again. Holds until the next one, whatever the configuration.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QueueSwitch {
    pub(super) queue: Id<QueueId>,
    pub(super) state: SwitchTo,
}

#[derive(Debug, Clone, Copy, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum SwitchTo {
    Open,
    /// Contacts may come and wait; none is offered.
    Paused,
    /// Contacts that come take the queue's exit; those that wait are served.
    Closed,
}

/// A heartbeat; not an input, see [`super::beat`].
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BeatBody {
    /// Of the sign-in in force.
    pub(super) session: Count,
}

/// What a schema is generated from.
pub(crate) struct InputShape {
    /// Whose subject it arrives on.
    pub source: &'static str,
    pub name: &'static str,
    pub description: &'static str,
    pub schema: fn(&mut SchemaGenerator) -> Schema,
    /// Of the fields beside those of the type.
    pub common: fn(&mut SchemaGenerator) -> Schema,
}

macro_rules! shapes {
    ($($source:literal, $common:ty { $($name:literal: $body:ty = $description:literal;)+ })+) => {
        pub(crate) const INPUT_SHAPES: &[InputShape] = &[$($(
            InputShape {
                source: $source,
                name: $name,
                description: $description,
                schema: <$body>::json_schema,
                common: <$common>::json_schema,
            },
        )+)+];
    };
}

shapes! {
    "contact", Common {
        "contact_create": ContactCreate = "A customer asks for something.";
        "contact_update": ContactUpdate = "More is known of a contact that is open.";
        "contact_answer": ContactAnswer = "The customer answers what was proposed.";
        "contact_quiet": OfCustomer = "The customer fell silent, on a channel on which people write when they like. A repeat changes nothing.";
        "contact_reply": OfCustomer = "A customer who was silent wrote again. A repeat changes nothing.";
        "contact_end": ContactEnd = "A contact ended on the customer's or the organisation's side.";
    }
    "agent", AgentCommon {
        "sign_in": SignIn = "Starts a session, or takes over from an older one with everything it holds.";
        "sign_out": Nothing = "Ends the session; active contacts return to their queues.";
        "available": Nothing = "Takes new work.";
        "aux": Aux = "Takes no new work, for a reason.";
        "drain": Drain = "Takes no new work; when the last contact is done, something else follows.";
        "accept": OfferAnswer = "Takes an offered contact.";
        "decline": OfferAnswer = "Leaves an offered contact to others.";
        "complete": Complete = "The contact is over; wrap-up starts if its queue has one.";
        "wrap_up_done": ContactOnly = "The work after the contact is done.";
        "transfer": Transfer = "Hands a contact on, with its age.";
        "requeue": ContactOnly = "Gives a contact back to its queue, with its age.";
        "pull": Pull = "Takes a contact that waits, where its queue lets agents do so.";
        "consult": Consult = "Asks another agent about a contact, and keeps it.";
        "still_working": ContactOnly = "The contact is worked on, and not forgotten.";
        "quiet": ContactOnly = "The customer is silent: the contact is nobody's until the customer writes again.";
    }
    "admin", Common {
        "config_apply": ConfigApply = "Puts a configuration in force whose text was stored before.";
        "agent_put": AgentPut = "Adds an agent to the roster or replaces its entry.";
        "agent_remove": AgentRemove = "Takes an agent from the roster.";
        "queue_switch": QueueSwitch = "Pauses or closes a queue, or opens it again.";
        "agent_switch": AgentSwitch = "Forces the presence of an agent who is signed in.";
        "contact_assign": ContactAssign = "Offers a contact to an agent out of turn.";
        "contact_requeue": ContactRequeue = "Takes a contact out of an agent's hands, or to another queue, with its age.";
    }
    "beat", NoCommon {
        "beat": BeatBody = "The agent is there. Sent on core NATS, and not an input.";
    }
}

/// Stands where nothing is common.
#[derive(JsonSchema)]
struct NoCommon {}
