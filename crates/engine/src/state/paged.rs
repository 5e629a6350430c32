//! A vector that grows by pages, so that growth never copies what is there.
//!
//! A plain vector of a million slots pauses for milliseconds when it doubles. The first page grows as a
//! vector does, so that a small one stays small.

#[derive(Debug)]
pub struct Paged<T> {
    pages: Vec<Vec<T>>,
}

/// At 16 bytes an entry a page is 16 KiB: allocated and touched within some microseconds.
const PAGE: usize = 1024;

impl<T> Default for Paged<T> {
    fn default() -> Self {
        Paged { pages: Vec::new() }
    }
}

impl<T> Paged<T> {
    pub fn len(&self) -> usize {
        match self.pages.last() {
            None => 0,
            Some(last) => (self.pages.len() - 1) * PAGE + last.len(),
        }
    }

    pub fn push(&mut self, item: T) {
        match self.pages.last_mut() {
            Some(last) if last.len() < PAGE => last.push(item),
            Some(_) => {
                let mut page = Vec::with_capacity(PAGE);
                page.push(item);
                self.pages.push(page);
            }
            None => self.pages.push(vec![item]),
        }
    }

    pub fn pop(&mut self) -> Option<T> {
        let last = self.pages.last_mut()?;
        let item = last.pop();
        // One empty page in reserve would be enough against flapping at a boundary; the first page is kept.
        if last.is_empty() && self.pages.len() > 1 {
            self.pages.pop();
        }
        item
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
