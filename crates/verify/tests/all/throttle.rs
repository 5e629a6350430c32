//! People who are held back, and what must not become of that.

use crate::support::{StoryCase, expect_each, expect_sound};

/// One contact every 4 s for 20 s, and three a minute.
const STORY: &str = "\
== open
== commit
> config
> put jo
> create c1 text support of ida order-1
> create c2 text support
> create c3 text support
> in jo 1.1
tenant
pace config 1
put jo
profile 0 text support
arrive c1 0 text support of ida order-1
queue c1
arrive c2 0 text support
queue c2
arrive c3 0 text support
queue c3
heard jo 1.1
presence jo available
offer c1 jo 1
pace jo slow_start 1006000
== commit
> accept jo 1.2 c1 1
> create c4 text support of ida order-1
heard jo 1.2
accept c1
arrive c4 0 text support of ida order-1 jo matter
offer c4 jo 2
pace jo slow_start 1007000
== commit
> accept jo 1.3 c4 2
heard jo 1.3
accept c4
== commit after 2000
pace jo slow_start over
offer c2 jo 3
pace jo slow_start 1011000
pace jo ration 1062000
== commit
> accept jo 1.4 c2 3
> end c1 organisation
heard jo 1.4
accept c2
close c1 cancelled
== commit after 2000
pace jo slow_start over
== commit
> create c5 text support
> hand assign c5 jo
arrive c5 0 text support
queue c5
hand assigned c5 jo 4
== commit
> accept jo 1.5 c5 4
> end c5 organisation
> end c4 organisation
heard jo 1.5
accept c5
close c5 cancelled
close c4 cancelled
== commit after 48000
pace jo ration over
offer c3 jo 5
== commit
> accept jo 1.6 c3 5
> end c3 organisation
> end c2 organisation
heard jo 1.6
accept c3
close c3 cancelled
close c2 cancelled
== released
";

const CASES: &[StoryCase] = &[
    (
        "offered while it is held back",
        &[("pace jo slow_start over\noffer c2", "offer c2")],
        "I6",
        "contact c2 is offered to agent jo, who is held back",
    ),
    (
        "not held back by its slow start",
        &[("offer c1 jo 1\npace jo slow_start 1006000\n", "offer c1 jo 1\n")],
        "S1",
        "agent jo was offered as much as its slow_start lets, and is not held back",
    ),
    ("not held back by its ration", &[("pace jo ration 1062000\n", "")], "S1", "agent jo "),
    (
        "held back for longer than its slow start says",
        &[("pace jo slow_start 1011000", "pace jo slow_start 1011001")],
        "S3",
        "agent jo is held back by its slow_start",
    ),
    (
        "held back for longer than its window",
        &[("pace jo ration 1062000", "pace jo ration 1067000")],
        "S3",
        "agent jo is held back by its ration",
    ),
    (
        "held back for nothing",
        &[("pace jo slow_start 1007000\n", "pace jo slow_start 1007000\npace jo ration 1062000\n")],
        "S1,I6",
        "agent jo is held back by its ration, and has none that does",
    ),
    (
        "let go too early",
        &[("== commit after 48000\n", "== commit after 47999\n")],
        "S3,I6,S1",
        "agent jo is held back by its ration for 1 ms too short",
    ),
    (
        "let go far too late",
        &[("== commit after 48000\n", "== commit after 78000\n")],
        "S3",
        "what held agent jo back ended 30000 ms after its time",
    ),
    (
        "let go and not held back",
        &[("== commit after 48000\n", "== commit after 48000\npace jo slow_start over\n")],
        "S1",
        "agent jo is let go by its slow_start, and was not held back",
    ),
    (
        "let go and given nothing",
        &[(
            "offer c3 jo 5\n== commit\n> accept jo 1.6 c3 5\n> end c3 organisation\n> end c2 organisation\nheard jo 1.6\naccept c3\n",
            "== commit after 9000\n> garbage\nrefuse 17 not_json\n== commit after 9000\n> end c3 organisation\n> end c2 organisation\n",
        )],
        "L1",
        "contact c3 waits beside agent jo, who may have it",
    ),
    (
        "never let go",
        &[(
            "== commit after 48000\npace jo ration over\noffer c3 jo 5\n== commit\n> accept jo 1.6 c3 5\n> end c3 organisation\n> end c2 organisation\nheard jo 1.6\naccept c3\n",
            "== commit after 78000\n> end c3 organisation\n> end c2 organisation\n",
        )],
        "S3",
        "the holding back of jo is still open 31000 ms after its time",
    ),
];

#[test]
fn people_who_are_held_back_are_sound() {
    expect_sound(STORY);
}

#[test]
fn each_mistake_with_who_is_held_back_is_found() {
    expect_each(STORY, CASES);
}
