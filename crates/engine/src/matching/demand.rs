//! Waiting contacts: per profile, best first by a key that never changes while they wait.
//!
//! Contacts mostly arrive in order, so a profile has a few lists to which they are appended, one per number of points,
//! and a heap for whatever comes out of order: what is re-queued or transferred, or brings its own deadline. The best key of
//! each profile stands in one dense array, the least of each 64 in another.

use model::{ProfileNo, Time};

use super::bits::ones;
use crate::prefetch::prefetch;
use crate::state::contacts::{Contact, Contacts, NIL, Status};
use crate::state::paged::Paged;

/// Nobody waits.
pub const NONE: i64 = i64::MAX;
/// Lists per profile; more distinct points than this and the rest goes to the heap.
const LISTS: usize = 8;
/// `Contact::line` of a contact in the heap.
const IN_HEAP: u8 = u8::MAX;
const ARITY: usize = 4;
/// A score in points times this is in milliseconds at one point per minute.
pub const POINT: i64 = 60_000;

#[derive(Debug, Default)]
pub struct Demand {
    /// By profile: the key of its best contact, and its place.
    pub keys: Vec<i64>,
    places: Vec<u32>,
    lines: Vec<Line>,
    /// By place: the position of a contact in its profile's heap. Aside, so that moving an entry does not touch its contact.
    positions: Paged<u32>,
    pub groups: Vec<Group>,
}

/// Profiles whose contacts can be compared by key alone and are taken on the same lane.
#[derive(Debug)]
pub struct Group {
    pub lane: u8,
    pub kind: GroupKind,
    /// Profiles with waiting contacts, and the least key of each 64.
    pub nonempty: Vec<u64>,
    pub least: Vec<i64>,
    /// How many profiles are in it; another group may take the place of one without any.
    profiles: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupKind {
    Live { ageing_per_minute: u32 },
    Indirect,
}

impl GroupKind {
    /// Lowest first; see `ROUTING.md` for the score it stands for.
    /// The arrival of a pressed contact is the time from which it counts as live, in milliseconds and maybe before 1970.
    pub fn key(self, arrived_at: i64, points: i32, due_at: Time) -> i64 {
        match self {
            GroupKind::Live { ageing_per_minute } => {
                i64::from(ageing_per_minute) * arrived_at - POINT * i64::from(points)
            }
            GroupKind::Indirect => due_at.0 as i64,
        }
    }

    /// What [`Self::key`] was given as the arrival of a contact of a live group.
    pub fn arrival_of(key: i64, ageing_per_minute: u32, points: i32) -> i64 {
        (key + POINT * i64::from(points)) / i64::from(ageing_per_minute.max(1))
    }
}

#[derive(Debug)]
struct Line {
    group: u16,
    lists: [List; LISTS],
    /// The least of the heap, here, because the best of all is asked for again and again.
    heap_head: (i64, u32),
    heap: Paged<HeapEntry>,
    waiting: u32,
    /// Nobody may have its contacts for now: it has no best one.
    is_held: bool,
}

#[derive(Debug, Clone, Copy)]
struct List {
    head: u32,
    tail: u32,
    head_key: i64,
    tail_key: i64,
    points: i32,
}

/// Of a line that no profile has.
const NO_GROUP: u16 = u16::MAX;
/// Key and place where nobody waits.
const NOBODY: (i64, u32) = (NONE, NIL);
const EMPTY: List = List { head: NIL, tail: NIL, head_key: NONE, tail_key: NONE, points: 0 };

#[derive(Debug, Clone, Copy)]
struct HeapEntry {
    /// Two words take 8 bytes at an alignment of 4, so that an entry takes 12.
    key: [u32; 2],
    place: u32,
}

impl Demand {
    /// Puts the profile's line, which is made if there is none, into the group that is the profile's now; returns that. The
    /// kind of a line in which anybody waits is never another.
    pub fn open(&mut self, profile: ProfileNo, lane: u8, kind: GroupKind) -> u16 {
        let index = profile.index();
        if self.lines.len() <= index {
            self.lines.resize_with(index + 1, Line::default);
            self.keys.resize(index + 1, NONE);
            self.places.resize(index + 1, NIL);
        }
        let (key, place) = self.head(profile);
        self.leave_group(profile);
        let group = self.group(lane, kind);
        self.lines[index].group = group;
        let group_words = &mut self.groups[group as usize];
        group_words.profiles += 1;
        let words = index / 64 + 1;
        if group_words.nonempty.len() < words {
            group_words.nonempty.resize(words, 0);
            group_words.least.resize(words, NONE);
        }
        self.set_head(profile, key, place);
        group
    }

    fn group(&mut self, lane: u8, kind: GroupKind) -> u16 {
        let is_it = |group: &Group| group.lane == lane && group.kind == kind;
        if let Some(known) = self.groups.iter().position(is_it) {
            return known as u16;
        }
        let unused = self.groups.iter().position(|group| group.profiles == 0);
        let at = unused.unwrap_or_else(|| {
            self.groups.push(Group { lane, kind, nonempty: vec![], least: vec![], profiles: 0 });
            self.groups.len() - 1
        });
        let group = &mut self.groups[at];
        (group.lane, group.kind) = (lane, kind);
        at as u16
    }

