//! While inputs that are stored wait to be read.

use model::event::EventKind;
use model::{Change, Refusal};
use protocol::record::{Body, Commit};

use super::world::World;
use crate::Alarm;

const OF_LOUD: &str = r#"loud {"type":"contact_create","contact":"c","channel":"voice","queue":"sales"}"#;
const OF_QUIET: &str = r#"quiet {"type":"contact_create","contact":"c","channel":"voice","queue":"sales"}"#;
const END_OF_LOUD: &str = r#"loud {"type":"contact_end","contact":"c","by":"customer"}"#;

fn served() -> World {
    let mut world = World::new(3);
    let owner = world.start();
    world.run(100);
    assert!(world.is_serving(owner));
    world
}

fn commits(world: &World) -> Vec<Commit> {
    let bodies = world.journal.iter().map(|(_, bytes)| protocol::record::decode(bytes).expect("ours").0.body);
    bodies.filter_map(|body| if let Body::Commit(commit) = body { Some(commit) } else { None }).collect()
}

/// The inputs whose timers fired, with how far ingest was read by then.
fn fired(world: &World) -> Vec<(u32, u64)> {
    let fired = |commit: Commit| {
        let read = commit.ingest_position;
        commit.transitions.into_iter().filter_map(move |transition| {
            if let Change::ProfileClosed { profile } = transition.change {
                Some((profile.0, read))
            } else {
                None
            }
        })
    };
    commits(world).into_iter().flat_map(fired).collect()
}

#[test]
fn of_two_timers_only_the_one_fires_before_which_all_is_read() {
    let mut world = served();
    // The fifth and the tenth set a timer of 300 ms each, 100 ms apart.
    for _ in 0..5 {
        world.input("something");
    }
    let start = world.now;
    world.run(100);
    for _ in 0..5 {
        world.input("something");
    }
    world.run(50);
    // It handles nothing until both are due; of what came meanwhile one stands between them, and it is read first.
    world.now = start + 380;
    world.input("something");
    world.now = start + 430;
    world.input("something");
    world.delivered_max = 1;
    world.run(1_000);
    assert_eq!(fired(&world), [(5, 11), (10, 12)]);
}

/// The tenants that were refused for their quota, with the position of what was refused.
fn refused(world: &World) -> Vec<(String, u64)> {
    let changes = commits(world).into_iter().flat_map(|commit| commit.transitions);
    changes
        .filter_map(|transition| {
            let Change::Refused(refused) = transition.change else { return None };
            assert_eq!(refused.reason, Refusal::OverQuota, "{}", refused.detail);
            Some((refused.tenant.to_string(), refused.position))
        })
        .collect()
}

#[test]
fn who_floods_the_shard_is_refused_new_contacts_and_told_so() {
    let mut world = served();
    for _ in 0..600 {
        (0..5).for_each(|_| world.input(OF_LOUD));
        world.input(END_OF_LOUD);
        world.input(OF_QUIET);
    }
    world.now += 900;
    world.delivered_max = 4;
    world.run(12_000);
    let refused = refused(&world);
    assert!(refused.len() > 500 && refused.iter().all(|(tenant, _)| tenant == "loud"), "{refused:?}");
    // Four in ten milliseconds for five seconds.
    assert!(refused[0].1 > 1_500, "a backlog is made good first: {:?}", refused[0]);
    let is_end = |position: &u64| world.ingest[*position as usize - 1].1 == END_OF_LOUD;
    assert!(!refused.iter().any(|(_, position)| is_end(position)), "only new contacts are refused");
    let told = world.emitted.values().flat_map(|outputs| &outputs.events);
    let told = told.filter(|event| matches!(&event.kind, EventKind::Refused(_))).count();
    assert_eq!(told, refused.len());
    let alarms = &world.processes[0].alarms;
    assert_eq!(
        alarms.iter().filter(|alarm| matches!(alarm, Alarm::OverQuota { .. })).count(),
        1,
        "{alarms:?}"
    );

    // It has caught up: whoever comes now is taken.
    assert_eq!(world.ingest.len() as u64, commits(&world).last().expect("commits").ingest_position);
    (0..50).for_each(|_| world.input(OF_LOUD));
    world.run(1_000);
    assert_eq!(self::refused(&world).len(), refused.len());
}
