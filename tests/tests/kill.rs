//! A node that is killed again and again, under load, loses nothing and says nothing that is not so.
//!
//! A real server that syncs every write, the real program, some hundred inputs a second from producers and desktops
//! over connections of their own. Then the load ends, every contact is brought to its end, and `wissel verify` judges
//! what the streams and the clients' logs say. What only this test checks is that messages to desktops and customers
//! are told again when they were lost in a crash (`centre::listener`).
//!
//! `WISSEL_KILLS` is how often the node is killed at a random moment (5); after each kill it is also started once to
//! crash at one of its own points. `WISSEL_SEED` repeats a run, as far as a run of real processes can be repeated.
//!
//! ```text
//! cargo build --release -p wissel-cli
//! WISSEL_KILLS=100 cargo test --release -p wissel-tests --test kill -- --nocapture
//! ```

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use testkit::{Scratch, wissel_binary};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use verify::Report;
use wissel_tests::centre::callers::{Created, Producer, produce, withdraw};
use wissel_tests::centre::client::Client;
use wissel_tests::centre::desk::{Desk, Order};
use wissel_tests::centre::listener::Listener;
use wissel_tests::centre::router::Router;
use wissel_tests::centre::site::{AGENTS, Site, tenant_name};
use wissel_tests::centre::{Phase, between, wall};
use workload::Rng;

const KILLS: u64 = 5;
/// At 20 contacts a second each: 60 a second, which with what agents do about them makes 250 to 350 inputs.
const PRODUCERS: u64 = 3;
const EVERY: Duration = Duration::from_millis(50);
/// A life between two deaths: long enough for offers to expire and short enough to die while catching up.
const LIFE_MS: (u64, u64) = (200, 2_200);
/// Passes of a point before the crash there; a life has about a hundred records a second.
const PASSES: u64 = 120;
/// In the order of a record's way. The first pass of the last one is in every recovery; the two points that have to do
/// with snapshots lie beyond what a test can write (100,000 records), and are tested in `crates/node`.
const POINTS: [&str; 5] = ["decided", "before_publish", "after_publish", "before_emit", "mid_replay"];

/// After the load contacts have this long to end by themselves, before those that remain are withdrawn.
const DRAIN_BEFORE_WITHDRAWING: Duration = Duration::from_secs(8);
const DRAIN_MAX: Duration = Duration::from_secs(60);
const CLIENTS_END_WITHIN: Duration = Duration::from_secs(60);
/// More than the pause after which confirmed outputs are journaled, and the network's delay of live messages.
const SETTLE: Duration = Duration::from_millis(1_500);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_killed_again_and_again_loses_nothing() {
    let scratch = Scratch::new();
    let kills = number("WISSEL_KILLS").unwrap_or(KILLS);
    let seed = number("WISSEL_SEED").unwrap_or_else(|| wall().0);
    println!("WISSEL_SEED={seed} WISSEL_KILLS={kills}");
    if let Err(error) = run(&scratch, kills, seed).await {
        panic!("with WISSEL_SEED={seed} WISSEL_KILLS={kills}: {error:#}");
    }
}

async fn run(scratch: &Scratch, kills: u64, seed: u64) -> Result<()> {
    let site = Site::open(scratch).await?;
    let listener = Listener::start(&site.url, &tenant_name(0)).await?;
    let mut router = Router::new(scratch, &site.url, &site.server.monitoring_url())?;
    router.start().await?;
    let begun = Instant::now();
    let mut load = Load::start(&site.url, seed).await?;
    let hurt = hurt(&mut router, kills, seed).await;
    hurt.context("while the node was killed")?;
    let load_lasted = begun.elapsed();
    load.phase.send_replace(Phase::Finish);
    load.join_producers().await?;
    drain(&load, &listener, &mut router).await?;
    sleep(SETTLE).await;
    load.phase.send_replace(Phase::Over);
    load.join_desks().await?;
    router.stop().await?;
    let report = verify(scratch, &site.url, &load, &listener)?;
    show(&report, &router, &listener, load_lasted);
    judge(&report, &load, &listener, &router)
}

/// Kills the node, and lets it crash by itself, in turn.
async fn hurt(router: &mut Router<'_>, kills: u64, seed: u64) -> Result<()> {
    let mut rng = Rng::stream(seed, "kills", 0);
    for round in 0..kills {
        sleep(between(&mut rng, LIFE_MS.0, LIFE_MS.1)).await;
        ensure!(!router.is_dead(), "the node ended by itself before kill {round}");
        router.kill().await?;
        let point = POINTS[(round % POINTS.len() as u64) as usize];
        let passes = if point == "mid_replay" { 1 } else { 1 + rng.below(PASSES) };
        router.start_and_crash(&format!("{point}:{passes}")).await?;
        router.start().await?;
    }
    Ok(())
}

/// Waits until every acknowledged contact is heard to have ended; what agents do not finish is withdrawn.
async fn drain(load: &Load, listener: &Listener, router: &mut Router<'_>) -> Result<()> {
    let begun = Instant::now();
    let mut attempt = 0;
    loop {
        sleep(Duration::from_millis(500)).await;
        ensure!(!router.is_dead(), "the node ended by itself while contacts were finished");
        let open = listener.open(load.created.all());
        if open.is_empty() {
            return Ok(());
        }
        if begun.elapsed() > DRAIN_MAX {
            bail!("{} contacts did not end within {DRAIN_MAX:?}, such as {:?}", open.len(), open.first());
        }
        if begun.elapsed() > DRAIN_BEFORE_WITHDRAWING {
            attempt += 1;
            for contact in &open {
                withdraw(&load.withdrawer, &tenant_name(0), contact, attempt).await;
            }
        }
    }
}

