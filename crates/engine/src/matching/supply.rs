//! Free agents: per lane and class, best first by one order.
//!
//! The best key of each class stands in one dense array per lane, so that a search over thousands of classes touches few lines;
//! whose key it is stands aside. Only where a class has several free agents is there a heap behind it: with agents who are
//! all different no heap is ever touched.

use model::AgentNo;

use super::bits::ones;
use super::order::Order;

/// No free agent.
pub const NONE: u64 = u64::MAX;

#[derive(Debug)]
pub struct Supply {
    order: Order,
    lanes: Vec<LaneSupply>,
}

#[derive(Debug, Default)]
pub struct LaneSupply {
    /// By class: the key of its best free agent.
    keys: Vec<u64>,
    /// By class: who that is.
    slots: Vec<Slot>,
    /// Classes with a free agent, and which words of that set are not empty.
    available: Vec<u64>,
    summary: Vec<u64>,
    /// No class of the word has a lower key.
    least: Vec<u64>,
    /// Words whose least key may have left; the search that looks there in vain sets it right.
    is_loose: Vec<bool>,
    /// How many classes have a free agent.
    pub count: usize,
    /// All agents of a slot that has or had more than one at once. A slot keeps its heap.
    heaps: Vec<Heap>,
    /// By agent: its position in the heap.
    positions: Vec<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    agent: AgentNo,
    heap: u32,
}

type Heap = Vec<(u64, AgentNo)>;

/// Any free agent is better: no key is as high.
const WORST: (u64, usize) = (NONE - 1, 0);
const NO_HEAP: u32 = u32::MAX;
const NOBODY: AgentNo = AgentNo(u32::MAX);
const ARITY: usize = 4;

impl Supply {
    pub fn new(order: Order, lanes: usize) -> Supply {
        Supply { order, lanes: (0..lanes).map(|_| LaneSupply::default()).collect() }
    }

    pub fn order(&self) -> Order {
        self.order
    }

    pub fn lane_at(&self, lane: u8) -> &LaneSupply {
        &self.lanes[lane as usize]
    }

    #[inline]
    pub fn lane(&mut self, lane: u8) -> &mut LaneSupply {
        &mut self.lanes[lane as usize]
    }

    pub fn make_room(&mut self, class: u32) {
        let words = class as usize / 64 + 1;
        for lane in &mut self.lanes {
            if lane.available.len() < words {
                lane.keys.resize(words * 64, NONE);
                lane.slots.resize(words * 64, Slot { agent: NOBODY, heap: NO_HEAP });
                lane.available.resize(words, 0);
                lane.summary.resize(words.div_ceil(64), 0);
                lane.least.resize(words, NONE);
                lane.is_loose.resize(words, false);
            }
        }
    }
}

impl LaneSupply {
    /// How many agents of the class are listed.
    pub fn listed(&self, class: u32) -> u64 {
        let heap = self.slots[class as usize].heap;
        match heap {
            NO_HEAP => u64::from(self.keys[class as usize] != NONE),
            heap => self.heaps[heap as usize].len() as u64,
        }
    }

    /// True when the class had no free agent before.
    pub fn insert(&mut self, class: u32, agent: AgentNo, key: u64) -> bool {
        let was_empty = self.keys[class as usize] == NONE;
        let slot = &mut self.slots[class as usize];
        if slot.heap == NO_HEAP && was_empty {
            slot.agent = agent;
            self.keys[class as usize] = key;
        } else {
            self.push(class, agent, key);
        }
        if was_empty {
            let (word, bit) = (class as usize / 64, class as usize % 64);
            self.available[word] |= 1 << bit;
            self.summary[word / 64] |= 1 << (word % 64);
            self.count += 1;
        }
        self.lower_bound(class, key);
        was_empty
    }

    pub fn remove(&mut self, class: u32, agent: AgentNo) {
        self.loosen(class);
        let slot = self.slots[class as usize];
        if slot.heap == NO_HEAP {
            debug_assert_eq!(slot.agent, agent);
            self.keys[class as usize] = NONE;
        } else {
            let position = self.positions[agent.index()] as usize;
            let heap = &mut self.heaps[slot.heap as usize];
            debug_assert_eq!(heap[position].1, agent);
            heap.swap_remove(position);
            if position < heap.len() {
                restore(heap, &mut self.positions, position);
            }
            self.head_of_heap(class, slot.heap);
        }
        if self.keys[class as usize] == NONE {
            let (word, bit) = (class as usize / 64, class as usize % 64);
            self.available[word] &= !(1 << bit);
            if self.available[word] == 0 {
                self.summary[word / 64] &= !(1 << (word % 64));
                self.least[word] = NONE;
            }
            self.count -= 1;
        }
    }

    pub fn change_key(&mut self, class: u32, agent: AgentNo, key: u64) {
        self.loosen(class);
        let slot = self.slots[class as usize];
        if slot.heap == NO_HEAP {
            debug_assert_eq!(slot.agent, agent);
            self.keys[class as usize] = key;
        } else {
            let position = self.positions[agent.index()] as usize;
            let heap = &mut self.heaps[slot.heap as usize];
            debug_assert_eq!(heap[position].1, agent);
            heap[position].0 = key;
            restore(heap, &mut self.positions, position);
            self.head_of_heap(class, slot.heap);
        }
        self.lower_bound(class, key);
    }

