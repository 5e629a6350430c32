//! Eight seconds without the journal's leader: nobody must pay for it.
//!
//! All agents answer at once and none has a break, so an offer that expires, an agent that is lost and a contact that is
//! offered after its customer left can only be the absence's doing. The same is counted over as long a time without a
//! fault, before it.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;
use testkit::Scratch;
use tokio::time::sleep;

use super::{Measured, Options, open};
use crate::centre::site::tenant_name;
use crate::centre::wall;
use crate::chaos::load::Desks;
use crate::chaos::nemesis::World;
use crate::chaos::streams;

const ABSENT: Duration = Duration::from_secs(8);
/// The absence, what it leaves behind, and the same time before it.
const LOOKED_AT: Duration = Duration::from_secs(20);
/// An end and an offer may be decided in the same moment; the stamps are of two machines' worth of rounding.
const SAME_MOMENT_MS: u64 = 20;

pub async fn absence(options: Options) -> Result<Measured> {
    let scratch = Scratch::new();
    let mut world = open(&scratch, &options, Desks::Diligent).await?;
    let mut measured = Measured::new("leader absent for 8 s", &options);
    for number in 0..options.times {
        let shard = (number % u64::from(options.shards)) as usize;
        once(&mut world, shard, &mut measured).await?;
        println!("{} of {}: {:?}", number + 1, options.times, measured.counts);
    }
    world.fleet.stop().await?;
    Ok(measured)
}

async fn once(world: &mut World, shard: usize, measured: &mut Measured) -> Result<()> {
    let stream = format!("JRN_{shard}");
    let calm_ms = wall().0;
    sleep(LOOKED_AT).await;
    let leader = world.servers.leader(&world.context, &stream).await.context("the journal has no leader")?;
    let begun_ms = wall().0;
    world.servers.cluster.servers[leader].kill()?;
    sleep(ABSENT).await;
    world.servers.cluster.servers[leader].restart().await?;
    sleep(LOOKED_AT.saturating_sub(ABSENT)).await;
    let over_ms = wall().0;
    let story = Story::read(world, shard).await?;
    let gap_ms = world.watchers[shard].journal().outages(begun_ms, over_ms, 500);
    measured.span("no commit", gap_ms.iter().map(|(_, long)| *long).max().unwrap_or(0));
    story.count("without a fault", calm_ms..begun_ms, measured);
    story.count("with the absence", begun_ms..over_ms, measured);
    measured.count("times", 1);
    Ok(())
}

/// What the streams say of one tenant.
#[derive(Debug, Default)]
struct Story {
    /// When the customer's leaving was stored, by contact.
    left_ms: BTreeMap<String, u64>,
    offers: Vec<(u64, String)>,
    missed: Vec<u64>,
    lost: Vec<u64>,
}

impl Story {
    async fn read(world: &World, shard: usize) -> Result<Story> {
        let tenant = tenant_name(u16::try_from(shard)?);
        let mut story = Story::default();
        streams::read(&world.context, &format!("ING_{shard}"), 1, |stored| {
            let Ok(input) = serde_json::from_slice::<Value>(stored.bytes) else { return };
            if let ("contact_end", Some(contact)) =
                (input["type"].as_str().unwrap_or_default(), input["contact"].as_str())
            {
                story.left_ms.entry(contact.to_owned()).or_insert(stored.stamp_ms);
            }
        })
        .await?;
        streams::read(&world.context, "EVT", 1, |stored| {
            let Ok(event) = serde_json::from_slice::<Value>(stored.bytes) else { return };
            if event["tenant"] == tenant.as_str() {
                story.hear(stored.stamp_ms, &event);
            }
        })
        .await?;
        Ok(story)
    }

    fn hear(&mut self, stamp_ms: u64, event: &Value) {
        match event["type"].as_str().unwrap_or_default() {
            "contact_offered" => {
                if let Some(contact) = crate::centre::client::contact(event) {
                    self.offers.push((stamp_ms, contact.to_owned()));
                }
            }
            "offer_ended" if event["how"] == "expired" => self.missed.push(stamp_ms),
            "agent_presence" if event["presence"]["state"] == "lost" => self.lost.push(stamp_ms),
            _ => {}
        }
    }

    fn count(&self, when: &str, span_ms: std::ops::Range<u64>, measured: &mut Measured) {
        let within = |stamps: &[u64]| stamps.iter().filter(|stamp| span_ms.contains(stamp)).count() as u64;
        let offers = self.offers.iter().filter(|(stamp, _)| span_ms.contains(stamp));
        let had_left = |(stamp, contact): &&(u64, String)| {
            self.left_ms.get(contact).is_some_and(|left| left + SAME_MOMENT_MS < *stamp)
        };
        measured.count(&format!("offers {when}"), offers.clone().count() as u64);
        measured.count(
            &format!("offers to contacts that had left {when}"),
            offers.filter(had_left).count() as u64,
        );
        measured.count(&format!("offers that expired {when}"), within(&self.missed));
        measured.count(&format!("agents lost {when}"), within(&self.lost));
    }
}
