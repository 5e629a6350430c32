//! Clusters of nodes that hear one another after 5 ms, with shards that open within 30 ms and load within 200 ms.

use std::collections::BTreeMap;

use protocol::record::FORMAT;

use super::*;

const STEP: u64 = 10;
const OPENS_WITHIN: u64 = 30;
const LOADS_WITHIN: u64 = 200;

struct Cluster {
    now: u64,
    shards: Vec<u16>,
    nodes: Vec<Node>,
    /// Epoch of each shard, and who opened it.
    epochs: BTreeMap<u16, (u64, usize)>,
    /// When each shard changed its owner.
    changes: Vec<(u64, u16, usize)>,
    /// The last record of each subject.
    stored: BTreeMap<String, MemberRecord>,
}

struct Node {
    members: Members,
    here: BTreeMap<u16, (NodeShard, u64)>,
    is_alive: bool,
    /// Nothing comes in or goes out.
    is_cut: bool,
    is_stopped: bool,
}

impl Cluster {
    fn new(shards: u16) -> Cluster {
        Cluster {
            now: 1_000,
            shards: (0..shards).collect(),
            nodes: Vec::new(),
            epochs: BTreeMap::new(),
            changes: Vec::new(),
            stored: BTreeMap::new(),
        }
    }

    fn start(&mut self) -> usize {
        let number = self.nodes.len();
        self.start_as(&format!("n{number}"), FORMAT, None)
    }

    fn start_as(&mut self, name: &str, format: u8, only: Option<Vec<u16>>) -> usize {
        let (number, now) = (self.nodes.len(), Millis(self.now));
        let incarnation = number as u64 + 100;
        let (node, shards) = (name.to_owned(), self.shards.clone());
        let config = MembersConfig { node, incarnation, format, shards, only };
        let mut members = Members::new(config, now);
        for record in self.stored.values() {
            members.heard(now, record.clone());
        }
        let node = Node { members, here: BTreeMap::new(), is_alive: true, is_cut: false, is_stopped: false };
        self.nodes.push(node);
        number
    }

    fn run(&mut self, millis: u64) {
        for _ in 0..millis / STEP {
            self.now += STEP;
            for number in 0..self.nodes.len() {
                if self.nodes[number].is_alive && !self.nodes[number].is_stopped {
                    self.progress(number);
                    let node = &mut self.nodes[number];
                    let here: Vec<NodeShard> = node.here.values().map(|(entry, _)| entry.clone()).collect();
                    let actions = node.members.decide(Millis(self.now), &here);
                    self.act(number, actions);
                }
            }
        }
    }

    /// What was begun comes to its end.
    fn progress(&mut self, number: usize) {
        let shards: Vec<u16> = self.nodes[number].here.keys().copied().collect();
        for shard in shards {
            let (entry, due) = self.nodes[number].here[&shard].clone();
            let (epoch, _) = self.epochs.get(&shard).copied().unwrap_or((0, usize::MAX));
            match entry.role {
                Role::Loading if due <= self.now => self.set(number, shard, Role::Following, epoch),
                Role::Opening if due <= self.now && !self.nodes[number].is_cut => {
                    self.epochs.insert(shard, (epoch + 1, number));
                    self.changes.push((self.now, shard, number));
                    self.set(number, shard, Role::Owner, epoch + 1);
                    let told = self.nodes[number].members.opened(shard, epoch + 1);
                    self.act(number, vec![told]);
                }
                Role::Loading | Role::Following | Role::Opening | Role::Owner => {}
            }
        }
    }

    fn set(&mut self, number: usize, shard: u16, role: Role, epoch: u64) {
        let entry = NodeShard { shard, role, epoch, sequence: 10 * epoch, journal: 7, next: None };
        let due = self.now + if role == Role::Opening { OPENS_WITHIN } else { LOADS_WITHIN };
        self.nodes[number].here.insert(shard, (entry, due));
    }

    fn leave(&mut self, number: usize, shard: u16, how: Departure) {
        let epoch = self.epochs.get(&shard).map_or(0, |(epoch, _)| *epoch);
        let actions = self.nodes[number].members.left(Millis(self.now), shard, epoch, how);
        self.act(number, actions);
    }

