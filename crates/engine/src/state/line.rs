//! A line: the contacts that wait in a queue that is measured, in the order in which they arrived.
//!
//! Most come behind all others and are appended; who comes with the age of another time stands aside. Who leaves is crossed out: no
//! entry ever moves, so that joining and leaving cost a few writes, and pages that nobody is left on give their memory back.

use std::collections::{BTreeSet, VecDeque};

use model::{ContactNo, Time};

/// When it arrived, or is due.
pub type Entry = (Time, ContactNo);

/// Where an entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LineAt(u64);

impl LineAt {
    const ASIDE: LineAt = LineAt(u64::MAX);
}

#[derive(Debug, Default)]
pub struct Line {
    /// The first has somebody on it, unless there is nobody on any.
    pages: VecDeque<Page>,
    /// Pages that were dropped before the first.
    dropped: u64,
    aside: BTreeSet<Entry>,
    /// How many stand on pages.
    paged: usize,
}

/// A page of 256 entries is 4 KiB.
const PAGE: usize = 256;

#[derive(Debug)]
struct Page {
    /// Ascending; none on a page that gave them back, which is never the last.
    entries: Vec<Entry>,
    /// Which of them are still there, and how many.
    there: [u64; PAGE / 64],
    count: u32,
}

impl Default for Page {
    fn default() -> Page {
        Page { entries: Vec::with_capacity(PAGE), there: [0; PAGE / 64], count: 0 }
    }
}

impl Line {
    /// The entry is not there yet.
    pub fn insert(&mut self, entry: Entry) -> LineAt {
        let last = self.pages.back().and_then(|page| page.entries.last());
        if last.is_some_and(|last| *last > entry) {
            self.aside.insert(entry);
            return LineAt::ASIDE;
        }
        if self.pages.back().is_none_or(Page::is_full) {
            if let Some(full) = self.pages.back_mut() {
                full.give_back();
            }
            self.pages.push_back(Page::default());
            self.drop_empty();
        }
        let at = self.pages.len() - 1;
        let page = &mut self.pages[at];
        let slot = page.entries.len();
        page.entries.push(entry);
        page.there[slot / 64] |= 1 << (slot % 64);
        page.count += 1;
        self.paged += 1;
        LineAt((self.dropped + at as u64) * PAGE as u64 + slot as u64)
    }

    /// The entry is there, at this place.
    pub fn remove(&mut self, at: LineAt, entry: Entry) {
        if at == LineAt::ASIDE {
            self.aside.remove(&entry);
            return;
        }
        let (page, slot) = ((at.0 / PAGE as u64 - self.dropped) as usize, at.0 as usize % PAGE);
        let is_last = page + 1 == self.pages.len();
        let page = &mut self.pages[page];
        page.there[slot / 64] &= !(1 << (slot % 64));
        page.count -= 1;
        self.paged -= 1;
        if !is_last {
            page.give_back();
            self.drop_empty();
        }
    }

    fn drop_empty(&mut self) {
        while self.pages.len() > 1 && self.pages[0].count == 0 {
            self.pages.pop_front();
            self.dropped += 1;
        }
    }

    pub fn first(&self) -> Option<Entry> {
        let paged = self.pages.front().and_then(|page| page.iter().next());
        let aside = self.aside.first().copied();
        paged.into_iter().chain(aside).min()
    }

    /// In order.
    pub fn iter(&self) -> impl Iterator<Item = Entry> + '_ {
        self.iter_from((Time(0), ContactNo(0)))
    }

    /// In order, from this one on.
    pub fn iter_from(&self, from: Entry) -> impl Iterator<Item = Entry> + '_ {
        let first_page = self.page_of(from);
        let paged =
            self.pages.range(first_page..).flat_map(Page::iter).skip_while(move |entry| *entry < from);
        Merged { paged: paged.peekable(), aside: self.aside.range(from..).copied().peekable() }
    }

    /// How many stand before it, counted up to `most`.
    pub fn before(&self, entry: Entry, most: usize) -> usize {
        if let Some(before) = self.before_last(entry) {
            return before.min(most);
        }
        let page = self.page_of(entry);
        let mut before = 0;
        for page in self.pages.range(..page) {
            before += page.count as usize;
            if before >= most {
                return most;
            }
        }
        before += self.pages.get(page).map_or(0, |page| page.before(entry));
        let left = most.saturating_sub(before);
        before.min(most) + self.aside.range(..entry).take(left).count()
    }

    /// The same for the last of all, for whom nobody need be counted.
    fn before_last(&self, entry: Entry) -> Option<usize> {
        let page = self.pages.back()?;
        let slot = page.entries.len() - 1;
        let is_last = page.entries[slot] == entry && self.aside.last().is_none_or(|last| *last < entry);
        let is_there = page.there[slot / 64] >> (slot % 64) & 1;
        is_last.then(|| self.paged + self.aside.len() - is_there as usize)
    }

    /// The page on which the entry stands or would stand. Pages that gave their entries back count as what stands before
    /// them: nobody is on them.
    fn page_of(&self, entry: Entry) -> usize {
        let (mut low, mut high) = (0, self.pages.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            // The nearest page from there on that knows its entries; the last one always does.
            let known = (middle..high).find(|page| !self.pages[*page].entries.is_empty());
            match known {
                Some(page) if self.pages[page].entries[0] <= entry => low = page + 1,
                Some(_) | None => high = middle,
            }
        }
        low.saturating_sub(1)
    }
}

