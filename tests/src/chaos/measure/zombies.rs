//! Owners that are frozen with whatever they have in flight, replaced or not, and wake up.
//!
//! What reaches anybody of a lower epoch than was heard before is stale. A desktop drops it, so it harms nobody; what a
//! desktop *took* of it would be an effect, and is judged by `wissel verify` at the end as in every run.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use futures_util::StreamExt;
use serde_json::Value;
use testkit::Scratch;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use verify::Severity;

use super::{Measured, Options, open};
use crate::centre::wall;
use crate::chaos::load::Desks;
use crate::chaos::nemesis::{SILENCE_LIMIT, World};
use crate::chaos::run::{SETTLE, judge_all, keep};

/// In silence limits, with how many of ten pauses are so long.
const PAUSES: [(f64, &str, u64); 3] = [(0.5, "0.5x", 5), (2.0, "2x", 4), (10.0, "10x", 1)];
/// Until a pause is judged: longer than what was in flight needs.
const AWAKE: Duration = Duration::from_millis(800);

pub async fn zombies(options: Options) -> Result<Measured> {
    let scratch = Scratch::new();
    let mut world = open(&scratch, &options, Desks::Human).await?;
    let mut measured = Measured::new("owner frozen", &options);
    let heard = Listener::start(&world).await?;
    for number in 0..options.times {
        let shard = (number % u64::from(options.shards)) as usize;
        let mut at = number % 10;
        let pause = PAUSES.iter().find(|(_, _, share)| {
            let is_it = at < *share;
            at = at.saturating_sub(*share);
            is_it
        });
        let (limits, name, _) = pause.context("the shares add up to ten")?;
        once(&mut world, shard, *limits, name, &mut measured).await?;
        if number % 20 == 19 {
            println!("{} of {}: {:?}", number + 1, options.times, measured.counts);
        }
    }
    measured.count("stale messages that were dropped", heard.stale());
    world.load.drain(&world.context).await?;
    sleep(SETTLE).await;
    world.load.end().await?;
    sleep(SETTLE).await;
    world.fleet.stop().await?;
    let reports = judge_all(&scratch, &world, options.shards)?;
    let violations: u64 = reports.iter().flat_map(|report| report.violations.values()).sum();
    measured.count("void records", reports.iter().map(|report| report.counts.records_void).sum());
    measured.count("stale effects", violations);
    if violations > 0 {
        let kept = keep(&scratch, &world, &options.kept.join(format!("zombies-{}", wall().0)))?;
        let broken = reports.iter().flat_map(|report| &report.findings);
        let broken = broken.filter(|finding| finding.severity == Severity::Violation).take(5);
        let broken: Vec<String> = broken.map(ToString::to_string).collect();
        bail!("stale effects: {broken:#?}, kept in {}", kept.display());
    }
    Ok(measured)
}

/// Every shard of the owner is paused with it, and counts.
async fn once(
    world: &mut World,
    shard: usize,
    limits: f64,
    name: &str,
    measured: &mut Measured,
) -> Result<()> {
    let owner = world.watchers[shard].owner().context("nobody owns the shard")?;
    let owned = world.owned_by(&owner);
    let mut routers = world.fleet.lock().await;
    let router = routers.named(&owner).context("the owner is no router of ours")?;
    routers.pause(router)?;
    drop(routers);
    sleep(SILENCE_LIMIT.mul_f64(limits)).await;
    world.fleet.lock().await.resume(router)?;
    sleep(AWAKE).await;
    for (at, epoch) in owned {
        measured.count(&format!("pauses of {name}"), 1);
        measured.count(&format!("take-overs at {name}"), u64::from(world.watchers[at].epoch() > epoch));
    }
    Ok(())
}

/// Hears what shards tell, without the filter that every client has.
struct Listener {
    heard: Arc<Mutex<Heard>>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Heard {
    /// The highest epoch heard of each shard.
    epochs: BTreeMap<String, u64>,
    stale: u64,
}

impl Listener {
    async fn start(world: &World) -> Result<Listener> {
        let mut messages = world.context.client().subscribe("wissel.out.>").await?;
        let heard = Arc::<Mutex<Heard>>::default();
        let hearing = Arc::clone(&heard);
        let task = tokio::spawn(async move {
            while let Some(message) = messages.next().await {
                let Ok(message) = serde_json::from_slice::<Value>(&message.payload) else { continue };
                hearing.lock().unwrap_or_else(PoisonError::into_inner).hear(&message["origin"]);
            }
        });
        Ok(Listener { heard, task })
    }

    fn stale(&self) -> u64 {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).stale
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Heard {
    fn hear(&mut self, origin: &Value) {
        let (Some(shard), Some(epoch)) = (origin["shard"].as_str(), origin["epoch"].as_u64()) else { return };
        let highest = self.epochs.entry(shard.to_owned()).or_default();
        self.stale += u64::from(epoch < *highest);
        *highest = (*highest).max(epoch);
    }
}
