//! The contact for a freed agent: along its class's row for the best key of each group, then the best of groups.

use model::{ContactNo, ProfileNo, Time};
use smallvec::SmallVec;

use super::Matcher;
use super::bits::ones;
use super::classes::Entry;
use super::demand::{Demand, GroupKind, NONE, is_before};
use super::find_in_turn::{InTurn, Seeker};
use crate::mutants::{self, Mutant};
use crate::state::agents::{Agent, LaneMask};
use crate::state::contacts::Contacts;
use crate::state::profiles::ProfileKey;

/// On which lanes an agent may be given what.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reach {
    /// What is open to it.
    pub open: LaneMask,
    /// What is open to live contacts by yielding.
    pub yielding: LaneMask,
    /// Work is parked with it: nothing indirect comes before that.
    pub only_live: bool,
    /// It is held back from all but what waits for it alone.
    pub only_own: bool,
}

impl Reach {
    #[inline]
    pub fn is_none(self) -> bool {
        self.open | self.yielding == 0
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    Contact(ContactNo),
    Nothing,
    /// More contacts than the limit keep away from this agent before one that does not.
    GaveUp,
}

/// The best contact of one group. Its order against those of others is known without looking at the contact: by tier, live by
/// score, indirect by deadline; only a tie goes by arrival and number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    tier: Tier,
    /// Lowest first: the deadline, or what is left of a score below zero.
    rank: i64,
    pub(super) place: u32,
    pub(super) profile: ProfileNo,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Tier {
    /// Belongs with what the agent has or had: before all else, and there live first.
    OwnLive,
    OwnIndirect,
    Live,
    Indirect,
}

impl Candidate {
    #[inline]
    pub(super) fn new(kind: GroupKind, key: i64, place: u32, profile: ProfileNo, now: Time) -> Candidate {
        match kind {
            GroupKind::Live { ageing_per_minute } => Candidate {
                tier: Tier::Live,
                rank: key - i64::from(ageing_per_minute) * now.0 as i64,
                place,
                profile,
            },
            GroupKind::Indirect => Candidate { tier: Tier::Indirect, rank: key, place, profile },
        }
    }

    pub(super) fn is_of_its_agent(self) -> bool {
        matches!(self.tier, Tier::OwnLive | Tier::OwnIndirect)
    }

    /// Whether both are live, or both indirect, and wait for anybody, or both do not.
    pub(super) fn is_like(self, other: Candidate) -> bool {
        self.tier == other.tier
    }

    pub(super) fn of_its_agent(self) -> Candidate {
        let tier = match self.tier {
            Tier::OwnLive | Tier::Live => Tier::OwnLive,
            Tier::OwnIndirect | Tier::Indirect => Tier::OwnIndirect,
        };
        Candidate { tier, ..self }
    }

    #[inline]
    pub(super) fn is_before(self, other: Candidate, contacts: &Contacts) -> bool {
        let (one, two) = ((self.tier, self.rank), (other.tier, other.rank));
        if one != two {
            return (one < two) != mutants::is(Mutant::WorstFirst);
        }
        let age = |place: u32| {
            let contact = contacts.at(place);
            (contact.arrived_at, contact.number)
        };
        age(self.place) < age(other.place)
    }
}

impl Matcher {
    /// The best contact that the agent, who reaches so far, can take, passing over at most `limit` that keep away from it. `in_turn` is of a
    /// tenant in which queues take turns.
    pub fn find_contact(
        &mut self,
        agent: &Agent,
        reach: Reach,
        limit: u32,
        contacts: &mut Contacts,
        now: Time,
        in_turn: Option<InTurn<'_>>,
    ) -> Found {
        let mut passed: SmallVec<[u32; 16]> = SmallVec::new();
        let found = loop {
            let Some(best) = self.best_contact(agent, reach, contacts, now) else { break Found::Nothing };
            let contact = contacts.at(best.place);
            if !contacts.keeps_away(contact, agent.number) {
                let Some(in_turn) = in_turn.filter(|_| !mutants::is(Mutant::RatioIgnored)) else {
                    break Found::Contact(contact.number);
                };
                let seeker = Seeker { agent, reach, limit, now };
                break self.find_in_turn(best, seeker, in_turn, contacts, &mut passed);
            }
            if passed.len() as u32 == limit {
                break Found::GaveUp;
            }
            passed.push(best.place);
            self.demand.remove(contacts, best.place);
        };
        for place in passed {
            self.demand.insert(contacts, place);
        }
        found
    }

