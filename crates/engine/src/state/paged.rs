//! A vector that grows by pages, so that growth never copies what is there.
//!
//! A plain vector of a million slots pauses for milliseconds when it doubles. The first page grows as a
//! vector does, so that a small one stays small.

use crate::prefetch::prefetch;

#[derive(Debug)]
pub struct Paged<T> {
    pages: Vec<Vec<T>>,
    len: usize,
}

/// At 12 bytes an entry a page is 12 KiB: allocated and touched within some microseconds.
const PAGE: usize = 1024;

impl<T> Default for Paged<T> {
    fn default() -> Self {
        Paged { pages: Vec::new(), len: 0 }
    }
}

impl<T> Paged<T> {
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn push(&mut self, item: T) {
        let page = self.len / PAGE;
        if page == self.pages.len() {
            self.pages.push(if page == 0 { Vec::new() } else { Vec::with_capacity(PAGE) });
        }
        self.pages[page].push(item);
        self.len += 1;
    }

    /// Adds default items up to at least this length, by whole pages.
    pub fn grow_to(&mut self, len: usize)
    where
        T: Default + Clone,
    {
        while self.len < len {
            self.pages.push(vec![T::default(); PAGE]);
            self.len += PAGE;
        }
    }

    /// One empty page stays in reserve, so that a length around a boundary does not allocate again and again.
    pub fn pop(&mut self) -> Option<T> {
        self.len = self.len.checked_sub(1)?;
        let page = self.len / PAGE;
        if self.pages.len() > page + 2 {
            self.pages.pop();
        }
        self.pages[page].pop()
    }

    /// The item is about to be looked at, if there is one.
    #[inline]
    pub fn expect(&self, index: usize) {
        if let Some(item) = self.get(index) {
            prefetch(item);
        }
    }

    #[inline]
    pub fn get(&self, index: usize) -> Option<&T> {
        self.pages.get(index / PAGE)?.get(index % PAGE)
    }
}

impl<T> std::ops::Index<usize> for Paged<T> {
    type Output = T;
    #[inline]
    fn index(&self, index: usize) -> &T {
        &self.pages[index / PAGE][index % PAGE]
    }
}

impl<T> std::ops::IndexMut<usize> for Paged<T> {
    #[inline]
    fn index_mut(&mut self, index: usize) -> &mut T {
        &mut self.pages[index / PAGE][index % PAGE]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_behaves_like_a_vector_across_pages() {
        let mut paged = Paged::default();
        for n in 0..3 * PAGE {
            paged.push(n);
        }
        assert_eq!(
            (paged.len(), paged[0], paged[PAGE], paged[3 * PAGE - 1]),
            (3 * PAGE, 0, PAGE, 3 * PAGE - 1)
        );
        paged[PAGE] = 7;
        for n in (0..3 * PAGE).rev() {
            assert_eq!(paged.pop(), Some(if n == PAGE { 7 } else { n }));
            assert_eq!(paged.len(), n);
        }
        assert_eq!(paged.pop(), None);
    }
}
