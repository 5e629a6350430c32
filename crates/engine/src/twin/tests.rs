//! The rules that matter most, one case each: inputs as text in, decisions as text out.
//!
//! A line of input is `second verb words...`; see [`script`] for the verbs and the queues there are.

mod bots;
mod bound;
mod capacity;
mod classification;
mod consult;
mod estimates;
mod hand;
mod handling;
mod interruption;
mod overflow;
mod preference;
mod proposals;
mod quiet;
mod ratios;
mod schedule;
mod script;
mod sites;
mod throttle;
mod waiting;
mod work;

use script::check;

#[test]
fn the_highest_score_is_first() {
    // After 10 s: slow 10 x 1, gold 5 x 1 + 5 min of points, quick 4 x 10.
    check(
        "0 put ann
         0 new slow call sales
         5 new gold call gold
         6 new quick call fast
         10 in ann
         10 complete ann gold
         10 complete ann quick",
        "0: queued slow
         5: queued gold
         6: queued quick
         10: ann Available Agent
         10: offered gold to ann
         10: accepted gold
         10: closed gold Completed
         10: offered quick to ann
         10: accepted quick
         10: closed quick Completed
         10: offered slow to ann
         10: accepted slow",
    );
}

#[test]
fn live_comes_before_indirect_and_indirect_by_deadline() {
    check(
        "0 put ann
         0 new late mail sales due=900
         1 new soon mail sales due=300
         2 new call1 call sales
         3 in ann
         3 complete ann call1
         3 complete ann soon",
        "0: queued late
         1: queued soon
         2: queued call1
         3: ann Available Agent
         3: offered call1 to ann
         3: accepted call1
         3: closed call1 Completed
         3: offered soon to ann
         3: accepted soon
         3: closed soon Completed
         3: offered late to ann
         3: accepted late",
    );
}

#[test]
fn equal_scores_go_by_arrival_then_number() {
    check(
        "9 put ann
         9 new second call sales arrived=5
         9 new third call sales arrived=5
         9 new first call sales arrived=4
         10 in ann
         10 complete ann first
         10 complete ann second",
        "9: queued second
         9: queued third
         9: queued first
         10: ann Available Agent
         10: offered first to ann
         10: accepted first
         10: closed first Completed
         10: offered second to ann
         10: accepted second
         10: closed second Completed
         10: offered third to ann
         10: accepted third",
    );
}

#[test]
fn each_method_chooses_its_agent() {
    // ann has been idle and available longest, has the lower rank and the lower levels; bob has fewer in hands.
    let agents = "0 put ann cap=4 rank=2 skills=french:2
                  0 put bob cap=4 rank=1 skills=french:9
                  0 in ann
                  1 in bob";
    for (queue, chosen) in [
        ("idle", "ann"),
        ("available", "ann"),
        ("loaded", "ann"),
        ("skilled", "bob"),
        ("robin", "ann"),
        ("ordered", "bob"),
    ] {
        check(
            &format!("{agents}\n 2 new c1 call {queue}"),
            &format!(
                "0: ann Available Agent
                 1: bob Available Agent
                 2: offered c1 to {chosen}"
            ),
        );
    }
}

#[test]
fn load_and_last_offer_count() {
    for queue in ["loaded", "robin"] {
        check(
            &format!(
                "0 put ann cap=4
                 0 put bob cap=4
                 0 in ann
                 1 in bob
                 2 new c1 call {queue}
                 3 new c2 call {queue}
                 4 new c3 call {queue}"
            ),
            "0: ann Available Agent
             1: bob Available Agent
             2: offered c1 to ann
             3: offered c2 to bob
             4: offered c3 to ann",
        );
    }
}

#[test]
fn a_declined_contact_does_not_go_straight_back() {
    check(
        "0 put ann
         0 in ann
         1 new c1 call idle
         2 decline ann c1
         61 tick
         62 tick",
        "0: ann Available Agent
         1: offered c1 to ann
         2: declined c1
         2: queued c1
         62: lifted c1
         62: offered c1 to ann",
    );
}

