//! `wissel check`: says whether a server is fit, and prints the command that mends what is not.

use anyhow::Result;
use broker::check::{self, Finding, State};
use clap::Args;
use serde::Serialize;

use crate::arguments::{Done, Format, Output, Servers};
use crate::{connection, print};

const EXAMPLES: &str = "\
Examples:
  wissel check                                    asks http://127.0.0.1:8222 too
  wissel check --monitoring http://a:8222 --monitoring http://b:8222 --monitoring http://c:8222 -o json
  wissel check --assume-sync-always               where no monitoring port can be reached

Exit codes: 0 fit, perhaps with warnings; 1 something fails.";

/// Say whether servers and streams are fit, and how to mend what is not
///
/// Changes nothing. Whether every write is synced to disk before it is acknowledged is told by the monitoring port
/// alone, so name that of every server unless it is 8222 on the hosts of --servers.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Check {
    #[command(flatten)]
    servers: Servers,
    #[command(flatten)]
    sync: SyncArguments,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
pub struct SyncArguments {
    /// Monitoring port of a server, `http://host:port`; once for each server of the cluster [default: port 8222 of
    /// the hosts in --servers]
    #[arg(long, value_name = "URL", value_delimiter = ',')]
    monitoring: Vec<String>,
    /// Take it as given that every write is synced
    #[arg(long)]
    assume_sync_always: bool,
}

impl SyncArguments {
    pub fn options(&self, servers: &Servers) -> check::Options {
        check::Options {
            monitoring: self.monitoring.clone(),
            servers: servers.servers.clone(),
            assume_sync_always: self.assume_sync_always,
        }
    }
}

#[derive(Serialize)]
struct Shown<'a> {
    code: &'a str,
    what: &'a str,
    state: &'static str,
    found: &'a str,
    expected: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    fix: &'a str,
}

impl Check {
    pub async fn run(self) -> Result<Done> {
        let client = connection::connect(&self.servers).await?;
        let findings = check::check(&client, &self.sync.options(&self.servers)).await?;
        match self.output.format {
            Format::Json => print::json(&findings.iter().map(shown).collect::<Vec<_>>())?,
            Format::Text => {
                for finding in &findings {
                    print::text(show(finding))?;
                }
            }
        }
        Ok(match check::worst(&findings) {
            State::Ok | State::Warn => Done::Well,
            State::Fail => Done::Wanting,
        })
    }
}

fn shown(finding: &Finding) -> Shown<'_> {
    Shown {
        code: finding.code,
        what: &finding.what,
        state: word(finding.state),
        found: &finding.found,
        expected: &finding.expected,
        fix: &finding.fix,
    }
}

/// A finding in a line, and where it is not well, what mends it in another.
pub fn show(finding: &Finding) -> String {
    let Finding { code, what, state, found, expected, fix } = finding;
    let head = format!("{:<5}{code:<16}{what}: {found}", word(*state));
    match state {
        State::Ok => format!("{head}\n"),
        State::Warn | State::Fail => format!("{head}; expected {expected}\n     mend: {fix}\n"),
    }
}

fn word(state: State) -> &'static str {
    match state {
        State::Ok => "ok",
        State::Warn => "warn",
        State::Fail => "FAIL",
    }
}
