//! A contact centre around real nodes: its servers, its customers, its agents, and someone who hears everything.

pub mod callers;
pub mod client;
pub mod desk;
pub mod hostile;
pub mod listener;
pub mod router;
pub mod site;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use model::Time;
use workload::Rng;

/// What everyone does at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Contacts come, agents work as people do.
    Load,
    /// No contact comes any more; agents take what there is and finish it.
    Finish,
    Over,
}

pub fn wall() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(u64::try_from(since.as_millis()).unwrap_or_default())
}

/// A span of whole milliseconds from `least` up to `most`.
pub fn between(rng: &mut Rng, least: u64, most: u64) -> Duration {
    Duration::from_millis(least + rng.below(most - least))
}
