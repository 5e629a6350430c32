//! A link that is stuck, one way or both, costs time and nothing else: no input, no output, no ownership.

#[expect(dead_code, reason = "each test program uses its part")]
mod common;

use std::time::{Duration, Instant};

use common::{World, settled};
use testkit::{Direction, Link, Proxy};
use wissel_node::{Node, NodeClock};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stuck_link_loses_nothing() {
    let world = World::one().await;
    let proxy = Proxy::start(&world.url).await.expect("a proxy");
    let mut options = world.options("n1", NodeClock::Real);
    options.servers = vec![proxy.url()];
    let node = Node::start(options).await.expect("a node");
    world.furnish().await;
    let mut calls = 0;
    for direction in [Some(Direction::ToServer), Some(Direction::ToClient), None] {
        let last = call(&world, &mut calls).await;
        settled(&node, last).await;
        match direction {
            Some(direction) => proxy.set(direction, Link::Stall),
            None => proxy.set_both(Link::Cut),
        }
        for _ in 0..30 {
            call(&world, &mut calls).await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        proxy.set_both(Link::Through);
        let healed = Instant::now();
        let last = call(&world, &mut calls).await;
        let progress = settled(&node, last).await;
        println!("{direction:?}: whole again {:?} after the link", healed.elapsed());
        assert_eq!(progress.epoch, 1);
    }
    let events = world.stored("EVT").await;
    assert_eq!(events.iter().filter(|event| event["type"] == "contact_arrived").count(), calls);
    let ended = node.stop().await;
    assert!(ended[0].is_orderly, "{ended:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_is_not_lost_while_the_node_cannot_hear() {
    let world = World::one().await;
    let proxy = Proxy::start(&world.url).await.expect("a proxy");
    let mut options = world.options("n1", NodeClock::Real);
    options.servers = vec![proxy.url()];
    let node = Node::start(options).await.expect("a node");
    let mut desktop = world.listen("wissel.out.acme.agent.jo").await;
    world.furnish().await;
    let last = world.put_agent("al").await;
    settled(&node, last).await;
    desktop.next("presence").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let client = world.jetstream.client();
    let beat = || client.publish("wissel.beat.acme.agent.jo", r#"{"type":"beat","session":1}"#.into());
    beat().await.expect("sent");
    client.flush().await.expect("flushed");
    // The node hears it, and watches from here.
    tokio::time::sleep(Duration::from_millis(300)).await;
    proxy.set_both(Link::Cut);
    // Longer than a silence takes to be reported.
    tokio::time::sleep(Duration::from_secs(18)).await;
    proxy.set_both(Link::Through);
    let last = world.put_agent("bo").await;
    settled(&node, last).await;
    beat().await.expect("sent");
    assert!(desktop.is_silent(Duration::from_secs(3)).await, "jo was lost, or offered something");
}

async fn call(world: &World, calls: &mut usize) -> u64 {
    *calls += 1;
    world.call(&format!("c{calls}")).await
}
