//! The play in virtual time: the clock moves only when the node has nothing left to do and everything it said was
//! heard. So a day takes as long as its inputs take, and its figures are the router's alone.
//!
//! One thing is done at a time, because the answer to the first may make the second pointless: a caller who was
//! answered at the instant at which it would have hung up does not hang up.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use model::Time;
use tokio::time::Instant;
use workload::Due;

use super::feed::Event;
use super::routers::Here;
use super::{Ended, Stage};

/// An input takes milliseconds; a disk that stalls takes seconds.
const SETTLE_LIMIT: Duration = Duration::from_secs(30);

pub(super) async fn play(stage: &mut Stage, here: &mut Here) -> Result<Ended> {
    let begin = here.now();
    settle(stage, here, begin).await?;
    loop {
        if stage.stop.is_set() || stage.table.is_unread {
            return Ok(Ended::Stopped);
        }
        let timer = here.progress.borrow().next_timer;
        // Contacts that are open where nothing will ever happen to them are what the summary calls lost.
        let Some(time) = stage.play.next(timer) else { break };
        if timer.is_some_and(|timer| timer <= time) {
            advance(stage, here, time).await?;
        }
        while let Some(due) = stage.play.take_one(time) {
            advance_to(here, time);
            step(stage, here, due, time).await?;
        }
        stage.table.show(time, &stage.play, &here.seen());
    }
    Ok(Ended::Played)
}

/// Timers of the router are due.
async fn advance(stage: &mut Stage, here: &mut Here, time: Time) -> Result<()> {
    advance_to(here, time);
    settle(stage, here, time).await
}

fn advance_to(here: &Here, time: Time) {
    if let Some(clock) = &here.clock
        && clock.now() < time
    {
        clock.set(time);
        here.node.wake();
    }
}

async fn step(stage: &mut Stage, here: &mut Here, due: Due, time: Time) -> Result<()> {
    let acknowledgement = stage.site.publish(due.action).await?;
    let stored = acknowledgement.await.context("an input was not stored")?;
    stage.site.last_input = stored.sequence;
    settle(stage, here, time).await
}

/// Waits until every input is in the journal, every output was sent, and all of the feed was heard.
async fn settle(stage: &mut Stage, here: &mut Here, time: Time) -> Result<()> {
    let deadline = Instant::now() + SETTLE_LIMIT;
    while !is_settled(stage, here, time)? {
        tokio::select! {
            changed = here.progress.changed() => changed.context("the node has ended")?,
            event = stage.site.feed.next() => {
                let event = event?;
                // For one nobody was free, the other's time has not come.
                if let Event::ContactQueued { contact } | Event::ContactScheduled { contact, .. } = &event.event {
                    stage.site.offers.forget(&contact.contact);
                }
                stage.table.board.apply(&event);
                if let Some(observation) = event.observation() {
                    stage.play.observe(time, observation);
                }
            }
            () = tokio::time::sleep_until(deadline) => {
                let progress = here.progress.borrow().clone();
                bail!(
                    "the node did not come to rest within {SETTLE_LIMIT:?}: input {} is the last one, {} events of the \
                     feed were heard, and it is at {progress:?}",
                    stage.site.last_input,
                    stage.site.feed.messages()
                );
            }
        }
    }
    Ok(())
}

fn is_settled(stage: &Stage, here: &mut Here, time: Time) -> Result<bool> {
    let heard = stage.site.feed.messages();
    let progress = here.progress.borrow_and_update();
    if let Some(reason) = &progress.left {
        bail!("the node lost its shard: {reason}");
    }
    Ok(progress.is_idle
        && progress.ingest_position >= stage.site.last_input
        && progress.emitted_through >= progress.commit_no
        && heard >= progress.feed_messages
        && progress.next_timer.is_none_or(|timer| timer > time))
}
