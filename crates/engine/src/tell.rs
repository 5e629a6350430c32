//! What the world is told of a change: names for numbers, taken from the state just before the change is applied.

use std::sync::Arc;

use model::event::{ContactFacts, ContactStep, EventKind};
use model::transition::Place;
use model::{AgentId, AgentNo, Change, ContactBody, ContactNo, Outcome, ProfileNo, Time};

use crate::apply::Closed;
use crate::matching::demand::GroupKind;
use crate::state::contacts::Contact;
use crate::state::tenant::Tenant;

impl Tenant {
    /// Nothing for changes that concern the router alone, and for the end of a contact: see [`Tenant::tell_closed`].
    pub fn tell(&self, change: &Change) -> Option<EventKind> {
        match change {
            Change::TenantOpened { .. } => Some(EventKind::TenantOpened),
            Change::Resumed { .. }
            | Change::ProfileOpened { .. }
            | Change::ProfileClosed { .. }
            | Change::AgentHeard { .. }
            | Change::AgentDeferred { .. }
            | Change::ExclusionLifted { .. }
            | Change::ContactClosed { .. } => None,
            Change::Refused(refused) => Some(EventKind::Refused(refused.clone())),
            Change::ConfigApplied { hash, config } => {
                Some(EventKind::ConfigApplied { version: config.version, hash: hash.clone() })
            }
            Change::AgentPut { spec, .. } => Some(EventKind::AgentPut { agent: spec.agent.clone() }),
            Change::AgentRemoved { agent } => Some(EventKind::AgentRemoved { agent: self.agent_id(*agent) }),
            Change::AgentPresence { agent, presence, cause } => Some(EventKind::AgentPresence {
                agent: self.agent_id(*agent),
                session: self.agents[*agent].session,
                presence: presence.clone(),
                cause: *cause,
            }),
            Change::ContactArrived { profile, arrived_at, due_at, body, .. } => {
                let facts = self.facts_of(body, *profile, *arrived_at, *due_at);
                Some(EventKind::Contact { facts, step: ContactStep::Arrived })
            }
            Change::ContactQueued { contact, place } => {
                let preferred = match place {
                    Place::Queue => None,
                    Place::Preferred { agent, .. } => Some(self.agent_id(*agent)),
                };
                self.step(*contact, ContactStep::Queued { preferred })
            }
            Change::Offered { contact, agent, offer, expires_at } => {
                let (agent, offer, expires_at) = (self.agent_id(*agent), *offer, *expires_at);
                self.step(*contact, ContactStep::Offered { agent, offer, expires_at })
            }
            Change::Accepted { contact } => {
                let record = self.contacts.of(*contact);
                let (agent, offer) = (self.agent_id(record.agent), record.offer);
                self.step(*contact, ContactStep::Accepted { agent, offer })
            }
            Change::OfferEnded { contact, how, .. } => {
                let record = self.contacts.of(*contact);
                let (agent, offer) = (self.agent_id(record.agent), record.offer);
                self.step(*contact, ContactStep::OfferEnded { agent, offer, how: *how })
            }
            Change::WrapUpStarted { contact, until } => {
                let agent = self.agent_id(self.contacts.of(*contact).agent);
                self.step(*contact, ContactStep::WrapUpStarted { agent, until: *until })
            }
            Change::ContactReturned { contact, profile, why, .. } => {
                let agent = self.agent_id(self.contacts.of(*contact).agent);
                let facts = self.facts(*contact, *profile);
                Some(EventKind::Contact { facts, step: ContactStep::Returned { agent, why: *why } })
            }
        }
    }

    /// The end of a contact, told when it is gone already, so that its body need not be shared.
    pub fn tell_closed(&self, closed: Closed, outcome: Outcome) -> EventKind {
        let Closed { record, holder } = closed;
        let due_at = self.due_at(&record);
        let key = self.profiles.key(record.profile);
        let facts = ContactFacts {
            body: record.body,
            queue: self.names.queues.name(u32::from(key.queue.0)).clone(),
            channel: self.names.channels.name(u32::from(key.channel.0)).clone(),
            arrived_at: record.arrived_at,
            due_at: (due_at != Time::MAX).then_some(due_at),
        };
        let agent = holder.map(|agent| self.agent_id(agent));
        EventKind::Contact { facts, step: ContactStep::Closed { agent, outcome } }
    }

    fn due_at(&self, record: &Contact) -> Time {
        match self.group_kind(record.profile) {
            GroupKind::Live { .. } => Time::MAX,
            GroupKind::Indirect => Time(record.key as u64),
        }
    }

    fn step(&self, contact: ContactNo, step: ContactStep) -> Option<EventKind> {
        let facts = self.facts(contact, self.contacts.of(contact).profile);
        Some(EventKind::Contact { facts, step })
    }

    fn facts(&self, contact: ContactNo, profile: ProfileNo) -> ContactFacts {
        let record = self.contacts.of(contact);
        let due_at = self.due_at(record);
        self.facts_of(&record.body, profile, record.arrived_at, due_at)
    }

    fn facts_of(
        &self,
        body: &Arc<ContactBody>,
        profile: ProfileNo,
        arrived_at: Time,
        due_at: Time,
    ) -> ContactFacts {
        let key = self.profiles.key(profile);
        ContactFacts {
            body: Arc::clone(body),
            queue: self.names.queues.name(u32::from(key.queue.0)).clone(),
            channel: self.names.channels.name(u32::from(key.channel.0)).clone(),
            arrived_at,
            due_at: (due_at != Time::MAX).then_some(due_at),
        }
    }

    fn agent_id(&self, agent: AgentNo) -> AgentId {
        self.agents[agent].id().clone()
    }
}
