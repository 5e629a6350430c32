//! Bots: what they may not have, and what they hand over.

use crate::support::{StoryCase, expect_each, expect_sound};

/// `mo` is a bot, requeues `c1` and leaves `c3` behind; `c2` comes into a queue for people, where `jo` takes it.
const STORY: &str = "\
== open
== commit
> config
> put jo
> put mo bot
> in mo 1.1
> create c1 voice support
tenant
config 1
put jo
put mo bot
heard mo 1.1
presence mo available
profile 0 voice support
arrive c1 0 voice support
offer c1 mo 1
== commit
> accept mo 1.2 c1 1
> requeue mo 1.3 c1
heard mo 1.2
accept c1
heard mo 1.3
people profile 1 voice support
return c1 1
queue c1
== commit after 10000
lift c1
== commit
> end c1 customer
> create c2 voice people
close c1 abandoned
people profile 2 voice people
arrive c2 2 voice people
queue c2
== commit
> create c3 voice support
arrive c3 0 voice support
offer c3 mo 2
== commit
> in jo 1.1
heard jo 1.1
presence jo available
offer c2 jo 3
== commit
> end c2 customer
> end c3 customer
close c2 abandoned
close c3 abandoned
== released
";

const CASES: &[StoryCase] = &[
    (
        "handed over by a bot as if by anybody",
        &[("people profile 1 voice support\n", "profile 1 voice support\n")],
        "I6",
        "contact c1 is handed over by a bot, and not to people",
    ),
    (
        "filed for bots in a queue for people",
        &[("people profile 2 voice people\n", "profile 2 voice people\n")],
        "I6",
        "profile 2 is for bots too, queue people is for people",
    ),
    (
        "offered to a bot although it asks for a person",
        &[
            ("queue c2\n", "offer c2 mo 2\n"),
            ("offer c3 mo 2\n", "queue c3\n"),
            ("offer c2 jo 3\n", "offer c3 jo 3\n"),
        ],
        "I6",
        "contact c2 is offered to agent mo, who is a bot, and it asks for a person",
    ),
];

/// `mo` is a bot. `c1` asks for a person while it waits, `c2` while `mo` has it, which leaves; a rule says it of `c3`, and `c4` takes what
/// `jo` knows along.
const ASKED: &str = "\
== open
== commit
> config
> put jo
> put mo bot
> create c1 voice support
tenant
config 1
put jo
put mo bot
profile 0 voice support
arrive c1 0 voice support
queue c1
== commit
> people ask c1
people asked c1
people profile 1 voice support
people kept c1 1
queue c1
== commit
> in mo 1.1
heard mo 1.1
presence mo available
== commit
> create c2 voice support
arrive c2 0 voice support
offer c2 mo 1
> accept mo 1.2 c2 1
heard mo 1.2
accept c2
> people ask c2
people asked c2
== commit
> out mo 1.3
heard mo 1.3
people left c2 0
presence mo out
people kept c2 1
queue c2
== commit
> create c3 voice support tone cross
classified c3 1 upset support 0 voice support tone cross
queue c3
== commit
> end c1 customer
> end c2 customer
> end c3 customer
close c1 abandoned
close c2 abandoned
close c3 abandoned
== commit
> in jo 1.1
heard jo 1.1
presence jo available
== commit
> create c4 voice support
arrive c4 0 voice support
offer c4 jo 2
> accept jo 1.2 c4 2
heard jo 1.2
accept c4
> people transfer jo 1.3 c4 support topic loan
heard jo 1.3
updated c4 topic loan
people transferred c4 0
queue c4
== commit
> end c4 customer
close c4 abandoned
== released
";

const ASKED_CASES: &[StoryCase] = &[
    (
        "goes on waiting for bots too although it asked for a person",
        &[(
            "people profile 1 voice support\npeople kept c1 1\nqueue c1\n",
            "people profile 1 voice support\n",
        )],
        "S5",
        "contact c1 is not classified anew after its update when the commit ends",
    ),
    (
        "comes back for bots too although it asked for a person",
        &[("people kept c2 1\nqueue c2\n", "queue c2\n")],
        "S5",
        "contact c2 finds a place as it was before its update",
    ),
    (
        "kept for people and nobody asked for one",
        &[("people asked c1\n", "")],
        "S5",
        "contact c1 is kept for people while it is waiting",
    ),
    (
        "filed for bots too although a rule says that it asks for a person",
        &[("classified c3 1 upset", "classified c3 0 upset")],
        "I6",
        "contact c3 does not ask for a person any more",
    ),
    (
        "takes along what nobody said",
        &[("updated c4 topic loan\n", "updated c4 topic house\n")],
        "I4",
        "update of contact c4: no input says so",
    ),
];

#[test]
fn bots_are_sound() {
    expect_sound(STORY);
    expect_sound(ASKED);
}

#[test]
fn each_mistake_with_bots_is_found() {
    expect_each(STORY, CASES);
    expect_each(ASKED, ASKED_CASES);
}
