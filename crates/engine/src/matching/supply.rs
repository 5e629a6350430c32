//! Free agents: per class and lane, best first by one order.
//!
//! The lanes of a class stand side by side, because an agent comes and goes on all its lanes at once. Each holds the best key
//! and whose it is; only where a class has several free agents is there a heap behind it. With agents who are all different no
//! heap is ever touched.

use model::AgentNo;

use super::bits::ones;
use super::order::Order;

/// No free agent.
pub const NONE: u64 = u64::MAX;

#[derive(Debug)]
pub struct Supply {
    order: Order,
    lanes: usize,
    /// By class, then lane.
    slots: Vec<Slot>,
    /// By lane.
    available: Vec<Available>,
    /// All agents of a slot that has or had more than one at once. A slot refers to its heap for as long as it lasts.
    heaps: Vec<Heap>,
    /// By agent, then lane: its position in the heap.
    positions: Vec<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    key: u64,
    agent: AgentNo,
    heap: u32,
}

/// The classes with a free agent on a lane.
#[derive(Debug, Default)]
pub struct Available {
    pub classes: Vec<u64>,
    /// Which words of `classes` are not empty.
    pub summary: Vec<u64>,
    /// No class of the word has a lower key. Raised by the searches that find it too low.
    least: Vec<u64>,
    pub count: usize,
}

type Heap = Vec<(u64, AgentNo)>;

const NO_HEAP: u32 = u32::MAX;
const EMPTY: Slot = Slot { key: NONE, agent: AgentNo(u32::MAX), heap: NO_HEAP };
const ARITY: usize = 4;

impl Supply {
    pub fn new(order: Order, lanes: usize) -> Supply {
        Supply {
            order,
            lanes,
            slots: vec![],
            available: (0..lanes).map(|_| Available::default()).collect(),
            heaps: vec![],
            positions: vec![],
        }
    }

    pub fn order(&self) -> Order {
        self.order
    }

    #[inline]
    pub fn available(&self, lane: u8) -> &Available {
        &self.available[lane as usize]
    }

    /// The best free agent of a class and its key; the key is `NONE` when there is none.
    #[inline]
    pub fn best(&self, class: u32, lane: u8) -> (u64, AgentNo) {
        let slot = &self.slots[class as usize * self.lanes + lane as usize];
        (slot.key, slot.agent)
    }

    pub fn make_room(&mut self, class: u32) {
        let words = class as usize / 64 + 1;
        if self.slots.len() < words * 64 * self.lanes {
            self.slots.resize(words * 64 * self.lanes, EMPTY);
            for available in &mut self.available {
                available.classes.resize(words, 0);
                available.summary.resize(words.div_ceil(64), 0);
                available.least.resize(words, NONE);
            }
        }
    }

    /// True when the class had no free agent on this lane before.
    pub fn insert(&mut self, lane: u8, class: u32, agent: AgentNo, key: u64) -> bool {
        let slot = &mut self.slots[class as usize * self.lanes + lane as usize];
        let was_empty = slot.key == NONE;
        if slot.heap == NO_HEAP && was_empty {
            (slot.key, slot.agent) = (key, agent);
        } else {
            self.push(lane, class, agent, key);
        }
        self.available[lane as usize].entered(class, key);
        was_empty
    }

    pub fn remove(&mut self, lane: u8, class: u32, agent: AgentNo) {
        let slot = &mut self.slots[class as usize * self.lanes + lane as usize];
        if slot.heap == NO_HEAP {
            debug_assert_eq!(slot.agent, agent);
            *slot = EMPTY;
        } else {
            let position = self.positions[agent.index() * self.lanes + lane as usize] as usize;
            let heap = &mut self.heaps[slot.heap as usize];
            debug_assert_eq!(heap[position].1, agent);
            heap.swap_remove(position);
            if position < heap.len() {
                restore(heap, &mut self.positions[lane as usize..], self.lanes, position);
            }
            (slot.key, slot.agent) = heap.first().copied().unwrap_or((EMPTY.key, EMPTY.agent));
        }
        if slot.key == NONE {
            self.available[lane as usize].emptied(class);
        }
    }

    pub fn change_key(&mut self, lane: u8, class: u32, agent: AgentNo, key: u64) {
        let slot = &mut self.slots[class as usize * self.lanes + lane as usize];
        if slot.heap == NO_HEAP {
            debug_assert_eq!(slot.agent, agent);
            slot.key = key;
        } else {
            let position = self.positions[agent.index() * self.lanes + lane as usize] as usize;
            let heap = &mut self.heaps[slot.heap as usize];
            debug_assert_eq!(heap[position].1, agent);
            if heap[position].0 == key {
                return;
            }
            heap[position].0 = key;
            restore(heap, &mut self.positions[lane as usize..], self.lanes, position);
            (slot.key, slot.agent) = heap[0];
        }
        self.available[lane as usize].entered(class, key);
    }

