//! Collects findings, so that a run broken a million times still makes a report that can be read.

use std::collections::BTreeMap;

use crate::report::{Finding, Invariant, Severity, Unchecked, Where};

/// Findings kept of each invariant and severity. The first few show what is wrong; the rest are counted.
pub const KEPT_MAX: u64 = 50;

#[derive(Debug, Default)]
pub(crate) struct Findings {
    kept: Vec<Finding>,
    violations: BTreeMap<Invariant, u64>,
    warnings: BTreeMap<Invariant, u64>,
    unchecked: BTreeMap<&'static str, u64>,
}

impl Findings {
    pub fn violation(&mut self, invariant: Invariant, place: &Where, what: impl Into<String>) {
        let count = self.violations.entry(invariant).or_default();
        *count += 1;
        if *count <= KEPT_MAX {
            self.keep(invariant, Severity::Violation, place, what.into());
        }
    }

    pub fn warning(&mut self, invariant: Invariant, place: &Where, what: impl Into<String>) {
        let count = self.warnings.entry(invariant).or_default();
        *count += 1;
        if *count <= KEPT_MAX {
            self.keep(invariant, Severity::Warning, place, what.into());
        }
    }

    /// The evidence does not suffice for `what`.
    pub fn unchecked(&mut self, what: &'static str, count: u64) {
        if count > 0 {
            *self.unchecked.entry(what).or_default() += count;
        }
    }

    fn keep(&mut self, invariant: Invariant, severity: Severity, place: &Where, what: String) {
        self.kept.push(Finding { invariant, severity, what, place: place.clone() });
    }

    pub fn into_parts(self) -> (Vec<Finding>, BTreeMap<Invariant, u64>, u64, Vec<Unchecked>) {
        let unchecked =
            self.unchecked.into_iter().map(|(what, count)| Unchecked { what: what.to_owned(), count });
        (self.kept, self.violations, self.warnings.values().sum(), unchecked.collect())
    }
}
