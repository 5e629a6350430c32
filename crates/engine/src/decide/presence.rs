//! Changes of presence, asked for or not, and what comes free with them.

use model::agent::{AfterDraining, PresenceBefore};
use model::transition::{OfferEnd, PresenceCause};
use model::{AgentId, AgentNo, Change, ContactNo, Outcome, Presence, TenantId, TenantNo, Time};

use super::Turn;
use crate::state::agents::AgentState;
use crate::state::contacts::Status;

impl Turn<'_> {
    pub fn set_presence(
        &mut self,
        tenant: TenantNo,
        agent: AgentNo,
        presence: Presence,
        cause: PresenceCause,
    ) {
        if self.tenant(tenant).agents[agent].presence == presence {
            return;
        }
        let mut free = vec![];
        if presence != Presence::Available {
            self.revoke_offers(tenant, agent, &mut free);
        }
        if presence == Presence::SignedOut {
            self.give_up_holdings(tenant, agent, &mut free);
        }
        let leaves = matches!(presence, Presence::SignedOut | Presence::Lost { .. });
        let is_available = presence == Presence::Available;
        self.emit(tenant, Change::AgentPresence { agent, presence, cause });
        if leaves {
            let state = self.tenant(tenant);
            free.extend(state.agents[agent].waiters.iter().map(|&place| state.contacts.at(place).number));
        }
        free.sort_unstable();
        for contact in free {
            self.place(tenant, contact);
        }
        if let Some(next) = self.next_presence_if_drained(tenant, agent) {
            self.set_presence(tenant, agent, next, PresenceCause::Drained);
        } else if is_available {
            self.fill(tenant, agent);
        } else {
            self.resume(tenant, agent);
        }
    }

    fn revoke_offers(&mut self, tenant: TenantNo, agent: AgentNo, free: &mut Vec<ContactNo>) {
        for contact in self.holdings(tenant, agent) {
            if self.tenant(tenant).contacts.of(contact).status == Status::Offered {
                let how = OfferEnd::Revoked;
                self.emit(tenant, Change::OfferEnded { contact, how, kept_from_until: Time(0) });
                free.push(contact);
            }
        }
    }

    fn give_up_holdings(&mut self, tenant: TenantNo, agent: AgentNo, free: &mut Vec<ContactNo>) {
        for contact in self.holdings(tenant, agent) {
            if self.tenant(tenant).contacts.of(contact).status == Status::WrapUp {
                self.emit(tenant, Change::ContactClosed { contact, outcome: Outcome::Completed });
            } else {
                self.keep_or_return(tenant, contact, free);
            }
        }
    }

    /// In its hands or parked with it, by contact number.
    fn holdings(&self, tenant: TenantNo, agent: AgentNo) -> Vec<ContactNo> {
        self.tenant(tenant).with(agent)
    }

    /// The presence after draining, once the agent's hands are empty.
    pub fn next_presence_if_drained(&self, tenant: TenantNo, agent: AgentNo) -> Option<Presence> {
        let record = &self.tenant(tenant).agents[agent];
        if record.state() != AgentState::Draining {
            return None;
        }
        let parks = || self.tenant(tenant).parked.has_any(agent);
        match &record.presence {
            Presence::Draining { then } if !record.holds_anything() && !parks() => Some(match then {
                AfterDraining::SignOut => Presence::SignedOut,
                AfterDraining::Aux(reason) => Presence::Aux(reason.clone()),
            }),
            Presence::Draining { .. }
            | Presence::SignedOut
            | Presence::Available
            | Presence::Aux(_)
            | Presence::Lost { .. } => None,
        }
    }

    pub fn agent_silent(&mut self, tenant: &TenantId, agent: &AgentId, session: u64) {
        let Some((tenant, agent)) = self.signed_in_with(tenant, agent, session) else { return };
        let state = self.tenant(tenant);
        let before = match &state.agents[agent].presence {
            Presence::SignedOut | Presence::Lost { .. } => return,
            Presence::Available => PresenceBefore::Available,
            Presence::Aux(reason) => PresenceBefore::Aux(reason.clone()),
            Presence::Draining { then } => PresenceBefore::Draining(then.clone()),
        };
        let until = self.now + state.settings().config.reconnect_window;
        self.set_presence(tenant, agent, Presence::Lost { until, before }, PresenceCause::Heartbeat);
    }

    pub fn agent_back(&mut self, tenant: &TenantId, agent: &AgentId, session: u64) {
        if let Some((tenant, agent)) = self.signed_in_with(tenant, agent, session) {
            self.restore_if_lost(tenant, agent);
        }
    }

    pub fn restore_if_lost(&mut self, tenant: TenantNo, agent: AgentNo) {
        let record = &self.tenant(tenant).agents[agent];
        if record.state() != AgentState::Lost {
            return;
        }
        if let Presence::Lost { before, .. } = &record.presence {
            let presence = match before.clone() {
                PresenceBefore::Available => Presence::Available,
                PresenceBefore::Aux(reason) => Presence::Aux(reason),
                PresenceBefore::Draining(then) => Presence::Draining { then },
            };
            self.set_presence(tenant, agent, presence, PresenceCause::Heartbeat);
        }
    }

    fn signed_in_with(
        &self,
        tenant: &TenantId,
        agent: &AgentId,
        session: u64,
    ) -> Option<(TenantNo, AgentNo)> {
        let tenant = *self.engine.numbers.get(tenant)?;
        let state = self.tenant(tenant);
        let agents = &state.agents;
        let agent = agents.present(agent).filter(|_| state.residence.is_here())?;
        let record = &agents[agent];
        (record.session == session && record.presence.is_signed_in()).then_some((tenant, agent))
    }
}
