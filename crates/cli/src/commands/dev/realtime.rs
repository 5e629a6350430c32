//! The play by the wall clock: callers come when they come, whatever the router makes of those before them, and other
//! clients may be there too.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use model::{AgentId, Time};
use protocol::subject;
use tokio::time::{Instant, MissedTickBehavior, interval};
use workload::{Action, Play};

use super::day::wall_clock;
use super::feed::{Event, Message};
use super::routers::Routers;
use super::site::Site;
use super::stop::Stop;
use super::table::Table;
use super::{Ended, Stage};

/// As every desktop does it; three missed ones make it silent.
const BEAT: Duration = Duration::from_secs(5);
/// As often as people read numbers.
const DRAW: Duration = Duration::from_millis(500);
/// Longer sleeps are taken in parts, so that a suspended machine does not oversleep by far.
const SLEEP_MAX: Duration = Duration::from_secs(5);
/// Publishes that wait for their acknowledgement; a server that is this far behind is not well.
const UNACKNOWLEDGED_MAX: usize = 4096;

/// Sessions of the agents that are signed in.
type Sessions = BTreeMap<AgentId, u64>;

pub(super) async fn play(stage: &mut Stage, routers: &Routers) -> Result<Ended> {
    let mut beat = ticks(BEAT);
    let mut draw = ticks(DRAW);
    let mut sessions = Sessions::new();
    let mut unacknowledged = FuturesUnordered::new();
    let mut heard = wall_clock();
    while stage.play.open() > 0 {
        let Some(due) = next_instant(&stage.play, routers, heard) else { break };
        tokio::select! {
            event = stage.site.feed.next() => {
                observe(stage, &event?, &mut sessions);
                heard = wall_clock();
            }
            () = tokio::time::sleep_until(due) => {
                for due in stage.play.take_due(wall_clock()) {
                    note_session(&due.action, &mut sessions);
                    unacknowledged.push(stage.site.publish(due.action).await?.into_future());
                }
                if unacknowledged.len() > UNACKNOWLEDGED_MAX {
                    bail!("{UNACKNOWLEDGED_MAX} inputs wait for the server to store them; look at its log");
                }
            }
            Some(stored) = unacknowledged.next() => {
                stored.context("an input was not stored")?;
            }
            _ = beat.tick() => beat_all(&stage.site, &sessions).await?,
            _ = draw.tick() => {
                routers.check()?;
                stage.table.show(wall_clock(), &stage.play, &routers.seen(&stage.site));
                if stage.table.is_unread {
                    return Ok(Ended::Stopped);
                }
            }
            () = stage.stop.wait() => return Ok(Ended::Stopped),
        }
    }
    Ok(Ended::Played)
}

/// Shows what other clients do, until it is ended.
pub(super) async fn watch(mut site: Site, routers: Routers, mut table: Table, mut stop: Stop) -> Result<()> {
    let mut draw = ticks(DRAW);
    loop {
        tokio::select! {
            event = site.feed.next() => table.board.apply(&event?),
            _ = draw.tick() => {
                routers.check()?;
                table.show_alone(wall_clock(), &routers.seen(&site));
                if table.is_unread {
                    break;
                }
            }
            () = stop.wait() => break,
        }
    }
    table.end();
    routers.close().await;
    Ok(())
}

/// When the play has something to do next; nothing if neither it nor the router ever will.
fn next_instant(play: &Play, routers: &Routers, heard: Time) -> Option<Instant> {
    let next = play.next_due().or_else(|| routers.next_timer(heard))?;
    let wait = Duration::from_millis(next.since(wall_clock()).0);
    Some(Instant::now() + wait.min(SLEEP_MAX))
}

fn observe(stage: &mut Stage, message: &Message, sessions: &mut Sessions) {
    match &message.event {
        Event::ContactQueued { contact } | Event::ContactScheduled { contact, .. } => {
            stage.site.offers.forget(&contact.contact);
        }
        Event::AgentPresence { agent, presence: super::feed::PresenceView::SignedOut } => {
            sessions.remove(agent);
        }
        Event::AgentPresence { .. }
        | Event::AgentPut { .. }
        | Event::AgentRemoved { .. }
        | Event::ContactArrived { .. }
        | Event::ContactOffered { .. }
        | Event::ContactAccepted { .. }
        | Event::OfferEnded { .. }
        | Event::ContactReturned { .. }
        | Event::ContactSwitched { .. }
        | Event::ContactSlowed { .. }
        | Event::ContactReplied { .. }
        | Event::ContactProposed { .. }
        | Event::ContactInterrupted { .. }
        | Event::ContactResumed { .. }
        | Event::ContactQuieted { .. }
        | Event::ContactClosed { .. }
        | Event::OverflowTurned { .. }
        | Event::Other => {}
    }
    stage.table.board.apply(message);
    if let Some(observation) = message.observation() {
        stage.play.observe(now_at_least(message.at()), observation);
    }
}

/// The node's clock and ours are the same, but for the anchor of the node's.
fn now_at_least(at: Time) -> Time {
    wall_clock().max(at)
}

fn note_session(action: &Action, sessions: &mut Sessions) {
    if let Action::Agent(input) = action {
        sessions.insert(input.agent.clone(), input.session);
    }
}

async fn beat_all(site: &Site, sessions: &Sessions) -> Result<()> {
    for (agent, session) in sessions {
        let body = format!("{{\"type\":\"beat\",\"session\":{session}}}");
        site.client
            .publish(subject::beat(&site.tenant, agent), body.into())
            .await
            .context("a heartbeat was not sent")?;
    }
    Ok(())
}

fn ticks(period: Duration) -> tokio::time::Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
