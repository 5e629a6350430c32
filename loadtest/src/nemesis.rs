//! Does what the scenario's faults say, to a cluster that was started for the run, and mends it again.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use model::Millis;
use testkit::Link;
use tokio::sync::Mutex;
use tokio::time::{sleep, sleep_until};

use crate::book::Book;
use crate::fault::{Deed, Fault, Whom};
use crate::target::Started;

/// A server that is told to end, or a node, has this long for it.
const STOPS_WITHIN: Duration = Duration::from_secs(30);

/// Who the owner is takes a second to hear, so it is asked before the fault is due.
const LOOKED_FOR_BEFORE: Duration = Duration::from_millis(1_200);

/// A fault that befell somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    pub deed: Deed,
    /// Such as "node-2", also where the scenario says "owner".
    pub whom: String,
    /// Nanoseconds since the first phase began.
    pub at: u64,
    pub mended: u64,
}

/// One fault from its time to its mending; faults may overlap, each with a call of its own.
pub async fn befall(cluster: Arc<Mutex<Started>>, book: Arc<Book>, fault: Fault) -> Result<Done> {
    let due = book.begin() + fault.at.duration();
    if let Some(earlier) = due.checked_sub(LOOKED_FOR_BEFORE) {
        sleep_until(earlier.into()).await;
    }
    let victim = victim(&cluster, fault.whom).await?;
    sleep_until(due.into()).await;
    let at = book.now();
    cluster.lock().await.harm(&victim, fault.deed).await?;
    sleep(fault.length.duration()).await;
    cluster.lock().await.mend(&victim, fault.deed).await?;
    Ok(Done { deed: fault.deed, whom: victim.to_string(), at, mended: book.now() })
}

async fn victim(cluster: &Arc<Mutex<Started>>, whom: Whom) -> Result<Whom> {
    let (nodes, servers, urls) = {
        let cluster = cluster.lock().await;
        (cluster.nodes.len(), cluster.servers.len(), cluster.urls())
    };
    match whom {
        Whom::Node(number) if number > nodes => bail!("there is no node-{number} among {nodes}"),
        Whom::Server(number) if number > servers => bail!("there is no server-{number} among {servers}"),
        Whom::Node(_) | Whom::Server(_) => Ok(whom),
        Whom::Owner => {
            let client = testkit::connect(&urls.join(",")).await?;
            let view = broker::members::view(&client).await?;
            let owner = view.shards.first().and_then(|shard| shard.owner.clone());
            let owner = owner.context("nobody owns the shard, so its owner cannot be hurt")?;
            let cluster = cluster.lock().await;
            let number = cluster.nodes.iter().position(|node| node.name == owner);
            Ok(Whom::Node(number.with_context(|| format!("{owner} is none of ours"))? + 1))
        }
    }
}

impl Started {
    async fn harm(&mut self, victim: &Whom, deed: Deed) -> Result<()> {
        match (victim, deed) {
            (Whom::Node(number), Deed::Kill) => self.process(number - 1)?.kill().await,
            (Whom::Node(number), Deed::Stop) => {
                let process = self.process(number - 1)?;
                process.terminate()?;
                process.wait_exit(STOPS_WITHIN).await.map(|_| ())
            }
            (Whom::Node(number), Deed::Pause) => self.process(number - 1)?.pause(),
            (Whom::Node(number), Deed::Partition) => {
                self.nodes[number - 1].links.iter().for_each(|link| link.set_both(Link::Cut));
                Ok(())
            }
            (Whom::Server(number), Deed::Kill) => self.servers[number - 1].kill(),
            (Whom::Server(number), Deed::Stop) => self.servers[number - 1].stop().await,
            (Whom::Server(number), Deed::Pause) => self.servers[number - 1].pause(),
            (Whom::Server(_), Deed::Partition) | (Whom::Owner, _) => {
                bail!("{victim} cannot be hurt by {}", deed.name())
            }
        }
    }

    async fn mend(&mut self, victim: &Whom, deed: Deed) -> Result<()> {
        match (victim, deed) {
            (Whom::Node(number), Deed::Kill | Deed::Stop) => self.start_node(number - 1),
            (Whom::Node(number), Deed::Pause) => self.process(number - 1)?.resume(),
            (Whom::Node(number), Deed::Partition) => {
                self.nodes[number - 1].links.iter().for_each(|link| link.set_both(Link::Through));
                self.raise(number - 1)
            }
            (Whom::Server(number), Deed::Kill | Deed::Stop) => self.servers[number - 1].restart().await,
            (Whom::Server(number), Deed::Pause) => self.servers[number - 1].resume(),
            (Whom::Server(_), Deed::Partition) | (Whom::Owner, _) => Ok(()),
        }
    }

    /// As a supervisor does with one that ended by itself, as a node may that lost everybody.
    fn raise(&mut self, number: usize) -> Result<()> {
        if self.process(number)?.is_running() { Ok(()) } else { self.start_node(number) }
    }
}

impl Done {
    pub fn label(&self) -> String {
        format!("{} {}", self.deed.name(), self.whom)
    }

    /// How long it lasted.
    pub fn length(&self) -> Millis {
        Millis((self.mended - self.at) / crate::units::NANOS_PER_MILLI)
    }
}
