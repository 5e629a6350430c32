//! What a run must reach: expressions over its figures.
//!
//! ```text
//! response p99 < 50ms
//! wait p99.9 of calls <= 2s
//! service_level of calls >= 80%
//! dropped = 0
//! ```

use std::fmt;

use protocol::text::{nearest, parse_duration};
use serde::Deserialize;

use crate::units::{NANOS_PER_MILLI, show_nanos};

/// One line of them.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub struct Threshold {
    pub text: String,
    pub figure: Figure,
    /// The flow that it is about; absent: all.
    pub flow: Option<String>,
    pub comparison: Comparison,
    pub bound: Bound,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Figure {
    Latency {
        series: Series,
        statistic: Statistic,
    },
    Share(Share),
    Count(Count),
    /// Longest time after a fault in which nothing was decided.
    Outage,
}

/// Latencies, each with its two ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Series {
    /// From the planned instant to when it was sent: the generator's own lateness.
    SendLag,
    /// From when it was sent to the stream's acknowledgement.
    Stored,
    /// From when it was sent to the offer at a desk, where an agent was free.
    Service,
    /// From the planned instant to the offer at a desk, where an agent was free.
    Response,
    /// From the planned instant to the first word of the router: an offer, or that the contact waits.
    Decided,
    /// From the planned instant to the first offer, whether somebody was free or not.
    Wait,
    /// From the planned instant to when an agent had it.
    Answer,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Statistic {
    /// In [0, 100].
    Percentile(f64),
    Mean,
    Max,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// Answered in time, of those that were answered and those that gave up too late.
    ServiceLevel,
    /// Gave up, of all that were acknowledged.
    Abandoned,
    /// Waited for an agent, of all that were acknowledged.
    Queued,
    /// Sent, of all that were planned.
    Sent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// Too late to be sent.
    Dropped,
    /// Sent, and of unknown fate.
    Unacknowledged,
    /// Refused by the router.
    Refused,
    /// Never answered by the end of the run.
    Unanswered,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Less,
    AtMost,
    Equal,
    AtLeast,
    More,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    Nanos(u64),
    Share(f64),
    Count(u64),
}

impl Series {
    pub const ALL: [Series; 7] = [
        Series::SendLag,
        Series::Stored,
        Series::Service,
        Series::Response,
        Series::Decided,
        Series::Wait,
        Series::Answer,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Series::SendLag => "send_lag",
            Series::Stored => "stored",
            Series::Service => "service",
            Series::Response => "response",
            Series::Decided => "decided",
            Series::Wait => "wait",
            Series::Answer => "answer",
        }
    }

    pub fn meaning(self) -> &'static str {
        match self {
            Series::SendLag => "planned to sent: the generator's own lateness",
            Series::Stored => "sent to acknowledged by the stream",
            Series::Service => "sent to offered at a desk, where an agent was free",
            Series::Response => "planned to offered at a desk, where an agent was free",
            Series::Decided => "planned to the router's first word, an offer or that it waits",
            Series::Wait => "planned to the first offer, somebody free or not",
            Series::Answer => "planned to in an agent's hands",
        }
    }
}

const SHARES: [(&str, Share); 4] = [
    ("service_level", Share::ServiceLevel),
    ("abandoned", Share::Abandoned),
    ("queued", Share::Queued),
    ("sent", Share::Sent),
];
const COUNTS: [(&str, Count); 4] = [
    ("dropped", Count::Dropped),
    ("unacknowledged", Count::Unacknowledged),
    ("refused", Count::Refused),
    ("unanswered", Count::Unanswered),
];
const OUTAGE: &str = "outage";
const FORM: &str =
    "a threshold is such as \"response p99 < 50ms\", \"service_level of calls >= 80%\" or \"dropped = 0\"";

impl TryFrom<String> for Threshold {
    type Error = String;
    fn try_from(text: String) -> Result<Threshold, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let [name, middle @ .., comparison, bound] = words.as_slice() else { return Err(FORM.to_owned()) };
        let comparison = Comparison::read(comparison)
            .ok_or_else(|| format!("{comparison:?} compares nothing; there are <, <=, =, >= and >"))?;
        let (statistic, flow) = match middle {
            [] => (None, None),
            ["of", flow] => (None, Some((*flow).to_owned())),
            [statistic] => (Some(*statistic), None),
            [statistic, "of", flow] => (Some(*statistic), Some((*flow).to_owned())),
            _ => return Err(FORM.to_owned()),
        };
        let figure = figure(name, statistic)?;
        if flow.is_some() && figure == Figure::Outage {
            return Err(format!("{OUTAGE} is of the whole run and not of a flow"));
        }
        let bound = figure.read_bound(bound)?;
        Ok(Threshold { figure, flow, comparison, bound, text })
    }
}

fn figure(name: &str, statistic: Option<&str>) -> Result<Figure, String> {
    if let Some(series) = Series::ALL.into_iter().find(|series| series.name() == name) {
        let Some(statistic) = statistic else {
            return Err(format!("{name} needs a statistic such as p50, p99, p99.9, mean or max"));
        };
        return Ok(Figure::Latency { series, statistic: Statistic::read(statistic)? });
    }
    let share = SHARES.iter().find(|(known, _)| *known == name).map(|(_, share)| Figure::Share(*share));
    let count = COUNTS.iter().find(|(known, _)| *known == name).map(|(_, count)| Figure::Count(*count));
    let outage = (name == OUTAGE).then_some(Figure::Outage);
    let Some(figure) = share.or(count).or(outage) else {
        let names = || Series::ALL.iter().map(|series| series.name());
        let names = || {
            names()
                .chain(SHARES.iter().map(|(name, _)| *name))
                .chain(COUNTS.iter().map(|(name, _)| *name))
                .chain([OUTAGE])
        };
        let hint = match nearest(name, names()) {
            Some(near) => format!("did you mean {near:?}?"),
            None => format!("there are {}", names().collect::<Vec<_>>().join(", ")),
        };
        return Err(format!("unknown figure {name:?}; {hint}"));
    };
    match statistic {
        Some(statistic) if figure != Figure::Outage || statistic != "max" => {
            Err(format!("{name} is one number and has no {statistic:?}"))
        }
        Some(_) | None => Ok(figure),
    }
}

