//! Customers who fall silent and write again, and what must not become of them.

use crate::support::{StoryCase, expect_each, expect_sound};

/// `text` is kept for 20 s while its customer is silent, or waits as a note.
const STORY: &str = "\
== open
== commit
> config
> put jo
> create c1 text support of carl order
> create c2 text support
> in jo 1.1
tenant
config 1
put jo
profile 0 text support
arrive c1 0 text support of carl order
queue c1
arrive c2 0 text support
queue c2
heard jo 1.1
presence jo available
offer c1 jo 1
offer c2 jo 2
== commit
> accept jo 1.2 c1 1
> hush c2
> quiet jo 1.3 c1
heard jo 1.2
accept c1
noted c2 quiet
heard jo 1.3
quieted c1 1023000
== commit
> decline jo 1.4 c2 2
heard jo 1.4
ended c2 declined
profile 1 note support
slowed c2 1 0 1001995
queue c2
== commit
> create c3 text support of carl order
> reply c1
> reply c2
arrive c3 0 text support of carl order jo matter
offer c3 jo 3
replied c1 0 0
offer c1 jo 4
replied c2 0 0
queue c2
== commit
> hush c2
> accept jo 1.5 c1 4
> hush c1
> hush c3
> reply c3
slowed c2 1 0 1001995
queue c2
heard jo 1.5
accept c1
quieted c1 1026000
noted c3 quiet
noted c3 writes
== commit
> accept jo 1.6 c3 3
> hush c3
> end c2 customer
heard jo 1.6
accept c3
quieted c3 1027000
close c2 abandoned
== commit
> end c3 customer
close c3 completed
== commit after 17000
close c1 completed
== released
";

const CASES: &[StoryCase] = &[
    (
        "kept for longer",
        &[("quieted c1 1023000", "quieted c1 1023001")],
        "S3",
        "contact c1 is quiet for 20001 ms, its channel says 20000",
    ),
    ("a silence that nobody spoke of", &[("> hush c1\n", "")], "I5", "the silence of contact c1: its input"),
    (
        "one that its agent did not speak of",
        &[("> quiet jo 1.3 c1", "> ready jo 1.3")],
        "I11",
        "the silence of contact c1",
    ),
    ("a reply that nobody wrote", &[("> reply c1\n", "")], "I4", "the reply of contact c1"),
    ("a note of nothing", &[("> hush c3\n> reply c3\n", "> reply c3\n")], "I11", "the silence of contact c3"),
    (
        "what was noted before",
        &[("noted c3 writes", "noted c3 quiet"), ("> hush c3\n> reply c3\n", "> hush c3\n> hush c3\n")],
        "I5",
        "of contact c3 is noted what was said before",
    ),
    (
        "a note that is forgotten",
        &[
            ("profile 1 note support\nslowed c2 1 0 1001995\nqueue c2", "profile 1 note support\nqueue c2"),
            ("replied c2 0 0\nqueue c2\n", ""),
        ],
        "S1",
        "contact c2 is placed as if its customer had said nothing meanwhile",
    ),
    (
        "another deadline",
        &[(
            "slowed c2 1 0 1001995\nqueue c2\n== commit\n> create",
            "slowed c2 1 0 1001996\nqueue c2\n== commit\n> create",
        )],
        "S3",
        "contact c2 is due at 1001996, by its queue and its arrival at 1001995",
    ),
    (
        "on another channel",
        &[(
            "slowed c2 1 0 1001995\nqueue c2\n== commit\n> create",
            "profile 2 task support\nslowed c2 2 0 1001995\nqueue c2\n== commit\n> create",
        )],
        "S1,I8",
        "contact c2 becomes another than it was: profile 2, 0 points",
    ),
    (
        "with other points",
        &[("replied c1 0 0", "replied c1 0 7")],
        "S1",
        "contact c1 becomes another than it was: profile 0, 7 points",
    ),
    (
        "offered while it is quiet",
        &[("replied c1 0 0\noffer c1 jo 4", "offer c1 jo 4")],
        "S1",
        "contact c1 is offered while its customer is silent",
    ),
    (
        "quiet in nobody's hands",
        &[("== commit after 17000\n", "quieted c1 1027000\n== commit after 17000\n")],
        "S1",
        "contact c1 becomes quiet while it is quiet",
    ),
    (
        "closed too early",
        &[("== commit after 17000", "== commit after 16999")],
        "I4",
        "end of contact c1 before its silence is over",
    ),
    (
        "closed far too late",
        &[("== commit after 17000", "== commit after 47000")],
        "S3",
        "the silence of contact c1 ended 30000 ms after its time",
    ),
    (
        "never closed",
        &[("== commit after 17000\nclose c1 completed", "== commit after 47000")],
        "S3,I3",
        "the silence of c1 is still open",
    ),
    (
        "as if nobody had its matter",
        &[("arrive c3 0 text support of carl order jo matter", "arrive c3 0 text support of carl order")],
        "S1",
        "contact c3 arrives as if agent",
    ),
    (
        "an end that is no end of talk",
        &[("close c3 completed", "close c3 abandoned")],
        "S1",
        "contact c3 is closed as abandoned while it is quiet",
    ),
    (
        "heard of again twice",
        &[("replied c2 0 0\nqueue c2", "replied c2 0 0\nqueue c2\nreplied c2 0 0\nqueue c2")],
        "S1,I5",
        "contact c2 is heard of again while it is waiting",
    ),
    (
        "slowed twice",
        &[(
            "slowed c2 1 0 1001995\nqueue c2\nheard",
            "slowed c2 1 0 1001995\nslowed c2 1 0 1001995\nqueue c2\nheard",
        )],
        "S1,I5,I8",
        "contact c2 is slowed while it is nowhere",
    ),
];

#[test]
fn a_story_of_silence_is_sound() {
    expect_sound(STORY);
}

#[test]
fn each_mistake_about_silence_is_found() {
    expect_each(STORY, CASES);
}
