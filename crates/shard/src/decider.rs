//! What a shard asks of the engine, and of whoever knows the inputs' bytes.
//!
//! The engine is a parameter so that a shard can be tested with decisions that are easy to check, and nothing of the
//! protocol can lean on what contacts are.

use engine::{Decisions, Engine, FIT_SLICE};
use model::input::TenantInput;
use model::{Event, Input, Row, Time, Transition};

use crate::event::IngestMessage;

/// [`Engine`]'s contract.
pub trait Decider: Sized {
    fn new(key: [u8; 16]) -> Self;
    fn handle(&mut self, now: Time, input: Input, decisions: &mut Decisions);
    fn apply(&mut self, now: Time, transition: &Transition, events: &mut Vec<Event>);
    fn next_timer(&self) -> Option<Time>;
    /// Whether the last call left nothing to be done that no timer says.
    fn is_settled(&self) -> bool;
    /// Whether a tick or a pass finds all that it needs; see [`Engine::fit`].
    fn is_fitted(&self) -> bool;
    fn fit(&mut self);
    fn rows(&self) -> impl Iterator<Item = Row> + '_;
    fn from_rows(key: [u8; 16], rows: impl Iterator<Item = Row>) -> Self;
}

/// The inputs' bytes. Called on the shard's thread, after the input's `Trying` is journaled, so that a decoder that
/// crashes is set aside like an engine that does.
pub trait Codec {
    /// Total: what cannot be read becomes `InputBody::Malformed`.
    fn decode(&mut self, message: &IngestMessage) -> TenantInput;
    /// The input as `Malformed { reason: Poison }`, from the subject alone.
    fn set_aside(&mut self, message: &IngestMessage) -> TenantInput;
    /// The first bytes, values masked, for the dead-letter stream. Never asked for an input that is set aside.
    fn redacted_head(&self, bytes: &[u8]) -> String;
}

impl Decider for Engine {
    fn new(key: [u8; 16]) -> Self {
        Engine::new(key)
    }
    fn handle(&mut self, now: Time, input: Input, decisions: &mut Decisions) {
        Engine::handle(self, now, input, decisions);
        self.name(decisions);
    }
    fn apply(&mut self, now: Time, transition: &Transition, events: &mut Vec<Event>) {
        Engine::apply(self, now, transition, events);
    }
    fn next_timer(&self) -> Option<Time> {
        Engine::next_timer(self)
    }
    fn is_settled(&self) -> bool {
        Engine::is_settled(self)
    }
    fn is_fitted(&self) -> bool {
        Engine::is_fitted(self)
    }
    fn fit(&mut self) {
        Engine::fit(self, FIT_SLICE);
    }
    fn rows(&self) -> impl Iterator<Item = Row> + '_ {
        Engine::rows(self)
    }
    fn from_rows(key: [u8; 16], rows: impl Iterator<Item = Row>) -> Self {
        Engine::from_rows(key, rows)
    }
}