impl Figure {
    fn read_bound(&self, text: &str) -> Result<Bound, String> {
        match self {
            Figure::Latency { .. } | Figure::Outage => parse_fine(text)
                .map(Bound::Nanos)
                .ok_or_else(|| format!("{text:?} is not a length of time such as \"50ms\" or \"250us\"")),
            Figure::Share(_) => {
                let (number, divisor) =
                    text.strip_suffix('%').map_or((text, 1.0), |percent| (percent, 100.0));
                let share = number.parse::<f64>().ok().map(|number| number / divisor);
                share
                    .filter(|share| (0.0..=1.0).contains(share))
                    .map(Bound::Share)
                    .ok_or_else(|| format!("{text:?} is not a share such as \"0.8\" or \"80%\""))
            }
            Figure::Count(_) => text
                .parse()
                .map(Bound::Count)
                .map_err(|_| format!("{text:?} is not a whole number such as \"0\"")),
        }
    }
}

impl Statistic {
    pub fn read(text: &str) -> Result<Statistic, String> {
        let percentile = || {
            let number = text.strip_prefix('p')?.parse::<f64>().ok()?;
            (0.0..=100.0).contains(&number).then_some(Statistic::Percentile(number))
        };
        match text {
            "mean" => Ok(Statistic::Mean),
            "max" => Ok(Statistic::Max),
            _ => percentile().ok_or_else(|| {
                format!("unknown statistic {text:?}; there are p50, p99, p99.9 and so on, mean and max")
            }),
        }
    }
}

impl Comparison {
    fn read(text: &str) -> Option<Comparison> {
        Some(match text {
            "<" => Comparison::Less,
            "<=" => Comparison::AtMost,
            "=" | "==" => Comparison::Equal,
            ">=" => Comparison::AtLeast,
            ">" => Comparison::More,
            _ => return None,
        })
    }

    fn holds<T: PartialOrd>(self, found: &T, bound: &T) -> bool {
        match self {
            Comparison::Less => found < bound,
            Comparison::AtMost => found <= bound,
            Comparison::Equal => found == bound,
            Comparison::AtLeast => found >= bound,
            Comparison::More => found > bound,
        }
    }
}

impl Threshold {
    /// What was found is of the kind that the bound is of; of another kind it holds never.
    pub fn holds(&self, found: Bound) -> bool {
        match (&found, &self.bound) {
            (Bound::Nanos(found), Bound::Nanos(bound)) => self.comparison.holds(found, bound),
            (Bound::Share(found), Bound::Share(bound)) => self.comparison.holds(found, bound),
            (Bound::Count(found), Bound::Count(bound)) => self.comparison.holds(found, bound),
            (Bound::Nanos(_) | Bound::Share(_) | Bound::Count(_), _) => false,
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Bound::Nanos(nanos) => f.write_str(&show_nanos(*nanos)),
            Bound::Share(share) => write!(f, "{:.2} %", share * 100.0),
            Bound::Count(count) => write!(f, "{count}"),
        }
    }
}

/// As configurations write lengths, and microseconds.
fn parse_fine(text: &str) -> Option<u64> {
    match text.strip_suffix("us") {
        Some(micros) => micros.parse::<u64>().ok()?.checked_mul(1_000),
        None => parse_duration(text)?.0.checked_mul(NANOS_PER_MILLI),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Threshold, String> {
        Threshold::try_from(text.to_owned())
    }

    #[test]
    fn expressions_are_read_and_judged() {
        let response = read("response p99 < 50ms").expect("a threshold");
        assert_eq!(
            response.figure,
            Figure::Latency { series: Series::Response, statistic: Statistic::Percentile(99.0) }
        );
        assert!(response.holds(Bound::Nanos(49_999_999)) && !response.holds(Bound::Nanos(50_000_000)));
        let level = read("service_level of calls >= 80%").expect("a threshold");
        assert_eq!(level.flow.as_deref(), Some("calls"));
        assert!(level.holds(Bound::Share(0.8)) && !level.holds(Bound::Share(0.79)));
        assert!(!level.holds(Bound::Count(1)), "another kind");
        let dropped = read("dropped = 0").expect("a threshold");
        assert!(dropped.holds(Bound::Count(0)) && !dropped.holds(Bound::Count(1)));
        assert!(read("wait p99.9 of calls <= 250us").is_ok());
        assert!(read("outage max < 3s").is_ok() && read("outage < 3s").is_ok());
    }

    #[test]
    fn what_is_wrong_says_what_would_be_right() {
        for (text, part) in [
            ("response p99", "a threshold is such as"),
            ("respose p99 < 50ms", "did you mean \"response\"?"),
            ("latency p99 < 50ms", "there are send_lag"),
            ("response < 50ms", "needs a statistic"),
            ("response p101 < 50ms", "unknown statistic"),
            ("response p99 ~ 50ms", "compares nothing"),
            ("response p99 < 50", "is not a length of time"),
            ("abandoned <= 2", "is not a share"),
            ("dropped p99 = 0", "has no \"p99\""),
            ("dropped = none", "is not a whole number"),
            ("outage of calls < 3s", "of the whole run"),
        ] {
            let error = read(text).expect_err(text);
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
