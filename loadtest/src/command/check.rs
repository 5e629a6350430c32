//! `wissel-load check`: whether a scenario is sound, and what it would come to.

use anyhow::Result;
use clap::Args;

use super::Source;
use crate::scenario::{Loaded, Scenario};
use crate::verdict::Exit;

const EXAMPLES: &str = "\
Examples:
  wissel-load check loadtest/scenarios/short.toml

Exit codes: 0 the scenario is sound; 2 it is not, with line, reason and the name that was probably meant.";

/// Check a scenario and the configuration that it names
///
/// Says how much work it brings: an erlang is one agent who is busy all the time.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Check {
    #[command(flatten)]
    source: Source,
}

impl Check {
    pub fn run(self) -> Result<Exit> {
        match self.source.load() {
            Ok(loaded) => print!("{}", describe(&loaded)),
            Err(exit) => return Ok(exit),
        }
        Ok(Exit::Pass)
    }
}

/// A line for each flow and group.
pub fn describe(Loaded { scenario, config, .. }: &Loaded) -> String {
    let Scenario { name, about, seed, .. } = scenario;
    let mut text = format!("{name}: {about}\nseed {seed}, {} long\n", scenario.length());
    for flow in &scenario.flows {
        let stretches = flow.stretches();
        let expected: f64 = stretches.iter().map(|stretch| stretch.expected()).sum();
        let peak = stretches.iter().map(|stretch| stretch.from.max(stretch.to)).fold(0.0, f64::max);
        let handle = flow.handle.0.mean().0 as f64 / 1_000.0;
        let (flow_name, channel, queue) = (flow.name.get_ref(), flow.channel.get_ref(), flow.queue.get_ref());
        text += &format!(
            "flow {flow_name}: {channel} to {queue}, {expected:.0} contacts, at most {peak} a second, which is {:.1} \
             erlangs; in time within {}\n",
            peak * handle,
            scenario.answer_within(flow, config)
        );
    }
    for group in &scenario.agents {
        let channels: Vec<&str> = group.channels.iter().map(|channel| channel.get_ref().as_str()).collect();
        text +=
            &format!("group {}: {} agents on {}\n", group.name.get_ref(), group.count, channels.join(", "));
    }
    for fault in &scenario.faults {
        let fault = fault.get_ref();
        text +=
            &format!("fault at {}: {} {} for {}\n", fault.at, fault.deed.name(), fault.whom, fault.length);
    }
    text += &format!("{} thresholds\n", scenario.thresholds.len());
    text
}
