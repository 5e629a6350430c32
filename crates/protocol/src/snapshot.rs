//! Snapshots: the state's rows in parts, and a manifest that is written last and names every part by its hash.
//!
//! The rows in canonical order, each as a length (four bytes, big endian) and MessagePack with field names, form one
//! byte stream; it is cut into parts of [`PART_BYTES_MAX`] without regard to rows, so a part is never too large for
//! a message, however large a row is. BLAKE3 of that stream is the state's digest: what two builds, a follower and a
//! replay compare. The manifest is a frame as in [`crate::record`], with the mark `WSLS`.
//!
//! Encoding streams from an iterator of rows and holds one part; decoding takes one part at a time and verifies each
//! against the manifest, then the whole against the digest. Nothing is believed because it was stored.

use model::{Row, Time};
use serde::{Deserialize, Serialize};

use crate::chain::{ChainHead, ChainReader};
use crate::mutants::{self, Mutant};
use crate::record::{DecodeError, Encoded, Hash, IngestIdentity, decode_body, decode_frame, encode_frame};

/// A part is one message; a quarter of the server's default limit leaves room for headers and slow links.
pub const PART_BYTES_MAX: usize = 256 * 1024;

/// 4 GiB of rows, some ten million contacts; and a manifest of this many parts is still one message.
pub const PARTS_MAX: usize = 16_384;

/// The largest row is a tenant with a configuration of every limit in `model::config`, about 2 MiB.
pub const ROW_BYTES_MAX: usize = 8 * 1024 * 1024;

const MANIFEST_BYTES_MAX: usize = 1000 * 1024;
const MANIFEST_MAGIC: [u8; 4] = *b"WSLS";
const LENGTH_BYTES: usize = 4;

/// Everything a reader must know to take the state up after record `commit_no`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub shard: String,
    /// The record after which the state was taken, and its place in the journal.
    pub epoch: u64,
    pub commit_no: u64,
    pub stream_sequence: u64,
    pub record_hash: Hash,
    /// Time of that record.
    pub now: Time,
    pub ingest: IngestIdentity,
    pub ingest_position: u64,
    /// As in [`crate::record::Commit`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ingest_stamp: Option<Time>,
    /// Known when the manifest was written; at least `commit_no`, since the outputs of earlier records cannot be
    /// told from the state.
    pub published_through: u64,
    /// An input that was being tried and not answered yet.
    pub trying: Option<Trial>,
    /// The record was a `Released`.
    pub released: bool,
    pub digest: Hash,
    pub rows: u64,
    /// In order.
    pub parts: Vec<PartEntry>,
}

/// How often an input was tried that no owner has answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredTrial", into = "StoredTrial")]
pub struct Trial {
    pub position: u64,
    pub times: u32,
}

/// A first trial is its position alone: the only form in which manifests had it before trials were counted.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum StoredTrial {
    First(u64),
    Repeated { position: u64, times: u32 },
}

impl From<StoredTrial> for Trial {
    fn from(stored: StoredTrial) -> Trial {
        match stored {
            StoredTrial::First(position) => Trial { position, times: 1 },
            StoredTrial::Repeated { position, times } => Trial { position, times },
        }
    }
}

