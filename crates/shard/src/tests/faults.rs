//! One fault at a time, and what must be said of it.

use model::{Change, Millis, Time};

use super::world::{Fate, World};
use crate::limits::OUTBOX_COMMITS_MAX;
use crate::{Alarm, Left, PublishFailure, Quarantine, ShardEvent, Stage, TimeMode};

/// A world with one owner that has decided `inputs`.
fn served(replicas: u32, inputs: u64) -> World {
    let mut world = World::new(replicas);
    let owner = world.start();
    world.run(100);
    for _ in 0..inputs {
        world.input("something");
        world.run(50);
    }
    world.run(3_000);
    assert!(world.is_serving(owner));
    world
}

fn decided(world: &World) -> Vec<u64> {
    world.replay().0.engine().decided.iter().map(|entry| entry.position).collect()
}

#[test]
fn every_ambiguity_ends_with_one_record() {
    let fates = [
        Fate::AckLost,
        Fate::Late,
        Fate::NotApplied(PublishFailure::TimedOut),
        Fate::NotApplied(PublishFailure::NoResponders),
        Fate::NotApplied(PublishFailure::WrongLastSequence),
        Fate::NotApplied(PublishFailure::Disconnected),
        Fate::NotApplied(PublishFailure::Other { code: 10164 }),
    ];
    for replicas in [1, 3] {
        for fate in fates {
            let mut world = served(replicas, 2);
            world.fates = vec![fate, fate];
            world.input("something");
            world.run(3_000);
            assert_eq!(decided(&world), [1, 2, 3], "{fate:?}, {replicas} replicas");
            assert!(world.processes[0].shard.statistics().ambiguities > 0, "{fate:?}");
            assert_eq!(world.processes[0].shard.statistics().voids, 0, "{fate:?}");
        }
    }
}

#[test]
fn a_fenced_owner_says_so_and_leaves() {
    let mut world = served(3, 1);
    let second = world.start();
    world.run(1_000);
    world.input("something");
    world.run(1_000);
    assert_eq!(world.processes[0].left, Some(Left::Fenced { epoch: 2, node: "n1".into() }));
    assert!(world.is_serving(second));
    assert_eq!(decided(&world), [1, 2]);
}

#[test]
fn a_follower_that_takes_over_sends_what_its_owner_committed_and_did_not_send() {
    let mut world = served(3, 1);
    world.input("something");
    while world.replay().1.last().is_none_or(|outputs| outputs.events.is_empty()) {
        world.step(1);
    }
    world.kill(0);
    let next = world.start_from(world.replay().0.into_replay());
    world.run(1_000);
    assert!(world.is_serving(next));
    for outputs in world.replay().1.into_iter().filter(|outputs| !outputs.events.is_empty()) {
        assert_eq!(world.emitted.get(&outputs.commit_no), Some(&outputs));
    }
}

#[test]
fn a_lost_end_is_quarantined_and_repaired_from_memory() {
    // Three replicas may still know the message ids of what they lost.
    lost_end(1);
    lost_end(3);
}

fn lost_end(replicas: u32) {
    let mut world = served(replicas, 5);
    let before = world.journal.clone();
    world.journal.truncate(before.len() - 2);
    world.input("something");
    world.run(30_000);
    let (known, found) = (before.len() as u64, before.len() as u64 - 2);
    assert_eq!(world.processes[0].quarantine, Some(Quarantine::JournalLost { known, found }));
    assert_eq!(world.journal.len() as u64, found, "nothing is appended before somebody says so");
    world.tell(0, ShardEvent::RepairFromMemory);
    world.run(3_000);
    let bytes =
        |records: &[(Time, bytes::Bytes)]| records.iter().map(|record| record.1.clone()).collect::<Vec<_>>();
    assert_eq!(bytes(&world.journal[..before.len()]), bytes(&before), "the same bytes in the same places");
    assert_eq!(decided(&world), [1, 2, 3, 4, 5, 6]);
    assert!(world.processes[0].alarms.contains(&Alarm::Repaired { first: found + 1, last: known }));
}

