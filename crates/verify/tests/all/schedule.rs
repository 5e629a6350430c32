//! Contacts that come with a window: put off, released, tried again.

use crate::support::{StoryCase, expect_each, expect_sound};

/// `calls` lets one of them wait and tries once more after 5 s; its exit leads to `support`. `jo` takes one chat at a time.
const STORY: &str = "\
== open
== commit
> config
> put jo
> in jo 1.1
tenant
config 1
put jo
heard jo 1.1
presence jo available
== commit
> create c1 chat calls from 1006000
profile 0 chat calls
arrive c1 0 chat calls from 1006000
put-off c1 1006000 0
== commit
> create c2 chat calls from 1005000 to 1020000
arrive c2 0 chat calls from 1005000 to 1020000
put-off c2 1005000 0
== commit
release c2 1005000
offer c2 jo 1
== commit
> accept jo 1.2 c2 1
heard jo 1.2
accept c2
release c1 1006000
queue c1
== commit
> miss jo 1.3 c2
heard jo 1.3
put-off c2 1012000 1
offer c1 jo 2
== commit
> accept jo 1.4 c1 2
heard jo 1.4
accept c1
== commit after 3000
release c2 1012000
queue c2
== commit
> complete jo 1.5 c1
heard jo 1.5
wrap c1
== commit after 6000
profile 1 chat support
move c2 1 window_over
queue c2
== commit after 2000
close c1 completed
offer c2 jo 3
== commit
> accept jo 1.6 c2 3
heard jo 1.6
accept c2
== commit
> complete jo 1.7 c2
heard jo 1.7
wrap c2
== commit after 9000
close c2 completed
== commit
> create c3 chat calls from 1000000
arrive c3 0 chat calls from 1000000
put-off c3 1036000 0
release c3 1036000
offer c3 jo 4
== commit
> accept jo 1.8 c3 4
heard jo 1.8
accept c3
== commit
> miss jo 1.9 c3
heard jo 1.9
put-off c3 1043000 1
== commit after 4000
release c3 1043000
offer c3 jo 5
== commit
> accept jo 1.10 c3 5
heard jo 1.10
accept c3
== commit
> miss jo 1.11 c3
heard jo 1.11
close c3 not_reached
== commit
> create c4 chat calls from 1050000
> create c5 chat calls from 1050000 came 1040000
arrive c4 0 chat calls from 1050000
put-off c4 1050000 0
arrive c5 0 chat calls from 1050000 came 1040000
put-off c5 1050000 0
== commit after 3000
release c5 1045995
offer c5 jo 6
release c4 1050000
queue c4
== commit
> end c4 customer
> end c5 customer
close c4 abandoned
close c5 abandoned
== released
";

const SECOND_TRY: &str = "\
put-off c3 1043000 1
== commit after 4000
release c3 1043000
offer c3 jo 5
== commit
> accept jo 1.10 c3 5
heard jo 1.10
accept c3
== commit
> miss jo 1.11 c3
heard jo 1.11
close c3 not_reached
";

const CASES: &[StoryCase] = &[
    (
        "one that is not put off",
        &[("put-off c4 1050000 0\n", "queue c4\n"), ("release c4 1050000\nqueue c4\n", "")],
        "S1",
        "contact c4 came with a window and is not put off",
    ),
    (
        "early",
        &[("after 3000\nrelease c5", "after 2000\nrelease c5")],
        "S3",
        "released 1000 ms before its time",
    ),
    (
        "one too many",
        &[("offer c5 jo 6", "queue c5")],
        "S1",
        "contact c4 is released while 1 of its kind wait in its queue",
    ),
    (
        "out of turn",
        &[(
            "release c5 1045995\noffer c5 jo 6\nrelease c4 1050000\nqueue c4",
            "release c4 1050000\noffer c4 jo 6\nrelease c5 1045995\nqueue c5",
        )],
        "S1",
        "contact c4 is released before contact c5, whose turn it is",
    ),
    (
        "with another arrival",
        &[("release c5 1045995", "release c5 1050000")],
        "S1",
        "arrived at 1050000, it counts from 1045995",
    ),
    (
        "one that is not put off any more",
        &[("release c4 1050000\nqueue c4", "release c4 1050000\nrelease c4 1050000\nqueue c4")],
        "S1",
        "contact c4 is released while it is nowhere",
    ),
    (
        "offered while it is put off",
        &[("release c5 1045995\noffer c5 jo 6", "offer c5 jo 6")],
        "S1",
        "contact c5 is offered while it is put off",
    ),
    (
        "tried again too early",
        &[("put-off c2 1012000 1", "put-off c2 1011000 1"), ("release c2 1012000", "release c2 1011000")],
        "S3",
        "put off until 1011000 after 1 tries, by its queue until 1012000 after 1",
    ),
    (
        "tried once more than the queue says",
        &[
            ("close c3 not_reached\n", "put-off c3 1060000 2\n"),
            ("> end c5 customer\n", "> end c5 customer\n> end c3 organisation\nclose c3 cancelled\n"),
        ],
        "S1",
        "contact c3 is put off while it is active",
    ),
    (
        "given up before the last try",
        &[(SECOND_TRY, "close c3 not_reached\n== commit after 6000\n"), ("offer c5 jo 6", "offer c5 jo 5")],
        "S1",
        "contact c3 is closed as not_reached while it is active",
    ),
    (
        "a try in vain that nobody reported",
        &[("> miss jo 1.3 c2", "> complete jo 1.3 c2")],
        "I4",
        "not reaching the customer of contact c2: no input says so",
    ),
    (
        "an end that nobody reported",
        &[("> miss jo 1.11 c3", "> complete jo 1.11 c3")],
        "I5",
        "its input 14 had this effect before",
    ),
    (
        "a window that is not over",
        &[("after 6000\nprofile", "after 5000\nprofile"), ("after 2000\nclose", "after 3000\nclose")],
        "S3",
        "contact c2 leaves its queue before its window is over",
    ),
    (
        "a window that nobody looked at",
        &[
            (
                "> create c2 chat calls from 1005000 to 1020000",
                "> create c2 chat calls from 1005000 to 1014000",
            ),
            (
                "arrive c2 0 chat calls from 1005000 to 1020000",
                "arrive c2 0 chat calls from 1005000 to 1014000",
            ),
            ("profile 1 chat support\nmove c2 1 window_over\nqueue c2\n", ""),
        ],
        "S3",
        "the window of contact c2",
    ),
    (
        "one that is never released",
        &[
            ("release c4 1050000\nqueue c4\n", ""),
            ("> end c4 customer\n", ""),
            ("close c4 abandoned\nclose c5 abandoned\n", "close c5 abandoned\n== commit after 60000\n"),
        ],
        "S3,I3",
        "the putting off of c4 is still open",
    ),
];

#[test]
fn a_story_of_windows_is_sound() {
    expect_sound(STORY);
}

#[test]
fn each_mistake_about_windows_is_found() {
    expect_each(STORY, CASES);
}
