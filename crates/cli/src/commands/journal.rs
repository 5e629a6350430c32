//! `wissel journal`: what a shard decided, record by record.
//!
//! It reads the stream through the same [`ChainReader`] as every owner, so what it shows is what counts: a record that
//! does not continue the chain ends the listing with the reason, and void records are shown as such.

use anyhow::{Context, Result, bail};
use async_nats::jetstream::stream::Stream;
use clap::Args;
use protocol::chain::{ChainHead, ChainReader, Step, Void};
use protocol::record::{self, Body};
use protocol::text::show_time;
use serde::Serialize;

use crate::arguments::{Done, Servers};
use crate::{connection, print};

const EXAMPLES: &str = "\
Examples:
  wissel journal                                  the last 20 records of shard 0
  wissel journal --shard 3 --from 1000 --count 50
  wissel journal --count 5000 | jq -c 'select(.body.commit) | .body.commit.transitions[].change | keys[0]'

Exit codes: 0 printed; 1 the chain is broken, with sequence, what was expected and what was found.";

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
        let client = connection::connect(&self.servers).await?;
        let name = format!("JRN_{}", self.shard);
        let stream = connection::stream(&connection::jetstream(&client), &name).await?;
        let state = stream.cached_info().state.clone();
        if state.messages == 0 {
            eprintln!("{name} holds no records");
            return Ok(Done::Well);
        }
        let last = state.last_sequence;
        let asked = self.from.unwrap_or_else(|| last.saturating_sub(self.count.saturating_sub(1)));
        let first = asked.max(state.first_sequence);
        if first > last {
            bail!("{name} ends at sequence {last}; name a lower one with --from");
        }
        let mut reader = reader_before(&stream, first, state.first_sequence).await?;
        for sequence in first..=last.min(first.saturating_add(self.count.saturating_sub(1))) {
            let bytes = bytes(&stream, sequence).await?;
            print_step(sequence, reader.read(sequence, &bytes)?)?;
        }
        Ok(Done::Well)
    }
}

/// A reader that expects `first`: from the record before it, which is taken as it stands.
async fn reader_before(stream: &Stream, first: u64, oldest: u64) -> Result<ChainReader> {
    if first == 1 {
        return Ok(ChainReader::from_beginning());
    }
    if first > oldest {
        let (record, hash) = record::decode(&bytes(stream, first - 1).await?)
            .with_context(|| format!("sequence {} before the first one asked for", first - 1))?;
        let head = ChainHead {
            epoch: record.header.epoch,
            commit_no: record.header.commit_no,
            hash,
            sequence: first - 1,
        };
        return Ok(ChainReader::from_trusted(head, record.now));
    }
    // Older records were purged: the oldest one says itself what it continues.
    let (record, _) = record::decode(&bytes(stream, first).await?)
        .with_context(|| format!("sequence {first}, the oldest that is kept"))?;
    let opens = u64::from(matches!(record.body, Body::EpochOpened(_)));
    let head = ChainHead {
        epoch: record.header.epoch.saturating_sub(opens),
        commit_no: record.header.commit_no.saturating_sub(1),
        hash: record.header.prev_hash,
        sequence: first - 1,
    };
    Ok(ChainReader::from_trusted(head, record.now))
}

async fn bytes(stream: &Stream, sequence: u64) -> Result<Vec<u8>> {
    let message = stream
        .get_raw_message(sequence)
        .await
        .with_context(|| format!("cannot read sequence {sequence} of the journal"))?;
    Ok(message.payload.to_vec())
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
