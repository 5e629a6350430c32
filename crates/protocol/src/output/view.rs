//! The parts that messages are made of: the model's words in their published form.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Display;

use model::agent::{AfterDraining, PresenceBefore};
use model::config::{QueueState, SkillDemand};
use model::estimate::{Estimate, Outlook, Score, UnknownWhy};
use model::event::{ContactFacts, HistoryEntry};
use model::overflow::OverflowState;
use model::transition::{ExitWhy, KnownWhy, OfferEnd, PresenceCause, ProposalEnd, ReturnedWhy};
use model::{
    AgentId, AuxReason, ChannelId, ContactBody, ContactId, CustomerRef, MatterRef, Outcome, Presence,
    QueueId, Refusal, RuleName, SiteId,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde::ser::Serializer;

use super::consult::ConsultOf;
use crate::text::{Id, Moment};

/// An id on its way out.
#[derive(Debug)]
pub(crate) struct Name<'a, T>(pub &'a T);

impl<T> Clone for Name<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Name<'_, T> {}

impl<T: Display> Serialize for Name<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self.0)
    }
}

impl<T> JsonSchema for Name<'_, T> {
    fn schema_name() -> Cow<'static, str> {
        Id::<T>::schema_name()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Id::<T>::json_schema(generator)
    }
}

/// Where in the shard's journal it was decided. Drop what you have seen, and what is of a lower epoch than you
/// have seen.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Origin")]
pub(crate) struct OriginView<'a> {
    pub shard: &'a str,
    /// The number of the ownership; it only grows.
    pub epoch: u64,
    pub commit: u64,
    /// Place in the commit.
    pub index: u32,
}

/// A contact with all that its producer said.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub(crate) struct Contact<'a> {
    contact: Name<'a, ContactId>,
    channel: Name<'a, ChannelId>,
    queue: Name<'a, QueueId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<Name<'a, CustomerRef>>,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    matter: Option<Name<'a, MatterRef>>,
    /// What its producer requires beside its queue: skill to lowest level.
    skills: Skills<'a>,
    /// Where alone it can be handled.
    #[serde(skip_serializing_if = "Option::is_none")]
    site: Option<Name<'a, SiteId>>,
    /// Its producer says that it asks for a person.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    person: bool,
    attributes: &'a BTreeMap<String, String>,
    /// The first arrival; it stays through transfers.
    arrived_at: Moment,
    /// For indirect work.
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<Moment>,
    /// The window with which it came: a call-back, an appointment.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_before: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_after: Option<Moment>,
    /// W3C trace context of the producer.
    #[serde(skip_serializing_if = "Option::is_none")]
    traceparent: Option<&'a str>,
    /// No customer's: an agent asks another by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    consult_of: Option<ConsultOf<'a>>,
}

impl<'a> Contact<'a> {
    pub(crate) fn new(facts: &'a ContactFacts) -> Contact<'a> {
        let body = &*facts.body;
        let window = body.window.as_ref();
        Contact {
            contact: Name(&body.contact),
            channel: Name(&facts.channel),
            queue: Name(&facts.queue),
            customer: body.customer.as_ref().map(Name),
            matter: body.matter.as_ref().map(Name),
            skills: Skills(&body.skills),
            site: body.site.as_ref().map(Name),
            person: body.person,
            attributes: &body.attributes,
            arrived_at: Moment(facts.arrived_at),
            due_at: facts.due_at.map(Moment),
            not_before: window.and_then(|window| window.not_before).map(Moment),
            not_after: window.and_then(|window| window.not_after).map(Moment),
            traceparent: body.traceparent.as_deref(),
            consult_of: body.consult.as_deref().map(ConsultOf::new),
        }
    }
}

/// Another contact of the customer.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "History")]
pub(crate) struct History<'a> {
    contact: Name<'a, ContactId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    matter: Option<Name<'a, MatterRef>>,
    channel: Name<'a, ChannelId>,
    queue: Name<'a, QueueId>,
    /// Who has it, or had it when it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<Name<'a, AgentId>>,
    arrived_at: Moment,
    /// Absent while it is open, as is `outcome`.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<OutcomeView>,
}

impl<'a> History<'a> {
    pub(crate) fn new(entry: &'a HistoryEntry) -> History<'a> {
        History {
            contact: Name(&entry.contact),
            matter: entry.matter.as_ref().map(Name),
            channel: Name(&entry.channel),
            queue: Name(&entry.queue),
            agent: entry.agent.as_ref().map(Name),
            arrived_at: Moment(entry.arrived_at),
            ended_at: entry.ended.map(|(at, _)| Moment(at)),
            outcome: entry.ended.map(|(_, outcome)| OutcomeView::new(outcome)),
        }
    }
}

/// Who knows a new contact's customer: the contact goes to that agent if it can.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "KnownAgent")]
pub(crate) struct Known<'a> {
    pub agent: Name<'a, AgentId>,
    pub why: KnownView,
}

