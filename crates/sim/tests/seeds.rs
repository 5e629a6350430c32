//! A share of what the commands play, in seconds: some seeds, every crash point, and that a seed is one history.

use wissel_sim::commands::crash_points::{cases, strike};
use wissel_sim::run::run_seed;

/// Twenty thousand and more are the command's work.
const SEEDS: u64 = 300;

#[test]
fn some_hundred_seeds_are_sound() {
    let mut runs = 0;
    for seed in 0..SEEDS {
        let outcome = run_seed(seed, false);
        runs += u64::from(outcome.is_run());
        assert!(outcome.is_sound(), "seed {seed}: {:#?}", outcome.violations);
    }
    assert!(runs > SEEDS * 9 / 10, "{runs} of {SEEDS} seeds had a fault");
}

#[test]
fn a_seed_is_one_history() {
    for seed in [3, 44, 187] {
        let (one, other) = (run_seed(seed, true), run_seed(seed, true));
        assert_eq!(one.lines, other.lines, "seed {seed}");
        assert_eq!(one.history, other.history, "seed {seed}");
        assert_eq!(one.history, run_seed(seed, false).history, "keeping the lines changes nothing");
        assert_ne!(one.history, run_seed(seed + 1, false).history);
    }
}

#[test]
fn every_crash_point_is_reached_and_survived() {
    for case in cases() {
        let outcome = strike(case);
        assert!(outcome.struck.iter().any(|trap| trap.point == case.point), "{case} was not reached");
        assert!(outcome.is_sound(), "{case}: {:#?}", outcome.violations);
    }
}
