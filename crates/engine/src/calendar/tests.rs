//! Open time by table: weekends, holidays, nights, and the days on which clocks are changed.

use jiff::Timestamp;
use model::calendar::SpecialDay;
use model::id::CalendarId;

use super::*;

const OFFICE: &str = "mon-fri 08:00-12:00 13:00-17:30";
const NIGHT: &str = "mon-sun 00:00-06:00 22:00-24:00";
const ALWAYS: &str = "mon-sun 00:00-24:00";
const HOUR: u64 = 3_600_000;

#[test]
fn open_time_is_counted() {
    for (zone, text, since, minutes, expected) in [
        // A weekday; over lunch; over the night; over the weekend; what ends with the day ends then.
        ("Europe/Amsterdam", OFFICE, "2026-01-14T09:00:00+01", 90, "2026-01-14T10:30:00+01"),
        ("Europe/Amsterdam", OFFICE, "2026-01-14T11:30:00+01", 60, "2026-01-14T13:30:00+01"),
        ("Europe/Amsterdam", OFFICE, "2026-01-14T12:30:00+01", 60, "2026-01-14T14:00:00+01"),
        ("Europe/Amsterdam", OFFICE, "2026-01-14T16:30:00+01", 120, "2026-01-15T09:00:00+01"),
        ("Europe/Amsterdam", OFFICE, "2026-01-16T16:30:00+01", 480, "2026-01-19T16:00:00+01"),
        ("Europe/Amsterdam", OFFICE, "2026-01-17T03:00:00+01", 1, "2026-01-19T08:01:00+01"),
        ("Europe/Amsterdam", OFFICE, "2026-01-14T16:30:00+01", 60, "2026-01-14T17:30:00+01"),
        // The clock skips 02:00 to 03:00, and shows it twice: hours of 23 and of 25.
        ("Europe/Amsterdam", ALWAYS, "2026-03-29T00:00:00+01", 23 * 60, "2026-03-30T00:00:00+02"),
        ("Europe/Amsterdam", ALWAYS, "2026-10-25T00:00:00+02", 25 * 60, "2026-10-26T00:00:00+01"),
        ("Europe/Amsterdam", NIGHT, "2026-03-28T22:00:00+01", 7 * 60, "2026-03-29T06:00:00+02"),
        ("Europe/Amsterdam", NIGHT, "2026-10-24T22:00:00+02", 9 * 60, "2026-10-25T06:00:00+01"),
        // What is open only in the hour that is skipped is not open that day; in the one shown twice it is twice.
        ("Europe/Amsterdam", "sun 02:00-03:00", "2026-03-29T00:00:00+01", 30, "2026-04-05T02:30:00+02"),
        ("Europe/Amsterdam", "sun 02:00-03:00", "2026-10-25T00:00:00+02", 90, "2026-10-25T02:30:00+01"),
        ("Europe/Amsterdam", "sun 02:30-04:00", "2026-03-29T00:00:00+01", 30, "2026-03-29T03:30:00+02"),
        ("Europe/Amsterdam", "sun 02:30-04:00", "2026-10-25T00:00:00+02", 45, "2026-10-25T02:45:00+01"),
        ("Europe/Amsterdam", "sun 01:00-02:30", "2026-10-25T00:00:00+02", 105, "2026-10-25T02:15:00+01"),
        // Elsewhere.
        ("America/New_York", ALWAYS, "2026-03-08T00:00:00-05", 23 * 60, "2026-03-09T00:00:00-04"),
        ("America/New_York", ALWAYS, "2026-11-01T00:00:00-04", 25 * 60, "2026-11-02T00:00:00-05"),
        ("America/New_York", "sun 00:00-24:00", "2026-11-01T00:00:00-04", 25 * 60, "2026-11-02T00:00:00-05"),
        ("Asia/Kathmandu", OFFICE, "2026-01-14T16:30:00+05:45", 120, "2026-01-15T09:00:00+05:45"),
        ("Asia/Tokyo", NIGHT, "2026-03-28T23:00:00+09", 8 * 60, "2026-03-29T23:00:00+09"),
        ("America/Havana", ALWAYS, "2026-03-08T00:00:00-05", 23 * 60, "2026-03-09T00:00:00-04"),
        ("Mars/Olympus", ALWAYS, "2026-01-14T16:30:00Z", 120, "2026-01-14T18:30:00Z"),
    ] {
        let found = calendar(zone, text).open_time_after(at(since), Millis(minutes * 60_000));
        same(found, at(expected), &format!("{zone} {text}: {minutes} minutes after {since}"));
    }
}

