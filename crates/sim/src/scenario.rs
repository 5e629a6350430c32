//! A seed's world: how many servers, processes, agents and contacts, what they are like, and what will go wrong.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::agent::AgentChannel;
use model::calendar::{CalendarConfig, OpenRange};
use model::config::{
    ChannelConfig, ChannelKind, CustomerMode, CustomersConfig, Method, QueueConfig, RelaxStep, RonaConfig,
    ScheduleConfig, SiteNeed, SkillDemand, TenantConfig,
};
use model::contact::{ContactUpdate, Window};
use model::hand::Taking;
use model::id::RuleName;
use model::id::{
    AgentId, AuxReason, CalendarId, ChannelId, ContactId, CustomerRef, MatterRef, QueueId, SiteId, SkillId,
};
use model::overflow::{Bound, Floor, Lent, Limit, OverflowAction, OverflowRule, Proposal, Signal, Threshold};
use model::rule::{Among, Condition, Decimal, Rule, Test, When};
use model::{AgentKind, AgentSpec, ContactBody, Level, Millis, TenantId, Time};
use workload::Rng;

use crate::client::handling::with_handling;
use crate::client::quiet::{silent_at_times, with_quiet};
use crate::client::ratios::with_ratios;
use crate::client::throttle::with_throttles;
use crate::fault::{self, Fault};

/// When a run begins by the servers' clocks: sessions are times, and a day-old input must have had a day before.
/// The minute ends, and with it opening hours, 15 s later.
pub const EPOCH: Time = Time(1_772_000_025_000);
pub const TENANT: &str = "acme";
/// The contact that crashes its reader.
pub const POISONED: &str = "poisoned";
const SKILLS: [&str; 3] = ["sales", "support", "dutch"];
const CALENDARS: [&str; 2] = ["early", "late"];
pub const QUEUES: [&str; 3] = ["sales", "support", "mail"];
const SITES: [&str; 3] = ["north", "south", "west"];

#[derive(Debug, Clone)]
pub struct Scenario {
    pub seed: u64,
    pub replicas: u8,
    pub processes: usize,
    pub config: TenantConfig,
    pub roster: Vec<AgentSpec>,
    pub contacts: Vec<Planned>,
    pub faults: Vec<(u64, Fault)>,
    /// Records after which a snapshot is taken.
    pub snapshot_after: u64,
    /// How long a silent owner is waited for.
    pub patience: u64,
    /// All faults end here.
    pub heal_at: u64,
    /// A second version of the configuration is applied then.
    pub reconfigured_at: Option<u64>,
}

