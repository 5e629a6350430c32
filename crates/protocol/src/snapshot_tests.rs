//! Rows through parts and back, and every damage to them.

use std::sync::Arc;

use model::config::{RonaConfig, TenantConfig};
use model::moving::Residence;
use model::row::{ClosedRow, TenantRow};
use model::{AuxReason, Millis, SkillId, TenantId, TenantNo};

use super::*;

fn rows(closed: u64, skills: usize) -> Vec<Row> {
    let aux = AuxReason::new("rona").expect("valid");
    let skills: Vec<SkillId> =
        (0..skills).map(|at| SkillId::new(&format!("skill-{at}")).expect("valid")).collect();
    let config = TenantConfig {
        version: 1,
        channels: vec![],
        skills: skills.clone(),
        sites: vec![],
        reserve: None,
        queues: vec![],
        aux_reasons: vec![aux.clone()],
        rona: RonaConfig { retries: 1, aux },
        reconnect_window: Millis(1000),
        slow_start: None,
        ration: None,
        customers: Default::default(),
        calendars: vec![],
        default_queue: None,
        rules: vec![],
        overflow: vec![],
        ratios: vec![],
    };
    let tenant = TenantRow {
        residence: Residence::Here,
        key: None,
        tenant: TenantNo(1),
        name: TenantId::new("acme").expect("valid"),
        config: Some(("c0ffee".into(), Arc::new(config))),
        skills,
        channels: vec![],
        queues: vec![],
        sites: vec![],
        switched: vec![],
        arrivals: closed,
        offers: 0,
        agents: 0,
        profiles: 0,
        overflow: vec![],
        answers: vec![],
        waits: vec![],
        work: vec![],
        turns: vec![],
    };
    let mut rows = vec![Row::Tenant(Box::new(tenant))];
    rows.extend((0..closed).map(|at| {
        Row::Closed(ClosedRow { id_hash: u128::from(at) << 64 | 7, digest: at, closed_at: Time(at) })
    }));
    rows
}

fn snapshot(rows: &[Row]) -> (Manifest, Vec<Vec<u8>>) {
    let mut encoder = Encoder::new(rows.iter().cloned());
    let mut parts = Vec::new();
    while let Some(part) = encoder.next_part().expect("small rows") {
        parts.push(part);
    }
    let contents = encoder.finish();
    let manifest = Manifest {
        shard: "a".into(),
        epoch: 2,
        commit_no: 40,
        stream_sequence: 41,
        record_hash: Hash([7; 32]),
        now: Time(9),
        ingest: IngestIdentity { stream: "ING_a".into(), created_ns: 1, uuid: "u".into() },
        ingest_position: 12,
        ingest_stamp: None,
        published_through: 40,
        trying: Some(Trial { position: 13, times: 2 }),
        released: false,
        digest: contents.digest,
        rows: contents.rows,
        parts: contents.parts,
    };
    (manifest, parts)
}

fn read(manifest: &Manifest, parts: &[Vec<u8>]) -> Result<Vec<Row>, SnapshotError> {
    let mut decoder = Decoder::new(manifest.clone());
    let mut rows = Vec::new();
    for part in parts {
        decoder.read_part(part, &mut rows)?;
    }
    decoder.finish()?;
    Ok(rows)
}

#[test]
fn rows_come_back_as_they_went_in() {
    // Nothing; one part; many parts; one row that fills several parts.
    for (closed, skills, parts_expected) in [(0, 0, 1), (10, 3, 1), (12_000, 3, 3), (3, 30_000, 3)] {
        let rows = rows(closed, skills);
        let (manifest, parts) = snapshot(&rows);
        assert_eq!(parts.len(), parts_expected, "{closed} closed, {skills} skills");
        assert!(parts.iter().all(|part| part.len() <= PART_BYTES_MAX));
        assert_eq!(read(&manifest, &parts).as_ref(), Ok(&rows));
        assert_eq!(manifest.digest, digest_rows(rows.into_iter()));
        let encoded = manifest.encode().expect("small");
        assert_eq!(Manifest::decode(&encoded.bytes), Ok(manifest));
    }
    let (manifest, parts) = snapshot(&[]);
    assert!(parts.is_empty());
    assert_eq!(read(&manifest, &parts), Ok(vec![]));
    assert_eq!(manifest.digest, digest(&engine::Engine::new([0; 16])));
}

