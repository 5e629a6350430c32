//! A live contact interrupts what can be interrupted, and what was interrupted is resumed.

use model::{AgentNo, Change, ContactNo, TenantNo};

use super::Turn;
use crate::matching::find_contact::Reach;
use crate::state::agents::AgentState;
use crate::state::tenant::Tenant;

impl Turn<'_> {
    /// Parks what the agent yields until it is open for the contact that it is about to be offered. Returns how many that takes.
    #[cold]
    pub fn interrupt_for(&mut self, tenant: TenantNo, agent: AgentNo, contact: ContactNo) -> u32 {
        let mut interrupted = 0;
        while !self.is_open_for(tenant, agent, contact) {
            let state = self.tenant(tenant);
            let Some(contact) = state.yielded_by(&state.agents[agent]).first() else { break };
            self.emit(tenant, Change::ContactInterrupted { contact });
            interrupted += 1;
        }
        interrupted
    }

    /// Gives the agent back what is parked with it, as far as there is room. Returns how much that is.
    #[inline]
    pub fn resume(&mut self, tenant: TenantNo, agent: AgentNo) -> u32 {
        if self.tenant(tenant).parked.has_any(agent) { self.resume_parked(tenant, agent) } else { 0 }
    }

    #[cold]
    fn resume_parked(&mut self, tenant: TenantNo, agent: AgentNo) -> u32 {
        match self.tenant(tenant).agents[agent].state() {
            AgentState::SignedOut | AgentState::Lost => return 0,
            AgentState::Available | AgentState::Aux | AgentState::Draining => {}
        }
        let mut resumed = 0;
        while let Some(contact) = self.tenant(tenant).resumable(agent) {
            self.emit(tenant, Change::ContactResumed { contact });
            resumed += 1;
        }
        resumed
    }

    /// What the agent accepted can be interrupted from here on.
    pub fn fill_if_it_yields(&mut self, tenant: TenantNo, agent: AgentNo, contact: ContactNo) {
        let state = self.tenant(tenant);
        if state.settings().interrupts
            && state.channel_of(state.contacts.of(contact).profile).interruptions > 0
        {
            self.fill(tenant, agent);
        }
    }
}

impl Tenant {
    /// What the agent may be given now.
    #[inline]
    pub fn reach(&self, agent: AgentNo) -> Reach {
        let record = &self.agents[agent];
        let open = record.open_lanes(self.settings());
        let yielding = self.lanes_by_yielding(record);
        Reach { open, yielding, only_live: self.parked.has_any(agent), only_own: false }
    }
}
