//! Logs of clients: what they were told is stored, and what they took.

use model::Time;
use wissel_verify::{ClientEntry, ClientLog, OriginEntry, Published, PublishedResult, Received};

use crate::support::{Dumps, SHARD, SOUND, build, expect_only, found};

/// Lines of a log, the code, and what the finding says.
const CASES: &[(&str, &[&str], &str, &str)] = &[
    (
        "an acknowledged contact is gone",
        &["sent c9 17"],
        "I3",
        "was acknowledged, and the stream does not hold it",
    ),
    ("another contact stands there", &["sent c9 14"], "I3", "for something else"),
    (
        "an offer that was never decided",
        &["took agent.jo offer 1/99/0 c1 1"],
        "I8",
        "commit 99 is not in the journal",
    ),
    ("an offer of another index", &["took agent.jo offer 1/4/2 c1 1"], "I8", "there is no index 2"),
    ("an offer of another epoch", &["took agent.jo offer 2/4/1 c1 1"], "I8", "is of epoch 1, not 2"),
    ("an offer to somebody else", &["took agent.mo offer 1/4/1 c1 1"], "I8", "with another receiver"),
    ("an offer of another contact", &["took agent.jo offer 1/4/1 c2 1"], "I8", "with another contact"),
    ("another offer", &["took agent.jo offer 1/4/1 c1 7"], "I8", "with another offer"),
    ("another kind", &["took agent.jo assigned 1/4/1 c1 1"], "I8", "with another kind"),
    (
        "an offer before it was decided",
        &["early agent.jo offer 1/4/1 c1 1"],
        "I8",
        "before the journal had it",
    ),
    (
        "a lower epoch",
        &["took agent.mo offer 2/10/1 c2 3", "took agent.jo offer 1/4/1 c1 1"],
        "I9",
        "took something of epoch 1 after epoch 2",
    ),
    ("twice the same", &["took agent.jo offer 1/4/1 c1 1", "took agent.jo offer 1/4/1 c1 1"], "I5", "twice"),
    (
        "out of order",
        &["took agent.jo assigned 1/5/0 c1 1", "took agent.jo offer 1/4/1 c1 1"],
        "O1",
        "took commit 4 after commit 5",
    ),
];

const SOUND_LOG: &[&str] = &[
    "sent c1 6",
    "sent c1 9",
    "sent c3 14",
    "failed c8",
    "took agent.jo offer 1/4/1 c1 1",
    "took agent.jo assigned 1/5/0 c1 1",
    "took contact.c1 accepted 1/5/0 c1 -",
    "took agent.jo wrap_up 1/8/1 c1 -",
    "took agent.jo closed 2/10/0 c1 -",
    "took contact.c1 ended 2/10/0 c1 -",
];

#[test]
fn a_sound_log_passes() {
    let report = with_log(SOUND_LOG).check();
    assert_eq!(found(&report), Vec::<String>::new());
    assert!(report.is_sound() && report.is_complete());
    assert_eq!((report.counts.published_by_clients, report.counts.received_by_clients), (4, 6));
}

#[test]
fn each_mistake_is_found_and_nothing_else() {
    for (name, lines, code, says) in CASES {
        expect_only(name, &with_log(lines).check(), code, says);
    }
}

#[test]
fn an_input_that_the_journal_calls_lost_was_acknowledged() {
    let text = SOUND.replace("== commit\n> accept mo", "== commit lost 13-13\n> -\n> accept mo");
    let mut dumps = build(&text);
    let report = dumps.clone().check();
    assert!(report.is_sound() && report.warnings == 1, "{report}");
    assert_eq!(report.counts.inputs_lost, 1);
    dumps.clients.push(log(&["sent c8 13"]));
    let report = dumps.check();
    assert_eq!(report.violations.len(), 1, "{report}");
}

#[test]
fn a_log_is_read_as_it_is_written() {
    let written = log(SOUND_LOG);
    let text: String = written.entries.iter().map(|entry| entry.to_line() + "\n").collect();
    assert_eq!(ClientLog::parse("one", &text), Ok(written));
    assert_eq!(
        text.lines().next(),
        Some(
            r#"{"published":{"at":2000000,"subject":"wissel.in.acme.contact","contact":"c1","ack_sequence":6}}"#
        )
    );
    let error = ClientLog::parse("one", "\n{}").unwrap_err();
    assert_eq!(error.line, 2);
}

fn with_log(lines: &[&str]) -> Dumps {
    let mut dumps = build(SOUND);
    dumps.clients.push(log(lines));
    dumps
}

/// `sent <contact> <position>`, `failed <contact>`, `took <receiver> <kind> <epoch>/<commit>/<index> <contact> <offer>`.
fn log(lines: &[&str]) -> ClientLog {
    let entry = |line: &&str| {
        let words: Vec<&str> = line.split(' ').collect();
        let at = Time(if words[0] == "early" { 1_000_000 } else { 2_000_000 });
        let published = |contact: &str, result| {
            let subject = "wissel.in.acme.contact".to_owned();
            ClientEntry::Published(Published { at, subject, contact: Some(contact.to_owned()), result })
        };
        match words[..] {
            ["sent", contact, position] => {
                published(contact, PublishedResult::AckSequence(position.parse().unwrap()))
            }
            ["failed", contact] => published(contact, PublishedResult::Error("timed out".to_owned())),
            [_, receiver, kind, origin, contact, offer] => {
                let numbers: Vec<u64> = origin.split('/').map(|number| number.parse().unwrap()).collect();
                let [epoch, commit, index] = numbers[..] else { panic!("{origin} is no origin") };
                let shard = SHARD.to_owned();
                ClientEntry::Received(Received {
                    at,
                    subject: format!("wissel.out.acme.{receiver}"),
                    kind: kind.to_owned(),
                    origin: OriginEntry { shard, epoch, commit, index: index as u32 },
                    contact: Some(contact.to_owned()),
                    offer: offer.parse().ok(),
                })
            }
            _ => panic!("{line} is no entry"),
        }
    };
    ClientLog { name: "one".to_owned(), entries: lines.iter().map(entry).collect() }
}
