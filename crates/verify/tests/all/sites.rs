//! Where contacts may be handled, what nobody could take, and what must not be said of either.

use crate::support::{StoryCase, expect_each, expect_sound};

/// `jo` is in the north, speaks Dutch and no Spanish. `c1` is for the south, `c2` for somebody who speaks Spanish, until it asks for less.
const STORY: &str = "\
== open
== commit
> config
> put jo at north
> create c1 desk support at south
> create c2 voice spain
> create c3 desk support at north
tenant
config 1
put jo at north
profile 0 desk support at south
arrive c1 0 desk support at south
queue c1
unservable c1
profile 1 voice spain
arrive c2 1 voice spain
queue c2
profile 2 desk support at north
arrive c3 2 desk support at north
queue c3
== commit
> put mo at south
> in jo 1.1
put mo at south
heard jo 1.1
presence jo available
offer c3 jo 1
servable c1
== commit after 5000
> accept jo 1.2 c3 1
heard jo 1.2
accept c3
profile 3 voice spain without-skills
relax c2 1 3
== commit
> remove mo
> end c2 customer
> complete jo 1.3 c3
removed mo
close c2 abandoned
heard jo 1.3
wrap c3
unservable c1
== commit after 10000
close c3 completed
== commit
> end c1 customer
close c1 abandoned
== released
";

const CASES: &[StoryCase] = &[
    (
        "offered to somebody at another site",
        &[("close c3 completed\n", "close c3 completed\noffer c1 jo 2\n")],
        "I6",
        "contact c1 is offered to agent jo, who is not at south",
    ),
    (
        "filed under another site",
        &[("profile 3 voice spain without-skills", "profile 3 voice spain at north without-skills")],
        "I6",
        "contact c2 asks for no site, its profile for another",
    ),
    (
        "called unservable while somebody is there",
        &[("queue c3\n", "queue c3\nunservable c3\n")],
        "I6",
        "contact c3 is called unservable, which it is not",
    ),
    (
        "called unservable although a later step lets somebody take it",
        &[("queue c2\n", "queue c2\nunservable c2\n")],
        "I6",
        "contact c2 is called unservable, which it is not",
    ),
    (
        "called servable too early",
        &[("queue c2\n", "queue c2\nservable c1\n")],
        "I6,S1",
        "contact c1 is called servable, which it is not",
    ),
    (
        "called servable, which nobody doubted",
        &[("queue c2\n", "queue c2\nservable c2\n")],
        "S1",
        "contact c2 is called servable, as before",
    ),
    (
        "called unservable before it waits",
        &[("queue c2\n", "unservable c2\nqueue c2\n")],
        "S1",
        "contact c2 is called unservable while it is nowhere",
    ),
    (
        "not called servable",
        &[("servable c1\n== commit after 5000", "== commit after 5000")],
        "L1,S1",
        "contact c1 passes for unservable",
    ),
    (
        "not called unservable again",
        &[("wrap c3\nunservable c1\n", "wrap c3\n")],
        "L1",
        "contact c1 passes for servable",
    ),
];

#[test]
fn sites_and_what_nobody_could_take_are_sound() {
    expect_sound(STORY);
}

#[test]
fn each_mistake_with_sites_is_found() {
    expect_each(STORY, CASES);
}
