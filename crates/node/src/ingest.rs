//! Reading the ingest stream for one shard.
//!
//! An ephemeral pull consumer without acknowledgements, from the shard's position on: the position is in the journal,
//! so nothing needs to be remembered here. One chunk is on its way to the shard at a time; while it is decided the
//! next one gathers, so chunks grow with the load and the shard's room is never exceeded.
//!
//! That nothing is pending is only said on evidence: the server is asked, since a stream that gives nothing may as
//! well be cut off. Contiguity is judged by the shard.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use async_nats::jetstream::consumer::pull::{Config, Stream};
use async_nats::jetstream::consumer::{AckPolicy, Consumer, DeliverPolicy, Info};
use async_nats::jetstream::stream::RawMessageErrorKind;
use async_nats::jetstream::{Context, Message};
use futures_util::{FutureExt, StreamExt};
use model::Time;
use shard::limits::{GROUP_INPUTS_MAX, INBOX_MAX, INGEST_CONFIRM};
use shard::{IngestMessage, RequestId, ShardEvent, StreamFacts};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::clock::NodeTime;
use crate::configs::{self, NAMED_MAX, Texts};
use crate::inbox::ShardInbox;
use crate::journal::{facts, time_of};

/// Messages asked for at once; the client buffers at most half as many again.
const BATCH: usize = 2 * GROUP_INPUTS_MAX;
const HEARTBEAT: Duration = Duration::from_millis(500);
const EXPIRES: Duration = Duration::from_secs(2);
/// Silence after which the server is asked; with the answer's round trip the shard hears in time.
const ASK_AFTER: Duration = Duration::from_millis(INGEST_CONFIRM.0 * 3 / 5);
/// Unanswered questions in a row that end the subscription.
const UNANSWERED_MAX: u32 = 2;
const ASK_TIMEOUT: Duration = Duration::from_secs(1);
/// The server forgets a consumer that nobody reads.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(10);

/// What the shard has taken in, told after every event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Intake {
    /// Chunks of this subscription that were handled.
    pub request: RequestId,
    pub chunks: u64,
    pub room: usize,
}

pub(crate) struct Subscription {
    pub context: Context,
    pub stream: String,
    pub request: RequestId,
    pub from: u64,
    pub texts: Texts,
    pub inbox: ShardInbox,
    pub intake: watch::Receiver<Intake>,
    pub time: NodeTime,
}

impl Subscription {
    /// Reads until it is aborted or in trouble; trouble is told to the shard, which opens another.
    pub async fn run(mut self) {
        let Err(error) = self.read().await;
        tracing::debug!(stream = self.stream, error = format!("{error:#}"), "an ingest subscription ended");
        self.inbox.send(ShardEvent::IngestFailed { request: self.request }).await;
    }

    async fn read(&mut self) -> Result<std::convert::Infallible> {
        let consumer = self.open().await?;
        let mut messages = consumer
            .stream()
            .max_messages_per_batch(BATCH)
            .heartbeat(HEARTBEAT)
            .expires(EXPIRES)
            .messages()
            .await
            .context("the consumer gives no messages")?;
        let first = self.facts().await?.first_sequence;
        let event =
            ShardEvent::IngestOpened { request: self.request, first, before: self.stamp_before().await? };
        if !self.inbox.send(event).await {
            bail!("the shard's thread is gone");
        }
        let mut last = self.from - 1;
        let mut chunks = 0;
        // Inputs since the shard last had nothing to decide that name a configuration text.
        let mut named = 0;
        let mut unanswered = 0;
        if consumer.cached_info().num_pending == 0 {
            let end = self.facts().await?.last_sequence;
            self.tell(Vec::new(), 0, end, &mut chunks).await?;
        }
        loop {
            let room = self.wait_for_room(chunks, if named < NAMED_MAX { 1 } else { INBOX_MAX }).await?;
            if room == INBOX_MAX {
                named = 0;
            }
            match timeout(ASK_AFTER, messages.next()).await {
                Ok(Some(first)) => {
                    let first = first.context("the ingest stream gave an error")?;
                    let (chunk, pending) = self.gather(first, &mut messages, room).await?;
                    named += chunk.iter().filter(|message| configs::names_a_text(message)).count();
                    last = chunk.last().map_or(last, |message| message.sequence);
                    unanswered = 0;
                    self.tell(chunk, pending, last + pending, &mut chunks).await?;
                }
                Ok(None) => bail!("the ingest stream ended"),
                Err(_) => match timeout(ASK_TIMEOUT, self.ask(&consumer)).await {
                    Ok(Ok((info, end))) => {
                        unanswered = 0;
                        // What was delivered beyond `last` is on its way; it will speak for itself.
                        if info.num_pending > 0 || info.delivered.stream_sequence <= last {
                            self.tell(Vec::new(), info.num_pending, end, &mut chunks).await?;
                        }
                    }
                    Ok(Err(error)) => return Err(error),
                    Err(_) if unanswered + 1 == UNANSWERED_MAX => bail!("the server does not answer"),
                    Err(_) => unanswered += 1,
                },
            }
        }
    }

