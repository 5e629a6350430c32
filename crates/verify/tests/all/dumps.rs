//! Streams that do not hold what they should: broken chains, wrong outputs, purged heads.

use model::Time;
use protocol::record;
use wissel_verify::{Counts, Report};

use crate::support::{Dumps, SOUND, build, expect_only, found};

/// A name, what happens to the dumps, the codes, and what the first of them says.
type Case = (&'static str, fn(&mut Dumps), &'static str, &'static str);

const CASES: &[Case] = &[
    // I10
    ("a journal message is missing", |dumps| drop(dumps.journal.remove(5)), "I10", "expected sequence 6"),
    (
        "a record is missing",
        |dumps| {
            dumps.journal.remove(5);
            dumps.journal_last -= 1;
            renumber(&mut dumps.journal);
        },
        "I10",
        "expected commit 6, found 7",
    ),
    (
        "a forked chain",
        |dumps| {
            let text = SOUND.replace("== commit\n> garbage", "== commit published 6\n> garbage");
            dumps.journal[8] = build(&text).journal[8].clone();
        },
        "I10",
        "continues",
    ),
    ("a byte has turned", |dumps| dumps.journal[4].bytes.to_mut()[50] ^= 1, "I10", "not a record"),
    (
        "the dump ends early",
        |dumps| drop(dumps.journal.pop()),
        "I10",
        "the dump ends at 13, the stream at 14",
    ),
    // S4
    ("time runs backwards", backwards, "S4", "before"),
    // I8
    (
        "an output of a commit that is not there",
        |dumps| reword(dumps, 3, r#""commit":2"#, r#""commit":99"#),
        "I8,O1",
        "commit 99 is not in the journal",
    ),
    (
        "an output of another epoch",
        |dumps| reword(dumps, 3, r#""epoch":1"#, r#""epoch":2"#),
        "I8,O1,I9",
        "is of epoch 1, not 2",
    ),
    (
        "an output that the commit does not make",
        |dumps| reword(dumps, 3, r#""index":3"#, r#""index":7"#),
        "I8,O1",
        "there is no index 7",
    ),
    (
        "an offer to another agent",
        |dumps| reword(dumps, 7, r#""agent":"jo""#, r#""agent":"mo""#),
        "I8",
        "with another agent",
    ),
    (
        "an offer of another contact",
        |dumps| reword(dumps, 7, r#""contact":"c1""#, r#""contact":"c2""#),
        "I8",
        "with another contact",
    ),
    (
        "an offer of another number",
        |dumps| reword(dumps, 7, r#""offer":1"#, r#""offer":2"#),
        "I8",
        "with another offer",
    ),
    (
        "an offer that lasts longer",
        |dumps| {
            reword(
                dumps,
                7,
                r#""expires_at":"1970-01-01T00:17:04.0"#,
                r#""expires_at":"1970-01-01T00:19:04.0"#,
            )
        },
        "I8",
        "with other details",
    ),
    ("another outcome", |dumps| reword_last(dumps, "abandoned", "completed"), "I8", "with other details"),
    (
        "another time",
        |dumps| reword(dumps, 7, r#""at":"1970-01-01T00:16:4"#, r#""at":"1970-01-01T00:15:4"#),
        "I8",
        "with another time",
    ),
    ("not an output", |dumps| dumps.feed[3].bytes = b"{}".into(), "I8,O1", "cannot be read as an output"),
    (
        "an output before its record",
        |dumps| dumps.feed[7].stamp = Time(dumps.feed[7].stamp.0 - 500),
        "I8",
        "499 ms before the journal had it",
    ),
    (
        "an output under another subject",
        |dumps| dumps.feed[7].subject = "wissel.event.acme.contact_queued".into(),
        "I8",
        "stands under",
    ),
    (
        "a dead letter for another reason",
        |dumps| {
            let text = text(&dumps.dead_letters[0].bytes).replace("not_json", "too_old");
            dumps.dead_letters[0].bytes = text.into_bytes().into();
            dumps.dead_letters[0].subject = "wissel.refused.acme.too_old".into();
        },
        "I8",
        "with other details",
    ),
    (
        "another shard speaks for the tenant",
        |dumps| reword(dumps, 3, "eu-1", "eu-2"),
        "I8,O1",
        "speaks for tenant acme",
    ),
    // I9
    (
        "a lower epoch is taken",
        |dumps| {
            dumps.feed.swap(13, 14);
            renumber(&mut dumps.feed);
        },
        "I9",
        "epoch 1 after epoch 2",
    ),
    // O1
    (
        "an output is missing",
        |dumps| {
            dumps.feed.remove(7);
            renumber(&mut dumps.feed);
        },
        "O1",
        "contact_offered at index 1 is called sent",
    ),
    (
        "a dead letter is missing",
        |dumps| dumps.dead_letters.clear(),
        "O1",
        "refused at index 0 is called sent",
    ),
    (
        "an output is told twice",
        |dumps| {
            let again = dumps.feed[7].clone();
            dumps.feed.insert(8, again);
            renumber(&mut dumps.feed);
        },
        "O1",
        "is told a second time",
    ),
    ("an output without its id", |dumps| dumps.feed[7].message_id = None, "O1", "has the message id none"),
    // I3
    (
        "the stream lost the last inputs",
        |dumps| {
            dumps.ingest.pop();
            dumps.ingest_last -= 1;
        },
        "I11,I4",
        "but the stream ends at 15",
    ),
];

#[test]
fn each_mistake_is_found_and_nothing_else() {
    let mut failed = Vec::new();
    for (name, mistake, codes, says) in CASES {
        let run = || {
            let mut dumps = build(SOUND);
            mistake(&mut dumps);
            expect_only(name, &dumps.check(), codes, says);
        };
        if let Err(error) = std::panic::catch_unwind(run) {
            failed.push(error.downcast_ref::<String>().cloned().unwrap_or_else(|| (*name).to_owned()));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn an_output_that_comes_late_is_worth_a_look() {
    let mut dumps = build(SOUND);
    dumps.feed.swap(7, 8);
    renumber(&mut dumps.feed);
    let report = dumps.check();
    assert!(report.is_sound() && report.warnings == 1, "{report}");
    assert!(found(&report)[0].contains("is told after"), "{report}");
}

#[test]
fn void_records_are_counted_and_change_nothing() {
    let mut dumps = build(SOUND);
    let repeat = dumps.journal[4].clone();
    dumps.journal.insert(5, repeat);
    let former = dumps.journal[3].clone();
    dumps.journal.insert(12, former);
    renumber(&mut dumps.journal);
    dumps.journal_last += 2;
    let report = dumps.check();
    assert!(report.is_sound(), "{report}");
    assert_eq!((report.counts.records_void, report.warnings), (2, 2));
}

#[test]
fn what_a_purged_head_hides_is_said() {
    let purge = |cut: fn(&mut Dumps)| {
        let mut dumps = build(SOUND);
        cut(&mut dumps);
        dumps.check()
    };
    let said = |report: &Report| {
        assert!(report.is_sound() && !report.is_complete(), "{report}");
        report.unchecked.iter().map(|unchecked| unchecked.what.clone()).collect::<Vec<_>>().join("; ")
    };
    let journal = purge(|dumps| drop(dumps.journal.drain(..5)));
    assert!(said(&journal).contains("journal's head was purged"), "{journal}");
    let ingest = purge(|dumps| drop(dumps.ingest.drain(..7)));
    assert!(said(&ingest).contains("inputs that the ingest stream purged"), "{ingest}");
    let feed = purge(|dumps| drop(dumps.feed.drain(..7)));
    assert!(said(&feed).contains("outputs older than what the feed"), "{feed}");
}

#[test]
fn a_run_that_goes_on_may_have_open_ends() {
    let mut dumps = build(
        &SOUND
            .replace("close c3 abandoned\n", "")
            .replace("> end c3 customer\n", "> create c4 voice spain\n")
            .replace("== released", ""),
    );
    dumps.is_final = false;
    dumps.journal.pop();
    dumps.journal_last -= 1;
    dumps.feed.pop();
    let report = dumps.check();
    assert!(report.is_sound(), "{report}");
    let Counts { contacts_open, creates_undecided, outputs_awaited, .. } = report.counts;
    assert_eq!((contacts_open, creates_undecided, outputs_awaited), (1, 1, 1), "{report}");
}

#[test]
fn a_broken_chain_is_not_followed_by_guesses() {
    let mut dumps = build(SOUND);
    dumps.journal[4].bytes.to_mut()[50] ^= 1;
    let report = dumps.check();
    assert_eq!(found(&report).len(), 1, "{report}");
    assert!(!report.is_complete());
}

/// The record before it is of a later time.
fn backwards(dumps: &mut Dumps) {
    let (mut last, _) = record::decode(&dumps.journal[13].bytes).unwrap();
    last.now = Time(1_000_001);
    dumps.journal[13].bytes = record::encode(&last).unwrap().bytes.into();
}

fn reword(dumps: &mut Dumps, at: usize, from: &str, to: &str) {
    let message = &mut dumps.feed[at];
    let before = text(&message.bytes);
    assert!(before.contains(from), "{before} has no {from}");
    message.bytes = before.replacen(from, to, 1).into_bytes().into();
}

fn reword_last(dumps: &mut Dumps, from: &str, to: &str) {
    reword(dumps, dumps.feed.len() - 1, from, to);
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn renumber(messages: &mut [wissel_verify::Message<'static>]) {
    for (sequence, message) in (1..).zip(messages) {
        message.sequence = sequence;
    }
}
