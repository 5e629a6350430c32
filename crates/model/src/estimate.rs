//! Estimates: what those who wait are told of how long it will take.
//!
//! Plain data. How an estimate comes about stands in `crates/engine/ROUTING.md`.

use serde::{Deserialize, Serialize};

use crate::time::{Millis, Time};

/// Waits that an estimate is built on: five of them lie beyond the ninetieth percentile, and a busy queue answers so many within minutes.
pub const WAITS: usize = 50;
/// Fewer tell nothing of a ninetieth percentile.
pub const WAITS_MIN: usize = 10;
/// Positions are counted up to here.
pub const POSITION_MAX: u32 = 1_000;
/// Of each line, those who are told anew.
pub const TOLD_PER_QUEUE: usize = 32;
/// Contacts of a tenant that are told anew in one look.
pub const TOLD_PER_LOOK: usize = 64;

/// How a contact stands in its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outlook {
    /// From 1 for the first.
    pub position: u32,
    pub estimate: Estimate,
}

/// How long a contact has yet to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Estimate {
    /// Half of those like it wait no longer than `p50`, nine in ten no longer than `p90`.
    Known {
        p50: Millis,
        p90: Millis,
    },
    Unknown(UnknownWhy),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownWhy {
    /// The queue is paused.
    Paused,
    /// Nothing is offered for the moment: the shard has a new owner, or many agents are being filled.
    NotOffering,
    /// No agent with the queue's skills is there.
    NobodyThere,
    /// Too few were answered in this queue so far.
    TooFew,
}

/// What a contact that waits was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Estimated {
    /// When it was told first in the queue that it is in, and what.
    pub at: Time,
    pub first: Outlook,
    /// What it was told last.
    pub told: Outlook,
}

/// What a queue that estimates knows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Waits {
    /// The last paces, oldest first: milliseconds per place in the line.
    pub paces: Vec<u64>,
    /// Contacts that were accepted and knew how long it would take.
    pub scored: u64,
    /// Of them, those who waited no longer than they were told at first.
    pub within_p50: u64,
    pub within_p90: u64,
}

/// What a contact that was accepted had been told, and how long it waited from then on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Score {
    pub first: Outlook,
    pub waited: Millis,
}

impl UnknownWhy {
    pub const ALL: [UnknownWhy; 4] =
        [UnknownWhy::Paused, UnknownWhy::NotOffering, UnknownWhy::NobodyThere, UnknownWhy::TooFew];

    /// As messages have it.
    pub fn name(self) -> &'static str {
        match self {
            UnknownWhy::Paused => "paused",
            UnknownWhy::NotOffering => "not_offering",
            UnknownWhy::NobodyThere => "nobody_there",
            UnknownWhy::TooFew => "too_few",
        }
    }
}

impl Estimate {
    pub fn known(self) -> Option<(Millis, Millis)> {
        match self {
            Estimate::Known { p50, p90 } => Some((p50, p90)),
            Estimate::Unknown(_) => None,
        }
    }
}

impl Waits {
    pub fn is_empty(&self) -> bool {
        self.paces.is_empty() && self.scored == 0
    }
}
