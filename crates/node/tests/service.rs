//! A node on a real server does what contacts and agents are promised.

#[expect(dead_code, reason = "each test program uses its part")]
mod common;

use std::collections::HashMap;
use std::time::Duration;

use async_nats::jetstream::stream::Config;
use common::{CONFIG, World, settled, types, until};
use serde_json::{Value, json};
use wissel_node::{Node, NodeClock};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contact_is_offered_accepted_and_completed() {
    let world = World::one().await;
    let node = world.node("n1").await;
    let mut desktop = world.listen("wissel.out.acme.agent.jo").await;
    let mut customer = world.listen("wissel.out.acme.contact.c1").await;
    world.furnish().await;
    desktop.next("presence").await;
    world.call("c1").await;
    let offer = desktop.next("offer").await;
    assert_eq!(offer["contact"]["contact"], "c1");
    let answer =
        json!({"type": "accept", "session": 1, "counter": 2, "contact": "c1", "offer": offer["offer"]});
    world.agent("jo", answer).await;
    desktop.next("assigned").await;
    customer.next("accepted").await;
    let done =
        world.agent("jo", json!({"type": "complete", "session": 1, "counter": 3, "contact": "c1"})).await;
    desktop.next("wrap_up").await;
    let end = json!({"type": "wrap_up_done", "session": 1, "counter": 4, "contact": "c1"});
    let last = world.agent("jo", end).await;
    assert!(last > done);
    desktop.next("closed").await;
    let progress = settled(&node, last).await;
    assert_eq!(progress.emitted_through, progress.commit_no);

    let events = world.stored("EVT").await;
    assert_eq!(
        types(&events),
        [
            "tenant_opened",
            "config_applied",
            "agent_put",
            "agent_presence",
            "contact_arrived",
            "contact_offered",
            "contact_accepted",
            "contact_wrap_up",
            "contact_closed"
        ]
    );
    assert_eq!(progress.feed_messages, events.len() as u64);
    let origins: Vec<(u64, u64)> = events
        .iter()
        .map(|event| {
            let origin = &event["origin"];
            assert_eq!((&origin["shard"], &origin["epoch"]), (&json!("0"), &json!(1)));
            (number(&origin["commit"]), number(&origin["index"]))
        })
        .collect();
    assert!(origins.is_sorted(), "{origins:?}");
    let ended = node.stop().await;
    assert!(ended[0].is_orderly, "{ended:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_goes_to_the_dead_letters() {
    let world = World::one().await;
    let node = world.node("n1").await;
    world.furnish().await;
    world.send("wissel.in.acme.contact", "{not json").await;
    world.send("wissel.in.acme.contact", r#"{"type":"contact_create","contact":"c1"}"#).await;
    world.send("wissel.in.acme.nonsense", "{}").await;
    world.admin(json!({"type": "config_apply", "hash": "0".repeat(64)})).await;
    let last = world.call("c2").await;
    let progress = settled(&node, last).await;
    assert!(progress.left.is_none());
    let letters = world.stored("DLQ").await;
    let reasons: Vec<&str> = letters.iter().filter_map(|letter| letter["reason"].as_str()).collect();
    assert_eq!(reasons, ["not_json", "bad_field", "bad_subject", "config_missing"]);
    assert_eq!(letters[0]["position"], 4);
    assert!(letters.iter().all(|letter| !letter["detail"].as_str().unwrap_or_default().is_empty()));
    assert_eq!(
        types(&world.stored("EVT").await).iter().filter(|kind| **kind == "contact_offered").count(),
        1
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeat_changes_nothing() {
    let world = World::one().await;
    let node = world.node("n1").await;
    world.furnish().await;
    let first = world.call("c1").await;
    settled(&node, first).await;
    let before = node.digest(0).await.expect("a follower");
    let events = world.last_sequence("EVT").await;
    let again = world.call("c1").await;
    settled(&node, again).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(node.digest(0).await.expect("a follower").digest, before.digest);
    assert_eq!(world.last_sequence("EVT").await, events);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_process_takes_over_and_the_first_says_so() {
    let world = World::one().await;
    let first = world.node("n1").await;
    world.furnish().await;
    until(&first, "owned", |progress| progress.epoch == 1).await;
    let second = world.node("n2").await;
    let last = world.call("c1").await;
    let progress = settled(&second, last).await;
    assert_eq!(progress.epoch, 2);
    let ended = tokio::time::timeout(common::LIMIT, first.closed()).await.expect("the first leaves");
    assert!(!ended[0].is_orderly);
    let reason = &ended[0].reason;
    assert!(reason.contains("shard 0 was taken over by another process (epoch 2, node n2)"), "{reason}");
    assert_eq!(first.progress(0).borrow().left.as_ref(), Some(reason));
    let offers = world.stored("EVT").await.iter().filter(|event| event["type"] == "contact_offered").count();
    assert_eq!(offers, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_configuration_of_many_at_once_is_read() {
    const VERSIONS: u64 = 300;
    let world = World::one().await;
    let mut last = 0;
    for version in 1..=VERSIONS {
        last = world.configure(&CONFIG.replace("version = 1", &format!("version = {version}"))).await;
    }
    let node = world.node("n1").await;
    settled(&node, last).await;
    assert_eq!(world.last_sequence("DLQ").await, 0);
    let events = world.stored("EVT").await;
    let applied = types(&events).iter().filter(|kind| **kind == "config_applied").count();
    assert_eq!(applied as u64, VERSIONS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_store_of_configurations_holds_nobody_else_up() {
    let world = World::one().await;
    let node = world.node("n1").await;
    world.furnish().await;
    let last = world.call("c0").await;
    settled(&node, last).await;
    world.jetstream.delete_stream("CFG").await.expect("deleted");
    world.admin(json!({"type": "config_apply", "hash": "0".repeat(64)})).await;
    let last = world.call("c1").await;
    settled(&node, last).await;
    let letters = world.stored("DLQ").await;
    assert_eq!((letters.len(), &letters[0]["reason"]), (1, &json!("config_missing")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_without_an_identity_is_not_served() {
    for name in ["ING_0", "JRN_0"] {
        let world = World::one().await;
        let stream = world.jetstream.get_stream(name).await.expect("the stream");
        let config = Config { metadata: HashMap::new(), ..stream.cached_info().config.clone() };
        world.jetstream.update_stream(&config).await.expect("changed");
        let refused = Node::start(world.options("n1", NodeClock::Real)).await.expect_err(name).to_string();
        assert!(refused.contains(name) && refused.contains("wissel init"), "{refused}");
    }
}

fn number(value: &Value) -> u64 {
    value.as_u64().expect("a number")
}
