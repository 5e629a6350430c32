//! Calendars, and what queues count by them: deadlines in open time, hours, pressure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil;
use jiff::tz::TimeZoneDatabase;
use model::calendar::{
    BUSINESS_DAYS_MAX, CALENDARS_MAX, CalendarConfig, Date, LOOK_AHEAD, OPEN_RANGES_MAX, OpenRange,
    SPECIAL_DATES_MAX, SpecialDay,
};
use model::config::QueueConfig;
use model::{CalendarId, Millis};

use super::reader::{Item, Reader, Section, shown};

/// As keys; Monday first.
pub(super) const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const CALENDAR_KEYS: &[&str] =
    &["zone", "mon", "tue", "wed", "thu", "fri", "sat", "sun", "holidays", "special"];
/// A calendar with less open time in a year is a mistake, and a deadline in it would never come.
const OPEN_MIN: i64 = 24 * 60;
const WEEKS_OF_YEAR: i64 = 52;
const RANGE_FORM: &str = "hours such as \"08:00-17:30\", from \"00:00\" to \"24:00\"";
const DATE_FORM: &str = "a date from 1970 on such as \"2026-12-25\"";

pub(super) fn calendars(reader: &mut Reader<'_>, tenant: &Section<'_>) -> Vec<CalendarConfig> {
    let Some(item) = tenant.get("calendars") else { return Vec::new() };
    let Some(section) = reader.section(item, "calendars".to_owned()) else { return Vec::new() };
    if section.table.len() > CALENDARS_MAX {
        let count = section.table.len();
        reader.note(section.at, format!("{count} calendars stand here, at most {CALENDARS_MAX} are taken"));
        return Vec::new();
    }
    let mut calendars = Vec::new();
    for (key, item) in section.in_text_order() {
        let at = key.span().start;
        let name = reader.id(key.get_ref(), at, "calendar", CalendarId::new);
        let Some(section) = reader.section(item, format!("calendars.{}", key.get_ref())) else { continue };
        if let Some(name) = name {
            calendars.push(calendar(reader, &Section { at, ..section }, name));
        }
    }
    calendars
}

fn calendar(reader: &mut Reader<'_>, section: &Section<'_>, name: CalendarId) -> CalendarConfig {
    reader.check_keys(section, CALENDAR_KEYS);
    let zone = match section.get("zone") {
        Some(item) => zone(reader, item),
        None => {
            reader.missing(section, "zone", "\"Europe/Amsterdam\"");
            String::new()
        }
    };
    let mut is_whole = true;
    let mut ranges = |reader: &mut Reader<'_>, item| {
        let ranges = ranges(reader, item);
        is_whole &= ranges.is_some();
        ranges.unwrap_or_default()
    };
    let week = DAYS.map(|day| section.get(day).map(|item| ranges(reader, item)).unwrap_or_default());
    let mut special = Vec::new();
    let mut dates = Vec::new();
    if let Some(item) = section.get("holidays") {
        dates.extend(holidays(reader, item));
    }
    special.extend(dates.iter().map(|(_, date)| SpecialDay { date: *date, open: Vec::new() }));
    if let Some(item) = section.get("special")
        && let Some(section) = reader.section(item, format!("{}.special", section.name))
    {
        for (key, item) in section.in_text_order() {
            let open = ranges(reader, item);
            if let Some(date) = date(reader, key.get_ref(), key.span().start) {
                dates.push((key.span().start, date));
                special.push(SpecialDay { date, open });
            }
        }
    }
    check_dates(reader, section, &dates);
    special.sort_by_key(|special| special.date);
    let calendar = CalendarConfig { name, zone, week, special };
    if is_whole {
        check_open_time(reader, section.at, &calendar);
    }
    calendar
}

fn zone(reader: &mut Reader<'_>, item: Item<'_>) -> String {
    let Some(text) = item.get_ref().as_str() else {
        reader.mismatch(item, "the name of a time zone such as \"Europe/Amsterdam\"");
        return String::new();
    };
    let database = TimeZoneDatabase::bundled();
    let names: Vec<String> = database.available().map(|name| name.as_str().to_owned()).collect();
    if !names.iter().any(|name| name == text) {
        reader.note_unknown(item.span().start, ("time zone", ""), text, names.iter().map(String::as_str));
    }
    text.to_owned()
}

