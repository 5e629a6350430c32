//! Heartbeats of agents' desktops: `wissel.beat.<tenant>.agent.<agent>` with `{"type":"beat","session":n}`, every five seconds.
//!
//! They stay on core NATS. Only a change reaches the shard: a session that is silent for fifteen seconds, and one
//! that is heard again.
//!
//! Watched is a session from its first heartbeat on. An agent that signs in and never sends one is not watched: bots
//! and integrations without a desktop need none, and what they leave unanswered is met by time-outs and retries.
//! The same holds for sessions that fell silent before this node heard of them.
//!
//! When many fall silent at once, it is more likely that we are deaf. Then nobody is reported and people are told;
//! who is still silent a minute later, while others are heard, is reported after all.
//!
//! While our own link is down nobody is judged, and when it comes back everybody counts as just heard.
//!
//! What the shard made of it is seen in the follower: who signed out, or is not in the roster, is forgotten and has not
//! fallen silent, and a change that the shard dropped is told again.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use async_nats::Client;
use async_nats::connection::State;
use dashmap::DashMap;
use engine::Engine;
use futures_util::StreamExt;
use model::{AgentId, Presence, TenantId};
use protocol::input::{Beat as Heard, decode_beat};
use protocol::subject::BEAT_ALL;
use shard::ShardEvent;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;

use crate::follower::FollowerHandle;
use crate::inbox::ShardInbox;
use crate::panics;

/// Three heartbeats missed.
const SILENT_AFTER: Duration = Duration::from_secs(15);
const JUDGE_EVERY: Duration = Duration::from_secs(1);
/// How often all sessions are compared with the state; a change that was dropped costs this much and no more.
const COMPARE_EVERY: Duration = Duration::from_secs(15);
/// A fifth of those watched, within this time, is too many.
const BLIND_WITHIN: Duration = Duration::from_secs(5);
const BLIND_PARTS: usize = 5;
/// Fewer may well have gone home together.
const BLIND_AGENTS_MIN: usize = 5;
const BLIND_FOR: Duration = Duration::from_secs(60);
/// A silent session is remembered this long, in case it comes back.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(3600);
/// More sessions than a shard has agents; beyond it new ones are not watched.
const SESSIONS_MAX: usize = 1 << 18;
const SUBSCRIBE_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Where each tenant is that this node's followers know.
pub(crate) type Tenants = Arc<DashMap<TenantId, Home>>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Home {
    pub shard: u16,
    /// False for one that left this shard, or has not come yet: another one's follower knows better.
    pub is_here: bool,
}

type Key = (TenantId, AgentId);

#[derive(Debug, Clone, Copy)]
struct Beat {
    session: u64,
    heard: Instant,
    /// It was reported as silent.
    is_silent: bool,
    /// The agent's counter when it was last found overdue.
    counter: u64,
}

impl Beat {
    fn new(session: u64, heard: Instant) -> Beat {
        Beat { session, heard, is_silent: false, counter: 0 }
    }

    fn is_overdue(&self, now: Instant) -> bool {
        now.duration_since(self.heard) >= SILENT_AFTER
    }
}

/// What the state says of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// It is over, or the agent is not in the roster.
    Gone,
    Lost,
    /// Signed in, and heard last with this counter.
    There {
        counter: u64,
    },
}

/// Hears the desktops of every shard that this node follows; those of a shard that it owns are judged.
#[derive(Debug)]
pub(crate) struct Beats {
    beats: Arc<DashMap<Key, Beat>>,
    tenants: Tenants,
    inboxes: Arc<DashMap<u16, ShardInbox>>,
    client: Client,
    runtime: Handle,
    listener: AbortHandle,
    judges: BTreeMap<u16, AbortHandle>,
}

