//! A node dies at every point at which it may, and the next one goes on as if nothing had been.
//!
//! The node that dies is a process of its own: this test program, started again with the one ignored test that runs a
//! node until it is killed.

#[expect(dead_code, reason = "each test program uses its part")]
mod common;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::time::Duration;

use async_nats::jetstream::stream::Config;
use common::{LIMIT, World, settled, types, until};
use futures_util::TryStreamExt;
use protocol::record::Hash;
use protocol::snapshot::Manifest;
use serde_json::Value;
use testkit::Process;
use wissel_node::{Access, FollowerState, Node, NodeClock, NodeOptions, Tuning};

const URL: &str = "WISSEL_TEST_URL";
const CALLS: [&str; 6] = ["c1", "c2", "c3", "c4", "c5", "c6"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_owner_leaves_nothing_behind_that_the_next_one_does_not_take_up() {
    let world = World::one().await;
    let mut child = child(&world, "");
    world.furnish().await;
    let mut desktop = world.listen("wissel.out.acme.agent.jo").await;
    for call in CALLS {
        world.call(call).await;
    }
    desktop.next("offer").await;
    child.kill().await.expect("killed");
    let last = world.call("c7").await;
    let node = world.node("n2").await;
    assert_eq!(settled(&node, last).await.epoch, 2);
    let arrived = arrivals(&world.stored("EVT").await);
    assert_eq!(arrived.len(), CALLS.len() + 1);
    assert!(arrived.values().all(|times| *times == 1), "{arrived:?}");
    agrees_with_a_fresh_reader(&world, node).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wherever_an_owner_crashes_every_call_arrives_once_and_one_is_offered() {
    for (point, passes) in [
        ("decided", 4),
        ("before_publish", 5),
        ("after_publish", 4),
        ("after_publish", 6),
        ("before_emit", 3),
    ] {
        let world = World::one().await;
        let mut child = child(&world, &format!("{point}:{passes}"));
        // What it finds when it starts is one record; from then on each input is.
        while world.last_sequence("JRN_0").await == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        world.furnish().await;
        let mut desktop = world.listen("wissel.out.acme.agent.jo").await;
        let mut last = 0;
        for call in CALLS {
            last = world.call(call).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let status = child.wait_exit(LIMIT).await.unwrap_or_else(|error| panic!("{point}: {error}"));
        assert!(!status.success(), "{point}");
        let node = world.node("n2").await;
        settled(&node, last).await;
        desktop.next("offer").await;
        let events = world.stored("EVT").await;
        let arrived = arrivals(&events);
        assert_eq!(arrived.len(), CALLS.len(), "{point}: {arrived:?}");
        assert!(arrived.values().all(|times| *times == 1), "{point}: {arrived:?}");
        let offered = types(&events).iter().filter(|kind| **kind == "contact_offered").count();
        assert_eq!(offered, 1, "{point}");
        agrees_with_a_fresh_reader(&world, node).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_while_recovering_or_in_a_snapshot_or_a_purge_costs_nothing() {
    for point in ["mid_replay", "mid_snapshot", "mid_purge"] {
        let world = World::one().await;
        let first = world.node("n1").await;
        world.furnish().await;
        let position = world.call("c1").await;
        settled(&first, position).await;
        drop(first);
        let mut child = child(&world, point);
        let mut last = 0;
        for number in 0..40 {
            last = world.call(&format!("d{number}")).await;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let status = child.wait_exit(LIMIT).await.expect("it crashes");
        assert!(!status.success(), "{point}");
        let node = world.node("n3").await;
        settled(&node, last).await;
        let arrived = arrivals(&world.stored("EVT").await);
        // An owner that follows a crash says which input it tries; one crash over it proves nothing.
        assert!(world.stored("DLQ").await.is_empty(), "{point}: an innocent input was refused");
        assert_eq!(arrived.len(), 41, "{point}: {arrived:?}");
        assert!(arrived.values().all(|times| *times == 1), "{point}: {arrived:?}");
        agrees_with_a_fresh_reader(&world, node).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_is_taken_up_and_what_it_covers_is_purged() {
    let world = World::one().await;
    let options = world.options("n1", NodeClock::Real);
    let node = Node::start_with(options, tuning()).await.expect("a node");
    world.furnish().await;
    let mut last = 0;
    for number in 0..60 {
        last = world.call(&format!("c{number}")).await;
        settled(&node, last).await;
    }
    let deadline = tokio::time::Instant::now() + LIMIT;
    while world.first_sequence("JRN_0").await == 1 || world.first_sequence("ING_0").await == 1 {
        assert!(tokio::time::Instant::now() < deadline, "nothing was purged");
        last = world.call(&format!("e{last}")).await;
        settled(&node, last).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    agrees_with_a_fresh_reader(&world, node).await;
    let kept = world.jetstream.get_stream("SNAP").await.expect("the stream");
    assert!(kept.cached_info().state.messages <= 8, "old snapshots are removed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_that_the_owner_passes_over_is_none_for_its_follower() {
    let world = World::one().await;
    let node = Node::start_with(world.options("n1", NodeClock::Real), tuning()).await.expect("a node");
    world.furnish().await;
    calls_until(&world, &node, |manifests| manifests.len() == 2).await;
    node.stop().await;
    // The newest names another record than the journal has there.
    let newest = manifests(&world).await.pop().expect("a manifest");
    let forged = Manifest { record_hash: Hash::of(b"another"), ..newest };
    let subject = format!("wissel.snap.0.manifest.{}.{}", forged.epoch, forged.commit_no);
    world.send(&subject, forged.encode().expect("it is small").bytes).await;
    let node = world.node("n2").await;
    until(&node, "owned and idle", |progress| progress.is_idle).await;
    agrees(&world, &node).await;
    let progress = until(&node, "followed", |progress| progress.follower == FollowerState::Following).await;
    assert_eq!(progress.epoch, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_whose_manifest_cannot_be_stored_makes_no_other_one_unnecessary() {
    let world = World::one().await;
    let tuning = Tuning { snapshot_again_after: Duration::ZERO, ..tuning() };
    let node = Node::start_with(world.options("n1", NodeClock::Real), tuning).await.expect("a node");
    world.furnish().await;
    calls_until(&world, &node, |manifests| manifests.len() == 2).await;
    let before = manifests(&world).await;
    let snap = world.jetstream.get_stream("SNAP").await.expect("the stream").cached_info().config.clone();
    let parts_only = Config { subjects: vec!["wissel.snap.0.part.>".to_owned()], ..snap.clone() };
    world.jetstream.update_stream(&parts_only).await.expect("changed");
    // Three or four that fail.
    for number in 0..40 {
        let last = world.call(&format!("f{number}")).await;
        settled(&node, last).await;
    }
    assert_eq!(manifests(&world).await, before);
    world.jetstream.update_stream(&snap).await.expect("changed back");
    let newest = before[1].clone();
    calls_until(&world, &node, |manifests| manifests.iter().any(|one| one.commit_no > newest.commit_no))
        .await;
    // What was the newest one stays, and so does everything behind it.
    let kept = manifests(&world).await;
    assert!(kept.len() >= 2 && kept.contains(&newest), "{kept:?}");
    assert!(world.first_sequence("ING_0").await <= newest.ingest_position + 1);
    agrees_with_a_fresh_reader(&world, node).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn as_many_snapshots_as_asked_for_are_kept_also_by_the_next_node() {
    let world = World::one().await;
    let tuning = Tuning { snapshots_kept: 3, ..tuning() };
    let start = |name| Node::start_with(world.options(name, NodeClock::Real), tuning.clone());
    let node = start("n1").await.expect("a node");
    world.furnish().await;
    calls_until(&world, &node, |manifests| manifests.len() == 3).await;
    node.stop().await;
    let newest = manifests(&world).await.pop().expect("three");
    let node = start("n2").await.expect("a node");
    calls_until(&world, &node, |manifests| {
        assert!(manifests.len() >= 3, "{}", manifests.len());
        manifests.iter().any(|one| one.commit_no > newest.commit_no)
    })
    .await;
    assert!(manifests(&world).await.len() >= 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inputs_of_no_use_do_not_fill_the_ingest_stream_for_good() {
    const ROOM: u64 = 1 << 20;
    let world = World::one().await;
    let ingest = world.jetstream.get_stream("ING_0").await.expect("the stream").cached_info().config.clone();
    world.jetstream.update_stream(&Config { max_bytes: ROOM as i64, ..ingest }).await.expect("changed");
    let _node = world.node("n1").await;
    world.furnish().await;
    let deadline = tokio::time::Instant::now() + LIMIT;
    let mut stored = 0;
    while stored < 4 * ROOM {
        let body = vec![b'x'; 16_000];
        let sent = world.jetstream.publish("wissel.in.acme.contact", body.into()).await.expect("sent");
        match sent.await {
            Ok(_) => stored += 16_000,
            Err(error) => {
                let now = tokio::time::Instant::now();
                assert!(now < deadline, "no room after {stored} bytes: {error}");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
}

/// The manifests in the store, the oldest first.
async fn manifests(world: &World) -> Vec<Manifest> {
    let stream = world.jetstream.get_stream("SNAP").await.expect("the stream");
    let subjects = stream.info_with_subjects("wissel.snap.0.manifest.>").await.expect("information");
    let subjects: Vec<(String, usize)> = subjects.try_collect().await.expect("subjects");
    let mut manifests = Vec::new();
    for (subject, _) in subjects {
        // One may go in between.
        if let Ok(message) = stream.get_last_raw_message_by_subject(&subject).await {
            manifests.push(Manifest::decode(&message.payload).expect("a manifest"));
        }
    }
    manifests.sort_by_key(|manifest| manifest.commit_no);
    manifests
}

/// Calls arrive until the snapshots are as asked.
async fn calls_until(world: &World, node: &Node, mut is_enough: impl FnMut(&[Manifest]) -> bool) {
    let deadline = tokio::time::Instant::now() + LIMIT;
    while !is_enough(&manifests(world).await) {
        assert!(tokio::time::Instant::now() < deadline, "the snapshots do not become what they should");
        let sequence = world.last_sequence("ING_0").await;
        let last = world.call(&format!("s{sequence}")).await;
        settled(node, last).await;
    }
}

/// The node's follower, and that of a node which begins with what is stored, hold what the journal says.
async fn agrees_with_a_fresh_reader(world: &World, node: Node) {
    agrees(world, &node).await;
    let ended = node.stop().await;
    assert!(ended[0].is_orderly, "{ended:?}");
    let fresh = world.node("fresh").await;
    until(&fresh, "owned and idle", |progress| progress.is_idle).await;
    agrees(world, &fresh).await;
    fresh.stop().await;
}

async fn agrees(world: &World, node: &Node) {
    let deadline = tokio::time::Instant::now() + LIMIT;
    let state = loop {
        let commit_no = node.progress(0).borrow().commit_no;
        match node.digest(0).await {
            Some(state) if state.commit_no >= commit_no => break state,
            Some(_) | None => {}
        }
        assert!(tokio::time::Instant::now() < deadline, "the follower did not catch up with {commit_no}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(state.digest.to_string(), world.replayed(state.commit_no).await);
}

/// How often each contact arrived.
fn arrivals(events: &[Value]) -> BTreeMap<String, usize> {
    let mut arrivals = BTreeMap::new();
    for event in events.iter().filter(|event| event["type"] == "contact_arrived") {
        let contact = event["contact"]["contact"].as_str().expect("an id");
        *arrivals.entry(contact.to_owned()).or_default() += 1;
    }
    arrivals
}

/// A snapshot every few records.
fn tuning() -> Tuning {
    Tuning { snapshot_after_records: 10, journal_retention: Duration::ZERO, ..Tuning::default() }
}

/// A node in a process of its own, which crashes as it is told.
fn child(world: &World, crash_at: &str) -> Process {
    let program = std::env::current_exe().expect("this program has a path");
    let mut variables = vec![(OsString::from(URL), OsString::from(&world.url))];
    if !crash_at.is_empty() {
        variables.push((OsString::from("WISSEL_CRASH_AT"), OsString::from(crash_at)));
    }
    let arguments = ["--exact", "child_node", "--ignored", "--nocapture"];
    Process::start_with(&world.scratch, "child", &program, arguments, variables).expect("a process")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it is the node that the other tests kill"]
async fn child_node() {
    let Some(url) = std::env::var_os(URL) else { return };
    common::log();
    let servers = vec![url.to_string_lossy().into_owned()];
    let options = NodeOptions {
        servers,
        access: Access::default(),
        name: "child".to_owned(),
        shards: Vec::new(),
        clock: NodeClock::Real,
        is_alone: true,
    };
    let node = Node::start_with(options, tuning()).await.expect("a node");
    let ended = tokio::time::timeout(Duration::from_secs(120), node.closed()).await;
    panic!("a child is killed before it ends: {ended:?}");
}
