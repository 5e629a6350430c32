//! Latencies, by series, flow and second, in histograms that merge without loss.
//!
//! Percentiles are read from merged histograms and never averaged. What is merged first makes no difference, so that workers,
//! flows and seconds may be put together in any order.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;

use crate::threshold::{Series, Statistic};
use crate::units::NANOS_PER_SECOND;

/// Three digits: a value is known to a thousandth.
const DIGITS: u8 = 3;
/// What takes longer than an hour is recorded as an hour.
const NANOS_MAX: u64 = 3_600 * NANOS_PER_SECOND;

/// Which histogram: second of the planned instant, series, place of the flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    pub second: u64,
    pub series: Series,
    pub flow: usize,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Record(BTreeMap<Key, Histogram<u64>>);

impl Record {
    /// `planned` and `nanos` in nanoseconds.
    pub fn add(&mut self, series: Series, flow: usize, planned: u64, nanos: u64) {
        let key = Key { second: planned / NANOS_PER_SECOND, series, flow };
        self.0.entry(key).or_insert_with(empty).saturating_record(nanos.clamp(1, NANOS_MAX));
    }

    pub fn merge(&mut self, other: &Record) {
        for (key, histogram) in &other.0 {
            merge(self.0.entry(*key).or_insert_with(empty), histogram);
        }
    }

    /// All of it that `is_meant` takes, in one histogram.
    pub fn all(&self, is_meant: impl Fn(&Key) -> bool) -> Histogram<u64> {
        let mut merged = empty();
        self.0
            .iter()
            .filter(|(key, _)| is_meant(key))
            .for_each(|(_, histogram)| merge(&mut merged, histogram));
        merged
    }

    pub fn histograms(&self) -> impl Iterator<Item = (&Key, &Histogram<u64>)> {
        self.0.iter()
    }
}

/// Nothing of an empty histogram.
pub fn statistic(histogram: &Histogram<u64>, statistic: Statistic) -> Option<u64> {
    if histogram.is_empty() {
        return None;
    }
    Some(match statistic {
        Statistic::Percentile(percent) => histogram.value_at_percentile(percent),
        Statistic::Mean => histogram.mean() as u64,
        Statistic::Max => histogram.max(),
    })
}

pub fn empty() -> Histogram<u64> {
    Histogram::new_with_bounds(1, NANOS_MAX, DIGITS).expect("the bounds are in order")
}

fn merge(into: &mut Histogram<u64>, other: &Histogram<u64>) {
    into.add(other).expect("both have the same bounds");
}

#[cfg(test)]
mod tests {
    use workload::Rng;

    use super::*;

    fn random(rng: &mut Rng) -> Record {
        let mut record = Record::default();
        for _ in 0..rng.below(40) {
            let series = Series::ALL[rng.below(Series::ALL.len() as u64) as usize];
            let (flow, planned) = (rng.below(3) as usize, rng.below(5 * NANOS_PER_SECOND));
            record.add(series, flow, planned, rng.below(1 << 45));
        }
        record
    }

    #[test]
    fn merging_is_associative_and_the_order_makes_no_difference() {
        for seed in 0..50 {
            let mut rng = Rng::stream(seed, "records", 0);
            let [a, b, c] = [0; 3].map(|_| random(&mut rng));
            let merged = |parts: [&Record; 3]| {
                let mut record = Record::default();
                parts.iter().for_each(|part| record.merge(part));
                record
            };
            let left = merged([&a, &b, &c]);
            let mut right = b.clone();
            right.merge(&c);
            let mut whole = a.clone();
            whole.merge(&right);
            assert_eq!(left, whole, "seed {seed}");
            assert_eq!(left, merged([&c, &a, &b]), "seed {seed}");
        }
    }

    #[test]
    fn percentiles_are_those_of_everything_together() {
        let mut record = Record::default();
        for value in 1..=1_000_u64 {
            record.add(Series::Wait, usize::from(value > 500), value * 1_000_000, value * 1_000_000);
        }
        let all = record.all(|key| key.series == Series::Wait);
        let p90 = statistic(&all, Statistic::Percentile(90.0)).expect("it is not empty");
        assert!(p90.abs_diff(900_000_000) <= 1_000_000, "{p90}");
        let late = record.all(|key| key.flow == 1);
        assert_eq!(late.len(), 500);
        assert_eq!(statistic(&record.all(|_| false), Statistic::Max), None);
    }
}
