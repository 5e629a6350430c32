//! Text forms that inputs, outputs and configuration share: instants, lengths of time, ids, and the name that
//! someone probably meant.
//!
//! There is one way to write each. An instant is RFC 3339 with `Z` or an offset. A length of time is a
//! string such as `"20s"`, `"1m30s"`, `"2h"` or `"500ms"`: whole numbers with the units d, h, m, s and ms, each at
//! most once and in this order, at most 365 days in all.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use jiff::Timestamp;
use model::{IdError, Millis, Time};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::ser::{Serialize, Serializer};

/// Longest length of time that anyone may configure or ask for.
pub const DURATION_MAX: Millis = Millis(365 * 24 * 3_600_000);

const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];
const DURATION_FORM: &str = "a length of time such as \"20s\", \"1m30s\", \"2h\" or \"500ms\", at most 365d";
const TIME_FORM: &str = "a time in RFC 3339 from 1970 on, such as \"2026-03-01T09:30:00Z\"";
/// Shape and year; that the day exists is left to the calendar.
const TIME_PATTERN: &str = "^(19[7-9][0-9]|[2-9][0-9]{3})-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\
    (\\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$";

/// Nothing when the text is not of the one form, or longer than [`DURATION_MAX`].
pub fn parse_duration(text: &str) -> Option<Millis> {
    let mut rest = text;
    let mut units = UNITS.iter();
    let mut sum: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        // Eleven digits of days still fit in 64 bits as milliseconds.
        if !(1..=11).contains(&digits) {
            return None;
        }
        let count: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.bytes().take_while(u8::is_ascii_lowercase).count();
        let (_, millis) = units.find(|(unit, _)| *unit == &rest[..letters])?;
        sum = sum.checked_add(count.checked_mul(*millis)?)?;
        rest = &rest[letters..];
    }
    (!text.is_empty() && sum <= DURATION_MAX.0).then_some(Millis(sum))
}

/// The shortest text that [`parse_duration`] reads back as this.
pub fn show_duration(duration: Millis) -> String {
    let mut rest = duration.0;
    let mut text = String::new();
    for (unit, millis) in UNITS {
        let count = rest / millis;
        rest %= millis;
        if count > 0 {
            text.push_str(&format!("{count}{unit}"));
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

/// Nothing when the text is not RFC 3339, names no real moment, or lies before 1970.
pub fn parse_time(text: &str) -> Option<Time> {
    if !has_time_shape(text.as_bytes()) {
        return None;
    }
    let moment: Timestamp = text.parse().ok()?;
    u64::try_from(moment.as_millisecond()).ok().map(Time).filter(|time| *time <= Time::MAX)
}

/// jiff reads more forms than RFC 3339 has; one way to write a time is enough.
fn has_time_shape(bytes: &[u8]) -> bool {
    let matches = |bytes: &[u8], shape: &[u8]| {
        bytes.len() == shape.len()
            && bytes.iter().zip(shape).all(|(byte, like)| match like {
                b'0' => byte.is_ascii_digit(),
                other => byte == other,
            })
    };
    let Some((head, tail)) = bytes.split_at_checked(19) else { return false };
    if !matches(head, b"0000-00-00T00:00:00") {
        return false;
    }
    let zone = match tail {
        [b'.', fraction @ ..] => {
            let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if !(1..=9).contains(&digits) {
                return false;
            }
            &fraction[digits..]
        }
        whole => whole,
    };
    matches(zone, b"Z") || matches(zone, b"+00:00") || matches(zone, b"-00:00")
}

/// RFC 3339 in UTC with milliseconds; [`Time::MAX`] and whatever else no calendar reaches as the last moment it does.
pub fn show_time(time: Time) -> String {
    let moment = i64::try_from(time.0)
        .ok()
        .and_then(|millis| Timestamp::from_millisecond(millis).ok())
        .unwrap_or(Timestamp::MAX);
    format!("{moment:.3}")
}

/// The valid name that was probably meant: the closest, if it is close at all.
pub fn nearest<'a>(name: &str, valid: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Names are short; what is longer than any name resembles none and is not worth the comparison.
    if name.len() > 2 * model::id::ID_LENGTH_MAX {
        return None;
    }
    let allowed = (name.chars().count() / 3).max(1);
    valid
        .into_iter()
        .map(|candidate| (strsim::osa_distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}

/// A text id on its way in; says in its error what an id may be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id<T>(pub T);

impl<'de, T: FromStr<Err = IdError>> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(FromText::new("an id", |text| {
            text.parse().map(Id).map_err(|error: IdError| error.to_string())
        }))
    }
}

