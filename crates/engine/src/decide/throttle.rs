//! People who are offered contacts too fast are held back from others for a while.

use model::hand::Hand;
use model::throttle::ThrottleWhy;
use model::{AgentNo, Change, TenantNo};

use super::Turn;
use crate::mutants::{self, Mutant};

impl Turn<'_> {
    /// The agent was just offered a contact. Returns for how many reasons it is held back.
    #[cold]
    pub fn throttle_after_offer(&mut self, tenant: TenantNo, agent: AgentNo, by: Option<Hand>) -> u32 {
        let mut reasons = 0;
        for why in ThrottleWhy::ALL.into_iter().filter(|_| by.is_none()) {
            let is_forgotten = mutants::is(Mutant::RationOverrun) && why == ThrottleWhy::Ration;
            let until = self.tenant(tenant).to_throttle(self.now, agent, why).filter(|_| !is_forgotten);
            if let Some(until) = until {
                self.emit(tenant, Change::AgentThrottled { agent, why, until });
                reasons += 1;
            }
        }
        reasons
    }

    /// Whether the agent's timer was for that.
    pub fn unthrottle_if_due(&mut self, tenant: TenantNo, agent: AgentNo) -> bool {
        self.tenant(tenant).agents[agent].is_throttled && self.unthrottle(tenant, agent)
    }

    #[cold]
    fn unthrottle(&mut self, tenant: TenantNo, agent: AgentNo) -> bool {
        let throttle = self.tenant(tenant).throttle(agent);
        let mut is_due = false;
        for why in ThrottleWhy::ALL {
            if throttle.until(why).is_some_and(|until| until <= self.now) {
                self.emit(tenant, Change::AgentUnthrottled { agent, why });
                is_due = true;
            }
        }
        if is_due && !self.tenant(tenant).agents[agent].is_throttled {
            self.fill(tenant, agent);
        }
        is_due
    }
}