/// Nothing when something was wrong.
fn ranges(reader: &mut Reader<'_>, item: Item<'_>) -> Option<Vec<OpenRange>> {
    let Some(array) = item.get_ref().as_array() else {
        reader.mismatch(item, "an array of hours, such as [\"08:00-12:00\", \"13:00-17:30\"]");
        return None;
    };
    if array.len() > OPEN_RANGES_MAX {
        let reason = format!("{} ranges stand here, a day has at most {OPEN_RANGES_MAX}", array.len());
        reader.note(item.span().start, reason);
        return None;
    }
    let mut ranges: Vec<OpenRange> = Vec::new();
    for item in array.iter() {
        let at = item.span().start;
        let Some(text) = item.get_ref().as_str() else {
            reader.mismatch(item, RANGE_FORM);
            continue;
        };
        let Some(range) = range(text) else {
            reader.note(at, format!("{} is not {RANGE_FORM}", shown(text)));
            continue;
        };
        if range.from >= range.to {
            let reason = format!(
                "{} ends before it begins; hours past midnight stand on two days, up to \"24:00\" and from \"00:00\"",
                shown(text)
            );
            reader.note(at, reason);
            continue;
        }
        if let Some(last) = ranges.last().filter(|last| range.from < last.to) {
            let reason =
                format!("{} does not come after \"{last}\"; ranges ascend and do not overlap", shown(text));
            reader.note(at, reason);
            continue;
        }
        ranges.push(range);
    }
    (ranges.len() == array.len()).then_some(ranges)
}

fn range(text: &str) -> Option<OpenRange> {
    let (from, to) = text.split_once('-')?;
    Some(OpenRange { from: minute(from)?, to: minute(to)? })
}

fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let two_digits = |text: &str| {
        let has_shape = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        if has_shape { text.parse::<u16>().ok() } else { None }
    };
    let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
    (minutes < 60 && (hours < 24 || (hours, minutes) == (24, 0))).then_some(hours * 60 + minutes)
}

fn holidays(reader: &mut Reader<'_>, item: Item<'_>) -> Vec<(usize, Date)> {
    let Some(array) = item.get_ref().as_array() else {
        reader.mismatch(item, "an array of dates, such as [\"2026-12-25\"]");
        return Vec::new();
    };
    let mut dates = Vec::new();
    for item in array.iter() {
        let at = item.span().start;
        match item.get_ref().as_str() {
            Some(text) => dates.extend(date(reader, text, at).map(|date| (at, date))),
            None => reader.mismatch(item, DATE_FORM),
        }
    }
    dates
}