impl Beats {
    /// Begins to listen.
    pub fn start(runtime: &Handle, client: Client, tenants: &Tenants) -> Beats {
        let (beats, inboxes) = (Arc::default(), Arc::default());
        let listener = Listener {
            beats: Arc::clone(&beats),
            tenants: Arc::clone(tenants),
            inboxes: Arc::clone(&inboxes),
        };
        Beats {
            beats,
            tenants: Arc::clone(tenants),
            inboxes,
            listener: panics::spawn(runtime, "heartbeats", listener.run(client.clone())).abort_handle(),
            client,
            runtime: runtime.clone(),
            judges: BTreeMap::new(),
        }
    }

    /// The shard is owned by this node from here on.
    pub fn judge(&mut self, shard: u16, inbox: ShardInbox, follower: Arc<FollowerHandle>) {
        self.inboxes.insert(shard, inbox.clone());
        let judge = Judge {
            shard,
            beats: Arc::clone(&self.beats),
            tenants: Arc::clone(&self.tenants),
            fallen: VecDeque::new(),
            blind_until: None,
        };
        // Nobody was reported as silent to this owner.
        judge.excuse_all();
        let link = Link::new(self.client.clone());
        let task = panics::spawn(&self.runtime, "heartbeat judge", judge.run(inbox, follower, link));
        if let Some(former) = self.judges.insert(shard, task.abort_handle()) {
            former.abort();
        }
    }

    /// It is owned by this node no more.
    pub fn rest(&mut self, shard: u16) {
        self.inboxes.remove(&shard);
        if let Some(judge) = self.judges.remove(&shard) {
            judge.abort();
        }
    }
}

impl Drop for Beats {
    fn drop(&mut self) {
        self.listener.abort();
        self.judges.values().for_each(AbortHandle::abort);
    }
}

struct Listener {
    beats: Arc<DashMap<Key, Beat>>,
    tenants: Tenants,
    inboxes: Arc<DashMap<u16, ShardInbox>>,
}

impl Listener {
    async fn run(self, client: Client) {
        loop {
            match client.subscribe(BEAT_ALL).await {
                Ok(mut subscription) => {
                    while let Some(message) = subscription.next().await {
                        self.heard(message.subject.as_str(), &message.payload).await;
                    }
                }
                Err(error) => tracing::warn!(%error, "heartbeats cannot be heard yet"),
            }
            tokio::time::sleep(SUBSCRIBE_AGAIN_AFTER).await;
        }
    }

    async fn heard(&self, subject: &str, payload: &[u8]) {
        let Some(Heard { tenant, agent, session }) = decode_beat(subject, payload) else { return };
        let Some(Home { shard, .. }) = self.tenants.get(&tenant).map(|entry| *entry.value()) else { return };
        let key = (tenant, agent);
        if note(&self.beats, &key, session, Instant::now()) {
            let Some(inbox) = self.inboxes.get(&shard).map(|inbox| inbox.value().clone()) else { return };
            let (tenant, agent) = key;
            inbox.send(ShardEvent::AgentBack { tenant, agent, session }).await;
        }
    }
}

/// A heartbeat came; true when it ends a silence. An older session than the one known is a desktop that was left
/// open somewhere.
fn note(beats: &DashMap<Key, Beat>, key: &Key, session: u64, now: Instant) -> bool {
    if let Some(mut beat) = beats.get_mut(key) {
        if session < beat.session {
            return false;
        }
        let is_back = beat.is_silent && beat.session == session;
        *beat = Beat::new(session, now);
        return is_back;
    }
    if beats.len() < SESSIONS_MAX {
        beats.insert(key.clone(), Beat::new(session, now));
    }
    false
}

/// Looks at one shard's sessions.
struct Judge {
    shard: u16,
    beats: Arc<DashMap<Key, Beat>>,
    tenants: Tenants,
    /// When sessions fell silent, lately.
    fallen: VecDeque<Instant>,
    blind_until: Option<Instant>,
}

