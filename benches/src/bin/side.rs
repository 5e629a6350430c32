//! What a decision costs that needs one of the structures beside the common path, each beside the common path of the same run.
//!
//! The world of `decisions`: 10,000 agents, 200 skills, 500 requirements. Timed is one call of `handle`. Single thread.

use std::collections::BTreeMap;

use clap::Parser;
use engine::Engine;
use model::config::ChannelKind;
use model::transition::Place;
use model::{Change, Input, Millis};
use wissel_benches::bed::{Arrived, Bed, KEY};
use wissel_benches::timer::{Latency, Timer};
use workload::world::{Wanted, WorldOptions};

/// Measures what the structures beside the common path cost.
#[derive(Debug, Parser)]
struct Options {
    /// Operations per measurement.
    #[arg(long, default_value_t = 50_000)]
    operations: usize,
    /// Contacts that wait.
    #[arg(long, default_value_t = 100_000)]
    waiting: usize,
}

/// Whom a contact may not go to.
const EXCLUDED: usize = 8;
/// Units of 100 that are kept for live work: room for one contact of half an agent.
const RESERVE: u16 = 40;
/// Places of the world's channels: whole agents, live; and half an agent, indirect.
const VOICE: usize = 0;
const EMAIL: usize = 2;
/// In an idle-rich world so many agents are busy, of 100.
const BUSY_PERCENT: usize = 30;

type Latencies = BTreeMap<&'static str, Latency>;

fn main() {
    let Options { operations, waiting } = Options::parse();
    let mut latencies = Latencies::new();
    common(&mut latencies, operations, waiting);
    returned(&mut latencies, operations, waiting);
    preferred(&mut latencies, operations, waiting);
    excluded(&mut latencies, operations);
    reserve(&mut latencies, operations);
    interruptible(&mut latencies, operations, waiting);
    println!("| operation | times | p50 ns | p99 ns | p99.9 ns |");
    println!("|---|---|---|---|---|");
    for (operation, latency) in &latencies {
        let [p50, p99, p999] = [0.5, 0.99, 0.999].map(|quantile| latency.quantile(quantile));
        println!("| {operation} | {} | {p50} | {p99} | {p999} |", latency.count());
    }
}

fn bed() -> Bed<Engine> {
    Bed::new(Engine::new(KEY), WorldOptions::default())
}

fn decide(bed: &mut Bed<Engine>, input: Input) {
    bed.decide_input(input);
}

/// What it is compared with.
fn common(latencies: &mut Latencies, operations: usize, waiting: usize) {
    let (timer, mut bed) = (Timer::new(), bed());
    bed.fill_until_waiting(waiting);
    for _ in 0..operations {
        let mut nanos = 0;
        let taken = bed.complete(|bed, input| nanos = timer.time(|| bed.decide_input(input)));
        note(latencies, "common: agent freed, contact found", nanos);
        for wanted in taken {
            bed.arrive(wanted, |bed, input| nanos = timer.time(|| bed.decide_input(input)));
            note(latencies, "common: arrival queued", nanos);
        }
    }
}

/// A contact that comes back with its age stands aside of those that came in order.
fn returned(latencies: &mut Latencies, operations: usize, waiting: usize) {
    let (timer, mut bed) = (Timer::new(), bed());
    bed.fill_until_waiting(waiting);
    for _ in 0..operations {
        let mut nanos = 0;
        bed.requeue(|bed, input| nanos = timer.time(|| bed.decide_input(input)));
        note(latencies, "returned: contact returned, agent filled", nanos);
    }
}

/// A contact waits for the agent that it prefers, who has its hands full.
fn preferred(latencies: &mut Latencies, operations: usize, waiting: usize) {
    let (timer, mut bed) = (Timer::new(), bed());
    bed.fill_until_waiting(waiting);
    for _ in 0..operations {
        let (place, wanted, agent) = bed.in_hands();
        let mut nanos = 0;
        bed.arrive_as(
            wanted,
            |body| {
                (body.preferred_agent, body.preferred_patience) = (Some(agent), Some(Millis::HOUR));
            },
            |bed, input| nanos = timer.time(|| bed.decide_input(input)),
        );
        let waits =
            |change: &Change| matches!(change, Change::ContactQueued { place: Place::Preferred { .. }, .. });
        if !has(&bed, waits) {
            continue;
        }
        note(latencies, "preferred: arrival that waits for its agent", nanos);
        bed.complete_at(place, |bed, input| nanos = timer.time(|| bed.decide_input(input)));
        note(latencies, "preferred: agent freed that somebody waits for", nanos);
    }
}

