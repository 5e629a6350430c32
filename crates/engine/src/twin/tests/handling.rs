//! Contacts that are active for too long without a word of their agents.

use super::script::check_from;

#[test]
fn what_is_active_for_too_long_is_said_to_be_stuck_once_and_stays() {
    check_from(
        1,
        "0 put ann
         0 in ann
         1 new one call timed
         30 tick
         31 tick
         90 tick
         95 complete ann one",
        "1: offered one to ann
         1: accepted one
         31: stuck one
         95: closed one Completed",
    );
}

#[test]
fn whoever_says_that_it_is_worked_on_gets_as_much_time_again() {
    check_from(
        1,
        "0 put ann
         0 in ann
         1 new one call timed
         20 working ann one
         49 tick
         50 tick
         60 working ann one
         89 tick
         90 tick
         91 complete ann one
         92 new two call sales
         93 working ann two
         94 working ann one",
        "1: offered one to ann
         1: accepted one
         20: worked on one
         50: stuck one
         60: worked on one
         90: stuck one
         91: closed one Completed
         92: offered two to ann
         92: accepted two
         94: refused unknown_contact",
    );
}

#[test]
fn what_is_interrupted_is_worked_on_by_nobody_and_begins_anew() {
    check_from(
        1,
        "0 put ann
         0 in ann
         1 new note note timed
         20 new call call sales
         25 working ann note
         60 complete ann call
         89 tick
         90 tick
         91 requeue ann note
         200 tick",
        "1: offered note to ann
         1: accepted note
         20: interrupted note
         20: offered call to ann
         20: accepted call
         25: refused wrong_state
         60: closed call Completed
         60: resumed note
         90: stuck note
         91: returned note
         91: queued note
         200: lifted note
         200: offered note to ann
         200: accepted note",
    );
}