impl Judge {
    async fn run(mut self, inbox: ShardInbox, follower: Arc<FollowerHandle>, mut link: Link) {
        let mut compared = Instant::now();
        loop {
            tokio::time::sleep(JUDGE_EVERY).await;
            let now = Instant::now();
            if link.is_broken() {
                self.excuse(now);
                continue;
            }
            let is_all = now.duration_since(compared) >= COMPARE_EVERY;
            if is_all {
                compared = now;
            }
            let asked = self.sessions(|beat| is_all || (!beat.is_silent && beat.is_overdue(now)));
            // Without an answer nothing is compared, and the silent are reported all the same.
            let standings = follower.answer(|follower| standings(follower.engine(), asked)).await;
            let mut changes = self.compare(standings.unwrap_or_default(), now);
            changes.extend(
                self.judge(now).into_iter().map(|((tenant, agent), session)| ShardEvent::AgentSilent {
                    tenant,
                    agent,
                    session,
                }),
            );
            for change in changes {
                if !inbox.send(change).await {
                    return;
                }
            }
        }
    }

    /// What a former owner on this node reported is not what this one did.
    fn excuse_all(&self) {
        for mut beat in self.beats.iter_mut().filter(|beat| self.is_ours(beat.key())) {
            beat.is_silent = false;
        }
    }

    /// We could not hear: whoever was not silent before counts as heard.
    fn excuse(&self, now: Instant) {
        for mut beat in self.beats.iter_mut().filter(|beat| !beat.is_silent) {
            beat.heard = now;
        }
    }

    /// Sessions of this shard that are as asked, by name: the order of a hash table must not reach the shard.
    fn sessions(&self, is_asked: impl Fn(&Beat) -> bool) -> Vec<(Key, u64)> {
        let ours = self.beats.iter().filter(|entry| is_asked(entry.value()) && self.is_ours(entry.key()));
        let mut sessions: Vec<(Key, u64)> =
            ours.map(|entry| (entry.key().clone(), entry.value().session)).collect();
        sessions.sort_unstable();
        sessions
    }

    fn is_ours(&self, (tenant, _): &Key) -> bool {
        self.tenants
            .get(tenant)
            .is_some_and(|home| *home.value() == Home { shard: self.shard, is_here: true })
    }

    /// Forgets who is gone, and gives what the shard was told before and does not know.
    fn compare(&self, standings: Vec<(Key, u64, Standing)>, now: Instant) -> Vec<ShardEvent> {
        let mut again = Vec::new();
        for (key, session, standing) in standings {
            if standing == Standing::Gone {
                self.beats.remove_if(&key, |_, beat| beat.session == session);
                continue;
            }
            let Some(mut beat) = self.beats.get_mut(&key).filter(|beat| beat.session == session) else {
                continue;
            };
            let is_overdue = beat.is_overdue(now);
            let (tenant, agent) = key;
            match standing {
                Standing::There { counter } if beat.is_silent && beat.counter == counter => {
                    again.push(ShardEvent::AgentSilent { tenant, agent, session });
                }
                // An agent that acts is there, whatever its heartbeats do.
                Standing::There { counter } => beat.counter = counter,
                Standing::Lost if !is_overdue => {
                    again.push(ShardEvent::AgentBack { tenant, agent, session });
                }
                Standing::Lost | Standing::Gone => {}
            }
        }
        again
    }

    /// The sessions to report as silent now.
    fn judge(&mut self, now: Instant) -> Vec<(Key, u64)> {
        let mut silent = Vec::new();
        let mut watched = 0;
        let mut is_anyone_heard = false;
        self.beats.retain(|_, beat| !beat.is_silent || now.duration_since(beat.heard) < FORGOTTEN_AFTER);
        for entry in self.beats.iter() {
            let (key, beat) = entry.pair();
            if beat.is_silent || !self.is_ours(key) {
                continue;
            }
            watched += 1;
            let age = now.duration_since(beat.heard);
            is_anyone_heard |= age < BLIND_WITHIN;
            if beat.is_overdue(now) {
                silent.push((key.clone(), *beat));
            }
        }
        // By when they were last heard: the order of a hash table must not reach the shard.
        silent.sort_by(|(one, left), (other, right)| {
            (left.heard, one.0.as_str(), one.1.as_str()).cmp(&(
                right.heard,
                other.0.as_str(),
                other.1.as_str(),
            ))
        });
        if self.is_blind(&silent, watched, is_anyone_heard, now) {
            return Vec::new();
        }
        for (key, _) in &silent {
            if let Some(mut beat) = self.beats.get_mut(key) {
                beat.is_silent = true;
            }
        }
        silent.into_iter().map(|(key, beat)| (key, beat.session)).collect()
    }

