//! Whether deadlines that were missed could have been met at all.
//!
//! A bound that is never unfair to the router: each queue is given all agents who could work for it, at work as planned, with
//! nothing else to do, and its contacts are worked off next deadline first as if they were water. If some are late even so, no router
//! would have met them all; if none is, whoever was late may be asked why. On one machine that order meets all deadlines
//! whenever any does (C. L. Liu and J. W. Layland, Journal of the ACM 20, 1973), and one machine as fast as all agents together is better than they are.

use std::collections::BTreeMap;

use model::config::{QueueConfig, TenantConfig};
use model::id::{ChannelId, QueueId};
use model::time::{Millis, Time};

use crate::plan::{Plan, Shift};

/// As finely as supply is counted.
const STEP: Millis = Millis::from_seconds(60);

/// Work with a deadline.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub queue: QueueId,
    pub came: Time,
    pub due_at: Time,
    pub handle: Millis,
}

/// The queues of which not all deadlines could be met.
pub(crate) fn overloaded(plan: &Plan, jobs: &[Job]) -> Vec<QueueId> {
    let mut by_queue: BTreeMap<&QueueId, Vec<&Job>> = BTreeMap::new();
    for job in jobs {
        by_queue.entry(&job.queue).or_default().push(job);
    }
    let is_overloaded = |queue: &QueueId, jobs: &[&Job]| {
        plan.config.queue(queue).is_some_and(|queue| is_late(plan, queue, jobs))
    };
    by_queue
        .iter()
        .filter(|(queue, jobs)| is_overloaded(queue, jobs))
        .map(|(queue, _)| (*queue).clone())
        .collect()
}

fn is_late(plan: &Plan, queue: &QueueConfig, jobs: &[&Job]) -> bool {
    let mut jobs: Vec<(Time, Time, u64)> =
        jobs.iter().map(|job| (job.came, job.due_at, job.handle.0)).collect();
    if jobs.iter().any(|(came, due_at, handle)| due_at.since(*came).0 < *handle) {
        return true;
    }
    jobs.sort_unstable();
    let (Some(begin), Some(end)) = (jobs.first().map(|job| job.0), jobs.iter().map(|job| job.1).max()) else {
        return false;
    };
    let end = plan.ends_at.map_or(end, |ends_at| end.min(ends_at));
    let able = able(plan, queue);
    // What came and is not done, by deadline.
    let mut open: BTreeMap<(Time, usize), u64> = BTreeMap::new();
    let (mut next, mut now) = (0, begin);
    while now < end {
        let until = now + STEP;
        while next < jobs.len() && jobs[next].0 < until {
            open.insert((jobs[next].1, next), jobs[next].2);
            next += 1;
        }
        // Generous: who is at work at any moment of the step is so throughout.
        let mut supply: u64 = able
            .iter()
            .filter(|(shift, _)| is_at_work(shift, now, until))
            .map(|(_, at_once)| at_once * STEP.0)
            .sum();
        while supply > 0 {
            let Some(mut first) = open.first_entry() else { break };
            let part = supply.min(*first.get());
            *first.get_mut() -= part;
            supply -= part;
            if *first.get() == 0 {
                first.remove();
            }
        }
        if open.first_key_value().is_some_and(|((due_at, _), _)| *due_at < now) {
            return true;
        }
        now = until;
    }
    open.first_key_value().is_some_and(|((due_at, _), _)| *due_at <= end)
}

/// Whoever has the queue's skills, and how many of its cheapest contacts at once.
fn able<'a>(plan: &'a Plan, queue: &QueueConfig) -> Vec<(&'a Shift, u64)> {
    let with_shifts = plan.roster.iter().zip(&plan.shifts);
    let has_skills = |spec: &model::AgentSpec| {
        queue.skills.iter().all(|demand| {
            spec.skills.iter().any(|own| own.skill == demand.skill && own.level >= demand.level)
        })
    };
    let able = with_shifts.filter(|(spec, _)| has_skills(spec));
    able.map(|(spec, shift)| (shift, at_once(&plan.config, spec))).collect()
}

fn at_once(config: &TenantConfig, spec: &model::AgentSpec) -> u64 {
    let has = |name: &ChannelId| spec.channels.iter().any(|own| own.channel == *name);
    let costs = config.channels.iter().filter(|channel| has(&channel.name)).map(|channel| channel.cost);
    u64::from(spec.capacity) / u64::from(costs.filter(|cost| *cost > 0).min().unwrap_or(spec.capacity)).max(1)
}

fn is_at_work(shift: &Shift, from: Time, until: Time) -> bool {
    let is_away = |absence: &crate::plan::Absence| absence.at <= from && absence.at + absence.length >= until;
    shift.sign_in < until && shift.sign_out > from && !shift.absences.iter().any(is_away)
}
