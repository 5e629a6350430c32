//! `wissel-load search`: how much more of a scenario a cluster would bear.

use anyhow::Result;
use clap::Args;
use toml::Spanned;
use workload::arrivals::Stretch;

use super::Source;
use super::run::Place;
use crate::scenario::{Loaded, Phase};
use crate::search::{Held, Search};
use crate::summary::{Latency, Summary};
use crate::threshold::Threshold;
use crate::units::{NANOS_PER_SECOND, show_nanos};
use crate::verdict::{Exit, Verdict};

const EXAMPLES: &str = "\
Examples:
  wissel-load search loadtest/scenarios/capacity.toml --start 1 --limit 'wait p99 < 50ms'
  wissel-load search FILE --servers nats://a:4222 --tenant acme --precision 5

Exit codes: 0 a load was found that holds; 3 not even the least one does; 4 an invariant was broken on the way; others as of `run`.";

/// Find the highest load that still holds
///
/// All rates and all agents of the scenario are multiplied: doubled until a threshold is missed, then by what lies in between. Each load is one run;
/// with --start each has a cluster of its own, so that none suffers from what another left behind. The curve of all tries is printed: where it turns up
/// is the knee. When the generator is what could do no more, that is said, and is no limit of the router.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct SearchCommand {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    place: Place,
    /// What must hold, in place of the scenario's thresholds; may stand several times
    #[arg(long = "limit", value_name = "THRESHOLD", value_parser = threshold)]
    limits: Vec<Threshold>,
    /// Ends when what held and what did not lie no further apart
    #[arg(long, default_value_t = 10, value_name = "PERCENT", value_parser = clap::value_parser!(u32).range(1..=100))]
    precision: u32,
    /// Tries at most
    #[arg(long, default_value_t = 16, value_name = "COUNT")]
    tries: u32,
}

/// One load and what came of it.
struct Try {
    factor: f64,
    summary: Summary,
}

impl SearchCommand {
    pub async fn run(self) -> Result<Exit> {
        let mut loaded = match self.source.load() {
            Ok(loaded) => loaded,
            Err(exit) => return Ok(exit),
        };
        if !self.limits.is_empty() {
            let limits = self.limits.iter().map(|limit| Spanned::new(0..0, limit.clone()));
            loaded.scenario.thresholds = limits.collect();
        }
        if loaded.scenario.thresholds.is_empty() {
            eprintln!("wissel-load: nothing says what must hold; name it with --limit");
            return Ok(Exit::Usage);
        }
        let mut search = Search::new(f64::from(self.precision) / 100.0);
        let mut tries: Vec<Try> = Vec::new();
        while let Some(factor) = search.next().filter(|_| (tries.len() as u32) < self.tries) {
            let (_, summary, _) = match self.place.play(multiplied(&loaded, factor), true).await? {
                Ok(result) => result,
                Err(exit) => return Ok(exit),
            };
            let held = match summary.verdict {
                Verdict::Pass => Held::Yes,
                Verdict::Threshold => Held::No,
                Verdict::Invalid => Held::Unknown,
                Verdict::Invariant | Verdict::Interrupted => {
                    eprintln!("wissel-load: {}: {}", summary.verdict.name(), summary.reasons.join("; "));
                    return Ok(summary.verdict.exit());
                }
            };
            eprintln!("{}", line(factor, &summary));
            search.tell(factor, held);
            tries.push(Try { factor, summary });
        }
        print!("{}", curve(&mut tries));
        let Some(found) = search.found() else {
            println!("\nNot even the least load that was tried holds.");
            return Ok(Exit::Threshold);
        };
        let rate = tries.iter().find(|one| one.factor == found).map_or(0.0, |one| rate(&one.summary));
        let least = if search.is_lower_bound() { "at least " } else { "" };
        println!("\nIt bears {least}{rate:.0} contacts a second, {found:.2} times the scenario.");
        if search.is_lower_bound() {
            println!("More could not be tried: the generator fell behind, or there were no more tries.");
        }
        Ok(Exit::Pass)
    }
}

fn threshold(text: &str) -> Result<Threshold, String> {
    Threshold::try_from(text.to_owned())
}

/// So many times the contacts, and as many times the agents, so that it is the router that is asked for more.
fn multiplied(loaded: &Loaded, factor: f64) -> Loaded {
    let mut loaded = loaded.clone();
    for flow in &mut loaded.scenario.flows {
        for Phase(stretch) in &mut flow.phases {
            *stretch = Stretch { from: stretch.from * factor, to: stretch.to * factor, ..*stretch };
        }
    }
    for group in &mut loaded.scenario.agents {
        group.count = (f64::from(group.count) * factor).ceil().max(1.0) as u32;
    }
    loaded
}

/// Contacts a second, over what was measured.
fn rate(summary: &Summary) -> f64 {
    let planned = summary.seconds.iter().rposition(|second| second.planned > 0).map_or(0, |last| last + 1);
    let seconds = planned as f64 - summary.warm_up_s;
    if seconds > 0.0 { summary.all.planned as f64 / seconds } else { 0.0 }
}

/// By load, so that it can be read as a curve.
fn curve(tries: &mut [Try]) -> String {
    tries.sort_by(|one, other| one.factor.total_cmp(&other.factor));
    let head = "| load | contacts/s | wait p50 | wait p99 | stored p99 | waited | verdict |\n|--:|--:|--:|--:|--:|--:|---|\n";
    let lines: Vec<String> = tries.iter().map(|one| line(one.factor, &one.summary)).collect();
    format!("{head}{}\n", lines.join("\n"))
}

fn line(factor: f64, summary: &Summary) -> String {
    let latency = |series: &str, read: fn(&Latency) -> u64| {
        summary
            .all
            .latency
            .get(series)
            .map_or("-".to_owned(), |latency| show_nanos(read(latency).min(3_600 * NANOS_PER_SECOND)))
    };
    let queued = 100.0 * summary.all.queued as f64 / summary.all.stored.max(1) as f64;
    format!(
        "| {factor:.2} | {:.0} | {} | {} | {} | {queued:.1} % | {} |",
        rate(summary),
        latency("wait", |latency| latency.p50_ns),
        latency("wait", |latency| latency.p99_ns),
        latency("stored", |latency| latency.p99_ns),
        match summary.verdict {
            Verdict::Pass => "holds".to_owned(),
            Verdict::Threshold | Verdict::Invalid | Verdict::Invariant | Verdict::Interrupted => {
                format!("{}: {}", summary.verdict.name(), summary.reasons.join("; "))
            }
        }
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Plan;

    #[test]
    fn a_load_is_multiplied_with_its_agents() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/short.toml");
        let loaded = crate::scenario::load(&path).expect("the scenario");
        let (half, twice) = (multiplied(&loaded, 0.5), multiplied(&loaded, 2.0));
        let count = |loaded: &Loaded| Plan::new(&loaded.scenario).contacts.len() as f64;
        assert!((count(&twice) / count(&half) - 4.0).abs() < 0.5);
        assert_eq!(twice.scenario.agent_count(), 4 * half.scenario.agent_count());
    }
}
