//! The follower: the shard's state from committed records only, on a thread of its own. It answers questions and takes
//! snapshots, so that the owner stalls for neither.
//!
//! The owner hands over each record that it committed and never waits: when the follower is behind, records are left
//! out, and it reads them from the journal. That is also how it begins, how it passes void records, and how it follows
//! an owner on another node, of which it hears how far it is. When this node becomes the owner, the follower gives its
//! state away and begins anew.

mod begin;
mod keep;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded, select_biased};
use engine::Engine;
use protocol::record::Hash;
use shard::limits::{self, MISSING_READS_MAX};
use shard::{Followed, Follower, Replay, SnapshotDraft};
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};

use crate::beats::{Home, Tenants};
use crate::journal::Journal;
use crate::links::Links;
use crate::names::Names;
use crate::options::Tuning;
use crate::panics::AbortOnPanic;
use crate::snapshots::{SnapshotName, Snapshots};
use keep::{Since, Taken};

/// Records on their way to the follower; each has at most 1 MB, nearly all have less than 256 KiB.
const RECORDS_WAITING_MAX: usize = 256;
/// Questions that wait; more are refused.
const QUESTIONS_WAITING_MAX: usize = 1024;
/// How soon a record that was left out is missed.
const LOOK_AFTER: Duration = Duration::from_millis(100);
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// After a contradiction the state is loaded anew; a large one takes seconds, and the log shall stay readable.
const BEGIN_AGAIN_AFTER: Duration = Duration::from_secs(5);
/// A follower that keeps up looks at its commands at once; one that is reading is not worth waiting for longer than a
/// snapshot takes to load.
const GIVE_UP_WITHIN: Duration = Duration::from_millis(500);
/// As the owner asks again, so that both believe a missing record after the same time.
const READ_AGAIN_AFTER: Duration = Duration::from_millis(limits::RETRY_AFTER.0);

/// How a shard's follower stands to its journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FollowerState {
    /// It has no state yet: nothing is owned, or a snapshot is loaded. Questions are refused.
    #[default]
    Beginning,
    /// It applies what is committed.
    Following,
    /// Committed records that it missed cannot be read: it answers from an older state and takes no snapshots.
    Behind,
    /// The journal contradicts what it had applied: it drops that and begins again. Questions are refused.
    Broken,
}

/// A question, which is told whether there is an answer yet.
type Question = Box<dyn FnOnce(Option<&Follower<Engine>>) + Send>;

#[derive(Debug)]
enum Command {
    /// There is an owner to follow.
    Begin,
    Committed {
        sequence: u64,
        bytes: Bytes,
    },
    /// This node takes the shard over: give the state away, if there is one.
    GiveUp(oneshot::Sender<Option<Replay<Engine>>>),
}

/// What the node and the follower tell each other without waiting.
#[derive(Debug, Default)]
struct Shared {
    /// The last sequence that an owner is known to have committed.
    committed: AtomicU64,
    /// Where the follower stands in the journal.
    applied: AtomicU64,
    epoch: AtomicU64,
    /// The owner is of this node: the follower takes the snapshots.
    is_owner: AtomicBool,
    /// Nobody needs it any more.
    closed: watch::Sender<bool>,
    taken: Mutex<Taken>,
}

/// The way to a shard's follower.
#[derive(Debug)]
pub(crate) struct FollowerHandle {
    commands: Sender<Command>,
    questions: Sender<Question>,
    shared: Arc<Shared>,
    state: watch::Receiver<FollowerState>,
}

impl FollowerHandle {
    pub fn state(&self) -> FollowerState {
        *self.state.borrow()
    }

    /// There is an owner, here or elsewhere, that has committed up to `sequence`.
    pub fn begin(&self, sequence: u64, is_owner: bool) {
        self.shared.is_owner.store(is_owner, Ordering::Release);
        self.heard(sequence);
        let _ = self.commands.try_send(Command::Begin);
    }

    /// An owner elsewhere has committed up to `sequence`.
    pub fn heard(&self, sequence: u64) {
        self.shared.committed.fetch_max(sequence, Ordering::AcqRel);
    }

