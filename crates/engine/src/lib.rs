//! The routing engine: pure, synchronous, total. No IO, no clock, no randomness.
//!
//! [`Engine::handle`] decides, [`Engine::apply`] changes state and is the only thing that does, and
//! [`Engine::next_timer`] says when to call with a tick. Live is decide then apply; recovery and followers apply
//! alone. The rules are in `ROUTING.md` beside this crate.

#[cfg(feature = "twin")]
pub mod twin;

use model::{Event, Input, Row, Time, Transition};

/// What one or more calls of [`Engine::handle`] decided.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Decisions {
    /// In the order in which they were applied.
    pub transitions: Vec<Transition>,
    /// What the world is to be told of them once they are committed, in the same order.
    pub events: Vec<Event>,
}

#[derive(Debug)]
pub struct Engine {}

impl Engine {
    /// `key` keys the hash under which contact ids are remembered; all engines of one shard share it.
    pub fn new(key: [u8; 16]) -> Engine {
        let _ = key;
        Engine {}
    }

    /// Decides, applies, and adds what was decided to `decisions`. Never fails: a refusal is a decision.
    pub fn handle(&mut self, now: Time, input: Input, decisions: &mut Decisions) {
        let _ = (now, input, decisions);
    }

    /// Changes the state as a committed transition says. Tells the world's part of it to `events`.
    pub fn apply(&mut self, now: Time, transition: &Transition, events: &mut Vec<Event>) {
        let _ = (now, transition, events);
    }

    /// When the next timer is due; nothing when none is set.
    pub fn next_timer(&self) -> Option<Time> {
        None
    }

    /// True when everything assignable has been offered; false while `Input::Offering(true)` has more to do.
    pub fn is_settled(&self) -> bool {
        true
    }

    /// The state in canonical order; equal states give equal rows.
    pub fn rows(&self) -> impl Iterator<Item = Row> + '_ {
        std::iter::empty()
    }

    /// The engine that yields these rows. Offering is off until it is switched on.
    pub fn from_rows(key: [u8; 16], rows: impl Iterator<Item = Row>) -> Engine {
        rows.for_each(drop);
        Engine::new(key)
    }
}
