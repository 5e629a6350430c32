//! Whose turn it is, and who should not wait.

use crate::support::{StoryCase, build, edit, expect_each, expect_only, expect_sound};

/// `jo` speaks Dutch, `al` does not, `mo` never comes. `c1` is a mail, `c2` and `c3` are calls, `c2` for a Dutch speaker; `c4` keeps away from `jo`.
const STORY: &str = "\
== open
== commit
> config
> put jo
> put mo
> put al
tenant
config 1
put jo
put mo
put al
== commit
> create c1 mail support
profile 0 mail support
arrive c1 0 mail support due 1002995
queue c1
== commit
> create c2 voice sales
profile 1 voice sales
arrive c2 1 voice sales
queue c2
== commit
> create c3 voice support
profile 2 voice support
arrive c3 2 voice support
queue c3
== commit
> create c4 voice support without jo
arrive c4 2 voice support without jo
queue c4
== commit
> in jo 1.1
heard jo 1.1
presence jo available
offer c2 jo 1
== commit
> in al 1.1
heard al 1.1
presence al available
offer c3 al 2
== commit
> end c2 customer
close c2 abandoned
offer c1 jo 3
== commit
> end c3 customer
close c3 abandoned
offer c4 al 4
== commit
> end c4 customer
> end c1 organisation
close c4 abandoned
close c1 cancelled
== released
";

const CASES: &[StoryCase] = &[
    (
        "the later of two calls",
        &[
            ("offer c2 jo 1", "offer c3 jo 1"),
            ("offer c3 al 2", "offer c4 al 2"),
            ("close c2 abandoned\noffer c1 jo 3", "close c2 abandoned"),
            ("close c3 abandoned\noffer c4 al 4", "close c3 abandoned"),
        ],
        "I7",
        "contact c3 is offered to agent jo, whose turn with contact c2 comes first",
    ),
    (
        "a mail before a call",
        &[
            ("offer c2 jo 1", "offer c1 jo 1"),
            ("close c2 abandoned\noffer c1 jo 3", "close c2 abandoned"),
            ("offer c4 al 4", "offer c4 al 3"),
        ],
        "I7",
        "whose turn with contact c2 comes first",
    ),
    (
        "a later call of the same kind",
        &[
            ("offer c3 al 2", "offer c4 al 2"),
            ("offer c1 jo 3", "offer c3 jo 3"),
            ("close c3 abandoned\noffer c4 al 4", "close c3 abandoned\noffer c1 jo 4"),
        ],
        "I7",
        "contact c4 is offered to agent al, whose turn with contact c3 comes first",
    ),
    (
        "nobody gets the mail",
        &[
            ("close c2 abandoned\noffer c1 jo 3", "close c2 abandoned"),
            ("offer c4 al 4\n", "offer c4 al 3\n== commit after 9000\n> garbage\nrefuse 13 not_json\n"),
        ],
        "L1",
        "contact c1 waits beside agent jo, who may have it, for",
    ),
];

#[test]
fn a_story_of_turns_is_sound() {
    expect_sound(STORY);
}

#[test]
fn each_mistake_about_turns_is_found() {
    expect_each(STORY, CASES);
}

/// Who has much to read offers nothing until it is read; the same wait without that is too long.
#[test]
fn a_wait_during_a_backlog_is_excused() {
    let waits = |backlog: &str| {
        let more = format!("== commit after 4000 {backlog}\n> garbage\nrefuse 12 not_json\n");
        let more = format!("{more}{}", more.replace("12", "13"));
        edit(
            STORY,
            &[
                ("close c2 abandoned\noffer c1 jo 3\n", &format!("close c2 abandoned\n{more}")),
                ("offer c4 al 4", "offer c1 jo 3\noffer c4 al 4"),
            ],
        )
    };
    expect_sound(&waits("behind 3000"));
    expect_only("without a backlog", &build(&waits("behind 0")).check(), "L1", "waits beside agent jo");
    // The same while nothing is read: an owner that is about to go, or tries an input, commits without any.
    let waits = |backlog: &str| {
        let more =
            format!("== commit after 6000\n== commit after 100 {backlog}\n> garbage\nrefuse 12 not_json\n");
        edit(
            STORY,
            &[
                ("close c2 abandoned\noffer c1 jo 3\n", &format!("close c2 abandoned\n{more}")),
                ("offer c4 al 4", "offer c1 jo 3\noffer c4 al 4"),
            ],
        )
    };
    expect_sound(&waits("behind 6000"));
    expect_only("nothing to read", &build(&waits("behind 0")).check(), "L1", "waits beside agent jo");
}
