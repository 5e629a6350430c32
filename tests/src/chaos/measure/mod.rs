//! What a fault costs, measured: the same cluster as in a run, one fault again and again, and the spans it took.
//!
//! | file | question |
//! |---|---|
//! | `takeover` | a killed owner, or one told to hand over, with thousands of contacts waiting: when does the next one commit? |
//! | `floor` | a killed leader of a journal: how long is it without a leader, and what does the router add? |
//! | `zombies` | an owner that wakes from a pause: does anything of the past reach anybody? |
//! | `absence` | a journal without a leader for eight seconds: who is punished for it? |
//!
//! Each appends lines to `measurements.jsonl` beside the record, so that they add up over several calls.

mod absence;
mod floor;
mod takeover;
mod zombies;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use async_nats::jetstream::Context;
use serde::{Deserialize, Serialize};
use serde_json::json;
use testkit::Scratch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use workload::Rng;

pub use absence::absence;
pub use floor::floor;
pub use takeover::{Way, takeover};
pub use zombies::zombies;

use super::fleet::Fleet;
use super::load::{Desks, Load};
use super::nemesis::World;
use super::record::spread;
use super::run::{OWNED_WITHIN, RECONNECT_WINDOW, commit};
use super::servers::Servers;
use super::watcher::Watcher;
use crate::centre::site::{furnish, tenant_name};
use crate::centre::wall;

/// Publishes under way while contacts are laid in.
const AT_ONCE: usize = 128;
const READ_WITHIN: Duration = Duration::from_secs(120);

/// One measurement; a line of the record.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Measured {
    pub commit: String,
    pub at_ms: u64,
    pub what: String,
    /// Contacts that waited in each shard.
    pub waiting: u64,
    /// Spans in milliseconds, by name.
    pub spans_ms: BTreeMap<String, Vec<u64>>,
    /// Whatever is counted, by name.
    pub counts: BTreeMap<String, u64>,
}

#[derive(Debug, Clone)]
pub struct Options {
    pub seed: u64,
    pub shards: u16,
    /// How often the fault is fired.
    pub times: u64,
    /// Contacts that wait in each shard, for agents who are not there.
    pub waiting: u64,
    /// Between two contacts of one shard that keep it busy.
    pub every: Duration,
    /// Where a measurement is kept that was not sound.
    pub kept: PathBuf,
}

impl Measured {
    fn new(what: &str, options: &Options) -> Measured {
        Measured {
            commit: commit(),
            at_ms: wall().0,
            what: what.to_owned(),
            waiting: options.waiting,
            spans_ms: BTreeMap::new(),
            counts: BTreeMap::new(),
        }
    }

    fn span(&mut self, name: &str, span_ms: u64) {
        self.spans_ms.entry(name.to_owned()).or_default().push(span_ms);
    }

    fn count(&mut self, name: &str, count: u64) {
        *self.counts.entry(name.to_owned()).or_default() += count;
    }

    pub fn append(&self, path: &Path) -> Result<()> {
        let mut file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(writeln!(file, "{}", serde_json::to_string(self)?)?)
    }
}

/// All measurements of a record, added up, as Markdown.
pub fn report(path: &Path) -> Result<String> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut spans: BTreeMap<(String, u64, String), Vec<u64>> = BTreeMap::new();
    let mut counts: BTreeMap<(String, u64, String), u64> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let one: Measured = serde_json::from_str(line).context("a line is no measurement")?;
        for (name, values) in one.spans_ms {
            spans.entry((one.what.clone(), one.waiting, name)).or_default().extend(values);
        }
        for (name, count) in one.counts {
            *counts.entry((one.what.clone(), one.waiting, name)).or_default() += count;
        }
    }
    let mut report = String::from("| measurement | waiting | what | ms, or count |\n|---|---:|---|---|\n");
    for ((what, waiting, name), values) in &spans {
        report.push_str(&format!("| {what} | {waiting} | {name} | {} |\n", spread(values.iter())));
    }
    for ((what, waiting, name), count) in &counts {
        report.push_str(&format!("| {what} | {waiting} | {name} | {count} |\n"));
    }
    Ok(report)
}

/// Three servers and three routers under a light load.
async fn open(scratch: &Scratch, options: &Options, desks: Desks) -> Result<World> {
    let servers = Servers::start(scratch, false).await?;
    let url = servers.url();
    furnish(&url, options.shards, servers.cluster.servers.len(), RECONNECT_WINDOW).await?;
    let context = async_nats::jetstream::new(testkit::connect(&url).await?);
    let watchers: Vec<Watcher> =
        (0..options.shards).map(|shard| Watcher::start(context.clone(), shard)).collect();
    let fleet = Fleet::new(scratch, &servers, 3, options.shards).await?;
    for router in 0..3 {
        fleet.lock().await.start(router)?;
    }
    for watcher in &watchers {
        let owned = watcher.owned_after(0, OWNED_WITHIN).await;
        ensure!(owned.is_some(), "nobody owns shard {} after {OWNED_WITHIN:?}", watcher.shard);
    }
    lay_in(&context, options).await?;
    let load = Load::start(&url, options.shards, options.every, options.seed, desks).await?;
    let rng = Rng::stream(options.seed, "measure", 0);
    Ok(World { servers, fleet, load, watchers, context, url, rng })
}

/// Puts contacts into every shard, and waits until each has been decided.
async fn lay_in(context: &Context, options: &Options) -> Result<()> {
    let mut sends = JoinSet::new();
    for shard in 0..options.shards {
        let subject = format!("wissel.in.{}.contact", tenant_name(shard));
        for number in 0..options.waiting {
            while sends.len() >= AT_ONCE {
                sends.join_next().await;
            }
            let body = json!({
                "type": "contact_create",
                "contact": format!("waiting-{number}"),
                "queue": "sales",
                "channel": "voice",
            });
            let (context, subject) = (context.clone(), subject.clone());
            sends.spawn(async move {
                // What is not stored is made good by the count below being a little lower.
                let _ = context.publish(subject, body.to_string().into()).await.map(IntoFuture::into_future);
            });
        }
    }
    while sends.join_next().await.is_some() {}
    for shard in 0..options.shards {
        read(context, shard).await?;
    }
    Ok(())
}

/// Until the shard's feed has been still for a second: everything in its stream is decided.
async fn read(context: &Context, shard: u16) -> Result<()> {
    let begun = Instant::now();
    let mut last = 0;
    loop {
        let name = format!("JRN_{shard}");
        let now = context.get_stream(&name).await?.cached_info().state.bytes;
        if now == last {
            return Ok(());
        }
        last = now;
        ensure!(begun.elapsed() < READ_WITHIN, "shard {shard} does not come to its inputs' end");
        sleep(Duration::from_secs(1)).await;
    }
}
