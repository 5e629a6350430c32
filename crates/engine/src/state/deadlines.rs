//! Contacts that wait, by deadline, for a hundred thousand that come and go in any order.
//!
//! Pages of up to 128 entries, each of a stretch of time; the pages are in order, what is on a page is not. Whoever is listed is told
//! where, and again when that changes; so who leaves is found without a search, and neither coming nor leaving moves what is on a
//! page. Order is made when it is asked for, a page at a time: that is at looks, a thousand times as seldom. With pages in order a
//! contact that left waited for three cache misses one after the other, and a B-tree for more.

use model::{ContactNo, Time};

use super::line::Entry;

/// A page is 2 KiB.
const PAGE: usize = 128;
/// Neighbours that have fewer together become one.
const FEW: usize = PAGE / 2;

/// Where an entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DeadlineAt {
    page: u32,
    slot: u32,
}

#[derive(Debug, Default)]
pub struct Deadlines {
    /// From which entry on, and which page. Whatever is before the first is on the first. None is empty.
    order: Vec<(Entry, u32)>,
    /// By number; those that are free are empty.
    pages: Vec<Vec<Entry>>,
    free: Vec<u32>,
}

impl Deadlines {
    /// The entry is not there yet. `note` hears where it stands, and where others do from now on.
    pub fn insert(&mut self, entry: Entry, mut note: impl FnMut(ContactNo, DeadlineAt)) {
        if self.order.is_empty() {
            self.add_page(0, entry);
        }
        let at = self.page_of(entry);
        let page = self.order[at].1;
        let entries = &mut self.pages[page as usize];
        let slot = entries.len() as u32;
        entries.push(entry);
        note(entry.1, DeadlineAt { page, slot });
        if entries.len() == PAGE {
            entries.sort_unstable();
            let upper = entries.split_off(PAGE / 2);
            note_all(entries, page, &mut note);
            let page = self.add_page(at + 1, upper[0]);
            note_all(&upper, page, &mut note);
            self.pages[page as usize].extend(upper);
        }
    }

    pub fn has(&self, at: DeadlineAt, entry: Entry) -> bool {
        self.pages.get(at.page as usize).and_then(|page| page.get(at.slot as usize)) == Some(&entry)
    }

    /// Nothing is changed by one that is not there. `note` hears where others stand from now on.
    pub fn remove(&mut self, at: DeadlineAt, entry: Entry, mut note: impl FnMut(ContactNo, DeadlineAt)) {
        if !self.has(at, entry) {
            return;
        }
        let page = &mut self.pages[at.page as usize];
        page.swap_remove(at.slot as usize);
        if let Some(moved) = page.get(at.slot as usize) {
            note(moved.1, at);
        }
        if page.len() < FEW / 2 {
            self.join(entry, &mut note);
        }
    }

    /// The page of the entry has few: if the next one has, too, they become one.
    #[cold]
    fn join(&mut self, entry: Entry, note: &mut impl FnMut(ContactNo, DeadlineAt)) {
        let at = self.page_of(entry);
        let page = self.order[at].1;
        if self.pages[page as usize].is_empty() {
            return self.drop_page(at);
        }
        let Some(&(_, next)) = self.order.get(at + 1) else { return };
        if self.pages[page as usize].len() + self.pages[next as usize].len() < FEW {
            let moved = std::mem::take(&mut self.pages[next as usize]);
            self.pages[page as usize].extend(moved);
            note_all(&self.pages[page as usize], page, note);
            self.drop_page(at + 1);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// In order.
    pub fn iter(&self) -> impl Iterator<Item = Entry> {
        self.order.iter().flat_map(|(_, page)| {
            let mut entries = self.pages[*page as usize].clone();
            entries.sort_unstable();
            entries
        })
    }

    /// Those that are due by then, counted up to `most`.
    pub fn due_by(&self, limit: Time, most: usize) -> usize {
        let beyond = (limit, ContactNo(u64::MAX));
        if self.is_empty() {
            return 0;
        }
        let last = self.page_of(beyond);
        let mut count = 0;
        for (_, page) in &self.order[..last] {
            count += self.pages[*page as usize].len();
            if count >= most {
                return most;
            }
        }
        let on_last =
            self.pages[self.order[last].1 as usize].iter().filter(|entry| **entry <= beyond).count();
        (count + on_last).min(most)
    }

    /// In the order, the page on which the entry is, if it is.
    fn page_of(&self, entry: Entry) -> usize {
        self.order.partition_point(|(from, _)| *from <= entry).saturating_sub(1)
    }

    /// Gives its number.
    fn add_page(&mut self, at: usize, from: Entry) -> u32 {
        let page = self.free.pop().unwrap_or_else(|| {
            self.pages.push(Vec::new());
            (self.pages.len() - 1) as u32
        });
        self.pages[page as usize].reserve_exact(PAGE);
        self.order.insert(at, (from, page));
        page
    }

    fn drop_page(&mut self, at: usize) {
        let (_, page) = self.order.remove(at);
        self.pages[page as usize] = Vec::new();
        self.free.push(page);
    }
}

fn note_all(entries: &[Entry], page: u32, note: &mut impl FnMut(ContactNo, DeadlineAt)) {
    for (slot, entry) in (0..).zip(entries) {
        note(entry.1, DeadlineAt { page, slot });
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// The same done to an ordered set gives the same answers.
    #[test]
    fn deadlines_are_an_ordered_set() {
        for (seed, spread) in [(1_u64, 50), (2, 5_000), (3, 1_000_000)] {
            let (mut deadlines, mut known) = (Deadlines::default(), BTreeSet::new());
            let mut stands = BTreeMap::new();
            let mut state = seed;
            let mut draw = |below: u64| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 33) % below
            };
            for step in 0..40_000_u64 {
                let fills = step % 10_000 < 6_000;
                if known.is_empty() || draw(10) < if fills { 7 } else { 2 } {
                    let entry = (Time(draw(spread)), ContactNo(step));
                    known.insert(entry);
                    deadlines.insert(entry, |contact, at| _ = stands.insert(contact, at));
                } else {
                    let from = (Time(draw(spread)), ContactNo(0));
                    let entry = known.range(from..).next().or(known.first()).copied().expect("one of them");
                    known.remove(&entry);
                    let at = stands.remove(&entry.1).expect("it was told");
                    assert!(deadlines.has(at, entry), "seed {seed}, step {step}");
                    deadlines.remove(at, entry, |contact, at| _ = stands.insert(contact, at));
                    deadlines.remove(at, entry, |_, _| panic!("it is not there"));
                }
                if step % 499 == 0 {
                    let limit = Time(draw(spread));
                    let due = known.iter().take_while(|(due, _)| *due <= limit).count();
                    assert_eq!(deadlines.due_by(limit, usize::MAX), due, "seed {seed}, step {step}");
                    assert_eq!(deadlines.due_by(limit, 100), due.min(100), "seed {seed}, step {step}");
                    assert!(deadlines.iter().eq(known.iter().copied()), "seed {seed}, step {step}");
                    assert!(
                        deadlines.order.len() <= 2 + 2 * known.len() / (FEW / 2),
                        "pages are not left nearly empty"
                    );
                }
            }
            for entry in known {
                let at = stands[&entry.1];
                deadlines.remove(at, entry, |contact, at| _ = stands.insert(contact, at));
            }
            assert!(deadlines.is_empty() && deadlines.pages.iter().all(Vec::is_empty));
        }
    }
}
