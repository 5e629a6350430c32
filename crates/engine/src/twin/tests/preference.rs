//! Skills that are better to have.

use super::script::check;

#[test]
fn whoever_has_what_is_preferred_comes_first_and_nobody_waits_for_it() {
    // ann is idle for longest, and cid does not know enough.
    check(
        "0 put ann
         0 put bob skills=french:3
         0 put cid skills=french:2
         0 in ann
         1 in bob
         2 in cid
         3 new one call polite
         4 new two call polite
         5 new three call polite",
        "0: ann Available Agent
         1: bob Available Agent
         2: cid Available Agent
         3: offered one to bob
         4: offered two to ann
         5: offered three to cid",
    );
}

#[test]
fn who_comes_free_takes_what_waits_whatever_is_preferred() {
    check(
        "0 put ann
         0 put bob skills=french:9
         1 new one call polite
         2 new two call idle
         3 in ann
         4 in bob",
        "1: queued one
         2: queued two
         3: ann Available Agent
         3: offered one to ann
         4: bob Available Agent
         4: offered two to bob",
    );
}

#[test]
fn another_queue_prefers_what_it_does() {
    check(
        "0 put ann
         0 put bob skills=french:3
         0 put cid
         0 in cid
         1 in ann
         2 in bob
         3 new one call polite
         4 accept bob one
         5 transfer bob one idle
         6 accept cid one
         7 transfer cid one polite
         8 new two call idle",
        "0: cid Available Agent
         1: ann Available Agent
         2: bob Available Agent
         3: offered one to bob
         4: accepted one
         5: returned one
         5: offered one to cid
         6: accepted one
         7: returned one
         7: offered one to bob
         8: offered two to ann",
    );
}
