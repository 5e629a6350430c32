//! Customers who fall silent, and write again.

use super::script::{check, check_from};

#[test]
fn who_is_silent_holds_nothing_and_comes_back_to_the_same_agent() {
    check(
        "1 put ann
         1 in ann
         2 new one text sales
         3 new two text sales
         4 hush one
         5 hush one
         6 reply one
         7 complete ann two",
        "1: ann Available Agent
         2: offered one to ann
         2: accepted one
         3: queued two
         4: quieted one until 104
         4: offered two to ann
         4: accepted two
         6: replied one with 0
         6: queued one for ann
         7: closed two Completed
         7: offered one to ann
         7: accepted one",
    );
}

#[test]
fn whoever_had_it_gets_it_at_once_if_it_can() {
    check_from(
        3,
        "1 put ann
         1 put bea
         1 in ann
         2 new one text sales
         3 quiet ann one
         4 in bea
         5 reply one
         6 reply one",
        "3: quieted one until 103
         4: bea Available Agent
         5: replied one with 0
         5: offered one to ann
         5: accepted one",
    );
}

#[test]
fn a_customer_who_writes_nothing_is_done_with() {
    // What belongs to it later goes to whoever had it.
    check_from(
        3,
        "1 put ann
         1 put bea
         1 in ann
         2 new one text sales customer=carl
         3 hush one
         4 in bea
         103 tick
         104 reply one
         105 new two text sales customer=carl",
        "3: quieted one until 103
         4: bea Available Agent
         103: closed one Completed
         105: offered two to ann
         105: accepted two",
    );
}

#[test]
fn who_waits_and_is_silent_waits_as_indirect_work_and_is_live_again_with_its_age() {
    check(
        "1 new one text gold arrived=0
         2 new two text gold
         3 hush one
         4 hush one
         5 put ann
         5 in ann
         6 reply one
         7 complete ann two",
        "1: queued one
         2: queued two
         3: slowed one with 5, due 3600
         3: queued one
         5: ann Available Agent
         5: offered two to ann
         5: accepted two
         6: replied one with 5
         6: queued one
         7: closed two Completed
         7: offered one to ann
         7: accepted one",
    );
}

#[test]
fn a_closed_queue_keeps_what_waits_and_not_what_comes_back() {
    check_from(
        4,
        "1 put ann
         1 in ann
         2 new one text sales
         3 new two text sales
         4 switch sales closed
         5 hush two
         6 reply two
         7 break ann
         8 hush one
         9 reply one",
        "4: queue sales Closed
         5: slowed two with 0, due 3603
         5: queued two
         6: replied two with 0
         6: queued two
         7: ann Aux(\"break\") Agent
         8: quieted one until 108
         9: replied one with 0
         9: closed one TurnedAway",
    );
}

#[test]
fn what_is_said_during_an_offer_counts_when_that_ends() {
    check_from(
        2,
        "1 put ann
         1 in ann
         2 new one text idle
         3 hush one
         4 hush one
         5 decline ann one
         70 tick
         71 reply one
         72 reply one
         73 hush one
         74 reply one
         75 accept ann one
         76 hush one
         77 reply one",
        "2: offered one to ann
         3: noted one true
         5: declined one
         5: slowed one with 0, due 3602
         5: queued one
         70: lifted one
         70: offered one to ann
         71: noted one false
         73: noted one true
         74: noted one false
         75: accepted one
         76: quieted one until 176
         77: replied one with 0
         77: offered one to ann",
    );
}

#[test]
fn only_a_channel_with_quiet_is_left_and_written_on_again() {
    check_from(
        3,
        "1 put ann
         1 in ann
         2 new one call sales
         3 hush one
         4 quiet ann one
         5 reply one
         6 hush stranger
         7 quiet ann stranger
         8 new two call sales
         9 hush two",
        "3: refused wrong_state
         4: refused wrong_state
         6: refused unknown_contact
         7: refused unknown_contact
         8: queued two
         9: refused wrong_state",
    );
}

#[test]
fn what_is_parked_can_be_quiet_too_and_its_agent_drains() {
    // It was slowed, so it came to her as a note, which a call interrupts.
    check_from(
        4,
        "1 new one text sales
         2 hush one
         3 put ann
         3 in ann
         4 new two call sales
         5 drain ann
         6 reply one
         7 hush one
         8 complete ann two
         9 reply one",
        "4: interrupted one
         4: offered two to ann
         4: accepted two
         5: ann Draining Agent
         7: quieted one until 107
         8: closed two Completed
         8: ann SignedOut Drained
         9: replied one with 0
         9: queued one",
    );
}

#[test]
fn what_is_over_for_the_customer_is_completed_and_for_the_organisation_cancelled() {
    check_from(
        3,
        "1 put ann cap=2
         1 in ann
         2 new one text sales
         2 new two text wrapping
         2 accept ann two
         3 hush one
         4 gone one
         5 hush two
         6 update two tier=gold
         7 update two amount=2000
         8 reply two",
        "3: quieted one until 103
         4: closed one Completed
         5: quieted two until 105
         6: updated two
         7: updated two
         8: replied two with 0
         8: reclassified two to wrapping with 3 by vip
         8: offered two to ann",
    );
}
