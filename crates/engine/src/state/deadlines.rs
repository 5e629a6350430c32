//! Contacts that wait, by deadline: an ordered set of two levels, for a hundred thousand that come and go in any order.
//!
//! Pages of up to 128 entries in order, and the first entry of each beside them, so that a page is found in what stays in the cache
//! and one page is touched. A B-tree of small nodes took half as many instructions again to insert, and as many misses.

use model::{ContactNo, Time};

use super::line::Entry;

/// A page is 2 KiB.
const PAGE: usize = 128;
/// Neighbours that have fewer together become one.
const FEW: usize = PAGE / 2;

#[derive(Debug, Default)]
pub struct Deadlines {
    /// None is empty.
    pages: Vec<Vec<Entry>>,
    /// Of each page.
    firsts: Vec<Entry>,
}

impl Deadlines {
    /// Nothing is changed by one that is there already.
    pub fn insert(&mut self, entry: Entry) {
        let Some(at) = self.page_of(entry) else { return self.add_page(0, vec![entry]) };
        let page = &mut self.pages[at];
        let Err(slot) = page.binary_search(&entry) else { return };
        page.insert(slot, entry);
        if slot == 0 {
            self.firsts[at] = entry;
        }
        if page.len() == PAGE {
            let upper = page.split_off(PAGE / 2);
            self.add_page(at + 1, upper);
        }
    }

    /// Nothing is changed by one that is not there.
    pub fn remove(&mut self, entry: Entry) {
        let Some(at) = self.page_of(entry) else { return };
        let page = &mut self.pages[at];
        let Ok(slot) = page.binary_search(&entry) else { return };
        page.remove(slot);
        match page.first() {
            Some(first) => self.firsts[at] = *first,
            None => self.drop_page(at),
        }
        let is_neighbour_of_few =
            |at: usize| self.pages.get(at..at + 2).is_some_and(|pages| pages[0].len() + pages[1].len() < FEW);
        if is_neighbour_of_few(at) {
            let next = std::mem::take(&mut self.pages[at + 1]);
            self.pages[at].extend(next);
            self.drop_page(at + 1);
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.pages.iter().flatten()
    }

    /// Those that are due by then, counted up to `most`.
    pub fn due_by(&self, limit: Time, most: usize) -> usize {
        let beyond = (limit, ContactNo(u64::MAX));
        let Some(last) = self.page_of(beyond) else { return 0 };
        let mut count = 0;
        for page in &self.pages[..last] {
            count += page.len();
            if count >= most {
                return most;
            }
        }
        (count + self.pages[last].partition_point(|entry| *entry <= beyond)).min(most)
    }

    /// Where the entry is, if it is; nothing while there are no pages.
    fn page_of(&self, entry: Entry) -> Option<usize> {
        let behind = self.firsts.partition_point(|first| *first <= entry);
        (!self.firsts.is_empty()).then(|| behind.saturating_sub(1))
    }

    fn add_page(&mut self, at: usize, mut page: Vec<Entry>) {
        page.reserve_exact(PAGE - page.len());
        self.firsts.insert(at, page[0]);
        self.pages.insert(at, page);
    }

    fn drop_page(&mut self, at: usize) {
        self.firsts.remove(at);
        self.pages.remove(at);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The same done to an ordered set gives the same answers.
    #[test]
    fn deadlines_are_an_ordered_set() {
        for (seed, spread) in [(1_u64, 50), (2, 5_000), (3, 1_000_000)] {
            let (mut deadlines, mut known) = (Deadlines::default(), BTreeSet::new());
            let mut state = seed;
            let mut draw = |below: u64| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 33) % below
            };
            for step in 0..40_000_u64 {
                let fills = step % 10_000 < 6_000;
                if known.is_empty() || draw(10) < if fills { 7 } else { 2 } {
                    let entry = (Time(draw(spread)), ContactNo(draw(20_000)));
                    known.insert(entry);
                    deadlines.insert(entry);
                } else {
                    let from = (Time(draw(spread)), ContactNo(0));
                    let entry = known.range(from..).next().or(known.first()).copied().expect("one of them");
                    known.remove(&entry);
                    deadlines.remove(entry);
                    deadlines.remove(entry);
                }
                if step % 499 == 0 {
                    let limit = Time(draw(spread));
                    let due = known.iter().take_while(|(due, _)| *due <= limit).count();
                    assert_eq!(deadlines.due_by(limit, usize::MAX), due, "seed {seed}, step {step}");
                    assert_eq!(deadlines.due_by(limit, 100), due.min(100), "seed {seed}, step {step}");
                    assert!(deadlines.iter().eq(&known), "seed {seed}, step {step}");
                    assert!(
                        deadlines.pages.len() <= 2 + 2 * known.len() / FEW,
                        "pages are not left nearly empty"
                    );
                }
            }
            for entry in known {
                deadlines.remove(entry);
            }
            assert!(deadlines.pages.is_empty() && deadlines.firsts.is_empty());
        }
    }
}
