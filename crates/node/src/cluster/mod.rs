//! Which shards this node has, together with other nodes: carries out what `shard::members` decides.
//!
//! One task. It hears the other nodes, looks at its own shards every [`DECIDE_EVERY`], and follows, takes or releases them.
//! A node that is alone does none of the hearing: it takes everything at once, and what it loses it has lost.

mod hear;
mod place;

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use model::Millis;
use protocol::members::{MemberRecord, NodeShard, NodeState, Role};
use shard::ShardEvent;
use shard::members::{DECIDE_EVERY, Departure, Members, MembersAction, MembersConfig};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior};

use crate::beats::Beats;
use crate::links::Links;
use crate::node::ClosedShard;
pub(crate) use place::{Common, Place};

use hear::Ether;

/// The log need not say more often that two processes go by one name.
const COMPLAIN_EVERY: Duration = Duration::from_secs(10);

/// What the shards of this node, and whoever holds the node, tell the cluster task.
#[derive(Debug)]
pub(crate) enum ClusterEvent {
    Opened {
        shard: u16,
        epoch: u64,
    },
    Left {
        shard: u16,
        epoch: u64,
        departure: Departure,
        reason: String,
    },
    /// Hand everything over and end.
    Stop,
}

/// Who owns a shard, as this node sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShardOwner {
    /// This node, ready to serve.
    Us,
    /// The node of this name, or it is about to.
    Other(String),
    Nobody,
    /// It waits for a person.
    Quarantined,
}

/// By shard: those that this node was started for.
pub type Owners = BTreeMap<u16, ShardOwner>;

pub(crate) struct Cluster {
    common: Common,
    places: BTreeMap<u16, Place>,
    events: UnboundedReceiver<ClusterEvent>,
    /// Nothing on a virtual clock.
    beats: Option<Beats>,
    others: Option<Others>,
    owners: watch::Sender<Owners>,
    is_stopping: bool,
}

/// The other nodes, unless this one is alone.
pub(crate) struct Others {
    ether: Ether,
    members: Members,
    started: Instant,
    complained: Option<Instant>,
}

impl Others {
    /// Joins, once it is known that nobody else goes by this name.
    pub async fn join(links: &Links, config: MembersConfig) -> Result<Others> {
        let mut ether = Ether::join(&links.journal).await?;
        let mut records = ether.stored().await?;
        let is_namesake = |record: &MemberRecord| matches!(record, MemberRecord::Node(node) if node.node == config.node && node.state != NodeState::Gone);
        if records.iter().any(is_namesake) {
            records.extend(ether.listen_for_namesake(&config.node, config.incarnation).await?);
        }
        let started = Instant::now();
        let mut members = Members::new(config, Millis::ZERO);
        for record in records {
            // Wishes to repair are for those that were there when they were said.
            drop(members.heard(Millis::ZERO, record));
        }
        Ok(Others { ether, members, started, complained: None })
    }

    fn now(&self) -> Millis {
        Millis(self.started.elapsed().as_millis() as u64)
    }
}

/// What the task is woken by.
enum Next {
    Event(ClusterEvent),
    Heard(Box<MemberRecord>),
    Look,
}

impl Cluster {
    pub fn new(
        common: Common,
        places: BTreeMap<u16, Place>,
        events: UnboundedReceiver<ClusterEvent>,
        beats: Option<Beats>,
        others: Option<Others>,
        owners: watch::Sender<Owners>,
    ) -> Cluster {
        Cluster { common, places, events, beats, others, owners, is_stopping: false }
    }

    /// Until it was told to stop and nothing is owned any more.
    pub async fn run(mut self) {
        let mut looks = tokio::time::interval(Duration::from_millis(DECIDE_EVERY.0));
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        if self.others.is_none() {
            for shard in self.shards() {
                self.take(shard, false);
            }
        }
        loop {
            let heard = async {
                match &mut self.others {
                    Some(others) => others.ether.next().await,
                    None => std::future::pending().await,
                }
            };
            let next = tokio::select! {
                event = self.events.recv() => match event {
                    Some(event) => Next::Event(event),
                    None => return,
                },
                record = heard => Next::Heard(Box::new(record)),
                _ = looks.tick() => Next::Look,
            };
            match next {
                Next::Event(event) => self.told(event).await,
                Next::Heard(record) => self.heard(*record).await,
                Next::Look => {}
            }
            if self.decide().await {
                return;
            }
            self.show_owners();
        }
    }

    fn show_owners(&self) {
        let owner = |place: &Place| {
            let (shard, others) = (place.names.shard, self.others.as_ref().map(|others| &others.members));
            match others.and_then(|members| members.owner(shard)) {
                _ if place.is_owner() => ShardOwner::Us,
                Some(node) => ShardOwner::Other(node.to_owned()),
                None if others.is_some_and(|members| members.is_quarantined(shard)) => {
                    ShardOwner::Quarantined
                }
                None => ShardOwner::Nobody,
            }
        };
        let owners = self.places.iter().map(|(shard, place)| (*shard, owner(place))).collect();
        self.owners.send_if_modified(|shown| {
            let is_news = *shown != owners;
            *shown = owners;
            is_news
        });
    }

