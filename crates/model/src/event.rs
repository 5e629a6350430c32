//! What the world is told: one event per transition that concerns anyone, with names instead of numbers.
//!
//! `protocol::output` turns an event into messages for the agent's desktop, the customer's side, the durable
//! event feed or the dead-letter stream.

use std::sync::Arc;

use crate::agent::Presence;
use crate::config::QueueState;
use crate::contact::{ContactBody, Outcome};
use crate::id::{AgentId, ChannelId, OfferNo, QueueId, RuleName, TenantId};
use crate::time::Time;
use crate::transition::{ExitWhy, OfferEnd, PresenceCause, RefusedInput, ReturnedWhy};

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
    Arrived,
    Queued {
        preferred: Option<AgentId>,
    },
    Offered {
        agent: AgentId,
        offer: OfferNo,
        expires_at: Time,
    },
    Accepted {
        agent: AgentId,
        offer: OfferNo,
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
    Returned {
        agent: AgentId,
        why: ReturnedWhy,
    },
    /// It asks for less; steps count from 1.
    Relaxed {
        step: u8,
    },
    /// It left `from` by the exit.
    Moved {
        from: QueueId,
        why: ExitWhy,
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
    /// `agent` held it when it ended.
    Closed {
        agent: Option<AgentId>,
        outcome: Outcome,
    },
}
