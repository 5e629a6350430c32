//! Queues that take turns where they want the same agents.

use model::ratio::{Ratio, Share};
use model::{QueueId, TenantConfig};
use workload::Rng;

use crate::scenario::{QUEUES, known};

/// Mostly all of them; of two configurations mostly the same.
pub fn with_ratios(mut config: TenantConfig, rng: &mut Rng) -> TenantConfig {
    let shares = match rng.below(4) {
        0 => return config,
        1 => [2, 1, 5],
        _ => [3, 1, 2],
    };
    let share = |(name, share): (&str, u16)| Share { queue: known(name, QueueId::new), share };
    let mut shares: Vec<Share> = QUEUES.into_iter().zip(shares).map(share).collect();
    shares.sort_by(|one, other| one.queue.cmp(&other.queue));
    config.ratios = vec![Ratio { shares }];
    config
}
