//! Segments there and back, every damage of one byte, every cut, and golden bytes that must be read for ever.

use model::Time;

use super::*;
use crate::chain::tests::chain;
use crate::record::{Body, EpochOpened, IngestIdentity, Record};

/// Two segments of one journal, in hexadecimal digits. A line is never changed: some archive may hold such a file.
const GOLDEN: &str = include_str!("../golden/archive.txt");

/// The first segment holds a repeat, the second one begins with a record of a former epoch.
#[test]
fn what_is_written_is_read_back_and_is_one_chain() {
    let segments = samples();
    let mut next = Head::of(&ChainReader::from_beginning());
    let mut sequence = 1;
    for sealed in &segments {
        let segment = decode(&sealed.bytes).expect("a segment");
        assert_eq!((&segment.header, segment.records.len()), (&sealed.header, sealed.records));
        assert_eq!((segment.header.before, segment.header.first), (next, sequence));
        for entry in &segment.records {
            let bytes = &messages()[sequence as usize - 1];
            assert_eq!((entry.sequence, entry.stamp, entry.bytes), (sequence, stamp(sequence), &bytes[..]));
            sequence += 1;
        }
        assert_eq!(segment.header.last, sequence - 1);
        let reader = segment.check().expect("a chain");
        assert_eq!((reader.sequence(), reader.voids()), (sequence - 1, 1));
        next = segment.header.after;
    }
    assert_eq!((sequence, next.epoch, next.commit_no, next.now), (10, 2, 7, Time(106)));
}

#[test]
fn golden_segments_are_read_for_ever() {
    let lines: String = samples().iter().map(|sealed| to_hex(&sealed.bytes) + "\n").collect();
    assert_eq!(GOLDEN, lines, "an archive of an earlier build would be read otherwise");
}

#[test]
fn every_damaged_byte_and_every_cut_is_found() {
    for Sealed { bytes, .. } in samples() {
        for at in 0..bytes.len() {
            for flip in [1, 0x10, 0x80, 0xff] {
                let mut damaged = bytes.clone();
                damaged[at] ^= flip;
                let error = decode(&damaged).expect_err("damaged");
                assert!(error.at <= bytes.len(), "{error}");
            }
            decode(&bytes[..at]).expect_err("cut");
        }
        decode(&[&bytes[..], b"x"].concat()).expect_err("longer than it was");
    }
}

#[test]
fn damage_is_told_with_its_place() {
    let bytes = samples().remove(0).bytes;
    let header_length = u32::from_be_bytes(bytes[5..9].try_into().expect("four bytes")) as usize;
    let first_at = HEADER_AT + header_length;
    let second_at = first_at + FRAME_BYTES + messages()[0].len();
    let in_second = second_at + FRAME_BYTES + 40;
    let last = bytes.len() - 1;
    let check = |at: usize, place: usize, what: &str| {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        let said = decode(&damaged).expect_err("damaged").to_string();
        assert!(said.starts_with(&format!("byte {place}: ")) && said.contains(what), "byte {at}: {said}");
    };
    check(0, 0, "not our mark");
    check(4, 4, "format 0 is unknown");
    check(5, 5, "a header has at most");
    check(HEADER_AT, HEADER_AT, "the header cannot be read");
    check(first_at + 7, first_at, "the record of sequence 0 stands where that of 1 is expected");
    check(first_at + 15, last - 31, "every record is whole");
    check(first_at + 16, first_at + FRAME_BYTES, "a record needs");
    check(in_second, second_at, "the record of sequence 2 is damaged: the body hashes to");
    check(last, last - 31, "every record is whole");
    let said = decode(&bytes[..30]).expect_err("cut").to_string();
    assert!(said.starts_with("byte 5: ") || said.starts_with("byte 9: the header needs"), "{said}");
    assert_eq!(decode(b"WSL").expect_err("cut").to_string(), "byte 0: the mark needs 4 bytes, 3 are left");
}

/// The hash keeps damage away from the layout, so each byte is changed under a true hash as well.
#[test]
fn whatever_has_a_true_hash_is_a_segment_or_an_error() {
    let Sealed { header, bytes, .. } = samples().remove(1);
    let content = &bytes[..bytes.len() - HASH_BYTES];
    let (mut taken, mut refused) = (0, 0);
    for at in 0..content.len() {
        for flip in [1, 0x10, 0x80, 0xff] {
            let mut forged = content.to_vec();
            forged[at] ^= flip;
            let hash = Hash::of(&forged);
            forged.extend_from_slice(&hash.0);
            match decode(&forged) {
                // Stamps and the shard are the archive's word alone.
                Ok(segment) if segment.check().is_ok() => {
                    let is_told = segment.header != header || segment != decode(&bytes).expect("ours");
                    assert!(is_told, "byte {at}");
                    taken += 1;
                }
                Ok(_) | Err(_) => refused += 1,
            }
        }
    }
    assert!(taken > 0 && refused > 10 * taken, "{taken} taken, {refused} refused");
}

#[test]
fn records_end_where_the_header_says() {
    let Sealed { header, bytes, .. } = samples().remove(1);
    let content = &bytes[..bytes.len() - HASH_BYTES];
    let last_record = FRAME_BYTES + messages()[8].len();
    let all_records: usize = messages()[5..].iter().map(|message| FRAME_BYTES + message.len()).sum();
    for (cut, found) in [(last_record, 8), (all_records, 0)] {
        let mut forged = content[..content.len() - cut].to_vec();
        let at = forged.len();
        let hash = Hash::of(&forged);
        forged.extend_from_slice(&hash.0);
        assert_eq!(decode(&forged), Err(Damage::End { expected: header.last, found }.at(at)));
    }
}