#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "KnownWhy")]
pub(crate) enum KnownView {
    /// Has another contact of the same matter.
    Matter,
    /// Has the contact beside which this one is a companion.
    Companion,
    /// Had the customer's last contact.
    LastAgent,
}

impl KnownView {
    pub(crate) fn new(why: KnownWhy) -> KnownView {
        match why {
            KnownWhy::Matter => KnownView::Matter,
            KnownWhy::Companion => KnownView::Companion,
            KnownWhy::LastAgent => KnownView::LastAgent,
        }
    }
}

/// What chose the contact's queue, beside its producer.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Classified")]
pub(crate) enum ClassifiedView<'a> {
    /// No rule matched, and its producer named no queue.
    Default,
    /// This rule matched first.
    Rule(Name<'a, RuleName>),
}

impl<'a> ClassifiedView<'a> {
    /// Nothing when no rule matched and the producer named the queue.
    pub(crate) fn of(body: &'a ContactBody) -> Option<ClassifiedView<'a>> {
        let classified = body.classified.as_ref()?;
        Self::by(classified.rule.as_ref(), None)
    }

    pub(super) fn by(rule: Option<&'a RuleName>, named: Option<&QueueId>) -> Option<ClassifiedView<'a>> {
        match (rule, named) {
            (Some(rule), _) => Some(ClassifiedView::Rule(Name(rule))),
            (None, None) => Some(ClassifiedView::Default),
            (None, Some(_)) => None,
        }
    }
}

/// What every event of a contact repeats, so that a consumer needs no state of its own.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ContactSummary")]
pub(crate) struct Summary<'a> {
    contact: Name<'a, ContactId>,
    channel: Name<'a, ChannelId>,
    queue: Name<'a, QueueId>,
    /// Where alone it can be handled.
    #[serde(skip_serializing_if = "Option::is_none")]
    site: Option<Name<'a, SiteId>>,
    arrived_at: Moment,
    /// For indirect work.
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<Moment>,
    /// W3C trace context of the producer.
    #[serde(skip_serializing_if = "Option::is_none")]
    traceparent: Option<&'a str>,
    /// No customer's: an agent asks another by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    consult_of: Option<ConsultOf<'a>>,
}

impl<'a> Summary<'a> {
    pub(super) fn new(facts: &'a ContactFacts) -> Summary<'a> {
        Summary {
            contact: Name(&facts.body.contact),
            channel: Name(&facts.channel),
            queue: Name(&facts.queue),
            site: facts.body.site.as_ref().map(Name),
            arrived_at: Moment(facts.arrived_at),
            due_at: facts.due_at.map(Moment),
            traceparent: facts.body.traceparent.as_deref(),
            consult_of: facts.body.consult.as_deref().map(ConsultOf::new),
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Skills<'a>(pub &'a [SkillDemand]);

impl Skills<'_> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Skills<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|demand| (demand.skill.as_str(), demand.level.get())))
    }
}

impl JsonSchema for Skills<'_> {
    fn schema_name() -> Cow<'static, str> {
        "Skills".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "additionalProperties": { "type": "integer", "minimum": 1, "maximum": 10 },
        })
    }
}

#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
#[schemars(rename = "Presence")]
pub(crate) enum PresenceView<'a> {
    SignedOut,
    Available,
    /// Takes no new work.
    Aux {
        reason: Name<'a, AuxReason>,
    },
    /// Takes no new work; when the last contact is done the aux reason follows, or without one the agent is
    /// signed out.
    Draining {
        #[serde(skip_serializing_if = "Option::is_none")]
        aux: Option<Name<'a, AuxReason>>,
    },
    /// Fell silent; signed out at `until` unless it is heard of before.
    Lost {
        until: Moment,
        before: BeforeView<'a>,
    },
}

/// The presence that a lost agent returns to.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
#[schemars(rename = "PresenceBefore")]
pub(crate) enum BeforeView<'a> {
    Available,
    Aux {
        reason: Name<'a, AuxReason>,
    },
    Draining {
        #[serde(skip_serializing_if = "Option::is_none")]
        aux: Option<Name<'a, AuxReason>>,
    },
}

