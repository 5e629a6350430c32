//! The `wissel` command: everything that people do with Wissel from a terminal.
//!
//! A shell around the other crates: it reads arguments, connects, calls them, and prints what they say. Data goes to
//! standard output, everything else to standard error, so that `-o json` can be piped. Exit codes: 0 done, 1 failed or
//! found wanting, 2 used wrongly.

mod administration;
mod archive;
mod arguments;
mod commands;
mod connection;
mod dump;
mod lock;
mod logging;
mod print;
mod records;
mod shard_view;
mod watch;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command, Misuse};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let is_json = arguments.logging.is_json();
    let fail = |error: &anyhow::Error, code: u8| {
        logging::last_word(&print::causes(error), is_json);
        ExitCode::from(code)
    };
    if let Err(error) = logging::start(&arguments.logging, matches!(arguments.command, Command::Node(_))) {
        return fail(&error, arguments::EXIT_USAGE);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&anyhow::Error::new(error).context("cannot start threads"), 1),
    };
    match runtime.block_on(commands::run(arguments)) {
        Ok(done) => done.into(),
        // Whoever reads our output has seen enough, as `head` does.
        Err(error) if print::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) if error.is::<Misuse>() => fail(&error, arguments::EXIT_USAGE),
        Err(error) => fail(&error, 1),
    }
}