#[test]
fn business_days_are_counted() {
    let holidays = format!("{OFFICE}\n2026-12-24 08:00-12:00\n2026-12-25");
    for (zone, text, since, days, expected) in [
        ("Europe/Amsterdam", OFFICE, "2026-01-14T09:15:00+01", 1, "2026-01-15T09:15:00+01"),
        ("Europe/Amsterdam", OFFICE, "2026-01-16T09:15:00+01", 1, "2026-01-19T09:15:00+01"),
        ("Europe/Amsterdam", OFFICE, "2026-01-16T09:15:00+01", 2, "2026-01-20T09:15:00+01"),
        ("Europe/Amsterdam", OFFICE, "2026-01-16T09:15:00+01", 12, "2026-02-03T09:15:00+01"),
        // Who comes while it is closed, comes when it opens.
        ("Europe/Amsterdam", OFFICE, "2026-01-14T03:00:00+01", 1, "2026-01-15T08:00:00+01"),
        ("Europe/Amsterdam", OFFICE, "2026-01-14T12:20:00+01", 1, "2026-01-15T13:00:00+01"),
        ("Europe/Amsterdam", OFFICE, "2026-01-14T22:00:00+01", 1, "2026-01-16T08:00:00+01"),
        ("Europe/Amsterdam", OFFICE, "2026-01-17T14:00:00+01", 1, "2026-01-20T08:00:00+01"),
        // A day that ends before the time; one that is none; a time at which the day pauses.
        ("Europe/Amsterdam", &holidays, "2026-12-23T16:00:00+01", 1, "2026-12-24T12:00:00+01"),
        ("Europe/Amsterdam", &holidays, "2026-12-23T16:00:00+01", 2, "2026-12-28T16:00:00+01"),
        (
            "Europe/Amsterdam",
            "mon 12:00-13:00\ntue 08:00-12:00 14:00-15:00",
            "2026-01-12T12:30:00+01",
            1,
            "2026-01-13T14:00:00+01",
        ),
        // A time that the clock skips, and one that it shows twice.
        ("Europe/Amsterdam", ALWAYS, "2026-03-28T02:30:00+01", 1, "2026-03-29T03:00:00+02"),
        ("Europe/Amsterdam", ALWAYS, "2026-10-24T02:30:00+02", 1, "2026-10-25T02:30:00+02"),
        ("Europe/Amsterdam", "sat-sun 02:00-03:00", "2026-03-28T02:30:00+01", 1, "2026-04-04T02:30:00+02"),
        ("America/New_York", ALWAYS, "2026-03-07T12:00:00-05", 1, "2026-03-08T12:00:00-04"),
        ("America/New_York", ALWAYS, "2026-10-31T12:00:00-04", 1, "2026-11-01T12:00:00-05"),
        ("Asia/Kathmandu", OFFICE, "2026-01-16T09:15:00+05:45", 1, "2026-01-19T09:15:00+05:45"),
        // A night is two days.
        ("Asia/Tokyo", NIGHT, "2026-01-14T23:00:00+09", 1, "2026-01-15T23:00:00+09"),
        ("Asia/Tokyo", NIGHT, "2026-01-14T12:00:00+09", 1, "2026-01-15T22:00:00+09"),
    ] {
        let found = calendar(zone, text).business_days_after(at(since), days);
        same(found, at(expected), &format!("{zone} {text}: {days} days after {since}"));
    }
}

#[test]
fn it_is_open_when_the_clock_says_so() {
    let holidays = format!("{OFFICE}\n2026-12-24 08:00-12:00\n2026-12-25");
    for (zone, text, when, expected) in [
        ("Europe/Amsterdam", OFFICE, "2026-01-14T07:59:59.999+01", false),
        ("Europe/Amsterdam", OFFICE, "2026-01-14T08:00:00+01", true),
        ("Europe/Amsterdam", OFFICE, "2026-01-14T11:59:59.999+01", true),
        ("Europe/Amsterdam", OFFICE, "2026-01-14T12:00:00+01", false),
        ("Europe/Amsterdam", OFFICE, "2026-07-14T08:00:00+01", true),
        ("Europe/Amsterdam", OFFICE, "2026-07-14T07:30:00+01", true),
        ("Europe/Amsterdam", OFFICE, "2026-01-17T09:00:00+01", false),
        ("Europe/Amsterdam", &holidays, "2026-12-24T11:00:00+01", true),
        ("Europe/Amsterdam", &holidays, "2026-12-24T14:00:00+01", false),
        ("Europe/Amsterdam", &holidays, "2026-12-25T09:00:00+01", false),
        ("Europe/Amsterdam", "sun 02:00-03:00", "2026-10-25T02:30:00+02", true),
        ("Europe/Amsterdam", "sun 02:00-03:00", "2026-10-25T02:30:00+01", true),
        ("Europe/Amsterdam", "sun 02:00-03:00", "2026-03-29T03:00:00+02", false),
        ("Asia/Tokyo", NIGHT, "2026-01-14T23:59:59.999+09", true),
        ("Asia/Tokyo", NIGHT, "2026-01-15T00:00:00+09", true),
        ("Asia/Tokyo", NIGHT, "2026-01-15T06:00:00+09", false),
    ] {
        assert_eq!(calendar(zone, text).is_open(at(when)), expected, "{zone} {text}: at {when}");
    }
}

