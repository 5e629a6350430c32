//! The follower: the shard's state from committed records only, on a thread of its own. It answers questions and takes
//! snapshots, so that the owner stalls for neither.
//!
//! The owner hands over each record that it committed and never waits: when the follower is behind, records are left
//! out, and it reads them from the journal. That is also how it begins, and how it passes void records.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded, select_biased};
use engine::Engine;
use protocol::record::Hash;
use protocol::snapshot::{Decoder, Manifest};
use shard::{Followed, Follower, Replay, SnapshotDraft};
use tokio::runtime::Handle;

use crate::beats::Tenants;
use crate::crash::{self, Point};
use crate::journal::Journal;
use crate::links::Links;
use crate::names::Names;
use crate::options::Tuning;
use crate::panics::AbortOnPanic;
use crate::purge;
use crate::snapshots::{SnapshotName, Snapshots};

/// Records on their way to the follower; each has at most 1 MB, nearly all have less than 256 KiB.
const RECORDS_WAITING_MAX: usize = 256;
/// Questions that wait; more are refused.
const QUESTIONS_WAITING_MAX: usize = 1024;
/// How soon a record that was left out is missed.
const LOOK_AFTER: Duration = Duration::from_millis(100);
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// Records asked for at a time.
const READ_RECORDS_MAX: u64 = 64;
/// A snapshot that failed is not tried again at once.
const SNAPSHOT_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// A question, which is told whether there is an answer yet.
type Question = Box<dyn FnOnce(Option<&Follower<Engine>>) + Send>;

#[derive(Debug)]
enum Command {
    /// The shard is owned from here; begin.
    Opened,
    Committed {
        sequence: u64,
        bytes: Bytes,
    },
}

/// The way to a shard's follower.
#[derive(Debug)]
pub(crate) struct FollowerHandle {
    commands: Sender<Command>,
    questions: Sender<Question>,
    /// The last sequence that the owner committed.
    committed: Arc<AtomicU64>,
    /// The owner has gone.
    closed: Arc<AtomicBool>,
}

impl FollowerHandle {
    pub fn opened(&self) {
        let _ = self.commands.try_send(Command::Opened);
    }

    /// Never waits.
    pub fn committed(&self, sequence: u64, bytes: Bytes) {
        self.committed.store(sequence, Ordering::Release);
        let _ = self.commands.try_send(Command::Committed { sequence, bytes });
    }

    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
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
        let (sender, receiver) = tokio::sync::oneshot::channel();
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
    /// Where the tenants of this shard are put, for questions and heartbeats.
    pub tenants: Tenants,
}

pub(crate) fn start(parts: FollowerParts) -> Result<FollowerHandle> {
    let (commands, command_receiver) = bounded(RECORDS_WAITING_MAX);
    let (questions, question_receiver) = bounded(QUESTIONS_WAITING_MAX);
    let (committed, closed) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let mut thread = FollowerThread {
        journal: Journal::new(parts.links.api.clone(), parts.names.clone()),
        snapshots: Snapshots::new(parts.links.api.clone(), parts.names.clone()),
        commands: command_receiver,
        questions: question_receiver,
        committed: Arc::clone(&committed),
        closed: Arc::clone(&closed),
        kept: VecDeque::new(),
        draft: None,
        since_snapshot: Since::default(),
        tenants_shown: 0,
        parts,
    };
    std::thread::Builder::new()
        .name(format!("wissel-follow-{}", thread.parts.names.shard))
        .spawn(move || {
            let _guard = AbortOnPanic("follower thread");
            thread.run();
            let shard = thread.parts.names.shard;
            thread.parts.tenants.retain(|_, owner| *owner != shard);
        })
        .context("the system gives no thread for a follower")?;
    Ok(FollowerHandle { commands, questions, committed, closed })
}

struct FollowerThread {
    parts: FollowerParts,
    journal: Journal,
    snapshots: Snapshots,
    commands: Receiver<Command>,
    questions: Receiver<Question>,
    committed: Arc<AtomicU64>,
    closed: Arc<AtomicBool>,
    /// Verified snapshots of this life, the oldest first.
    kept: VecDeque<Manifest>,
    /// Written and verified, not announced yet.
    draft: Option<(SnapshotName, SnapshotDraft)>,
    since_snapshot: Since,
    /// How many tenants the node knows to be here.
    tenants_shown: usize,
}

/// What came since the last snapshot.
#[derive(Debug)]
struct Since {
    records: u64,
    bytes: u64,
    at: Instant,
    not_before: Instant,
}

