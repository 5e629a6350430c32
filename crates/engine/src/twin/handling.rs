//! Contacts that are active for too long without a word of their agents: "What ends a state" of the rules.

use model::row::{ContactState, Handling};
use model::{AgentNo, Change, ContactNo, Refusal, Time};

use super::Step;
use super::inputs::{Refused, refused};
use super::state::{Contact, Tenant};

impl Step<'_> {
    pub fn still_working(&mut self, contact: ContactNo, agent: AgentNo) -> Result<(), Refused> {
        if self.world().contact(contact).state.is_none_or(|state| !is_active_with(state, agent)) {
            return refused(Refusal::WrongState, "the contact is parked".to_owned());
        }
        if self.world().queue_of(contact).handling_max.is_some() {
            self.decide(Change::ContactWorkedOn { contact });
        }
        Ok(())
    }
}

impl Tenant {
    /// It is active from now on, or its time begins anew.
    pub fn handling_begins(&mut self, now: Time, number: ContactNo) {
        let longest = self.queue_of(number).handling_max;
        let handling = longest.map(|longest| Handling { until: now + longest, stuck: false });
        self.contact_mut(number).handling = handling;
    }
}

impl Contact {
    /// Nothing for one that is not active, whatever it was.
    pub fn handling(&self) -> Option<Handling> {
        self.handling.filter(|_| self.is_active())
    }

    pub fn stuck_at(&self) -> Option<Time> {
        self.handling().filter(|handling| !handling.stuck).map(|handling| handling.until)
    }

    pub fn stuck(&mut self) {
        self.handling = self.handling.map(|handling| Handling { stuck: true, ..handling });
    }
}

fn is_active_with(state: ContactState, wanted: AgentNo) -> bool {
    matches!(state, ContactState::Active { agent, .. } if agent == wanted)
}
