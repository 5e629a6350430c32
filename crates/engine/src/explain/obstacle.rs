//! What keeps a contact and an agent apart.

use model::agent::AGENT_HOLDS_MAX;
use model::explain::{Obstacle, SkillsHad, Standing};
use model::{AgentKind, AgentNo, ChannelId, ChannelNo, Presence, ProfileNo};

use crate::matching::demand::GroupKind;
use crate::matching::order::Order;
use crate::state::agents::Agent;
use crate::state::contacts::{Contact, Status};
use crate::state::profiles::ProfileKey;
use crate::state::tenant::Tenant;
use model::config::Method;
use model::skill::{preferred_had, score};

impl Tenant {
    /// What keeps the contact from everybody, but perhaps from whom it waits for.
    pub(super) fn holdups(&self, contact: &Contact) -> Vec<Obstacle> {
        let paused = self.is_paused(contact.profile).then_some(Obstacle::QueuePaused);
        let pulled = (!self.queue_of(contact.profile).taking.offers()).then_some(Obstacle::Pulled);
        let whereabouts = match contact.status {
            Status::Scheduled => Some(Obstacle::PutOff),
            Status::WaitingPreferred => Some(Obstacle::WaitsForAnother),
            Status::Quiet => Some(Obstacle::Quiet),
            Status::Nowhere
            | Status::WaitingInQueue
            | Status::Offered
            | Status::Active
            | Status::WrapUp
            | Status::Parked => None,
        };
        paused.into_iter().chain(pulled).chain(whereabouts).collect()
    }

    /// What keeps the agent from the contact; whatever keeps everybody from it is not asked.
    pub(super) fn obstacle(&self, contact: &Contact, agent: &Agent) -> Option<Obstacle> {
        let obstacle = self.lasting_obstacle(contact, agent);
        let obstacle = obstacle.or_else(|| self.momentary_obstacle(contact, agent));
        obstacle.or_else(|| self.throttle_obstacle(contact, agent))
    }

    /// What the agent is doing that keeps the contact from it, unless that can be interrupted.
    pub(super) fn momentary_obstacle(&self, contact: &Contact, agent: &Agent) -> Option<Obstacle> {
        let channel = self.profiles.brief(contact.profile).channel;
        match self.passing_obstacle(agent, channel) {
            Some(_) if self.is_open_by_yielding(agent.number, contact) => None,
            Some(obstacle) => Some(obstacle),
            None => {
                let waits = self.group_kind(contact.profile) == GroupKind::Indirect;
                (waits && self.parked.has_any(agent.number)).then_some(Obstacle::Parked)
            }
        }
    }

    /// The same, but for what the agent is doing.
    pub(super) fn lasting_obstacle(&self, contact: &Contact, agent: &Agent) -> Option<Obstacle> {
        if let Some(obstacle) = self.lacking(agent, self.profiles.key(contact.profile)) {
            return Some(obstacle);
        }
        let aversion = self.contacts.aversion(contact.number.place())?;
        if aversion.excluded.contains(&agent.number) {
            return Some(Obstacle::Excluded);
        }
        aversion.kept_from.contains(&agent.number).then_some(Obstacle::KeptFrom)
    }

    /// Whether the roster entry lacks nothing for the profile, and an agent with nothing in its hands could take it.
    pub(crate) fn could_ever_have(&self, agent: &Agent, profile: &ProfileKey) -> bool {
        let channel = self.settings().channel(profile.channel);
        self.lacking(agent, profile).is_none()
            && channel.is_some_and(|channel| channel.cost <= agent.capacity)
    }

