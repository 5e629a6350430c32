//! The model: a journal and an ingest stream as JetStream keeps them, and processes that run shards on them.
//!
//! What was measured on real servers is modelled as it was: an identical retry is answered `duplicate` by three
//! replicas and 10071 by one; a publish may be applied after its time-out; an acknowledgement may be lost.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use model::{Millis, Time};
use protocol::record::IngestIdentity;
use protocol::snapshot::Manifest;

use super::toy::{Toy, ToyCodec};
use crate::{
    Action, Alarm, Clock, Followed, Follower, IngestMessage, Left, Outputs, PublishFailure, Quarantine,
    Replay, RequestId, Shard, ShardConfig, ShardEvent, Stage, StoredRecord, StreamFacts, StreamsInfo,
    TimeMode,
};

pub const KEY: [u8; 16] = [7; 16];

/// Small, fast, and the same everywhere.
#[derive(Debug)]
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// What happens to a publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Fine,
    AckLost,
    /// Applied long after the time-out was reported.
    Late,
    NotApplied(PublishFailure),
}

pub struct World {
    pub now: u64,
    pub replicas: u32,
    pub time: TimeMode,
    pub journal: Vec<(Time, Bytes)>,
    /// The first record that is not purged.
    pub journal_first: u64,
    message_ids: BTreeMap<String, u64>,
    pub ingest: Vec<(Time, &'static str)>,
    pub ingest_uuid: &'static str,
    /// How far nodes said the journal goes.
    pub witness: u64,
    /// A person said to go on with the ingest stream as it is.
    pub rebase: bool,
    pub processes: Vec<Process>,
    /// (due, count of things due, what).
    due: BTreeMap<(u64, u64), Due>,
    counted: u64,
    pub snapshots: Vec<(Manifest, Vec<Bytes>)>,
    /// Bytes per (process, commit) that were ever sent: a retry must be identical.
    sent: BTreeMap<(usize, String), Bytes>,
    /// Every commit whose outputs some process sent.
    pub emitted: BTreeMap<u64, Outputs>,
    /// Of the next publishes, in order; then `Fine`.
    pub fates: Vec<Fate>,
    /// The next delivery leaves one message out, as a client does under pressure.
    pub drop_next: bool,
    /// A delivery brings no more than so many.
    pub delivered_max: usize,
    /// Subscriptions say nothing.
    pub is_ingest_cut: bool,
    /// Outputs reach nobody.
    pub are_outputs_cut: bool,
}

enum Due {
    Answer(usize, ShardEvent),
    /// The outputs reach the world, if their sender lives until then.
    Send(usize, Outputs),
    Apply {
        expected: u64,
        message_id: String,
        bytes: Bytes,
    },
}

pub struct Process {
    pub shard: Shard<Toy>,
    crashed: Arc<AtomicBool>,
    pub is_alive: bool,
    pub wall_ahead: u64,
    subscription: Option<(RequestId, u64)>,
    heard: u64,
    timer: Option<Millis>,
    pub ticks: u64,
    emitted: u64,
    unconfirmed: Vec<u64>,
    pub left: Option<Left>,
    pub quarantine: Option<Quarantine>,
    pub alarms: Vec<Alarm>,
}

impl World {
    pub fn new(replicas: u32) -> World {
        World {
            now: 1_000_000,
            replicas,
            time: TimeMode::Anchored,
            journal: Vec::new(),
            journal_first: 1,
            message_ids: BTreeMap::new(),
            ingest: Vec::new(),
            ingest_uuid: "first",
            witness: 0,
            rebase: false,
            processes: Vec::new(),
            due: BTreeMap::new(),
            counted: 0,
            snapshots: Vec::new(),
            sent: BTreeMap::new(),
            emitted: BTreeMap::new(),
            fates: Vec::new(),
            drop_next: false,
            delivered_max: usize::MAX,
            is_ingest_cut: false,
            are_outputs_cut: false,
        }
    }

    pub fn start(&mut self) -> usize {
        let number = self.enter();
        self.tell(number, ShardEvent::Start { nonce: number as u128 + 1 });
        number
    }

    /// Takes over from the state of a follower that has read `records` of the journal.
    pub fn start_warm(&mut self, records: usize) -> usize {
        let mut follower = Follower::new("a", KEY, Replay::from_beginning(KEY));
        for (at, (_, bytes)) in self.journal.iter().enumerate().take(records) {
            follower.apply(at as u64 + 1, bytes).expect("one chain");
        }
        self.start_from(follower.into_replay())
    }

