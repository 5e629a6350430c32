//! What is known of customers: who may be said to know a new contact's, and what may join what an agent has.

use std::collections::HashMap;

use model::config::{CustomerMode, CustomersConfig};
use model::transition::{KnownAgent, KnownWhy, Place};
use model::{AgentNo, ChannelNo, ContactBody, ContactNo, Outcome, Time};

use super::Step;
use super::contact::{Contact, State};
use super::tenant::Tenant;
use crate::keys::key;
use crate::report::Invariant;
use crate::told::{Kind, Told, moment};

/// What a contact says of its customer, as keys; 0 where it says nothing.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Belongs {
    pub customer: u64,
    pub matter: u64,
}

/// By customer: the last contact that an agent handled, of each channel.
#[derive(Debug, Default)]
pub(crate) struct Handled(HashMap<u64, Vec<LastOfChannel>>);

#[derive(Debug, Clone, Copy)]
struct LastOfChannel {
    channel: ChannelNo,
    agent: AgentNo,
    ended_at: Time,
}

impl Belongs {
    pub fn of(body: &ContactBody) -> Belongs {
        Belongs {
            customer: body.known_customer().map_or(0, |customer| key(customer.as_str())),
            matter: body.matter.as_ref().map_or(0, |matter| key(matter.as_str())),
        }
    }
}

impl Tenant {
    /// Before the contact is known: who knows its customer must, and who has its matter may not be passed over.
    pub(super) fn check_known(
        &self,
        channel: ChannelNo,
        body: &ContactBody,
        known: Option<KnownAgent>,
        step: &mut Step<'_>,
    ) {
        let (id, belongs) = (&body.contact, Belongs::of(body));
        let has_matter = |agent: AgentNo| {
            let mut others = self.contacts.values();
            others.any(|other| other.holds_for(agent) && self.is_of_matter(channel, belongs, other))
        };
        let Some(KnownAgent { agent, why }) = known else {
            let passed_over = self.contacts.values().find_map(|other| {
                let agent = other.state.holder().or(other.state.quiet_after())?;
                has_matter(agent).then_some(agent)
            });
            if let Some(agent) = passed_over.filter(|_| body.preferred_agent.is_none()) {
                let what = format!("contact {id} arrives as if agent {agent:?} had nothing of its matter");
                step.broken(Invariant::Lifecycle, what);
            }
            return;
        };
        let is_so = body.preferred_agent.is_none()
            && belongs.customer != 0
            && match why {
                KnownWhy::Matter => has_matter(agent),
                KnownWhy::Companion => {
                    let mut others = self.contacts.values();
                    others.any(|other| other.holds_for(agent) && self.is_beside(channel, belongs, other))
                }
                KnownWhy::LastAgent => self.last_agent(channel, belongs.customer, step.now) == Some(agent),
            };
        if !is_so {
            let what = format!("agent {agent:?} does not know the customer of contact {id}: {why:?}");
            step.broken(Invariant::Lifecycle, what);
        }
    }

    pub(super) fn join(
        &mut self,
        number: ContactNo,
        agent: AgentNo,
        until: Time,
        step: &mut Step<'_>,
    ) -> Option<Told> {
        let name = self.known_agent(agent, step).map_or(0, |agent| key(agent.id.as_str()));
        let contact = self.open_contact(number, step)?;
        let (_, channel) = self.place_of(contact.profile)?;
        let id = contact.id.clone();
        let mut others = self.contacts.values();
        let has_other = others.any(|other| {
            other.number != number
                && other.holds_for(agent)
                && (self.is_of_matter(channel, contact.belongs, other)
                    || self.is_beside(channel, contact.belongs, other))
        });
        if contact.state != State::Waiting(Place::Queue) {
            let what = format!("contact {id} joins another while it is {}", contact.state.name());
            step.broken(Invariant::Lifecycle, what);
        } else if !has_other {
            let what = format!("contact {id} waits for agent {agent:?}, who has nothing that it belongs to");
            step.broken(Invariant::Lifecycle, what);
        }
        let lasts = until.since(step.now);
        if lasts != self.customers.together_patience {
            let what = format!(
                "contact {id} waits {} ms for what it belongs to, the configuration says {}",
                lasts.0, self.customers.together_patience.0
            );
            step.broken(Invariant::Leases, what);
        }
        self.let_go(number, State::Waiting(Place::Preferred { agent, until }));
        let contact = self.contact_mut(number)?;
        (contact.is_together, contact.prefers) = (true, Some(agent));
        self.line_up(number);
        let told = self.tell(Kind::ContactJoined, self.contact(number)?);
        Some(Told { agent: name, detail: moment(until), ..told })
    }

    /// Of a contact that is about to be closed.
    pub(super) fn note_handled(&mut self, number: ContactNo, outcome: Outcome, now: Time) {
        let Some(contact) = self.contact(number) else { return };
        let (customer, holder) =
            (contact.belongs.customer, contact.state.holder().or(contact.state.quiet_after()));
        let Some((_, channel)) = self.place_of(contact.profile) else { return };
        let (Some(agent), Outcome::Completed) = (holder, outcome) else { return };
        if customer != 0 {
            let handled = self.handled.0.entry(customer).or_default();
            handled.retain(|last| last.channel != channel);
            handled.push(LastOfChannel { channel, agent, ended_at: now });
        }
    }

    fn last_agent(&self, channel: ChannelNo, customer: u64, now: Time) -> Option<AgentNo> {
        let CustomersConfig { remember, last_agent_within, .. } = self.customers;
        let handled = self.handled.0.get(&customer)?;
        let last = handled.iter().rev().find(|last| self.is_one_customer(channel, last.channel))?;
        let is_known = last.ended_at + last_agent_within.min(remember) > now;
        is_known.then_some(last.agent)
    }

    fn is_of_matter(&self, channel: ChannelNo, belongs: Belongs, other: &Contact) -> bool {
        belongs.matter != 0
            && belongs.matter == other.belongs.matter
            && self.is_of_customer(channel, belongs, other)
    }

    fn is_beside(&self, channel: ChannelNo, belongs: Belongs, other: &Contact) -> bool {
        let is_companion = |channel: ChannelNo| {
            self.channels.get(channel.index()).is_some_and(|settings| settings.companion)
        };
        is_companion(channel)
            && self.place_of(other.profile).is_some_and(|(_, channel)| !is_companion(channel))
            && self.is_of_customer(channel, belongs, other)
    }

    fn is_of_customer(&self, channel: ChannelNo, belongs: Belongs, other: &Contact) -> bool {
        let place = self.place_of(other.profile);
        belongs.customer != 0
            && belongs.customer == other.belongs.customer
            && place.is_some_and(|(_, of_other)| self.is_one_customer(channel, of_other))
    }

    fn is_one_customer(&self, one: ChannelNo, other: ChannelNo) -> bool {
        match self.customers.mode {
            CustomerMode::Omnichannel => true,
            CustomerMode::Multichannel => one == other,
        }
    }
}

impl Contact {
    /// Whether the agent has accepted it and is not done with it.
    fn holds_for(&self, agent: AgentNo) -> bool {
        match self.state {
            State::Active { agent: holder, .. }
            | State::Parked { agent: holder, .. }
            | State::WrapUp { agent: holder, .. }
            | State::Quiet { agent: holder, .. } => holder == agent,
            State::Nowhere | State::Waiting(_) | State::Offered { .. } | State::Scheduled => false,
        }
    }
}
