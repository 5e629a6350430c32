//! Hurts a real cluster for as long as one likes, and keeps a record of how it bore it.
//!
//! ```text
//! cargo build --release -p wissel-cli
//! cargo run --release -p wissel-tests --bin chaos -- --runs 10
//! cargo run --release -p wissel-tests --bin chaos -- --report
//! cargo run --release -p wissel-tests --bin chaos -- --measure killed --times 200 --waiting 10000
//! ```

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, anyhow};
use clap::{Parser, ValueEnum};
use wissel_tests::chaos::fault::Fault;
use wissel_tests::chaos::measure::{self, Measured, Way};
use wissel_tests::chaos::record;
use wissel_tests::chaos::run::{self, Options, Outcome};

/// Real faults on real processes, judged by `wissel verify`.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many runs to add to the record
    #[arg(long, default_value_t = 1)]
    runs: u64,
    /// Of the first run; each later one has the next [default: the time]
    #[arg(long)]
    seed: Option<u64>,
    #[arg(long, default_value_t = 3)]
    shards: u16,
    #[arg(long, default_value_t = 3)]
    routers: usize,
    /// Faults of a run
    #[arg(long, default_value_t = 12)]
    faults: usize,
    /// Fire these in this order, instead of some by chance
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    only: Vec<String>,
    /// Contacts a second, of each shard
    #[arg(long, default_value_t = 10)]
    rate: u64,
    /// The load lasts at least so many seconds
    #[arg(long, default_value_t = 75)]
    seconds: u64,
    /// One line of JSON is added to it for each run
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/chaos/record.jsonl"))]
    record: PathBuf,
    /// Where runs are kept that were not sound
    #[arg(long, default_value = "/tmp/wissel-chaos")]
    kept: PathBuf,
    /// Measure what one fault costs, instead of a run; the figures go to `measurements.jsonl` beside the record
    #[arg(long)]
    measure: Option<Measure>,
    /// How often the fault that is measured is fired
    #[arg(long, default_value_t = 20)]
    times: u64,
    /// Contacts that wait in each shard while it is measured
    #[arg(long, default_value_t = 0)]
    waiting: u64,
    /// Print the totals of the record, and run nothing
    #[arg(long)]
    report: bool,
    /// Print the faults there are
    #[arg(long)]
    list: bool,
    #[arg(short = 'o', value_enum, default_value_t)]
    output: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    #[default]
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Measure {
    /// From the kill of an owner to the next one's first commit
    Killed,
    /// From SIGTERM to the next owner's first commit
    HandedOver,
    /// What a router adds to the time without a leader
    Floor,
    /// What reaches anybody from owners that wake from a pause
    Zombies,
    /// Who is punished for eight seconds without a leader
    Absence,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    if arguments.list {
        for fault in Fault::ALL {
            println!("{:<4} {:<30} {}", fault.number(), fault.name(), fault.meaning());
        }
        return Ok(ExitCode::SUCCESS);
    }
    let measurements = arguments.record.with_file_name("measurements.jsonl");
    if arguments.report {
        print!("{}", record::report(&record::read(&arguments.record)?));
        if measurements.exists() {
            print!("\n{}", measure::report(&measurements)?);
        }
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(what) = arguments.measure {
        let measured = take_measure(&arguments, what).await?;
        measured.append(&measurements)?;
        println!("{}", serde_json::to_string(&measured)?);
        return Ok(ExitCode::SUCCESS);
    }
    let first = arguments.seed.unwrap_or_else(|| wissel_tests::centre::wall().0);
    let mut is_sound = true;
    for number in 0..arguments.runs {
        let seed = first + number;
        println!("run {} of {}, seed {seed}", number + 1, arguments.runs);
        // A run that could not be made or judged is told, is not in the record, and keeps no other one from being made.
        match run::run(&options(&arguments, seed)?).await {
            Ok(outcome) => {
                record::append(&arguments.record, &outcome)?;
                show(&outcome, arguments.output)?;
                is_sound &= outcome.is_sound();
            }
            Err(error) => {
                println!("seed {seed}: NOT RUN: {error:#}");
                is_sound = false;
            }
        }
    }
    Ok(if is_sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn take_measure(arguments: &Arguments, what: Measure) -> Result<Measured> {
    let options = measure::Options {
        seed: arguments.seed.unwrap_or(1),
        shards: arguments.shards,
        times: arguments.times,
        waiting: arguments.waiting,
        every: Duration::from_secs(1) / u32::try_from(arguments.rate.max(1))?,
        kept: arguments.kept.clone(),
    };
    match what {
        Measure::Killed => measure::takeover(options, Way::Killed).await,
        Measure::HandedOver => measure::takeover(options, Way::HandedOver).await,
        Measure::Floor => measure::floor(options).await,
        Measure::Zombies => measure::zombies(options).await,
        Measure::Absence => measure::absence(options).await,
    }
}

fn options(arguments: &Arguments, seed: u64) -> Result<Options> {
    let only = arguments.only.iter().map(|name| {
        Fault::named(name).ok_or_else(|| anyhow!("{name} is no fault; --list shows those there are"))
    });
    Ok(Options {
        seed,
        routers: arguments.routers,
        shards: arguments.shards,
        faults: arguments.faults,
        only: only.collect::<Result<_>>()?,
        every: Duration::from_secs(1) / u32::try_from(arguments.rate.max(1))?,
        load_min: Duration::from_secs(arguments.seconds),
        kept: arguments.kept.clone(),
    })
}

fn show(outcome: &Outcome, format: Format) -> Result<()> {
    if format == Format::Json {
        println!("{}", serde_json::to_string(outcome)?);
        return Ok(());
    }
    let verdict = match (outcome.is_sound(), outcome.counts()) {
        (true, true) => "sound",
        (true, false) => "NOT RUN: too few faults, or nothing routed",
        (false, _) => "NOT SOUND",
    };
    println!(
        "seed {}: {verdict}; {} faults, {} contacts, {} inputs, {} offers, {} ownership changes in {} s",
        outcome.seed,
        outcome.faults.len(),
        outcome.contacts,
        outcome.inputs,
        outcome.offers,
        outcome.ownership_changes,
        outcome.lasted_ms / 1_000
    );
    println!(
        "  take-over {}; hand-over {}; {} warnings; unchecked {:?}; refusals {:?}",
        record::spread(outcome.takeovers_ms.iter()),
        record::spread(outcome.handovers_ms.iter()),
        outcome.warnings,
        outcome.unchecked,
        outcome.refusals
    );
    for exit in &outcome.exits {
        println!(
            "  {} ended by itself at {} ms: {}",
            exit.router,
            exit.at_ms.saturating_sub(outcome.began_ms),
            exit.said
        );
    }
    if !outcome.is_sound() {
        for fired in &outcome.faults {
            println!("{}", run::show(fired));
        }
        for finding in &outcome.findings {
            println!("  {finding}");
        }
        println!("  kept: {:?}", outcome.kept);
    }
    Ok(())
}
