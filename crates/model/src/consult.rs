//! Agents who ask others about a contact that they keep.

use serde::{Deserialize, Serialize};

use crate::config::SkillDemand;
use crate::id::{AgentId, ChannelId, ContactId, QueueId};

/// Contacts of one agent that are consulted about at a time. Each may end a consult in the step in which the agent leaves, and whoever
/// was offered that then takes all it can: with four, the largest such step still fits a record.
pub const CONSULTS_MAX: usize = 4;

/// What an agent asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsultRequest {
    /// That it has and keeps.
    pub contact: ContactId,
    /// The id of the contact by which somebody is asked.
    pub consult: ContactId,
    pub to: ConsultTo,
    /// Absent: the one that the contact is on.
    pub channel: Option<ChannelId>,
    /// Required beside the queue's own.
    pub skills: Vec<SkillDemand>,
}

/// Who is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConsultTo {
    Queue(QueueId),
    /// Through the contact's present queue: this one for the queue's patience, then anybody.
    Agent(AgentId),
}

/// Of a contact by which an agent asks another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsultOf {
    /// What it is about.
    pub contact: ContactId,
    /// Who asks, and has that.
    pub agent: AgentId,
}
