//! From the hash of an id to a number, in one cache miss, and without ever pausing to grow.
//!
//! One big hash table pauses when it grows: 28 ms at a million entries. This is extendible hashing: a directory of small tables,
//! of which one at a time splits in two. A table is probed in a line of packed entries, hash bits beside the number, so that a
//! look-up touches one line where a table with control bytes touches two, and a split never touches what the numbers stand for.

use crate::prefetch::prefetch;

/// Numbers by 64-bit hash. Several may share a hash; whoever looks says which is meant.
#[derive(Debug)]
pub struct HashIndex {
    /// The table for each value of the hash's lowest `depth` bits.
    directory: Vec<u32>,
    depth: u32,
    tables: Vec<Table>,
}

#[derive(Debug)]
struct Table {
    slots: Box<[Entry]>,
    len: usize,
    /// How many low bits its entries have in common.
    depth: u32,
}

/// The low half of the hash above, the number below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry(u64);

const EMPTY: Entry = Entry(u64::MAX);
/// A table of 32 KiB splits within some ten microseconds; a new one is as small as a line. Tables of any multiple of the least
/// size in between, so that none is left half empty.
const SLOTS_MAX: usize = 4_096;
const SLOTS_MIN: usize = 8;

impl Entry {
    fn new(hash: u64, number: u32) -> Entry {
        debug_assert!(number != u32::MAX, "the highest number marks an empty slot");
        Entry((hash & 0xFFFF_FFFF) << 32 | u64::from(number))
    }
    #[inline]
    fn bits(self) -> u32 {
        (self.0 >> 32) as u32
    }
    #[inline]
    fn number(self) -> u32 {
        self.0 as u32
    }
}

impl Default for HashIndex {
    fn default() -> Self {
        HashIndex { directory: vec![0], depth: 0, tables: vec![Table::new(SLOTS_MIN, 0)] }
    }
}

impl HashIndex {
    /// The number under this hash for which `is_it` holds.
    #[inline]
    pub fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let table = &self.tables[self.table_of(hash)];
        let bits = hash as u32;
        let mut at = table.home(bits);
        loop {
            let entry = table.slots[at];
            if entry == EMPTY {
                return None;
            }
            if entry.bits() == bits && is_it(entry.number()) {
                return Some(entry.number());
            }
            at = table.after(at);
        }
    }

    /// A look-up of this hash is about to come.
    #[inline]
    pub fn expect(&self, hash: u64) {
        let table = &self.tables[self.table_of(hash)];
        prefetch(&table.slots[table.home(hash as u32)]);
    }

    pub fn insert(&mut self, hash: u64, number: u32) {
        let mut at = self.table_of(hash);
        while self.tables[at].is_full() {
            if self.tables[at].slots.len() < SLOTS_MAX {
                self.tables[at].grow();
            } else if self.tables[at].depth < u32::BITS {
                self.split(at);
                at = self.table_of(hash);
            } else {
                // As many ids share 32 bits as fit in a table: only a broken hash does that.
                self.tables[at].grow();
            }
        }
        self.tables[at].insert(Entry::new(hash, number));
    }

    /// What was known as `from` is `to` from here on.
    pub fn replace(&mut self, hash: u64, from: u32, to: u32) {
        let at = self.table_of(hash);
        let table = &mut self.tables[at];
        let slot = table.slot_of(Entry::new(hash, from));
        table.slots[slot] = Entry::new(hash, to);
    }

    pub fn remove(&mut self, hash: u64, number: u32) {
        let at = self.table_of(hash);
        self.tables[at].remove(Entry::new(hash, number));
    }

    #[inline]
    fn table_of(&self, hash: u64) -> usize {
        self.directory[(hash & ((1u64 << self.depth) - 1)) as usize] as usize
    }

    /// Splits one table by its next bit; the directory doubles first when the table uses all its bits.
    fn split(&mut self, at: usize) {
        let depth = self.tables[at].depth;
        if depth == self.depth {
            self.directory.extend_from_within(..);
            self.depth += 1;
        }
        let sibling = self.tables.len() as u32;
        let entries = self.tables[at].slots.iter().filter(|&&entry| entry != EMPTY);
        let moving = entries.filter(|entry| entry.bits() >> depth & 1 == 1).count();
        let mut moved = Table::for_entries(moving, depth + 1);
        let staying = Table::for_entries(self.tables[at].len - moving, depth + 1);
        let old = std::mem::replace(&mut self.tables[at], staying);
        for &entry in old.slots.iter().filter(|&&entry| entry != EMPTY) {
            let side = if entry.bits() >> depth & 1 == 1 { &mut moved } else { &mut self.tables[at] };
            side.insert(entry);
        }
        self.tables.push(moved);
        for (slot, table) in self.directory.iter_mut().enumerate() {
            if *table as usize == at && slot >> depth & 1 == 1 {
                *table = sibling;
            }
        }
    }
}

