//! Whose turn it is: an agent who is given a contact that waited gets the first of those that it may have, and nobody stays
//! idle beside a contact that waits.
//!
//! Judged by heads of lines alone: contacts of one profile are equal but for their order, so an agent's turn is the best
//! of the first ones that do not keep away from it.

use std::collections::{BTreeMap, BTreeSet};

use model::agent::AGENT_HOLDS_MAX;
use model::config::ChannelKind;
use model::transition::Place;
use model::{AgentNo, ChannelNo, ContactNo, Presence, ProfileNo, Requirement, Time};

use super::Step;
use super::agent::Agent;
use super::contact::{Contact, State};
use super::tenant::{ChannelSettings, Names, Profile, Tenant};
use crate::report::Invariant;

/// A point is worth a minute's milliseconds at an ageing of one a minute.
const POINT: i128 = 60_000;

/// The contacts that wait, by profile.
#[derive(Debug, Default)]
pub(crate) struct Lines(BTreeMap<ProfileNo, BTreeSet<Rank>>);

/// Where a contact stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    profile: ProfileNo,
    rank: Rank,
    /// Since when it could have been taken from here.
    pub since: Time,
}

/// Its place among the contacts of its profile. They age alike, so this does not depend on the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    key: i128,
    arrived_at: Time,
    number: ContactNo,
}

/// Its place among all that one agent may have at one moment; the least is first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Turn {
    /// It does not belong to anything that the agent has.
    pub is_apart: bool,
    is_indirect: bool,
    rank: Rank,
}

impl Lines {
    /// With whose contacts anything waits.
    pub(super) fn profiles(&self) -> impl Iterator<Item = &ProfileNo> {
        self.0.keys()
    }
}

impl Turn {
    /// Both are live, or both indirect, and belong to nothing or both to something.
    pub(super) fn is_like(self, other: Turn) -> bool {
        (self.is_apart, self.is_indirect) == (other.is_apart, other.is_indirect)
    }
}

impl Tenant {
    /// Where the contact stands from now on, after whatever may have changed that.
    pub(super) fn line_up(&mut self, number: ContactNo) {
        let now = self.now;
        let Some(contact) = self.contacts.get_mut(&number.place()) else { return };
        if let Some(former) = contact.stands.take()
            && let Some(line) = self.lines.0.get_mut(&former.profile)
        {
            line.remove(&former.rank);
            if line.is_empty() {
                self.lines.0.remove(&former.profile);
            }
        }
        let State::Waiting(_) = contact.state else { return };
        let Some(profile) = self.profiles.get(&contact.profile) else { return };
        let rank = Rank::new(contact, profile, is_live(profile, &self.channels));
        contact.stands = Some(Standing { profile: contact.profile, rank, since: now });
        self.lines.0.entry(contact.profile).or_default().insert(rank);
    }

    /// Before the contact is taken from where it stands.
    pub(super) fn check_turn(&self, number: ContactNo, agent: AgentNo, step: &mut Step<'_>) {
        let Some(contact) = self.contact(number).filter(|contact| contact.stands.is_some()) else { return };
        // Who met too many contacts that keep away from it looks no further for a while.
        if self.agents[agent.index()].gave_up {
            return;
        }
        let chosen = self.turn(contact, agent, step.now);
        let heads = self.heads(agent).filter_map(|head| Some((self.turn(head, agent, step.now)?, head)));
        let able: Vec<(Turn, &Contact)> = heads.chain(chosen.map(|chosen| (chosen, contact))).collect();
        let Some((first, head)) = able.iter().min_by_key(|(turn, _)| *turn) else { return };
        let head = self.in_turn(*first, &able).unwrap_or(head);
        if head.number != number {
            let what = format!(
                "contact {} is offered to agent {}, whose turn with contact {} comes first",
                contact.id,
                self.agents[agent.index()].id,
                head.id
            );
            step.broken(Invariant::Order, what);
        }
    }

    /// An agent and a contact that it may have, with the time since when both are there; of the agent that waits longest.
    pub(super) fn idle_beside(&self) -> Option<(Time, String)> {
        let agents = (0..self.agents.len() as u32).map(AgentNo);
        let idle = agents.filter(|agent| !self.agents[agent.index()].gave_up).filter_map(|number| {
            let agent = &self.agents[number.index()];
            let since = |contact: &Contact| contact.stands.map(|stands| stands.since.max(agent.changed_at));
            let (since, contact) = self
                .heads(number)
                .filter_map(|head| Some((since(head)?, head)))
                .min_by_key(|(since, _)| *since)?;
            Some((since, agent, contact))
        });
        let (since, agent, contact) = idle.min_by_key(|(since, ..)| *since)?;
        Some((since, format!("contact {} waits beside agent {}, who may have it", contact.id, agent.id)))
    }

