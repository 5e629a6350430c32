//! What an agent may have beside what.

use super::script::check;

#[test]
fn nothing_comes_beside_what_keeps_others_away() {
    // The booth may come beside the call, and a second booth beside the first; the mail comes when both are gone.
    check(
        "0 put ann cap=5
         0 in ann
         1 new one call sales
         2 new two booth sales
         3 new three booth sales
         4 new four mail sales
         5 complete ann two
         6 complete ann three",
        "0: ann Available Agent
         1: offered one to ann
         1: accepted one
         2: offered two to ann
         2: accepted two
         3: offered three to ann
         3: accepted three
         4: queued four
         5: closed two Completed
         6: closed three Completed
         6: offered four to ann
         6: accepted four",
    );
}

#[test]
fn indirect_work_leaves_the_reserve_and_live_work_does_not() {
    check(
        "0 put ann cap=3 reserve=1
         0 in ann
         1 new mail1 mail sales
         1 new mail2 mail sales
         1 new mail3 mail sales
         2 new call1 call sales
         3 new call2 call sales
         4 complete ann mail1
         5 complete ann call1
         6 put ann cap=3 reserve=0
         6 complete ann call2",
        "0: ann Available Agent
         1: offered mail1 to ann
         1: accepted mail1
         1: offered mail2 to ann
         1: accepted mail2
         1: queued mail3
         2: offered call1 to ann
         2: accepted call1
         3: queued call2
         4: closed mail1 Completed
         4: offered call2 to ann
         4: accepted call2
         5: closed call1 Completed
         5: offered mail3 to ann
         5: accepted mail3
         6: closed call2 Completed",
    );
}
