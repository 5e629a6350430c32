//! Contacts that are active for too long without a word of their agents, and what must not be said of them.

use crate::support::{StoryCase, expect_each, expect_sound};

/// In `timed` ten seconds are the most.
const STORY: &str = "\
== open
== commit
> config
> put jo
> create c1 task timed
> create c2 task support
> in jo 1.1
tenant
config 1
put jo
profile 0 task timed
arrive c1 0 task timed due 1001995
queue c1
profile 1 task support
arrive c2 1 task support due 1001995
queue c2
heard jo 1.1
presence jo available
offer c1 jo 1
offer c2 jo 2
== commit
> accept jo 1.2 c1 1
> accept jo 1.3 c2 2
heard jo 1.2
accept c1
heard jo 1.3
accept c2
== commit after 6000
> still_working jo 1.4 c1
heard jo 1.4
worked-on c1
== commit after 9000
stuck c1
== commit
> still_working jo 1.5 c1
heard jo 1.5
worked-on c1
== commit
> create c3 voice support
> end c3 customer
profile 2 voice support
arrive c3 2 voice support
interrupt c2
interrupt c1
offer c3 jo 3
close c3 abandoned
continue c1
continue c2
== commit after 9000
stuck c1
== commit
> end c1 organisation
> end c2 organisation
close c1 cancelled
close c2 cancelled
== released
";

const CASES: &[StoryCase] = &[
    (
        "too early",
        &[(
            "== commit after 9000\nstuck c1\n== commit\n> still",
            "== commit after 8999\nstuck c1\n== commit\n> still",
        )],
        "S3",
        "contact c1 is said to be stuck 1 ms too early",
    ),
    (
        "far too late",
        &[(
            "== commit after 9000\nstuck c1\n== commit\n> still",
            "== commit after 39000\nstuck c1\n== commit\n> still",
        )],
        "S3",
        "the handling of contact c1 ended 30000 ms after its time",
    ),
    (
        "twice",
        &[("stuck c1\n== commit\n> still", "stuck c1\nstuck c1\n== commit\n> still")],
        "I5",
        "contact c1 is said to be stuck twice",
    ),
    (
        "of one that may be active for ever",
        &[("stuck c1\n== commit\n> still", "stuck c1\nstuck c2\n== commit\n> still")],
        "S1",
        "contact c2 is said to be stuck, and may be active for ever",
    ),
    (
        "of one that is offered",
        &[("heard jo 1.2\naccept c1", "stuck c1\nheard jo 1.2\naccept c1")],
        "S1",
        "contact c1 is said to be stuck while it is offered",
    ),
    (
        "a word that nobody said",
        &[("> still_working jo 1.5 c1", "> ready jo 1.5")],
        "I5",
        "word of agent jo that contact c1 is worked on",
    ),
    (
        "never said",
        &[(
            "== commit after 9000\nstuck c1\n== commit\n> end c1 organisation\n> end c2 organisation\nclose c1 cancelled\nclose c2 cancelled\n",
            "== commit after 39000\n> end c2 organisation\nclose c2 cancelled\n",
        )],
        "S3,I3",
        "the handling of c1 is still open",
    ),
];

#[test]
fn what_is_worked_on_and_stuck_is_sound() {
    expect_sound(STORY);
}

#[test]
fn each_mistake_about_what_is_stuck_is_found() {
    expect_each(STORY, CASES);
}
