//! Agents who are held back by a slow start or a ration.

use model::explain::{Happening, Obstacle, Upcoming};
use model::throttle::ThrottleWhy;
use model::{AgentId, Time};

use super::NAMED_MAX;
use crate::state::agents::Agent;
use crate::state::contacts::Contact;
use crate::state::tenant::Tenant;

impl Tenant {
    /// For what, and until when, the agent is held back.
    pub(super) fn throttles_of(&self, agent: &Agent) -> Vec<(ThrottleWhy, Time)> {
        let throttle = self.throttle(agent.number);
        ThrottleWhy::ALL.into_iter().filter_map(|why| Some((why, throttle.until(why)?))).collect()
    }

    /// What holds the agent back for longest, from a contact that is not its own.
    pub(super) fn throttle_obstacle(&self, contact: &Contact, agent: &Agent) -> Option<Obstacle> {
        if !agent.is_throttled || contact.preferred() == Some(agent.number) {
            return None;
        }
        let last = self.throttles_of(agent).into_iter().max_by_key(|(_, until)| *until);
        last.map(|(why, _)| Obstacle::Throttled(why))
    }

    /// When the first agents could have the contact whom nothing else keeps from it.
    pub(super) fn unthrottled(&self, contact: &Contact) -> Option<Upcoming> {
        if !self.settings().throttles {
            return None;
        }
        let held_back = self.agents.iter().filter(|agent| {
            let is_in_roster = agent.is_throttled && !agent.removed;
            is_in_roster && matches!(self.obstacle(contact, agent), Some(Obstacle::Throttled(_)))
        });
        let ends = held_back.filter_map(|agent| {
            let last = self.throttles_of(agent).into_iter().map(|(_, until)| until).max()?;
            Some((last, agent.id()))
        });
        let mut ends: Vec<(Time, &AgentId)> = ends.collect();
        ends.sort_by_key(|(at, _)| *at);
        let (at, _) = *ends.first()?;
        let first = ends.iter().take_while(|(end, _)| *end == at).take(NAMED_MAX);
        let agents = first.map(|(_, agent)| AgentId::clone(agent)).collect();
        Some(Upcoming { at, what: Happening::Unthrottled { agents } })
    }
}
