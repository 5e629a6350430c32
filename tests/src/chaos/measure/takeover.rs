//! From the death of an owner, or from being told to hand over, to the first commit of the next one.

use std::time::Duration;

use anyhow::{Context as _, Result};
use testkit::Scratch;
use tokio::time::sleep;

use super::{Measured, Options, open};
use crate::centre::wall;
use crate::chaos::load::Desks;
use crate::chaos::nemesis::World;

/// No shard is without an owner for longer.
const OWNED_WITHIN: Duration = Duration::from_secs(30);
/// A router that was started again follows the journals before it is the next one's turn.
const SETTLED_AFTER: Duration = Duration::from_secs(4);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Killed,
    HandedOver,
}

pub async fn takeover(options: Options, way: Way) -> Result<Measured> {
    let scratch = Scratch::new();
    let mut world = open(&scratch, &options, Desks::None).await?;
    let what = if way == Way::Killed { "owner killed" } else { "owner told to hand over" };
    let mut measured = Measured::new(what, &options);
    for number in 0..options.times {
        sleep(SETTLED_AFTER).await;
        let shard = (number % u64::from(options.shards)) as usize;
        once(&mut world, shard, way, &mut measured).await?;
        if number % 10 == 9 {
            println!("{} of {}: {:?}", number + 1, options.times, measured.spans_ms);
        }
    }
    world.fleet.stop().await?;
    Ok(measured)
}

/// Everything that the victim owned counts.
async fn once(world: &mut World, shard: usize, way: Way, measured: &mut Measured) -> Result<()> {
    let owner = world.watchers[shard].owner().context("nobody owns the shard")?;
    let before = world.owned_by(&owner);
    let mut routers = world.fleet.lock().await;
    let router = routers.named(&owner).context("the owner is no router of ours")?;
    let at_ms = wall().0;
    match way {
        Way::Killed => routers.kill(router).await?,
        Way::HandedOver => {
            if let Some(said) = routers.terminate(router).await? {
                measured.count("not handed over in order", 1);
                println!("{owner}: {said}");
            }
        }
    }
    drop(routers);
    for (at, epoch) in before {
        let next = world.watchers[at].owned_after(epoch, OWNED_WITHIN).await;
        let next = next.with_context(|| format!("nobody took shard {at} over within {OWNED_WITHIN:?}"))?;
        let gap_ms = world.watchers[at].journal().gap_before(next.epoch);
        measured.span("from the signal to the first commit", next.first_commit_ms.saturating_sub(at_ms));
        measured.span("from the signal to the opening", next.at_ms.saturating_sub(at_ms));
        measured.span("between the last commit and the first", gap_ms);
        if way == Way::HandedOver && !next.is_handed_over {
            measured.count("taken over as after a crash", 1);
        }
    }
    measured.count("times", 1);
    world.fleet.lock().await.start(router)
}
