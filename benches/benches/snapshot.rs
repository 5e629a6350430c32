//! What does it cost to write the state down, to read it back, and to compare it with another node's?
//!
//! Workload: 1,000 agents and 10,000 or 100,000 waiting contacts of `workload::world`. Encoding and the digest include the
//! making of the rows, as a follower does both; decoding ends with verified rows. Making an engine of the rows is in `apply`.

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use engine::Engine;
use model::{Row, Time};
use protocol::record::{Hash, IngestIdentity};
use protocol::snapshot::{Contents, Decoder, Encoder, Manifest, digest};
use wissel_benches::bed::{Bed, KEY, size};
use workload::world::WorldOptions;

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = snapshot
}
criterion_main!(benches);

fn snapshot(criterion: &mut Criterion) {
    for contacts in [size(10_000, 300), size(100_000, 500)] {
        let options = WorldOptions { agents: size(1_000, 100), ..WorldOptions::default() };
        let mut bed = Bed::new(Engine::new(KEY), options);
        bed.fill_until_waiting(contacts);
        let mut group = criterion.benchmark_group(format!("snapshot of {contacts}"));
        sizes(&mut group, &bed.router);
        group.finish();
    }
}

fn sizes(group: &mut BenchmarkGroup<'_, WallTime>, engine: &Engine) {
    let (parts, contents) = encode(engine);
    assert_eq!(digest(engine), contents.digest, "a snapshot and a digest are of the same rows");
    let bytes: usize = parts.iter().map(Vec::len).sum();
    group.throughput(Throughput::Bytes(bytes as u64));
    group.bench_function("encode", |bencher| bencher.iter_with_large_drop(|| encode(engine)));
    let manifest = manifest(contents);
    group.bench_function("decode", |bencher| bencher.iter_with_large_drop(|| decode(&manifest, &parts)));
    group.bench_function("digest", |bencher| bencher.iter(|| digest(engine)));
}

fn encode(engine: &Engine) -> (Vec<Vec<u8>>, Contents) {
    let mut encoder = Encoder::new(engine.rows());
    let mut parts = vec![];
    while let Some(part) = encoder.next_part().expect("the state is within the limits") {
        parts.push(part);
    }
    (parts, encoder.finish())
}

fn decode(manifest: &Manifest, parts: &[Vec<u8>]) -> Vec<Row> {
    let mut decoder = Decoder::new(manifest.clone());
    let mut rows = vec![];
    for part in parts {
        decoder.read_part(part, &mut rows).expect("a part is as it was written");
    }
    decoder.finish().expect("all parts were read");
    rows
}

fn manifest(contents: Contents) -> Manifest {
    let Contents { digest, rows, parts } = contents;
    Manifest {
        shard: "s0".to_owned(),
        epoch: 1,
        commit_no: 1,
        stream_sequence: 1,
        record_hash: Hash::ZERO,
        now: Time(1_700_000_000_000),
        ingest: IngestIdentity { stream: "ING".to_owned(), created_ns: 1, uuid: "bench".to_owned() },
        ingest_position: 1,
        ingest_stamp: None,
        published_through: 1,
        trying: None,
        released: false,
        digest,
        rows,
        parts,
    }
}
