//! Open time, counted once more: date by date, as a person would with a wall calendar, and minute by minute on a date
//! on which the clock is changed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use model::calendar::{CalendarConfig, Date, LOOK_AHEAD, OpenRange};
use model::{Millis, Time};

const MINUTE: Millis = Millis::from_seconds(60);
const DAY: Millis = Millis(24 * Millis::HOUR.0);

#[derive(Debug)]
pub(crate) struct Calendar {
    zone: TimeZone,
    week: [Vec<OpenRange>; 7],
    special: BTreeMap<Date, Vec<OpenRange>>,
}

/// Open from one moment to the other, in which the clock runs on from `clock`.
#[derive(Debug, Clone, Copy)]
struct Span {
    from: Time,
    to: Time,
    clock: Millis,
}

impl Calendar {
    pub fn new(config: &CalendarConfig) -> Calendar {
        Calendar {
            zone: TimeZoneDatabase::bundled().get(&config.zone).unwrap_or(TimeZone::UTC),
            week: config.week.clone(),
            special: config.special.iter().map(|special| (special.date, special.open.clone())).collect(),
        }
    }

    pub fn is_open(&self, at: Time) -> bool {
        let wall = self.wall(at);
        self.ranges_of(wall.date()).iter().any(|range| is_within(range, wall))
    }

    pub fn open_time_after(&self, since: Time, length: Millis) -> Time {
        let mut left = length;
        for span in self.dates(since).flat_map(|(_, spans)| spans) {
            let open = span.to.since(span.from);
            if left <= open {
                return span.from + left;
            }
            left = Millis(left.0 - open.0);
        }
        since + LOOK_AHEAD
    }

    pub fn business_days_after(&self, since: Time, days: u16) -> Time {
        let mut open_dates = self.dates(since).filter(|(_, spans)| !spans.is_empty());
        let first = open_dates.next().map(|(_, spans)| spans[0].clock);
        let (Some(clock), Some((_, spans))) = (first, open_dates.nth(usize::from(days.max(1)) - 1)) else {
            return since + LOOK_AHEAD;
        };
        let showing = spans.iter().find_map(|span| {
            let early = Millis(clock.0.saturating_sub(span.clock.0));
            (early < span.to.since(span.from)).then(|| span.from + early)
        });
        showing.unwrap_or_else(|| spans[spans.len() - 1].to)
    }

    /// Each date from then on with its open time, as far as anybody looks.
    fn dates(&self, since: Time) -> impl Iterator<Item = (civil::Date, Vec<Span>)> {
        let end = since + LOOK_AHEAD;
        let today = self.wall(since).date();
        let dates = std::iter::successors(Some(today), |date| date.tomorrow().ok());
        dates.map_while(move |date| {
            let begin = self.begin_of(date)?;
            let within = |span: Span| {
                let from = span.from.max(since);
                let clock = Millis(span.clock.0 + from.since(span.from).0);
                let to = span.to.min(end);
                (from < to).then_some(Span { from, to, clock })
            };
            (begin < end).then(|| (date, self.spans_of(date, begin).into_iter().filter_map(within).collect()))
        })
    }

    fn spans_of(&self, date: civil::Date, begin: Time) -> Vec<Span> {
        let next = date.tomorrow().ok().and_then(|next| self.begin_of(next)).unwrap_or(begin + DAY);
        let ranges = self.ranges_of(date);
        if next.since(begin) == DAY {
            let span = |range: &OpenRange| {
                let (from, to) = (minutes(range.from), minutes(range.to));
                Span { from: begin + from, to: begin + to, clock: from }
            };
            return ranges.iter().map(span).collect();
        }
        let mut spans = Vec::new();
        let mut at = begin;
        while at < next {
            let wall = self.wall(at);
            if ranges.iter().any(|range| is_within(range, wall)) {
                let clock = minutes(minute_of(wall));
                spans.push(Span { from: at, to: at + MINUTE, clock });
            }
            at += MINUTE;
        }
        spans
    }

    fn ranges_of(&self, date: civil::Date) -> &[OpenRange] {
        let weekday = usize::from(date.weekday().to_monday_zero_offset().unsigned_abs());
        let day =
            Date::new(date.year().unsigned_abs(), date.month().unsigned_abs(), date.day().unsigned_abs());
        self.special.get(&day).unwrap_or(&self.week[weekday])
    }

    fn begin_of(&self, date: civil::Date) -> Option<Time> {
        let begin = date.to_zoned(self.zone.clone()).ok()?.timestamp().as_millisecond();
        u64::try_from(begin).ok().map(Time)
    }

    fn wall(&self, at: Time) -> civil::DateTime {
        let at = i64::try_from(at.0).ok().and_then(|at| Timestamp::from_millisecond(at).ok());
        self.zone.to_datetime(at.unwrap_or(Timestamp::MAX))
    }
}

fn is_within(range: &OpenRange, wall: civil::DateTime) -> bool {
    (range.from..range.to).contains(&minute_of(wall))
}

fn minute_of(wall: civil::DateTime) -> u16 {
    u16::from(wall.hour().unsigned_abs()) * 60 + u16::from(wall.minute().unsigned_abs())
}

fn minutes(count: u16) -> Millis {
    Millis(u64::from(count) * MINUTE.0)
}
