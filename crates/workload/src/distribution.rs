//! Lengths of time and choices, drawn from a seeded generator.
//!
//! Lengths are drawn with floats and rounded to whole milliseconds; choices among things compare whole numbers, so
//! that no rounding can make two machines choose differently.

use model::time::Millis;

use crate::number::{ln, pow};
use crate::rng::Rng;

/// How long something takes.
#[derive(Debug, Clone, PartialEq)]
pub enum Span {
    Fixed(Millis),
    /// Every millisecond of [low, high] alike.
    Uniform {
        low: Millis,
        high: Millis,
    },
    Exponential {
        mean: Millis,
    },
    /// Service times of people are near log-normal; given by what is measured of them.
    LogNormal {
        mean: Millis,
        deviation: Millis,
    },
    /// Exponential with the first mean in `first_in_2_64` of 2^64 draws, and with the other in the rest.
    Hyperexponential {
        first_in_2_64: u64,
        means: [Millis; 2],
    },
    /// One of these, each alike. Empty means no time at all.
    Empirical(Vec<Millis>),
}

impl Span {
    pub fn draw(&self, rng: &mut Rng) -> Millis {
        match self {
            Span::Fixed(span) => *span,
            Span::Uniform { low, high } => Millis(low.0 + rng.below(high.0.saturating_sub(low.0) + 1)),
            Span::Exponential { mean } => rounded(-(mean.0 as f64) * ln(rng.unit_above_zero())),
            Span::LogNormal { mean, deviation } => log_normal(mean.0 as f64, deviation.0 as f64, rng),
            Span::Hyperexponential { first_in_2_64, means: [first, other] } => {
                let mean = if rng.next_u64() < *first_in_2_64 { *first } else { *other };
                Span::Exponential { mean }.draw(rng)
            }
            Span::Empirical(seen) if seen.is_empty() => Millis::ZERO,
            Span::Empirical(seen) => seen[rng.below(seen.len() as u64) as usize],
        }
    }
}

impl Span {
    /// The mean of what is drawn, rounded down.
    pub fn mean(&self) -> Millis {
        match self {
            Span::Fixed(span) => *span,
            Span::Uniform { low, high } => Millis((low.0 + high.0) / 2),
            Span::Exponential { mean } | Span::LogNormal { mean, .. } => *mean,
            Span::Hyperexponential { first_in_2_64, means: [first, other] } => {
                let (first_in_2_64, first, other) =
                    (u128::from(*first_in_2_64), u128::from(first.0), u128::from(other.0));
                let sum = first * first_in_2_64 + other * ((1 << 64) - first_in_2_64);
                Millis((sum >> 64) as u64)
            }
            Span::Empirical(seen) => {
                Millis(seen.iter().map(|span| span.0).sum::<u64>() / (seen.len() as u64).max(1))
            }
        }
    }
}

fn log_normal(mean: f64, deviation: f64, rng: &mut Rng) -> Millis {
    if mean <= 0.0 {
        return Millis::ZERO;
    }
    let ratio = deviation / mean;
    let variance = ln(1.0 + ratio * ratio);
    rounded(crate::number::exp(ln(mean) - variance / 2.0 + variance.sqrt() * standard_normal(rng)))
}

/// The polar method: a square root, which is exact everywhere, and no sine.
fn standard_normal(rng: &mut Rng) -> f64 {
    loop {
        let x = 2.0 * rng.unit() - 1.0;
        let y = 2.0 * rng.unit() - 1.0;
        let square = x * x + y * y;
        // The smallest square that `ln` takes is far below anything two 53-bit numbers give, except zero itself.
        if square < 1.0 && square > 0.0 {
            return x * (-2.0 * ln(square) / square).sqrt();
        }
    }
}

fn rounded(milliseconds: f64) -> Millis {
    Millis(milliseconds.max(0.0).round() as u64)
}

/// A choice among things of different weight, by binary search in whole-number thresholds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weighted {
    /// Upper bound of each thing in [0, 2^64), ascending; the last is the maximum.
    thresholds: Vec<u64>,
}

impl Weighted {
    /// Nothing when there is no positive weight, or when all together do not fit in 64 bits.
    pub fn new(weights: &[u64]) -> Option<Weighted> {
        let total = weights.iter().try_fold(0_u64, |sum, weight| sum.checked_add(*weight))?;
        if total == 0 {
            return None;
        }
        let mut sum = 0_u128;
        let thresholds = weights
            .iter()
            .map(|weight| {
                sum += u128::from(*weight);
                ((sum << 64) / u128::from(total)).min(u128::from(u64::MAX)) as u64
            })
            .collect();
        Some(Weighted { thresholds })
    }

    /// Weight of the k-th (from 1) is k^-`exponent`.
    pub fn zipf(count: usize, exponent: f64) -> Option<Weighted> {
        // 2^40 steps keep even the smallest of a million weights exact to a part in a million.
        let weights: Vec<u64> =
            (1..=count).map(|k| (pow(k as f64, -exponent) * (1_u64 << 40) as f64).round() as u64).collect();
        Weighted::new(&weights)
    }

    pub fn draw(&self, rng: &mut Rng) -> usize {
        let at = rng.next_u64();
        self.thresholds.partition_point(|threshold| *threshold <= at).min(self.thresholds.len() - 1)
    }
}

/// How long people wait before they give up, estimated from people of whom some were served first (Kaplan and Meier).
#[derive(Debug, Clone, PartialEq)]
pub struct KaplanMeier {
    /// Each wait at which somebody gave up, ascending, with the share of people who wait longer than that.
    steps: Vec<(Millis, f64)>,
}

/// One person's wait, and whether it ended by giving up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    pub waited: Millis,
    pub gave_up: bool,
}

