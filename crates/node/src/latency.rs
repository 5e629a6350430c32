//! How long decisions and commits take: measured where they happen, shown with a shard's progress.
//!
//! A decision is timed around the engine alone, a commit from the record handed out until its acknowledgement is
//! handled. Both are by the monotonic clock, also when the node's time is virtual.

use std::time::{Duration, Instant};

use engine::{Decisions, Engine};
use hdrhistogram::Histogram;
use model::{Event, Input, Row, Time, Transition};
use shard::{Action, Decider, RequestId, ShardEvent};

/// Longer is a stall, whatever its length.
const LATENCY_MAX_NS: u64 = 60_000_000_000;
/// Adding up takes some microseconds, and nobody reads faster.
const SUMMARY_EVERY: Duration = Duration::from_millis(100);

/// How long something took, in microseconds, over this node's life.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LatencySummary {
    pub count: u64,
    pub p50_us: u64,
    pub p99_us: u64,
    pub p999_us: u64,
    pub max_us: u64,
}

/// In nanoseconds, since a decision takes less than a microsecond at times.
#[derive(Debug)]
struct Latencies(Histogram<u64>);

impl Latencies {
    fn new() -> Latencies {
        Latencies(Histogram::new_with_bounds(1, LATENCY_MAX_NS, 2).expect("the bounds are in order"))
    }

    fn record(&mut self, since: Instant) {
        let nanoseconds = u64::try_from(since.elapsed().as_nanos()).unwrap_or(LATENCY_MAX_NS);
        self.0.saturating_record(nanoseconds);
    }

    fn summary(&self) -> LatencySummary {
        // Rounded up, so that what was measured is never shown as nothing.
        let micros = |nanoseconds: u64| nanoseconds.div_ceil(1_000);
        LatencySummary {
            count: self.0.len(),
            p50_us: micros(self.0.value_at_quantile(0.5)),
            p99_us: micros(self.0.value_at_quantile(0.99)),
            p999_us: micros(self.0.value_at_quantile(0.999)),
            max_us: micros(self.0.max()),
        }
    }
}

/// The engine, with a watch beside it.
#[derive(Debug)]
pub(crate) struct TimedEngine {
    engine: Engine,
    decisions: Latencies,
}

impl From<Engine> for TimedEngine {
    fn from(engine: Engine) -> TimedEngine {
        TimedEngine { engine, decisions: Latencies::new() }
    }
}

impl Decider for TimedEngine {
    fn new(key: [u8; 16]) -> Self {
        Engine::new(key).into()
    }
    fn handle(&mut self, now: Time, input: Input, decisions: &mut Decisions) {
        let began = Instant::now();
        self.engine.handle(now, input, decisions);
        self.decisions.record(began);
        self.engine.name(decisions);
    }
    fn apply(&mut self, now: Time, transition: &Transition, events: &mut Vec<Event>) {
        self.engine.apply(now, transition, events);
    }
    fn next_timer(&self) -> Option<Time> {
        self.engine.next_timer()
    }
    fn is_settled(&self) -> bool {
        self.engine.is_settled()
    }
    fn is_fitted(&self) -> bool {
        self.engine.is_fitted()
    }
    fn fit(&mut self) {
        Decider::fit(&mut self.engine);
    }
    fn rows(&self) -> impl Iterator<Item = Row> + '_ {
        self.engine.rows()
    }
    fn from_rows(key: [u8; 16], rows: impl Iterator<Item = Row>) -> Self {
        Engine::from_rows(key, rows).into()
    }
}

/// Watches one shard's traffic with its journal.
#[derive(Debug)]
pub(crate) struct Stopwatch {
    commits: Latencies,
    /// The record in flight.
    in_flight: Option<(RequestId, Instant)>,
    shown: (LatencySummary, LatencySummary),
    shown_at: Instant,
}

impl Stopwatch {
    pub fn new() -> Stopwatch {
        Stopwatch {
            commits: Latencies::new(),
            in_flight: None,
            shown: Default::default(),
            shown_at: Instant::now(),
        }
    }

    /// Before the shard handles the event.
    pub fn told(&mut self, event: &ShardEvent) {
        if let ShardEvent::Published { request, .. } = event
            && let Some((_, since)) = self.in_flight.take_if(|in_flight| in_flight.0 == *request)
        {
            self.commits.record(since);
        }
    }

    /// Before the action is carried out.
    pub fn asked(&mut self, action: &Action) {
        if let Action::Publish { request, .. } = action {
            self.in_flight = Some((*request, Instant::now()));
        }
    }

    /// Of decisions and of commits; up to a tenth of a second old.
    pub fn summaries(&mut self, engine: Option<&TimedEngine>) -> (LatencySummary, LatencySummary) {
        if self.shown_at.elapsed() >= SUMMARY_EVERY {
            let decisions = engine.map(|engine| engine.decisions.summary());
            self.shown = (decisions.unwrap_or_default(), self.commits.summary());
            self.shown_at = Instant::now();
        }
        self.shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_measured_is_never_nothing() {
        let mut latencies = Latencies::new();
        assert_eq!(latencies.summary(), LatencySummary::default());
        for nanoseconds in [300, 300, 300, 5_000] {
            latencies.0.record(nanoseconds).expect("within the bounds");
        }
        let summary = latencies.summary();
        assert_eq!((summary.count, summary.p50_us), (4, 1));
        assert!((5..=6).contains(&summary.max_us), "{summary:?}");
    }
}
