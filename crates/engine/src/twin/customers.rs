//! What is known of customers, and what follows from it.

use model::config::CustomerMode;
use model::row::{ContactState, RememberedRow};
use model::transition::{KnownAgent, KnownWhy, Place};
use model::{AgentNo, Change, ChannelNo, ContactBody, ContactNo, Outcome, Time};

use super::Step;
use super::procedures::WAITING_FOR_ONE_MAX;
use super::state::{Contact, Tenant};

/// Of a customer's contacts that ended, so many of the last are looked at.
const LOOKED_AT_MAX: usize = 32;
/// Most that are forgotten when one ends.
const FORGOTTEN_PER_END: usize = 2;

impl Step<'_> {
    pub fn accept(&mut self, contact: ContactNo) {
        self.decide(Change::Accepted { contact });
        let patience = self.world().config().customers.together_patience;
        let agent = self.world().contact(contact).holder().expect("whoever accepted it holds it");
        let others: Vec<ContactNo> = self.world().contacts.keys().copied().collect();
        for other in others {
            let world = self.world();
            let is_full = world.waiting_for(agent).len() >= WAITING_FOR_ONE_MAX;
            if !patience.is_zero()
                && world.belongs_to(other, contact)
                && world.is_eligible(agent, other)
                && !is_full
            {
                self.decide(Change::ContactJoined { contact: other, agent, until: self.now + patience });
            }
        }
    }

    pub fn known_agent(&self, channel: ChannelNo, body: &ContactBody) -> Option<KnownAgent> {
        let customer = body.customer.as_ref()?;
        if body.preferred_agent.is_some() {
            return None;
        }
        let world = self.world();
        let held = world.contacts.values().filter_map(|other| {
            let Some(
                ContactState::Active { agent, .. }
                | ContactState::Parked { agent, .. }
                | ContactState::WrapUp { agent, .. }
                | ContactState::Quiet { agent, .. },
            ) = other.state
            else {
                return None;
            };
            let of_other = world.profile(other.profile).channel;
            let is_known = other.body.customer.as_ref() == Some(customer)
                && other.body.consult.is_none()
                && world.is_one_customer(channel, of_other);
            is_known.then_some((other, of_other, agent))
        });
        let held: Vec<(&Contact, ChannelNo, AgentNo)> = held.collect();
        let main = held
            .iter()
            .find(|(_, of_other, _)| world.channel(channel).companion && !world.channel(*of_other).companion);
        if let Some((_, _, agent)) = main {
            return Some(KnownAgent { agent: *agent, why: KnownWhy::Companion });
        }
        let same =
            held.iter().find(|(other, _, _)| body.matter.is_some() && other.body.matter == body.matter);
        if let Some((_, _, agent)) = same {
            return Some(KnownAgent { agent: *agent, why: KnownWhy::Matter });
        }
        let hash = (self.twin.hash)(&self.twin.key, customer.as_str());
        let agent = world.last_agent(self.now, channel, hash)?;
        Some(KnownAgent { agent, why: KnownWhy::LastAgent })
    }
}

impl Tenant {
    fn last_agent(&self, now: Time, channel: ChannelNo, customer_hash: u128) -> Option<AgentNo> {
        let of_customer = self.remembered.iter().rev().filter(|ended| ended.customer_hash == customer_hash);
        let last = of_customer
            .take(LOOKED_AT_MAX)
            .filter(|ended| self.is_one_customer(channel, ended.channel))
            .find(|ended| ended.outcome == Outcome::Completed)?;
        let settings = &self.config().customers;
        let is_late =
            last.ended_at + settings.last_agent_within <= now || last.ended_at + settings.remember <= now;
        last.agent.filter(|_| !is_late)
    }

    /// Whether `other` waits in its queue and belongs with `main`.
    fn belongs_to(&self, other: ContactNo, main: ContactNo) -> bool {
        let (of_other, of_main) = (self.profile_of(other).channel, self.profile_of(main).channel);
        let (other, main) = (self.contact(other), self.contact(main));
        let is_companion = self.channel(of_other).companion && !self.channel(of_main).companion;
        let is_same_matter = main.body.matter.is_some() && main.body.matter == other.body.matter;
        other.state == Some(ContactState::Waiting(Place::Queue))
            && other.body.consult.is_none()
            && main.body.consult.is_none()
            && main.body.customer.is_some()
            && main.body.customer == other.body.customer
            && self.is_one_customer(of_other, of_main)
            && (is_companion || is_same_matter)
    }

    fn is_one_customer(&self, one: ChannelNo, other: ChannelNo) -> bool {
        match self.config().customers.mode {
            CustomerMode::Omnichannel => true,
            CustomerMode::Multichannel => one == other,
        }
    }

    pub fn remember(&mut self, now: Time, ended: RememberedRow) {
        self.remembered.push_back(ended);
        let (limit, count_max) = {
            let settings = &self.config().customers;
            (now - settings.remember, settings.remember_max as usize)
        };
        for _ in 0..FORGOTTEN_PER_END {
            let is_over = self.remembered.front().is_some_and(|oldest| oldest.ended_at <= limit)
                || self.remembered.len() > count_max;
            if is_over {
                self.remembered.pop_front();
            }
        }
    }
}
