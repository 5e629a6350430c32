//! Agents: the roster entry and the presence.

use serde::{Deserialize, Serialize};

use crate::config::SkillDemand;
use crate::id::{AgentId, AuxReason, ChannelId, SiteId};
use crate::time::Time;

/// Most skills of one agent.
pub const AGENT_SKILLS_MAX: usize = 256;
/// Most contacts that one agent holds, however little they cost: when it signs out, all of them come free in one step.
pub const AGENT_HOLDS_MAX: usize = 250;

/// Who takes contacts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentKind {
    #[default]
    Person,
    /// Gets nothing that asks for a person.
    Bot,
}

impl AgentKind {
    pub const ALL: [AgentKind; 2] = [AgentKind::Person, AgentKind::Bot];

    /// As inputs have it.
    pub fn name(self) -> &'static str {
        match self {
            AgentKind::Person => "person",
            AgentKind::Bot => "bot",
        }
    }

    pub fn is_person(&self) -> bool {
        *self == AgentKind::Person
    }
}

/// A roster entry: what an agent is and can do. Put by the administration, never by the agent itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentSpec {
    pub agent: AgentId,
    #[serde(default, skip_serializing_if = "AgentKind::is_person")]
    pub kind: AgentKind,
    /// Skills with the agent's own level, each skill once.
    pub skills: Vec<SkillDemand>,
    /// Channels the agent works on.
    pub channels: Vec<AgentChannel>,
    /// Units in all.
    pub capacity: u16,
    /// Place in the method `order`; lower is asked first.
    pub rank: u32,
    /// Where it sits; absent: nowhere that a contact could ask for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<SiteId>,
    /// Units that indirect work never takes, in place of the tenant's; only where the tenant has such a reserve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserve: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentChannel {
    pub channel: ChannelId,
    /// Replaces the channel's maximum for this agent; only for channels that have one.
    pub max: Option<u8>,
}

/// What an agent is doing about new work.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    SignedOut,
    Available,
    /// Takes no new work, for a named reason.
    Aux(AuxReason),
    /// Takes no new work and goes to `then` when the last contact is done.
    Draining {
        then: AfterDraining,
    },
    /// Fell silent; back by `until`, or signed out.
    Lost {
        until: Time,
        before: PresenceBefore,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AfterDraining {
    SignOut,
    Aux(AuxReason),
}

/// The presence a lost agent returns to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PresenceBefore {
    Available,
    Aux(AuxReason),
    Draining(AfterDraining),
}

impl Presence {
    pub fn is_signed_in(&self) -> bool {
        !matches!(self, Presence::SignedOut)
    }
}
