//! A small chain, every mutation of it, and what the reader says of each.

use model::Time;

use super::*;
use crate::record::{Commit, EpochOpened, IngestIdentity, Released, Trying};

/// Opens an epoch per `E`, then commits `c`, tries `t`, releases `r`, with true headers.
pub(crate) fn chain(kinds: &str) -> Vec<Vec<u8>> {
    let mut head = ChainHead::BEGINNING;
    let mut messages = Vec::new();
    for (at, kind) in kinds.chars().enumerate() {
        let header = if kind == 'E' { head.next_epoch_header() } else { head.next_header() };
        let position = at as u64;
        let body = match kind {
            'E' => Body::EpochOpened(EpochOpened {
                node: "node".into(),
                nonce: u128::from(position),
                ingest: IngestIdentity { stream: "ING_a".into(), created_ns: 1, uuid: "u".into() },
                rebased: None,
            }),
            't' => Body::Trying(Trying { position }),
            'r' => Body::Released(Released { published_through: position }),
            _ => Body::Commit(Commit {
                ingest_position: position,
                ingest_stamp: None,
                published_through: 0,
                lost: vec![],
                transitions: vec![],
            }),
        };
        let encoded = record::encode(&Record { header, now: Time(100 + position), body }).expect("small");
        head = ChainHead {
            epoch: header.epoch,
            commit_no: header.commit_no,
            hash: encoded.hash,
            sequence: position + 1,
        };
        messages.push(encoded.bytes);
    }
    messages
}

/// What the reader makes of these messages at sequences 1, 2, …: `a` accepted, `v` void, then the error if any.
fn read_all(messages: &[Vec<u8>]) -> String {
    let mut reader = ChainReader::from_beginning();
    let mut said = String::new();
    for (at, bytes) in messages.iter().enumerate() {
        match reader.read(at as u64 + 1, bytes) {
            Ok(Step::Accepted { .. }) => said.push('a'),
            Ok(Step::Void(_)) => said.push('v'),
            Err(error) => {
                assert_eq!(reader.read(at as u64 + 1, bytes), Err(error.clone()), "an error stays");
                said += match error.what {
                    ChainBreak::Sequence { .. } => "!sequence",
                    ChainBreak::Undecodable(_) => "!undecodable",
                    ChainBreak::Epoch { .. } => "!epoch",
                    ChainBreak::CommitNo { .. } => "!commit_no",
                    ChainBreak::PrevHash { .. } => "!prev_hash",
                    ChainBreak::Time { .. } => "!time",
                };
                break;
            }
        }
    }
    said
}

fn check(kinds: &str, mutate: impl Fn(&mut Vec<Vec<u8>>), expected: &str) {
    let mut messages = chain(kinds);
    mutate(&mut messages);
    assert_eq!(read_all(&messages), expected, "{kinds}");
}

#[test]
fn a_true_chain_is_accepted_across_epochs() {
    check("EcctcrEcE", |_| (), "aaaaaaaaa");
}

#[test]
fn a_repeat_is_void_wherever_it_stands() {
    for from in 0..6 {
        for to in from + 1..=6 {
            let expected = format!("{}v{}", "a".repeat(to), "a".repeat(6 - to));
            check("EccEcc", |messages| messages.insert(to, messages[from].clone()), &expected);
        }
    }
}

#[test]
fn a_former_owner_is_void() {
    // A different third record of epoch 1, arriving after epoch 2 began.
    let late = chain("Ect").remove(2);
    check("EccEc", |messages| messages.insert(4, late.clone()), "aaaava");
    check("EccEc", |messages| messages.push(late.clone()), "aaaaav");
    // In its own epoch it is a fork.
    check("Ecccc", |messages| messages.insert(3, late.clone()), "aaa!commit_no");
}

#[test]
fn a_removed_record_breaks_the_chain() {
    for at in 0..5 {
        let break_at = ["!epoch", "!commit_no", "!commit_no", "!epoch", "!commit_no"][at];
        check("EccEcc", |messages| drop(messages.remove(at)), &format!("{}{break_at}", "a".repeat(at)));
    }
    // The last one leaves a chain that is whole: only a witness elsewhere can tell.
    check("EccEcc", |messages| drop(messages.pop()), "aaaaa");
    // A removed record whose sequence stays behind as a gap.
    let messages = chain("Ecc");
    let mut reader = ChainReader::from_beginning();
    reader.read(1, &messages[0]).expect("the first");
    let error = reader.read(3, &messages[2]).expect_err("a gap");
    assert_eq!(error, ChainError { sequence: 3, what: ChainBreak::Sequence { expected: 2 } });
    assert_eq!(error.to_string(), "journal sequence 3: expected sequence 2");
}

