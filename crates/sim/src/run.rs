//! One run: the load with its faults, the healing, the coming to rest, the judgement.

use std::any::Any;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Serialize;

use crate::judge::{self, Violation};
use crate::points::{Point, Trap};
use crate::scenario::Scenario;
use crate::world::World;

/// Everything must have come to its end by then, after the healing.
const REST_MAX: u64 = 120_000;
/// Somebody must own the shard by then: a journal that lost its end is believed after ten seconds, then repaired; an input that
/// crashes its reader takes four owners.
const OWNED_MAX: u64 = 45_000;
const LOOK_EVERY: u64 = 500;
/// After the last decision: progress without effects is journaled after a second.
const QUIET: u64 = 2_500;
/// Longer than contradictions are disbelieved.
const STOPPED_AFTER: u64 = 25_000;

thread_local! {
    static CURRENT: Cell<u64> = const { Cell::new(0) };
}

/// The seed that this thread plays.
pub fn current_seed() -> u64 {
    CURRENT.get()
}

/// What a run came to.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    pub seed: u64,
    pub violations: Vec<Violation>,
    /// How often each kind of fault really did something; empty: not run.
    pub faults: BTreeMap<&'static str, u64>,
    pub contacts: u64,
    pub commits: u64,
    pub inputs: u64,
    pub simulated_ms: u64,
    /// Of the whole history.
    pub history: u64,
    #[serde(skip)]
    pub struck: Vec<Trap>,
    #[serde(skip)]
    pub passes: BTreeMap<Point, u32>,
    #[serde(skip)]
    pub lines: Vec<String>,
}

impl Outcome {
    pub fn is_run(&self) -> bool {
        !self.faults.is_empty()
    }

    pub fn is_sound(&self) -> bool {
        self.violations.is_empty()
    }
}

pub fn run_seed(seed: u64, keeps_lines: bool) -> Outcome {
    run(Scenario::draw(seed), None, keeps_lines)
}

/// Runs the scenario; a trap waits from the beginning.
pub fn run(scenario: Scenario, trap: Option<Trap>, keeps_lines: bool) -> Outcome {
    let seed = scenario.seed;
    CURRENT.set(seed);
    let mut world = World::new(scenario, keeps_lines);
    trap.into_iter().for_each(|trap| world.faults.set_trap(trap));
    // A panic of the product ends a process and is a finding, not the end of all other runs.
    let played = catch_unwind(AssertUnwindSafe(|| play(&mut world)));
    crate::mutants::choose_none();
    let judged = played.and_then(|()| catch_unwind(AssertUnwindSafe(|| judge::judge(&world))));
    let violations = judged.unwrap_or_else(|panic| {
        let mut found = world.violations.clone();
        found.push(Violation::new("P1", format!("panic: {}", words(&*panic))));
        found
    });
    take_in_streams(&mut world);
    Outcome {
        seed,
        violations,
        faults: world.faults.fired,
        contacts: world.clients.callers.len() as u64,
        commits: world.servers.journal.last(),
        inputs: world.servers.ingest.last(),
        simulated_ms: world.now,
        history: world.history.hash(),
        struck: world.faults.struck,
        passes: world.faults.passes,
        lines: world.history.into_lines(),
    }
}

fn play(world: &mut World) {
    let healed = world.scenario.heal_at;
    world.run_until(healed);
    if world.faults.expected.is_some() {
        return world.run_until(healed + STOPPED_AFTER);
    }
    let mut owned_at = None;
    while world.now < healed + REST_MAX {
        world.run_until(world.now + LOOK_EVERY);
        if world.processes.iter().any(|process| process.is_serving()) {
            owned_at.get_or_insert(world.now);
        } else if owned_at.is_none() && world.now > healed + OWNED_MAX {
            return world.violation("L2", format!("nobody serves {OWNED_MAX} ms after the healing"));
        }
        if let Some(violation) = judge::unserved(world) {
            world.violations.push(violation);
            return;
        }
        if judge::is_at_rest(world) {
            return settle(world);
        }
    }
    world.violation("L3", format!("not everything has ended {REST_MAX} ms after the healing"));
}

/// It stays as it is.
fn settle(world: &mut World) {
    let epochs = epochs(world);
    world.run_until(world.now + QUIET);
    if self::epochs(world) != epochs {
        world.violation("L2", "the shard changes hands although nothing is wrong".to_owned());
    }
    // Agents go on: what they do in the last moment is journaled a second later.
    let end = world.now + REST_MAX;
    while !judge::is_at_rest(world) {
        if world.now > end {
            return world.violation("L3", "it does not stay at rest".to_owned());
        }
        world.run_until(world.now + LOOK_EVERY);
    }
}

fn epochs(world: &World) -> u64 {
    let last = world.servers.journal.ever(world.servers.journal.last());
    last.and_then(|stored| protocol::record::decode(&stored.bytes).ok())
        .map_or(0, |(record, _)| record.header.epoch)
}

/// All that is left of the run is part of its history.
fn take_in_streams(world: &mut World) {
    let World { servers, history, .. } = world;
    for stream in [&servers.ingest, &servers.journal, &servers.feed, &servers.dead_letters] {
        for (_, stored) in stream.archive() {
            history.take_in(&stored.stamp.0.to_le_bytes());
            history.take_in(&stored.bytes);
        }
    }
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("without words").to_owned()
}