    #[inline]
    fn best_contact(&self, agent: &Agent, reach: Reach, contacts: &Contacts, now: Time) -> Option<Candidate> {
        let Reach { open, yielding, only_live, only_own } = reach;
        let mut best: Option<Candidate> = None;
        let mut challenge = |candidate: Candidate| {
            if best.is_none_or(|best| candidate.is_before(best, contacts)) {
                best = Some(candidate);
            }
        };
        let row = self.classes.row_of(agent.class);
        let for_anybody = if only_own { 0 } else { open };
        for (segment, entries) in row.segments() {
            if for_anybody >> segment.lane & 1 == 0 {
                continue;
            }
            let profile = match &row.bits {
                None => self.demand.best_of_entries(contacts, entries),
                Some(bits) => self.demand.best_of_bits(contacts, segment.group, bits),
            };
            if let Some(profile) = profile {
                let kind = self.demand.groups[segment.group as usize].kind;
                if only_live && kind == GroupKind::Indirect {
                    continue;
                }
                let (key, place) = self.demand.head(profile);
                contacts.expect(place);
                challenge(Candidate::new(kind, key, place, profile, now));
            }
        }
        self.waiters(agent, reach, contacts, now).for_each(&mut challenge);
        if yielding != 0 && !only_own {
            for profile in self.interrupting(agent, yielding) {
                let (key, place) = self.demand.head(profile);
                challenge(Candidate::new(self.kind_of(profile), key, place, profile, now));
            }
        }
        let best = best?;
        self.demand.expect_removal(best.profile);
        Some(best)
    }

    /// What waits for this agent alone, and it may be given.
    #[inline]
    pub(super) fn waiters<'a>(
        &'a self,
        agent: &'a Agent,
        reach: Reach,
        contacts: &'a Contacts,
        now: Time,
    ) -> impl Iterator<Item = Candidate> + 'a {
        agent.waiters.iter().filter_map(move |&place| {
            let contact = contacts.at(place);
            let column = self.columns.get(contact.profile);
            let works_on_it = column.is_some_and(|column| agent.has_channel(column.channel()));
            let may_have = works_on_it && self.reaches(reach, contact.profile);
            if !may_have || self.demand.is_held(contact.profile) {
                return None;
            }
            let kind = self.kind_of(contact.profile);
            let candidate = Candidate::new(kind, contact.key, place, contact.profile, now);
            Some(if contact.belongs_to_its_agent() { candidate.of_its_agent() } else { candidate })
        })
    }

    #[inline]
    pub(super) fn kind_of(&self, profile: ProfileNo) -> GroupKind {
        self.demand.groups[self.demand.group_of(profile) as usize].kind
    }

    /// Profiles in which somebody waits who may interrupt the agent. Not by group, for there what is pressed waits among the live.
    #[cold]
    fn interrupting(&self, agent: &Agent, yielding: LaneMask) -> SmallVec<[ProfileNo; 8]> {
        let row = self.classes.row_of(agent.class);
        let segments = row.segments().filter(|(segment, _)| yielding >> segment.lane & 1 == 1);
        let profiles = segments.flat_map(|(_, entries)| entries.iter().map(|entry| entry.profile()));
        profiles
            .filter(|profile| self.demand.keys[profile.index()] != NONE && self.may_interrupt(*profile))
            .collect()
    }

    /// Whether the profile's contacts are on a live channel.
    pub(super) fn may_interrupt(&self, profile: ProfileNo) -> bool {
        let is_live = match self.demand.groups[self.demand.group_of(profile) as usize].kind {
            GroupKind::Live { .. } => true,
            GroupKind::Indirect => false,
        };
        is_live && self.columns.get(profile).is_some_and(|column| !column.is_pressed())
    }

    /// Whether the agent could serve the contact's profile at all; one that was removed serves nothing.
    pub fn serves(&self, agent: &Agent, key: &ProfileKey) -> bool {
        !agent.removed && self.classes.qualifies(agent.class, key)
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
    fn best_of_bits(&self, contacts: &Contacts, group: u16, row: &[u64]) -> Option<ProfileNo> {
        let group = &self.groups[group as usize];
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
        is_before(contacts, self.head(one), self.head(other))
    }
}