impl Table {
    fn new(slots: usize, depth: u32) -> Table {
        Table { slots: vec![EMPTY; slots].into_boxed_slice(), len: 0, depth }
    }

    /// Three quarters full, so that it need not grow at once.
    fn for_entries(entries: usize, depth: u32) -> Table {
        Table::new((entries + entries / 3).next_multiple_of(SLOTS_MIN).max(SLOTS_MIN), depth)
    }

    /// Probing stays within a line or two up to seven eighths.
    fn is_full(&self) -> bool {
        self.len >= self.slots.len() / 8 * 7
    }

    /// Where an entry belongs; the low bits of the hash are the directory's, so they are spread first.
    #[inline]
    fn home(&self, bits: u32) -> usize {
        ((u64::from(bits.wrapping_mul(0x9E37_79B1)) * self.slots.len() as u64) >> 32) as usize
    }

    #[inline]
    fn after(&self, at: usize) -> usize {
        if at + 1 == self.slots.len() { 0 } else { at + 1 }
    }

    fn insert(&mut self, entry: Entry) {
        let mut at = self.home(entry.bits());
        while self.slots[at] != EMPTY {
            at = self.after(at);
        }
        self.slots[at] = entry;
        self.len += 1;
    }

    fn slot_of(&self, entry: Entry) -> usize {
        let mut at = self.home(entry.bits());
        while self.slots[at] != entry {
            assert!(self.slots[at] != EMPTY, "an id that is changed or removed was inserted");
            at = self.after(at);
        }
        at
    }

    /// Closes the gap with whatever would not be found behind it.
    fn remove(&mut self, entry: Entry) {
        let mut gap = self.slot_of(entry);
        let mut at = self.after(gap);
        while self.slots[at] != EMPTY {
            let home = self.home(self.slots[at].bits());
            if self.steps(home, at) >= self.steps(gap, at) {
                self.slots[gap] = self.slots[at];
                gap = at;
            }
            at = self.after(at);
        }
        self.slots[gap] = EMPTY;
        self.len -= 1;
    }

    fn steps(&self, from: usize, to: usize) -> usize {
        if to >= from { to - from } else { to + self.slots.len() - from }
    }

    fn grow(&mut self) {
        let slots = self.slots.len();
        let more = (slots + slots / 4).next_multiple_of(SLOTS_MIN).max(slots + SLOTS_MIN);
        let slots = if slots < SLOTS_MAX { more.min(SLOTS_MAX) } else { more };
        let old = std::mem::replace(self, Table::new(slots, self.depth));
        old.slots.iter().filter(|&&entry| entry != EMPTY).for_each(|&entry| self.insert(entry));
    }
}

/// The keyed hash of a contact's id; at 128 bits it stands for the id itself.
pub type IdHash = u128;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// A place in the slab of open contacts.
    Open(u32),
    /// A sequence number in the ring of closed ids.
    Closed(u32),
}

/// Where each contact id is that is open or was closed lately.
#[derive(Debug, Default)]
pub struct IdIndex(HashIndex);

const CLOSED: u32 = 1 << 31;

impl IdIndex {
    /// Where the id is; `is_it` says whether a candidate's full hash is the one looked for.
    #[inline]
    pub fn find(&self, hash: IdHash, is_it: impl Fn(Found) -> bool) -> Option<Found> {
        self.0.find(hash as u64, |number| is_it(unpack(number))).map(unpack)
    }

    #[inline]
    pub fn expect(&self, hash: IdHash) {
        self.0.expect(hash as u64);
    }

    pub fn insert(&mut self, hash: IdHash, found: Found) {
        self.0.insert(hash as u64, pack(found));
    }

    /// The id that was at `from` is now at `to`.
    pub fn replace(&mut self, hash: IdHash, from: Found, to: Found) {
        self.0.replace(hash as u64, pack(from), pack(to));
    }

    pub fn remove(&mut self, hash: IdHash, found: Found) {
        self.0.remove(hash as u64, pack(found));
    }
}

fn pack(found: Found) -> u32 {
    match found {
        Found::Open(place) => place,
        Found::Closed(sequence) => sequence | CLOSED,
    }
}

#[inline]
fn unpack(number: u32) -> Found {
    if number & CLOSED == 0 { Found::Open(number) } else { Found::Closed(number & !CLOSED) }
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
        assert!(index.0.tables.len() > 8, "the test reaches splits");
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
            let found =
                index.find(hash(n), |found| matches!(found, Found::Open(m) | Found::Closed(m) if m == n));
            assert_eq!(found, expected);
        }
    }
}
