//! Why, as JSON: the answers of `wissel explain` and of the verbs `contact.explain` and `agent.explain`.

use model::explain::{
    AgentExplained, AgentGroup, Candidate, ContactExplained, ContactGroup, Happening, Held, InLine, Line,
    Obstacle, OfferExplained, Precedence, Standing, Upcoming, Whereabouts,
};
use model::ratio::Turns;
use model::{AgentId, AuxReason, ChannelId, ContactId, QueueId, RuleName, SiteId, SkillId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::output::view::{KnownView, Name, PresenceView, Skills};
use crate::text::Moment;
use crate::throttle::{ThrottledFor, ThrottledView};

/// Why a contact is where it is, who could have it, and what keeps everybody else from it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ContactWhy<'a> {
    contact: Name<'a, ContactId>,
    channel: Name<'a, ChannelId>,
    queue: Name<'a, QueueId>,
    method: &'static str,
    #[serde(flatten)]
    state: StateView<'a>,
    arrived_at: Moment,
    /// When it came to its queue.
    entered_at: Moment,
    /// For indirect work.
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<Moment>,
    /// The rule that classified it.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<Name<'a, RuleName>>,
    /// The overflow rules that acted on it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    overflow: Vec<Name<'a, RuleName>>,
    /// Levels by skill.
    requires: Skills<'a>,
    /// Levels by skill: who has more of these comes first.
    #[serde(skip_serializing_if = "Skills::is_empty")]
    prefers: Skills<'a>,
    /// Where alone it can be handled.
    #[serde(skip_serializing_if = "Option::is_none")]
    site: Option<Name<'a, SiteId>>,
    /// No bot may have it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    person: bool,
    /// Nobody in the roster could ever take it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unservable: bool,
    /// Those of its queue, its rule and its own together.
    points: i32,
    /// Steps of relaxation that it took in its queue.
    step: u8,
    /// An indirect contact whose deadline is so near that it counts as live.
    pressed: bool,
    /// What keeps everybody from it, but whom it waits for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    holdups: Vec<ObstacleView<'a>>,
    /// Who could have it now.
    candidates: Candidates<'a>,
    /// All other agents by the first rule that keeps them from it.
    others: Vec<Agents<'a>>,
    /// What agents who could have it but for what they do take before it.
    ahead: LineView<'a>,
    /// What happens by itself, in order.
    upcoming: Vec<UpcomingView<'a>>,
}

/// Why an agent has what it has, and what it could have.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AgentWhy<'a> {
    agent: Name<'a, AgentId>,
    presence: PresenceView<'a>,
    idle_since: Moment,
    used: u32,
    capacity: u16,
    holds: Vec<HeldView<'a>>,
    /// It met too many contacts that keep away from it, and looks again then.
    #[serde(skip_serializing_if = "Option::is_none")]
    deferred_until: Option<Moment>,
    /// For what it is held back from all but its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    throttled: Vec<ThrottledView>,
    /// Of its roster entry.
    channels: Vec<ChannelView<'a>>,
    /// What it could have now, the first first.
    next: LineView<'a>,
    /// What else waits or is put off, by the first rule that keeps it from the agent.
    others: Vec<Contacts<'a>>,
}

/// Why a contact was offered to an agent: how things stood just before.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OfferWhy<'a> {
    agent: Name<'a, AgentId>,
    offer: u64,
    queue: Name<'a, QueueId>,
    method: &'static str,
    /// How long the contact had waited since it first came.
    age_ms: u64,
    /// It was the contact's preferred agent.
    preferred: bool,
    /// And why, if for the customer's sake.
    #[serde(skip_serializing_if = "Option::is_none")]
    known: Option<KnownView>,
    /// Who could have had it.
    candidates: Candidates<'a>,
    /// What else the agent could have had.
    passed: LineView<'a>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Candidates<'a> {
    agents: u32,
    /// The first of them, the best first.
    first: Vec<CandidateView<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct CandidateView<'a> {
    agent: Name<'a, AgentId>,
    #[serde(flatten)]
    standing: StandingView,
    /// How many of the skills that the queue prefers it has; whoever has more comes first.
    #[serde(skip_serializing_if = "Option::is_none")]
    preferred: Option<u8>,
    /// It would be interrupted in what it is doing; such agents come last.
    interrupts: bool,
}