    /// Takes over from the state of a follower.
    pub fn start_from(&mut self, replay: Replay<Toy>) -> usize {
        let number = self.enter();
        let clock = Clock { wall: Time(self.now), monotonic: Millis(self.now) };
        let (nonce, mut actions) = (number as u128 + 1, Vec::new());
        self.processes[number].shard.start_from(replay, clock, nonce, &mut actions);
        actions.into_iter().for_each(|action| self.act(number, action));
        number
    }

    fn enter(&mut self) -> usize {
        let crashed = Arc::new(AtomicBool::new(false));
        let number = self.processes.len();
        let config = ShardConfig {
            name: "a".into(),
            node: format!("n{number}"),
            key: KEY,
            time: self.time,
            rebase: self.rebase,
        };
        let codec = Box::new(ToyCodec { crashed: crashed.clone() });
        self.processes.push(Process {
            shard: Shard::new(config, codec),
            crashed,
            is_alive: true,
            wall_ahead: 0,
            subscription: None,
            heard: 0,
            timer: None,
            ticks: 0,
            emitted: 0,
            unconfirmed: Vec::new(),
            left: None,
            quarantine: None,
            alarms: Vec::new(),
        });
        number
    }

    /// Of the tenant acme, or of the one that stands before a space.
    pub fn input(&mut self, text: &'static str) {
        self.ingest.push((Time(self.now), text));
    }

    pub fn kill(&mut self, process: usize) {
        self.processes[process].is_alive = false;
    }

    /// Lets time pass in small steps, delivering what is due.
    pub fn run(&mut self, millis: u64) {
        let end = self.now + millis;
        while self.now < end {
            self.step(10);
        }
    }

    pub fn step(&mut self, millis: u64) {
        self.now += millis;
        for _ in 0..1_000 {
            let Some(key) = self.due.keys().next().copied().filter(|key| key.0 <= self.now) else { break };
            match self.due.remove(&key) {
                Some(Due::Answer(process, event)) => self.tell(process, event),
                Some(Due::Send(process, outputs)) => self.send(process, outputs),
                Some(Due::Apply { expected, message_id, bytes }) => {
                    let _ = self.append(expected, message_id, bytes);
                }
                None => {}
            }
        }
        for process in 0..self.processes.len() {
            if self.processes[process].is_alive {
                self.deliver(process);
                self.confirm(process);
                if self.processes[process].timer.is_some_and(|at| at.0 <= self.now) {
                    self.processes[process].timer = None;
                    self.processes[process].ticks += 1;
                    self.tell(process, ShardEvent::Tick);
                }
            }
        }
    }

    pub fn tell(&mut self, process: usize, event: ShardEvent) {
        let now = self.now;
        let teller = &mut self.processes[process];
        if !teller.is_alive {
            return;
        }
        let clock = Clock { wall: Time(now + teller.wall_ahead), monotonic: Millis(now) };
        let mut actions = Vec::new();
        teller.shard.handle(clock, event, &mut actions);
        if teller.crashed.load(Ordering::Relaxed) {
            // The panic came before anything could be carried out.
            teller.is_alive = false;
            return;
        }
        for action in actions {
            self.act(process, action);
        }
    }

    pub fn is_serving(&self, process: usize) -> bool {
        self.processes[process].is_alive && self.processes[process].shard.stage() == Stage::Serving
    }

    /// Reads the whole journal as any outsider would.
    pub fn replay(&self) -> (Follower<Toy>, Vec<Outputs>) {
        let mut follower = Follower::new("a", KEY, Replay::from_beginning(KEY));
        let mut outputs = Vec::new();
        for (at, (_, bytes)) in self.journal.iter().enumerate() {
            match follower.apply(at as u64 + 1, bytes).expect("one chain") {
                Followed::Applied(applied) => outputs.extend(applied.cloned()),
                Followed::Void => {}
            }
        }
        (follower, outputs)
    }

    pub fn take_snapshot(&mut self) -> bool {
        let (follower, _) = self.replay();
        let mut parts = Vec::new();
        let written = follower.snapshot::<protocol::snapshot::SnapshotError>(|_, part| {
            parts.push(Bytes::from(part));
            Ok(())
        });
        let Some(draft) = written.expect("small rows") else { return false };
        follower.verify(&draft, parts.iter().cloned()).expect("what was written loads");
        let Some(manifest) = follower.announce(&draft) else { return false };
        self.snapshots.push((manifest, parts));
        true
    }

