//! Who starts the shard: a stand-in for membership, which gives liveness and nothing else.
//!
//! A process takes the shard over when nobody who is up had it for a while. It may well be wrong about that: an owner
//! that is stopped or cut off is not up, and goes on later. The fence must hold whatever is decided here.

use shard::{Quarantine, ShardEvent, Stage};
use workload::Rng;

use crate::process::Process;
use crate::world::{Due, World};

const LOOK_EVERY: u64 = 200;
/// How long a person takes to order a repair.
const REPAIR_AFTER: u64 = 1_000;

#[derive(Debug)]
pub struct Supervisor {
    patience: u64,
    /// When somebody was last seen to have the shard.
    seen_at: u64,
    /// Since when a repair is wanted.
    repair_since: Option<u64>,
    rng: Rng,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// From the follower's state, when `is_warm` and there is one.
    Start {
        process: usize,
        is_warm: bool,
    },
    Repair {
        process: usize,
    },
}

impl Supervisor {
    pub fn new(patience: u64, seed: u64) -> Supervisor {
        let rng = Rng::stream(seed, "supervisor", 0);
        Supervisor { patience, seen_at: 0, repair_since: None, rng }
    }

    pub fn decide(&mut self, now: u64, processes: &[Process]) -> Option<Command> {
        if let Some(process) = processes.iter().position(is_repairable) {
            let since = *self.repair_since.get_or_insert(now);
            self.seen_at = now;
            return (now - since >= REPAIR_AFTER).then_some(Command::Repair { process });
        }
        self.repair_since = None;
        if processes.iter().any(|process| process.is_up() && process.is_engaged()) {
            self.seen_at = now;
            return None;
        }
        let is_first = now == 0;
        if !is_first && now - self.seen_at < self.patience {
            return None;
        }
        let process = self.candidate(processes)?;
        self.seen_at = now;
        Some(Command::Start { process, is_warm: self.rng.below(2) == 0 })
    }

    /// Somebody who is up and does nothing.
    pub fn candidate(&mut self, processes: &[Process]) -> Option<usize> {
        let free: Vec<usize> = processes
            .iter()
            .filter(|process| {
                process.is_up() && !process.is_engaged() && process.stage() != Stage::Quarantined
            })
            .map(|process| process.number)
            .collect();
        let chosen = self.rng.below(free.len() as u64) as usize;
        free.get(chosen).copied()
    }
}

/// Its journal lost its end, and it has in memory what was lost.
fn is_repairable(process: &Process) -> bool {
    process.is_alive
        && process.stage() == Stage::Quarantined
        && process.owner.as_ref().is_some_and(|owner| {
            matches!(owner.quarantine, Some(Quarantine::JournalLost { .. })) && owner.shard.engine().is_some()
        })
}

impl World {
    pub fn supervise(&mut self) {
        self.plan(LOOK_EVERY, Due::Supervise);
        match self.supervisor.decide(self.now, &self.processes) {
            Some(Command::Start { process, is_warm }) => self.take_over(process, is_warm),
            Some(Command::Repair { process }) => {
                self.note(format_args!("n{process} is told to repair the journal"));
                self.tell_owner(process, ShardEvent::RepairFromMemory);
            }
            None => {}
        }
    }

    /// A follower of a process that does not own follows the journal too; how far it came is a matter of luck.
    pub fn take_over(&mut self, process: usize, is_warm: bool) {
        if is_warm {
            if self.processes[process].follower.is_none() {
                self.processes[process].follower = crate::process::follow::begin(&self.servers);
            }
            let behind = self.net.below(4);
            let through = self.servers.journal.last().saturating_sub(behind);
            self.catch_up(process, through);
        }
        self.start_shard(process, is_warm);
    }
}
