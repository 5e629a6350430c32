//! How long one call keeps a shard busy when everything changes at once: another configuration, a crowd that signs in or out,
//! offering switched on after a take-over.
//!
//! Workload: the world of `decisions` (10,000 agents, 500 requirements on four channels) with 100,000 contacts waiting. Each case
//! is done three times, from the same rows; of each call of `handle` or `fit` the quickest of the three counts. What the
//! scheduler does strikes one of them, what the engine does strikes all.

use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use engine::{Decisions, Engine, FIT_SLICE};
use model::config::{Method, RelaxStep};
use model::input::{AgentAction, InputBody};
use model::overflow::{Bound, Limit, OverflowAction, OverflowRule, Signal, Threshold};
use model::{Input, Millis, Row, RuleName, TenantConfig, Time};
use wissel_benches::bed::{Bed, KEY};
use workload::world::WorldOptions;

/// Measures what keeps a shard busy longest; it takes two minutes and 2 GiB.
#[derive(Debug, Parser)]
struct Options {
    /// Contacts that wait.
    #[arg(long, default_value_t = 100_000)]
    waiting: usize,
    #[arg(long, default_value_t = 10_000)]
    agents: usize,
    /// Only cases whose name contains this.
    #[arg(long, default_value = "")]
    case: String,
}

fn main() {
    let options = Options::parse();
    println!("| case | calls | longest ms | second ms | all together ms |");
    println!("|---|---|---|---|---|");
    for (name, change) in CHANGES {
        if name.contains(&options.case) {
            configuration(&options, name, *change);
        }
    }
    if "sign out".contains(&options.case) {
        crowd(&options);
    }
    if "take-over".contains(&options.case) {
        take_over(&options);
    }
}

type ChangeOf = fn(&mut TenantConfig);

const CHANGES: &[(&str, ChangeOf)] = &[
    ("a wrap-up", |config| config.queues[0].wrap_up = Millis::from_seconds(5)),
    ("a longest wait", |config| config.queues[0].max_wait = Some(Millis(Millis::HOUR.0))),
    ("steps of relaxation", |config| {
        let after = Millis(Millis::HOUR.0);
        config.queues[0].relax = vec![RelaxStep { after, skills: vec![], keep_own: false }];
    }),
    ("a channel's cost", |config| config.channels[1].cost = 25),
    ("a channel's maximum", |config| config.channels[1].max = Some(2)),
    ("every channel's maximum", |config| {
        for channel in &mut config.channels {
            channel.max = Some(2);
        }
    }),
    ("a reserve", |config| config.reserve = Some(10)),
    ("interruptions", |config| config.channels[2].interruptions = Some(2)),
    ("the method", |config| config.queues[0].method = Method::LongestIdle),
    ("an overflow rule", |config| config.overflow = vec![rule(config)]),
    ("estimates and foresight", |config| {
        config.queues[0].estimate = true;
        config.queues[0].foresee = true;
    }),
];

fn rule(config: &TenantConfig) -> OverflowRule {
    let threshold = |bound| {
        let limit = Limit { signal: Signal::Oldest, bound };
        Threshold { limits: vec![limit], lasting: Millis::ZERO }
    };
    OverflowRule {
        name: RuleName::new("raise").expect("a valid name"),
        queue: config.queues[0].name.clone(),
        when: threshold(Bound::AtLeast(Millis::HOUR.0)),
        until: threshold(Bound::AtMost(0)),
        floor: vec![],
        cap: 1,
        action: OverflowAction::Raise(1),
    }
}

fn saturated(options: &Options) -> Bed<Engine> {
    let world = WorldOptions { agents: options.agents, ..WorldOptions::default() };
    let mut bed = Bed::new(Engine::new(KEY), world);
    bed.fill_until_waiting(options.waiting);
    bed
}