    fn is_blind(
        &mut self,
        silent: &[(Key, Beat)],
        watched: usize,
        is_anyone_heard: bool,
        now: Instant,
    ) -> bool {
        if let Some(until) = self.blind_until {
            if silent.is_empty() {
                self.blind_until = None;
                return false;
            }
            if now < until || !is_anyone_heard {
                return true;
            }
            self.blind_until = None;
            self.fallen.clear();
            return false;
        }
        // Sessions that are reported stay in the count for as long as the rule looks back.
        let fallen_before = self.fallen.len();
        self.fallen.extend(silent.iter().map(|_| now));
        while self.fallen.pop_front_if(|at| now.duration_since(*at) > BLIND_WITHIN).is_some() {}
        let fallen = self.fallen.len();
        let of = watched + fallen_before.min(fallen);
        let is_blind = fallen >= BLIND_AGENTS_MIN && fallen * BLIND_PARTS >= of && !silent.is_empty();
        if is_blind {
            tracing::error!(
                shard = self.shard,
                fallen,
                watched,
                "alarm: so many agents fell silent at once that we are probably deaf; none is reported as lost"
            );
            self.blind_until = Some(now + BLIND_FOR);
        }
        is_blind
    }
}

/// The connection on which heartbeats come.
struct Link {
    client: Client,
    /// How often it was made, when last looked at.
    connects: u64,
}

impl Link {
    fn new(client: Client) -> Link {
        let connects = client.statistics().connects.load(Ordering::Relaxed);
        Link { client, connects }
    }

    /// It is down, or was since the last look.
    fn is_broken(&mut self) -> bool {
        let connects = self.client.statistics().connects.load(Ordering::Relaxed);
        let before = std::mem::replace(&mut self.connects, connects);
        connects != before || self.client.connection_state() != State::Connected
    }
}

