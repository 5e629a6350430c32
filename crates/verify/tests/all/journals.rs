//! Journals with one mistake each. The feed tells what the journal says, so only the journal is to blame.

use crate::support::{SOUND, StoryCase, build, edit, expect_each, expect_only, found};

const CASES: &[StoryCase] = &[
    // I1
    (
        "an active contact is offered to another agent",
        &[("lift c2\noffer c2 mo 3", "lift c2\noffer c2 mo 3\noffer c2 jo 4"), ACCEPTED_BY_JO, ACCEPT_JO],
        "I1",
        "offered to jo while it is offered with mo",
    ),
    (
        "a contact in wrap-up is offered again",
        &[
            ("close c1 completed\nlift c2", "offer c1 jo 3\nended c1 revoked\nqueue c1\nlift c2"),
            OFFER_4,
            ACCEPT_4,
            ACCEPT_4_INPUT,
            C1_ENDS,
        ],
        "I1,I7",
        "offered to jo while it is in wrap-up with jo",
    ),
    // I2
    (
        "an agent with a call is given a chat",
        &[
            ("offer c2 mo 2", "offer c2 jo 2"),
            ("decline mo 1.2", "decline jo 1.3"),
            ("heard mo 1.2", "heard jo 1.3"),
            ("complete jo 1.3", "complete jo 1.4"),
            ("heard jo 1.3\nwrap", "heard jo 1.4\nwrap"),
        ],
        "I2",
        "agent jo is given 4 units of 3",
    ),
    (
        "an agent is given more chats than the channel's maximum",
        &[
            ("> create c3 voice spain\n> end c2 customer", "> create c3 chat support\n> end c2 customer"),
            (
                "profile 2 voice spain\narrive c3 2 voice spain\nqueue c3",
                "arrive c3 1 chat support\noffer c3 mo 4",
            ),
        ],
        "I2",
        "agent mo is given 2 of chat, at most 1",
    ),
    // I3
    (
        "a contact never arrives",
        &[("profile 2 voice spain\narrive c3 2 voice spain\nqueue c3\n", ""), ("close c3 abandoned\n", "")],
        "I3",
        "it never arrived",
    ),
    (
        "a contact is open at the end",
        &[("close c3 abandoned\n", "")],
        "I3",
        "contact c3 of acme is still open",
    ),
    (
        "a contact is closed twice",
        &[("close c3 abandoned\n", "close c3 abandoned\nclose c3 abandoned\n")],
        "I3",
        "is closed, and this comes after",
    ),
    (
        "a closed contact is queued",
        &[("close c3 abandoned\n", "close c3 abandoned\nqueue c3\n")],
        "I3",
        "is closed, and this comes after",
    ),
    (
        "an input is left at the end",
        &[("== released", "== commit covers 16\n> create c4 voice spain\n== released")],
        "I3",
        "is undecided at the end",
    ),
    ("garbage is swallowed", &[("refuse 11 not_json\n", "")], "I3", "is not refused"),
    (
        "a contact is taken in and refused",
        &[("queue c3\n", "queue c3\nrefuse 14 unknown_queue\n")],
        "I3",
        "both taken in and refused",
    ),
    // I4
    (
        "a contact that nobody created",
        &[
            ("queue c3\n", "queue c3\narrive c4 2 voice spain\nqueue c4\nclose c4 cancelled\n"),
            ("> end c2 customer", "> end c2 customer\n> end c4 organisation"),
        ],
        "I4",
        "arrival of contact c4: no input says so",
    ),
    (
        "a contact with another body",
        &[("arrive c3 2 voice spain", "arrive c3 2 voice spain without mo")],
        "I4,I3",
        "arrival of contact c3: no input says so",
    ),
    (
        "an acceptance that nobody sent",
        &[("> accept mo 1.3 c2 3", "> out mo 1.3")],
        "I4",
        "acceptance of offer 3",
    ),
    (
        "a refusal that nobody sent",
        &[("> decline mo 1.2 c2 2", "> accept mo 1.2 c2 2")],
        "I4",
        "refusal of offer 2",
    ),
    (
        "a customer who did not leave",
        &[("> end c3 customer", "> end c3 organisation")],
        "I4",
        "end of contact c3",
    ),
    ("a roster entry that nobody wrote", &[("> put jo\n", "> put al\n")], "I4", "roster entry of jo"),
    ("a configuration that nobody applied", &[("> config", "> put al")], "I4", "configuration 1"),
    ("an agent who said nothing", &[("> in mo 1.1", "> in al 1.1")], "I4", "input 1.1 of agent mo"),
    (
        "a contact out of the air",
        &[("close c3 abandoned\n", "close c3 abandoned\nlift c9\n")],
        "I4",
        "never arrived",
    ),
    // I5
    (
        "a repeated create makes a second contact",
        &[(
            "> end c3 customer\nclose c3 abandoned\n",
            "> end c3 customer\n> create c1 voice sales\n> end c1 organisation\nclose c3 abandoned\narrive c1 as c4 0 voice sales\nqueue c4\nclose c4 cancelled\n",
        )],
        "I5",
        "arrives although its id is in use",
    ),
    (
        "an input of an agent is heard twice",
        &[("heard mo 1.3\n", "heard mo 1.3\nheard mo 1.3\n")],
        "I5",
        "is heard with 1.3 after 1.3",
    ),
    (
        "an input is refused twice",
        &[("refuse 11 not_json\n", "refuse 11 not_json\nrefuse 11 not_json\n")],
        "I5",
        "refuses input 11 a second time",
    ),
    (
        "a create takes effect twice",
        &[(
            "> end c3 customer\nclose c3 abandoned\n",
            "> end c3 customer\n> end c3 customer\nclose c3 abandoned\narrive c3 as c4 2 voice spain\nqueue c4\nclose c4 abandoned\n",
        )],
        "I5",
        "had this effect before",
    ),
    // I6
    (
        "an offer to an agent without the skill",
        &[("queue c3\n", "offer c3 jo 4\n")],
        "I6",
        "does not have spanish at level 1",
    ),
    ("an offer to an agent who is away", &[("presence mo available\n", "presence mo aux\n")], "I6", "is aux"),
    ("an offer to an agent who is kept from it", &[("lift c2\n", "")], "I6", "is kept from it for a while"),
    (
        "an offer to an excluded agent",
        &[
            ("> create c2 chat support", "> create c2 chat support without mo"),
            ("arrive c2 1 chat support", "arrive c2 1 chat support without mo"),
        ],
        "I6",
        "is excluded by it",
    ),
    (
        "an offer of what waits for another",
        &[("offer c1 jo 1\n", "prefer c1 mo\noffer c1 jo 1\n")],
        "I6",
        "it does not wait for, but for mo",
    ),
    (
        "a profile that asks for less than its queue",
        &[("profile 0 voice sales", "profile 0 voice sales without-skills")],
        "I6",
        "its profile for less",
    ),
    (
        "a contact filed under another queue",
        &[("profile 2 voice spain", "profile 2 voice support")],
        "I6",
        "belongs in spain and is filed under support",
    ),
    // I8
    (
        "outputs called sent before they were decided",
        &[
            ("> accept mo 1.3 c2 3\n", ""),
            ("== commit\nheard mo 1.3", "== commit published 12\n> accept mo 1.3 c2 3\nheard mo 1.3"),
        ],
        "I8",
        "were sent before it was written",
    ),
    // I11
    (
        "the position falls",
        &[("== commit\n> end c3 customer\n", "== commit covers 3\n== commit\n> end c3 customer\n")],
        "I11",
        "covers inputs up to 3",
    ),
    (
        "a commit covers what the stream does not hold",
        &[("> create c2 chat support\n", "> -\n> create c2 chat support\n"), ("refuse 11", "refuse 12")],
        "I11",
        "covers input 8, which the stream does not hold",
    ),
    (
        "a commit calls lost what is there",
        &[("== commit\n> accept mo 1.3 c2 3", "== commit lost 13-13\n> accept mo 1.3 c2 3")],
        "I11",
        "calls input 13 lost, but the stream holds it",
    ),
    (
        "a commit calls lost what it does not cover",
        &[("== commit\n> accept mo 1.3 c2 3", "== commit lost 3-3\n> accept mo 1.3 c2 3")],
        "I11",
        "lost, which it does not cover",
    ),
    (
        "an effect before its input is covered",
        &[(
            "== commit\n> end c3 customer\nclose c3 abandoned",
            "== commit\nclose c3 abandoned\n== commit\n> end c3 customer",
        )],
        "I11",
        "is not one that this commit covers",
    ),
    (
        "another ingest stream",
        &[("== open\n== commit after", "== open elsewhere\n== commit after")],
        "I11",
        "is another one than before",
    ),
    (
        "an input is tried after it was decided",
        &[("== open\n== commit after", "== open\n== trying 12\n== commit after")],
        "I11",
        "which was decided before",
    ),
    (
        "the journal is ahead of the stream",
        &[("== released", "== commit covers 20\n== released")],
        "I11",
        "covers input 20, but the stream ends at 16",
    ),
    // O1
    (
        "it is taken back that outputs were sent",
        &[("== commit\n> end c3 customer", "== commit published 3\n> end c3 customer")],
        "O1",
        "takes back that outputs were sent",
    ),
    // S1
    (
        "an acceptance without an offer",
        &[
            ("offer c2 mo 3\n", ""),
            ("> end c2 customer", "> end c2 organisation"),
            ("close c2 completed", "close c2 cancelled"),
        ],
        "S1",
        "is accepted while it is waiting",
    ),
    (
        "wrap-up of what nobody accepted",
        &[
            ("heard jo 1.2\naccept c1", "heard jo 1.2"),
            ("close c1 completed", "> end c1 customer\nclose c1 abandoned"),
        ],
        "S1",
        "wrap-up of contact c1 starts while it is offered",
    ),
    (
        "completed without an agent",
        &[("close c3 abandoned", "close c3 completed")],
        "S1",
        "is closed as completed while it is waiting",
    ),
    (
        "left nowhere",
        &[("ended c2 declined\nqueue c2\n", "ended c2 declined\n")],
        "S1",
        "neither queued, offered nor closed",
    ),
    ("queued twice", &[("queue c3\n", "queue c3\nqueue c3\n")], "S1", "is queued while it is waiting"),
    (
        "an offer's number is skipped",
        &[("offer c2 mo 3", "offer c2 mo 4"), ("accept mo 1.3 c2 3", "accept mo 1.3 c2 4")],
        "S1",
        "offer 4 follows offer 2",
    ),
    (
        "signed out with an open offer",
        &[
            ("> create c2 chat support", "> create c2 chat support\n> out mo 1.2"),
            ("offer c2 mo 2\n", "offer c2 mo 2\nheard mo 1.2\npresence mo out\n"),
            ("> decline mo 1.2", "> decline mo 1.3"),
            ("heard mo 1.2\nended", "presence mo available\nheard mo 1.3\nended"),
            ("> accept mo 1.3", "> accept mo 1.4"),
            ("heard mo 1.3\naccept", "heard mo 1.4\naccept"),
            ("refuse 11", "refuse 12"),
        ],
        "S1",
        "becomes signed_out with 1 open offers",
    ),
    ("an unknown profile", &[("profile 2 voice spain\n", "")], "S1", "profile 2 is not open"),
    (
        "a profile closed under its contacts",
        &[("queue c3\n", "queue c3\nunprofile 1\n")],
        "S1",
        "is closed with 1 contacts",
    ),
    (
        "an agent outside the roster",
        &[("heard mo 1.3\n", "heard mo 1.3\npresence al available\n")],
        "S1",
        "agent 2 is not in the roster",
    ),
    (
        "a configuration of the same version",
        &[
            ("> accept mo 1.3 c2 3", "> accept mo 1.3 c2 3\n> config"),
            ("heard mo 1.3\n", "config 1\nheard mo 1.3\n"),
        ],
        "S1",
        "replaces 1, which is not older",
    ),
    ("a tenant opened twice", &[("config 1\n", "config 1\ntenant\n")], "S1", "is opened twice"),
    // S2
    (
        "a refusal of an input elsewhere",
        &[("refuse 11 not_json", "refuse 11 not_json\nrefuse 3 bad_field")],
        "S2",
        "refuses input 3, which this commit does not cover",
    ),
    (
        "a refusal for a reason that is not so",
        &[("refuse 11 not_json", "refuse 11 too_large")],
        "S2",
        "as too_large, but it is not_json",
    ),
    (
        "too much of what makes room",
        &[("refuse 11 not_json", "refuse 11 not_json\nrefuse 12 over_quota")],
        "S2",
        "refuses input 12 as over_quota, but it is well formed",
    ),
    (
        "poison that nobody tried",
        &[("refuse 11 not_json", "refuse 11 poison")],
        "S2",
        "nobody tried it before",
    ),
    // S3
    (
        "an offer stays open",
        &[("== commit\n> accept jo", "== commit after 30000\n> accept jo")],
        "S3",
        "offer 1 ended 10995 ms after its time",
    ),
    (
        "wrap-up stays open",
        &[("== commit after 9000", "== commit after 20000")],
        "S3",
        "wrap-up of contact c1 ended",
    ),
    (
        "an offer expires early",
        &[("> decline mo 1.2 c2 2", "> out jo 9.9"), ("heard mo 1.2\nended c2 declined", "ended c2 expired")],
        "S3",
        "expires 19000 ms before its time",
    ),
    (
        "an offer lasts longer than its queue says",
        &[("offer c1 jo 1", "offer c1 jo 1 60000")],
        "S3",
        "offer 1 lasts 60000 ms, its queue says 20000",
    ),
    ("an exclusion ends early", &[("== commit after 9000", "== commit")], "S3", "shorter than decided"),
];

