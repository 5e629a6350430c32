//! `wissel verify`: the outside checker over a shard's streams.
//!
//! The streams are read here and judged there: the crate `verify` knows no server. Where the journal ends is asked
//! first and the rest is read after it, so that on a running shard every later dump holds what the journal implies.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use async_nats::jetstream;
use clap::Args;
use verify::{Checker, ClientLog, Limits, Report};

use crate::arguments::{Done, Format, Output, Servers};
use crate::dump::Dump;
use crate::{connection, print};

const EXAMPLES: &str = "\
Examples:
  wissel verify                              shard 0, as it runs
  wissel verify --shard 3 -o json
  wissel verify --replicas                   and whether all servers hold the same
  wissel verify --final --client load.jsonl  after a run: nothing may be open, and what clients saw is checked too

Exit codes: 0 every invariant that could be checked holds; 1 one is broken, with the place of each finding, or with
--final there was nothing to check.";

/// Check a shard's streams from outside
///
/// Reads inputs, journal, event feed and dead letters, rebuilds every contact and agent from the journal alone, and says
/// where an invariant is broken: a contact with two agents or without an outcome, an output that nothing decided, a
/// journal that is not one chain. What cannot be checked, because a stream was purged, is said too.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Verify {
    #[command(flatten)]
    servers: Servers,
    /// The shard
    #[arg(long, default_value_t = 0, value_name = "S")]
    shard: u16,
    /// The run is over: nothing may be open, undecided or unpublished
    #[arg(long = "final")]
    is_final: bool,
    /// Read each server's own copy of inputs and journal too: all must be the same
    #[arg(long)]
    replicas: bool,
    /// What a client sent and received, in lines of JSON; may stand several times
    #[arg(long = "client", value_name = "FILE")]
    clients: Vec<PathBuf>,
    #[command(flatten)]
    output: Output,
}

impl Verify {
    pub async fn run(self) -> Result<Done> {
        let logs: Vec<ClientLog> = self.clients.iter().map(|path| log(path)).collect::<Result<_>>()?;
        let client = connection::connect(&self.servers).await?;
        let report =
            check(&connection::jetstream(&client), self.shard, self.is_final, self.replicas, &logs).await?;
        match self.output.format {
            Format::Json => print::json(&report)?,
            Format::Text => print::text(&report)?,
        }
        // After a run there is something; this is another server, or another shard.
        let is_well = report.is_sound() && !(self.is_final && report.is_empty());
        Ok(if is_well { Done::Well } else { Done::Wanting })
    }
}

async fn check(
    jetstream: &jetstream::Context,
    shard: u16,
    is_final: bool,
    has_replicas: bool,
    logs: &[ClientLog],
) -> Result<Report> {
    let mut checker = Checker::new(shard.to_string(), is_final, Limits::default());
    let journal = Dump::open(jetstream, &format!("JRN_{shard}")).await?;
    let ingest = Dump::open(jetstream, &format!("ING_{shard}")).await?;
    checker.begin_ingest(ingest.extent);
    ingest.read(|message| checker.ingest(message)).await?;
    checker.begin_journal(journal.extent);
    journal.read(|message| checker.journal(message)).await?;
    if has_replicas {
        ingest.compare_copies(&mut checker, Checker::ingest_copy).await?;
        journal.compare_copies(&mut checker, Checker::journal_copy).await?;
    }
    let feed = Dump::open(jetstream, "EVT").await?;
    checker.begin_feed(feed.extent);
    feed.read(|message| checker.feed(message)).await?;
    let dead_letters = Dump::open(jetstream, "DLQ").await?;
    checker.begin_dead_letters(dead_letters.extent);
    dead_letters.read(|message| checker.dead_letter(message)).await?;
    logs.iter().for_each(|log| checker.client(log));
    Ok(checker.finish())
}

fn log(path: &Path) -> Result<ClientLog> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    ClientLog::parse(&name, &text).with_context(|| path.display().to_string())
}
