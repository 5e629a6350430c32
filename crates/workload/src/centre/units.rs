//! How a file writes lengths, times of day and distributions.

use serde::Deserialize;

use model::time::Millis;

use super::FileError;
use crate::distribution::Span;

/// A length of time: "90s", "4m", "1h30m", "2d".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Length(pub Millis);

/// A time of day: "08:30", up to "24:00".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Clock(pub Millis);

/// `{ mean = "5m", deviation = "4m" }` is log-normal, as service times are; `{ mean = "3m" }` exponential, as patience
/// is taken to be; `{ from = "2s", to = "8s" }` every length alike; and `{ always = "1m" }`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spread {
    mean: Option<Length>,
    deviation: Option<Length>,
    from: Option<Length>,
    to: Option<Length>,
    always: Option<Length>,
}

impl Spread {
    pub fn span(&self) -> Result<Span, FileError> {
        match (self.mean, self.deviation, self.from, self.to, self.always) {
            (Some(mean), None, None, None, None) => Ok(Span::Exponential { mean: mean.0 }),
            (Some(mean), Some(deviation), None, None, None) => {
                Ok(Span::LogNormal { mean: mean.0, deviation: deviation.0 })
            }
            (None, None, Some(low), Some(high), None) if low.0 <= high.0 => {
                Ok(Span::Uniform { low: low.0, high: high.0 })
            }
            (None, None, None, None, Some(always)) => Ok(Span::Fixed(always.0)),
            _ => Err(FileError::new(
                "a length that is drawn is one of { mean, deviation }, { mean }, { from, to } with from <= to, and { always }",
            )),
        }
    }
}

impl TryFrom<String> for Length {
    type Error = String;
    fn try_from(text: String) -> Result<Length, String> {
        length(&text)
            .map(Length)
            .ok_or_else(|| format!("{text:?} is no length of time such as \"90s\", \"4m\" or \"1h30m\""))
    }
}

fn length(text: &str) -> Option<Millis> {
    let (mut total, mut rest) = (0_u64, text);
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let unit = match &rest[..letters] {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => Millis::HOUR.0,
            "d" => 24 * Millis::HOUR.0,
            _ => return None,
        };
        total = total.checked_add(number.checked_mul(unit)?)?;
        rest = &rest[letters..];
    }
    Some(Millis(total))
}

impl TryFrom<String> for Clock {
    type Error = String;
    fn try_from(text: String) -> Result<Clock, String> {
        clock(&text)
            .map(Clock)
            .ok_or_else(|| format!("{text:?} is no time of day such as \"08:30\", up to \"24:00\""))
    }
}

fn clock(text: &str) -> Option<Millis> {
    let number = |text: &str| {
        let is_plain = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u64>().ok().filter(|_| is_plain)
    };
    let (hours, minutes) = text.split_once(':')?;
    let (hours, minutes) = (number(hours)?, number(minutes).filter(|minutes| *minutes < 60)?);
    let minutes = hours * 60 + minutes;
    (minutes <= 24 * 60).then_some(Millis(minutes * 60_000))
}

/// Days from 1970-01-01 of a date "2025-03-03", in the proleptic Gregorian calendar.
pub fn days(text: &str) -> Option<u64> {
    let mut parts = text.split('-').map(|part| part.parse::<u64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if text.len() != 10 || parts.next().is_some() || !(1970..=9999).contains(&year) {
        return None;
    }
    let is_leap =
        |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let lengths = [31, if is_leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let length = *lengths.get(usize::try_from(month.checked_sub(1)?).ok()?)?;
    let years: u64 = (1970..year).map(|year| if is_leap(year) { 366 } else { 365 }).sum();
    let months: u64 = lengths.iter().take(month as usize - 1).sum();
    (1..=length).contains(&day).then(|| years + months + day - 1)
}

/// "+01:00" or "-05:30", in minutes.
pub fn offset(text: &str) -> Option<i64> {
    let sign = match text.bytes().next()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let minutes = clock(&text[1..])?.0 / 60_000;
    (minutes < 24 * 60).then_some(sign * minutes as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_times_of_day_have_one_form() {
        assert_eq!(length("1h30m5s"), Some(Millis(5_405_000)));
        assert_eq!(length("2d"), Some(Millis(172_800_000)));
        for text in ["", "5", "m", "5 m", "1y", "-1s"] {
            assert_eq!(length(text), None, "{text}");
        }
        assert_eq!(clock("24:00"), Some(Millis(86_400_000)));
        for text in ["8:00", "24:01", "12:60", "1200", ""] {
            assert_eq!(clock(text), None, "{text}");
        }
    }

    #[test]
    fn dates_are_counted_from_1970() {
        assert_eq!(days("1970-01-01"), Some(0));
        assert_eq!(days("2000-03-01"), Some(11_017));
        assert_eq!(days("2025-03-03"), Some(20_150));
        for text in ["2025-02-29", "2025-13-01", "2025-00-01", "2025-3-3", "1969-12-31", "later"] {
            assert_eq!(days(text), None, "{text}");
        }
        assert_eq!((offset("+01:00"), offset("-05:30"), offset("01:00")), (Some(60), Some(-330), None));
    }
}