    /// Adds to the slot's heap, which is made when the slot has its second agent.
    fn push(&mut self, class: u32, agent: AgentNo, key: u64) {
        if self.slots[class as usize].heap == NO_HEAP {
            let first = (self.keys[class as usize], self.slots[class as usize].agent);
            self.slots[class as usize].heap = self.heaps.len() as u32;
            self.heaps.push(Vec::with_capacity(ARITY));
            self.enter_heap(class, first);
        }
        self.enter_heap(class, (key, agent));
        self.head_of_heap(class, self.slots[class as usize].heap);
    }

    fn enter_heap(&mut self, class: u32, entry: (u64, AgentNo)) {
        if self.positions.len() <= entry.1.index() {
            self.positions.resize(entry.1.index() + 1, 0);
        }
        let heap = &mut self.heaps[self.slots[class as usize].heap as usize];
        heap.push(entry);
        let last = heap.len() - 1;
        sift_up(heap, &mut self.positions, last);
    }

    fn head_of_heap(&mut self, class: u32, heap: u32) {
        let (key, agent) = self.heaps[heap as usize].first().copied().unwrap_or((NONE, NOBODY));
        self.keys[class as usize] = key;
        self.slots[class as usize].agent = agent;
    }

    #[inline]
    fn loosen(&mut self, class: u32) {
        let word = class as usize / 64;
        self.is_loose[word] |= self.keys[class as usize] == self.least[word];
    }

    #[inline]
    fn lower_bound(&mut self, class: u32, key: u64) {
        let least = &mut self.least[class as usize / 64];
        *least = (*least).min(key);
    }

    /// The best free agent of some classes.
    #[inline]
    pub fn best_of_members(&self, members: &[u32]) -> Option<AgentNo> {
        let mut best = WORST;
        for &class in members {
            self.challenge(&mut best, class as usize);
        }
        (best != WORST).then(|| self.slots[best.1].agent)
    }

    /// The best free agent of a set of classes. Words whose least key is too high are not looked into. With `few` free classes only words that have any are looked at.
    #[inline]
    pub fn best_of_bits(&mut self, members: &[u64], few: bool) -> Option<AgentNo> {
        let mut best = WORST;
        let words = members.len().min(self.available.len());
        if few {
            for at in 0..self.summary.len() {
                for bit in ones(self.summary[at]) {
                    let word = at * 64 + bit;
                    if word < words {
                        self.look_into(word, members[word], &mut best);
                    }
                }
            }
        } else {
            for (word, &members) in members.iter().enumerate().take(words) {
                self.look_into(word, members, &mut best);
            }
        }
        (best != WORST).then(|| self.slots[best.1].agent)
    }

    #[inline]
    fn look_into(&mut self, word: usize, members: u64, best: &mut (u64, usize)) {
        let both = members & self.available[word];
        if both == 0 || self.least[word] > best.0 {
            return;
        }
        let before = best.0;
        for bit in ones(both) {
            self.challenge(best, word * 64 + bit);
        }
        if best.0 == before && std::mem::take(&mut self.is_loose[word]) {
            let keys = &self.keys[word * 64..word * 64 + 64];
            self.least[word] = keys.iter().copied().min().unwrap_or(NONE);
        }
    }

    /// Of equal keys the lower agent number is better.
    #[inline]
    fn challenge(&self, best: &mut (u64, usize), class: usize) {
        let key = self.keys[class];
        if key > best.0 {
            return;
        }
        if key < best.0 || self.slots[class].agent < self.slots[best.1].agent {
            *best = (key, class);
        }
    }
}

fn restore(heap: &mut Heap, positions: &mut [u32], position: usize) {
    if sift_up(heap, positions, position) == position {
        sift_down(heap, positions, position);
    }
}

fn sift_up(heap: &mut Heap, positions: &mut [u32], mut position: usize) -> usize {
    let entry = heap[position];
    while position > 0 {
        let parent = (position - 1) / ARITY;
        if heap[parent] <= entry {
            break;
        }
        heap[position] = heap[parent];
        positions[heap[position].1.index()] = position as u32;
        position = parent;
    }
    heap[position] = entry;
    positions[entry.1.index()] = position as u32;
    position
}

fn sift_down(heap: &mut Heap, positions: &mut [u32], mut position: usize) {
    let entry = heap[position];
    loop {
        let first_child = position * ARITY + 1;
        let children = first_child..(first_child + ARITY).min(heap.len());
        let Some(least) = children.min_by_key(|&child| heap[child]) else { break };
        if heap[least] >= entry {
            break;
        }
        heap[position] = heap[least];
        positions[heap[position].1.index()] = position as u32;
        position = least;
    }
    heap[position] = entry;
    positions[entry.1.index()] = position as u32;
}
