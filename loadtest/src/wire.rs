//! Connections: what is sent is sent again with the same id until it is acknowledged, as the protocol asks of every client.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use async_nats::Event;
use async_nats::jetstream::Context;
use async_nats::jetstream::context::{ContextBuilder, PublishAckFuture};
use async_nats::jetstream::message::PublishMessage;
use bytes::Bytes;
use model::Time;
use tokio::time::{Instant, sleep, timeout};

/// As in the desktop protocol.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(2);
const PAUSE_FIRST: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(1);
/// As in the desktop protocol: then the input's fate is unknown.
const GIVE_UP_AFTER: Duration = Duration::from_secs(30);
/// A server on the other side of the world answers within a second; this is for one that is not there.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// Acknowledgements that may be awaited, and messages on their way out or in: whoever waits here is not the router, so that
/// no limit may be felt before the plan's own.
const UNDER_WAY_MAX: usize = 1 << 20;

/// How often any connection of a run broke. What is heard is not complete then.
#[derive(Debug, Clone, Default)]
pub struct Breaks(Arc<AtomicU64>);

impl Breaks {
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// One connection.
#[derive(Debug, Clone)]
pub struct Wire {
    pub context: Context,
}

impl Wire {
    pub async fn connect(urls: &[String], name: &str, breaks: &Breaks) -> Result<Wire> {
        let breaks = breaks.clone();
        let options = async_nats::ConnectOptions::new()
            .name(name)
            .ping_interval(Duration::from_secs(1))
            .connection_timeout(CONNECT_LIMIT)
            .client_capacity(UNDER_WAY_MAX)
            .subscription_capacity(UNDER_WAY_MAX)
            .event_callback(move |event| {
                if matches!(event, Event::Disconnected | Event::SlowConsumer(_)) {
                    breaks.0.fetch_add(1, Ordering::Relaxed);
                }
                std::future::ready(())
            });
        let client = timeout(2 * CONNECT_LIMIT, options.connect(urls.to_vec()))
            .await
            .context("no server answers")?
            .with_context(|| format!("cannot connect to {}", urls.join(", ")))?;
        let context = ContextBuilder::new()
            .timeout(broker::API_TIMEOUT)
            .ack_timeout(ACKNOWLEDGED_WITHIN)
            .max_ack_inflight(UNDER_WAY_MAX)
            .build(client);
        Ok(Wire { context })
    }

    pub async fn subscribe(&self, subject: String) -> Result<async_nats::Subscriber> {
        let client = self.context.client();
        let subscriber = client.subscribe(subject).await?;
        client.flush().await?;
        Ok(subscriber)
    }

    /// On its way; the acknowledgement is to come.
    pub async fn publish(&self, subject: &str, body: Bytes, id: &str) -> Result<PublishAckFuture> {
        let message = PublishMessage::build().payload(body).message_id(id);
        Ok(self.context.send_publish(subject.to_owned(), message).await?)
    }

    /// The position in the ingest stream, or why it is not known.
    pub async fn send(&self, subject: &str, body: Bytes, id: &str) -> Result<u64, String> {
        let first = self.publish(subject, body.clone(), id).await;
        self.settle(first, subject, body, id).await
    }

    /// As [`Wire::send`], for what was published once.
    pub async fn settle(
        &self,
        first: Result<PublishAckFuture>,
        subject: &str,
        body: Bytes,
        id: &str,
    ) -> Result<u64, String> {
        let deadline = Instant::now() + GIVE_UP_AFTER;
        let (mut published, mut pause) = (first, PAUSE_FIRST);
        loop {
            let error = match published {
                Ok(future) => match future.await {
                    Ok(acknowledgement) => return Ok(acknowledgement.sequence),
                    Err(error) => error.to_string(),
                },
                Err(error) => format!("{error:#}"),
            };
            if Instant::now() > deadline {
                return Err(error);
            }
            sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
            published = self.publish(subject, body.clone(), id).await;
        }
    }
}

/// The machine's wall clock.
pub fn wall() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(u64::try_from(since.as_millis()).unwrap_or_default())
}
