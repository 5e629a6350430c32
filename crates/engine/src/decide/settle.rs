//! Offering switched off and on, and the pass over all agents that finds whatever became assignable meanwhile.

use model::{AgentNo, TenantNo};

use super::Turn;
use crate::Offering;

/// Offers that one call makes before it stops; one group of the journal holds them with room to spare.
const OFFERS_PER_SLICE: u32 = 512;

impl Turn<'_> {
    pub fn set_offering(&mut self, on: bool) {
        if !on {
            self.engine.offering = Offering::Off;
        } else {
            if self.engine.offering == Offering::Off {
                self.begin_pass();
                (1..=self.engine.tenants.len() as u32).for_each(|tenant| self.expect_look(TenantNo(tenant)));
            }
            self.settle();
        }
    }

    /// Everything may have become assignable: as with a new configuration.
    pub fn settle_anew(&mut self) {
        match self.engine.offering {
            Offering::Off => {}
            Offering::Settling { .. } | Offering::On => {
                self.begin_pass();
                self.settle();
            }
        }
    }

    fn begin_pass(&mut self) {
        self.engine.offering = Offering::Settling { tenant: TenantNo(1), agent: AgentNo(0), again: false };
    }

    fn settle(&mut self) {
        let mut offers = 0;
        while offers < OFFERS_PER_SLICE {
            let Offering::Settling { tenant, agent, again } = self.engine.offering else { return };
            if tenant.index() > self.engine.tenants.len() {
                if again {
                    self.begin_pass();
                    continue;
                }
                self.engine.offering = Offering::On;
                return;
            }
            let state = self.tenant(tenant);
            if state.residence.is_here() && agent.index() < state.agents.len() {
                offers += self.fill_now(tenant, agent);
                self.engine.offering = Offering::Settling { tenant, agent: AgentNo(agent.0 + 1), again };
            } else {
                let tenant = TenantNo(tenant.0 + 1);
                self.engine.offering = Offering::Settling { tenant, agent: AgentNo(0), again };
            }
        }
    }
}
