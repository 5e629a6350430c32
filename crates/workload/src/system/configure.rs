//! A queueing system in the words of the product. What each discipline becomes stands in `crates/simulate/VALIDATION.md`.

use std::fmt;

use model::agent::{AGENT_HOLDS_MAX, AgentChannel, AgentKind, AgentSpec};
use model::config::{
    AGEING_PER_MINUTE_MAX, AGEING_RATES_MAX, ChannelConfig, ChannelKind, CustomersConfig, Method, POINTS_MAX,
    QueueConfig, RonaConfig, SiteNeed, SkillDemand, TenantConfig,
};
use model::id::{AgentId, AuxReason, ChannelId, IdError, QueueId, RuleName, SkillId};
use model::overflow::{
    Bound, Floor, LOOK_EVERY, Lent, Limit, OverflowAction, OverflowRule, Signal, Threshold,
};
use model::skill::Level;
use model::time::Millis;

use super::law::Law;
use super::levels::ranks;
use super::setup::{AgentSelection, QueueSelection, Second, Setup};

/// From one arrival to the next on average, so that rounding to milliseconds is a part in a million of anything that matters, and the
/// day for which ids are remembered is 86 arrivals.
const GAP_MS: f64 = 1_000_000.0;
/// The same where rules of overflow look: 60 looks from one arrival to the next, so what a look comes late is a hundredth of that.
const GAP_WITH_LOOKS_MS: f64 = 60.0 * LOOK_EVERY.0 as f64;
/// Points are what age gives in so many milliseconds at an ageing of 1.
const POINT_MS: f64 = 60_000.0;
/// Deviation of a slope that counts as none: far below what any run could see.
const SLOPE_ERROR_MAX: f64 = 1e-6;

/// A part of a setup that cannot be said in a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoWord {
    pub key: String,
    pub reason: String,
}

impl fmt::Display for NoWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "setup.{}: {}", self.key, self.reason)
    }
}

/// What a customer of a class asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub queue: QueueId,
    pub skills: Vec<SkillDemand>,
    pub points: i32,
    /// An overflow rule may take it to agents: that takes up to [`LOOK_EVERY`].
    pub is_looked_for: bool,
}

/// A setup as an administration would put it in force.
#[derive(Debug, Clone, PartialEq)]
pub struct System {
    pub config: TenantConfig,
    /// The agents of the first group, then those of the next.
    pub roster: Vec<AgentSpec>,
    /// The group of each agent.
    pub group_of: Vec<usize>,
    /// Of each class.
    pub wanted: Vec<Wanted>,
    pub channel: ChannelId,
    /// Contacts bring their deadlines.
    pub has_due: bool,
    pub unit_ms: f64,
    /// Nobody may wait as long as this, or age would overtake priority; absent: nothing of that kind.
    pub wait_max: Option<Millis>,
}

