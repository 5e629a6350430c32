//! `wissel simulate`: what a configuration would make of a day, before anybody has to live with it.
//!
//! The file of the day and the tenants' files are read here; the days are played by the crate `simulate`.

use std::fs;
use std::path::{Path, PathBuf};

use ::simulate::{Candidate, Comparison, compare};
use anyhow::{Context, Result, anyhow};
use clap::{Args, ValueEnum};
use model::TenantConfig;
use model::config::CustomerMode;
use protocol::config::{parse, show_first};
use workload::centre::{CentreFile, CentreReport, OFFICE_DAY, OFFICE_TENANT};

use super::simulate_cases::PlayCases;
use crate::arguments::{Done, Format, Misuse, Output};
use crate::print;

const EXAMPLES: &str = "\
Examples:
  wissel simulate                                       a Monday of a town hall with 200 agents on all channels
  wissel simulate --against multichannel --seeds 20     the same days without what channels know of one another
  wissel simulate --against no-overflow --seeds 20 -o json
  wissel simulate --print-day > day.toml; wissel simulate --print-tenant > tenant.toml
  wissel simulate --day day.toml --config tenant.toml --config other.toml --seeds 20
  wissel simulate --cases cases.json --contacts 2000000 -o table
                                                        what queueing theory knows, through the engine

The days are played in virtual time through the engine that routes in the product. A seed is a day: who comes, when, how patient
and how long to handle is the same for all configurations; what customers do besides (they come again, or leave) follows from what
becomes of them. Assumed is that handling takes as long whoever does it, whatever else is in hands, and whatever of the customer's
history is shown. What each figure means: crates/workload/src/figures.rs.

Exit codes: 0 every contact of every day is accounted for, none is stuck, no deadline was missed that could have been met, and no
overflow rule switched more than four times within an hour; 1 otherwise. With --cases: 0 every metric that could be expressed landed
inside its band; 1 otherwise.";

/// Days of a contact centre in virtual time, and configurations side by side
///
/// One day with one configuration prints that day by channels; more of either prints means with confidence intervals, and the
/// differences from the first configuration on the same days.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Simulate {
    /// Describes the day: who comes and who works [default: the town hall that the product carries]
    #[arg(long, value_name = "FILE", requires = "configs")]
    day: Option<PathBuf>,
    /// A tenant's configuration; may stand several times [default: the town hall's]
    #[arg(long = "config", value_name = "FILE")]
    configs: Vec<PathBuf>,
    /// The first configuration with one thing otherwise; may stand several times
    #[arg(long, value_name = "WHAT")]
    against: Vec<Variation>,
    /// How many days
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000))]
    seeds: u64,
    /// The first day's seed; the others follow
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
    /// Share of the arrivals and of the agents that is played
    #[arg(long, default_value_t = 100, value_name = "PERCENT", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    percent: u32,
    /// Print the town hall's day and end
    #[arg(long)]
    print_day: bool,
    /// Print the town hall's configuration and end
    #[arg(long)]
    print_tenant: bool,
    #[command(flatten)]
    cases: PlayCases,
    #[command(flatten)]
    output: Output,
}

/// What is otherwise in a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Variation {
    /// `mode = "omnichannel"`: what is known of customers is known on all channels
    Omnichannel,
    /// `mode = "multichannel"`: each channel knows its own contacts alone
    Multichannel,
    /// No rules of overflow
    NoOverflow,
}

impl Simulate {
    pub fn run(self) -> Result<Done> {
        if self.print_day || self.print_tenant {
            print::text(if self.print_day { OFFICE_DAY } else { OFFICE_TENANT })?;
            return Ok(Done::Well);
        }
        if self.cases.is_asked_for() {
            return self.cases.run(self.seed, self.output.format);
        }
        let file = day(self.day.as_deref())?;
        let candidates = self.candidates()?;
        let days = self.seeds * candidates.len() as u64;
        let seeds: Vec<u64> = (self.seed..).take(usize::try_from(self.seeds)?).collect();
        let mut played = 0;
        let comparison = compare(&file, &candidates, &seeds, self.percent, |candidate, seed| {
            played += 1;
            if days > 1 {
                tracing::info!(seed, configuration = candidate.name, "day {played} of {days}");
            }
        })
        .map_err(|error| Misuse(error.to_string()))?;
        match self.output.format {
            Format::Json => print::json(&comparison)?,
            Format::Text => show(&file, &comparison)?,
        }
        Ok(if comparison.is_well() { Done::Well } else { Done::Wanting })
    }

    fn candidates(&self) -> Result<Vec<Candidate>> {
        let mut candidates: Vec<Candidate> =
            self.configs.iter().map(|path| read_config(path)).collect::<Result<_>>()?;
        if candidates.is_empty() {
            candidates.push(Candidate { name: "town hall".to_owned(), config: read(OFFICE_TENANT)? });
        }
        let first = candidates[0].config.clone();
        candidates.extend(self.against.iter().map(|variation| variation.of(first.clone())));
        Ok(candidates)
    }
}

impl Variation {
    fn of(self, mut config: TenantConfig) -> Candidate {
        let name = match self {
            Variation::Omnichannel => {
                config.customers.mode = CustomerMode::Omnichannel;
                "omnichannel"
            }
            Variation::Multichannel => {
                config.customers.mode = CustomerMode::Multichannel;
                "multichannel"
            }
            Variation::NoOverflow => {
                config.overflow.clear();
                "no overflow"
            }
        };
        Candidate { name: name.to_owned(), config }
    }
}

fn show(file: &CentreFile, comparison: &Comparison) -> Result<()> {
    if let [only] = &comparison.candidates[..]
        && let [day] = &only.days[..]
    {
        let seed = comparison.seeds[0];
        print::text(format!("{}, {}: a day in virtual time, seed {seed}\n\n", only.name, file.about))?;
        print::text(CentreReport(day))?;
        // What the report does not know, such as inputs that were refused.
        let known = day.faults();
        let others = only.faults.iter().filter(|fault| !known.contains(&fault.what));
        return others.into_iter().try_for_each(|fault| print::line(format!("FAULT: {}", fault.what)));
    }
    print::text(comparison)
}

fn day(path: Option<&Path>) -> Result<CentreFile> {
    let text = match path {
        Some(path) => fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?,
        None => OFFICE_DAY.to_owned(),
    };
    let name = path.map_or_else(|| "the town hall's day".to_owned(), |path| path.display().to_string());
    CentreFile::parse(&text).map_err(|error| anyhow!("{name}: {error}"))
}

fn read_config(path: &Path) -> Result<Candidate> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let name = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let config = read(&text).with_context(|| format!("{} is no tenant's configuration", path.display()))?;
    Ok(Candidate { name, config })
}

fn read(text: &str) -> Result<TenantConfig> {
    parse(text).map_err(|wrong| anyhow!("{}", show_first(&wrong, 5)))
}
