//! Logarithm and exponential by additions, multiplications and divisions alone.
//!
//! Those are exact to the last bit on every machine (IEEE 754); the platform's `ln` and `exp` are not, and one
//! different bit would make two plans of one seed differ. Slower than the platform's, which matters to nobody who draws
//! durations. Accurate to about 1 in 10^15.

use std::f64::consts::{LN_2, SQRT_2};

/// Natural logarithm of a positive, normal number.
pub fn ln(x: f64) -> f64 {
    debug_assert!(x.is_normal() && x > 0.0);
    let bits = x.to_bits();
    let mut exponent = (bits >> 52) as i32 - 1023;
    let mut mantissa = f64::from_bits(bits & ((1 << 52) - 1) | 1023 << 52);
    if mantissa > SQRT_2 {
        mantissa /= 2.0;
        exponent += 1;
    }
    // ln m = 2 artanh((m - 1) / (m + 1)); the argument is under 0.172, so that 12 terms are enough.
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let mut sum = 0.0;
    for term in (0..12).rev() {
        sum = sum * s * s + 1.0 / f64::from(2 * term + 1);
    }
    2.0 * s * sum + f64::from(exponent) * LN_2
}

/// e to the `x`; 0 below -700, and held at e^700 above.
pub fn exp(x: f64) -> f64 {
    if x < -700.0 {
        return 0.0;
    }
    let x = x.min(700.0);
    let doublings = (x / LN_2).round();
    let rest = x - doublings * LN_2;
    let mut sum = 1.0;
    for term in (1..=16).rev() {
        sum = 1.0 + sum * rest / f64::from(term);
    }
    sum * f64::from_bits(((doublings as i64 + 1023) as u64) << 52)
}

/// `base` to the `power`, for a positive base.
pub fn pow(base: f64, power: f64) -> f64 {
    exp(power * ln(base))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_platform() {
        for x in [1e-300, 1e-9, 0.1, 0.5, 0.999, 1.0, 1.5, 2.0, 3.0, 10.0, 12345.678, 1e300] {
            assert!((ln(x) - f64::ln(x)).abs() <= 1e-14 * (1.0 + f64::ln(x).abs()), "ln {x}");
        }
        for x in [-600.0, -20.0, -1.0, -0.1, 0.0, 0.3, 1.0, 10.0, 600.0] {
            assert!((exp(x) / f64::exp(x) - 1.0).abs() <= 1e-12, "exp {x}");
        }
        assert_eq!(exp(-1e9), 0.0);
        assert!((pow(7.0, -0.6) - 7.0_f64.powf(-0.6)).abs() < 1e-14);
    }
}
