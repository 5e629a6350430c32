//! What people do with `wissel-load` from a terminal. Data goes to standard output, everything else to standard error.

mod check;
mod compare;
mod floor;
mod plan;
mod report;
mod run;
mod search;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

use crate::output;
use crate::scenario::{self, Loaded};
use crate::verdict::Exit;

/// Load test of a Wissel cluster
///
/// A scenario says who comes and how fast, who answers, what breaks meanwhile and what must hold all the same.
#[derive(Debug, Parser)]
#[command(version, after_help = crate::verdict::EXIT_CODES)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Check),
    Plan(plan::Plan),
    Run(run::Run),
    Search(search::SearchCommand),
    Floor(floor::FloorCommand),
    Compare(compare::Compare),
    Report(report::Report),
    Schema(Schema),
}

/// Print the JSON Schema of summary.json
#[derive(Debug, Args)]
pub struct Schema {}

/// The scenario of a command, and what the command line changes of it.
#[derive(Debug, Args)]
pub struct Source {
    /// The scenario, such as loadtest/scenarios/short.toml
    file: PathBuf,
    /// Another seed than the file's
    #[arg(long)]
    seed: Option<u64>,
}

impl Source {
    /// Mistakes are told here, each on a line of its own.
    fn load(&self) -> Result<Loaded, Exit> {
        let mut loaded = load(&self.file)?;
        if let Some(seed) = self.seed {
            loaded.scenario.seed = seed;
        }
        Ok(loaded)
    }
}

fn load(file: &Path) -> Result<Loaded, Exit> {
    scenario::load(file).map_err(|mistakes| {
        for mistake in &mistakes {
            eprintln!("{mistake}");
        }
        eprintln!("wissel-load: {} is refused", file.display());
        Exit::Usage
    })
}

pub fn main(arguments: Arguments) -> ExitCode {
    let done = match arguments.command {
        Command::Check(check) => check.run(),
        Command::Plan(plan) => plan.run(),
        Command::Run(run) => block_on(run.run()),
        Command::Search(search) => block_on(search.run()),
        Command::Floor(floor) => block_on(floor.run()),
        Command::Compare(compare) => compare.run(),
        Command::Report(report) => report.run(),
        Command::Schema(Schema {}) => {
            print!("{}", output::schema());
            Ok(Exit::Pass)
        }
    };
    match done {
        Ok(exit) => exit.into(),
        Err(error) => {
            eprintln!("wissel-load: {error:#}");
            Exit::Error.into()
        }
    }
}

fn block_on(run: impl Future<Output = Result<Exit>>) -> Result<Exit> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(run)
}
