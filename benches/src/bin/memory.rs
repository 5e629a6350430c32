//! What the engine keeps in memory, how often it asks for more, and how long it pauses to grow.
//!
//! Workload: the world of `decisions` (10,000 agents, 500 requirements on four channels).
//!
//! - **Bytes per waiting contact**: what dropping the engine frees, less what it frees with one contact waiting for each
//!   requirement and channel, over the contacts that make the difference. Bodies are held elsewhere meanwhile, so payload does
//!   not count. Nothing is offered, so that all contacts wait. Live channels wait in lists (but for two of ten priorities),
//!   indirect ones, with deadlines of their own, in heaps.
//! - **Allocations per decision**: calls of the allocator inside `handle`, by kind of decision, after a warm-up of three virtual
//!   days, in which every requirement was met once and as many ended contacts are forgotten as end.
//! - **Growth pause**: the engine grows from nothing in three processes that do the same; of each call of `handle` the quickest
//!   of the three counts. What the scheduler does strikes one of them, what the engine does strikes all. New processes, because
//!   memory that was used before costs no page faults. Calls that meet a requirement for the first time are
//!   counted apart: they build what is derived for it.
//! - **Days**: steady traffic in virtual time; ended contacts are remembered for 24 hours and then forgotten.

use std::alloc::System;
use std::io::{self, Write};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use clap::Parser;
use engine::Engine;
use model::{Change, ContactBody, Input, Millis, Row, Transition};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use wissel_benches::bed::{Arrived, Bed, KEY};
use workload::world::{Wanted, WorldOptions};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Measures the engine's memory on this machine; with one million waiting it takes a minute and 3 GiB.
#[derive(Debug, Parser)]
struct Options {
    /// The most contacts that wait at once.
    #[arg(long, default_value_t = 1_000_000)]
    waiting: usize,
    /// Contacts per virtual day.
    #[arg(long, default_value_t = 500_000)]
    per_day: usize,
    /// Only grows, and writes the nanoseconds of each call as four bytes: one of the processes that are compared.
    #[arg(long, hide = true)]
    grow: bool,
}

fn main() -> io::Result<()> {
    let options = Options::parse();
    if options.grow {
        return grow(options.waiting);
    }
    bytes_per_contact(options.waiting);
    allocations();
    growth_pause(options.waiting)?;
    days(options.per_day);
    Ok(())
}

type Channels = &'static [usize];
const LIVE: Channels = &[0, 1];
const INDIRECT: Channels = &[2, 3];
const ALL: Channels = &[0, 1, 2, 3];

fn bytes_per_contact(waiting_max: usize) {
    println!("| waiting | channels | bytes per waiting contact | payload beside it |");
    println!("|---|---|---|---|");
    for (name, channels) in [("live: lists", LIVE), ("indirect: heaps", INDIRECT), ("all four", ALL)] {
        let empty = freed_by_dropping(all_waiting(channels, 0));
        for waiting in [waiting_max / 10, waiting_max] {
            let full = freed_by_dropping(all_waiting(channels, waiting));
            let contacts = (full.contacts - empty.contacts) as f64;
            let [bytes, payload] =
                [full.engine - empty.engine, full.payload - empty.payload].map(|part| part as f64 / contacts);
            println!("| {waiting} | {name} | {bytes:.1} | {payload:.0} |");
        }
    }
    println!();
}

/// One contact waits for each requirement on these channels, and so many more.
fn all_waiting(channels: Channels, more: usize) -> Bed<Engine> {
    let options = WorldOptions::default();
    let mut bed = Bed::new(Engine::new(KEY), options.clone());
    bed.decide_input(Input::Offering(false));
    for wanted in kinds(&options, channels) {
        bed.arrive(wanted, |bed, input| bed.decide_input(input));
    }
    for _ in 0..more {
        let drawn = bed.draw();
        let channel = channels[drawn.channel % channels.len()];
        bed.arrive(Wanted { channel, ..drawn }, |bed, input| bed.decide_input(input));
    }
    bed
}

fn kinds(options: &WorldOptions, channels: Channels) -> impl Iterator<Item = Wanted> {
    let of = |profile| channels.iter().map(move |&channel| Wanted { profile, channel });
    (0..options.profiles).flat_map(of)
}

struct Freed {
    engine: usize,
    payload: usize,
    contacts: usize,
}

fn freed_by_dropping(mut bed: Bed<Engine>) -> Freed {
    let engine = std::mem::replace(&mut bed.router, Engine::new(KEY));
    drop(bed);
    let bodies: Vec<Arc<ContactBody>> = engine.rows().filter_map(body).collect();
    let contacts = bodies.len();
    let engine = freed(|| drop(engine));
    // The list that held the bodies is no payload.
    let payload = freed(|| drop(bodies)) - contacts * size_of::<Arc<ContactBody>>();
    Freed { engine, payload, contacts }
}

