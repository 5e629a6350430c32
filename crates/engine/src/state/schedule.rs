//! Scheduled contacts: which are put off in which queue until when, and how many of them wait there.
//!
//! A contact without a window has nothing here, and a bit of its record says so.

use std::collections::{BTreeMap, BTreeSet};

use model::row::ScheduleState;
use model::{ContactNo, Millis, QueueNo, TenantNo, Time};

use super::contacts::{Contact, Status};
use super::tenant::Tenant;
use super::timers::{TimerRef, TimerSubject, Timers};

#[derive(Debug, Default)]
pub struct Schedule {
    /// Of every scheduled contact, until it ends or leaves because its window is over.
    states: BTreeMap<ContactNo, ScheduleState>,
    /// By queue number.
    queues: Vec<OfQueue>,
}

/// A contact that is put off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PutOff {
    pub until: Time,
    pub contact: ContactNo,
    /// The arrival with which it is released.
    pub arrives_at: Time,
}

#[derive(Debug)]
struct OfQueue {
    put_off: BTreeSet<PutOff>,
    /// Those of them whose time had come by `looked_at`, in the order in which they are released. Carried on when somebody is to
    /// be released, so it is no part of the state.
    due: BTreeSet<(Time, ContactNo)>,
    looked_at: Option<Time>,
    /// Scheduled contacts that wait here and are not answered.
    waiting: u32,
    timer: TimerRef,
}

impl Default for OfQueue {
    fn default() -> OfQueue {
        OfQueue {
            put_off: BTreeSet::new(),
            due: BTreeSet::new(),
            looked_at: None,
            waiting: 0,
            timer: TimerRef::NONE,
        }
    }
}

impl Schedule {
    pub fn state(&self, contact: ContactNo) -> Option<ScheduleState> {
        self.states.get(&contact).copied()
    }

    pub fn set_state(&mut self, contact: ContactNo, state: ScheduleState) {
        self.states.insert(contact, state);
    }

    pub fn forget(&mut self, contact: ContactNo) {
        self.states.remove(&contact);
    }

    pub fn put_off(&mut self, queue: QueueNo, new: PutOff) {
        let of_queue = self.of(queue);
        of_queue.put_off.insert(new);
        if of_queue.looked_at.is_some_and(|at| new.until <= at) {
            of_queue.due.insert((new.arrives_at, new.contact));
        }
    }

    pub fn take(&mut self, queue: QueueNo, put_off: PutOff) {
        let of_queue = self.of(queue);
        of_queue.put_off.remove(&put_off);
        of_queue.due.remove(&(put_off.arrives_at, put_off.contact));
    }

    /// Whose turn it is, if the time of any has come.
    pub fn first_due(&mut self, now: Time, queue: QueueNo) -> Option<ContactNo> {
        let of_queue = self.of(queue);
        let until = of_queue.looked_at.map_or(Time(0), |at| at + Millis(1));
        let first = PutOff { until, contact: ContactNo(0), arrives_at: Time(0) };
        let has_come = of_queue.put_off.range(first..).take_while(|put_off| put_off.until <= now);
        of_queue.due.extend(has_come.map(|put_off| (put_off.arrives_at, put_off.contact)));
        of_queue.looked_at = Some(now);
        of_queue.due.first().map(|&(_, contact)| contact)
    }

    /// How many that are not answered wait there, `change` more than before.
    pub fn count_waiting(&mut self, queue: QueueNo, change: i32) {
        let waiting = &mut self.of(queue).waiting;
        *waiting = waiting.checked_add_signed(change).expect("whoever stops waiting was counted");
    }

    /// When one is to be released, if the queue may have `release` of them wait.
    pub fn set_timer(&mut self, tenant: TenantNo, queue: QueueNo, release: u32, timers: &mut Timers) {
        let of_queue = self.of(queue);
        timers.cancel(&mut of_queue.timer);
        let first = of_queue.put_off.first().filter(|_| of_queue.waiting < release);
        if let Some(first) = first {
            of_queue.timer = timers.set(first.until, tenant, TimerSubject::Queue(queue));
        }
    }

    pub fn cancel_timers(&mut self, timers: &mut Timers) {
        self.queues.iter_mut().for_each(|of_queue| timers.cancel(&mut of_queue.timer));
    }

    /// Queues that ever had one.
    pub fn queues(&self) -> impl Iterator<Item = QueueNo> + use<> {
        (0..self.queues.len() as u16).map(QueueNo)
    }

    fn of(&mut self, queue: QueueNo) -> &mut OfQueue {
        if self.queues.len() <= queue.index() {
            self.queues.resize_with(queue.index() + 1, OfQueue::default);
        }
        &mut self.queues[queue.index()]
    }
}

impl Tenant {
    /// What its schedule says from here on; nothing when it is scheduled no more.
    pub fn set_schedule(&mut self, contact: ContactNo, schedule: Option<ScheduleState>) {
        self.contacts.of_mut(contact).set_schedule(schedule);
        match schedule {
            Some(state) => self.schedule.set_state(contact, state),
            None => self.schedule.forget(contact),
        }
    }

    /// Puts off a contact that is nowhere, until the time that its schedule says.
    pub fn put_off(&mut self, contact: ContactNo) {
        let queue = self.queue_number(contact);
        self.schedule.put_off(queue, self.put_off_entry(contact));
        self.contacts.of_mut(contact).status = Status::Scheduled;
    }

    pub fn put_off_entry(&self, contact: ContactNo) -> PutOff {
        let record = self.contacts.of(contact);
        let state = self.schedule.state(contact).expect("what is put off is scheduled");
        let is_said = record.body().arrived_at.is_some();
        let arrives_at = if is_said { record.arrived_at } else { state.until };
        PutOff { until: state.until, contact, arrives_at }
    }

    /// The arrival with which a contact that is put off is released.
    pub fn arrives_at(&self, contact: ContactNo) -> Time {
        self.put_off_entry(contact).arrives_at
    }

    /// When the window of a contact that has one is over.
    pub fn window_ends_at(&self, contact: &Contact) -> Option<Time> {
        if !contact.has_window() {
            return None;
        }
        contact.body().window.as_ref()?.not_after
    }

    #[inline]
    pub fn count_scheduled(&mut self, contact: ContactNo, change: i32) {
        if self.contacts.of(contact).has_window() {
            let queue = self.queue_number(contact);
            self.schedule.count_waiting(queue, change);
        }
    }

    pub fn queue_number(&self, contact: ContactNo) -> QueueNo {
        self.profiles.brief(self.contacts.of(contact).profile).queue
    }

    /// Sets the timer at which the queue releases the next of its scheduled contacts.
    pub fn set_release_timer(&mut self, queue: QueueNo, timers: &mut Timers) {
        let settings = self.settings().queue(queue);
        let release = settings.map_or(0, |settings| settings.schedule.release);
        self.schedule.set_timer(self.number, queue, release, timers);
    }
}
