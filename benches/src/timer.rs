//! Times single operations: the time-stamp counter, its own cost taken off, into a histogram.

use hdrhistogram::Histogram;
use quanta::Clock;

#[derive(Debug)]
pub struct Timer {
    clock: Clock,
    /// What timing nothing costs, in raw ticks.
    overhead: u64,
}

#[derive(Debug)]
pub struct Latency {
    nanos: Histogram<u64>,
}

/// Three significant digits are finer than any run repeats.
const SIGNIFICANT_DIGITS: u8 = 3;
const OVERHEAD_SAMPLES: usize = 20_001;

impl Timer {
    pub fn new() -> Timer {
        let clock = Clock::new();
        let mut samples: Vec<u64> = (0..OVERHEAD_SAMPLES)
            .map(|_| {
                let start = clock.raw();
                clock.raw().saturating_sub(start)
            })
            .collect();
        samples.sort_unstable();
        Timer { clock, overhead: samples[OVERHEAD_SAMPLES / 2] }
    }

    /// Nanoseconds that the operation takes.
    #[inline]
    pub fn time(&self, operation: impl FnOnce()) -> u64 {
        let start = self.clock.raw();
        operation();
        let end = self.clock.raw();
        let ticks = end.saturating_sub(start).saturating_sub(self.overhead);
        self.clock.delta_as_nanos(0, ticks)
    }
}

impl Default for Timer {
    fn default() -> Self {
        Timer::new()
    }
}

impl Latency {
    pub fn new() -> Latency {
        Latency { nanos: Histogram::new(SIGNIFICANT_DIGITS).expect("a valid number of digits") }
    }

    pub fn record(&mut self, nanos: u64) {
        self.nanos.record(nanos.max(1)).expect("the histogram grows as needed");
    }

    pub fn count(&self) -> u64 {
        self.nanos.len()
    }

    pub fn quantile(&self, quantile: f64) -> u64 {
        self.nanos.value_at_quantile(quantile)
    }

    pub fn max(&self) -> u64 {
        self.nanos.max()
    }

    pub fn clear(&mut self) {
        self.nanos.reset();
    }
}

impl Default for Latency {
    fn default() -> Self {
        Latency::new()
    }
}
