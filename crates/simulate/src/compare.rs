//! The same days with several configurations, side by side.

use model::TenantConfig;
use serde::Serialize;
use workload::DaySummary;
use workload::centre::{CentreFile, CentreOptions, FileError, centre_plan};

use crate::interval::Interval;
use crate::measure::Measure;
use crate::run::run;

/// A configuration to be tried.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub name: String,
    pub config: TenantConfig,
}

/// What came of all candidates on all days. The first candidate is the one that the others are compared with.
#[derive(Debug, Clone, Serialize)]
pub struct Comparison {
    pub seeds: Vec<u64>,
    pub candidates: Vec<Played>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Played {
    pub name: String,
    /// In the order of the seeds.
    pub days: Vec<DaySummary>,
    /// What must not be, with the seed on whose day it was.
    pub faults: Vec<Fault>,
    pub measures: Vec<Compared>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    pub seed: u64,
    pub what: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct Compared {
    pub measure: Measure,
    /// In the order of the seeds.
    pub values: Vec<f64>,
    pub mean: Interval,
    /// Against the first candidate; absent for that one itself.
    pub against: Option<Against>,
}

/// Differences of the same seed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Against {
    pub difference: Interval,
    /// Seeds in which it is higher, and lower, than the first candidate's.
    pub higher: usize,
    pub lower: usize,
}

/// Plays every day with every candidate, of which there is at least one; `heard` is told of each day that was played.
pub fn compare(
    file: &CentreFile,
    candidates: &[Candidate],
    seeds: &[u64],
    percent: u32,
    mut heard: impl FnMut(&Candidate, u64),
) -> Result<Comparison, FileError> {
    let mut played: Vec<Played> = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        let mut days = Vec::with_capacity(seeds.len());
        let mut faults = Vec::new();
        for &seed in seeds {
            let plan = centre_plan(file, &candidate.config, &CentreOptions { seed, percent })?;
            let run = run(plan, seed);
            let day = run.summary();
            let refused = run
                .refused
                .first()
                .map(|first| format!("{} inputs were refused, the first {first}", run.refused.len()));
            faults.extend(day.faults().into_iter().chain(refused).map(|what| Fault { seed, what }));
            days.push(day);
            heard(candidate, seed);
        }
        let measures = Measure::ALL.iter().map(|measure| compared(*measure, &days, played.first())).collect();
        played.push(Played { name: candidate.name.clone(), days, faults, measures });
    }
    Ok(Comparison { seeds: seeds.to_vec(), candidates: played })
}

fn compared(measure: Measure, days: &[DaySummary], first: Option<&Played>) -> Compared {
    let values: Vec<f64> = days.iter().map(|day| measure.of(day)).collect();
    let against = first.map(|first| {
        let of_first = first.days.iter().map(|day| measure.of(day));
        let differences: Vec<f64> = values.iter().zip(of_first).map(|(own, other)| own - other).collect();
        Against {
            difference: Interval::of(&differences),
            higher: differences.iter().filter(|difference| **difference > 0.0).count(),
            lower: differences.iter().filter(|difference| **difference < 0.0).count(),
        }
    });
    Compared { measure, mean: Interval::of(&values), values, against }
}

impl Comparison {
    /// Nothing was as it must not be.
    pub fn is_well(&self) -> bool {
        self.candidates.iter().all(|played| played.faults.is_empty())
    }
}