impl System {
    pub fn of(setup: &Setup) -> Result<System, NoWord> {
        let restricted = restricted(setup)?;
        let is_shared = setup.room.is_some() && setup.classes.len() > 1;
        if is_shared && setup.second.is_some() {
            return no(
                "room",
                "call-backs and indirect work wait in a queue of their own, and a room for all is one queue",
            );
        }
        if is_shared && !restricted.is_empty() {
            return no(
                "room",
                "rules of overflow act on a queue, and a room for all classes together is one queue",
            );
        }
        let agents = Agents::of(setup)?;
        let is_told = matches!(setup.second, Some(Second::Callbacks { .. }));
        let gap = if restricted.is_empty() && !is_told { GAP_MS } else { GAP_WITH_LOOKS_MS };
        let unit_ms = (gap * setup.rate()).round();
        let order = Order::of(setup, unit_ms)?;
        if is_shared && order.ageing.iter().any(|ageing| *ageing != order.ageing[0]) {
            return no("room", "ageing is a queue's, and a room for all classes together is one queue");
        }
        let queue = |class: usize| QueueConfig {
            method: agents.method,
            ageing_per_minute: order.ageing[class],
            auto_accept: true,
            room: setup.room,
            // Who is offered a call-back knows how many are before.
            estimate: is_told && class == 0,
            ..QueueConfig::new(named(
                if is_shared { "all".to_owned() } else { format!("class-{class}") },
                QueueId::new,
            ))
        };
        let mut queues: Vec<QueueConfig> = if is_shared {
            vec![queue(0)]
        } else {
            let own = |class| QueueConfig {
                skills: vec![class_skill(class, 1)],
                points: order.points[class],
                ..queue(class)
            };
            (0..setup.classes.len()).map(own).collect()
        };
        let wanted = (0..setup.classes.len()).map(|class| Wanted {
            queue: queues[if is_shared { 0 } else { class }].name.clone(),
            skills: if is_shared { vec![class_skill(class, 1)] } else { Vec::new() },
            points: if is_shared { order.points[class] } else { 0 },
            is_looked_for: restricted.iter().any(|own| own.class == class),
        });
        let wanted: Vec<Wanted> = wanted.collect();
        let mut skills: Vec<SkillId> =
            (0..setup.classes.len()).map(|class| class_skill(class, 1).skill).collect();
        let channel = named("work".to_owned(), ChannelId::new);
        let mut overflow = Vec::new();
        for own in &restricted {
            let pool = group_skill(own.group);
            let name = named(format!("group-{}", own.group), QueueId::new);
            // The queue of nobody: what is measured in it are the agents of the group.
            queues.push(QueueConfig { skills: vec![pool.clone()], ..QueueConfig::new(name.clone()) });
            skills.push(pool.skill.clone());
            overflow.push(own.rule(&wanted[own.class].queue, name, pool, &channel));
        }
        let reason = named("no_answer".to_owned(), AuxReason::new);
        let config = TenantConfig {
            version: 1,
            channels: vec![ChannelConfig {
                name: channel.clone(),
                kind: if order.has_due { ChannelKind::Indirect } else { ChannelKind::Live },
                cost: 1,
                max: None,
                companion: false,
                steering: 0,
                site: SiteNeed::Optional,
                beside: None,
                interruptions: None,
                bound_for: None,
                quiet: None,
            }],
            skills,
            sites: Vec::new(),
            reserve: None,
            queues,
            aux_reasons: vec![reason.clone()],
            rona: RonaConfig { retries: 2, aux: reason },
            reconnect_window: Millis::from_seconds(60),
            customers: CustomersConfig::default(),
            calendars: Vec::new(),
            default_queue: None,
            rules: Vec::new(),
            overflow,
            slow_start: None,
            ratios: Vec::new(),
            ration: None,
        };
        let group_of: Vec<usize> = (0..setup.groups.len())
            .flat_map(|group| std::iter::repeat_n(group, setup.groups[group].count as usize))
            .collect();
        let roster = group_of.iter().enumerate().map(|(at, group)| {
            let mut skills: Vec<SkillDemand> =
                agents.levels[*group].iter().map(|(class, level)| class_skill(*class, *level)).collect();
            skills.extend(
                restricted.iter().filter(|own| own.group == *group).map(|own| group_skill(own.group)),
            );
            AgentSpec {
                agent: named(format!("agent-{at}"), AgentId::new),
                kind: AgentKind::Person,
                skills,
                channels: vec![AgentChannel { channel: channel.clone(), max: None }],
                capacity: setup.groups[*group].slots as u16,
                rank: agents.ranks[*group],
                site: None,
                reserve: None,
            }
        });
        let roster = roster.collect();
        let Order { has_due, wait_max, .. } = order;
        Ok(System { config, roster, group_of, wanted, channel, has_due, unit_ms, wait_max })
    }
}

/// A class that a group serves only in some states.
#[derive(Debug)]
struct Restricted {
    class: usize,
    group: usize,
    reserve: u32,
    min_queue: u32,
}

impl Restricted {
    /// Lends the head of the line to the group, while that has enough who are idle.
    fn rule(&self, queue: &QueueId, group: QueueId, pool: SkillDemand, channel: &ChannelId) -> OverflowRule {
        let waiting = |bound| Threshold {
            limits: vec![Limit { signal: Signal::Waiting, bound }],
            lasting: Millis::ZERO,
        };
        let free = Signal::Free { channel: channel.clone() };
        let limit = Limit { signal: free, bound: Bound::AtLeast(u64::from(self.reserve) + 1) };
        OverflowRule {
            name: named(format!("class-{}-to-group-{}", self.class, self.group), RuleName::new),
            queue: queue.clone(),
            when: waiting(Bound::AtLeast(u64::from(self.min_queue) + 1)),
            until: waiting(Bound::AtMost(u64::from(self.min_queue))),
            floor: vec![Floor { queue: group, limit }],
            cap: 1,
            action: OverflowAction::Lend(Lent { skills: vec![pool], keep_own: false }),
        }
    }
}

