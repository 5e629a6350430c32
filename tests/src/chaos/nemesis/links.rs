//! The owner's links to the servers: cut, one-sided, flapping, slow, narrow, stuck, broken, or changing what they carry.

use std::time::Duration;

use anyhow::Result;
use testkit::{Direction, Link};
use tokio::time::sleep;

use super::World;

const EVERY: Duration = Duration::from_secs(1);

impl World {
    pub(super) async fn cut_off(&mut self) -> Result<String> {
        let owner = self.owner().await?;
        self.fleet.lock().await.set_links(owner, Link::Lose);
        self.pause(3_000, 8_000).await;
        self.mend(owner).await
    }

    pub(super) async fn make_deaf(&mut self) -> Result<String> {
        self.lose(Direction::ToClient).await
    }

    pub(super) async fn make_mute(&mut self) -> Result<String> {
        self.lose(Direction::ToServer).await
    }

    pub(super) async fn flap(&mut self) -> Result<String> {
        let owner = self.owner().await?;
        for _ in 0..5 {
            self.fleet.lock().await.set_links(owner, Link::Cut);
            sleep(EVERY).await;
            self.fleet.lock().await.set_links(owner, Link::Through);
            sleep(EVERY).await;
        }
        self.mend(owner).await
    }

    pub(super) async fn slow_links(&mut self) -> Result<String> {
        let owner = self.owner().await?;
        let delay = self.span(50, 300);
        let routers = self.fleet.lock().await;
        for link in &routers.members[owner].links {
            link.set(Direction::ToServer, Link::Delay(delay));
            link.set(Direction::ToClient, Link::Jitter(delay));
        }
        drop(routers);
        self.pause(4_000, 8_000).await;
        self.mend(owner).await
    }

    pub(super) async fn narrow_links(&mut self) -> Result<String> {
        let owner = self.owner().await?;
        self.fleet.lock().await.set_links(owner, Link::Narrow(256 * 1024 / 8));
        self.pause(4_000, 8_000).await;
        self.mend(owner).await
    }

    pub(super) async fn stall_links(&mut self) -> Result<String> {
        let owner = self.owner().await?;
        for _ in 0..5 {
            self.fleet.lock().await.set_links(owner, Link::Stall);
            self.pause(200, 1_200).await;
            self.fleet.lock().await.set_links(owner, Link::Through);
            self.pause(200, 800).await;
        }
        self.mend(owner).await
    }

    pub(super) async fn reset_links(&mut self) -> Result<String> {
        let owner = self.owner().await?;
        for _ in 0..6 {
            self.break_connections(owner).await;
            self.pause(200, 1_500).await;
        }
        self.mend(owner).await
    }

    pub(super) async fn damage_links(&mut self) -> Result<String> {
        let owner = self.owner().await?;
        self.fleet.lock().await.set_links(owner, Link::Damage);
        self.pause(3_000, 6_000).await;
        self.mend(owner).await
    }

    async fn lose(&mut self, direction: Direction) -> Result<String> {
        let owner = self.owner().await?;
        for link in &self.fleet.lock().await.members[owner].links {
            link.set(direction, Link::Lose);
        }
        self.pause(3_000, 8_000).await;
        self.mend(owner).await
    }

    /// No connection goes on that has lost bytes.
    async fn mend(&mut self, router: usize) -> Result<String> {
        self.break_connections(router).await;
        Ok(self.name(router).await)
    }

    async fn break_connections(&mut self, router: usize) {
        self.fleet.lock().await.set_links(router, Link::Cut);
        sleep(Duration::from_millis(50)).await;
        self.fleet.lock().await.set_links(router, Link::Through);
    }
}
