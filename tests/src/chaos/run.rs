//! One run: a fresh cluster and fresh routers, load, faults, healing, draining, and the judge.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use testkit::{Scratch, wissel_binary};
use tokio::time::{Instant, sleep};
use verify::{Report, Severity};
use workload::Rng;

use super::fault::{self, Fault, Means};
use super::fleet::{Exit, FAKE_CLOCK, Fleet};
use super::load::{Desks, Load};
use super::nemesis::{Fired, World};
use super::servers::{Servers, can_mount};
use super::watcher::Watcher;
use crate::centre::site::furnish;
use crate::centre::wall;

/// Of the faults that are drawn; fewer that were fired are no proof.
pub const FAULTS_MIN: usize = 10;
/// A lost agent is signed out after this time: shorter than a run, longer than a fault.
pub const RECONNECT_WINDOW: &str = "10s";
pub const OWNED_WITHIN: Duration = Duration::from_secs(60);
/// More than the pause after which confirmed outputs are journaled, and the network's delay of live messages.
pub const SETTLE: Duration = Duration::from_millis(2_500);
/// A server that was just healed may cut the judge's reading short, so it reads again.
const READS: usize = 5;
const READ_AGAIN_AFTER: Duration = Duration::from_secs(3);
/// A pause between two records that people would notice.
const OUTAGE_MS: u64 = 1_000;
/// Contacts may come before the first fault and after the last one.
const WARM_UP: Duration = Duration::from_secs(3);
/// So long after a fault was mended the next one may strike while the world still recovers.
const GAP_MS: u64 = 3_000;

#[derive(Debug, Clone)]
pub struct Options {
    pub seed: u64,
    pub routers: usize,
    pub shards: u16,
    pub faults: usize,
    /// Fire these, in this order, and no others.
    pub only: Vec<Fault>,
    /// Between two contacts of one shard.
    pub every: Duration,
    /// The load lasts at least so long, however fast the faults were over.
    pub load_min: Duration,
    /// Where the folder of a run goes that was not sound.
    pub kept: PathBuf,
}

/// What is known of a run afterwards; one line of the record.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outcome {
    pub version: String,
    pub commit: String,
    pub seed: u64,
    pub began_ms: u64,
    pub lasted_ms: u64,
    pub routers: usize,
    pub shards: u16,
    pub faults: Vec<Fired>,
    /// Acknowledged to whoever created them.
    pub contacts: u64,
    pub inputs: u64,
    pub offers: u64,
    pub records: u64,
    pub records_void: u64,
    pub ownership_changes: u64,
    /// From the last record of one owner to the first commit of the next, unless it was told to hand over.
    pub takeovers_ms: Vec<u64>,
    pub handovers_ms: Vec<u64>,
    /// By shard: when nothing landed for a second or longer, from the run's beginning, and how long.
    pub outages: Vec<Vec<(u64, u64)>>,
    /// Refused inputs by reason.
    pub refusals: std::collections::BTreeMap<String, u64>,
    /// Routers that ended without having been told to.
    pub exits: Vec<Exit>,
    pub violations: u64,
    pub warnings: u64,
    /// What the judge could not judge.
    pub unchecked: Vec<String>,
    /// Findings, and whatever else was not as it must be.
    pub findings: Vec<String>,
    /// Where everything that a run without fault would have thrown away is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<PathBuf>,
}

impl Outcome {
    /// Enough happened for its soundness to say something.
    pub fn counts(&self) -> bool {
        self.faults.len() >= FAULTS_MIN && self.contacts > 0 && self.offers > 0
    }

    pub fn is_sound(&self) -> bool {
        self.violations == 0 && self.findings.is_empty()
    }
}

/// An error is a run that could not be made or judged; what the judge found is in the outcome.
pub async fn run(options: &Options) -> Result<Outcome> {
    let scratch = Scratch::new();
    let mut rng = Rng::stream(options.seed, "chaos", 0);
    // Every third run is on small disks: a file system in memory takes the disk's own slowness away.
    let wants_disks = options.only.iter().any(|fault| fault.number() == "F17") || rng.below(3) == 0;
    let has_small_disks = wants_disks && can_mount(&scratch);
    let means =
        Means { routers: options.routers, has_small_disks, has_fake_clock: Path::new(FAKE_CLOCK).exists() };
    let plan = if options.only.is_empty() {
        fault::draw(&mut rng, options.faults, means)
    } else {
        options.only.clone()
    };
    let began_ms = wall().0;
    let mut world = open(&scratch, options, has_small_disks, rng).await?;
    let mut outcome = Outcome::new(options, began_ms);
    let ended = play(&mut world, options, &plan, &mut outcome).await;
    let judged = match ended {
        Ok(()) => judge(&scratch, &world, &mut outcome),
        Err(error) => {
            outcome.findings.push(format!("the run broke off: {error:#}"));
            Ok(())
        }
    };
    outcome.lasted_ms = wall().0 - began_ms;
    outcome.read_journals(&world);
    outcome.exits.clone_from(&world.fleet.lock().await.exits);
    outcome.find_panics(&scratch, options.routers);
    if !outcome.is_sound() || judged.is_err() {
        let name = format!("seed-{}-{}", options.seed, wall().0);
        outcome.kept = Some(keep(&scratch, &world, &options.kept.join(name))?);
    }
    judged?;
    Ok(outcome)
}

