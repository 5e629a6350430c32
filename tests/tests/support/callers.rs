//! The customers' side: producers that create contacts and end some of them again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep};
use workload::Rng;

use super::client::Client;
use super::site::{AGENTS, KINDS, TENANT, agent_name};
use super::{Phase, between};

/// Between two contacts of one producer.
const EVERY: Duration = Duration::from_millis(50);

/// Position of every acknowledged contact.
#[derive(Debug, Clone, Default)]
pub struct Created(Arc<Mutex<BTreeMap<String, u64>>>);

impl Created {
    pub fn all(&self) -> BTreeMap<String, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn insert(&self, contact: &str, position: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(contact.to_owned(), position);
    }
}

/// Creates contacts until the load ends, and waits for those of its customers who still want to say something.
pub async fn produce(
    client: Client,
    name: u64,
    seed: u64,
    created: Created,
    mut phase: watch::Receiver<Phase>,
) {
    let mut ticks = interval(EVERY);
    // A producer that was held up does not make up for it with a burst.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut callers = JoinSet::new();
    let mut number = 0;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = phase.wait_for(|phase| *phase != Phase::Load) => break,
        }
        while callers.try_join_next().is_some() {}
        let caller = Caller {
            client: client.clone(),
            contact: format!("p{name}-{number}"),
            rng: Rng::stream(seed, "caller", name << 32 | number),
            created: created.clone(),
        };
        callers.spawn(caller.call());
        number += 1;
    }
    while callers.join_next().await.is_some() {}
}

/// Withdraws a contact, for the organisation; `attempt` tells repeats apart that are meant.
pub async fn withdraw(client: &Client, contact: &str, attempt: u32) {
    end(client, contact, "organisation", attempt).await;
}

struct Caller {
    client: Client,
    contact: String,
    rng: Rng,
    created: Created,
}

impl Caller {
    async fn call(mut self) {
        let body = self.body();
        let subject = format!("wissel.in.{TENANT}.contact");
        let id = format!("{}.create", self.contact);
        let sent = self.client.send(&subject, body.clone(), &id, Some(&self.contact)).await;
        let Some(position) = sent else { return };
        self.created.insert(&self.contact, position);
        if self.rng.permille(30) {
            // Under another id: the stream takes it again, and the shard must know it.
            let id = format!("{}.again", self.contact);
            self.client.send(&subject, body, &id, Some(&self.contact)).await;
        }
        if self.rng.permille(10) {
            let id = format!("{}.garbled", self.contact);
            self.client.send(&subject, Bytes::from_static(b"{\"type\":\"contact_"), &id, None).await;
        }
        if self.rng.permille(250) {
            sleep(between(&mut self.rng, 50, 2_500)).await;
            end(&self.client, &self.contact, "customer", 0).await;
        }
    }

    fn body(&mut self) -> Bytes {
        let (queue, channel) = KINDS[self.rng.below(KINDS.len() as u64) as usize];
        let mut body = json!({
            "type": "contact_create",
            "contact": self.contact,
            "queue": queue,
            "channel": channel,
            "points": self.rng.below(50),
            "attributes": { "topic": "loan" },
        });
        if self.rng.permille(100) {
            body["preferred_agent"] = json!(agent_name(self.rng.below(AGENTS)));
        }
        if self.rng.permille(50) {
            body["excluded_agents"] = json!([agent_name(self.rng.below(AGENTS))]);
        }
        body.to_string().into()
    }
}

async fn end(client: &Client, contact: &str, by: &str, attempt: u32) {
    let body = json!({ "type": "contact_end", "contact": contact, "by": by }).to_string();
    let id = format!("{contact}.end.{by}.{attempt}");
    client.send(&format!("wissel.in.{TENANT}.contact"), body.into(), &id, None).await;
}
