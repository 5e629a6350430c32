//! What a run came to, in figures: `summary.json`, whose schema stands in `loadtest/schema/summary.json`.
//!
//! Everything is worked out here from the entries of all contacts, after the run, so that nothing is measured twice and nothing is
//! worked out while something is measured.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use protocol::text::show_time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::book::Entry;
use crate::figures::{self, Tally};
use crate::record::{Record, statistic};
use crate::run::Played;
use crate::scenario::{Generator, Loaded, Scenario};
use crate::threshold::{Bound, Series, Statistic, Threshold};
use crate::units::{NANOS_PER_MILLI, NANOS_PER_SECOND, show_nanos};
use crate::verdict::Verdict;

/// Findings of the outside checker that are shown.
const FINDINGS_MAX: usize = 20;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Grows when a field changes its meaning.
    pub schema: u32,
    pub scenario: String,
    pub about: String,
    pub seed: u64,
    /// RFC 3339 in UTC: when the first phase began.
    pub began_at: String,
    pub verdict: Verdict,
    /// Why it is not a pass, the gravest first.
    pub reasons: Vec<String>,
    /// Of all flows together, without the warm-up.
    pub all: FlowFigures,
    pub flows: Vec<FlowFigures>,
    pub generator: GeneratorFigures,
    pub thresholds: Vec<Judged>,
    pub invariants: Invariants,
    pub faults: Vec<FaultFigures>,
    /// Of each latency of all flows together: percentiles that lie closer the nearer they are to the maximum.
    pub curves: BTreeMap<String, Vec<Point>>,
    /// One for each second since the first phase began, the warm-up's as well.
    pub seconds: Vec<Second>,
    pub warm_up_s: f64,
    pub environment: Environment,
}

/// Counts are contacts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FlowFigures {
    pub flow: String,
    pub planned: u64,
    pub sent: u64,
    /// Too late to be sent.
    pub dropped: u64,
    /// Acknowledged by the stream.
    pub stored: u64,
    /// Sent for as long as anybody tries, and of unknown fate.
    pub unacknowledged: u64,
    pub refused: u64,
    /// Had to wait for an agent.
    pub queued: u64,
    pub offered: u64,
    pub answered: u64,
    pub abandoned: u64,
    /// Acknowledged, and neither answered nor given up by the customer.
    pub unanswered: u64,
    /// Of those that were answered, and those that were not in time: the share that was answered in time. Who gave up within that time
    /// is left out. Absent when there is nobody.
    pub service_level: Option<f64>,
    /// What "in time" is; absent where flows differ.
    pub answer_within_ms: Option<u64>,
    /// What its queue is to reach, from 0 to 1; absent for all flows together.
    pub service_level_target: Option<f64>,
    /// By name: see `loadtest/README.md`.
    pub latency: BTreeMap<String, Latency>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Point {
    pub percent: f64,
    pub ns: u64,
}

/// In nanoseconds, to a thousandth of each value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Latency {
    pub count: u64,
    pub mean_ns: u64,
    pub p50_ns: u64,
    pub p90_ns: u64,
    pub p99_ns: u64,
    pub p999_ns: u64,
    pub max_ns: u64,
}

