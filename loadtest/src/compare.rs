//! Two sides, each of one or more runs: what differs by more than runs of one side differ among themselves.
//!
//! Runs of the same thing differ, and by how much is what decides whether a difference means anything. With three or more runs on each
//! side a figure is better or worse only where the ranges do not overlap and the medians lie further apart than the least difference
//! that is worth a word; where runs overlap, or are too few, the answer is that there is no telling.

use std::fmt::Write as _;

use crate::summary::Summary;
use crate::units::show_nanos;
use crate::verdict::Verdict;

/// Two sides of three runs have separate ranges by chance one time in ten; of fewer, so often that it means nothing.
pub const RUNS_LEAST: usize = 3;
/// Histograms have three digits, and nobody notices less.
pub const NOTABLE: f64 = 0.05;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    Better,
    Worse,
    /// The ranges overlap, or the medians lie close together.
    NoDifference,
    /// Too few runs to say that it is more than chance.
    TooFew,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub figure: String,
    pub base: Range,
    pub candidate: Range,
    /// Of the medians; absent where the base is 0.
    pub change: Option<f64>,
    pub finding: Finding,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    pub low: f64,
    pub median: f64,
    pub high: f64,
}

/// A figure, how to read it, and whether more of it is better.
type Reader = (String, Box<dyn Fn(&Summary) -> Option<f64>>, bool);

/// Every figure that all runs of both sides have.
pub fn compare(base: &[Summary], candidate: &[Summary]) -> Vec<Line> {
    readers()
        .into_iter()
        .filter_map(|(figure, read, is_more_better)| {
            let values = |side: &[Summary]| {
                side.iter().map(&read).collect::<Option<Vec<f64>>>().filter(|all| !all.is_empty())
            };
            Some(line(figure, &values(base)?, &values(candidate)?, is_more_better))
        })
        .collect()
}

/// Why these runs cannot be held against one another; nothing when they can.
pub fn objections(base: &[Summary], candidate: &[Summary]) -> Vec<String> {
    let mut objections = Vec::new();
    let all = || base.iter().chain(candidate);
    let first = all().next();
    if all().any(|run| first.is_some_and(|first| run.scenario != first.scenario)) {
        objections.push("not all runs are of the same scenario".to_owned());
    }
    if all().any(|run| first.is_some_and(|first| run.all.planned != first.all.planned)) {
        objections.push("not all runs have the same plan: compare runs of one file and one seed, or of seeds on both sides".to_owned());
    }
    let is_sound = |run: &Summary| matches!(run.verdict, Verdict::Pass | Verdict::Threshold);
    for run in all().filter(|run| !is_sound(run)) {
        objections.push(format!("the run of {} is {}", run.began_at, run.verdict.name()));
    }
    objections
}

fn readers() -> Vec<Reader> {
    let mut readers: Vec<Reader> = Vec::new();
    for series in ["stored", "service", "response", "decided", "wait", "answer"] {
        for (name, read) in [
            ("p50", (|latency| latency.p50_ns) as fn(&crate::summary::Latency) -> u64),
            ("p99", |latency| latency.p99_ns),
            ("max", |latency| latency.max_ns),
        ] {
            let value = move |run: &Summary| run.all.latency.get(series).map(|latency| read(latency) as f64);
            readers.push((format!("{series} {name}"), Box::new(value), false));
        }
    }
    readers.push(("service_level".to_owned(), Box::new(|run| run.all.service_level), true));
    let share = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
    readers.push((
        "abandoned".to_owned(),
        Box::new(move |run| share(run.all.abandoned, run.all.stored)),
        false,
    ));
    readers.push(("queued".to_owned(), Box::new(move |run| share(run.all.queued, run.all.stored)), false));
    let outage = |run: &Summary| run.faults.iter().map(|fault| fault.outage_ms * 1e6).reduce(f64::max);
    readers.push(("outage".to_owned(), Box::new(outage), false));
    readers
}