fn body(row: Row) -> Option<Arc<ContactBody>> {
    match row {
        Row::Contact(row) => Some(row.body),
        Row::Tenant(_) | Row::Agent(_) | Row::Profile(_) | Row::Closed(_) | Row::Remembered(_) => None,
    }
}

fn freed(drops: impl FnOnce()) -> usize {
    let before = in_use();
    drops();
    before - in_use()
}

fn in_use() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

/// What the allocator was asked for inside of some decisions.
#[derive(Default)]
struct Asked {
    decisions: usize,
    allocations: usize,
    reallocations: usize,
    bytes: usize,
}

impl Asked {
    fn watch(&mut self) -> impl FnOnce(&mut Bed<Engine>, Input) {
        |bed, input| {
            let before = ALLOCATOR.stats();
            bed.decide_input(input);
            let asked = ALLOCATOR.stats() - before;
            self.decisions += 1;
            self.allocations += asked.allocations;
            self.reallocations += asked.reallocations;
            self.bytes += asked.bytes_allocated;
        }
    }

    fn row(&self, load: &str, decision: &str) {
        let per_decision = |count: usize| count as f64 / self.decisions as f64;
        println!(
            "| {load} | {decision} | {} | {:.5} | {:.5} | {:.2} |",
            self.decisions,
            per_decision(self.allocations),
            per_decision(self.reallocations),
            per_decision(self.bytes)
        );
    }
}

/// A virtual day: in this many operations ended contacts are forgotten.
const OPERATIONS_PER_DAY: usize = 100_000;
const WARM_UP: usize = 3 * OPERATIONS_PER_DAY;
const COUNTED: usize = 3 * OPERATIONS_PER_DAY;
const PAUSE: Millis = Millis(24 * Millis::HOUR.0 / OPERATIONS_PER_DAY as u64);

fn allocations() {
    println!("| load | decision | decisions | allocations each | reallocations each | bytes each |");
    println!("|---|---|---|---|---|---|");
    idle_rich();
    saturated(100_000);
    mixed(20_000);
    println!();
}

fn idle_rich() {
    let mut bed = primed(0);
    let (mut arrivals, mut completions) = (Asked::default(), Asked::default());
    for operation in 0..WARM_UP + COUNTED {
        if operation == WARM_UP {
            (arrivals, completions) = (Asked::default(), Asked::default());
        }
        bed.now += PAUSE;
        steady(&mut bed, &mut arrivals, &mut completions);
    }
    arrivals.row("idle-rich", "arrival");
    completions.row("idle-rich", "agent freed, nothing waits");
}

/// An arrival, and beyond [`BUSY`] contacts in hands a completion.
fn steady(bed: &mut Bed<Engine>, arrivals: &mut Asked, completions: &mut Asked) {
    let wanted = bed.draw();
    // Nobody who qualifies is free: it leaves, so that the pool stays idle-rich.
    if bed.arrive(wanted, arrivals.watch()) == Arrived::Queued {
        bed.abandon(|bed, input| bed.decide_input(input));
    }
    if bed.active() > BUSY {
        bed.complete(completions.watch());
    }
}

const BUSY: usize = 3_000;

fn saturated(waiting: usize) {
    let mut bed = primed(waiting);
    let (mut freed, mut queued, mut abandoned) = (Asked::default(), Asked::default(), Asked::default());
    for operation in 0..WARM_UP + COUNTED {
        if operation == WARM_UP {
            (freed, queued, abandoned) = (Asked::default(), Asked::default(), Asked::default());
        }
        bed.now += PAUSE;
        for wanted in bed.complete(freed.watch()) {
            bed.arrive(wanted, queued.watch());
        }
        if operation % 4 == 0 {
            bed.abandon(abandoned.watch());
            let wanted = bed.draw();
            bed.arrive(wanted, |bed, input| bed.decide_input(input));
        }
    }
    let load = format!("{waiting} waiting");
    freed.row(&load, "agent freed, contact found");
    queued.row(&load, "arrival queued");
    abandoned.row(&load, "abandon by id");
}

fn mixed(waiting: usize) {
    let mut bed = primed(waiting);
    let mut all = Asked::default();
    for operation in 0..WARM_UP + COUNTED {
        if operation == WARM_UP {
            all = Asked::default();
        }
        bed.now += PAUSE;
        bed.mix(waiting, all.watch());
    }
    all.row(&format!("mixed, {waiting} waiting"), "all, 30 % of contacts returned");
}

