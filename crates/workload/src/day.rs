//! A real day as a plan: the centre's configuration, its people, its callers.
//!
//! The real rule was one line for all in order of waiting time, with a head start of 90 seconds for priority
//! customers, each agent taking the types it handles. Here: one queue per type, which asks for the type's skill; all
//! queues age by one point per second, so that points are seconds of head start.
//!
//! What the trace does not tell is drawn by seed, one stream per call: the patience of a caller who was answered in
//! life, given that it was longer than the wait; and the handle time of one who hung up in life.

use std::sync::Arc;

use model::agent::AgentChannel;
use model::config::{
    ChannelConfig, ChannelKind, CustomersConfig, QueueConfig, RonaConfig, SiteNeed, SkillDemand, TenantConfig,
};
use model::id::{AgentId, AuxReason, ChannelId, ContactId, QueueId, SkillId};
use model::skill::Level;
use model::time::{Millis, Time};
use model::{AgentKind, AgentSpec, ContactBody};

use crate::distribution::{KaplanMeier, Span, Wait};
use crate::plan::{Absence, Habits, Manner, Plan, PlannedContact, RealContact, Shift};
use crate::rng::Rng;
use crate::trace::{Priority, Trace, TraceAgent, TraceCall};

/// Types of call, each a queue and a skill.
const KINDS: [&str; 6] = ["ps", "pe", "ne", "in", "nw", "tt"];
const CHANNEL: &str = "voice";
/// One point per second of waiting.
const AGEING_PER_MINUTE: u32 = 60;
/// The centre's rule, and the furthest that anyone overtook in the trace is 89 seconds.
const HEAD_START_POINTS: i32 = 90;
/// One call takes the whole agent.
const CAPACITY: u16 = 100;

#[derive(Debug, Clone, PartialEq)]
pub struct DayOptions {
    pub seed: u64,
    /// The instant that the trace calls 0:00.
    pub midnight: Time,
    /// Contacts are named by this and the call's number, so it consists of an id's characters; another prefix makes the day
    /// new to a router that has seen it.
    pub contact_prefix: String,
    /// Work after each call. The real pauses are in the accept delay; see [`Habits::of_the_day`].
    pub wrap_up: Millis,
    pub offer_timeout: Millis,
    pub habits: Habits,
}

impl Default for DayOptions {
    fn default() -> DayOptions {
        DayOptions {
            seed: 1999,
            // A midnight like any other: the source does not name the date.
            midnight: Time(946_684_800_000),
            contact_prefix: "call-".to_owned(),
            wrap_up: Millis::ZERO,
            offer_timeout: Millis::from_seconds(20),
            habits: Habits::of_the_day(),
        }
    }
}

impl Habits {
    /// Every offer is accepted, after about as long as the real agents paused between two calls while people waited:
    /// their quartiles are 4, 5 and 13 seconds, the longest of which are absences and are played as such.
    pub fn of_the_day() -> Habits {
        Habits {
            accept_delay: Span::Uniform { low: Millis::from_seconds(2), high: Millis::from_seconds(8) },
            no_show_permille: 0,
            decline_permille: 0,
            away_reason: known("break", AuxReason::new),
            return_after: Millis::from_seconds(30),
            first_session: 1,
        }
    }
}

pub fn day_plan(trace: &Trace, options: &DayOptions) -> Plan {
    let patience = patience(trace);
    let contacts = trace.calls.iter().enumerate();
    Plan {
        config: configuration(options),
        roster: trace.agents.iter().enumerate().map(|(rank, agent)| spec(rank, agent)).collect(),
        contacts: contacts.map(|(at, call)| contact(trace, at, call, &patience, options)).collect(),
        shifts: trace.agents.iter().map(|agent| shift(agent, options)).collect(),
        habits: options.habits.clone(),
        ends_at: None,
        speed: 1,
    }
}

/// How long the day's callers would have waited.
pub fn patience(trace: &Trace) -> KaplanMeier {
    let wait = |call: &TraceCall| Wait { waited: call.wait, gave_up: !call.answered };
    KaplanMeier::new(&trace.calls.iter().map(wait).collect::<Vec<_>>())
}