    async fn open(&self) -> Result<Consumer<Config>> {
        let stream = self.context.get_stream_no_info(&self.stream).await?;
        let config = Config {
            deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: self.from },
            ack_policy: AckPolicy::None,
            inactive_threshold: FORGOTTEN_AFTER,
            memory_storage: true,
            num_replicas: 1,
            ..Config::default()
        };
        stream.create_consumer(config).await.context("no consumer could be created")
    }

    /// Until the shard has handled every chunk that was sent, and has this much room.
    async fn wait_for_room(&mut self, chunks: u64, least: usize) -> Result<usize> {
        let request = self.request;
        let intake = self
            .intake
            .wait_for(|intake| intake.request == request && intake.chunks >= chunks && intake.room >= least)
            .await
            .context("the shard is gone")?;
        Ok(intake.room)
    }

    /// `first` and whatever else has arrived, within the room; few that name a text.
    async fn gather(
        &self,
        first: Message,
        messages: &mut Stream,
        room: usize,
    ) -> Result<(Vec<IngestMessage>, u64)> {
        let mut chunk = Vec::new();
        let (mut pending, mut named) = (0, 0);
        let mut next = Some(first);
        while let Some(message) = next {
            let message = self.message(&message, &mut pending)?;
            named += usize::from(configs::names_a_text(&message));
            chunk.push(message);
            next = if chunk.len() < room.min(GROUP_INPUTS_MAX) && named < NAMED_MAX {
                messages
                    .next()
                    .now_or_never()
                    .flatten()
                    .transpose()
                    .context("the ingest stream gave an error")?
            } else {
                None
            };
        }
        configs::prepare_all(&self.context, &self.texts, &chunk).await;
        Ok((chunk, pending))
    }

    fn message(&self, message: &Message, pending: &mut u64) -> Result<IngestMessage> {
        let info = message.info().map_err(|error| anyhow::anyhow!("a message without its place: {error}"))?;
        *pending = info.pending;
        let headers = message.headers.as_ref();
        Ok(IngestMessage {
            sequence: info.stream_sequence,
            subject: message.subject.to_string(),
            stamp: self.stamp(info.published.unix_timestamp_nanos()),
            bytes: message.payload.clone(),
            traceparent: headers
                .and_then(|headers| headers.get("traceparent"))
                .map(|value| value.as_str().to_owned()),
        })
    }

    /// The server's time says nothing about a day that is played at another speed.
    fn stamp(&self, nanoseconds: i128) -> Time {
        if self.time.is_virtual() { self.time.wall() } else { time_of(nanoseconds) }
    }

    async fn ask(&self, consumer: &Consumer<Config>) -> Result<(Info, u64)> {
        let (info, facts) = tokio::join!(consumer.get_info(), self.facts());
        Ok((info.context("the consumer is gone")?, facts?.last_sequence))
    }

    async fn facts(&self) -> Result<StreamFacts> {
        let stream =
            self.context.get_stream(&self.stream).await.context("the stream gives no information")?;
        Ok(facts(stream.cached_info()))
    }

    /// When the server stored the message before the first one asked for; nothing when it is not there any more.
    async fn stamp_before(&self) -> Result<Option<Time>> {
        if self.from < 2 {
            return Ok(None);
        }
        let stream = self.context.get_stream_no_info(&self.stream).await?;
        match stream.get_raw_message(self.from - 1).await {
            Ok(message) => Ok(Some(self.stamp(message.time.unix_timestamp_nanos()))),
            Err(error) if error.kind() == RawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) => Err(error).context("the ingest stream cannot be read"),
        }
    }

    async fn tell(
        &self,
        messages: Vec<IngestMessage>,
        pending: u64,
        end: u64,
        chunks: &mut u64,
    ) -> Result<()> {
        *chunks += 1;
        let event = ShardEvent::IngestRead { request: self.request, messages, pending, end };
        if self.inbox.send(event).await { Ok(()) } else { bail!("the shard's thread is gone") }
    }
}
