//! `wissel-sim crash-points`: every point × every harm × one and three replicas, each in the same small world.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use anyhow::Result;
use clap::Args;
use serde::Serialize;

use super::{Done, Jobs, Output, seeds};
use crate::fault::{Fault, Whom};
use crate::judge::Violation;
use crate::points::{Harm, Point, Trap};
use crate::run::{Outcome, run};
use crate::scenario::Scenario;

/// The world in which all points are passed.
const SEED: u64 = 5;

/// Strike at every step of the commit path, of take-overs, hand-overs and snapshots
///
/// Each point is struck by a crash, a pause, an answer that never comes and one that comes too late, on one and on three
/// replicas. That each point was really reached is part of the result.
#[derive(Debug, Args)]
pub struct CrashPoints {
    /// Only this point
    #[arg(long, value_name = "POINT")]
    point: Option<String>,
    #[command(flatten)]
    jobs: Jobs,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Case {
    pub point: Point,
    pub harm: Harm,
    pub replicas: u8,
}

#[derive(Debug, Default, Serialize)]
pub struct PointsReport {
    pub points: usize,
    pub cases: usize,
    pub reached: usize,
    pub violations: u64,
    pub not_reached: Vec<String>,
    pub failed: BTreeMap<String, Vec<Violation>>,
}

impl CrashPoints {
    pub fn run(self) -> Result<Done> {
        let wanted = |case: &Case| self.point.as_ref().is_none_or(|name| case.point.name() == name);
        let cases: Vec<Case> = cases().into_iter().filter(wanted).collect();
        let mut report =
            PointsReport { points: Point::ALL.len(), cases: cases.len(), ..PointsReport::default() };
        let one = |at: u64| {
            let case = cases[at as usize];
            (case, strike(case))
        };
        seeds::play(0, cases.len() as u64, self.jobs.count(), one, |(case, outcome)| {
            report.add(case, outcome)
        });
        self.output.print(&report)?;
        let is_well = report.violations == 0 && report.not_reached.is_empty() && report.cases > 0;
        Ok(if is_well { Done::Well } else { Done::Wanting })
    }
}

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for point in Point::ALL {
        for harm in Harm::ALL {
            cases.extend([1, 3].map(|replicas| Case { point: *point, harm, replicas }));
        }
    }
    cases
}

/// Plays the one world with a trap at the point. An owner is killed under load, so that there is a take-over with inputs to
/// try; later one hands over. Snapshots are frequent.
pub fn strike(case: Case) -> Outcome {
    let Case { point, harm, replicas } = case;
    let mut scenario = Scenario::draw(SEED);
    scenario.replicas = replicas;
    scenario.processes = 3;
    scenario.snapshot_after = 20;
    scenario.patience = 1_500;
    // The load stays where the points are: nothing of it is put off or for somebody elsewhere, and no rule moves it.
    scenario.config.overflow.clear();
    scenario.config.channels.iter_mut().for_each(|channel| channel.beside = None);
    scenario.config.reserve = Some(0);
    scenario.roster.iter_mut().for_each(|agent| agent.reserve = None);
    for planned in &mut scenario.contacts {
        let body = Arc::make_mut(&mut planned.body);
        (body.window, body.site) = (None, None);
    }
    scenario.faults = vec![
        (6_000, Fault::Crash { whom: Whom::Owner, back_after: 1_000 }),
        (14_000, Fault::Release),
        (scenario.heal_at - 5_000, Fault::Release),
    ];
    run(scenario, Some(Trap { point, harm, pass: pass_of(point) }), false)
}

/// Which pass is struck: not the very first where the first is the beginning of everything.
fn pass_of(point: Point) -> u32 {
    match point {
        Point::Decided | Point::BeforePublish | Point::AfterPublish | Point::AfterAck => 12,
        Point::BeforeEmit | Point::BeforeConfirm => 12,
        Point::OpeningBeforePublish
        | Point::OpeningAfterPublish
        | Point::OpeningAfterAck
        | Point::OpeningReadBack => 2,
        Point::MidReplay
        | Point::MidSnapshotLoad
        | Point::BeforeReemit
        | Point::TryingBeforePublish
        | Point::TryingAfterPublish
        | Point::TryingAfterAck
        | Point::SnapshotPart
        | Point::BeforeManifest
        | Point::AfterManifest
        | Point::MidPurge
        | Point::AfterPurge
        | Point::ReleasedBeforePublish
        | Point::ReleasedAfterPublish
        | Point::ReleasedAfterAck => 1,
    }
}

impl PointsReport {
    pub fn add(&mut self, case: Case, outcome: Outcome) {
        if outcome.struck.iter().any(|trap| trap.point == case.point) {
            self.reached += 1;
        } else {
            self.not_reached.push(case.to_string());
            self.not_reached.sort();
        }
        if !outcome.is_sound() {
            self.violations += outcome.violations.len() as u64;
            self.failed.insert(case.to_string(), outcome.violations);
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} R{}", self.point, self.harm, self.replicas)
    }
}

impl fmt::Display for PointsReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} points, {} cases: {} reached, {} violations",
            self.points, self.cases, self.reached, self.violations
        )?;
        for case in &self.not_reached {
            writeln!(f, "  not reached: {case}")?;
        }
        for (case, violations) in &self.failed {
            writeln!(f, "{case}:")?;
            for Violation { code, what } in violations {
                writeln!(f, "  {code} {what}")?;
            }
        }
        Ok(())
    }
}
