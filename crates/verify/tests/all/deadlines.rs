//! Deadlines in open time, hours, and contacts that count as live because their deadline is near.

use crate::support::{StoryCase, expect_each, expect_sound};

/// The counter closes at 00:17 for a minute. `letters` promises 10 s of its open time and presses 5 s before, `forms` promises one
/// business day, and outside its hours `lobby` leads to `support`. The story begins at 00:16:40.
const STORY: &str = "\
== open
== commit after 15000
> config
> create c1 mail letters
> create c2 mail forms
> create c3 voice lobby
tenant
config 1
profile 0 mail letters
arrive c1 0 mail letters due 1086995
queue c1
profile 1 mail forms
arrive c2 1 mail forms due 87416995
queue c2
profile 2 voice lobby
arrive c3 2 voice lobby
queue c3
== commit after 4000
> create c4 voice lobby
> create c5 voice lobby
arrive c4 2 voice lobby
profile 3 voice support
move c4 3 off_hours
queue c4
arrive c5 2 voice lobby
close c5 turned_away
== commit after 60000
profile 4 mail letters pressed 5000
press c1 4
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
        "a deadline that counts the night",
        &[("letters due 1086995", "letters due 1026995"), ("after 60000", "after 62000")],
        "S3",
        "contact c1 is due at 1026995, by its queue and its arrival at 1086995",
    ),
    (
        "a deadline of two days",
        &[("forms due 87416995", "forms due 173816995")],
        "S3",
        "contact c2 is due at 173816995",
    ),
    (
        "a live contact with a deadline",
        &[("arrive c3 2 voice lobby", "arrive c3 2 voice lobby due 7")],
        "S3",
        "due at 7",
    ),
    (
        "an exit within the hours",
        &[
            ("after 4000", "after 1000"),
            ("after 60000", "after 63000"),
            ("> create c5 voice lobby\n", ""),
            ("arrive c5 2 voice lobby\nclose c5 turned_away\n", ""),
        ],
        "S1",
        "turned away within the hours",
    ),
    (
        "an end within the hours",
        &[
            ("after 4000", "after 1000"),
            ("after 60000", "after 63000"),
            ("profile 3 voice support\nmove c4 3 off_hours\n", ""),
        ],
        "S1",
        "turned away from a queue that is not closed",
    ),
    (
        "nobody is at the counter",
        &[("profile 3 voice support\nmove c4 3 off_hours\n", "")],
        "S1",
        "outside the hours",
    ),
    ("too early", &[("after 60000", "after 58000")], "S3", "is pressed 995 ms before its time"),
    ("twice", &[("press c1 4", "press c1 4\npress c1 4")], "S1", "pressed again"),
    ("with another pressure", &[("pressed 5000", "pressed 4000")], "S1", "another profile than its own"),
    (
        "into another queue",
        &[("profile 4 mail letters", "profile 4 mail forms")],
        "S1",
        "another profile than its own",
    ),
    (
        "and no longer",
        &[("press c1 4", "press c1 4\nprofile 5 mail letters\nrelax c1 1 5")],
        "S1",
        "is pressed otherwise",
    ),
    (
        "where there is none",
        &[("press c1 4", "press c1 4\npress c2 1")],
        "S1",
        "a queue that has no pressure",
    ),
    ("a live one", &[("press c1 4", "press c1 4\npress c3 2")], "S1", "its channel is live"),
];

#[test]
fn a_story_of_deadlines_is_sound() {
    expect_sound(STORY);
}

#[test]
fn each_mistake_about_deadlines_is_found() {
    expect_each(STORY, CASES);
}
