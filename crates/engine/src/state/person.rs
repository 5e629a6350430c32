//! Contacts that ask for a person, and who handed a contact over.

use model::transition::ReturnedWhy;
use model::{AgentNo, ContactNo, ProfileNo};

use super::by_contact::ByContact;
use super::contacts::Contact;
use super::profiles::{Lasting, ProfileKey};
use super::tenant::Tenant;
use super::timers::Timers;

/// By whom contacts were transferred or requeued last. What is known of one that is closed is found by nobody, and lasts until its
/// place is another's.
pub type HandOvers = ByContact<AgentNo>;

impl Tenant {
    /// What the contact asks for wherever it goes: as its profile says, and what was said of it since.
    pub fn lasting(&self, contact: &Contact) -> Lasting {
        let lasting = self.profiles.key(contact.profile).lasting();
        Lasting { person: lasting.person || contact.body().asks_for_person(), ..lasting }
    }

    /// The same, for people; what is preferred is as the configuration in force has it.
    pub fn key_for_people(&self, present: &ProfileKey) -> ProfileKey {
        let preference = self.settings().queue(present.queue).and_then(|queue| queue.preference.clone());
        ProfileKey { person: true, preference, ..present.clone() }
    }

    /// A contact that waits or is nowhere is nowhere then, and asks for a person beside what it asked for.
    pub fn for_people(&mut self, contact: ContactNo, profile: ProfileNo, timers: &mut Timers) {
        let former = self.queue_number(contact);
        self.stop_waiting(contact);
        let points = self.contacts.of(contact).points;
        self.move_to_profile(contact, profile, points);
        self.contacts.of_mut(contact).to_classify = false;
        self.set_contact_timer(contact, timers);
        if self.contacts.of(contact).has_window() {
            self.set_release_timer(former, timers);
        }
    }

    pub fn note_hand_over(&mut self, contact: ContactNo, agent: AgentNo, why: ReturnedWhy) {
        match why {
            ReturnedWhy::TransferredToQueue
            | ReturnedWhy::TransferredToAgent { .. }
            | ReturnedWhy::Requeued => self.hand_overs.insert(contact, agent),
            ReturnedWhy::AgentLeft | ReturnedWhy::Supervisor => {}
        }
    }
}