/// Whether the generator did what was planned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GeneratorFigures {
    pub is_valid: bool,
    pub workers: u32,
    /// Planned and not reached, because the run was ended before.
    pub unreached: u64,
    /// The pacer against nobody, before the run, at the plan's highest rate.
    pub self_check: Latency,
    pub send_lag: Latency,
    /// How late its timers were during the run.
    pub stall: Latency,
    /// Connections that broke. Messages of that moment were not heard.
    pub broken_connections: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Judged {
    pub threshold: String,
    /// Absent where there was nothing to measure, which is no pass.
    pub found: Option<String>,
    pub holds: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Invariants {
    /// Seen while it ran: two agents with one contact, or an end that came twice.
    pub seen_live: u64,
    /// Acknowledged, and without an end in the durable streams.
    pub lost: u64,
    /// Withdrawn after the drain time, so that the run came to its end; no violation.
    pub withdrawn: u64,
    /// By the outside checker; absent when it was not asked.
    pub checker: Option<CheckerFigures>,
    /// The first of all these in words.
    pub findings: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckerFigures {
    pub is_sound: bool,
    /// By the invariant's name.
    pub violations: BTreeMap<String, u64>,
    pub warnings: u64,
    /// What the evidence did not suffice for.
    pub unchecked: Vec<String>,
    pub inputs: u64,
    pub records: u64,
    pub epochs: u64,
    pub offers: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FaultFigures {
    /// Such as "kill node-2".
    pub what: String,
    pub at_s: f64,
    pub mended_s: f64,
    /// The longest time without a decision that ended between the fault and the next one.
    pub outage_ms: f64,
}

/// One second, by planned instants for contacts and latencies, and at its end for what is open.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Second {
    pub second: u64,
    pub planned: u64,
    pub sent: u64,
    pub dropped: u64,
    pub offered: u64,
    /// Acknowledged, and with no agent.
    pub waiting: u64,
    /// How long the oldest of these has waited.
    pub oldest_ms: u64,
    /// With an agent.
    pub in_hands: u64,
    /// Of contacts planned in this second; absent when there is none.
    pub service_level: Option<f64>,
    pub response: Option<Latency>,
    pub wait: Option<Latency>,
    /// Offers of this second by wait: how many lie below 1 ms, 2 ms, 4 ms and so on; the last takes the rest.
    pub wait_buckets: Vec<u64>,
}

/// Where it ran.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Environment {
    pub wissel_load: String,
    /// Servers and nodes that were started for the run; 0: it ran against others.
    pub started: usize,
    pub server: String,
    pub processors: usize,
    pub kernel: String,
    /// Of the machine when the run began, over a minute.
    pub load_average: String,
    pub arguments: Vec<String>,
}

impl Latency {
    pub fn of(histogram: &Histogram<u64>) -> Latency {
        let at = |percent| statistic(histogram, Statistic::Percentile(percent)).unwrap_or(0);
        Latency {
            count: histogram.len(),
            mean_ns: statistic(histogram, Statistic::Mean).unwrap_or(0),
            p50_ns: at(50.0),
            p90_ns: at(90.0),
            p99_ns: at(99.0),
            p999_ns: at(99.9),
            max_ns: statistic(histogram, Statistic::Max).unwrap_or(0),
        }
    }

    /// Nothing of nothing.
    pub fn of_some(histogram: &Histogram<u64>) -> Option<Latency> {
        (!histogram.is_empty()).then(|| Latency::of(histogram))
    }
}

/// Works everything out; the record has what percentiles cannot say.
pub fn summarise(loaded: &Loaded, played: &Played, environment: Environment) -> (Summary, Record) {
    let scenario = &loaded.scenario;
    let entries: Vec<(usize, Entry)> = played.book.entries().collect();
    let record = figures::record(played, &entries);
    let warm_up = scenario.warm_up.nanos();
    let tally = Tally::new(loaded, played, &entries, warm_up);
    let (outages, faults) = faults(played, &entries);
    let generator = generator(scenario, played, &record, &tally);
    let thresholds: Vec<Judged> = scenario
        .thresholds
        .iter()
        .map(|threshold| judge(threshold.get_ref(), scenario, &tally, &record, &outages))
        .collect();
    let invariants = invariants(played);
    let (verdict, reasons) = verdict(scenario, played, &generator, &thresholds, &invariants);
    let seconds = figures::seconds(loaded, played, &entries, &record);
    let flows: Vec<FlowFigures> =
        (0..scenario.flows.len()).map(|flow| tally.figures(Some(flow), scenario, &record)).collect();
    let summary = Summary {
        schema: 1,
        scenario: scenario.name.clone(),
        about: scenario.about.clone(),
        seed: scenario.seed,
        began_at: show_time(played.began_at),
        verdict,
        reasons,
        all: tally.figures(None, scenario, &record),
        flows,
        generator,
        thresholds,
        invariants,
        faults,
        curves: figures::curves(&tally, &record),
        seconds,
        warm_up_s: warm_up as f64 / NANOS_PER_SECOND as f64,
        environment,
    };
    (summary, record)
}

fn judge(
    threshold: &Threshold,
    scenario: &Scenario,
    tally: &Tally,
    record: &Record,
    outages: &[u64],
) -> Judged {
    let flow = threshold.flow.as_ref().and_then(|flow| scenario.flow(flow));
    let found = figures::find(&threshold.figure, flow, tally, record, outages);
    Judged {
        threshold: threshold.text.clone(),
        found: found.map(|found| found.to_string()),
        holds: found.is_some_and(|found: Bound| threshold.holds(found)),
    }
}

/// What the generator may not allow itself, in the words of `Generator`.
fn generator(scenario: &Scenario, played: &Played, record: &Record, tally: &Tally) -> GeneratorFigures {
    let send_lag = Latency::of(&record.all(|key| key.series == Series::SendLag));
    let stall = Latency::of(&played.stalls);
    let reasons = complaints(&scenario.generator, &send_lag, &stall, tally.everything());
    GeneratorFigures {
        is_valid: reasons.is_empty(),
        workers: played.workers,
        unreached: played.sent.unreached,
        self_check: Latency::of(&played.self_check),
        send_lag,
        stall,
        broken_connections: played.breaks,
    }
}

/// `planned` and `dropped` of the whole run.
fn complaints(
    limits: &Generator,
    send_lag: &Latency,
    stall: &Latency,
    (planned, dropped): (u64, u64),
) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut late = |what: &str, found: u64, limit: u64| {
        if found > limit {
            complaints.push(format!("{what} {} is above {}", show_nanos(found), show_nanos(limit)));
        }
    };
    late("send_lag p99", send_lag.p99_ns, limits.send_lag_p99_max.nanos());
    late("stall p99", stall.p99_ns, limits.stall_p99_max.nanos());
    if dropped * 1_000 > planned * u64::from(limits.dropped_permille_max) {
        complaints.push(format!(
            "{dropped} of {planned} contacts were dropped, more than {} permille",
            limits.dropped_permille_max
        ));
    }
    complaints
}

