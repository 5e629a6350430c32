//! How fast does a node catch up: how many transitions a second does replay apply, and how long until rows are an engine?
//!
//! Workload: 10,000 agents, 20,000 waiting contacts. Replay applies what 100,000 operations of mixed traffic decided (arrivals,
//! completions, 30 % of which come back, abandons) to the state before them, and drops the events of each hundred transitions
//! as those of a published commit. Recovery makes an engine of the rows of 10,000 agents and 20,000 or 100,000 waiting contacts.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use engine::Engine;
use model::{Row, Time, Transition};
use wissel_benches::bed::{Bed, KEY, size};
use wissel_benches::recorder::Recording;
use workload::world::WorldOptions;

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = replay, recovery
}
criterion_main!(benches);

fn replay(criterion: &mut Criterion) {
    let recording = Recording::new(size(10_000, 200), size(20_000, 500), size(100_000, 500));
    let transitions = &recording.after.transitions;
    let replayed = apply(from_rows(&recording.before), transitions);
    assert!(replayed.rows().eq(recording.after.engine.rows()), "replay leads to the state that was recorded");
    let mut group = criterion.benchmark_group("apply");
    group.throughput(Throughput::Elements(transitions.len() as u64));
    group.bench_function("replay", |bencher| {
        bencher.iter_batched(
            || from_rows(&recording.before),
            |engine| apply(engine, transitions),
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn recovery(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("apply");
    for waiting in [size(20_000, 300), size(100_000, 500)] {
        let options = WorldOptions { agents: size(10_000, 200), ..WorldOptions::default() };
        let mut bed = Bed::new(Engine::new(KEY), options);
        bed.fill_until_waiting(waiting);
        let rows: Vec<Row> = bed.router.rows().collect();
        drop(bed);
        group.throughput(Throughput::Elements(rows.len() as u64));
        group.bench_function(format!("recovery from rows, {waiting} waiting"), |bencher| {
            bencher.iter_batched(
                || rows.clone(),
                |rows| Engine::from_rows(KEY, rows.into_iter()),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

const TRANSITIONS_PER_COMMIT: usize = 100;

fn apply(mut engine: Engine, transitions: &[(Time, Transition)]) -> Engine {
    let mut events = vec![];
    for commit in transitions.chunks(TRANSITIONS_PER_COMMIT) {
        for (now, transition) in commit {
            engine.apply(*now, transition, &mut events);
        }
        events.clear();
    }
    engine
}

fn from_rows(rows: &[Row]) -> Engine {
    Engine::from_rows(KEY, rows.iter().cloned())
}
