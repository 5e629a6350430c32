//! Why an agent has what it has.

use std::collections::BTreeMap;

use model::explain::{AgentExplained, ContactGroup, Held, Obstacle};
use model::{AgentNo, ChannelNo, Time};

use super::NAMED_MAX;
use super::line::Rank;
use crate::state::agents::Agent;
use crate::state::contacts::{Contact, Status};
use crate::state::tenant::Tenant;

impl Tenant {
    pub(super) fn explain_agent(&self, number: AgentNo, now: Time) -> AgentExplained {
        let agent = &self.agents[number];
        let held = self.with(number).into_iter().filter_map(|contact| {
            let contact = self.contacts.of(contact);
            Some(Held {
                contact: contact.body().contact.clone(),
                channel: contact.body().channel.clone(),
                whereabouts: self.whereabouts(contact)?,
            })
        });
        let channel = |&channel: &ChannelNo| {
            let name = self.names.channels.name(u32::from(channel.0)).clone();
            (name, self.passing_obstacle(agent, channel))
        };
        let (next, others) = self.contacts_for(agent, now);
        AgentExplained {
            agent: agent.id().clone(),
            presence: agent.presence.clone(),
            idle_since: agent.idle_since,
            used: agent.used,
            capacity: agent.capacity,
            holds: held.collect(),
            deferred_until: agent.deferred.map(|(_, until)| until).filter(|until| *until > now),
            throttled: self.throttles_of(agent),
            channels: agent.channels.iter().map(channel).collect(),
            next: self.line(&next),
            others,
        }
    }

    /// What waits and it could have, the first first; and the rest by what keeps it from the agent.
    pub(super) fn contacts_for(&self, agent: &Agent, now: Time) -> (Vec<Rank>, Vec<ContactGroup>) {
        let mut next = Vec::new();
        let mut others: BTreeMap<Obstacle, ContactGroup> = BTreeMap::new();
        for contact in self.contacts.iter() {
            let obstacle = match contact.status {
                Status::WaitingInQueue | Status::WaitingPreferred | Status::Scheduled | Status::Quiet => {
                    self.first_obstacle(contact, agent)
                }
                Status::Nowhere | Status::Offered | Status::Active | Status::WrapUp | Status::Parked => {
                    continue;
                }
            };
            let Some(obstacle) = obstacle else {
                next.push(self.rank(contact, now));
                continue;
            };
            let group = others.entry(obstacle.clone());
            let group = group.or_insert(ContactGroup { obstacle, contacts: 0, some: Vec::new() });
            group.contacts += 1;
            if group.some.len() < NAMED_MAX {
                group.some.push(contact.body().contact.clone());
            }
        }
        let mut others: Vec<ContactGroup> = others.into_values().collect();
        others.sort_by_key(|group| std::cmp::Reverse(group.contacts));
        (self.in_turn(next), others)
    }

    /// What waits for this agent alone is kept from it by nothing but what it does.
    fn first_obstacle(&self, contact: &Contact, agent: &Agent) -> Option<Obstacle> {
        let waits_for_it = contact.status == Status::WaitingPreferred && contact.agent == agent.number;
        let holdup = self
            .holdups(contact)
            .into_iter()
            .find(|holdup| *holdup != Obstacle::WaitsForAnother || !waits_for_it);
        if holdup.is_some() {
            return holdup;
        }
        if waits_for_it {
            return self.momentary_obstacle(contact, agent);
        }
        self.obstacle(contact, agent)
    }
}