/// What the queue's method compares.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", untagged)]
enum StandingView {
    Idle { idle_since: Moment },
    Available { available_since: Moment },
    Load { used: u32, capacity: u16, idle_since: Moment },
    Skill { level_sum: u16, idle_since: Moment },
    LastOffer { last_offer: u64 },
    Rank { rank: u32 },
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
enum StateView<'a> {
    InQueue,
    ForAgent {
        agent: Name<'a, AgentId>,
        until: Moment,
    },
    Scheduled {
        until: Moment,
    },
    Offered {
        agent: Name<'a, AgentId>,
        offer: u64,
        expires_at: Moment,
    },
    Active {
        agent: Name<'a, AgentId>,
    },
    Parked {
        agent: Name<'a, AgentId>,
        /// Since the agent was signed out: then it returns to its queue.
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<Moment>,
    },
    WrapUp {
        agent: Name<'a, AgentId>,
        until: Moment,
    },
    /// Nobody's until its customer writes again; the agent had it.
    Quiet {
        agent: Name<'a, AgentId>,
        until: Moment,
    },
}

/// What keeps a contact and an agent apart.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "obstacle", rename_all = "snake_case")]
enum ObstacleView<'a> {
    QueuePaused,
    /// Agents take what waits there; nothing is offered.
    Pulled,
    Scheduled,
    WaitsForAnother,
    /// The contact's customer is silent.
    Quiet,
    Channel,
    /// The agent is at another site, or at none.
    Site {
        site: Name<'a, SiteId>,
    },
    /// The agent is a bot, and the contact asks for a person.
    Bot,
    Skill {
        skill: Name<'a, SkillId>,
        level: u8,
    },
    Excluded,
    KeptFrom,
    SignedOut,
    Lost,
    Draining,
    Aux {
        reason: Name<'a, AuxReason>,
    },
    Capacity,
    /// What is left of the agent's units is kept from indirect work.
    Reserve,
    /// The agent holds a contact of this channel, which keeps it away.
    Beside {
        channel: Name<'a, ChannelId>,
    },
    ChannelFull,
    HoldsMost,
    /// The agent was interrupted in other work, which comes before anything else indirect.
    Parked,
    /// The agent was offered as much as it may for now.
    Throttled {
        why: ThrottledFor,
    },
    Deferred,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Agents<'a> {
    #[serde(flatten)]
    obstacle: ObstacleView<'a>,
    agents: u32,
    /// The first of them.
    some: Vec<Name<'a, AgentId>>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Contacts<'a> {
    #[serde(flatten)]
    obstacle: ObstacleView<'a>,
    contacts: u32,
    /// The first of them.
    some: Vec<Name<'a, ContactId>>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct LineView<'a> {
    contacts: u32,
    /// The first of them, the first first.
    first: Vec<InLineView<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct InLineView<'a> {
    contact: Name<'a, ContactId>,
    queue: Name<'a, QueueId>,
    #[serde(flatten)]
    precedence: PrecedenceView,
    arrived_at: Moment,
    /// Where its queue takes turns with others: how many it is counted as having had, and its share.
    #[serde(skip_serializing_if = "Option::is_none")]
    turns: Option<TurnsView>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct TurnsView {
    turns: u64,
    share: u16,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum PrecedenceView {
    /// It waits for the agent who has what it belongs to; always true.
    Belongs(bool),
    /// Live work: points of the queue, of the contact and of its age together.
    Score(i64),
    /// Indirect work.
    DueAt(Moment),
}

#[derive(Debug, Serialize, JsonSchema)]
struct UpcomingView<'a> {
    at: Moment,
    #[serde(flatten)]
    what: HappeningView<'a>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "what", rename_all = "snake_case")]
enum HappeningView<'a> {
    PreferenceOver,
    ExclusionLifted {
        agents: Vec<Name<'a, AgentId>>,
    },
    /// These are held back by nothing else until then.
    Unthrottled {
        agents: Vec<Name<'a, AgentId>>,
    },
    /// So many agents are eligible then, whatever they do.
    Relaxes {
        step: u8,
        requires: Skills<'a>,
        eligible: u32,
    },
    Pressed,
    Leaves {
        #[serde(skip_serializing_if = "Option::is_none")]
        exit_to: Option<Name<'a, QueueId>>,
    },
    WindowOver {
        #[serde(skip_serializing_if = "Option::is_none")]
        exit_to: Option<Name<'a, QueueId>>,
    },
    Due,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ChannelView<'a> {
    channel: Name<'a, ChannelId>,
    open: bool,
    #[serde(flatten)]
    obstacle: Option<ObstacleView<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct HeldView<'a> {
    contact: Name<'a, ContactId>,
    channel: Name<'a, ChannelId>,
    #[serde(flatten)]
    state: StateView<'a>,
}

impl<'a> ContactWhy<'a> {
    pub fn new(why: &'a ContactExplained) -> ContactWhy<'a> {
        ContactWhy {
            contact: Name(&why.contact),
            channel: Name(&why.channel),
            queue: Name(&why.queue),
            method: why.method.name(),
            state: StateView::new(&why.whereabouts),
            arrived_at: Moment(why.arrived_at),
            entered_at: Moment(why.entered_at),
            due_at: why.due_at.map(Moment),
            rule: why.rule.as_ref().map(Name),
            overflow: why.overflow.iter().map(Name).collect(),
            requires: Skills(&why.requires),
            prefers: Skills(&why.prefers),
            site: why.site.as_ref().map(Name),
            person: why.person,
            unservable: why.unservable,
            points: why.points,
            step: why.step,
            pressed: why.pressed,
            holdups: why.holdups.iter().map(ObstacleView::new).collect(),
            candidates: Candidates::new(&why.candidates, why.candidate_count),
            others: why.others.iter().map(Agents::new).collect(),
            ahead: LineView::new(&why.ahead),
            upcoming: why.upcoming.iter().map(UpcomingView::new).collect(),
        }
    }
}

impl<'a> AgentWhy<'a> {
    pub fn new(why: &'a AgentExplained) -> AgentWhy<'a> {
        AgentWhy {
            agent: Name(&why.agent),
            presence: PresenceView::new(&why.presence),
            idle_since: Moment(why.idle_since),
            used: why.used,
            capacity: why.capacity,
            holds: why.holds.iter().map(HeldView::new).collect(),
            deferred_until: why.deferred_until.map(Moment),
            throttled: why.throttled.iter().copied().map(ThrottledView::new).collect(),
            channels: why.channels.iter().map(ChannelView::new).collect(),
            next: LineView::new(&why.next),
            others: why.others.iter().map(Contacts::new).collect(),
        }
    }
}

impl<'a> OfferWhy<'a> {
    pub fn new(why: &'a OfferExplained) -> OfferWhy<'a> {
        OfferWhy {
            agent: Name(&why.agent),
            offer: why.offer.0,
            queue: Name(&why.queue),
            method: why.method.name(),
            age_ms: why.age.0,
            preferred: why.preferred,
            known: why.known.map(KnownView::new),
            candidates: Candidates::new(&why.candidates, why.candidate_count),
            passed: LineView::new(&why.passed),
        }
    }
}

impl<'a> Candidates<'a> {
    fn new(first: &'a [Candidate], agents: u32) -> Candidates<'a> {
        let first = first.iter().map(|candidate| CandidateView {
            agent: Name(&candidate.agent),
            standing: StandingView::new(candidate.standing),
            preferred: candidate.preferred.map(|preferred| preferred.had),
            interrupts: candidate.interrupts,
        });
        Candidates { agents, first: first.collect() }
    }
}

impl StandingView {
    fn new(standing: Standing) -> StandingView {
        match standing {
            Standing::IdleSince(at) => StandingView::Idle { idle_since: Moment(at) },
            Standing::AvailableSince(at) => StandingView::Available { available_since: Moment(at) },
            Standing::Load { used, capacity, idle_since } => {
                StandingView::Load { used, capacity, idle_since: Moment(idle_since) }
            }
            Standing::Skill { sum, idle_since } => {
                StandingView::Skill { level_sum: sum, idle_since: Moment(idle_since) }
            }
            Standing::LastOffer(offer) => StandingView::LastOffer { last_offer: offer.0 },
            Standing::Rank(rank) => StandingView::Rank { rank },
        }
    }
}

impl<'a> StateView<'a> {
    fn new(whereabouts: &'a Whereabouts) -> StateView<'a> {
        match whereabouts {
            Whereabouts::InQueue => StateView::InQueue,
            Whereabouts::ForAgent { agent, until } => {
                StateView::ForAgent { agent: Name(agent), until: Moment(*until) }
            }
            Whereabouts::PutOff { until } => StateView::Scheduled { until: Moment(*until) },
            Whereabouts::Offered { agent, offer, expires_at } => {
                StateView::Offered { agent: Name(agent), offer: offer.0, expires_at: Moment(*expires_at) }
            }
            Whereabouts::Active { agent } => StateView::Active { agent: Name(agent) },
            Whereabouts::Parked { agent, until } => {
                StateView::Parked { agent: Name(agent), until: until.map(Moment) }
            }
            Whereabouts::Quiet { agent, until } => {
                StateView::Quiet { agent: Name(agent), until: Moment(*until) }
            }
            Whereabouts::WrapUp { agent, until } => {
                StateView::WrapUp { agent: Name(agent), until: Moment(*until) }
            }
        }
    }
}

impl<'a> ObstacleView<'a> {
    fn new(obstacle: &'a Obstacle) -> ObstacleView<'a> {
        match obstacle {
            Obstacle::QueuePaused => ObstacleView::QueuePaused,
            Obstacle::Pulled => ObstacleView::Pulled,
            Obstacle::PutOff => ObstacleView::Scheduled,
            Obstacle::WaitsForAnother => ObstacleView::WaitsForAnother,
            Obstacle::Quiet => ObstacleView::Quiet,
            Obstacle::Channel => ObstacleView::Channel,
            Obstacle::Site(site) => ObstacleView::Site { site: Name(site) },
            Obstacle::Bot => ObstacleView::Bot,
            Obstacle::Skill { skill, level } => {
                ObstacleView::Skill { skill: Name(skill), level: level.get() }
            }
            Obstacle::Excluded => ObstacleView::Excluded,
            Obstacle::KeptFrom => ObstacleView::KeptFrom,
            Obstacle::SignedOut => ObstacleView::SignedOut,
            Obstacle::Lost => ObstacleView::Lost,
            Obstacle::Draining => ObstacleView::Draining,
            Obstacle::Aux(reason) => ObstacleView::Aux { reason: Name(reason) },
            Obstacle::Capacity => ObstacleView::Capacity,
            Obstacle::Reserve => ObstacleView::Reserve,
            Obstacle::Beside(channel) => ObstacleView::Beside { channel: Name(channel) },
            Obstacle::ChannelFull => ObstacleView::ChannelFull,
            Obstacle::HoldsMost => ObstacleView::HoldsMost,
            Obstacle::Parked => ObstacleView::Parked,
            Obstacle::Throttled(why) => ObstacleView::Throttled { why: ThrottledFor::new(*why) },
            Obstacle::Deferred => ObstacleView::Deferred,
        }
    }
}

impl<'a> Agents<'a> {
    fn new(group: &'a AgentGroup) -> Agents<'a> {
        let some = group.some.iter().map(Name).collect();
        Agents { obstacle: ObstacleView::new(&group.obstacle), agents: group.agents, some }
    }
}

impl<'a> Contacts<'a> {
    fn new(group: &'a ContactGroup) -> Contacts<'a> {
        let some = group.some.iter().map(Name).collect();
        Contacts { obstacle: ObstacleView::new(&group.obstacle), contacts: group.contacts, some }
    }
}

impl<'a> LineView<'a> {
    fn new(line: &'a Line) -> LineView<'a> {
        LineView { contacts: line.contacts, first: line.first.iter().map(InLineView::new).collect() }
    }
}

impl<'a> InLineView<'a> {
    fn new(in_line: &'a InLine) -> InLineView<'a> {
        let precedence = match in_line.precedence {
            Precedence::Belongs => PrecedenceView::Belongs(true),
            Precedence::Score(points) => PrecedenceView::Score(points),
            Precedence::Due(at) => PrecedenceView::DueAt(Moment(at)),
        };
        let InLine { contact, queue, arrived_at, turns, .. } = in_line;
        InLineView {
            contact: Name(contact),
            queue: Name(queue),
            precedence,
            arrived_at: Moment(*arrived_at),
            turns: turns.map(|Turns { turns, share }| TurnsView { turns, share }),
        }
    }
}

impl<'a> UpcomingView<'a> {
    fn new(upcoming: &'a Upcoming) -> UpcomingView<'a> {
        let what = match &upcoming.what {
            Happening::PreferenceOver => HappeningView::PreferenceOver,
            Happening::ExclusionLifted { agents } => {
                HappeningView::ExclusionLifted { agents: agents.iter().map(Name).collect() }
            }
            Happening::Unthrottled { agents } => {
                HappeningView::Unthrottled { agents: agents.iter().map(Name).collect() }
            }
            Happening::Relaxes { step, requires, eligible } => {
                HappeningView::Relaxes { step: *step, requires: Skills(requires), eligible: *eligible }
            }
            Happening::Pressed => HappeningView::Pressed,
            Happening::Leaves { exit_to } => HappeningView::Leaves { exit_to: exit_to.as_ref().map(Name) },
            Happening::WindowOver { exit_to } => {
                HappeningView::WindowOver { exit_to: exit_to.as_ref().map(Name) }
            }
            Happening::Due => HappeningView::Due,
        };
        UpcomingView { at: Moment(upcoming.at), what }
    }
}

impl<'a> ChannelView<'a> {
    fn new((channel, obstacle): &'a (ChannelId, Option<Obstacle>)) -> ChannelView<'a> {
        let obstacle = obstacle.as_ref().map(ObstacleView::new);
        ChannelView { channel: Name(channel), open: obstacle.is_none(), obstacle }
    }
}

impl<'a> HeldView<'a> {
    fn new(held: &'a Held) -> HeldView<'a> {
        let Held { contact, channel, whereabouts } = held;
        HeldView { contact: Name(contact), channel: Name(channel), state: StateView::new(whereabouts) }
    }
}

#[cfg(test)]
#[path = "explain_tests.rs"]
mod tests;