/// Those that need a rule, in the order in which each class asks its groups.
fn restricted(setup: &Setup) -> Result<Vec<Restricted>, NoWord> {
    let mut all = Vec::new();
    for class in 0..setup.classes.len() {
        let order = group_order(setup, class);
        let is_restricted = |group: &usize| setup.groups[*group].serves[&class].is_restricted();
        let Some(first) = order.iter().position(is_restricted) else { continue };
        let key = format!("groups[{}].skills.{class}", order[first]);
        if order[first..].iter().any(|group| !is_restricted(group)) {
            return no(
                &key,
                "a rule lends what nobody may take at once, so groups without reserve and min_queue come first",
            );
        }
        if first > 0 && setup.agent_selection != AgentSelection::Order {
            return no(
                &key,
                "a rule lends what nobody may take at once, so agents of several groups are not one choice",
            );
        }
        for &group in &order[first..] {
            let own = &setup.groups[group];
            if own.slots > 1 {
                return no(
                    &key,
                    "of agents who hold several contacts, a rule counts those who can take one more, not the idle",
                );
            }
            let serving = &own.serves[&class];
            let others = own.serves.iter().filter(|(other, _)| **other != class);
            let comes_last = |other: usize| match setup.queue_selection {
                QueueSelection::Priority => setup.classes[class].priority > setup.classes[other].priority,
                QueueSelection::Level => serving.level > own.serves[&other].level,
                QueueSelection::Fcfs
                | QueueSelection::Accumulating
                | QueueSelection::EarliestDeadline
                | QueueSelection::LongestQueue { .. }
                | QueueSelection::QueueRatio { .. } => false,
            };
            for (other, others_own) in others {
                if others_own.is_restricted() {
                    return no(
                        &key,
                        "two classes that a group serves only in some states have no order among them",
                    );
                }
                // While somebody of another class waits none of them is idle, and a reserve keeps the last one.
                if serving.reserve == 0 && !comes_last(*other) {
                    return no(
                        &key,
                        "an agent who comes free takes what needs no rule first, so this class has to come last",
                    );
                }
            }
            all.push(Restricted { class, group, reserve: serving.reserve, min_queue: serving.min_queue });
        }
    }
    Ok(all)
}

/// The groups that serve the class, in the order in which it asks them.
fn group_order(setup: &Setup, class: usize) -> Vec<usize> {
    let serves = |group: &usize| setup.groups[*group].serves.contains_key(&class);
    let said = setup.group_order.get(class).map_or(&[][..], Vec::as_slice);
    if said.is_empty() {
        (0..setup.groups.len()).filter(serves).collect()
    } else {
        said.iter().copied().filter(serves).collect()
    }
}

/// How agents are chosen.
#[derive(Debug)]
struct Agents {
    method: Method,
    /// Of each group.
    ranks: Vec<u32>,
    /// Of each group the classes that it serves without a rule, with its level.
    levels: Vec<Vec<(usize, u8)>>,
}

impl Agents {
    fn of(setup: &Setup) -> Result<Agents, NoWord> {
        let groups = setup.groups.len();
        let several = setup.agents() > 1;
        let has_slots = setup.groups.iter().any(|group| group.slots > 1);
        let has_speed = setup.groups.iter().any(|group| group.slots > 1 && group.speed.is_some());
        if setup.groups.iter().any(|group| group.slots as usize > AGENT_HOLDS_MAX) {
            return no("groups", &format!("an agent holds at most {AGENT_HOLDS_MAX} contacts"));
        }
        let mut agents = Agents {
            method: Method::LongestIdle,
            ranks: vec![0; groups],
            levels: levels(setup, |_, _| Some(1))?,
        };
        if !several {
            return Ok(agents);
        }
        match setup.agent_selection {
            AgentSelection::LeastLoaded => {
                let slots = setup.groups[0].slots;
                if setup.groups.iter().any(|group| group.slots != slots) {
                    return no(
                        "agent_selection",
                        "least_loaded compares shares of capacity, and agents of these groups differ in slots",
                    );
                }
                // Eighths of the capacity: one contact more is at least one eighth more.
                if slots > 8 {
                    return no(
                        "agent_selection",
                        "least_loaded compares eighths of capacity, which tell at most 8 slots apart",
                    );
                }
                agents.method = Method::LeastLoaded;
            }
            AgentSelection::MostLoaded if has_slots => {
                return no("agent_selection", "there is no method that prefers the agent who holds most");
            }
            AgentSelection::LongestIdle | AgentSelection::LevelLongestIdle | AgentSelection::Order
                if has_slots && (has_speed || groups > 1) =>
            {
                return no(
                    "agent_selection",
                    "idle time says nothing of agents who hold several contacts; only least_loaded does",
                );
            }
            AgentSelection::LongestIdle | AgentSelection::MostLoaded => {}
            AgentSelection::LevelLongestIdle => {
                agents.method = Method::BestSkill;
                agents.levels = levels(setup, |group, class| {
                    11_u32.checked_sub(setup.groups[group].serves[&class].level)
                })?;
            }
            AgentSelection::Order => {
                let orders: Vec<Vec<usize>> =
                    (0..setup.classes.len()).map(|class| group_order(setup, class)).collect();
                let before: Vec<(usize, usize)> =
                    orders.iter().flat_map(|order| order.windows(2).map(|pair| (pair[0], pair[1]))).collect();
                if let Ok(ranks) = ranks(groups, &before, &[]) {
                    agents.method = Method::Order;
                    agents.ranks = ranks.into_iter().map(|rank| rank as u32).collect();
                } else {
                    // No one order for all: levels are each class's own.
                    agents.method = Method::BestSkill;
                    let place = |group, class: usize| orders[class].iter().position(|own| *own == group);
                    agents.levels =
                        levels(setup, |group, class| 10_u32.checked_sub(place(group, class)? as u32))?;
                }
            }
        }
        Ok(agents)
    }
}

