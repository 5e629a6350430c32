//! Everything that a tenant can configure, for traffic that uses none of it: what the common path pays for the rest.

use model::agent::AgentChannel;
use model::calendar::{CalendarConfig, OpenRange};
use model::config::{ChannelConfig, ChannelKind, RelaxStep, TenantConfig};
use model::id::{CalendarId, ChannelId, QueueId, RuleName, SiteId};
use model::overflow::{Bound, Floor, Lent, Limit, OverflowAction, OverflowRule, Signal, Threshold};
use model::ratio::{Ratio, Share};
use model::rule::{Among, Condition, Rule, Test, When};
use model::throttle::{RATION_MAX, Ration};
use model::{AgentSpec, Millis};

use crate::day::known;

const DAY: Millis = Millis(24 * Millis::HOUR.0);
/// Units that indirect work leaves alone, beside those that the traffic needs.
const RESERVE: u16 = 10;
const RULES: usize = 10;
const INTERRUPTIBLE: &str = "post";

/// Nothing of it ever comes to pass: what is waited for is days away, and no condition holds.
pub fn configure(config: &mut TenantConfig) {
    config.sites = ["north", "south"].map(|site| known(site, SiteId::new)).to_vec();
    config.reserve = Some(RESERVE);
    config.calendars = vec![always_open()];
    let voice = config.channels[0].clone();
    config.channels[0].beside = Some(Vec::new());
    config.channels.push(ChannelConfig {
        name: known(INTERRUPTIBLE, ChannelId::new),
        kind: ChannelKind::Indirect,
        interruptions: Some(2),
        bound_for: Some(Millis(7 * DAY.0)),
        ..voice
    });
    // Of so many offers, each is counted and nobody held back.
    config.ration = Some(Ration { offers: RATION_MAX, over: Millis::from_seconds(1) });
    let queue = &mut config.queues[0];
    let step = |days: u64| RelaxStep { after: Millis(days * DAY.0), skills: Vec::new(), keep_own: true };
    queue.relax = vec![step(20), step(30)];
    queue.room = Some(20_000_000);
    queue.max_wait = Some(Millis(40 * DAY.0));
    queue.calendar = Some(known("always", CalendarId::new));
    queue.hours.clone_from(&queue.calendar);
    queue.pressure = Some(Millis::from_seconds(60));
    (queue.estimate, queue.foresee) = (true, true);
    queue.handling_max = Some(DAY);
    let mut other = queue.clone();
    other.name = known("other", QueueId::new);
    config.default_queue = Some(other.name.clone());
    config.rules = (0..RULES).map(|at| rule(at, &other.name)).collect();
    let watched = queue.name.clone();
    let lent = Lent { skills: Vec::new(), keep_own: true };
    let overflow = |name: &str, action| OverflowRule {
        name: known(name, RuleName::new),
        queue: watched.clone(),
        when: threshold(Signal::Oldest, Bound::AtLeast(50 * DAY.0)),
        until: threshold(Signal::Waiting, Bound::AtMost(0)),
        floor: vec![Floor {
            queue: other.name.clone(),
            limit: Limit { signal: Signal::ServiceLevel, bound: Bound::AtLeast(80) },
        }],
        cap: 10,
        action,
    };
    config.overflow = vec![
        overflow("raise", OverflowAction::Raise(10)),
        overflow("lend", OverflowAction::Lend(lent)),
        overflow("move", OverflowAction::Move(other.name.clone())),
    ];
    config.ratios = vec![Ratio { shares: [(&other.name, 1), (&watched, 3)].map(share).to_vec() }];
    config.queues.push(other);
}

fn share((queue, share): (&QueueId, u16)) -> Share {
    Share { queue: queue.clone(), share }
}

/// With room for what the reserve keeps, on the channel that can be interrupted too.
pub fn equip(spec: &mut AgentSpec) {
    spec.capacity += RESERVE;
    spec.channels.push(AgentChannel { channel: known(INTERRUPTIBLE, ChannelId::new), max: None });
}

fn always_open() -> CalendarConfig {
    CalendarConfig {
        name: known("always", CalendarId::new),
        zone: "Europe/Amsterdam".to_owned(),
        week: std::array::from_fn(|_| vec![OpenRange { from: 0, to: 1_440 }]),
        special: Vec::new(),
    }
}

fn rule(at: usize, queue: &QueueId) -> Rule {
    let named = |value: &str| Test::Among(Among { not: false, names: vec![value.to_owned()] });
    Rule {
        name: known(&format!("rule{at}"), RuleName::new),
        when: When::All(vec![
            Condition::Attribute { name: format!("attribute{at}"), test: named("gold") },
            Condition::Customer(Test::StartsWith("nobody".to_owned())),
        ]),
        queue: Some(queue.clone()),
        points: 10,
        skills: Vec::new(),
        person: false,
    }
}

fn threshold(signal: Signal, bound: Bound) -> Threshold {
    Threshold { limits: vec![Limit { signal, bound }], lasting: Millis::from_seconds(60) }
}
