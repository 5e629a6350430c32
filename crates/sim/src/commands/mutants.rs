//! `wissel-sim mutants`: is every deliberately broken build found out, by what, and how soon?
//!
//! Each mutant is played in a process of its own, since a release build ends at a panic; and a panic is a way to be caught.

use std::fmt;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde::{Deserialize, Serialize};

use super::{Done, Jobs, Output, seeds};
use crate::mutants::all::{self, ALL, Mutant};
use crate::run::run_seed;

/// See that every deliberately broken build is caught
///
/// Plays seeds with one thing made wrong until a violation shows, and says which mutant was caught by which invariant
/// after how many seeds.
#[derive(Debug, Args)]
pub struct Mutants {
    /// Only this one
    #[arg(long, value_name = "MUTANT")]
    only: Option<String>,
    /// Seeds after which a mutant counts as not caught
    #[arg(long, default_value_t = 5_000, value_name = "N")]
    seeds: u64,
    #[command(flatten)]
    jobs: Jobs,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Default, Serialize)]
pub struct MutantsReport {
    pub mutants: usize,
    pub caught: usize,
    pub results: Vec<MutantResult>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MutantResult {
    pub mutant: String,
    pub caught: bool,
    /// Codes of the violations that showed first.
    pub by: Vec<String>,
    pub first: String,
    pub seeds: u64,
}

impl Mutants {
    pub fn run(self) -> Result<Done> {
        if let Some(name) = &self.only {
            let Some(mutant) = all::named(name) else { bail!("there is no mutant {name}") };
            let result = hunt(mutant, self.seeds);
            self.output.print(&MutantsReport {
                mutants: 1,
                caught: usize::from(result.caught),
                results: vec![result],
            })?;
            return Ok(Done::Well);
        }
        let results = Mutex::new(Vec::new());
        seeds::play(
            0,
            ALL.len() as u64,
            self.jobs.count(),
            |at| hunt_elsewhere(ALL[at as usize].0, self.seeds),
            |result| results.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(result),
        );
        let results = results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut results = results.into_iter().collect::<Result<Vec<MutantResult>>>()?;
        results.sort_by_key(|result| ALL.iter().position(|(name, _)| *name == result.mutant));
        let caught = results.iter().filter(|result| result.caught).count();
        let report = MutantsReport { mutants: ALL.len(), caught, results };
        self.output.print(&report)?;
        Ok(if report.caught == report.mutants { Done::Well } else { Done::Wanting })
    }
}

/// Plays seeds until one finds the mutant out.
pub fn hunt(mutant: Mutant, seeds: u64) -> MutantResult {
    let name = mutant.to_string();
    for seed in 0..seeds {
        all::choose(Some(mutant));
        let outcome = run_seed(seed, false);
        all::choose(None);
        if let Some(first) = outcome.violations.first() {
            let mut by: Vec<String> =
                outcome.violations.iter().map(|violation| violation.code.clone()).collect();
            by.sort();
            by.dedup();
            return MutantResult {
                mutant: name,
                caught: true,
                by,
                first: first.what.clone(),
                seeds: seed + 1,
            };
        }
    }
    MutantResult { mutant: name, caught: false, by: Vec::new(), first: String::new(), seeds }
}

fn hunt_elsewhere(name: &str, seeds: u64) -> Result<MutantResult> {
    let seeds = seeds.to_string();
    let ended = Command::new(std::env::current_exe()?)
        .args(["mutants", "--only", name, "--seeds", &seeds, "-o", "json"])
        .stderr(Stdio::piped())
        .output()
        .context("cannot start a process for a mutant")?;
    if ended.status.success() {
        #[derive(Deserialize)]
        struct One {
            results: Vec<MutantResult>,
        }
        let one: One = serde_json::from_slice(&ended.stdout).context("a mutant's result cannot be read")?;
        return one.results.into_iter().next().context("a mutant has no result");
    }
    let words = String::from_utf8_lossy(&ended.stderr);
    let last = words.lines().last().unwrap_or_default();
    let seed =
        last.strip_prefix("panic at seed ").and_then(|rest| rest.split(':').next()?.parse::<u64>().ok());
    let Some(seed) = seed else { bail!("mutant {name} ended without a result: {words}") };
    Ok(MutantResult {
        mutant: name.to_owned(),
        caught: true,
        by: vec!["P1".to_owned()],
        first: last.to_owned(),
        seeds: seed + 1,
    })
}

impl fmt::Display for MutantsReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} mutants, {} caught", self.mutants, self.caught)?;
        for MutantResult { mutant, caught, by, first, seeds } in &self.results {
            let verdict = if *caught { by.join(" ") } else { "NOT CAUGHT".to_owned() };
            writeln!(f, "  {mutant:<26}{seeds:>6} seeds  {verdict:<16} {first}")?;
        }
        Ok(())
    }
}