#[test]
fn a_lost_end_that_came_back_is_not_repaired_but_read() {
    for replicas in [1, 3] {
        let mut world = served(replicas, 5);
        let before = world.journal.clone();
        world.journal.truncate(before.len() - 2);
        world.input("something");
        world.run(30_000);
        assert!(matches!(world.processes[0].quarantine.take(), Some(Quarantine::JournalLost { .. })));
        world.journal = before;
        world.processes[0].alarms.clear();
        world.tell(0, ShardEvent::RepairFromMemory);
        world.run(3_000);
        assert_eq!((&world.processes[0].quarantine, &world.processes[0].alarms[..]), (&None, &[][..]));
        assert!(world.is_serving(0));
        assert_eq!(decided(&world), [1, 2, 3, 4, 5, 6]);
    }
}

#[test]
fn a_gap_in_ingest_is_told_journaled_and_passed() {
    let mut world = served(1, 2);
    world.input("");
    world.input("something");
    world.run(20_000);
    assert_eq!(decided(&world), [1, 2, 4]);
    assert!(world.processes[0].alarms.contains(&Alarm::InputsLost { first: 3, last: 3 }));
    let lost =
        world.journal.iter().any(|(_, bytes)| match protocol::record::decode(bytes).expect("ours").0.body {
            protocol::record::Body::Commit(commit) => !commit.lost.is_empty(),
            protocol::record::Body::EpochOpened(_)
            | protocol::record::Body::Trying(_)
            | protocol::record::Body::Released(_) => false,
        });
    assert!(lost, "the journal knows it too");
    // What only the client dropped is read again, and is no incident.
    let mut world = served(1, 2);
    world.drop_next = true;
    world.input("something");
    world.input("something");
    world.run(5_000);
    assert_eq!(decided(&world), [1, 2, 3, 4]);
    assert_eq!(world.processes[0].alarms, []);
}

#[test]
fn another_or_a_shorter_ingest_stream_is_quarantined() {
    let takes_over = |mut world: World| {
        world.kill(0);
        let next = world.start();
        world.run(15_000);
        world.processes[next].quarantine.clone().expect("a quarantine")
    };
    let mut world = served(1, 5);
    world.ingest.truncate(3);
    assert_eq!(takes_over(world), Quarantine::IngestLost { first: 4, last: 5 });
    let mut world = served(1, 5);
    world.ingest_uuid = "second";
    assert!(matches!(takes_over(world), Quarantine::IngestReplaced { .. }));
}

#[test]
fn an_ingest_stream_that_lost_its_end_under_its_owner_is_quarantined() {
    let mut world = served(3, 5);
    world.ingest.truncate(3);
    world.run(5_000);
    assert_eq!(world.processes[0].quarantine, None, "a former leader would say the same for a while");
    world.input("something");
    world.run(10_000);
    assert_eq!(world.processes[0].quarantine, Some(Quarantine::IngestLost { first: 5, last: 5 }));
    // Told while it was shorter, whole again.
    let mut world = served(3, 5);
    let before = world.ingest.clone();
    world.ingest.truncate(3);
    world.run(5_000);
    world.ingest = before;
    world.input("something");
    world.run(15_000);
    assert_eq!((&world.processes[0].quarantine, decided(&world).len()), (&None, 6));
}

#[test]
fn an_ingest_stream_that_gave_a_sequence_out_again_is_quarantined() {
    let changed = Some(Quarantine::IngestChanged { position: 5 });
    let mut world = served(3, 5);
    world.ingest.truncate(4);
    world.run(100);
    world.input("something");
    world.kill(0);
    let next = world.start();
    world.run(3_000);
    assert_eq!(world.processes[next].quarantine, changed);
    // Under its owner, which notices when it has to subscribe anew.
    let mut world = served(3, 5);
    world.ingest.truncate(4);
    world.input("something");
    world.is_ingest_cut = true;
    world.run(3_000);
    world.is_ingest_cut = false;
    world.run(3_000);
    assert_eq!(world.processes[0].quarantine, changed);
}