impl Page {
    fn is_full(&self) -> bool {
        self.entries.len() == PAGE
    }

    /// Of a page that takes nobody any more: its memory, if nobody is left on it.
    fn give_back(&mut self) {
        if self.count == 0 {
            self.entries = Vec::new();
        }
    }

    fn iter(&self) -> impl Iterator<Item = Entry> + '_ {
        let words = self.there.iter().enumerate();
        let slots =
            words.flat_map(|(at, &word)| crate::matching::bits::ones(word).map(move |bit| at * 64 + bit));
        slots.map(|slot| self.entries[slot])
    }

    fn before(&self, entry: Entry) -> usize {
        let slot = self.entries.partition_point(|other| *other < entry);
        let (word, bit) = (slot / 64, slot % 64);
        let whole: u32 = self.there[..word].iter().map(|word| word.count_ones()).sum();
        let part = self.there.get(word).map_or(0, |word| (word & ((1 << bit) - 1)).count_ones());
        (whole + part) as usize
    }
}

/// Two ascending orders as one.
struct Merged<P: Iterator<Item = Entry>, A: Iterator<Item = Entry>> {
    paged: std::iter::Peekable<P>,
    aside: std::iter::Peekable<A>,
}

impl<P: Iterator<Item = Entry>, A: Iterator<Item = Entry>> Iterator for Merged<P, A> {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        match (self.paged.peek(), self.aside.peek()) {
            (Some(paged), Some(aside)) if aside < paged => self.aside.next(),
            (Some(_), _) => self.paged.next(),
            (None, _) => self.aside.next(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// The same done to an ordered map gives the same answers.
    #[test]
    fn a_line_is_an_ordered_set() {
        for (seed, late_one_in) in [(1, 3), (2, 50), (3, 1_000_000)] {
            let (mut line, mut known) = (Line::default(), BTreeMap::new());
            let mut state: u64 = seed;
            let mut draw = |below: u64| {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                (state >> 33) % below
            };
            for step in 0..30_000 {
                let fills = step % 10_000 < 6_000;
                if known.is_empty() || draw(10) < if fills { 7 } else { 2 } {
                    let arrived_at = if draw(late_one_in) == 0 { draw(step + 1) } else { step };
                    let entry = (Time(arrived_at), ContactNo(step));
                    known.insert(entry, line.insert(entry));
                } else {
                    let at = if draw(4) == 0 {
                        draw(known.len() as u64)
                    } else {
                        draw(5).min(known.len() as u64 - 1)
                    };
                    let entry = *known.keys().nth(at as usize).expect("one of them");
                    let at = known.remove(&entry).expect("it is there");
                    line.remove(at, entry);
                }
                if step % 97 == 0 {
                    let entry = (Time(draw(step + 1)), ContactNo(draw(step + 1)));
                    let before = known.range(..entry).count();
                    assert_eq!(line.before(entry, usize::MAX), before, "seed {seed}, step {step}");
                    assert_eq!(line.before(entry, 100), before.min(100), "seed {seed}, step {step}");
                    assert!(line.iter_from(entry).eq(known.range(entry..).map(|(entry, _)| *entry)));
                }
                if let Some((last, _)) = known.last_key_value() {
                    assert_eq!(line.before(*last, 1_000), (known.len() - 1).min(1_000));
                }
                assert_eq!(line.first(), known.keys().next().copied(), "seed {seed}, step {step}");
            }
            assert!(line.iter().eq(known.keys().copied()), "seed {seed}");
            for (entry, at) in known {
                line.remove(at, entry);
            }
            assert!(line.pages.len() <= 1 && line.aside.is_empty(), "all memory is given back");
        }
    }
}
