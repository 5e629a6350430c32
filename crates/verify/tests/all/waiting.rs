//! Contacts that ask for less, and leave their queues by exits.

use crate::support::{StoryCase, expect_each, expect_sound};

/// `spain` asks for nothing after 5 s, has room for one, and after 20 s its exit leads to `support`.
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
> create c1 voice spain without jo
profile 0 voice spain
arrive c1 0 voice spain without jo
queue c1
== commit after 5000
profile 1 voice spain without-skills
relax c1 1 1
== commit
> create c2 voice spain
arrive c2 0 voice spain
profile 2 voice support
move c2 2 full
queue c2
== commit
> switch support closed
> create c3 voice support
switched support closed
arrive c3 2 voice support
close c3 turned_away
== commit
> switch support paused
switched support paused
== commit after 12000
move c1 2 max_wait
queue c1
== commit
> switch support open
switched support open
offer c2 jo 1
== commit
> end c1 customer
> end c2 customer
close c1 abandoned
close c2 abandoned
== released
";

/// Without the later end of `c1`.
const C1_IS_GONE: (&str, &str) =
    ("> end c1 customer\n> end c2 customer\nclose c1 abandoned\n", "> end c2 customer\n");

const C3_IS_GONE: (&str, &str) =
    ("> end c2 customer\nclose c1", "> end c2 customer\n> end c3 customer\nclose c3 abandoned\nclose c1");

const CASES: &[StoryCase] = &[
    (
        "less is asked for early",
        &[("after 5000", "after 1000"), ("after 12000", "after 16000")],
        "S3",
        "asks for less 3000 ms before its time",
    ),
    (
        "a step that there is not",
        &[("relax c1 1 1", "relax c1 2 1")],
        "S1",
        "step 2, which its queue has not",
    ),
    ("a step twice", &[("relax c1 1 1", "relax c1 1 1\nrelax c1 1 1")], "S1", "takes step 1 after 1"),
    (
        "less is asked for on another channel",
        &[
            ("relax c1 1 1", "profile 3 chat spain\nrelax c1 1 3"),
            ("move c1 2 max_wait\nqueue c1", "close c1 timed_out"),
            C1_IS_GONE,
        ],
        "S1",
        "in another queue or channel",
    ),
    (
        "an exit from a queue with room",
        &[
            ("relax c1 1 1", "relax c1 1 1\n== commit\n> end c1 customer\nclose c1 abandoned"),
            ("== commit after 12000\nmove c1 2 max_wait\nqueue c1\n", ""),
            C1_IS_GONE,
        ],
        "S1",
        "has room, with 0 waiting",
    ),
    ("an exit too early", &[("after 12000", "after 2000")], "S3", "before it has waited for too long"),
    (
        "an end too early",
        &[("after 12000\nmove c1 2 max_wait\nqueue c1", "after 2000\nclose c1 timed_out"), C1_IS_GONE],
        "S3",
        "before it has waited for too long",
    ),
    (
        "a way that no exit has",
        &[("move c1 2 max_wait", "profile 3 voice sales\nmove c1 3 max_wait")],
        "S1",
        "moves where no exit leads",
    ),
    (
        "turned away from a queue that is not closed",
        &[
            ("switch support closed", "switch sales closed"),
            ("switched support closed", "switched sales closed"),
        ],
        "S1",
        "that is not closed",
    ),
    (
        "taken in by a queue that is closed",
        &[
            ("arrive c3 2 voice support\nclose c3 turned_away", "arrive c3 2 voice support\nqueue c3"),
            C3_IS_GONE,
        ],
        "S1",
        "taken in by a closed queue",
    ),
    (
        "a switch that nobody asked for",
        &[("switched support open", "switched support open\nswitched sales closed")],
        "I4",
        "queue sales closed: no input says so",
    ),
    (
        "an offer from a paused queue",
        &[("> switch support open\nswitched support open\n", "")],
        "I6",
        "its queue is paused",
    ),
];

#[test]
fn a_story_of_exits_is_sound() {
    expect_sound(STORY);
}

#[test]
fn each_mistake_about_waiting_is_found() {
    expect_each(STORY, CASES);
}
