//! What one node does about each shard, given what it hears.

use std::cmp::Reverse;

use model::Millis;
use protocol::members::{MemberRecord, NodeRecord, NodeShard, NodeState, Role};

use super::peers::{owned, score};
use super::{
    BEAT_EVERY, CALL_EVERY, HANDED_TO_FOR, Handing, LEFT_TO_OLDER_FOR, Members, MembersAction,
    READY_WAIT_MAX, SETTLED_AFTER,
};
use crate::time::{after, elapsed};

impl Members {
    /// `here` is what this node is to each shard that it has to do with, by number.
    pub fn decide(&mut self, now: Millis, here: &[NodeShard]) -> Vec<MembersAction> {
        let mut actions = Vec::new();
        if self.is_stopped {
            return actions;
        }
        for entry in here {
            self.witness_of(entry);
        }
        self.peers.judge(now);
        self.choose_heir(now, here);
        let shards: Vec<u16> = self.shards.keys().copied().collect();
        for shard in shards {
            let mine = find(here, shard);
            match mine.map(|entry| entry.role) {
                Some(Role::Owner) => self.own(now, shard, mine, &mut actions),
                Some(Role::Opening) => {}
                Some(Role::Loading | Role::Following) | None => self.attend(now, shard, mine, &mut actions),
            }
        }
        self.beat(now, here, &mut actions);
        let is_busy = here.iter().any(|entry| entry.role >= Role::Opening);
        if self.stopping.is_some() && !is_busy {
            self.is_stopped = true;
            actions.push(MembersAction::Stopped);
        }
        actions
    }

    fn gives_up(&self) -> bool {
        self.is_drained || self.stopping.is_some()
    }

    /// A shard that is not ours.
    fn attend(
        &mut self,
        now: Millis,
        shard: u16,
        mine: Option<&NodeShard>,
        actions: &mut Vec<MembersAction>,
    ) {
        if !self.may_own(shard) || self.gives_up() {
            if mine.is_some() {
                actions.push(MembersAction::Unfollow(shard));
            }
            return;
        }
        if let Some(claimant) = self.peers.claimant(shard) {
            let is_heir =
                claimant.shard(shard).and_then(|entry| entry.next.as_deref()) == Some(&self.config.node);
            let shall_follow = is_heir || self.is_first_after(&claimant.node, shard);
            self.known(shard).free_since = None;
            match (shall_follow, mine.is_some()) {
                (true, false) => actions.push(MembersAction::Follow(shard)),
                (false, true) => actions.push(MembersAction::Unfollow(shard)),
                (true, true) | (false, false) => {}
            }
            return;
        }
        let is_newer = self.peers.oldest_format(shard).is_some_and(|oldest| oldest < self.config.format);
        let older_first = if is_newer { LEFT_TO_OLDER_FOR } else { Millis::ZERO };
        let wait = Millis(CALL_EVERY.0 * self.rank(shard, mine) + older_first.0);
        let known = self.known(shard);
        let free_since = *known.free_since.get_or_insert(now);
        if known.is_quarantined || now < known.not_before {
            return;
        }
        let called_at = match known.handed_to.clone() {
            Some((to, _)) if to == self.config.node => now,
            Some((to, at)) if self.peers.is_taker(&to, shard) => {
                after(after(at.max(free_since), HANDED_TO_FOR), wait)
            }
            Some(_) | None => after(free_since, wait),
        };
        if now >= called_at {
            let known = self.known(shard);
            (known.free_since, known.handed_to) = (None, None);
            actions.push(MembersAction::Take { shard, rebase: known.rebase });
        }
    }

    /// A shard of ours: it goes when it shall and somebody is ready for it.
    fn own(&mut self, now: Millis, shard: u16, mine: Option<&NodeShard>, actions: &mut Vec<MembersAction>) {
        let (epoch, sequence) = mine.map_or((0, 0), |entry| (entry.epoch, entry.sequence));
        if self.peers.is_overtaken(shard, epoch) {
            // A shard without inputs would not find out by itself: the release meets the fence.
            actions.push(MembersAction::Release(shard));
            return;
        }
        let to = if self.gives_up() {
            let best = self.best_taker(shard, sequence).map(|node| node.node.clone());
            let is_ready = best.as_ref().is_some_and(|to| self.peers.is_ready(to, shard, sequence));
            let is_due =
                self.stopping.is_some_and(|since| best.is_none() || elapsed(now, since) >= READY_WAIT_MAX);
            if !is_ready && !is_due {
                return;
            }
            best
        } else {
            match &self.handing {
                Some(handing)
                    if handing.shard == shard && self.peers.is_ready(&handing.to, shard, sequence) =>
                {
                    Some(handing.to.clone())
                }
                Some(_) | None => return,
            }
        };
        let known = self.known(shard);
        if known.releasing.is_none() {
            known.releasing = Some(to);
            actions.push(MembersAction::Release(shard));
        }
    }

