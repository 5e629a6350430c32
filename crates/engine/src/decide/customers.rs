//! Contacts of one customer belong together: who knows a new one, and what joins one that an agent got.

use model::config::CustomerMode;
use model::transition::{KnownAgent, KnownWhy};
use model::{AgentNo, Change, ChannelNo, ContactBody, ContactNo, TenantNo, Time};
use smallvec::SmallVec;

use super::Turn;
use super::place::WAITERS_MAX;
use crate::state::contacts::{Contact, Status};
use crate::state::tenant::Tenant;

impl Turn<'_> {
    /// The agent who has the contact now.
    pub fn accept(&mut self, tenant: TenantNo, contact: ContactNo) {
        self.emit(tenant, Change::Accepted { contact });
        if self.tenant(tenant).contacts.of(contact).has_customer {
            self.join_others(tenant, contact);
        }
    }

    /// What waits and belongs to a contact that an agent got, waits for that agent.
    #[cold]
    fn join_others(&mut self, tenant: TenantNo, contact: ContactNo) {
        let state = self.tenant(tenant);
        let patience = state.settings().config.customers.together_patience;
        let agent = state.contacts.of(contact).agent;
        if patience.is_zero() {
            return;
        }
        let others: SmallVec<[ContactNo; 8]> = state.customers.open_beside(contact).into();
        for other in others {
            let state = self.tenant(tenant);
            let (other, main) = (state.contacts.of(other), state.contacts.of(contact));
            if state.belongs_to(other, main) && state.may_join(other, agent) {
                let change =
                    Change::ContactJoined { contact: other.number, agent, until: self.now + patience };
                self.emit(tenant, change);
            }
        }
    }
}

impl Tenant {
    /// Who knows the customer of a contact that is about to arrive, when that matters.
    pub fn known_agent(&self, now: Time, channel: ChannelNo, body: &ContactBody) -> Option<KnownAgent> {
        let customer = body.customer.as_ref()?.as_str();
        if body.preferred_agent.is_some() {
            return None;
        }
        let is_companion = self.settings().channel(channel).is_some_and(|settings| settings.companion);
        let held = |other: &ContactNo| {
            let other = self.contacts.of(*other);
            let is_held =
                matches!(other.status, Status::Active | Status::WrapUp | Status::Parked | Status::Quiet);
            (is_held && self.is_known_on(channel, other)).then_some(other)
        };
        let open = || self.customers.open_of(customer).iter().filter_map(held);
        let beside = || open().find(|other| is_companion && !self.channel_of(other.profile).companion);
        let same = || open().find(|other| body.matter.is_some() && other.body().matter == body.matter);
        let known = |why| move |other: &Contact| KnownAgent { agent: other.agent, why };
        beside()
            .map(known(KnownWhy::Companion))
            .or_else(|| same().map(known(KnownWhy::Matter)))
            .or_else(|| self.last_agent(now, channel, customer))
    }

    fn last_agent(&self, now: Time, channel: ChannelNo, customer: &str) -> Option<KnownAgent> {
        let settings = &self.settings().config.customers;
        let within = settings.last_agent_within.min(settings.remember);
        let mut ended = self.customers.ended_of(customer);
        let last = ended.find(|ended| {
            ended.outcome == model::Outcome::Completed && self.is_one_customer(channel, ended.channel)
        })?;
        let agent = last.agent.filter(|_| last.ended_at + within > now)?;
        Some(KnownAgent { agent, why: KnownWhy::LastAgent })
    }

    /// Whether a contact that waits belongs with one that an agent just got.
    fn belongs_to(&self, other: &Contact, main: &Contact) -> bool {
        let (channel, of_main) = (self.channel_of(other.profile), self.channel_of(main.profile));
        let is_companion = channel.companion && !of_main.companion;
        let matter = &other.body().matter;
        let is_same = matter.is_some() && *matter == main.body().matter;
        other.status == Status::WaitingInQueue
            && (is_companion || is_same)
            && self.is_known_on(self.profiles.brief(main.profile).channel, other)
    }

    fn may_join(&self, other: &Contact, agent: AgentNo) -> bool {
        let record = &self.agents[agent];
        self.matcher.serves(record, self.profiles.key(other.profile))
            && !self.contacts.keeps_away(other, agent)
            && record.waiters.len() < WAITERS_MAX
    }

    fn is_known_on(&self, channel: ChannelNo, other: &Contact) -> bool {
        self.is_one_customer(channel, self.profiles.brief(other.profile).channel)
    }

    /// Whether a customer on the one channel is known to be the same on the other.
    pub fn is_one_customer(&self, one: ChannelNo, other: ChannelNo) -> bool {
        match self.settings().config.customers.mode {
            CustomerMode::Omnichannel => true,
            CustomerMode::Multichannel => one == other,
        }
    }
}