    fn act(&mut self, number: usize, actions: Vec<MembersAction>) {
        for action in actions {
            let epoch = |cluster: &Cluster, shard| cluster.epochs.get(&shard).map_or(0, |(epoch, _)| *epoch);
            match action {
                MembersAction::Tell(record) => self.tell(number, &record),
                MembersAction::Follow(shard) => self.set(number, shard, Role::Loading, epoch(self, shard)),
                MembersAction::Unfollow(shard) => drop(self.nodes[number].here.remove(&shard)),
                MembersAction::Take { shard, rebase: _ } => {
                    self.set(number, shard, Role::Opening, epoch(self, shard))
                }
                MembersAction::Release(shard) if self.epochs[&shard].1 != number => {
                    self.nodes[number].here.remove(&shard);
                    self.leave(number, shard, Departure::Fenced);
                }
                MembersAction::Release(shard) => {
                    self.set(number, shard, Role::Following, epoch(self, shard));
                    self.leave(number, shard, Departure::Released);
                }
                MembersAction::Repair(_) => {}
                MembersAction::Stopped => self.nodes[number].is_stopped = true,
            }
        }
    }

    fn tell(&mut self, from: usize, record: &MemberRecord) {
        if self.nodes[from].is_cut {
            return;
        }
        self.stored.insert(record.subject(), record.clone());
        let now = Millis(self.now + 5);
        for node in self.nodes.iter_mut().filter(|node| node.is_alive && !node.is_cut) {
            drop(node.members.heard(now, record.clone()));
        }
    }

    fn wish(&mut self, record: MemberRecord) {
        let now = Millis(self.now);
        self.stored.insert(record.subject(), record.clone());
        for node in self.nodes.iter_mut().filter(|node| node.is_alive && !node.is_cut) {
            drop(node.members.heard(now, record.clone()));
        }
    }

    /// The owner of each shard, by what the nodes themselves believe.
    fn owners(&self) -> Vec<Vec<usize>> {
        let owns = |number: &usize, shard: u16| {
            let node = &self.nodes[*number];
            node.is_alive && node.here.get(&shard).is_some_and(|(entry, _)| entry.role == Role::Owner)
        };
        self.shards
            .iter()
            .map(|shard| (0..self.nodes.len()).filter(|number| owns(number, *shard)).collect())
            .collect()
    }

    fn owner(&self, shard: u16) -> usize {
        match self.owners()[shard as usize][..] {
            [owner] => owner,
            ref others => panic!("shard {shard} has the owners {others:?}"),
        }
    }

    fn loads(&self) -> Vec<usize> {
        let owners: Vec<usize> = self.shards.iter().map(|shard| self.owner(*shard)).collect();
        (0..self.nodes.len()).map(|number| owners.iter().filter(|owner| **owner == number).count()).collect()
    }
}

fn started(nodes: usize, shards: u16) -> Cluster {
    let mut cluster = Cluster::new(shards);
    for _ in 0..nodes {
        cluster.start();
        cluster.run(50);
    }
    cluster.run(30_000);
    cluster
}

#[test]
fn one_node_takes_everything_at_once() {
    let mut cluster = Cluster::new(3);
    cluster.start();
    cluster.run(100);
    assert_eq!(cluster.loads(), [3]);
}

#[test]
fn shards_spread_and_then_stay() {
    for (nodes, shards, expected) in [(3, 3, vec![1, 1, 1]), (3, 7, vec![3, 2, 2]), (2, 1, vec![1, 0])] {
        let mut cluster = started(nodes, shards);
        let mut loads = cluster.loads();
        loads.sort_by(|one, other| other.cmp(one));
        assert_eq!(loads, expected, "{nodes} nodes, {shards} shards");
        let changes = cluster.changes.len();
        cluster.run(60_000);
        assert_eq!(cluster.changes.len(), changes, "nothing moves any more");
    }
}

#[test]
fn nodes_that_start_in_one_moment_agree_in_the_end() {
    let mut cluster = Cluster::new(3);
    for _ in 0..3 {
        cluster.start();
    }
    cluster.run(30_000);
    assert_eq!(cluster.loads(), [1, 1, 1]);
}

