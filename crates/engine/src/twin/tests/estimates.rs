//! What those who wait are told of how long it will take.

use super::script::check;

/// Ten contacts that came at once, told that nobody is there, and answered from second 10 on, one every two seconds: their paces are
/// 10,000, 6,000, 4,666, 4,000, 3,600, 3,333, 3,142, 3,000, 2,888 and 2,800 ms. The last of them is with the agent.
const TEN: &str = "0 put ann
         0 new c1 call line
         0 new c2 call line
         0 new c3 call line
         0 new c4 call line
         0 new c5 call line
         0 new c6 call line
         0 new c7 call line
         0 new c8 call line
         0 new c9 call line
         0 new c10 call line
         10 in ann
         12 complete ann c1
         14 complete ann c2
         16 complete ann c3
         18 complete ann c4
         20 complete ann c5
         22 complete ann c6
         24 complete ann c7
         26 complete ann c8
         28 complete ann c9";
const TEN_TOLD: &str = "0: queued c1
         0: estimated c1 at 1: nobody_there
         0: queued c2
         0: estimated c2 at 2: nobody_there
         0: queued c3
         0: estimated c3 at 3: nobody_there
         0: queued c4
         0: estimated c4 at 4: nobody_there
         0: queued c5
         0: estimated c5 at 5: nobody_there
         0: queued c6
         0: estimated c6 at 6: nobody_there
         0: queued c7
         0: estimated c7 at 7: nobody_there
         0: queued c8
         0: estimated c8 at 8: nobody_there
         0: queued c9
         0: estimated c9 at 9: nobody_there
         0: queued c10
         0: estimated c10 at 10: nobody_there
         10: ann Available Agent
         10: offered c1 to ann
         10: accepted c1
         12: closed c1 Completed
         12: offered c2 to ann
         12: accepted c2
         14: closed c2 Completed
         14: offered c3 to ann
         14: accepted c3
         16: closed c3 Completed
         16: offered c4 to ann
         16: accepted c4
         18: closed c4 Completed
         18: offered c5 to ann
         18: accepted c5
         20: closed c5 Completed
         20: offered c6 to ann
         20: accepted c6
         22: closed c6 Completed
         22: offered c7 to ann
         22: accepted c7
         24: closed c7 Completed
         24: offered c8 to ann
         24: accepted c8
         26: closed c8 Completed
         26: offered c9 to ann
         26: accepted c9
         28: closed c9 Completed
         28: offered c10 to ann
         28: accepted c10";

#[track_caller]
fn check_after_ten(inputs: &str, expected: &str) {
    check(&format!("{TEN}\n{inputs}"), &format!("{TEN_TOLD}\n{expected}"));
}

#[test]
fn a_position_times_the_pace_of_those_before() {
    check_after_ten(
        "30 new dora call line
         31 new emil call line",
        "30: queued dora
         30: estimated dora at 1: 3333 to 6000
         31: queued emil
         31: estimated emil at 2: 6666 to 12000",
    );
}

#[test]
fn who_waits_longer_than_others_did_tells_those_behind() {
    check_after_ten(
        "30 new dora call line
         31 new emil call line
         50 tick
         51 complete ann c10
         55 tick",
        "30: queued dora
         30: estimated dora at 1: 3333 to 6000
         31: queued emil
         31: estimated emil at 2: 6666 to 12000
         50: estimated dora at 1: 20000 to 20000
         50: estimated emil at 2: 40000 to 40000
         51: closed c10 Completed
         51: offered dora to ann
         51: accepted dora
         55: estimated emil at 1: 12000 to 12000",
    );
}

#[test]
fn an_estimate_is_unknown_while_nothing_can_be_offered_or_nobody_is_there() {
    check_after_ten(
        "30 new dora call line
         31 switch line paused
         35 tick
         36 switch line open
         37 off
         37 new emil call line
         38 on
         40 tick
         41 silent ann
         45 tick",
        "30: queued dora
         30: estimated dora at 1: 3333 to 6000
         31: queue line Paused
         35: estimated dora at 1: paused
         36: queue line Open
         37: queued emil
         37: estimated emil at 2: not_offering
         40: estimated dora at 1: 10000 to 10000
         40: estimated emil at 2: 20000 to 20000
         41: ann Lost Heartbeat
         45: estimated dora at 1: nobody_there
         45: estimated emil at 2: nobody_there",
    );
}

#[test]
fn what_changed_little_is_not_told() {
    check_after_ten(
        "30 new dora call line
         35 tick
         40 tick",
        "30: queued dora
         30: estimated dora at 1: 3333 to 6000
         40: estimated dora at 1: 10000 to 10000",
    );
}
