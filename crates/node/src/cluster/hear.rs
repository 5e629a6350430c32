//! What nodes tell one another, on the stream `MEMBERS` and, as it is sent, on core NATS.
//!
//! A record is published without waiting for the store: those who live hear it at once, and a store that is away silences
//! nobody. Records of nodes expire; whoever reads one later learns no more from it than a name.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use async_nats::connection::State;
use async_nats::jetstream::Context;
use async_nats::jetstream::stream::RawMessageErrorKind;
use async_nats::{Client, HeaderMap, Message, Subscriber};
use futures_util::{StreamExt, TryStreamExt};
use protocol::members::MemberRecord;
use protocol::subject::{MEMBER_ALL, Stream};
use shard::members::SILENCE_MAX;
use tokio::time::Instant;

/// How long the store keeps the last heartbeat of a node.
const NODE_RECORD_TTL: &str = "60s";
const READ_ATTEMPTS: u32 = 20;
const READ_AGAIN_AFTER: Duration = Duration::from_millis(500);
/// A client that takes nothing for so long has lost its server; the next heartbeat follows soon.
const SEND_TIMEOUT: Duration = Duration::from_millis(100);

/// The way to the other nodes.
#[derive(Debug)]
pub(super) struct Ether {
    context: Context,
    client: Client,
    heard: Subscriber,
}

impl Ether {
    pub async fn join(context: &Context) -> Result<Ether> {
        let (context, client) = (context.clone(), context.client());
        let heard = client.subscribe(MEMBER_ALL).await.context("other nodes cannot be heard")?;
        client.flush().await.context("other nodes cannot be heard")?;
        Ok(Ether { context, client, heard })
    }

    /// The last record of each subject. A store that is electing a leader is waited for.
    pub async fn stored(&self) -> Result<Vec<MemberRecord>> {
        let mut attempts = 0;
        loop {
            match self.read().await {
                Ok(records) => return Ok(records),
                Err(error) if attempts == READ_ATTEMPTS => return Err(error),
                Err(error) => tracing::debug!(error = format!("{error:#}"), "MEMBERS cannot be read yet"),
            }
            attempts += 1;
            tokio::time::sleep(READ_AGAIN_AFTER).await;
        }
    }

    async fn read(&self) -> Result<Vec<MemberRecord>> {
        let name = Stream::Members.to_string();
        let what = || format!("the stream {name} cannot be read; create it with `wissel init`");
        let stream = self.context.get_stream(&name).await.with_context(what)?;
        let subjects = stream.info_with_subjects(MEMBER_ALL).await.with_context(what)?;
        let subjects: Vec<(String, usize)> = subjects.try_collect().await.with_context(what)?;
        let mut records = Vec::new();
        for (subject, _) in subjects {
            match stream.get_last_raw_message_by_subject(&subject).await {
                Ok(message) => records.extend(decoded(&subject, &message.payload)),
                // It expired in between.
                Err(error) if error.kind() == RawMessageErrorKind::NoMessageFound => {}
                Err(error) => return Err(error).with_context(what),
            }
        }
        Ok(records)
    }

    /// Waits as long as a node may be silent for one that goes by this name, and gives what was heard.
    pub async fn listen_for_namesake(&mut self, node: &str, incarnation: u64) -> Result<Vec<MemberRecord>> {
        let mut heard = Vec::new();
        let deadline = Instant::now() + Duration::from_millis(SILENCE_MAX.0);
        while let Ok(record) = tokio::time::timeout_at(deadline, self.next()).await {
            if let MemberRecord::Node(other) = &record
                && other.node == node
                && other.incarnation != incarnation
            {
                bail!(
                    "a node named {node} runs already on these servers; stop it, or start this one with another --name"
                );
            }
            heard.push(record);
        }
        Ok(heard)
    }

    /// The next record that anybody sends, this node included.
    pub async fn next(&mut self) -> MemberRecord {
        loop {
            match self.heard.next().await {
                Some(Message { subject, payload, .. }) => {
                    if let Some(record) = decoded(subject.as_str(), &payload) {
                        return record;
                    }
                }
                None => {
                    tokio::time::sleep(READ_AGAIN_AFTER).await;
                    match self.client.subscribe(MEMBER_ALL).await {
                        Ok(heard) => self.heard = heard,
                        Err(error) => tracing::warn!(%error, "other nodes cannot be heard yet"),
                    }
                }
            }
        }
    }

    /// Tells everybody; what cannot be sent now is old by the time it could.
    pub async fn tell(&self, record: &MemberRecord) {
        if self.client.connection_state() != State::Connected {
            return;
        }
        let mut headers = HeaderMap::new();
        if let MemberRecord::Node(_) = record {
            headers.insert("Nats-TTL", NODE_RECORD_TTL);
        }
        let sent = self.client.publish_with_headers(record.subject(), headers, record.encode().into());
        if let Ok(Err(error)) = tokio::time::timeout(SEND_TIMEOUT, sent).await {
            tracing::debug!(%error, "a record for other nodes could not be sent");
        }
    }

    pub async fn flush(&self) {
        let _ = tokio::time::timeout(SEND_TIMEOUT, self.client.flush()).await;
    }
}

fn decoded(subject: &str, bytes: &[u8]) -> Option<MemberRecord> {
    let record = MemberRecord::decode(subject, bytes);
    record.inspect_err(|error| tracing::warn!(subject, %error, "a record of a node is passed over")).ok()
}
