//! `wissel verify`: the outside checker over a shard's streams.
//!
//! The streams are read here and judged there: the crate `verify` knows no server. Where the journal ends is asked
//! first and the rest is read after it, so that on a running shard every later dump holds what the journal implies.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use async_nats::jetstream;
use async_nats::jetstream::consumer::pull::Config;
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy};
use async_nats::jetstream::stream::Stream;
use clap::Args;
use futures_util::StreamExt;
use model::Time;
use tokio::time::sleep;
use verify::{Checker, ClientLog, Extent, Limits, Message, Report};

use crate::arguments::{Done, Format, Output, Servers};
use crate::{connection, print};

/// Messages asked for at once; at a kilobyte each they are well below what a client buffers.
const BATCH: usize = 1_000;

/// In a cluster that is busy, or was just healed, a reader may be asked before its server knows it (503), or go with it.
const FAILURES_MAX: u32 = 5;
const AGAIN_AFTER: Duration = Duration::from_secs(1);

const EXAMPLES: &str = "\
Examples:
  wissel verify                              shard 0, as it runs
  wissel verify --shard 3 -o json
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
        let report = check(&connection::jetstream(&client), self.shard, self.is_final, &logs).await?;
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
    logs: &[ClientLog],
) -> Result<Report> {
    let mut checker = Checker::new(shard.to_string(), is_final, Limits::default());
    let journal = Source::open(jetstream, &format!("JRN_{shard}")).await?;
    let ingest = Source::open(jetstream, &format!("ING_{shard}")).await?;
    checker.begin_ingest(ingest.extent);
    ingest.read(|message| checker.ingest(message)).await?;
    checker.begin_journal(journal.extent);
    journal.read(|message| checker.journal(message)).await?;
    let feed = Source::open(jetstream, "EVT").await?;
    checker.begin_feed(feed.extent);
    feed.read(|message| checker.feed(message)).await?;
    let dead_letters = Source::open(jetstream, "DLQ").await?;
    checker.begin_dead_letters(dead_letters.extent);
    dead_letters.read(|message| checker.dead_letter(message)).await?;
    logs.iter().for_each(|log| checker.client(log));
    Ok(checker.finish())
}

/// A stream, up to where it ended when it was opened.
struct Source {
    stream: Stream,
    extent: Extent,
}

impl Source {
    async fn open(jetstream: &jetstream::Context, name: &str) -> Result<Source> {
        let stream = connection::stream(jetstream, name).await?;
        let state = &stream.cached_info().state;
        let last = state.last_sequence;
        let first = if state.messages == 0 { last + 1 } else { state.first_sequence };
        Ok(Source { extent: Extent { first, last }, stream })
    }

    /// Gives every message in order. One that the server cannot read is missing, and the checker says so.
    async fn read(&self, mut take: impl FnMut(&Message<'_>)) -> Result<()> {
        let mut next = self.extent.first;
        let mut failures = 0;
        while next <= self.extent.last {
            match self.read_from(&mut next, &mut take).await {
                Ok(()) => return Ok(()),
                Err(error) if failures == FAILURES_MAX => return Err(error),
                Err(_) => failures += 1,
            }
            sleep(AGAIN_AFTER).await;
        }
        Ok(())
    }

    /// From `next` on, which is moved along, until the end.
    async fn read_from(&self, next: &mut u64, take: &mut impl FnMut(&Message<'_>)) -> Result<()> {
        let name = &self.stream.cached_info().config.name;
        let config = Config {
            deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: *next },
            ack_policy: AckPolicy::None,
            memory_storage: true,
            num_replicas: 1,
            ..Config::default()
        };
        let consumer =
            self.stream.create_consumer(config).await.with_context(|| format!("cannot read {name}"))?;
        loop {
            // Ends with what is there, and never waits for more.
            let mut batch = consumer.fetch().max_messages(BATCH).messages().await?;
            let mut count = 0;
            while let Some(message) = batch.next().await {
                let message = message.map_err(|error| anyhow::anyhow!("cannot read {name}: {error}"))?;
                let info =
                    message.info().map_err(|error| anyhow::anyhow!("{name} gave no sequence: {error}"))?;
                if info.stream_sequence > self.extent.last {
                    return Ok(());
                }
                take(&evidence(
                    &message.message,
                    info.stream_sequence,
                    stamp(info.published.unix_timestamp_nanos()),
                ));
                *next = info.stream_sequence + 1;
                if info.stream_sequence == self.extent.last {
                    return Ok(());
                }
                count += 1;
            }
            if count == 0 {
                return Ok(());
            }
        }
    }
}

fn evidence(message: &async_nats::Message, sequence: u64, stamp: Time) -> Message<'_> {
    let headers = message.headers.as_ref();
    Message {
        sequence,
        stamp,
        subject: message.subject.as_str().into(),
        message_id: headers
            .and_then(|headers| headers.get(async_nats::header::NATS_MESSAGE_ID))
            .map(|id| id.as_str().into()),
        bytes: message.payload.as_ref().into(),
    }
}

fn stamp(nanoseconds: i128) -> Time {
    Time(u64::try_from(nanoseconds / 1_000_000).unwrap_or_default())
}

fn log(path: &Path) -> Result<ClientLog> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    ClientLog::parse(&name, &text).with_context(|| path.display().to_string())
}
