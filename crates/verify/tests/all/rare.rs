//! What happens seldom: stalls, lost agents, poison, transfers, removals. A second sound story, and mistakes in it.

use crate::support::{RARE, StoryCase, build, expect_each, found};

const CASES: &[StoryCase] = &[
    ("a stall is not made good", &[("resume 30000\n", "")], "S3", "offer 1 ended"),
    (
        "a lost agent's window is called over early",
        &[("== commit after 30000\nresume 30000", "== commit\npresence mo gone")],
        "S3",
        "the window of lost agent mo is called over 29000 ms early",
    ),
    (
        "a lost agent is never let go",
        &[
            ("presence jo out\n", "presence jo out\npresence mo lost\n"),
            ("== released", "== commit after 40000\n== released"),
        ],
        "S3",
        "the reconnect window of mo is still open 12000 ms after its time",
    ),
    (
        "a wait for one agent that does not end",
        &[("== commit\noffer c1 mo 2", "== commit after 16000\noffer c1 mo 2")],
        "S3",
        "the wait of contact c2 for one agent ended 7000 ms after its time",
    ),
    (
        "a contact arrives under a number out of turn",
        &[
            ("arrive c3 as c2", "arrive c3 as c5"),
            ("offer c2 jo 3", "offer c5 jo 3"),
            ("ended c2 expired\noffer c2", "ended c5 expired\noffer c5"),
            ("accept c2\nwrap c2", "accept c5\nwrap c5"),
            ("close c2 completed", "close c5 completed"),
        ],
        "S1",
        "gets number 4@4, which is not free",
    ),
    (
        "signed out with a contact in hand",
        &[
            ("== commit after 10000\nclose c2 completed", "== commit after 10000"),
            ("presence jo out\n", "presence jo out\npresence mo out\nclose c2 completed\n"),
            ("unprofile 1\n", ""),
        ],
        "S1",
        "agent mo signs out with contacts in its hands",
    ),
    (
        "an agent is removed at work",
        &[("> remove al", "> remove jo"), ("removed al", "removed jo")],
        "S1,I6",
        "agent jo is removed while it is available",
    ),
    ("a removal that nobody asked for", &[("> remove al", "> in al 1.1")], "I4", "removal of agent al"),
    ("an agent's number is another's", &[("put mo\nput al", "put al\nput mo")], "S1", "agent "),
    (
        "handed on to another channel",
        &[
            ("profile 0 voice sales\n", "profile 0 voice sales\nprofile 5 chat sales\n"),
            ("return c1 0", "return c1 5"),
        ],
        "S1",
        "is handed on to another channel",
    ),
    (
        "the agent who gave it back has it again",
        &[
            ("prefer c1 mo\n", "queue c1\n"),
            ("offer c1 mo 2", "offer c1 jo 2"),
            ("> accept mo 1.2 c2 2\nheard mo 1.2", "> accept jo 1.4 c2 2\nheard jo 1.4"),
            ("> out jo 1.4\nheard jo 1.4", "> out jo 1.5\nheard jo 1.5"),
        ],
        "I6",
        "is kept from it for a while",
    ),
    (
        "wrap-up is cancelled",
        &[(
            "== commit after 10000\nclose c2 completed",
            "== commit after 10000\n> end c3 organisation\nclose c2 cancelled",
        )],
        "S1",
        "is closed as cancelled while it is in wrap-up",
    ),
    (
        "the offer is open when the journal ends",
        &[(
            "== released",
            "== commit\n> create c4 voice sales\narrive c4 as c3 0 voice sales\noffer c3 mo 5\n== commit after 40000\n== released",
        )],
        "S3,I3",
        "the offer of c4 is still open 22000 ms after its time",
    ),
    (
        "an exclusion that was none ends",
        &[("prefer c1 mo\n", "lift c1\nprefer c1 mo\nlift c1\n")],
        "S3,S1",
        "shorter than decided",
    ),
];

#[test]
fn a_sound_run_passes() {
    let report = build(RARE).check();
    assert_eq!(found(&report), Vec::<String>::new());
    assert!(report.is_sound() && report.is_complete(), "{report}");
    assert_eq!((report.counts.creates_refused, report.counts.contacts_arrived), (1, 2));
}

#[test]
fn each_mistake_is_found_and_nothing_else() {
    expect_each(RARE, CASES);
}
