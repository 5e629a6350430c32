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

async fn call(world: &World, calls: &mut usize) -> u64 {
    *calls += 1;
    world.call(&format!("c{calls}")).await
}
