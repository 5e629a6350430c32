//! Which node should try to own which shard: what one node makes of what it hears of the others.
//!
//! This gives liveness only. Two nodes that both believe themselves called lose nothing: the journal's fence lets one of
//! them through, and the other learns that it is not the owner. So nothing here waits for a store, and no clock of
//! another machine is believed: a node is silent when *this* node has heard nothing of it for [`SILENCE_MAX`] by its own
//! monotonic clock, while its own heartbeats came back to it. A node that cannot hear judges nobody.
//!
//! Nodes of several versions may run beside each other, for as long as an upgrade takes. What a node writes, older ones may be unable to
//! read, so shards stay with the oldest nodes that may own them: they are called first, newer ones are given nothing while
//! an older one takes shards, and follow only what no older one would.
//!
//! | file | concern |
//! |---|---|
//! | `peers` | who lives, who is called first for a shard |
//! | `decide` | what follows for this node: take, release, follow, and what it tells the others |

mod decide;
mod peers;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use model::Millis;
use protocol::members::{MemberRecord, NodeRecord, NodeShard, NodeState, Role, ShardRecord, ShardState};

use crate::time::after;
use peers::Peers;

/// How often a node says that it lives.
pub const BEAT_EVERY: Millis = Millis(200);
/// Four heartbeats. A shorter limit takes over from nodes that were only busy; NATS itself needs 4.5 to 8.4 s for a
/// lost leader (measured), so this is not what people wait for.
pub const SILENCE_MAX: Millis = Millis(800);
/// How often [`Members::decide`] shall be called, beside whenever something was heard.
pub const DECIDE_EVERY: Millis = Millis(50);
/// How long whoever is called second for a free shard lets the first one try; and so on.
const CALL_EVERY: Millis = Millis(300);
/// How long a node leaves a free shard to older nodes: they could not read what it writes, and it is only there for them if
/// none of them can.
const LEFT_TO_OLDER_FOR: Millis = Millis(5_000);
/// How long a shard that was handed to somebody is left to that node.
const HANDED_TO_FOR: Millis = Millis(1_000);
/// Shards are moved for balance only when the same nodes have been there for so long; a node that comes and goes every
/// second gets none.
const SETTLED_AFTER: Millis = Millis(3_000);
/// How long a node that stops waits until whoever is called next is ready. Longer than loading a usual state; a
/// supervisor's patience with SIGTERM is ten seconds or more.
const READY_WAIT_MAX: Millis = Millis(3_000);
/// A shard that this node could not keep is left to others for this long.
const TROUBLE_PAUSE: Millis = Millis(10_000);
/// Records by which a follower that counts as ready may be behind: read within some tens of milliseconds.
const READY_LAG_MAX: u64 = 2_048;

#[derive(Debug, Clone)]
pub struct MembersConfig {
    pub node: String,
    pub incarnation: u64,
    /// The newest format of records that it reads, and the one that it writes.
    pub format: u8,
    /// Every shard there is.
    pub shards: Vec<u16>,
    /// Those that this node may own; nothing for all.
    pub only: Option<Vec<u16>>,
}

/// What a node shall do. In order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MembersAction {
    /// Send this on its subject.
    Tell(MemberRecord),
    /// Build the shard's state from its journal and keep up with it.
    Follow(u16),
    /// Drop that state.
    Unfollow(u16),
    /// Open an epoch; with `rebase` also if the ingest stream is not what the journal says.
    Take { shard: u16, rebase: bool },
    /// Hand over in good order.
    Release(u16),
    /// Append the lost end of the shard's journal again.
    Repair(u16),
    /// Nothing is owned any more, and everybody knows it.
    Stopped,
}

/// How a shard that this node tried to own, or owned, was left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Departure {
    /// In good order.
    Released,
    /// Another node opened a higher epoch.
    Fenced,
    /// Nothing stands in the way of whoever tries next.
    Again,
    /// Something of this node stands in its way; another may do better.
    Trouble,
    /// It needs a person, whoever tries.
    Quarantined { reason: String },
}

/// One node's view of the cluster.
#[derive(Debug)]
pub struct Members {
    config: MembersConfig,
    peers: Peers,
    shards: BTreeMap<u16, Known>,
    /// When the next heartbeat is due, and what the last one said of the shards.
    beat_at: Millis,
    beat: NodeRecord,
    /// Told to hand over everything and to take nothing.
    is_drained: bool,
    /// Since when it wants to stop for good.
    stopping: Option<Millis>,
    is_stopped: bool,
    /// Whom a shard shall go to, once it is ready.
    handing: Option<Handing>,
}

/// What is known of a shard beside the nodes' heartbeats.
#[derive(Debug, Default)]
struct Known {
    /// Since when nobody claims it.
    free_since: Option<Millis>,
    /// To whom it was handed over, and when.
    handed_to: Option<(String, Millis)>,
    is_quarantined: bool,
    /// Whoever takes it goes on with the ingest stream as it is.
    rebase: bool,
    /// This node leaves it to others until then.
    not_before: Millis,
    /// Whom this node releases it to, once it was told to.
    releasing: Option<Option<String>>,
    /// The furthest that anybody said a journal goes, and which journal.
    witness: (u64, u64),
}

#[derive(Debug, Clone)]
struct Handing {
    shard: u16,
    to: String,
}

