//! Everybody who is not the system: customers, agents, and who looks after what is left at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use async_nats::jetstream::Context;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::streams;
use crate::centre::Phase;
use crate::centre::callers::{Created, Producer, produce, withdraw};
use crate::centre::client::Client;
use crate::centre::desk::{Desk, Order};
use crate::centre::site::{AGENTS, tenant_name};

/// After the load contacts have this long to end by themselves, before those that remain are withdrawn.
const DRAIN_BEFORE_WITHDRAWING: Duration = Duration::from_secs(8);
const DRAIN_MAX: Duration = Duration::from_secs(90);
const CLIENTS_END_WITHIN: Duration = Duration::from_secs(60);

/// Who sits at the desks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Desks {
    /// Nobody: every contact waits.
    None,
    /// People, who decline, miss and take breaks.
    Human,
    /// Who answers at once and never goes.
    Diligent,
}

#[derive(Debug)]
pub struct Load {
    pub phase: watch::Sender<Phase>,
    pub orders: watch::Sender<Order>,
    pub tenants: Vec<Tenant>,
    url: String,
    seed: u64,
    producers: JoinSet<()>,
    desks: JoinSet<()>,
}

/// One shard's side of it.
#[derive(Debug)]
pub struct Tenant {
    pub name: String,
    pub created: Created,
    clients: Vec<Client>,
    /// Ends what nobody else does, and sends what no honest client does.
    pub steward: Client,
}

impl Load {
    /// `every`: between two contacts of a shard.
    pub async fn start(url: &str, shards: u16, every: Duration, seed: u64, desks: Desks) -> Result<Load> {
        let (phase, _) = watch::channel(Phase::Load);
        let (orders, _) = watch::channel(Order::Work);
        let mut load = Load {
            phase,
            orders,
            tenants: Vec::new(),
            url: url.to_owned(),
            seed,
            producers: JoinSet::new(),
            desks: JoinSet::new(),
        };
        for shard in 0..shards {
            load.open(shard, every, desks).await?;
        }
        Ok(load)
    }

    async fn open(&mut self, shard: u16, every: Duration, desks: Desks) -> Result<()> {
        let name = tenant_name(shard);
        let steward = Client::connect(&self.url, &format!("steward-{name}")).await?;
        let mut clients = vec![steward.clone()];
        let agents = if desks == Desks::None { 0 } else { AGENTS };
        for number in 0..agents {
            let (mut desk, messages) = Desk::open(&self.url, &name, number, self.seed).await?;
            clients.push(desk.client());
            if desks == Desks::Diligent {
                desk.be_diligent();
            }
            self.desks.spawn(desk.work(messages, self.phase.subscribe(), self.orders.subscribe()));
        }
        let created = Created::default();
        let client = Client::connect(&self.url, &format!("producer-{name}")).await?;
        clients.push(client.clone());
        let producer = Producer {
            client,
            tenant: name.clone(),
            name: u64::from(shard),
            every,
            seed: self.seed,
            created: created.clone(),
        };
        self.producers.spawn(produce(producer, self.phase.subscribe()));
        self.tenants.push(Tenant { name, created, clients, steward });
        Ok(())
    }

    /// Another desktop for an agent, which works until `over`.
    pub async fn rival(
        &mut self,
        shard: usize,
        number: u64,
        session: u64,
        over: watch::Receiver<Phase>,
    ) -> Result<()> {
        let tenant = &mut self.tenants[shard];
        let (desk, messages) = Desk::rival(&self.url, &tenant.name, number, session).await?;
        tenant.clients.push(desk.client());
        self.desks.spawn(desk.work(messages, over, self.orders.subscribe()));
        Ok(())
    }

    /// No contact comes any more, and every one there is comes to an end.
    pub async fn drain(&mut self, context: &Context) -> Result<Ends> {
        self.phase.send_replace(Phase::Finish);
        join(&mut self.producers, "producers").await?;
        let begun = Instant::now();
        let mut ends = Ends::default();
        let mut attempt = 0;
        loop {
            sleep(Duration::from_millis(500)).await;
            // A server may be in trouble still; the limit is for that too.
            let read = ends.read(context).await;
            let open: Vec<_> = self.tenants.iter().map(|tenant| ends.open(tenant)).collect();
            if read.is_ok() && open.iter().all(Vec::is_empty) {
                return Ok(ends);
            }
            if begun.elapsed() > DRAIN_MAX {
                let count: usize = open.iter().map(Vec::len).sum();
                let first = open.iter().flatten().next();
                bail!("{count} contacts did not end within {DRAIN_MAX:?}, such as {first:?}; {read:?}");
            }
            if begun.elapsed() > DRAIN_BEFORE_WITHDRAWING {
                attempt += 1;
                for (tenant, open) in self.tenants.iter().zip(&open) {
                    for contact in open {
                        withdraw(&tenant.steward, &tenant.name, contact, attempt).await;
                    }
                }
            }
        }
    }