    /// The owner is of this node no more.
    pub fn left(&self) {
        self.shared.is_owner.store(false, Ordering::Release);
    }

    /// Never waits.
    pub fn committed(&self, sequence: u64, bytes: Bytes) {
        self.heard(sequence);
        let _ = self.commands.try_send(Command::Committed { sequence, bytes });
    }

    /// The owner has read the ingest stream up to `sequence`, this much more.
    pub fn took(&self, sequence: u64, bytes: u64) {
        self.shared.taken.lock().unwrap_or_else(PoisonError::into_inner).add(sequence, bytes);
    }

    pub fn close(&self) {
        self.shared.closed.send_replace(true);
    }

    pub fn is_owner(&self) -> bool {
        self.shared.is_owner.load(Ordering::Acquire)
    }

    /// The last sequence that an owner is known to have committed.
    pub fn last_committed(&self) -> u64 {
        self.shared.committed.load(Ordering::Acquire)
    }

    /// Epoch and sequence up to which the state is there.
    pub fn position(&self) -> (u64, u64) {
        (self.shared.epoch.load(Ordering::Acquire), self.shared.applied.load(Ordering::Acquire))
    }

    /// The state, for an owner on this node; nothing when it is not at hand at once.
    pub async fn give_up(&self) -> Option<Replay<Engine>> {
        let (sender, receiver) = oneshot::channel();
        self.commands.try_send(Command::GiveUp(sender)).ok()?;
        tokio::time::timeout(GIVE_UP_WITHIN, receiver).await.ok()?.ok()?
    }

    /// False when too many questions wait, or the follower is gone.
    pub fn ask(&self, question: Question) -> bool {
        match self.questions.try_send(question) {
            Ok(()) => true,
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => false,
        }
    }

    /// Asks and waits. Nothing when the follower is not ready, overrun or gone.
    pub async fn answer<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Follower<Engine>) -> T + Send + 'static,
    ) -> Option<T> {
        let (sender, receiver) = oneshot::channel();
        let is_asked = self.ask(Box::new(move |follower| {
            let _ = sender.send(follower.map(question));
        }));
        if is_asked { receiver.await.ok().flatten() } else { None }
    }
}

/// What a follower is made of.
#[derive(Debug)]
pub(crate) struct FollowerParts {
    pub names: Names,
    pub key: [u8; 16],
    pub links: Links,
    pub runtime: Handle,
    pub tuning: Tuning,
    /// What the ingest stream holds before it refuses inputs.
    pub ingest_bytes_max: u64,
    /// Where the tenants of this shard are put, for questions and heartbeats.
    pub tenants: Tenants,
}

pub(crate) fn start(parts: FollowerParts) -> Result<FollowerHandle> {
    let (commands, command_receiver) = bounded(RECORDS_WAITING_MAX);
    let (questions, question_receiver) = bounded(QUESTIONS_WAITING_MAX);
    let shared: Arc<Shared> = Arc::default();
    let (shown, state) = watch::channel(FollowerState::default());
    let mut thread = FollowerThread {
        journal: Journal::new(parts.links.api.clone(), parts.names.clone(), 0),
        snapshots: Snapshots::new(parts.links.api.clone(), parts.names.clone()),
        commands: command_receiver,
        questions: question_receiver,
        shared: Arc::clone(&shared),
        shown,
        misses: 0,
        read_not_before: Instant::now(),
        draft: None,
        since_snapshot: Since::here(0, Instant::now()),
        tenants_shown: 0,
        parts,
    };
    std::thread::Builder::new()
        .name(format!("wissel-follow-{}", thread.parts.names.shard))
        .spawn(move || {
            let _guard = AbortOnPanic("follower thread");
            thread.run();
        })
        .context("the system gives no thread for a follower")?;
    Ok(FollowerHandle { commands, questions, shared, state })
}

