//! The ids of contacts that ended: kept for the idempotence horizon, then forgotten, oldest first.

use std::collections::VecDeque;

use model::row::ClosedRow;
use model::{Millis, Time};

use super::id_index::IdHash;

/// How long an id is remembered after its contact ended, and how old an input may be.
pub const HORIZON: Millis = Millis(24 * 3_600_000);
/// Ids forgotten at each close; two for one keeps up with any past peak without ever pausing.
pub const FORGOTTEN_PER_CLOSE: usize = 2;

/// A ring in chunks, so that neither end ever moves the rest. Sequence numbers wrap at 30 bits, a billion, more than
/// close within the horizon.
#[derive(Debug, Default)]
pub struct ClosedIds {
    chunks: VecDeque<Vec<Closed>>,
    /// The chunk that was forgotten last, for the next one.
    spare: Option<Vec<Closed>>,
    /// Sequence number of the first entry of the first chunk.
    base: u32,
    /// Entries of the first chunk that are forgotten already.
    forgotten: usize,
}

#[derive(Debug, Clone, Copy)]
struct Closed {
    id_hash: [u64; 2],
    digest: u64,
    closed_at: Time,
}

const CHUNK: usize = 1024;
/// One bit less than an index entry has, so that no sequence number looks like an empty slot.
const SEQUENCE_MASK: u32 = (1 << 30) - 1;

impl ClosedIds {
    /// Remembers an id; returns its sequence number.
    pub fn push(&mut self, id_hash: IdHash, digest: u64, closed_at: Time) -> u32 {
        if self.chunks.back().is_none_or(|chunk| chunk.len() == CHUNK) {
            self.chunks.push_back(self.spare.take().unwrap_or_else(|| Vec::with_capacity(CHUNK)));
        }
        let before = (self.chunks.len() - 1) * CHUNK;
        let chunk = self.chunks.back_mut().expect("a chunk was just ensured");
        chunk.push(Closed { id_hash: split(id_hash), digest, closed_at });
        self.base.wrapping_add((before + chunk.len() - 1) as u32) & SEQUENCE_MASK
    }

    /// The oldest id if it was closed before `limit`: it is forgotten and returned with its sequence number.
    pub fn pop_before(&mut self, limit: Time) -> Option<(IdHash, u32)> {
        let oldest = self.chunks.front()?.get(self.forgotten)?;
        if oldest.closed_at >= limit {
            return None;
        }
        let result = (join(oldest.id_hash), self.base.wrapping_add(self.forgotten as u32) & SEQUENCE_MASK);
        self.forgotten += 1;
        if self.forgotten == CHUNK {
            self.spare = self.chunks.pop_front();
            self.spare.iter_mut().for_each(Vec::clear);
            self.forgotten = 0;
            self.base = self.base.wrapping_add(CHUNK as u32) & SEQUENCE_MASK;
        }
        Some(result)
    }

    pub fn id_hash(&self, sequence: u32) -> IdHash {
        join(self.at(sequence).id_hash)
    }

    pub fn digest(&self, sequence: u32) -> u64 {
        self.at(sequence).digest
    }

    pub fn closed_at(&self, sequence: u32) -> Time {
        self.at(sequence).closed_at
    }

    /// Oldest first.
    pub fn rows(&self) -> impl Iterator<Item = ClosedRow> + '_ {
        self.chunks.iter().flatten().skip(self.forgotten).map(|closed| ClosedRow {
            id_hash: join(closed.id_hash),
            digest: closed.digest,
            closed_at: closed.closed_at,
        })
    }

    fn at(&self, sequence: u32) -> &Closed {
        let offset = (sequence.wrapping_sub(self.base) & SEQUENCE_MASK) as usize;
        &self.chunks[offset / CHUNK][offset % CHUNK]
    }
}

/// Two words take 16 bytes at an alignment of 8, where `u128` would align to 16.
pub fn split(hash: IdHash) -> [u64; 2] {
    [hash as u64, (hash >> 64) as u64]
}

pub fn join(words: [u64; 2]) -> IdHash {
    u128::from(words[1]) << 64 | u128::from(words[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_forgotten_in_the_order_in_which_they_closed() {
        let mut ids = ClosedIds::default();
        for n in 0..3_000u32 {
            assert_eq!(ids.push(u128::from(n) << 70, u64::from(n), Time(u64::from(n))), n);
        }
        for n in 0..2_000u32 {
            assert_eq!(ids.pop_before(Time(2_000)), Some((u128::from(n) << 70, n)));
        }
        assert_eq!(ids.pop_before(Time(2_000)), None);
        assert_eq!(ids.digest(2_500), 2_500);
        assert_eq!(ids.rows().map(|row| row.digest).collect::<Vec<_>>(), (2_000..3_000).collect::<Vec<_>>());
    }
}
