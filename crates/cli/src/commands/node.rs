//! `wissel node`: runs a router node, one of a cluster, until it is told to stop.

use anyhow::{Context, Result, bail};
use broker::check::{self, Finding, State};
use clap::Args;
use node::{ClosedShard, Node, NodeClock, NodeOptions, Owners, ShardOwner};
use tokio::signal::unix::{SignalKind, signal};

use crate::arguments::{Done, Servers};
use crate::commands::check::{SyncArguments, show};
use crate::{connection, print};

const EXAMPLES: &str = "\
Examples:
  wissel node
  wissel node --name router-2 --shards 0,1 --assume-sync-always
  wissel node --servers nats://a:4222,nats://b:4222,nats://c:4222 --assume-sync-always --log-format json

Nodes that use the same servers share the shards: start as many as you like, under different names. When one dies, others
take over its shards within a second. See who owns what with `wissel cluster status`.

A line that begins with `ready` stands on standard output as soon as every shard has an owner: `ready: node a owns shards
0, 2`, or `ready: node b stands by` when others have them all.

Exit codes: 0 told to stop, and every shard handed over; 1 unfit servers, another node of that name, or a shard that could
not be released in time.";

/// Run a router node
///
/// First the servers are checked as by `wissel check`, and refused if they are not fit. SIGTERM and SIGINT release the
/// shards, so that the next owner starts at once.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct NodeCommand {
    #[command(flatten)]
    servers: Servers,
    /// Names this node in the cluster, in the journal and in logs; of A-Z a-z 0-9 _ and - [default: host name and process id]
    #[arg(long)]
    name: Option<String>,
    /// Shards that this node may own, with commas between them [default: all]
    #[arg(long, value_delimiter = ',', value_name = "S")]
    shards: Vec<u16>,
    #[command(flatten)]
    sync: SyncArguments,
    /// Run although writes may be acknowledged before they are on disk: a power cut then loses contacts
    #[arg(long)]
    allow_lazy_fsync: bool,
}

impl NodeCommand {
    /// `is_json`: what goes to standard error is for programs.
    pub async fn run(self, is_json: bool) -> Result<Done> {
        self.refuse_unfit(is_json).await?;
        let name = self.name.unwrap_or_else(name_of_this_process);
        // Before the node owns anything, so that no signal is missed.
        let (mut terminate, mut interrupt) =
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let access = self.servers.access();
        let options = NodeOptions {
            access,
            servers: self.servers.servers,
            name: name.clone(),
            shards: self.shards,
            clock: NodeClock::Real,
            is_alone: false,
        };
        let node = Node::start(options).await.context("the node did not start")?;
        let told = async {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        tokio::select! {
            () = told => {}
            never = announce(&node, &name) => never?,
        }
        tracing::info!(node = name, "stopping");
        let mut closed = node.stop().await;
        closed.retain(|shard| !shard.is_orderly);
        if !closed.is_empty() {
            bail!("not every shard was released: {}", reasons(&closed));
        }
        Ok(Done::Well)
    }

    async fn refuse_unfit(&self, is_json: bool) -> Result<()> {
        let client = connection::connect(&self.servers).await?;
        let findings = check::check(&client, &self.sync.options(&self.servers)).await?;
        let is_excused = |finding: &Finding| self.allow_lazy_fsync && finding.code == "sync-always";
        let mut is_fit = true;
        for finding in findings.iter().filter(|finding| finding.state != State::Ok) {
            is_fit &= finding.state == State::Warn || is_excused(finding);
            tell(finding, is_json);
        }
        if !is_fit {
            bail!("the servers are not fit for a node; mend what is marked FAIL above and start it again");
        }
        Ok(())
    }
}

fn tell(finding: &Finding, is_json: bool) {
    let Finding { code, what, state, found, expected, fix } = finding;
    match state {
        _ if !is_json => eprint!("{}", show(finding)),
        State::Fail => tracing::error!(code, found, expected, mend = fix, "{what}"),
        State::Ok | State::Warn => tracing::warn!(code, found, expected, mend = fix, "{what}"),
    }
}

/// Says once that the node is ready: every shard that it was started for has an owner, or waits for a person.
async fn announce(node: &Node, name: &str) -> Result<()> {
    let is_settled =
        |owners: &Owners| !owners.is_empty() && owners.values().all(|owner| *owner != ShardOwner::Nobody);
    let mut owners = node.owners();
    let owners = owners.wait_for(is_settled).await.context("the node ended by itself")?.clone();
    let ours = owners.iter().filter(|(_, owner)| **owner == ShardOwner::Us);
    let ours: Vec<String> = ours.map(|(shard, _)| shard.to_string()).collect();
    if ours.is_empty() {
        print::line(format!("ready: node {name} stands by"))?;
    } else {
        print::line(format!("ready: node {name} owns shards {}", ours.join(", ")))?;
    }
    std::future::pending().await
}

fn reasons(closed: &[ClosedShard]) -> String {
    let reasons: Vec<&str> = closed.iter().map(|shard| shard.reason.as_str()).collect();
    reasons.join("; ")
}

/// Unique among the nodes of a cluster, and the same for as long as the process lives.
fn name_of_this_process() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname")
        .or_else(|_| std::env::var("HOSTNAME"))
        .unwrap_or_else(|_| "node".to_owned());
    let token = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '-' };
    let host: String = host.trim().chars().take(40).map(token).collect();
    format!("{host}-{}", std::process::id())
}
