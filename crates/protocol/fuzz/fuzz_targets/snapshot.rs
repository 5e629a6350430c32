//! Any bytes are a manifest or an error, and any bytes behind a true manifest are rows or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::record::{Hash, IngestIdentity};
use protocol::snapshot::{Decoder, Manifest, PartEntry, digest_rows};

fuzz_target!(|bytes: &[u8]| {
    let _ = Manifest::decode(bytes);
    // The hashes keep mutations away from the rows, so the manifest is made to fit the bytes. The first byte
    // says where they are cut.
    let cut = bytes.first().map_or(0, |byte| usize::from(*byte).min(bytes.len()));
    let parts = [&bytes[..cut], &bytes[cut..]];
    let manifest = Manifest {
        shard: String::new(),
        epoch: 1,
        commit_no: 1,
        stream_sequence: 1,
        record_hash: Hash::ZERO,
        now: model::Time(0),
        ingest: IngestIdentity { stream: String::new(), created_ns: 0, uuid: String::new() },
        ingest_position: 0,
        ingest_stamp: None,
        published_through: 1,
        trying: None,
        released: false,
        digest: Hash::of(bytes),
        rows: 0,
        parts: parts.map(|part| PartEntry { bytes: part.len() as u32, hash: Hash::of(part) }).to_vec(),
    };
    let mut rows = Vec::new();
    let mut decoder = Decoder::new(manifest);
    if parts.iter().all(|part| decoder.read_part(part, &mut rows).is_ok()) {
        let _ = decoder.finish();
    }
    let _ = digest_rows(rows.into_iter());
});
