//! What the world is told: one event per transition that concerns anyone, with names instead of numbers.
//!
//! `protocol::output` turns an event into messages for the agent's desktop, the customer's side, the durable
//! event feed or the dead-letter stream.

use std::sync::Arc;

use crate::agent::Presence;
use crate::config::QueueState;
use crate::contact::{ContactBody, Outcome};
use crate::estimate::{Outlook, Score};
use crate::hand::Hand;
use crate::id::{AgentId, ChannelId, ContactId, MatterRef, OfferNo, QueueId, RuleName, ShardId, TenantId};
use crate::overflow::OverflowState;
use crate::time::Time;
use crate::transition::{ExitWhy, KnownWhy, OfferEnd, PresenceCause, ProposalEnd, RefusedInput, ReturnedWhy};
use crate::work::DeadlineRisk;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub tenant: TenantId,
    /// The group's time.
    pub at: Time,
    pub kind: EventKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventKind {
    TenantOpened,
    ConfigApplied {
        version: u64,
        hash: String,
    },
    Refused(Box<RefusedInput>),
    /// The tenant's last event of this shard.
    TenantLeft {
        to: ShardId,
    },
    /// The tenant's first event of this shard.
    TenantCame {
        from: ShardId,
    },
    AgentPut {
        agent: AgentId,
    },
    AgentRemoved {
        agent: AgentId,
    },
    QueueSwitched {
        queue: QueueId,
        state: QueueState,
    },
    /// `measured` stands beside the limits that decided, in their order, with nothing for what is unknown.
    OverflowTurned {
        rule: RuleName,
        queue: QueueId,
        state: OverflowState,
        measured: Vec<Option<u64>>,
    },
    /// Nothing when they will be met again.
    DeadlinesJudged {
        queue: QueueId,
        risk: Option<DeadlineRisk<ContactId>>,
    },
    AgentPresence {
        agent: AgentId,
        session: u64,
        presence: Presence,
        cause: PresenceCause,
    },
    /// Everything below happens to a contact.
    Contact {
        facts: ContactFacts,
        step: ContactStep,
    },
}

/// What stays true of a contact through its life, or changes seldom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactFacts {
    pub body: Arc<ContactBody>,
    /// Where it belongs at present; a transfer changes it.
    pub queue: QueueId,
    pub channel: ChannelId,
    pub arrived_at: Time,
    /// For indirect work.
    pub due_at: Option<Time>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContactStep {
    Arrived {
        /// Who knows its customer.
        known: Option<(AgentId, KnownWhy)>,
    },
    Queued {
        preferred: Option<AgentId>,
    },
    /// It is put off until then. `agent` had it and did not reach the customer; nobody had it when it just came.
    Scheduled {
        agent: Option<AgentId>,
        until: Time,
        tries: u8,
    },
    /// Its time has come, or its window is over.
    Released,
    Offered {
        agent: AgentId,
        offer: OfferNo,
        expires_at: Time,
        /// Whose hand offers it out of turn.
        by: Option<Hand>,
        /// Who transferred or requeued it last.
        handed_over_by: Option<AgentId>,
        /// The customer's other contacts: open ones by number, then those that ended, latest first.
        history: Vec<HistoryEntry>,
    },
    /// The rule proposes another channel to the customer.
    Proposed {
        rule: RuleName,
        channel: ChannelId,
        queue: QueueId,
        until: Time,
    },
    ProposalEnded {
        how: ProposalEnd,
    },
    /// The customer agreed: it was in `from`, on `from_channel`.
    Switched {
        from: QueueId,
        from_channel: ChannelId,
    },
    /// Its position in the line, and how long it has yet to wait.
    Estimated {
        outlook: Outlook,
    },
    Accepted {
        agent: AgentId,
        offer: OfferNo,
        /// Of one that was told what to expect.
        score: Option<Score>,
    },
    OfferEnded {
        agent: AgentId,
        offer: OfferNo,
        how: OfferEnd,
    },
    WrapUpStarted {
        agent: AgentId,
        until: Time,
    },
    /// A live contact is about to be offered to its agent; it was interrupted so often, this time counted.
    Interrupted {
        agent: AgentId,
        times: u8,
    },
    /// Its agent is signed out: it stays with that one until then.
    Parked {
        agent: AgentId,
        until: Time,
    },
    /// It has been active for too long without a word of its agent.
    Stuck {
        agent: AgentId,
    },
    /// Its agent says that it is worked on.
    WorkedOn {
        agent: AgentId,
    },
    /// It is active with its agent again.
    Resumed {
        agent: AgentId,
    },
    /// Its customer is silent: `agent` had it, and nobody has until the customer writes again, or until then.
    Quieted {
        agent: AgentId,
        until: Time,
    },
    /// It waits, and its customer is silent: it was on `from`, which is live.
    Slowed {
        from: ChannelId,
    },
    /// The customer wrote again; it was on `from`.
    Replied {
        from: ChannelId,
    },
    Returned {
        agent: AgentId,
        why: ReturnedWhy,
    },
    /// `from` asked `agent` about it and left it to that one.
    HandedOver {
        from: AgentId,
        agent: AgentId,
        offer: OfferNo,
    },
    /// It asks for less; steps count from 1.
    Relaxed {
        step: u8,
    },
    /// Its deadline is near: it counts as a live contact.
    Pressed,
    /// It left `from` by the exit.
    Moved {
        from: QueueId,
        why: ExitWhy,
    },
    /// It waits for the agent who has another one of its matter.
    Joined {
        agent: AgentId,
        until: Time,
    },
    /// `agent` holds it or is offered it.
    Updated {
        agent: Option<AgentId>,
    },
    /// It was in `from`; the rule decided, or none.
    Reclassified {
        from: QueueId,
        rule: Option<RuleName>,
    },
    /// It waits, and nobody in the roster could ever take it.
    Unservable,
    /// Somebody in the roster could take it after all.
    Servable,
    /// The rule acted on it while it was in `from`: it asks for what it does from here, with these points, or is elsewhere.
    Overflowed {
        from: QueueId,
        rule: RuleName,
    },
    /// `agent` held it when it ended.
    Closed {
        agent: Option<AgentId>,
        outcome: Outcome,
    },
}

/// Another contact of a contact's customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    pub contact: ContactId,
    pub matter: Option<MatterRef>,
    pub channel: ChannelId,
    pub queue: QueueId,
    /// Who has it, or had it at its end.
    pub agent: Option<AgentId>,
    pub arrived_at: Time,
    /// Nothing while it is open.
    pub ended: Option<(Time, Outcome)>,
}
