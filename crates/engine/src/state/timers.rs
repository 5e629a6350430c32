//! What is due when: exact heaps over all tenants, by how far off a timer was when it was set.
//!
//! Timers are exact and their order is total, (time, tenant, agents before queues before contacts before the look before what
//! nobody can take, number), so that every
//! engine fires them alike whatever its history. A wheel would insert a little faster but rounds its times.
//!
//! Which heap a timer stands in decides nothing, only what it costs. Timers that were set as far ahead are due about in the order in
//! which they were set, and stay where they are put. In one heap for all, each answer that ends a ringing of seconds would cost
//! the height of all those who wait for days.
//!
//! Most timers are cancelled long before they are due, at any place of a heap that is far larger than a cache. There they are crossed out
//! alone, which waits for no memory; whoever cancels one sweeps a few others, one after the other, so that what is crossed out never is
//! more than a part.

use model::{AgentNo, ContactNo, Millis, QueueNo, TenantNo, Time};

use crate::prefetch::prefetch;

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
    /// Told from time to time.
    now: Time,
    heaps: [Heap; HEAPS],
    /// Of all heaps together.
    places: Places,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    due: Time,
    /// The subject's number, above all agents' for queues, and above those for contacts.
    subject: u64,
    tenant: TenantNo,
    /// `CROSSED_OUT` for one that was cancelled: its handle may be another's by now.
    handle: u32,
}

const CROSSED_OUT: u32 = u32::MAX;
/// Entries that are looked at for each one that is crossed out. Of the entries at most a third are crossed out, then, and a sweep
/// that is over begins anew.
const SWEPT: usize = 4;

/// Contact numbers reach 2^63 after five hundred billion arrivals in one tenant.
const CONTACT: u64 = 1 << 63;
/// Behind all contacts.
const LOOK: u64 = u64::MAX - 1;
const SERVABLE: u64 = u64::MAX;
/// Agents have numbers of 32 bits.
const QUEUE: u64 = 1 << 32;
const ARITY: usize = 4;

/// Ringing and wrap-up; waiting for an agent; waiting for a day's work; what is written in calendars.
const REACHES: [Millis; HEAPS - 1] = [Millis::from_seconds(60), Millis::HOUR, Millis(24 * Millis::HOUR.0)];
const HEAPS: usize = 4;

impl Entry {
    #[inline]
    fn key(&self) -> (Time, TenantNo, u64) {
        (self.due, self.tenant, self.subject)
    }
}

impl Timers {
    /// Time has passed. Timers are set and cancelled all the more cheaply the better this is known.
    pub fn proceed(&mut self, now: Time) {
        self.now = now;
    }

    pub fn set(&mut self, due: Time, tenant: TenantNo, subject: TimerSubject) -> TimerRef {
        let subject = match subject {
            TimerSubject::Agent(agent) => u64::from(agent.0),
            TimerSubject::Queue(queue) => u64::from(queue.0) | QUEUE,
            TimerSubject::Contact(contact) => contact.0 | CONTACT,
            TimerSubject::Look => LOOK,
            TimerSubject::Servable => SERVABLE,
        };
        let reach = due.since(self.now);
        let heap = REACHES.iter().position(|longest| reach < *longest).unwrap_or(REACHES.len());
        let handle = self.places.take(heap);
        self.heaps[heap].insert(Entry { due, subject, tenant, handle }, &mut self.places);
        TimerRef(handle)
    }

    /// Cancels the timer if there is one and leaves none in its place.
    pub fn cancel(&mut self, timer: &mut TimerRef) {
        if *timer == TimerRef::NONE {
            return;
        }
        let Place { heap, at } = self.places.of[timer.0 as usize];
        self.places.give_back(timer.0);
        *timer = TimerRef::NONE;
        self.heaps[heap as usize].cross_out(at as usize, &mut self.places);
    }

    /// The timer is about to be cancelled.
    #[inline]
    pub fn expect(&self, timer: TimerRef) {
        if timer != TimerRef::NONE {
            prefetch(&self.places.of[timer.0 as usize]);
        }
    }

    fn first(&self) -> Option<&Entry> {
        self.heaps.iter().filter_map(|heap| heap.entries.first()).min_by_key(|entry| entry.key())
    }

    pub fn next_due(&self) -> Option<Time> {
        self.first().map(|entry| entry.due)
    }

