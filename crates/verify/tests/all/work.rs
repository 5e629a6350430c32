//! Rules that go by hours of work and by who is free, and what these are not.

use std::fmt::Write as _;

use crate::support::{StoryCase, expect_each, expect_sound};

/// `jo` handles ten contacts of `hours`, one after the other, 11 s each with the wrap-up. Two more come while `jo` has a break, and `mo`
/// takes the second of them.
fn story() -> String {
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
    story + END
}

const END: &str = "\
== commit
> aux jo 1.22
heard jo 1.22
presence jo aux
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
    expect_sound(&story());
}

#[test]
fn each_mistake_about_work_is_found() {
    expect_each(&story(), CASES);
}
