//! What the rules make of contacts.

use crate::support::{StoryCase, expect_each, expect_sound};

/// Without a queue it is `support`; whoever is of the tier gold and named none belongs in `sales`.
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
> create c1 voice -
profile 0 voice support
classified c1 0 default support 0 voice -
offer c1 jo 1
== commit
> create c2 voice -
classified c2 0 default support 0 voice -
queue c2
== commit
> update c2 tier gold
profile 1 voice sales
updated c2 tier gold
reclassified c2 1 5 gold
queue c2
== commit
> create c3 voice support tier gold
classified c3 0 gold support 5 voice support tier gold
queue c3
== commit
> create c4 voice support amount 9.75
arrive c4 0 voice support amount 9.75
queue c4
== commit
> update c1 tier gold
updated c1 tier gold
== commit
> decline jo 1.2 c1 1
heard jo 1.2
ended c1 declined
reclassified c1 1 5 gold
queue c1
offer c2 jo 2
== commit
> update c3 tier null
updated c3 tier null
reclassified c3 0 0 nobody
queue c3
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
        "another rule than the one that matches",
        &[(
            "arrive c4 0 voice support amount 9.75",
            "classified c4 0 gold support 5 voice support amount 9.75",
        )],
        "S5",
        "by the rules it is nothing",
    ),
    (
        "no rule although one matches",
        &[
            ("classified c3 0 gold support 5 voice", "arrive c3 0 voice"),
            ("reclassified c3 0 0 nobody\nqueue c3\n", ""),
        ],
        "S5",
        "contact c3 is classified by nothing",
    ),
    (
        "a rule that reads a number wrong",
        &[
            ("create c4 voice support amount 9.75", "create c4 voice support amount 10.50"),
            ("arrive c4 0 voice support amount 9.75", "arrive c4 0 voice support amount 10.50"),
        ],
        "S5",
        "contact c4 is classified by nothing",
    ),
    (
        "points that no part gives",
        &[("reclassified c2 1 5 gold", "reclassified c2 1 4 gold")],
        "S5,I7",
        "has 4 points, those of its parts are 5",
    ),
    (
        "points at arrival",
        &[("classified c3 0 gold support 5", "classified c3 0 gold support 0")],
        "S5",
        "has 0 points, those of its parts are 5",
    ),
    (
        "filed under another queue than the rules say",
        &[
            ("classified c3 0 gold support 5", "classified c3 1 gold support 5"),
            ("> update c3 tier null\nupdated c3 tier null\nreclassified c3 0 0 nobody\nqueue c3\n", ""),
        ],
        "I6",
        "belongs in support and is filed under sales",
    ),
    (
        "an update that nobody sent",
        &[("> update c1 tier gold\n", "")],
        "I4",
        "update of contact c1: no input says so",
    ),
    (
        "an update that says nothing new",
        &[(
            "> update c3 tier null\n",
            "> update c4 amount 9.75\nupdated c4 amount 9.75\n== commit\n> update c3 tier null\n",
        )],
        "S5",
        "by what was said before",
    ),
    (
        "an update that changes nothing for one that waits",
        &[("reclassified c2 1 5 gold\nqueue c2\n", "")],
        "S5,I7",
        "is not classified anew after its update",
    ),
    (
        "a return as before the update",
        &[("reclassified c1 1 5 gold\n", "")],
        "S5",
        "finds a place as it was before its update",
    ),
    (
        "classified anew for no reason",
        &[("> update c3 tier null\n", "> update c3 tier null\nreclassified c4 0 0 nobody\nqueue c4\n")],
        "S5",
        "contact c4 is classified anew while it is waiting",
    ),
    (
        "sent where no rule sends it",
        &[("reclassified c2 1 5 gold", "reclassified c2 0 5 gold")],
        "S5",
        "goes where the rules do not send it",
    ),
    (
        "less is asked for than there",
        &[("profile 1 voice sales", "profile 1 voice sales without-skills")],
        "I6",
        "asks for dutch = 5, its profile for less",
    ),
];

#[test]
fn a_story_of_rules_is_sound() {
    expect_sound(STORY);
}

#[test]
fn each_mistake_about_rules_is_found() {
    expect_each(STORY, CASES);
}