#[test]
fn a_person_may_say_to_go_on_with_the_ingest_stream_as_it_is() {
    for is_replaced in [false, true] {
        let mut world = served(3, 5);
        world.run(20_000);
        world.input("something");
        world.run(3_000);
        world.kill(0);
        if is_replaced {
            world.ingest_uuid = "second";
            world.ingest.clear();
        } else {
            world.ingest.truncate(5);
        }
        world.input("something");
        world.rebase = true;
        let next = world.start();
        world.run(3_000);
        assert!(world.is_serving(next), "{:?}", world.processes[next].quarantine);
        // What came since is decided under the sequence that it has now.
        // It is as long as before, and yet another one.
        let position = if is_replaced { 1 } else { 6 };
        assert_eq!(decided(&world), [1, 2, 3, 4, 5, 6, position]);
        assert_eq!(world.replay().0.ingest_position(), position);
        world.rebase = false;
        world.kill(next);
        let last = world.start();
        world.input("something");
        world.run(3_000);
        assert!(world.is_serving(last), "and nobody need say so again");
        assert_eq!(decided(&world).last(), Some(&(position + 1)));
    }
}

#[test]
fn a_damaged_journal_is_quarantined_and_named() {
    let mut world = served(1, 5);
    world.kill(0);
    let mut damaged = world.journal[2].1.to_vec();
    damaged[60] ^= 1;
    world.journal[2].1 = damaged.into();
    let next = world.start();
    world.run(1_000);
    let quarantine = world.processes[next].quarantine.clone().expect("a quarantine");
    assert!(matches!(&quarantine, Quarantine::Chain(error) if error.sequence == 3), "{quarantine}");
}

#[test]
fn recovery_uses_a_snapshot_and_passes_over_a_bad_one() {
    let mut world = served(3, 8);
    assert!(world.take_snapshot());
    world.input("something");
    world.run(3_000);
    assert!(world.take_snapshot());
    let (manifest, _) = &world.snapshots[1];
    let bad = manifest.commit_no;
    world.snapshots[1].1.clear();
    world.kill(0);
    let next = world.start();
    world.run(3_000);
    assert!(world.is_serving(next));
    let why = "a part is missing".to_owned();
    assert_eq!(world.processes[next].alarms, [Alarm::SnapshotUnusable { commit_no: bad, why }]);
    assert_eq!(world.processes[next].shard.engine(), Some(world.replay().0.engine()));
    // A snapshot of records that the journal does not hold is a witness of their loss.
    world.snapshots.remove(1);
    let sequence = world.snapshots[0].0.stream_sequence;
    world.journal.truncate(sequence as usize - 1);
    world.kill(next);
    let last = world.start();
    world.run(15_000);
    let truncated = Quarantine::JournalTruncated { last: sequence - 1, witness: sequence };
    assert_eq!(world.processes[last].quarantine, Some(truncated));
}

#[test]
fn a_journal_that_ends_before_what_a_node_saw_is_quarantined() {
    let mut world = served(1, 5);
    world.kill(0);
    let last = world.journal.len() as u64;
    world.witness = last;
    let next = world.start();
    world.run(1_000);
    assert!(world.is_serving(next), "{:?}", world.processes[next].quarantine);
    world.kill(next);
    world.journal.truncate(last as usize - 1);
    let last = last - 1;
    let next = world.start();
    world.run(15_000);
    let truncated = Quarantine::JournalTruncated { last, witness: last + 1 };
    assert_eq!(world.processes[next].quarantine, Some(truncated));
}

