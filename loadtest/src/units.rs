//! How a scenario writes lengths of time and what is drawn.

use model::Millis;
use protocol::text::{parse_duration, show_duration};
use serde::Deserialize;
use workload::distribution::Span;

pub const NANOS_PER_MILLI: u64 = 1_000_000;
pub const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// "500ms", "20s", "1m30s".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Length(pub Millis);

impl Length {
    pub const fn millis(millis: u64) -> Length {
        Length(Millis(millis))
    }

    pub fn nanos(self) -> u64 {
        self.0.0 * NANOS_PER_MILLI
    }

    pub fn duration(self) -> std::time::Duration {
        std::time::Duration::from_millis(self.0.0)
    }
}

impl TryFrom<String> for Length {
    type Error = String;
    fn try_from(text: String) -> Result<Length, String> {
        parse_duration(&text).map(Length).ok_or_else(|| {
            format!("{text:?} is not a length of time such as \"500ms\", \"20s\" or \"1m30s\"")
        })
    }
}

impl std::fmt::Display for Length {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&show_duration(self.0))
    }
}

/// A length that is drawn: `{ mean, deviation }` is log-normal, `{ mean }` exponential, `{ from, to }` every length alike,
/// `{ always }` the same.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "SpreadText")]
pub struct Spread(pub Span);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SpreadText {
    mean: Option<Length>,
    deviation: Option<Length>,
    from: Option<Length>,
    to: Option<Length>,
    always: Option<Length>,
}

impl TryFrom<SpreadText> for Spread {
    type Error = String;
    fn try_from(text: SpreadText) -> Result<Spread, String> {
        let span = match (text.mean, text.deviation, text.from, text.to, text.always) {
            (Some(mean), None, None, None, None) => Span::Exponential { mean: mean.0 },
            (Some(mean), Some(deviation), None, None, None) => {
                Span::LogNormal { mean: mean.0, deviation: deviation.0 }
            }
            (None, None, Some(low), Some(high), None) if low <= high => {
                Span::Uniform { low: low.0, high: high.0 }
            }
            (None, None, None, None, Some(always)) => Span::Fixed(always.0),
            _ => {
                return Err("a length that is drawn is one of { mean, deviation }, { mean }, { from, to } with from <= to, \
                            and { always }"
                    .to_owned());
            }
        };
        Ok(Spread(span))
    }
}

/// Nanoseconds for people.
pub fn show_nanos(nanos: u64) -> String {
    match nanos {
        0..10_000 => format!("{nanos} ns"),
        10_000..1_000_000 => format!("{:.0} us", nanos as f64 / 1e3),
        1_000_000..10_000_000 => format!("{:.2} ms", nanos as f64 / 1e6),
        10_000_000..1_000_000_000 => format!("{:.1} ms", nanos as f64 / 1e6),
        _ => format!("{:.2} s", nanos as f64 / 1e9),
    }
}
