//! Live work interrupts what may be interrupted, so often, and that is resumed before anything else indirect.

use super::script::check;

#[test]
fn a_call_interrupts_and_what_it_interrupted_is_resumed_first() {
    check(
        "0 put ann
         0 in ann
         1 new note note sales
         2 new mail mail sales
         3 new call call sales
         9 complete ann call
         11 complete ann note",
        "0: ann Available Agent
         1: offered note to ann
         1: accepted note
         2: queued mail
         3: interrupted note
         3: offered call to ann
         3: accepted call
         9: closed call Completed
         9: resumed note
         11: closed note Completed
         11: offered mail to ann
         11: accepted mail",
    );
}

#[test]
fn live_work_that_waits_comes_before_what_is_parked() {
    check(
        "0 put ann
         0 in ann
         1 new note note sales
         2 new one call sales
         3 new two call sales
         4 complete ann one
         5 complete ann two",
        "0: ann Available Agent
         1: offered note to ann
         1: accepted note
         2: interrupted note
         2: offered one to ann
         2: accepted one
         3: queued two
         4: closed one Completed
         4: offered two to ann
         4: accepted two
         5: closed two Completed
         5: resumed note",
    );
}

#[test]
fn each_may_be_interrupted_so_often() {
    check(
        "0 put ann
         0 in ann
         1 new note note sales
         2 new one call sales
         3 complete ann one
         4 new two call sales
         5 complete ann two
         6 new three call sales
         7 complete ann note",
        "0: ann Available Agent
         1: offered note to ann
         1: accepted note
         2: interrupted note
         2: offered one to ann
         2: accepted one
         3: closed one Completed
         3: resumed note
         4: interrupted note
         4: offered two to ann
         4: accepted two
         5: closed two Completed
         5: resumed note
         6: queued three
         7: closed note Completed
         7: offered three to ann
         7: accepted three",
    );
}

#[test]
fn who_is_open_comes_before_whoever_would_be_interrupted() {
    check(
        "0 put ann
         0 put bob
         0 in ann
         1 new note note sales
         2 in bob
         3 new one call sales
         4 new two call sales",
        "0: ann Available Agent
         1: offered note to ann
         1: accepted note
         2: bob Available Agent
         3: offered one to bob
         3: accepted one
         4: interrupted note
         4: offered two to ann
         4: accepted two",
    );
}

#[test]
fn least_interrupted_and_latest_due_first_and_no_more_than_needed() {
    check(
        "0 put ann cap=3
         0 in ann
         1 new a note sales due=100
         1 new b note sales due=300
         1 new c note sales due=200
         2 new one call sales
         3 new two call sales
         4 complete ann one",
        "0: ann Available Agent
         1: offered a to ann
         1: accepted a
         1: offered b to ann
         1: accepted b
         1: offered c to ann
         1: accepted c
         2: interrupted b
         2: offered one to ann
         2: accepted one
         3: interrupted c
         3: offered two to ann
         3: accepted two
         4: closed one Completed
         4: resumed c",
    );
}

#[test]
fn an_offer_that_comes_to_nothing_gives_it_back_at_once() {
    check(
        "0 put ann
         0 in ann
         1 new note note sales
         2 new call call idle
         3 decline ann call
         4 new other call idle
         30 tick
         31 new third call idle",
        "0: ann Available Agent
         1: offered note to ann
         1: accepted note
         2: interrupted note
         2: offered call to ann
         3: declined call
         3: queued call
         3: resumed note
         4: interrupted note
         4: offered other to ann
         30: expired other
         30: queued other
         30: resumed note
         31: queued third",
    );
}

#[test]
fn what_is_accepted_later_is_interrupted_for_whoever_came_meanwhile() {
    check(
        "0 put ann
         0 in ann
         1 new note note idle
         2 new call call idle
         3 accept ann note",
        "0: ann Available Agent
         1: offered note to ann
         2: queued call
         3: accepted note
         3: interrupted note
         3: offered call to ann",
    );
}

#[test]
fn in_aux_it_has_its_work_back_and_leaving_returns_all_of_it() {
    check(
        "0 put ann
         0 in ann
         1 new note note sales
         2 new call call idle
         3 break ann
         4 ready ann
         5 accept ann call
         6 drain ann
         7 complete ann call
         8 out ann",
        "0: ann Available Agent
         1: offered note to ann
         1: accepted note
         2: interrupted note
         2: offered call to ann
         3: revoked call
         3: ann Aux(\"break\") Agent
         3: queued call
         3: resumed note
         4: ann Available Agent
         4: interrupted note
         4: offered call to ann
         5: accepted call
         6: ann Draining Agent
         7: closed call Completed
         7: resumed note
         8: returned note
         8: ann SignedOut Agent
         8: queued note",
    );
}

#[test]
fn what_is_parked_can_be_finished_handed_on_and_ended() {
    check(
        "0 put ann cap=2
         0 in ann
         1 new a note wrapping
         1 accept ann a
         1 new b note sales
         2 new one call sales
         2 new two call sales
         3 complete ann a
         4 requeue ann b
         5 complete ann one
         64 tick
         70 new three call sales
         71 gone b",
        "0: ann Available Agent
         1: offered a to ann
         1: accepted a
         1: offered b to ann
         1: accepted b
         2: interrupted b
         2: offered one to ann
         2: accepted one
         2: interrupted a
         2: offered two to ann
         2: accepted two
         3: closed a Completed
         4: returned b
         4: queued b
         5: closed one Completed
         64: lifted b
         64: offered b to ann
         64: accepted b
         70: interrupted b
         70: offered three to ann
         70: accepted three
         71: closed b Completed",
    );
}

#[test]
fn it_comes_before_anything_else_indirect_when_offering_begins() {
    check(
        "0 put ann
         0 in ann
         1 new note note sales due=300
         2 new call call sales
         3 new mail mail sales due=200
         4 off
         5 complete ann call
         6 on",
        "0: ann Available Agent
         1: offered note to ann
         1: accepted note
         2: interrupted note
         2: offered call to ann
         2: accepted call
         3: queued mail
         5: closed call Completed
         6: resumed note",
    );
}