impl<'a> PresenceView<'a> {
    pub(crate) fn new(presence: &'a Presence) -> PresenceView<'a> {
        match presence {
            Presence::SignedOut => PresenceView::SignedOut,
            Presence::Available => PresenceView::Available,
            Presence::Aux(reason) => PresenceView::Aux { reason: Name(reason) },
            Presence::Draining { then } => PresenceView::Draining { aux: aux_after(then) },
            Presence::Lost { until, before } => {
                let before = match before {
                    PresenceBefore::Available => BeforeView::Available,
                    PresenceBefore::Aux(reason) => BeforeView::Aux { reason: Name(reason) },
                    PresenceBefore::Draining(then) => BeforeView::Draining { aux: aux_after(then) },
                };
                PresenceView::Lost { until: Moment(*until), before }
            }
        }
    }
}

fn aux_after(then: &AfterDraining) -> Option<Name<'_, AuxReason>> {
    match then {
        AfterDraining::SignOut => None,
        AfterDraining::Aux(reason) => Some(Name(reason)),
    }
}

#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "PresenceCause")]
pub(crate) enum CauseView {
    /// The agent asked for it.
    Agent,
    /// Too many offers expired unanswered.
    Rona,
    /// The last contact of a draining agent ended.
    Drained,
    /// Heartbeats stopped, or came back.
    Heartbeat,
    /// A lost agent did not come back in its window.
    WindowOver,
    /// The roster entry was removed.
    Roster,
    /// A supervisor said so.
    Supervisor,
}

impl CauseView {
    pub(super) fn new(cause: PresenceCause) -> CauseView {
        match cause {
            PresenceCause::Agent => CauseView::Agent,
            PresenceCause::Rona => CauseView::Rona,
            PresenceCause::Drained => CauseView::Drained,
            PresenceCause::Heartbeat => CauseView::Heartbeat,
            PresenceCause::WindowOver => CauseView::WindowOver,
            PresenceCause::Roster => CauseView::Roster,
            PresenceCause::Supervisor => CauseView::Supervisor,
        }
    }
}

#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "OfferEnd")]
pub(crate) enum OfferEndView {
    Declined,
    /// Not answered in time.
    Expired,
    /// Taken back: the agent left, fell silent, or took a state without new work; or a supervisor gave the contact to another.
    Revoked,
    /// A supervisor sent the contact back to its queue, or to another.
    Withdrawn,
}

impl OfferEndView {
    pub(super) fn new(how: OfferEnd) -> OfferEndView {
        match how {
            OfferEnd::Declined => OfferEndView::Declined,
            OfferEnd::Expired => OfferEndView::Expired,
            OfferEnd::Revoked => OfferEndView::Revoked,
            OfferEnd::Withdrawn => OfferEndView::Withdrawn,
        }
    }
}

/// Why a contact left its agent without ending. Who it goes to is said by what comes next.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ReturnedWhy")]
pub(crate) enum WhyView {
    TransferredToQueue,
    TransferredToAgent,
    Requeued,
    AgentLeft,
    /// A supervisor took it out of the agent's hands.
    Supervisor,
}

impl WhyView {
    pub(super) fn new(why: ReturnedWhy) -> WhyView {
        match why {
            ReturnedWhy::TransferredToQueue => WhyView::TransferredToQueue,
            ReturnedWhy::TransferredToAgent { agent: _ } => WhyView::TransferredToAgent,
            ReturnedWhy::Requeued => WhyView::Requeued,
            ReturnedWhy::AgentLeft => WhyView::AgentLeft,
            ReturnedWhy::Supervisor => WhyView::Supervisor,
        }
    }
}

#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Outcome")]
pub(crate) enum OutcomeView {
    /// An agent handled it.
    Completed,
    /// The customer left before an agent had it.
    Abandoned,
    /// The organisation withdrew it.
    Cancelled,
    /// Its queue was full.
    Blocked,
    /// It waited for as long as its queue or its window allows.
    TimedOut,
    /// Its queue was closed, or it came outside the hours of its queue.
    TurnedAway,
    /// The customer was not reached in as many tries as its queue allows.
    NotReached,
}

impl OutcomeView {
    pub(crate) fn new(outcome: Outcome) -> OutcomeView {
        match outcome {
            Outcome::Completed => OutcomeView::Completed,
            Outcome::Abandoned => OutcomeView::Abandoned,
            Outcome::Cancelled => OutcomeView::Cancelled,
            Outcome::Blocked => OutcomeView::Blocked,
            Outcome::TimedOut => OutcomeView::TimedOut,
            Outcome::TurnedAway => OutcomeView::TurnedAway,
            Outcome::NotReached => OutcomeView::NotReached,
        }
    }
}

/// Why a contact left its queue: by the exit, or by a supervisor's hand.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ExitWhy")]
pub(crate) enum ExitView {
    /// There was no room.
    Full,
    /// It waited for as long as the queue allows.
    MaxWait,
    /// The queue was closed.
    Closed,
    /// It came outside the queue's hours.
    OffHours,
    /// It was not answered in the window with which it came.
    WindowOver,
    /// No exit: a supervisor moved it.
    Supervisor,
}

