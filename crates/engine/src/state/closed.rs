//! The ids of contacts that ended: kept for the idempotence horizon, then forgotten, oldest first.

use model::row::ClosedRow;
use model::{Millis, Time};

use super::id_index::IdHash;
use super::ring::Ring;

/// How long an id is remembered after its contact ended, and how old an input may be.
pub const HORIZON: Millis = Millis(24 * 3_600_000);
/// Ids forgotten at each close; two for one keeps up with any past peak without ever pausing.
pub const FORGOTTEN_PER_CLOSE: usize = 2;

/// An index entry has room for 30 bits of a sequence: a billion, more than close within the horizon.
#[derive(Debug, Default)]
pub struct ClosedIds(Ring<Closed>);

#[derive(Debug, Clone, Copy)]
struct Closed {
    id_hash: [u64; 2],
    digest: u64,
    closed_at: Time,
}

/// One bit less than an index entry has, so that no sequence number looks like an empty slot.
const SEQUENCE_MASK: u64 = (1 << 30) - 1;

impl ClosedIds {
    /// Remembers an id; returns its sequence number.
    pub fn push(&mut self, id_hash: IdHash, digest: u64, closed_at: Time) -> u32 {
        let sequence = self.0.push(Closed { id_hash: split(id_hash), digest, closed_at });
        (sequence & SEQUENCE_MASK) as u32
    }

    /// The oldest id if it was closed before `limit`: it is forgotten and returned with its sequence number.
    pub fn pop_before(&mut self, limit: Time) -> Option<(IdHash, u32)> {
        let oldest = *self.0.oldest().filter(|oldest| oldest.closed_at < limit)?;
        let sequence = (self.0.first() & SEQUENCE_MASK) as u32;
        self.0.forget_oldest();
        Some((join(oldest.id_hash), sequence))
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
        self.0.iter().map(|closed| ClosedRow {
            id_hash: join(closed.id_hash),
            digest: closed.digest,
            closed_at: closed.closed_at,
        })
    }

    fn at(&self, sequence: u32) -> &Closed {
        let first = self.0.first();
        let offset = u64::from(sequence).wrapping_sub(first) & SEQUENCE_MASK;
        self.0.get(first + offset).expect("the index names what is kept")
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
