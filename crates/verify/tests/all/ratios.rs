//! Queues that take turns: `three` and `one`, by their names.

use crate::support::{StoryCase, expect_each, expect_sound};

/// Three of `three` go, then one of `one`, and so on.
const STORY: &str = "\
== open
== commit
> config
> put jo
> create c1 voice three
> create c2 voice three
> create c3 voice three
> create c4 voice three
> create c5 voice one
> create c6 voice one
> in jo 1.1
tenant
config 1
put jo
profile 0 voice three
arrive c1 0 voice three
queue c1
arrive c2 0 voice three
queue c2
arrive c3 0 voice three
queue c3
arrive c4 0 voice three
queue c4
profile 1 voice one
arrive c5 1 voice one
queue c5
arrive c6 1 voice one
queue c6
heard jo 1.1
presence jo available
offer c1 jo 1
== commit
> end c1 customer
> end c2 customer
> end c3 customer
close c1 abandoned
offer c2 jo 2
close c2 abandoned
offer c3 jo 3
close c3 abandoned
offer c5 jo 4
== commit
> end c5 customer
> end c4 customer
> end c6 customer
close c5 abandoned
offer c4 jo 5
close c4 abandoned
offer c6 jo 6
close c6 abandoned
== released
";

/// c7 comes when its queue was empty for six turns of the other.
const LATER: &str = "\
== open
== commit
> config
> put jo
> create c1 voice three
> create c2 voice three
> create c3 voice three
> create c4 voice three
> create c5 voice three
> create c6 voice three
> create c7 voice three
> in jo 1.1
tenant
config 1
put jo
profile 0 voice three
arrive c1 0 voice three
queue c1
arrive c2 0 voice three
queue c2
arrive c3 0 voice three
queue c3
arrive c4 0 voice three
queue c4
arrive c5 0 voice three
queue c5
arrive c6 0 voice three
queue c6
arrive c7 0 voice three
queue c7
heard jo 1.1
presence jo available
offer c1 jo 1
== commit
> end c1 customer
> end c2 customer
> end c3 customer
> end c4 customer
> end c5 customer
> create c8 voice one
> end c6 customer
> end c7 customer
> end c8 customer
close c1 abandoned
offer c2 jo 2
close c2 abandoned
offer c3 jo 3
close c3 abandoned
offer c4 jo 4
close c4 abandoned
offer c5 jo 5
close c5 abandoned
offer c6 jo 6
profile 1 voice one
arrive c8 1 voice one
queue c8
close c6 abandoned
offer c7 jo 7
close c7 abandoned
offer c8 jo 8
close c8 abandoned
== released
";

const CASES: &[StoryCase] = &[
    (
        "four go before the one",
        &[
            ("offer c5 jo 4", "offer c4 jo 4"),
            ("> end c5 customer\n> end c4 customer", "> end c4 customer\n> end c5 customer"),
            ("close c5 abandoned\noffer c4 jo 5\nclose c4", "close c4 abandoned\noffer c5 jo 5\nclose c5"),
        ],
        "I7",
        "contact c4 is offered to agent jo, whose turn with contact c5 comes first",
    ),
    (
        "one more than its share",
        &[
            ("offer c4 jo 5", "offer c6 jo 5"),
            ("> end c4 customer\n> end c6 customer", "> end c6 customer\n> end c4 customer"),
            ("close c4 abandoned\noffer c6 jo 6\nclose c6", "close c6 abandoned\noffer c4 jo 6\nclose c4"),
        ],
        "I7",
        "contact c6 is offered to agent jo, whose turn with contact c4 comes first",
    ),
];

const LATER_CASES: &[StoryCase] = &[(
    "what was empty is owed",
    &[
        (
            "offer c7 jo 7\nclose c7 abandoned\noffer c8 jo 8\nclose c8",
            "offer c8 jo 7\nclose c8 abandoned\noffer c7 jo 8\nclose c7",
        ),
        ("> end c7 customer\n> end c8 customer", "> end c8 customer\n> end c7 customer"),
    ],
    "I7",
    "contact c8 is offered to agent jo, whose turn with contact c7 comes first",
)];

#[test]
fn stories_of_turns_by_shares_are_sound() {
    expect_sound(STORY);
    expect_sound(LATER);
}

#[test]
fn whoever_is_out_of_turn_is_found() {
    expect_each(STORY, CASES);
    expect_each(LATER, LATER_CASES);
}