struct FollowerThread {
    parts: FollowerParts,
    journal: Journal,
    snapshots: Snapshots,
    commands: Receiver<Command>,
    questions: Receiver<Question>,
    shared: Arc<Shared>,
    shown: watch::Sender<FollowerState>,
    /// Reads in a row that gave nothing where the journal should hold a record.
    misses: u32,
    read_not_before: Instant,
    /// Written and verified, not announced yet.
    draft: Option<(SnapshotName, SnapshotDraft)>,
    since_snapshot: Since,
    /// How many tenants the node knows to be here.
    /// As of `Engine::homes_given`.
    tenants_shown: u64,
}

/// Why following ended.
enum End {
    Closed,
    GivenUp,
}

/// What the follower is woken by.
enum Next {
    Command(Command),
    Question(Question),
    /// Nothing for a while.
    Look,
}

impl FollowerThread {
    fn run(&mut self) {
        while self.wait_for_owner() {
            while let Some(follower) = self.begin() {
                match self.follow(follower) {
                    Ok(End::Closed) => return,
                    Ok(End::GivenUp) => break,
                    Err(_) if self.is_closed() => return,
                    Err(error) => {
                        tracing::error!(
                            shard = self.parts.names.shard,
                            error = format!("{error:#}"),
                            "alarm: the follower's state is dropped and built anew; until then questions are not answered"
                        );
                        self.show(FollowerState::Broken);
                        if !self.pause(BEGIN_AGAIN_AFTER) {
                            return;
                        }
                    }
                }
            }
        }
    }

    /// An error is a contradiction between the journal and what was applied.
    fn follow(&mut self, mut follower: Follower<Engine>) -> Result<End> {
        while let Some(next) = self.next() {
            let committed = self.shared.committed.load(Ordering::Acquire);
            let is_taken = match next {
                Next::Question(question) => {
                    question(Some(&follower));
                    continue;
                }
                Next::Command(Command::GiveUp(taker)) => {
                    if taker.is_closed() {
                        continue;
                    }
                    self.show(FollowerState::Beginning);
                    // Whoever asked has waited long enough otherwise, and begins without it.
                    drop(taker.send(Some(follower.into_replay())));
                    return Ok(End::GivenUp);
                }
                Next::Command(Command::Committed { sequence, bytes }) => {
                    self.take(&mut follower, sequence, Some(bytes))?
                }
                Next::Command(Command::Begin) | Next::Look => self.take(&mut follower, committed, None)?,
            };
            self.show_position(&follower);
            self.show_tenants(&follower);
            if is_taken {
                self.show(FollowerState::Following);
                if self.shared.is_owner.load(Ordering::Acquire) {
                    self.care_for_snapshots(&follower);
                }
            } else {
                self.show(FollowerState::Behind);
            }
        }
        Ok(End::Closed)
    }

    /// False when there is nothing to follow any more.
    fn wait_for_owner(&self) -> bool {
        while let Some(next) = self.next() {
            match next {
                Next::Command(Command::Begin | Command::Committed { .. }) => return true,
                Next::Command(Command::GiveUp(taker)) => drop(taker.send(None)),
                Next::Question(question) => question(None),
                Next::Look => {}
            }
        }
        false
    }

    /// Nothing when nobody needs it any more.
    fn next(&self) -> Option<Next> {
        if self.is_closed() {
            return None;
        }
        select_biased! {
            recv(self.commands) -> command => command.ok().map(Next::Command),
            recv(self.questions) -> question => question.ok().map(Next::Question),
            default(LOOK_AFTER) => Some(Next::Look),
        }
    }

    /// False when nobody needs it any more. Whoever asks meanwhile is told that there is no answer.
    fn pause(&self, span: Duration) -> bool {
        let until = Instant::now() + span;
        while Instant::now() < until {
            match self.next() {
                None => return false,
                Some(Next::Question(question)) => question(None),
                Some(Next::Command(Command::GiveUp(taker))) => drop(taker.send(None)),
                // What is left out is read from the journal.
                Some(Next::Command(Command::Begin | Command::Committed { .. }) | Next::Look) => {}
            }
        }
        true
    }

    fn show(&self, state: FollowerState) {
        self.shown.send_if_modified(|shown| std::mem::replace(shown, state) != state);
    }

