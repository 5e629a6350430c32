//! That broken builds are found out: a few here, all of them with `wissel-sim mutants`.
//!
//! Only with the feature `mutants`, which no build of the product has.
#![cfg(feature = "mutants")]

use wissel_sim::commands::mutants::hunt;
use wissel_sim::mutants::all::named;

#[test]
fn a_few_are_caught_within_two_hundred_seeds() {
    for name in [
        "no_expected_sequence",
        "output_before_commit",
        "position_left_out",
        "clock_in_replay",
        "nothing_sent_again",
        "purged_before_manifest",
        "grace_not_given",
        "agent_inputs_repeat",
        "capacity_kept",
    ] {
        let result = hunt(named(name).expect("a mutant"), 200);
        assert!(result.caught, "{name}");
    }
}
