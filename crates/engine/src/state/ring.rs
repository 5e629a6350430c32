//! What is kept in the order in which it came and forgotten from the oldest, in chunks, so that neither end ever moves the rest.

use std::collections::VecDeque;

/// Entries are named by their sequence, which counts from 0 and never falls.
#[derive(Debug)]
pub struct Ring<T> {
    chunks: VecDeque<Vec<T>>,
    /// The chunk that was forgotten last, for the next one.
    spare: Option<Vec<T>>,
    /// Sequence of the first entry of the first chunk.
    base: u64,
    /// Entries of the first chunk that are forgotten already.
    forgotten: usize,
}

const CHUNK: usize = 1024;

impl<T> Default for Ring<T> {
    fn default() -> Self {
        Ring { chunks: VecDeque::new(), spare: None, base: 0, forgotten: 0 }
    }
}

impl<T> Ring<T> {
    /// Returns its sequence.
    pub fn push(&mut self, entry: T) -> u64 {
        if self.chunks.back().is_none_or(|chunk| chunk.len() == CHUNK) {
            self.chunks.push_back(self.spare.take().unwrap_or_else(|| Vec::with_capacity(CHUNK)));
        }
        let before = (self.chunks.len() - 1) * CHUNK;
        let chunk = self.chunks.back_mut().expect("a chunk was just ensured");
        chunk.push(entry);
        self.base + (before + chunk.len() - 1) as u64
    }

    /// Sequence of the oldest entry that is kept.
    pub fn first(&self) -> u64 {
        self.base + self.forgotten as u64
    }

    pub fn oldest(&self) -> Option<&T> {
        self.chunks.front()?.get(self.forgotten)
    }

    /// There must be one.
    pub fn forget_oldest(&mut self) {
        assert!(self.oldest().is_some(), "only what is kept can be forgotten");
        self.forgotten += 1;
        if self.forgotten == CHUNK {
            self.spare = self.chunks.pop_front();
            self.spare.iter_mut().for_each(Vec::clear);
            self.forgotten = 0;
            self.base += CHUNK as u64;
        }
    }

    pub fn len(&self) -> usize {
        let before = self.chunks.len().saturating_sub(1) * CHUNK;
        before + self.chunks.back().map_or(0, Vec::len) - self.forgotten
    }

    /// Nothing for what was forgotten.
    #[inline]
    pub fn get(&self, sequence: u64) -> Option<&T> {
        let offset = sequence.checked_sub(self.base)? as usize;
        (sequence >= self.first()).then(|| &self.chunks[offset / CHUNK][offset % CHUNK])
    }

    /// Oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flatten().skip(self.forgotten)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_forgotten_in_the_order_in_which_they_came() {
        let mut ring = Ring::default();
        for n in 0..3_000u64 {
            assert_eq!(ring.push(n), n);
        }
        for n in 0..2_000 {
            assert_eq!((ring.first(), ring.oldest()), (n, Some(&n)));
            ring.forget_oldest();
        }
        assert_eq!((ring.len(), ring.get(1_999), ring.get(2_500)), (1_000, None, Some(&2_500)));
        assert_eq!(ring.iter().copied().collect::<Vec<_>>(), (2_000..3_000).collect::<Vec<_>>());
        for _ in 0..1_000 {
            ring.forget_oldest();
        }
        assert_eq!((ring.len(), ring.oldest()), (0, None));
        assert_eq!(ring.push(7), 3_000);
    }
}
