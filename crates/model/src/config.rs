//! A tenant's configuration after validation. Its text form and the checks live in `protocol::config`.
//!
//! Everything is by name here: the engine gives numbers to names when a configuration is applied, and a
//! name keeps its number across versions.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::calendar::CalendarConfig;
use crate::hand::Taking;
use crate::id::{AuxReason, CalendarId, ChannelId, QueueId, RuleName, SiteId, SkillId};
use crate::overflow::{OverflowRule, Signal};
use crate::ratio::Ratio;
use crate::rule::Rule;
use crate::skill::Level;
use crate::throttle::{Ration, SlowStart};
use crate::time::Millis;

/// Most channels of one tenant; they fit in a bit mask on the decision path.
pub const CHANNELS_MAX: usize = 32;
/// Most lanes of one tenant, distinct [`LaneKey`]s: each channel with a maximum is one, and each cost among those without, unless
/// they differ in what they may come beside.
pub const LANES_MAX: usize = 16;
/// Most distinct ageing rates of one tenant; a decision compares one head per rate.
pub const AGEING_RATES_MAX: usize = 8;
pub const QUEUES_MAX: usize = 5_000;
pub const SKILLS_MAX: usize = 10_000;
pub const SITES_MAX: usize = 5_000;
/// Points stay in this range, so that a score fits in 64 bits at any age.
pub const POINTS_MAX: i32 = 1_000_000;
pub const AGEING_PER_MINUTE_MAX: u32 = 6_000;
/// Most relaxation steps of one queue; each is a profile for every requirement that waits in it.
pub const RELAX_STEPS_MAX: usize = 8;
/// Most queues behind one another's exits.
pub const EXITS_MAX: usize = 8;
/// Most scheduled contacts of one queue that wait at once.
pub const RELEASE_MAX: u32 = 100_000;
/// As long as work that is bound to its agent waits for that one: a week's absence, such as a short illness.
pub const BOUND_FOR_DEFAULT: Millis = Millis(7 * 24 * Millis::HOUR.0);
/// Most contacts that ended which one tenant remembers.
pub const REMEMBER_MAX: u32 = 10_000_000;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantConfig {
    /// The tenant's own number for this text; it only grows.
    pub version: u64,
    pub channels: Vec<ChannelConfig>,
    pub skills: Vec<SkillId>,
    /// Where agents sit, and contacts may ask to be handled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sites: Vec<SiteId>,
    /// Units of every agent's capacity that indirect work never takes; absent: it may take all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserve: Option<u16>,
    pub queues: Vec<QueueConfig>,
    /// Reasons an agent may give for taking no work; `rona.aux` is always among them.
    pub aux_reasons: Vec<AuxReason>,
    pub rona: RonaConfig,
    /// How long a silent agent keeps its active contacts before they return to their queues.
    pub reconnect_window: Millis,
    /// How fast people are offered work at first; absent: as fast as it comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_start: Option<SlowStart>,
    /// How much they are offered in one window; absent: all there is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ration: Option<Ration>,
    #[serde(default, skip_serializing_if = "CustomersConfig::is_default")]
    pub customers: CustomersConfig,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calendars: Vec<CalendarConfig>,
    /// Where contacts go that name no queue and that no rule sends anywhere; absent: they are refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_queue: Option<QueueId>,
    /// The first that matches a contact decides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// What is done when a backlog builds; judged in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overflow: Vec<OverflowRule>,
    /// A queue is of one at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ratios: Vec<Ratio>,
}

/// What is known of customers, and what follows from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomersConfig {
    pub mode: CustomerMode,
    /// How long contacts that ended are known with their customers, and how many of all customers together; the oldest are
    /// forgotten first.
    pub remember: Millis,
    pub remember_max: u32,
    /// Who had a customer's last contact is preferred if it ended so lately; zero: nobody is.
    pub last_agent_within: Millis,
    /// How long a contact waits for the agent who has another one of its matter, or the one beside which it is a companion.
    pub together_patience: Millis,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomerMode {
    /// All contacts of a customer are known together, whatever the channel.
    #[default]
    Omnichannel,
    /// Each channel knows its own contacts alone.
    Multichannel,
}