#[test]
fn equal_rows_give_equal_digests_and_a_changed_row_another() {
    let digest_of = |closed, skills| digest_rows(rows(closed, skills).into_iter());
    assert_eq!(digest_of(5, 2), digest_of(5, 2));
    assert_ne!(digest_of(5, 2), digest_of(6, 2));
    assert_ne!(digest_of(5, 2), digest_of(5, 3));
}

#[test]
fn every_damage_to_a_part_is_found() {
    let (manifest, parts) = snapshot(&rows(12_000, 3));
    for (index, part) in parts.iter().enumerate() {
        for bit in (0..part.len() * 8).step_by(9973) {
            let mut damaged = parts.clone();
            damaged[index][bit / 8] ^= 1 << (bit % 8);
            assert!(matches!(read(&manifest, &damaged), Err(SnapshotError::PartHash { .. })));
        }
        for length in (0..part.len()).step_by(9973) {
            let mut damaged = parts.clone();
            damaged[index].truncate(length);
            assert!(matches!(read(&manifest, &damaged), Err(SnapshotError::PartBytes { .. })));
        }
    }
    let mut swapped = parts.clone();
    swapped.swap(0, 1);
    assert!(matches!(read(&manifest, &swapped), Err(SnapshotError::PartHash { index: 0, .. })));
    assert_eq!(read(&manifest, &parts[..2]), Err(SnapshotError::MissingPart { index: 2 }));
    let mut repeated = parts.clone();
    repeated.push(parts[2].clone());
    assert_eq!(read(&manifest, &repeated), Err(SnapshotError::ExtraPart { index: 3 }));
}

#[test]
fn every_damage_to_a_manifest_is_found() {
    let (manifest, parts) = snapshot(&rows(3, 1));
    let bytes = manifest.encode().expect("small").bytes;
    for length in 0..bytes.len() {
        assert!(Manifest::decode(&bytes[..length]).is_err(), "cut to {length}");
    }
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(Manifest::decode(&flipped).is_err(), "bit {bit} flipped");
    }
    let lies = [
        Manifest { rows: 5, ..manifest.clone() },
        Manifest { digest: Hash::ZERO, ..manifest.clone() },
        Manifest { parts: vec![], ..manifest },
    ];
    for lie in lies {
        assert!(read(&lie, &parts).is_err());
    }
}

#[test]
fn a_trial_that_is_not_counted_is_the_first() {
    let position = 1_000_013;
    let (manifest, _) = snapshot(&[]);
    let bytes = |times| {
        let trying = Some(Trial { position, times });
        Manifest { trying, ..manifest.clone() }.encode().expect("small").bytes
    };
    let written = |value: &[u8]| {
        let field = [&b"\xa6trying"[..], value].concat();
        move |bytes: Vec<u8>| bytes.windows(field.len()).any(|window| window == field)
    };
    let uncounted = rmp_serde::to_vec(&position).expect("a number");
    assert!(written(&uncounted)(bytes(1)), "the form that manifests without a count have");
    assert!(!written(&uncounted)(bytes(2)));
    for times in [1, 2, 3] {
        let read = Manifest::decode(&bytes(times)).expect("just written");
        assert_eq!(read.trying, Some(Trial { position, times }));
    }
}

#[test]
fn rows_that_lie_about_their_length_cost_nothing() {
    let check = |part: &[u8], expected: fn(&SnapshotError) -> bool| {
        let (mut manifest, _) = snapshot(&[]);
        manifest.parts = vec![PartEntry { bytes: part.len() as u32, hash: Hash::of(part) }];
        let error = read(&manifest, &[part.to_vec()]).expect_err("a lie");
        assert!(expected(&error), "{error}");
    };
    check(&[0xff, 0xff, 0xff, 0xff, 0], |error| matches!(error, SnapshotError::RowBytes { .. }));
    check(&[0, 0, 0, 9, 1], |error| matches!(error, SnapshotError::Trailing(5)));
    check(&[0, 0, 0, 0], |error| matches!(error, SnapshotError::Row { row: 0, .. }));
    check(&[0, 0, 0, 5, 0xdd, 0xff, 0xff, 0xff, 0xff], |error| matches!(error, SnapshotError::Row { .. }));
}
