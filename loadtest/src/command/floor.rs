//! `wissel-load floor`: what the servers alone take for a scenario's messages.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::Source;
use crate::floor::{self, Floor};
use crate::output;
use crate::summary::{Latency, Summary};
use crate::target::{Servers, Tenant};
use crate::threshold::Series;
use crate::units::{NANOS_PER_SECOND, show_nanos};
use crate::verdict::Exit;

const EXAMPLES: &str = "\
Examples:
  wissel-load floor loadtest/scenarios/capacity.toml --start 1
  wissel-load floor loadtest/scenarios/capacity.toml --start 3 --beside results/today    a run of the same scenario, for comparison

Exit codes: 0 measured; 5 the generator fell behind, or not everything came through; 2 the scenario is not sound.";

/// Measure what the servers alone take for the same messages
///
/// A router that decides nothing reads each input, stores it in a journal under the fence and tells it. A run's own latency less this one is what
/// Wissel adds; the rest are the servers, their disks and this machine.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct FloorCommand {
    #[command(flatten)]
    source: Source,
    /// Servers to start: 1 or 3
    #[arg(long, value_name = "COUNT", value_parser = ["1", "3"])]
    start: String,
    /// Results of a run of the same scenario on as many servers
    #[arg(long, value_name = "RESULTS")]
    beside: Option<PathBuf>,
}

impl FloorCommand {
    pub async fn run(self) -> Result<Exit> {
        let loaded = match self.source.load() {
            Ok(loaded) => loaded,
            Err(exit) => return Ok(exit),
        };
        let beside = self.beside.as_deref().map(output::read).transpose()?;
        let size: usize = self.start.parse()?;
        if let Some(run) = &beside
            && (run.scenario != loaded.scenario.name
                || run.seed != loaded.scenario.seed
                || run.environment.started != size)
        {
            eprintln!(
                "wissel-load: that run is of another scenario, another seed or another number of servers"
            );
            return Ok(Exit::Usage);
        }
        let servers = Servers::start(size).await?;
        let tenant = Tenant::place(servers.urls(), "load").await?;
        let floor = floor::floor(&loaded, &tenant).await?;
        let warm_up = loaded.scenario.warm_up.nanos().div_ceil(NANOS_PER_SECOND);
        print!("{}", table(&floor, warm_up, beside.as_ref()));
        let lag = latency(&floor, Series::SendLag, warm_up).p99_ns;
        let is_late = lag > loaded.scenario.generator.send_lag_p99_max.nanos();
        let dropped = floor.sent.dropped.len();
        if floor.untold > 0 || is_late || dropped > 0 {
            println!(
                "\nINVALID: {} not told, {dropped} dropped, send lag p99 {}.",
                floor.untold,
                show_nanos(lag)
            );
            return Ok(Exit::Invalid);
        }
        Ok(Exit::Pass)
    }
}

/// Seconds of the warm-up are left out, as in a run.
fn latency(floor: &Floor, series: Series, from: u64) -> Latency {
    Latency::of(&floor.record.all(|key| key.series == series && key.second >= from))
}

fn table(floor: &Floor, warm_up: u64, beside: Option<&Summary>) -> String {
    let mut text = "| latency | count | p50 | p90 | p99 | max |".to_owned();
    text += if beside.is_some() { " run p50 | run p99 | added at p50 |\n" } else { "\n" };
    text += "|---|--:|--:|--:|--:|--:|";
    text += if beside.is_some() { "--:|--:|--:|\n" } else { "\n" };
    for series in [Series::SendLag, Series::Stored, Series::Service, Series::Response] {
        let Latency { count, p50_ns, p90_ns, p99_ns, max_ns, .. } = latency(floor, series, warm_up);
        let [p50, p90, p99, max] = [p50_ns, p90_ns, p99_ns, max_ns].map(show_nanos);
        text += &format!("| {} | {count} | {p50} | {p90} | {p99} | {max} |", series.name());
        if let Some(run) = beside {
            let run = run.all.latency.get(series.name()).copied().unwrap_or_default();
            let added = run.p50_ns as i128 - i128::from(p50_ns);
            let added =
                format!("{}{}", if added < 0 { "-" } else { "" }, show_nanos(added.unsigned_abs() as u64));
            text += &format!(" {} | {} | {added} |", show_nanos(run.p50_ns), show_nanos(run.p99_ns));
        }
        text.push('\n');
    }
    text
}
