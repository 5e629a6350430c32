//! Who may have what, and who gets it: "Ground", "Order of contacts" and "Order of agents" of the rules.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use model::agent::AGENT_HOLDS_MAX;
use model::config::{ChannelConfig, ChannelKind, Method};
use model::row::ContactState;
use model::skill::score;
use model::transition::{KnownWhy, Place};
use model::{AgentKind, AgentNo, ChannelNo, ContactNo, Presence, Time};

use super::state::{Agent, Contact, Profile, Tenant};

/// How many contacts that keep away a look-up passes over before it is deferred for the first time.
pub(super) const LIMIT_AT_FIRST: u32 = 16;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Look {
    Found(ContactNo),
    Nothing,
    /// More contacts that keep away were met than the limit allows.
    GaveUp,
}

/// Lower is better: what belongs with what this agent has or had first; live and pressed before indirect; the negated score or the
/// deadline; arrival; number.
pub(super) type ContactKey = (bool, bool, i128, Time, ContactNo);

impl Tenant {
    /// The sum of the present costs of what the agent holds.
    pub fn used(&self, agent: &Agent) -> u32 {
        agent.held.values().map(|channel| u32::from(self.channel(*channel).cost)).sum()
    }

    pub fn is_open(&self, agent: AgentNo, channel: ChannelNo) -> bool {
        self.is_open_beside(agent, channel, &self.agent(agent).held)
    }

    /// Whether it would be if it held these.
    pub fn is_open_beside(
        &self,
        agent: AgentNo,
        channel: ChannelNo,
        held: &BTreeMap<ContactNo, ChannelNo>,
    ) -> bool {
        let works_on_it = self.agent(agent).channels.iter().any(|(number, _)| *number == channel);
        self.agent(agent).presence == Presence::Available
            && works_on_it
            && self.channels_in_force[channel.index()].is_some()
            && self.has_room(agent, channel, held)
    }

    /// Whether one of the channel fits beside these in the agent's hands, whatever it does and whether or not it works on that.
    pub fn has_room(
        &self,
        agent: AgentNo,
        channel: ChannelNo,
        held: &BTreeMap<ContactNo, ChannelNo>,
    ) -> bool {
        let (agent, settings) = (self.agent(agent), self.channel(channel));
        let used: u32 = held.values().map(|held| u32::from(self.channel(*held).cost)).sum();
        if held.len() >= AGENT_HOLDS_MAX || used + u32::from(settings.cost) > u32::from(agent.spec.capacity) {
            return false;
        }
        if !self.may_come_beside(held, settings) || !self.leaves_reserve(agent, held, settings) {
            return false;
        }
        let own_max = agent.channels.iter().find(|(number, _)| *number == channel).and_then(|(_, max)| *max);
        match settings.max.map(|of_channel| own_max.unwrap_or(of_channel)) {
            None => true,
            Some(max) => held.values().filter(|held| **held == channel).count() < usize::from(max),
        }
    }

    /// Whether everything that is held lets it come.
    fn may_come_beside(&self, held: &BTreeMap<ContactNo, ChannelNo>, settings: &ChannelConfig) -> bool {
        held.values().map(|held| self.channel(*held)).all(|held| {
            held.name == settings.name
                || held.beside.as_ref().is_none_or(|beside| beside.contains(&settings.name))
        })
    }

    /// Whether one more of the channel lets indirect work keep out of the agent's reserve.
    fn leaves_reserve(
        &self,
        agent: &Agent,
        held: &BTreeMap<ContactNo, ChannelNo>,
        settings: &ChannelConfig,
    ) -> bool {
        let Some(reserve) = self.config().reserve.filter(|_| settings.kind == ChannelKind::Indirect) else {
            return true;
        };
        let held = held.values().map(|held| self.channel(*held));
        let indirect = held.filter(|held| held.kind == ChannelKind::Indirect);
        let units: u32 = indirect.map(|held| u32::from(held.cost)).sum();
        let reserve = agent.spec.reserve.unwrap_or(reserve);
        units + u32::from(settings.cost) + u32::from(reserve) <= u32::from(agent.spec.capacity)
    }

    pub fn is_eligible(&self, agent: AgentNo, contact: ContactNo) -> bool {
        let contact = self.contact(contact);
        self.agent(agent).qualifies(self.profile(contact.profile)) && !contact.keeps_away_from(agent)
    }