    fn shards(&self) -> Vec<u16> {
        self.places.keys().copied().collect()
    }

    async fn told(&mut self, event: ClusterEvent) {
        let told = match event {
            ClusterEvent::Opened { shard, epoch } => {
                let Some(place) = self.places.get_mut(&shard) else { return };
                place.opened(epoch);
                if let (Some(beats), Some(follower)) = (&mut self.beats, place.follower(&self.common)) {
                    beats.judge(shard, place.inbox(), follower);
                }
                let others = self.others.as_mut();
                others.map(|others| vec![others.members.opened(shard, epoch)]).unwrap_or_default()
            }
            ClusterEvent::Left { shard, epoch, departure, reason } => {
                let Some(place) = self.places.get_mut(&shard) else { return };
                // Whoever took it while it was being handed over has it.
                let is_orderly =
                    departure == Departure::Released || (self.is_stopping && departure == Departure::Fenced);
                place.left(&self.common, ClosedShard { shard, is_orderly, reason });
                if let Some(beats) = &mut self.beats {
                    beats.rest(shard);
                }
                let others = self.others.as_mut();
                others
                    .map(|others| others.members.left(others.now(), shard, epoch, departure))
                    .unwrap_or_default()
            }
            ClusterEvent::Stop => {
                self.is_stopping = true;
                if let Some(others) = &mut self.others {
                    others.members.stop(others.now());
                }
                Vec::new()
            }
        };
        self.carry_out(told).await;
    }

    async fn heard(&mut self, record: MemberRecord) {
        if let MemberRecord::Node(node) = &record {
            for entry in node.shards.iter().filter(|entry| entry.role == Role::Owner) {
                if let Some(place) =
                    self.places.get(&entry.shard).filter(|place| place.journal_id == entry.journal)
                {
                    place.heard(&self.common, entry.sequence);
                }
            }
        }
        let Some(others) = &mut self.others else { return };
        if others.members.is_namesake(&record)
            && others.complained.is_none_or(|at| at.elapsed() >= COMPLAIN_EVERY)
        {
            others.complained = Some(Instant::now());
            let node = &self.common.node;
            tracing::error!(node, "alarm: another process goes by this node's name; stop one of them");
        }
        let now = others.now();
        let actions = others.members.heard(now, record);
        self.carry_out(actions).await;
    }

    /// True when all is over.
    async fn decide(&mut self) -> bool {
        let here: Vec<NodeShard> =
            self.places.values().filter_map(|place| place.role(&self.common)).collect();
        let Some(others) = &mut self.others else { return self.is_stopping && self.release_all().await };
        let now = others.now();
        let actions = others.members.decide(now, &here);
        let is_over = actions.contains(&MembersAction::Stopped);
        self.carry_out(actions).await;
        if is_over && let Some(others) = &self.others {
            others.ether.flush().await;
        }
        is_over
    }

    /// True when nothing is owned any more. One that is still on its way to its thread is told when it is there.
    async fn release_all(&self) -> bool {
        let mut is_over = true;
        for place in self.places.values().filter(|place| place.is_ours()) {
            is_over = false;
            place.tell(ShardEvent::Release).await;
        }
        is_over
    }

    async fn carry_out(&mut self, actions: Vec<MembersAction>) {
        for action in actions {
            match action {
                MembersAction::Tell(record) => {
                    if let Some(others) = &self.others {
                        others.ether.tell(&record).await;
                    }
                }
                MembersAction::Follow(shard) => self.follow(shard),
                MembersAction::Unfollow(shard) => self.places[&shard].unfollow(&self.common),
                MembersAction::Take { shard, rebase } => self.take(shard, rebase),
                MembersAction::Release(shard) => self.places[&shard].tell(ShardEvent::Release).await,
                MembersAction::Repair(shard) => match self.places.get(&shard) {
                    Some(place) => place.tell(ShardEvent::RepairFromMemory).await,
                    None => {
                        tracing::warn!(shard, "asked to repair a shard that this node was not started for")
                    }
                },
                MembersAction::Stopped => {}
            }
        }
    }

    fn follow(&mut self, shard: u16) {
        let witness = self.witness(shard);
        tracing::info!(shard, "follows");
        if let Err(error) = self.places[&shard].follow(&self.common, witness) {
            tracing::error!(shard, error = format!("{error:#}"), "the shard cannot be followed");
        }
    }

    /// How far the shard's journal goes as others say.
    fn witness(&self, shard: u16) -> u64 {
        let journal = self.places[&shard].journal_id;
        self.others.as_ref().map_or(0, |others| others.members.witness(shard, journal))
    }

    fn take(&mut self, shard: u16, rebase: bool) {
        let witness = self.witness(shard);
        let Some(place) = self.places.get_mut(&shard) else { return };
        if let Err(error) = place.take(&self.common, witness, rebase) {
            let reason = format!("shard {shard} cannot be taken over: {error:#}");
            let left = ClusterEvent::Left { shard, epoch: 0, departure: Departure::Trouble, reason };
            let _ = self.common.cluster.send(left);
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for follower in self.common.followers.iter() {
            follower.value().close();
        }
    }
}
