//! Did a decision become slower?
//!
//! Workload: 10,000 agents, all different; 500 requirements on four channels; offers are accepted at once (`workload::world`).
//! One iteration is one call of `handle`; what keeps the bed as it is runs between iterations, untimed. Two readings of the
//! clock, some 40 ns, are in each time. These are means: the tail is measured by the binary `decisions`.
//!
//! - **arrival**: 30 % of the agents are busy; a contact arrives and is offered.
//! - **agent freed**: 100,000 wait; a contact is completed, its agent is filled; what was taken is replaced in kind.
//! - **returns**: as above, but 30 % of what agents let go comes back to its queue with its age, out of order.
//! - **mixed**: 20,000 wait; arrivals, completions, returns and abandons.

use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use engine::Engine;
use model::Input;
use wissel_benches::bed::{Arrived, Bed, KEY, size};
use workload::world::WorldOptions;

criterion_group!(benches, arrival, agent_freed, returns, mixed);
criterion_main!(benches);

fn arrival(criterion: &mut Criterion) {
    let busy = size(3_000, 60);
    bench(criterion, "matching/arrival, agent found", 0, |bed, spent| {
        loop {
            let wanted = bed.draw();
            let mut once = Duration::ZERO;
            let arrived = bed.arrive(wanted, timed(&mut once));
            if bed.active() > busy {
                bed.complete(|bed, input| bed.decide_input(input));
            }
            match arrived {
                Arrived::Offered => return *spent += once,
                // Nobody who qualifies is free: it leaves, so that the pool stays idle-rich.
                Arrived::Queued => bed.abandon(|bed, input| bed.decide_input(input)),
            }
        }
    });
}

fn agent_freed(criterion: &mut Criterion) {
    bench(criterion, "matching/agent freed, 100,000 waiting", size(100_000, 500), complete);
}

fn returns(criterion: &mut Criterion) {
    bench(criterion, "matching/agent freed, 30 % returned", size(100_000, 500), |bed, spent| {
        if bed.rng.below(100) < 30 { bed.requeue(timed(spent)) } else { complete(bed, spent) }
    });
}

fn mixed(criterion: &mut Criterion) {
    let waiting = size(20_000, 500);
    bench(criterion, "matching/mixed, 20,000 waiting", waiting, |bed, spent| bed.mix(waiting, timed(spent)));
}

fn complete(bed: &mut Bed<Engine>, spent: &mut Duration) {
    for wanted in bed.complete(timed(spent)) {
        bed.arrive(wanted, |bed, input| bed.decide_input(input));
    }
}

/// The bed is made when the bench is chosen, and lives through all its samples.
fn bench(
    criterion: &mut Criterion,
    name: &str,
    waiting: usize,
    mut operation: impl FnMut(&mut Bed<Engine>, &mut Duration),
) {
    let mut bed = None;
    criterion.bench_function(name, |bencher| {
        let bed = bed.get_or_insert_with(|| {
            let options = WorldOptions { agents: size(10_000, 200), ..WorldOptions::default() };
            let mut bed = Bed::new(Engine::new(KEY), options);
            bed.fill_until_waiting(waiting);
            bed
        });
        bencher.iter_custom(|iterations| {
            let mut spent = Duration::ZERO;
            (0..iterations).for_each(|_| operation(bed, &mut spent));
            spent
        });
    });
}

fn timed(spent: &mut Duration) -> impl FnOnce(&mut Bed<Engine>, Input) {
    |bed, input| {
        let start = Instant::now();
        bed.decide_input(input);
        *spent += start.elapsed();
    }
}
