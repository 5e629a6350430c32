//! Scheduled contacts: put off, released, not reached.

use model::config::ScheduleConfig;
use model::row::{ContactState, ScheduleState};
use model::transition::ExitWhy;
use model::{AgentNo, Change, ContactNo, Outcome, QueueNo, Refusal, Time};

use super::Step;
use super::inputs::{Refused, refused};
use super::state::{Contact, Tenant};

impl Step<'_> {
    /// For a contact with a window that arrives.
    pub fn put_off(&mut self, contact: ContactNo) {
        let window = self.world().contact(contact).body.window.as_ref();
        let until = window.and_then(|window| window.not_before).map_or(self.now, |time| time.max(self.now));
        self.decide(Change::ContactScheduled { contact, until, tries: 0 });
    }

    pub fn not_reached(&mut self, contact: ContactNo, agent: AgentNo) -> Result<(), Refused> {
        let world = self.world();
        let present = world.contact(contact);
        let Some(ScheduleState { tries, .. }) = present.schedule else {
            return refused(Refusal::WrongState, "the contact is not scheduled".to_owned());
        };
        let ScheduleConfig { release: _, retries, retry_after } = world.queue_of(contact).schedule;
        let until = self.now + retry_after;
        let is_in_time = present.not_after().is_none_or(|end| until < end);
        if tries < retries && is_in_time {
            self.decide(Change::ContactScheduled { contact, until, tries: tries + 1 });
        } else {
            self.close(contact, Outcome::NotReached);
        }
        self.released(agent);
        Ok(())
    }

    pub fn release(&mut self, contact: ContactNo) {
        let arrived_at = self.world().contact(contact).arrives_at();
        self.decide(Change::ContactReleased { contact, arrived_at });
        if self.world().contact(contact).to_classify {
            self.reclassify(contact);
        }
        if !self.leave_if_window_over(contact) {
            self.enter(contact);
        }
    }

    pub fn leave_if_window_over(&mut self, contact: ContactNo) -> bool {
        let is_over = self.world().contact(contact).window_ends_at().is_some_and(|end| end <= self.now);
        if is_over {
            self.leave(contact, ExitWhy::WindowOver);
        }
        is_over
    }

    /// The queue's timer.
    pub fn release_first(&mut self, queue: QueueNo) {
        let due = self
            .world()
            .put_off_in(queue)
            .filter(|(_, contact)| contact.schedule.is_some_and(|schedule| schedule.until <= self.now));
        let first = due.map(|(number, contact)| (contact.arrives_at(), number)).min();
        if let Some((_, contact)) = first {
            self.release(contact);
        }
    }
}

impl Tenant {
    fn put_off_in(&self, queue: QueueNo) -> impl Iterator<Item = (ContactNo, &Contact)> {
        let put_off =
            self.contacts.iter().filter(|(_, contact)| contact.state == Some(ContactState::Scheduled));
        put_off
            .filter(move |(number, _)| self.profile_of(**number).queue == queue)
            .map(|(number, contact)| (*number, contact))
    }

    /// When the queue releases its next contact, if it may.
    pub fn releases_at(&self, queue: QueueNo) -> Option<Time> {
        let first = self.put_off_in(queue).filter_map(|(_, contact)| Some(contact.schedule?.until)).min()?;
        let waiting = self.contacts.iter().filter(|(number, contact)| {
            contact.is_waiting() && contact.is_unanswered() && self.profile_of(**number).queue == queue
        });
        (waiting.count() < self.queue(queue).schedule.release as usize).then_some(first)
    }
}

impl Contact {
    fn is_unanswered(&self) -> bool {
        self.schedule.is_some_and(|schedule| !schedule.answered)
    }

    fn not_after(&self) -> Option<Time> {
        self.body.window.as_ref()?.not_after
    }

    /// Nothing for one that is not scheduled, or is answered.
    pub fn window_ends_at(&self) -> Option<Time> {
        if self.is_unanswered() { self.not_after() } else { None }
    }

    /// The arrival that counts once it is released.
    pub fn arrives_at(&self) -> Time {
        match (self.body.arrived_at, self.schedule) {
            (None, Some(schedule)) => schedule.until,
            (Some(_), _) | (None, None) => self.arrived_at,
        }
    }
}
