//! Work that stays with an agent who is signed out, until its time is over, and is gone on with when that one is back.

use super::script::{check, check_from};

#[test]
fn what_is_bound_by_status_waits_for_its_agent_and_the_rest_does_not() {
    check(
        "0 put ann cap=2
         0 put bob cap=2
         0 in ann
         1 new case case sales
         1 new mail mail sales
         2 in bob
         3 out ann
         4 new next mail sales
         9 in ann
         9 complete ann case",
        "0: ann Available Agent
         1: offered case to ann
         1: accepted case
         1: offered mail to ann
         1: accepted mail
         2: bob Available Agent
         3: parked case until 103
         3: returned mail
         3: ann SignedOut Agent
         3: offered mail to bob
         3: accepted mail
         4: offered next to bob
         4: accepted next
         9: ann Available Agent
         9: resumed case
         9: closed case Completed",
    );
}

#[test]
fn it_comes_after_live_work_and_before_anything_else_indirect() {
    check(
        "0 put ann
         0 in ann
         1 new case case sales
         2 out ann
         3 new mail mail sales due=10
         3 new call call sales
         5 in ann
         6 complete ann call
         7 complete ann case",
        "0: ann Available Agent
         1: offered case to ann
         1: accepted case
         2: parked case until 102
         2: ann SignedOut Agent
         3: queued mail
         3: queued call
         5: ann Available Agent
         5: offered call to ann
         5: accepted call
         6: closed call Completed
         6: resumed case
         7: closed case Completed
         7: offered mail to ann
         7: accepted mail",
    );
}

#[test]
fn it_returns_with_its_age_when_its_time_is_over() {
    check_from(
        2,
        "0 put ann
         0 put bob
         0 in ann
         1 new case case sales
         2 out ann
         3 in bob
         4 new mail mail sales
         101 tick
         102 tick
         103 complete bob mail
         104 in ann",
        "2: parked case until 102
         2: ann SignedOut Agent
         3: bob Available Agent
         4: offered mail to bob
         4: accepted mail
         102: returned case
         102: queued case
         103: closed mail Completed
         103: offered case to bob
         103: accepted case
         104: ann Available Agent",
    );
}

#[test]
fn its_time_ends_also_beside_its_agent_who_found_no_room_for_it() {
    check_from(
        2,
        "0 put ann
         0 in ann
         1 new case case sales
         2 out ann
         3 new call call sales
         4 in ann
         50 out ann
         51 new call2 call sales
         52 in ann
         102 tick
         103 complete ann call2",
        "2: parked case until 102
         2: ann SignedOut Agent
         3: queued call
         4: ann Available Agent
         4: offered call to ann
         4: accepted call
         50: returned call
         50: ann SignedOut Agent
         50: queued call
         51: queued call2
         52: ann Available Agent
         52: offered call to ann
         52: accepted call
         102: returned case
         102: queued case
         103: refused not_holder",
    );
}

#[test]
fn it_stays_with_one_who_is_lost_for_good_and_with_what_was_interrupted() {
    check_from(
        3,
        "0 put ann
         0 in ann
         1 new case case sales
         2 new note note sales
         3 new call call sales
         4 silent ann
         34 tick
         35 in ann aux
         36 complete ann case
         36 ready ann",
        "3: interrupted case
         3: offered call to ann
         3: accepted call
         4: ann Lost Heartbeat
         34: parked case until 134
         34: returned call
         34: ann SignedOut WindowOver
         34: queued call
         35: ann Aux(\"break\") Agent
         35: resumed case
         36: closed case Completed
         36: ann Available Agent
         36: offered call to ann
         36: accepted call",
    );
}

#[test]
fn it_stays_until_it_is_near_and_not_at_all_after_that() {
    // A letter that came at 0 is due at 80, after a minute of the counter's open time, and near from 60 on.
    check_from(
        9,
        "0 put ann cap=3
         0 in ann
         1 new one case letters
         1 accept ann one
         9 out ann
         60 tick
         61 in ann
         61 accept ann one
         62 out ann",
        "9: parked one until 60
         9: ann SignedOut Agent
         60: returned one
         60: pressed one
         60: queued one
         61: ann Available Agent
         61: offered one to ann
         61: accepted one
         62: returned one
         62: ann SignedOut Agent
         62: queued one",
    );
}

#[test]
fn a_draining_agent_finishes_it_and_who_leaves_the_roster_gives_it_back() {
    check_from(
        2,
        "0 put ann
         0 in ann
         1 new case case sales
         2 drain ann
         3 out ann
         4 put bob
         4 in bob
         5 drop ann
         6 drain bob
         7 complete bob case",
        "2: ann Draining Agent
         3: parked case until 103
         3: ann SignedOut Agent
         4: bob Available Agent
         5: returned case
         5: offered case to bob
         5: accepted case
         6: bob Draining Agent
         7: closed case Completed
         7: bob SignedOut Drained",
    );
}

#[test]
fn a_supervisor_takes_it_back_and_its_customer_ends_it() {
    check_from(
        2,
        "0 put ann cap=2
         0 in ann
         1 new one case sales
         1 new two case sales
         2 out ann
         3 take-back one
         4 gone two
         5 in ann",
        "2: parked one until 102
         2: parked two until 102
         2: ann SignedOut Agent
         3: returned one
         3: queued one
         4: closed two Completed
         5: ann Available Agent",
    );
}
