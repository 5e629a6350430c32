//! One shard as this node has it: nothing, a follower, or the ownership.

use std::sync::Arc;

use anyhow::Result;
use crossbeam_channel::Sender;
use protocol::members::{NodeShard, Role};
use shard::ShardEvent;
use tokio::runtime::Handle;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;

use super::ClusterEvent;
use crate::api::Followers;
use crate::beats::Tenants;
use crate::clock::NodeTime;
use crate::follower::{self, FollowerHandle, FollowerParts, FollowerState};
use crate::inbox::{self, ShardInbox, ToEngine};
use crate::links::Links;
use crate::names::Names;
use crate::node::ClosedShard;
use crate::options::Tuning;
use crate::panics;
use crate::progress::ShardProgress;
use crate::runner::{Parts, Runner};

/// What all shards of a node share.
#[derive(Debug, Clone)]
pub(crate) struct Common {
    pub node: String,
    pub links: Links,
    pub runtime: Handle,
    pub time: NodeTime,
    pub tuning: Tuning,
    pub tenants: Tenants,
    pub followers: Followers,
    pub cluster: UnboundedSender<ClusterEvent>,
}

#[derive(Debug)]
pub(crate) struct Place {
    pub names: Names,
    /// Keys the hash of contact ids.
    pub key: [u8; 16],
    pub journal_id: u64,
    pub ingest_bytes_max: u64,
    /// To its engine thread.
    pub engine: Sender<ToEngine>,
    pub progress: watch::Sender<ShardProgress>,
    pub closed: watch::Sender<Option<ClosedShard>>,
    standing: Standing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    NotOurs,
    Opening,
    Owner { epoch: u64 },
}

impl Place {
    pub fn new(
        names: Names,
        key: [u8; 16],
        journal_id: u64,
        ingest_bytes_max: u64,
        engine: Sender<ToEngine>,
    ) -> Place {
        let shard = names.shard;
        Place {
            names,
            key,
            journal_id,
            ingest_bytes_max,
            engine,
            progress: watch::channel(ShardProgress { shard, ..ShardProgress::default() }).0,
            closed: watch::channel(None).0,
            standing: Standing::NotOurs,
        }
    }

    pub fn inbox(&self) -> ShardInbox {
        ShardInbox::new(self.names.shard, self.engine.clone())
    }

    pub fn is_ours(&self) -> bool {
        self.standing != Standing::NotOurs
    }

    pub fn is_owner(&self) -> bool {
        matches!(self.standing, Standing::Owner { .. })
    }

    /// What this node is to the shard; nothing for nothing.
    pub fn role(&self, common: &Common) -> Option<NodeShard> {
        let follower = self.follower(common)?;
        let (follows_epoch, applied) = follower.position();
        let (role, epoch, sequence) = match self.standing {
            Standing::Opening => (Role::Opening, follows_epoch, applied),
            Standing::Owner { epoch } => (Role::Owner, epoch, follower.last_committed()),
            Standing::NotOurs => match follower.state() {
                FollowerState::Following => (Role::Following, follows_epoch, applied),
                FollowerState::Beginning | FollowerState::Behind | FollowerState::Broken => {
                    (Role::Loading, follows_epoch, applied)
                }
            },
        };
        Some(NodeShard {
            shard: self.names.shard,
            role,
            epoch,
            sequence,
            journal: self.journal_id,
            next: None,
        })
    }

    /// An owner elsewhere has committed up to `sequence`.
    pub fn heard(&self, common: &Common, sequence: u64) {
        if let Some(follower) = self.follower(common) {
            follower.heard(sequence);
        }
    }

    /// Keeps the state at hand.
    pub fn follow(&self, common: &Common, sequence: u64) -> Result<()> {
        self.open_follower(common)?.begin(sequence, false);
        Ok(())
    }

    pub fn unfollow(&self, common: &Common) {
        if let Some((_, follower)) = common.followers.remove(&self.names.shard) {
            follower.close();
        }
    }

    /// Tries to become the owner, from the follower's state if it has one.
    pub fn take(&mut self, common: &Common, witness: u64) -> Result<()> {
        let follower = self.open_follower(common)?;
        self.standing = Standing::Opening;
        self.progress.send_replace(ShardProgress { shard: self.names.shard, ..ShardProgress::default() });
        self.closed.send_replace(None);
        let runner = Runner::new(Parts {
            names: self.names.clone(),
            node: common.node.clone(),
            key: self.key,
            links: common.links.clone(),
            runtime: common.runtime.clone(),
            time: common.time.clone(),
            sender: self.engine.clone(),
            follower: Arc::clone(&follower),
            progress: self.progress.clone(),
            witness,
            cluster: common.cluster.clone(),
        });
        let engine = self.engine.clone();
        panics::spawn(&common.runtime, "take-over", async move {
            let state = follower.give_up().await;
            inbox::send(&engine, ToEngine::Own(Box::new((runner, state)))).await;
        });
        Ok(())
    }

    pub async fn tell(&self, event: ShardEvent) {
        self.inbox().send(event).await;
    }

    pub fn opened(&mut self, epoch: u64) {
        self.standing = Standing::Owner { epoch };
    }

    /// What was ours is not any more; its follower goes on, in case the next owner wants to know that somebody does.
    pub fn left(&mut self, common: &Common, closed: ClosedShard) {
        self.standing = Standing::NotOurs;
        self.closed.send_replace(Some(closed));
        if let Some(follower) = self.follower(common) {
            follower.begin(0, false);
        }
    }

    pub fn follower(&self, common: &Common) -> Option<Arc<FollowerHandle>> {
        common.followers.get(&self.names.shard).map(|follower| Arc::clone(follower.value()))
    }

    fn open_follower(&self, common: &Common) -> Result<Arc<FollowerHandle>> {
        if let Some(follower) = self.follower(common) {
            return Ok(follower);
        }
        let follower = Arc::new(follower::start(FollowerParts {
            names: self.names.clone(),
            key: self.key,
            links: common.links.clone(),
            runtime: common.runtime.clone(),
            tuning: common.tuning.clone(),
            ingest_bytes_max: self.ingest_bytes_max,
            tenants: Arc::clone(&common.tenants),
        })?);
        common.followers.insert(self.names.shard, Arc::clone(&follower));
        Ok(follower)
    }
}