fn date(reader: &mut Reader<'_>, text: &str, at: usize) -> Option<Date> {
    let read = || -> Option<Date> {
        let bytes = text.as_bytes();
        let has_shape = bytes.len() == 10
            && bytes.iter().enumerate().all(|(at, byte)| match at {
                4 | 7 => *byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if !has_shape {
            return None;
        }
        let (year, month, day) = (text[..4].parse().ok()?, text[5..7].parse().ok()?, text[8..].parse().ok()?);
        civil::Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?)
            .ok()?;
        (year >= 1970).then_some(Date::new(year, month, day))
    };
    let date = read();
    if date.is_none() {
        reader.note(at, format!("{} is not {DATE_FORM}", shown(text)));
    }
    date
}

fn check_dates(reader: &mut Reader<'_>, section: &Section<'_>, dates: &[(usize, Date)]) {
    if dates.len() > SPECIAL_DATES_MAX {
        let reason = format!("{} dates stand here, at most {SPECIAL_DATES_MAX} are taken", dates.len());
        return reader.note(section.at, reason);
    }
    let mut seen = BTreeSet::new();
    for (at, date) in dates {
        if !seen.insert(date) {
            reader.note(*at, format!("the date \"{date}\" stands twice; leave one out"));
        }
    }
}

/// Enough in a year without dates, and in each that has some. Of 365 days 52 weeks are counted.
fn check_open_time(reader: &mut Reader<'_>, at: usize, calendar: &CalendarConfig) {
    let of_week: i64 = calendar.week.iter().map(|open| minutes(open)).sum();
    let mut of_years: BTreeMap<u32, i64> = BTreeMap::new();
    for special in &calendar.special {
        let more = minutes(&special.open) - minutes(&calendar.week[weekday(special.date)]);
        *of_years.entry(special.date.0 / 10_000).or_default() += more;
    }
    let usual = of_week * WEEKS_OF_YEAR;
    let name = calendar.name.as_str();
    if usual < OPEN_MIN {
        let reason = format!(
            "calendar {} is open for {} a week; it needs at least {} in a year, or deadlines in it never come",
            shown(name),
            shown_minutes(of_week),
            shown_minutes(OPEN_MIN)
        );
        return reader.note(at, reason);
    }
    if let Some((year, more)) = of_years.into_iter().find(|(_, more)| usual + more < OPEN_MIN) {
        let reason = format!(
            "calendar {} is open for {} in {year}; it needs at least {} in a year, or deadlines in it never come",
            shown(name),
            shown_minutes((usual + more).max(0)),
            shown_minutes(OPEN_MIN)
        );
        reader.note(at, reason);
    }
}

fn minutes(open: &[OpenRange]) -> i64 {
    open.iter().map(|range| i64::from(range.to) - i64::from(range.from)).sum()
}

fn shown_minutes(minutes: i64) -> String {
    crate::text::show_duration(Millis(minutes.unsigned_abs() * 60_000))
}

fn weekday(date: Date) -> usize {
    let (year, month, day) = (date.0 / 10_000, date.0 / 100 % 100, date.0 % 100);
    let date = civil::Date::new(year as i16, month as i8, day as i8).expect("a date that was read exists");
    usize::from(date.weekday().to_monday_zero_offset().unsigned_abs())
}

/// What a queue counts by calendars, into one of which the rest is known.
pub(super) fn read_queue(
    reader: &mut Reader<'_>,
    section: &Section<'_>,
    known: &[CalendarConfig],
    queue: &mut QueueConfig,
) {
    queue.calendar = named(reader, section, "calendar", known);
    queue.hours = named(reader, section, "hours", known);
    queue.pressure = section.get("pressure").and_then(|item| reader.duration(item, Millis(1)));
    let Some(item) = section.get("due_in") else { return };
    match item.get_ref().as_str().filter(|text| text.contains("business")) {
        None => queue.due_in = reader.duration(item, Millis(1)).unwrap_or(queue.due_in),
        Some(text) => {
            let at = item.span().start;
            queue.due_business_days = business_days(text);
            if queue.due_business_days.is_none() {
                let reason = format!(
                    "{} is not a number of business days such as \"1 business day\" or \"2 business days\", at most \
                     {BUSINESS_DAYS_MAX}",
                    shown(text)
                );
                reader.note(at, reason);
            }
            if section.get("calendar").is_none() {
                let reason = "business days are those of a calendar; give the queue one, for example: \
                              calendar = \"office\"";
                reader.note(at, reason);
            }
        }
    }
}

fn named(
    reader: &mut Reader<'_>,
    section: &Section<'_>,
    key: &str,
    known: &[CalendarConfig],
) -> Option<CalendarId> {
    let item = section.get(key)?;
    let Some(name) = item.get_ref().as_str() else {
        reader.mismatch(item, "the name of a calendar");
        return None;
    };
    let found = known.iter().find(|calendar| calendar.name.as_str() == name);
    if found.is_none() {
        let names = known.iter().map(|calendar| calendar.name.as_str());
        reader.note_unknown(item.span().start, ("calendar", ""), name, names);
    }
    found.map(|calendar| calendar.name.clone())
}

fn business_days(text: &str) -> Option<u16> {
    let (count, unit) = text.split_once(' ')?;
    let has_digits = count.bytes().all(|byte| byte.is_ascii_digit()) && !count.starts_with('0');
    let count: u16 = count.parse().ok().filter(|_| has_digits)?;
    let is_named = unit == if count == 1 { "business day" } else { "business days" };
    (is_named && (1..=BUSINESS_DAYS_MAX).contains(&count)).then_some(count)
}

/// As configurations have it.
pub(super) fn show_business_days(days: u16) -> String {
    if days == 1 { "1 business day".to_owned() } else { format!("{days} business days") }
}

/// Deadlines that lie farther than anybody looks.
pub(super) fn warnings<'a>(
    calendars: &'a [CalendarConfig],
    queues: &'a [QueueConfig],
) -> impl Iterator<Item = String> + 'a {
    queues.iter().filter_map(move |queue| {
        let name = queue.calendar.as_ref().filter(|_| queue.due_business_days.is_none())?;
        let calendar = calendars.iter().find(|calendar| calendar.name == *name)?;
        let of_week: i64 = calendar.week.iter().map(|open| minutes(open)).sum();
        let is_far = queue.due_in.0 as i64 / 60_000 > of_week * WEEKS_OF_YEAR;
        is_far.then(|| {
            format!(
                "queue {:?}: calendar {:?} is not open for {} within {}; what is not due by then falls due then",
                queue.name.as_str(),
                name.as_str(),
                crate::text::show_duration(queue.due_in),
                crate::text::show_duration(LOOK_AHEAD)
            )
        })
    })
}
