//! Where the follower begins: the newest snapshot that belongs to the journal, chosen as the owner chooses it
//! (`shard::fit`), or the journal's beginning.

use anyhow::{Context as _, Result, bail};
use engine::Engine;
use protocol::snapshot::{Decoder, Manifest};
use shard::fit::{Fit, fit, is_of_record};
use shard::limits::SNAPSHOTS_TRIED_MAX;
use shard::{Follower, Replay, StreamFacts};

use super::{FollowerState, FollowerThread, RETRY_AFTER, Since};

impl FollowerThread {
    /// Nothing when nobody needs it any more.
    pub(super) fn begin(&mut self) -> Option<Follower<Engine>> {
        self.show(FollowerState::Beginning);
        self.draft = None;
        self.misses = 0;
        loop {
            match self.wait(self.load()).flatten() {
                Ok((replay, ingest_held)) => {
                    let follower = Follower::new(&self.parts.names.name, self.parts.key, replay);
                    let covered = self.covered_bytes(&follower);
                    self.since_snapshot =
                        Since { ingest_held, ..Since::here(covered, self.since_snapshot.not_before) };
                    return Some(follower);
                }
                Err(_) if self.is_closed() => return None,
                Err(error) => tracing::warn!(
                    shard = self.parts.names.shard,
                    error = format!("{error:#}"),
                    "the follower cannot begin yet"
                ),
            }
            if !self.pause(RETRY_AFTER) {
                return None;
            }
        }
    }

    /// The state to begin with, and how many bytes the ingest stream holds.
    async fn load(&self) -> Result<(Replay<Engine>, u64)> {
        let journal = self.journal.info().await.context("the streams give no information")?.journal;
        let ingest = self.parts.links.api.get_stream(&self.parts.names.ingest).await?;
        let ingest_held = ingest.cached_info().state.bytes;
        let mut before = u64::MAX;
        for _ in 0..SNAPSHOTS_TRIED_MAX {
            let Some(bytes) = self.snapshots.newest_before(before).await? else { break };
            let manifest = Manifest::decode(&bytes)?;
            before = manifest.commit_no;
            match self.load_snapshot(manifest, journal).await? {
                Ok(replay) => return Ok((replay, ingest_held)),
                Err(why) => tracing::warn!(commit_no = before, why, "snapshot passed over"),
            }
        }
        let first = journal.first_sequence;
        if first > 1 {
            bail!("the journal begins at {first} and no snapshot covers what is before");
        }
        Ok((Replay::from_beginning(self.parts.key), ingest_held))
    }

    /// The inner error says why the snapshot is passed over.
    async fn load_snapshot(
        &self,
        manifest: Manifest,
        journal: StreamFacts,
    ) -> Result<Result<Replay<Engine>, String>> {
        if let Err(why) = self.belongs(&manifest, journal).await? {
            return Ok(Err(why.to_owned()));
        }
        let (epoch, commit_no) = (manifest.epoch, manifest.commit_no);
        let mut decoder = Decoder::new(manifest);
        let mut rows = Vec::new();
        while let Some(index) = decoder.next_part() {
            let Some(part) = self.snapshots.part(epoch, commit_no, index).await? else {
                return Ok(Err("a part is missing".to_owned()));
            };
            if let Err(error) = decoder.read_part(&part, &mut rows) {
                return Ok(Err(error.to_string()));
            }
        }
        let finished = decoder.finish().map_err(|error| error.to_string());
        Ok(finished.map(|manifest| Replay::from_snapshot(self.parts.key, manifest, rows)))
    }

    /// The inner error says why the snapshot is not one of this journal.
    pub(super) async fn belongs(
        &self,
        manifest: &Manifest,
        journal: StreamFacts,
    ) -> Result<Result<(), &'static str>> {
        match fit(manifest, &self.parts.names.name, journal) {
            Fit::Yes => Ok(Ok(())),
            Fit::No(why) => Ok(Err(why)),
            Fit::IfRecord { sequence } => {
                let records = self.journal.records(sequence, sequence).await;
                Ok(is_of_record(manifest, &records.context("the journal cannot be read")?))
            }
            // The owner has just taken the shard over, so the journal is whole and this answer old.
            Fit::Beyond { last, witness } => {
                bail!("the journal seems to end at {last}, but a snapshot was taken at {witness}")
            }
        }
    }
}
