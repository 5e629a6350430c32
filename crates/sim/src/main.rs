//! The `wissel-sim` command: arguments in, a report out.

use std::process::ExitCode;

use clap::Parser;
use wissel_sim::commands::{self, Arguments};

fn main() -> ExitCode {
    match commands::run(Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("wissel-sim: {error:#}");
            ExitCode::from(1)
        }
    }
}