impl ExitView {
    pub(super) fn new(why: ExitWhy) -> ExitView {
        match why {
            ExitWhy::Full => ExitView::Full,
            ExitWhy::MaxWait => ExitView::MaxWait,
            ExitWhy::Closed => ExitView::Closed,
            ExitWhy::OffHours => ExitView::OffHours,
            ExitWhy::WindowOver => ExitView::WindowOver,
            ExitWhy::Supervisor => ExitView::Supervisor,
        }
    }
}

#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "QueueState")]
pub(crate) enum SwitchView {
    Open,
    /// Contacts may come and wait; none is offered.
    Paused,
    /// Contacts that come take the exit; those that wait are served.
    Closed,
}

impl SwitchView {
    pub(super) fn new(state: QueueState) -> SwitchView {
        match state {
            QueueState::Open => SwitchView::Open,
            QueueState::Paused => SwitchView::Paused,
            QueueState::Closed => SwitchView::Closed,
        }
    }
}

#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "OverflowState")]
pub(crate) enum OverflowView {
    Off,
    /// Off, but what turns it on holds.
    Rising,
    On,
    /// On, but what turns it off holds.
    Falling,
}

impl OverflowView {
    /// With the time since when it is about to turn.
    pub(super) fn new(state: OverflowState) -> (OverflowView, Option<Moment>) {
        match state {
            OverflowState::Off => (OverflowView::Off, None),
            OverflowState::Rising { since } => (OverflowView::Rising, Some(Moment(since))),
            OverflowState::On => (OverflowView::On, None),
            OverflowState::Falling { since } => (OverflowView::Falling, Some(Moment(since))),
        }
    }
}

/// How a proposal ended without the customer's agreement.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ProposalEnd")]
pub(crate) enum ProposalEndView {
    /// The customer does not want to.
    Declined,
    /// It was not answered in time.
    Expired,
}

impl ProposalEndView {
    pub(super) fn new(how: ProposalEnd) -> ProposalEndView {
        match how {
            ProposalEnd::Declined => ProposalEndView::Declined,
            ProposalEnd::Expired => ProposalEndView::Expired,
        }
    }
}

/// How a contact stands in its line.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[schemars(rename = "Outlook")]
pub(crate) struct OutlookView {
    /// From 1 for the first; 1000 for all further back.
    position: u32,
    /// Half of those like it wait no longer than this, in milliseconds; absent: unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    p50_ms: Option<u64>,
    /// And nine in ten no longer than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    p90_ms: Option<u64>,
    /// Why it is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<UnknownView>,
}

#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "UnknownWhy")]
pub(crate) enum UnknownView {
    /// The queue is paused.
    Paused,
    /// Nothing is offered for the moment; it will be known within seconds.
    NotOffering,
    /// No agent with the queue's skills is there.
    NobodyThere,
    /// Too few were answered in this queue so far.
    TooFew,
}

impl OutlookView {
    pub(crate) fn new(Outlook { position, estimate }: Outlook) -> OutlookView {
        let (known, unknown) = match estimate {
            Estimate::Known { p50, p90 } => (Some((p50.0, p90.0)), None),
            Estimate::Unknown(why) => (None, Some(UnknownView::new(why))),
        };
        let (p50_ms, p90_ms) = known.unzip();
        OutlookView { position, p50_ms, p90_ms, unknown }
    }
}

impl UnknownView {
    fn new(why: UnknownWhy) -> UnknownView {
        match why {
            UnknownWhy::Paused => UnknownView::Paused,
            UnknownWhy::NotOffering => UnknownView::NotOffering,
            UnknownWhy::NobodyThere => UnknownView::NobodyThere,
            UnknownWhy::TooFew => UnknownView::TooFew,
        }
    }
}

/// What a contact was told at first, and how long it waited from then on.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[schemars(rename = "Score")]
pub(crate) struct ScoreView {
    #[serde(flatten)]
    first: OutlookView,
    waited_ms: u64,
}

impl ScoreView {
    pub(super) fn new(score: Score) -> ScoreView {
        ScoreView { first: OutlookView::new(score.first), waited_ms: score.waited.0 }
    }
}

/// The code of a refusal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReasonView(pub Refusal);

impl Serialize for ReasonView {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.code())
    }
}

impl JsonSchema for ReasonView {
    fn schema_name() -> Cow<'static, str> {
        "Reason".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let codes: Vec<&str> = Refusal::ALL.iter().map(|reason| reason.code()).collect();
        json_schema!({ "type": "string", "description": "Why an input was refused.", "enum": codes })
    }
}