/// A contact and what its producer does wrong.
#[derive(Debug, Clone)]
pub struct Planned {
    pub at: u64,
    pub body: Arc<ContactBody>,
    /// The customer gives up waiting after this long.
    pub patience: u64,
    /// How long an agent has it.
    pub handle: u64,
    /// What is said of it so much later.
    pub update: Option<(u64, Arc<ContactUpdate>)>,
    /// To a proposal; nothing for customers who leave it unanswered.
    pub answer: Option<bool>,
    /// When after its coming its customer falls silent, or writes.
    pub silences: Arc<Vec<(u64, bool)>>,
    pub quirk: Quirk,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quirk {
    None,
    /// The same once more, under another message id, this much later.
    Repeated(u64),
    /// The end is sent before the beginning.
    EndFirst,
    /// Another body under the same id.
    Reused,
    /// Sent a day before it is stored.
    DayOld,
    /// Nothing that anybody could read.
    Malformed,
    /// A queue that does not exist.
    UnknownQueue,
    /// Names another tenant than its subject.
    Foreign,
}

impl Scenario {
    pub fn draw(seed: u64) -> Scenario {
        let mut rng = Rng::stream(seed, "scenario", 0);
        let agents = 3 + rng.below(5);
        let contacts = 12 + rng.below(25);
        let load_until = 12_000 + rng.below(10_000);
        let heal_at = load_until + 6_000;
        // Drawn apart, so that a seed's world is else what it would be without them.
        let mut windows = Rng::stream(seed, "windows", 0);
        let mut estimates = Rng::stream(seed, "estimates", 0);
        let mut proposals = Rng::stream(seed, "proposals", 0);
        let mut sites = Rng::stream(seed, "sites", 0);
        let mut bars = Rng::stream(seed, "bars", 0);
        let mut interruptions = Rng::stream(seed, "interruptions", 0);
        let mut work = Rng::stream(seed, "work", 0);
        let mut preferences = Rng::stream(seed, "preferences", 0);
        let mut taking = Rng::stream(seed, "taking", 0);
        let mut quiet = Rng::stream(seed, "quiet", 0);
        let mut bound = Rng::stream(seed, "bound", 0);
        let mut bots = Rng::stream(seed, "bots", 0);
        let mut handling = Rng::stream(seed, "handling", 0);
        let mut throttles = Rng::stream(seed, "throttles", 0);
        let mut ratios = Rng::stream(seed, "ratios", 0);
        let faults = fault::draw(&mut Rng::stream(seed, "faults", 0), 2_500, load_until + 3_000);
        Scenario {
            seed,
            replicas: if rng.below(2) == 0 { 1 } else { 3 },
            processes: 2 + rng.below(2) as usize,
            config: with_handling(
                with_quiet(
                    with_taking(
                        with_preferences(
                            with_work(
                                with_interruptions(
                                    with_bound(
                                        with_bars(
                                            with_sites(with_proposals(
                                                with_estimates(
                                                    with_ratios(
                                                        with_schedules(
                                                            with_throttles(
                                                                config(1, &mut rng),
                                                                &mut throttles,
                                                            ),
                                                            &mut windows,
                                                        ),
                                                        &mut ratios,
                                                    ),
                                                    &mut estimates,
                                                ),
                                                &mut proposals,
                                            )),
                                            &mut bars,
                                        ),
                                        &mut bound,
                                    ),
                                    &mut interruptions,
                                ),
                                &mut work,
                            ),
                            &mut preferences,
                        ),
                        &mut taking,
                    ),
                    &mut quiet,
                ),
                &mut handling,
            ),
            roster: (0..agents)
                .map(|agent| with_reserve(at_site(spec(agent, &mut rng), &mut sites), &mut bars))
                .map(|spec| perhaps_a_bot(spec, &mut bots))
                .collect(),
            contacts: (0..contacts)
                .map(|contact| planned(contact, load_until, agents, &mut rng))
                .map(|planned| for_site(with_window(planned, &mut windows), &mut sites))
                .map(|planned| reachable(planned, &mut proposals))
                .map(|planned| silent_at_times(planned, &mut quiet))
                .map(|planned| perhaps_for_a_person(planned, &mut bots))
                .collect(),
            faults,
            snapshot_after: 15 + rng.below(60),
            patience: 1_200 + rng.below(2_000),
            heal_at,
            reconfigured_at: (rng.below(5) == 0).then(|| 3_000 + rng.below(load_until)),
        }
    }

