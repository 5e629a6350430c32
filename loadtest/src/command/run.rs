//! `wissel-load run`: a scenario against a cluster, measured and judged.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use clap::Args;
use tokio::sync::Mutex;

use super::Source;
use crate::output;
use crate::run::{self, Played, Wish};
use crate::scenario::Loaded;
use crate::summary::{Environment, Summary, summarise};
use crate::target::{Started, Tenant};
use crate::verdict::Exit;
use crate::wire::{Breaks, Wire};

const EXAMPLES: &str = "\
Examples:
  wissel-load run loadtest/scenarios/short.toml --start 1             a server and a node of its own, which end with it
  wissel-load run loadtest/scenarios/failover.toml --start 3          three of each, and its faults befall them
  wissel-load run FILE --servers nats://a:4222,nats://b:4222 --tenant acme
  wissel-load run FILE --start 1 --out results/today --client-logs";

/// Run a scenario against a cluster
///
/// Against one that runs, its agents are put into the tenant's roster for the run and taken out again. With --start the cluster is
/// on this machine and shares its processors with the generator: whether that was too much for it is part of the verdict.
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}\n\n{}", crate::verdict::EXIT_CODES))]
pub struct Run {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    pub place: Place,
    /// Folder for the results, which is created
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Write what each client sent and took, for `wissel verify --client`
    #[arg(long, requires = "out")]
    client_logs: bool,
    /// No progress, and no summary on standard output
    #[arg(long)]
    quiet: bool,
}

/// Where a scenario is played.
#[derive(Debug, Clone, Args)]
pub struct Place {
    /// Servers of a cluster that runs, with commas between them
    #[arg(long, value_delimiter = ',', value_name = "URL", conflicts_with = "start")]
    servers: Vec<String>,
    /// Start so many servers and nodes on this machine for the run: 1 or 3
    #[arg(long, value_name = "COUNT", value_parser = ["1", "3"], required_unless_present = "servers")]
    start: Option<String>,
    /// The tenant; one that is started for the run has it anyway
    #[arg(long, default_value = "load")]
    tenant: String,
    /// Put the scenario's configuration in force, and create the tenant if it is not there; a started cluster gets it anyway
    #[arg(long)]
    apply: bool,
    /// Leave out the outside checker, which reads all of the shard's streams
    #[arg(long)]
    no_verify: bool,
    /// The `wissel` program to start [default: the one beside this program]
    #[arg(long, value_name = "FILE")]
    wissel: Option<PathBuf>,
}

impl Run {
    pub async fn run(self) -> Result<Exit> {
        let loaded = match self.source.load() {
            Ok(loaded) => loaded,
            Err(exit) => return Ok(exit),
        };
        let flows: Vec<String> =
            loaded.scenario.flows.iter().map(|flow| flow.name.get_ref().clone()).collect();
        let (played, summary, record) = match self.place.play(loaded, self.quiet).await? {
            Ok(result) => result,
            Err(exit) => return Ok(exit),
        };
        if let Some(folder) = &self.out {
            let files = output::write(folder, &summary, &record, &flows)?;
            if self.client_logs {
                output::write_clients(folder, &played.logs)?;
            }
            eprintln!("written to {}: {}", folder.display(), files.join(", "));
        }
        if !self.quiet {
            print!("{}", output::markdown(&summary));
        }
        Ok(summary.verdict.exit())
    }
}

/// What a play gives, or why there was none.
pub type Result3 = Result<(Played, Summary, crate::record::Record), Exit>;

impl Place {
    /// Plays it there, and sums it up.
    pub async fn play(&self, loaded: Loaded, is_quiet: bool) -> Result<Result3> {
        if !loaded.scenario.faults.is_empty() && self.start.is_none() {
            eprintln!("wissel-load: faults befall only a cluster that is started for the run: use --start 3");
            return Ok(Err(Exit::Usage));
        }
        let load_average = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let size: Option<usize> = self.start.as_ref().map(|size| size.parse()).transpose()?;
        let cluster = match size {
            Some(size) => {
                let has_links = !loaded.scenario.faults.is_empty();
                if !is_quiet {
                    eprintln!("starting {size} servers and {size} nodes");
                }
                Some(Started::start(size, self.wissel.clone(), has_links).await?)
            }
            None => None,
        };
        let urls = cluster.as_ref().map_or_else(|| self.servers.clone(), Started::urls);
        let server = match Wire::connect(&urls, "wissel-load", &Breaks::default()).await {
            Ok(wire) => wire.context.client().server_info().version,
            Err(error) => return Ok(Err(unreachable(&error))),
        };
        let found = match cluster.is_some() || self.apply {
            true => Tenant::furnish(urls, &self.tenant, &loaded).await,
            false => Tenant::find(urls, &self.tenant).await,
        };
        let tenant = match found {
            Ok(tenant) => tenant,
            Err(error) => return Ok(Err(unreachable(&error))),
        };
        let environment = environment(size.unwrap_or(0), server, &load_average);
        let cluster = cluster.map(|cluster| Arc::new(Mutex::new(cluster)));
        let wish = Wish {
            loaded: loaded.clone(),
            tenant,
            cluster: cluster.clone(),
            is_quiet,
            is_verified: !self.no_verify,
        };
        let played = match run::run(wish).await {
            Ok(played) => played,
            Err(error) => {
                if let Some(cluster) = &cluster {
                    eprintln!("{}", cluster.lock().await.logs());
                }
                return Err(error).context("the run broke off");
            }
        };
        let (summary, record) = summarise(&loaded, &played, environment);
        Ok(Ok((played, summary, record)))
    }
}

fn unreachable(error: &anyhow::Error) -> Exit {
    eprintln!("wissel-load: {error:#}");
    Exit::Unreachable
}

fn environment(started: usize, server: String, load_average: &str) -> Environment {
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    Environment {
        wissel_load: env!("CARGO_PKG_VERSION").to_owned(),
        started,
        server,
        processors: std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
        kernel: kernel.trim().to_owned(),
        load_average: load_average.split(' ').next().unwrap_or_default().to_owned(),
        arguments: std::env::args().skip(1).collect(),
    }
}
