//! Contacts that ask for a person, and what bots hand over.

use model::transition::ReturnedWhy;
use model::{AgentNo, ContactBody, ContactId, ContactNo, ProfileNo};

use super::Step;
use super::contact::{Contact, State};
use super::tenant::{Profile, Tenant};
use crate::report::Invariant;

/// Profiles that a tenant may have; then one may be missing.
const PROFILES_MAX: usize = 65_536;

impl Tenant {
    /// A profile of a queue for people is for people.
    pub(super) fn check_is_for_people(&self, number: ProfileNo, profile: &Profile, step: &mut Step<'_>) {
        let is_for_people = self.queues.get(profile.queue.index()).is_some_and(|queue| queue.person);
        // That of a contact that is pressed is what it was before.
        if is_for_people && !profile.person && profile.pressure.is_none() {
            let name = self.queues.name(profile.queue.index());
            let what = format!("profile {number} is for bots too, queue {name} is for people");
            step.broken(Invariant::Eligibility, what);
        }
    }

    /// What asked for a person once asks for one in every profile that it gets.
    pub(super) fn check_still_asks(&self, contact: &Contact, next: ProfileNo, step: &mut Step<'_>) {
        let asked = self.profiles.get(&contact.profile).is_some_and(|former| former.person);
        // Without a number for another it keeps the one that it has.
        let asks = asked || contact.body.asks_for_person() && next != contact.profile;
        self.check_asks_as(next, asks, &contact.id, step);
    }

    /// Whether the contact asks for a person with this body, its profile does not, and it could.
    pub(super) fn owes_a_person(&self, contact: &Contact, body: &ContactBody) -> bool {
        let is_for_bots = self.profiles.get(&contact.profile).is_some_and(|profile| !profile.person);
        body.asks_for_person() && is_for_bots && self.profiles.len() < PROFILES_MAX
    }

    /// It was said to ask for a person, and the rules make nothing else of it.
    pub(super) fn keep_for_people(
        &mut self,
        number: ContactNo,
        profile: ProfileNo,
        step: &mut Step<'_>,
    ) -> Option<()> {
        let contact = self.open_contact(number, step)?;
        let id = &contact.id;
        if contact.state.holder().is_some() || !(contact.owes || contact.to_classify) {
            let what = format!("contact {id} is kept for people while it is {}", contact.state.name());
            step.broken(Invariant::Classification, what);
        } else if !contact.body.asks_for_person() {
            let what = format!("contact {id} is kept for people, and nobody asked for one");
            step.broken(Invariant::Classification, what);
        } else if self.owes(contact, &contact.body) {
            let what = format!("contact {id} is kept for people, and the rules make something else of it");
            step.broken(Invariant::Classification, what);
        }
        // What is preferred is as the configuration in force has it.
        let as_before = |former: &Profile, next: &Profile| {
            let asked = |of: &Profile| (of.queue, of.channel, of.site, of.ageing_per_minute, of.pressure);
            next.person && asked(former) == asked(next) && former.requirement == next.requirement
        };
        let profiles = (self.profiles.get(&contact.profile), self.profiles.get(&profile));
        if let (Some(former), Some(next)) = profiles
            && !as_before(former, next)
        {
            let what = format!("contact {id} asks for something else than before, and a person");
            step.broken(Invariant::Lifecycle, what);
        }
        self.let_go(number, State::Nowhere);
        self.change_profile(number, profile);
        let contact = self.contact_mut(number)?;
        (contact.owes, contact.to_classify) = (false, false);
        self.unplaced.push(number);
        Some(())
    }

    pub(super) fn check_asks_as(&self, profile: ProfileNo, asks: bool, id: &ContactId, step: &mut Step<'_>) {
        if asks && self.profiles.get(&profile).is_some_and(|profile| !profile.person) {
            step.broken(Invariant::Eligibility, format!("contact {id} does not ask for a person any more"));
        }
    }

    /// What a bot hands over goes to people.
    pub(super) fn check_hand_over(
        &self,
        contact: &Contact,
        agent: AgentNo,
        why: ReturnedWhy,
        next: ProfileNo,
        step: &mut Step<'_>,
    ) {
        self.check_still_asks(contact, next, step);
        let is_handed_over = match why {
            ReturnedWhy::TransferredToQueue
            | ReturnedWhy::TransferredToAgent { .. }
            | ReturnedWhy::Requeued => true,
            ReturnedWhy::AgentLeft | ReturnedWhy::Supervisor => false,
        };
        let is_bot = self.agents.get(agent.index()).is_some_and(|agent| agent.is_bot);
        if is_handed_over && is_bot && self.profiles.get(&next).is_some_and(|profile| !profile.person) {
            let what = format!("contact {} is handed over by a bot, and not to people", contact.id);
            step.broken(Invariant::Eligibility, what);
        }
    }
}
