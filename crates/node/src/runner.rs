//! One shard on an engine thread: gives it its events, and starts what it wants done.

use std::sync::Arc;

use crossbeam_channel::Sender;
use engine::Engine;
use model::{Millis, Time};
use shard::members::Departure;
use shard::{
    Action, Alarm, Clock, Decider, IngestMessage, InputCodec, Left, Quarantine, Replay, RequestId, Shard,
    ShardConfig, ShardEvent, Stage,
};
use tokio::runtime::Handle;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::clock::NodeTime;
use crate::cluster::ClusterEvent;
use crate::configs::Texts;
use crate::crash::{self, Point};
use crate::follower::FollowerHandle;
use crate::inbox::{ShardInbox, ToEngine};
use crate::ingest::{Intake, Subscription};
use crate::journal::Journal;
use crate::latency::{Stopwatch, TimedEngine};
use crate::links::Links;
use crate::names::Names;
use crate::outputs::Emitter;
use crate::panics;
use crate::progress::{ShardProgress, Tracker};
use crate::snapshots::Snapshots;
use crate::words;

/// A virtual clock may stand still before something that is due soon; looking more often than this finds nothing.
const VIRTUAL_TICK_MIN: Millis = Millis(20);
/// A file store adds 22 bytes and a hash of 8 to each message, and headers of ours take no more than that again.
const MESSAGE_HEAD_BYTES: usize = 64;

/// What a shard is made of, beside its code.
pub(crate) struct Parts {
    pub names: Names,
    pub node: String,
    pub key: [u8; 16],
    pub links: Links,
    pub runtime: Handle,
    pub time: NodeTime,
    pub sender: Sender<ToEngine>,
    pub follower: Arc<FollowerHandle>,
    pub progress: watch::Sender<ShardProgress>,
    /// How far others say that the journal goes.
    pub witness: u64,
    /// A person said to go on although the ingest stream is not what the journal says.
    pub rebase: bool,
    pub cluster: UnboundedSender<ClusterEvent>,
}

pub(crate) struct Runner {
    parts: Parts,
    shard: Shard<TimedEngine>,
    actions: Vec<Action>,
    timer: Option<Millis>,
    tracker: Tracker,
    stopwatch: Stopwatch,
    inbox: ShardInbox,
    journal: Journal,
    snapshots: Snapshots,
    texts: Texts,
    emitter: Emitter,
    ingest: Option<JoinHandle<()>>,
    /// The subscription that is open, and how many of its chunks were handled.
    chunks: (RequestId, u64),
    intake: watch::Sender<Intake>,
    standing: Standing,
}

/// Whether the shard is this node's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Open,
    /// It is not, but what it holds may mend its journal.
    Kept,
    Over,
}

impl Runner {
    pub fn new(parts: Parts) -> Runner {
        let texts = Texts::default();
        let config = ShardConfig {
            name: parts.names.name.clone(),
            node: parts.node.clone(),
            key: parts.key,
            time: parts.time.mode(),
            rebase: parts.rebase,
        };
        let inbox = ShardInbox::new(parts.names.shard, parts.sender.clone());
        let (outputs, name) = (parts.links.outputs.clone(), parts.names.name.clone());
        let none = RequestId(0);
        Runner {
            shard: Shard::new(config, Box::new(InputCodec::new(texts.clone()))),
            actions: Vec::new(),
            timer: None,
            tracker: Tracker::default(),
            stopwatch: Stopwatch::new(),
            journal: Journal::new(parts.links.journal.clone(), parts.names.clone(), parts.witness),
            snapshots: Snapshots::new(parts.links.journal.clone(), parts.names.clone()),
            texts,
            emitter: Emitter::start(&parts.runtime, outputs, name, inbox.clone()),
            ingest: None,
            chunks: (none, 0),
            intake: watch::channel(Intake { request: none, chunks: 0, room: 0 }).0,
            standing: Standing::Open,
            inbox,
            parts,
        }
    }

    pub fn shard(&self) -> u16 {
        self.parts.names.shard
    }

    /// When the shard must be called without an event.
    pub fn due(&self) -> Option<Millis> {
        self.timer
    }

    /// Takes the shard over, from the follower's state if that is at hand.
    pub fn start(&mut self, state: Option<Replay<Engine>>) {
        match (nonce(), state) {
            (Ok(nonce), Some(state)) => {
                let clock = self.parts.time.read();
                self.shard.start_from(state.map(TimedEngine::from), clock, nonce, &mut self.actions);
                self.carry_out_all(clock);
            }
            (Ok(nonce), None) => self.handle(ShardEvent::Start { nonce }),
            (Err(error), _) => {
                let reason = format!("shard {} was not started: {error}", self.shard());
                self.close(reason, Departure::Trouble);
            }
        }
    }

