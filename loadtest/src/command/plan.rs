//! `wissel-load plan`: what would be sent, without sending it.

use std::fmt::Write as _;

use anyhow::Result;
use clap::Args;

use super::Source;
use crate::plan;
use crate::scenario::Scenario;
use crate::verdict::Exit;

const EXAMPLES: &str = "\
Examples:
  wissel-load plan loadtest/scenarios/short.toml          contacts of each second, and in total
  wissel-load plan loadtest/scenarios/short.toml --all    every contact with its instant, as CSV

Exit codes: 0 printed; 2 the scenario is not sound.";

/// Print what a scenario would send
///
/// The same seed gives the same plan on every machine, for any number of workers.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Plan {
    #[command(flatten)]
    source: Source,
    /// Every contact, not only how many a second
    #[arg(long)]
    all: bool,
}

impl Plan {
    pub fn run(self) -> Result<Exit> {
        let loaded = match self.source.load() {
            Ok(loaded) => loaded,
            Err(exit) => return Ok(exit),
        };
        let plan = plan::Plan::new(&loaded.scenario);
        let text =
            if self.all { contacts(&loaded.scenario, &plan) } else { seconds(&loaded.scenario, &plan) };
        print!("{text}");
        Ok(Exit::Pass)
    }
}

/// One line for each second and one for the total.
pub fn seconds(scenario: &Scenario, plan: &plan::Plan) -> String {
    let names: Vec<&str> = scenario.flows.iter().map(|flow| flow.name.get_ref().as_str()).collect();
    let mut text = format!("second,{},all\n", names.join(","));
    let line = |text: &mut String, label: &str, counts: &[u64]| {
        let each: Vec<String> = counts.iter().map(u64::to_string).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{label},{},{}", each.join(","), counts.iter().sum::<u64>());
    };
    let mut total = vec![0; names.len()];
    for (second, counts) in plan.per_second(names.len()).iter().enumerate() {
        line(&mut text, &second.to_string(), counts);
        total.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
    }
    line(&mut text, "total", &total);
    text
}

fn contacts(scenario: &Scenario, plan: &plan::Plan) -> String {
    let mut text = "number,at_ns,flow,handle_ms,patience_ms\n".to_owned();
    for (number, contact) in plan.contacts.iter().enumerate() {
        let patience = contact.patience.map(|patience| patience.0.to_string()).unwrap_or_default();
        let flow = scenario.flows[contact.flow].name.get_ref();
        let _ = writeln!(text, "{number},{},{flow},{},{patience}", contact.at, contact.handle.0);
    }
    text
}