struct Load {
    phase: watch::Sender<Phase>,
    /// No order is given here.
    _orders: watch::Sender<Order>,
    created: Created,
    clients: Vec<Client>,
    withdrawer: Client,
    producers: JoinSet<()>,
    desks: JoinSet<()>,
}

impl Load {
    async fn start(url: &str, seed: u64) -> Result<Load> {
        let (phase, _) = watch::channel(Phase::Load);
        let (orders, _) = watch::channel(Order::Work);
        let created = Created::default();
        let withdrawer = Client::connect(url, "withdrawer").await?;
        let mut clients = vec![withdrawer.clone()];
        let mut desks = JoinSet::new();
        for number in 0..AGENTS {
            let (desk, messages) = Desk::open(url, &tenant_name(0), number, seed).await?;
            clients.push(desk.client());
            desks.spawn(desk.work(messages, phase.subscribe(), orders.subscribe()));
        }
        let mut producers = JoinSet::new();
        for name in 0..PRODUCERS {
            let client = Client::connect(url, &format!("producer-{name}")).await?;
            clients.push(client.clone());
            let (tenant, created) = (tenant_name(0), created.clone());
            let producer = Producer { client, tenant, name, every: EVERY, seed, created };
            producers.spawn(produce(producer, phase.subscribe()));
        }
        Ok(Load { phase, _orders: orders, created, clients, withdrawer, producers, desks })
    }

    async fn join_producers(&mut self) -> Result<()> {
        join(&mut self.producers, "producers").await
    }

    async fn join_desks(&mut self) -> Result<()> {
        join(&mut self.desks, "desks").await
    }
}

async fn join(tasks: &mut JoinSet<()>, what: &str) -> Result<()> {
    let all = async {
        while let Some(ended) = tasks.join_next().await {
            ended.with_context(|| format!("one of the {what} panicked"))?;
        }
        Ok(())
    };
    timeout(CLIENTS_END_WITHIN, all).await.with_context(|| format!("the {what} did not end"))?
}

/// The command itself judges, so that it is tested too.
fn verify(scratch: &Scratch, url: &str, load: &Load, listener: &Listener) -> Result<Report> {
    let folder = scratch.join("clients");
    std::fs::create_dir_all(&folder)?;
    for client in load.clients.iter().chain([&listener.client]) {
        client.write(&folder)?;
    }
    let mut command = Command::new(wissel_binary()?);
    command.args(["verify", "--servers", url, "--shard", "0", "--final", "-o", "json"]);
    for path in logs(&folder)? {
        command.arg("--client").arg(path);
    }
    let output = command.output().context("wissel verify cannot be run")?;
    serde_json::from_slice(&output.stdout)
        .with_context(|| format!("wissel verify: {}", String::from_utf8_lossy(&output.stderr)))
}

fn logs(folder: &Path) -> Result<Vec<std::path::PathBuf>> {
    let mut paths: Vec<_> =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    paths.sort();
    Ok(paths)
}

/// The figures of the run.
fn show(report: &Report, router: &Router<'_>, listener: &Listener, lasted: Duration) {
    let inputs = report.counts.inputs;
    println!("{report}");
    println!(
        "  {} deaths in {lasted:.1?} of load, {} inputs a second; recovery {}; silence after a death {}",
        router.deaths.len(),
        inputs * 1000 / (lasted.as_millis() as u64).max(1),
        spread(&router.recoveries[1..]),
        spread(&silences(&router.deaths, &listener.epochs()))
    );
    println!("  {} live messages heard; refusals {:?}", listener.live(), listener.refusals());
}

/// From each death until something of a later epoch was heard; deaths on the way are part of it.
fn silences(deaths: &[Instant], epochs: &[Instant]) -> Vec<Duration> {
    let next = |death: &Instant| epochs.iter().find(|first| *first > death).map(|first| *first - *death);
    deaths.iter().filter_map(next).collect()
}

fn spread(spans: &[Duration]) -> String {
    let mut spans = spans.to_vec();
    spans.sort_unstable();
    match (spans.get(spans.len() / 2), spans.last()) {
        (Some(middle), Some(last)) => format!("p50 {middle:.2?}, max {last:.2?}"),
        _ => "none".to_owned(),
    }
}

fn judge(report: &Report, load: &Load, listener: &Listener, router: &Router<'_>) -> Result<()> {
    ensure!(report.is_sound() && report.warnings == 0, "the checker has findings, see above");
    ensure!(report.is_complete(), "the checker could not judge all, see above");
    let missing = listener.missing();
    let example = missing.first().map_or("", String::as_str);
    ensure!(missing.is_empty(), "{} live messages were not told, such as {example}", missing.len());
    let (counts, created) = (&report.counts, load.created.all().len() as u64);
    let outcomes = counts.contacts_arrived + counts.creates_refused;
    ensure!(created > 0 && created <= outcomes, "{created} contacts acknowledged, {outcomes} answered");
    // Producers send some that must be refused; a run that refuses the others has tested nothing.
    ensure!(
        counts.contacts_arrived > created / 2 && counts.offers > counts.contacts_arrived / 2,
        "only {} of {created} contacts arrived, {} offers were made",
        counts.contacts_arrived,
        counts.offers
    );
    ensure!(
        counts.contacts_closed == counts.contacts_arrived,
        "{} contacts arrived, {} ended",
        counts.contacts_arrived,
        counts.contacts_closed
    );
    ensure!(
        counts.epochs >= router.recoveries.len() as u64,
        "{} owners, but {} epochs",
        router.recoveries.len(),
        counts.epochs
    );
    Ok(())
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text}: give a whole number")))
}
