//! The same state from committed records only: in a thread of the owner's node, or on another node as a warm standby.
//!
//! It serves what the owner must not stall for: snapshots, queries, the digest that is compared with the owner's. It
//! costs the state twice.

use bytes::Bytes;
use model::Time;
use protocol::chain::{ChainError, ChainHead};
use protocol::record::{Hash, IngestIdentity};
use protocol::snapshot::{Contents, Decoder, Encoder, Manifest, SnapshotError, digest_rows};

use crate::action::Outputs;
use crate::decider::Decider;
use crate::replay::{Replay, Replayed};

#[derive(Debug)]
pub struct Follower<D> {
    shard: String,
    key: [u8; 16],
    replay: Replay<D>,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Followed<'a> {
    /// Applied; these are its outputs, if it has any.
    Applied(Option<&'a Outputs>),
    /// Not part of the chain: skipped.
    Void,
}

/// A snapshot whose parts are written and whose manifest is not: the outputs of its last records may not be sent yet,
/// and they cannot be told from the state.
#[derive(Debug, Clone)]
pub struct SnapshotDraft {
    manifest: Manifest,
    /// The last record up to the snapshot that has outputs.
    outputs_through: u64,
}

impl<D: Decider> Follower<D> {
    /// `replay` from the beginning or from a snapshot.
    pub fn new(shard: &str, key: [u8; 16], replay: Replay<D>) -> Follower<D> {
        Follower { shard: shard.to_owned(), key, replay }
    }

    /// The next message of the journal. After an error every call returns it: the follower is done for.
    pub fn apply(&mut self, sequence: u64, bytes: &Bytes) -> Result<Followed<'_>, ChainError> {
        Ok(match self.replay.read(sequence, bytes)? {
            Replayed::Applied { hash: _ } => Followed::Applied(self.replay.outputs()),
            Replayed::Void => Followed::Void,
        })
    }

    /// As it stands in outputs.
    pub fn shard(&self) -> &str {
        &self.shard
    }

    pub fn engine(&self) -> &D {
        &self.replay.engine
    }

    /// Where it stands in the chain.
    pub fn head(&self) -> ChainHead {
        self.replay.reader.head()
    }
    /// Last sequence read; the next message must follow it.
    pub fn sequence(&self) -> u64 {
        self.replay.reader.sequence()
    }
    /// Time of the last record.
    pub fn now(&self) -> Time {
        self.replay.now()
    }
    pub fn ingest_position(&self) -> u64 {
        self.replay.ingest_position
    }
    pub fn published_through(&self) -> u64 {
        self.replay.published_through
    }
    /// Node that opened the present epoch, when the opening was read.
    pub fn owner(&self) -> &str {
        &self.replay.node
    }

    pub fn digest(&self) -> Hash {
        digest_rows(self.replay.engine.rows())
    }

    /// Gives the parts to `write` in order, and then what the manifest will say. Nothing before the first record.
    pub fn snapshot<E: From<SnapshotError>>(
        &self,
        mut write: impl FnMut(usize, Vec<u8>) -> Result<(), E>,
    ) -> Result<Option<SnapshotDraft>, E> {
        let Some(ingest) = self.replay.ingest.clone() else { return Ok(None) };
        let mut encoder = Encoder::new(self.replay.engine.rows());
        let mut index = 0;
        while let Some(part) = encoder.next_part()? {
            write(index, part)?;
            index += 1;
        }
        let manifest = self.manifest(encoder.finish(), ingest);
        let outputs_through = self.replay.unpublished.back().map_or(0, |outputs| outputs.commit_no);
        Ok(Some(SnapshotDraft { manifest, outputs_through }))
    }

    /// The manifest, once every output up to the snapshot is known to be sent; write it last.
    pub fn announce(&self, draft: &SnapshotDraft) -> Option<Manifest> {
        // Records without outputs behind the last one with some are published by themselves.
        let published_through = self.replay.published_through.max(draft.manifest.commit_no);
        (self.replay.published_through >= draft.outputs_through)
            .then(|| Manifest { published_through, ..draft.manifest.clone() })
    }

    /// Loads the parts as they were stored into a fresh engine, and compares what that engine holds with what this
    /// one held. Before [`Follower::announce`]: a snapshot that does not load is none.
    pub fn verify(
        &self,
        draft: &SnapshotDraft,
        parts: impl Iterator<Item = Bytes>,
    ) -> Result<(), SnapshotError> {
        let mut decoder = Decoder::new(draft.manifest.clone());
        let mut rows = Vec::new();
        for part in parts {
            decoder.read_part(&part, &mut rows)?;
        }
        let manifest = decoder.finish()?;
        let found = digest_rows(D::from_rows(self.key, rows.into_iter()).rows());
        if found == manifest.digest {
            Ok(())
        } else {
            Err(SnapshotError::Digest { expected: manifest.digest, found })
        }
    }

    /// For a take-over by this node: see [`crate::Shard::start_from`].
    pub fn into_replay(self) -> Replay<D> {
        self.replay
    }

    fn manifest(&self, contents: Contents, ingest: IngestIdentity) -> Manifest {
        let head = self.replay.reader.head();
        Manifest {
            shard: self.shard.clone(),
            epoch: head.epoch,
            commit_no: head.commit_no,
            stream_sequence: head.sequence,
            record_hash: head.hash,
            now: self.replay.now(),
            ingest,
            ingest_position: self.replay.ingest_position,
            published_through: self.replay.published_through,
            trying: self.replay.trying,
            released: self.replay.released,
            digest: contents.digest,
            rows: contents.rows,
            parts: contents.parts,
        }
    }
}

impl SnapshotDraft {
    /// The record after which it was taken.
    pub fn commit_no(&self) -> u64 {
        self.manifest.commit_no
    }
}
