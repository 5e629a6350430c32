//! What is due when: an indexed heap over all tenants.
//!
//! Timers are exact and their order is total, (time, tenant, agents before queues before contacts before the look before what
//! nobody can take, number), so that every
//! engine fires them alike whatever its history. A wheel would insert a little faster but rounds its times. Most timers are set
//! later than all others and stay where they are put: setting one costs what appending does.

use model::{AgentNo, ContactNo, QueueNo, TenantNo, Time};

/// Refers to a timer that is set; held by whoever may have to cancel it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimerRef(u32);

impl TimerRef {
    pub const NONE: TimerRef = TimerRef(u32::MAX);
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimerSubject {
    Agent(AgentNo),
    /// Of whose scheduled contacts one is to be released.
    Queue(QueueNo),
    Contact(ContactNo),
    /// At the tenant's overflow rules.
    Look,
    /// Something is to be said of a contact that nobody can take, or somebody can again.
    Servable,
}

#[derive(Debug, Default)]
pub struct Timers {
    heap: Vec<Entry>,
    /// By handle: the position in the heap, or the next free handle.
    positions: Vec<u32>,
    free: Option<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    due: Time,
    /// The subject's number, above all agents' for queues, and above those for contacts.
    subject: u64,
    tenant: TenantNo,
    handle: u32,
}

/// Contact numbers reach 2^63 after five hundred billion arrivals in one tenant.
const CONTACT: u64 = 1 << 63;
/// Behind all contacts.
const LOOK: u64 = u64::MAX - 1;
const SERVABLE: u64 = u64::MAX;
/// Agents have numbers of 32 bits.
const QUEUE: u64 = 1 << 32;
const ARITY: usize = 4;

impl Entry {
    #[inline]
    fn key(&self) -> (Time, TenantNo, u64) {
        (self.due, self.tenant, self.subject)
    }
}

impl Timers {
    pub fn set(&mut self, due: Time, tenant: TenantNo, subject: TimerSubject) -> TimerRef {
        let subject = match subject {
            TimerSubject::Agent(agent) => u64::from(agent.0),
            TimerSubject::Queue(queue) => u64::from(queue.0) | QUEUE,
            TimerSubject::Contact(contact) => contact.0 | CONTACT,
            TimerSubject::Look => LOOK,
            TimerSubject::Servable => SERVABLE,
        };
        let position = self.heap.len();
        let handle = match self.free {
            Some(handle) => {
                let next = self.positions[handle as usize];
                self.free = (next != u32::MAX).then_some(next);
                handle
            }
            None => {
                self.positions.push(0);
                (self.positions.len() - 1) as u32
            }
        };
        self.heap.push(Entry { due, subject, tenant, handle });
        self.sift_up(position);
        TimerRef(handle)
    }

    /// Cancels the timer if there is one and leaves none in its place.
    pub fn cancel(&mut self, timer: &mut TimerRef) {
        if *timer == TimerRef::NONE {
            return;
        }
        self.remove_at(self.positions[timer.0 as usize] as usize);
        *timer = TimerRef::NONE;
    }

    pub fn next_due(&self) -> Option<Time> {
        self.heap.first().map(|entry| entry.due)
    }

    /// The first timer that is due; it stays set until whoever holds it cancels it.
    pub fn first_due(&self, by: Time) -> Option<(TenantNo, TimerSubject)> {
        let first = self.heap.first().filter(|entry| entry.due <= by)?;
        let subject = if first.subject == SERVABLE {
            TimerSubject::Servable
        } else if first.subject == LOOK {
            TimerSubject::Look
        } else if first.subject & CONTACT != 0 {
            TimerSubject::Contact(ContactNo(first.subject & !CONTACT))
        } else if first.subject & QUEUE != 0 {
            TimerSubject::Queue(QueueNo(first.subject as u16))
        } else {
            TimerSubject::Agent(AgentNo(first.subject as u32))
        };
        Some((first.tenant, subject))
    }

    fn remove_at(&mut self, position: usize) {
        let removed = self.heap.swap_remove(position);
        self.positions[removed.handle as usize] = self.free.unwrap_or(u32::MAX);
        self.free = Some(removed.handle);
        if position < self.heap.len() {
            let settled = self.sift_up(position);
            if settled == position {
                self.sift_down(position);
            }
        }
    }

    fn sift_up(&mut self, mut position: usize) -> usize {
        let entry = self.heap[position];
        while position > 0 {
            let parent = (position - 1) / ARITY;
            if self.heap[parent].key() <= entry.key() {
                break;
            }
            self.heap[position] = self.heap[parent];
            self.positions[self.heap[position].handle as usize] = position as u32;
            position = parent;
        }
        self.heap[position] = entry;
        self.positions[entry.handle as usize] = position as u32;
        position
    }

    fn sift_down(&mut self, mut position: usize) {
        let entry = self.heap[position];
        loop {
            let first_child = position * ARITY + 1;
            let children = first_child..(first_child + ARITY).min(self.heap.len());
            let Some(least) = children.min_by_key(|&child| self.heap[child].key()) else { break };
            if self.heap[least].key() >= entry.key() {
                break;
            }
            self.heap[position] = self.heap[least];
            self.positions[self.heap[position].handle as usize] = position as u32;
            position = least;
        }
        self.heap[position] = entry;
        self.positions[entry.handle as usize] = position as u32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_fire_in_their_total_order_and_cancelled_ones_never() {
        let mut timers = Timers::default();
        let mut state = 1u64;
        let mut expected = vec![];
        let mut refs = vec![];
        for n in 0..5_000u32 {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let due = Time(1 + (state >> 54));
            let subject = match n % 4 {
                0 | 1 => TimerSubject::Agent(AgentNo(n)),
                2 => TimerSubject::Queue(QueueNo(n as u16)),
                _ => TimerSubject::Contact(ContactNo(u64::from(n))),
            };
            let timer = timers.set(due, TenantNo(n % 3), subject);
            expected.push((due, TenantNo(n % 3), (n % 4).max(1), n));
            refs.push(timer);
        }
        for n in (0..5_000usize).step_by(3) {
            timers.cancel(&mut refs[n]);
            assert_eq!(refs[n], TimerRef::NONE);
        }
        let mut expected: Vec<_> =
            expected.into_iter().enumerate().filter(|(n, _)| n % 3 != 0).map(|(_, e)| e).collect();
        expected.sort();
        for (due, tenant, _, n) in expected {
            assert_eq!(timers.next_due(), Some(due));
            assert_eq!(timers.first_due(due - model::Millis(1)), None);
            let (fired_tenant, subject) = timers.first_due(due).expect("due");
            let number = match subject {
                TimerSubject::Agent(agent) => agent.0,
                TimerSubject::Queue(queue) => u32::from(queue.0),
                TimerSubject::Contact(contact) => contact.0 as u32,
                TimerSubject::Look | TimerSubject::Servable => panic!("none was set"),
            };
            assert_eq!((fired_tenant, number), (tenant, n));
            timers.cancel(&mut refs[n as usize]);
        }
        assert_eq!(timers.next_due(), None);
    }
}