#[test]
fn the_shards_of_a_node_that_dies_are_taken_over_soon_and_once() {
    let mut cluster = started(3, 6);
    let victim = cluster.owner(0);
    let before = cluster.changes.len();
    let (died, lost) = (cluster.now, cluster.loads()[victim]);
    cluster.nodes[victim].is_alive = false;
    cluster.run(1_500);
    let taken: Vec<_> = cluster.changes[before..].to_vec();
    assert_eq!(taken.len(), lost, "each once: {taken:?}");
    for (at, shard, _) in taken {
        assert!(at - died <= 950, "shard {shard} was taken over after {} ms", at - died);
    }
    cluster.run(20_000);
    assert_eq!(cluster.loads().iter().sum::<usize>(), 6);
}

#[test]
fn a_node_that_stops_hands_over_within_a_few_steps() {
    let mut cluster = started(3, 6);
    let leaver = cluster.owner(0);
    let (asked, before, lost) = (cluster.now, cluster.changes.len(), cluster.loads()[leaver]);
    cluster.nodes[leaver].members.stop(Millis(asked));
    cluster.run(400);
    assert!(cluster.nodes[leaver].is_stopped);
    let taken = &cluster.changes[before..];
    assert_eq!(taken.len(), lost);
    assert!(taken.iter().all(|(at, _, _)| at - asked <= 100), "{taken:?}, asked at {asked}");
}

#[test]
fn the_last_node_that_stops_waits_for_nobody() {
    let mut cluster = started(1, 2);
    cluster.nodes[0].members.stop(Millis(cluster.now));
    cluster.run(50);
    assert!(cluster.nodes[0].is_stopped);
    let next = cluster.start();
    cluster.run(100);
    assert_eq!(cluster.loads()[next], 2);
}

#[test]
fn a_node_that_hears_nobody_judges_nobody() {
    let mut cluster = started(3, 3);
    let alone = cluster.owner(0);
    let before = cluster.changes.len();
    cluster.nodes[alone].is_cut = true;
    cluster.run(5_000);
    assert_eq!(cluster.changes.len(), before + 1, "its shard was taken over, and it took none");
    assert!(cluster.changes[before..].iter().all(|(_, _, owner)| *owner != alone));
    cluster.nodes[alone].is_cut = false;
    cluster.run(20_000);
    assert_eq!(cluster.loads().iter().max(), Some(&1));
}

#[test]
fn a_node_that_comes_and_goes_is_given_nothing() {
    let mut cluster = started(3, 6);
    let flapping = cluster.owner(0);
    let before = cluster.changes.len();
    for _ in 0..60 {
        cluster.nodes[flapping].is_cut = !cluster.nodes[flapping].is_cut;
        cluster.run(1_000);
    }
    let changes = cluster.changes.len() - before;
    assert!(changes <= 4, "{changes} changes of owners in a minute");
}

#[test]
fn a_drained_node_keeps_what_nobody_else_may_take_and_comes_back_when_asked() {
    let mut cluster = Cluster::new(2);
    cluster.start_as("a", FORMAT, None);
    cluster.start_as("b", FORMAT, Some(vec![0]));
    cluster.run(10_000);
    let drain = |drain| MemberRecord::Wish(protocol::members::NodeWish { node: "a".into(), drain });
    cluster.wish(drain(true));
    cluster.run(5_000);
    assert_eq!((cluster.owner(0), cluster.owner(1)), (1, 0), "b may not have shard 1");
    cluster.nodes[1].is_alive = false;
    cluster.run(5_000);
    assert_eq!(cluster.owner(1), 0);
    assert!(cluster.owners()[0].is_empty(), "a drained node takes nothing");
    cluster.wish(drain(false));
    cluster.run(5_000);
    assert_eq!(cluster.owner(0), 0);
}

