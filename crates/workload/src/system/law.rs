//! Laws of lengths of time, as theory names them: by rates, in a unit of time without a name.

use model::time::Millis;

use crate::distribution::Span;

/// How long something takes. Every parameter is finite, rates are positive, and no length is negative.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Law {
    Exponential {
        rate: f64,
    },
    Fixed {
        length: f64,
    },
    Uniform {
        low: f64,
        high: f64,
    },
    /// Exponential with the first rate in `first` of the draws, with the other in the rest.
    Hyperexponential {
        first: f64,
        rates: [f64; 2],
    },
}

impl Law {
    pub fn mean(&self) -> f64 {
        match self {
            Law::Exponential { rate } => 1.0 / rate,
            Law::Fixed { length } => *length,
            Law::Uniform { low, high } => (low + high) / 2.0,
            Law::Hyperexponential { first, rates: [one, other] } => first / one + (1.0 - first) / other,
        }
    }

    /// In milliseconds, where the unit of time has so many.
    pub fn span(&self, unit_ms: f64) -> Span {
        let scaled = |length: f64| Millis((length * unit_ms).round() as u64);
        match self {
            Law::Exponential { rate } => Span::Exponential { mean: scaled(1.0 / rate) },
            Law::Fixed { length } => Span::Fixed(scaled(*length)),
            Law::Uniform { low, high } => Span::Uniform { low: scaled(*low), high: scaled(*high) },
            Law::Hyperexponential { first, rates } => Span::Hyperexponential {
                // 2^64; a float that is at least that becomes the largest number there is.
                first_in_2_64: (first * 18_446_744_073_709_551_616.0) as u64,
                means: rates.map(|rate| scaled(1.0 / rate)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_law_and_its_lengths_have_one_mean() {
        let laws = [
            (Law::Exponential { rate: 0.5 }, 2.0),
            (Law::Fixed { length: 1.5 }, 1.5),
            (Law::Uniform { low: 1.0, high: 4.0 }, 2.5),
            (Law::Hyperexponential { first: 0.3, rates: [4.0, 0.25] }, 2.875),
        ];
        for (law, mean) in laws {
            assert!((law.mean() - mean).abs() < 1e-12, "{law:?}");
            let span = law.span(1e6);
            let mut rng = crate::Rng::new(11);
            let drawn = (0..200_000).map(|_| span.draw(&mut rng).0 as f64 / 1e6).sum::<f64>() / 2e5;
            // Deviations are at most 3.7 here: 0.05 is six standard errors.
            assert!((drawn - mean).abs() < 0.05, "{law:?}: {drawn}");
        }
    }
}
