//! Contacts: what a producer says of one, and how one ends.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::config::SkillDemand;
use crate::id::{AgentId, ChannelId, ContactId, CustomerRef, MatterRef, QueueId};
use crate::time::{Millis, Time};

/// Most agents that one contact keeps away from.
pub const EXCLUDED_AGENTS_MAX: usize = 8;

/// A contact as its producer described it; kept with the contact and sent with its offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactBody {
    pub contact: ContactId,
    pub channel: ChannelId,
    pub queue: QueueId,
    pub customer: Option<CustomerRef>,
    /// What it is about; contacts of one customer about one matter belong together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matter: Option<MatterRef>,
    /// Required beside the queue's own skills.
    pub skills: Vec<SkillDemand>,
    /// Added to the queue's points.
    pub points: i32,
    /// Deadline of indirect work; absent: the queue's.
    pub due_at: Option<Time>,
    /// When the customer came; absent or in the future: when the input was received.
    pub arrived_at: Option<Time>,
    pub preferred_agent: Option<AgentId>,
    /// Absent: the queue's.
    pub preferred_patience: Option<Millis>,
    pub excluded_agents: Vec<AgentId>,
    pub attributes: BTreeMap<String, String>,
    /// W3C trace context of the producer.
    pub traceparent: Option<String>,
}

/// How a contact ended. Every contact ends exactly once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// An agent handled it.
    Completed,
    /// The customer left before an agent had it.
    Abandoned,
    /// The organisation withdrew it.
    Cancelled,
    /// Its queue was full.
    Blocked,
    /// It waited for as long as its queue allows.
    TimedOut,
    /// Its queue was closed, or it came outside the hours of its queue.
    TurnedAway,
}
