//! Work that stays with its agent over a sign-out, and what must not become of it.

use crate::support::{StoryCase, expect_each, expect_sound};

/// A `case` stays for 20 s, and in `letters` until 5 s before it is due.
const STORY: &str = "\
== open
== commit
> config
> put jo
> put mo
> create c1 case support
> in jo 1.1
tenant
config 1
put jo
put mo
profile 0 case support
arrive c1 0 case support due 1001995
queue c1
heard jo 1.1
presence jo available
offer c1 jo 1
== commit
> accept jo 1.2 c1 1
> out jo 1.3
> create c2 case letters
> in mo 1.1
> accept mo 1.2 c2 2
> out mo 1.3
heard jo 1.2
accept c1
heard jo 1.3
stays c1 1023000
presence jo out
profile 1 case letters
arrive c2 1 case letters due 1012995
queue c2
heard mo 1.1
presence mo available
offer c2 mo 2
heard mo 1.2
accept c2
heard mo 1.3
stays c2 1007995
presence mo out
== commit
> remove mo
> end c2 customer
left-by c2 1
removed mo
queue c2
close c2 abandoned
== commit after 4000
> in jo 2.1
> create c3 mail support
heard jo 2.1
presence jo available
continue c1
profile 2 mail support
arrive c3 2 mail support due 1008995
queue c3
== commit
> out jo 2.2
heard jo 2.2
stays c1 1030000
presence jo out
== commit after 19000
left-by c1 0
queue c1
== commit
> in jo 3.1
> end c1 customer
> accept jo 3.2 c3 4
> out jo 3.3
> end c3 customer
heard jo 3.1
presence jo available
offer c1 jo 3
close c1 abandoned
offer c3 jo 4
heard jo 3.2
accept c3
heard jo 3.3
left-by c3 2
presence jo out
queue c3
close c3 abandoned
== released
";

const CASES: &[StoryCase] = &[
    (
        "kept for longer",
        &[("stays c1 1023000", "stays c1 1023001")],
        "S3",
        "contact c1 stays with its agent until 1023001, it may until 1023000",
    ),
    (
        "kept although it is near",
        &[("stays c2 1007995", "stays c2 1023000")],
        "S3",
        "contact c2 stays with its agent until 1023000, it may until 1007995",
    ),
    (
        "kept although it is not bound",
        &[(
            "left-by c3 2\npresence jo out\nqueue c3\nclose c3 abandoned",
            "stays c3 1051000\npresence jo out\nclose c3 completed",
        )],
        "S1",
        "contact c3 stays with its agent, and is not bound to that one",
    ),
    (
        "kept while it waits",
        &[(
            "arrive c3 2 mail support due 1008995\nqueue c3\n",
            "arrive c3 2 mail support due 1008995\nqueue c3\nstays c3 1029000\n",
        )],
        "S1",
        "contact c3 stays with its agent while it is waiting",
    ),
    (
        "not kept",
        &[
            ("stays c2 1007995\npresence mo out", "left-by c2 1\npresence mo out\nqueue c2"),
            ("left-by c2 1\nremoved mo\nqueue c2", "removed mo"),
        ],
        "S1",
        "contact c2 is taken from its agent, with whom it stays",
    ),
    (
        "kept over a break",
        &[("stays c1 1023000\npresence jo out", "stays c1 1023000\npresence jo aux\npresence jo out")],
        "S1",
        "contact c1 stays with agent jo, who is not signed out",
    ),
    (
        "taken from one who stays in the roster",
        &[("> remove mo\n", ""), ("left-by c2 1\nremoved mo\n", "left-by c2 1\n")],
        "S1",
        "contact c2 is taken from agent mo before its time",
    ),
    (
        "left with one who is not in the roster",
        &[("left-by c2 1\nremoved mo\nqueue c2\nclose c2 abandoned", "removed mo\nclose c2 completed")],
        "S1",
        "agent mo is removed while it is signed_out",
    ),
    (
        "returned far too late",
        &[("== commit after 19000", "== commit after 49000")],
        "S3",
        "the stay of contact c1 ended 30000 ms after its time",
    ),
    (
        "never returned",
        &[(
            "left-by c1 0\nqueue c1\n== commit\n> in jo 3.1\n> end c1 customer\n> accept jo 3.2 c3 4\n> out jo 3.3\n> end c3 customer\nheard jo 3.1\npresence jo available\noffer c1 jo 3\nclose c1 abandoned\noffer c3 jo 4\nheard jo 3.2\naccept c3\nheard jo 3.3\nleft-by c3 2\npresence jo out\nqueue c3\nclose c3 abandoned\n== released\n",
            "== commit after 30000\n> end c3 customer\nclose c3 abandoned\n== released\n",
        )],
        "S3,I3",
        "the stay of c1 is still open",
    ),
];

#[test]
fn work_that_stays_is_sound() {
    expect_sound(STORY);
}

#[test]
fn each_mistake_with_what_stays_is_found() {
    expect_each(STORY, CASES);
}
