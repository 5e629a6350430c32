//! What live work may interrupt, and what must not be.

use crate::support::{StoryCase, expect_each, expect_sound};

/// `jo` has three units, a task takes one and a call all of them. A task may be interrupted once.
const STORY: &str = "\
== open
== commit
> config
> put jo
> create c1 task support
> create c2 task support
> in jo 1.1
tenant
config 1
put jo
profile 0 task support
arrive c1 0 task support due 1001995
queue c1
arrive c2 0 task support due 1001995
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
== commit
> create c3 voice support
> accept jo 1.4 c3 3
profile 1 voice support
arrive c3 1 voice support
interrupt c2
interrupt c1
offer c3 jo 3
heard jo 1.4
accept c3
== commit
> create c4 task support
> create c5 voice support
arrive c4 0 task support due 1004995
queue c4
arrive c5 1 voice support
queue c5
== commit after 5000
> end c5 customer
close c5 abandoned
== commit
> end c3 organisation
close c3 cancelled
continue c1
continue c2
offer c4 jo 4
== commit after 6000
> create c6 voice support
arrive c6 1 voice support
queue c6
== commit after 6000
> end c6 customer
> end c1 organisation
> end c2 organisation
> end c4 organisation
close c6 abandoned
close c1 cancelled
close c2 cancelled
close c4 cancelled
== released
";

const CASES: &[StoryCase] = &[
    (
        "before it is accepted",
        &[("heard jo 1.2\naccept c1\n", "interrupt c1\nheard jo 1.2\naccept c1\n")],
        "S1,I8",
        "contact c1 is interrupted while it is offered",
    ),
    (
        "more often than it may be",
        &[("arrive c6 1 voice support\nqueue c6\n", "arrive c6 1 voice support\ninterrupt c1\nqueue c6\n")],
        "S1",
        "contact c1 is interrupted 2 times, it may be 1 times",
    ),
    (
        "for nothing",
        &[("interrupt c1\noffer c3 jo 3\n", "interrupt c1\nqueue c3\noffer c3 jo 3\n")],
        "S1",
        "agent jo is interrupted in contact c1 for nothing",
    ),
    (
        "in another order",
        &[("interrupt c2\ninterrupt c1\n", "interrupt c1\ninterrupt c2\n")],
        "I7",
        "contact c1 is interrupted before contact c2",
    ),
    (
        "not at all",
        &[
            ("interrupt c2\ninterrupt c1\noffer c3 jo 3\nheard jo 1.4\naccept c3\n", "queue c3\n"),
            ("> accept jo 1.4 c3 3\n", ""),
            ("continue c1\ncontinue c2\noffer c4 jo 4\n", "offer c4 jo 3\n"),
        ],
        "L1",
        "contact c3 waits beside agent jo, who may have it",
    ),
    (
        "resumed too early",
        &[
            ("queue c5\n", "queue c5\ncontinue c1\n"),
            ("close c3 cancelled\ncontinue c1\n", "close c3 cancelled\n"),
        ],
        "I2",
        "contact c1 is resumed with agent jo, who has no room for it",
    ),
    (
        "resumed in another order",
        &[("continue c1\ncontinue c2\n", "continue c2\ncontinue c1\n")],
        "I7",
        "contact c2 is resumed before contact c1",
    ),
    (
        "something else first",
        &[("continue c1\ncontinue c2\noffer c4 jo 4\n", "offer c4 jo 4\ncontinue c1\ncontinue c2\n")],
        "I7",
        "contact c4 is offered to agent jo, with whom contact c2 is parked",
    ),
    (
        "forgotten",
        &[("continue c2\n", "")],
        "I7,L1",
        "contact c4 is offered to agent jo, with whom contact c2 is parked",
    ),
    (
        "resumed twice",
        &[("continue c2\n", "continue c2\ncontinue c2\n")],
        "S1",
        "contact c2 is resumed while it is active",
    ),
];

/// A chat and a task have room beside one another.
const BESIDE: &str = "\
== open
== commit
> config
> put jo
> create c1 task support
> in jo 1.1
> accept jo 1.2 c1 1
> create c2 chat support
tenant
config 1
put jo
profile 0 task support
arrive c1 0 task support due 1001995
queue c1
heard jo 1.1
presence jo available
offer c1 jo 1
heard jo 1.2
accept c1
profile 1 chat support
arrive c2 1 chat support
offer c2 jo 2
== commit
> end c1 organisation
> end c2 organisation
close c1 cancelled
close c2 cancelled
== released
";

const BESIDE_CASES: &[StoryCase] = &[(
    "although there is room",
    &[("offer c2 jo 2\n", "interrupt c1\noffer c2 jo 2\ncontinue c1\n")],
    "I7",
    "contact c2 interrupts agent jo, and need not or may not",
)];

#[test]
fn work_that_is_interrupted_and_resumed_is_sound() {
    expect_sound(STORY);
    expect_sound(BESIDE);
}

#[test]
fn each_mistake_with_interruptions_is_found() {
    expect_each(STORY, CASES);
    expect_each(BESIDE, BESIDE_CASES);
}