impl Default for CustomersConfig {
    fn default() -> CustomersConfig {
        CustomersConfig {
            mode: CustomerMode::Omnichannel,
            remember: Millis(7 * 24 * Millis::HOUR.0),
            remember_max: 100_000,
            last_agent_within: Millis(24 * Millis::HOUR.0),
            together_patience: Millis::from_seconds(120),
        }
    }
}

impl CustomersConfig {
    fn is_default(&self) -> bool {
        *self == CustomersConfig::default()
    }
}

impl CustomerMode {
    pub const ALL: [CustomerMode; 2] = [CustomerMode::Omnichannel, CustomerMode::Multichannel];

    /// As configurations have it.
    pub fn name(self) -> &'static str {
        match self {
            CustomerMode::Omnichannel => "omnichannel",
            CustomerMode::Multichannel => "multichannel",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelConfig {
    pub name: ChannelId,
    pub kind: ChannelKind,
    /// Units of an agent's capacity that one contact takes.
    pub cost: u16,
    /// Most contacts of this channel that one agent holds; absent: only the units limit it.
    pub max: Option<u8>,
    /// Its contacts go to the agent who has the customer's contact on another channel.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub companion: bool,
    /// What the organisation pays for a contact on it, in units of its own: the cheapest is proposed first.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub steering: u32,
    #[serde(default, skip_serializing_if = "SiteNeed::is_optional")]
    pub site: SiteNeed,
    /// The other channels that may come to an agent who holds a contact of this one; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beside: Option<Vec<ChannelId>>,
    /// How often live work may interrupt one contact of this channel, which is indirect; absent: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interruptions: Option<u8>,
    /// Contacts of this channel, which is indirect, stay with their agent for so long after it was signed out; absent: not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound_for: Option<Millis>,
    /// What becomes of contacts whose customers fall silent, on a live channel; absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet: Option<QuietConfig>,
}

/// Of a channel on which customers write when they like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuietConfig {
    /// The indirect channel of those that wait meanwhile.
    pub to: ChannelId,
    /// What an agent had is closed when the customer writes nothing for so long.
    pub ends: Millis,
}

/// What tells whether an agent is open on a channel. It is on all channels with equal keys, or on none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneKey<'a> {
    pub cost: u16,
    pub max: Option<u8>,
    /// Of a channel whose contacts are counted apart: for its maximum, or because they keep others away.
    pub own: Option<&'a ChannelId>,
    /// Whether the reserve is kept from it.
    pub spares_reserve: bool,
    /// Channels beside whose contacts it may not come.
    pub barred_by: Vec<&'a ChannelId>,
}

impl<'a> LaneKey<'a> {
    pub fn of(
        channel: &'a ChannelConfig,
        channels: &'a [ChannelConfig],
        reserve: Option<u16>,
    ) -> LaneKey<'a> {
        let is_counted = channel.max.is_some() || channel.beside.is_some();
        let barring = channels.iter().filter(|other| !other.lets_come(channel));
        LaneKey {
            cost: channel.cost,
            max: channel.max,
            own: is_counted.then_some(&channel.name),
            spares_reserve: reserve.is_some() && channel.kind == ChannelKind::Indirect,
            barred_by: barring.map(|other| &other.name).collect(),
        }
    }
}

impl ChannelConfig {
    /// Whether a contact of the other channel may come to an agent who holds one of this.
    pub fn lets_come(&self, other: &ChannelConfig) -> bool {
        self.name == other.name || self.beside.as_ref().is_none_or(|beside| beside.contains(&other.name))
    }
}

fn is_zero(cost: &u32) -> bool {
    *cost == 0
}

