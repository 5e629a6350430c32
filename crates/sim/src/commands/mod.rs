//! The commands: many seeds, every crash point, every mutant.

pub mod crash_points;
pub mod faults;
#[cfg(feature = "mutants")]
pub mod mutants;
pub mod seeds;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::Serialize;

const EXAMPLES: &str = "\
Examples:
  wissel-sim faults --seeds 10000              ten thousand seeds, on all cores
  wissel-sim faults --seeds 1 --first 17 --history
                                               one seed, with everything that happens in it
  wissel-sim crash-points -o json
  wissel-sim mutants                           in a build with `--features mutants`

Exit codes: 0 nothing was found; 1 something was, with the seeds that show it; 2 used wrongly.";

/// The fault simulator: the real engine and shard on modelled servers, in virtual time.
#[derive(Debug, Parser)]
#[command(name = "wissel-sim", version, after_help = EXAMPLES)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Faults(faults::Faults),
    CrashPoints(crash_points::CrashPoints),
    #[cfg(feature = "mutants")]
    Mutants(mutants::Mutants),
}

/// How data is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Text,
    /// For programs; one value on standard output
    Json,
}

#[derive(Debug, Clone, Args)]
pub struct Output {
    /// How the result is printed
    #[arg(short = 'o', long = "output", value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Debug, Clone, Args)]
pub struct Jobs {
    /// Threads; 0 for as many as there are cores
    #[arg(long, default_value_t = 0, value_name = "J")]
    jobs: usize,
}

impl Jobs {
    pub fn count(&self) -> usize {
        if self.jobs > 0 {
            return self.jobs;
        }
        std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
    }
}

/// How a command ended that did not break off with an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    Well,
    Wanting,
}

pub fn run(arguments: Arguments) -> Result<ExitCode> {
    // A release build ends at a panic: the seed must be known by then.
    std::panic::set_hook(Box::new(|panic| {
        eprintln!("panic at seed {}: {}", crate::run::current_seed(), panic.to_string().replace('\n', " "));
    }));
    let done = match arguments.command {
        Command::Faults(faults) => faults.run()?,
        Command::CrashPoints(points) => points.run()?,
        #[cfg(feature = "mutants")]
        Command::Mutants(mutants) => mutants.run()?,
    };
    Ok(match done {
        Done::Well => ExitCode::SUCCESS,
        Done::Wanting => ExitCode::FAILURE,
    })
}

impl Output {
    pub fn print(&self, value: &(impl Serialize + std::fmt::Display)) -> Result<()> {
        use std::io::Write;
        let text = match self.format {
            Format::Json => serde_json::to_string_pretty(value)? + "\n",
            Format::Text => value.to_string(),
        };
        std::io::stdout().lock().write_all(text.as_bytes())?;
        Ok(())
    }
}
