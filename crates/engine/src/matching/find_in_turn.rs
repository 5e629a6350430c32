//! The contact for a freed agent where the first is of a queue that takes turns with others: the first of the queue that is next.
//!
//! One scan of the row over the profiles in which anybody waits, whatever the number of queues; nobody else comes here.

use model::{ProfileNo, Time};
use smallvec::SmallVec;

use super::Matcher;
use super::bits::ones;
use super::classes::Row;
use super::demand::NONE;
use super::find_contact::{Candidate, Found, Reach};
use crate::state::agents::Agent;
use crate::state::contacts::Contacts;
use crate::state::profiles::Profiles;
use crate::state::ratios::{Member, Ratios};

/// What a look-up for an agent asks of queues that take turns.
#[derive(Debug, Clone, Copy)]
pub struct InTurn<'a> {
    pub ratios: &'a Ratios,
    pub profiles: &'a Profiles,
    /// Contacts, by queue; nobody in those beyond.
    pub waiting: &'a [u32],
}

/// Who looks, and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seeker<'a> {
    pub agent: &'a Agent,
    pub reach: Reach,
    pub limit: u32,
    pub now: Time,
}

impl<'a> InTurn<'a> {
    fn member(self, profile: ProfileNo) -> Option<&'a Member> {
        self.ratios.of(self.profiles.brief(profile).queue)
    }

    /// Whether nobody waits with the others: then there are no turns to take.
    fn is_alone(self, member: &Member) -> bool {
        let mut others = self.ratios.others(member);
        others.all(|queue| self.waiting.get(queue.index()).is_none_or(|waiting| *waiting == 0))
    }
}

impl Matcher {
    /// What the agent gets in place of `first`, which it could have. Those that are `passed` over are off their lines.
    #[cold]
    pub(super) fn find_in_turn(
        &mut self,
        first: Candidate,
        seeker: Seeker<'_>,
        in_turn: InTurn<'_>,
        contacts: &mut Contacts,
        passed: &mut SmallVec<[u32; 16]>,
    ) -> Found {
        let number = contacts.at(first.place).number;
        let Some(member) = in_turn.member(first.profile).filter(|_| !first.is_of_its_agent()) else {
            return Found::Contact(number);
        };
        if in_turn.is_alone(member) {
            return Found::Contact(number);
        }
        let ratio = member.ratio;
        loop {
            let best = self.first_in_turn(first, ratio, seeker, in_turn, contacts);
            let contact = contacts.at(best.place);
            if !contacts.keeps_away(contact, seeker.agent.number) {
                return Found::Contact(contact.number);
            }
            if passed.len() as u32 == seeker.limit {
                return Found::GaveUp;
            }
            passed.push(best.place);
            self.demand.remove(contacts, best.place);
        }
    }

    /// Of those that wait with queues of the ratio, and are live, or indirect, as the first is, which is one of them.
    fn first_in_turn(
        &self,
        first: Candidate,
        ratio: u16,
        seeker: Seeker<'_>,
        in_turn: InTurn<'_>,
        contacts: &Contacts,
    ) -> Candidate {
        let Seeker { agent, reach, now, .. } = seeker;
        let mut best: Option<(&Member, Candidate)> = None;
        let mut challenge = |candidate: Candidate| {
            let Some(member) = in_turn.member(candidate.profile) else { return };
            if member.ratio != ratio || !candidate.is_like(first) {
                return;
            }
            let is_better = best.is_none_or(|(former, best)| {
                if former.queue == member.queue {
                    candidate.is_before(best, contacts)
                } else {
                    member.is_before(former)
                }
            });
            if is_better {
                best = Some((member, candidate));
            }
        };
        if !reach.only_own {
            self.for_each_waiting(self.classes.row_of(agent.class), |profile| {
                if self.reaches(reach, profile) {
                    let (key, place) = self.demand.head(profile);
                    challenge(Candidate::new(self.kind_of(profile), key, place, profile, now));
                }
            });
        }
        self.waiters(agent, reach, contacts, now).for_each(challenge);
        best.map_or(first, |(_, best)| best)
    }

    /// Profiles of the row in which anybody waits who is not kept from everybody.
    fn for_each_waiting(&self, row: &Row, mut visit: impl FnMut(ProfileNo)) {
        for (segment, entries) in row.segments() {
            match &row.bits {
                None => {
                    let profiles = entries.iter().map(|entry| entry.profile());
                    profiles.filter(|profile| self.demand.keys[profile.index()] != NONE).for_each(&mut visit);
                }
                Some(bits) => {
                    let nonempty = &self.demand.groups[segment.group as usize].nonempty;
                    for (word, (served, nonempty)) in bits.iter().zip(nonempty).enumerate() {
                        ones(served & nonempty).for_each(|bit| visit(ProfileNo((word * 64 + bit) as u32)));
                    }
                }
            }
        }
    }
}