const ACCEPTED_BY_JO: (&str, &str) = ("> accept mo 1.3 c2 3", "> accept jo 1.4 c2 4");
const ACCEPT_JO: (&str, &str) = ("heard mo 1.3\naccept c2", "heard jo 1.4\naccept c2");
const OFFER_4: (&str, &str) = ("offer c2 mo 3", "offer c2 mo 4");
const ACCEPT_4: (&str, &str) = ("== commit\n> accept mo", "== commit\n> end c1 organisation\n> accept mo");
const ACCEPT_4_INPUT: (&str, &str) = ("1.3 c2 3", "1.3 c2 4");
const C1_ENDS: (&str, &str) = ("heard mo 1.3\naccept c2", "close c1 cancelled\nheard mo 1.3\naccept c2");

#[test]
fn a_sound_run_passes() {
    let report = build(SOUND).check();
    assert_eq!(found(&report), Vec::<String>::new());
    assert!(report.is_sound() && report.is_complete(), "{report}");
    let counts = &report.counts;
    assert_eq!((counts.contacts_arrived, counts.contacts_closed, counts.contacts_open), (3, 3, 0));
    assert_eq!((counts.creates_repeated, counts.epochs, counts.offers), (1, 2, 3));
}

#[test]
fn what_waited_for_the_end_of_a_stall_is_late_from_there() {
    let stalled = |grace: &str| {
        let resumed = format!("== commit\nresume {grace}\n== commit after 20000");
        build(&edit(SOUND, &[("== commit after 9000", &resumed)])).check()
    };
    assert_eq!(found(&stalled("19000")), Vec::<String>::new());
    // The stall was too short to explain it.
    expect_only("a short stall", &stalled("2000"), "S3", "wrap-up of contact c1 ended");
}

