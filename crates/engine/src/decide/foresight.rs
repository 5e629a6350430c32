//! Deadlines that will not be met, said before the first of them passes.

use model::{Change, QueueNo, TenantNo};

use super::Turn;

impl Turn<'_> {
    /// In a look. `changes`: how many are decided in all when nothing further is said.
    pub fn judge_deadlines(&mut self, tenant: TenantNo, changes: usize) {
        let state = self.tenant(tenant);
        let Some(overflow) = &state.overflow else { return };
        let foresees = |queue: &QueueNo| state.settings().queue(*queue).is_some_and(|queue| queue.foresee);
        let queues: Vec<QueueNo> = overflow.work.by_queue.keys().copied().filter(foresees).collect();
        for queue in queues {
            if self.decisions.transitions.len() >= changes {
                return;
            }
            self.judge_deadlines_of(tenant, queue);
        }
    }

    fn judge_deadlines_of(&mut self, tenant: TenantNo, queue: QueueNo) {
        let state = self.tenant(tenant);
        let at_risk = state.work(queue).is_some_and(|work| work.at_risk);
        let foreseen = state.foreseen(self.now, queue);
        let is_met = state.is_without_deadlines(queue) || foreseen.is_some_and(|foreseen| !foreseen.is_tight);
        let risk = foreseen.and_then(|foreseen| foreseen.first);
        if at_risk && is_met || !at_risk && risk.is_some() {
            let risk = risk.filter(|_| !at_risk);
            self.emit(tenant, Change::DeadlinesJudged { queue, risk });
        }
    }
}