fn line(figure: String, base: &[f64], candidate: &[f64], is_more_better: bool) -> Line {
    let (old, new) = (Range::of(base), Range::of(candidate));
    let change = (old.median > 0.0).then(|| new.median / old.median - 1.0);
    let is_apart = new.low > old.high || new.high < old.low;
    let is_notable = change.map_or(new.median > 0.0, |change| change.abs() >= NOTABLE);
    let finding = match (is_apart && is_notable, base.len().min(candidate.len()) >= RUNS_LEAST) {
        (false, _) => Finding::NoDifference,
        (true, false) => Finding::TooFew,
        (true, true) if (new.median > old.median) == is_more_better => Finding::Better,
        (true, true) => Finding::Worse,
    };
    Line { figure, base: old, candidate: new, change, finding }
}

impl Range {
    /// Of at least one value.
    fn of(values: &[f64]) -> Range {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        let median = match sorted.len() % 2 {
            1 => sorted[middle],
            _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
        };
        Range { low: sorted[0], median, high: sorted[sorted.len() - 1] }
    }
}

impl Finding {
    pub fn name(self) -> &'static str {
        match self {
            Finding::Better => "better",
            Finding::Worse => "**worse**",
            Finding::NoDifference => "no difference",
            Finding::TooFew => "too few runs to tell",
        }
    }
}

pub fn table(lines: &[Line]) -> String {
    let mut text =
        "| figure | base: median (range) | candidate: median (range) | change | |\n|---|--:|--:|--:|---|\n"
            .to_owned();
    for line in lines {
        let show = |value: f64| match line.figure.as_str() {
            "service_level" | "abandoned" | "queued" => format!("{:.2} %", value * 100.0),
            _ => show_nanos(value as u64),
        };
        let range =
            |range: Range| format!("{} ({} to {})", show(range.median), show(range.low), show(range.high));
        let change = line.change.map_or("-".to_owned(), |change| format!("{:+.1} %", change * 100.0));
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "| {} | {} | {} | {change} | {} |",
            line.figure,
            range(line.base),
            range(line.candidate),
            line.finding.name()
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(base: &[f64], candidate: &[f64], is_more_better: bool) -> Finding {
        line("wait p99".to_owned(), base, candidate, is_more_better).finding
    }

    #[test]
    fn what_overlaps_is_no_difference_and_two_runs_say_nothing() {
        let base = [10.0, 11.0, 12.0];
        assert_eq!(finding(&base, &[11.5, 13.0, 14.0], false), Finding::NoDifference);
        assert_eq!(finding(&base, &[13.0, 14.0, 15.0], false), Finding::Worse);
        assert_eq!(finding(&base, &[13.0, 14.0, 15.0], true), Finding::Better);
        assert_eq!(finding(&base, &[7.0, 8.0, 9.0], false), Finding::Better);
        assert_eq!(finding(&base[..2], &[7.0, 8.0, 9.0], false), Finding::TooFew);
        assert_eq!(
            finding(&[10.0, 10.0, 10.0], &[10.1, 10.2, 10.3], false),
            Finding::NoDifference,
            "apart, and not notable"
        );
        assert_eq!(finding(&[0.0; 3], &[0.1, 0.1, 0.1], false), Finding::Worse);
        assert_eq!(finding(&[0.0; 3], &[0.0; 3], false), Finding::NoDifference);
    }

    #[test]
    fn runs_that_say_nothing_are_not_compared() {
        let run: Summary = serde_json::from_str(include_str!("../tests/summary.json")).expect("a summary");
        let (mut invalid, mut other) = (run.clone(), run.clone());
        invalid.verdict = Verdict::Invalid;
        other.scenario = "other".to_owned();
        let base = [run.clone()];
        assert!(objections(&base, &base).is_empty());
        assert!(objections(&base, &[invalid])[0].contains("INVALID"));
        assert!(objections(&base, &[other])[0].contains("same scenario"));
        let lines = compare(&base, &base);
        assert!(
            lines.iter().all(|line| line.finding == Finding::NoDifference
                && line.change.is_none_or(|change| change == 0.0))
        );
        assert!(lines.iter().any(|line| line.figure == "wait p99"), "{}", table(&lines));
    }
}
