//! `wissel cluster`: which node owns which shard, and what people may want of them.

use std::time::Duration;

use anyhow::{Result, bail};
use broker::members::{self, SeenNode, SeenShard, View};
use clap::{Args, Subcommand};
use protocol::members::{MemberRecord, NodeState, NodeWish, RepairWish, Role, ShardRecord, ShardState};
use tokio::time::Instant;

use crate::arguments::{Done, Format, Output, Servers};
use crate::{connection, print};

/// A hand-over takes a tenth of a second, loading a large state seconds.
const DRAIN_LIMIT: Duration = Duration::from_secs(60);
/// Longer than a store is doubted before it is believed to have lost something.
const RETRY_LIMIT: Duration = Duration::from_secs(20);
/// Stands where a node's name does in what people say.
const NOBODY: &str = "-";

const EXAMPLES: &str = "\
Examples:
  wissel cluster status
  wissel cluster drain router-2      hand its shards to others, before its machine is taken down
  wissel cluster resume router-2
  wissel cluster retry 3             a quarantined shard whose cause is mended";

/// See which node owns which shard, and move them
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Cluster {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show nodes and shards
    Status(Status),
    /// Have a node hand over what it owns and take nothing
    ///
    /// It keeps running and keeps what no other node may take. The wish is kept for when the node starts again.
    Drain(Named),
    /// Let a drained node take shards again
    Resume(Named),
    /// Let nodes try a quarantined shard again
    ///
    /// For when its cause is mended: a stream restored, a server back. If it is not, the shard is quarantined again.
    Retry(Numbered),
    /// Append the lost end of a quarantined shard's journal again, from the memory of the node that owned it
    ///
    /// Only for a journal that lost acknowledged records while their owner lives, and only when no server holds them any more.
    Repair(Numbered),
}

#[derive(Debug, Args)]
struct Status {
    #[command(flatten)]
    servers: Servers,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
struct Named {
    /// The node's name, as `wissel cluster status` shows it
    node: String,
    #[command(flatten)]
    servers: Servers,
}

#[derive(Debug, Args)]
struct Numbered {
    /// The shard's number
    shard: u16,
    #[command(flatten)]
    servers: Servers,
}

impl Cluster {
    pub async fn run(self) -> Result<Done> {
        match self.action {
            Action::Status(status) => status.run().await,
            Action::Drain(named) => named.drain().await,
            Action::Resume(named) => named.resume().await,
            Action::Retry(numbered) => numbered.retry().await,
            Action::Repair(numbered) => numbered.repair().await,
        }
    }
}

impl Status {
    /// Found wanting when a shard has no owner.
    async fn run(self) -> Result<Done> {
        let client = connection::connect(&self.servers).await?;
        let view = members::view(&client).await?;
        match self.output.format {
            Format::Json => print::json(&view)?,
            Format::Text => show(&view)?,
        }
        Ok(if view.shards.iter().all(|shard| shard.owner.is_some()) { Done::Well } else { Done::Wanting })
    }
}

impl Named {
    async fn drain(self) -> Result<Done> {
        let client = connection::connect(&self.servers).await?;
        let view = members::view(&client).await?;
        let node = self.known(&view)?;
        if !node.is_heard {
            bail!("node {} is silent, so it owns nothing; there is nothing to hand over", self.node);
        }
        self.wish(&client, true).await?;
        let begun = Instant::now();
        let mut shown = None;
        loop {
            let view = members::view(&client).await?;
            let left = owned(self.known(&view)?);
            if left.is_empty() {
                print::line(format!("{} owns nothing any more and takes nothing", self.node))?;
                return Ok(Done::Well);
            }
            if shown.as_ref() != Some(&left) {
                print::line(format!("{} still owns shards {}", self.node, list(&left)))?;
                shown = Some(left.clone());
            }
            if begun.elapsed() > DRAIN_LIMIT {
                eprintln!(
                    "wissel: after {DRAIN_LIMIT:?} {} still owns shards {}: no other node may take them, or none \
                     has loaded their state; it goes on trying. Start another node, or say `wissel cluster resume {}`",
                    self.node,
                    list(&left),
                    self.node
                );
                return Ok(Done::Wanting);
            }
        }
    }

    async fn resume(self) -> Result<Done> {
        let client = connection::connect(&self.servers).await?;
        self.wish(&client, false).await?;
        print::line(format!("{} takes shards again; some may move to it within seconds", self.node))?;
        Ok(Done::Well)
    }

    async fn wish(&self, client: &async_nats::Client, drain: bool) -> Result<()> {
        if !protocol::subject::is_node_name(&self.node) {
            bail!("{:?} cannot be a node's name; `wissel cluster status` shows them", self.node);
        }
        members::tell(client, &MemberRecord::Wish(NodeWish { node: self.node.clone(), drain })).await
    }

    fn known<'a>(&self, view: &'a View) -> Result<&'a SeenNode> {
        let Some(node) = view.node(&self.node) else {
            let names: Vec<&str> = view.nodes.iter().map(|node| node.record.node.as_str()).collect();
            let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            bail!("there is no node {}; known are: {known}", self.node);
        };
        Ok(node)
    }
}