    /// The first timer that is due; it stays set until whoever holds it cancels it.
    pub fn first_due(&self, by: Time) -> Option<(TenantNo, TimerSubject)> {
        let first = self.first().filter(|entry| entry.due <= by)?;
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
}

/// Where each timer stands.
#[derive(Debug, Default)]
struct Places {
    /// By handle; of a handle that is free, `at` is the next one.
    of: Vec<Place>,
    free: Option<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    heap: u32,
    at: u32,
}

impl Places {
    fn take(&mut self, heap: usize) -> u32 {
        let place = Place { heap: heap as u32, at: u32::MAX };
        let Some(handle) = self.free else {
            self.of.push(place);
            return (self.of.len() - 1) as u32;
        };
        let next = std::mem::replace(&mut self.of[handle as usize], place).at;
        self.free = (next != u32::MAX).then_some(next);
        handle
    }

    fn give_back(&mut self, handle: u32) {
        self.of[handle as usize].at = self.free.unwrap_or(u32::MAX);
        self.free = Some(handle);
    }

    /// Where the entry stands now.
    #[inline]
    fn note(&mut self, entry: Entry, at: usize) {
        if entry.handle != CROSSED_OUT {
            self.of[entry.handle as usize].at = at as u32;
        }
    }
}

/// The first entry is never crossed out.
#[derive(Debug, Default)]
struct Heap {
    entries: Vec<Entry>,
    /// Where the sweep goes on.
    swept: usize,
}

impl Heap {
    fn insert(&mut self, entry: Entry, places: &mut Places) {
        self.entries.push(entry);
        self.sift_up(self.entries.len() - 1, places);
    }

    fn cross_out(&mut self, at: usize, places: &mut Places) {
        self.entries[at].handle = CROSSED_OUT;
        for _ in 0..SWEPT {
            match self.entries.get(self.swept) {
                Some(entry) if entry.handle == CROSSED_OUT => self.remove_at(self.swept, places),
                Some(_) => self.swept += 1,
                None => self.swept = 0,
            }
        }
        while self.entries.first().is_some_and(|first| first.handle == CROSSED_OUT) {
            self.remove_at(0, places);
        }
    }

    fn remove_at(&mut self, at: usize, places: &mut Places) {
        self.entries.swap_remove(at);
        if at < self.entries.len() {
            let settled = self.sift_up(at, places);
            if settled == at {
                self.sift_down(at, places);
            }
        }
    }

    fn sift_up(&mut self, mut at: usize, places: &mut Places) -> usize {
        let entry = self.entries[at];
        while at > 0 {
            let parent = (at - 1) / ARITY;
            if self.entries[parent].key() <= entry.key() {
                break;
            }
            self.entries[at] = self.entries[parent];
            places.note(self.entries[at], at);
            at = parent;
        }
        self.entries[at] = entry;
        places.note(entry, at);
        at
    }

    fn sift_down(&mut self, mut at: usize, places: &mut Places) {
        let entry = self.entries[at];
        loop {
            let first_child = at * ARITY + 1;
            let children = first_child..(first_child + ARITY).min(self.entries.len());
            let Some(least) = children.min_by_key(|&child| self.entries[child].key()) else { break };
            if self.entries[least].key() >= entry.key() {
                break;
            }
            self.entries[at] = self.entries[least];
            places.note(self.entries[at], at);
            at = least;
        }
        self.entries[at] = entry;
        places.note(entry, at);
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
            let scale = [50, 3_000, 80_000, 10_000_000][n as usize % 7 % 4];
            let now = Time(u64::from(n));
            timers.proceed(now);
            let due = now + Millis((state >> 54) * scale);
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
        let crossed_out =
            |heap: &Heap| heap.entries.iter().filter(|entry| entry.handle == CROSSED_OUT).count();
        for heap in &timers.heaps {
            assert!(heap.entries.len() > 500 && crossed_out(heap) * 3 <= heap.entries.len());
        }
        let mut expected: Vec<_> =
            expected.into_iter().enumerate().filter(|(n, _)| n % 3 != 0).map(|(_, e)| e).collect();
        expected.sort();
        for (due, tenant, _, n) in expected {
            assert_eq!(timers.next_due(), Some(due));
            assert_eq!(timers.first_due(due - Millis(1)), None);
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
