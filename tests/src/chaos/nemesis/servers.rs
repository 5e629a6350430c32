//! Servers that are killed, freeze, step down, retire, run out of disk, lose bits, streams or users.

use std::time::Duration;

use anyhow::{Context as _, Result};
use broker::provision;
use tokio::time::sleep;

use super::World;

/// A server that retires lets its last client go after this time, by its own rule.
const RETIRES_WITHIN: Duration = Duration::from_secs(45);
const LEADER_WITHIN: Duration = Duration::from_secs(15);

impl World {
    pub(super) async fn kill_leader(&mut self) -> Result<String> {
        let leader = self.leader().await?;
        self.kill_and_restart(leader).await
    }

    pub(super) async fn kill_follower(&mut self) -> Result<String> {
        let leader = self.leader().await?;
        self.kill_and_restart((leader + 1) % self.servers.cluster.servers.len()).await
    }

    pub(super) async fn kill_meta_leader(&mut self) -> Result<String> {
        let leader = self.servers.meta_leader().await.context("no server leads the cluster")?;
        self.kill_and_restart(leader).await
    }

    /// Mostly for seconds, now and then for half a minute.
    pub(super) async fn pause_leader(&mut self) -> Result<String> {
        let leader = self.leader().await?;
        let most = if self.rng.permille(150) { 30_000 } else { 10_000 };
        let span = self.span(2_000, most);
        let server = &self.servers.cluster.servers[leader];
        server.pause()?;
        sleep(span).await;
        server.resume()?;
        Ok(format!("{} for {span:?}", server.name()))
    }

    pub(super) async fn kill_all_servers(&mut self) -> Result<String> {
        for server in &mut self.servers.cluster.servers {
            server.kill()?;
        }
        self.pause(0, 2_000).await;
        self.raise_servers().await?;
        Ok("all three".to_owned())
    }

    pub(super) async fn step_down_leaders(&mut self) -> Result<String> {
        let mut count = 0;
        for _ in 0..4 {
            let (shard, kind) = (self.shard(), ["JRN", "ING"][self.rng.below(2) as usize]);
            let subject = format!("$JS.API.STREAM.LEADER.STEPDOWN.{kind}_{shard}");
            let asked = self.context.client().request(subject, "".into()).await;
            count += usize::from(asked.is_ok());
            self.pause(1_500, 3_000).await;
        }
        Ok(format!("{count} times"))
    }

    pub(super) async fn restart_servers_in_turn(&mut self) -> Result<String> {
        for server in &mut self.servers.cluster.servers {
            server.stop().await?;
            server.restart().await?;
            sleep(Duration::from_secs(1)).await;
        }
        Ok("all three".to_owned())
    }

    pub(super) async fn retire_server(&mut self) -> Result<String> {
        let leader = self.leader().await?;
        let server = &mut self.servers.cluster.servers[leader];
        server.retire()?;
        let begun = tokio::time::Instant::now();
        while server.is_running() && begun.elapsed() < RETIRES_WITHIN {
            sleep(Duration::from_millis(100)).await;
        }
        server.kill()?;
        server.restart().await?;
        Ok(server.name().to_owned())
    }

    /// The space comes back, and the servers are started anew: they do not write again by themselves.
    pub(super) async fn fill_disks(&mut self, most: usize) -> Result<String> {
        let leader = self.leader().await?;
        let count = self.servers.cluster.servers.len();
        let hit: Vec<usize> = (0..count.min(most)).map(|number| (leader + number) % count).collect();
        for server in &hit {
            self.servers.fill_disk(*server)?;
        }
        self.pause(4_000, 8_000).await;
        for server in &hit {
            self.servers.empty_disk(*server)?;
            self.servers.cluster.servers[*server].kill()?;
        }
        self.raise_servers().await?;
        Ok(format!("{} of {count}", hit.len()))
    }

    pub(super) async fn damage_store(&mut self) -> Result<String> {
        let leader = self.leader().await?;
        let victim = (leader + 1) % self.servers.cluster.servers.len();
        self.servers.cluster.servers[victim].kill()?;
        let streams: Vec<String> = self
            .watchers
            .iter()
            .flat_map(|one| [format!("JRN_{}", one.shard), format!("ING_{}", one.shard)])
            .collect();
        let blocks = self.servers.damage(victim, &streams)?;
        self.servers.cluster.servers[victim].restart().await?;
        Ok(format!("{blocks} blocks of {}", self.servers.cluster.servers[victim].name()))
    }

    pub(super) async fn delete_members(&mut self) -> Result<String> {
        self.context.delete_stream("MEMBERS").await.context("the stream cannot be deleted")?;
        self.pause(2_000, 5_000).await;
        let options = provision::Options {
            shards: u16::try_from(self.watchers.len())?,
            replicas: self.servers.cluster.servers.len(),
            ..provision::Options::default()
        };
        provision::init(&self.context.client(), &options).await?;
        Ok("made again by init".to_owned())
    }

    pub(super) async fn revoke_credentials(&mut self) -> Result<String> {
        self.servers.revoke(true)?;
        self.pause(3_000, 6_000).await;
        self.servers.revoke(false)?;
        Ok("of all routers".to_owned())
    }

    async fn kill_and_restart(&mut self, server: usize) -> Result<String> {
        self.servers.cluster.servers[server].kill()?;
        self.pause(0, 8_000).await;
        self.servers.cluster.servers[server].restart().await?;
        Ok(self.servers.cluster.servers[server].name().to_owned())
    }

    async fn raise_servers(&mut self) -> Result<()> {
        for server in &mut self.servers.cluster.servers {
            if !server.is_running() {
                server.respawn().await?;
            }
        }
        for server in &mut self.servers.cluster.servers {
            server.wait_ready().await?;
        }
        Ok(())
    }

    /// The server that leads the journal of a shard drawn by chance.
    async fn leader(&mut self) -> Result<usize> {
        let stream = format!("JRN_{}", self.shard());
        let begun = tokio::time::Instant::now();
        loop {
            if let Some(leader) = self.servers.leader(&self.context, &stream).await {
                return Ok(leader);
            }
            anyhow::ensure!(begun.elapsed() < LEADER_WITHIN, "{stream} has no leader");
            sleep(Duration::from_millis(200)).await;
        }
    }
}
