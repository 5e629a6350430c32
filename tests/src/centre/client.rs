//! One connection of a producer or a desktop, and the log of what it sent and took, for the checker.
//!
//! An input is sent again with the same id until it is acknowledged, as the protocol asks of every client; a consumer
//! drops what it has seen on a subject and what is of a lower epoch than it has seen.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use async_nats::jetstream::Context;
use async_nats::jetstream::message::PublishMessage;
use bytes::Bytes;
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout};
use verify::{ClientEntry, ClientLog, OriginEntry, Published, PublishedResult, Received};

use super::wall;

/// As in the desktop protocol.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(100);
/// As in the desktop protocol.
const ANSWERED_WITHIN: Duration = Duration::from_secs(1);
/// As in the desktop protocol: then the input's fate is unknown.
const GIVE_UP_AFTER: Duration = Duration::from_secs(30);

#[derive(Clone)]
pub struct Client {
    context: Context,
    log: Arc<Mutex<Log>>,
}

struct Log {
    log: ClientLog,
    filter: Filter,
}

/// What a consumer has taken.
#[derive(Debug, Default)]
struct Filter {
    epoch: u64,
    last: HashMap<String, (u64, u64, u32)>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("name", &self.log().log.name).finish_non_exhaustive()
    }
}

impl Client {
    pub async fn connect(url: &str, name: &str) -> Result<Client> {
        let client = testkit::connect(url).await?;
        let log = ClientLog { name: name.to_owned(), entries: Vec::new() };
        let log = Arc::new(Mutex::new(Log { log, filter: Filter::default() }));
        Ok(Client { context: async_nats::jetstream::new(client), log })
    }

    pub async fn subscribe(&self, subject: &str) -> Result<async_nats::Subscriber> {
        let client = self.context.client();
        let subscription = client.subscribe(subject.to_owned()).await?;
        client.flush().await?;
        Ok(subscription)
    }

    /// On core NATS: nobody acknowledges it.
    pub async fn tell(&self, subject: String, body: &Value) -> Result<()> {
        self.context.client().publish(subject, body.to_string().into()).await?;
        Ok(())
    }

    /// The input's position; nothing when its fate is unknown. `contact` is the one it creates.
    pub async fn send(&self, subject: &str, body: Bytes, id: &str, contact: Option<&str>) -> Option<u64> {
        let (at, deadline) = (wall(), Instant::now() + GIVE_UP_AFTER);
        let result = loop {
            match self.publish(subject, body.clone(), id).await {
                Ok(sequence) => break PublishedResult::AckSequence(sequence),
                Err(error) if Instant::now() > deadline || is_refused(&error) => {
                    break PublishedResult::Error(format!("{error:#}"));
                }
                Err(_) => sleep(PAUSE).await,
            }
        };
        let sequence = match &result {
            PublishedResult::AckSequence(sequence) => Some(*sequence),
            PublishedResult::Error(_) => None,
        };
        let contact = contact.map(str::to_owned);
        let published = Published { at, subject: subject.to_owned(), contact, result };
        self.log().log.entries.push(ClientEntry::Published(published));
        sequence
    }

    async fn publish(&self, subject: &str, body: Bytes, id: &str) -> Result<u64> {
        let message = PublishMessage::build().payload(body).message_id(id);
        let sent = async { self.context.send_publish(subject.to_owned(), message).await?.await };
        let acknowledgement = timeout(ACKNOWLEDGED_WITHIN, sent).await.context("no acknowledgement")??;
        Ok(acknowledgement.sequence)
    }

    /// Notes the message, unless it is a repeat or too late.
    pub fn take(&self, subject: &str, message: &Value) -> Option<OriginEntry> {
        let origin: OriginEntry = serde_json::from_value(message["origin"].clone()).ok()?;
        let mut log = self.log();
        if !log.filter.is_new(subject, &origin) {
            return None;
        }
        log.log.entries.push(ClientEntry::Received(Received {
            at: wall(),
            subject: subject.to_owned(),
            kind: message["type"].as_str().unwrap_or_default().to_owned(),
            origin: origin.clone(),
            contact: contact(message).map(str::to_owned),
            offer: message["offer"].as_u64(),
        }));
        Some(origin)
    }

    /// The answer of a node, when one comes in time.
    pub async fn ask(&self, subject: String, body: &Value) -> Option<Value> {
        let client = self.context.client();
        let asked = client.request(subject, body.to_string().into());
        let answer = timeout(ANSWERED_WITHIN, asked).await.ok()?.ok()?;
        serde_json::from_slice(&answer.payload).ok()
    }

    /// What was taken is not new any more: a state was fetched that contains it.
    pub fn contains(&self, subject: &str, origin: &Value) {
        let (Some(epoch), Some(commit)) = (origin["epoch"].as_u64(), origin["commit"].as_u64()) else {
            return;
        };
        let mut log = self.log();
        let filter = &mut log.filter;
        filter.epoch = filter.epoch.max(epoch);
        let last = filter.last.entry(subject.to_owned()).or_default();
        *last = (*last).max((epoch, commit, u32::MAX));
    }

    /// The last decision that was taken on this subject.
    pub fn last(&self, subject: &str) -> (u64, u64) {
        self.log().filter.last.get(subject).map_or((0, 0), |(epoch, commit, _)| (*epoch, *commit))
    }

    /// How many inputs are known to be stored, and how many may be.
    pub fn sent(&self) -> (u64, u64) {
        let mut sent = (0, 0);
        for entry in &self.log().log.entries {
            if let ClientEntry::Published(published) = entry {
                match published.result {
                    PublishedResult::AckSequence(_) => sent.0 += 1,
                    PublishedResult::Error(_) => sent.1 += 1,
                }
            }
        }
        sent
    }

    /// Writes the log as `<name>.jsonl`, and says how many entries it has.
    pub fn write(&self, folder: &Path) -> Result<usize> {
        let log = self.log();
        let lines: Vec<String> = log.log.entries.iter().map(ClientEntry::to_line).collect();
        let path = folder.join(format!("{}.jsonl", log.log.name));
        std::fs::write(&path, lines.join("\n"))
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(lines.len())
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Filter {
    fn is_new(&mut self, subject: &str, origin: &OriginEntry) -> bool {
        let place = (origin.epoch, origin.commit, origin.index);
        if origin.epoch < self.epoch || self.last.get(subject).is_some_and(|last| place <= *last) {
            return false;
        }
        self.epoch = origin.epoch;
        self.last.insert(subject.to_owned(), place);
        true
    }
}

/// The stream takes no message of this size, however often it is sent.
fn is_refused(error: &anyhow::Error) -> bool {
    format!("{error:#}").contains("exceeds maximum")
}

/// Which contact a message is about: it stands there as a whole or by its id.
pub fn contact(message: &Value) -> Option<&str> {
    message["contact"].as_str().or_else(|| message["contact"]["contact"].as_str())
}