    /// Whom the next shard of ours goes to, for balance or because this node gives up: one at a time, since the heir has to
    /// load its state first.
    fn choose_heir(&mut self, now: Millis, here: &[NodeShard]) {
        if let Some(handing) = &self.handing {
            let is_ours = find(here, handing.shard).is_some_and(|entry| entry.role == Role::Owner);
            let is_there = self.peers.is_taker(&handing.to, handing.shard);
            if is_ours && is_there {
                return;
            }
            self.handing = None;
        }
        let ours = || here.iter().filter(|entry| entry.role == Role::Owner);
        let heir = if self.gives_up() {
            let unprepared = ours().find(|entry| {
                let best = self.best_taker(entry.shard, entry.sequence);
                best.is_some_and(|best| !self.peers.is_ready(&best.node, entry.shard, entry.sequence))
            });
            unprepared.and_then(|entry| {
                let best = self.best_taker(entry.shard, entry.sequence)?;
                Some((entry.shard, best.node.clone()))
            })
        } else if elapsed(now, self.peers.settled_since) >= SETTLED_AFTER {
            let count = ours().count();
            let most = self.shards.len().div_ceil(self.peers.active() + 1);
            let moves = ours().filter(|_| count > most).flat_map(|entry| {
                // An older one cannot read what is there, and of a newer one it could not be taken back.
                let is_alike = |node: &&NodeRecord| node.format == self.config.format;
                let takers = self.peers.takers(entry.shard).filter(is_alike);
                let takers = takers.filter(|node| owned(node) + 1 < count);
                takers.map(|node| (owned(node), Reverse(score(&node.node, entry.shard)), entry.shard, node))
            });
            let best = moves.min_by(|one, other| (one.0, one.1, one.2).cmp(&(other.0, other.1, other.2)));
            best.map(|(_, _, shard, node)| (shard, node.node.clone()))
        } else {
            None
        };
        self.handing = heir.map(|(shard, to)| Handing { shard, to });
    }

    /// How many are called for a free shard before this node: the oldest first, then those that are ready, then by score.
    fn rank(&self, shard: u16, mine: Option<&NodeShard>) -> u64 {
        let sequence = self.witness_sequence(shard);
        let call = |format: u8, is_ready: bool, node: &str| (Reverse(format), is_ready, score(node, shard));
        let is_ready = mine.is_some_and(|entry| entry.role == Role::Following);
        let own = call(self.config.format, is_ready, &self.config.node);
        let before = self.peers.takers(shard).filter(|node| {
            let is_ready = self.peers.is_ready(&node.node, shard, sequence);
            call(node.format, is_ready, &node.node) > own
        });
        before.count() as u64
    }

    /// Whether this node is the one that keeps the shard's state at hand while `owner` owns it.
    fn is_first_after(&self, owner: &str, shard: u16) -> bool {
        let call = |format: u8, node: &str| (Reverse(format), score(node, shard));
        let own = call(self.config.format, &self.config.node);
        self.peers.takers(shard).all(|node| node.node == owner || call(node.format, &node.node) < own)
    }

    fn best_taker(&self, shard: u16, sequence: u64) -> Option<&NodeRecord> {
        self.peers.best_taker(shard, self.config.format, sequence)
    }

    fn may_own(&self, shard: u16) -> bool {
        self.config.only.as_ref().is_none_or(|only| only.contains(&shard))
    }

    fn witness_sequence(&self, shard: u16) -> u64 {
        self.shards.get(&shard).map_or(0, |known| known.witness.1)
    }

    fn known(&mut self, shard: u16) -> &mut super::Known {
        self.shards.get_mut(&shard).expect("only shards that there are are looked at")
    }

    /// Says that this node lives: when it is time, and at once when what it is to a shard has changed.
    fn beat(&mut self, now: Millis, here: &[NodeShard], actions: &mut Vec<MembersAction>) {
        let next = |shard: u16| {
            let handing = self.handing.as_ref().filter(|handing| handing.shard == shard);
            handing.map(|handing| handing.to.clone())
        };
        let shards: Vec<NodeShard> =
            here.iter().map(|entry| NodeShard { next: next(entry.shard), ..entry.clone() }).collect();
        let is_busy = here.iter().any(|entry| entry.role >= Role::Opening);
        let state = match self.stopping {
            Some(_) if !is_busy => NodeState::Gone,
            _ if self.gives_up() => NodeState::Draining,
            _ => NodeState::Active,
        };
        let roles = |shards: &[NodeShard]| -> Vec<_> {
            shards.iter().map(|entry| (entry.shard, entry.role, entry.next.clone())).collect()
        };
        let is_news = state != self.beat.state || roles(&shards) != roles(&self.beat.shards);
        if now < self.beat_at && !is_news {
            return;
        }
        self.beat_at = after(now, BEAT_EVERY);
        self.beat = NodeRecord { beat: self.beat.beat + 1, state, shards, ..self.beat.clone() };
        actions.push(MembersAction::Tell(MemberRecord::Node(self.beat.clone())));
    }
}

fn find(here: &[NodeShard], shard: u16) -> Option<&NodeShard> {
    here.iter().find(|entry| entry.shard == shard)
}
