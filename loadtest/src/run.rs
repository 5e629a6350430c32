//! One run of a scenario, from the first sign-in to the last message read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use hdrhistogram::Histogram;
use model::Time;
use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;
use verify::{ClientLog, Report};

use crate::book::Book;
use crate::callers::Callers;
use crate::desk::{Desk, Office, Phase};
use crate::judge::{self, Begins};
use crate::listen::{ByAgent, Listeners};
use crate::nemesis::{self, Done};
use crate::pacer::{self, Sent};
use crate::plan::Plan;
use crate::progress;
use crate::record;
use crate::scenario::{Loaded, Scenario};
use crate::target::{Started, Tenant};
use crate::units::NANOS_PER_SECOND;
use crate::wire::{Breaks, Wire, wall};

/// From the last sign-in to the first contact.
const SETTLE: Duration = Duration::from_millis(500);
/// Agents who are not there by then never come.
const SIGNED_IN_WITHIN: Duration = Duration::from_secs(30);
/// What was withdrawn ends within this time, or never.
const WITHDRAWN_WITHIN: Duration = Duration::from_secs(20);
/// Between two looks at what is still open.
const LOOK_EVERY: Duration = Duration::from_millis(100);
const WITHDRAW_AGAIN_AFTER: Duration = Duration::from_secs(5);
/// How long the generator is tried against nobody before the run.
const SELF_CHECK: Duration = Duration::from_secs(1);
/// A try at higher rates would measure the machine's memory.
const SELF_CHECK_RATE_MAX: u64 = 20_000;

/// What a run is to be.
#[derive(Debug)]
pub struct Wish {
    pub loaded: Loaded,
    pub tenant: Tenant,
    /// Started for this run, so that faults may befall it and nobody else uses it.
    pub cluster: Option<Arc<Mutex<Started>>>,
    pub is_quiet: bool,
    /// The outside checker reads all of the shard's streams.
    pub is_verified: bool,
}

/// What came of it, as it was seen; [`crate::summary`] says what that means.
#[derive(Debug)]
pub struct Played {
    pub book: Arc<Book>,
    pub sent: Sent,
    pub workers: u32,
    /// Of the generator against nobody, at the plan's highest rate.
    pub self_check: Histogram<u64>,
    /// How late the generator's timers were during the run.
    pub stalls: Histogram<u64>,
    pub breaks: u64,
    pub faults: Vec<Done>,
    /// Faults that could not be done, or not mended.
    pub fault_errors: Vec<String>,
    pub began_at: Time,
    pub is_interrupted: bool,
    /// Contacts that somebody had to withdraw so that the run came to its end.
    pub withdrawn: u64,
    /// Acknowledged, and without an end in the durable streams.
    pub lost: Vec<String>,
    pub logs: Vec<ClientLog>,
    pub report: Option<Report>,
}

pub async fn run(wish: Wish) -> Result<Played> {
    let Wish { loaded, tenant, cluster, is_quiet, is_verified } = wish;
    let scenario = Arc::new(loaded.scenario);
    let plan = Plan::new(&scenario);
    let self_check = self_check(&plan, scenario.flows.len()).await?;
    let breaks = Breaks::default();
    let administration = Wire::connect(&tenant.urls, "wissel-load administration", &breaks).await?;
    let run = run_name();
    let names = agent_names(&scenario, &run);
    tenant.enroll(&administration, &scenario, &names, &run).await?;
    let begins = Begins::now(&administration.context).await?;

    let flows = scenario.flows.iter().map(|flow| flow.name.get_ref().clone()).collect();
    let book = Arc::new(Book::new(run.clone(), plan, flows));
    let mut stage = Stage::open(&scenario, &tenant, &book, &breaks, &names).await?;
    stage.wait_signed_in(&scenario, names.len()).await?;
    book.begin_at(Instant::now() + SETTLE);
    let began_at = Time(wall().0 + u64::try_from(SETTLE.as_millis()).unwrap_or_default());

    let faults = befall(&scenario, cluster.as_ref(), &book);
    let progress = tokio::spawn(progress::tell(Arc::clone(&book), is_quiet));
    let (sent, callers, is_interrupted) = send(&scenario, &tenant, &book, &breaks).await?;
    let (faults, fault_errors) = mended(faults, is_interrupted).await;
    if is_interrupted && let Some(cluster) = &cluster {
        // Whoever interrupts at a terminal interrupts these servers too; nothing of theirs is used by anybody else.
        progress.abort();
        drop(stage);
        let _ = cluster.lock().await.stop().await;
        let nothing = Played::new(book, sent, &scenario, self_check, began_at);
        return Ok(Played { faults, fault_errors, is_interrupted, breaks: breaks.count(), ..nothing });
    }
    stage.phase.send_replace(Phase::Finish);
    // Who is interrupted leaves nothing behind in a cluster that others use.
    let limit = if is_interrupted { Duration::ZERO } else { scenario.drain.duration() };
    let withdrawn = drain(&book, &callers, &administration, limit).await;
    progress.abort();
    let (mut logs, stalls) = stage.close().await?;
    logs.push(ClientLog { name: "callers".to_owned(), entries: callers.take_log() });
    if cluster.is_none() {
        tenant.dismiss(&administration, &names, &run).await?;
    }
    judge::read_ends(&administration.context, &tenant, &book, begins).await?;
    let lost = book.open().into_iter().map(|number| book.id(number)).collect();
    let report = match is_verified && !is_interrupted {
        true => Some(verified(cluster.as_ref(), &tenant, &administration, &logs).await?),
        false => None,
    };
    let breaks = breaks.count();
    let played = Played::new(book, sent, &scenario, self_check, began_at);
    Ok(Played {
        stalls,
        breaks,
        faults,
        fault_errors,
        is_interrupted,
        withdrawn,
        lost,
        logs,
        report,
        ..played
    })
}

