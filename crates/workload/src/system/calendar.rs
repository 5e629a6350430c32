//! What is going to happen, the earliest first, and what was said first of what happens at once.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use model::time::Time;

/// Whoever takes the next one jumps to its time: nothing happens in between.
#[derive(Debug, Clone)]
pub struct Calendar<T: Ord> {
    heap: BinaryHeap<Reverse<(Time, u64, T)>>,
    said: u64,
}

impl<T: Ord + Copy> Default for Calendar<T> {
    fn default() -> Calendar<T> {
        Calendar { heap: BinaryHeap::new(), said: 0 }
    }
}

impl<T: Ord + Copy> Calendar<T> {
    pub fn insert(&mut self, at: Time, what: T) {
        self.said += 1;
        self.heap.push(Reverse((at, self.said, what)));
    }

    pub fn next(&self) -> Option<Time> {
        self.heap.peek().map(|Reverse((at, _, _))| *at)
    }

    pub fn take(&mut self) -> Option<(Time, T)> {
        self.heap.pop().map(|Reverse((at, _, what))| (at, what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_comes_first_and_of_equals_the_one_said_first() {
        let mut calendar = Calendar::default();
        for (at, what) in [(5, 9), (3, 8), (5, 1), (3, 2)] {
            calendar.insert(Time(at), what);
        }
        assert_eq!(calendar.next(), Some(Time(3)));
        let taken: Vec<(Time, i32)> = std::iter::from_fn(|| calendar.take()).collect();
        assert_eq!(taken, [(Time(3), 8), (Time(3), 2), (Time(5), 9), (Time(5), 1)]);
    }
}