/// Of what each group serves without a rule.
fn levels(
    setup: &Setup,
    level: impl Fn(usize, usize) -> Option<u32>,
) -> Result<Vec<Vec<(usize, u8)>>, NoWord> {
    let of_group = |(at, group): (usize, &super::Group)| {
        let free = group.serves.iter().filter(|(_, serving)| !serving.is_restricted());
        let levels = free.map(|(class, _)| {
            let level = level(at, *class)
                .and_then(|level| u8::try_from(level).ok())
                .filter(|level| (1..=10).contains(level));
            match level {
                Some(level) => Ok((*class, level)),
                None => no(
                    &format!("groups[{at}].skills.{class}"),
                    "agents of one skill are told apart by ten levels",
                ),
            }
        });
        levels.collect()
    };
    setup.groups.iter().enumerate().map(of_group).collect()
}

/// How contacts are chosen.
#[derive(Debug)]
struct Order {
    /// Of each class.
    points: Vec<i32>,
    ageing: Vec<u32>,
    has_due: bool,
    wait_max: Option<Millis>,
}

impl Order {
    fn of(setup: &Setup, unit_ms: f64) -> Result<Order, NoWord> {
        let classes = setup.classes.len();
        let by_age =
            Order { points: vec![0; classes], ageing: vec![1; classes], has_due: false, wait_max: None };
        if classes == 1 && setup.queue_selection != QueueSelection::EarliestDeadline {
            return Ok(by_age);
        }
        match &setup.queue_selection {
            QueueSelection::Fcfs => Ok(by_age),
            QueueSelection::Priority => {
                let before =
                    pairs(classes, |one, other| setup.classes[one].priority < setup.classes[other].priority);
                let alike =
                    pairs(classes, |one, other| setup.classes[one].priority == setup.classes[other].priority);
                by_age.with_ranks(&before, &alike)
            }
            QueueSelection::Level => {
                let (mut before, mut alike) = (Vec::new(), Vec::new());
                for group in &setup.groups {
                    let level = |class: usize| group.serves.get(&class).map(|serving| serving.level);
                    let both = |one, other, is: fn(&u32, &u32) -> bool| {
                        level(one).zip(level(other)).is_some_and(|(one, other)| is(&one, &other))
                    };
                    before.extend(pairs(classes, |one, other| both(one, other, u32::lt)));
                    alike.extend(pairs(classes, |one, other| both(one, other, u32::eq)));
                }
                by_age.with_ranks(&before, &alike)
            }
            QueueSelection::Accumulating => {
                let slopes: Vec<f64> = setup.classes.iter().map(|class| class.slope).collect();
                Ok(Order { ageing: whole_slopes(&slopes)?, ..by_age })
            }
            QueueSelection::EarliestDeadline => by_age.with_deadlines(setup, unit_ms),
            QueueSelection::LongestQueue { .. } => no(
                "queue_selection",
                "contacts are ordered by their own points and age; no order depends on how many wait",
            ),
            QueueSelection::QueueRatio { .. } => no(
                "queue_selection",
                "a rule compares a queue with a number, not two queues with one another",
            ),
        }
    }

