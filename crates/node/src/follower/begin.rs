//! The follower begins, as soon as there is something to begin with.

use anyhow::Result;
use engine::Engine;
use shard::{Follower, Replay};

use super::{FollowerParts, FollowerState, FollowerThread, RETRY_AFTER, Since};
use crate::beginnings::Beginnings;

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
        let beginnings = self.beginnings();
        let ingest = self.parts.links.api.get_stream(&self.parts.names.ingest).await?;
        let ingest_held = ingest.cached_info().state.bytes;
        Ok((beginnings.newest().await?, ingest_held))
    }

    pub(super) fn beginnings(&self) -> Beginnings<'_> {
        let FollowerParts { names, key, .. } = &self.parts;
        Beginnings { names, key: *key, journal: &self.journal, snapshots: &self.snapshots }
    }
}
