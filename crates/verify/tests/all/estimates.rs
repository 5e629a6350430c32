//! What those who wait are told of how long it will take, and what they must not be.

use std::fmt::Write as _;

use crate::support::{StoryCase, expect_each, expect_sound};

/// `line` estimates. Ten contacts wait there from 1,003,000 on while nobody is there; then `jo` takes one every 12 s, the first after 2 s. So
/// their paces are 2,000, 7,000, 8,666, 9,500, 10,000, 10,333, 10,571, 10,750, 10,888 and 11,000. Two more come while `jo` has a break of
/// half a minute, and `jo` takes one of them.
fn story() -> String {
    let mut story =
        String::from("== open\n== commit\n> config\n> put jo\ntenant\nconfig 1\nput jo\n== commit\n");
    let mut say = |line: String| writeln!(story, "{line}").unwrap();
    (1..=10).for_each(|contact| say(format!("> create c{contact} chat line")));
    say("profile 0 chat line".to_owned());
    for contact in 1..=10 {
        say(format!("arrive c{contact} 0 chat line\nqueue c{contact}"));
        say(format!("estimated c{contact} {contact} nobody_there"));
    }
    say("== commit\n> in jo 1.1\nheard jo 1.1\npresence jo available\noffer c1 jo 1".to_owned());
    for contact in 1..=10 {
        let (accepted, completed) = (2 * contact, 2 * contact + 1);
        say(format!("== commit\n> accept jo 1.{accepted} c{contact} {contact}"));
        say(format!("heard jo 1.{accepted}\naccept c{contact}"));
        say(format!("== commit\n> complete jo 1.{completed} c{contact}"));
        say(format!("heard jo 1.{completed}\nwrap c{contact}"));
        say(format!("== commit after 9000\nclose c{contact} completed"));
        if contact < 10 {
            say(format!("offer c{0} jo {0}", contact + 1));
        }
    }
    story + END
}

const END: &str = "\
== commit
> aux jo 1.22
heard jo 1.22
presence jo aux
== commit
> create c11 chat line
arrive c11 0 chat line
queue c11
estimated c11 1 10000 10888
== commit
> create c12 chat line
arrive c12 0 chat line
queue c12
estimated c12 2 20000 21776
== commit after 29000
estimated c11 1 31000 31000
estimated c12 2 62000 62000
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
> switch line paused
switched line paused
== commit
estimated c12 1 paused
== commit
> end c12 customer
> complete jo 1.25 c11
close c12 abandoned
heard jo 1.25
wrap c11
== commit after 9000
close c11 completed
== released
";

const CASES: &[StoryCase] = &[
    (
        "another number",
        &[("estimated c11 1 10000 10888", "estimated c11 1 10000 10889")],
        "S7",
        "by the journal it is Outlook { position: 1, estimate: Known { p50: 10000ms, p90: 10888ms } }",
    ),
    (
        "another position",
        &[("estimated c12 2 20000 21776", "estimated c12 1 10000 10888")],
        "S7",
        "by the journal it is Outlook { position: 2",
    ),
    (
        "unknown for another reason",
        &[("estimated c10 10 nobody_there", "estimated c10 10 too_few")],
        "S7",
        "by the journal it is Outlook { position: 10, estimate: Unknown(NobodyThere) }",
    ),
    (
        "another position while nothing is offered",
        &[("estimated c10 10 nobody_there", "estimated c10 9 not_offering")],
        "S7",
        "by the journal it is Outlook { position: 10",
    ),
    (
        "paused, and another reason",
        &[("estimated c12 1 paused", "estimated c12 1 nobody_there")],
        "S7",
        "by the journal it is Outlook { position: 1, estimate: Unknown(Paused) }",
    ),
    (
        "nothing at first",
        &[("estimated c12 2 20000 21776\n", "")],
        "S7",
        "c12 is queued, and not told what to expect",
    ),
    (
        "the same again",
        &[("estimated c12 2 62000 62000", "estimated c12 2 62000 62000\nestimated c12 2 62000 62000")],
        "S7",
        "but that is no news",
    ),
    (
        "little news",
        &[(
            "== commit after 29000\nestimated c11 1 31000 31000\nestimated c12 2 62000 62000",
            "== commit after 8000\nestimated c11 1 10000 10888\n== commit after 20000",
        )],
        "S7",
        "but that is no news",
    ),
    (
        "anew that nothing is offered",
        &[("estimated c11 1 31000 31000", "estimated c11 1 not_offering")],
        "S7",
        "then nobody looks",
    ),
    (
        "anew, too far back",
        &[("estimated c12 2 62000 62000", "estimated c12 33 62000 62000")],
        "S7",
        "is told anew at 33, which is too far back",
    ),
    (
        "who waits no more",
        &[("estimated c12 1 paused", "estimated c12 1 paused\nestimated c11 1 paused")],
        "S7",
        "c11 is told what to expect while it is active",
    ),
    (
        "in a queue that estimates nothing",
        &[
            ("> create c12 chat line\n", "> create c12 chat support\n"),
            ("arrive c12 0 chat line\n", "profile 1 chat support\narrive c12 1 chat support\n"),
            ("estimated c12 2 62000 62000\n", ""),
            ("estimated c12 1 paused\n", ""),
        ],
        "S7",
        "a queue that estimates nothing",
    ),
];

#[test]
fn a_story_of_estimates_is_sound() {
    expect_sound(&story());
    let not_offering = story().replace("estimated c12 2 20000 21776", "estimated c12 2 not_offering");
    expect_sound(&not_offering);
}

#[test]
fn each_mistake_about_estimates_is_found() {
    expect_each(&story(), CASES);
}