#[test]
fn what_was_decided_before_a_stall_was_made_good_is_late_by_no_more_than_the_stall() {
    // More inputs waited than one commit takes, so the next one makes the stall good.
    let stalled = |grace: &str, after: &str| {
        let late = "== commit after 30000\n> accept jo";
        let resumed = format!("accept c1\n== commit after {after}\nresume {grace}");
        build(&edit(SOUND, &[("== commit\n> accept jo", late), ("accept c1", &resumed)])).check()
    };
    let late = "offer 1 ended 10995 ms after its time";
    assert_eq!(found(&stalled("8000", "1")), Vec::<String>::new());
    expect_only("a short stall", &stalled("5000", "1"), "S3", late);
    expect_only("a stall that was made good much later", &stalled("8000", "6000"), "S3", late);
}

#[test]
fn who_has_a_backlog_is_late_by_what_it_has_read() {
    let read = |behind: &str| {
        let late = format!("== commit after 30000 behind {behind}\n> accept jo");
        build(&edit(SOUND, &[("== commit\n> accept jo", &late)])).check()
    };
    assert_eq!(found(&read("7000")), Vec::<String>::new());
    expect_only("hardly a backlog", &read("1000"), "S3", "offer 1 ended 9995 ms after its time");
}

/// The first was refused under one configuration, the repeat taken in under the next, and one commit decides both.
#[test]
fn a_contact_comes_from_the_input_that_was_not_refused() {
    let repeated = edit(
        SOUND,
        &[
            ("> create c3 voice spain\n", "> create c3 voice spain\n> create c3 voice spain\n"),
            ("profile 2 voice spain\n", "refuse 14 unknown_queue\nprofile 2 voice spain\n"),
        ],
    );
    assert_eq!(found(&build(&repeated).check()), Vec::<String>::new());
    let refused = edit(
        &repeated,
        &[("refuse 14 unknown_queue\n", "refuse 14 unknown_queue\nrefuse 15 unknown_queue\n")],
    );
    expect_only("both were refused", &build(&refused).check(), "I3", "both taken in and refused");
}

#[test]
fn each_mistake_is_found_and_nothing_else() {
    expect_each(SOUND, CASES);
}