impl Played {
    /// What is known when the last contact has been sent.
    pub(crate) fn new(
        book: Arc<Book>,
        sent: Sent,
        scenario: &Scenario,
        self_check: Histogram<u64>,
        began_at: Time,
    ) -> Played {
        Played {
            book,
            sent,
            workers: scenario.generator.workers,
            self_check,
            stalls: record::empty(),
            breaks: 0,
            faults: Vec::new(),
            fault_errors: Vec::new(),
            began_at,
            is_interrupted: false,
            withdrawn: 0,
            lost: Vec::new(),
            logs: Vec::new(),
            report: None,
        }
    }
}

/// The desks and everybody who listens.
struct Stage {
    phase: watch::Sender<Phase>,
    desks: JoinSet<ClientLog>,
    listeners: Listeners,
}

impl Stage {
    async fn open(
        scenario: &Scenario,
        tenant: &Tenant,
        book: &Arc<Book>,
        breaks: &Breaks,
        names: &[String],
    ) -> Result<Stage> {
        let wire = Wire::connect(&tenant.urls, "wissel-load agents", breaks).await?;
        let (book, id) = (Arc::clone(book), tenant.id.to_string());
        let office = Office { wire, book: Arc::clone(&book), tenant: id, seed: scenario.seed };
        let mut by_agent = ByAgent::new();
        let mut inboxes = Vec::new();
        for (number, name) in names.iter().enumerate() {
            let (sender, receiver) = mpsc::unbounded_channel();
            by_agent.insert(name.clone(), (number, sender));
            inboxes.push(receiver);
        }
        let listeners = Listeners::start(tenant, &book, breaks, by_agent).await?;
        let (phase, _) = watch::channel(Phase::Work);
        let mut desks = JoinSet::new();
        let groups = scenario.agents.iter().flat_map(|group| {
            let habits = Arc::new(group.clone());
            (0..group.count).map(move |place| (Arc::clone(&habits), place))
        });
        for ((number, inbox), (habits, place)) in inboxes.into_iter().enumerate().zip(groups) {
            let wait = habits.sign_in_within.duration() * place / habits.count.max(1);
            let desk = Desk::new(&office, habits, number, names[number].clone(), wait);
            desks.spawn(desk.work(inbox, phase.subscribe(), listeners.breaks.clone()));
        }
        Ok(Stage { phase, desks, listeners })
    }

    async fn wait_signed_in(&mut self, scenario: &Scenario, count: usize) -> Result<()> {
        let waves = scenario.agents.iter().map(|group| group.sign_in_within.duration());
        let limit = SIGNED_IN_WITHIN + waves.max().unwrap_or_default();
        let all = self.listeners.available.wait_for(|available| *available >= count);
        if matches!(tokio::time::timeout(limit, all).await, Ok(Ok(_))) {
            return Ok(());
        }
        let came = *self.listeners.available.borrow();
        bail!(
            "only {came} of {count} agents are signed in after {limit:?}; does a node own the tenant's shard? `wissel cluster \
             status` says so"
        )
    }

    async fn close(mut self) -> Result<(Vec<ClientLog>, Histogram<u64>)> {
        self.phase.send_replace(Phase::SignOut);
        let mut logs = Vec::new();
        while let Some(log) = self.desks.join_next().await {
            logs.push(log.context("a desk panicked")?);
        }
        logs.sort_by(|one, other| one.name.cmp(&other.name));
        Ok((logs, self.listeners.end().await?))
    }
}

/// Sends the plan, or as much of it as there is time for until somebody ends the run.
async fn send(
    scenario: &Scenario,
    tenant: &Tenant,
    book: &Arc<Book>,
    breaks: &Breaks,
) -> Result<(Sent, Arc<Callers>, bool)> {
    let callers = Arc::new(Callers::new(Arc::clone(book), tenant.id.clone(), scenario));
    let is_ended = Arc::new(AtomicBool::new(false));
    let (workers, late_max) = (scenario.generator.workers, scenario.generator.late_max.duration());
    let runtime = tokio::runtime::Handle::current();
    let mut threads = JoinSet::new();
    for worker in 0..workers {
        let wire = Wire::connect(&tenant.urls, "wissel-load customers", breaks).await?;
        let (callers, runtime, is_ended) = (Arc::clone(&callers), runtime.clone(), Arc::clone(&is_ended));
        threads.spawn_blocking(move || callers.pace((worker, workers), late_max, &wire, &runtime, &is_ended));
    }
    let mut sent = Sent::default();
    let mut is_interrupted = false;
    loop {
        tokio::select! {
            share = threads.join_next() => match share {
                Some(share) => sent = sent.merged(share.context("a worker panicked")?),
                None => return Ok((sent, callers, is_interrupted)),
            },
            _ = tokio::signal::ctrl_c(), if !is_interrupted => {
                is_interrupted = true;
                is_ended.store(true, Ordering::Relaxed);
            }
        }
    }
}

