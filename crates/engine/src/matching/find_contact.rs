//! The contact for a freed agent: along its class's row for the best key of each group, then the best of groups.

use std::cmp::Reverse;

use model::{ContactNo, ProfileNo, Time};
use smallvec::SmallVec;

use super::Matcher;
use super::bits::ones;
use super::classes::{Entry, Segment};
use super::demand::{Demand, GroupKind, NONE, is_before};
use crate::state::agents::{Agent, LaneMask};
use crate::state::contacts::Contacts;
use crate::state::profiles::ProfileKey;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    Contact(ContactNo),
    Nothing,
    /// More contacts than the limit keep away from this agent before one that does not.
    GaveUp,
}

/// The order of contacts for one agent, best least: live before indirect; live by score, indirect by deadline;
/// then by arrival and number.
type Rank = (bool, Reverse<i64>, i64, Time, ContactNo);

impl Matcher {
    /// The best contact that the agent, open on these lanes, can take, passing over at most `limit` that keep away from it.
    pub fn find_contact(
        &mut self,
        agent: &Agent,
        open: LaneMask,
        limit: u32,
        contacts: &mut Contacts,
        now: Time,
    ) -> Found {
        let mut passed: SmallVec<[u32; 16]> = SmallVec::new();
        let found = loop {
            let Some(contact) = self.best_contact(agent, open, contacts, now) else { break Found::Nothing };
            if !contacts.keeps_away(contacts.of(contact), agent.number) {
                break Found::Contact(contact);
            }
            if passed.len() as u32 == limit {
                break Found::GaveUp;
            }
            passed.push(contact.place());
            self.demand.remove(contacts, contact.place());
        };
        for place in passed {
            self.demand.insert(contacts, place);
        }
        found
    }

    #[inline]
    fn best_contact(
        &self,
        agent: &Agent,
        open: LaneMask,
        contacts: &Contacts,
        now: Time,
    ) -> Option<ContactNo> {
        let mut best: Option<Rank> = None;
        let row = self.classes.row_of(agent.class);
        for segment in &row.segments {
            if open >> segment.lane & 1 == 0 {
                continue;
            }
            let profile = match &row.bits {
                None => self.demand.best_of_entries(contacts, row.entries(segment)),
                Some(bits) => self.demand.best_of_bits(contacts, segment, bits),
            };
            let Some(profile) = profile else { continue };
            let rank = self.rank(contacts, self.demand.places[profile.index()], now);
            if best.is_none_or(|best| rank < best) {
                best = Some(rank);
            }
        }
        for &place in &agent.waiters {
            let contact = contacts.at(place);
            let group = &self.demand.groups[self.demand.group_of(contact.profile) as usize];
            let works_on_it =
                self.columns.get(contact.profile).is_some_and(|column| agent.has_channel(column.channel()));
            if open >> group.lane & 1 == 1 && works_on_it {
                let rank = self.rank(contacts, place, now);
                if best.is_none_or(|best| rank < best) {
                    best = Some(rank);
                }
            }
        }
        best.map(|(_, _, _, _, contact)| contact)
    }

    #[inline]
    fn rank(&self, contacts: &Contacts, place: u32, now: Time) -> Rank {
        let contact = contacts.at(place);
        match self.demand.kind_of(contact.profile) {
            GroupKind::Live { ageing_per_minute } => {
                let score = i64::from(ageing_per_minute) * now.0 as i64 - contact.key;
                (false, Reverse(score), 0, contact.arrived_at, contact.number)
            }
            GroupKind::Indirect => (true, Reverse(0), contact.key, contact.arrived_at, contact.number),
        }
    }

    /// Whether the agent could serve the contact's profile at all.
    pub fn serves(&self, agent: &Agent, key: &ProfileKey) -> bool {
        self.classes.qualifies(agent.class, key)
    }
}

impl Demand {
    #[inline]
    fn best_of_entries(&self, contacts: &Contacts, entries: &[Entry]) -> Option<ProfileNo> {
        let (mut best, mut best_profile) = (NONE, None);
        for entry in entries {
            let profile = entry.profile();
            let key = self.keys[profile.index()];
            if key < best
                || key == best && key != NONE && self.is_head_before(contacts, profile, best_profile)
            {
                (best, best_profile) = (key, Some(profile));
            }
        }
        best_profile
    }

    #[inline]
    fn best_of_bits(&self, contacts: &Contacts, segment: &Segment, row: &[u64]) -> Option<ProfileNo> {
        let group = &self.groups[segment.group as usize];
        let (mut best, mut best_profile) = (NONE, None);
        for (word, (&served, &nonempty)) in row.iter().zip(&group.nonempty).enumerate() {
            let both = served & nonempty;
            if both == 0 || group.least[word] > best {
                continue;
            }
            for bit in ones(both) {
                let profile = ProfileNo((word * 64 + bit) as u32);
                let key = self.keys[profile.index()];
                if key < best || key == best && self.is_head_before(contacts, profile, best_profile) {
                    (best, best_profile) = (key, Some(profile));
                }
            }
        }
        best_profile
    }

    #[cold]
    fn is_head_before(&self, contacts: &Contacts, one: ProfileNo, other: Option<ProfileNo>) -> bool {
        let Some(other) = other else { return true };
        let head = |profile: ProfileNo| (self.keys[profile.index()], self.places[profile.index()]);
        is_before(contacts, head(one), head(other))
    }
}
