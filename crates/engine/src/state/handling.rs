//! Contacts that may not be active for ever without a word of their agents, in queues that say for how long.
//!
//! Beside the contacts' records: where no queue says so it is empty, and that is all that others look at.

use model::row::Handling;
use model::{ContactNo, Millis, Time};

use super::by_contact::ByContact;
use super::contacts::{Contact, Status};
use super::tenant::Tenant;
use super::timers::Timers;
use crate::mutants::{self, Mutant};

#[derive(Debug, Default)]
pub struct Handlings(ByContact<Handling>);

impl Handlings {
    fn of(&self, contact: ContactNo) -> Option<Handling> {
        self.0.get(contact).copied()
    }

    #[inline]
    pub fn expect(&self, place: u32) {
        self.0.expect(place);
    }

    /// The contact is active no more.
    #[inline]
    pub fn forget(&mut self, contact: ContactNo) {
        self.0.remove(contact);
    }

    pub fn load(&mut self, contact: ContactNo, handling: Option<Handling>) {
        if let Some(handling) = handling {
            self.0.insert(contact, handling);
        }
    }
}

impl Tenant {
    /// The contact is active from now on, or its agent says that it is worked on.
    #[inline]
    pub fn begin_handling(&mut self, now: Time, contact: ContactNo) {
        if let Some(longest) = self.queue_of(self.contacts.of(contact).profile).handling_max {
            let longest = if mutants::is(Mutant::HandlingCutShort) { Millis(longest.0 / 2) } else { longest };
            self.handlings.0.insert(contact, Handling { until: now + longest, stuck: false });
        }
    }

    pub fn handling_goes_on(&mut self, now: Time, contact: ContactNo, timers: &mut Timers) {
        self.begin_handling(now, contact);
        self.set_contact_timer(contact, timers);
    }

    pub fn say_stuck(&mut self, contact: ContactNo, timers: &mut Timers) {
        if let Some(handling) = self.handlings.of(contact) {
            self.handlings.0.insert(contact, Handling { stuck: true, ..handling });
        }
        self.set_contact_timer(contact, timers);
    }

    /// When it is to be said of an active contact that it is stuck.
    pub fn stuck_at(&self, contact: ContactNo) -> Option<Time> {
        self.handlings.of(contact).filter(|handling| !handling.stuck).map(|handling| handling.until)
    }

    /// Nothing for one that is not active, and in queues that say nothing.
    pub fn handling(&self, contact: &Contact) -> Option<Handling> {
        self.handlings.of(contact.number).filter(|_| contact.status == Status::Active)
    }
}