impl Members {
    /// Knows nobody. Give it what the store holds of other nodes, which then have their time to be heard, and call
    /// [`Members::decide`] from then on.
    pub fn new(config: MembersConfig, now: Millis) -> Members {
        let beat = NodeRecord {
            only: config.only.clone(),
            format: config.format,
            ..NodeRecord::own(&config.node, config.incarnation)
        };
        Members {
            peers: Peers::new(now),
            shards: config.shards.iter().map(|shard| (*shard, Known::default())).collect(),
            beat_at: now,
            beat,
            is_drained: false,
            stopping: None,
            is_stopped: false,
            handing: None,
            config,
        }
    }

    /// A record was heard, or read from the store.
    pub fn heard(&mut self, now: Millis, record: MemberRecord) -> Vec<MembersAction> {
        match record {
            MemberRecord::Node(record) if record.node == self.config.node => {
                if record.incarnation == self.config.incarnation {
                    self.peers.heard_ourselves();
                }
            }
            MemberRecord::Node(record) => {
                for entry in &record.shards {
                    self.witness_of(entry);
                }
                self.peers.heard(now, record);
            }
            MemberRecord::Shard(record) => self.told(now, record),
            MemberRecord::Wish(wish) if wish.node == self.config.node => self.is_drained = wish.drain,
            MemberRecord::Wish(_) => {}
            MemberRecord::Repair(wish) if wish.incarnation == self.config.incarnation => {
                return vec![MembersAction::Repair(wish.shard)];
            }
            MemberRecord::Repair(_) => {}
        }
        Vec::new()
    }

    /// Another process goes by this node's name.
    pub fn is_namesake(&self, record: &MemberRecord) -> bool {
        matches!(record, MemberRecord::Node(node) if node.node == self.config.node
            && node.incarnation != self.config.incarnation
            && node.state != NodeState::Gone)
    }

    /// A shard that this node tried to own, or owned, is not its any more.
    pub fn left(&mut self, now: Millis, shard: u16, epoch: u64, how: Departure) -> Vec<MembersAction> {
        let Some(known) = self.shards.get_mut(&shard) else { return Vec::new() };
        let releasing = known.releasing.take().flatten();
        self.handing = self.handing.take().filter(|handing| handing.shard != shard);
        let state = match how {
            Departure::Released => ShardState::Released { to: releasing, rebase: false },
            Departure::Quarantined { reason } => ShardState::Quarantined { reason },
            Departure::Again => return Vec::new(),
            Departure::Fenced => {
                // Its new owner is about to say so.
                known.not_before = after(now, BEAT_EVERY);
                return Vec::new();
            }
            Departure::Trouble => {
                known.not_before = after(now, TROUBLE_PAUSE);
                return Vec::new();
            }
        };
        let (node, incarnation) = (self.config.node.clone(), self.config.incarnation);
        let record = ShardRecord { shard, node, incarnation, epoch, state };
        self.told(now, record.clone());
        vec![MembersAction::Tell(MemberRecord::Shard(record))]
    }

    /// An epoch of ours is open.
    pub fn opened(&mut self, shard: u16, epoch: u64) -> MembersAction {
        let (node, incarnation) = (self.config.node.clone(), self.config.incarnation);
        let record = ShardRecord { shard, node, incarnation, epoch, state: ShardState::Owned };
        MembersAction::Tell(MemberRecord::Shard(record))
    }

    /// Hand everything over, then say so and stop.
    pub fn stop(&mut self, now: Millis) {
        self.stopping.get_or_insert(now);
    }

    /// How far the shard's journal went when somebody last said so, if that was this journal.
    pub fn witness(&self, shard: u16, journal: u64) -> u64 {
        let witness = self.shards.get(&shard).map_or((0, 0), |known| known.witness);
        if witness.0 == journal { witness.1 } else { 0 }
    }

    /// The other node that owns the shard or is about to.
    pub fn owner(&self, shard: u16) -> Option<&str> {
        self.peers.claimant(shard).map(|node| node.node.as_str())
    }

    /// Nobody takes it until a person says so.
    pub fn is_quarantined(&self, shard: u16) -> bool {
        self.shards.get(&shard).is_some_and(|known| known.is_quarantined)
    }

    fn told(&mut self, now: Millis, record: ShardRecord) {
        let Some(known) = self.shards.get_mut(&record.shard) else { return };
        match &record.state {
            ShardState::Owned => {
                (known.handed_to, known.is_quarantined, known.rebase) = (None, false, false);
                self.peers.claims(&record);
            }
            ShardState::Released { to, rebase } => {
                if std::mem::take(&mut known.is_quarantined) {
                    // Whoever freed it knows how far the journal goes: it may have been restored.
                    known.witness = (0, 0);
                }
                known.rebase = *rebase;
                known.handed_to = to.clone().map(|to| (to, now));
                self.peers.claims_no_more(&record);
            }
            ShardState::Quarantined { .. } => {
                self.peers.claims_no_more(&record);
                known.is_quarantined = true;
            }
        }
    }

    fn witness_of(&mut self, entry: &NodeShard) {
        let Some(known) = self.shards.get_mut(&entry.shard) else { return };
        if known.witness.0 != entry.journal && entry.role != Role::Owner {
            return;
        }
        let before = if known.witness.0 == entry.journal { known.witness.1 } else { 0 };
        known.witness = (entry.journal, before.max(entry.sequence));
    }
}
