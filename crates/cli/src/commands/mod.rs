//! One file for each command. A command calls other crates and prints what they say.

pub mod apply;
pub mod archive;
pub mod check;
pub mod cluster;
pub mod dev;
pub mod explain;
pub mod init;
pub mod journal;
pub mod leash;
pub mod node;
pub mod simulate;
mod simulate_cases;
pub mod tenant;
pub mod verify;

use anyhow::Result;

use crate::arguments::{Arguments, Command, Done};

pub async fn run(arguments: Arguments) -> Result<Done> {
    match arguments.command {
        Command::Init(init) => init.run().await,
        Command::Tenant(tenant) => tenant.run().await,
        Command::Check(check) => check.run().await,
        Command::Cluster(cluster) => cluster.run().await,
        Command::Node(node) => node.run(arguments.logging.is_json()).await,
        Command::Apply(apply) => apply.run().await,
        Command::Dev(dev) => dev.run().await,
        Command::Verify(verify) => verify.run().await,
        Command::Journal(journal) => journal.run().await,
        Command::Explain(explain) => explain.run().await,
        Command::Archive(archive) => archive.run().await,
        Command::Simulate(simulate) => simulate.run(),
        Command::Leash(leash) => leash.run(),
    }
}