impl From<Trial> for StoredTrial {
    fn from(Trial { position, times }: Trial) -> StoredTrial {
        if times == 1 { StoredTrial::First(position) } else { StoredTrial::Repeated { position, times } }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartEntry {
    pub bytes: u32,
    pub hash: Hash,
}

/// What the encoder learnt of the rows that went through it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    pub digest: Hash,
    pub rows: u64,
    pub parts: Vec<PartEntry>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    #[error("the manifest cannot be read: {0}")]
    Manifest(DecodeError),
    #[error("a snapshot has at most {PARTS_MAX} parts")]
    TooManyParts,
    #[error("part {index} follows the last one")]
    ExtraPart { index: usize },
    #[error("part {index} has {found} bytes, the manifest says {expected}")]
    PartBytes { index: usize, expected: u32, found: usize },
    #[error("part {index} hashes to {found}, the manifest says {expected}")]
    PartHash { index: usize, expected: Hash, found: Hash },
    #[error("row {row} cannot be read: {error}")]
    Row { row: u64, error: DecodeError },
    #[error("row {row} has {bytes} bytes, more than {ROW_BYTES_MAX}")]
    RowBytes { row: u64, bytes: usize },
    #[error("part {index} is missing")]
    MissingPart { index: usize },
    #[error("{0} bytes follow the last row")]
    Trailing(usize),
    #[error("the manifest says {expected} rows, there are {found}")]
    Rows { expected: u64, found: u64 },
    #[error("the rows hash to {found}, the manifest says {expected}")]
    Digest { expected: Hash, found: Hash },
    #[error("the snapshot cannot be encoded: {0}")]
    Encode(String),
}

/// The state's digest: equal for the owner, its follower, a replay and a snapshot with its suffix.
pub fn digest(engine: &engine::Engine) -> Hash {
    digest_rows(engine.rows())
}

/// [`digest`] of rows from anywhere. Equal states give equal rows, so they give equal digests.
pub fn digest_rows(rows: impl Iterator<Item = Row>) -> Hash {
    let mut hasher = blake3::Hasher::new();
    let mut bytes = Vec::new();
    for row in rows {
        bytes.clear();
        // A row is plain data of ours: what cannot be encoded cannot be built. Its length then stands for it.
        let _ = append_row(&mut bytes, &row);
        hasher.update(&bytes);
    }
    Hash(*hasher.finalize().as_bytes())
}

impl Manifest {
    pub fn encode(&self) -> Result<Encoded, SnapshotError> {
        if self.parts.len() > PARTS_MAX {
            return Err(SnapshotError::TooManyParts);
        }
        encode_frame(MANIFEST_MAGIC, self).map_err(SnapshotError::Encode)
    }

    pub fn decode(bytes: &[u8]) -> Result<Manifest, SnapshotError> {
        let (manifest, _) = decode_frame::<Manifest>(MANIFEST_MAGIC, MANIFEST_BYTES_MAX, bytes)
            .map_err(SnapshotError::Manifest)?;
        if manifest.parts.len() > PARTS_MAX {
            return Err(SnapshotError::TooManyParts);
        }
        Ok(manifest)
    }

    /// Reads the journal's records that follow the snapshot.
    pub fn chain_reader(&self) -> ChainReader {
        let head = ChainHead {
            epoch: self.epoch,
            commit_no: self.commit_no,
            hash: self.record_hash,
            sequence: self.stream_sequence,
        };
        ChainReader::from_trusted(head, self.now)
    }
}

/// Yields the parts of a snapshot; afterwards [`Encoder::finish`] tells what went through.
#[derive(Debug)]
pub struct Encoder<I> {
    rows: I,
    /// Bytes of rows that are not in a part yet; at most a part and a row.
    pending: Vec<u8>,
    hasher: blake3::Hasher,
    contents: Contents,
}

impl<I: Iterator<Item = Row>> Encoder<I> {
    pub fn new(rows: I) -> Encoder<I> {
        let contents = Contents { digest: Hash::ZERO, rows: 0, parts: Vec::new() };
        Encoder { rows, pending: Vec::new(), hasher: blake3::Hasher::new(), contents }
    }

    /// The next part; nothing when all rows are in parts.
    pub fn next_part(&mut self) -> Result<Option<Vec<u8>>, SnapshotError> {
        while self.pending.len() < PART_BYTES_MAX
            && let Some(row) = self.rows.next()
        {
            append_row(&mut self.pending, &row)?;
            self.contents.rows += 1;
        }
        if self.pending.is_empty() {
            return Ok(None);
        }
        if self.contents.parts.len() == PARTS_MAX {
            return Err(SnapshotError::TooManyParts);
        }
        let rest = self.pending.split_off(self.pending.len().min(PART_BYTES_MAX));
        let part = std::mem::replace(&mut self.pending, rest);
        self.hasher.update(&part);
        self.contents.parts.push(PartEntry { bytes: part.len() as u32, hash: Hash::of(&part) });
        Ok(Some(part))
    }

