//! Settling: the pass that fills every agent, in slices, after offering was switched on or a configuration changed.

use model::{AgentNo, TenantNo};

use super::Step;

/// A slice stops after the agent with whom this many offers are reached.
const OFFERS_PER_SLICE: usize = 512;

#[derive(Debug)]
pub(super) struct Pass {
    /// Tenant and agent to go on with.
    next: (TenantNo, AgentNo),
    /// Something happened that the pass may have missed; it starts over when it ends.
    again: bool,
}

impl Pass {
    fn from_the_start() -> Pass {
        Pass { next: (TenantNo(1), AgentNo(0)), again: false }
    }
}

impl Step<'_> {
    pub fn set_offering(&mut self, offering: bool) {
        let was_offering = std::mem::replace(&mut self.twin.offering, offering);
        if !offering {
            self.twin.pass = None;
        } else if !was_offering {
            self.twin.tenants.iter_mut().for_each(|tenant| tenant.set_look(self.now));
            self.settle();
        } else {
            self.fill_a_slice();
        }
    }

    /// After a changed configuration: a pass from the start, and its first slice at once.
    pub fn settle(&mut self) {
        if self.twin.offering {
            self.twin.pass = Some(Pass::from_the_start());
            self.fill_a_slice();
        }
    }

    /// Called wherever something is not offered because a pass is under way.
    pub fn let_pass_begin_again(&mut self) {
        if let Some(pass) = &mut self.twin.pass {
            pass.again = true;
        }
    }

    fn fill_a_slice(&mut self) {
        let mut offers = 0;
        while offers < OFFERS_PER_SLICE {
            let Some(pass) = &self.twin.pass else { return };
            match self.agent_from(pass.next) {
                Some((tenant, agent)) => {
                    self.advance_pass((tenant, AgentNo(agent.0 + 1)));
                    self.tenant = tenant;
                    offers += self.fill_now(agent);
                }
                None if pass.again => self.twin.pass = Some(Pass::from_the_start()),
                None => self.twin.pass = None,
            }
        }
    }

    fn advance_pass(&mut self, next: (TenantNo, AgentNo)) {
        if let Some(pass) = &mut self.twin.pass {
            pass.next = next;
        }
    }

    /// The first agent at or after this place, of this tenant or a later one.
    fn agent_from(&self, (tenant, agent): (TenantNo, AgentNo)) -> Option<(TenantNo, AgentNo)> {
        self.twin
            .tenants
            .iter()
            .flat_map(|world| world.agent_numbers().map(|agent| (world.number, agent)))
            .find(|place| *place >= (tenant, agent))
    }
}
