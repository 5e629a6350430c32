//! What stands on the command line, before a command sees its own part of it.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use node::Access;

use crate::commands;
use crate::logging::Logging;

/// Used wrongly; clap ends with the same code.
pub const EXIT_USAGE: u8 = 2;

const EXAMPLES: &str = "\
Examples:
  wissel dev                         a server, a node, and a real day at real speed in this terminal
  wissel dev --day --speed max       the whole day in minutes, with its figures beside the real centre's
  wissel init && wissel tenant add acme && wissel node
                                     the same parts on a server of your own
  wissel simulate --against multichannel --seeds 20
                                     days of a whole contact centre, two configurations side by side
  wissel check --monitoring http://127.0.0.1:8222

Exit codes:
  0  done
  1  failed, or found wanting; the reason stands on standard error
  2  used wrongly";

/// Wissel routes contacts to agents, on NATS JetStream.
#[derive(Debug, Parser)]
#[command(name = "wissel", version, after_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    pub logging: Logging,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Init(commands::init::Init),
    Tenant(commands::tenant::Tenant),
    Check(commands::check::Check),
    Node(commands::node::NodeCommand),
    Cluster(commands::cluster::Cluster),
    Apply(commands::apply::Apply),
    // The largest of them by far.
    Dev(Box<commands::dev::Dev>),
    Verify(commands::verify::Verify),
    Journal(commands::journal::Journal),
    Explain(commands::explain::Explain),
    Archive(commands::archive::Archive),
    Simulate(commands::simulate::Simulate),
    #[command(hide = true)]
    Leash(commands::leash::Leash),
}

/// Which servers a command talks to.
#[derive(Debug, Clone, Args)]
pub struct Servers {
    /// Servers of one cluster, with commas between them: `nats://[USER:PASSWORD@|TOKEN@]HOST[:PORT]`, or with `tls`
    #[arg(
        long,
        value_name = "URL",
        env = "WISSEL_SERVERS",
        hide_env_values = true,
        default_value = "nats://127.0.0.1:4222",
        value_delimiter = ','
    )]
    pub servers: Vec<String>,
    /// A user's credentials, as `nsc` writes them
    #[arg(long, value_name = "FILE", env = "WISSEL_CREDS")]
    creds: Option<PathBuf>,
    /// Certificates from which those of the servers are trusted [default: the system's]
    #[arg(long, value_name = "FILE", env = "WISSEL_TLS_CA")]
    tls_ca: Option<PathBuf>,
    /// Our own certificate, for servers that ask for one
    #[arg(long, value_name = "FILE", env = "WISSEL_TLS_CERT", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The key of our own certificate
    #[arg(long, value_name = "FILE", env = "WISSEL_TLS_KEY", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
}

impl Servers {
    pub fn access(&self) -> Access {
        Access {
            creds: self.creds.clone(),
            tls_ca: self.tls_ca.clone(),
            tls_identity: self.tls_cert.clone().zip(self.tls_key.clone()),
        }
    }
}

/// A command line that can never do what it says; the process ends with [`EXIT_USAGE`].
#[derive(Debug)]
pub struct Misuse(pub String);

impl std::fmt::Display for Misuse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Misuse {}

/// How data is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    #[value(alias = "table")]
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

/// How a command ended that did not break off with an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    Well,
    /// It ran to its end, and what it looked at is not as it should be.
    Wanting,
}

impl From<Done> for ExitCode {
    fn from(done: Done) -> ExitCode {
        match done {
            Done::Well => ExitCode::SUCCESS,
            Done::Wanting => ExitCode::FAILURE,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn every_command_and_every_option_says_what_it_is() {
        let mut command = Arguments::command();
        command.build();
        command.clone().debug_assert();
        check(&command);
    }

    fn check(command: &clap::Command) {
        let name = command.get_name();
        assert!(command.get_about().is_some(), "{name}");
        for argument in command.get_arguments() {
            assert!(argument.get_help().is_some(), "{name}: {}", argument.get_id());
        }
        command.get_subcommands().for_each(check);
    }
}