    fn journal_facts(&self) -> StreamFacts {
        StreamFacts { first_sequence: self.journal_first, ..facts(self.journal.len()) }
    }

    fn act(&mut self, process: usize, action: Action) {
        match action {
            Action::ReadStreamInfo { request } => {
                let info = StreamsInfo {
                    ingest_identity: IngestIdentity {
                        stream: "ING_a".into(),
                        created_ns: 1,
                        uuid: self.ingest_uuid.into(),
                    },
                    ingest: facts(self.ingest.len()),
                    journal: self.journal_facts(),
                    witness: self.witness,
                };
                self.answer(process, 3, ShardEvent::StreamInfo { request, info });
            }
            Action::ReadTail { request } => {
                let journal = self.journal_facts();
                self.answer(process, 3, ShardEvent::Tail { request, journal });
            }
            Action::ReadRecords { request, from, through } => {
                // The first one asked for is purged: nothing comes.
                let last = if from < self.journal_first { 0 } else { self.journal.len() as u64 };
                let records = (from..=through.min(last))
                    .map(|sequence| {
                        let (stamp, bytes) = self.journal[sequence as usize - 1].clone();
                        StoredRecord { sequence, stamp, bytes }
                    })
                    .collect();
                self.answer(process, 3, ShardEvent::Records { request, records });
            }
            Action::FindIngest { request, since } => {
                let position = self.ingest.iter().filter(|(stamp, _)| *stamp < since).count() as u64;
                self.answer(process, 3, ShardEvent::IngestFound { request, position });
            }
            Action::FindSnapshot { request, before } => {
                let newest = self.snapshots.iter().rev().find(|(manifest, _)| manifest.commit_no < before);
                let manifest = newest.map(|(manifest, _)| manifest.encode().expect("small").bytes.into());
                self.answer(process, 3, ShardEvent::SnapshotManifest { request, manifest });
            }
            Action::ReadSnapshotPart { request, commit_no, index, epoch: _ } => {
                let snapshot = self.snapshots.iter().find(|(manifest, _)| manifest.commit_no == commit_no);
                let part = snapshot.and_then(|(_, parts)| parts.get(index).cloned());
                self.answer(process, 3, ShardEvent::SnapshotPart { request, part });
            }
            Action::Publish { request, expected_last_sequence, message_id, bytes } => {
                self.publish(process, request, expected_last_sequence, message_id, bytes);
            }
            Action::SubscribeIngest { request, from } => {
                let before = from.checked_sub(2).and_then(|at| self.ingest.get(at as usize));
                let before = before.map(|(stamp, _)| *stamp);
                self.answer(process, 3, ShardEvent::IngestOpened { request, first: 1, before });
                self.processes[process].subscription = Some((request, from));
                self.processes[process].heard = 0;
            }
            Action::Emit(outputs) => self.emit(process, outputs),
            Action::SetTimer { at, reason: _ } => self.processes[process].timer = Some(at),
            Action::Alarm(alarm) => self.processes[process].alarms.push(alarm),
            Action::Quarantine(quarantine) => self.processes[process].quarantine = Some(quarantine),
            Action::Left(left) => {
                self.processes[process].left = Some(left);
                self.processes[process].is_alive = false;
            }
            Action::Opened { .. } => {}
            Action::Committed { sequence, bytes } => {
                assert_eq!(
                    self.journal[sequence as usize - 1].1,
                    bytes,
                    "what is committed is in the journal"
                );
            }
        }
    }

    fn publish(
        &mut self,
        process: usize,
        request: RequestId,
        expected: u64,
        message_id: String,
        bytes: Bytes,
    ) {
        let commit = message_id.rsplit_once('.').map(|(commit, _)| commit.to_owned()).expect("three parts");
        let before = self.sent.entry((process, commit)).or_insert_with(|| bytes.clone());
        assert_eq!(*before, bytes, "a retry is byte-identical");
        let fate = if self.fates.is_empty() { Fate::Fine } else { self.fates.remove(0) };
        let event = match fate {
            Fate::Fine => match self.append(expected, message_id, bytes) {
                Ok((sequence, duplicate)) => ShardEvent::Published { request, sequence, duplicate },
                Err(failure) => ShardEvent::PublishFailed { request, failure },
            },
            Fate::AckLost => {
                let _ = self.append(expected, message_id, bytes);
                ShardEvent::PublishFailed { request, failure: PublishFailure::TimedOut }
            }
            Fate::Late => {
                self.schedule(30, Due::Apply { expected, message_id, bytes });
                ShardEvent::PublishFailed { request, failure: PublishFailure::TimedOut }
            }
            Fate::NotApplied(failure) => ShardEvent::PublishFailed { request, failure },
        };
        self.answer(process, 5, event);
    }

