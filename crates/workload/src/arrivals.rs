//! Arrivals at rates that hold, rise and fall: instants that depend on a seed and on nothing else.
//!
//! A rate that changes is a matter of another clock: on the clock that counts expected arrivals every rate is one a tick. So
//! arrivals are drawn there, evenly or with exponential gaps, and carried over to time, which makes a ramp with
//! exponential gaps the exact Poisson process of that ramp.

use model::time::Millis;

use crate::number::ln;
use crate::rng::Rng;

const NANOS_PER_SECOND: f64 = 1e9;

/// How far one arrival lies from the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Gaps {
    /// All alike: for measuring, where nothing is to be left to chance.
    Even,
    /// As people come who know nothing of one another.
    #[default]
    Exponential,
}

/// A rate over a length of time, in arrivals per second; it goes from one to the other in a straight line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stretch {
    pub from: f64,
    pub to: f64,
    pub length: Millis,
    pub gaps: Gaps,
}

impl Stretch {
    /// How many arrivals to expect.
    pub fn expected(&self) -> f64 {
        (self.from + self.to) / 2.0 * self.seconds()
    }

    fn seconds(&self) -> f64 {
        self.length.0 as f64 / 1_000.0
    }

    /// When so many arrivals are to be expected, in seconds from the stretch's begin. Written so that nothing is subtracted
    /// from something near it, and a rate that holds needs no case of its own.
    fn second_of(&self, expected: f64) -> f64 {
        let slope = (self.to - self.from) / self.seconds();
        let root = (self.from * self.from + 2.0 * slope * expected).max(0.0).sqrt();
        (2.0 * expected / (self.from + root)).min(self.seconds())
    }
}

/// Instants of one stretch after another, in nanoseconds from the first one's begin, ascending.
pub fn arrivals(stretches: &[Stretch], rng: &mut Rng) -> Vec<u64> {
    let mut instants = Vec::new();
    let mut begin = 0_u64;
    let mut next: Option<(Gaps, f64)> = None;
    for stretch in stretches {
        // What was drawn goes on over the border of two stretches of a kind; an even row lies in the middle of its gaps.
        let mut ahead = match (next, stretch.gaps) {
            (Some((gaps, ahead)), own) if gaps == own => ahead,
            (_, Gaps::Even) => 0.5,
            (_, Gaps::Exponential) => gap(stretch.gaps, rng),
        };
        let expected = stretch.expected();
        while ahead < expected {
            let nanos = stretch.second_of(ahead) * NANOS_PER_SECOND;
            instants.push(begin + nanos as u64);
            ahead += gap(stretch.gaps, rng);
        }
        next = Some((stretch.gaps, ahead - expected));
        begin += stretch.length.0 * 1_000_000;
    }
    instants
}

fn gap(gaps: Gaps, rng: &mut Rng) -> f64 {
    match gaps {
        Gaps::Even => 1.0,
        Gaps::Exponential => -ln(rng.unit_above_zero()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(from: f64, to: f64, seconds: u64, gaps: Gaps) -> Stretch {
        Stretch { from, to, length: Millis::from_seconds(seconds), gaps }
    }

    fn drawn(stretches: &[Stretch], seed: u64) -> Vec<u64> {
        arrivals(stretches, &mut Rng::new(seed))
    }

    #[test]
    fn an_even_row_is_even_and_goes_on_over_stretches() {
        let halves = [stretch(10.0, 10.0, 1, Gaps::Even), stretch(10.0, 10.0, 1, Gaps::Even)];
        let row = drawn(&halves, 1);
        assert_eq!(row, drawn(&[stretch(10.0, 10.0, 2, Gaps::Even)], 2));
        assert_eq!(row.len(), 20);
        assert!(row.windows(2).all(|pair| (pair[1] - pair[0]).abs_diff(100_000_000) < 10), "{row:?}");
    }

    #[test]
    fn a_ramp_has_as_many_arrivals_in_each_part_as_its_rates_say() {
        let ramp = drawn(&[stretch(0.0, 100.0, 10, Gaps::Even)], 1);
        assert_eq!(ramp.len(), 500);
        // Half of the time has a quarter of the arrivals.
        assert_eq!(ramp.iter().filter(|at| **at < 5_000_000_000).count(), 125);
        let fall = drawn(&[stretch(100.0, 0.0, 10, Gaps::Even)], 1);
        assert_eq!(fall.iter().filter(|at| **at < 5_000_000_000).count(), 375);
    }

    #[test]
    fn exponential_gaps_have_the_variance_of_a_poisson_process() {
        let instants = drawn(&[stretch(50.0, 50.0, 2_000, Gaps::Exponential)], 7);
        // Five standard deviations of 100,000.
        assert!(instants.len().abs_diff(100_000) < 1_582, "{}", instants.len());
        let mut seconds = vec![0_u64; 2_000];
        instants.iter().for_each(|at| seconds[(at / 1_000_000_000) as usize] += 1);
        let mean = instants.len() as f64 / 2_000.0;
        let variance =
            seconds.iter().map(|count| (*count as f64 - mean).powi(2)).sum::<f64>() / 2_000.0 / mean;
        // The index of dispersion is 1, with a standard deviation of sqrt(2 / n).
        assert!((variance - 1.0).abs() < 5.0 * (2.0_f64 / 2_000.0).sqrt(), "{variance}");
    }

    /// The laws, for random stretches: the same seed is the same row, in order, within its stretches, none where the rate is 0.
    #[test]
    fn random_stretches_keep_the_laws() {
        for seed in 0..300 {
            let mut rng = Rng::stream(seed, "stretches", 0);
            let stretches: Vec<Stretch> = (0..1 + rng.below(5))
                .map(|_| {
                    let (from, to) = (rng.below(4) as f64 * 20.0, rng.below(4) as f64 * 20.0);
                    let gaps = if rng.permille(500) { Gaps::Even } else { Gaps::Exponential };
                    stretch(from, to, 1 + rng.below(4), gaps)
                })
                .collect();
            let row = drawn(&stretches, seed);
            assert_eq!(row, drawn(&stretches, seed), "seed {seed}");
            assert!(row.windows(2).all(|pair| pair[0] <= pair[1]), "seed {seed}: not in order");
            let mut begin = 0;
            for stretch in &stretches {
                let end = begin + stretch.length.0 * 1_000_000;
                let count = row.iter().filter(|at| (begin..end).contains(*at)).count() as f64;
                let expected = stretch.expected();
                let slack = if stretch.gaps == Gaps::Even { 2.0 } else { 6.0 * expected.sqrt() + 2.0 };
                assert!(
                    (count - expected).abs() <= slack,
                    "seed {seed}: {count} of {expected} in {stretch:?}"
                );
                begin = end;
            }
            assert!(row.iter().all(|at| *at <= begin), "seed {seed}: beyond the end");
        }
    }
}
