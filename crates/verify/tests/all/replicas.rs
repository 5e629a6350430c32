//! Servers that do not hold the same.

use wissel_verify::{Checker, Limits, Message, Report};

use crate::support::{Dumps, SHARD, SOUND, build, expect_only, found};

/// The run as one server holds it, and another server's journal and inputs.
fn compare(change: impl Fn(&mut Vec<Message<'static>>, &mut Vec<Message<'static>>)) -> Report {
    let Dumps { ingest, journal, feed, dead_letters, .. } = build(SOUND);
    let mut checker = Checker::new(SHARD.to_owned(), true, Limits::default());
    let extent = |messages: &[Message<'_>]| wissel_verify::Extent { first: 1, last: messages.len() as u64 };
    checker.begin_ingest(extent(&ingest));
    ingest.iter().for_each(|message| checker.ingest(message));
    checker.begin_journal(extent(&journal));
    journal.iter().for_each(|message| checker.journal(message));
    let (mut inputs, mut records) = (ingest, journal);
    // A reading that is broken off counts for nothing, whatever it met.
    let mut copy = checker.journal_copy("n2");
    records.iter().skip(2).for_each(|message| copy.message(message));
    drop(copy);
    change(&mut inputs, &mut records);
    let mut copy = checker.ingest_copy("n2");
    inputs.iter().for_each(|message| copy.message(message));
    copy.finish();
    let mut copy = checker.journal_copy("n2");
    records.iter().for_each(|message| copy.message(message));
    copy.finish();
    checker.begin_feed(extent(&feed));
    feed.iter().for_each(|message| checker.feed(message));
    checker.begin_dead_letters(extent(&dead_letters));
    dead_letters.iter().for_each(|message| checker.dead_letter(message));
    checker.finish()
}

#[test]
fn equal_copies_are_sound() {
    assert_eq!(found(&compare(|_, _| {})), Vec::<String>::new());
}

#[test]
fn each_difference_is_found() {
    let missing = "server n2 holds no message that another server holds";
    expect_only("a record is gone", &compare(|_, records| drop(records.remove(4))), "I13", missing);
    expect_only("the first record is gone", &compare(|_, records| drop(records.remove(0))), "I13", missing);
    expect_only("the last record is gone", &compare(|_, records| drop(records.pop())), "I13", missing);
    expect_only("an input is gone", &compare(|inputs, _| drop(inputs.remove(4))), "I13", missing);
    let changed = |_: &mut Vec<Message<'static>>, records: &mut Vec<Message<'static>>| {
        records[4].bytes.to_mut()[20] ^= 1;
    };
    expect_only("a record differs", &compare(changed), "I13", "holds another message than another server");
    let more = |inputs: &mut Vec<Message<'static>>, _: &mut Vec<Message<'static>>| {
        let mut message = inputs[0].clone();
        message.sequence = inputs.len() as u64 + 1;
        inputs.push(message);
    };
    expect_only("there is more", &compare(more), "I13", "holds a message that another server does not hold");
}

#[test]
fn copies_that_nobody_gave_are_said() {
    let mut checker = Checker::new(SHARD.to_owned(), false, Limits::default());
    checker.copies_unread(2);
    let report = checker.finish();
    assert!(!report.is_complete() && report.unchecked[0].count == 2, "{report}");
}