/// Whether the contacts of a channel say where they are to be handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SiteNeed {
    #[default]
    Optional,
    /// One that does not is refused.
    Required,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    /// Someone is waiting: ordered by points and age.
    Live,
    /// There is a deadline: earliest first, after live work.
    Indirect,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueConfig {
    pub name: QueueId,
    /// What every contact of this queue requires, beside what the contact itself asks for.
    pub skills: Vec<SkillDemand>,
    /// What has been in it asks for a person from then on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub person: bool,
    /// Whoever has more of these at their levels comes first; nobody needs any of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prefer: Vec<SkillDemand>,
    pub method: Method,
    /// Head start of this queue's live contacts, in points.
    pub points: i32,
    /// Points that a live contact gains per minute of waiting; at least 1.
    pub ageing_per_minute: u32,
    /// Deadline of indirect contacts that bring none: first arrival plus this, in the open time of `calendar`.
    pub due_in: Millis,
    pub offer_timeout: Millis,
    /// The offer is accepted in the agent's name at once.
    pub auto_accept: bool,
    /// Work after the contact during which its capacity is held; zero for none.
    pub wrap_up: Millis,
    /// How long a contact waits for its preferred agent before anyone may take it.
    pub preferred_patience: Millis,
    /// How long an agent who declined or let an offer expire is not offered the same contact.
    pub retry_same_agent_after: Millis,
    pub service_level: ServiceLevel,
    /// What a contact asks for less and less, by the time it has been in this queue; times ascend.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relax: Vec<RelaxStep>,
    /// Most contacts that wait here; a further one takes the exit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<u32>,
    /// A contact that has waited here for so long takes the exit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_wait: Option<Millis>,
    /// The queue behind the exit; absent: the contact is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_to: Option<QueueId>,
    /// In whose open time deadlines are counted; absent: in all time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<CalendarId>,
    /// The promise in business days of `calendar`, in place of `due_in`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_business_days: Option<u16>,
    /// A contact that comes outside the open time of this calendar takes the exit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<CalendarId>,
    /// From so long before its deadline on an indirect contact counts as a live one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pressure: Option<Millis>,
    #[serde(default, skip_serializing_if = "ScheduleConfig::is_default")]
    pub schedule: ScheduleConfig,
    /// Who waits here is told its position, and how long it will take.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub estimate: bool,
    /// It is told when deadlines of those who wait here will not be met.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub foresee: bool,
    #[serde(default, skip_serializing_if = "Taking::is_default")]
    pub taking: Taking,
    /// A contact that is active for so long without a word of its agent is said to be stuck.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handling_max: Option<Millis>,
}

/// What befalls contacts that come with a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleConfig {
    /// Most of them that wait in the queue at once; a further one is put off until one of those is offered or leaves.
    pub release: u32,
    /// How often a customer who was not reached is tried again.
    pub retries: u8,
    /// How long after.
    pub retry_after: Millis,
}

impl Default for ScheduleConfig {
    fn default() -> ScheduleConfig {
        ScheduleConfig { release: 10, retries: 2, retry_after: Millis::from_seconds(15 * 60) }
    }
}

impl ScheduleConfig {
    fn is_default(&self) -> bool {
        *self == ScheduleConfig::default()
    }
}

/// From `after` on a contact requires this in place of its queue's skills.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelaxStep {
    pub after: Millis,
    pub skills: Vec<SkillDemand>,
    /// Whether what the contact itself asks for still counts.
    pub keep_own: bool,
}

/// What the administration says of a queue at once, beside its configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueueState {
    #[default]
    Open,
    /// Contacts may come and wait; none is offered.
    Paused,
    /// Contacts that come take the exit; those that wait are served.
    Closed,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkillDemand {
    pub skill: SkillId,
    pub level: Level,
}

/// How an agent is chosen among those who could take a contact. Ties go to the lowest agent number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Longest since its last contact ended.
    LongestIdle,
    /// Longest in Available.
    LongestAvailable,
    /// Smallest used share of its capacity, in eighths; then longest idle.
    LeastLoaded,
    /// Highest sum of levels on the required skills; then longest idle.
    BestSkill,
    /// Longest since it was last offered anything.
    RoundRobin,
    /// Lowest rank in the roster.
    Order,
}

impl QueueConfig {
    /// As a configuration has it that gives a queue nothing but its name.
    pub fn new(name: QueueId) -> QueueConfig {
        QueueConfig {
            name,
            skills: Vec::new(),
            prefer: Vec::new(),
            person: false,
            method: Method::LongestIdle,
            points: 0,
            ageing_per_minute: 1,
            due_in: Millis(24 * Millis::HOUR.0),
            offer_timeout: Millis::from_seconds(20),
            auto_accept: false,
            wrap_up: Millis::ZERO,
            preferred_patience: Millis::ZERO,
            retry_same_agent_after: Millis::from_seconds(60),
            service_level: ServiceLevel { percent: 80, within: Millis::from_seconds(20) },
            relax: Vec::new(),
            room: None,
            max_wait: None,
            exit_to: None,
            calendar: None,
            due_business_days: None,
            hours: None,
            pressure: None,
            schedule: ScheduleConfig::default(),
            estimate: false,
            foresee: false,
            taking: Taking::Offered,
            handling_max: None,
        }
    }
}

