//! Names as 64-bit hashes: what must be remembered of every contact and every input of a run costs eight bytes.
//! Among ten million names two collide with a chance of 1 in 400,000.

use std::hash::{DefaultHasher, Hash, Hasher};

/// Of anything that identifies; never 0, which stands for nothing.
pub(crate) fn key(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish().max(1)
}

/// An input that a transition must go back to.
#[derive(Debug, Clone, Copy, Hash)]
pub(crate) enum Cause<'a> {
    Config { tenant: &'a str, hash: &'a str },
    Put { tenant: &'a str, entry: &'a str },
    Removed { tenant: &'a str, agent: &'a str },
    Switched { tenant: &'a str, queue: &'a str, state: &'a str },
    Heard { tenant: &'a str, agent: &'a str, session: u64, counter: u64 },
    Accepted { tenant: &'a str, agent: &'a str, contact: &'a str, offer: u64 },
    Declined { tenant: &'a str, agent: &'a str, contact: &'a str, offer: u64 },
    NotReached { tenant: &'a str, agent: &'a str, contact: &'a str },
    Created { tenant: &'a str, contact: &'a str, digest: u64 },
    Updated { tenant: &'a str, contact: &'a str, said: &'a str },
    Answered { tenant: &'a str, contact: &'a str, accepts: bool },
    StillWorking { tenant: &'a str, agent: &'a str, contact: &'a str },
    Silence { tenant: &'a str, contact: &'a str, is_quiet: bool },
    Leaves { tenant: &'a str, to: &'a str },
    Comes { tenant: &'a str, from: &'a str, position: u64, parts: u32 },
    IsGone { tenant: &'a str, to: &'a str },
    Assigned { tenant: &'a str, contact: &'a str, agent: &'a str },
    Requeued { tenant: &'a str, contact: &'a str },
    SwitchedAgent { tenant: &'a str, agent: &'a str, presence: &'a str },
    Consulted { tenant: &'a str, agent: &'a str, about: &'a str, contact: &'a str },
    Completed { tenant: &'a str, agent: &'a str, contact: &'a str },
    Pulled { tenant: &'a str, agent: &'a str },
    Ended { tenant: &'a str, contact: &'a str, is_by_customer: bool },
}
