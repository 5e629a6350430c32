//! Snapshots: when one is due, how it is written and proved, and what becomes unnecessary by it.
//!
//! What is kept is read from the store each time, never remembered: a snapshot counts when its manifest stands there and
//! belongs to the journal, whoever wrote it.

use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use engine::Engine;
use protocol::snapshot::Manifest;
use shard::{Follower, SnapshotDraft};

use super::FollowerThread;
use crate::crash::{self, Point};
use crate::options::Tuning;
use crate::purge;
use crate::snapshots::SnapshotName;

/// What came since the last snapshot.
#[derive(Debug)]
pub(super) struct Since {
    pub records: u64,
    pub bytes: u64,
    pub at: Instant,
    pub not_before: Instant,
    /// What the owner had read of the ingest stream then, see [`FollowerThread::taken_bytes`].
    pub ingest_taken: u64,
    /// What the ingest stream held when this life of the follower began: an earlier one may have left it full.
    pub ingest_held: u64,
}

impl Since {
    pub fn here(ingest_taken: u64, not_before: Instant) -> Since {
        Since { records: 0, bytes: 0, at: Instant::now(), not_before, ingest_taken, ingest_held: 0 }
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
        } else if self.is_snapshot_due() {
            self.since_snapshot = Since::here(self.taken_bytes(), self.since_snapshot.not_before);
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

    fn is_snapshot_due(&self) -> bool {
        let (since, tuning) = (&self.since_snapshot, &self.parts.tuning);
        let is_due = since.records >= tuning.snapshot_after_records
            || since.bytes >= tuning.snapshot_after_bytes
            || since.at.elapsed() >= tuning.snapshot_after
            || self.is_ingest_filling();
        is_due && since.records > 0 && since.not_before <= Instant::now()
    }

    /// Only a snapshot lets inputs go, whether they had an effect or not. The stream holds what came since the oldest kept
    /// one, while it is written and announced, and what the owner has not read: half of it is left for the last.
    fn is_ingest_filling(&self) -> bool {
        let since = &self.since_snapshot;
        let spans = self.parts.tuning.snapshots_kept as u64 + 2;
        let taken = since.ingest_held + (self.taken_bytes() - since.ingest_taken);
        taken >= self.parts.ingest_bytes_max / (2 * spans)
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

    /// Writes the manifest, and once it reads back removes what is too old and purges what that makes unnecessary.
    fn announce(&self, name: SnapshotName, manifest: &Manifest) -> Result<()> {
        let bytes = Bytes::from(manifest.encode()?.bytes);
        let Tuning { journal_retention, .. } = self.parts.tuning;
        self.parts.runtime.block_on(async {
            self.snapshots.write_manifest(name, bytes.clone()).await?;
            if self.snapshots.manifest(name).await? != Some(bytes) {
                bail!("the manifest does not read back");
            }
            tracing::info!(shard = self.parts.names.shard, commit_no = name.commit_no, "snapshot");
            self.snapshots.remove_unfinished(name).await?;
            let Some(oldest) = self.oldest_kept().await? else { return Ok(()) };
            let oldest_name = SnapshotName { commit_no: oldest.commit_no, epoch: oldest.epoch };
            for other in self.snapshots.list().await? {
                if other < oldest_name {
                    self.snapshots.remove(other).await?;
                }
            }
            purge::purge(&self.parts.links.api, &self.parts.names, &oldest, journal_retention).await
        })
    }

    /// Of the snapshots that are kept, the oldest; nothing while there are fewer than shall be kept.
    async fn oldest_kept(&self) -> Result<Option<Manifest>> {
        let journal = self.journal.info().await.context("the streams give no information")?.journal;
        let mut missing = self.parts.tuning.snapshots_kept.max(1);
        for name in self.snapshots.list().await?.into_iter().rev() {
            let Some(manifest) = self.snapshots.readable(name).await? else { continue };
            if self.belongs(&manifest, journal).await?.is_err() {
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