    /// The best contact for this agent.
    pub fn find_contact(&self, agent: AgentNo, limit: u32, now: Time) -> Look {
        let (mut able, mut keeping_away): (Vec<ContactKey>, Vec<ContactKey>) = Default::default();
        for (number, contact) in &self.contacts {
            let Some(ContactState::Waiting(place)) = contact.state else { continue };
            let profile = self.profile(contact.profile);
            if self.is_held_back(*number) {
                continue;
            }
            let is_candidate = match place {
                Place::Queue => self.agent(agent).qualifies(profile) && !self.agent(agent).is_throttled(),
                Place::Preferred { agent: waited_for, .. } => waited_for == agent,
            };
            if !is_candidate || !self.may_be_offered(agent, *number) {
                continue;
            }
            let key = self.contact_key(*number, contact, now);
            if place == Place::Queue && contact.keeps_away_from(agent) {
                keeping_away.push(key);
            } else {
                able.push(key);
            }
        }
        let (chosen, passed_over) = self.choose(&able, &keeping_away);
        match chosen {
            _ if passed_over > limit as usize => Look::GaveUp,
            Some(contact) => Look::Found(contact),
            None => Look::Nothing,
        }
    }

    /// For the agent it waits for, or for anybody when it waits in its queue.
    pub fn contact_key(&self, number: ContactNo, contact: &Contact, now: Time) -> ContactKey {
        let profile = self.profile(contact.profile);
        let is_for_anybody = !contact.belongs_to_its_agent();
        let counts_from = match (self.channel(profile.channel).kind, profile.pressure) {
            (ChannelKind::Live, _) => i128::from(contact.arrived_at.0),
            (ChannelKind::Indirect, Some(pressure)) => i128::from(contact.due_at.0) - i128::from(pressure.0),
            (ChannelKind::Indirect, None) => {
                return (is_for_anybody, true, i128::from(contact.due_at.0), contact.arrived_at, number);
            }
        };
        let age_ms = i128::from(now.0) - counts_from;
        let score = i128::from(profile.ageing_per_minute) * age_ms + 60_000 * i128::from(contact.points);
        (is_for_anybody, false, -score, contact.arrived_at, number)
    }

    /// The best agent for this contact.
    pub fn find_agent(&self, contact: ContactNo) -> Option<AgentNo> {
        let channel = self.profile_of(contact).channel;
        let eligible = self.agent_numbers().filter(|agent| self.is_eligible(*agent, contact));
        let looking = eligible.filter(|agent| !self.agent(*agent).is_throttled());
        let may_have = looking.filter(|agent| self.may_be_offered(*agent, contact));
        may_have.min_by_key(|agent| {
            let yields = !self.is_open(*agent, channel);
            let preferred = self.preferred_skills_of(*agent, contact);
            (yields, Reverse(preferred), self.agent_key(*agent, contact), *agent)
        })
    }

    /// Lower is better.
    fn agent_key(&self, agent: AgentNo, contact: ContactNo) -> (u64, Time) {
        let agent = self.agent(agent);
        match self.queue_of(contact).method {
            Method::LongestIdle => (0, agent.idle_since),
            Method::LongestAvailable => (0, agent.available_since),
            Method::LeastLoaded => {
                (u64::from(self.used(agent) * 8 / u32::from(agent.spec.capacity)), agent.idle_since)
            }
            Method::BestSkill => {
                let sum = score(&agent.skills, &self.profile_of(contact).requirement)
                    .expect("an eligible agent has the required skills");
                (u64::from(u16::MAX - sum), agent.idle_since)
            }
            Method::RoundRobin => (agent.last_offer.0, Time(0)),
            Method::Order => (u64::from(agent.spec.rank), Time(0)),
        }
    }

    /// By number.
    pub fn offered_to(&self, agent: AgentNo) -> Vec<ContactNo> {
        self.agent(agent)
            .held
            .keys()
            .copied()
            .filter(|contact| matches!(self.contact(*contact).state, Some(ContactState::Offered { .. })))
            .collect()
    }
}

impl Agent {
    /// The roster entry has the channel, the site if one is required, it is a person if one is asked for, and it has every required skill at the required level.
    pub fn qualifies(&self, profile: &Profile) -> bool {
        self.channels.iter().any(|(channel, _)| *channel == profile.channel)
            && (profile.site.is_none() || profile.site == self.site)
            && (!profile.person || self.spec.kind == AgentKind::Person)
            && score(&self.skills, &profile.requirement).is_some()
    }
}

impl Contact {
    /// Whether it prefers its agent because that one has its matter or the contact beside which it is a companion.
    pub fn belongs_to_its_agent(&self) -> bool {
        match self.known {
            Some(KnownWhy::Matter | KnownWhy::Companion) => true,
            Some(KnownWhy::LastAgent) | None => false,
        }
    }

    pub fn keeps_away_from(&self, agent: AgentNo) -> bool {
        self.excluded.contains(&agent) || self.kept_from.contains(&agent)
    }
}