#[test]
fn too_many_misses_set_an_agent_aside() {
    // One retry is allowed; the second contact missed is one too many.
    check(
        "0 put ann
         0 in ann
         0 new c1 call idle
         0 new c2 call idle
         20 tick
         40 tick
         40 ready ann",
        "0: ann Available Agent
         0: offered c1 to ann
         0: queued c2
         20: expired c1
         20: queued c1
         20: offered c2 to ann
         40: expired c2
         40: ann Aux(\"no_answer\") Rona
         40: queued c2
         40: ann Available Agent",
    );
}

#[test]
fn accepting_forgives_misses() {
    check(
        "0 put ann
         0 in ann
         0 new c1 call idle
         20 tick
         21 new c2 call idle
         22 accept ann c2
         23 complete ann c2
         24 new c3 call idle
         44 tick",
        "0: ann Available Agent
         0: offered c1 to ann
         20: expired c1
         20: queued c1
         21: offered c2 to ann
         22: accepted c2
         23: closed c2 Completed
         24: offered c3 to ann
         44: expired c3
         44: queued c3",
    );
}

#[test]
fn an_expired_offer_stays_open_until_the_tick() {
    check(
        "0 put ann
         0 in ann
         0 new c1 call idle
         25 accept ann c1
         26 tick",
        "0: ann Available Agent
         0: offered c1 to ann
         25: accepted c1",
    );
}

#[test]
fn wrap_up_holds_capacity() {
    check(
        "0 put ann
         0 in ann
         0 new c1 call wrapping
         0 new c2 call wrapping
         1 accept ann c1
         2 gone c1
         3 complete ann c1
         32 tick
         33 accept ann c2
         34 complete ann c2
         35 done ann c2",
        "0: ann Available Agent
         0: offered c1 to ann
         0: queued c2
         1: accepted c1
         2: wrap-up c1
         3: refused wrong_state
         32: closed c1 Completed
         32: offered c2 to ann
         33: accepted c2
         34: wrap-up c2
         35: closed c2 Completed",
    );
}

#[test]
fn a_contact_waits_for_its_preferred_agent_within_its_patience() {
    check(
        "0 put ann
         0 put bob
         0 in bob
         0 in ann
         1 break ann
         2 new c1 call idle prefer=ann
         3 new c2 call idle prefer=ann
         4 ready ann
         5 accept ann c1
         13 tick",
        "0: bob Available Agent
         0: ann Available Agent
         1: ann Aux(\"break\") Agent
         2: queued c1 for ann
         3: queued c2 for ann
         4: ann Available Agent
         4: offered c1 to ann
         5: accepted c1
         13: offered c2 to bob",
    );
}

#[test]
fn who_waits_for_an_agent_is_freed_when_it_leaves() {
    check(
        "0 put ann
         0 put bob
         0 in bob
         0 in ann
         1 break ann
         2 new c1 call idle prefer=ann
         3 out ann",
        "0: bob Available Agent
         0: ann Available Agent
         1: ann Aux(\"break\") Agent
         2: queued c1 for ann
         3: ann SignedOut Agent
         3: offered c1 to bob",
    );
}

#[test]
fn a_transfer_keeps_the_age() {
    // Transferred at 10 with its first arrival, c1 goes before c2, which came at 5.
    check(
        "0 put ann
         0 put bob
         0 in ann
         0 new c1 call sales
         5 new c2 call sales
         6 out bob
         10 transfer ann c1 sales
         10 in bob",
        "0: ann Available Agent
         0: offered c1 to ann
         0: accepted c1
         5: queued c2
         6: refused no_session
         10: returned c1
         10: queued c1
         10: offered c2 to ann
         10: accepted c2
         10: bob Available Agent
         10: offered c1 to bob
         10: accepted c1",
    );
}

#[test]
fn a_transfer_to_an_agent_prefers_that_agent() {
    check(
        "0 put ann
         0 put bob
         0 in ann
         0 new c1 call sales
         1 in bob aux
         2 hand ann c1 bob
         3 ready bob",
        "0: ann Available Agent
         0: offered c1 to ann
         0: accepted c1
         1: bob Aux(\"break\") Agent
         2: returned c1
         2: queued c1 for bob
         3: bob Available Agent
         3: offered c1 to bob
         3: accepted c1",
    );
}

#[test]
fn repeats_change_nothing() {
    check(
        "0 put ann
         0 put ann
         0 in ann
         0 seen ann
         1 new c1 call idle
         1 new c1 call idle
         1 other c1 call idle
         2 gone c1
         2 gone c1
         3 new c1 call idle
         3 other c1 call idle",
        "0: ann Available Agent
         1: offered c1 to ann
         1: refused id_reuse
         2: closed c1 Abandoned
         3: refused id_reuse",
    );
}

#[test]
fn leaving_returns_contacts_in_order_of_their_numbers() {
    check(
        "0 put ann cap=3
         0 in ann
         0 new c1 call sales
         0 new c2 call wrapping
         0 accept ann c2
         0 complete ann c2
         0 new c3 call idle
         1 out ann",
        "0: ann Available Agent
         0: offered c1 to ann
         0: accepted c1
         0: offered c2 to ann
         0: accepted c2
         0: wrap-up c2
         0: offered c3 to ann
         1: revoked c3
         1: returned c1
         1: closed c2 Completed
         1: ann SignedOut Agent
         1: queued c1
         1: queued c3",
    );
}

#[test]
fn a_silent_agent_keeps_its_contacts_until_the_window_is_over() {
    check(
        "0 put ann cap=2
         0 in ann
         0 new c1 call sales
         0 new c2 call idle
         1 silent ann
         2 back ann
         3 silent ann
         33 tick",
        "0: ann Available Agent
         0: offered c1 to ann
         0: accepted c1
         0: offered c2 to ann
         1: revoked c2
         1: ann Lost Heartbeat
         1: queued c2
         2: ann Available Heartbeat
         2: offered c2 to ann
         3: revoked c2
         3: ann Lost Heartbeat
         3: queued c2
         33: returned c1
         33: ann SignedOut WindowOver
         33: queued c1",
    );
}

#[test]
fn a_draining_agent_finishes_first() {
    check(
        "0 put ann
         0 in ann
         0 new c1 call sales
         0 new c2 call sales
         1 drain ann
         2 complete ann c1",
        "0: ann Available Agent
         0: offered c1 to ann
         0: accepted c1
         0: queued c2
         1: ann Draining Agent
         2: closed c1 Completed
         2: ann SignedOut Drained",
    );
}

#[test]
fn a_look_that_meets_too_many_who_keep_away_is_deferred() {
    let contacts: Vec<String> = (0..17).map(|n| format!("0 new c{n} call sales not=ann")).collect();
    let queued: Vec<String> = (0..17).map(|n| format!("0: queued c{n}")).collect();
    check(
        &format!(
            "0 put ann\n {}\n
             1 new wanted call sales
             2 in ann
             3 tick",
            contacts.join("\n")
        ),
        &format!(
            "{}
             1: queued wanted
             2: ann Available Agent
             2: deferred ann 64
             3: offered wanted to ann
             3: accepted wanted",
            queued.join("\n")
        ),
    );
}

#[test]
fn settling_fills_agents_in_order_once_offering() {
    check(
        "0 put ann
         0 put bob
         0 off
         0 in bob
         0 in ann
         1 new c1 call idle
         2 new c2 call idle
         3 on",
        "0: bob Available Agent
         0: ann Available Agent
         1: queued c1
         2: queued c2
         3: offered c1 to ann
         3: offered c2 to bob",
    );
}

#[test]
fn deadlines_are_counted_in_open_time() {
    // A minute of open time is over at 80, not at 60.
    check(
        "0 new letter mail letters
         0 new note mail sales due=70
         1 put ann
         1 in ann
         1 complete ann note",
        "0: queued letter
         0: queued note
         1: ann Available Agent
         1: offered note to ann
         1: accepted note
         1: closed note Completed
         1: offered letter to ann",
    );
}

#[test]
fn a_near_deadline_makes_a_contact_count_as_live() {
    check(
        "0 new letter mail letters
         50 new before call idle
         59 tick
         60 tick
         61 new after call idle
         61 new note mail sales due=62
         62 put ann cap=3
         62 in ann",
        "0: queued letter
         50: queued before
         60: pressed letter
         61: queued after
         61: queued note
         62: ann Available Agent
         62: offered before to ann
         62: offered letter to ann
         62: offered after to ann",
    );
}

#[test]
fn who_comes_with_a_near_deadline_is_pressed_at_once() {
    check(
        "60 put ann
         60 in ann aux
         62 new late mail letters due=80
         63 new waits mail letters due=85 prefer=ann
         64 tick
         65 tick
         73 tick
         74 ready ann",
        "60: ann Aux(\"break\") Agent
         62: pressed late
         62: queued late
         63: queued waits for ann
         65: pressed waits
         73: queued waits
         74: ann Available Agent
         74: offered late to ann",
    );
}

#[test]
fn a_pressed_contact_stays_so_until_it_is_transferred() {
    check(
        "0 new letter mail letters
         60 tick
         61 put ann
         61 in ann
         61 accept ann letter
         62 out ann
         63 put bob
         63 in bob
         63 accept bob letter
         64 transfer bob letter letters
         65 break bob
         66 in ann
         66 accept ann letter
         67 transfer ann letter idle
         67 break ann
         68 new call1 call idle
         69 ready bob",
        "0: queued letter
         60: pressed letter
         61: ann Available Agent
         61: offered letter to ann
         61: accepted letter
         62: returned letter
         62: ann SignedOut Agent
         62: queued letter
         63: bob Available Agent
         63: offered letter to bob
         63: accepted letter
         64: returned letter
         64: pressed letter
         64: queued letter
         65: bob Aux(\"break\") Agent
         66: ann Available Agent
         66: offered letter to ann
         66: accepted letter
         67: returned letter
         67: queued letter
         67: ann Aux(\"break\") Agent
         68: queued call1
         69: bob Available Agent
         69: offered call1 to bob",
    );
}
