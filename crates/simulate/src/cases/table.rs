//! A report for people: a table of all metrics, then what could not be said.

use std::fmt;

use super::judge::{Figure, Report, Verdict};

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<9}{:<20}{:>13}{:>13}{:>12}{:>12}  verdict",
            "case", "metric", "expected", "measured", "± 95 %", "band"
        )?;
        for case in &self.cases {
            for figure in &case.metrics {
                writeln!(f, "{:<9}{}", case.id, Row(figure))?;
            }
        }
        let silent: Vec<_> = self.cases.iter().filter(|case| !case.not_expressed.is_empty()).collect();
        if !silent.is_empty() {
            writeln!(f, "\nNot expressed:")?;
        }
        for case in silent {
            for not in &case.not_expressed {
                let all = case.metrics.is_empty() && not.metrics.len() > 1;
                let metrics = if all { "all".to_owned() } else { not.metrics.join(", ") };
                writeln!(f, "{:<9}{metrics}: {}", case.id, not.reason)?;
            }
        }
        let totals = &self.totals;
        writeln!(
            f,
            "\n{} of {} cases played, {} contacts each, seed {}: {} metrics inside (of them {} with a band too wide to tell much), \
             {} outside, {} not expressed.\nA band is {} standard errors.",
            totals.cases_played,
            totals.cases,
            self.contacts,
            self.seed,
            totals.inside,
            totals.too_short,
            totals.outside,
            totals.not_expressed,
            self.z
        )
    }
}

struct Row<'a>(&'a Figure);

impl fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let figure = self.0;
        let interval = figure.interval.map_or("-".to_owned(), number);
        write!(
            f,
            "{:<20}{:>13}{:>13}{:>12}{:>12}  ",
            figure.name,
            number(figure.expected),
            number(figure.measured),
            interval,
            number(figure.band)
        )?;
        match (figure.verdict, figure.contacts_needed) {
            (Verdict::Outside, _) => write!(f, "OUTSIDE"),
            (Verdict::Inside, None) => write!(f, "inside"),
            (Verdict::Inside, Some(needed)) => {
                write!(f, "inside, but too short to tell: {needed} contacts would")
            }
        }
    }
}

/// Five digits that count.
fn number(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    let whole = value.abs().log10().floor() as i32;
    let places = usize::try_from(4 - whole).unwrap_or(0).min(9);
    format!("{value:.places$}")
}
