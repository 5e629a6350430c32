//! The other nodes: who lives, and who is called first for a shard.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use model::Millis;
use protocol::members::{NodeRecord, NodeState, Role, ShardRecord};
use protocol::record::Hash;

use super::{BEAT_EVERY, READY_LAG_MAX, SILENCE_MAX};
use crate::time::elapsed;

/// Our own heartbeats that must have come back while nothing was heard of a node before it counts as silent.
const OWN_BEATS: u64 = SILENCE_MAX.0 / BEAT_EVERY.0 - 1;

#[derive(Debug)]
pub(super) struct Peers {
    all: BTreeMap<String, Peer>,
    /// Our own heartbeats that came back.
    own: u64,
    /// Since when the same nodes live and take shards.
    pub settled_since: Millis,
}

#[derive(Debug)]
struct Peer {
    record: NodeRecord,
    heard: Millis,
    /// How many of our own heartbeats had come back by then.
    own: u64,
    is_live: bool,
}

impl Peers {
    pub fn new(now: Millis) -> Peers {
        Peers { all: BTreeMap::new(), own: 0, settled_since: now }
    }

    pub fn heard_ourselves(&mut self) {
        self.own += 1;
    }

    pub fn heard(&mut self, now: Millis, record: NodeRecord) {
        if record.state == NodeState::Gone {
            if self.all.remove(&record.node).is_some_and(|peer| peer.is_active()) {
                self.settled_since = now;
            }
            return;
        }
        let before = self.all.get(&record.node);
        // A record of the store may be older than what was heard.
        let is_old = before.is_some_and(|peer| {
            peer.record.incarnation == record.incarnation && peer.record.beat > record.beat
        });
        if is_old {
            return;
        }
        let was_active = before.is_some_and(Peer::is_active);
        let peer = Peer { heard: now, own: self.own, is_live: true, record };
        if peer.is_active() != was_active {
            self.settled_since = now;
        }
        self.all.insert(peer.record.node.clone(), peer);
    }

    /// Judges anew who is silent.
    pub fn judge(&mut self, now: Millis) {
        for peer in self.all.values_mut() {
            let is_silent = elapsed(now, peer.heard) >= SILENCE_MAX && self.own >= peer.own + OWN_BEATS;
            if peer.is_live && is_silent {
                if peer.is_active() {
                    self.settled_since = now;
                }
                peer.is_live = false;
            }
        }
    }

    /// The owner said so itself, before its next heartbeat.
    pub fn claims(&mut self, record: &ShardRecord) {
        self.set_role(record, Role::Owner);
    }

    pub fn claims_no_more(&mut self, record: &ShardRecord) {
        self.set_role(record, Role::Following);
    }

    fn set_role(&mut self, record: &ShardRecord, role: Role) {
        let Some(peer) = self.all.get_mut(&record.node) else { return };
        if peer.record.incarnation != record.incarnation {
            return;
        }
        let shards = &mut peer.record.shards;
        if let Ok(at) = shards.binary_search_by_key(&record.shard, |entry| entry.shard) {
            shards[at].role = role;
        }
    }

    /// Live nodes, other than this one.
    fn live(&self) -> impl Iterator<Item = &NodeRecord> {
        self.all.values().filter(|peer| peer.is_live).map(|peer| &peer.record)
    }

    /// Live nodes, other than this one, that may take the shard.
    pub fn takers(&self, shard: u16) -> impl Iterator<Item = &NodeRecord> {
        self.live().filter(move |node| node.state == NodeState::Active && node.may_own(shard))
    }

    /// The oldest format that a live node which may take the shard, other than this one, reads.
    pub fn oldest_format(&self, shard: u16) -> Option<u8> {
        self.takers(shard).map(|node| node.format).min()
    }

    pub fn active(&self) -> usize {
        self.all.values().filter(|peer| peer.is_active()).count()
    }

    pub fn is_taker(&self, node: &str, shard: u16) -> bool {
        self.takers(shard).any(|taker| taker.node == node)
    }

    /// The live node that owns the shard or is about to.
    pub fn claimant(&self, shard: u16) -> Option<&NodeRecord> {
        let claims = |node: &&NodeRecord| node.shard(shard).is_some_and(|entry| entry.role >= Role::Opening);
        self.live().filter(claims).max_by_key(|node| node.shard(shard).map(|entry| (entry.role, entry.epoch)))
    }

    /// Whether a live node owns the shard under a higher epoch than `epoch`.
    pub fn is_overtaken(&self, shard: u16, epoch: u64) -> bool {
        self.live()
            .filter_map(|node| node.shard(shard))
            .any(|entry| entry.role == Role::Owner && entry.epoch > epoch)
    }

    /// Of those that may take the shard from an owner of this format, whoever would do so soonest: of the oldest that can read it one that
    /// is ready, with the fewest shards.
    pub fn best_taker(&self, shard: u16, format: u8, sequence: u64) -> Option<&NodeRecord> {
        self.takers(shard).min_by_key(|node| {
            let is_ready = is_ready(node, shard, sequence);
            let age = (node.format < format, node.format);
            (age, Reverse(is_ready), owned(node), Reverse(score(&node.node, shard)))
        })
    }

    pub fn is_ready(&self, node: &str, shard: u16, sequence: u64) -> bool {
        self.all.get(node).is_some_and(|peer| peer.is_live && is_ready(&peer.record, shard, sequence))
    }
}

impl Peer {
    fn is_active(&self) -> bool {
        self.is_live && self.record.state == NodeState::Active
    }
}

/// It follows the journal closely enough to take over at once.
fn is_ready(node: &NodeRecord, shard: u16, sequence: u64) -> bool {
    node.shard(shard)
        .is_some_and(|entry| entry.role == Role::Following && entry.sequence + READY_LAG_MAX >= sequence)
}

/// Shards that it owns or is about to own.
pub(super) fn owned(node: &NodeRecord) -> usize {
    node.shards.iter().filter(|entry| entry.role >= Role::Opening).count()
}

/// Rendezvous hashing: of all nodes the one with the highest score is called first for the shard. Each pair has a score of
/// its own, so that a node that comes or goes changes the order of nobody else.
pub(super) fn score(node: &str, shard: u16) -> u64 {
    let Hash(hash) = Hash::of(format!("{node} {shard}").as_bytes());
    u64::from_le_bytes(hash[..8].try_into().expect("a hash is longer than eight bytes"))
}
