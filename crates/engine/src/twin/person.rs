//! Who asks for a person, and what bots hand over.

use model::transition::ReturnedWhy;
use model::{AgentKind, AgentNo, Change, ContactNo, ProfileNo};

use super::Step;
use super::inputs::Refused;
use super::state::{Contact, Lasting, Profile, Tenant};

impl Tenant {
    /// A contact that asks for a person does so wherever it goes, whether its profile says so already or not.
    pub fn lasting(&self, contact: ContactNo) -> Lasting {
        let (channel, site, person) = self.profile_of(contact).lasting();
        (channel, site, person || self.contact(contact).body.asks_for_person())
    }

    /// The same, once this agent hands it over.
    pub fn lasting_after(&self, agent: AgentNo, contact: ContactNo) -> Lasting {
        let (channel, site, person) = self.lasting(contact);
        (channel, site, person || self.agent(agent).spec.kind == AgentKind::Bot)
    }

    fn as_for_people(&self, here: &Profile) -> Profile {
        Profile { person: true, preference: self.preference_of(here.queue), ..here.clone() }
    }

    fn for_people(&self, contact: ContactNo) -> Option<(ProfileNo, Profile)> {
        let here = self.profile_of(contact);
        if here.person || !self.contact(contact).body.asks_for_person() {
            return None;
        }
        let wanted = self.as_for_people(here);
        Some((self.profile_number(&wanted).ok()?, wanted))
    }
}

impl Step<'_> {
    /// True when it is nowhere by that.
    pub fn keep_for_people(&mut self, contact: ContactNo) -> bool {
        let Some((profile, wanted)) = self.world().for_people(contact) else { return false };
        self.open_profile(profile, wanted);
        self.decide(Change::ContactKeptForPeople { contact, profile });
        true
    }

    pub fn requeue(&mut self, agent: AgentNo, contact: ContactNo) -> Result<(), Refused> {
        let world = self.world();
        let (points, here) = (world.contact(contact).points, world.profile_of(contact));
        let (_, _, person) = world.lasting_after(agent, contact);
        let (profile, wanted) = if person == here.person {
            (world.contact(contact).profile, here.clone())
        } else {
            let wanted = world.as_for_people(here);
            (world.profile_number(&wanted)?, wanted)
        };
        let kept_from_until = self.now + world.queue_of(contact).retry_same_agent_after;
        let why = ReturnedWhy::Requeued;
        self.open_profile(profile, wanted);
        self.decide(Change::ContactReturned { contact, profile, points, why, kept_from_until });
        self.place(contact);
        self.released(agent);
        Ok(())
    }
}

impl Contact {
    pub fn kept_for_people(&mut self, profile: ProfileNo) {
        self.profile = profile;
        self.state = None;
        self.to_classify = false;
        self.unservable = false;
    }

    pub fn handed_over(&mut self, agent: AgentNo, why: ReturnedWhy) {
        match why {
            ReturnedWhy::TransferredToQueue
            | ReturnedWhy::TransferredToAgent { .. }
            | ReturnedWhy::Requeued => self.handed_over_by = Some(agent),
            ReturnedWhy::AgentLeft | ReturnedWhy::Supervisor => {}
        }
    }
}
