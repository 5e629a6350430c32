//! Open time in the most obvious way: minute by minute, looking at the clock on the wall for each.
//!
//! Zones have been apart by whole minutes since 1972, so within a minute nothing opens or closes.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use model::calendar::{CalendarConfig, Date, LOOK_AHEAD};
use model::{Millis, Time};

const MINUTE: Millis = Millis::from_seconds(60);

pub(super) fn is_open(calendar: &CalendarConfig, now: Time) -> bool {
    shows_open(calendar, wall(&zone(calendar), now))
}

/// The first moment at which it has been open for so long since then.
pub(super) fn open_time_after(calendar: &CalendarConfig, since: Time, length: Millis) -> Time {
    let mut passed = Millis::ZERO;
    for minute in open_minutes(calendar, since) {
        let rest = Millis(length.0 - passed.0);
        if rest <= minute.length {
            return minute.from + rest;
        }
        passed.0 += minute.length.0;
    }
    since + LOOK_AHEAD
}

pub(super) fn business_days_after(calendar: &CalendarConfig, since: Time, days: u16) -> Time {
    let mut minutes = open_minutes(calendar, since);
    let Some(first) = minutes.next() else { return since + LOOK_AHEAD };
    let mut today = first.wall.date();
    let mut counted = 0;
    let mut closes_at = since + LOOK_AHEAD;
    for minute in minutes {
        if minute.wall.date() != today {
            if counted == days {
                return closes_at;
            }
            counted += 1;
            today = minute.wall.date();
        }
        if counted == days {
            // What is left of the minute when the clock shows the wanted time, if it does within it.
            let early = clock_ms(first.wall).saturating_sub(clock_ms(minute.wall));
            if early < minute.length.0 {
                return minute.from + Millis(early);
            }
            closes_at = minute.from + minute.length;
        }
    }
    closes_at
}

struct Minute {
    from: Time,
    length: Millis,
    wall: DateTime,
}

/// The minutes, or parts of one, at which it is open, as far as is looked.
fn open_minutes(calendar: &CalendarConfig, since: Time) -> impl Iterator<Item = Minute> {
    let zone = zone(calendar);
    let end = since + LOOK_AHEAD;
    let next = |from: &Time| Some((*from - Millis(from.0 % MINUTE.0)) + MINUTE);
    let begins = std::iter::successors(Some(since), next).take_while(move |from| *from < end);
    let minutes = begins.map(move |from| {
        let to = next(&from).map_or(end, |to| to.min(end));
        Minute { from, length: to.since(from), wall: wall(&zone, from) }
    });
    minutes.filter(|minute| shows_open(calendar, minute.wall))
}

fn shows_open(calendar: &CalendarConfig, wall: DateTime) -> bool {
    let date = Date::new(wall.year().unsigned_abs(), wall.month().unsigned_abs(), wall.day().unsigned_abs());
    let minute = wall.hour().unsigned_abs() as u16 * 60 + wall.minute().unsigned_abs() as u16;
    let weekday = wall.weekday().to_monday_zero_offset().unsigned_abs() as usize;
    let ranges = match calendar.special.iter().find(|special| special.date == date) {
        Some(special) => &special.open,
        None => &calendar.week[weekday],
    };
    ranges.iter().any(|range| (range.from..range.to).contains(&minute))
}

fn wall(zone: &TimeZone, at: Time) -> DateTime {
    let at = i64::try_from(at.0).ok().and_then(|at| Timestamp::from_millisecond(at).ok());
    zone.to_datetime(at.unwrap_or(Timestamp::MAX))
}

fn clock_ms(wall: DateTime) -> u64 {
    let seconds = (i64::from(wall.hour()) * 60 + i64::from(wall.minute())) * 60 + i64::from(wall.second());
    seconds.unsigned_abs() * 1_000 + u64::from(wall.millisecond().unsigned_abs())
}

fn zone(calendar: &CalendarConfig) -> TimeZone {
    TimeZoneDatabase::bundled().get(&calendar.zone).unwrap_or(TimeZone::UTC)
}
