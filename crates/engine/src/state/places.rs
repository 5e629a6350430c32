//! Which places are taken, and the lowest that is free.
//!
//! The lowest free place depends on what is taken alone, not on the order in which places came free; so two
//! engines with equal state give equal places, and a snapshot need not carry a free list.

use model::ContactNo;

/// A tree of bit sets, 64 wide: a bit of an upper level is set when the word below it is full.
#[derive(Debug, Default)]
pub struct Places {
    levels: [Vec<u64>; LEVELS],
}

/// 64^4 places are as many as a contact number can name.
const LEVELS: usize = 4;
const _: () = assert!(64usize.pow(LEVELS as u32) == ContactNo::PLACES);

impl Places {
    /// The lowest free place; nothing when all are taken.
    pub fn lowest_free(&self) -> Option<u32> {
        let mut at = 0;
        for level in (0..LEVELS).rev() {
            let word = self.levels[level].get(at).copied().unwrap_or(0);
            if word == u64::MAX {
                return None;
            }
            at = at * 64 + word.trailing_ones() as usize;
        }
        Some(at as u32)
    }

    pub fn take(&mut self, place: u32) {
        let mut at = place as usize;
        for level in &mut self.levels {
            let (word, bit) = (at / 64, at % 64);
            if level.len() <= word {
                level.resize(word + 1, 0);
            }
            level[word] |= 1 << bit;
            if level[word] != u64::MAX {
                return;
            }
            at = word;
        }
    }

    pub fn release(&mut self, place: u32) {
        let mut at = place as usize;
        for level in &mut self.levels {
            let (word, bit) = (at / 64, at % 64);
            let was_full = level[word] == u64::MAX;
            level[word] &= !(1 << bit);
            if !was_full {
                return;
            }
            at = word;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_free_place_is_found_whatever_the_history() {
        let mut places = Places::default();
        for expected in 0..10_000 {
            assert_eq!(places.lowest_free(), Some(expected));
            places.take(expected);
        }
        for place in [9_999, 63, 4_096, 64] {
            places.release(place);
        }
        for expected in [63, 64, 4_096, 9_999, 10_000] {
            assert_eq!(places.lowest_free(), Some(expected));
            places.take(expected);
        }
    }

    #[test]
    fn it_is_full_when_every_place_is_taken() {
        let mut places = Places::default();
        for place in 0..ContactNo::PLACES as u32 {
            places.take(place);
        }
        assert_eq!(places.lowest_free(), None);
        places.release(77);
        assert_eq!(places.lowest_free(), Some(77));
    }
}