#[test]
fn a_look_goes_no_further_than_it_may() {
    let since = at("2026-01-14T09:00:00Z");
    let seldom = calendar("UTC", "wed 10:00-11:00");
    // 53 Wednesdays lie within 366 days.
    same(seldom.open_time_after(since, Millis(53 * HOUR)), at("2027-01-13T11:00:00Z"), "the last hour");
    same(seldom.open_time_after(since, Millis(53 * HOUR + 1)), since + LOOK_AHEAD, "one more");
    same(seldom.business_days_after(since, 52), at("2027-01-13T10:00:00Z"), "the last day");
    same(seldom.business_days_after(since, 53), since + LOOK_AHEAD, "one day more");
    let never = calendar("UTC", "");
    same(never.open_time_after(since, Millis(1)), since + LOOK_AHEAD, "never");
    same(never.business_days_after(since, 1), since + LOOK_AHEAD, "never");
    for far in [Time(0), Time::MAX] {
        assert!(calendar("Europe/Amsterdam", OFFICE).open_time_after(far, Millis(HOUR)) >= far);
    }
}

#[test]
fn who_comes_later_is_never_due_earlier() {
    let text = format!("{OFFICE}\nsat 10:00-12:00\n2026-03-30 15:00-16:00\n2026-03-31");
    let calendar = calendar("Europe/Amsterdam", &text);
    let begin = at("2026-03-20T00:00:00Z");
    let (mut last, mut last_day) = (Time(0), Time(0));
    for minute in 0..20 * 1_440 {
        let since = begin + Millis(minute * 60_000);
        let (open_time, day) =
            (calendar.open_time_after(since, Millis(8 * HOUR)), calendar.business_days_after(since, 1));
        assert!(open_time >= last && day >= last_day, "at {}", shown(since));
        assert!(open_time > since && day > since, "at {}", shown(since));
        (last, last_day) = (open_time, day);
    }
}

/// A line says a weekday, or several, or a date, and its hours.
fn calendar(zone: &str, text: &str) -> Calendar {
    const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let mut config = CalendarConfig {
        name: CalendarId::new("office").expect("an id"),
        zone: zone.to_owned(),
        week: Default::default(),
        special: Vec::new(),
    };
    for line in text.lines() {
        let (days, hours) = line.split_once(' ').unwrap_or((line, ""));
        let open: Vec<OpenRange> = hours.split_whitespace().map(range).collect();
        if days.starts_with("20") {
            let digits = days.replace('-', "").parse().expect("a date");
            config.special.push(SpecialDay { date: Date(digits), open });
            continue;
        }
        let (first, last) = days.split_once('-').unwrap_or((days, days));
        let day = |name| DAYS.iter().position(|day| *day == name).expect("a weekday");
        config.week[day(first)..=day(last)].fill(open);
    }
    Calendar::compile(&config)
}

fn range(text: &str) -> OpenRange {
    let minute = |text: &str| {
        let (hours, minutes) = text.split_once(':').expect("a time");
        hours.parse::<u16>().expect("hours") * 60 + minutes.parse::<u16>().expect("minutes")
    };
    let (from, to) = text.split_once('-').expect("a range");
    OpenRange { from: minute(from), to: minute(to) }
}

fn at(text: &str) -> Time {
    let at: Timestamp = text.parse().expect("a moment");
    Time(at.as_millisecond().unsigned_abs())
}

#[track_caller]
fn same(found: Time, expected: Time, what: &str) {
    assert_eq!(shown(found), shown(expected), "{what}");
}

fn shown(time: Time) -> String {
    timestamp(moment(time)).to_string()
}

/// Every ten minutes of two years, forwards and then with leaps, one that remembers says what one says that does not.
#[test]
fn it_is_open_still_when_it_is_open() {
    let holidays = format!("{OFFICE}\n2026-12-24 08:00-12:00\n2026-12-25");
    for (zone, text) in [
        ("Europe/Amsterdam", OFFICE),
        ("Europe/Amsterdam", &holidays),
        ("Europe/Amsterdam", ALWAYS),
        ("Europe/Amsterdam", "sun 02:00-03:00"),
        ("America/New_York", NIGHT),
        ("America/Havana", "sun 00:00-02:00"),
    ] {
        let mut calendar = calendar(zone, text);
        let begin = at("2026-01-01T00:00:00Z");
        let mut state = 1_u64;
        for step in 0..105_000_u64 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let minutes = if step % 64 == 63 { (state >> 33) % 1_051_200 } else { step * 10 };
            let when = begin + Millis(minutes * 60_000 + step % 2);
            assert_eq!(calendar.is_open_still(when), calendar.is_open(when), "{zone} {text}: {when:?}");
        }
    }
}