    /// The shard is not this node's any more, and nothing of it is of use.
    pub fn is_over(&self) -> bool {
        self.standing == Standing::Over
    }

    pub fn fire(&mut self) {
        self.timer = None;
        self.handle(ShardEvent::Tick);
    }

    pub fn handle(&mut self, event: ShardEvent) {
        if let ShardEvent::IngestRead { request, messages, .. } = &event
            && self.chunks.0 == *request
        {
            self.chunks.1 += 1;
            if let Some(last) = messages.last() {
                self.parts.follower.took(last.sequence, messages.iter().map(stored_bytes).sum());
            }
        }
        if let ShardEvent::Records { .. } = &event {
            crash::pass(Point::MidReplay);
        }
        self.tracker.told(&event);
        self.stopwatch.told(&event);
        let clock = self.parts.time.read();
        self.shard.handle(clock, event, &mut self.actions);
        self.carry_out_all(clock);
    }

    fn carry_out_all(&mut self, clock: Clock) {
        let room = self.shard.ingest_room();
        self.tracker.asked(&self.actions, room);
        let mut actions = std::mem::take(&mut self.actions);
        for action in actions.drain(..) {
            self.stopwatch.asked(&action);
            self.carry_out(action);
        }
        self.actions = actions;
        let intake = Intake { request: self.chunks.0, chunks: self.chunks.1, room };
        self.intake.send_if_modified(|last| std::mem::replace(last, intake) != intake);
        self.show(room, clock.wall);
    }

    fn carry_out(&mut self, action: Action) {
        match action {
            Action::ReadStreamInfo { request } => {
                let journal = self.journal.clone();
                self.answer("stream information", async move {
                    match journal.info().await {
                        Some(info) => ShardEvent::StreamInfo { request, info },
                        None => ShardEvent::ReadFailed { request },
                    }
                });
            }
            Action::ReadTail { request } => {
                let journal = self.journal.clone();
                self.answer("journal's tail", async move {
                    match journal.tail().await {
                        Some(journal) => ShardEvent::Tail { request, journal },
                        None => ShardEvent::ReadFailed { request },
                    }
                });
            }
            Action::ReadRecords { request, from, through } => {
                let journal = self.journal.clone();
                self.answer("journal reading", async move {
                    match journal.records(from, through).await {
                        Some(records) => ShardEvent::Records { request, records },
                        None => ShardEvent::ReadFailed { request },
                    }
                });
            }
            Action::FindIngest { request, since } => {
                let journal = self.journal.clone();
                self.answer("ingest search", async move {
                    match journal.last_input_before(since).await {
                        Ok(position) => ShardEvent::IngestFound { request, position },
                        Err(_) => ShardEvent::ReadFailed { request },
                    }
                });
            }
            Action::FindSnapshot { request, before } => {
                let snapshots = self.snapshots.clone();
                self.answer("snapshot search", async move {
                    match snapshots.newest_before(before).await {
                        Ok(manifest) => ShardEvent::SnapshotManifest { request, manifest },
                        Err(_) => ShardEvent::ReadFailed { request },
                    }
                });
            }
            Action::ReadSnapshotPart { request, epoch, commit_no, index } => {
                let snapshots = self.snapshots.clone();
                self.answer("snapshot reading", async move {
                    match snapshots.part(epoch, commit_no, index).await {
                        Ok(part) => ShardEvent::SnapshotPart { request, part },
                        Err(_) => ShardEvent::ReadFailed { request },
                    }
                });
            }
            Action::Publish { request, expected_last_sequence, message_id, bytes } => {
                crash::pass(Point::Decided);
                let journal = self.journal.clone();
                self.answer("journal append", async move {
                    match journal.publish(expected_last_sequence, &message_id, bytes).await {
                        Ok((sequence, duplicate)) => ShardEvent::Published { request, sequence, duplicate },
                        Err(failure) => ShardEvent::PublishFailed { request, failure },
                    }
                });
            }
            Action::SubscribeIngest { request, from } => self.subscribe(request, from),
            Action::Opened { epoch } => {
                tracing::info!(shard = self.shard(), epoch, "owned");
                self.opened(epoch);
            }
            Action::Committed { sequence, bytes } => self.parts.follower.committed(sequence, bytes),
            Action::Emit(outputs) => {
                crash::pass(Point::BeforeEmit);
                self.emitter.emit(outputs);
            }
            Action::SetTimer { at, reason: _ } => {
                let at = if self.parts.time.is_virtual() {
                    at.max(Millis(self.parts.time.read().monotonic.0 + VIRTUAL_TICK_MIN.0))
                } else {
                    at
                };
                self.timer = Some(at);
            }
            Action::Alarm(alarm) => {
                tracing::warn!(shard = self.shard(), alarm = words::alarm(&alarm), "alarm");
                if let Alarm::Repaired { .. } = alarm {
                    self.opened(self.tracker.epoch);
                }
            }
            Action::Quarantine(quarantine) => {
                let reason = words::quarantined(self.shard(), &quarantine);
                self.close(reason.clone(), Departure::Quarantined { reason });
                if matches!(quarantine, Quarantine::JournalLost { .. }) {
                    self.standing = Standing::Kept;
                }
            }
            Action::Left(left) => self.close(words::left(self.shard(), &left), departure(&left)),
        }
    }

