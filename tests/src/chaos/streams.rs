//! Reads streams from outside, through servers that come and go.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use async_nats::jetstream::Context;
use async_nats::jetstream::consumer::pull::Config;
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy};
use futures_util::StreamExt;

const BATCH: usize = 2_000;
/// A batch waits this long for more, and then ends.
const EXPIRES: Duration = Duration::from_secs(2);

/// A message as a stream holds it.
#[derive(Debug)]
pub struct Stored<'a> {
    pub sequence: u64,
    pub stamp_ms: u64,
    pub subject: &'a str,
    pub bytes: &'a [u8],
}

/// Gives every message from `first` on as it comes, until the server does not answer any more.
pub async fn follow(
    context: &Context,
    stream: &str,
    first: u64,
    mut take: impl FnMut(Stored<'_>),
) -> Result<()> {
    let consumer = context.get_stream(stream).await?.create_consumer(config(first)).await?;
    let mut next = first;
    loop {
        let mut batch = consumer.batch().max_messages(BATCH).expires(EXPIRES).messages().await?;
        let mut is_alive = false;
        while let Some(message) = batch.next().await {
            let message = message.map_err(|error| anyhow::anyhow!("{stream}: {error}"))?;
            next = give(&message, next, &mut take)?;
            is_alive = true;
        }
        // A quiet stream and a consumer that went with its server look alike, so the stream is asked.
        if !is_alive && context.get_stream(stream).await?.cached_info().state.last_sequence >= next {
            bail!("{stream} has more and the consumer gives nothing");
        }
    }
}

/// Gives every message from `first` to where the stream ends at this moment, and says where the next one will be.
pub async fn read(
    context: &Context,
    stream: &str,
    first: u64,
    mut take: impl FnMut(Stored<'_>),
) -> Result<u64> {
    let found = context.get_stream(stream).await.with_context(|| format!("{stream} gives no information"))?;
    let last = found.cached_info().state.last_sequence;
    let mut next = first;
    let consumer = found.create_consumer(config(first)).await?;
    while next <= last {
        let before = next;
        let mut batch = consumer.fetch().max_messages(BATCH).messages().await?;
        while let Some(message) = batch.next().await {
            let message = message.map_err(|error| anyhow::anyhow!("{stream}: {error}"))?;
            next = give(&message, next, &mut take)?;
        }
        if next == before {
            bail!("{stream} ends at {last}, and nothing comes from {next} on");
        }
    }
    Ok(next)
}

fn give(
    message: &async_nats::jetstream::Message,
    next: u64,
    take: &mut impl FnMut(Stored<'_>),
) -> Result<u64> {
    let info = message.info().map_err(|error| anyhow::anyhow!("a message without its sequence: {error}"))?;
    if info.stream_sequence < next {
        return Ok(next);
    }
    let stamp_ms = u64::try_from(info.published.unix_timestamp_nanos() / 1_000_000).unwrap_or_default();
    let (subject, bytes) = (message.subject.as_str(), message.payload.as_ref());
    take(Stored { sequence: info.stream_sequence, stamp_ms, subject, bytes });
    Ok(info.stream_sequence + 1)
}

fn config(first: u64) -> Config {
    Config {
        deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: first },
        ack_policy: AckPolicy::None,
        memory_storage: true,
        num_replicas: 1,
        ..Config::default()
    }
}