impl Numbered {
    async fn retry(self) -> Result<Done> {
        let client = connection::connect(&self.servers).await?;
        let record = self.quarantined(&members::view(&client).await?)?;
        let free = ShardRecord {
            node: NOBODY.to_owned(),
            incarnation: 0,
            state: ShardState::Released { to: None },
            ..record
        };
        members::tell(&client, &MemberRecord::Shard(free)).await?;
        self.wait(&client).await
    }

    async fn repair(self) -> Result<Done> {
        let client = connection::connect(&self.servers).await?;
        let view = members::view(&client).await?;
        let record = self.quarantined(&view)?;
        let holder =
            view.nodes.iter().find(|node| node.record.incarnation == record.incarnation && node.is_heard);
        if holder.is_none() {
            bail!(
                "node {} ended since it quarantined shard {}, and what it held is gone; restore JRN_{} from a backup, \
                 then say `wissel cluster retry {}`",
                record.node,
                self.shard,
                self.shard,
                self.shard
            );
        }
        let wish = RepairWish { shard: self.shard, incarnation: record.incarnation };
        members::tell(&client, &MemberRecord::Repair(wish)).await?;
        self.wait(&client).await
    }

    fn quarantined(&self, view: &View) -> Result<ShardRecord> {
        let Some(seen) = view.shard(self.shard) else {
            bail!("there is no shard {}; `wissel cluster status` shows them", self.shard);
        };
        match &seen.record {
            Some(record) if matches!(record.state, ShardState::Quarantined { .. }) => Ok(record.clone()),
            Some(_) | None => bail!("shard {} is not quarantined; nodes take it by themselves", self.shard),
        }
    }

    /// Until it is owned, or quarantined again.
    async fn wait(&self, client: &async_nats::Client) -> Result<Done> {
        let begun = Instant::now();
        while begun.elapsed() < RETRY_LIMIT {
            let view = members::view(client).await?;
            if let Some(SeenShard { owner: Some(owner), epoch, .. }) = view.shard(self.shard) {
                print::line(format!("shard {} is owned by {owner}, epoch {epoch}", self.shard))?;
                return Ok(Done::Well);
            }
        }
        let view = members::view(client).await?;
        let reason = view.shard(self.shard).map(state).unwrap_or_default();
        eprintln!("wissel: shard {} is not owned after {RETRY_LIMIT:?}: {reason}", self.shard);
        Ok(Done::Wanting)
    }
}

fn show(view: &View) -> Result<()> {
    let mut table = Table::new(["NODE", "STATE", "VERSION", "OWNS", "FOLLOWS"]);
    for node in &view.nodes {
        let record = &node.record;
        let following = roles(node, |role| matches!(role, Role::Following | Role::Loading));
        table.add([&record.node, said(node), &record.version, &list(&owned(node)), &list(&following)]);
    }
    if view.nodes.is_empty() {
        print::line("no node was heard or has been lately; start one with `wissel node`")?;
    } else {
        table.print()?;
    }
    print::line("")?;
    let mut table = Table::new(["SHARD", "OWNER", "EPOCH", "JOURNAL", "STANDBY", "STATE"]);
    for shard in &view.shards {
        let dash = || NOBODY.to_owned();
        let standby = if shard.standby.is_empty() { dash() } else { shard.standby.join(", ") };
        table.add([
            &shard.shard.to_string(),
            shard.owner.as_deref().unwrap_or(NOBODY),
            &shard.epoch.to_string(),
            &shard.sequence.to_string(),
            &standby,
            &state(shard),
        ]);
    }
    table.print()
}

fn said(node: &SeenNode) -> &'static str {
    match node.record.state {
        _ if !node.is_heard => "silent",
        NodeState::Draining if node.is_drained => "drained",
        NodeState::Draining => "stopping",
        NodeState::Active | NodeState::Gone => "active",
    }
}

fn state(shard: &SeenShard) -> String {
    match (&shard.owner, shard.record.as_ref().map(|record| &record.state)) {
        (Some(_), _) => "owned".to_owned(),
        (None, Some(ShardState::Quarantined { reason })) => reason.clone(),
        (None, _) => "waits for a node".to_owned(),
    }
}

fn owned(node: &SeenNode) -> Vec<u16> {
    if node.is_heard { roles(node, |role| role == Role::Owner) } else { Vec::new() }
}

fn roles(node: &SeenNode, is_meant: impl Fn(Role) -> bool) -> Vec<u16> {
    let meant = node.record.shards.iter().filter(|entry| is_meant(entry.role));
    meant.map(|entry| entry.shard).collect()
}

fn list(shards: &[u16]) -> String {
    if shards.is_empty() {
        return NOBODY.to_owned();
    }
    shards.iter().map(u16::to_string).collect::<Vec<_>>().join(", ")
}

/// Columns as wide as what stands in them; the last one is left as it is.
struct Table<const COLUMNS: usize> {
    rows: Vec<[String; COLUMNS]>,
}

impl<const COLUMNS: usize> Table<COLUMNS> {
    fn new(head: [&str; COLUMNS]) -> Table<COLUMNS> {
        Table { rows: vec![head.map(str::to_owned)] }
    }

    fn add(&mut self, row: [&str; COLUMNS]) {
        self.rows.push(row.map(str::to_owned));
    }

    fn print(&self) -> Result<()> {
        let width =
            |column: usize| self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..COLUMNS).map(width).collect();
        for row in &self.rows {
            let cells: Vec<String> =
                row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            print::line(cells.join("  ").trim_end())?;
        }
        Ok(())
    }
}