impl<T> JsonSchema for Id<T> {
    fn schema_name() -> Cow<'static, str> {
        "Id".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$" })
    }
}

/// An instant in its text form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment(pub Time);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(FromText::new(TIME_FORM, |text| {
            parse_time(text).map(Moment).ok_or_else(|| format!("expected {TIME_FORM}"))
        }))
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&show_time(self.0))
    }
}

impl JsonSchema for Moment {
    fn schema_name() -> Cow<'static, str> {
        "Moment".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time", "pattern": TIME_PATTERN })
    }
}

/// A length of time in its text form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duration(pub Millis);

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(FromText::new(DURATION_FORM, |text| {
            parse_duration(text).map(Duration).ok_or_else(|| format!("expected {DURATION_FORM}"))
        }))
    }
}

impl JsonSchema for Duration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let digits = "[0-9]{1,11}";
        let pattern: String = UNITS.iter().map(|(unit, _)| format!("({digits}{unit})?")).collect();
        json_schema!({
            "type": "string",
            "description": "A length of time: d, h, m, s and ms in this order, at most 365 days.",
            "minLength": 2,
            "pattern": format!("^{pattern}$"),
        })
    }
}

/// Reads a value from a borrowed string, without owning the string first.
struct FromText<T, F> {
    expected: &'static str,
    parse: F,
    result: PhantomData<T>,
}

impl<T, F: FnOnce(&str) -> Result<T, String>> FromText<T, F> {
    fn new(expected: &'static str, parse: F) -> Self {
        FromText { expected, parse, result: PhantomData }
    }
}

impl<T, F: FnOnce(&str) -> Result<T, String>> Visitor<'_> for FromText<T, F> {
    type Value = T;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.parse)(text).map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_shown() {
        for (text, millis) in [
            ("20s", 20_000),
            ("1m30s", 90_000),
            ("2h", 7_200_000),
            ("500ms", 500),
            ("0s", 0),
            ("365d", DURATION_MAX.0),
            ("1d2h3m4s5ms", 93_784_005),
        ] {
            assert_eq!(parse_duration(text), Some(Millis(millis)), "{text}");
            assert_eq!(show_duration(Millis(millis)), text);
        }
        assert_eq!(parse_duration("90s"), parse_duration("1m30s"));
        for text in [
            "",
            "s",
            "20",
            "20 s",
            "-1s",
            "1.5h",
            "30s1m",
            "1s1s",
            "366d",
            "1S",
            "1µs",
            "１s",
            "1w",
            "99999999999d",
            "999999999999ms",
            "1ms1s",
            "+1s",
        ] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

    #[test]
    fn times_are_rfc_3339_and_nothing_else() {
        assert_eq!(parse_time("1970-01-01T00:00:01Z"), Some(Time(1_000)));
        assert_eq!(parse_time("1970-01-01T02:00:00.5+02:00"), Some(Time(500)));
        assert_eq!(show_time(Time(1_500)), "1970-01-01T00:00:01.500Z");
        assert_eq!(show_time(Time(0)), "1970-01-01T00:00:00.000Z");
        assert!(show_time(Time(u64::MAX)).starts_with("9999-12-3"));
        for text in [
            "",
            "now",
            "1970-01-01",
            "1970-01-01T00:00:00",
            "1970-01-01 00:00:00Z",
            "1970-01-01t00:00:00z",
            "1969-12-31T23:59:59Z",
            "2026-02-30T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00+0200",
            "2026-01-01T00:00:00Z[UTC]",
            "2026-01-01T00:00:00[Europe/Amsterdam]",
        ] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }

    #[test]
    fn the_nearest_name_is_close() {
        assert_eq!(nearest("duch", ["dutch", "sales"]), Some("dutch"));
        assert_eq!(nearest("queeu", ["queue", "skills"]), Some("queue"));
        assert_eq!(nearest("french", ["dutch", "sales"]), None);
    }
}