    fn leave_group(&mut self, profile: ProfileNo) {
        let group = self.lines[profile.index()].group;
        if group != NO_GROUP {
            self.set_head(profile, NONE, NIL);
            self.groups[group as usize].profiles -= 1;
            self.lines[profile.index()].group = NO_GROUP;
        }
    }

    /// Nobody waits there, and it may have had no line.
    pub fn close(&mut self, profile: ProfileNo) {
        debug_assert_eq!(self.waiting_in(profile), 0);
        if profile.index() < self.lines.len() {
            self.leave_group(profile);
            self.lines[profile.index()] = Line::default();
        }
    }

    #[inline]
    pub fn group_of(&self, profile: ProfileNo) -> u16 {
        self.lines[profile.index()].group
    }

    /// Key and place of the best contact.
    #[inline]
    pub fn head(&self, profile: ProfileNo) -> (i64, u32) {
        (self.keys[profile.index()], self.places[profile.index()])
    }

    pub fn waiting_in(&self, profile: ProfileNo) -> u32 {
        self.lines.get(profile.index()).map_or(0, |line| line.waiting)
    }

    /// The profile's best contact is about to be taken.
    #[inline]
    pub fn expect_removal(&self, profile: ProfileNo) {
        let line = &self.lines[profile.index()];
        line.lists.iter().step_by(2).for_each(prefetch);
        prefetch(&line.waiting);
    }

    pub fn insert(&mut self, contacts: &mut Contacts, place: u32) {
        let contact = contacts.at_mut(place);
        contact.status = Status::WaitingInQueue;
        let (profile, key, points) = (contact.profile, contact.key, contact.points);
        let line = &mut self.lines[profile.index()];
        line.waiting += 1;
        match line.list_for(contacts, place, key, points) {
            Some(list) => line.append(contacts, place, key, list),
            None => {
                self.positions.grow_to(place as usize + 1);
                contacts.at_mut(place).line = IN_HEAP;
                line.push(contacts, &mut self.positions, place, key);
            }
        }
        if line.is_held {
            return;
        }
        let best = self.places[profile.index()];
        if best == NIL || is_before(contacts, (key, place), (self.keys[profile.index()], best)) {
            self.set_head(profile, key, place);
        }
    }

    pub fn remove(&mut self, contacts: &mut Contacts, place: u32) {
        let contact = contacts.at(place);
        let profile = contact.profile;
        let line = &mut self.lines[profile.index()];
        line.waiting -= 1;
        if contact.line == IN_HEAP {
            line.remove_at(contacts, &mut self.positions, place);
        } else {
            line.unlink(contacts, place);
        }
        if self.places[profile.index()] == place {
            let (key, place) = self.lines[profile.index()].best(contacts);
            self.set_head(profile, key, place);
        }
    }

    /// Keeps the profile's contacts from everybody, or lets them be had again.
    pub fn hold(&mut self, contacts: &Contacts, profile: ProfileNo, is_held: bool) {
        let Some(line) = self.lines.get_mut(profile.index()).filter(|line| line.is_held != is_held) else {
            return;
        };
        line.is_held = is_held;
        let (key, place) = if is_held { NOBODY } else { line.best(contacts) };
        self.set_head(profile, key, place);
    }

    #[inline]
    pub fn is_held(&self, profile: ProfileNo) -> bool {
        self.lines[profile.index()].is_held
    }

    /// Key and place of the best contact, also while the profile's are kept from everybody.
    pub fn first_in(&self, contacts: &Contacts, profile: ProfileNo) -> Option<(i64, u32)> {
        let (key, place) = self.lines[profile.index()].best(contacts);
        (place != NIL).then_some((key, place))
    }

    fn set_head(&mut self, profile: ProfileNo, key: i64, place: u32) {
        let index = profile.index();
        self.places[index] = place;
        let before = std::mem::replace(&mut self.keys[index], key);
        if before == key {
            return;
        }
        let group = &mut self.groups[self.lines[index].group as usize];
        let (word, bit) = (index / 64, index % 64);
        if key == NONE {
            group.nonempty[word] &= !(1 << bit);
        } else {
            group.nonempty[word] |= 1 << bit;
        }
        if key < group.least[word] {
            group.least[word] = key;
        } else if before == group.least[word] {
            group.least[word] =
                ones(group.nonempty[word]).map(|bit| self.keys[word * 64 + bit]).min().unwrap_or(NONE);
        }
    }
}

/// Whether one waiting contact comes before another of its group; the contacts themselves are looked at on a tie only.
#[inline]
pub fn is_before(contacts: &Contacts, one: (i64, u32), other: (i64, u32)) -> bool {
    one.0 < other.0 || one.0 == other.0 && contacts.at(one.1).order() < contacts.at(other.1).order()
}

impl Default for Line {
    fn default() -> Line {
        let heap = Paged::default();
        Line { group: NO_GROUP, lists: [EMPTY; LISTS], heap_head: NOBODY, heap, waiting: 0, is_held: false }
    }
}

impl Line {
    /// The list at whose end the contact belongs, if there is one.
    fn list_for(&self, contacts: &Contacts, place: u32, key: i64, points: i32) -> Option<usize> {
        let of_points = self.lists.iter().position(|list| list.head != NIL && list.points == points);
        match of_points {
            None => self.lists.iter().position(|list| list.head == NIL),
            Some(at) => {
                let list = &self.lists[at];
                is_before(contacts, (list.tail_key, list.tail), (key, place)).then_some(at)
            }
        }
    }

