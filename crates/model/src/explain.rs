//! Why things are as they are: answers for people, worked out from the state when somebody asks. Nothing here is kept.

use crate::agent::Presence;
use crate::config::{Method, SkillDemand};
use crate::id::{AgentId, AuxReason, ChannelId, ContactId, OfferNo, QueueId, RuleName, SiteId, SkillId};
use crate::ratio::Turns;
use crate::skill::Level;
use crate::throttle::ThrottleWhy;
use crate::time::{Millis, Time};
use crate::transition::KnownWhy;

/// The first rule that keeps a contact and an agent apart, in the order in which they are asked here: first what the contact is, then
/// what the agent can, then what the agent does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Obstacle {
    QueuePaused,
    /// Agents take what waits there; nothing is offered.
    Pulled,
    PutOff,
    WaitsForAnother,
    /// Its customer is silent.
    Quiet,
    Channel,
    /// It is at another site than this, or at none.
    Site(SiteId),
    /// It is a bot, and the contact asks for a person.
    Bot,
    Skill {
        skill: SkillId,
        level: Level,
    },
    /// For good.
    Excluded,
    /// It declined it, or let it expire, or let it go.
    KeptFrom,
    SignedOut,
    Lost,
    Draining,
    Aux(AuxReason),
    /// Its units are used.
    Capacity,
    /// What is left of its units is kept from indirect work.
    Reserve,
    /// It holds a contact of this channel, beside which the other may not come.
    Beside(ChannelId),
    /// It has as many of the channel as it may.
    ChannelFull,
    HoldsMost,
    /// It was interrupted in other work, which comes before anything else indirect.
    Parked,
    /// It was offered as much as it may for now.
    Throttled(ThrottleWhy),
    /// It met too many contacts that keep away from it, and looks again soon.
    Deferred,
}

/// Agents that the same rule keeps from a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentGroup {
    pub obstacle: Obstacle,
    pub agents: u32,
    /// The first of them, by number.
    pub some: Vec<AgentId>,
}

/// Contacts that the same rule keeps from an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactGroup {
    pub obstacle: Obstacle,
    pub contacts: u32,
    /// The first of them, by number.
    pub some: Vec<ContactId>,
}

/// An agent who could have the contact now, with what decides who gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub agent: AgentId,
    pub standing: Standing,
    /// Of the skills that the queue prefers, where it prefers any: who has more comes first, whatever the standing.
    pub preferred: Option<SkillsHad>,
    /// It would have to be interrupted in what it is doing; such agents come behind all others.
    pub interrupts: bool,
}

/// So many of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SkillsHad {
    pub had: u8,
    pub of: u8,
}

/// As the queue's method compares agents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    IdleSince(Time),
    AvailableSince(Time),
    /// Units used, of so many; then idle since.
    Load {
        used: u32,
        capacity: u16,
        idle_since: Time,
    },
    /// The sum of its levels on what is required; then idle since.
    Skill {
        sum: u16,
        idle_since: Time,
    },
    LastOffer(OfferNo),
    Rank(u32),
}

/// What decides which contact an agent takes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precedence {
    /// It waits for the agent who has what it belongs to.
    Belongs,
    /// Live, or counted as live, by score in points; the points of its queue and its own, and those of its age.
    Score(i64),
    Due(Time),
}

/// A contact that waits, in the order in which agents take them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InLine {
    pub contact: ContactId,
    pub queue: QueueId,
    pub precedence: Precedence,
    pub arrived_at: Time,
    /// The turns of its queue, if that takes turns with others.
    pub turns: Option<Turns>,
}

/// Contacts in order, of which the first are named.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    pub contacts: u32,
    pub first: Vec<InLine>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whereabouts {
    InQueue,
    ForAgent {
        agent: AgentId,
        until: Time,
    },
    PutOff {
        until: Time,
    },
    Offered {
        agent: AgentId,
        offer: OfferNo,
        expires_at: Time,
    },
    Active {
        agent: AgentId,
    },
    /// Interrupted, and with the agent all the same; until then, if the agent was signed out since.
    Parked {
        agent: AgentId,
        until: Option<Time>,
    },
    WrapUp {
        agent: AgentId,
        until: Time,
    },
    /// Nobody's until its customer writes again; the agent had it.
    Quiet {
        agent: AgentId,
        until: Time,
    },
}

