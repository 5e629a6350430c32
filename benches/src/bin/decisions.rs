//! What a decision costs, in nanoseconds and in misses, from the median to the slowest.
//!
//! Workload, unless an option says otherwise: 10,000 agents, all different; 200 skills with popularity k^-0.6; 3 to 12 skills
//! each at levels 1 to 10; 500 requirements of 1 to 3 skills, asked for in proportion to the agents who meet them; voice (whole
//! agent), chat (a third), email (half), task (whole); ten priorities; offers are accepted at once. Timed is one call of
//! `handle`: decisions, transitions, news and timers, and the end of the input. Single thread.
//!
//! - **idle-rich**: 30 % of the agents busy; a contact arrives and is offered, or leaves at once.
//! - **saturated**: so many contacts wait; one is completed, its agent is filled, what was taken is replaced in kind.
//! - **mixed**: 20,000 wait; arrivals, completions, 30 % of which come back with their age, and abandons.

use clap::Parser;
use engine::Engine;
use engine::twin::Twin;
use model::Input;
use model::config::Method;
use wissel_benches::bed::{Arrived, Bed, KEY, Router};
use wissel_benches::floor;
use wissel_benches::timer::{Latency, Timer};
use workload::world::{Shape, WorldOptions};

/// Measures what the engine's decisions cost on this machine.
#[derive(Debug, Parser)]
struct Options {
    /// Also measure how costs grow with agents, waiting contacts and distinct requirements (minutes).
    #[arg(long)]
    sweep: bool,
    /// Also measure the slow twin on the base workload.
    #[arg(long)]
    twin: bool,
    /// Also measure with caches emptied between operations.
    #[arg(long)]
    cold: bool,
    /// In place of the rest: the base workloads, with nothing configured and with everything, in turns.
    #[arg(long)]
    configured: bool,
    /// With everything configured, for `--only`.
    #[arg(long)]
    everything: bool,
    /// Only one base workload: for profilers.
    #[arg(long, value_enum)]
    only: Option<Workload>,
    /// Operations per measurement.
    #[arg(long, default_value_t = 300_000)]
    operations: usize,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Workload {
    IdleRich,
    Saturated,
    Mixed,
}

fn main() {
    let options = Options::parse();
    if let Some(workload) = options.only {
        let world = WorldOptions { everything: options.everything, ..WorldOptions::default() };
        let mut table = Table { l3: 1.0 };
        return match workload {
            Workload::IdleRich => idle_rich(&mut table, "base", engine(), &world, options.operations, 0),
            Workload::Saturated => {
                saturated(&mut table, "base", engine(), &world, 100_000, options.operations, 0)
            }
            Workload::Mixed => mixed(&mut table, "base", engine(), &world, 20_000, options.operations),
        };
    }
    let l3 = floor::l3_hit_nanos();
    println!(
        "Floors: L3 hit {l3:.0} ns, memory {:.0} ns, look-up among 100,000 {:.0} ns.\n",
        floor::memory_nanos(),
        floor::look_up_nanos(100_000)
    );
    let mut table = Table { l3 };
    table.head();
    if options.configured {
        return configured(&mut table, options.operations);
    }
    base(&mut table, &options);
    if options.cold {
        idle_rich(&mut table, "cold", engine(), &WorldOptions::default(), 20_000, EVICTED);
        saturated(&mut table, "cold", engine(), &WorldOptions::default(), 100_000, 20_000, EVICTED);
    }
    if options.twin {
        let twin = || Twin::new(KEY, engine::id_hash);
        idle_rich(&mut table, "twin", twin(), &WorldOptions::default(), 500, 0);
        saturated(&mut table, "twin", twin(), &WorldOptions::default(), 100_000, 200, 0);
    }
    if options.sweep {
        sweep(&mut table, options.operations / 3);
    }
}

/// Walked between operations to find the caches cold: four times a second-level cache.
const EVICTED: usize = 8 << 20;

fn engine() -> Engine {
    Engine::new(KEY)
}

fn base(table: &mut Table, options: &Options) {
    let world = WorldOptions::default();
    idle_rich(table, "base", engine(), &world, options.operations, 0);
    saturated(table, "base", engine(), &world, 100_000, options.operations, 0);
    mixed(table, "base", engine(), &world, 20_000, options.operations);
    for method in [Method::LongestIdle, Method::LeastLoaded] {
        let world = WorldOptions { method, ..WorldOptions::default() };
        idle_rich(table, &format!("{method:?}"), engine(), &world, options.operations / 3, 0);
    }
}

fn configured(table: &mut Table, operations: usize) {
    for _ in 0..3 {
        for (name, everything) in [("nothing", false), ("everything", true)] {
            let world = WorldOptions { everything, ..WorldOptions::default() };
            idle_rich(table, name, engine(), &world, operations, 0);
            saturated(table, name, engine(), &world, 100_000, operations, 0);
            mixed(table, name, engine(), &world, 20_000, operations);
        }
    }
}

fn sweep(table: &mut Table, operations: usize) {
    for agents in [1_000, 10_000, 100_000] {
        let world = WorldOptions { agents, ..WorldOptions::default() };
        let name = format!("{agents} agents");
        idle_rich(table, &name, engine(), &world, operations, 0);
        saturated(table, &name, engine(), &world, 100_000, operations, 0);
    }
    for profiles in [100, 10_000] {
        let world = WorldOptions { profiles, ..WorldOptions::default() };
        let name = format!("{profiles} profiles");
        idle_rich(table, &name, engine(), &world, operations, 0);
        saturated(table, &name, engine(), &world, 100_000, operations, 0);
    }
    // Four channels each: 60,000 distinct (channel, requirement).
    let world = WorldOptions { profiles: 15_000, ..WorldOptions::default() };
    saturated(table, "all distinct", engine(), &world, 60_000, operations, 0);
    for waiting in [10_000, 1_000_000, 10_000_000] {
        saturated(
            table,
            &format!("{waiting} waiting"),
            engine(),
            &WorldOptions::default(),
            waiting,
            operations,
            0,
        );
    }
    for (name, shape, skills) in [("one tier", Shape::OneTier, 200), ("generalists", Shape::Generalists, 12)]
    {
        let world = WorldOptions { shape, skills, ..WorldOptions::default() };
        idle_rich(table, name, engine(), &world, operations, 0);
        saturated(table, name, engine(), &world, 100_000, operations, 0);
    }
}

/// Share of the agents busy in the idle-rich workload.
const BUSY_PERCENT: usize = 30;

fn idle_rich<R: Router>(
    table: &mut Table,
    name: &str,
    router: R,
    world: &WorldOptions,
    operations: usize,
    evicted: usize,
) {
    let mut bed = Bed::new(router, world.clone());
    let busy = world.agents * BUSY_PERCENT / 100;
    while bed.active() < busy {
        let wanted = bed.draw();
        if bed.arrive(wanted, |bed, input| bed.decide_input(input)) == Arrived::Queued {
            bed.abandon(|bed, input| bed.decide_input(input));
        }
    }
    let mut evict = vec![1u64; evicted / 8];
    let timer = Timer::new();
    let (mut offered, mut freed) = (Latency::new(), Latency::new());
    for operation in 0..operations + operations / 10 {
        if operation == operations / 10 {
            [&mut offered, &mut freed].into_iter().for_each(Latency::clear);
        }
        let wanted = bed.draw();
        walk(&mut evict);
        let mut nanos = 0;
        let arrived = bed.arrive(wanted, |bed, input| nanos = timer.time(|| bed.decide_input(input)));
        match arrived {
            Arrived::Offered => offered.record(nanos),
            // Nobody who qualifies is free: it leaves, so that the pool stays idle-rich.
            Arrived::Queued => {
                bed.abandon(|bed, input| bed.decide_input(input));
            }
        }
        if bed.active() > busy {
            walk(&mut evict);
            bed.complete(|bed, input| timed(&timer, &mut freed, bed, input));
        }
    }
    table.row(name, "idle-rich: arrival, agent found", &offered);
    table.row(name, "idle-rich: agent freed, nothing waits", &freed);
}

fn saturated<R: Router>(
    table: &mut Table,
    name: &str,
    router: R,
    world: &WorldOptions,
    waiting: usize,
    operations: usize,
    evicted: usize,
) {
    let mut bed = Bed::new(router, world.clone());
    let mut evict = vec![1u64; evicted / 8];
    bed.fill_until_waiting(waiting);
    let timer = Timer::new();
    let (mut freed, mut queued, mut abandoned) = (Latency::new(), Latency::new(), Latency::new());
    for operation in 0..operations + operations / 10 {
        if operation == operations / 10 {
            [&mut freed, &mut queued, &mut abandoned].into_iter().for_each(Latency::clear);
        }
        walk(&mut evict);
        let taken = bed.complete(|bed, input| timed(&timer, &mut freed, bed, input));
        for wanted in taken {
            walk(&mut evict);
            bed.arrive(wanted, |bed, input| timed(&timer, &mut queued, bed, input));
        }
        if operation % 4 == 0 {
            walk(&mut evict);
            bed.abandon(|bed, input| timed(&timer, &mut abandoned, bed, input));
            let wanted = bed.draw();
            bed.arrive(wanted, |bed, input| bed.decide_input(input));
        }
    }
    table.row(name, &format!("{waiting} waiting: agent freed, contact found"), &freed);
    table.row(name, &format!("{waiting} waiting: arrival queued"), &queued);
    table.row(name, &format!("{waiting} waiting: abandon by id"), &abandoned);
}

fn mixed<R: Router>(
    table: &mut Table,
    name: &str,
    router: R,
    world: &WorldOptions,
    waiting: usize,
    operations: usize,
) {
    let mut bed = Bed::new(router, world.clone());
    bed.fill_until_waiting(waiting);
    let timer = Timer::new();
    let (mut freed, mut queued, mut abandoned, mut returned) =
        (Latency::new(), Latency::new(), Latency::new(), Latency::new());
    for operation in 0..operations + operations / 10 {
        if operation == operations / 10 {
            [&mut freed, &mut queued, &mut abandoned, &mut returned].into_iter().for_each(Latency::clear);
        }
        let dice = bed.rng.below(100);
        if bed.waiting() < waiting || dice < 20 {
            let wanted = bed.draw();
            bed.arrive(wanted, |bed, input| timed(&timer, &mut queued, bed, input));
        } else if dice < 60 {
            bed.complete(|bed, input| timed(&timer, &mut freed, bed, input));
        } else if dice < 76 {
            bed.requeue(|bed, input| timed(&timer, &mut returned, bed, input));
        } else {
            bed.abandon(|bed, input| timed(&timer, &mut abandoned, bed, input));
        }
    }
    table.row(name, "mixed: agent freed, contact found", &freed);
    table.row(name, "mixed: arrival queued", &queued);
    table.row(name, "mixed: contact returned, agent filled", &returned);
    table.row(name, "mixed: abandon by id", &abandoned);
}

fn timed<R: Router>(timer: &Timer, latency: &mut Latency, bed: &mut Bed<R>, input: Input) {
    latency.record(timer.time(|| bed.decide_input(input)));
}

fn walk(evict: &mut [u64]) {
    for word in evict.iter_mut().step_by(8) {
        *word = word.wrapping_add(1);
    }
}

struct Table {
    l3: f64,
}

impl Table {
    fn head(&mut self) {
        println!("| case | operation | p50 ns | p99 ns | p99.9 ns | max ns | p50 / L3 | p99 / L3 |");
        println!("|---|---|---|---|---|---|---|---|");
    }

    fn row(&mut self, case: &str, operation: &str, latency: &Latency) {
        let [p50, p99, p999] = [0.5, 0.99, 0.999].map(|quantile| latency.quantile(quantile));
        println!(
            "| {case} | {operation} | {p50} | {p99} | {p999} | {} | {:.1} | {:.1} |",
            latency.max(),
            p50 as f64 / self.l3,
            p99 as f64 / self.l3
        );
    }
}