    /// Call it after [`Encoder::next_part`] gave nothing.
    pub fn finish(self) -> Contents {
        Contents { digest: Hash(*self.hasher.finalize().as_bytes()), ..self.contents }
    }
}

/// Takes the parts in order and gives their rows back, verified.
#[derive(Debug)]
pub struct Decoder {
    manifest: Manifest,
    next_part: usize,
    rows: u64,
    /// The beginning of a row whose end is in the next part.
    pending: Vec<u8>,
    hasher: blake3::Hasher,
}

impl Decoder {
    pub fn new(manifest: Manifest) -> Decoder {
        Decoder { manifest, next_part: 0, rows: 0, pending: Vec::new(), hasher: blake3::Hasher::new() }
    }

    /// Adds the rows that this part completes to `rows`.
    pub fn read_part(&mut self, bytes: &[u8], rows: &mut Vec<Row>) -> Result<(), SnapshotError> {
        let index = self.next_part;
        let Some(entry) = self.manifest.parts.get(index) else {
            return Err(SnapshotError::ExtraPart { index });
        };
        if bytes.len() != entry.bytes as usize {
            return Err(SnapshotError::PartBytes { index, expected: entry.bytes, found: bytes.len() });
        }
        let found = Hash::of(bytes);
        if found != entry.hash && !mutants::is(Mutant::SnapshotUnchecked) {
            return Err(SnapshotError::PartHash { index, expected: entry.hash, found });
        }
        self.hasher.update(bytes);
        self.next_part += 1;
        self.pending.extend_from_slice(bytes);
        let mut taken = 0;
        while let Some(row) = self.next_row(&mut taken)? {
            rows.push(row);
        }
        self.pending.drain(..taken);
        Ok(())
    }

    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Index of the part to read next; nothing when all were read.
    pub fn next_part(&self) -> Option<usize> {
        (self.next_part < self.manifest.parts.len()).then_some(self.next_part)
    }

    /// All parts were read, and they are what the manifest says.
    pub fn finish(self) -> Result<Manifest, SnapshotError> {
        if let Some(index) = self.next_part() {
            return Err(SnapshotError::MissingPart { index });
        }
        if !self.pending.is_empty() {
            return Err(SnapshotError::Trailing(self.pending.len()));
        }
        if self.rows != self.manifest.rows {
            return Err(SnapshotError::Rows { expected: self.manifest.rows, found: self.rows });
        }
        let found = Hash(*self.hasher.finalize().as_bytes());
        if found != self.manifest.digest && !mutants::is(Mutant::SnapshotUnchecked) {
            return Err(SnapshotError::Digest { expected: self.manifest.digest, found });
        }
        Ok(self.manifest)
    }

    /// The row at `taken` in the pending bytes, once it is whole.
    fn next_row(&mut self, taken: &mut usize) -> Result<Option<Row>, SnapshotError> {
        let pending = &self.pending[*taken..];
        let Some((length, rest)) = pending.split_first_chunk::<LENGTH_BYTES>() else {
            return Ok(None);
        };
        let length = u32::from_be_bytes(*length) as usize;
        if length > ROW_BYTES_MAX {
            return Err(SnapshotError::RowBytes { row: self.rows, bytes: length });
        }
        let Some(bytes) = rest.get(..length) else {
            return Ok(None);
        };
        let row = decode_body(bytes).map_err(|error| SnapshotError::Row { row: self.rows, error })?;
        *taken += LENGTH_BYTES + length;
        self.rows += 1;
        Ok(Some(row))
    }
}

fn append_row(bytes: &mut Vec<u8>, row: &Row) -> Result<(), SnapshotError> {
    let start = bytes.len();
    bytes.extend_from_slice(&[0; LENGTH_BYTES]);
    rmp_serde::encode::write_named(bytes, row).map_err(|error| SnapshotError::Encode(error.to_string()))?;
    let length = bytes.len() - start - LENGTH_BYTES;
    if length > ROW_BYTES_MAX {
        return Err(SnapshotError::Encode(format!("a row of {length} bytes, more than {ROW_BYTES_MAX}")));
    }
    bytes[start..start + LENGTH_BYTES].copy_from_slice(&(length as u32).to_be_bytes());
    Ok(())
}

#[cfg(test)]
#[path = "snapshot_tests.rs"]
mod tests;
