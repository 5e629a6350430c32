//! What is done when a backlog builds.

use super::script::check;

#[test]
fn nobody_is_moved_to_where_there_is_no_room() {
    // `small` has room for one.
    check(
        "1 new first call crowd
         2 new second call crowd
         5 tick
         6 gone first
         10 tick",
        "1: queued first
         2: queued second
         5: overflow lift on at [2]
         5: overflowed first to crowd with 4 at step 0 by lift
         5: overflowed second to crowd with 4 at step 0 by lift
         5: overflow lend on at [2]
         5: overflowed first to crowd with 4 at step 0 by lend
         5: overflowed second to crowd with 4 at step 0 by lend
         5: overflow push on at [2]
         5: overflowed first to small with 0 at step 0 by push
         5: queued first
         6: closed first Abandoned
         10: overflowed second to small with 0 at step 0 by push
         10: queued second",
    );
}

#[test]
fn what_overflow_made_lasts_when_more_is_said_and_until_a_transfer() {
    // `small` is closed, so nobody is pushed; what the rule of classification adds is not what it is lent for.
    check(
        "0 switch small closed
         1 put ann
         1 put bob skills=french:3
         1 new one call crowd
         5 tick
         6 update one lang=fr
         7 in bob
         8 accept bob one
         9 transfer bob one crowd
         10 tick",
        "0: queue small Closed
         1: queued one
         5: overflow lift on at [1]
         5: overflowed one to crowd with 4 at step 0 by lift
         5: overflow lend on at [1]
         5: overflowed one to crowd with 4 at step 0 by lend
         5: overflow push on at [1]
         6: updated one
         6: reclassified one to crowd with 4 by french
         6: queued one
         7: bob Available Agent
         7: offered one to bob
         8: accepted one
         9: returned one
         9: queued one
         10: overflowed one to crowd with 4 at step 0 by lift
         10: overflowed one to crowd with 4 at step 0 by lend",
    );
}

#[test]
fn who_takes_a_step_is_lent_no_more() {
    check(
        "0 switch small closed
         1 new one call crowd
         5 tick
         21 tick
         22 put ann
         22 in ann
         23 put bob skills=french:2
         23 in bob",
        "0: queue small Closed
         1: queued one
         5: overflow lift on at [1]
         5: overflowed one to crowd with 4 at step 0 by lift
         5: overflow lend on at [1]
         5: overflowed one to crowd with 4 at step 0 by lend
         5: overflow push on at [1]
         21: relaxed one 1
         22: ann Available Agent
         23: bob Available Agent
         23: offered one to bob",
    );
}

#[test]
fn who_is_lent_goes_to_whoever_is_there_and_an_empty_queue_turns_rules_off() {
    check(
        "0 switch small closed
         0 put ann
         0 in ann
         1 new one call crowd
         5 tick
         10 tick",
        "0: queue small Closed
         0: ann Available Agent
         1: queued one
         5: overflow lift on at [1]
         5: overflowed one to crowd with 4 at step 0 by lift
         5: overflow lend on at [1]
         5: overflowed one to crowd with 4 at step 0 by lend
         5: offered one to ann
         10: overflow lift off at [0]
         10: overflow lend off at [0]",
    );
}

#[test]
fn while_nothing_is_offered_nothing_is_looked_at() {
    check(
        "0 off
         1 new one call crowd
         5 tick
         6 on
         9 tick
         10 tick
         11 gone one",
        "1: queued one
         10: overflow lift on at [1]
         10: overflowed one to crowd with 4 at step 0 by lift
         10: overflow lend on at [1]
         10: overflowed one to crowd with 4 at step 0 by lend
         10: overflow push on at [1]
         10: overflowed one to small with 0 at step 0 by push
         10: queued one
         11: closed one Abandoned",
    );
}