/// The change is made, and then each thing that the change set off, until all is settled.
fn configuration(options: &Options, name: &str, change: ChangeOf) {
    let mut bed = saturated(options);
    let mut config = bed.config();
    config.version += 1;
    change(&mut config);
    let input = bed.input(InputBody::ConfigApply { hash: "changed".to_owned(), config: Arc::new(config) });
    let rows: Vec<Row> = bed.router.rows().collect();
    let now = bed.now;
    drop(bed);
    let run = || {
        let mut engine = settled(&rows, now);
        let mut calls = vec![timed(&mut engine, now, input.clone())];
        settle(&mut engine, now, &mut calls);
        calls
    };
    report(&format!("configuration: {name}"), run);
}

fn crowd(options: &Options) {
    let mut bed = saturated(options);
    let actions = [
        ("everybody signs out", AgentAction::SignOut),
        ("everybody signs in", AgentAction::SignIn { aux: None }),
    ];
    for (name, action) in actions {
        let rows: Vec<Row> = bed.router.rows().collect();
        let now = bed.now;
        let inputs: Vec<Input> = (0..options.agents)
            .map(|agent| {
                let body = bed.agent_input(agent, action.clone());
                bed.input(body)
            })
            .collect();
        let run = || {
            let mut engine = settled(&rows, now);
            inputs.iter().map(|input| timed(&mut engine, now, input.clone())).collect()
        };
        report(name, run);
        inputs.into_iter().for_each(|input| bed.decide_input(input));
    }
}

fn take_over(options: &Options) {
    let mut bed = saturated(options);
    bed.decide_input(Input::Offering(false));
    for agent in 0..options.agents {
        for action in [AgentAction::SignOut, AgentAction::SignIn { aux: None }] {
            let body = bed.agent_input(agent, action);
            bed.decide(body);
        }
    }
    let rows: Vec<Row> = bed.router.rows().collect();
    let now = bed.now;
    drop(bed);
    let run = || {
        let mut engine = Engine::from_rows(KEY, rows.iter().cloned());
        let mut calls = vec![timed(&mut engine, now, Input::Offering(true))];
        settle(&mut engine, now, &mut calls);
        calls
    };
    report("take-over: everybody is free", run);
}

fn settled(rows: &[Row], now: Time) -> Engine {
    let mut engine = Engine::from_rows(KEY, rows.iter().cloned());
    let mut calls = vec![timed(&mut engine, now, Input::Offering(true))];
    settle(&mut engine, now, &mut calls);
    engine
}

fn settle(engine: &mut Engine, now: Time, calls: &mut Vec<Duration>) {
    while !engine.is_fitted() {
        let start = Instant::now();
        engine.fit(FIT_SLICE);
        calls.push(start.elapsed());
    }
    while !engine.is_settled() {
        calls.push(timed(engine, now, Input::Offering(true)));
    }
}

fn timed(engine: &mut Engine, now: Time, input: Input) -> Duration {
    let mut decisions = Decisions::default();
    let start = Instant::now();
    engine.handle(now, input, &mut decisions);
    start.elapsed()
}

const RUNS: usize = 3;

fn report(name: &str, run: impl Fn() -> Vec<Duration>) {
    let runs: Vec<Vec<Duration>> = (0..RUNS).map(|_| run()).collect();
    let calls = runs[0].len();
    assert!(runs.iter().all(|run| run.len() == calls), "the same calls are made each time");
    let mut quickest: Vec<Duration> =
        (0..calls).map(|call| runs.iter().map(|run| run[call]).min().unwrap_or_default()).collect();
    let together: Duration = quickest.iter().sum();
    quickest.sort_unstable_by(|one, other| other.cmp(one));
    let ms = |duration: Duration| duration.as_secs_f64() * 1000.0;
    let second = quickest.get(1).copied().unwrap_or_default();
    println!("| {name} | {calls} | {:.2} | {:.2} | {:.1} |", ms(quickest[0]), ms(second), ms(together));
}