impl KaplanMeier {
    pub fn new(waits: &[Wait]) -> KaplanMeier {
        let mut waits = waits.to_vec();
        waits.sort_by_key(|wait| wait.waited);
        let mut steps: Vec<(Millis, f64)> = Vec::new();
        let (mut survival, mut at) = (1.0, 0);
        while at < waits.len() {
            let waited = waits[at].waited;
            let at_risk = waits.len() - at;
            let tied = waits[at..].iter().take_while(|wait| wait.waited == waited);
            let (count, gave_up) =
                tied.fold((0, 0), |(all, gave_up), wait| (all + 1, gave_up + usize::from(wait.gave_up)));
            if gave_up > 0 {
                survival *= 1.0 - gave_up as f64 / at_risk as f64;
                steps.push((waited, survival));
            }
            at += count;
        }
        KaplanMeier { steps }
    }

    /// The share of people who wait longer than this.
    pub fn survival(&self, waited: Millis) -> f64 {
        let after = self.steps.partition_point(|step| step.0 <= waited);
        if after == 0 { 1.0 } else { self.steps[after - 1].1 }
    }

    pub fn draw(&self, rng: &mut Rng) -> Millis {
        self.draw_below(rng.unit())
    }

    /// The patience of someone who is known to have waited `known` without giving up: longer than that. Past the last wait
    /// at which anybody gave up nothing is known, and the answer is a millisecond more than `known`.
    pub fn draw_longer_than(&self, known: Millis, rng: &mut Rng) -> Millis {
        self.draw_below(rng.unit() * self.survival(known)).max(Millis(known.0 + 1))
    }

    fn draw_below(&self, share: f64) -> Millis {
        let at = self.steps.partition_point(|step| step.1 > share);
        self.steps.get(at).or(self.steps.last()).map_or(Millis::ZERO, |step| step.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAWS: u32 = 100_000;

    /// The mean of the draws lies within five standard errors of the distribution's.
    fn check_mean(span: Span, mean: f64, deviation: f64) {
        let mut rng = Rng::new(7);
        let sum: u64 = (0..DRAWS).map(|_| span.draw(&mut rng).0).sum();
        let drawn = sum as f64 / f64::from(DRAWS);
        let bound = 5.0 * deviation / f64::from(DRAWS).sqrt() + 0.5;
        assert!((drawn - mean).abs() <= bound, "{span:?}: {drawn} is not within {bound} of {mean}");
        assert!((span.mean().0 as f64 - mean).abs() <= 1.0, "{span:?}: its mean is {mean}");
    }

    #[test]
    fn means_are_those_of_the_distributions() {
        check_mean(Span::Fixed(Millis(250)), 250.0, 0.0);
        check_mean(Span::Uniform { low: Millis(1000), high: Millis(3000) }, 2000.0, 577.6);
        check_mean(Span::Exponential { mean: Millis(180_000) }, 180_000.0, 180_000.0);
        check_mean(
            Span::LogNormal { mean: Millis(193_800), deviation: Millis(300_900) },
            193_800.0,
            300_900.0,
        );
        // Mean 0.3 x 1,000 + 0.7 x 4,000; second moment 2 (0.3 x 1,000^2 + 0.7 x 4,000^2).
        let means = [Millis(1000), Millis(4000)];
        let first_in_2_64 = 5_534_023_222_112_865_484;
        check_mean(Span::Hyperexponential { first_in_2_64, means }, 3100.0, 3618.0);
        check_mean(Span::Empirical(vec![Millis(10), Millis(20), Millis(60)]), 30.0, 21.6);
        assert_eq!(Span::Empirical(Vec::new()).draw(&mut Rng::new(1)), Millis::ZERO);
    }

    #[test]
    fn a_zipf_choice_has_its_shares() {
        let zipf = Weighted::zipf(3, 1.0).expect("three weights");
        let mut rng = Rng::new(3);
        let mut count = [0_u32; 3];
        for _ in 0..DRAWS {
            count[zipf.draw(&mut rng)] += 1;
        }
        // 1 : 1/2 : 1/3, that is 6/11, 3/11, 2/11; 800 is five standard deviations of the widest.
        for (seen, share) in count.iter().zip([6, 3, 2]) {
            assert!(seen.abs_diff(DRAWS * share / 11) < 800, "{count:?}");
        }
        assert_eq!(Weighted::new(&[0, 0]), None);
        let second = Weighted::new(&[0, 1 << 40, 0]).expect("one weight");
        assert!((0..1000).all(|_| second.draw(&mut rng) == 1));
    }

    #[test]
    fn kaplan_and_meier_by_hand() {
        let wait = |seconds, gave_up| Wait { waited: Millis::from_seconds(seconds), gave_up };
        // At 1: 1 of 5 gives up; at 2 one is served; at 3: 1 of 3; at 5: the last.
        let patience =
            KaplanMeier::new(&[wait(3, true), wait(1, true), wait(2, false), wait(4, false), wait(5, true)]);
        assert!((patience.survival(Millis(1000)) - 0.8).abs() < 1e-12);
        assert!((patience.survival(Millis(2999)) - 0.8).abs() < 1e-12);
        assert!((patience.survival(Millis(3000)) - 0.8 * 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(patience.survival(Millis(5000)), 0.0);

        let mut rng = Rng::new(5);
        let over_three = (0..DRAWS).filter(|_| patience.draw(&mut rng) > Millis(3000)).count();
        assert!(over_three.abs_diff(53_333) < 790, "{over_three}");
        assert!((0..1000).all(|_| patience.draw_longer_than(Millis(3000), &mut rng) == Millis(5000)));
        assert_eq!(patience.draw_longer_than(Millis(9000), &mut rng), Millis(9001));
    }
}
