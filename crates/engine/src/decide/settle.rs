//! Offering switched off and on, and the pass over all agents of a tenant that finds whatever became assignable meanwhile.

use model::{AgentNo, TenantNo};

use super::Turn;

/// Offers that one call makes before it stops; one group of the journal holds them with room to spare.
const OFFERS_PER_SLICE: u32 = 512;
/// Agents that one call looks at: a look in vain takes some hundreds of nanoseconds.
const AGENTS_PER_SLICE: u32 = 2_048;

/// Where the pass over a tenant's agents is; nothing else is offered in the tenant until it ends.
#[derive(Debug)]
pub struct Pass {
    next: AgentNo,
    /// Something became assignable behind the pass, so it begins again.
    again: bool,
}

impl Pass {
    fn from_the_start() -> Pass {
        Pass { next: AgentNo(0), again: false }
    }
}

impl Turn<'_> {
    pub fn set_offering(&mut self, on: bool) {
        if !on {
            self.engine.settling.clear();
        } else if !self.engine.offering {
            for tenant in (1..=self.engine.tenants.len() as u32).map(TenantNo) {
                self.engine.settling.insert(tenant, Pass::from_the_start());
                self.expect_look(tenant);
            }
        }
        self.engine.offering = on;
        if on {
            self.settle();
        }
    }

    /// Everything in the tenant may have become assignable: as with a new configuration.
    pub fn settle_anew(&mut self, tenant: TenantNo) {
        if self.engine.offering {
            self.engine.settling.insert(tenant, Pass::from_the_start());
        }
    }

    /// Whether what becomes assignable in the tenant is offered at once.
    pub fn is_offering(&self, tenant: TenantNo) -> bool {
        self.engine.offering && !self.engine.settling.contains_key(&tenant)
    }

    /// While a pass runs, what it does not see makes it begin again.
    pub fn note_unserved(&mut self, tenant: TenantNo) {
        if let Some(pass) = self.engine.settling.get_mut(&tenant) {
            pass.again = true;
        }
    }

    fn settle(&mut self) {
        let (mut offers, mut agents) = (0, 0);
        while offers < OFFERS_PER_SLICE && agents < AGENTS_PER_SLICE {
            let Some(mut entry) = self.engine.settling.first_entry() else { return };
            let (tenant, agent) = (*entry.key(), entry.get().next);
            let state = &self.engine.tenants[tenant.index() - 1];
            if state.residence.is_here() && agent.index() < state.agents.len() {
                entry.get_mut().next = AgentNo(agent.0 + 1);
                agents += 1;
                offers += self.fill_now(tenant, agent);
            } else if entry.get().again {
                entry.insert(Pass::from_the_start());
            } else {
                entry.remove();
            }
        }
    }
}