fn standings(engine: &Engine, asked: Vec<(Key, u64)>) -> Vec<(Key, u64, Standing)> {
    let standing = |(tenant, agent): &Key, session: u64| {
        let Some(row) = engine.agent(tenant, agent).map(|view| view.row) else { return Standing::Gone };
        match row.presence {
            _ if row.session != session => Standing::Gone,
            Presence::SignedOut => Standing::Gone,
            Presence::Lost { .. } => Standing::Lost,
            Presence::Available | Presence::Aux(_) | Presence::Draining { .. } => {
                Standing::There { counter: row.counter }
            }
        }
    };
    asked
        .into_iter()
        .map(|(key, session)| {
            let standing = standing(&key, session);
            (key, session, standing)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> Key {
        let tenant = TenantId::new("acme").expect("an id");
        (tenant, AgentId::new(&format!("a{number}")).expect("an id"))
    }

    fn judge(agents: usize, start: Instant) -> Judge {
        let beats: Arc<DashMap<Key, Beat>> = Arc::default();
        for number in 0..agents {
            assert!(!note(&beats, &key(number), 1, start));
        }
        let tenants = Tenants::default();
        tenants.insert(key(0).0, Home { shard: 0, is_here: true });
        Judge { shard: 0, beats, tenants, fallen: VecDeque::new(), blind_until: None }
    }

    #[test]
    fn a_silent_session_is_told_once_and_comes_back_once() {
        let start = Instant::now();
        let mut judge = judge(1, start);
        assert_eq!(judge.judge(start + Duration::from_secs(14)), []);
        let later = start + Duration::from_secs(16);
        assert_eq!(judge.judge(later), [(key(0), 1)]);
        assert_eq!(judge.judge(later), []);
        assert!(note(&judge.beats, &key(0), 1, later));
        assert!(!note(&judge.beats, &key(0), 1, later));
        assert_eq!(judge.judge(later), []);
    }

    #[test]
    fn a_change_that_was_dropped_is_told_again() {
        let start = Instant::now();
        let mut judge = judge(1, start);
        let later = start + Duration::from_secs(16);
        let there = |counter| vec![(key(0), 1, Standing::There { counter })];
        assert!(judge.compare(there(7), later).is_empty());
        assert_eq!(judge.judge(later), [(key(0), 1)]);
        let again = judge.compare(there(7), later);
        assert!(matches!(again[..], [ShardEvent::AgentSilent { session: 1, .. }]), "{again:?}");
        assert!(judge.compare(vec![(key(0), 1, Standing::Lost)], later).is_empty());
        // It acted, and was found again by that.
        assert!(judge.compare(there(8), later).is_empty());

        note(&judge.beats, &key(0), 1, later);
        let again = judge.compare(vec![(key(0), 1, Standing::Lost)], later);
        assert!(matches!(again[..], [ShardEvent::AgentBack { session: 1, .. }]), "{again:?}");
        assert!(judge.compare(there(8), later).is_empty());
    }

    #[test]
    fn who_is_gone_is_forgotten() {
        let start = Instant::now();
        let mut judge = judge(10, start);
        let late = start + Duration::from_secs(16);
        // All went home together but one, who is lost.
        let gone = (1..10).map(|number| (key(number), 1, Standing::Gone)).collect();
        assert!(judge.compare(gone, late).is_empty());
        assert_eq!(judge.judge(late), [(key(0), 1)]);
        // Only that session: the agent may have signed in anew in between.
        note(&judge.beats, &key(0), 2, late);
        judge.compare(vec![(key(0), 1, Standing::Gone)], late);
        assert_eq!(judge.sessions(|_| true), [(key(0), 2)]);
    }

    #[test]
    fn a_new_session_replaces_the_old_one_and_an_old_one_does_not_return() {
        let start = Instant::now();
        let mut judge = judge(1, start);
        assert!(!note(&judge.beats, &key(0), 2, start));
        assert!(!note(&judge.beats, &key(0), 1, start + Duration::from_secs(10)));
        assert_eq!(judge.judge(start + Duration::from_secs(16)), [(key(0), 2)]);
    }

    #[test]
    fn many_at_once_are_our_own_deafness_until_others_are_heard_for_a_minute() {
        let start = Instant::now();
        let mut judge = judge(20, start);
        let hear = |judge: &Judge, at: Instant| {
            for number in 5..20 {
                note(&judge.beats, &key(number), 1, at);
            }
        };
        let mut at = start;
        for _ in 0..15 {
            at += Duration::from_secs(5);
            hear(&judge, at);
            let told = judge.judge(at + Duration::from_secs(1));
            if at < start + Duration::from_secs(15) || told.is_empty() {
                assert_eq!(told, []);
                assert!(at < start + Duration::from_secs(80), "they are told in the end");
            } else {
                assert!(at >= start + SILENT_AFTER + BLIND_FOR);
                assert_eq!(told.len(), 5);
                return;
            }
        }
        panic!("nobody was told");
    }

    #[test]
    fn those_who_go_one_after_the_other_are_told() {
        let start = Instant::now();
        let mut judge = judge(20, start);
        for second in 1..40_u64 {
            let at = start + Duration::from_secs(second);
            for number in 0..20_usize {
                // One more falls silent every three seconds.
                if number as u64 * 3 > second {
                    note(&judge.beats, &key(number), 1, at);
                }
            }
            judge.judge(at);
        }
        assert!(judge.blind_until.is_none());
        let told = judge.beats.iter().filter(|entry| entry.value().is_silent).count();
        assert!((5..20).contains(&told), "{told}");
    }
}
