//! A comparison for people: a table for each candidate beside the first one.

use std::fmt;

use crate::compare::{Against, Compared, Comparison, Played};
use crate::interval::Interval;

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((first, others)) = self.candidates.split_first() else { return Ok(()) };
        if others.is_empty() {
            writeln!(f, "{:<24}{:>22}", "", first.name)?;
            for measure in &first.measures {
                writeln!(f, "{:<24}{:>22}", measure.measure.name(), show(&measure.mean))?;
            }
        }
        for other in others {
            side_by_side(f, first, other, self.seeds.len())?;
        }
        writeln!(
            f,
            "\n{} days, each with the same customers for all configurations. Means with their 95 % intervals; a difference is that of\n\
             the same days, marked * where its interval is on one side of zero, and counted where it is higher and lower.",
            self.seeds.len()
        )?;
        for played in &self.candidates {
            for fault in &played.faults {
                writeln!(f, "FAULT: {}, seed {}: {}", played.name, fault.seed, fault.what)?;
            }
        }
        Ok(())
    }
}

fn side_by_side(f: &mut fmt::Formatter<'_>, first: &Played, other: &Played, days: usize) -> fmt::Result {
    writeln!(
        f,
        "\n{:<24}{:>22}{:>22}{:>22}   higher, lower in of {days}",
        "", first.name, other.name, "difference"
    )?;
    for (one, two) in first.measures.iter().zip(&other.measures) {
        let Compared { measure, mean, against, values: _ } = two;
        write!(f, "{:<24}{:>22}{:>22}", measure.name(), show(&one.mean), show(mean))?;
        if let Some(Against { difference, higher, lower }) = against {
            let mark = if difference.is_clear() { "*" } else { " " };
            write!(f, "{:>22} {mark} {higher:>6}{lower:>7}", show(difference))?;
        }
        writeln!(f)?;
    }
    Ok(())
}

fn show(interval: &Interval) -> String {
    let number =
        |value: f64| if value.abs() >= 10_000.0 { format!("{value:.0}") } else { format!("{value:.1}") };
    match interval.half_width {
        Some(half) => format!("{} ± {}", number(interval.mean), number(half)),
        None => number(interval.mean),
    }
}
