//! Who gets what: a contact that is nowhere is placed, an agent who may be open is filled.

use model::transition::Place;
use model::{AgentNo, Change, ContactNo, OfferNo, Presence, TenantNo, Time};

use super::Turn;
use crate::Offering;
use crate::matching::find_contact::Found;
use model::Millis;

/// Contacts that may wait for one agent alone; a look-up goes through them one by one.
const WAITERS_MAX: usize = 32;
/// Contacts that keep away from an agent which one look-up passes over.
const PASSED_OVER: u32 = 16;
const PASSED_OVER_MAX: u32 = 65_536;
const DEFERRAL: Millis = Millis(1_000);

impl Turn<'_> {
    /// Finds a place for a contact that has arrived or returned.
    pub fn place(&mut self, tenant: TenantNo, contact: ContactNo) {
        let is_kept = |until: Time| until > self.now;
        let aversion = self.tenant(tenant).contacts.aversion(contact.place());
        if aversion
            .is_some_and(|aversion| !aversion.kept_from.is_empty() && !is_kept(aversion.kept_from_until))
        {
            self.emit(tenant, Change::ExclusionLifted { contact });
        }
        if self.place_with_preferred(tenant, contact) {
            return;
        }
        match self.find_agent(tenant, contact) {
            Some(agent) => self.offer(tenant, contact, agent),
            None => self.queue(tenant, contact, Place::Queue),
        }
    }

    /// True when its preferred agent gets it or it waits for that agent.
    fn place_with_preferred(&mut self, tenant: TenantNo, contact: ContactNo) -> bool {
        let state = self.tenant(tenant);
        let record = state.contacts.of(contact);
        let Some(preferred) = record.preferred() else { return false };
        let agent = &state.agents[preferred];
        let is_there = matches!(agent.presence, Presence::Available | Presence::Aux(_));
        let is_eligible = state.matcher.serves(agent, state.profiles.key(record.profile))
            && !state.contacts.keeps_away(record, preferred);
        if !is_there || !is_eligible {
            return false;
        }
        if self.is_offering() && self.is_open_for(tenant, preferred, contact) {
            self.offer(tenant, contact, preferred);
            return true;
        }
        let patience =
            record.body().preferred_patience.unwrap_or(state.queue_of(record.profile).preferred_patience);
        if patience.is_zero() || agent.waiters.len() >= WAITERS_MAX {
            return false;
        }
        self.queue(tenant, contact, Place::Preferred { agent: preferred, until: self.now + patience });
        true
    }

    /// Whether the agent is open on the contact's channel; it is known to work on it.
    fn is_open_for(&self, tenant: TenantNo, agent: AgentNo, contact: ContactNo) -> bool {
        let state = self.tenant(tenant);
        let lane = state.channel_of(state.contacts.of(contact).profile).lane;
        state.agents[agent].open_lanes(state.settings()) >> lane & 1 == 1
    }

    /// The agent for the contact, while the engine is offering.
    pub fn find_agent(&mut self, tenant: TenantNo, contact: ContactNo) -> Option<AgentNo> {
        if !self.is_offering() {
            return None;
        }
        let state = self.engine.tenant_mut(tenant);
        state.refresh_supply();
        let found = state.matcher.find_agent(contact, &state.contacts, &state.agents);
        found.inspect(|&agent| state.agents[agent].expect())
    }

    pub fn queue(&mut self, tenant: TenantNo, contact: ContactNo, place: Place) {
        self.note_unserved();
        self.emit(tenant, Change::ContactQueued { contact, place });
    }

    pub fn offer(&mut self, tenant: TenantNo, contact: ContactNo, agent: AgentNo) {
        let state = self.tenant(tenant);
        let queue = state.queue_of(state.contacts.of(contact).profile);
        let (expires_at, auto_accept) = (self.now + queue.offer_timeout, queue.auto_accept);
        let offer = OfferNo(state.offers + 1);
        self.emit(tenant, Change::Offered { contact, agent, offer, expires_at });
        if auto_accept {
            self.emit(tenant, Change::Accepted { contact });
        }
    }

    /// Gives the agent whatever it can take, while the engine is offering.
    pub fn fill(&mut self, tenant: TenantNo, agent: AgentNo) {
        if self.is_offering() {
            self.fill_now(tenant, agent);
        } else {
            self.note_unserved();
        }
    }

    /// Returns the number of offers made.
    pub fn fill_now(&mut self, tenant: TenantNo, agent: AgentNo) -> u32 {
        let mut offers = 0;
        loop {
            let now = self.now;
            let state = self.engine.tenant_mut(tenant);
            let record = &state.agents[agent];
            let Some(settings) = &state.settings else { return offers };
            let open = record.open_lanes(settings);
            if open == 0 {
                return offers;
            }
            let limit = record.deferred.map_or(PASSED_OVER, |(limit, _)| limit);
            match state.matcher.find_contact(record, open, limit, &mut state.contacts, now) {
                Found::Contact(contact) => {
                    self.offer(tenant, contact, agent);
                    offers += 1;
                }
                Found::Nothing => return offers,
                Found::GaveUp => {
                    if record.deferred.is_none_or(|(_, until)| until <= now) {
                        let limit = limit.saturating_mul(4).min(PASSED_OVER_MAX);
                        self.emit(tenant, Change::AgentDeferred { agent, limit, until: now + DEFERRAL });
                    }
                    return offers;
                }
            }
        }
    }

    /// A contact left the agent's hands.
    pub fn released(&mut self, tenant: TenantNo, agent: AgentNo) {
        match self.next_presence_if_drained(tenant, agent) {
            Some(presence) => {
                self.set_presence(tenant, agent, presence, model::transition::PresenceCause::Drained)
            }
            None => self.fill(tenant, agent),
        }
    }

    pub fn is_offering(&self) -> bool {
        self.engine.offering == Offering::On
    }

    /// While a settling pass runs, what it does not see makes it begin again.
    pub fn note_unserved(&mut self) {
        if let Offering::Settling { again, .. } = &mut self.engine.offering {
            *again = true;
        }
    }
}
