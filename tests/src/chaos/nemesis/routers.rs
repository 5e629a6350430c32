//! Routers that are killed, crash, freeze, hand over, or live in another time.

use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::time::sleep;

use super::World;
use crate::chaos::fleet::FAKE_CLOCK;

/// How long a node may be silent before others take its shards.
pub const SILENCE_LIMIT: Duration = Duration::from_secs(1);
/// In the order of a record's way. What has to do with snapshots lies beyond what a run writes (50,000 records a shard).
const POINTS: [&str; 5] = ["decided", "before_publish", "after_publish", "before_emit", "mid_replay"];
/// Passes of a point before the crash there.
const PASSES: u64 = 120;
/// A router that does not pass its point in this time does not own enough to.
const CRASHES_WITHIN: Duration = Duration::from_secs(10);
/// A start, a replay and the opening.
const TAKES_OVER_WITHIN: Duration = Duration::from_secs(30);

impl World {
    pub(super) async fn kill_router(&mut self) -> Result<String> {
        let owner = self.owner().await?;
        self.fleet.lock().await.kill(owner).await?;
        self.pause(0, 3_000).await;
        self.fleet.lock().await.start(owner)?;
        Ok(self.name(owner).await)
    }

    pub(super) async fn kill_routers(&mut self, most: usize) -> Result<String> {
        let victims: Vec<usize> = self.fleet.lock().await.wanted().into_iter().take(most).collect();
        for victim in &victims {
            self.fleet.lock().await.kill(*victim).await?;
        }
        self.pause(0, 3_000).await;
        for victim in &victims {
            self.fleet.lock().await.start(*victim)?;
        }
        Ok(format!("{} of them", victims.len()))
    }

    pub(super) async fn crash_router(&mut self) -> Result<String> {
        let owner = self.owner().await?;
        let point = POINTS[self.rng.below(POINTS.len() as u64) as usize];
        let passes = if point == "mid_replay" { 1 } else { 1 + self.rng.below(PASSES) };
        let crash_at = format!("{point}:{passes}");
        let mut routers = self.fleet.lock().await;
        routers.kill(owner).await?;
        routers.members[owner].variables = vec![("WISSEL_CRASH_AT".into(), crash_at.clone().into())];
        routers.start(owner)?;
        // Its end is expected, so that the supervisor need not count it.
        routers.give_up(owner);
        let has_crashed = routers.ends_within(owner, CRASHES_WITHIN).await;
        let is_on_demand = routers.lines(owner).iter().any(|line| line.contains("crash on demand"));
        routers.kill(owner).await?;
        routers.start(owner)?;
        let how = match (has_crashed, is_on_demand) {
            (true, true) => "crashed",
            (true, false) => "ended otherwise",
            (false, _) => "never came there, killed",
        };
        Ok(format!("{} at {crash_at}: {how}", routers.members[owner].name))
    }

    /// `limits`: how long, in silence limits.
    pub(super) async fn pause_router(&mut self, limits: f64) -> Result<String> {
        let owner = self.owner().await?;
        self.fleet.lock().await.pause(owner)?;
        sleep(SILENCE_LIMIT.mul_f64(limits)).await;
        self.fleet.lock().await.resume(owner)?;
        Ok(self.name(owner).await)
    }

    pub(super) async fn pause_router_shortly(&mut self) -> Result<String> {
        let owner = self.owner().await?;
        for _ in 0..4 {
            self.fleet.lock().await.pause(owner)?;
            sleep(Duration::from_millis(300)).await;
            self.fleet.lock().await.resume(owner)?;
            sleep(Duration::from_millis(1_200)).await;
        }
        Ok(self.name(owner).await)
    }

    pub(super) async fn hand_over(&mut self) -> Result<String> {
        let owner = self.owner().await?;
        let mut routers = self.fleet.lock().await;
        let said = routers.terminate(owner).await?;
        routers.start(owner)?;
        let name = routers.members[owner].name.clone();
        Ok(said.map_or(name.clone(), |said| format!("{name}, not in order: {said}")))
    }

    pub(super) async fn restart_routers_in_turn(&mut self) -> Result<String> {
        let all = self.fleet.lock().await.wanted();
        for router in &all {
            let mut routers = self.fleet.lock().await;
            routers.terminate(*router).await?;
            routers.start(*router)?;
            drop(routers);
            self.pause(1_500, 3_000).await;
        }
        Ok(format!("{} of them", all.len()))
    }

    /// The node must refuse to own anything: its clock is far from the server's. Then it starts with the right one.
    pub(super) async fn start_with_wrong_clock(&mut self) -> Result<String> {
        let owner = self.owner().await?;
        let offset = ["+1h", "-1h", "+3650d", "-3650d"][self.rng.below(4) as usize];
        let mut routers = self.fleet.lock().await;
        routers.kill(owner).await?;
        routers.members[owner].variables = vec![
            ("LD_PRELOAD".into(), FAKE_CLOCK.into()),
            ("FAKETIME".into(), offset.into()),
            ("FAKETIME_DONT_FAKE_MONOTONIC".into(), "1".into()),
        ];
        routers.start(owner)?;
        routers.give_up(owner);
        drop(routers);
        sleep(Duration::from_secs(3)).await;
        let mut routers = self.fleet.lock().await;
        routers.kill(owner).await?;
        routers.start(owner)?;
        Ok(format!("{} at {offset}", routers.members[owner].name))
    }

    /// The clock of a running owner jumps there, and back.
    pub(super) async fn jump_clock(&mut self) -> Result<String> {
        let owner = self.owner().await?;
        let file = self.servers.authority.with_file_name("clock");
        let set = |offset: &str| std::fs::write(&file, offset).context("the clock's file cannot be written");
        let offset = ["+3600s", "-3600s", "+315360000s", "-315360000s"][self.rng.below(4) as usize];
        set("+0s")?;
        let epochs: Vec<u64> = self.watchers.iter().map(|watcher| watcher.epoch()).collect();
        let mut routers = self.fleet.lock().await;
        routers.kill(owner).await?;
        routers.members[owner].variables = vec![
            ("LD_PRELOAD".into(), FAKE_CLOCK.into()),
            ("FAKETIME_TIMESTAMP_FILE".into(), file.clone().into()),
            ("FAKETIME_CACHE_DURATION".into(), "1".into()),
            ("FAKETIME_DONT_FAKE_MONOTONIC".into(), "1".into()),
        ];
        routers.start(owner)?;
        drop(routers);
        // With several routers another one may own the shard by then; the clock jumps all the same.
        self.watchers[0].owned_after(epochs[0], TAKES_OVER_WITHIN).await;
        set(offset)?;
        sleep(Duration::from_secs(4)).await;
        set("+0s")?;
        sleep(Duration::from_secs(2)).await;
        let mut routers = self.fleet.lock().await;
        routers.kill(owner).await?;
        routers.start(owner)?;
        Ok(format!("{} by {offset}", routers.members[owner].name))
    }
}
