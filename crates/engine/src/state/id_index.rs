//! From the hash of a contact's id to where it is: an open place or a closed id.
//!
//! One big hash table pauses when it grows: 28 ms at a million entries. This is extendible hashing: a directory
//! of small tables, of which one at a time splits in two. An entry holds the bits of the hash that a split
//! needs, so that growth never touches the contacts themselves.

use hashbrown::HashTable;

/// The keyed hash of a contact's id; at 128 bits it stands for the id itself.
pub type IdHash = u128;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// A place in the slab of open contacts.
    Open(u32),
    /// A sequence number in the ring of closed ids.
    Closed(u32),
}

#[derive(Debug)]
pub struct IdIndex {
    /// The table for each value of the hash's lowest `depth` bits.
    directory: Vec<u32>,
    depth: u32,
    tables: Vec<Table>,
}

#[derive(Debug)]
struct Table {
    entries: HashTable<Entry>,
    /// How many low bits its entries have in common.
    depth: u32,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    /// Bits 0..32 of the hash: directory bits below, table bits by multiplication.
    bits: u32,
    /// A place, or a closed sequence number with the top bit set.
    found: u32,
}

const CLOSED: u32 = 1 << 31;
/// Entries of one table: as many as fit in 4,096 buckets without growing, so a split moves some 3,500 entries.
const TABLE_ENTRIES_MAX: usize = 3_584;

impl Default for IdIndex {
    fn default() -> Self {
        IdIndex { directory: vec![0], depth: 0, tables: vec![Table { entries: HashTable::new(), depth: 0 }] }
    }
}

impl IdIndex {
    /// Where the id is; `is_it` says whether a candidate's full hash is the one looked for.
    #[inline]
    pub fn find(&self, hash: IdHash, is_it: impl Fn(Found) -> bool) -> Option<Found> {
        let bits = hash as u32;
        let table = &self.tables[self.directory[self.slot(bits)] as usize];
        table
            .entries
            .find(spread(bits), |entry| entry.bits == bits && is_it(unpack(entry.found)))
            .map(|entry| unpack(entry.found))
    }

    pub fn insert(&mut self, hash: IdHash, found: Found) {
        let bits = hash as u32;
        let mut at = self.directory[self.slot(bits)] as usize;
        while self.tables[at].entries.len() >= TABLE_ENTRIES_MAX && self.tables[at].depth < u32::BITS {
            self.split(at);
            at = self.directory[self.slot(bits)] as usize;
        }
        let entry = Entry { bits, found: pack(found) };
        self.tables[at].entries.insert_unique(spread(bits), entry, |entry| spread(entry.bits));
    }

    /// The id that was at `from` is now at `to`.
    pub fn replace(&mut self, hash: IdHash, from: Found, to: Found) {
        let bits = hash as u32;
        let at = self.directory[self.slot(bits)] as usize;
        let entry = self.tables[at]
            .entries
            .find_mut(spread(bits), |entry| entry.bits == bits && entry.found == pack(from))
            .expect("an id that is replaced was inserted");
        entry.found = pack(to);
    }

    pub fn remove(&mut self, hash: IdHash, found: Found) {
        let bits = hash as u32;
        let at = self.directory[self.slot(bits)] as usize;
        self.tables[at]
            .entries
            .find_entry(spread(bits), |entry| entry.bits == bits && entry.found == pack(found))
            .expect("an id that is removed was inserted")
            .remove();
    }

    #[inline]
    fn slot(&self, bits: u32) -> usize {
        (u64::from(bits) & ((1u64 << self.depth) - 1)) as usize
    }

    /// Splits one table by its next bit; the directory doubles first when the table uses all its bits.
    fn split(&mut self, at: usize) {
        let depth = self.tables[at].depth;
        if depth == self.depth {
            self.directory.extend_from_within(..);
            self.depth += 1;
        }
        let sibling = self.tables.len() as u32;
        let mut moved = HashTable::with_capacity(TABLE_ENTRIES_MAX);
        let stayed = HashTable::with_capacity(TABLE_ENTRIES_MAX);
        let mut old = std::mem::replace(&mut self.tables[at].entries, stayed);
        for entry in old.drain() {
            let side = if entry.bits >> depth & 1 == 1 { &mut moved } else { &mut self.tables[at].entries };
            side.insert_unique(spread(entry.bits), entry, |entry| spread(entry.bits));
        }
        self.tables[at].depth = depth + 1;
        self.tables.push(Table { entries: moved, depth: depth + 1 });
        for (slot, table) in self.directory.iter_mut().enumerate() {
            if *table as usize == at && slot >> depth & 1 == 1 {
                *table = sibling;
            }
        }
    }
}

/// Tables choose buckets by low bits and tags by the topmost ones; the low bits of the hash are the directory's.
#[inline]
fn spread(bits: u32) -> u64 {
    u64::from(bits).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(32)
}

fn pack(found: Found) -> u32 {
    match found {
        Found::Open(place) => place,
        Found::Closed(sequence) => sequence | CLOSED,
    }
}

#[inline]
fn unpack(found: u32) -> Found {
    if found & CLOSED == 0 { Found::Open(found) } else { Found::Closed(found & !CLOSED) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(n: u32) -> IdHash {
        u128::from(n).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835)
    }

    #[test]
    fn what_was_inserted_is_found_across_splits_until_it_is_removed() {
        let mut index = IdIndex::default();
        for n in 0..50_000 {
            index.insert(hash(n), Found::Open(n));
        }
        assert!(index.tables.len() > 8, "the test reaches splits");
        for n in (0..50_000).step_by(2) {
            index.replace(hash(n), Found::Open(n), Found::Closed(n));
        }
        for n in (0..50_000).step_by(5) {
            index.remove(hash(n), if n % 2 == 0 { Found::Closed(n) } else { Found::Open(n) });
        }
        for n in 0..50_000 {
            let expected = match n {
                _ if n % 5 == 0 => None,
                _ if n % 2 == 0 => Some(Found::Closed(n)),
                _ => Some(Found::Open(n)),
            };
            assert_eq!(
                index.find(hash(n), |found| matches!(found, Found::Open(m) | Found::Closed(m) if m == n)),
                expected
            );
        }
    }
}
