//! Heartbeats as the node watches them: only a silence and its end reach the shard.

use std::collections::BTreeMap;

use model::AgentId;
use shard::ShardEvent;

use super::Inner;
use crate::scenario::tenant;
use crate::world::World;

/// As the product has it: three heartbeats missed.
const SILENT_AFTER: u64 = 15_000;
const JUDGE_EVERY: u64 = 1_000;

#[derive(Debug, Default)]
pub struct Beats {
    heard: BTreeMap<AgentId, Beat>,
}

#[derive(Debug)]
struct Beat {
    session: u64,
    at: u64,
    is_silent: bool,
}

impl Beats {
    /// True when it was reported as silent before.
    fn hear(&mut self, agent: &AgentId, session: u64, at: u64) -> bool {
        let former = self.heard.insert(agent.clone(), Beat { session, at, is_silent: false });
        former.is_some_and(|former| former.is_silent && former.session == session)
    }

    /// While our own link was down nobody could be heard.
    pub fn count_anew(&mut self, now: u64) {
        self.heard.values_mut().filter(|beat| !beat.is_silent).for_each(|beat| beat.at = now);
    }

    fn overdue(&mut self, now: u64) -> Vec<(AgentId, u64)> {
        let overdue =
            self.heard.iter_mut().filter(|(_, beat)| !beat.is_silent && now - beat.at >= SILENT_AFTER);
        overdue
            .map(|(agent, beat)| {
                beat.is_silent = true;
                (agent.clone(), beat.session)
            })
            .collect()
    }
}

impl World {
    /// A desktop's heartbeat reaches whoever listens.
    pub fn beat(&mut self, agent: &AgentId, session: u64) {
        for process in 0..self.processes.len() {
            let it = &mut self.processes[process];
            if !it.is_up() || it.owner.is_none() {
                continue;
            }
            if it.beats.hear(agent, session, self.now) {
                let (tenant, agent) = (tenant(), agent.clone());
                self.tell_owner(process, ShardEvent::AgentBack { tenant, agent, session });
            }
        }
    }

    pub fn judge_beats(&mut self, process: usize, start: u32) {
        let now = self.now;
        let it = &mut self.processes[process];
        if it.owner_of(start).is_none() || !it.is_engaged() {
            return;
        }
        if it.link.is_whole() {
            for (agent, session) in it.beats.overdue(now) {
                self.note(format_args!("n{process} misses agent {agent}"));
                let event = ShardEvent::AgentSilent { tenant: tenant(), agent, session };
                self.tell(process, start, event);
            }
        }
        self.plan_inner(process, JUDGE_EVERY, Inner::JudgeBeats { start });
    }
}
