//! Snapshots: when one is due, how it is written and proved, and what becomes unnecessary by it.
//!
//! What is kept is read from the store each time, never remembered: a snapshot counts when its manifest stands there and
//! belongs to the journal, whoever wrote it.

use std::collections::VecDeque;
use std::thread;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use engine::Engine;
use protocol::snapshot::Manifest;
use shard::{Follower, SnapshotDraft};

use super::FollowerThread;
use crate::crash::{self, Point};
use crate::options::Tuning;
use crate::panics::AbortOnPanic;
use crate::purge;
use crate::snapshots::SnapshotName;

/// The nice value of a thread that gets a tenth of what one of a usual value gets, where both want a processor.
#[cfg(target_os = "linux")]
const PATIENT: i32 = 10;

/// What came since the last snapshot.
#[derive(Debug)]
pub(super) struct Since {
    pub records: u64,
    pub bytes: u64,
    pub at: Instant,
    pub not_before: Instant,
    /// What it covered of the ingest stream, see [`FollowerThread::covered_bytes`].
    pub ingest_covered: u64,
    /// What the ingest stream held when this life of the follower began: an earlier one may have left it full.
    pub ingest_held: u64,
}

impl Since {
    pub fn here(ingest_covered: u64, not_before: Instant) -> Since {
        Since { records: 0, bytes: 0, at: Instant::now(), not_before, ingest_covered, ingest_held: 0 }
    }
}

/// How far the owner has read the ingest stream, in sequences and in bytes of this life.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// The oldest first; each is a sequence, and the bytes up to it.
    marks: VecDeque<(u64, u64)>,
    /// Up to the last mark that was asked for.
    covered: u64,
}

impl Taken {
    /// Marks between the owner and its follower; beyond it they get coarser.
    const MARKS_MAX: usize = 1024;

    pub fn add(&mut self, sequence: u64, bytes: u64) {
        let total = self.marks.back().map_or(self.covered, |(_, total)| *total) + bytes;
        if self.marks.len() == Taken::MARKS_MAX {
            self.marks.pop_back();
        }
        self.marks.push_back((sequence, total));
    }

    pub fn up_to(&mut self, sequence: u64) -> u64 {
        while let Some((_, total)) = self.marks.pop_front_if(|(marked, _)| *marked <= sequence) {
            self.covered = total;
        }
        self.covered
    }
}

impl FollowerThread {
    pub(super) fn care_for_snapshots(&mut self, follower: &Follower<Engine>) {
        if let Some((name, draft)) = &self.draft {
            let Some(manifest) = follower.announce(draft) else { return };
            let name = *name;
            self.draft = None;
            if let Err(error) = self.announce(name, &manifest) {
                self.complain(&error);
            }
        } else if self.is_snapshot_due(follower) {
            let covered = self.covered_bytes(follower);
            self.since_snapshot = Since::here(covered, self.since_snapshot.not_before);
            match self.take_snapshot(follower) {
                Ok(draft) => self.draft = draft,
                Err(error) => self.complain(&error),
            }
        }
    }

    fn complain(&mut self, error: &anyhow::Error) {
        self.since_snapshot.not_before = Instant::now() + self.parts.tuning.snapshot_again_after;
        let shard = self.parts.names.shard;
        tracing::warn!(shard, error = format!("{error:#}"), "no snapshot; the next attempt follows");
    }

    fn is_snapshot_due(&self, follower: &Follower<Engine>) -> bool {
        let (since, tuning) = (&self.since_snapshot, &self.parts.tuning);
        let is_due = since.records >= tuning.snapshot_after_records
            || since.bytes >= tuning.snapshot_after_bytes
            || since.at.elapsed() >= tuning.snapshot_after
            || self.is_ingest_filling(follower);
        is_due && since.records > 0 && since.not_before <= Instant::now()
    }

    /// Only a snapshot lets inputs go, whether they had an effect or not. The stream holds what came since the oldest kept
    /// one, what came while one is written and announced, and what the owner has not read: half of it is for the last.
    fn is_ingest_filling(&self, follower: &Follower<Engine>) -> bool {
        let since = &self.since_snapshot;
        let spans = self.parts.tuning.snapshots_kept as u64 + 2;
        let coverable = since.ingest_held + (self.covered_bytes(follower) - since.ingest_covered);
        coverable >= self.parts.ingest_bytes_max / (2 * spans)
    }