    /// Adds to the slot's heap, which is made when the slot has its second agent.
    fn push(&mut self, lane: u8, class: u32, agent: AgentNo, key: u64) {
        let at = class as usize * self.lanes + lane as usize;
        if self.slots[at].heap == NO_HEAP {
            let first = (self.slots[at].key, self.slots[at].agent);
            self.slots[at].heap = self.heaps.len() as u32;
            self.heaps.push(Vec::with_capacity(ARITY));
            self.enter_heap(lane, at, first);
        }
        self.enter_heap(lane, at, (key, agent));
        let first = self.heaps[self.slots[at].heap as usize][0];
        (self.slots[at].key, self.slots[at].agent) = first;
    }

    fn enter_heap(&mut self, lane: u8, at: usize, entry: (u64, AgentNo)) {
        let agents = (entry.1.index() + 1) * self.lanes;
        if self.positions.len() < agents {
            self.positions.resize(agents, 0);
        }
        let heap = &mut self.heaps[self.slots[at].heap as usize];
        heap.push(entry);
        let last = heap.len() - 1;
        sift_up(heap, &mut self.positions[lane as usize..], self.lanes, last);
    }
}

impl Available {
    #[inline]
    fn entered(&mut self, class: u32, key: u64) {
        let (word, bit) = (class as usize / 64, class as usize % 64);
        if self.classes[word] >> bit & 1 == 0 {
            self.classes[word] |= 1 << bit;
            self.summary[word / 64] |= 1 << (word % 64);
            self.count += 1;
        }
        self.least[word] = self.least[word].min(key);
    }

    #[inline]
    fn emptied(&mut self, class: u32) {
        let (word, bit) = (class as usize / 64, class as usize % 64);
        self.classes[word] &= !(1 << bit);
        if self.classes[word] == 0 {
            self.summary[word / 64] &= !(1 << (word % 64));
            self.least[word] = NONE;
        }
        self.count -= 1;
    }
}

impl Supply {
    /// The best class of a set on a lane. Words whose least key is too high are not looked into; a bound that proves too low is
    /// raised, so that the next search is spared.
    #[inline]
    pub fn best_of_bits(&mut self, lane: u8, members: &[u64], few: bool) -> Option<AgentNo> {
        let mut best = (NONE, AgentNo(u32::MAX));
        let words = members.len().min(self.available[lane as usize].classes.len());
        if few {
            for at in 0..self.available[lane as usize].summary.len() {
                for bit in ones(self.available[lane as usize].summary[at]) {
                    let word = at * 64 + bit;
                    if word < words {
                        self.look_into(lane, word, members[word], &mut best);
                    }
                }
            }
        } else {
            for (word, &members) in members.iter().enumerate().take(words) {
                self.look_into(lane, word, members, &mut best);
            }
        }
        (best.0 != NONE).then_some(best.1)
    }

    #[inline]
    fn look_into(&mut self, lane: u8, word: usize, members: u64, best: &mut (u64, AgentNo)) {
        let available = &self.available[lane as usize];
        let both = members & available.classes[word];
        if both == 0 || available.least[word] > best.0 {
            return;
        }
        let before = best.0;
        for bit in ones(both) {
            let candidate = self.best((word * 64 + bit) as u32, lane);
            *best = (*best).min(candidate);
        }
        if best.0 == before {
            self.raise_bound(lane, word);
        }
    }

    #[cold]
    fn raise_bound(&mut self, lane: u8, word: usize) {
        let keys = ones(self.available[lane as usize].classes[word]);
        let least = keys.map(|bit| self.best((word * 64 + bit) as u32, lane).0).min();
        self.available[lane as usize].least[word] = least.unwrap_or(NONE);
    }
}

fn restore(heap: &mut Heap, positions: &mut [u32], lanes: usize, position: usize) {
    if sift_up(heap, positions, lanes, position) == position {
        sift_down(heap, positions, lanes, position);
    }
}

/// `positions` begins at the heap's lane and has one entry in `lanes`.
fn sift_up(heap: &mut Heap, positions: &mut [u32], lanes: usize, mut position: usize) -> usize {
    let entry = heap[position];
    while position > 0 {
        let parent = (position - 1) / ARITY;
        if heap[parent] <= entry {
            break;
        }
        heap[position] = heap[parent];
        positions[heap[position].1.index() * lanes] = position as u32;
        position = parent;
    }
    heap[position] = entry;
    positions[entry.1.index() * lanes] = position as u32;
    position
}

fn sift_down(heap: &mut Heap, positions: &mut [u32], lanes: usize, mut position: usize) {
    let entry = heap[position];
    loop {
        let first_child = position * ARITY + 1;
        let children = first_child..(first_child + ARITY).min(heap.len());
        let Some(least) = children.min_by_key(|&child| heap[child]) else { break };
        if heap[least] >= entry {
            break;
        }
        heap[position] = heap[least];
        positions[heap[position].1.index() * lanes] = position as u32;
        position = least;
    }
    heap[position] = entry;
    positions[entry.1.index() * lanes] = position as u32;
}