/// A contact that may not go to eight agents, where most are free.
fn excluded(latencies: &mut Latencies, operations: usize) {
    let (timer, mut bed) = (Timer::new(), bed());
    idle_rich(&mut bed);
    for operation in 0..operations {
        let wanted = bed.draw();
        let agents: Vec<_> = (0..EXCLUDED).map(|_| bed.draw_agent()).collect();
        let (is_excluded, mut nanos) = (operation % 2 == 0, 0);
        let arrived = bed.arrive_as(
            wanted,
            |body| {
                if is_excluded {
                    body.excluded_agents = agents;
                }
            },
            |bed, input| nanos = timer.time(|| bed.decide_input(input)),
        );
        match arrived {
            Arrived::Queued => bed.abandon(decide),
            Arrived::Offered => {
                let what = if is_excluded {
                    "excluded: arrival that eight may not have, agent found"
                } else {
                    "common: arrival, agent found"
                };
                note(latencies, what, nanos);
                bed.complete(decide);
            }
        }
    }
}

/// Indirect work where units of every agent are kept for live work.
fn reserve(latencies: &mut Latencies, operations: usize) {
    let (timer, mut bed) = (Timer::new(), bed());
    bed.reconfigure(|config| config.reserve = Some(RESERVE));
    idle_rich(&mut bed);
    for operation in 0..operations {
        let Wanted { profile, .. } = bed.draw();
        let is_indirect = operation % 2 == 0;
        let wanted = Wanted { profile, channel: if is_indirect { EMAIL } else { VOICE } };
        let mut nanos = 0;
        match bed.arrive(wanted, |bed, input| nanos = timer.time(|| bed.decide_input(input))) {
            Arrived::Queued => bed.abandon(decide),
            Arrived::Offered => {
                let what = if is_indirect {
                    "reserve: arrival of indirect work, agent found"
                } else {
                    "reserve: arrival of live work, agent found"
                };
                note(latencies, what, nanos);
                bed.complete(decide);
            }
        }
    }
}

/// Live work interrupts indirect work, which is gone on with afterwards.
fn interruptible(latencies: &mut Latencies, operations: usize, waiting: usize) {
    let (timer, mut bed) = (Timer::new(), bed());
    bed.reconfigure(|config| {
        let indirect = config.channels.iter_mut().filter(|channel| channel.kind == ChannelKind::Indirect);
        indirect.for_each(|channel| channel.interruptions = Some(u8::MAX));
    });
    while bed.waiting() < waiting {
        let Wanted { profile, .. } = bed.draw();
        bed.arrive(Wanted { profile, channel: EMAIL }, decide);
    }
    for _ in 0..operations {
        let Wanted { profile, .. } = bed.draw();
        let (mut nanos, mut is_so) = (0, false);
        let live = Wanted { profile, channel: VOICE };
        let arrived = bed.arrive(live, |bed, input| {
            nanos = timer.time(|| bed.decide_input(input));
            is_so = has(bed, |change| matches!(change, Change::ContactInterrupted { .. }));
        });
        if arrived == Arrived::Queued {
            bed.abandon_at(bed.queued_last(), decide);
            continue;
        }
        if is_so {
            note(latencies, "interruptible: arrival of live work, agent interrupted", nanos);
        }
        let place = bed.taken_last();
        bed.complete_at(place, |bed, input| {
            nanos = timer.time(|| bed.decide_input(input));
            is_so = has(bed, |change| matches!(change, Change::ContactResumed { .. }));
        });
        if is_so {
            note(latencies, "interruptible: agent freed, interrupted work gone on with", nanos);
        }
    }
}

fn has(bed: &Bed<Engine>, is_it: impl Fn(&Change) -> bool) -> bool {
    bed.decisions.transitions.iter().any(|transition| is_it(&transition.change))
}

fn idle_rich(bed: &mut Bed<Engine>) {
    let busy = WorldOptions::default().agents * BUSY_PERCENT / 100;
    while bed.active() < busy {
        let wanted = bed.draw();
        if bed.arrive(wanted, decide) == Arrived::Queued {
            bed.abandon(decide);
        }
    }
}

fn note(latencies: &mut Latencies, operation: &'static str, nanos: u64) {
    latencies.entry(operation).or_default().record(nanos);
}
