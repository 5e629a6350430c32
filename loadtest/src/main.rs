//! The `wissel-load` command.

use std::process::ExitCode;

use clap::Parser;
use wissel_load::command::Arguments;

fn main() -> ExitCode {
    wissel_load::command::main(Arguments::parse())
}
