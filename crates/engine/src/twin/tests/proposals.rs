//! Another channel for those who wait.

use super::script::check;

#[test]
fn the_cheapest_is_proposed_and_of_equal_ones_what_the_customer_prefers() {
    // Three never said that it could be reached, and four on nothing but what it is on.
    check(
        "1 new one call busy reach=chat,post,mail
         2 new two call busy reach=chat,call
         3 new three call busy
         3 new four call busy reach=call
         5 tick
         10 tick
         25 tick
         30 tick",
        "1: queued one
         2: queued two
         3: queued three
         3: queued four
         5: overflow propose on at [4]
         5: proposed post in gold to one until 25 by propose
         5: proposed chat in gold to two until 25 by propose
         25: proposal expired one
         25: proposal expired two",
    );
}

#[test]
fn who_agrees_keeps_its_age_and_gets_a_deadline() {
    check(
        "1 new one call busy reach=mail arrived=0
         5 tick
         6 yes one
         7 yes one
         8 put ann
         8 in ann",
        "1: queued one
         5: overflow propose on at [1]
         5: proposed mail in gold to one until 25 by propose
         6: switched one to mail in gold with 5, due 3600
         6: queued one
         7: refused wrong_state
         8: ann Available Agent
         8: offered one to ann
         8: accepted one",
    );
}

#[test]
fn who_does_not_want_to_stays_and_is_not_asked_again() {
    check(
        "1 new one call busy reach=mail
         2 no one
         5 tick
         6 no one
         7 no one
         10 tick
         11 gone one
         12 yes one
         13 yes stranger",
        "1: queued one
         2: refused wrong_state
         5: overflow propose on at [1]
         5: proposed mail in gold to one until 25 by propose
         6: proposal declined one
         7: refused wrong_state
         11: closed one Abandoned
         13: refused unknown_contact",
    );
}

#[test]
fn an_offer_overtakes_a_proposal() {
    check(
        "1 new one call busy reach=mail
         5 tick
         6 put ann
         6 in ann
         7 yes one
         8 decline ann one
         9 yes one
         30 tick",
        "1: queued one
         5: overflow propose on at [1]
         5: proposed mail in gold to one until 25 by propose
         6: ann Available Agent
         6: offered one to ann
         7: refused wrong_state
         8: declined one
         8: queued one
         9: refused wrong_state",
    );
}

#[test]
fn nothing_is_proposed_into_a_queue_that_is_not_open() {
    check(
        "0 switch gold closed
         1 new one call busy reach=mail
         5 tick
         6 switch gold open
         10 tick
         11 switch gold paused
         12 yes one",
        "0: queue gold Closed
         1: queued one
         5: overflow propose on at [1]
         6: queue gold Open
         10: proposed mail in gold to one until 30 by propose
         11: queue gold Paused
         12: switched one to mail in gold with 5, due 3601
         12: queued one",
    );
}
