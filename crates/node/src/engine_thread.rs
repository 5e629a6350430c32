//! The threads that shards run on: as many as there are cores, at most one per shard. A shard that is owned again is on the
//! same thread again.
//!
//! A thread waits for events with the next timer as its limit, and gives each to its shard. All IO is done elsewhere.

use std::collections::BTreeMap;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use crossbeam_channel::{Receiver, RecvTimeoutError};
use shard::ShardEvent;

use crate::clock::NodeTime;
use crate::inbox::ToEngine;
use crate::panics::AbortOnPanic;
use crate::runner::Runner;

/// Longest wait; only a safeguard, since every shard sets its timers.
const WAIT_MAX: Duration = Duration::from_secs(1);

pub(crate) struct EngineThread {
    runners: BTreeMap<u16, Runner>,
    inbox: Receiver<ToEngine>,
    time: NodeTime,
}

impl EngineThread {
    pub fn start(index: usize, inbox: Receiver<ToEngine>, time: NodeTime) -> Result<JoinHandle<()>> {
        let mut thread = EngineThread { runners: BTreeMap::new(), inbox, time };
        std::thread::Builder::new()
            .name(format!("wissel-engine-{index}"))
            .spawn(move || {
                let _guard = AbortOnPanic("engine thread");
                thread.run();
            })
            .context("the system gives no thread for the engine")
    }

    fn run(&mut self) {
        loop {
            let now = Instant::now();
            let due = self.runners.values().filter_map(Runner::due).min();
            let wait = due.map_or(WAIT_MAX, |at| self.time.instant(at).saturating_duration_since(now));
            match self.inbox.recv_timeout(wait.min(WAIT_MAX)) {
                Ok(ToEngine::Event { shard, event }) => {
                    if let Some(runner) = self.runners.get_mut(&shard) {
                        runner.handle(event);
                    }
                }
                Ok(ToEngine::Own(taken)) => {
                    let (mut runner, state) = *taken;
                    runner.start(state);
                    self.runners.insert(runner.shard(), runner);
                }
                Ok(ToEngine::Wake) => {
                    for runner in self.runners.values_mut() {
                        runner.handle(ShardEvent::Tick);
                    }
                }
                Ok(ToEngine::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {}
            }
            let monotonic = self.time.read().monotonic;
            for runner in self.runners.values_mut() {
                if runner.due().is_some_and(|at| at <= monotonic) {
                    runner.fire();
                }
            }
            self.runners.retain(|_, runner| !runner.is_over());
        }
    }
}