#[test]
fn an_input_that_crashes_its_reader_is_set_aside_once_three_owners_tried_it() {
    let mut world = served(1, 3);
    for text in ["something", "poison", "something"] {
        world.input(text);
    }
    world.run(100);
    assert!(!world.processes[0].is_alive, "it crashed");
    for _ in 0..crate::limits::TRIALS_MAX {
        let next = world.start();
        world.run(1_000);
        assert!(!world.processes[next].is_alive, "tried, journaled as such, crashed");
    }
    let last = world.start();
    world.run(1_000);
    assert!(world.is_serving(last));
    assert_eq!(world.processes[last].alarms, [Alarm::Poison { position: 5 }]);
    assert_eq!(decided(&world), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn a_snapshot_between_two_crashes_does_not_forget_the_first() {
    let mut world = served(1, 3);
    world.input("poison");
    world.run(100);
    for _ in 0..crate::limits::TRIALS_MAX {
        let next = world.start();
        world.run(1_000);
        assert!(!world.processes[next].is_alive);
        assert!(world.take_snapshot(), "all outputs are out");
    }
    let last = world.start();
    world.run(1_000);
    assert!(world.is_serving(last));
    assert_eq!(decided(&world), [1, 2, 3, 4]);
}

#[test]
fn an_input_whose_decisions_fit_no_record_is_set_aside_by_the_next_owner() {
    let mut world = served(3, 3);
    // Behind others in one group, and further back than inputs are tried singly.
    for _ in 0..100 {
        world.input("something");
    }
    world.input("huge");
    world.input("something");
    world.run(100);
    let left = world.processes[0].left.clone();
    assert!(matches!(left, Some(Left::DecisionsTooLarge { position: Some(104), .. })), "{left:?}");
    let next = world.start();
    world.run(3_000);
    assert!(world.is_serving(next));
    assert_eq!(world.processes[next].alarms, [Alarm::Poison { position: 104 }]);
    assert_eq!(decided(&world), (1..=105).collect::<Vec<u64>>());
}

#[test]
fn after_a_pause_no_timer_fires_before_what_came_meanwhile_is_read() {
    for pause in [700, 1_500, 6_000] {
        let mut world = served(3, 4);
        // The fifth sets a timer of 300 ms.
        world.input("something");
        world.run(50);
        // It handles nothing for a while, and what it handles first is no word of the ingest stream.
        world.now += pause;
        world.input("something");
        world.tell(0, ShardEvent::Tick);
        world.run(3_000);
        let commit = |is_it: &dyn Fn(&protocol::record::Commit) -> bool| {
            world.journal.iter().position(|(_, bytes)| {
                let record = protocol::record::decode(bytes).expect("ours").0;
                matches!(record.body, protocol::record::Body::Commit(commit) if is_it(&commit))
            })
        };
        let read = commit(&|commit| commit.ingest_position == 6);
        let fired = commit(&|commit| {
            let is_timer = |change: &Change| matches!(change, Change::ProfileClosed { .. });
            commit.transitions.iter().any(|transition| is_timer(&transition.change))
        });
        assert!(read.is_some() && fired.is_some() && read <= fired, "{pause} ms: {read:?}, {fired:?}");
    }
}

#[test]
fn a_follower_takes_over_with_what_was_not_sent_yet() {
    for behind in [0, 2] {
        let mut world = served(3, 3);
        world.are_outputs_cut = true;
        world.emitted.clear();
        for _ in 0..4 {
            world.input("something");
            world.run(50);
        }
        world.kill(0);
        world.emitted.clear();
        world.are_outputs_cut = false;
        let records = world.journal.len() - behind;
        let next = world.start_warm(records);
        world.run(3_000);
        assert!(world.is_serving(next));
        let (_, outputs) = world.replay();
        let missing = outputs.iter().rev().take(4).filter(|one| !world.emitted.contains_key(&one.commit_no));
        assert_eq!(missing.count(), 0, "{behind} records behind");
        assert_eq!(world.processes[next].shard.engine(), Some(world.replay().0.engine()));
    }
}

#[test]
fn whoever_stands_before_a_purge_begins_with_the_snapshot_that_covers_it() {
    let mut world = served(3, 8);
    let behind = world.replay().0;
    world.input("something");
    world.run(3_000);
    assert!(world.take_snapshot());
    let (manifest, _) = &world.snapshots[0];
    world.journal_first = manifest.stream_sequence;
    assert!(behind.sequence() + 1 < world.journal_first);
    world.kill(0);
    let next = world.start_from(behind.into_replay());
    world.run(3_000);
    assert!(world.is_serving(next));
    assert_eq!(world.processes[next].shard.engine(), Some(world.replay().0.engine()));
}

#[test]
fn an_owner_whose_records_another_one_purged_is_fenced() {
    let mut world = served(3, 3);
    world.input("something");
    world.fates = vec![Fate::NotApplied(PublishFailure::TimedOut); 8];
    world.run(3_000);
    let frozen = world.processes[0].is_alive;
    world.fates.clear();
    let second = world.start();
    world.processes[0].is_alive = false;
    for _ in 0..5 {
        world.input("something");
        world.run(1_500);
    }
    assert!(frozen && world.is_serving(second));
    world.journal_first = world.journal.len() as u64 - 1;
    world.processes[0].is_alive = true;
    world.input("something");
    world.tell(0, ShardEvent::Tick);
    world.run(3_000);
    assert_eq!(world.processes[0].left, Some(Left::Fenced { epoch: 2, node: "unknown".into() }));
}

#[test]
fn a_release_leaves_nothing_to_doubt() {
    let mut world = served(1, 3);
    world.tell(0, ShardEvent::Release);
    world.run(200);
    assert_eq!(world.processes[0].left, Some(Left::Released));
    let records = world.journal.len();
    let next = world.start();
    world.run(200);
    assert!(world.is_serving(next));
    world.input("something");
    world.run(50);
    // The opening and the commit; no input is tried, nothing is resumed.
    assert_eq!(world.journal.len(), records + 2);
}

#[test]
fn a_release_waits_for_the_journal_without_haste() {
    let mut world = served(3, 1);
    world.fates = vec![Fate::NotApplied(PublishFailure::NoResponders); 20];
    world.input("something");
    world.run(50);
    world.tell(0, ShardEvent::Release);
    world.run(3_000);
    let before = world.processes[0].ticks;
    world.run(1_000);
    assert!(world.processes[0].is_alive);
    // Four retries a second, and what they ask.
    let ticks = world.processes[0].ticks - before;
    assert!(ticks < 10, "{ticks}");
    world.run(5_000);
    assert_eq!(world.processes[0].left, Some(Left::Released));
}

#[test]
fn a_stall_is_made_good() {
    let mut world = served(3, 4);
    world.input("something");
    world.fates = vec![Fate::NotApplied(PublishFailure::NoResponders); 20];
    world.run(8_000);
    assert!(has_resumed(&world));
    assert_eq!(decided(&world), [1, 2, 3, 4, 5]);
}

#[test]
fn a_day_may_be_played_at_the_speed_of_the_machine() {
    let mut world = World::new(1);
    world.time = TimeMode::Given;
    world.start();
    world.run(100);
    for _ in 0..24 {
        world.input("something");
        world.run(50);
        world.step(3_600_000);
        world.run(50);
    }
    assert!(world.is_serving(0) && !has_resumed(&world));
    assert_eq!(decided(&world), (1..=24).collect::<Vec<u64>>());
    assert!(world.replay().0.engine().decided.iter().all(|entry| entry.timer.is_none()));
}

fn has_resumed(world: &World) -> bool {
    world.journal.iter().any(|(_, bytes)| {
        let (record, _) = protocol::record::decode(bytes).expect("ours");
        format!("{record:?}").contains("Resumed")
    })
}

#[test]
fn a_clock_far_from_the_servers_is_refused() {
    let mut world = World::new(1);
    let process = world.start();
    world.kill(process);
    let process = world.start();
    world.processes[process].wall_ahead = 60_000;
    world.run(1_000);
    assert!(matches!(world.processes[process].left, Some(Left::ClockFar { .. })));
    // It leaves no trace of its time, not even in the next one's.
    let last = world.start();
    world.input("something");
    world.run(1_000);
    assert!(world.is_serving(last));
    assert!(world.replay().0.now() <= Time(world.now));
}

#[test]
fn a_standstill_is_made_good_by_whoever_decides_first() {
    let mut world = served(1, 1);
    world.input("offer");
    world.run(100);
    let due = world.replay().0.engine().decided[1].timer.expect("it was just decided");
    world.kill(0);
    world.run(5_000);
    // Opens the epoch and gets no further.
    let second = world.start();
    while world.replay().0.head().epoch < 2 {
        world.step(1);
    }
    world.kill(second);
    let last = world.start();
    world.run(200);
    assert!(world.is_serving(last));
    let extended = world.replay().0.engine().decided[1].timer.expect("nobody could answer it meanwhile");
    assert!(extended.since(due).0 >= 5_000, "{}", extended.since(due).0);
}

#[test]
fn progress_without_effects_is_journaled_lazily_and_then_no_more() {
    let mut world = served(1, 1);
    let records = world.journal.len();
    for _ in 0..5 {
        world.input("nothing");
        world.run(50);
    }
    assert_eq!(world.journal.len(), records);
    world.run(2_000);
    assert_eq!(world.journal.len(), records + 1);
    world.run(20_000);
    assert_eq!(world.journal.len(), records + 1, "an idle shard writes nothing");
    assert_eq!(world.replay().0.ingest_position(), 6);
}

#[test]
fn an_offer_that_ends_while_ingest_is_silent_gets_that_time_back() {
    let mut world = served(1, 1);
    world.input("offer");
    world.run(20);
    let due = world.replay().0.engine().decided[1].timer.expect("it was just decided");
    world.is_ingest_cut = true;
    world.run(2_500);
    assert!(!world.is_serving(0));
    world.is_ingest_cut = false;
    world.run(50);
    assert!(world.is_serving(0));
    let extended = world.replay().0.engine().decided[1].timer.expect("its end fell into the silence");
    // All of the silence, from the last word on, not from when it was noticed.
    assert!((2_500..2_600).contains(&extended.since(due).0), "{}", extended.since(due).0);
    world.run(3_000);
    assert_eq!(world.replay().0.engine().decided[1].timer, None, "and it ends then");
}

#[test]
fn a_pause_that_ends_with_a_word_of_the_ingest_stream_is_made_good() {
    for pause in [1_200, 2_500, 8_000] {
        let mut world = served(1, 1);
        world.input("offer");
        world.run(20);
        let due = world.replay().0.engine().decided[1].timer.expect("it was just decided");
        world.now += pause;
        world.input("something");
        world.run(50);
        let extended = world.replay().0.engine().decided[1].timer.expect("its end fell into the pause");
        let given = extended.since(due).0;
        assert!((pause - 500..pause + 100).contains(&given), "{given} for {pause}");
    }
}

#[test]
fn outputs_that_do_not_get_out_are_told_and_the_standstill_is_made_good() {
    let mut world = served(1, 1);
    world.are_outputs_cut = true;
    // At least one commit each.
    for _ in 0..OUTBOX_COMMITS_MAX {
        world.input("something");
        world.step(10);
    }
    world.run(100);
    assert_eq!(world.processes[0].shard.stage(), Stage::OutputsStalled);
    world.input("offer");
    world.run(20_000);
    let before = decided(&world);
    assert!(!before.contains(&(world.ingest.len() as u64)), "nothing more is decided");
    let [Alarm::OutputsStalled { commits, millis }, ..] = world.processes[0].alarms[..] else {
        panic!("{:?}", world.processes[0].alarms)
    };
    assert!((OUTBOX_COMMITS_MAX..OUTBOX_COMMITS_MAX + 2).contains(&commits), "{commits}");
    assert!((15_000..15_100).contains(&millis), "{millis}");
    assert!(!has_resumed(&world));
    world.are_outputs_cut = false;
    world.run(3_000);
    assert!(world.is_serving(0));
    assert_eq!(decided(&world).len(), world.ingest.len());
    assert!(has_resumed(&world));
    let told = world.processes[0].alarms.len();
    world.run(60_000);
    assert_eq!(world.processes[0].alarms.len(), told, "and no more");
}

#[test]
fn offering_begins_in_a_group_that_has_room() {
    let mut world = World::new(1);
    world.input("bulky");
    let owner = world.start();
    // The toy asserts it when it is told to offer.
    world.run(200);
    assert!(world.is_serving(owner));
    assert_eq!(decided(&world), [1]);
}

#[test]
fn inputs_without_effect_hold_nothing_up() {
    let mut world = served(1, 1);
    for _ in 0..2_000 {
        world.input("nothing");
    }
    world.input("something");
    // Four full groups and a rest, each one round trip.
    world.run(100);
    assert_eq!(decided(&world), [1, 2_002]);
}

#[test]
fn a_silent_ingest_stops_offers_until_it_speaks() {
    let mut world = served(1, 1);
    let clock = crate::Clock { wall: Time(world.now + 5_000), monotonic: Millis(world.now + 5_000) };
    let mut actions = Vec::new();
    world.processes[0].shard.handle(clock, ShardEvent::Tick, &mut actions);
    assert_eq!(world.processes[0].shard.stage(), Stage::CatchingUp);
    assert!(actions.iter().any(|action| matches!(action, crate::Action::SubscribeIngest { from: 2, .. })));
}
