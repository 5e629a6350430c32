//! `wissel-sim faults`: many seeds, each with its own world and its own faults.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Instant;

use anyhow::Result;
use clap::Args;
use serde::Serialize;

use super::{Done, Jobs, Output, seeds};
use crate::judge::Violation;
use crate::run::{Outcome, run_seed};

/// Seeds with violations that are told in full.
const TOLD_MAX: usize = 20;

/// Play many seeds and judge each
///
/// A seed in which no fault did anything counts as not run. A seed that fails is printed with the command that plays it
/// again.
#[derive(Debug, Args)]
pub struct Faults {
    /// How many
    #[arg(long, default_value_t = 1_000, value_name = "N")]
    seeds: u64,
    /// The first of them
    #[arg(long, default_value_t = 0, value_name = "S")]
    first: u64,
    /// Print what happens in each run, to standard error
    #[arg(long)]
    history: bool,
    #[command(flatten)]
    jobs: Jobs,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Default, Serialize)]
pub struct FaultsReport {
    pub seeds: u64,
    pub runs: u64,
    pub not_run: u64,
    pub violations: u64,
    /// The lowest seeds with violations.
    pub failed: Vec<Failed>,
    pub faults: BTreeMap<&'static str, u64>,
    pub contacts: u64,
    pub inputs: u64,
    pub commits: u64,
    pub simulated_s: u64,
    pub real_s: f64,
    pub seeds_per_second: f64,
    /// Simulated time over real time.
    pub rate: f64,
}

#[derive(Debug, Serialize)]
pub struct Failed {
    pub seed: u64,
    pub violations: Vec<Violation>,
    pub again: String,
}

impl Faults {
    pub fn run(self) -> Result<Done> {
        let begun = Instant::now();
        let mut report = FaultsReport { seeds: self.seeds, ..FaultsReport::default() };
        let keeps = self.history;
        seeds::play(
            self.first,
            self.seeds,
            self.jobs.count(),
            |seed| run_seed(seed, keeps),
            |outcome| {
                outcome.lines.iter().for_each(|line| eprintln!("{line}"));
                report.add(outcome);
            },
        );
        report.finish(begun.elapsed().as_secs_f64());
        self.output.print(&report)?;
        Ok(if report.violations == 0 { Done::Well } else { Done::Wanting })
    }
}

impl FaultsReport {
    pub fn add(&mut self, outcome: Outcome) {
        self.runs += u64::from(outcome.is_run());
        self.not_run += u64::from(!outcome.is_run());
        self.violations += outcome.violations.len() as u64;
        for (kind, count) in &outcome.faults {
            *self.faults.entry(kind).or_default() += count;
        }
        self.contacts += outcome.contacts;
        self.inputs += outcome.inputs;
        self.commits += outcome.commits;
        self.simulated_s += outcome.simulated_ms / 1_000;
        if !outcome.is_sound() {
            let seed = outcome.seed;
            let again =
                format!("cargo run --release -p wissel-sim -- faults --seeds 1 --first {seed} --history");
            self.failed.push(Failed { seed, violations: outcome.violations, again });
        }
    }

    fn finish(&mut self, real_s: f64) {
        self.failed.sort_by_key(|failed| failed.seed);
        self.failed.truncate(TOLD_MAX);
        self.real_s = real_s;
        self.seeds_per_second = self.seeds as f64 / real_s;
        self.rate = self.simulated_s as f64 / real_s;
    }
}

impl fmt::Display for FaultsReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} seeds: {} run, {} not run, {} violations",
            self.seeds, self.runs, self.not_run, self.violations
        )?;
        writeln!(f, "  {} contacts, {} inputs, {} commits", self.contacts, self.inputs, self.commits)?;
        writeln!(
            f,
            "  {} s simulated in {:.1} s: {:.0} times as fast, {:.1} seeds per second",
            self.simulated_s, self.real_s, self.rate, self.seeds_per_second
        )?;
        for (kind, count) in &self.faults {
            writeln!(f, "  {kind:<22}{count:>10}")?;
        }
        for failed in &self.failed {
            writeln!(f, "seed {}:", failed.seed)?;
            for Violation { code, what } in &failed.violations {
                writeln!(f, "  {code} {what}")?;
            }
            writeln!(f, "  {}", failed.again)?;
        }
        Ok(())
    }
}
