//! Overflow: what is done for a queue when a backlog builds in it, as a tenant's configuration says.
//!
//! Plain data. What the signals mean, when a rule is on, and what it does then stands in `crates/engine/ROUTING.md`.

use serde::{Deserialize, Serialize};

use crate::config::SkillDemand;
use crate::id::{ChannelId, ChannelNo, QueueId, QueueNo, RuleName};
use crate::time::{Millis, Time};

/// Most overflow rules of one tenant; each is judged at every look.
pub const OVERFLOW_RULES_MAX: usize = 64;
/// Most limits of one list.
pub const LIMITS_MAX: usize = 8;
/// Most contacts that one rule acts on in one look.
pub const CAP_MAX: u16 = 256;
/// Most channels that one rule proposes.
pub const PROPOSED_MAX: usize = 8;
/// Looks lie on multiples of this: a fifth of the shortest time in which people react to a backlog, and a
/// thousand tenants cost a look every five milliseconds.
pub const LOOK_EVERY: Millis = Millis::from_seconds(5);
/// Answers that the service level is the share of; so a percentage is exact.
pub const ANSWERS: u32 = 100;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OverflowRule {
    pub name: RuleName,
    /// The queue that is watched, and whose contacts the rule acts on.
    pub queue: QueueId,
    /// Turns the rule on when all of it held for so long.
    pub when: Threshold,
    /// Turns it off.
    pub until: Threshold,
    /// While one of these does not hold, the rule does nothing, though it is on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub floor: Vec<Floor>,
    /// Most contacts that it acts on in one look.
    pub cap: u16,
    pub action: OverflowAction,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Threshold {
    /// All must hold.
    pub limits: Vec<Limit>,
    pub lasting: Millis,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    pub signal: Signal,
    pub bound: Bound,
}

/// A limit in another queue, mostly the lender's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Floor {
    pub queue: QueueId,
    pub limit: Limit,
}

/// What is measured of a queue, as a whole number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// Contacts that wait.
    Waiting,
    /// Milliseconds since the earliest arrival among them.
    Oldest,
    /// Agents who are there and have the queue's skills.
    Eligible,
    /// Percent of the last answers that came within the queue's target.
    ServiceLevel,
    /// Indirect contacts that wait and are due within this time.
    AtRisk { within: Millis },
    /// Milliseconds that half of those wait no longer than who come now; 0 while that is unknown.
    EwtP50,
    /// And nine in ten.
    EwtP90,
    /// Of those who are `Eligible`, the agents who are open on this channel.
    Free { channel: ChannelId },
    /// Milliseconds that they would work on what waits; nothing while that is unknown.
    Backlog,
    /// Indirect contacts that wait and would be handled after they are due; nothing while that is unknown.
    Late,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    AtLeast(u64),
    AtMost(u64),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverflowAction {
    /// To this step of the queue's relaxation; steps count from 1.
    Relax(u8),
    /// To agents with these skills in place of the queue's.
    Lend(Lent),
    /// By so many points.
    Raise(i32),
    Move(QueueId),
    /// Another channel, to the customer.
    Propose(Proposal),
}

/// What a rule proposes to those of its contacts that can be reached so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Any of these, at least one.
    pub channels: Vec<ChannelId>,
    /// Where the contact goes if the customer agrees.
    pub queue: QueueId,
    /// How long the customer has to answer.
    pub timeout: Millis,
}

/// Of a contact to which a channel was proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proposed {
    /// The customer has not answered yet.
    Open { channel: ChannelNo, queue: QueueNo, until: Time },
    /// It was answered or overtaken; nothing more is proposed.
    Over,
}

/// What a contact asks for that other agents may take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lent {
    pub skills: Vec<SkillDemand>,
    /// Whether what the contact itself asks for still counts.
    pub keep_own: bool,
}

/// What overflow made of a contact: kept with it, whatever becomes of the rules.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Overflowed {
    /// The rules that acted on it since it came or was last transferred, in that order.
    pub rules: Vec<RuleName>,
    /// While it is in the queue in which it was lent, and has taken no step of relaxation since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lent: Option<Lent>,
    /// Points that it got in its present queue.
    #[serde(default)]
    pub raised: i32,
    /// Nothing until another channel is proposed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposed: Option<Proposed>,
}

/// Of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverflowState {
    #[default]
    Off,
    /// Off, but what turns it on holds since then.
    Rising {
        since: Time,
    },
    On,
    /// On, but what turns it off holds since then.
    Falling {
        since: Time,
    },
}

/// The last answers in a queue: a bit for each, set when it came within the target; the latest is the lowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Answers {
    pub within: u128,
    pub count: u32,
}

impl Overflowed {
    /// What the customer may answer to.
    pub fn open_proposal(&self) -> Option<(ChannelNo, QueueNo, Time)> {
        match self.proposed {
            Some(Proposed::Open { channel, queue, until }) => Some((channel, queue, until)),
            Some(Proposed::Over) | None => None,
        }
    }

    /// The contact is offered, or in another queue: an answer would come too late.
    pub fn end_proposal(&mut self) {
        self.proposed = self.proposed.map(|_| Proposed::Over);
    }
}

impl OverflowState {
    pub fn is_on(self) -> bool {
        match self {
            OverflowState::On | OverflowState::Falling { .. } => true,
            OverflowState::Off | OverflowState::Rising { .. } => false,
        }
    }

    /// As events have it.
    pub fn name(self) -> &'static str {
        match self {
            OverflowState::Off => "off",
            OverflowState::Rising { .. } => "rising",
            OverflowState::On => "on",
            OverflowState::Falling { .. } => "falling",
        }
    }
}

impl Limit {
    /// What is unknown holds to no limit.
    pub fn holds(&self, measured: Option<u64>) -> bool {
        measured.is_some_and(|measured| self.bound.holds(measured))
    }
}

impl Bound {
    pub fn holds(self, measured: u64) -> bool {
        match self {
            Bound::AtLeast(least) => measured >= least,
            Bound::AtMost(most) => measured <= most,
        }
    }

    pub fn number(self) -> u64 {
        match self {
            Bound::AtLeast(number) | Bound::AtMost(number) => number,
        }
    }
}

impl Signal {
    /// As configurations have it.
    pub fn name(&self) -> &'static str {
        match self {
            Signal::Waiting => "waiting",
            Signal::Oldest => "oldest",
            Signal::Eligible => "eligible",
            Signal::ServiceLevel => "service_level",
            Signal::AtRisk { .. } => "at_risk",
            Signal::EwtP50 => "ewt_p50",
            Signal::EwtP90 => "ewt_p90",
            Signal::Free { .. } => "free",
            Signal::Backlog => "backlog",
            Signal::Late => "late",
        }
    }

    /// Whether its number is in milliseconds, and so is written as a length of time.
    pub fn is_time(&self) -> bool {
        match self {
            Signal::Oldest | Signal::EwtP50 | Signal::EwtP90 | Signal::Backlog => true,
            Signal::Waiting
            | Signal::Eligible
            | Signal::ServiceLevel
            | Signal::AtRisk { .. }
            | Signal::Free { .. }
            | Signal::Late => false,
        }
    }
}

impl OverflowRule {
    /// Every limit with the queue in which it is measured.
    pub fn limits(&self) -> impl Iterator<Item = (&QueueId, &Limit)> {
        let own = self.when.limits.iter().chain(&self.until.limits).map(|limit| (&self.queue, limit));
        own.chain(self.floor.iter().map(|floor| (&floor.queue, &floor.limit)))
    }
}