/// What happens by itself while the contact waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upcoming {
    pub at: Time,
    pub what: Happening,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// It waits for one agent no longer.
    PreferenceOver,
    /// These may have it again.
    ExclusionLifted {
        agents: Vec<AgentId>,
    },
    /// These are held back by nothing else until then.
    Unthrottled {
        agents: Vec<AgentId>,
    },
    /// It takes this step of its queue, and so many agents are eligible then, whatever they do.
    Relaxes {
        step: u8,
        requires: Vec<SkillDemand>,
        eligible: u32,
    },
    /// It counts as live.
    Pressed,
    /// Its longest wait is over: it leaves for that queue, or ends.
    Leaves {
        exit_to: Option<QueueId>,
    },
    /// Its window is over: the same.
    WindowOver {
        exit_to: Option<QueueId>,
    },
    Due,
}

/// Why a contact is where it is, and who could have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactExplained {
    pub contact: ContactId,
    pub channel: ChannelId,
    pub queue: QueueId,
    pub method: Method,
    pub whereabouts: Whereabouts,
    pub arrived_at: Time,
    /// When it came to its queue.
    pub entered_at: Time,
    pub due_at: Option<Time>,
    /// The rule that classified it.
    pub rule: Option<RuleName>,
    /// The overflow rules that acted on it.
    pub overflow: Vec<RuleName>,
    pub requires: Vec<SkillDemand>,
    /// Who has more of these comes first.
    pub prefers: Vec<SkillDemand>,
    /// Where alone it can be handled.
    pub site: Option<SiteId>,
    /// No bot may have it.
    pub person: bool,
    /// It was said that nobody in the roster could ever take it.
    pub unservable: bool,
    pub points: i32,
    /// Steps of relaxation that it took.
    pub step: u8,
    pub pressed: bool,
    /// What keeps everybody from it but whom it waits for.
    pub holdups: Vec<Obstacle>,
    /// Who could have it now, the first first.
    pub candidates: Vec<Candidate>,
    pub candidate_count: u32,
    /// All others by what keeps them from it, as if it waited in its queue for anybody; most first.
    pub others: Vec<AgentGroup>,
    /// What those take first who could have it but for what they do.
    pub ahead: Line,
    pub upcoming: Vec<Upcoming>,
}

/// Why an agent has what it has, and what it could have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentExplained {
    pub agent: AgentId,
    pub presence: Presence,
    pub idle_since: Time,
    pub used: u32,
    pub capacity: u16,
    pub holds: Vec<Held>,
    /// Until when it does not look for contacts.
    pub deferred_until: Option<Time>,
    /// For what it is held back from all but its own, and until when.
    pub throttled: Vec<(ThrottleWhy, Time)>,
    /// Each channel of its roster entry, and what closes it.
    pub channels: Vec<(ChannelId, Option<Obstacle>)>,
    /// What it could have now, the first first.
    pub next: Line,
    /// What else waits or is put off, by what keeps it from the agent; most first.
    pub others: Vec<ContactGroup>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub contact: ContactId,
    pub channel: ChannelId,
    pub whereabouts: Whereabouts,
}

/// Why this agent got this contact: how things stood just before the offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferExplained {
    pub offer: OfferNo,
    pub agent: AgentId,
    pub queue: QueueId,
    pub method: Method,
    /// How long it had been open.
    pub age: Millis,
    /// It was the contact's preferred agent, for the customer's sake if that is said.
    pub preferred: bool,
    pub known: Option<KnownWhy>,
    /// Who could have had it, the first first.
    pub candidates: Vec<Candidate>,
    pub candidate_count: u32,
    /// What else the agent could have had, the first first.
    pub passed: Line,
}
