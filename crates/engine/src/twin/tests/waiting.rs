//! What befalls contacts that wait: they ask for less, leave by the exit, or find the queue closed.

use super::script::check;

#[test]
fn the_longer_a_contact_waits_the_less_it_asks_for() {
    check(
        "0 put ann cap=5 skills=french:1
         0 in ann
         0 new c1 call patient
         29 tick
         30 tick
         30 put bob
         30 in bob
         40 new c2 call patient skills=french:5
         70 tick
         100 tick",
        "0: ann Available Agent
         0: queued c1
         30: relaxed c1 1
         30: offered c1 to ann
         30: bob Available Agent
         40: queued c2
         70: expired c1
         70: relaxed c1 2
         70: offered c1 to bob
         70: relaxed c2 1
         100: expired c1
         100: closed c1 TimedOut
         100: relaxed c2 2
         100: offered c2 to ann",
    );
}

#[test]
fn who_waited_for_too_long_leaves_by_the_exit() {
    check(
        "0 new c1 call patient
         30 tick
         60 tick
         89 tick
         90 tick",
        "0: queued c1
         30: relaxed c1 1
         60: relaxed c1 2
         90: closed c1 TimedOut",
    );
}

#[test]
fn a_full_queue_sends_contacts_to_its_exit() {
    check(
        "0 new c1 call small
         0 new c2 call small
         0 gone c1
         1 new c3 call small
         30 tick",
        "0: queued c1
         0: moved c2 to patient, Full
         0: queued c2
         0: closed c1 Abandoned
         1: queued c3
         30: relaxed c2 1",
    );
}

#[test]
fn a_closed_queue_takes_nobody_and_a_paused_one_gives_nobody_away() {
    check(
        "0 put ann cap=5
         0 in ann
         0 switch small closed
         0 new c1 call small
         1 switch small paused
         1 new c2 call small
         2 switch small paused
         3 switch small open
         4 switch wrapping closed
         4 new c3 call wrapping",
        "0: ann Available Agent
         0: queue small Closed
         0: moved c1 to patient, Closed
         0: queued c1
         1: queue small Paused
         1: queued c2
         3: queue small Open
         3: offered c2 to ann
         4: queue wrapping Closed
         4: closed c3 TurnedAway",
    );
}

#[test]
fn outside_the_hours_contacts_take_the_exit() {
    check(
        "19 new early call lobby
         20 new c1 call lobby
         30 switch lobby closed
         30 new c2 call lobby
         31 switch lobby open
         139 new c3 call lobby
         140 new late call lobby",
        "19: moved early to letters, OffHours
         19: queued early
         20: queued c1
         30: queue lobby Closed
         30: moved c2 to letters, Closed
         30: queued c2
         31: queue lobby Open
         139: queued c3
         140: moved late to letters, OffHours
         140: queued late",
    );
}