impl QueueState {
    pub const ALL: [QueueState; 3] = [QueueState::Open, QueueState::Paused, QueueState::Closed];

    /// As inputs have it.
    pub fn name(self) -> &'static str {
        match self {
            QueueState::Open => "open",
            QueueState::Paused => "paused",
            QueueState::Closed => "closed",
        }
    }
}

impl SiteNeed {
    pub const ALL: [SiteNeed; 2] = [SiteNeed::Optional, SiteNeed::Required];

    /// As configurations have it.
    pub fn name(self) -> &'static str {
        match self {
            SiteNeed::Optional => "optional",
            SiteNeed::Required => "required",
        }
    }

    fn is_optional(&self) -> bool {
        *self == SiteNeed::Optional
    }
}

impl ChannelKind {
    pub const ALL: [ChannelKind; 2] = [ChannelKind::Live, ChannelKind::Indirect];

    /// As configurations have it.
    pub fn name(self) -> &'static str {
        match self {
            ChannelKind::Live => "live",
            ChannelKind::Indirect => "indirect",
        }
    }
}

impl Method {
    pub const ALL: [Method; 6] = [
        Method::LongestIdle,
        Method::LongestAvailable,
        Method::LeastLoaded,
        Method::BestSkill,
        Method::RoundRobin,
        Method::Order,
    ];

    /// As configurations have it.
    pub fn name(self) -> &'static str {
        match self {
            Method::LongestIdle => "longest_idle",
            Method::LongestAvailable => "longest_available",
            Method::LeastLoaded => "least_loaded",
            Method::BestSkill => "best_skill",
            Method::RoundRobin => "round_robin",
            Method::Order => "order",
        }
    }
}

/// As configurations have it: `voice = 3`.
impl fmt::Display for SkillDemand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}", self.skill, self.level.get())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RonaConfig {
    /// Offers an agent may let expire in a row before it is set aside.
    pub retries: u8,
    /// The aux reason it then gets.
    pub aux: AuxReason,
}

/// `percent` of the offered contacts answered `within`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceLevel {
    pub percent: u8,
    pub within: Millis,
}

impl TenantConfig {
    pub fn calendar(&self, name: &CalendarId) -> Option<&CalendarConfig> {
        self.calendars.iter().find(|calendar| calendar.name == *name)
    }
    pub fn channel(&self, name: &ChannelId) -> Option<&ChannelConfig> {
        self.channels.iter().find(|channel| channel.name == *name)
    }
    pub fn queue(&self, name: &QueueId) -> Option<&QueueConfig> {
        self.queues.iter().find(|queue| queue.name == *name)
    }
    /// Whether waits are estimated in the queue: it says so, or an overflow rule measures them there.
    pub fn estimates(&self, queue: &QueueConfig) -> bool {
        queue.estimate
            || self.any_limit(&queue.name, |signal| match signal {
                Signal::EwtP50 | Signal::EwtP90 => true,
                Signal::Waiting
                | Signal::Oldest
                | Signal::Eligible
                | Signal::ServiceLevel
                | Signal::AtRisk { .. }
                | Signal::Free { .. }
                | Signal::Backlog
                | Signal::Late => false,
            })
    }
    /// Whether it is kept how long contacts of the queue take: it foresees, or an overflow rule measures what that says.
    pub fn measures_work(&self, queue: &QueueConfig) -> bool {
        queue.foresee
            || self.any_limit(&queue.name, |signal| match signal {
                Signal::Backlog | Signal::Late => true,
                Signal::Waiting
                | Signal::Oldest
                | Signal::Eligible
                | Signal::ServiceLevel
                | Signal::AtRisk { .. }
                | Signal::EwtP50
                | Signal::EwtP90
                | Signal::Free { .. } => false,
            })
    }
    /// Whether a limit of an overflow rule measures such a signal in the queue.
    fn any_limit(&self, queue: &QueueId, is_such: impl Fn(&Signal) -> bool) -> bool {
        let mut limits = self.overflow.iter().flat_map(OverflowRule::limits);
        limits.any(|(name, limit)| name == queue && is_such(&limit.signal))
    }
    pub fn rule(&self, name: &RuleName) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.name == *name)
    }
}
