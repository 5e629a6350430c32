//! Queues that take turns where they want the same agents.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::id::QueueId;

pub const RATIOS_MAX: usize = 1_000;
/// Most queues of one ratio; each offer from one looks at all.
pub const RATIO_QUEUES_MAX: usize = 64;
pub const SHARE_MAX: u16 = 1_000;
/// Most turns that a queue is owed in which something waits.
pub const OWED_MAX: u64 = 10;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ratio {
    /// Two at least, each queue once, in the order of their names.
    pub shares: Vec<Share>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    pub queue: QueueId,
    pub share: u16,
}

/// How many turns a queue is counted as having had, of how large a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turns {
    pub turns: u64,
    pub share: u16,
}

impl Turns {
    /// Whose turn is before whose, where the numbers of the queues do not decide.
    pub fn order(self, other: Turns) -> Ordering {
        let one = u128::from(self.turns + 1) * u128::from(other.share);
        one.cmp(&(u128::from(other.turns + 1) * u128::from(self.share)))
    }
}
