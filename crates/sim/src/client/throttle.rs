//! People who are held back.

use model::throttle::{Ration, SlowStart};
use model::{Millis, TenantConfig};
use workload::Rng;

/// Shorter than agents are there, and fewer than they would be offered.
pub fn with_throttles(mut config: TenantConfig, rng: &mut Rng) -> TenantConfig {
    let (over, every) = (Millis(1_000 + rng.below(5_000)), Millis(200 + rng.below(800)));
    config.slow_start = (rng.below(3) == 0).then_some(SlowStart { over, every });
    let (offers, over) = (1 + rng.below(4) as u32, Millis(1_000 + rng.below(3_000)));
    config.ration = (rng.below(3) == 0).then_some(Ration { offers, over });
    config
}