fn befall(
    scenario: &Scenario,
    cluster: Option<&Arc<Mutex<Started>>>,
    book: &Arc<Book>,
) -> JoinSet<Result<Done>> {
    let mut faults = JoinSet::new();
    for fault in &scenario.faults {
        if let Some(cluster) = cluster {
            faults.spawn(nemesis::befall(Arc::clone(cluster), Arc::clone(book), fault.get_ref().clone()));
        }
    }
    faults
}

async fn mended(mut faults: JoinSet<Result<Done>>, is_interrupted: bool) -> (Vec<Done>, Vec<String>) {
    if is_interrupted {
        faults.abort_all();
        return (Vec::new(), Vec::new());
    }
    let (mut done, mut errors) = (Vec::new(), Vec::new());
    while let Some(fault) = faults.join_next().await {
        match fault {
            Ok(Ok(fault)) => done.push(fault),
            Ok(Err(error)) => errors.push(format!("{error:#}")),
            Err(error) => errors.push(error.to_string()),
        }
    }
    done.sort_by_key(|fault| fault.at);
    (done, errors)
}

/// Until everything has ended; what has not by itself is withdrawn, and that many are given back.
async fn drain(book: &Arc<Book>, callers: &Arc<Callers>, wire: &Wire, limit: Duration) -> u64 {
    let begun = Instant::now();
    let mut withdrawn = 0;
    let mut attempt = 0;
    let mut again_at = limit;
    while begun.elapsed() < limit + WITHDRAWN_WITHIN {
        let open = unsettled(book);
        if open.is_empty() {
            break;
        }
        if begun.elapsed() >= again_at {
            if attempt == 0 {
                withdrawn = open.len() as u64;
            }
            for number in open {
                callers.withdraw(number, attempt, wire).await;
            }
            attempt += 1;
            again_at = begun.elapsed() + WITHDRAW_AGAIN_AFTER;
        }
        sleep(LOOK_EVERY).await;
    }
    withdrawn
}

/// Sent, and nobody knows of its end: what may be stored may be open as well.
fn unsettled(book: &Book) -> Vec<usize> {
    (0..book.len())
        .filter(|number| {
            let entry = book.entry(*number);
            entry.sent.is_some() && entry.ended.is_none() && !entry.is_refused && !entry.is_unknown
        })
        .collect()
}

async fn verified(
    cluster: Option<&Arc<Mutex<Started>>>,
    tenant: &Tenant,
    wire: &Wire,
    logs: &[ClientLog],
) -> Result<Report> {
    if let Some(cluster) = cluster {
        cluster.lock().await.stop().await.context("the nodes did not end in good order")?;
    }
    judge::judge(&wire.context, tenant, logs, cluster.is_some()).await
}

/// How late the pacer is where nothing is sent: what the machine is good for at this moment.
async fn self_check(plan: &Plan, flows: usize) -> Result<Histogram<u64>> {
    let rate = plan.peak_per_second(flows).clamp(1, SELF_CHECK_RATE_MAX);
    let instants: Vec<u64> = (0..rate).map(|number| number * NANOS_PER_SECOND / rate).collect();
    let sent = tokio::task::spawn_blocking(move || {
        let numbers: Vec<usize> = (0..instants.len()).collect();
        let begin = Instant::now();
        let is_ended = AtomicBool::new(false);
        pacer::pace((&numbers, &instants), SELF_CHECK, begin, &is_ended, |_| pacer::since(begin))
    })
    .await?;
    let mut lags = record::empty();
    sent.lags.iter().for_each(|(_, lag)| lags.saturating_record((*lag).max(1)));
    Ok(lags)
}

/// Short, and another one for each run: the milliseconds since 1970, in letters and digits.
fn run_name() -> String {
    const DIGITS: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut rest = wall().0;
    let mut name = Vec::new();
    while rest > 0 {
        name.push(DIGITS[(rest % DIGITS.len() as u64) as usize]);
        rest /= DIGITS.len() as u64;
    }
    name.reverse();
    String::from_utf8(name).expect("letters and digits")
}

fn agent_names(scenario: &Scenario, run: &str) -> Vec<String> {
    let groups = scenario.agents.iter();
    groups
        .flat_map(|group| {
            (0..group.count).map(move |number| format!("{run}-{}-{number}", group.name.get_ref()))
        })
        .collect()
}
