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
use super::hostile;
use super::site::{AGENTS, KINDS, agent_name};
use super::{Phase, between};

/// Who creates contacts, where, and how often.
#[derive(Debug, Clone)]
pub struct Producer {
    pub client: Client,
    pub tenant: String,
    /// Tells the producers of a run apart.
    pub name: u64,
    /// Between two contacts.
    pub every: Duration,
    pub seed: u64,
    pub created: Created,
}

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
pub async fn produce(producer: Producer, mut phase: watch::Receiver<Phase>) {
    let mut ticks = interval(producer.every);
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
            client: producer.client.clone(),
            tenant: producer.tenant.clone(),
            contact: format!("p{}-{number}", producer.name),
            rng: Rng::stream(producer.seed, "caller", producer.name << 32 | number),
            created: producer.created.clone(),
        };
        callers.spawn(caller.call());
        number += 1;
    }
    while callers.join_next().await.is_some() {}
}

/// Withdraws a contact, for the organisation; `attempt` tells repeats apart that are meant.
pub async fn withdraw(client: &Client, tenant: &str, contact: &str, attempt: u32) {
    end(client, tenant, contact, "organisation", attempt).await;
}

struct Caller {
    client: Client,
    tenant: String,
    contact: String,
    rng: Rng,
    created: Created,
}

impl Caller {
    async fn call(mut self) {
        let body = self.body();
        let subject = format!("wissel.in.{}.contact", self.tenant);
        let id = format!("{}.create", self.contact);
        let sent = self.client.send(&subject, body.clone(), &id, Some(&self.contact)).await;
        let Some(position) = sent else { return };
        self.created.insert(&self.contact, position);
        self.misbehave(&subject, body).await;
        if self.rng.permille(250) {
            sleep(between(&mut self.rng, 50, 2_500)).await;
            end(&self.client, &self.tenant, &self.contact, "customer", 0).await;
        }
    }

    /// What a poor client does: says things twice, late, otherwise, or not at all in the protocol.
    async fn misbehave(&mut self, subject: &str, body: Bytes) {
        if self.rng.permille(100) {
            // Under another id: the stream takes it again, and the shard must know it. Some come when all is over.
            if self.rng.permille(300) {
                sleep(between(&mut self.rng, 500, 8_000)).await;
            }
            let id = format!("{}.again", self.contact);
            self.client.send(subject, body, &id, Some(&self.contact)).await;
        }
        if self.rng.permille(20) {
            let id = format!("{}.otherwise", self.contact);
            let other = self.body();
            self.client.send(subject, other, &id, Some(&self.contact)).await;
        }
        if self.rng.permille(20) {
            let bodies = hostile::bodies();
            let body = bodies[self.rng.below(bodies.len() as u64) as usize].clone();
            let id = format!("{}.hostile", self.contact);
            self.client.send(subject, body, &id, None).await;
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

async fn end(client: &Client, tenant: &str, contact: &str, by: &str, attempt: u32) {
    let body = json!({ "type": "contact_end", "contact": contact, "by": by }).to_string();
    let id = format!("{contact}.end.{by}.{attempt}");
    client.send(&format!("wissel.in.{tenant}.contact"), body.into(), &id, None).await;
}
