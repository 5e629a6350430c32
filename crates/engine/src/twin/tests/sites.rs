//! Who is at which site, and what nobody can take.

use super::script::check;

#[test]
fn a_site_is_never_let_go() {
    // `patient` asks for nothing at all after 60 s, and moves nobody.
    check(
        "0 put ann
         0 put bob site=south skills=french:5
         0 in ann
         0 in bob
         1 new here desk patient site=north
         61 tick
         62 put cid site=north
         62 tick
         63 in cid
         63 accept cid here
         64 transfer cid here idle",
        "0: ann Available Agent
         0: bob Available Agent
         1: queued here
         1: unservable here
         61: relaxed here 2
         62: servable here
         63: cid Available Agent
         63: offered here to cid
         63: accepted here
         64: returned here
         64: queued here",
    );
}

#[test]
fn a_channel_may_ask_for_a_site_and_unknown_ones_are_refused() {
    check(
        "0 put ann site=north
         0 put bob site=east
         0 in ann
         1 new one desk sales
         2 new two desk sales site=east
         3 new three call sales site=east
         4 new four call sales",
        "0: refused unknown_site
         0: ann Available Agent
         1: refused site_missing
         2: refused unknown_site
         3: refused unknown_site
         4: offered four to ann
         4: accepted four",
    );
}

#[test]
fn what_a_later_step_lets_somebody_take_is_servable() {
    check(
        "0 drop zoe
         0 put ann
         1 new relaxing call patient
         2 new plain call skilled
         3 put bob skills=french:1
         4 drop bob
         5 drop ann
         6 tick
         7 tick",
        "1: queued relaxing
         2: queued plain
         2: unservable plain
         6: unservable relaxing",
    );
}

#[test]
fn whoever_is_signed_out_could_take_it_and_whoever_is_removed_could_not() {
    check(
        "0 put ann site=north
         1 new one desk idle site=north
         2 drop ann
         3 tick
         4 put ann site=south
         5 tick
         6 put ann site=north
         7 tick
         8 in ann",
        "1: queued one
         3: unservable one
         7: servable one
         8: ann Available Agent
         8: offered one to ann",
    );
}

#[test]
fn it_is_said_anew_after_a_move_and_of_the_first_that_came_first() {
    // `small` has room for one; its exit leads to `patient`.
    check(
        "0 drop zoe
         1 new first call small
         2 new second call small
         3 gone first
         4 put ann
         5 tick",
        "1: queued first
         1: unservable first
         2: moved second to patient, Full
         2: queued second
         2: unservable second
         3: closed first Abandoned
         5: servable second",
    );
}
