//! Several nodes share the shards of one store: they spread them, take over from one that dies, and hand over when one stops.

#[expect(dead_code, reason = "each test program uses its part")]
mod common;

use std::time::{Duration, Instant};

use common::{LIMIT, World};
use wissel_node::{Node, NodeClock, NodeOptions, ShardOwner};

fn options(world: &World, name: &str) -> NodeOptions {
    NodeOptions { is_alone: false, ..world.options(name, NodeClock::Real) }
}

async fn start(world: &World, name: &str) -> Node {
    Node::start(options(world, name)).await.expect("a node")
}

/// Until this node sees the shard with this owner.
async fn sees(node: &Node, shard: u16, owner: ShardOwner) {
    let mut owners = node.owners();
    let found =
        tokio::time::timeout(LIMIT, owners.wait_for(|owners| owners.get(&shard) == Some(&owner))).await;
    assert!(found.is_ok(), "{owner:?} does not own shard {shard}, but {:?}", *node.owners().borrow());
}

fn other(name: &str) -> ShardOwner {
    ShardOwner::Other(name.to_owned())
}

/// The node has the shard's state at hand.
async fn follows(node: &Node, shard: u16) {
    let deadline = Instant::now() + LIMIT;
    while node.digest(shard).await.is_none() {
        assert!(Instant::now() < deadline, "shard {shard} is not followed");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_node_stands_by_and_takes_over_when_the_first_dies() {
    let world = World::one().await;
    let first = start(&world, "n1").await;
    sees(&first, 0, ShardOwner::Us).await;
    world.furnish().await;
    let second = start(&world, "n2").await;
    sees(&second, 0, other("n1")).await;
    let last = world.call("c1").await;
    common::settled(&first, last).await;
    follows(&second, 0).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    drop(first);
    let died = Instant::now();
    sees(&second, 0, ShardOwner::Us).await;
    println!("taken over after {:?}", died.elapsed());
    let last = world.call("c2").await;
    let progress = common::settled(&second, last).await;
    assert_eq!(progress.epoch, 2);
    let events = world.stored("EVT").await;
    let arrived = events.iter().filter(|event| event["type"] == "contact_arrived").count();
    assert_eq!(arrived, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_stops_hands_over_to_the_one_that_follows() {
    let world = World::one().await;
    let first = start(&world, "n1").await;
    sees(&first, 0, ShardOwner::Us).await;
    world.furnish().await;
    let second = start(&world, "n2").await;
    follows(&second, 0).await;
    let last = world.call("c1").await;
    common::settled(&first, last).await;
    let asked = Instant::now();
    let (ended, ()) = tokio::join!(first.stop(), sees(&second, 0, ShardOwner::Us));
    println!("handed over after {:?}", asked.elapsed());
    assert!(ended[0].is_orderly, "{ended:?}");
    let last = world.call("c2").await;
    assert_eq!(common::settled(&second, last).await.epoch, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_is_given_once() {
    let world = World::one().await;
    let first = start(&world, "n1").await;
    sees(&first, 0, ShardOwner::Us).await;
    let refused = Node::start(options(&world, "n1")).await.expect_err("a namesake").to_string();
    assert!(refused.contains("a node named n1 runs already"), "{refused}");
    let refused = Node::start(options(&world, "n.1")).await.expect_err("a bad name").to_string();
    assert!(refused.contains("A-Z a-z 0-9 _ and -"), "{refused}");
    drop(first);
    let again = start(&world, "n1").await;
    sees(&again, 0, ShardOwner::Us).await;
}
