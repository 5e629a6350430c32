//! What is seen of several nodes: which of them lives, who owns which shard, and how long a shard was without an owner.
//! Made of what the nodes tell each other and of what becomes of their processes; time is an argument.
//!
//! `broker::members::view` asks the servers and listens for a second; a table that is drawn all the time cannot.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use protocol::members::{MemberRecord, NodeRecord, NodeShard, Role, ShardState};
use schemars::JsonSchema;
use serde::Serialize;

/// Several heartbeats, and longer than a node may be silent.
const SILENT_AFTER: Duration = Duration::from_millis(1_000);

#[derive(Debug)]
pub struct Members {
    nodes: BTreeMap<String, Seen>,
    /// The highest epoch of each shard, and whose it is.
    owners: BTreeMap<u16, Owner>,
    /// Shards whose owner's process has ended, until another node owns them.
    orphans: BTreeMap<u16, Orphan>,
    shards: u16,
    /// What happened, in the order of it, from [`Members::begin`] on.
    news: Vec<String>,
    take_overs: Vec<TakeOver>,
    is_begun: bool,
}

#[derive(Debug)]
struct Seen {
    process: Process,
    /// Its last heartbeat, and when that came; nothing before the first one of this process.
    heard: Option<(Instant, NodeRecord)>,
}

#[derive(Debug, Clone, Copy)]
enum Process {
    Runs { pid: u32 },
    Ended { again_at: Instant },
}

#[derive(Debug, Clone)]
struct Owner {
    node: String,
    epoch: u64,
}

#[derive(Debug)]
struct Orphan {
    owner: String,
    how: End,
    since: Instant,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// By a signal that lets nobody finish.
    Killed,
    /// Told to, with everything handed over.
    Stopped,
    /// By itself.
    Failed,
}

/// A shard whose owner died, and its next one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TakeOver {
    pub shard: u16,
    pub from: String,
    pub to: String,
    /// Of the new owner.
    pub epoch: u64,
    /// From the end of the old owner's process to the word of the new owner.
    pub after_ms: u64,
}

/// A node as the table shows it.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    pub node: String,
    /// Nothing while it has no process.
    pub pid: Option<u32>,
    pub state: String,
    pub owns: Vec<u16>,
    pub follows: Vec<u16>,
}

impl Members {
    /// `shards` are numbered from 0.
    pub fn new(shards: u16) -> Members {
        Members {
            nodes: BTreeMap::new(),
            owners: BTreeMap::new(),
            orphans: BTreeMap::new(),
            shards,
            news: Vec::new(),
            take_overs: Vec::new(),
            is_begun: false,
        }
    }

    /// From here on, what happens is news; before, the nodes come up and share the shards.
    pub fn begin(&mut self) {
        self.is_begun = true;
    }

    pub fn started(&mut self, node: &str, pid: u32) {
        let seen = Seen { process: Process::Runs { pid }, heard: None };
        if self.nodes.insert(node.to_owned(), seen).is_some() {
            self.tell(format!("{node} runs again, as process {pid}"));
        }
    }

    pub fn ended(&mut self, now: Instant, node: &str, how: End, again: Duration) {
        let Some(seen) = self.nodes.get_mut(node) else { return };
        *seen = Seen { process: Process::Ended { again_at: now + again }, heard: None };
        self.tell(format!("{node} {}, and starts again in {} s", how.text(), again.as_secs()));
        for (shard, owner) in self.owners.iter().filter(|(_, owner)| owner.node == node) {
            self.orphans.insert(*shard, Orphan { owner: owner.node.clone(), how, since: now });
        }
    }

    pub fn heard(&mut self, now: Instant, record: MemberRecord) {
        match record {
            MemberRecord::Node(record) => self.beat(now, record),
            MemberRecord::Shard(record) => match record.state {
                ShardState::Owned => self.owns(now, record.shard, &record.node, record.epoch),
                ShardState::Released { .. } => {}
                ShardState::Quarantined { reason } => {
                    self.tell(format!("shard {} is quarantined: {reason}", record.shard));
                }
            },
            MemberRecord::Wish(_) | MemberRecord::Repair(_) => {}
        }
    }