#[test]
fn a_segment_whose_header_lies_of_the_chain_is_found() {
    let Sealed { header, bytes, .. } = samples().remove(0);
    let segment = decode(&bytes).expect("ours");
    let lie = |change: fn(&mut Header)| {
        let mut header = header.clone();
        change(&mut header);
        Segment { header, records: segment.records.clone() }.check().map(|_| ())
    };
    assert_eq!(lie(|_| ()), Ok(()));
    assert!(matches!(lie(|header| header.before.commit_no += 1), Err(ChainMismatch::Broken(_))));
    assert!(matches!(lie(|header| header.first += 1), Err(ChainMismatch::Broken(_))));
    assert!(matches!(lie(|header| header.after.now = Time(1)), Err(ChainMismatch::End { .. })));
    assert!(matches!(lie(|header| header.after.hash = Hash::ZERO), Err(ChainMismatch::End { .. })));
}

#[test]
fn a_field_of_a_later_build_is_skipped() {
    let Sealed { header, .. } = samples().remove(0);
    let mut later = serde_json::to_value(&header).expect("JSON");
    later["later"] = serde_json::json!({ "deep": [1] });
    assert_eq!(serde_json::from_value::<Header>(later).expect("it is skipped"), header);
}

#[test]
fn what_does_not_continue_the_chain_is_not_taken() {
    let messages = chain("Eccc");
    let mut writer = Writer::new(0, id(), ChainReader::from_beginning());
    let push = |writer: &mut Writer, sequence: u64, at: usize| {
        writer.push(Entry { sequence, stamp: Time(1), bytes: &messages[at] })
    };
    assert_eq!(push(&mut writer, 1, 0), Ok(None));
    assert_eq!(push(&mut writer, 2, 1), Ok(None));
    assert!(push(&mut writer, 3, 3).is_err(), "one was left out");
    let sealed = writer.seal().expect("the two before it");
    assert_eq!((sealed.header.first, sealed.header.last, sealed.records), (1, 2, 2));
    assert!(decode(&sealed.bytes).expect("a segment").check().is_ok());
    assert_eq!(writer.seal(), None);
}

#[test]
fn a_segment_is_closed_when_it_is_full() {
    // A record's frame and all but its name take less than a kilobyte.
    let name_bytes = record::RECORD_BYTES_MAX - 1_000;
    let by_bytes = fill(name_bytes, RECORDS_BYTES_MAX / name_bytes + 3);
    assert_eq!(by_bytes, [RECORDS_BYTES_MAX / name_bytes, 3]);
    assert_eq!(fill(0, RECORDS_MAX + 1), [RECORDS_MAX, 1]);
}

/// How many records each segment holds when `count` records with a name of this length are written.
fn fill(name_bytes: usize, count: usize) -> Vec<usize> {
    let node = "n".repeat(name_bytes);
    let mut writer = Writer::new(0, id(), ChainReader::from_beginning());
    let mut segments = Vec::new();
    let mut head = ChainHead::BEGINNING;
    for _ in 0..count {
        let opened = EpochOpened {
            node: node.clone(),
            nonce: 0,
            ingest: IngestIdentity { stream: String::new(), created_ns: 0, uuid: String::new() },
            rebased: None,
        };
        let header = head.next_epoch_header();
        let record = Record { header, now: Time(1), body: Body::EpochOpened(opened) };
        let record = record::encode(&record).expect("within the limit");
        let entry = Entry { sequence: head.sequence + 1, stamp: Time(1), bytes: &record.bytes };
        segments.extend(writer.push(entry).expect("a chain"));
        head = ChainHead {
            epoch: header.epoch,
            commit_no: header.commit_no,
            hash: record.hash,
            sequence: entry.sequence,
        };
    }
    segments.extend(writer.seal());
    for sealed in &segments {
        assert!(sealed.bytes.len() <= SEGMENT_BYTES_MAX);
        decode(&sealed.bytes).expect("a segment").check().expect("a chain");
    }
    segments.iter().map(|sealed| sealed.records).collect()
}

#[test]
fn an_identity_is_fit_for_a_name() {
    let text = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
    assert_eq!(JournalId::new(text).expect("as provisioning makes it").short(), "3f2504e0");
    for text in ["", "3f2504e", "../../etc", "3f2504e0 4f89", "3f2504e0/4f89", &"f".repeat(65)] {
        assert_eq!(JournalId::new(text), None, "{text}");
        assert!(serde_json::from_value::<JournalId>(text.into()).is_err(), "{text}");
    }
}

/// Nine messages, of which the fourth and the sixth are void.
fn messages() -> Vec<Vec<u8>> {
    let mut messages = chain("EccEctr");
    let late = chain("Ect").remove(2);
    messages.insert(3, messages[1].clone());
    messages.insert(5, late);
    messages
}

/// As a stream that was archived after its fifth message and after its ninth.
fn samples() -> Vec<Sealed> {
    let mut writer = Writer::new(7, id(), ChainReader::from_beginning());
    let mut segments = Vec::new();
    for (sequence, bytes) in (1..).zip(&messages()) {
        let entry = Entry { sequence, stamp: stamp(sequence), bytes };
        assert_eq!(writer.push(entry), Ok(None), "there is room");
        if sequence == 5 {
            segments.extend(writer.seal());
        }
    }
    segments.extend(writer.seal());
    assert_eq!(segments.len(), 2);
    segments
}

fn stamp(sequence: u64) -> Time {
    Time(1_772_366_400_000 + sequence)
}

fn id() -> JournalId {
    JournalId::new("3f2504e0-4f89-41d3-9a0c-0305e82c3301").expect("an identity")
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