    fn append(&mut self, contacts: &mut Contacts, place: u32, key: i64, at: usize) {
        let list = &mut self.lists[at];
        let tail = std::mem::replace(&mut list.tail, place);
        list.tail_key = key;
        let contact = contacts.at_mut(place);
        contact.line = at as u8;
        contact.previous = tail;
        (contact.next, contact.next_key) = (NIL, NONE);
        list.points = contact.points;
        if tail == NIL {
            list.head = place;
            list.head_key = key;
        } else {
            let tail = contacts.at_mut(tail);
            (tail.next, tail.next_key) = (place, key);
        }
    }

    fn unlink(&mut self, contacts: &mut Contacts, place: u32) {
        let contact: &Contact = contacts.at(place);
        let (previous, next, next_key) = (contact.previous, contact.next, contact.next_key);
        let list = &mut self.lists[contact.line as usize];
        if list.head == place {
            (list.head, list.head_key) = (next, next_key);
            if next == NIL {
                *list = EMPTY;
            }
            return;
        }
        let before = contacts.at_mut(previous);
        (before.next, before.next_key) = (next, next_key);
        if next == NIL {
            (list.tail, list.tail_key) = (previous, before.key);
        } else {
            contacts.at_mut(next).previous = previous;
        }
    }

    /// The best contact of all lists and the heap.
    fn best(&self, contacts: &Contacts) -> (i64, u32) {
        let mut best = self.heap_head;
        for list in &self.lists {
            if list.head != NIL && (best.1 == NIL || is_before(contacts, (list.head_key, list.head), best)) {
                best = (list.head_key, list.head);
            }
        }
        best
    }

    fn push(&mut self, contacts: &Contacts, positions: &mut Paged<u32>, place: u32, key: i64) {
        let position = self.heap.len();
        self.heap.push(HeapEntry::new(key, place));
        self.sift_up(contacts, positions, position);
        self.heap_head = self.heap[0].head();
    }

    fn remove_at(&mut self, contacts: &Contacts, positions: &mut Paged<u32>, place: u32) {
        let position = positions[place as usize] as usize;
        let last = self.heap.pop().expect("a contact in the heap has an entry");
        if position < self.heap.len() {
            self.heap[position] = last;
            if self.sift_up(contacts, positions, position) == position {
                self.sift_down(contacts, positions, position);
            }
        }
        self.heap_head = self.heap.get(0).map_or(NOBODY, |entry| entry.head());
    }

    fn sift_up(&mut self, contacts: &Contacts, positions: &mut Paged<u32>, mut position: usize) -> usize {
        let entry = self.heap[position];
        while position > 0 {
            let parent = self.heap[(position - 1) / ARITY];
            if !entry.is_before(contacts, parent) {
                break;
            }
            self.heap[position] = parent;
            positions[parent.place as usize] = position as u32;
            position = (position - 1) / ARITY;
        }
        self.heap[position] = entry;
        positions[entry.place as usize] = position as u32;
        position
    }

    fn sift_down(&mut self, contacts: &Contacts, positions: &mut Paged<u32>, mut position: usize) {
        let entry = self.heap[position];
        loop {
            let first_child = position * ARITY + 1;
            let mut least: Option<(usize, HeapEntry)> = None;
            for child in first_child..(first_child + ARITY).min(self.heap.len()) {
                let candidate = self.heap[child];
                if least.is_none_or(|(_, best)| candidate.is_before(contacts, best)) {
                    least = Some((child, candidate));
                }
            }
            let Some((child, candidate)) = least else { break };
            if !candidate.is_before(contacts, entry) {
                break;
            }
            self.heap[position] = candidate;
            positions[candidate.place as usize] = position as u32;
            position = child;
        }
        self.heap[position] = entry;
        positions[entry.place as usize] = position as u32;
    }
}

impl HeapEntry {
    #[inline]
    fn new(key: i64, place: u32) -> HeapEntry {
        HeapEntry { key: [key as u32, (key >> 32) as u32], place }
    }

    #[inline]
    fn head(self) -> (i64, u32) {
        (i64::from(self.key[1] as i32) << 32 | i64::from(self.key[0]), self.place)
    }

    #[inline]
    fn is_before(self, contacts: &Contacts, other: HeapEntry) -> bool {
        is_before(contacts, self.head(), other.head())
    }
}