    /// So many nodes are there and every shard has an owner that lives.
    pub fn is_served(&self, nodes: usize) -> bool {
        self.nodes.len() == nodes
            && self.nodes.values().all(|seen| seen.heard.is_some())
            && (0..self.shards)
                .all(|shard| self.owners.contains_key(&shard) && !self.orphans.contains_key(&shard))
    }

    /// As [`Members::is_served`], no node owns more than its part, and each shard is followed by a node that could take it at once.
    pub fn is_spread(&self, nodes: usize) -> bool {
        let most = usize::from(self.shards).div_ceil(nodes.max(1));
        let is_followed = |shard: u16| {
            self.nodes.values().any(|seen| seen.shards(|role| role == Role::Following).contains(&shard))
        };
        self.is_served(nodes)
            && self.nodes.keys().all(|node| self.owned(node).len() <= most)
            && (0..self.shards).all(is_followed)
    }

    pub fn rows(&self, now: Instant) -> Vec<Row> {
        let row = |(node, seen): (&String, &Seen)| Row {
            node: node.clone(),
            pid: match seen.process {
                Process::Runs { pid } => Some(pid),
                Process::Ended { .. } => None,
            },
            state: seen.state(now),
            owns: self.owned(node),
            follows: seen.shards(|role| matches!(role, Role::Loading | Role::Following)),
        };
        self.nodes.iter().map(row).collect()
    }

    /// Owner and epoch of a shard, and the owner's process; nothing while nobody owns it.
    pub fn owner(&self, shard: u16) -> Option<(&str, u64, u32)> {
        let owner = self.owners.get(&shard).filter(|_| !self.orphans.contains_key(&shard))?;
        match self.nodes.get(&owner.node)?.process {
            Process::Runs { pid } => Some((&owner.node, owner.epoch, pid)),
            Process::Ended { .. } => None,
        }
    }

    pub fn news(&self) -> &[String] {
        &self.news
    }

    pub fn take_overs(&self) -> &[TakeOver] {
        &self.take_overs
    }

    fn beat(&mut self, now: Instant, record: NodeRecord) {
        let Some(seen) = self.nodes.get_mut(&record.node) else { return };
        // One that was on its way when its sender ended.
        if matches!(seen.process, Process::Ended { .. }) {
            return;
        }
        seen.heard = Some((now, record.clone()));
        for entry in record.shards.iter().filter(|entry| entry.role == Role::Owner) {
            self.owns(now, entry.shard, &record.node, entry.epoch);
        }
    }

    /// A node that wakes up after it was shut out still believes in its lower epoch.
    fn owns(&mut self, now: Instant, shard: u16, node: &str, epoch: u64) {
        if self.owners.get(&shard).is_some_and(|owner| epoch <= owner.epoch) {
            return;
        }
        let before = self.owners.insert(shard, Owner { node: node.to_owned(), epoch });
        if let Some(Orphan { owner: from, how, since }) = self.orphans.remove(&shard) {
            let after = now.saturating_duration_since(since);
            let seconds = after.as_secs_f64();
            let text = how.text();
            self.tell(format!(
                "{from} {text}; {node} owns its shard {shard} after {seconds:.1} s, epoch {epoch}"
            ));
            let after_ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
            self.take_overs.push(TakeOver { shard, from, to: node.to_owned(), epoch, after_ms });
        } else if let Some(before) = before {
            self.tell(format!("shard {shard} went from {} to {node}, epoch {epoch}", before.node));
        }
    }

    fn owned(&self, node: &str) -> Vec<u16> {
        let is_owner = |shard: &u16| self.owner(*shard).is_some_and(|(owner, _, _)| owner == node);
        self.owners.keys().copied().filter(is_owner).collect()
    }

    fn tell(&mut self, text: String) {
        if self.is_begun {
            self.news.push(text);
        }
    }
}

