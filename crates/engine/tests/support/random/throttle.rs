//! Slow starts and rations.

use model::Millis;
use model::throttle::{Ration, SlowStart};

use super::rng::Rng;

/// Few different ones, so that one is often the same as in the configuration before; and mostly none, or else little would be offered.
pub fn slow_start(rng: &mut Rng) -> Option<SlowStart> {
    let slow_start = |over, every| Some(SlowStart { over: Millis(over), every: Millis(every) });
    rng.one_of(&[None, None, None, slow_start(6_000, 900), slow_start(6_000, 900), slow_start(60_000, 4_000)])
}

pub fn ration(rng: &mut Rng) -> Option<Ration> {
    let ration = |offers, over| Some(Ration { offers, over: Millis(over) });
    rng.one_of(&[None, None, None, ration(2, 3_000), ration(2, 3_000), ration(1, 1_500), ration(5, 20_000)])
}
