//! Confidence intervals of means over replications, by Student's t.
//!
//! Configurations are compared by the differences of the same seeds: what a busy day does to both falls out, so the interval of the
//! differences is far narrower than those of the two means (A. M. Law, Simulation Modeling and Analysis, "common random numbers").

use serde::Serialize;

/// A mean with the half width of its 95 % interval; nothing from a single value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    pub mean: f64,
    pub half_width: Option<f64>,
}

impl Interval {
    /// Of at least one value.
    pub fn of(values: &[f64]) -> Interval {
        let count = values.len().max(1) as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let half_width = (values.len() > 1).then(|| {
            let freedom = values.len() - 1;
            quantile(freedom) * (squares / freedom as f64 / count).sqrt()
        });
        Interval { mean, half_width }
    }

    /// Whether it lies on one side of zero.
    pub fn is_clear(&self) -> bool {
        self.half_width.is_some_and(|half| self.mean.abs() > half)
    }
}

/// The 97.5 % quantile of Student's t, from the tables up to 30 and by Cornish and Fisher's expansion above, where that is exact
/// to four digits.
fn quantile(freedom: usize) -> f64 {
    const TABLE: [f64; 30] = [
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145,
        2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048,
        2.045, 2.042,
    ];
    const NORMAL: f64 = 1.959_964;
    TABLE.get(freedom.wrapping_sub(1)).copied().unwrap_or_else(|| {
        let n = freedom.max(1) as f64;
        let cube = NORMAL.powi(3);
        NORMAL
            + (cube + NORMAL) / (4.0 * n)
            + (5.0 * NORMAL.powi(5) + 16.0 * cube + 3.0 * NORMAL) / (96.0 * n * n)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_by_hand() {
        // Mean 3, variance 2.5, four degrees of freedom: 2.776 * sqrt(2.5 / 5).
        let interval = Interval::of(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        assert!((interval.mean - 3.0).abs() < 1e-12);
        assert!((interval.half_width.expect("five values") - 1.962_928).abs() < 1e-3, "{interval:?}");
        assert!(interval.is_clear() && !Interval::of(&[-1.0, 1.0]).is_clear());
        assert_eq!(Interval::of(&[7.0]), Interval { mean: 7.0, half_width: None });
    }

    #[test]
    fn quantiles_go_on_where_the_table_ends() {
        assert!((quantile(30) - 2.042).abs() < 1e-9);
        for (freedom, published) in [(31, 2.0395), (40, 2.0211), (60, 2.0003), (120, 1.9799)] {
            assert!((quantile(freedom) - published).abs() < 1e-4, "{freedom}");
        }
    }
}
