//! What people decide out of turn: a supervisor's hand, and agents who take what waits.

use serde::{Deserialize, Serialize};

use crate::agent::AfterDraining;
use crate::id::{AgentId, AuxReason, ContactId, QueueId};

/// Whose hand offers a contact out of turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hand {
    /// Gave it to this agent.
    Supervisor,
    /// The agent who has it took it.
    Agent,
}

/// Who begins it when an agent gets a contact of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Taking {
    /// The engine offers what waits.
    #[default]
    Offered,
    /// Agents take what waits; nothing is offered by itself.
    Pulled,
    Both,
}

impl Taking {
    pub const ALL: [Taking; 3] = [Taking::Offered, Taking::Pulled, Taking::Both];

    /// As configurations have it.
    pub fn name(self) -> &'static str {
        match self {
            Taking::Offered => "offered",
            Taking::Pulled => "pulled",
            Taking::Both => "both",
        }
    }

    pub fn is_default(&self) -> bool {
        *self == Taking::Offered
    }

    /// Whether the engine offers by itself what waits.
    pub fn offers(self) -> bool {
        match self {
            Taking::Offered | Taking::Both => true,
            Taking::Pulled => false,
        }
    }

    /// Whether agents may take what waits.
    pub fn lets_pull(self) -> bool {
        match self {
            Taking::Pulled | Taking::Both => true,
            Taking::Offered => false,
        }
    }
}

/// What an agent takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PullFrom {
    /// The first that it would be offered from there.
    Queue(QueueId),
    Contact(ContactId),
}

/// What a supervisor says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SupervisorInput {
    /// The agent, who is signed in, does this from here on.
    Switch { agent: AgentId, to: SwitchAgent },
    /// Offer the contact to this agent, out of turn.
    Assign { contact: ContactId, agent: AgentId },
    /// Take the contact out of an agent's hands, or to another queue, with its age.
    Requeue { contact: ContactId, queue: Option<QueueId> },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SwitchAgent {
    SignedOut,
    Available,
    Aux(AuxReason),
    Draining(AfterDraining),
}