    /// What a snapshot of this state covers of the ingest stream that the owner has read in this life.
    fn covered_bytes(&self, follower: &Follower<Engine>) -> u64 {
        self.shared.taken.lock().unwrap_or_else(PoisonError::into_inner).up_to(follower.ingest_position())
    }

    fn show_position(&self, follower: &Follower<Engine>) {
        let head = follower.head();
        self.shared.epoch.store(head.epoch, Ordering::Release);
        self.shared.applied.store(follower.sequence(), Ordering::Release);
    }

    fn show_tenants(&mut self, follower: &Follower<Engine>) {
        let (engine, shard) = (follower.engine(), self.parts.names.shard);
        if self.tenants_shown == engine.homes_given() {
            return;
        }
        self.tenants_shown = engine.homes_given();
        for (tenant, is_here) in engine.homes() {
            let home = Home { shard, is_here };
            let mut entry = self.parts.tenants.entry(tenant.clone()).or_insert(home);
            // Of one that moved, only the shard where it is speaks.
            if is_here || entry.shard == shard {
                *entry = home;
            }
        }
    }

    fn answer_all(&self, follower: Option<&Follower<Engine>>) {
        for question in self.questions.try_iter().take(QUESTIONS_WAITING_MAX) {
            question(follower);
        }
    }

    /// Applies everything up to `sequence`; `bytes` are that record's, when they are at hand. False when something is
    /// missing for the time being.
    fn take(&mut self, follower: &mut Follower<Engine>, sequence: u64, bytes: Option<Bytes>) -> Result<bool> {
        match bytes {
            Some(bytes) if sequence == follower.sequence() + 1 => self.apply(follower, sequence, &bytes)?,
            Some(_) | None => self.catch_up(follower, sequence)?,
        }
        Ok(follower.sequence() >= sequence)
    }

    fn is_closed(&self) -> bool {
        *self.shared.closed.borrow()
    }

    /// Waits for what happens elsewhere, unless nobody needs the follower any more: the runtime may go next, and who
    /// waits on one that is gone panics.
    fn wait<T>(&self, work: impl Future<Output = T>) -> Result<T> {
        let mut closed = self.shared.closed.subscribe();
        self.parts.runtime.block_on(async {
            tokio::select! {
                biased;
                _ = closed.wait_for(|is_closed| *is_closed) => bail!("nobody needs this follower any more"),
                done = work => Ok(done),
            }
        })
    }

    /// What is missing may only be late: a former leader answers for a while, and this is another connection than the
    /// owner's. It is believed when the owner would believe it.
    fn catch_up(&mut self, follower: &mut Follower<Engine>, through: u64) -> Result<()> {
        while follower.sequence() < through {
            if Instant::now() < self.read_not_before {
                return Ok(());
            }
            let from = follower.sequence() + 1;
            let to = through.min(from + limits::READ_RECORDS_MAX - 1);
            let records = self.wait(self.journal.records(from, to))?;
            let is_missing = records.as_ref().is_some_and(Vec::is_empty);
            let records = records.unwrap_or_default();
            if records.is_empty() {
                self.misses += u32::from(is_missing);
                if self.misses == MISSING_READS_MAX {
                    bail!("the journal holds nothing at sequence {from}, although {through} was committed");
                }
                self.read_not_before = Instant::now() + READ_AGAIN_AFTER;
                return Ok(());
            }
            self.misses = 0;
            for record in records {
                self.apply(follower, record.sequence, &record.bytes)?;
            }
            self.answer_all(None);
        }
        Ok(())
    }

    fn apply(&mut self, follower: &mut Follower<Engine>, sequence: u64, bytes: &Bytes) -> Result<()> {
        match follower.apply(sequence, bytes)? {
            Followed::Applied(_) => {
                self.since_snapshot.records += 1;
                self.since_snapshot.bytes += bytes.len() as u64;
            }
            Followed::Void => {}
        }
        Ok(())
    }
}

/// Where a follower stands, and the digest of its state there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateDigest {
    pub commit_no: u64,
    pub digest: Hash,
}
