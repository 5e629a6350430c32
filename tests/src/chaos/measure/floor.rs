//! A killed leader: how long the journal has none, and how much longer the shard commits nothing.
//!
//! The floor is told by a writer whose expectation is always wrong: the leader refuses it, and whoever is no leader says
//! nothing. So it asks the very stream that the router writes to, at the very moment, and stores nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result};
use async_nats::jetstream::Context;
use async_nats::jetstream::message::PublishMessage;
use testkit::Scratch;
use tokio::time::{sleep, timeout};

use super::{Measured, Options, open};
use crate::centre::wall;
use crate::chaos::load::Desks;
use crate::chaos::nemesis::World;

/// Between two questions, and how long one may go unanswered.
const ASK_EVERY: Duration = Duration::from_millis(10);
const COMMITS_WITHIN: Duration = Duration::from_secs(60);
const SETTLED_AFTER: Duration = Duration::from_secs(5);

pub async fn floor(options: Options) -> Result<Measured> {
    let scratch = Scratch::new();
    let mut world = open(&scratch, &options, Desks::None).await?;
    let mut measured = Measured::new("leader of the journal killed", &options);
    for number in 0..options.times {
        sleep(SETTLED_AFTER).await;
        let shard = (number % u64::from(options.shards)) as usize;
        once(&mut world, shard, &mut measured).await?;
        println!("{} of {}: {:?}", number + 1, options.times, measured.spans_ms);
    }
    world.fleet.stop().await?;
    Ok(measured)
}

async fn once(world: &mut World, shard: usize, measured: &mut Measured) -> Result<()> {
    let stream = format!("JRN_{shard}");
    let leader = world.servers.leader(&world.context, &stream).await.context("the journal has no leader")?;
    // By way of servers that stay.
    let others: Vec<String> = (0..world.servers.cluster.servers.len())
        .filter(|server| *server != leader)
        .map(|server| world.servers.cluster.servers[server].url())
        .collect();
    let epoch = world.watchers[shard].epoch();
    let at_ms = wall().0;
    world.servers.cluster.servers[leader].kill()?;
    let answered = Arc::new(AtomicU64::new(0));
    let asking = tokio::spawn(ask(others.join(","), shard, Arc::clone(&answered)));
    let commit = world.watchers[shard].commit_since(at_ms + 1, COMMITS_WITHIN).await;
    let commit_ms = commit.with_context(|| format!("{stream} got nothing within {COMMITS_WITHIN:?}"))?;
    // Acknowledged before the kill was complete: another one tells.
    let commit_ms = match answered.load(Ordering::Acquire) {
        0 => world.watchers[shard].commit_since(wall().0, COMMITS_WITHIN).await.unwrap_or(commit_ms),
        _ => commit_ms,
    };
    sleep(Duration::from_millis(200)).await;
    asking.abort();
    let floor_ms = answered.load(Ordering::Acquire).saturating_sub(at_ms);
    measured.span("no leader", floor_ms);
    measured.span("no commit", commit_ms.saturating_sub(at_ms));
    measured.span("added by the router", (commit_ms - at_ms).saturating_sub(floor_ms));
    measured.count("owners that changed meanwhile", world.watchers[shard].epoch() - epoch);
    measured.count("times", 1);
    world.servers.cluster.servers[leader].restart().await
}

/// Notes when the leader refused for the first time.
async fn ask(url: String, shard: usize, answered: Arc<AtomicU64>) -> Result<()> {
    let context: Context = async_nats::jetstream::new(testkit::connect(&url).await?);
    let subject = protocol::subject::journal(&protocol::subject::ShardName::of(u16::try_from(shard)?));
    loop {
        let message = PublishMessage::build().payload("".into()).expected_last_sequence(u64::MAX >> 1);
        let sent = context.send_publish(subject.clone(), message).await;
        if let Ok(acknowledgement) = sent
            && let Ok(Err(error)) = timeout(Duration::from_millis(100), acknowledgement.into_future()).await
            && error.kind() == async_nats::jetstream::context::PublishErrorKind::WrongLastSequence
        {
            answered.store(wall().0, Ordering::Release);
            return Ok(());
        }
        sleep(ASK_EVERY).await;
    }
}