/// Each requirement was asked for once, so that what follows meets none for the first time.
fn primed(waiting: usize) -> Bed<Engine> {
    let options = WorldOptions::default();
    let mut bed = Bed::new(Engine::new(KEY), options.clone());
    for wanted in kinds(&options, ALL) {
        if bed.arrive(wanted, |bed, input| bed.decide_input(input)) == Arrived::Queued {
            bed.abandon(|bed, input| bed.decide_input(input));
        }
    }
    bed.fill_until_waiting(waiting);
    bed
}

fn grow(waiting: usize) -> io::Result<()> {
    let mut bed = Bed::new(Engine::new(KEY), WorldOptions::default());
    let mut calls: Vec<u8> = Vec::with_capacity(waiting * 8);
    while bed.waiting() < waiting {
        let wanted = bed.draw();
        bed.arrive(wanted, |bed, input| {
            let start = Instant::now();
            bed.decide_input(input);
            let nanos = start.elapsed().as_nanos().min(u128::from(NANOS_MAX)) as u32;
            let opens = |transition: &Transition| matches!(transition.change, Change::ProfileOpened { .. });
            let opened = bed.decisions.transitions.iter().any(opens);
            calls.extend_from_slice(&(nanos | if opened { OPENED } else { 0 }).to_le_bytes());
        });
    }
    io::stdout().write_all(&calls)
}

/// Marks the nanoseconds of a call that met its requirement for the first time.
const OPENED: u32 = 1 << 31;
const NANOS_MAX: u32 = OPENED - 1;
const PROCESSES: usize = 3;
const LONGEST: usize = 5;

fn growth_pause(waiting: usize) -> io::Result<()> {
    let runs = (0..PROCESSES).map(|_| grown_elsewhere(waiting)).collect::<io::Result<Vec<_>>>()?;
    let calls = runs[0].len();
    assert!(runs.iter().all(|run| run.len() == calls), "the same calls are made in each process");
    let longest_seen: Vec<u32> =
        runs.iter().map(|run| run.iter().map(|call| call & NANOS_MAX).max().unwrap_or(0) / 1000).collect();
    println!("| growth to {waiting} waiting, {calls} calls | us |");
    println!("|---|---|");
    println!("| longest call in each process, with whatever the scheduler did | {longest_seen:?} |");
    for (name, mark) in [("grows only", 0), ("opens a requirement", OPENED)] {
        let of_kind = (0..calls).filter(|&call| runs[0][call] & OPENED == mark);
        let quickest = |call: usize| runs.iter().map(|run| run[call] & NANOS_MAX).min().unwrap_or(0);
        let mut quickest: Vec<(u32, usize)> = of_kind.map(|call| (quickest(call), call + 1)).collect();
        quickest.sort_unstable_by(|one, other| other.cmp(one));
        for (nanos, call) in quickest.iter().take(LONGEST) {
            println!("| {name}: call {call}, quickest of {PROCESSES} | {:.1} |", f64::from(*nanos) / 1000.0);
        }
        let above = quickest.iter().filter(|(nanos, _)| *nanos > LONG_NANOS).count();
        println!("| {name}: calls above 100 us, of {} | {above} calls |", quickest.len());
    }
    println!();
    Ok(())
}

const LONG_NANOS: u32 = 100_000;

/// What each call took, from a process of its own.
fn grown_elsewhere(waiting: usize) -> io::Result<Vec<u32>> {
    let mut command = Command::new(std::env::current_exe()?);
    let output = command.arg("--grow").arg("--waiting").arg(waiting.to_string()).output()?;
    assert!(output.status.success(), "growing fails: {}", String::from_utf8_lossy(&output.stderr));
    let (calls, rest) = output.stdout.as_chunks::<4>();
    assert!(rest.is_empty(), "four bytes are written for each call");
    Ok(calls.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect())
}

const HALF_DAYS: usize = 7;

fn days(per_day: usize) {
    println!("| virtual days | MB in use | ended contacts remembered | open contacts |");
    println!("|---|---|---|---|");
    let mut bed = Bed::new(Engine::new(KEY), WorldOptions::default());
    // An arrival moves the clock by one millisecond of its own.
    let pause = Millis((24 * Millis::HOUR.0 / per_day as u64).saturating_sub(1));
    for half in 0..=HALF_DAYS {
        for _ in 0..if half == 0 { 0 } else { per_day / 2 } {
            bed.now += pause;
            steady(&mut bed, &mut Asked::default(), &mut Asked::default());
        }
        bed.decisions.clear();
        let megabytes = in_use() as f64 / 1e6;
        let remembered = bed.router.rows().filter(|row| matches!(row, Row::Closed(_))).count();
        let open = bed.active() + bed.waiting();
        println!("| {:.1} | {megabytes:.1} | {remembered} | {open} |", half as f64 / 2.0);
    }
}
