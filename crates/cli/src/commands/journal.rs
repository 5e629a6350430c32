//! `wissel journal`: what a shard decided, record by record.
//!
//! It reads the stream, or an archive of it, through the same [`protocol::chain::ChainReader`] as every owner, so what it
//! shows is what counts: a record that does not continue the chain ends the listing with the reason, and void records
//! are shown as such.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use protocol::chain::{Step, Void};
use protocol::record::Body;
use protocol::subject::Stream;
use protocol::text::show_time;
use serde::Serialize;

use crate::arguments::{Done, Servers};
use crate::records::Source;
use crate::{connection, print};

const EXAMPLES: &str = "\
Examples:
  wissel journal                                  the last 20 records of shard 0
  wissel journal --shard 3 --from 1000 --count 50
  wissel journal --archive /backup/wissel --from 1       what `wissel archive` has kept; no server is asked
  wissel journal --count 5000 | jq -c 'select(.body.commit) | .body.commit.transitions[].change | keys[0]'

Exit codes: 0 printed; 1 the chain is broken, with sequence, what was expected and what was found, or the archive is
damaged or lacks records, with the place or the range.";

/// Print records of a shard's journal, as lines of JSON
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Journal {
    #[command(flatten)]
    servers: Servers,
    /// The shard
    #[arg(long, default_value_t = 0, value_name = "S")]
    shard: u16,
    /// Sequence of the first record [default: so that the last record is the last one printed]
    #[arg(long, value_name = "N")]
    from: Option<u64>,
    /// Most records printed
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: u64,
    /// Read what `wissel archive` wrote to this folder; no server is asked
    #[arg(long, value_name = "DIR")]
    archive: Option<PathBuf>,
    /// Which journal, when the archive has several of the shard: the first 8 characters of its identity
    #[arg(long, value_name = "ID", requires = "archive")]
    identity: Option<String>,
}

#[derive(Serialize)]
struct Line<'a> {
    sequence: u64,
    epoch: u64,
    commit_no: u64,
    now: String,
    hash: String,
    body: &'a Body,
}

#[derive(Serialize)]
struct VoidLine {
    sequence: u64,
    void: &'static str,
    epoch: Option<u64>,
    commit_no: u64,
}

impl Journal {
    pub async fn run(self) -> Result<Done> {
        let source = self.source().await?;
        let (oldest, last) = source.extent().into_inner();
        if oldest > last {
            eprintln!("{} holds no records", source.name());
            return Ok(Done::Well);
        }
        let more = self.count.saturating_sub(1);
        let first = self.from.unwrap_or_else(|| last.saturating_sub(more)).max(oldest);
        if first > last {
            bail!("{} ends at sequence {last}; name a lower one with --from", source.name());
        }
        let mut reader = source.reader_before(first).await?;
        let sequences = first..=last.min(first.saturating_add(more));
        source
            .read(sequences, |entry| print_step(entry.sequence, reader.read(entry.sequence, entry.bytes)?))
            .await?;
        Ok(Done::Well)
    }

    async fn source(&self) -> Result<Source> {
        if let Some(archive) = &self.archive {
            return Source::archive(archive, self.shard, self.identity.as_deref());
        }
        let client = connection::connect(&self.servers).await?;
        let name = Stream::journal(self.shard).to_string();
        let stream = connection::stream(&connection::jetstream(&client), &name).await?;
        Ok(Source::Stream(Box::new(stream)))
    }
}

fn print_step(sequence: u64, step: Step) -> Result<()> {
    match step {
        Step::Accepted { record, hash } => print::json_line(&Line {
            sequence,
            epoch: record.header.epoch,
            commit_no: record.header.commit_no,
            now: show_time(record.now),
            hash: hash.to_string(),
            body: &record.body,
        }),
        Step::Void(Void::Repeat { commit_no }) => {
            print::json_line(&VoidLine { sequence, void: "repeat", epoch: None, commit_no })
        }
        Step::Void(Void::BeforeBeginning { commit_no }) => {
            print::json_line(&VoidLine { sequence, void: "before_beginning", epoch: None, commit_no })
        }
        Step::Void(Void::LowerEpoch { epoch, commit_no }) => {
            print::json_line(&VoidLine { sequence, void: "lower_epoch", epoch: Some(epoch), commit_no })
        }
    }
}
