//! Other channels that are proposed, and what must not be.

use crate::support::{StoryCase, expect_each, expect_sound};

/// `propose` watches `busy`, and proposes mail, else chat, in `support` for 20 s, to two at a look.
const STORY: &str = "\
== open
== commit
> config
tenant
config 1
== commit
> create c1 voice busy reach chat,mail
> create c2 voice busy reach chat
> create c3 voice busy reach mail
> create c4 voice busy
profile 0 voice busy
arrive c1 0 voice busy reach chat,mail
queue c1
arrive c2 0 voice busy reach chat
queue c2
arrive c3 0 voice busy reach mail
queue c3
arrive c4 0 voice busy
queue c4
== commit
turned propose on 4
propose c1 propose mail support 20000
propose c2 propose chat support 20000
== commit after 4000
propose c3 propose mail support 20000
== commit
> answer c1 yes
> answer c2 no
profile 1 mail support
switch c1 1 0 1002995
queue c1
proposal c2 declined
== commit after 18000
proposal c3 expired
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
        "the dearer channel",
        &[
            ("propose c1 propose mail support", "propose c1 propose chat support"),
            ("profile 1 mail support", "profile 1 chat support"),
            ("switch c1 1 0 1002995", "switch c1 1 0 9007199254740991"),
        ],
        "S6",
        "propose proposes chat to contact c1, not mail",
    ),
    (
        "another queue",
        &[("propose c3 propose mail support", "propose c3 propose mail letters")],
        "S6",
        "proposes queue letters to contact c3, and names support",
    ),
    (
        "another time",
        &[("propose c2 propose chat support 20000", "propose c2 propose chat support 20001")],
        "S6",
        "lets contact c2 answer until 1024001, not 1024000",
    ),
    (
        "who cannot be reached",
        &[("== commit after 4000\n", "== commit after 4000\npropose c4 propose mail support 20000\n")],
        "S6",
        "c4",
    ),
    (
        "a second time",
        &[("proposal c2 declined", "proposal c2 declined\npropose c2 propose chat support 20000")],
        "S6",
        "overflow rule propose",
    ),
    (
        "a rule that does something else",
        &[("propose c3 propose mail support", "propose c3 raise mail support")],
        "S6",
        "overflow rule raise",
    ),
    ("over too early", &[("== commit after 18000", "== commit after 17999")], "S6", "ends 1 ms early"),
    ("a refusal that nobody said", &[("> answer c2 no\n", "")], "I4", "the answer of contact c2"),
    ("an agreement that nobody said", &[("> answer c1 yes\n", "")], "I4", "the answer of contact c1"),
    ("the other answer", &[("> answer c2 no\n", "> answer c2 yes\n")], "I4", "the answer of contact c2"),
    (
        "where nothing was proposed",
        &[("profile 1 mail support", "profile 1 mail forms")],
        "S6",
        "contact c1 becomes another than was proposed",
    ),
    (
        "other points",
        &[("switch c1 1 0 1002995", "switch c1 1 1 1002995")],
        "S6",
        "contact c1 becomes another than was proposed",
    ),
    (
        "another deadline",
        &[("switch c1 1 0 1002995", "switch c1 1 0 1002996")],
        "S3",
        "contact c1 is due at 1002996, by its queue and its arrival at 1002995",
    ),
    (
        "over twice",
        &[("proposal c3 expired", "proposal c3 expired\nproposal c3 expired")],
        "S6",
        "a proposal to contact c3 ends, and none is open",
    ),
    (
        "a channel changed without a proposal",
        &[("proposal c3 expired", "proposal c3 expired\nswitch c3 1 0 1002995\nqueue c3")],
        "S6",
        "contact c3 changes its channel, and no proposal is open",
    ),
];

#[test]
fn a_story_of_proposals_is_sound() {
    expect_sound(STORY);
}

#[test]
fn each_mistake_about_proposals_is_found() {
    expect_each(STORY, CASES);
}
