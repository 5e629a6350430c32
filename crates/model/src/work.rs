//! Work: how long contacts take those who handle them.
//!
//! Plain data. What an effort is, and what is made of it, stands in `crates/engine/ROUTING.md`.

use serde::{Deserialize, Serialize};

use crate::time::Time;

/// Efforts that the mean is taken of: it follows a new kind of work within minutes, and one long contact does not move it by much.
pub const EFFORTS: usize = 50;
/// The mean of fewer is that of a few contacts and not of the queue's.
pub const EFFORTS_MIN: usize = 10;

/// Contacts of one queue that a look follows in the order of their deadlines: some hours of work for a hundred agents, and some
/// fifty microseconds.
pub const FORESEEN_MAX: usize = 4_096;

/// The first contact of a queue that would be late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadlineRisk<Contact> {
    pub contact: Contact,
    pub due_at: Time,
    /// When it is expected to be handled.
    pub expected_at: Time,
    /// How many would be late, itself among them.
    pub late: u32,
}

/// What a queue that measures work knows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Work {
    /// Of the last contacts that were handled there, in milliseconds, oldest first.
    pub efforts: Vec<u64>,
    /// It was said that deadlines are at risk.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_risk: bool,
}

impl Work {
    pub fn is_empty(&self) -> bool {
        self.efforts.is_empty() && !self.at_risk
    }
}