    pub fn second_config(&self) -> TenantConfig {
        let config = config(2, &mut Rng::stream(self.seed, "second configuration", 0));
        let config = with_schedules(config, &mut Rng::stream(self.seed, "second windows", 0));
        let config = with_estimates(config, &mut Rng::stream(self.seed, "second estimates", 0));
        let config = with_sites(with_proposals(config, &mut Rng::stream(self.seed, "second proposals", 0)));
        let config = with_bars(config, &mut Rng::stream(self.seed, "second bars", 0));
        let config = with_interruptions(config, &mut Rng::stream(self.seed, "second interruptions", 0));
        let config = with_bound(config, &mut Rng::stream(self.seed, "second bound", 0));
        let config = with_work(config, &mut Rng::stream(self.seed, "second work", 0));
        let config = with_preferences(config, &mut Rng::stream(self.seed, "second preferences", 0));
        let config = with_handling(config, &mut Rng::stream(self.seed, "second handling", 0));
        let config = with_throttles(config, &mut Rng::stream(self.seed, "second throttles", 0));
        let config = with_ratios(config, &mut Rng::stream(self.seed, "second ratios", 0));
        with_quiet(config, &mut Rng::stream(self.seed, "second quiet", 0))
    }
}

pub fn tenant() -> TenantId {
    known(TENANT, TenantId::new)
}

/// A name that this crate chose.
pub fn known<T>(name: &str, id: impl Fn(&str) -> Result<T, model::IdError>) -> T {
    id(name).expect("names of the simulator are ids")
}

fn config(version: u64, rng: &mut Rng) -> TenantConfig {
    let channel = |name: &str, kind, cost, max| ChannelConfig {
        name: known(name, ChannelId::new),
        kind,
        cost,
        max,
        companion: false,
        steering: 0,
        site: SiteNeed::Optional,
        beside: None,
        interruptions: None,
        bound_for: None,
        quiet: None,
    };
    let reason = |name: &str| known(name, AuxReason::new);
    TenantConfig {
        version,
        channels: vec![
            channel("voice", ChannelKind::Live, 100, Some(1)),
            channel("chat", ChannelKind::Live, 40, Some(2)),
            channel("email", ChannelKind::Indirect, 50, None),
        ],
        skills: SKILLS.map(|skill| known(skill, SkillId::new)).to_vec(),
        sites: Vec::new(),
        reserve: None,
        queues: QUEUES.map(|name| queue(name, rng)).to_vec(),
        aux_reasons: vec![reason("break"), reason("no_answer")],
        rona: RonaConfig { retries: rng.below(3) as u8, aux: reason("no_answer") },
        reconnect_window: Millis::from_seconds(2 + rng.below(8)),
        slow_start: None,
        ration: None,
        customers: customers(rng),
        default_queue: (rng.below(4) > 0).then(|| known("mail", QueueId::new)),
        rules: if rng.below(3) > 0 { rules(rng) } else { Vec::new() },
        calendars: CALENDARS.map(calendar).to_vec(),
        overflow: if rng.below(3) > 0 { overflow(rng) } else { Vec::new() },
        ratios: Vec::new(),
    }
}

/// A run has half a dozen looks, so a backlog of a few seconds turns rules on.
fn overflow(rng: &mut Rng) -> Vec<OverflowRule> {
    let queue = |name: &str| known(name, QueueId::new);
    let limit = |signal, bound| Limit { signal, bound };
    let mut rules = Vec::new();
    for name in ["lend", "raise", "move"] {
        let watched = ["sales", "support"][rng.below(2) as usize];
        let when = if rng.below(2) == 0 {
            limit(Signal::Waiting, Bound::AtLeast(1 + rng.below(3)))
        } else {
            limit(Signal::Eligible, Bound::AtMost(2 + rng.below(3)))
        };
        let floor = Floor { queue: queue("mail"), limit: limit(Signal::ServiceLevel, Bound::AtLeast(50)) };
        let lent = Lent { skills: Vec::new(), keep_own: rng.below(2) == 0 };
        rules.push(OverflowRule {
            name: known(name, RuleName::new),
            queue: queue(watched),
            when: Threshold { limits: vec![when], lasting: Millis::from_seconds(5 * rng.below(2)) },
            until: Threshold {
                limits: vec![limit(Signal::Oldest, Bound::AtMost(500))],
                lasting: Millis::from_seconds(5 * rng.below(2)),
            },
            floor: if rng.below(3) == 0 { vec![floor] } else { Vec::new() },
            cap: 1 + rng.below(3) as u16,
            action: match name {
                "lend" => OverflowAction::Lend(lent),
                "raise" => OverflowAction::Raise(1 + rng.below(5) as i32),
                _ => OverflowAction::Move(queue("mail")),
            },
        });
    }
    rules
}

fn customers(rng: &mut Rng) -> CustomersConfig {
    CustomersConfig {
        mode: CustomerMode::ALL[rng.below(2) as usize],
        remember: Millis::from_seconds(rng.below(60)),
        remember_max: 5 + rng.below(100) as u32,
        last_agent_within: Millis::from_seconds(rng.below(60)),
        together_patience: Millis::from_seconds(rng.below(5)),
    }
}

fn queue(name: &str, rng: &mut Rng) -> QueueConfig {
    let calendar = (rng.below(2) == 0).then(|| some_calendar(rng));
    QueueConfig {
        skills: if name == "mail" { Vec::new() } else { vec![demand(name, 1)] },
        method: Method::ALL[rng.below(Method::ALL.len() as u64) as usize],
        points: rng.below(3) as i32,
        ageing_per_minute: 1 + rng.below(3) as u32,
        due_in: Millis::from_seconds(60),
        offer_timeout: Millis::from_seconds(3 + rng.below(4)),
        auto_accept: name == "mail" && rng.below(2) == 0,
        wrap_up: Millis(rng.below(3) * 1_000),
        preferred_patience: Millis::from_seconds(rng.below(4)),
        retry_same_agent_after: Millis::from_seconds(1 + rng.below(5)),
        relax: if rng.below(2) == 0 { vec![relaxation(rng)] } else { Vec::new() },
        room: (rng.below(3) == 0).then(|| 2 + rng.below(6) as u32),
        max_wait: (rng.below(3) == 0).then(|| Millis::from_seconds(2 + rng.below(10))),
        exit_to: (name != "mail" && rng.below(2) == 0).then(|| known("mail", QueueId::new)),
        due_business_days: calendar.as_ref().filter(|_| rng.below(3) == 0).map(|_| 1 + rng.below(2) as u16),
        calendar,
        hours: (rng.below(3) == 0).then(|| some_calendar(rng)),
        pressure: (rng.below(3) > 0).then(|| Millis::from_seconds(40 + rng.below(20))),
        ..QueueConfig::new(known(name, QueueId::new))
    }
}

/// Opens, or closes, 15 s after the begin.
fn calendar(name: &str) -> CalendarConfig {
    // 06:14 in universal time.
    let minute = 11 * 60 + 59;
    let open = match name {
        "late" => OpenRange { from: minute, to: 18 * 60 },
        _ => OpenRange { from: 8 * 60, to: minute },
    };
    CalendarConfig {
        name: known(name, CalendarId::new),
        zone: "Asia/Kathmandu".to_owned(),
        week: std::array::from_fn(|_| vec![open]),
        special: Vec::new(),
    }
}

fn some_calendar(rng: &mut Rng) -> CalendarId {
    known(CALENDARS[rng.below(2) as usize], CalendarId::new)
}

/// Contacts have a tier, a rule or two look at it, and updates change it.
fn rules(rng: &mut Rng) -> Vec<Rule> {
    let rule = |name: &str, when, queue: Option<&str>| Rule {
        name: known(name, RuleName::new),
        when,
        queue: queue.map(|queue| known(queue, QueueId::new)),
        points: 0,
        skills: Vec::new(),
        person: false,
    };
    let tier = |test| Condition::Attribute { name: "tier".to_owned(), test };
    let least = Decimal::parse("2.5").expect("a number");
    let high = When::All(vec![tier(Test::AtLeast(least)), Condition::QueueNamed(rng.below(2) == 0)]);
    let silver = When::Any(vec![
        tier(Test::Among(Among { not: false, names: vec!["1".to_owned(), "2".to_owned()] })),
        Condition::Channel(Among { not: false, names: vec![known("chat", ChannelId::new)] }),
    ]);
    let high = Rule { points: 1 + rng.below(3) as i32, ..rule("high", high, Some("support")) };
    let skills = if rng.below(2) == 0 { vec![demand("dutch", 1)] } else { Vec::new() };
    let person = rng.below(3) == 0;
    vec![high, Rule { skills, points: 1, person, ..rule("silver", silver, None) }]
}

fn tier(rng: &mut Rng) -> BTreeMap<String, String> {
    [("tier".to_owned(), rng.below(5).to_string())].into()
}

fn update(rng: &mut Rng) -> ContactUpdate {
    let tier = (rng.below(4) > 0).then(|| rng.below(5).to_string());
    let person = rng.below(4) == 0;
    ContactUpdate { customer: None, person, attributes: [("tier".to_owned(), tier)].into() }
}

fn relaxation(rng: &mut Rng) -> RelaxStep {
    RelaxStep { after: Millis(500 + rng.below(5_000)), skills: Vec::new(), keep_own: rng.below(2) == 0 }
}

fn spec(number: u64, rng: &mut Rng) -> AgentSpec {
    let channels = ["voice", "chat", "email"].into_iter().filter(|name| *name == "voice" || rng.below(3) > 0);
    let channels: Vec<&str> = channels.collect();
    let skills = SKILLS.iter().filter(|_| rng.below(4) > 0).collect::<Vec<_>>();
    AgentSpec {
        agent: known(&format!("agent-{number}"), AgentId::new),
        skills: skills.into_iter().map(|skill| demand(skill, 1 + rng.below(5) as u8)).collect(),
        channels: channels
            .into_iter()
            .map(|name| AgentChannel { channel: known(name, ChannelId::new), max: None })
            .collect(),
        kind: AgentKind::Person,
        capacity: 100,
        rank: rng.below(4) as u32,
        site: None,
        reserve: None,
    }
}

fn planned(number: u64, until: u64, agents: u64, rng: &mut Rng) -> Planned {
    let queue = QUEUES[rng.below(3) as usize];
    let channel = if queue == "mail" { "email" } else { ["voice", "chat"][rng.below(2) as usize] };
    let agent = |rng: &mut Rng| known(&format!("agent-{}", rng.below(agents)), AgentId::new);
    let body = ContactBody {
        contact: known(&format!("c{number}"), ContactId::new),
        channel: known(channel, ChannelId::new),
        queue: (rng.below(4) > 0).then(|| known(queue, QueueId::new)),
        customer: (rng.below(3) > 0).then(|| known(&format!("customer-{}", rng.below(8)), CustomerRef::new)),
        matter: (rng.below(2) == 0).then(|| known(&format!("matter-{}", rng.below(2)), MatterRef::new)),
        skills: if rng.below(5) == 0 { vec![demand("dutch", 1 + rng.below(3) as u8)] } else { Vec::new() },
        site: None,
        points: rng.below(5) as i32,
        due_at: None,
        arrived_at: None,
        preferred_agent: (rng.below(5) == 0).then(|| agent(rng)),
        preferred_patience: None,
        excluded_agents: if rng.below(8) == 0 { vec![agent(rng)] } else { Vec::new() },
        attributes: if rng.below(3) == 0 { tier(rng) } else { Default::default() },
        window: None,
        reachable: Vec::new(),
        traceparent: None,
        person: false,
        classified: None,
        consult: None,
    };
    let quirk = match rng.below(40) {
        0..4 => Quirk::Repeated(rng.below(8_000)),
        4 => Quirk::EndFirst,
        5 => Quirk::Reused,
        6 => Quirk::DayOld,
        7 => Quirk::Malformed,
        8 => Quirk::UnknownQueue,
        9 => Quirk::Foreign,
        _ => Quirk::None,
    };
    Planned {
        at: 800 + rng.below(until),
        body: Arc::new(body),
        patience: 3_000 + rng.below(15_000),
        handle: 300 + rng.below(4_000),
        answer: None,
        silences: Arc::default(),
        update: (rng.below(3) == 0).then(|| (rng.below(6_000), Arc::new(update(rng)))),
        quirk,
    }
}

fn with_schedules(mut config: TenantConfig, rng: &mut Rng) -> TenantConfig {
    for queue in &mut config.queues {
        queue.schedule = ScheduleConfig {
            release: 1 + rng.below(3) as u32,
            retries: rng.below(3) as u8,
            retry_after: Millis(1_000 + rng.below(3_000)),
        };
    }
    config
}

/// Those who wait are told what to expect, and here and there a rule looks at that.
fn with_estimates(mut config: TenantConfig, rng: &mut Rng) -> TenantConfig {
    for queue in &mut config.queues {
        queue.estimate = rng.below(3) > 0;
    }
    for rule in &mut config.overflow {
        if rng.below(3) == 0 {
            let bound = Bound::AtMost(100 * rng.below(20));
            rule.until.limits = vec![Limit { signal: Signal::EwtP50, bound }];
        }
    }
    config
}

/// Here and there a rule goes by who is free, or by the hours of work that wait, and deadlines are looked after.
fn with_work(mut config: TenantConfig, rng: &mut Rng) -> TenantConfig {
    for queue in &mut config.queues {
        queue.foresee = rng.below(2) == 0;
        if queue.foresee {
            queue.due_in = Millis::from_seconds(1 + rng.below(20));
        }
    }
    for rule in &mut config.overflow {
        let channel = known(["chat", "email"][rng.below(2) as usize], ChannelId::new);
        let (signal, bound) = match rng.below(5) {
            2 => (Signal::Late, Bound::AtLeast(1)),
            0 => (Signal::Backlog, Bound::AtLeast(1 + 500 * rng.below(4))),
            1 => (Signal::Free { channel }, Bound::AtMost(rng.below(2))),
            _ => continue,
        };
        rule.when.limits = vec![Limit { signal, bound }];
    }
    config
}

fn perhaps_a_bot(mut spec: AgentSpec, rng: &mut Rng) -> AgentSpec {
    if rng.below(3) == 0 {
        spec.kind = AgentKind::Bot;
    }
    spec
}

fn perhaps_for_a_person(mut planned: Planned, rng: &mut Rng) -> Planned {
    Arc::make_mut(&mut planned.body).person = rng.below(6) == 0;
    planned
}

/// Some queues would rather have whoever can do more than they ask for, and a few are for people alone.
fn with_preferences(mut config: TenantConfig, rng: &mut Rng) -> TenantConfig {
    for queue in &mut config.queues {
        let number = [0, 0, 1, 2, 3][rng.below(5) as usize];
        queue.person = rng.below(6) == 0;
        queue.prefer = SKILLS[..number].iter().map(|skill| demand(skill, 1 + rng.below(4) as u8)).collect();
    }
    config
}

/// Agents take what waits in some queues, and in others may.
fn with_taking(mut config: TenantConfig, rng: &mut Rng) -> TenantConfig {
    for queue in &mut config.queues {
        queue.taking =
            [Taking::Offered, Taking::Offered, Taking::Both, Taking::Pulled][rng.below(4) as usize];
    }
    config
}

/// Who waits for a voice or in a chat may be asked to write, or to chat.
fn with_proposals(mut config: TenantConfig, rng: &mut Rng) -> TenantConfig {
    for channel in &mut config.channels {
        channel.steering = rng.below(3) as u32;
    }
    if rng.below(4) > 0 {
        let limit = |bound| Limit { signal: Signal::Waiting, bound };
        let threshold = |bound| Threshold { limits: vec![limit(bound)], lasting: Millis::ZERO };
        config.overflow.push(OverflowRule {
            name: known("propose", RuleName::new),
            queue: known(["sales", "support"][rng.below(2) as usize], QueueId::new),
            when: threshold(Bound::AtLeast(1)),
            until: threshold(Bound::AtMost(0)),
            floor: Vec::new(),
            cap: 1 + rng.below(5) as u16,
            action: OverflowAction::Propose(Proposal {
                channels: ["email", "chat"].map(|channel| known(channel, ChannelId::new)).to_vec(),
                queue: known(QUEUES[rng.below(3) as usize], QueueId::new),
                timeout: Millis(1_000 + rng.below(5_000)),
            }),
        });
    }
    config
}

fn reachable(mut planned: Planned, rng: &mut Rng) -> Planned {
    let channels: &[&str] =
        [&["email", "chat"][..], &["chat", "email"], &["email"], &[]][rng.below(4) as usize];
    Arc::make_mut(&mut planned.body).reachable =
        channels.iter().map(|channel| known(channel, ChannelId::new)).collect();
    planned.answer = [Some(true), Some(true), Some(false), None][rng.below(4) as usize];
    planned
}

fn with_sites(mut config: TenantConfig) -> TenantConfig {
    config.sites = SITES.map(|site| known(site, SiteId::new)).to_vec();
    config
}

/// Always a reserve, so that roster entries may have their own.
fn with_bars(mut config: TenantConfig, rng: &mut Rng) -> TenantConfig {
    config.reserve = Some(rng.below(3) as u16 * 20);
    for channel in &mut config.channels {
        let beside = ["chat", "email"].into_iter().filter(|name| *name != channel.name.as_str());
        let beside: Vec<ChannelId> =
            beside.filter(|_| rng.below(2) == 0).map(|name| known(name, ChannelId::new)).collect();
        channel.beside = (rng.below(3) == 0).then_some(beside);
    }
    config
}

/// Whoever calls may find an agent who is writing.
fn with_interruptions(mut config: TenantConfig, rng: &mut Rng) -> TenantConfig {
    for channel in &mut config.channels {
        let is_indirect = channel.kind == ChannelKind::Indirect;
        channel.interruptions = (is_indirect && rng.below(3) > 0).then(|| 1 + rng.below(3) as u8);
    }
    config
}

/// Whoever writes may be signed out, and comes back in time or not.
fn with_bound(mut config: TenantConfig, rng: &mut Rng) -> TenantConfig {
    for channel in config.channels.iter_mut().filter(|channel| channel.kind == ChannelKind::Indirect) {
        channel.bound_for = (rng.below(4) > 0).then(|| Millis(100 + rng.below(4_000)));
    }
    config
}

fn with_reserve(mut spec: AgentSpec, rng: &mut Rng) -> AgentSpec {
    spec.reserve = (rng.below(3) == 0).then(|| rng.below(3) as u16 * 25);
    spec
}

/// Few are nowhere, and at the last site there is nobody.
fn at_site(mut spec: AgentSpec, rng: &mut Rng) -> AgentSpec {
    let site = SITES.get(rng.below(SITES.len() as u64) as usize).filter(|site| **site != "west");
    spec.site = site.map(|site| known(site, SiteId::new));
    spec
}

fn for_site(mut planned: Planned, rng: &mut Rng) -> Planned {
    if rng.below(8) == 0 {
        let site = SITES[rng.below(SITES.len() as u64) as usize];
        Arc::make_mut(&mut planned.body).site = Some(known(site, SiteId::new));
    }
    planned
}

fn with_window(mut planned: Planned, rng: &mut Rng) -> Planned {
    if rng.below(5) == 0 {
        Arc::make_mut(&mut planned.body).window = Some(Box::new(window(planned.at, rng)));
    }
    planned
}

/// Of one that is sent so long after the begin: mostly due while there is load, some before they come.
fn window(at: u64, rng: &mut Rng) -> Window {
    let not_before = EPOCH + Millis(at + rng.below(6_000)) - Millis(1_000);
    let not_after = (rng.below(2) == 0).then(|| not_before + Millis(1_000 + rng.below(9_000)));
    Window { not_before: Some(not_before), not_after }
}

fn demand(skill: &str, level: u8) -> SkillDemand {
    SkillDemand { skill: known(skill, SkillId::new), level: Level::new(level).expect("1 to 10") }
}
