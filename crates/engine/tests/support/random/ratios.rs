//! Queues that take turns.

use model::QueueId;
use model::ratio::{Ratio, Share};

use super::rng::Rng;

/// Mostly with the shares that they had before, so that ratios stay as they were.
pub fn ratios(rng: &mut Rng, queues: &[QueueId]) -> Vec<Ratio> {
    if rng.percent(35) {
        return Vec::new();
    }
    let mut queues = queues.to_vec();
    queues.sort();
    let first = if rng.percent(70) { queues.len() } else { queues.len() / 2 };
    let rest = queues.split_off(first);
    [queues, rest].into_iter().filter(|queues| queues.len() > 1).map(|queues| ratio(rng, queues)).collect()
}

fn ratio(rng: &mut Rng, queues: Vec<QueueId>) -> Ratio {
    let is_usual = rng.percent(75);
    let shares = queues.into_iter().zip([3, 1, 1_000, 2, 1]).map(|(queue, usual)| {
        let share = if is_usual { usual } else { rng.one_of(&[1, 1, 2, 5, 999]) };
        Share { queue, share }
    });
    Ratio { shares: shares.collect() }
}