impl Default for Since {
    fn default() -> Since {
        Since { records: 0, bytes: 0, at: Instant::now(), not_before: Instant::now() }
    }
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
        if !self.wait_for_opening() {
            return;
        }
        let Some(mut follower) = self.recover() else { return };
        let mut is_broken = false;
        while let Some(next) = self.next() {
            let committed = self.committed.load(Ordering::Acquire);
            match next {
                Next::Question(question) => question((!is_broken).then_some(&follower)),
                Next::Command(_) | Next::Look if is_broken => {}
                Next::Command(Command::Committed { sequence, bytes }) => {
                    is_broken = self.take(&mut follower, sequence, Some(bytes));
                }
                Next::Command(Command::Opened) | Next::Look => {
                    is_broken = self.take(&mut follower, committed, None);
                }
            }
            if !is_broken {
                self.show_tenants(&follower);
                self.care_for_snapshots(&follower);
            }
        }
    }

    /// False when there is nothing to follow any more.
    fn wait_for_opening(&self) -> bool {
        while let Some(next) = self.next() {
            match next {
                Next::Command(Command::Opened | Command::Committed { .. }) => return true,
                Next::Question(question) => question(None),
                Next::Look => {}
            }
        }
        false
    }

    /// Nothing when the owner has gone.
    fn next(&self) -> Option<Next> {
        if self.closed.load(Ordering::Acquire) {
            return None;
        }
        select_biased! {
            recv(self.commands) -> command => command.ok().map(Next::Command),
            recv(self.questions) -> question => question.ok().map(Next::Question),
            default(LOOK_AFTER) => Some(Next::Look),
        }
    }

    /// Tenants come and never go.
    fn show_tenants(&mut self, follower: &Follower<Engine>) {
        for tenant in follower.engine().tenants().skip(self.tenants_shown) {
            self.parts.tenants.insert(tenant.clone(), self.parts.names.shard);
            self.tenants_shown += 1;
        }
    }

    fn answer_all(&self, follower: Option<&Follower<Engine>>) {
        for question in self.questions.try_iter().take(QUESTIONS_WAITING_MAX) {
            question(follower);
        }
    }

    /// The newest snapshot and the records behind it; nothing when the owner goes before that worked.
    fn recover(&mut self) -> Option<Follower<Engine>> {
        loop {
            let runtime = self.parts.runtime.clone();
            match runtime.block_on(self.load()) {
                Ok(replay) => {
                    let (shard, key) = (&self.parts.names.name, self.parts.key);
                    return Some(Follower::new(shard, key, replay));
                }
                Err(error) => {
                    tracing::warn!(
                        shard = self.parts.names.shard,
                        error = format!("{error:#}"),
                        "the follower cannot begin yet"
                    );
                }
            }
            std::thread::sleep(RETRY_AFTER);
            self.answer_all(None);
            if self.closed.load(Ordering::Acquire) {
                return None;
            }
        }
    }

    async fn load(&mut self) -> Result<Replay<Engine>> {
        let names = self.snapshots.list().await?;
        for name in names.iter().rev() {
            match self.load_snapshot(*name).await {
                Ok((manifest, replay)) => {
                    self.kept.push_front(manifest);
                    return Ok(replay);
                }
                Err(error) => {
                    tracing::warn!(
                        commit_no = name.commit_no,
                        error = format!("{error:#}"),
                        "snapshot passed over"
                    );
                }
            }
        }
        Ok(Replay::from_beginning(self.parts.key))
    }

    async fn load_snapshot(&self, name: SnapshotName) -> Result<(Manifest, Replay<Engine>)> {
        let bytes = self.snapshots.manifest(name).await?.context("its manifest is gone")?;
        let mut decoder = Decoder::new(Manifest::decode(&bytes)?);
        let mut rows = Vec::new();
        while let Some(index) = decoder.next_part() {
            let part = self.snapshots.part(name.epoch, name.commit_no, index).await?;
            decoder.read_part(&part.context("a part is missing")?, &mut rows)?;
        }
        let manifest = decoder.finish()?;
        Ok((manifest.clone(), Replay::from_snapshot(self.parts.key, manifest, rows)))
    }

    /// Applies everything up to `sequence`; `bytes` are that record's, when they are at hand. True when the follower is
    /// done for.
    fn take(&mut self, follower: &mut Follower<Engine>, sequence: u64, bytes: Option<Bytes>) -> bool {
        if sequence <= follower.sequence() {
            return false;
        }
        let outcome = match bytes {
            Some(bytes) if sequence == follower.sequence() + 1 => self.apply(follower, sequence, &bytes),
            Some(_) | None => self.catch_up(follower, sequence),
        };
        match outcome {
            Ok(()) => false,
            Err(error) => {
                tracing::error!(
                    shard = self.parts.names.shard,
                    error = format!("{error:#}"),
                    "the follower stops: questions are not answered and no snapshots are taken"
                );
                true
            }
        }
    }

    fn catch_up(&mut self, follower: &mut Follower<Engine>, through: u64) -> Result<()> {
        while follower.sequence() < through {
            let from = follower.sequence() + 1;
            let to = through.min(from + READ_RECORDS_MAX - 1);
            let records = self.parts.runtime.block_on(self.journal.records(from, to));
            match records {
                None => {
                    // Trouble at the server; the next look tries again.
                    std::thread::sleep(LOOK_AFTER);
                    return Ok(());
                }
                Some(records) if records.is_empty() => bail!("the journal holds nothing at sequence {from}"),
                Some(records) => {
                    for record in records {
                        self.apply(follower, record.sequence, &record.bytes)?;
                    }
                }
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

    fn care_for_snapshots(&mut self, follower: &Follower<Engine>) {
        if let Some((name, draft)) = &self.draft {
            let Some(manifest) = follower.announce(draft) else { return };
            let name = *name;
            self.draft = None;
            if let Err(error) = self.announce(name, manifest) {
                self.complain(&error);
            }
        } else if self.is_snapshot_due() {
            self.since_snapshot = Since::default();
            match self.take_snapshot(follower) {
                Ok(draft) => self.draft = draft,
                Err(error) => self.complain(&error),
            }
        }
    }

    fn complain(&mut self, error: &anyhow::Error) {
        self.since_snapshot.not_before = Instant::now() + SNAPSHOT_AGAIN_AFTER;
        let shard = self.parts.names.shard;
        tracing::warn!(shard, error = format!("{error:#}"), "no snapshot; the next attempt follows");
    }

    fn is_snapshot_due(&self) -> bool {
        let (since, tuning) = (&self.since_snapshot, &self.parts.tuning);
        let is_due = since.records >= tuning.snapshot_after_records
            || since.bytes >= tuning.snapshot_after_bytes
            || (since.records > 0 && since.at.elapsed() >= tuning.snapshot_after);
        is_due && since.not_before <= Instant::now()
    }

    /// Writes the parts and reads them back. Questions are answered in between.
    fn take_snapshot(&self, follower: &Follower<Engine>) -> Result<Option<(SnapshotName, SnapshotDraft)>> {
        let head = follower.head();
        let name = SnapshotName { commit_no: head.commit_no, epoch: head.epoch };
        let runtime = &self.parts.runtime;
        let mut parts = 0;
        let draft = follower.snapshot(|index, part| -> Result<()> {
            runtime.block_on(self.snapshots.write_part(name, index, part))?;
            crash::pass(Point::MidSnapshot);
            parts = index + 1;
            self.answer_all(Some(follower));
            Ok(())
        })?;
        let Some(draft) = draft else { return Ok(None) };
        let stored = (0..parts).map_while(|index| {
            self.answer_all(Some(follower));
            runtime.block_on(self.snapshots.part(name.epoch, name.commit_no, index)).ok().flatten()
        });
        follower.verify(&draft, stored).context("the snapshot does not read back")?;
        Ok(Some((name, draft)))
    }

    /// Writes the manifest, removes what is too old, and purges what that makes unnecessary.
    fn announce(&mut self, name: SnapshotName, manifest: Manifest) -> Result<()> {
        let bytes = Bytes::from(manifest.encode()?.bytes);
        let Tuning { snapshots_kept, journal_retention, .. } = self.parts.tuning;
        self.kept.push_back(manifest);
        while self.kept.len() > snapshots_kept.max(1) {
            self.kept.pop_front();
        }
        let oldest = self.kept.front().context("one was just added")?;
        let oldest_name = SnapshotName { commit_no: oldest.commit_no, epoch: oldest.epoch };
        self.parts.runtime.block_on(async {
            self.snapshots.write_manifest(name, bytes.clone()).await?;
            if self.snapshots.manifest(name).await? != Some(bytes) {
                bail!("the manifest does not read back");
            }
            for other in self.snapshots.list().await? {
                if other < oldest_name {
                    self.snapshots.remove(other).await?;
                }
            }
            self.snapshots.remove_unfinished(name).await?;
            tracing::info!(shard = self.parts.names.shard, commit_no = name.commit_no, "snapshot");
            if self.kept.len() < snapshots_kept {
                return Ok(());
            }
            purge::purge(&self.parts.links.api, &self.parts.names, oldest, journal_retention).await
        })
    }
}

/// Where a follower stands, and the digest of its state there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateDigest {
    pub commit_no: u64,
    pub digest: Hash,
}
