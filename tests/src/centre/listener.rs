//! Hears everything that the shard says, and keeps what the test asks for afterwards.
//!
//! The checker proves the durable feed complete against the journal. For the messages to desktops and customers there
//! is no stream to prove; so each event of the feed is taken as the promise of the messages that go with it, and those
//! must have been heard, also when the node died between the journal and the network.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use futures_util::StreamExt;
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::Instant;
use verify::OriginEntry;

use super::client::{Client, contact};

/// Subject, type, and where it was decided.
type Said = (String, String, u64, u64, u32);

#[derive(Debug)]
pub struct Listener {
    pub client: Client,
    heard: Arc<Mutex<Heard>>,
    /// The subscriptions; they end with this handle.
    _tasks: JoinSet<()>,
}

#[derive(Debug, Default)]
struct Heard {
    /// Messages to desktops and customers.
    live: BTreeSet<Said>,
    /// What the feed says was to be told to them.
    promised: BTreeSet<Said>,
    ended: BTreeSet<String>,
    /// Reasons by the position of the refused input.
    refused: BTreeMap<u64, String>,
    /// The first message of each epoch.
    first: BTreeMap<u64, Instant>,
}

impl Listener {
    pub async fn start(url: &str, tenant: &str) -> Result<Listener> {
        let client = Client::connect(url, "everything").await?;
        let heard = Arc::new(Mutex::new(Heard::default()));
        let mut tasks = JoinSet::new();
        for side in ["out", "event", "refused"] {
            let mut messages = client.subscribe(&format!("wissel.{side}.{tenant}.>")).await?;
            let (client, heard) = (client.clone(), Arc::clone(&heard));
            tasks.spawn(async move {
                while let Some(message) = messages.next().await {
                    let Ok(value) = serde_json::from_slice::<Value>(&message.payload) else { continue };
                    let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
                    match side {
                        "out" => heard.live(&client, &message.subject, &value),
                        "event" => heard.event(&value),
                        _ => heard.refused(&value),
                    }
                }
            });
        }
        Ok(Listener { client, heard, _tasks: tasks })
    }

    /// Of these contacts, those of which nobody has said how they ended.
    pub fn open(&self, created: BTreeMap<String, u64>) -> Vec<String> {
        let heard = self.heard();
        let is_open = |(contact, position): &(String, u64)| {
            !heard.ended.contains(contact) && !heard.refused.contains_key(position)
        };
        created.into_iter().filter(is_open).map(|(contact, _)| contact).collect()
    }

    /// Messages that the feed promises and nobody heard.
    pub fn missing(&self) -> Vec<String> {
        self.heard().missing()
    }

    /// How many live messages were heard, repeats not counted.
    pub fn live(&self) -> usize {
        self.heard().live.len()
    }

    /// Refused inputs by reason.
    pub fn refusals(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for reason in self.heard().refused.values() {
            *counts.entry(reason.clone()).or_default() += 1;
        }
        counts
    }

    /// When each epoch was first heard, in order.
    pub fn epochs(&self) -> Vec<Instant> {
        self.heard().first.values().copied().collect()
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Heard {
    fn missing(&self) -> Vec<String> {
        self.promised.difference(&self.live).map(|said| format!("{said:?}")).collect()
    }

    fn live(&mut self, client: &Client, subject: &str, message: &Value) {
        let Some(origin) = client.take(subject, message) else { return };
        self.first.entry(origin.epoch).or_insert_with(Instant::now);
        let kind = message["type"].as_str().unwrap_or_default();
        if kind == "ended" {
            self.ended.extend(contact(message).map(str::to_owned));
        }
        let OriginEntry { epoch, commit, index, .. } = origin;
        self.live.insert((subject.to_owned(), kind.to_owned(), epoch, commit, index));
    }

    fn event(&mut self, message: &Value) {
        let (desktop, customer) = match message["type"].as_str().unwrap_or_default() {
            "agent_presence" => (Some("presence"), None),
            "contact_queued" => (None, Some("queued")),
            "contact_offered" => (Some("offer"), None),
            "contact_accepted" => (Some("assigned"), Some("accepted")),
            "offer_ended" => (Some("offer_ended"), None),
            "contact_wrap_up" => (Some("wrap_up"), Some("handled")),
            "contact_interrupted" => (Some("interrupted"), None),
            "contact_parked" => (Some("parked"), None),
            "contact_stuck" => (Some("stuck"), None),
            "contact_resumed" => (Some("resumed"), None),
            "contact_quieted" => (Some("quieted"), None),
            "contact_returned" => (Some("returned"), Some("returned")),
            "contact_scheduled" => (message["agent"].as_str().map(|_| "not_reached"), Some("scheduled")),
            "contact_updated" => (message["agent"].as_str().map(|_| "updated"), None),
            "contact_closed" => (message["agent"].as_str().map(|_| "closed"), Some("ended")),
            _ => return,
        };
        let whom = [("agent", desktop, message["agent"].as_str()), ("contact", customer, contact(message))];
        for (side, kind, whom) in whom {
            if let (Some(kind), Some(whom)) = (kind, whom) {
                let tenant = message["tenant"].as_str().unwrap_or_default();
                self.promise(format!("wissel.out.{tenant}.{side}.{whom}"), kind, message);
            }
        }
    }

    fn refused(&mut self, message: &Value) {
        if let (Some(position), Some(reason)) = (message["position"].as_u64(), message["reason"].as_str()) {
            self.refused.insert(position, reason.to_owned());
        }
        if let Some(agent) = message["agent"].as_str() {
            let tenant = message["tenant"].as_str().unwrap_or_default();
            self.promise(format!("wissel.out.{tenant}.agent.{agent}"), "refused", message);
        }
    }

    fn promise(&mut self, subject: String, kind: &str, message: &Value) {
        if let Ok(OriginEntry { epoch, commit, index, .. }) =
            serde_json::from_value(message["origin"].clone())
        {
            self.promised.insert((subject, kind.to_owned(), epoch, commit, index));
        }
    }
}

#[test]
fn what_the_feed_promises_and_nobody_heard_is_missing() {
    let mut heard = Heard::default();
    heard.event(&serde_json::json!({
        "type": "contact_accepted",
        "tenant": "acme",
        "agent": "jo",
        "contact": { "contact": "c1" },
        "origin": { "shard": "0", "epoch": 2, "commit": 7, "index": 1 },
    }));
    let (desktop, customer) = ("wissel.out.acme.agent.jo", "wissel.out.acme.contact.c1");
    heard.live.insert((desktop.to_owned(), "assigned".to_owned(), 2, 7, 1));
    assert_eq!(heard.missing(), [format!("{:?}", (customer, "accepted", 2, 7, 1))]);
    heard.live.insert((customer.to_owned(), "accepted".to_owned(), 2, 7, 1));
    assert!(heard.missing().is_empty());
}
