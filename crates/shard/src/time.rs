//! The engine's time: an anchor and the monotonic time since, so that a step of the wall clock moves no deadline.

use model::{Millis, Time};

/// Both readings of the caller's clocks, taken together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    pub wall: Time,
    /// Since any fixed moment; never falls.
    pub monotonic: Millis,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeMode {
    /// The wall clock at take-over, then the monotonic one. Checked against the server's.
    Anchored,
    /// `wall` is the time, outright: for a day played at the speed of the machine. The server's stamps, lag and
    /// silence mean nothing then.
    Given,
}

#[derive(Debug, Clone)]
pub(crate) struct EngineTime {
    mode: TimeMode,
    anchor: Clock,
    last: Time,
}

impl EngineTime {
    /// Anchored where the clock stands, but never before `journaled`, the last time in the journal.
    pub fn new(mode: TimeMode, clock: Clock, journaled: Time) -> EngineTime {
        let wall = clock.wall.max(journaled);
        EngineTime { mode, anchor: Clock { wall, ..clock }, last: wall }
    }

    /// Never falls.
    pub fn now(&mut self, clock: Clock) -> Time {
        let now = match self.mode {
            TimeMode::Anchored => self.anchor.wall + elapsed(clock.monotonic, self.anchor.monotonic),
            TimeMode::Given => clock.wall,
        };
        self.last = self.last.max(now);
        self.last
    }

    pub fn is_given(&self) -> bool {
        self.mode == TimeMode::Given
    }
}

/// Monotonic time between two readings.
pub(crate) fn elapsed(now: Millis, since: Millis) -> Millis {
    Millis(now.0.saturating_sub(since.0))
}

/// Later by `span`.
pub(crate) fn after(at: Millis, span: Millis) -> Millis {
    Millis(at.0.saturating_add(span.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(wall: u64, monotonic: u64) -> Clock {
        Clock { wall: Time(wall), monotonic: Millis(monotonic) }
    }

    #[test]
    fn a_step_of_the_wall_clock_moves_nothing() {
        let mut time = EngineTime::new(TimeMode::Anchored, clock(1_000, 50), Time(0));
        assert_eq!(time.now(clock(1_000, 60)), Time(1_010));
        assert_eq!(time.now(clock(500, 70)), Time(1_020));
        assert_eq!(time.now(clock(9_000, 70)), Time(1_020));
    }

    #[test]
    fn it_is_never_before_the_journal() {
        let mut time = EngineTime::new(TimeMode::Anchored, clock(1_000, 50), Time(3_000));
        assert_eq!(time.now(clock(1_010, 60)), Time(3_010));
        let mut time = EngineTime::new(TimeMode::Given, clock(1_000, 0), Time(3_000));
        assert_eq!(time.now(clock(2_000, 0)), Time(3_000));
        assert_eq!(time.now(clock(4_000, 0)), Time(4_000));
    }
}
