//! Agents who are asked whether they still work on a contact, and answer or not.

use model::input::AgentAction;
use model::{ContactId, Millis, TenantConfig};
use workload::Rng;

use crate::scenario::known;
use crate::world::World;

/// Shorter than most contacts take, or longer.
pub fn with_handling(mut config: TenantConfig, rng: &mut Rng) -> TenantConfig {
    for queue in &mut config.queues {
        queue.handling_max = (rng.below(3) > 0).then(|| Millis(200 + rng.below(3_000)));
    }
    config
}

impl World {
    pub fn hear_stuck(&mut self, desktop: usize, contact: &str) {
        if self.clients.desk(desktop).may_answer() {
            let contact = known(contact, ContactId::new);
            self.act_at(desktop, AgentAction::StillWorking { contact });
        }
    }
}
