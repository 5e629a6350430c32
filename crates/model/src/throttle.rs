//! How fast people are offered work: slow starts and rations, and what is noted of each agent for them.

use serde::{Deserialize, Serialize};

use crate::time::{Millis, Time};

/// Whoever comes is offered one contact every so often at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlowStart {
    pub over: Millis,
    pub every: Millis,
}

/// Nobody is offered more in one window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ration {
    pub offers: u32,
    pub over: Millis,
}

/// Most offers of one ration.
pub const RATION_MAX: u32 = 100_000;

/// Why an agent is held back from work that is its to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThrottleWhy {
    SlowStart,
    Ration,
}

impl ThrottleWhy {
    pub const ALL: [ThrottleWhy; 2] = [ThrottleWhy::SlowStart, ThrottleWhy::Ration];

    pub fn name(self) -> &'static str {
        match self {
            ThrottleWhy::SlowStart => "slow_start",
            ThrottleWhy::Ration => "ration",
        }
    }
}

/// What is noted of one agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Throttle {
    /// When its slow start began; nothing before the first since it was signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Time>,
    /// The last window of its ration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<RationWindow>,
    /// Until when it is held back by its slow start, and by its ration; nothing when it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_until: Option<Time>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ration_until: Option<Time>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RationWindow {
    pub since: Time,
    /// Those that counted in it.
    pub offers: u32,
}

impl Throttle {
    pub fn until(&self, why: ThrottleWhy) -> Option<Time> {
        match why {
            ThrottleWhy::SlowStart => self.slow_until,
            ThrottleWhy::Ration => self.ration_until,
        }
    }

    pub fn set_until(&mut self, why: ThrottleWhy, until: Option<Time>) {
        match why {
            ThrottleWhy::SlowStart => self.slow_until = until,
            ThrottleWhy::Ration => self.ration_until = until,
        }
    }

    /// Whether it holds the agent back.
    pub fn is_on(&self) -> bool {
        self.slow_until.is_some() || self.ration_until.is_some()
    }

    /// Nothing is noted.
    pub fn is_empty(&self) -> bool {
        *self == Throttle::default()
    }
}
