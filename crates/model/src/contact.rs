//! Contacts: what a producer says of one, and how one ends.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::config::SkillDemand;
use crate::consult::ConsultOf;
use crate::id::{AgentId, ChannelId, ContactId, CustomerRef, MatterRef, QueueId, SiteId};
use crate::rule::Classified;
use crate::time::{Millis, Time};

/// Most agents that one contact keeps away from.
pub const EXCLUDED_AGENTS_MAX: usize = 8;
/// Most channels that one contact says the customer can be reached on.
pub const REACHABLE_MAX: usize = 8;
/// Most attributes of one contact.
pub const ATTRIBUTES_MAX: usize = 64;
/// Most bytes of their names and values together: as many as one input has, however often it is updated.
pub const ATTRIBUTES_SIZE_MAX: usize = 16 * 1024;

/// A contact as its producer described it; kept with the contact and sent with its offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactBody {
    pub contact: ContactId,
    pub channel: ChannelId,
    /// Absent: the tenant's rules choose, or its default queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<QueueId>,
    pub customer: Option<CustomerRef>,
    /// What it is about; contacts of one customer about one matter belong together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matter: Option<MatterRef>,
    /// Required beside the queue's own skills.
    pub skills: Vec<SkillDemand>,
    /// Where it can be handled alone, whatever else it comes to ask for; absent: anywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<SiteId>,
    /// The customer asks for a person: no bot gets it, wherever it goes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub person: bool,
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
    /// When it may be offered at all; absent: from its arrival on, for as long as its queue allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Box<Window>>,
    /// Channels that the customer can and wants to use instead, the preferred first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reachable: Vec<ChannelId>,
    /// W3C trace context of the producer.
    pub traceparent: Option<String>,
    /// Decided when it comes, and never said by a producer. Nothing when no rule matched and it went to the queue that it
    /// named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classified: Option<Box<Classified>>,
    /// An agent asks another by it. Never said by a producer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consult: Option<Box<ConsultOf>>,
}

/// When the customer wants to be reached, or is expected. Of the two at least one is said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Until then nobody is offered it; absent: it is due when it comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Time>,
    /// Unanswered by then, it takes its queue's exit; absent: it waits for as long as its queue allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Time>,
}

/// What a producer says anew of a contact that is open.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct ContactUpdate {
    /// Taken by a contact that has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerRef>,
    /// The customer asks for a person from here on; false says nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub person: bool,
    /// Replaces these values and adds those that are new; nothing takes the attribute away.
    pub attributes: BTreeMap<String, Option<String>>,
}

/// What a contact asks for itself, and what its rule adds.
pub type OwnSkills<'a> = [&'a [SkillDemand]; 2];

impl ContactBody {
    /// Whose contact it is; nothing for a consult, which is its agents' alone.
    pub fn known_customer(&self) -> Option<&CustomerRef> {
        self.customer.as_ref().filter(|_| self.consult.is_none())
    }

    /// What it asks for beside its queue: itself, and by the rule that took it.
    pub fn own_skills(&self) -> OwnSkills<'_> {
        self.own_skills_as(self.classified.as_deref())
    }

    /// The same, if it were classified so.
    pub fn own_skills_as<'a>(&'a self, classified: Option<&'a Classified>) -> OwnSkills<'a> {
        [&self.skills, classified.map_or(&[], |classified| &classified.skills)]
    }

    /// Whether no bot may have it, as its producer said or the rule that took it.
    pub fn asks_for_person(&self) -> bool {
        self.asks_for_person_as(self.classified.as_deref())
    }

    pub fn asks_for_person_as(&self, classified: Option<&Classified>) -> bool {
        self.person || classified.is_some_and(|classified| classified.person)
    }

    /// Its points beside those of its queue: its own, and those of the rule that took it.
    pub fn own_points(&self) -> i64 {
        self.own_points_as(self.classified.as_deref())
    }

    pub fn own_points_as(&self, classified: Option<&Classified>) -> i64 {
        i64::from(self.points) + classified.map_or(0, |classified| i64::from(classified.points))
    }
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
    /// It waited for as long as its queue or its window allows.
    TimedOut,
    /// Its queue was closed, or it came outside the hours of its queue.
    TurnedAway,
    /// It was scheduled, and the customer was not reached in as many tries as its queue allows.
    NotReached,
}

impl Outcome {
    /// As it is published.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Completed => "completed",
            Outcome::Abandoned => "abandoned",
            Outcome::Cancelled => "cancelled",
            Outcome::Blocked => "blocked",
            Outcome::TimedOut => "timed_out",
            Outcome::TurnedAway => "turned_away",
            Outcome::NotReached => "not_reached",
        }
    }
}
