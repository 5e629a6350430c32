//! What routes: a node in this process, whose clock can be virtual and whose progress is seen from inside, or several as
//! processes of their own, of which only is known what the world is told.

use std::sync::MutexGuard;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use model::{Millis, Time};
use node::{Access, LatencySummary, Node, NodeClock, NodeOptions, ShardProgress, VirtualClock};
use protocol::subject::Stream;
use tokio::sync::watch;

use super::Speed;
use super::day::{Day, wall_clock};
use super::members::{Members, TakeOver};
use super::nodes::Nodes;
use super::server::About;
use super::site::{SHARD, Site};
use crate::connection;

/// A takeover of an empty journal takes milliseconds; that of a long one reads it first.
const OWNED_LIMIT: Duration = Duration::from_secs(60);
/// Longer than anything that the day's configuration has a timer for.
const QUIET_MAX: Millis = Millis(5 * 60_000);

pub enum Routers {
    Here(Box<Here>),
    Apart(Nodes),
}

/// A node in this process.
pub struct Here {
    pub node: Node,
    pub progress: watch::Receiver<ShardProgress>,
    /// Absent when time is real.
    pub clock: Option<VirtualClock>,
}

/// What the table shows of them at one moment.
pub enum Seen<'a> {
    One {
        decision: LatencySummary,
        commit: LatencySummary,
    },
    /// `offers`: how long contacts took to a free agent's desk.
    Several {
        members: MutexGuard<'a, Members>,
        offers: LatencySummary,
    },
}

/// What can be known of the routers' work.
#[derive(Debug)]
pub struct Work {
    pub nodes: usize,
    pub take_overs: Vec<TakeOver>,
    /// Known from inside alone, as the next one.
    pub decision: Option<LatencySummary>,
    pub commit: Option<LatencySummary>,
    /// Records in the journal.
    pub commits: u64,
}

impl Routers {
    pub async fn start(
        client: &async_nats::Client,
        server: &About,
        day: &Day,
        nodes: u16,
    ) -> Result<Routers> {
        if nodes > 1 {
            return Ok(Routers::Apart(Nodes::start(client, server, nodes).await?));
        }
        let mut here = Here::start(server, day).await?;
        here.wait_owned().await?;
        Ok(Routers::Here(Box::new(here)))
    }

    /// An error once they cannot go on.
    pub fn check(&self) -> Result<()> {
        match self {
            Routers::Here(here) => match &here.progress.borrow().left {
                Some(reason) => bail!("the node lost its shard: {reason}"),
                None => Ok(()),
            },
            Routers::Apart(nodes) => nodes.check(),
        }
    }

    /// Until when something may happen by itself, if the last word was `heard` then.
    pub fn next_timer(&self, heard: Time) -> Option<Time> {
        match self {
            Routers::Here(here) => here.progress.borrow().next_timer,
            Routers::Apart(_) => Some(heard + QUIET_MAX).filter(|until| *until > wall_clock()),
        }
    }

    pub fn seen(&self, site: &Site) -> Seen<'_> {
        match self {
            Routers::Here(here) => here.seen(),
            Routers::Apart(nodes) => {
                Seen::Several { members: nodes.members(), offers: site.offers.summary() }
            }
        }
    }

    pub async fn work(&self, site: &Site) -> Result<Work> {
        Ok(match self {
            Routers::Here(here) => {
                let progress = here.progress.borrow();
                Work {
                    nodes: 1,
                    take_overs: Vec::new(),
                    decision: Some(progress.decision),
                    commit: Some(progress.commit),
                    commits: progress.commit_no,
                }
            }
            Routers::Apart(nodes) => {
                let journal =
                    connection::stream(&site.jetstream, &Stream::journal(SHARD).to_string()).await?;
                let members = nodes.members();
                Work {
                    nodes: members.rows(std::time::Instant::now()).len(),
                    take_overs: members.take_overs().to_vec(),
                    decision: None,
                    commit: None,
                    commits: journal.cached_info().state.last_sequence,
                }
            }
        })
    }

    /// Hands the shards over in good order.
    pub async fn close(self) {
        match self {
            Routers::Here(here) => {
                for closed in here.node.stop().await.iter().filter(|closed| !closed.is_orderly) {
                    tracing::warn!(shard = closed.shard, reason = closed.reason, "the shard ended badly");
                }
            }
            Routers::Apart(nodes) => nodes.stop().await,
        }
    }
}

impl Here {
    async fn start(server: &About, day: &Day) -> Result<Here> {
        let clock = (day.speed == Speed::Max).then(|| VirtualClock::new(day.begins_at));
        let node = Node::start(NodeOptions {
            servers: server.urls.clone(),
            access: Access::default(),
            name: "wissel-dev".to_owned(),
            shards: vec![SHARD],
            clock: clock.clone().map_or(NodeClock::Real, NodeClock::Virtual),
            is_alone: true,
        })
        .await
        .context("the node did not start")?;
        Ok(Here { progress: node.progress(SHARD), clock, node })
    }

    async fn wait_owned(&mut self) -> Result<()> {
        let is_over = |progress: &ShardProgress| progress.epoch > 0 || progress.left.is_some();
        let progress = tokio::time::timeout(OWNED_LIMIT, self.progress.wait_for(is_over))
            .await
            .with_context(|| format!("the node did not own shard {SHARD} within {OWNED_LIMIT:?}"))?
            .context("the node ended")?;
        match &progress.left {
            Some(reason) => bail!("{reason}"),
            None => Ok(()),
        }
    }

    pub fn seen(&self) -> Seen<'static> {
        let progress = self.progress.borrow();
        Seen::One { decision: progress.decision, commit: progress.commit }
    }

    /// The play's time.
    pub fn now(&self) -> Time {
        self.clock.as_ref().map_or_else(wall_clock, VirtualClock::now)
    }
}
