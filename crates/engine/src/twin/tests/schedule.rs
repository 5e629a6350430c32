//! Contacts with a window: put off, released one by one, tried again.

use super::script::check;

#[test]
fn until_its_time_nobody_has_it() {
    check(
        "0 put ann
         0 in ann
         0 new c1 call sales from=60
         59 tick
         60 tick
         61 new c2 call sales from=30",
        "0: ann Available Agent
         0: put off c1 until 60 after 0
         60: released c1
         60: offered c1 to ann
         60: accepted c1
         61: put off c2 until 61 after 0",
    );
}

#[test]
fn as_many_as_may_wait_are_released_by_arrival() {
    // Who said when it came keeps that place; who did not came when it was due.
    check(
        "0 new late call calls from=20
         1 new early call calls from=30
         2 new old call calls from=40 arrived=0
         3 new call call calls
         50 tick
         51 put ann
         51 in ann
         51 tick
         52 accept ann late
         53 complete ann late
         53 tick
         54 accept ann call
         55 complete ann call
         55 tick
         56 gone old
         57 gone early
         57 tick",
        "0: put off late until 20 after 0
         1: put off early until 30 after 0
         2: put off old until 40 after 0
         3: queued call
         50: released old
         50: queued old
         51: ann Available Agent
         51: offered old to ann
         51: released late
         51: queued late
         52: refused offer_gone
         53: refused not_holder
         54: refused offer_gone
         55: refused not_holder
         56: closed old Abandoned
         56: offered call to ann
         57: closed early Abandoned",
    );
}

#[test]
fn an_unanswered_window_ends_at_the_exit() {
    check(
        "0 new c1 call calls from=10 to=20
         0 new c2 call calls from=10 to=25
         10 tick
         20 tick
         25 tick
         26 new c3 call calls to=30
         26 tick
         27 put ann
         27 in ann aux
         30 tick
         31 ready ann
         32 accept ann c1
         33 missed ann c1",
        "0: put off c1 until 10 after 0
         0: put off c2 until 10 after 0
         10: released c1
         10: queued c1
         20: moved c1 to idle, WindowOver
         20: queued c1
         20: released c2
         20: queued c2
         25: moved c2 to idle, WindowOver
         25: queued c2
         26: put off c3 until 26 after 0
         26: released c3
         26: queued c3
         27: ann Aux(\"break\") Agent
         30: moved c3 to idle, WindowOver
         30: queued c3
         31: ann Available Agent
         31: offered c1 to ann
         32: accepted c1
         33: refused wrong_state",
    );
}

#[test]
fn who_is_put_off_when_its_window_ends_leaves_too() {
    check(
        "0 new c1 call calls from=10
         0 new c2 call calls from=10 to=20
         10 tick
         20 tick
         21 new c3 call sales from=10 to=15",
        "0: put off c1 until 10 after 0
         0: put off c2 until 10 after 0
         10: released c1
         10: queued c1
         20: released c2
         20: moved c2 to idle, WindowOver
         20: queued c2
         21: put off c3 until 21 after 0",
    );
}

#[test]
fn a_customer_who_is_not_reached_is_tried_again_so_often() {
    check(
        "0 put ann
         0 in ann
         0 new c1 call calls from=0
         0 tick
         1 accept ann c1
         2 missed ann c1
         31 tick
         32 tick
         33 accept ann c1
         34 missed ann c1
         64 tick
         65 accept ann c1
         66 missed ann c1",
        "0: ann Available Agent
         0: put off c1 until 0 after 0
         0: released c1
         0: offered c1 to ann
         1: accepted c1
         2: put off c1 until 32 after 1
         32: released c1
         32: offered c1 to ann
         33: accepted c1
         34: put off c1 until 64 after 2
         64: released c1
         64: offered c1 to ann
         65: accepted c1
         66: closed c1 NotReached",
    );
}

#[test]
fn nobody_is_tried_again_behind_the_window_and_who_is_spoken_with_has_none() {
    check(
        "0 put ann
         0 in ann
         0 new c1 call calls to=32
         0 tick
         1 accept ann c1
         2 missed ann c1
         3 new c2 call calls to=10
         3 tick
         4 accept ann c2
         11 transfer ann c2 sales
         11 tick",
        "0: ann Available Agent
         0: put off c1 until 0 after 0
         0: released c1
         0: offered c1 to ann
         1: accepted c1
         2: closed c1 NotReached
         3: put off c2 until 3 after 0
         3: released c2
         3: offered c2 to ann
         4: accepted c2
         11: returned c2
         11: queued c2",
    );
}

#[test]
fn what_is_said_of_it_meanwhile_counts_when_it_is_released() {
    // The queue `idle` has the lower number.
    check(
        "0 new c1 call calls from=10
         1 update c1 tier=gold
         2 new c2 call - from=10
         3 update c2 tier=gold amount=1000
         10 tick",
        "0: put off c1 until 10 after 0
         1: updated c1
         2: classified c2 to idle by nobody
         2: put off c2 until 10 after 0
         3: updated c2
         10: released c2
         10: reclassified c2 to gold with 8 by vip
         10: queued c2
         10: released c1
         10: queued c1",
    );
}
