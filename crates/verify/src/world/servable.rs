//! Where contacts may be handled, and what nobody could take.

use std::collections::BTreeMap;

use model::config::SkillDemand;
use model::skill::REQUIREMENT_SKILLS_MAX;
use model::transition::Place;
use model::{ContactBody, ContactNo, ProfileNo, Requirement, SiteId, SiteNo, SkillLevel, SkillNo, Time};

use super::Step;
use super::agent::Agent;
use super::contact::{Contact, State};
use super::order::has_skills;
use super::tenant::{Profile, Tenant};
use crate::report::Invariant;
use crate::told::{Kind, Told};

impl Tenant {
    pub(super) fn site_number(&self, name: &SiteId) -> Option<SiteNo> {
        let number = self.sites.number(name.as_str())?;
        u16::try_from(number).ok().map(SiteNo)
    }

    /// Whatever profile it gets, a contact never lets its site go.
    pub(super) fn check_site(&self, profile: ProfileNo, body: &ContactBody, step: &mut Step<'_>) {
        let Some(profile) = self.profiles.get(&profile) else { return };
        let site = body.site.as_ref().and_then(|site| self.site_number(site));
        if profile.site != site {
            let name = body.site.as_ref().map_or("no site", |site| site.as_str());
            let what = format!("contact {} asks for {name}, its profile for another", body.contact);
            step.broken(Invariant::Eligibility, what);
        }
    }

    /// It is said that nobody could take a contact, or that somebody could.
    pub(super) fn call_unservable(
        &mut self,
        number: ContactNo,
        is_unservable: bool,
        step: &mut Step<'_>,
    ) -> Option<Told> {
        let contact = self.open_contact(number, step)?;
        let (id, called) = (&contact.id, if is_unservable { "unservable" } else { "servable" });
        if contact.state != State::Waiting(Place::Queue) {
            let what = format!("contact {id} is called {called} while it is {}", contact.state.name());
            step.broken(Invariant::Lifecycle, what);
        } else if contact.is_unservable == is_unservable {
            step.broken(Invariant::Lifecycle, format!("contact {id} is called {called}, as before"));
        } else if self.is_servable(contact) == is_unservable {
            step.broken(Invariant::Eligibility, format!("contact {id} is called {called}, which it is not"));
        }
        self.speaks_of_unservable = true;
        self.contact_mut(number)?.is_unservable = is_unservable;
        let kind = if is_unservable { Kind::ContactUnservable } else { Kind::ContactServable };
        Some(self.tell(kind, self.contact(number)?))
    }

    /// A contact of which something else was said than is, with the time since when that is so.
    pub(super) fn called_wrongly(&self) -> Option<(Time, String)> {
        if !self.speaks_of_unservable {
            return None;
        }
        let mut is_served: BTreeMap<ProfileNo, bool> = BTreeMap::new();
        let is_wrong = |contact: &&Contact| {
            let profile = contact.profile;
            let is_served = *is_served.entry(profile).or_insert_with(|| self.is_profile_served(profile));
            let is_servable = is_served || self.is_served_by_a_step(contact);
            contact.state == State::Waiting(Place::Queue) && contact.is_unservable == is_servable
        };
        let contact = self.sorted_contacts().find(is_wrong)?;
        let since = contact.stands.map(|stands| stands.since)?.max(self.enrolled_at);
        let called = if contact.is_unservable { "unservable" } else { "servable" };
        Some((since, format!("contact {} passes for {called}, which it is not", contact.id)))
    }

    fn is_servable(&self, contact: &Contact) -> bool {
        self.is_profile_served(contact.profile) || self.is_served_by_a_step(contact)
    }

    fn is_profile_served(&self, profile: ProfileNo) -> bool {
        let Some(profile) = self.profiles.get(&profile) else { return false };
        self.is_asked_of_anybody(profile, profile.person, &profile.requirement)
    }

    /// Whether anybody has what it would ask for by a further step of its queue.
    fn is_served_by_a_step(&self, contact: &Contact) -> bool {
        let Some(profile) = self.profiles.get(&contact.profile) else { return false };
        let queue = self.queue_of(contact);
        let relax = queue.map_or(&[][..], |queue| &queue.relax);
        let is_for_people = queue.is_some_and(|queue| queue.person);
        let person = profile.person || is_for_people || contact.body.asks_for_person();
        let mut steps = relax.iter().skip(usize::from(contact.step));
        steps.any(|step| {
            let of_rule = contact.body.classified.iter().flat_map(|classified| &classified.skills);
            let own = contact.body.skills.iter().chain(of_rule).filter(|_| step.keep_own);
            let requirement = self.requirement(step.skills.iter().chain(own));
            requirement.is_some_and(|requirement| self.is_asked_of_anybody(profile, person, &requirement))
        })
    }

    /// Nothing for more than can be required.
    pub(super) fn requirement<'a>(
        &self,
        demands: impl Iterator<Item = &'a SkillDemand>,
    ) -> Option<Requirement> {
        let mut levels = BTreeMap::new();
        for demand in demands {
            let skill = u16::try_from(self.skills.number(demand.skill.as_str())?).ok().map(SkillNo)?;
            let level = levels.entry(skill).or_insert(demand.level);
            *level = (*level).max(demand.level);
        }
        let mut requirement = Requirement::default();
        let fits = levels.len() <= REQUIREMENT_SKILLS_MAX
            && levels.into_iter().all(|(skill, level)| requirement.add(SkillLevel { skill, level }));
        fits.then_some(requirement)
    }

    /// The requirement, and whether for people, in place of the profile's.
    fn is_asked_of_anybody(&self, profile: &Profile, person: bool, requirement: &Requirement) -> bool {
        let (channel, site) = (profile.channel, profile.site);
        let has = |agent: &Agent| {
            !agent.is_removed
                && agent.channels.iter().any(|(known, _)| *known == channel)
                && (site.is_none() || site == agent.site)
                && !(person && agent.is_bot)
                && has_skills(requirement, agent)
        };
        self.agents.iter().any(has)
    }
}