    /// Lower ranks have more points, by as much as there is room for.
    fn with_ranks(self, before: &[(usize, usize)], alike: &[(usize, usize)]) -> Result<Order, NoWord> {
        let classes = self.points.len();
        let Ok(ranks) = ranks(classes, before, alike) else {
            return no(
                "queue_selection",
                "a contact's points are the same for all agents, and these groups want the classes in orders that contradict one another",
            );
        };
        let last = ranks.iter().copied().max().unwrap_or(0);
        if last == 0 {
            return Ok(self);
        }
        let step = POINTS_MAX / last as i32;
        let points = ranks.into_iter().map(|rank| (last - rank) as i32 * step).collect();
        let wait_max = Some(Millis((f64::from(step) * POINT_MS) as u64));
        Ok(Order { points, wait_max, ..self })
    }

    /// Where a class's deadline is always the same after arrival, it is a head start; else each contact brings its own.
    fn with_deadlines(self, setup: &Setup, unit_ms: f64) -> Result<Order, NoWord> {
        let mut offsets = Vec::new();
        for (at, class) in setup.classes.iter().enumerate() {
            match class.deadline {
                Some(Law::Fixed { length }) => offsets.push(length),
                Some(Law::Exponential { .. } | Law::Uniform { .. } | Law::Hyperexponential { .. }) => {}
                None => {
                    return no(
                        &format!("classes[{at}].deadline"),
                        "without a deadline there is no place in this order",
                    );
                }
            }
        }
        if offsets.len() < setup.classes.len() {
            return Ok(Order { has_due: true, ..self });
        }
        let latest = offsets.iter().copied().fold(0.0, f64::max);
        let head_starts: Vec<f64> =
            offsets.iter().map(|offset| (latest - offset) * unit_ms / POINT_MS).collect();
        let most = head_starts.iter().copied().fold(0.0, f64::max);
        if most > f64::from(POINTS_MAX) {
            return no("classes", "the deadlines are further apart than points can say");
        }
        // As many points for it as there are, so that rounding them is nothing.
        let ageing = if most > 0.0 { (f64::from(POINTS_MAX) / most).floor() } else { 1.0 };
        let ageing = ageing.clamp(1.0, f64::from(AGEING_PER_MINUTE_MAX));
        let points = head_starts.iter().map(|own| (own * ageing).round() as i32).collect();
        Ok(Order { points, ageing: vec![ageing as u32; setup.classes.len()], ..self })
    }
}

fn pairs(count: usize, is: impl Fn(usize, usize) -> bool) -> Vec<(usize, usize)> {
    let all = (0..count).flat_map(|one| (0..count).map(move |other| (one, other)));
    all.filter(|(one, other)| one != other && is(*one, *other)).collect()
}

/// Ageing is a whole number; slopes matter by their ratios alone.
fn whole_slopes(slopes: &[f64]) -> Result<Vec<u32>, NoWord> {
    let key = "classes[].apq_slope";
    let most = slopes.iter().copied().fold(0.0, f64::max);
    if slopes.iter().any(|slope| *slope <= 0.0) {
        return no(key, "everything that waits grows older; there is no ageing of zero");
    }
    for steepest in 1..=AGEING_PER_MINUTE_MAX {
        let whole = |slope: &f64| (slope / most * f64::from(steepest)).round();
        let error = |slope: &f64| (whole(slope) / f64::from(steepest) * most / slope - 1.0).abs();
        if slopes.iter().all(|slope| whole(slope) >= 1.0 && error(slope) <= SLOPE_ERROR_MAX) {
            let rates: Vec<u32> = slopes.iter().map(|slope| whole(slope) as u32).collect();
            let mut distinct = rates.clone();
            distinct.sort_unstable();
            distinct.dedup();
            if distinct.len() > AGEING_RATES_MAX {
                return no(key, &format!("a tenant has at most {AGEING_RATES_MAX} rates of ageing"));
            }
            return Ok(rates);
        }
    }
    no(key, &format!("no whole rates of ageing up to {AGEING_PER_MINUTE_MAX} have these ratios"))
}

fn class_skill(class: usize, level: u8) -> SkillDemand {
    skill(format!("class-{class}"), level)
}

fn group_skill(group: usize) -> SkillDemand {
    skill(format!("group-{group}"), 1)
}

fn skill(name: String, level: u8) -> SkillDemand {
    SkillDemand { skill: named(name, SkillId::new), level: Level::new(level).expect("levels were checked") }
}

fn named<T>(name: String, new: fn(&str) -> Result<T, IdError>) -> T {
    new(&name).expect("a short word and numbers are an id")
}

fn no<T>(key: &str, reason: &str) -> Result<T, NoWord> {
    Err(NoWord { key: key.to_owned(), reason: reason.to_owned() })
}
