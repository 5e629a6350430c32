//! Work that stays with its agent when that one is signed out.
//!
//! It is parked then, with a time, and nothing else: what is looked up, offered and resumed is what [`super::parked`] has.

use model::{ContactNo, Time};

use super::contacts::{Contact, Status};
use super::tenant::Tenant;
use super::timers::Timers;
use super::work::Handled;

impl Tenant {
    /// Until when an active or parked contact stays with an agent who is about to be signed out; nothing if it does not.
    pub fn stays_until(&self, contact: &Contact, now: Time) -> Option<Time> {
        let bound_for = self.channel_of(contact.profile).bound_for?;
        if contact.is_pressed {
            return None;
        }
        let longest = now + bound_for;
        let until = self.presses_at(contact).map_or(longest, |near_at| near_at.min(longest));
        (until > now).then_some(until)
    }

    /// Of an active contact, or of one that is parked without a time.
    pub fn park_bound(&mut self, now: Time, contact: ContactNo, until: Time, timers: &mut Timers) {
        let was_active = self.contacts.of(contact).status == Status::Active;
        self.end_work(now, contact, Handled::Broken);
        let agent = self.let_go(contact);
        if was_active {
            self.agents[agent].idle_since = now;
        }
        self.park_with(contact, agent, Some(until));
        self.set_contact_timer(contact, timers);
    }
}
