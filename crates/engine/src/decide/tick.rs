//! Time has passed: what is due, happens.

use model::transition::{OfferEnd, Place, PresenceCause};
use model::{AgentNo, Change, ContactNo, Outcome, Presence, TenantNo, Time};

use super::Turn;
use crate::state::agents::AgentState;
use crate::state::contacts::Status;
use crate::state::timers::TimerSubject;

/// Timers that one tick fires; the next tick is due at once when there are more.
const TIMERS_PER_TICK: usize = 256;
/// A tick fires no further timer once it has decided so much: what one tick decides must fit a record of the journal.
pub const CHANGES_PER_TICK: usize = 768;

impl Turn<'_> {
    pub fn tick(&mut self, until: Time) {
        let due_by = self.now.min(until);
        let before = self.decisions.transitions.len();
        for _ in 0..TIMERS_PER_TICK {
            if self.decisions.transitions.len() - before >= CHANGES_PER_TICK {
                return;
            }
            let Some((tenant, subject)) = self.engine.timers.first_due(due_by) else { return };
            match subject {
                TimerSubject::Agent(agent) => self.agent_timer(tenant, agent),
                TimerSubject::Queue(queue) => self.release_first(tenant, queue),
                TimerSubject::Contact(contact) => self.contact_timer(tenant, contact),
                TimerSubject::Look => self.look(tenant, before),
                TimerSubject::Servable => self.say_what_is(tenant),
            }
        }
    }

    fn agent_timer(&mut self, tenant: TenantNo, agent: AgentNo) {
        let state = &mut self.engine.tenants[tenant.index() - 1];
        let record = &mut state.agents[agent];
        self.engine.timers.cancel(&mut record.timer);
        let is_lost = record.state() == AgentState::Lost;
        if self.unthrottle_if_due(tenant, agent) {
            return;
        }
        if is_lost {
            self.set_presence(tenant, agent, Presence::SignedOut, PresenceCause::WindowOver);
        } else {
            self.fill(tenant, agent);
        }
    }

    fn contact_timer(&mut self, tenant: TenantNo, contact: ContactNo) {
        let state = &mut self.engine.tenants[tenant.index() - 1];
        let record = state.contacts.of_mut(contact);
        self.engine.timers.cancel(&mut record.timer);
        let (status, until) = (record.status, record.until);
        if status.is_waiting() {
            if self.leave_if_due(tenant, contact) {
                return;
            }
            self.end_proposal_if_due(tenant, contact);
        }
        match status {
            Status::Offered => self.offer_expired(tenant, contact),
            Status::WrapUp | Status::Quiet => self.close_and_release(tenant, contact, Outcome::Completed),
            Status::WaitingPreferred if until > self.now => self.press_if_due(tenant, contact),
            Status::WaitingPreferred => {
                self.relax_if_due(tenant, contact);
                self.press_if_due(tenant, contact);
                match self.find_agent(tenant, contact) {
                    Some(agent) => {
                        self.offer(tenant, contact, agent);
                    }
                    None => self.queue(tenant, contact, Place::Queue),
                }
            }
            Status::WaitingInQueue => self.look_again(tenant, contact),
            Status::Scheduled => self.release(tenant, contact),
            Status::Parked => self.stayed_long_enough(tenant, contact),
            Status::Active => self.say_stuck(tenant, contact),
            Status::Nowhere => {}
        }
    }

    /// The contact may be had by more agents than before.
    fn look_again(&mut self, tenant: TenantNo, contact: ContactNo) {
        let is_lifted = self.lift_if_due(tenant, contact);
        let is_relaxed = self.relax_if_due(tenant, contact);
        // Pressed, it stands before others; whoever could have it could before.
        self.press_if_due(tenant, contact);
        if !is_lifted && !is_relaxed {
            return;
        }
        match self.find_agent(tenant, contact) {
            Some(agent) => {
                self.offer(tenant, contact, agent);
            }
            None => self.note_unserved(tenant),
        }
    }

    fn offer_expired(&mut self, tenant: TenantNo, contact: ContactNo) {
        let state = self.tenant(tenant);
        let record = state.contacts.of(contact);
        let agent = record.agent;
        let kept_from_until = self.now + state.queue_of(record.profile).retry_same_agent_after;
        self.emit(tenant, Change::OfferEnded { contact, how: OfferEnd::Expired, kept_from_until });
        let state = self.tenant(tenant);
        let rona = &state.settings().config.rona;
        let record = &state.agents[agent];
        let is_over_budget = record.misses > rona.retries && record.state() == AgentState::Available;
        if is_over_budget {
            let presence = Presence::Aux(rona.aux.clone());
            self.set_presence(tenant, agent, presence, PresenceCause::Rona);
            self.place(tenant, contact);
        } else {
            self.place(tenant, contact);
            self.released(tenant, agent);
        }
    }
}