async fn open(scratch: &Scratch, options: &Options, has_small_disks: bool, rng: Rng) -> Result<World> {
    let servers = Servers::start(scratch, has_small_disks).await?;
    let url = servers.url();
    furnish(&url, options.shards, servers.cluster.servers.len(), RECONNECT_WINDOW).await?;
    let context = async_nats::jetstream::new(testkit::connect(&url).await?);
    let watchers = (0..options.shards).map(|shard| Watcher::start(context.clone(), shard)).collect();
    let fleet = Fleet::new(scratch, &servers, options.routers, options.shards).await?;
    for router in 0..options.routers {
        fleet.lock().await.start(router)?;
    }
    let load = Load::start(&url, options.shards, options.every, options.seed, Desks::Human).await?;
    Ok(World { servers, fleet, load, watchers, context, url, rng })
}

async fn play(world: &mut World, options: &Options, plan: &[Fault], outcome: &mut Outcome) -> Result<()> {
    for watcher in &world.watchers {
        let owned = watcher.owned_after(0, OWNED_WITHIN).await;
        ensure!(owned.is_some(), "nobody owns shard {} after {OWNED_WITHIN:?}", watcher.shard);
    }
    let begun = Instant::now();
    sleep(WARM_UP).await;
    for fault in plan {
        let fired = world.fire(*fault, outcome.began_ms).await?;
        println!("{}", show(&fired));
        if fired.recovered_ms.is_none() {
            outcome.findings.push(format!("after {} a shard committed nothing any more", fired.fault));
        }
        outcome.faults.push(fired);
        let gap = crate::centre::between(&mut world.rng, 200, GAP_MS);
        sleep(gap).await;
    }
    sleep(options.load_min.saturating_sub(begun.elapsed())).await;
    let ends = world.load.drain(&world.context).await?;
    outcome.refusals = ends.reasons;
    sleep(SETTLE).await;
    world.load.end().await?;
    // What a desk said last is decided too.
    sleep(SETTLE).await;
    world.fleet.stop().await
}

pub fn show(fired: &Fired) -> String {
    let recovered = fired.recovered_ms.map_or("NOT".to_owned(), |recovered_ms| format!("{recovered_ms} ms"));
    let Fired { fault, number, at_ms, lasted_ms, detail, .. } = fired;
    format!(
        "  {at_ms:>7} ms {number:<4} {fault:<30} {lasted_ms:>6} ms, then whole after {recovered:>8}  {detail}"
    )
}

/// The command itself judges, so that it is tested too.
fn judge(scratch: &Scratch, world: &World, outcome: &mut Outcome) -> Result<()> {
    outcome.contacts = world.load.created();
    judge_all(scratch, world, outcome.shards)?.iter().for_each(|report| outcome.add(report));
    Ok(())
}

/// A report on every shard; they are left in the run's folder too.
pub fn judge_all(scratch: &Scratch, world: &World, shards: u16) -> Result<Vec<Report>> {
    (0..shards)
        .map(|shard| {
            let logs = world.load.write_logs(usize::from(shard), &scratch.join("clients"))?;
            let report = verify(&world.url, shard, &logs)?;
            let bytes = serde_json::to_vec_pretty(&report)?;
            std::fs::write(scratch.join(&format!("verify-{shard}.json")), bytes)?;
            Ok(report)
        })
        .collect()
}

/// What `wissel verify` says of a shard that is done, and of what these clients saw of it.
pub fn verify(url: &str, shard: u16, logs: &[PathBuf]) -> Result<Report> {
    let mut command = Command::new(wissel_binary()?);
    command.args([
        "verify",
        "--servers",
        url,
        "--shard",
        &shard.to_string(),
        "--final",
        "--replicas",
        "-o",
        "json",
    ]);
    for path in logs {
        command.arg("--client").arg(path);
    }
    let mut said = String::new();
    for _ in 0..READS {
        let output = command.output().context("wissel verify cannot be run")?;
        if let Ok(report) = serde_json::from_slice(&output.stdout) {
            return Ok(report);
        }
        said = String::from_utf8_lossy(&output.stderr).into_owned();
        std::thread::sleep(READ_AGAIN_AFTER);
    }
    bail!("wissel verify gave no report: {said}")
}

