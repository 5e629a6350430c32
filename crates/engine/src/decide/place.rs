//! Who gets what: a contact that is nowhere is placed, an agent who may be open is filled.

use model::hand::Hand;
use model::transition::Place;
use model::{AgentNo, Change, ContactNo, OfferNo, Outcome, Presence, TenantNo};

use super::Turn;
use crate::matching::demand::GroupKind;
use crate::matching::find_contact::Found;
use crate::matching::find_in_turn::InTurn;
use crate::mutants::{self, Mutant};
use crate::state::agents::AgentState;
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
            Placing::With(agent) => {
                self.offer(tenant, contact, agent);
            }
            Placing::Waiting(place) => {
                if !self.leave_if_full(tenant, contact) {
                    self.queue(tenant, contact, place);
                }
            }
        }
    }

    /// Finds a place for a contact that came back to its queue.
    pub fn place(&mut self, tenant: TenantNo, contact: ContactNo) {
        if self.tenant(tenant).consults.is_over(contact) {
            return self.close_and_release(tenant, contact, Outcome::Cancelled);
        }
        if self.tenant(tenant).contacts.of(contact).has_silence() {
            self.heed_note(tenant, contact);
        }
        if self.reclassify_if_marked(tenant, contact) {
            return self.enter(tenant, contact);
        }
        if self.leave_if_due(tenant, contact) {
            return;
        }
        match self.seek(tenant, contact) {
            Placing::With(agent) => {
                self.offer(tenant, contact, agent);
            }
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
        let may_be_offered = self.is_offering(tenant) && !state.is_held_back(record.profile);
        let may_have = || {
            let yields = state.settings().interrupts && state.is_open_by_yielding(preferred, record);
            self.may_have(tenant, preferred, contact) || yields
        };
        if may_be_offered && may_have() {
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

    /// Whether the agent, who works on the contact's channel, is open on it, and nothing that is parked with it comes before.
    fn may_have(&self, tenant: TenantNo, agent: AgentNo, contact: ContactNo) -> bool {
        self.is_open_for(tenant, agent, contact) && !self.waits_for_parked(tenant, agent, contact)
    }

    /// Whether what is parked with the agent comes before the contact.
    pub fn waits_for_parked(&self, tenant: TenantNo, agent: AgentNo, contact: ContactNo) -> bool {
        let state = self.tenant(tenant);
        state.parked.has_any(agent)
            && state.group_kind(state.contacts.of(contact).profile) == GroupKind::Indirect
    }

    /// Whether the agent is open on the contact's channel; it is known to work on it.
    pub fn is_open_for(&self, tenant: TenantNo, agent: AgentNo, contact: ContactNo) -> bool {
        let state = self.tenant(tenant);
        let lane = state.channel_of(state.contacts.of(contact).profile).lane;
        state.agents[agent].open_lanes(state.settings()) >> lane & 1 == 1
    }

    /// The agent for the contact, while the engine is offering.
    pub fn find_agent(&mut self, tenant: TenantNo, contact: ContactNo) -> Option<AgentNo> {
        if !self.is_offering(tenant) {
            return None;
        }
        let state = self.engine.tenant_mut(tenant);
        if state.is_held_back(state.contacts.of(contact).profile) {
            return None;
        }
        state.refresh_supply();
        let mut found = if state.parked.is_empty() {
            state.matcher.find_agent(contact, &state.contacts, &state.agents)
        } else {
            state.find_beside_parked(contact)
        };
        if found.is_none() && state.settings().interrupts {
            found = state.find_yielding(contact);
        }
        found.inspect(|&agent| state.agents[agent].expect())
    }

    pub fn queue(&mut self, tenant: TenantNo, contact: ContactNo, place: Place) {
        self.note_unserved(tenant);
        self.emit(tenant, Change::ContactQueued { contact, place });
        if self.tenant(tenant).overflow.is_some() {
            self.tell_outlook(tenant, contact);
        }
        if self.tenant(tenant).contacts.of(contact).is_unsettled() {
            self.say_of(tenant, contact);
        }
    }

    /// Returns how much that is: this contact, those that it interrupts, and for how many reasons the agent is throttled.
    pub fn offer(&mut self, tenant: TenantNo, contact: ContactNo, agent: AgentNo) -> u32 {
        self.offer_by(tenant, contact, agent, None)
    }

    /// `by` is whose hand it is, out of turn.
    pub fn offer_by(
        &mut self,
        tenant: TenantNo,
        contact: ContactNo,
        agent: AgentNo,
        by: Option<Hand>,
    ) -> u32 {
        let mut concerned = 1;
        let state = self.tenant(tenant);
        if state.may_yield(&state.agents[agent]) {
            concerned += self.interrupt_for(tenant, agent, contact);
        }
        let state = self.tenant(tenant);
        let queue = state.queue_of(state.contacts.of(contact).profile);
        let (expires_at, auto_accept) = (self.now + queue.offer_timeout, queue.auto_accept);
        let offer = OfferNo(state.offers + 1);
        self.emit(tenant, Change::Offered { contact, agent, offer, expires_at, by });
        if self.tenant(tenant).settings().throttles {
            concerned += self.throttle_after_offer(tenant, agent, by);
        }
        if auto_accept {
            self.accept(tenant, contact);
        }
        concerned
    }

    /// Gives the agent whatever it can take, while the engine is offering.
    pub fn fill(&mut self, tenant: TenantNo, agent: AgentNo) {
        if self.is_offering(tenant) {
            self.fill_now(tenant, agent);
        } else {
            self.note_unserved(tenant);
        }
    }

    /// Returns the number of offers made, what they interrupted, what was resumed and who was throttled counted with them.
    pub fn fill_now(&mut self, tenant: TenantNo, agent: AgentNo) -> u32 {
        let mut offers = 0;
        loop {
            let now = self.now;
            let state = self.engine.tenant_mut(tenant);
            if state.settings.is_none() {
                return offers;
            }
            let mut reach = state.reach(agent);
            reach.only_own = state.agents[agent].is_throttled;
            let record = &state.agents[agent];
            let limit = record.deferred.map_or(PASSED_OVER, |(limit, _)| limit);
            let found = if reach.is_none() {
                Found::Nothing
            } else {
                let turns = (!state.ratios.is_empty()).then_some(InTurn {
                    ratios: &state.ratios,
                    profiles: &state.profiles,
                    waiting: &state.waiting,
                });
                state.matcher.find_contact(record, reach, limit, &mut state.contacts, now, turns)
            };
            match found {
                Found::Contact(contact) => {
                    state.expect_beside(contact.place());
                    self.engine.timers.expect(self.tenant(tenant).contacts.of(contact).timer);
                    offers += self.offer(tenant, contact, agent);
                }
                Found::Nothing => match self.resume(tenant, agent) {
                    0 => return offers,
                    resumed => offers += resumed,
                },
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
            None if self.tenant(tenant).agents[agent].state() == AgentState::Available => {
                self.fill(tenant, agent);
            }
            None => {
                self.resume(tenant, agent);
            }
        }
    }
}
