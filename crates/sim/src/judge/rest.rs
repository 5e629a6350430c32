//! Coming to rest: one owner, nothing left to do, nobody waiting in vain.

use engine::{Decisions, Engine};
use model::{Change, Input, Millis, Transition};
use shard::{Left, Stage};

use super::Violation;
use crate::process::{KEY, Process};
use crate::scenario::tenant;
use crate::world::World;

/// What became possible within this time need not have happened.
const GRACE: Millis = Millis(1_000);

/// Everything was read, decided, stored and told, and no contact is open.
pub fn is_at_rest(world: &World) -> bool {
    let Some(process) = owner(world) else { return false };
    let Some(follower) = &process.follower else { return false };
    let is_committed = process.owner.as_ref().is_some_and(|owner| owner.shard.is_committed());
    let is_opening = world.processes.iter().any(|process| process.stage() == Stage::Opening);
    let is_read = follower.ingest_position() == world.servers.ingest.last()
        && follower.sequence() == world.servers.journal.last();
    let open = follower.engine().queues(&tenant(), follower.now()).unwrap_or_default();
    let is_empty = open.iter().all(|queue| {
        let with_agents = queue.offered + queue.active + queue.wrap_up + queue.parked;
        queue.waiting + with_agents + queue.scheduled + queue.quiet == 0
    });
    !is_opening
        && is_read
        && is_committed
        && is_empty
        && world.are_outputs_stored()
        && world.clients.is_quiet()
}

/// Of those who serve, the one with the highest epoch: another one has not yet learnt that it was fenced.
pub fn owner(world: &World) -> Option<&Process> {
    let serving = world.processes.iter().filter(|process| process.is_serving());
    serving.max_by_key(|process| process.follower.as_ref().map(|follower| follower.head().epoch))
}

/// What the owner could offer and does not: a fresh index over the same state finds it at once.
pub fn unserved(world: &World) -> Option<Violation> {
    let process = owner(world)?;
    let engine = process.owner.as_ref()?.shard.engine()?;
    let mut fresh = Engine::from_rows(KEY, engine.rows());
    let mut decisions = Decisions::default();
    fresh.handle(world.stamp() - GRACE, Input::Offering(true), &mut decisions);
    let is_offer = |transition: &&Transition| matches!(transition.change, Change::Offered { .. });
    let offers = decisions.transitions.iter().filter(is_offer).count();
    let what = format!("n{} leaves {offers} contacts waiting that somebody free could serve", process.number);
    (offers > 0).then(|| Violation::new("L1", what))
}

/// A fault that only people can mend: somebody said so, and nothing was decided after it.
pub fn check_stopped(world: &World) -> Vec<Violation> {
    let Some(expected) = world.faults.expected else { return Vec::new() };
    let quarantines =
        world.processes.iter().filter_map(|process| process.owner.as_ref()?.quarantine.as_ref());
    let quarantines: Vec<_> = quarantines.collect();
    let mut found = Vec::new();
    if !quarantines.iter().any(|quarantine| expected.is(quarantine)) {
        found.push(Violation::new(
            "Q1",
            format!("nobody stopped for {expected:?}; stopped for {quarantines:?}"),
        ));
    }
    if let Some(process) = world.processes.iter().find(|process| process.is_serving()) {
        found.push(Violation::new("Q1", format!("n{} serves in spite of {expected:?}", process.number)));
    }
    found
}

/// Nobody need have stopped at what happened.
pub fn check_not_stopped(world: &World) -> Vec<Violation> {
    let mut found = Vec::new();
    for owner in world.processes.iter().filter_map(|process| process.owner.as_ref()) {
        if let Some(quarantine) = &owner.quarantine
            && !world.faults.has_lost_end()
        {
            found.push(Violation::new("Q2", format!("quarantine without need: {quarantine}")));
        }
        match &owner.left {
            None
            | Some(
                Left::Released
                | Left::NeverOpened
                | Left::Fenced { .. }
                | Left::Contended { .. }
                | Left::ClockFar { .. }
                | Left::FormatNewer { .. },
            ) => {}
            Some(left @ Left::DecisionsTooLarge { .. }) => {
                found.push(Violation::new("Q2", format!("left without need: {left:?}")));
            }
        }
    }
    found
}
