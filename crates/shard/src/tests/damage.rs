//! Every single byte of a journal and of a snapshot, damaged in turn; records taken out, swapped and repeated; every possible end.

use bytes::Bytes;
use protocol::chain::{ChainReader, Step};
use protocol::snapshot::{Decoder, Manifest};

use super::world::World;
use crate::StreamFacts;
use crate::fit::{Fit, fit};

fn world() -> World {
    let mut world = World::new(3);
    for process in 0..3 {
        world.start();
        world.run(100);
        for _ in 0..20 {
            world.input("something");
            world.run(30);
        }
        world.run(3_000);
        assert!(world.take_snapshot());
        world.kill(process);
    }
    world
}

fn journal(world: &World) -> Vec<Bytes> {
    world.journal.iter().map(|(_, bytes)| bytes.clone()).collect()
}

/// Whether the whole journal is one chain without a void record.
fn is_whole(journal: &[Bytes]) -> bool {
    let mut reader = ChainReader::from_beginning();
    journal
        .iter()
        .enumerate()
        .all(|(at, bytes)| matches!(reader.read(at as u64 + 1, bytes), Ok(Step::Accepted { .. })))
}

#[test]
fn a_byte_of_the_journal_that_changes_is_found() {
    let world = world();
    let records = journal(&world);
    assert!(is_whole(&records), "undamaged it gives no alarm");
    let (mut reader, mut flips) = (ChainReader::from_beginning(), 0);
    for (at, bytes) in records.iter().enumerate() {
        let sequence = at as u64 + 1;
        for byte in 0..bytes.len() {
            for mask in [0x01, 0x80, 0xff] {
                let mut damaged = bytes.to_vec();
                damaged[byte] ^= mask;
                let read = reader.clone().read(sequence, &damaged);
                assert!(read.is_err(), "sequence {sequence}, byte {byte}, mask {mask:#x}: {read:?}");
                flips += 1;
            }
        }
        for length in 0..bytes.len() {
            assert!(
                reader.clone().read(sequence, &bytes.slice(..length)).is_err(),
                "{sequence}, {length} bytes"
            );
        }
        reader.read(sequence, bytes).expect("undamaged");
    }
    assert!(flips > 30_000, "{flips}");
}

#[test]
fn records_that_are_gone_or_stand_elsewhere_are_found() {
    let records = journal(&world());
    for at in 0..records.len() - 1 {
        let mut without = records.clone();
        without.remove(at);
        assert!(!is_whole(&without), "without sequence {}", at + 1);
        let mut swapped = records.clone();
        swapped.swap(at, at + 1);
        assert!(!is_whole(&swapped), "{} and {} swapped", at + 1, at + 2);
        let mut twice = records.clone();
        twice.insert(at, records[at].clone());
        assert!(!is_whole(&twice), "sequence {} twice", at + 1);
    }
}

#[test]
fn a_byte_of_a_snapshot_that_changes_is_found() {
    let world = world();
    let (manifest, parts) = world.snapshots.last().expect("three were taken");
    assert!(loads(manifest, parts), "undamaged it gives no alarm");
    assert!(parts.iter().map(Bytes::len).sum::<usize>() > 100);
    let bytes = manifest.encode().expect("small").bytes;
    for byte in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[byte] ^= 0x01;
        assert!(Manifest::decode(&damaged).is_err(), "byte {byte} of the manifest");
    }
    for (at, part) in parts.iter().enumerate() {
        for byte in 0..part.len() {
            let mut damaged = part.to_vec();
            damaged[byte] ^= 0x01;
            let mut parts = parts.clone();
            parts[at] = damaged.into();
            assert!(!loads(manifest, &parts), "byte {byte} of part {at}");
        }
        let mut shorter = parts.clone();
        shorter[at] = part.slice(..part.len() - 1);
        assert!(!loads(manifest, &shorter), "part {at} is cut");
    }
}

/// What lies behind the last witness cannot be told from a journal that was never longer; everything before can.
#[test]
fn an_end_before_the_last_witness_is_found() {
    let world = world();
    let (manifest, _) = world.snapshots.last().expect("three were taken");
    let witness = manifest.stream_sequence;
    for last_sequence in 0..=world.journal.len() as u64 {
        let found = fit(manifest, "a", StreamFacts { first_sequence: 1, last_sequence });
        assert_eq!(matches!(found, Fit::Beyond { .. }), last_sequence < witness, "cut at {last_sequence}");
    }
}

fn loads(manifest: &Manifest, parts: &[Bytes]) -> bool {
    let mut decoder = Decoder::new(manifest.clone());
    let mut rows = Vec::new();
    parts.iter().all(|part| decoder.read_part(part, &mut rows).is_ok()) && decoder.finish().is_ok()
}
