//! The node's two clocks, read together.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use model::{Millis, Time};
use shard::{Clock, TimeMode};

use crate::options::NodeClock;

#[derive(Debug, Clone)]
pub(crate) struct NodeTime {
    clock: NodeClock,
    started: Instant,
}

impl NodeTime {
    pub fn new(clock: NodeClock) -> NodeTime {
        NodeTime { clock, started: Instant::now() }
    }

    pub fn read(&self) -> Clock {
        let monotonic = Millis(self.started.elapsed().as_millis() as u64);
        Clock { wall: self.wall(), monotonic }
    }

    pub fn wall(&self) -> Time {
        match &self.clock {
            NodeClock::Real => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Time(since.as_millis() as u64)
            }
            NodeClock::Virtual(clock) => clock.now(),
        }
    }

    /// When the monotonic clock reads `at`.
    pub fn instant(&self, at: Millis) -> Instant {
        self.started + Duration::from_millis(at.0)
    }

    pub fn mode(&self) -> TimeMode {
        if self.is_virtual() { TimeMode::Given } else { TimeMode::Anchored }
    }

    pub fn is_virtual(&self) -> bool {
        match &self.clock {
            NodeClock::Real => false,
            NodeClock::Virtual(_) => true,
        }
    }
}
