//! What an agent may be given beside what, and what must not be.

use crate::support::{StoryCase, expect_each, expect_sound};

/// `jo` has three units, of which one is kept from indirect work; beside a booth only notes may come.
const STORY: &str = "\
== open
== commit
> config
> put jo with 1
> create c1 note support
> create c2 note support
> create c3 note support
> create c4 booth support
> create c5 chat support
> in jo 1.1
tenant
config 1
put jo with 1
profile 0 note support
arrive c1 0 note support due 1001995
queue c1
arrive c2 0 note support due 1001995
queue c2
arrive c3 0 note support due 1001995
queue c3
profile 1 booth support
arrive c4 1 booth support
queue c4
profile 2 chat support
arrive c5 2 chat support
queue c5
heard jo 1.1
presence jo available
offer c4 jo 1
offer c1 jo 2
offer c2 jo 3
== commit after 5000
> end c4 customer
close c4 abandoned
offer c5 jo 4
== commit
> end c1 customer
> end c2 customer
> end c3 customer
> end c5 customer
close c1 abandoned
close c2 abandoned
close c3 abandoned
close c5 abandoned
== released
";

const CASES: &[StoryCase] = &[
    (
        "beside what keeps it away",
        &[
            ("offer c1 jo 2\noffer c2 jo 3\n", "offer c5 jo 2\noffer c1 jo 3\n"),
            ("close c4 abandoned\noffer c5 jo 4\n", "close c4 abandoned\noffer c2 jo 4\n"),
        ],
        "I2",
        "agent jo is given chat beside booth, which keeps it away",
    ),
    (
        "the reserve",
        &[("close c4 abandoned\noffer c5 jo 4\n", "close c4 abandoned\noffer c3 jo 4\n")],
        "I2,I7",
        "agent jo is given 3 units of indirect work, 1 of 3 are kept from it",
    ),
    (
        "kept free for nobody",
        &[
            ("offer c2 jo 3\n== commit after 5000", "== commit after 5000"),
            ("offer c5 jo 4", "offer c5 jo 3\n== commit after 6000"),
        ],
        "L1",
        "contact c2 waits beside agent jo, who may have it",
    ),
];

#[test]
fn what_an_agent_is_given_at_once_is_sound() {
    expect_sound(STORY);
}

#[test]
fn each_mistake_with_capacity_is_found() {
    expect_each(STORY, CASES);
}
