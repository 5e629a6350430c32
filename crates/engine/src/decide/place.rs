//! Who gets what: a contact that is nowhere is placed, an agent who may be open is filled.

use model::transition::Place;
use model::{AgentNo, Change, ContactNo, OfferNo, Presence, TenantNo};

use super::Turn;
use crate::Offering;
use crate::matching::find_contact::Found;
use crate::mutants::{self, Mutant};
use model::Millis;

/// Contacts that may wait for one agent alone; a look-up goes through them one by one.
pub const WAITERS_MAX: usize = 32;
/// Contacts that keep away from an agent which one look-up passes over.
const PASSED_OVER: u32 = 16;
const PASSED_OVER_MAX: u32 = 65_536;
const DEFERRAL: Millis = Millis(1_000);

/// Where a contact belongs.
enum Placing {
    With(AgentNo),
    Waiting(Place),
}

impl Turn<'_> {
    /// Finds a place for a contact that comes to its queue; behind the exit, if the queue is closed, off its
    /// hours, or would be too full.
    pub fn enter(&mut self, tenant: TenantNo, contact: ContactNo) {
        if self.leave_if_closed(tenant, contact) || self.leave_if_off_hours(tenant, contact) {
            return;
        }
        match self.seek(tenant, contact) {
            Placing::With(agent) => self.offer(tenant, contact, agent),
            Placing::Waiting(place) => {
                if !self.leave_if_full(tenant, contact) {
                    self.queue(tenant, contact, place);
                }
            }
        }
    }

    /// Finds a place for a contact that came back to its queue.
    pub fn place(&mut self, tenant: TenantNo, contact: ContactNo) {
        if self.reclassify_if_marked(tenant, contact) {
            return self.enter(tenant, contact);
        }
        if self.leave_if_due(tenant, contact) {
            return;
        }
        match self.seek(tenant, contact) {
            Placing::With(agent) => self.offer(tenant, contact, agent),
            Placing::Waiting(place) => self.queue(tenant, contact, place),
        }
    }

    /// Where a contact that is nowhere belongs.
    fn seek(&mut self, tenant: TenantNo, contact: ContactNo) -> Placing {
        self.lift_if_due(tenant, contact);
        self.relax_if_due(tenant, contact);
        self.press_if_due(tenant, contact);
        if let Some(placing) = self.seek_preferred(tenant, contact) {
            return placing;
        }
        match self.find_agent(tenant, contact) {
            Some(agent) => Placing::With(agent),
            None => Placing::Waiting(Place::Queue),
        }
    }

    /// Nothing when the contact prefers nobody whom it could have or wait for.
    fn seek_preferred(&self, tenant: TenantNo, contact: ContactNo) -> Option<Placing> {
        let state = self.tenant(tenant);
        let record = state.contacts.of(contact);
        let preferred = record.preferred()?;
        let agent = &state.agents[preferred];
        let is_there = matches!(agent.presence, Presence::Available | Presence::Aux(_));
        let is_eligible = state.matcher.serves(agent, state.profiles.key(record.profile))
            && !state.contacts.keeps_away(record, preferred);
        if !is_there || !is_eligible {
            return None;
        }
        let may_be_offered = self.is_offering() && !state.is_paused(record.profile);
        if may_be_offered && self.is_open_for(tenant, preferred, contact) {
            return Some(Placing::With(preferred));
        }
        let patience = if record.belongs_to_its_agent() {
            state.settings().config.customers.together_patience
        } else {
            record.body().preferred_patience.unwrap_or(state.queue_of(record.profile).preferred_patience)
        };
        let may_wait = !patience.is_zero() && agent.waiters.len() < WAITERS_MAX;
        let place = Place::Preferred { agent: preferred, until: self.now + patience };
        may_wait.then_some(Placing::Waiting(place))
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
        if state.is_paused(state.contacts.of(contact).profile) {
            return None;
        }
        state.refresh_supply();
        let found = state.matcher.find_agent(contact, &state.contacts, &state.agents);
        found.inspect(|&agent| state.agents[agent].expect())
    }

    pub fn queue(&mut self, tenant: TenantNo, contact: ContactNo, place: Place) {
        self.note_unserved();
        self.emit(tenant, Change::ContactQueued { contact, place });
        if self.tenant(tenant).overflow.is_some() {
            self.tell_outlook(tenant, contact);
        }
        if self.tenant(tenant).contacts.of(contact).is_unsettled() {
            self.say_of(tenant, contact);
        }
    }

    pub fn offer(&mut self, tenant: TenantNo, contact: ContactNo, agent: AgentNo) {
        let state = self.tenant(tenant);
        let queue = state.queue_of(state.contacts.of(contact).profile);
        let (expires_at, auto_accept) = (self.now + queue.offer_timeout, queue.auto_accept);
        let offer = OfferNo(state.offers + 1);
        self.emit(tenant, Change::Offered { contact, agent, offer, expires_at });
        if auto_accept {
            self.accept(tenant, contact);
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
            None if mutants::is(Mutant::NotFilled) => {}
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