fn configuration(options: &DayOptions) -> TenantConfig {
    let no_answer = known("no_answer", AuxReason::new);
    TenantConfig {
        version: 1,
        channels: vec![ChannelConfig {
            name: known(CHANNEL, ChannelId::new),
            kind: ChannelKind::Live,
            cost: CAPACITY,
            max: None,
            companion: false,
            steering: 0,
            site: SiteNeed::Optional,
            beside: None,
            interruptions: None,
            bound_for: None,
            quiet: None,
        }],
        skills: KINDS.map(|kind| known(kind, SkillId::new)).to_vec(),
        sites: Vec::new(),
        reserve: None,
        queues: KINDS.map(|kind| queue(kind, options)).to_vec(),
        aux_reasons: vec![options.habits.away_reason.clone(), no_answer.clone()],
        rona: RonaConfig { retries: 2, aux: no_answer },
        reconnect_window: Millis::from_seconds(60),
        slow_start: None,
        ration: None,
        customers: CustomersConfig::default(),
        calendars: Vec::new(),
        default_queue: None,
        rules: Vec::new(),
        overflow: Vec::new(),
        ratios: Vec::new(),
    }
}

fn queue(kind: &str, options: &DayOptions) -> QueueConfig {
    QueueConfig {
        skills: vec![skill(kind)],
        ageing_per_minute: AGEING_PER_MINUTE,
        offer_timeout: options.offer_timeout,
        wrap_up: options.wrap_up,
        retry_same_agent_after: Millis::from_seconds(30),
        ..QueueConfig::new(known(kind, QueueId::new))
    }
}

fn spec(rank: usize, agent: &TraceAgent) -> AgentSpec {
    AgentSpec {
        agent: known(&agent.name, AgentId::new),
        skills: agent.kinds.iter().map(|kind| skill(kind)).collect(),
        channels: vec![AgentChannel { channel: known(CHANNEL, ChannelId::new), max: None }],
        capacity: CAPACITY,
        rank: rank as u32,
        kind: AgentKind::Person,
        site: None,
        reserve: None,
    }
}

fn contact(
    trace: &Trace,
    at: usize,
    call: &TraceCall,
    patience: &KaplanMeier,
    options: &DayOptions,
) -> PlannedContact {
    let mut rng = Rng::stream(options.seed, "call", at as u64);
    let (patience, handle) = if call.answered {
        (patience.draw_longer_than(call.wait, &mut rng), call.service)
    } else {
        (call.wait, handle_of_kind(trace, &call.kind, &mut rng))
    };
    PlannedContact {
        at: options.midnight + call.arrived,
        body: Arc::new(body(call, options)),
        patience: Some(patience),
        handle,
        manner: Manner::default(),
        follows: None,
        real: Some(RealContact { answered: call.answered, wait: call.wait, handle: call.service }),
    }
}

fn handle_of_kind(trace: &Trace, kind: &str, rng: &mut Rng) -> Millis {
    let answered = || trace.calls.iter().filter(|call| call.answered && call.kind == kind);
    let drawn = rng.below(answered().count() as u64) as usize;
    answered().nth(drawn).map_or(Millis::ZERO, |call| call.service)
}

fn body(call: &TraceCall, options: &DayOptions) -> ContactBody {
    ContactBody {
        contact: known(&format!("{}{}", options.contact_prefix, call.call), ContactId::new),
        channel: known(CHANNEL, ChannelId::new),
        queue: Some(known(&call.kind, QueueId::new)),
        customer: None,
        matter: None,
        skills: Vec::new(),
        site: None,
        points: match call.priority {
            Priority::Yes => HEAD_START_POINTS,
            Priority::No | Priority::Unseen => 0,
        },
        due_at: None,
        arrived_at: None,
        preferred_agent: None,
        preferred_patience: None,
        excluded_agents: Vec::new(),
        attributes: Default::default(),
        window: None,
        reachable: Vec::new(),
        traceparent: None,
        person: false,
        classified: None,
        consult: None,
    }
}

fn shift(agent: &TraceAgent, options: &DayOptions) -> Shift {
    let absence = |(from, to): &(Millis, Millis)| Absence {
        at: options.midnight + *from,
        length: Millis(to.0.saturating_sub(from.0)),
    };
    Shift {
        agent: known(&agent.name, AgentId::new),
        sign_in: options.midnight + agent.from,
        absences: agent.away.iter().map(absence).collect(),
        sign_out: options.midnight + agent.to,
    }
}

fn skill(kind: &str) -> SkillDemand {
    SkillDemand { skill: known(kind, SkillId::new), level: Level::MIN }
}

/// A name that this crate or its committed trace chose.
pub(crate) fn known<T>(name: &str, id: impl Fn(&str) -> Result<T, model::IdError>) -> T {
    id(name).expect("names of traces and of this crate are ids")
}