    /// The first contact that the agent may have of each profile that it serves.
    fn heads(&self, number: AgentNo) -> impl Iterator<Item = &Contact> {
        let agent = &self.agents[number.index()];
        let is_there = !agent.is_removed
            && agent.presence == Presence::Available
            && agent.holds() < AGENT_HOLDS_MAX as u32
            && !self.lines.0.is_empty();
        let lines = self.lines.0.iter().take_while(move |_| is_there);
        lines.filter_map(move |(profile, line)| {
            let profile = self.profiles.get(profile)?;
            let may_have = !self.holds_back(profile.queue)
                && self.may_be_given(number, profile)
                && profile.is_served_by(agent);
            let mut contacts =
                line.iter().take_while(|_| may_have).filter_map(|rank| self.contact(rank.number));
            contacts.find(|contact| contact.waits_for(number) && self.may_look(number, contact))
        })
    }

    /// Something of the profile's kind, as far as the agent's hands go.
    pub(super) fn may_be_given(&self, number: AgentNo, profile: &Profile) -> bool {
        let agent = &self.agents[number.index()];
        let is_open = self.is_open(agent, profile.channel);
        match self.channels.get(profile.channel.index()).map(|settings| settings.kind) {
            Some(ChannelKind::Live) => is_open || self.is_open_by_yielding(number, profile.channel),
            Some(ChannelKind::Indirect) => {
                is_open
                    && (profile.pressure.is_some() || agent.parked.is_empty())
                    && !self.is_opened_by_interrupting(number, profile.channel)
            }
            None => false,
        }
    }

    pub(super) fn is_open(&self, agent: &Agent, channel: ChannelNo) -> bool {
        agent.channels.iter().any(|(known, _)| *known == channel) && self.has_room(agent, channel)
    }

    /// Whether or not it works on the channel.
    pub(super) fn has_room(&self, agent: &Agent, channel: ChannelNo) -> bool {
        let Some(settings) = self.channels.get(channel.index()) else { return false };
        let own = agent.channels.iter().find(|(known, _)| *known == channel).and_then(|(_, own)| *own);
        let held = agent.held.iter().find(|(held, _)| *held == channel).map_or(0, |(_, count)| *count);
        let has_room = settings.max.is_none_or(|max| held < u32::from(own.unwrap_or(max)));
        has_room
            && self.used_by(agent) + u64::from(settings.cost) <= u64::from(agent.capacity)
            && self.barred_beside(agent, channel).is_none()
            && self.has_room_beside_reserve(agent, channel)
    }

    /// Nothing for one that does not stand anywhere.
    fn turn(&self, contact: &Contact, agent: AgentNo, now: Time) -> Option<Turn> {
        let standing = contact.stands?;
        let profile = self.profiles.get(&standing.profile)?;
        let is_live = is_live(profile, &self.channels);
        let aged = if is_live { i128::from(profile.ageing_per_minute) * i128::from(now.0) } else { 0 };
        let rank = Rank { key: standing.rank.key - aged, ..standing.rank };
        let is_for_agent = matches!(contact.state, State::Waiting(Place::Preferred { agent: preferred, .. }) if preferred == agent);
        Some(Turn { is_apart: !(is_for_agent && contact.is_together), is_indirect: !is_live, rank })
    }
}

impl Contact {
    fn waits_for(&self, number: AgentNo) -> bool {
        let is_its_place = match self.state {
            State::Waiting(Place::Queue) => true,
            State::Waiting(Place::Preferred { agent, .. }) => agent == number,
            State::Nowhere
            | State::Offered { .. }
            | State::Active { .. }
            | State::WrapUp { .. }
            | State::Parked { .. }
            | State::Quiet { .. }
            | State::Scheduled => false,
        };
        is_its_place && !self.excluded.contains(&number) && !self.kept_from.contains(&number)
    }
}

impl Profile {
    pub(super) fn is_served_by(&self, agent: &Agent) -> bool {
        let is_there = self.site.is_none() || self.site == agent.site;
        is_there && !(self.person && agent.is_bot) && has_skills(&self.requirement, agent)
    }
}

/// At the levels that are asked for.
pub(super) fn has_skills(requirement: &Requirement, agent: &Agent) -> bool {
    requirement.as_slice().iter().all(|demand| {
        let have = agent.skills.iter().find(|have| have.skill == demand.skill);
        have.is_some_and(|have| have.level >= demand.level)
    })
}

impl Rank {
    fn new(contact: &Contact, profile: &Profile, is_live: bool) -> Rank {
        let counts_from = match profile.pressure {
            Some(pressure) => i128::from(contact.due_at.0) - i128::from(pressure.0),
            None => i128::from(contact.arrived_at.0),
        };
        let key = if is_live {
            i128::from(profile.ageing_per_minute) * counts_from - POINT * i128::from(contact.points)
        } else {
            i128::from(contact.due_at.0)
        };
        Rank { key, arrived_at: contact.arrived_at, number: contact.number }
    }
}

/// Indirect work under pressure counts as live.
fn is_live(profile: &Profile, channels: &Names<ChannelSettings>) -> bool {
    let kind = channels.get(profile.channel.index()).map(|settings| settings.kind);
    profile.pressure.is_some() || kind == Some(ChannelKind::Live)
}