    pub async fn end(&mut self) -> Result<()> {
        self.phase.send_replace(Phase::Over);
        join(&mut self.desks, "desks").await
    }

    /// Writes what the clients of a shard sent and took; gives the files.
    pub fn write_logs(&self, shard: usize, folder: &Path) -> Result<Vec<PathBuf>> {
        let folder = folder.join(&self.tenants[shard].name);
        std::fs::create_dir_all(&folder)?;
        for client in &self.tenants[shard].clients {
            client.write(&folder)?;
        }
        let entries = std::fs::read_dir(&folder)?;
        let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
        paths.sort();
        Ok(paths)
    }

    pub fn created(&self) -> u64 {
        self.tenants.iter().map(|tenant| tenant.created.all().len() as u64).sum()
    }
}

async fn join(tasks: &mut JoinSet<()>, what: &str) -> Result<()> {
    let all = async {
        while let Some(ended) = tasks.join_next().await {
            ended.with_context(|| format!("one of the {what} panicked"))?;
        }
        Ok(())
    };
    timeout(CLIENTS_END_WITHIN, all).await.with_context(|| format!("the {what} did not end"))?
}

/// How contacts ended, as the durable streams tell it: what goes to clients may be lost with their server.
#[derive(Debug, Default)]
pub struct Ends {
    feed_read: u64,
    dead_letters_read: u64,
    /// By tenant.
    arrived: BTreeMap<String, BTreeSet<String>>,
    closed: BTreeMap<String, BTreeSet<String>>,
    /// Positions of refused inputs.
    refused: BTreeMap<String, BTreeSet<u64>>,
    /// How often each reason was given.
    pub reasons: BTreeMap<String, u64>,
}

impl Ends {
    pub async fn read(&mut self, context: &Context) -> Result<()> {
        let (mut feed_read, mut letters_read) = (self.feed_read, self.dead_letters_read);
        let feed = streams::read(context, "EVT", feed_read + 1, |stored| {
            feed_read = stored.sequence;
            self.event(stored.bytes);
        });
        let feed = feed.await.map(|_| ());
        self.feed_read = feed_read;
        let letters = streams::read(context, "DLQ", letters_read + 1, |stored| {
            letters_read = stored.sequence;
            self.refusal(stored.bytes);
        });
        let letters = letters.await.map(|_| ());
        self.dead_letters_read = letters_read;
        feed.and(letters)
    }

    pub fn has_arrived(&self, tenant: &str, contact: &str) -> bool {
        self.arrived.get(tenant).is_some_and(|arrived| arrived.contains(contact))
    }

    /// Acknowledged, or known to the shard, and without an end.
    fn open(&self, tenant: &Tenant) -> Vec<String> {
        let none = BTreeSet::new();
        let closed = self.closed.get(&tenant.name).unwrap_or(&none);
        let no_position = BTreeSet::new();
        let refused = self.refused.get(&tenant.name).unwrap_or(&no_position);
        let arrived = self.arrived.get(&tenant.name).unwrap_or(&none);
        let acknowledged = tenant.created.all();
        let mut open: BTreeSet<String> = acknowledged
            .into_iter()
            .filter(|(contact, position)| !closed.contains(contact) && !refused.contains(position))
            .map(|(contact, _)| contact)
            .collect();
        open.extend(arrived.difference(closed).cloned());
        open.into_iter().collect()
    }

    fn event(&mut self, bytes: &[u8]) {
        let Ok(event) = serde_json::from_slice::<serde_json::Value>(bytes) else { return };
        let tenant = event["tenant"].as_str().unwrap_or_default().to_owned();
        let Some(contact) = crate::centre::client::contact(&event).map(str::to_owned) else { return };
        match event["type"].as_str().unwrap_or_default() {
            "contact_arrived" => self.arrived.entry(tenant).or_default().insert(contact),
            "contact_closed" => self.closed.entry(tenant).or_default().insert(contact),
            _ => return,
        };
    }

    fn refusal(&mut self, bytes: &[u8]) {
        let Ok(refusal) = serde_json::from_slice::<serde_json::Value>(bytes) else { return };
        let tenant = refusal["tenant"].as_str().unwrap_or_default().to_owned();
        if let Some(position) = refusal["position"].as_u64() {
            self.refused.entry(tenant).or_default().insert(position);
        }
        let reason = refusal["reason"].as_str().unwrap_or_default().to_owned();
        *self.reasons.entry(reason).or_default() += 1;
    }
}
