//! Rules that go by hours of work and by who is free, deadlines at risk, and what these are not.

use std::fmt::Write as _;

use crate::support::{StoryCase, expect_each, expect_sound};

/// `jo` handles ten contacts of `hours`, one after the other, 11 s each with the wrap-up, and has a break.
fn story(end: &str) -> String {
    let mut story =
        String::from("== open\n== commit\n> config\n> put jo\n> put mo\ntenant\nconfig 1\nput jo\nput mo\n");
    let mut say = |line: String| writeln!(story, "{line}").unwrap();
    say("> in jo 1.1\nheard jo 1.1\npresence jo available\nprofile 0 chat hours".to_owned());
    for contact in 1..=10 {
        let (accepted, completed) = (2 * contact, 2 * contact + 1);
        say(format!("== commit\n> create c{contact} chat hours\narrive c{contact} 0 chat hours"));
        say(format!("offer c{contact} jo {contact}"));
        say(format!("== commit\n> accept jo 1.{accepted} c{contact} {contact}"));
        say(format!("heard jo 1.{accepted}\naccept c{contact}"));
        say(format!("== commit\n> complete jo 1.{completed} c{contact}"));
        say(format!("heard jo 1.{completed}\nwrap c{contact}"));
        say(format!("== commit after 9000\nclose c{contact} completed"));
    }
    story + BREAK + end
}

const BREAK: &str = "\
== commit
> aux jo 1.22
heard jo 1.22
presence jo aux
";

/// Two more come, and `mo` takes the second of them.
const END: &str = "\
== commit
> create c11 chat hours
> create c12 chat hours
arrive c11 0 chat hours
queue c11
arrive c12 0 chat hours
queue c12
== commit after 5000
turned swamped on 22000
overflowed c11 swamped 0 7 0
overflowed c12 swamped 0 7 0
== commit
> ready jo 1.23
heard jo 1.23
presence jo available
offer c11 jo 11
== commit
> accept jo 1.24 c11 11
heard jo 1.24
accept c11
== commit
> in mo 1.1
heard mo 1.1
presence mo available
offer c12 mo 12
== commit
> accept mo 1.2 c12 12
heard mo 1.2
accept c12
== commit
> complete jo 1.25 c11
heard jo 1.25
wrap c11
== commit after 9000
close c11 completed
== commit
turned swamped off 1
== commit
> complete mo 1.3 c12
heard mo 1.3
wrap c12
== commit after 9000
close c12 completed
== released
";

const CASES: &[StoryCase] = &[
    (
        "another backlog",
        &[("turned swamped on 22000", "turned swamped on 22001")],
        "S6",
        "by the journal it is [22000]",
    ),
    (
        "a backlog that is said to be unknown",
        &[("turned swamped on 22000", "turned swamped on ?")],
        "S6",
        "by the journal it is [22000]",
    ),
    (
        "more who are free",
        &[("turned swamped off 1", "turned swamped off 2")],
        "S6",
        "by the journal it is [1]",
    ),
    (
        "who is free when nobody is",
        &[(
            "== commit after 9000\nclose c11 completed\n== commit\nturned swamped off 1",
            "== commit\nturned swamped off 1\n== commit after 8000\nclose c11 completed",
        )],
        "S6",
        "by the journal it is [0]",
    ),
];

#[test]
fn a_story_of_work_is_sound() {
    expect_sound(&story(END));
}

#[test]
fn each_mistake_about_work_is_found() {
    expect_each(&story(END), CASES);
}

/// Four more come at 1,134,000, all due 40 s after; `mo` takes one of them, and another hangs up.
const LATE: &str = "\
== commit
> create c11 mail hours
> create c12 mail hours
> create c13 mail hours
> create c14 mail hours
profile 1 mail hours
arrive c11 1 mail hours due 1173995
queue c11
arrive c12 1 mail hours due 1173995
queue c12
arrive c13 1 mail hours due 1173995
queue c13
arrive c14 1 mail hours due 1173995
queue c14
== commit after 5000
at-risk hours c14 1173995 1184000 1
== commit
> in mo 1.1
heard mo 1.1
presence mo available
offer c11 mo 11
== commit
> end c14 customer
close c14 abandoned
== commit
met hours
== commit
> end c12 customer
> end c13 customer
> end c11 customer
close c12 abandoned
close c13 abandoned
close c11 abandoned
== released
";

const LATE_CASES: &[StoryCase] = &[
    (
        "another contact",
        &[("at-risk hours c14 1173995 1184000 1", "at-risk hours c13 1173995 1184000 1")],
        "S8",
        "at risk, by the journal",
    ),
    (
        "another deadline",
        &[("at-risk hours c14 1173995 1184000 1", "at-risk hours c14 1173994 1184000 1")],
        "S8",
        "at risk, by the journal",
    ),
    (
        "another time",
        &[("at-risk hours c14 1173995 1184000 1", "at-risk hours c14 1173995 1173000 1")],
        "S8",
        "at risk, by the journal",
    ),
    (
        "more of them",
        &[("at-risk hours c14 1173995 1184000 1", "at-risk hours c14 1173995 1184000 2")],
        "S8",
        "at risk, by the journal",
    ),
    (
        "nobody who is late",
        &[
            (
                "== commit after 5000\nat-risk hours c14 1173995 1184000 1",
                "== commit\n> end c14 customer\nclose c14 abandoned\nat-risk hours c13 1173995 1168000 1\n== commit after 3000",
            ),
            ("> end c14 customer\nclose c14 abandoned\n== commit\nmet", "met"),
        ],
        "S8",
        "by the journal None",
    ),
    (
        "said again",
        &[(
            "at-risk hours c14 1173995 1184000 1",
            "at-risk hours c14 1173995 1184000 1\nat-risk hours c14 1173995 1184000 1",
        )],
        "S8",
        "is said again",
    ),
    (
        "met too early",
        &[(
            "== commit\n> end c14 customer\nclose c14 abandoned\n== commit\nmet hours",
            "== commit\nmet hours\n== commit\n> end c14 customer\nclose c14 abandoned",
        )],
        "S8",
        "hardly, met",
    ),
    ("met without a doubt", &[("at-risk hours c14 1173995 1184000 1\n", "")], "S8", "which nobody doubted"),
    (
        "in a queue that does not foresee",
        &[("met hours", "met hours\nmet support")],
        "S8",
        "queue support does not foresee",
    ),
];

#[test]
fn a_story_of_deadlines_at_risk_is_sound() {
    expect_sound(&story(LATE));
}

#[test]
fn each_mistake_about_deadlines_is_found() {
    expect_each(&story(LATE), LATE_CASES);
}
