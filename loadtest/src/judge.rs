//! The judgement after the run: the streams are read here, and judged by the outside checker, which shares nothing with the router.
//!
//! What clients heard may be incomplete, since messages to them are lost with a connection; what the streams hold is not. So the
//! ends of contacts are read from there too, and only what is missing there is lost.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use async_nats::jetstream::Context;
use async_nats::jetstream::consumer::pull::Config;
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy};
use async_nats::jetstream::stream::Stream;
use futures_util::StreamExt;
use model::Time;
use protocol::subject;
use tokio::time::sleep;
use verify::{Checker, ClientLog, Extent, Limits, Message, Report};

use crate::book::Book;
use crate::heard::Said;
use crate::target::Tenant;

/// Messages asked for at once; at a kilobyte each they are well below what a client buffers.
const BATCH: usize = 1_000;
/// In a cluster that was just healed a reader may be asked before its server knows it (503), or go with it.
const FAILURES_MAX: u32 = 10;
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Reads a shard's streams from the journal's present end back to their first message. `is_final`: the run is over, and nobody else
/// uses the shard.
pub async fn judge(context: &Context, tenant: &Tenant, logs: &[ClientLog], is_final: bool) -> Result<Report> {
    let mut checker = Checker::new(tenant.shard.to_string(), is_final, Limits::default());
    // Where the journal ends is asked first, so that every later dump holds what it implies.
    let journal = Dump::open(context, &subject::Stream::journal(tenant.shard).to_string()).await?;
    let ingest = Dump::open(context, &subject::Stream::ingest(tenant.shard).to_string()).await?;
    checker.begin_ingest(ingest.extent);
    ingest.read(|message| checker.ingest(message)).await?;
    checker.begin_journal(journal.extent);
    journal.read(|message| checker.journal(message)).await?;
    let feed = Dump::open(context, &subject::Stream::Events.to_string()).await?;
    checker.begin_feed(feed.extent);
    feed.read(|message| checker.feed(message)).await?;
    let letters = Dump::open(context, &subject::Stream::DeadLetters.to_string()).await?;
    checker.begin_dead_letters(letters.extent);
    letters.read(|message| checker.dead_letter(message)).await?;
    logs.iter().for_each(|log| checker.client(log));
    Ok(checker.finish())
}

/// Reads what the durable streams say of the run's contacts, from where they stood when it began.
pub async fn read_ends(context: &Context, tenant: &Tenant, book: &Book, begins: Begins) -> Result<()> {
    let feed = Dump::open(context, &subject::Stream::Events.to_string()).await?;
    let closed = subject::event(&tenant.id, "contact_closed");
    let now = book.now();
    feed.read_from(begins.feed, |message| {
        if message.subject == closed.as_str()
            && let Some(said) = Said::read(&message.bytes)
        {
            book.event(&said, now);
        }
    })
    .await?;
    let letters = Dump::open(context, &subject::Stream::DeadLetters.to_string()).await?;
    let ours = format!("wissel.refused.{}.", tenant.id);
    let mut refused = std::collections::BTreeSet::new();
    letters
        .read_from(begins.letters, |message| {
            if message.subject.starts_with(&ours)
                && let Some(said) = Said::read(&message.bytes)
            {
                refused.extend(said.position);
            }
        })
        .await?;
    for number in 0..book.len() {
        let mut entry = book.entry(number);
        entry.is_refused |= entry.stored.is_some_and(|(_, position)| refused.contains(&position));
    }
    Ok(())
}

/// Where the durable streams will go on.
#[derive(Debug, Clone, Copy)]
pub struct Begins {
    feed: u64,
    letters: u64,
}

impl Begins {
    pub async fn now(context: &Context) -> Result<Begins> {
        let feed = Dump::open(context, &subject::Stream::Events.to_string()).await?;
        let letters = Dump::open(context, &subject::Stream::DeadLetters.to_string()).await?;
        Ok(Begins { feed: feed.extent.last + 1, letters: letters.extent.last + 1 })
    }
}

struct Dump {
    stream: Stream,
    extent: Extent,
}

impl Dump {
    async fn open(context: &Context, name: &str) -> Result<Dump> {
        let mut failures = 0;
        let stream = loop {
            match context.get_stream(name).await {
                Ok(stream) => break stream,
                Err(_) if failures < FAILURES_MAX => failures += 1,
                Err(error) => return Err(error).with_context(|| format!("there is no stream {name}")),
            }
            sleep(AGAIN_AFTER).await;
        };
        let state = &stream.cached_info().state;
        let last = state.last_sequence;
        let first = if state.messages == 0 { last + 1 } else { state.first_sequence };
        Ok(Dump { extent: Extent { first, last }, stream })
    }

    async fn read(&self, take: impl FnMut(&Message<'_>)) -> Result<()> {
        self.read_from(self.extent.first, take).await
    }

    /// Every message from there to where the stream ended when it was opened.
    async fn read_from(&self, first: u64, mut take: impl FnMut(&Message<'_>)) -> Result<()> {
        let mut next = first.max(self.extent.first);
        let mut failures = 0;
        while next <= self.extent.last {
            match self.read_on(&mut next, &mut take).await {
                Ok(()) => {}
                Err(error) if failures == FAILURES_MAX => return Err(error),
                Err(_) => {
                    failures += 1;
                    sleep(AGAIN_AFTER).await;
                }
            }
        }
        Ok(())
    }

    /// From `next` on, which is moved along, with a reader of its own.
    async fn read_on(&self, next: &mut u64, take: &mut impl FnMut(&Message<'_>)) -> Result<()> {
        let name = &self.stream.cached_info().config.name;
        let config = Config {
            deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: *next },
            ack_policy: AckPolicy::None,
            memory_storage: true,
            num_replicas: 1,
            ..Config::default()
        };
        let reader =
            self.stream.create_consumer(config).await.with_context(|| format!("cannot read {name}"))?;
        while *next <= self.extent.last {
            let before = *next;
            let mut batch = reader.fetch().max_messages(BATCH).messages().await?;
            while let Some(message) = batch.next().await {
                let message = message.map_err(|error| anyhow::anyhow!("cannot read {name}: {error}"))?;
                let info =
                    message.info().map_err(|error| anyhow::anyhow!("{name} gave no sequence: {error}"))?;
                let (sequence, stamp) = (info.stream_sequence, stamp(info.published.unix_timestamp_nanos()));
                if (*next..=self.extent.last).contains(&sequence) {
                    take(&evidence(&message.message, sequence, stamp));
                }
                *next = sequence + 1;
            }
            if *next == before {
                bail!("{name} ends at {}, and nothing comes from {next} on", self.extent.last);
            }
        }
        Ok(())
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
