//! The `wissel` command, run as people run it.

mod access;
mod apply;
mod archive;
mod centre;
mod client;
mod cluster;
mod day;
mod dev;
mod dev_nodes;
mod dry_run;
mod explain;
mod help;
mod moving;
mod server;
mod simulate;
mod simulate_cases;

use std::process::{Command, Output};

/// Runs the command with these arguments, and without what the environment says of servers.
fn wissel(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wissel"));
    command.args(arguments).env_remove("WISSEL_SERVERS").env_remove("WISSEL_CREDS").env_remove("RUST_LOG");
    command.output().expect("the command can be run")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