#[test]
fn nobody_takes_a_quarantined_shard_until_a_person_says_so() {
    let mut cluster = started(2, 1);
    let owner = cluster.owner(0);
    cluster.nodes[owner].here.remove(&0);
    cluster.leave(owner, 0, Departure::Quarantined { reason: "the journal is damaged".into() });
    cluster.run(20_000);
    assert!(cluster.owners()[0].is_empty());
    cluster.start();
    cluster.run(5_000);
    assert!(cluster.owners()[0].is_empty(), "nor does a node that comes later");
    let (shard, state) = (0, ShardState::Released { to: None, rebase: true });
    cluster.wish(MemberRecord::Shard(ShardRecord {
        shard,
        node: "-".into(),
        incarnation: 0,
        epoch: 1,
        state,
    }));
    cluster.run(2_000);
    cluster.owner(0);
}

#[test]
fn what_one_node_cannot_keep_another_takes() {
    let mut cluster = started(2, 1);
    let owner = cluster.owner(0);
    cluster.nodes[owner].here.remove(&0);
    cluster.leave(owner, 0, Departure::Trouble);
    cluster.run(2_000);
    assert_eq!(cluster.owner(0), 1 - owner);
}

#[test]
fn a_witness_is_of_one_journal_until_a_person_frees_the_shard() {
    let mut cluster = started(2, 1);
    let owner = cluster.owner(0);
    let witness = |cluster: &Cluster, journal| cluster.nodes[1 - owner].members.witness(0, journal);
    assert_eq!((witness(&cluster, 7), witness(&cluster, 8)), (10, 0));
    cluster.nodes[owner].here.remove(&0);
    cluster.leave(owner, 0, Departure::Quarantined { reason: "the journal is damaged".into() });
    cluster.run(1_000);
    assert_eq!(witness(&cluster, 7), 10);
    // It may have been restored from a backup that is shorter.
    let (shard, state) = (0, ShardState::Released { to: None, rebase: false });
    let free = ShardRecord { shard, node: "-".into(), incarnation: 0, epoch: 1, state };
    cluster.wish(MemberRecord::Shard(free));
    assert_eq!(witness(&cluster, 7), 0);
}

/// What newer nodes write, older ones cannot read: the shards are theirs until the last of them goes.
#[test]
fn shards_stay_with_the_oldest_nodes_until_these_are_gone() {
    let mut cluster = started(2, 4);
    let before = cluster.changes.len();
    for newer in ["x", "y"] {
        cluster.start_as(newer, FORMAT + 1, None);
    }
    cluster.run(20_000);
    assert_eq!(cluster.changes.len(), before, "nothing moves to a newer node");
    cluster.nodes[0].members.stop(Millis(cluster.now));
    cluster.run(20_000);
    assert_eq!(cluster.loads(), [0, 4, 0, 0], "an older one takes what an older one leaves");
    let (asked, before) = (cluster.now, cluster.changes.len());
    cluster.nodes[1].members.stop(Millis(asked));
    cluster.run(3_000);
    assert_eq!(cluster.loads()[..2], [0, 0], "the last of them hands over");
    assert!(cluster.changes[before..].iter().all(|(at, _, _)| at - asked <= 1_500));
    cluster.run(20_000);
    assert_eq!(cluster.loads(), [0, 0, 2, 2], "and newer ones share");
    cluster.start();
    cluster.run(20_000);
    assert_eq!(
        cluster.loads(),
        [0, 0, 2, 2, 0],
        "an older one that comes back is given nothing that it cannot read"
    );
}

/// An older node that lives and takes nothing must not keep everybody waiting.
#[test]
fn a_newer_node_serves_what_no_older_one_does() {
    let mut cluster = started(1, 1);
    let newer = cluster.start_as("x", FORMAT + 1, None);
    cluster.run(5_000);
    assert_eq!(cluster.owner(0), 0);
    let died = cluster.now;
    cluster.leave(0, 0, Departure::Trouble);
    cluster.nodes[0].here.clear();
    cluster.run(4_000);
    assert!(cluster.owners()[0].is_empty(), "it is left to the older one at first");
    cluster.run(4_000);
    assert_eq!(cluster.owner(0), newer);
    let (at, _, _) = *cluster.changes.last().expect("it took the shard");
    assert!(
        (LEFT_TO_OLDER_FOR.0..LEFT_TO_OLDER_FOR.0 + 1_500).contains(&(at - died)),
        "after {} ms",
        at - died
    );
}