fn invariants(played: &Played) -> Invariants {
    let (seen_live, mut findings) = played.book.violations();
    findings.extend(played.lost.iter().map(|id| format!("{id}: acknowledged, and without an end")));
    findings.extend(played.fault_errors.iter().map(|error| format!("a fault could not be done: {error}")));
    let checker = played.report.as_ref().map(|report| {
        findings.extend(report.findings.iter().map(ToString::to_string));
        CheckerFigures {
            is_sound: report.is_sound(),
            violations: report
                .violations
                .iter()
                .map(|(invariant, count)| (invariant.code().to_owned(), *count))
                .collect(),
            warnings: report.warnings,
            unchecked: report
                .unchecked
                .iter()
                .map(|unchecked| format!("{} ({})", unchecked.what, unchecked.count))
                .collect(),
            inputs: report.counts.inputs,
            records: report.counts.records,
            epochs: report.counts.epochs,
            offers: report.counts.offers,
        }
    });
    findings.truncate(FINDINGS_MAX);
    Invariants { seen_live, lost: played.lost.len() as u64, withdrawn: played.withdrawn, checker, findings }
}

fn verdict(
    scenario: &Scenario,
    played: &Played,
    generator: &GeneratorFigures,
    thresholds: &[Judged],
    invariants: &Invariants,
) -> (Verdict, Vec<String>) {
    let mut reasons = Vec::new();
    if invariants.seen_live > 0 {
        reasons.push(format!("{} violations were seen while it ran", invariants.seen_live));
    }
    if invariants.lost > 0 && !played.is_interrupted {
        reasons.push(format!("{} acknowledged contacts have no end", invariants.lost));
    }
    if let Some(checker) = invariants.checker.as_ref().filter(|checker| !checker.is_sound) {
        let broken: Vec<&str> = checker.violations.keys().map(String::as_str).collect();
        reasons.push(format!("the outside checker found broken: {}", broken.join(", ")));
    }
    if !reasons.is_empty() {
        return (Verdict::Invariant, reasons);
    }
    if played.is_interrupted {
        return (Verdict::Interrupted, vec!["ended before its end".to_owned()]);
    }
    if !generator.is_valid || !played.fault_errors.is_empty() {
        let whole = figures::planned_and_dropped(played);
        reasons.extend(complaints(&scenario.generator, &generator.send_lag, &generator.stall, whole));
        reasons.extend(played.fault_errors.iter().map(|error| format!("a fault could not be done: {error}")));
        return (Verdict::Invalid, reasons);
    }
    let missed = thresholds.iter().filter(|judged| !judged.holds);
    reasons.extend(missed.map(|judged| {
        let found = judged.found.as_deref().unwrap_or("nothing to measure");
        format!("{}: found {found}", judged.threshold)
    }));
    let verdict = if reasons.is_empty() { Verdict::Pass } else { Verdict::Threshold };
    (verdict, reasons)
}

