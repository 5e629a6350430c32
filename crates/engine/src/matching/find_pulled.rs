//! The contact that an agent takes from a queue: the first that it would be offered from there if the queue offered.
//!
//! A look-up of its own, for it asks one queue and goes through contacts that are held back from everybody.

use model::{ContactNo, ProfileNo, QueueNo, Time};
use smallvec::SmallVec;

use super::Matcher;
use super::demand::GroupKind;
use super::find_contact::{Candidate, Reach};
use crate::state::agents::Agent;
use crate::state::contacts::Contacts;
use crate::state::profiles::Profiles;

/// Contacts that keep away from an agent which one look-up passes over: a millisecond of them.
const PASSED_OVER_MAX: usize = 4_096;

/// Who takes it, how far that agent reaches, and from where.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    pub queue: QueueNo,
    pub reach: Reach,
    pub now: Time,
}

impl Matcher {
    pub fn find_pulled(
        &mut self,
        agent: &Agent,
        wanted: Wanted,
        profiles: &Profiles,
        contacts: &mut Contacts,
    ) -> Option<ContactNo> {
        let of_queue = self.profiles_for(agent, wanted, profiles);
        let own = self.best_of_waiters(agent, wanted, profiles, contacts);
        let mut passed: SmallVec<[u32; 16]> = SmallVec::new();
        let found = loop {
            let heads = of_queue.iter().filter_map(|&profile| self.first_of(profile, wanted.now, contacts));
            let best = own
                .into_iter()
                .chain(heads)
                .reduce(|best, candidate| if candidate.is_before(best, contacts) { candidate } else { best });
            let Some(best) = best else { break None };
            let contact = contacts.at(best.place);
            let waits_for_it = own.is_some_and(|own| own.place == best.place);
            if waits_for_it || !contacts.keeps_away(contact, agent.number) {
                break Some(contact.number);
            }
            if passed.len() == PASSED_OVER_MAX {
                break None;
            }
            passed.push(best.place);
            self.demand.remove(contacts, best.place);
        };
        for place in passed {
            self.demand.insert(contacts, place);
        }
        found
    }

    /// Profiles of the queue in which somebody waits whom the agent may be given.
    fn profiles_for(&self, agent: &Agent, wanted: Wanted, profiles: &Profiles) -> SmallVec<[ProfileNo; 8]> {
        let Wanted { queue, reach, now: _ } = wanted;
        let row = self.classes.row_of(agent.class);
        let served = row.segments().flat_map(|(_, entries)| entries.iter().map(|entry| entry.profile()));
        served
            .filter(|profile| profiles.brief(*profile).queue == queue && self.reaches(reach, *profile))
            .collect()
    }

    /// Whether who reaches so far may be given the profile's contacts.
    #[inline]
    pub(super) fn reaches(&self, reach: Reach, profile: ProfileNo) -> bool {
        let group = &self.demand.groups[self.demand.group_of(profile) as usize];
        let waits_for_parked = reach.only_live && group.kind == GroupKind::Indirect;
        reach.open >> group.lane & 1 == 1 && !waits_for_parked
            || reach.yielding >> group.lane & 1 == 1 && self.may_interrupt(profile)
    }

    fn first_of(&self, profile: ProfileNo, now: Time, contacts: &Contacts) -> Option<Candidate> {
        let (key, place) = self.demand.first_in(contacts, profile)?;
        let kind = self.demand.groups[self.demand.group_of(profile) as usize].kind;
        Some(Candidate::new(kind, key, place, profile, now))
    }

    /// The first of the queue's that wait for this agent alone.
    fn best_of_waiters(
        &self,
        agent: &Agent,
        wanted: Wanted,
        profiles: &Profiles,
        contacts: &Contacts,
    ) -> Option<Candidate> {
        let waiters = agent.waiters.iter().filter_map(|&place| {
            let contact = contacts.at(place);
            let brief = profiles.brief(contact.profile);
            let is_reached = brief.queue == wanted.queue
                && agent.has_channel(brief.channel)
                && self.reaches(wanted.reach, contact.profile);
            let kind = self.demand.groups[self.demand.group_of(contact.profile) as usize].kind;
            let candidate = Candidate::new(kind, contact.key, place, contact.profile, wanted.now);
            let candidate = if contact.belongs_to_its_agent() { candidate.of_its_agent() } else { candidate };
            is_reached.then_some(candidate)
        });
        waiters.reduce(|best, candidate| if candidate.is_before(best, contacts) { candidate } else { best })
    }
}
