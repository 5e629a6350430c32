//! Calendars: when an organisation is open, as its configuration says.
//!
//! Plain data. A calendar is open at a moment at which the clock on the wall of its zone shows a time within a range of
//! that day; what is counted by it, and how, stands in `crates/engine/ROUTING.md`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::CalendarId;
use crate::time::Millis;

/// Most calendars of one tenant.
pub const CALENDARS_MAX: usize = 64;
/// Most ranges of one day.
pub const OPEN_RANGES_MAX: usize = 12;
/// Most dates of one calendar that are not like their weekday.
pub const SPECIAL_DATES_MAX: usize = 366;
/// Most business days of a promise.
pub const BUSINESS_DAYS_MAX: u16 = 60;
/// A deadline in open time is looked for so far behind the arrival, and lies there when it is not found before.
pub const LOOK_AHEAD: Millis = Millis(366 * 24 * Millis::HOUR.0);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendarConfig {
    pub name: CalendarId,
    /// As the IANA time zone database names it.
    pub zone: String,
    /// Monday first.
    pub week: [Vec<OpenRange>; 7],
    /// Dates that are not like their weekday, ascending.
    pub special: Vec<SpecialDay>,
}

/// From this minute of the day to before that one, as the clock on the wall shows them; 1,440 is the end of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenRange {
    pub from: u16,
    pub to: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpecialDay {
    pub date: Date,
    /// Ascending; none on a holiday.
    pub open: Vec<OpenRange>,
}

/// A day by its digits: 2026-12-25 is 20261225, so days sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Date(pub u32);

impl Date {
    pub fn new(year: u16, month: u8, day: u8) -> Date {
        Date(u32::from(year) * 10_000 + u32::from(month) * 100 + u32::from(day))
    }
}

/// As configurations have it: `2026-12-25`.
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0 / 10_000, self.0 / 100 % 100, self.0 % 100)
    }
}

/// As configurations have it: `08:00-17:30`.
impl fmt::Display for OpenRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = (self.from, self.to);
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
    }
}
