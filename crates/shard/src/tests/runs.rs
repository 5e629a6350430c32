//! Thousands of seeded runs: processes start beside each other, crash and are handed over, acknowledgements are lost,
//! appends come late, inputs crash their readers. After each run one chain must tell the whole story.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::world::{Fate, Random, World};
use crate::{Left, PublishFailure, ShardEvent};

/// Five seconds on one core; 40,000 runs passed when this was written.
const RUNS: u64 = 2_000;

#[test]
fn whatever_happens_there_is_one_story() {
    for seed in 0..RUNS {
        if let Err(failure) = catch_unwind(AssertUnwindSafe(|| run(seed))) {
            eprintln!("seed {seed} failed");
            std::panic::resume_unwind(failure);
        }
    }
}

fn run(seed: u64) {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) + 1);
    let mut world = World::new(if seed.is_multiple_of(2) { 1 } else { 3 });
    world.start();
    for _ in 0..60 {
        match random.below(100) {
            0..50 => (0..random.below(6)).for_each(|_| world.input("something")),
            50..54 => world.input("nothing"),
            54..56 => world.input("poison"),
            56..76 => world.fates.push(fate(&mut random)),
            76..78 => {
                world.start();
            }
            78..80 => {
                let records = random.below(world.journal.len() as u64 + 1) as usize;
                world.start_warm(records);
            }
            80..84 => {
                let victim = random.below(world.processes.len() as u64) as usize;
                world.kill(victim);
            }
            84..87 => {
                let victim = random.below(world.processes.len() as u64) as usize;
                world.tell(victim, ShardEvent::Release);
            }
            87..90 => world.drop_next = true,
            90..94 => drop(world.take_snapshot()),
            _ => world.run(1_500),
        }
        world.step(random.below(60));
        if world.processes.iter().all(|process| !process.is_alive) {
            world.start();
        }
    }
    finish(&mut world);
    check(&world);
}

fn fate(random: &mut Random) -> Fate {
    match random.below(6) {
        0 => Fate::AckLost,
        1 => Fate::Late,
        2 => Fate::NotApplied(PublishFailure::NoResponders),
        3 => Fate::NotApplied(PublishFailure::WrongLastSequence),
        4 => Fate::NotApplied(PublishFailure::TimedOut),
        _ => Fate::Fine,
    }
}

/// Faults end; whoever is left reads everything, one owner remains and the others learn that they are not.
fn finish(world: &mut World) {
    world.fates.clear();
    for _ in 0..40 {
        world.input("something");
        world.run(1_000);
        if world.processes.iter().all(|process| !process.is_alive) {
            world.start();
        }
        let serving = (0..world.processes.len()).filter(|process| world.is_serving(*process)).count();
        let alive = world.processes.iter().filter(|process| process.is_alive).count();
        if serving == 1 && alive == 1 {
            world.run(6_000);
            return;
        }
    }
    let states: Vec<_> = world
        .processes
        .iter()
        .map(|process| {
            (process.is_alive, process.shard.stage(), &process.left, &process.quarantine, &process.alarms)
        })
        .collect();
    panic!("no single owner came out of it: {states:#?}");
}

fn check(world: &World) {
    let (follower, outputs) = world.replay();
    let decided = &follower.engine().decided;
    let expected: Vec<(u64, bool)> = (1..)
        .zip(&world.ingest)
        .filter(|(_, (_, text))| *text != "nothing")
        .map(|(position, (_, text))| (position, *text == "poison"))
        .collect();
    let found: Vec<u64> = decided.iter().map(|entry| entry.position).collect();
    let positions: Vec<u64> = expected.iter().map(|(position, _)| *position).collect();
    assert_eq!(found, positions, "every input had its effect once, in order");
    for (entry, (position, is_poison)) in decided.iter().zip(&expected) {
        assert!(entry.is_poison || !is_poison, "input {position} crashed its reader and was set aside");
    }
    assert_eq!(follower.ingest_position(), world.ingest.len() as u64);
    assert!(decided.iter().all(|entry| entry.timer.is_none()), "timers fired");
    for outputs in outputs.into_iter().filter(|outputs| !outputs.events.is_empty()) {
        assert_eq!(world.emitted.get(&outputs.commit_no), Some(&outputs), "every output was sent");
    }
    assert!(follower.published_through() + 2 >= follower.head().commit_no, "and the journal knows it");
    for process in &world.processes {
        assert_eq!(process.quarantine, None);
        match &process.left {
            None | Some(Left::Released | Left::NeverOpened | Left::Fenced { .. }) => {}
            Some(left) => panic!("left because of {left:?}"),
        }
    }
    let owner = world.processes.iter().find(|process| process.is_alive).expect("an owner");
    assert_eq!(owner.shard.engine(), Some(follower.engine()), "the owner holds what the journal says");
}
