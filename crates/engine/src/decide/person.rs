//! Contacts that ask for a person: from an update on, and what bots hand over.

use model::transition::ReturnedWhy;
use model::{AgentKind, AgentNo, Change, ContactNo, TenantNo};

use super::Turn;
use super::contact::Refused;
use crate::mutants::{self, Mutant};
use crate::state::contacts::Contact;
use crate::state::profiles::Lasting;

impl Turn<'_> {
    /// For a contact that waits or is nowhere, of which it was said that it asks for a person. True when it is nowhere by that. Without a
    /// number for what it would ask for, it stays as it is.
    pub fn keep_for_people(&mut self, tenant: TenantNo, contact: ContactNo) -> bool {
        let state = self.tenant(tenant);
        let record = state.contacts.of(contact);
        let present = state.profiles.key(record.profile);
        if present.person || !record.body().asks_for_person() || mutants::is(Mutant::PersonUnheard) {
            return false;
        }
        let key = state.key_for_people(present);
        let Ok(profile) = self.open_profile(tenant, key) else { return false };
        self.emit(tenant, Change::ContactKeptForPeople { contact, profile });
        true
    }

    /// What a contact asks for wherever it goes once this agent hands it over: of a bot it goes to people alone.
    pub fn lasting_after(&self, tenant: TenantNo, agent: AgentNo, contact: &Contact) -> Lasting {
        let state = self.tenant(tenant);
        let is_bot = state.agents[agent].spec.kind == AgentKind::Bot;
        let lasting = state.lasting(contact);
        Lasting { person: lasting.person || is_bot && !mutants::is(Mutant::BotsPassOn), ..lasting }
    }

    pub fn requeue(&mut self, tenant: TenantNo, agent: AgentNo, contact: ContactNo) -> Result<(), Refused> {
        let state = self.tenant(tenant);
        let record = state.contacts.of(contact);
        let (mut profile, points) = (record.profile, record.points);
        let present = state.profiles.key(profile);
        let Lasting { person, .. } = self.lasting_after(tenant, agent, record);
        if person != present.person {
            profile = self.open_profile(tenant, state.key_for_people(present))?;
        }
        let kept_from_until = self.now + self.tenant(tenant).queue_of(profile).retry_same_agent_after;
        let why = ReturnedWhy::Requeued;
        self.emit(tenant, Change::ContactReturned { contact, profile, points, why, kept_from_until });
        self.place(tenant, contact);
        self.released(tenant, agent);
        Ok(())
    }
}
