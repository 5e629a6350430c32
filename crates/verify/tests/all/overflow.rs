//! What is done when a backlog builds, and what must not be.

use crate::support::{StoryCase, expect_each, expect_sound};

/// `c1` is due within 10 s, the others are a backlog in `sales`.
const STORY: &str = "\
== open
== commit
> config
> create c1 mail letters
tenant
config 1
profile 0 mail letters
arrive c1 0 mail letters due 1011995
queue c1
== commit
turned relax on 1
overflowed c1 relax 0 0 1
== commit
> create c2 voice sales
> create c3 voice sales
> create c4 voice sales
profile 1 voice sales
arrive c2 1 voice sales
queue c2
arrive c3 1 voice sales
queue c3
arrive c4 1 voice sales
queue c4
== commit
turned lend rising 0 3
turned raise rising 0 3
turned move rising 0 3
== commit after 5000
turned lend on 3
profile 2 voice sales without-skills
overflowed c2 lend 2 0 0
overflowed c3 lend 2 0 0
turned raise on 3
overflowed c2 raise 2 7 0
overflowed c3 raise 2 7 0
turned move on 3
profile 3 voice support
overflowed c2 move 3 0 0
queue c2
overflowed c3 move 3 0 0
queue c3
== commit after 5000
turned lend off 1
turned raise off 1
turned move off 1
== commit
> end c1 customer
> end c2 customer
> end c3 customer
> end c4 customer
close c1 abandoned
close c2 abandoned
close c3 abandoned
close c4 abandoned
== released
";

const CASES: &[StoryCase] = &[
    (
        "turned by another number",
        &[("turned lend on 3", "turned lend on 4")],
        "S6",
        "lend turns at [4], by the journal it is [3]",
    ),
    (
        "turned too early",
        &[("turned raise rising 0 3", "turned raise on 3"), ("turned raise on 3\noverflowed", "overflowed")],
        "S6",
        "raise turns from Off to On",
    ),
    (
        "about to turn for longer than that",
        &[("turned lend rising 0 3", "turned lend rising 500 3")],
        "S6",
        "not to Rising",
    ),
    (
        "turned to what it is",
        &[("turned lend off 1", "turned lend off 1\nturned lend off 1")],
        "S6",
        "from Off to Off",
    ),
    (
        "a rule that there is not",
        &[("turned move off 1", "turned more off 1")],
        "S6",
        "no overflow rule more",
    ),
    ("an act of a rule that is off", &[("turned raise on 3\n", "")], "S6", "while it is off"),
    (
        "an act of a rule that there is not",
        &[("overflowed c3 lend 2 0 0", "overflowed c3 lent 2 0 0")],
        "S6",
        "no overflow rule lent, yet it acts on c3",
    ),
    (
        "more than its cap",
        &[("overflowed c3 lend 2 0 0", "overflowed c3 lend 2 0 0\noverflowed c4 lend 2 0 0")],
        "S6",
        "lend acts on more than 2 contacts",
    ),
    (
        "the same contact again",
        &[
            ("overflowed c3 lend 2 0 0", "overflowed c2 lend 2 0 0"),
            ("overflowed c3 raise 2 7 0", "overflowed c3 raise 1 7 0"),
        ],
        "S6",
        "which it had before",
    ),
    (
        "one that came later first",
        &[(
            "overflowed c2 lend 2 0 0\noverflowed c3 lend 2 0 0",
            "overflowed c3 lend 2 0 0\noverflowed c2 lend 2 0 0",
        )],
        "S6",
        "acts on contact c3 before c2, which came earlier",
    ),
    (
        "other points",
        &[("overflowed c2 raise 2 7 0", "overflowed c2 raise 2 8 0")],
        "S6",
        "makes of contact c2 what it does not say",
    ),
    (
        "another step",
        &[("overflowed c1 relax 0 0 1", "overflowed c1 relax 0 0 2")],
        "S6",
        "makes of contact c1 what",
    ),
    (
        "lent on another channel",
        &[("overflowed c3 lend 2 0 0", "profile 4 chat sales without-skills\noverflowed c3 lend 4 0 0")],
        "S6",
        "makes of contact c3 what it does not say",
    ),
    (
        "moved elsewhere",
        &[("overflowed c3 move 3 0 0", "profile 4 voice lobby\noverflowed c3 move 4 0 0")],
        "S6",
        "makes of contact c3 what",
    ),
    (
        "moved to where nobody is served",
        &[
            ("> create c2 voice sales\n", "> switch support paused\n> create c2 voice sales\n"),
            ("profile 1 voice sales\n", "switched support paused\nprofile 1 voice sales\n"),
        ],
        "S6",
        "sends to support, which is not open",
    ),
    (
        "an act below the floor",
        &[
            ("> create c4 voice sales\n", "> create c4 voice sales\n> create c5 voice support\n"),
            ("queue c4\n", "queue c4\nprofile 3 voice support\narrive c5 3 voice support\nqueue c5\n"),
            ("profile 3 voice support\noverflowed", "overflowed"),
            ("> end c4 customer\n", "> end c4 customer\n> end c5 customer\n"),
            ("close c4 abandoned\n", "close c4 abandoned\nclose c5 abandoned\n"),
        ],
        "S6",
        "lend acts on contact c2 below its floor in queue support",
    ),
];

#[test]
fn a_story_of_overflow_is_sound() {
    expect_sound(STORY);
}

#[test]
fn each_mistake_about_overflow_is_found() {
    expect_each(STORY, CASES);
}
