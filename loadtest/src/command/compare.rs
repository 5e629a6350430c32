//! `wissel-load compare`: runs of one build beside runs of another.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::compare::{self, Finding, RUNS_LEAST};
use crate::output;
use crate::summary::Summary;
use crate::verdict::Exit;

const EXAMPLES: &str = "\
Examples:
  wissel-load compare --base old/1 old/2 old/3 --candidate new/1 new/2 new/3

Exit codes: 0 nothing is worse; 3 something is worse by more than runs differ; 2 the runs cannot be compared, and why.";

/// Hold runs against runs
///
/// Runs of the same thing differ: with three or more on each side a figure is worse only where the ranges of both sides do not overlap
/// and the medians lie 5 % apart. That there is no telling is an answer too.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Compare {
    /// Results folders, or their summary.json
    #[arg(long, required = true, num_args = 1.., value_name = "RESULTS")]
    base: Vec<PathBuf>,
    #[arg(long, required = true, num_args = 1.., value_name = "RESULTS")]
    candidate: Vec<PathBuf>,
}

impl Compare {
    pub fn run(self) -> Result<Exit> {
        let read =
            |paths: &[PathBuf]| paths.iter().map(|path| output::read(path)).collect::<Result<Vec<Summary>>>();
        let (base, candidate) = (read(&self.base)?, read(&self.candidate)?);
        let objections = compare::objections(&base, &candidate);
        if !objections.is_empty() {
            objections.iter().for_each(|objection| eprintln!("wissel-load: {objection}"));
            return Ok(Exit::Usage);
        }
        let lines = compare::compare(&base, &candidate);
        print!("{}", compare::table(&lines));
        if base.len().min(candidate.len()) < RUNS_LEAST {
            eprintln!("with fewer than {RUNS_LEAST} runs on a side nothing is called better or worse");
        }
        let is_worse = lines.iter().any(|line| line.finding == Finding::Worse);
        Ok(if is_worse { Exit::Threshold } else { Exit::Pass })
    }
}