    /// One replica checks the expected sequence first, three check the message id first.
    fn append(&mut self, expected: u64, id: String, bytes: Bytes) -> Result<(u64, bool), PublishFailure> {
        let is_expected = expected == self.journal.len() as u64;
        match self.message_ids.get(&id) {
            Some(sequence) if self.replicas > 1 || is_expected => return Ok((*sequence, true)),
            Some(_) | None => {}
        }
        if !is_expected {
            return Err(PublishFailure::WrongLastSequence);
        }
        self.journal.push((Time(self.now), bytes));
        self.message_ids.insert(id, self.journal.len() as u64);
        Ok((self.journal.len() as u64, false))
    }

    fn emit(&mut self, process: usize, outputs: Outputs) {
        let is_committed = self.journal.iter().rev().any(|(_, bytes)| {
            let (record, _) = protocol::record::decode(bytes).expect("the model damages nothing here");
            (record.header.epoch, record.header.commit_no) == (outputs.epoch, outputs.commit_no)
        });
        assert!(is_committed, "no output before its commit: {outputs:?}");
        let sender = &mut self.processes[process];
        assert!(outputs.commit_no > sender.emitted, "outputs are sent in order");
        sender.emitted = outputs.commit_no;
        self.schedule(10, Due::Send(process, outputs));
    }

    fn send(&mut self, process: usize, outputs: Outputs) {
        let sender = &mut self.processes[process];
        if !sender.is_alive {
            return;
        }
        sender.unconfirmed.push(outputs.commit_no);
        if let Some(before) = self.emitted.insert(outputs.commit_no, outputs.clone()) {
            assert_eq!(before, outputs, "a repeated output is the same");
        }
    }

    fn deliver(&mut self, process: usize) {
        if self.is_ingest_cut {
            return;
        }
        let reader = &mut self.processes[process];
        let Some((request, from)) = reader.subscription else { return };
        let room = reader.shard.ingest_room().min(self.delivered_max);
        let end = (self.ingest.len() as u64 + 1).max(from).min(from + room as u64);
        if from == end && self.now < reader.heard + 500 {
            return;
        }
        let mut messages: Vec<IngestMessage> = (from..end)
            .map(|sequence| {
                let (stamp, text) = self.ingest[sequence as usize - 1];
                let (tenant, text) = text.split_once(' ').unwrap_or(("acme", text));
                let bytes = Bytes::from_static(text.as_bytes());
                IngestMessage {
                    sequence,
                    subject: format!("wissel.in.{tenant}.contact"),
                    stamp,
                    bytes,
                    traceparent: None,
                }
            })
            .filter(|message| !message.bytes.is_empty())
            .collect();
        if self.drop_next && messages.len() > 1 {
            self.drop_next = false;
            messages.remove(0);
        }
        reader.subscription = Some((request, end));
        reader.heard = self.now;
        let (pending, end) = ((self.ingest.len() as u64 + 1).saturating_sub(end), self.ingest.len() as u64);
        self.tell(process, ShardEvent::IngestRead { request, messages, pending, end });
    }

    fn confirm(&mut self, process: usize) {
        if self.are_outputs_cut {
            return;
        }
        if let Some(through) = std::mem::take(&mut self.processes[process].unconfirmed).last() {
            self.answer(process, 10, ShardEvent::OutputsEmitted { through: *through });
        }
    }

    fn answer(&mut self, process: usize, delay: u64, event: ShardEvent) {
        self.schedule(delay, Due::Answer(process, event));
    }

    fn schedule(&mut self, delay: u64, what: Due) {
        self.counted += 1;
        self.due.insert((self.now + delay, self.counted), what);
    }
}

fn facts(length: usize) -> StreamFacts {
    StreamFacts { first_sequence: 1, last_sequence: length as u64 }
}
