//! Free agents: per lane and class, best first by one order.
//!
//! The best key of each class stands in one dense array, and the least of each 64 in another, so that a search over
//! thousands of classes touches few lines. A class of one agent, the common case where all agents differ, needs no heap.

use model::AgentNo;
use smallvec::SmallVec;

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
    /// By class: the key of its best free agent, and who that is.
    pub keys: Vec<u64>,
    agents: Vec<AgentNo>,
    /// Classes with a free agent, and which words of that set are not empty.
    pub available: Vec<u64>,
    pub summary: Vec<u64>,
    /// Least key of each 64 classes.
    pub least: Vec<u64>,
    /// How many classes have a free agent.
    pub count: usize,
    heaps: Vec<Heap>,
    /// By agent: its position in its class's heap.
    positions: Vec<u32>,
}

type Heap = SmallVec<[(u64, AgentNo); 1]>;

const ARITY: usize = 4;

impl Supply {
    pub fn new(order: Order, lanes: usize) -> Supply {
        Supply { order, lanes: (0..lanes).map(|_| LaneSupply::default()).collect() }
    }

    pub fn order(&self) -> Order {
        self.order
    }

    #[inline]
    pub fn lane(&self, lane: u8) -> &LaneSupply {
        &self.lanes[lane as usize]
    }

    pub fn first(&self, lane: u8, class: u32) -> AgentNo {
        self.lane(lane).agents[class as usize]
    }

    pub fn make_room(&mut self, class: u32) {
        let words = class as usize / 64 + 1;
        for lane in &mut self.lanes {
            if lane.available.len() < words {
                lane.keys.resize(words * 64, NONE);
                lane.agents.resize(words * 64, AgentNo(0));
                lane.heaps.resize_with(words * 64, Heap::new);
                lane.available.resize(words, 0);
                lane.summary.resize(words.div_ceil(64), 0);
                lane.least.resize(words, NONE);
            }
        }
    }

    /// True when the class had no free agent on this lane before.
    pub fn insert(&mut self, lane: u8, class: u32, agent: AgentNo, key: u64) -> bool {
        let lane = &mut self.lanes[lane as usize];
        if lane.positions.len() <= agent.index() {
            lane.positions.resize(agent.index() + 1, 0);
        }
        let heap = &mut lane.heaps[class as usize];
        let was_empty = heap.is_empty();
        heap.push((key, agent));
        let last = heap.len() - 1;
        sift_up(heap, &mut lane.positions, last);
        lane.head_changed(class);
        was_empty
    }

    pub fn remove(&mut self, lane: u8, class: u32, agent: AgentNo) {
        let lane = &mut self.lanes[lane as usize];
        let heap = &mut lane.heaps[class as usize];
        let position = lane.positions[agent.index()] as usize;
        debug_assert_eq!(heap[position].1, agent);
        heap.swap_remove(position);
        if position < heap.len() {
            restore(heap, &mut lane.positions, position);
        }
        lane.head_changed(class);
    }

    pub fn change_key(&mut self, lane: u8, class: u32, agent: AgentNo, key: u64) {
        let lane = &mut self.lanes[lane as usize];
        let heap = &mut lane.heaps[class as usize];
        let position = lane.positions[agent.index()] as usize;
        debug_assert_eq!(heap[position].1, agent);
        if heap[position].0 == key {
            return;
        }
        heap[position].0 = key;
        restore(heap, &mut lane.positions, position);
        lane.head_changed(class);
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

impl LaneSupply {
    /// Carries the head of a class's heap into the dense arrays.
    fn head_changed(&mut self, class: u32) {
        let class = class as usize;
        let (key, agent) = self.heaps[class].first().copied().unwrap_or((NONE, AgentNo(0)));
        let before = std::mem::replace(&mut self.keys[class], key);
        self.agents[class] = agent;
        if before == key {
            return;
        }
        let (word, bit) = (class / 64, class % 64);
        if before == NONE {
            self.available[word] |= 1 << bit;
            self.summary[word / 64] |= 1 << (word % 64);
            self.count += 1;
        } else if key == NONE {
            self.available[word] &= !(1 << bit);
            if self.available[word] == 0 {
                self.summary[word / 64] &= !(1 << (word % 64));
            }
            self.count -= 1;
        }
        if key < self.least[word] {
            self.least[word] = key;
        } else if before == self.least[word] {
            self.least[word] =
                ones(self.available[word]).map(|bit| self.keys[word * 64 + bit]).min().unwrap_or(NONE);
        }
    }

    /// The better of two classes with equal keys is the one with the lower agent.
    #[inline]
    pub fn is_better(&self, class: usize, key: u64, best: u64, best_class: usize) -> bool {
        key < best || key == best && key != NONE && self.agents[class] < self.agents[best_class]
    }
}
