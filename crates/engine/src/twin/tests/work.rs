//! What waits, in hours of work, and who is free.

use super::script::{check, check_from};

/// Ten calls at once of ten seconds, of which each of those left shares less: 1,000, 1,111, 1,250, 1,428, 1,666, 2,000, 2,500, 3,333,
/// 5,000 and 10,000 ms of work, 2,928 in the mean.
const TEN: &str = "0 put ann cap=10
         0 put bob
         0 in ann
         0 new c1 call works
         0 new c2 call works
         0 new c3 call works
         0 new c4 call works
         0 new c5 call works
         0 new c6 call works
         0 new c7 call works
         0 new c8 call works
         0 new c9 call works
         0 new c10 call works
         10 complete ann c1
         10 complete ann c2
         10 complete ann c3
         10 complete ann c4
         10 complete ann c5
         10 complete ann c6
         10 complete ann c7
         10 complete ann c8
         10 complete ann c9";

/// Whoever comes then, while nothing is offered there, waits.
const TEN_WAIT: &str = "10 switch works paused
         11 new a call works
         11 new b call works
         11 new c call works
         11 new d call works
         11 new e call works
         11 new f call works
         11 new g call works
         11 new h call works
         11 new i call works
         11 new j call works";

#[test]
fn the_backlog_is_the_mean_effort_for_each_that_waits_shared_by_all_who_are_there() {
    // c10 took 16 s, so the mean is 3,528 ms.
    check_from(
        15,
        &format!(
            "{TEN}
             {TEN_WAIT}
             15 tick
             16 complete ann c10
             20 tick
             21 in bob
             25 tick
             26 gone b
             26 gone c
             26 gone d
             26 gone e
             26 gone f
             30 tick"
        ),
        "16: closed c10 Completed
         20: overflow swamped on at [35280]
         20: overflowed a to works with 2 at step 0 by swamped
         20: overflowed b to works with 2 at step 0 by swamped
         20: overflowed c to works with 2 at step 0 by swamped
         20: overflowed d to works with 2 at step 0 by swamped
         20: overflowed e to works with 2 at step 0 by swamped
         20: overflowed f to works with 2 at step 0 by swamped
         20: overflowed g to works with 2 at step 0 by swamped
         20: overflowed h to works with 2 at step 0 by swamped
         20: overflowed i to works with 2 at step 0 by swamped
         21: bob Available Agent
         25: overflowed j to works with 2 at step 0 by swamped
         26: closed b Abandoned
         26: closed c Abandoned
         26: closed d Abandoned
         26: closed e Abandoned
         26: closed f Abandoned
         30: overflow swamped off at [8820]",
    );
}

#[test]
fn what_is_handed_on_was_worked_on() {
    check_from(
        15,
        &format!(
            "{TEN}
             {TEN_WAIT}
             15 break ann
             16 transfer ann c10 idle
             20 tick
             21 out ann
             25 tick"
        ),
        "15: ann Aux(\"break\") Agent
         16: returned c10
         16: queued c10
         20: overflow swamped on at [35280]
         20: overflowed a to works with 2 at step 0 by swamped
         20: overflowed b to works with 2 at step 0 by swamped
         20: overflowed c to works with 2 at step 0 by swamped
         20: overflowed d to works with 2 at step 0 by swamped
         20: overflowed e to works with 2 at step 0 by swamped
         20: overflowed f to works with 2 at step 0 by swamped
         20: overflowed g to works with 2 at step 0 by swamped
         20: overflowed h to works with 2 at step 0 by swamped
         20: overflowed i to works with 2 at step 0 by swamped
         21: ann SignedOut Agent
         25: overflowed j to works with 2 at step 0 by swamped",
    );
}

#[test]
fn what_comes_back_because_its_agent_left_was_not() {
    // Bob is there, but nine efforts are too few.
    check_from(
        15,
        &format!(
            "{TEN}
             {TEN_WAIT}
             15 in bob
             16 out ann
             20 tick"
        ),
        "15: bob Available Agent
         16: returned c10
         16: ann SignedOut Agent
         16: queued c10",
    );
}

#[test]
fn who_is_free_is_counted_on_the_channel_that_the_limit_names() {
    // With a whole agent for it, an e-mail keeps a call away as well.
    check(
        "0 put ann
         0 put bob
         0 in ann
         1 new a mail spare
         2 new b mail spare
         5 tick
         6 in bob aux
         10 tick
         11 switch spare paused
         11 accept ann a
         12 complete ann a
         15 tick",
        "0: ann Available Agent
         1: offered a to ann
         2: queued b
         5: overflow spared on at [0]
         5: overflowed b to spare with 2 at step 0 by spared
         6: bob Aux(\"break\") Agent
         11: queue spare Paused
         11: accepted a
         12: closed a Completed
         15: overflow spared off at [1]",
    );
}

#[test]
fn deadlines_that_will_not_be_met_are_told_before_they_pass_and_again_when_they_will() {
    // c10 took 11 s, so the mean is 3,028 ms: at 15 the second is expected at 21.056. With two the second is expected with the first.
    check_from(
        11,
        &format!(
            "{TEN}
             10 switch works paused
             11 complete ann c10
             11 new a mail works due=26
             11 new b mail works due=40
             11 new c mail works due=20
             11 new d mail works due=19
             15 tick
             16 gone c
             20 tick
             21 gone d
             25 tick
             26 gone a
             30 tick
             31 in bob aux
             31 new e mail works due=33
             35 tick
             36 gone e
             36 gone b
             40 tick"
        ),
        "11: closed c10 Completed
         11: queued a
         11: queued b
         11: queued c
         11: queued d
         15: works at risk: c due 20, expected 21, 1 late
         16: closed c Abandoned
         21: closed d Abandoned
         26: closed a Abandoned
         30: works is met
         31: bob Aux(\"break\") Agent
         31: queued e
         35: works at risk: e due 33, expected 38, 1 late
         36: closed e Abandoned
         36: closed b Abandoned
         40: works is met",
    );
}
