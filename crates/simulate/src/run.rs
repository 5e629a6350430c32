//! One day: the play and the engine in lock-step, the clock jumping from one instant at which something happens to the next.

use std::sync::Arc;

use engine::{Decisions, Engine};
use model::event::EventKind;
use model::input::TenantInput;
use model::{Input, InputBody, TenantId, Time};
use workload::{DaySummary, Observation, Plan, Play};

/// Keys the hash of ids, which decides nothing.
const KEY: [u8; 16] = [0; 16];

/// A day that was played to its end.
#[derive(Debug)]
pub struct Run {
    pub play: Play,
    /// Inputs that the engine refused. Nothing crosses in lock-step, so each is a mistake of the plan.
    pub refused: Vec<String>,
    pub inputs: u64,
    /// Everything that the world was told.
    pub events: u64,
}

/// The agents' own draws come from `seed`; all else of the day is in the plan.
pub fn run(plan: Plan, seed: u64) -> Run {
    let begin = plan.begins_at();
    let mut stage = Stage::new(begin);
    stage.say(begin, InputBody::ConfigApply { hash: String::new(), config: Arc::new(plan.config.clone()) });
    for spec in &plan.roster {
        stage.say(begin, InputBody::AgentPut(Arc::new(spec.clone())));
    }
    stage.settle(begin);
    let mut play = Play::new(plan, seed);
    stage.tell(begin, &mut play);
    while let Some(now) = play.next(stage.engine.next_timer()) {
        stage.tick(now);
        stage.tell(now, &mut play);
        while let Some(due) = play.take_one(now) {
            // Ids are unique, so no digest has to tell two bodies apart.
            stage.say(now, due.action.into_input(|_| 0));
            // What that made due at once comes before whatever else happens.
            stage.tick(now);
            stage.tell(now, &mut play);
        }
    }
    Run { play, refused: stage.refused, inputs: stage.inputs, events: stage.events }
}

impl Run {
    pub fn summary(&self) -> DaySummary {
        self.play.summary()
    }
}

struct Stage {
    engine: Engine,
    tenant: TenantId,
    decisions: Decisions,
    refused: Vec<String>,
    inputs: u64,
    events: u64,
}

impl Stage {
    fn new(begin: Time) -> Stage {
        let tenant = TenantId::new("day").expect("the name is an id");
        let mut stage = Stage {
            engine: Engine::new(KEY),
            tenant,
            decisions: Decisions::default(),
            refused: Vec::new(),
            inputs: 0,
            events: 0,
        };
        stage.engine.handle(begin, Input::Offering(true), &mut stage.decisions);
        stage
    }

    fn say(&mut self, now: Time, body: InputBody) {
        self.inputs += 1;
        let (tenant, position) = (self.tenant.clone(), self.inputs);
        let input = TenantInput { tenant, position, stamp: now, sent_at: None, body };
        self.engine.handle(now, Input::Tenant(input), &mut self.decisions);
        self.settle(now);
    }

    /// A new configuration, and whoever it concerns, one slice after another.
    fn settle(&mut self, now: Time) {
        while !self.engine.is_settled() {
            self.engine.handle(now, Input::Offering(true), &mut self.decisions);
        }
    }

    /// One tick fires some of the timers that are due.
    fn tick(&mut self, now: Time) {
        while self.engine.next_timer().is_some_and(|due| due <= now) {
            self.engine.handle(now, Input::Tick { until: now }, &mut self.decisions);
        }
    }

    fn tell(&mut self, now: Time, play: &mut Play) {
        self.engine.name(&mut self.decisions);
        self.decisions.transitions.clear();
        for event in self.decisions.events.drain(..) {
            self.events += 1;
            if let EventKind::Refused(refused) = &event.kind {
                self.refused.push(format!("{:?}: {}", refused.reason, refused.detail));
            }
            if let Some(observation) = Observation::of(&event) {
                play.observe(now, observation);
            }
        }
    }
}
