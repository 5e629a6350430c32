//! Plays a scenario on the engine and its twin, and writes it down again with what was decided.

use std::fmt::Write as _;
use std::sync::Arc;

use engine::twin::Twin;
use engine::{Decisions, Engine, id_hash};
use model::{Change, Input, InputBody, Millis, TenantConfig, Time, Transition};
use protocol::text::show_duration;

use super::said::{Cast, TENANT};
use super::script::{Line, Said, Script};
use super::told;

const KEY: [u8; 16] = [7; 16];
/// Timers between two lines; a scenario that needs more goes round in circles.
const TICKS_MAX: usize = 10_000;

#[derive(Debug)]
pub struct Played {
    /// The whole scenario as it has to be written.
    pub text: String,
    /// What was decided alone.
    pub decided: String,
}

/// `configs` gives the configuration in a file of that name.
pub fn play(
    script: &Script,
    configs: &dyn Fn(&str) -> Result<Arc<TenantConfig>, String>,
) -> Result<Played, String> {
    let mut stage = Stage::new(script.start);
    stage.handle(Input::Offering(true))?;
    stage.apply_config(configs(&script.tenant)?)?;
    stage.decided.clear();
    let mut text = String::new();
    let mut decided = String::new();
    for line in &script.lines {
        match line {
            Line::Text(line) => text.push_str(line),
            Line::Said(said) => {
                text.push_str(&said.show());
                stage.say(said, configs).map_err(|reason| format!("{}: {reason}", said.show()))?;
                for line in stage.decided.drain(..) {
                    decided += &line;
                    decided.push('\n');
                    write!(text, "\n      {line}").expect("a string takes any text");
                }
            }
        }
        text.push('\n');
    }
    Ok(Played { text, decided })
}

struct Stage {
    start: Time,
    now: Time,
    engine: Engine,
    twin: Twin,
    cast: Cast,
    /// Lines of what was decided and not written down yet.
    decided: Vec<String>,
}

impl Stage {
    fn new(start: Time) -> Stage {
        Stage {
            start,
            now: start,
            engine: Engine::new(KEY),
            twin: Twin::new(KEY, id_hash),
            cast: Cast::default(),
            decided: Vec::new(),
        }
    }

    fn say(
        &mut self,
        said: &Said,
        configs: &dyn Fn(&str) -> Result<Arc<TenantConfig>, String>,
    ) -> Result<(), String> {
        self.pass_time_until(self.start + said.at)?;
        let words: Vec<&str> = said.words.iter().map(String::as_str).collect();
        match words[..] {
            ["time", "passes"] => Ok(()),
            ["config", file] => self.apply_config(configs(file)?),
            _ => {
                let input = self.cast.input(&words, self.start, self.now)?;
                self.handle(input)
            }
        }
    }

    fn apply_config(&mut self, config: Arc<TenantConfig>) -> Result<(), String> {
        let hash = format!("hash-{}", config.version);
        let body = InputBody::ConfigApply { hash, config };
        let input = self.cast.tenant_input(body, self.now);
        self.handle(input)
    }

    /// Each timer fires when it is due.
    fn pass_time_until(&mut self, end: Time) -> Result<(), String> {
        if end < self.now {
            return Err("time goes backwards".to_owned());
        }
        for _ in 0..TICKS_MAX {
            match self.engine.next_timer() {
                Some(due) if due <= end => {
                    self.now = self.now.max(due);
                    self.handle(Input::Tick { until: Time::MAX })?;
                }
                Some(_) | None => {
                    self.now = end;
                    return Ok(());
                }
            }
        }
        Err(format!("more than {TICKS_MAX} timers fired"))
    }

    fn handle(&mut self, input: Input) -> Result<(), String> {
        self.decide(input)?;
        while !self.engine.is_settled() {
            self.decide(Input::Offering(true))?;
        }
        Ok(())
    }

    fn decide(&mut self, input: Input) -> Result<(), String> {
        let mut decisions = Decisions::default();
        self.engine.handle(self.now, input.clone(), &mut decisions);
        self.engine.name(&mut decisions);
        let mut of_twin: Vec<Transition> = Vec::new();
        self.twin.handle(self.now, input, &mut of_twin);
        let of_engine = without_details(decisions.transitions);
        let of_twin = without_details(of_twin);
        if of_engine != of_twin {
            return Err(format!("the twin decides otherwise\nengine: {of_engine:#?}\ntwin: {of_twin:#?}"));
        }
        if self.engine.next_timer() != self.twin.next_timer() {
            return Err("the twin's next timer is another".to_owned());
        }
        let at = show_duration(Millis(self.now.0 - self.start.0));
        for event in decisions.events {
            self.cast.watch(&event);
            if let Some(line) = told::line(&event, self.start) {
                self.decided.push(format!("{at} {line}"));
            }
        }
        Ok(())
    }
}

/// Each says in words of its own why it refuses.
fn without_details(mut transitions: Vec<Transition>) -> Vec<Transition> {
    for transition in &mut transitions {
        if let Change::Refused(refused) = &mut transition.change {
            refused.detail.clear();
        }
    }
    transitions
}

/// Every scenario has one tenant.
pub fn tenant() -> model::TenantId {
    TENANT.parse().expect("the tenant's name is an id")
}
