//! What is owed to people for the time in which the shard could not act.
//!
//! An offer that nobody could answer must not count as missed. Each stretch of standstill (no commit, no ingest, no
//! outputs, no owner) becomes a journaled `Resumed { grace }`; stretches that overlap count once.

use model::Millis;

use crate::limits::STALL_MIN;
use crate::mutants::{self, Mutant};
use crate::time::elapsed;

/// Stretches that are remembered as counted. A longer one swallows those within it, so there are hardly ever two.
const COUNTED_MAX: usize = 16;

#[derive(Debug, Default)]
pub(crate) struct Stall {
    owed: Millis,
    /// Standstill that is counted already: from, until; apart, in order.
    counted: Vec<(Millis, Millis)>,
}

impl Stall {
    /// Before the take-over, in the journal's time.
    pub fn owe(&mut self, span: Millis) {
        if span >= STALL_MIN {
            self.owed = Millis(self.owed.0.saturating_add(span.0));
        }
    }

    /// A standstill between these monotonic times is over. None that was told before ended later.
    pub fn stood_still(&mut self, from: Millis, until: Millis) {
        if elapsed(until, from) < STALL_MIN {
            return;
        }
        let mut uncounted = elapsed(until, from);
        let mut merged_from = from;
        while let Some((counted_from, counted_until)) = self.counted.pop_if(|counted| counted.1 >= from) {
            uncounted = elapsed(uncounted, elapsed(counted_until, counted_from.max(from)));
            merged_from = merged_from.min(counted_from);
        }
        self.counted.push((merged_from, until));
        if self.counted.len() > COUNTED_MAX {
            // What is forgotten is long over: at worst people are given more time.
            self.counted.remove(0);
        }
        self.owed = Millis(self.owed.0.saturating_add(uncounted.0));
    }

    pub fn take(&mut self) -> Option<Millis> {
        let owed = std::mem::take(&mut self.owed);
        (!owed.is_zero() && !mutants::is(Mutant::GraceNotGiven)).then_some(owed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owed_for(stretches: &[(u64, u64)]) -> Option<Millis> {
        let mut stall = Stall::default();
        for &(from, until) in stretches {
            stall.stood_still(Millis(from), Millis(until));
        }
        stall.take()
    }

    #[test]
    fn what_overlaps_counts_once() {
        assert_eq!(owed_for(&[(1_000, 9_000), (2_000, 9_000)]), Some(Millis(8_000)));
        assert_eq!(owed_for(&[(1_000, 9_000), (7_000, 12_000)]), Some(Millis(11_000)));
        assert_eq!(owed_for(&[(1_000, 9_000), (10_000, 14_000)]), Some(Millis(12_000)));
    }

    #[test]
    fn a_longer_standstill_around_a_counted_one_counts_for_the_rest() {
        // Nothing was heard for the last seconds of an append that had no answer for long.
        assert_eq!(owed_for(&[(16_000, 24_000), (4_000, 24_000)]), Some(Millis(20_000)));
        assert_eq!(owed_for(&[(2_000, 5_000), (7_000, 10_000), (1_000, 12_000)]), Some(Millis(11_000)));
        assert_eq!(owed_for(&[(2_000, 5_000), (4_000, 12_000), (3_000, 13_000)]), Some(Millis(11_000)));
    }

    #[test]
    fn a_moment_is_no_standstill() {
        assert_eq!(owed_for(&[(1_000, 1_000 + STALL_MIN.0 - 1)]), None);
    }
}