/// The folder with servers' stores, logs of everybody, clients' logs, the journals as JSON and the judge's reports.
/// `nats-server -c` on each store shows the streams again.
pub fn keep(scratch: &Scratch, world: &World, to: &Path) -> Result<PathBuf> {
    for shard in 0..world.watchers.len() {
        // Without the servers there is no journal to be had; their stores are kept all the same.
        let journal = std::fs::File::create(scratch.join(&format!("journal-{shard}.jsonl")))?;
        let mut command = Command::new(wissel_binary()?);
        command.args(["journal", "--servers", &world.url, "--from", "1", "--count", "1000000000"]);
        command.args(["--shard", &shard.to_string()]).stdout(journal);
        command.status().context("wissel journal cannot be run")?;
    }
    std::fs::create_dir_all(to)?;
    // A copy, since small disks go with the run.
    let status = Command::new("cp").arg("-a").arg(scratch.path().join(".")).arg(to).status()?;
    ensure!(status.success(), "the run's folder cannot be copied to {}", to.display());
    Ok(to.to_owned())
}

impl Outcome {
    fn new(options: &Options, began_ms: u64) -> Outcome {
        Outcome {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            commit: commit(),
            seed: options.seed,
            began_ms,
            lasted_ms: 0,
            routers: options.routers,
            shards: options.shards,
            faults: Vec::new(),
            contacts: 0,
            inputs: 0,
            offers: 0,
            records: 0,
            records_void: 0,
            ownership_changes: 0,
            takeovers_ms: Vec::new(),
            handovers_ms: Vec::new(),
            outages: Vec::new(),
            refusals: std::collections::BTreeMap::new(),
            exits: Vec::new(),
            violations: 0,
            warnings: 0,
            unchecked: Vec::new(),
            findings: Vec::new(),
            kept: None,
        }
    }

    fn add(&mut self, report: &Report) {
        let counts = &report.counts;
        self.inputs += counts.inputs;
        self.offers += counts.offers;
        self.records += counts.records;
        self.records_void += counts.records_void;
        self.violations += report.violations.values().sum::<u64>();
        self.warnings += report.warnings;
        let shard = &report.shard;
        self.unchecked
            .extend(report.unchecked.iter().map(|one| format!("{shard}: {} ({})", one.what, one.count)));
        let broken = report.findings.iter().filter(|finding| finding.severity == Severity::Violation);
        self.findings.extend(broken.take(10).map(|finding| format!("{shard}: {finding}")));
        if counts.copies == 0 {
            self.findings.push(format!("{shard}: no server's copy was compared"));
        }
        if counts.offers == 0 {
            self.findings.push(format!("{shard}: nothing was offered"));
        }
    }

    fn read_journals(&mut self, world: &World) {
        for watcher in &world.watchers {
            let journal = watcher.journal();
            self.outages.push(
                journal
                    .outages(self.began_ms, self.began_ms + self.lasted_ms, OUTAGE_MS)
                    .into_iter()
                    .map(|(from, long)| (from - self.began_ms, long))
                    .collect(),
            );
            for pair in journal.ownerships.windows(2) {
                let [_, next] = pair else { continue };
                self.ownership_changes += 1;
                let span = journal.gap_before(next.epoch);
                if next.first_commit_ms > 0 {
                    let spans =
                        if next.is_handed_over { &mut self.handovers_ms } else { &mut self.takeovers_ms };
                    spans.push(span);
                }
            }
        }
    }

    /// A router may be told to crash; it must never do so by itself.
    fn find_panics(&mut self, scratch: &Scratch, routers: usize) {
        for number in 1..=routers {
            let log = std::fs::read(scratch.join(&format!("r{number}.log"))).unwrap_or_default();
            let log = String::from_utf8_lossy(&log);
            let panics = log.lines().filter(|line| line.contains("panicked at"));
            self.findings.extend(panics.map(|line| format!("r{number}: {line}")));
        }
    }
}

/// Of the tree when the command was begun, as far as it can be known.
pub fn commit() -> String {
    static COMMIT: OnceLock<String> = OnceLock::new();
    COMMIT.get_or_init(ask_commit).clone()
}

fn ask_commit() -> String {
    let output = Command::new("git")
        .args(["rev-parse", "--short=12", "HEAD"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.unwrap_or_default()
}