    /// What the roster entry lacks for the profile.
    pub(super) fn lacking(&self, agent: &Agent, profile: &ProfileKey) -> Option<Obstacle> {
        if !agent.has_channel(profile.channel) {
            return Some(Obstacle::Channel);
        }
        if let Some(site) = profile.site.filter(|site| agent.site != Some(*site)) {
            return Some(Obstacle::Site(self.names.sites.name(u32::from(site.0)).clone()));
        }
        if profile.person && agent.spec.kind == AgentKind::Bot {
            return Some(Obstacle::Bot);
        }
        let has = |skill| {
            let at = agent.skills.binary_search_by_key(&skill, |have| have.skill);
            at.map_or(0, |at| agent.skills[at].level.get())
        };
        let lacking =
            profile.requirement.as_slice().iter().find(|demand| has(demand.skill) < demand.level.get());
        lacking.map(|demand| Obstacle::Skill {
            skill: self.names.skills.name(u32::from(demand.skill.0)).clone(),
            level: demand.level,
        })
    }

    /// What the agent is doing that closes the channel, on which it works.
    pub(super) fn passing_obstacle(&self, agent: &Agent, channel: ChannelNo) -> Option<Obstacle> {
        match &agent.presence {
            Presence::SignedOut => return Some(Obstacle::SignedOut),
            Presence::Lost { .. } => return Some(Obstacle::Lost),
            Presence::Draining { .. } => return Some(Obstacle::Draining),
            Presence::Aux(reason) => return Some(Obstacle::Aux(reason.clone())),
            Presence::Available => {}
        }
        let Some(settings) = self.settings().channel(channel) else { return Some(Obstacle::Channel) };
        if agent.open_lanes(self.settings()) >> settings.lane & 1 == 0 {
            return Some(if agent.used + u32::from(settings.cost) > u32::from(agent.capacity) {
                Obstacle::Capacity
            } else if agent.holdings(&self.contacts).len() >= AGENT_HOLDS_MAX {
                Obstacle::HoldsMost
            } else if let Some(barring) = self.barring(agent, settings.lane) {
                Obstacle::Beside(barring)
            } else if agent.barred_lanes(self.settings()) >> settings.lane & 1 == 1 {
                Obstacle::Reserve
            } else {
                Obstacle::ChannelFull
            });
        }
        None
    }

    /// The channel of something that the agent holds and that closes the lane.
    fn barring(&self, agent: &Agent, lane: u8) -> Option<ChannelId> {
        let mut held = agent.holdings(&self.contacts).into_iter().map(|contact| self.contacts.of(contact));
        let barring = held.find(|contact| {
            let held = self.channel_of(contact.profile).lane;
            self.settings().lanes[usize::from(held)].bars >> lane & 1 == 1
        })?;
        Some(barring.body().channel.clone())
    }

    /// As the method of the contact's queue compares agents, the lowest first; and the same for people.
    pub(super) fn standing(&self, agent: AgentNo, profile: ProfileNo) -> ((u8, u16, u64, AgentNo), Standing) {
        let (record, method) = (&self.agents[agent], self.queue_of(profile).method);
        let preferred = self.preferred_had(record, profile).map_or(0, |preferred| preferred.had);
        let idle_since = record.idle_since;
        let mut tier = 0;
        let standing = match method {
            Method::LongestIdle => Standing::IdleSince(idle_since),
            Method::LongestAvailable => Standing::AvailableSince(record.available_since),
            Method::LeastLoaded => {
                Standing::Load { used: record.used, capacity: record.capacity, idle_since }
            }
            Method::BestSkill => {
                let sum = score(&record.skills, &self.profiles.key(profile).requirement).unwrap_or(0);
                tier = u16::MAX - sum;
                Standing::Skill { sum, idle_since }
            }
            Method::RoundRobin => Standing::LastOffer(record.last_offer),
            Method::Order => Standing::Rank(record.rank),
        };
        ((u8::MAX - preferred, tier, Order::of(method).key(record), agent), standing)
    }

    /// Of the skills that the profile prefers, how many the agent has; nothing where it prefers none.
    pub(super) fn preferred_had(&self, agent: &Agent, profile: ProfileNo) -> Option<SkillsHad> {
        let preference = self.profiles.key(profile).preference.as_ref()?;
        let had = preferred_had(&agent.skills, preference);
        Some(SkillsHad { had, of: preference.as_slice().len() as u8 })
    }
}