impl Seen {
    fn state(&self, now: Instant) -> String {
        match (self.process, &self.heard) {
            (Process::Ended { again_at }, _) => {
                let left = again_at.saturating_duration_since(now);
                format!("ended, again in {} s", left.as_secs() + 1)
            }
            (Process::Runs { .. }, None) => "starts".to_owned(),
            (Process::Runs { .. }, Some((at, _))) if now.saturating_duration_since(*at) > SILENT_AFTER => {
                "silent".to_owned()
            }
            (Process::Runs { .. }, Some(_)) => "lives".to_owned(),
        }
    }

    fn shards(&self, is_meant: impl Fn(Role) -> bool) -> Vec<u16> {
        let shards: &[NodeShard] = self.heard.as_ref().map_or(&[], |(_, record)| &record.shards);
        shards.iter().filter(|entry| is_meant(entry.role)).map(|entry| entry.shard).collect()
    }
}

impl End {
    fn text(self) -> &'static str {
        match self {
            End::Killed => "was killed",
            End::Stopped => "was told to stop",
            End::Failed => "ended by itself",
        }
    }
}

#[cfg(test)]
mod tests {
    use protocol::members::ShardRecord;

    use super::*;

    const AGAIN: Duration = Duration::from_secs(5);

    fn beat(node: &str, shards: &[(u16, Role, u64)]) -> MemberRecord {
        let shard = |(shard, role, epoch): &(u16, Role, u64)| NodeShard {
            shard: *shard,
            role: *role,
            epoch: *epoch,
            sequence: 1,
            journal: 1,
            next: None,
        };
        MemberRecord::Node(NodeRecord {
            shards: shards.iter().map(shard).collect(),
            ..NodeRecord::own(node, 1)
        })
    }

    fn owned(node: &str, epoch: u64) -> MemberRecord {
        let node = node.to_owned();
        MemberRecord::Shard(ShardRecord { shard: 0, node, incarnation: 1, epoch, state: ShardState::Owned })
    }

    /// Two nodes and one shard, which is a's.
    fn members(now: Instant) -> Members {
        let mut members = Members::new(1);
        members.started("a", 10);
        members.started("b", 11);
        members.heard(now, beat("a", &[(0, Role::Owner, 1)]));
        assert!(!members.is_served(2), "b was not heard");
        members.heard(now, beat("b", &[]));
        assert!(members.is_served(2) && !members.is_spread(2));
        members.heard(now, beat("b", &[(0, Role::Following, 1)]));
        assert!(members.is_spread(2));
        members.begin();
        members
    }

    #[test]
    fn a_killed_owner_is_followed_by_another_and_starts_again() {
        let now = Instant::now();
        let mut members = members(now);
        assert_eq!(members.owner(0), Some(("a", 1, 10)));
        members.ended(now, "a", End::Killed, AGAIN);
        members.heard(now, beat("a", &[(0, Role::Owner, 1)]));
        assert_eq!(members.owner(0), None, "its last word came late");
        assert!(!members.is_served(2));
        members.heard(now + Duration::from_millis(900), owned("b", 2));
        members.heard(now + Duration::from_millis(950), beat("b", &[(0, Role::Owner, 2)]));
        assert_eq!(members.owner(0), Some(("b", 2, 11)));
        members.started("a", 12);
        assert_eq!(
            members.news(),
            [
                "a was killed, and starts again in 5 s",
                "a was killed; b owns its shard 0 after 0.9 s, epoch 2",
                "a runs again, as process 12",
            ]
        );
        let TakeOver { shard, from, to, epoch, after_ms } = &members.take_overs()[0];
        assert_eq!((*shard, from.as_str(), to.as_str(), *epoch, *after_ms), (0, "a", "b", 2, 900));
    }

    #[test]
    fn a_frozen_owner_is_silent_and_then_believed_no_more() {
        let now = Instant::now();
        let mut members = members(now);
        let later = now + Duration::from_secs(2);
        assert_eq!(members.rows(later)[0].state, "silent");
        members.heard(later, owned("b", 2));
        members.heard(later, beat("a", &[(0, Role::Owner, 1)]));
        assert_eq!(members.owner(0), Some(("b", 2, 11)));
        assert_eq!(members.news(), ["shard 0 went from a to b, epoch 2"]);
        let rows = members.rows(later);
        assert_eq!((rows[0].state.as_str(), rows[0].owns.len()), ("lives", 0));
    }
}
