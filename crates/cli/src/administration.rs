//! What an administration tells a tenant: configurations and the roster, and what becomes of them.
//!
//! A configuration goes to `CFG` under its hash first, then an input names it. Whoever owns the tenant's shard answers
//! through the event feed or the dead letters; without an owner nobody answers, and the input waits.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use async_nats::jetstream;
use async_nats::jetstream::stream::LastRawMessageErrorKind;
use futures_util::StreamExt;
use model::{InputBody, TenantConfig, TenantId};
use protocol::subject::{self, Stream};
use protocol::{config, input};
use serde::Deserialize;
use std::sync::Arc;
use tokio::time::Instant;

use crate::connection;

/// Speaks for one tenant.
#[derive(Debug, Clone)]
pub struct Administration {
    client: async_nats::Client,
    jetstream: jetstream::Context,
    tenant: TenantId,
}

/// What came of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Applied,
    /// It is in force already; nothing was sent.
    Before,
    Refused {
        reason: String,
        detail: String,
    },
    /// Nobody answered in time; the input stays in the ingest stream.
    Silence,
}

/// A configuration that the servers hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub text: String,
    /// The feed says that it was applied; otherwise it is only the last that was stored.
    pub is_in_force: bool,
}

#[derive(Deserialize)]
struct Applied {
    hash: String,
}

#[derive(Deserialize)]
struct Refused {
    position: u64,
    reason: String,
    detail: String,
}

impl Administration {
    pub fn new(client: &async_nats::Client, tenant: TenantId) -> Administration {
        Administration { client: client.clone(), jetstream: connection::jetstream(client), tenant }
    }

    /// Stores the text, names it in an input, and waits for what becomes of it. `parsed` is what the text says.
    pub async fn apply(&self, text: &str, parsed: TenantConfig, limit: Duration) -> Result<Answer> {
        // Nobody says anything of a text that is in force already.
        if self.held().await?.is_some_and(|held| held.is_in_force && held.text == text) {
            return Ok(Answer::Before);
        }
        let hash = config::hash(text);
        let mut applied = self.subscribe(subject::event(&self.tenant, "config_applied")).await?;
        let mut refused = self.subscribe(format!("wissel.refused.{}.*", self.tenant)).await?;
        self.store(&hash, text).await?;
        let position =
            self.send(&InputBody::ConfigApply { hash: hash.clone(), config: Arc::new(parsed) }).await?;
        let deadline = Instant::now() + limit;
        loop {
            tokio::select! {
                Some(message) = applied.next() => {
                    let said: Applied = read(&message)?;
                    if said.hash == hash {
                        return Ok(Answer::Applied);
                    }
                }
                Some(message) = refused.next() => {
                    let said: Refused = read(&message)?;
                    if said.position == position {
                        return Ok(Answer::Refused { reason: said.reason, detail: said.detail });
                    }
                }
                () = tokio::time::sleep_until(deadline) => return Ok(Answer::Silence),
            }
        }
    }

    /// Sends an input and gives its position in the ingest stream.
    pub async fn send(&self, body: &InputBody) -> Result<u64> {
        let Some((subject, bytes)) = input::encode(&self.tenant, body) else {
            bail!("what a decoder has refused cannot be sent")
        };
        Ok(publish(&self.jetstream, subject, bytes)
            .await
            .with_context(|| {
                format!(
                    "tenant {} has no ingest stream; place it with `wissel tenant add {}`",
                    self.tenant, self.tenant
                )
            })?
            .sequence)
    }

    /// The configuration in force as far as the feed tells, else the last that was stored; nothing for a new tenant.
    pub async fn held(&self) -> Result<Option<Held>> {
        let applied = subject::event(&self.tenant, "config_applied");
        if let Some(bytes) = self.last(&Stream::Events, &applied).await? {
            let said: Applied = serde_json::from_slice(&bytes).context("an event that is not ours")?;
            let stored = subject::config(&self.tenant, &said.hash).unwrap_or_default();
            if let Some(text) = self.last(&Stream::Configs, &stored).await? {
                return Ok(Some(Held { text: utf8(text)?, is_in_force: true }));
            }
        }
        let any = format!("wissel.cfg.{}.*", self.tenant);
        let last = self.last(&Stream::Configs, &any).await?;
        last.map(|text| Ok(Held { text: utf8(text)?, is_in_force: false })).transpose()
    }

    async fn store(&self, hash: &str, text: &str) -> Result<()> {
        let subject = subject::config(&self.tenant, hash).context("a hash that is none")?;
        publish(&self.jetstream, subject, text.as_bytes().to_vec())
            .await
            .context("cannot store the configuration; `wissel init` creates the stream CFG")?;
        Ok(())
    }

    async fn last(&self, stream: &Stream, subject: &str) -> Result<Option<Vec<u8>>> {
        let stream = connection::stream(&self.jetstream, &stream.to_string()).await?;
        match stream.get_last_raw_message_by_subject(subject).await {
            Ok(message) => Ok(Some(message.payload.to_vec())),
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {subject}")),
        }
    }

    async fn subscribe(&self, subject: String) -> Result<async_nats::Subscriber> {
        let what = format!("cannot subscribe to {subject}");
        let subscriber = self.client.subscribe(subject).await.context(what)?;
        // The server has it before anything is published that could answer it.
        self.client.flush().await.context("the connection is gone")?;
        Ok(subscriber)
    }
}

/// Publishes and waits until it is stored.
pub async fn publish(
    jetstream: &jetstream::Context,
    subject: String,
    bytes: Vec<u8>,
) -> Result<jetstream::publish::PublishAck> {
    let what = format!("{subject} was not stored");
    let acknowledgement = jetstream.publish(subject, bytes.into()).await.context(what.clone())?;
    acknowledgement.await.context(what)
}

fn read<'a, T: Deserialize<'a>>(message: &'a async_nats::Message) -> Result<T> {
    serde_json::from_slice(&message.payload)
        .with_context(|| format!("{} carries something that is not ours", message.subject))
}

fn utf8(bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).context("the stored configuration is not text")
}
