//! The judgement of a run: the outside checker's, and what only a simulator can see.
//!
//! | code | what must hold |
//! |---|---|
//! | I1–I11, O1, S1–S4 | as `verify` has them |
//! | I12 | owner, follower, replay from the beginning, and every snapshot with its suffix hold the same state |
//! | I14 | nothing is purged that no whole snapshot covers |
//! | L1 | after the healing nobody waits whom somebody free could serve |
//! | L2 | after the healing the shard soon has one owner, and keeps it |
//! | L3 | after the healing everything comes to its end |
//! | T1 | a standstill is made good before anything ends by itself |
//! | T2 | nothing is offered from an old view of the inputs |
//! | T3 | an answer that was stored in time counts, also when it is read late |
//! | T4 | the journal's time stays near the servers' |
//! | T5 | who declined a contact is not offered it again at once |
//! | A1 | a record is sent again with the same bytes or not at all |
//! | A2 | who leaves as fenced is fenced |
//! | A3 | what is called committed is in the journal |
//! | A4 | outputs are given out in order |
//! | A5 | every message can be read |
//! | Q1 | where only people can help the shard stops, and says so |
//! | Q2 | where nobody need help it does not stop |
//! | P1 | nothing panics |

mod digests;
mod evidence;
mod journal;
mod rest;

use bytes::Bytes;
use protocol::record::{self, Body};
use serde::Serialize;

use crate::world::World;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    pub code: String,
    pub what: String,
}

impl Violation {
    pub fn new(code: &str, what: impl Into<String>) -> Violation {
        Violation { code: code.to_owned(), what: what.into() }
    }
}

/// Everything that is wrong with a run that came to rest.
pub fn judge(world: &World) -> Vec<Violation> {
    let mut found = world.violations.clone();
    if world.faults.expected.is_some() {
        found.extend(rest::check_stopped(world));
        return found;
    }
    found.extend(rest::check_not_stopped(world));
    found.extend(evidence::check(world));
    found.extend(digests::check(world));
    found.extend(journal::check(world));
    found
}

pub use rest::{is_at_rest, owner, unserved};

/// The record with another body, as a store would give it that was restored from somewhere else.
pub fn other_record(bytes: &[u8]) -> Option<Bytes> {
    let (mut record, _) = record::decode(bytes).ok()?;
    let Body::Commit(commit) = &mut record.body else { return None };
    commit.published_through = commit.published_through.checked_sub(1)?;
    Some(record::encode(&record).ok()?.bytes.into())
}
