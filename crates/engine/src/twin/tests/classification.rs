//! What the rules make of contacts, and of what is said of them later.

use super::script::check;

#[test]
fn the_first_rule_that_matches_decides() {
    check(
        "0 new plain call sales
         0 new none call -
         0 new vip call - tier=gold amount=1000
         0 new poor call - tier=gold amount=999.99
         0 new words call - tier=gold amount=1e6
         0 new both call - tier=gold amount=2000 lang=fr
         0 new french call - lang=fr
         0 new client call - customer=fr-12",
        "0: queued plain
         0: classified none to idle by nobody
         0: queued none
         0: classified vip to gold by vip
         0: queued vip
         0: classified poor to idle by nobody
         0: queued poor
         0: classified words to idle by nobody
         0: queued words
         0: classified both to gold by vip
         0: queued both
         0: classified french to idle by french
         0: queued french
         0: classified client to idle by french
         0: queued client",
    );
}

#[test]
fn a_queue_that_was_named_gives_way_to_rules_that_ask_for_it() {
    check(
        "0 new vip call wrapping tier=gold amount=1000
         0 new tier call small tier=silver
         0 new small call small
         0 new other call wrapping tier=silver
         0 new wrong call nowhere tier=gold amount=1000",
        "0: classified vip to wrapping by vip
         0: queued vip
         0: classified tier to fast by small-tier
         0: queued tier
         0: queued small
         0: queued other
         0: refused unknown_queue",
    );
}

#[test]
fn what_a_rule_adds_counts_as_the_contacts_own() {
    // `vip` has three points in `wrapping`, which are three minutes.
    check(
        "0 put ann skills=french:1
         0 put bob skills=french:2
         0 new old call wrapping
         120 new vip call wrapping tier=gold amount=1000
         120 new french call wrapping lang=fr
         120 in ann
         120 in bob
         120 accept bob old
         120 complete bob old
         121 done bob old",
        "0: queued old
         120: classified vip to wrapping by vip
         120: queued vip
         120: classified french to wrapping by french
         120: queued french
         120: ann Available Agent
         120: offered vip to ann
         120: bob Available Agent
         120: offered old to bob
         120: accepted old
         120: wrap-up old
         121: closed old Completed
         121: offered french to bob",
    );
}

#[test]
fn who_waits_is_classified_anew_when_more_is_said() {
    check(
        "0 new c1 call -
         1 update c1 tier=gold
         2 update c1 amount=1500
         3 update c1 amount=1500
         4 update c1 amount=-
         5 update c2 tier=gold
         6 gone c1
         7 update c1 tier=gold",
        "0: classified c1 to idle by nobody
         0: queued c1
         1: updated c1
         2: updated c1
         2: reclassified c1 to gold with 8 by vip
         2: queued c1
         4: updated c1
         4: reclassified c1 to idle with 0 by nobody
         4: queued c1
         5: refused unknown_contact
         6: closed c1 Abandoned",
    );
}

#[test]
fn a_customer_is_said_once() {
    check(
        "0 new c1 call -
         1 update c1 customer=fr-1
         2 update c1 customer=fr-1
         3 update c1 customer=fr-2 tier=gold",
        "0: classified c1 to idle by nobody
         0: queued c1
         1: updated c1
         1: reclassified c1 to idle with 0 by french
         1: queued c1
         3: refused wrong_state",
    );
}

#[test]
fn an_update_may_find_an_agent() {
    check(
        "0 put ann
         0 in ann
         0 new c1 call skilled lang=fr
         1 update c1 lang=de
         2 new c2 call wrapping lang=fr
         3 update c2 lang=-",
        "0: ann Available Agent
         0: classified c1 to skilled by french
         0: queued c1
         1: updated c1
         1: reclassified c1 to skilled with 0 by nobody
         1: queued c1
         2: classified c2 to wrapping by french
         2: queued c2
         3: updated c2
         3: reclassified c2 to wrapping with 0 by nobody
         3: offered c2 to ann",
    );
}

#[test]
fn who_is_in_somebodys_hands_is_classified_when_it_comes_back() {
    check(
        "0 put ann
         0 put bob
         0 in ann
         0 new c1 call -
         1 update c1 tier=gold amount=1000
         2 accept ann c1
         3 complete ann c1
         4 new c2 call -
         5 update c2 tier=gold amount=1000
         6 decline ann c2
         7 gone c2",
        "0: ann Available Agent
         0: classified c1 to idle by nobody
         0: offered c1 to ann
         1: updated c1
         2: accepted c1
         3: closed c1 Completed
         4: classified c2 to idle by nobody
         4: offered c2 to ann
         5: updated c2
         6: declined c2
         6: reclassified c2 to gold with 8 by vip
         6: queued c2
         7: closed c2 Abandoned",
    );
}

#[test]
fn where_an_agent_sent_a_contact_it_stays() {
    check(
        "0 put ann
         0 in ann
         0 new c1 call -
         0 accept ann c1
         1 update c1 tier=gold amount=1000
         2 transfer ann c1 wrapping
         3 update c1 lang=fr
         4 update c1 amount=1
         5 update c1 lang=- tier=-",
        "0: ann Available Agent
         0: classified c1 to idle by nobody
         0: offered c1 to ann
         0: accepted c1
         1: updated c1
         2: returned c1
         2: queued c1
         3: updated c1
         3: reclassified c1 to gold with 8 by vip
         3: queued c1
         4: updated c1
         4: reclassified c1 to idle with 0 by french
         4: queued c1
         5: updated c1
         5: reclassified c1 to idle with 0 by nobody
         5: queued c1",
    );
}

#[test]
fn a_contact_that_is_reclassified_keeps_its_steps_in_its_queue() {
    // The second step lets go of what it asks for itself.
    check(
        "0 new c1 call patient
         30 tick
         31 update c1 lang=fr
         60 tick
         61 update c1 lang=de
         90 tick",
        "0: queued c1
         30: relaxed c1 1
         31: updated c1
         31: reclassified c1 to patient with 0 by french
         31: queued c1
         60: relaxed c1 2
         61: updated c1
         61: reclassified c1 to patient with 0 by nobody
         61: queued c1
         90: closed c1 TimedOut",
    );
}