#[test]
fn swapped_records_break_the_chain() {
    for first in 0..6 {
        for second in first + 1..6 {
            let mut messages = chain("EccEcc");
            messages.swap(first, second);
            let said = read_all(&messages);
            assert!(said.contains('!'), "{first} and {second} swapped: {said}");
            assert!(said.starts_with(&"a".repeat(first)), "{first} and {second} swapped: {said}");
        }
    }
}

#[test]
fn every_flipped_bit_and_every_truncation_is_found_at_its_record() {
    let messages = chain("EctEr");
    for at in 0..messages.len() {
        let expected = format!("{}!undecodable", "a".repeat(at));
        for bit in 0..messages[at].len() * 8 {
            let mut mutated = messages.clone();
            mutated[at][bit / 8] ^= 1 << (bit % 8);
            assert_eq!(read_all(&mutated), expected, "record {at}, bit {bit}");
        }
        for length in 0..messages[at].len() {
            let mut mutated = messages.clone();
            mutated[at].truncate(length);
            assert_eq!(read_all(&mutated), expected, "record {at} cut to {length}");
        }
    }
}

#[test]
fn a_forged_header_is_refused() {
    let forge = |change: fn(&mut Record)| {
        move |messages: &mut Vec<Vec<u8>>| {
            let (mut record, _) = record::decode(&messages[2]).expect("ours");
            change(&mut record);
            messages[2] = record::encode(&record).expect("small").bytes;
        }
    };
    check("Eccc", forge(|record| record.header.epoch = 2), "aa!epoch");
    check("Eccc", forge(|record| record.header.commit_no = 4), "aa!commit_no");
    check("Eccc", forge(|record| record.header.prev_hash = Hash::ZERO), "aa!prev_hash");
    check("Eccc", forge(|record| record.now = Time(1)), "aa!time");
    // Its header is true, but the next record does not continue what it now says.
    check("Eccc", forge(|record| record.now = Time(102 + 1)), "aaa!prev_hash");
    check("EcEc", forge(|record| record.header.epoch = 3), "aa!epoch");
    check("c", |_| (), "!epoch");
}

#[test]
fn reading_on_from_a_trusted_record_is_reading_from_the_beginning() {
    let messages = chain("EccEcctr");
    let mut reader = ChainReader::from_beginning();
    for (at, bytes) in messages.iter().enumerate() {
        reader.read(at as u64 + 1, bytes).expect("a true chain");
        let mut resumed = ChainReader::from_trusted(reader.head(), reader.now());
        for (at, bytes) in messages.iter().enumerate().skip(at + 1) {
            resumed.read(at as u64 + 1, bytes).expect("a true suffix");
        }
        let mut forged = ChainReader::from_trusted(ChainHead { hash: Hash::ZERO, ..reader.head() }, Time(0));
        if let Some(next) = messages.get(at + 1) {
            assert!(forged.read(at as u64 + 2, next).is_err(), "another record's successor after {at}");
        }
        assert_eq!(resumed.head().sequence, messages.len() as u64);
    }
}

#[test]
fn the_oldest_kept_record_says_what_it_continues() {
    let messages = chain("EccEcEtr");
    for oldest in 0..messages.len() {
        let sequence = oldest as u64 + 1;
        let (record, _) = record::decode(&messages[oldest]).expect("a record");
        let mut reader = ChainReader::from_oldest(sequence, &record);
        for (sequence, bytes) in (sequence..).zip(&messages[oldest..]) {
            assert!(matches!(reader.read(sequence, bytes), Ok(Step::Accepted { .. })), "from {oldest}");
        }
    }
}

#[test]
fn a_repeat_from_before_the_beginning_of_a_reader_is_void() {
    let messages = chain("Ecccc");
    let (record, hash) = record::decode(&messages[2]).expect("a record");
    let head = ChainHead { epoch: 1, commit_no: 3, hash, sequence: 3 };
    let mut reader = ChainReader::from_trusted(head, record.now);
    assert!(matches!(reader.read(4, &messages[3]), Ok(Step::Accepted { .. })));
    for (sequence, before) in [(5, 0), (6, 1)] {
        let commit_no = before as u64 + 1;
        assert_eq!(
            reader.read(sequence, &messages[before]),
            Ok(Step::Void(Void::BeforeBeginning { commit_no }))
        );
    }
    assert!(matches!(reader.read(7, &messages[4]), Ok(Step::Accepted { .. })));
}
