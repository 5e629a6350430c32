//! A tenant that leaves, one that comes, and what must not be decided meanwhile.

use crate::support::{StoryCase, build, expect_each, expect_sound, found};

/// `c1` waits when the tenant leaves for shard 4.
const LEAVES: &str = "\
== open
== commit
> config
> put jo
> create c1 chat sales
tenant
config 1
put jo
profile 0 chat sales
arrive c1 0 chat sales
queue c1
== commit
> leave 4
left 4
== commit
> leave 4
> end c1 customer
refuse 6 moved
== commit
> gone 4
gone
== released
";

const MISTAKES_OF_LEAVING: &[StoryCase] = &[
    (
        "decided after it left",
        &[("left 4\n", "left 4\nclose c1 abandoned\n")],
        "S1",
        "decides for tenant acme, which is not in this shard",
    ),
    (
        "decided when it is gone",
        &[("gone\n== released", "gone\nclose c1 abandoned\n== released")],
        "S1",
        "decides for tenant acme, which is not in this shard",
    ),
    (
        "left twice",
        &[("refuse 6 moved\n", "left 4\nrefuse 6 moved\n")],
        "S1",
        "tenant acme leaves, and is not here",
    ),
    (
        "left for somewhere else",
        &[("left 4\n", "left 5\n"), ("\ngone\n", "\n")],
        "I4",
        "departure of tenant acme: no input says so",
    ),
    (
        "dropped before it left",
        &[("left 4\n", "gone\n"), ("refuse 6 moved\n", "left 4\nrefuse 6 moved\n")],
        "S1",
        "tenant acme ",
    ),
];

/// The tenant comes in two parts; what is decided from then on is not judged.
const COMES: &str = "\
== open
== commit
> rows 0
rows 0 0
== commit
> rows 1
rows 1 1
== commit
> come 2
came
== commit
> create c1 chat sales
arrive c1 0 chat sales
queue c1
== released
";

const MISTAKES_OF_COMING: &[StoryCase] = &[
    (
        "decided before it came",
        &[("rows 1 1\n", "rows 1 1\nheard jo 1.1\n")],
        "S1",
        "decides for tenant acme, which is not in this shard",
    ),
    (
        "a part twice",
        &[("rows 1 1\n", "rows 1 1\nrows 1 1\n")],
        "S1,I5",
        "takes part 1 of tenant acme, and Some(2) is next",
    ),
    (
        "a part left out",
        &[("> rows 1\nrows 1 1\n", "> rows 1\nrows 1 2\n")],
        "S1,I4",
        "takes part 2 of tenant acme",
    ),
    (
        "came without its rows",
        &[("== commit\n> rows 0\nrows 0 0\n== commit\n> rows 1\nrows 1 1\n", "")],
        "S1,I4,I3",
        "was not on its way",
    ),
    (
        "came with fewer parts than were sent",
        &[("> come 2", "> come 3")],
        "I4",
        "arrival of tenant acme from shard 0: no input says so",
    ),
    (
        "a contact that nobody brought",
        &[("> create c1 chat sales\n", "")],
        "I4",
        "arrival of contact c1: no input says so",
    ),
];

#[test]
fn a_tenant_that_leaves_is_sound_and_what_it_left_is_no_loss() {
    expect_sound(LEAVES);
}

#[test]
fn each_mistake_with_one_that_leaves_is_found() {
    expect_each(LEAVES, MISTAKES_OF_LEAVING);
}

#[test]
fn what_a_tenant_brought_is_not_judged_and_that_is_counted() {
    let report = build(COMES).check();
    assert_eq!(found(&report), Vec::<String>::new());
    assert!(report.is_sound() && !report.is_complete(), "{report}");
    let unjudged =
        report.unchecked.iter().find(|unchecked| unchecked.what.contains("came from another shard"));
    assert_eq!(unjudged.map(|unchecked| unchecked.count), Some(2), "{report}");
}

#[test]
fn each_mistake_with_one_that_comes_is_found() {
    expect_each(COMES, MISTAKES_OF_COMING);
}
