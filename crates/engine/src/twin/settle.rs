//! Settling: the pass that fills every agent of a tenant, in slices, after offering was switched on or a configuration changed.

use model::AgentNo;

use super::Step;

/// A slice stops after the agent with whom this many offers are reached, or this many agents.
const OFFERS_PER_SLICE: usize = 512;
const AGENTS_PER_SLICE: usize = 2_048;

#[derive(Debug)]
pub(super) struct Pass {
    /// Agent to go on with.
    next: AgentNo,
    /// Something happened that the pass may have missed; it starts over when it ends.
    again: bool,
}

impl Pass {
    fn from_the_start() -> Pass {
        Pass { next: AgentNo(0), again: false }
    }
}

impl Step<'_> {
    pub fn set_offering(&mut self, offering: bool) {
        let was_offering = std::mem::replace(&mut self.twin.offering, offering);
        for tenant in &mut self.twin.tenants {
            if !offering {
                tenant.pass = None;
            } else if !was_offering {
                tenant.pass = Some(Pass::from_the_start());
                tenant.set_look(self.now);
            }
        }
        self.fill_a_slice();
    }

    /// After a changed configuration: a pass from the start, for whoever asks next.
    pub fn settle(&mut self) {
        if self.twin.offering {
            self.twin.tenant_mut(self.tenant).pass = Some(Pass::from_the_start());
        }
    }

    /// Called wherever something is not offered because a pass is under way.
    pub fn let_pass_begin_again(&mut self) {
        if let Some(pass) = &mut self.twin.tenant_mut(self.tenant).pass {
            pass.again = true;
        }
    }

    fn fill_a_slice(&mut self) {
        let (mut offers, mut agents) = (0, 0);
        while offers < OFFERS_PER_SLICE && agents < AGENTS_PER_SLICE {
            let Some(world) = self.twin.tenants.iter_mut().find(|world| world.pass.is_some()) else { return };
            self.tenant = world.number;
            let Pass { next, again } = world.pass.take().expect("a tenant with a pass was looked for");
            if let Some(agent) = world.agent_numbers().find(|agent| *agent >= next) {
                world.pass = Some(Pass { next: AgentNo(agent.0 + 1), again });
                agents += 1;
                offers += self.fill_now(agent);
            } else if again {
                world.pass = Some(Pass::from_the_start());
            }
        }
    }
}
