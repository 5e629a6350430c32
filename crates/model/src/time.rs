//! Time is an argument, in whole milliseconds.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

use serde::{Deserialize, Serialize};

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(pub u64);

/// A length of time in milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millis(pub u64);

impl Time {
    /// Later than any event; 2^53 - 1, so that it survives a trip through JSON.
    pub const MAX: Time = Time((1 << 53) - 1);

    /// Time passed since `earlier`, zero when `earlier` is not earlier.
    pub fn since(self, earlier: Time) -> Millis {
        Millis(self.0.saturating_sub(earlier.0))
    }
}

impl Millis {
    pub const ZERO: Millis = Millis(0);
    pub const HOUR: Millis = Millis(3_600_000);

    pub const fn from_seconds(seconds: u64) -> Millis {
        Millis(seconds * 1000)
    }
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl Add<Millis> for Time {
    type Output = Time;
    fn add(self, span: Millis) -> Time {
        Time(self.0.saturating_add(span.0)).min(Time::MAX)
    }
}
impl AddAssign<Millis> for Time {
    fn add_assign(&mut self, span: Millis) {
        *self = *self + span;
    }
}
impl Sub<Millis> for Time {
    type Output = Time;
    fn sub(self, span: Millis) -> Time {
        Time(self.0.saturating_sub(span.0))
    }
}
impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "t{}", self.0)
    }
}
impl fmt::Debug for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}ms", self.0)
    }
}