fn faults(played: &Played, entries: &[(usize, Entry)]) -> (Vec<u64>, Vec<FaultFigures>) {
    let outages = figures::outages(played, entries);
    let seconds = |nanos: u64| nanos as f64 / NANOS_PER_SECOND as f64;
    let figures = played.faults.iter().zip(&outages).map(|(fault, outage)| FaultFigures {
        what: fault.label(),
        at_s: seconds(fault.at),
        mended_s: seconds(fault.mended),
        outage_ms: *outage as f64 / NANOS_PER_MILLI as f64,
    });
    (outages.clone(), figures.collect())
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;
    use std::time::Instant;

    use model::Time;

    use super::*;
    use crate::book::Book;
    use crate::pacer::Sent;
    use crate::plan::Plan;
    use crate::record;

    fn judged(change: impl Fn(&mut Played)) -> Verdict {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/short.toml");
        let loaded = crate::scenario::load(&path).expect("the scenario");
        let flows = loaded.scenario.flows.iter().map(|flow| flow.name.get_ref().clone()).collect();
        let book = Book::new("run".to_owned(), Plan::new(&loaded.scenario), flows);
        book.begin_at(Instant::now());
        let book = Arc::new(book);
        let mut played = Played::new(book, Sent::default(), &loaded.scenario, record::empty(), Time(0));
        change(&mut played);
        summarise(&loaded, &played, Environment::default()).0.verdict
    }

    fn drop_all(played: &mut Played) {
        played.sent.dropped = (0..played.book.len()).collect();
    }

    #[test]
    fn what_is_broken_comes_before_a_late_generator_and_that_before_thresholds() {
        assert_eq!(judged(|_| {}), Verdict::Threshold, "nothing to measure is no pass");
        assert_eq!(judged(drop_all), Verdict::Invalid);
        assert_eq!(judged(|played| played.fault_errors.push("nobody there".to_owned())), Verdict::Invalid);
        assert_eq!(judged(|played| played.is_interrupted = true), Verdict::Interrupted);
        let lose = |played: &mut Played| {
            drop_all(played);
            played.lost.push("run-calls-1".to_owned());
        };
        assert_eq!(judged(lose), Verdict::Invariant);
        let see = |played: &mut Played| {
            drop_all(played);
            played.book.violated("two agents".to_owned());
        };
        assert_eq!(judged(see), Verdict::Invariant);
    }
}
