//! What is owed to people for the time in which the shard could not act.
//!
//! An offer that nobody could answer must not count as missed. Each stretch of standstill (no commit, no ingest, no
//! outputs, no owner) becomes a journaled `Resumed { grace }`; stretches that overlap count once.

use model::Millis;

use crate::limits::STALL_MIN;
use crate::mutants::{self, Mutant};
use crate::time::elapsed;

#[derive(Debug, Default)]
pub(crate) struct Stall {
    owed: Millis,
    /// Standstill up to here is counted already.
    counted_until: Millis,
}

impl Stall {
    /// Before the take-over, in the journal's time.
    pub fn owe(&mut self, span: Millis) {
        if span >= STALL_MIN {
            self.owed = Millis(self.owed.0.saturating_add(span.0));
        }
    }

    /// A standstill between these monotonic times is over.
    pub fn stood_still(&mut self, from: Millis, until: Millis) {
        if elapsed(until, from) < STALL_MIN {
            return;
        }
        let uncounted = elapsed(until, from.max(self.counted_until));
        self.owed = Millis(self.owed.0.saturating_add(uncounted.0));
        self.counted_until = self.counted_until.max(until);
    }

    pub fn take(&mut self) -> Option<Millis> {
        let owed = std::mem::take(&mut self.owed);
        (!owed.is_zero() && !mutants::is(Mutant::GraceNotGiven)).then_some(owed)
    }
}
