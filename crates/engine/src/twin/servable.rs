//! What nobody can take: "What nobody can take" of the rules.

use model::row::ContactState;
use model::transition::Place;
use model::{Change, ContactNo};

use super::Step;
use super::classify::own_skills;
use super::state::{Profile, Tenant};

impl Step<'_> {
    pub fn say_what_is(&mut self) {
        if let Some(contact) = self.world().first_to_say_of() {
            self.say_of(contact);
        }
    }

    pub fn say_of(&mut self, contact: ContactNo) {
        self.decide(match self.world().contact(contact).unservable {
            true => Change::ContactServable { contact },
            false => Change::ContactUnservable { contact },
        });
    }
}

impl Tenant {
    pub fn first_to_say_of(&self) -> Option<ContactNo> {
        self.contacts.keys().copied().find(|contact| self.is_to_say_of(*contact))
    }

    /// Whether something else was said of it than is.
    pub fn is_to_say_of(&self, contact: ContactNo) -> bool {
        let present = self.contact(contact);
        present.state == Some(ContactState::Waiting(Place::Queue))
            && present.unservable == self.is_servable(contact)
    }

    /// Whether anybody in the roster has what it asks for, or comes to ask for.
    fn is_servable(&self, contact: ContactNo) -> bool {
        let (present, here) = (self.contact(contact), self.profile_of(contact));
        let steps = &self.queue_of(contact).relax;
        self.is_served(here)
            || steps.iter().skip(usize::from(present.step)).any(|step| {
                let own = if step.keep_own { own_skills(&present.body) } else { Vec::new() };
                let wanted = self.profile_asking(here.queue, self.lasting(contact), &step.skills, &own);
                wanted.is_ok_and(|wanted| self.is_served(&wanted))
            })
    }

    fn is_served(&self, profile: &Profile) -> bool {
        self.agents.iter().any(|agent| !agent.removed && agent.qualifies(profile))
    }
}
