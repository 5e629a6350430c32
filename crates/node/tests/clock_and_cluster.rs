//! A day at full speed on a virtual clock; and the same service on three servers.

#[expect(dead_code, reason = "each test program uses its part")]
mod common;

use common::{World, settled, until};
use model::Time;
use serde_json::json;
use wissel_node::{Node, NodeClock, VirtualClock};

/// 2026-03-01T09:00:00Z
const MORNING: Time = Time(1_772_355_600_000);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn time_is_what_the_holder_says() {
    let world = World::one().await;
    let clock = VirtualClock::new(MORNING);
    let options = world.options("n1", NodeClock::Virtual(clock.clone()));
    let node = Node::start(options).await.expect("a node");
    let mut desktop = world.listen("wissel.out.acme.agent.jo").await;
    world.furnish().await;
    let position = world.call("c1").await;
    let progress = settled(&node, position).await;
    let offer = desktop.next("offer").await;
    assert_eq!(offer["at"], "2026-03-01T09:00:00.000Z");
    assert_eq!(offer["expires_at"], "2026-03-01T09:00:20.000Z");
    assert_eq!(progress.next_timer, Some(Time(MORNING.0 + 20_000)));

    // Nothing is due before its time, however long the machine takes.
    clock.set(Time(MORNING.0 + 19_999));
    node.wake();
    assert!(until(&node, "nothing due", |progress| progress.is_idle).await.next_timer.is_some());
    clock.set(Time(MORNING.0 + 20_000));
    node.wake();
    let ended = desktop.next("offer_ended").await;
    assert_eq!((&ended["how"], &ended["at"]), (&json!("expired"), &json!("2026-03-01T09:00:20.000Z")));
    let after = |progress: &wissel_node::ShardProgress| {
        progress.is_idle && progress.next_timer.is_some_and(|due| due > Time(MORNING.0 + 20_000))
    };
    until(&node, "the expiry is done with", after).await;

    // A day later: an input is of the clock's time, not of the server's, and is not too old.
    clock.set(Time(MORNING.0 + 30 * 3_600_000));
    node.wake();
    let position = world.call("c2").await;
    settled(&node, position).await;
    let arrived = world.stored("EVT").await.into_iter().rfind(|event| event["type"] == "contact_arrived");
    assert_eq!(arrived.expect("it arrived")["contact"]["arrived_at"], "2026-03-02T15:00:00.000Z");
    assert_eq!(world.last_sequence("DLQ").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_servers_serve_as_one_does() {
    let world = World::three().await;
    let node = world.node("n1").await;
    let mut desktop = world.listen("wissel.out.acme.agent.jo").await;
    world.furnish().await;
    let mut last = 0;
    for number in 0..50 {
        last = world.call(&format!("c{number}")).await;
    }
    desktop.next("offer").await;
    settled(&node, last).await;
    let events = world.stored("EVT").await;
    assert_eq!(events.iter().filter(|event| event["type"] == "contact_arrived").count(), 50);
    let ended = node.stop().await;
    assert!(ended[0].is_orderly, "{ended:?}");
}
