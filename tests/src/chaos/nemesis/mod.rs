//! Fires faults: each begins, lasts, and is mended before this returns, so that what follows is recovery.
//!
//! By who is hurt: [`routers`], [`servers`], [`links`], [`clients`].

mod clients;
mod links;
mod routers;
mod servers;

use std::time::Duration;

use anyhow::{Context as _, Result};
use async_nats::jetstream::Context;
use serde::{Deserialize, Serialize};
use tokio::time::sleep;
use workload::Rng;

pub use routers::SILENCE_LIMIT;

use super::fault::Fault;
use super::fleet::Fleet;
use super::load::Load;
use super::servers::Servers;
use super::watcher::Watcher;
use crate::centre::wall;

/// After every fault each shard has this long to commit again, from when the fault was mended.
const COMMITS_WITHIN: Duration = Duration::from_secs(60);

/// What there is to hurt.
#[derive(Debug)]
pub struct World {
    pub servers: Servers,
    pub fleet: Fleet,
    pub load: Load,
    pub watchers: Vec<Watcher>,
    pub context: Context,
    pub url: String,
    pub rng: Rng,
}

/// A fault that was fired.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Fired {
    pub fault: String,
    pub number: String,
    /// From the run's beginning.
    pub at_ms: u64,
    /// Until it was mended.
    pub lasted_ms: u64,
    /// From then until every shard committed again; nothing when one did not.
    pub recovered_ms: Option<u64>,
    /// Whom it hit, and how.
    pub detail: String,
}

impl World {
    /// The shards of this router, each with its epoch.
    pub fn owned_by(&self, router: &str) -> Vec<(usize, u64)> {
        let watchers = self.watchers.iter().enumerate();
        let owned = watchers.filter(|(_, watcher)| watcher.owner().as_deref() == Some(router));
        owned.map(|(at, watcher)| (at, watcher.epoch())).collect()
    }

    /// Fires one fault, and waits until every shard commits again.
    pub async fn fire(&mut self, fault: Fault, begun_ms: u64) -> Result<Fired> {
        let at_ms = wall().0;
        let detail = self.hurt(fault).await.with_context(|| format!("{} cannot be fired", fault.name()))?;
        let mended_ms = wall().0;
        let recovered_ms = self.recovered(mended_ms).await;
        Ok(Fired {
            fault: fault.name().to_owned(),
            number: fault.number().to_owned(),
            at_ms: at_ms.saturating_sub(begun_ms),
            lasted_ms: mended_ms - at_ms,
            recovered_ms,
            detail,
        })
    }

    async fn hurt(&mut self, fault: Fault) -> Result<String> {
        match fault {
            Fault::RouterKilled => self.kill_router().await,
            Fault::RouterCrashes => self.crash_router().await,
            Fault::TwoRoutersKilled => self.kill_routers(2).await,
            Fault::AllRoutersKilled => self.kill_routers(usize::MAX).await,
            Fault::PausedHalf => self.pause_router(0.5).await,
            Fault::PausedTwice => self.pause_router(2.0).await,
            Fault::PausedLong => self.pause_router(10.0).await,
            Fault::PausedShortly => self.pause_router_shortly().await,
            Fault::HandedOver => self.hand_over().await,
            Fault::RollingRestart => self.restart_routers_in_turn().await,
            Fault::ClockWrong => self.start_with_wrong_clock().await,
            Fault::ClockJumps => self.jump_clock().await,
            Fault::LeaderKilled => self.kill_leader().await,
            Fault::FollowerKilled => self.kill_follower().await,
            Fault::MetaLeaderKilled => self.kill_meta_leader().await,
            Fault::LeaderPaused => self.pause_leader().await,
            Fault::AllServersKilled => self.kill_all_servers().await,
            Fault::StepDowns => self.step_down_leaders().await,
            Fault::ServersRestarted => self.restart_servers_in_turn().await,
            Fault::ServerRetires => self.retire_server().await,
            Fault::DiskFull => self.fill_disks(1).await,
            Fault::AllDisksFull => self.fill_disks(usize::MAX).await,
            Fault::StoreDamaged => self.damage_store().await,
            Fault::MembersDeleted => self.delete_members().await,
            Fault::CredentialsRevoked => self.revoke_credentials().await,
            Fault::CutOff => self.cut_off().await,
            Fault::Deaf => self.make_deaf().await,
            Fault::Mute => self.make_mute().await,
            Fault::Flapping => self.flap().await,
            Fault::SlowLinks => self.slow_links().await,
            Fault::NarrowLinks => self.narrow_links().await,
            Fault::StallingLinks => self.stall_links().await,
            Fault::Resets => self.reset_links().await,
            Fault::DamagedLinks => self.damage_links().await,
            Fault::HostileFlood => self.flood().await,
            Fault::AgentsVanish => self.vanish_agents(),
            Fault::TwoDesktops => self.open_rivals().await,
            Fault::MassSignIn => self.sign_all_in().await,
        }
    }

    async fn recovered(&self, since_ms: u64) -> Option<u64> {
        let mut latest = since_ms;
        for watcher in &self.watchers {
            latest = latest.max(watcher.commit_since(since_ms, COMMITS_WITHIN).await?);
        }
        Some(latest - since_ms)
    }

    /// One of the shards, by chance.
    fn shard(&mut self) -> usize {
        self.rng.below(self.watchers.len() as u64) as usize
    }

    /// The router that owns a shard drawn by chance, or, while nobody is known to, any that is up.
    async fn owner(&mut self) -> Result<usize> {
        let shard = self.shard();
        let owner = self.watchers[shard].owner();
        let routers = self.fleet.lock().await;
        let up = routers.wanted();
        let owner = owner.and_then(|name| routers.named(&name)).filter(|owner| up.contains(owner));
        owner.or(up.first().copied()).context("no router is up")
    }

    async fn name(&self, router: usize) -> String {
        self.fleet.lock().await.members[router].name.clone()
    }

    /// A span of milliseconds by chance.
    fn span(&mut self, least_ms: u64, most_ms: u64) -> Duration {
        crate::centre::between(&mut self.rng, least_ms, most_ms)
    }

    async fn pause(&mut self, least_ms: u64, most_ms: u64) {
        let span = self.span(least_ms, most_ms);
        sleep(span).await;
    }
}