    /// Runs `question` elsewhere and gives its answer to the shard.
    fn answer(&self, what: &'static str, question: impl Future<Output = ShardEvent> + Send + 'static) {
        let inbox = self.inbox.clone();
        panics::spawn(&self.parts.runtime, what, async move {
            let event = question.await;
            inbox.send(event).await;
        });
    }

    fn subscribe(&mut self, request: RequestId, from: u64) {
        if let Some(former) = self.ingest.take() {
            former.abort();
        }
        self.chunks = (request, 0);
        let subscription = Subscription {
            context: self.parts.links.ingest.clone(),
            stream: self.parts.names.ingest.clone(),
            request,
            from,
            texts: self.texts.clone(),
            inbox: self.inbox.clone(),
            intake: self.intake.subscribe(),
            time: self.parts.time.clone(),
        };
        self.ingest = Some(panics::spawn(&self.parts.runtime, "ingest", subscription.run()));
    }

    fn opened(&mut self, epoch: u64) {
        self.standing = Standing::Open;
        self.parts.follower.begin(0, true);
        let shard = self.shard();
        let _ = self.parts.cluster.send(ClusterEvent::Opened { shard, epoch });
    }

    /// The shard is not ours any more, or was never.
    fn close(&mut self, reason: String, departure: Departure) {
        if departure == Departure::Released {
            tracing::info!(reason, "closed");
        } else {
            tracing::error!(reason, "closed");
        }
        if let Some(ingest) = self.ingest.take() {
            ingest.abort();
        }
        self.standing = Standing::Over;
        self.parts.follower.left();
        // Whoever waits for the end finds the reason in the progress.
        self.parts.progress.send_modify(|progress| progress.left = Some(reason.clone()));
        let (shard, epoch) = (self.shard(), self.tracker.epoch);
        let _ = self.parts.cluster.send(ClusterEvent::Left { shard, epoch, departure, reason });
    }

    fn show(&mut self, room: usize, now: Time) {
        if self.standing != Standing::Open {
            return;
        }
        let engine = self.shard.engine();
        let next_timer = engine.and_then(Decider::next_timer);
        let is_settled = engine.is_some_and(|engine| engine.is_settled() && engine.is_fitted());
        let is_idle = self.shard.stage() == Stage::Serving
            && is_settled
            && self.tracker.is_idle(room)
            && next_timer.is_none_or(|due| due > now);
        let (decision, commit) = self.stopwatch.summaries(engine);
        let progress = ShardProgress {
            shard: self.shard(),
            epoch: self.tracker.epoch,
            ingest_position: self.tracker.ingest_position,
            commit_no: self.tracker.commit_no,
            emitted_through: self.tracker.emitted_through(),
            feed_messages: self.emitter.feed_messages(),
            is_idle,
            next_timer,
            decision,
            commit,
            follower: self.parts.follower.state(),
            left: None,
        };
        self.parts.progress.send_if_modified(|last| {
            let is_news = *last != progress;
            *last = progress;
            is_news
        });
    }
}

/// What it means for other nodes that this one left a shard.
fn departure(left: &Left) -> Departure {
    match left {
        Left::Released | Left::NeverOpened => Departure::Released,
        Left::Fenced { .. } => Departure::Fenced,
        // Whoever comes next sets the input aside.
        Left::DecisionsTooLarge { position: Some(_), .. } => Departure::Again,
        Left::Contended { .. }
        | Left::ClockFar { .. }
        | Left::FormatNewer { .. }
        | Left::DecisionsTooLarge { position: None, .. } => Departure::Trouble,
    }
}

/// What a message takes in its stream, about: the server adds a head of its own.
fn stored_bytes(message: &IngestMessage) -> u64 {
    (message.bytes.len() + message.subject.len() + MESSAGE_HEAD_BYTES) as u64
}

/// Tells this start of the shard from every other one.
fn nonce() -> Result<u128, String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| format!("the system gives no random bytes: {error}"))?;
    Ok(u128::from_le_bytes(bytes))
}
