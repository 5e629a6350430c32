//! What people decide out of turn, and what nobody may.

use crate::support::{StoryCase, expect_each, expect_sound};

/// From `basket` agents take what waits. A chat takes one of three units, a call all of them; `al` has no Dutch.
const STORY: &str = "\
== open
== commit
> config
> put jo
> put mo
> put al
> in jo 1.1
> in mo 1.1
> in al 1.1
> create c1 chat basket
> create c2 chat basket
tenant
config 1
put jo
put mo
put al
heard jo 1.1
presence jo available
heard mo 1.1
presence mo available
heard al 1.1
presence al available
profile 0 chat basket
arrive c1 0 chat basket
queue c1
arrive c2 0 chat basket
queue c2
== commit
> hand pull jo 1.2 queue basket
> hand pull mo 1.2 contact c2
heard jo 1.2
hand pulled c1 jo 1
accept c1
heard mo 1.2
hand pulled c2 mo 2
accept c2
== commit
> create c3 voice sales
profile 1 voice sales
arrive c3 1 voice sales
queue c3
== commit
> hand assign c3 al
hand assigned c3 al 3
== commit
> hand requeue c3 support
profile 2 voice support
hand withdrawn c3
hand moved c3 2
queue c3
== commit
> hand switch al aux
hand presence al aux
== commit
> hand requeue c1
hand returned c1 0
queue c1
offer c3 jo 4
== commit
> end c1 customer
> end c2 organisation
> end c3 customer
close c1 abandoned
close c2 cancelled
close c3 abandoned
== commit
> create c4 chat calls from 2000000
> create c5 chat calls from 2000000
profile 3 chat calls
arrive c4 3 chat calls from 2000000
put-off c4 2000000 0
arrive c5 3 chat calls from 2000000
put-off c5 2000000 0
== commit
> hand assign c4 jo
release c4 1011000
hand assigned c4 jo 5
== commit
> hand requeue c5 support
profile 4 chat support
hand moved c5 4
put-off c5 2000000 0
== commit
> end c4 customer
> end c5 customer
close c4 abandoned
close c5 abandoned
== released
";

const CASES: &[StoryCase] = &[
    (
        "given by nobody",
        &[("> hand assign c3 al\n", "> hand switch mo aux\n")],
        "I4",
        "contact c3 given to agent al: no input says so",
    ),
    (
        "given beyond the capacity",
        &[("hand assign c3 al\nhand assigned c3 al 3", "hand assign c3 jo\nhand assigned c3 jo 3")],
        "I2,I6",
        "agent jo is given",
    ),
    (
        "taken and not accepted",
        &[("hand pulled c2 mo 2\naccept c2\n", "hand pulled c2 mo 2\n")],
        "S1",
        "contact c2 is taken by its agent, and not accepted when the commit ends",
    ),
    (
        "offered where agents take",
        &[("hand pulled c2 mo 2\naccept c2\n", "offer c2 mo 2\n")],
        "I6",
        "contact c2 is offered, and agents are to take it",
    ),
    (
        "taken twice",
        &[
            ("> hand pull mo 1.2 contact c2", "> hand pull mo 1.2 contact c1"),
            ("hand pulled c2 mo 2\naccept c2\n", "hand pulled c1 mo 2\naccept c1\n"),
        ],
        "I1",
        "contact c1",
    ),
    (
        "taken where nobody takes",
        &[
            ("> hand assign c4 jo\n", "> hand pull jo 1.3 contact c4\n"),
            (
                "release c4 1011000\nhand assigned c4 jo 5\n",
                "release c4 1011000\nheard jo 1.3\nhand pulled c4 jo 5\naccept c4\n",
            ),
            ("> end c4 customer", "> end c4 organisation"),
            ("close c4 abandoned", "close c4 cancelled"),
        ],
        "I6,S3,I1",
        "agent jo takes contact c4, which its queue does not allow",
    ),
    (
        "taken by somebody else",
        &[
            ("> hand pull mo 1.2 contact c2", "> hand pull al 1.2 contact c2"),
            ("heard mo 1.2\nhand pulled c2 mo 2", "hand pulled c2 mo 2"),
        ],
        "I4",
        "contact c2 taken by agent mo: no input says so",
    ),
    (
        "released out of turn for nobody",
        &[(
            "> hand assign c4 jo\nrelease c4 1011000\nhand assigned c4 jo 5\n",
            "> hand assign c4 jo\nrelease c4 1011000\noffer c4 jo 5\n",
        )],
        "S3",
        "ms before its time",
    ),
    (
        "moved and not put off again",
        &[("hand moved c5 4\nput-off c5 2000000 0\n", "hand moved c5 4\noffer c5 mo 6\n")],
        "S1",
        "contact c5 was put off, is moved, and is not put off again",
    ),
    (
        "sent elsewhere by nobody",
        &[("> hand requeue c1\n", "> hand switch mo aux\n")],
        "I4",
        "contact c1 sent elsewhere: no input says so",
    ),
    (
        "made by nobody",
        &[("> hand switch al aux\n", "> hand switch mo aux\n")],
        "I4",
        "agent al made aux: no input says so",
    ),
];

#[test]
fn what_people_decide_is_sound() {
    expect_sound(STORY);
}

#[test]
fn each_mistake_by_hand_is_found() {
    expect_each(STORY, CASES);
}