    /// Writes the parts and reads them back, on a thread of its own that stands behind whoever decides.
    fn take_snapshot(&self, follower: &Follower<Engine>) -> Result<Option<(SnapshotName, SnapshotDraft)>> {
        let name = format!("wissel-snap-{}", self.parts.names.shard);
        let taken = thread::scope(|scope| {
            let writer = thread::Builder::new().name(name).spawn_scoped(scope, || {
                let _guard = AbortOnPanic("snapshot thread");
                stand_behind();
                self.write_snapshot(follower)
            });
            Ok::<_, anyhow::Error>(writer.context("the system gives no thread for a snapshot")?.join())
        })?;
        taken.unwrap_or_else(|_| bail!("the snapshot broke off"))
    }

    /// Questions are answered in between.
    fn write_snapshot(&self, follower: &Follower<Engine>) -> Result<Option<(SnapshotName, SnapshotDraft)>> {
        let head = follower.head();
        let name = SnapshotName { commit_no: head.commit_no, epoch: head.epoch };
        let mut parts = 0;
        let draft = follower.snapshot(|index, part| -> Result<()> {
            self.wait(self.snapshots.write_part(name, index, part)).flatten()?;
            crash::pass(Point::MidSnapshot);
            parts = index + 1;
            self.answer_all(Some(follower));
            Ok(())
        })?;
        let Some(draft) = draft else { return Ok(None) };
        let stored = (0..parts).map_while(|index| {
            self.answer_all(Some(follower));
            self.wait(self.snapshots.part(name.epoch, name.commit_no, index)).flatten().ok().flatten()
        });
        follower.verify(&draft, stored).context("the snapshot does not read back")?;
        Ok(Some((name, draft)))
    }

    /// Writes the manifest, and once it reads back removes what is too old and purges what that makes unnecessary.
    fn announce(&self, name: SnapshotName, manifest: &Manifest) -> Result<()> {
        let bytes = Bytes::from(manifest.encode()?.bytes);
        let Tuning { journal_retention, .. } = self.parts.tuning;
        self.wait(async {
            self.snapshots.write_manifest(name, bytes.clone()).await?;
            if self.snapshots.manifest(name).await? != Some(bytes) {
                bail!("the manifest does not read back");
            }
            tracing::info!(shard = self.parts.names.shard, commit_no = name.commit_no, "snapshot");
            self.snapshots.remove_unfinished(name).await?;
            let oldest = self.oldest_kept().await?;
            let (api, names) = (&self.parts.links.api, &self.parts.names);
            purge::ingest(api, names, oldest.as_ref(), manifest).await?;
            let Some(oldest) = oldest else { return Ok(()) };
            let oldest_name = SnapshotName { commit_no: oldest.commit_no, epoch: oldest.epoch };
            for other in self.snapshots.list().await? {
                if other < oldest_name {
                    self.snapshots.remove(other).await?;
                }
            }
            purge::journal(api, names, &oldest, journal_retention).await
        })
        .flatten()
    }

    /// Of the snapshots that are kept, the oldest; nothing while there are fewer than shall be kept.
    async fn oldest_kept(&self) -> Result<Option<Manifest>> {
        let journal = self.journal.info().await.context("the streams give no information")?.journal;
        let mut missing = self.parts.tuning.snapshots_kept.max(1);
        for name in self.snapshots.list().await?.into_iter().rev() {
            let Some(manifest) = self.snapshots.readable(name).await? else { continue };
            if self.beginnings().belongs(&manifest, journal).await?.is_err() {
                continue;
            }
            missing -= 1;
            if missing == 0 {
                return Ok(Some(manifest));
            }
        }
        Ok(None)
    }
}

/// Encoding a large state takes a processor for a second. Where there are few, whoever decides would wait for its turn of some
/// milliseconds each time; so this thread gives way.
fn stand_behind() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(Some(rustix::thread::gettid()), PATIENT) {
        tracing::debug!(%error, "snapshots are written at the same priority as decisions");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_applied_is_covered() {
        let mut taken = Taken::default();
        taken.add(10, 100);
        taken.add(20, 50);
        assert_eq!([9, 10, 19].map(|sequence| taken.up_to(sequence)), [0, 100, 100]);
        taken.add(30, 1);
        assert_eq!(taken.up_to(40), 151);
        for sequence in 41..41 + 2 * Taken::MARKS_MAX as u64 {
            taken.add(sequence, 1);
        }
        assert!(taken.marks.len() <= Taken::MARKS_MAX);
        assert_eq!(taken.up_to(u64::MAX), 151 + 2 * Taken::MARKS_MAX as u64);
    }
}
