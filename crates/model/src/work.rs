//! Work: how long contacts take those who handle them.
//!
//! Plain data. What an effort is, and what is made of it, stands in `crates/engine/ROUTING.md`.

use serde::{Deserialize, Serialize};

/// Efforts that the mean is taken of: it follows a new kind of work within minutes, and one long contact does not move it by much.
pub const EFFORTS: usize = 50;
/// The mean of fewer is that of a few contacts and not of the queue's.
pub const EFFORTS_MIN: usize = 10;

/// What a queue that measures work knows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Work {
    /// Of the last contacts that were handled there, in milliseconds, oldest first.
    pub efforts: Vec<u64>,
}

impl Work {
    pub fn is_empty(&self) -> bool {
        self.efforts.is_empty()
    }
}
