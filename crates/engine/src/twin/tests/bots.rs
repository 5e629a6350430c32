//! Bots, and who asks for a person.

use super::script::check;

#[test]
fn no_bot_gets_what_asks_for_a_person_whatever_becomes_of_it() {
    // `patient` asks for nothing else after 60 s, and closes after 90; `people` sends on to `idle` after 30.
    check(
        "0 drop zoe
         0 put rob bot cap=9 skills=french:9
         0 in rob
         1 new one call patient person
         2 new two call people
         3 new three call patient
         32 tick
         61 tick
         62 put ann cap=9
         62 in ann",
        "0: rob Available Agent
         1: queued one
         1: unservable one
         2: queued two
         2: unservable two
         3: offered three to rob
         32: expired three
         32: queued three
         32: relaxed one 1
         32: moved two to idle, MaxWait
         32: queued two
         32: unservable two
         61: relaxed three 1
         61: relaxed one 2
         62: ann Available Agent
         62: offered one to ann
         62: offered two to ann",
    );
}

#[test]
fn what_a_bot_hands_over_asks_for_a_person() {
    check(
        "0 put rob bot cap=9
         0 put bit bot cap=9
         0 in rob
         1 in bit
         2 new one call sales
         3 new two call idle
         4 decline rob two
         5 accept bit two
         6 requeue rob one
         7 transfer bit two sales
         8 put ann cap=9
         8 in ann",
        "0: rob Available Agent
         1: bit Available Agent
         2: offered one to rob
         2: accepted one
         3: offered two to rob
         4: declined two
         4: offered two to bit
         5: accepted two
         6: returned one
         6: queued one
         7: returned two
         7: queued two
         8: ann Available Agent
         8: offered one to ann
         8: accepted one
         8: offered two to ann
         8: accepted two",
    );
}

#[test]
fn what_a_bot_leaves_behind_may_go_to_another() {
    check(
        "0 put rob bot
         0 put bit bot
         0 in rob
         1 new one call sales
         2 in bit
         3 out rob",
        "0: rob Available Agent
         1: offered one to rob
         1: accepted one
         2: bit Available Agent
         3: returned one
         3: rob SignedOut Agent
         3: offered one to bit
         3: accepted one",
    );
}

#[test]
fn who_asks_for_a_person_while_it_waits_or_is_in_hands_gets_one() {
    check(
        "0 put rob bot cap=9
         0 in rob aux
         1 new one call idle prefer=rob
         2 update one person
         3 update one person
         4 ready rob
         5 new two call idle
         6 accept rob two
         7 update two person
         8 out rob
         9 in rob
         10 put ann cap=9
         10 in ann",
        "0: rob Aux(\"break\") Agent
         1: queued one for rob
         2: updated one
         2: one for people
         2: queued one
         4: rob Available Agent
         5: offered two to rob
         6: accepted two
         7: updated two
         8: returned two
         8: rob SignedOut Agent
         8: two for people
         8: queued two
         9: rob Available Agent
         10: ann Available Agent
         10: offered one to ann
         10: offered two to ann",
    );
}

#[test]
fn a_rule_asks_for_a_person_and_what_it_made_of_the_contact_stays() {
    check(
        "0 put rob bot cap=9
         0 in rob
         1 new one call idle tone=cross
         2 new two call idle
         3 accept rob two
         4 update two tone=cross
         5 transfer rob two sales tier=silver
         6 put bit bot cap=9
         6 in bit
         7 put ann cap=9
         7 in ann",
        "0: rob Available Agent
         1: classified one to idle by cross
         1: queued one
         2: offered two to rob
         3: accepted two
         4: updated two
         5: updated two
         5: returned two
         5: queued two
         6: bit Available Agent
         7: ann Available Agent
         7: offered one to ann
         7: offered two to ann
         7: accepted two",
    );
}

#[test]
fn a_supervisor_may_give_a_bot_what_asks_for_a_person() {
    check(
        "0 put rob bot cap=9
         0 in rob
         1 new one call idle person
         2 assign one rob
         3 accept rob one
         4 requeue rob one",
        "0: rob Available Agent
         1: queued one
         2: offered one to rob
         3: accepted one
         4: returned one
         4: queued one",
    );
}
