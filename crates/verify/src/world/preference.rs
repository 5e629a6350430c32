//! Preferred skills: of those who could have a contact, nobody with more of them is passed over.

use model::agent::AGENT_HOLDS_MAX;
use model::transition::{Place, ReturnedWhy};
use model::{AgentNo, ContactNo, Presence, QueueNo, Requirement, SkillLevel};

use super::Step;
use super::agent::Agent;
use super::contact::{Contact, State};
use super::tenant::{Profile, Tenant};
use crate::report::Invariant;

impl Tenant {
    /// In the configuration in force.
    pub(super) fn preference_of(&self, queue: QueueNo) -> Requirement {
        let queue = self.queues.get(queue.index());
        queue.and_then(|queue| self.requirement(queue.prefer.iter())).unwrap_or_default()
    }

    /// Before the contact is taken from where it is. Who comes free takes what waits, whoever else would be better for it; but a contact
    /// that looks for an agent goes to whoever has most, unless it is the agent that it prefers.
    pub(super) fn check_preferred_skills(&self, number: ContactNo, agent: AgentNo, step: &mut Step<'_>) {
        let Some(contact) = self.contact(number) else { return };
        let Some(profile) = self.profiles.get(&contact.profile) else { return };
        let looks = contact.state == State::Nowhere && contact.prefers != Some(agent);
        if profile.preference.as_slice().is_empty() || !looks {
            return;
        }
        let had = |number: AgentNo| had(&profile.preference, &self.agents[number.index()]);
        let mut others = (0..self.agents.len() as u32).map(AgentNo);
        let better =
            others.find(|other| had(*other) > had(agent) && self.is_free_for(*other, contact, profile));
        if let Some(better) = better {
            let id = |number: AgentNo| &self.agents[number.index()].id;
            let what = format!(
                "contact {} is offered to agent {}, who has {} of its preferred skills; {} has {}",
                contact.id,
                id(agent),
                had(agent),
                id(better),
                had(better)
            );
            step.broken(Invariant::Order, what);
        }
    }

    /// Without being interrupted.
    fn is_free_for(&self, number: AgentNo, contact: &Contact, profile: &Profile) -> bool {
        let agent = &self.agents[number.index()];
        !agent.is_removed
            && agent.presence == Presence::Available
            && agent.holds() < AGENT_HOLDS_MAX as u32
            && self.is_open(agent, profile.channel)
            && self.may_be_given(number, profile)
            && profile.is_served_by(agent)
            && !contact.excluded.contains(&number)
            && !contact.kept_from.contains(&number)
            && !self.throttles.holds_back(number)
    }
}

impl Contact {
    pub(super) fn prefer_as_queued(&mut self, place: Place) {
        match place {
            Place::Queue => self.prefers = None,
            Place::Preferred { agent, .. } => self.prefers = Some(agent),
        }
    }

    pub(super) fn prefer_as_returned(&mut self, why: ReturnedWhy) {
        self.prefers = match why {
            ReturnedWhy::TransferredToAgent { agent } => Some(agent),
            ReturnedWhy::TransferredToQueue
            | ReturnedWhy::Requeued
            | ReturnedWhy::AgentLeft
            | ReturnedWhy::Supervisor => None,
        };
    }
}

fn had(preference: &Requirement, agent: &Agent) -> usize {
    let has = |wanted: &&SkillLevel| {
        agent.skills.iter().any(|have| have.skill == wanted.skill && have.level >= wanted.level)
    };
    preference.as_slice().iter().filter(has).count()
}
