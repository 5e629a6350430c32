//! Which decisions the world is told of, under which name, and what the message must say.
//!
//! Written from the published description of the outputs, not from the code that makes them.

use model::Change;
use model::agent::Presence;
use model::estimate::{Estimate, Outlook};
use model::transition::{ExitWhy, OfferEnd, PresenceCause, ProposalEnd, ReturnedWhy};
use model::{Outcome, RuleName, Time};

use crate::keys::key;

/// What an event of the feed, or a dead letter, is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    TenantOpened,
    TenantLeft,
    TenantCame,
    ConfigApplied,
    AgentPut,
    AgentRemoved,
    AgentPresence,
    ContactArrived,
    ContactQueued,
    ContactOffered,
    ContactAccepted,
    OfferEnded,
    ContactWrapUp,
    ContactReturned,
    QueueSwitched,
    ContactRelaxed,
    ContactPressed,
    ContactMoved,
    ContactJoined,
    ContactReclassified,
    ContactUpdated,
    ContactScheduled,
    ContactReleased,
    ContactUnservable,
    ContactServable,
    ContactInterrupted,
    ContactParked,
    ContactStuck,
    ContactWorkedOn,
    ContactResumed,
    ContactQuieted,
    ContactHandedOver,
    ContactSlowed,
    ContactReplied,
    ContactClosed,
    OverflowTurned,
    DeadlinesAtRisk,
    DeadlinesMet,
    ContactOverflowed,
    ContactEstimated,
    ContactProposed,
    ProposalEnded,
    ContactSwitched,
    Refused,
}

/// What a message must say; names as keys, 0 where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Told {
    pub kind: Kind,
    /// False when the journal alone does not tell, because its head was purged or the step was illegal.
    pub is_known: bool,
    /// Found in the feed, or among the dead letters.
    pub is_seen: bool,
    pub tenant: u64,
    pub contact: u64,
    pub agent: u64,
    pub offer: u64,
    /// Who asked that agent, or asks by it.
    pub asks: u64,
    pub queue: u64,
    /// Whatever else the kind has: a time, an outcome, a reason.
    pub detail: u64,
}

impl Kind {
    /// Nothing for what concerns the router alone.
    pub fn of(change: &Change) -> Option<Kind> {
        match change {
            Change::Resumed { .. }
            | Change::TenantRows { .. }
            | Change::TenantGone
            | Change::ProfileOpened { .. }
            | Change::ProfileClosed { .. }
            | Change::AgentHeard { .. }
            | Change::AgentDeferred { .. }
            | Change::AgentThrottled { .. }
            | Change::AgentUnthrottled { .. }
            | Change::ContactNoted { .. }
            | Change::ContactKeptForPeople { .. }
            | Change::ExclusionLifted { .. } => None,
            Change::TenantOpened { .. } => Some(Kind::TenantOpened),
            Change::TenantLeft { .. } => Some(Kind::TenantLeft),
            Change::TenantCame { .. } => Some(Kind::TenantCame),
            Change::Refused(_) => Some(Kind::Refused),
            Change::ConfigApplied { .. } => Some(Kind::ConfigApplied),
            Change::AgentPut { .. } => Some(Kind::AgentPut),
            Change::AgentRemoved { .. } => Some(Kind::AgentRemoved),
            Change::AgentPresence { .. } => Some(Kind::AgentPresence),
            Change::ContactArrived { .. } => Some(Kind::ContactArrived),
            Change::ContactQueued { .. } => Some(Kind::ContactQueued),
            Change::Offered { .. } => Some(Kind::ContactOffered),
            Change::Accepted { .. } => Some(Kind::ContactAccepted),
            Change::OfferEnded { .. } => Some(Kind::OfferEnded),
            Change::WrapUpStarted { .. } => Some(Kind::ContactWrapUp),
            Change::ContactReturned { .. } => Some(Kind::ContactReturned),
            Change::QueueSwitched { .. } => Some(Kind::QueueSwitched),
            Change::ContactRelaxed { .. } => Some(Kind::ContactRelaxed),
            Change::ContactPressed { .. } => Some(Kind::ContactPressed),
            Change::ContactMoved { .. } => Some(Kind::ContactMoved),
            Change::ContactJoined { .. } => Some(Kind::ContactJoined),
            Change::ContactUpdated { .. } => Some(Kind::ContactUpdated),
            Change::ContactReclassified { .. } => Some(Kind::ContactReclassified),
            Change::ContactScheduled { .. } => Some(Kind::ContactScheduled),
            Change::ContactReleased { .. } => Some(Kind::ContactReleased),
            Change::ContactUnservable { .. } => Some(Kind::ContactUnservable),
            Change::ContactServable { .. } => Some(Kind::ContactServable),
            Change::ContactInterrupted { .. } => Some(Kind::ContactInterrupted),
            Change::ContactParked { .. } => Some(Kind::ContactParked),
            Change::ContactStuck { .. } => Some(Kind::ContactStuck),
            Change::ContactWorkedOn { .. } => Some(Kind::ContactWorkedOn),
            Change::ContactResumed { .. } => Some(Kind::ContactResumed),
            Change::ContactQuieted { .. } => Some(Kind::ContactQuieted),
            Change::ContactHandedOver { .. } => Some(Kind::ContactHandedOver),
            Change::ContactSlowed { .. } => Some(Kind::ContactSlowed),
            Change::ContactReplied { .. } => Some(Kind::ContactReplied),
            Change::ContactClosed { .. } => Some(Kind::ContactClosed),
            Change::OverflowTurned { .. } => Some(Kind::OverflowTurned),
            Change::DeadlinesJudged { risk: Some(_), .. } => Some(Kind::DeadlinesAtRisk),
            Change::DeadlinesJudged { risk: None, .. } => Some(Kind::DeadlinesMet),
            Change::ContactOverflowed { .. } => Some(Kind::ContactOverflowed),
            Change::ContactEstimated { .. } => Some(Kind::ContactEstimated),
            Change::ContactProposed { .. } => Some(Kind::ContactProposed),
            Change::ProposalEnded { .. } => Some(Kind::ProposalEnded),
            Change::ContactSwitched { .. } => Some(Kind::ContactSwitched),
        }
    }

    /// The `type` of its durable message.
    pub fn name(self) -> &'static str {
        match self {
            Kind::TenantOpened => "tenant_opened",
            Kind::TenantLeft => "tenant_left",
            Kind::TenantCame => "tenant_came",
            Kind::ConfigApplied => "config_applied",
            Kind::AgentPut => "agent_put",
            Kind::AgentRemoved => "agent_removed",
            Kind::AgentPresence => "agent_presence",
            Kind::ContactArrived => "contact_arrived",
            Kind::ContactQueued => "contact_queued",
            Kind::ContactOffered => "contact_offered",
            Kind::ContactAccepted => "contact_accepted",
            Kind::OfferEnded => "offer_ended",
            Kind::ContactWrapUp => "contact_wrap_up",
            Kind::ContactReturned => "contact_returned",
            Kind::QueueSwitched => "queue_switched",
            Kind::ContactRelaxed => "contact_relaxed",
            Kind::ContactPressed => "contact_pressed",
            Kind::ContactMoved => "contact_moved",
            Kind::ContactJoined => "contact_joined",
            Kind::ContactUpdated => "contact_updated",
            Kind::ContactReclassified => "contact_reclassified",
            Kind::ContactScheduled => "contact_scheduled",
            Kind::ContactReleased => "contact_released",
            Kind::ContactUnservable => "contact_unservable",
            Kind::ContactServable => "contact_servable",
            Kind::ContactInterrupted => "contact_interrupted",
            Kind::ContactParked => "contact_parked",
            Kind::ContactStuck => "contact_stuck",
            Kind::ContactWorkedOn => "contact_worked_on",
            Kind::ContactResumed => "contact_resumed",
            Kind::ContactQuieted => "contact_quieted",
            Kind::ContactHandedOver => "contact_handed_over",
            Kind::ContactSlowed => "contact_slowed",
            Kind::ContactReplied => "contact_replied",
            Kind::ContactClosed => "contact_closed",
            Kind::OverflowTurned => "overflow_turned",
            Kind::DeadlinesAtRisk => "deadlines_at_risk",
            Kind::DeadlinesMet => "deadlines_met",
            Kind::ContactOverflowed => "contact_overflowed",
            Kind::ContactEstimated => "contact_estimated",
            Kind::ContactProposed => "contact_proposed",
            Kind::ProposalEnded => "proposal_ended",
            Kind::ContactSwitched => "contact_switched",
            Kind::Refused => "refused",
        }
    }

    /// The `type` of the message to the desktop of an agent who asked, or asks.
    pub fn asking_name(self) -> Option<&'static str> {
        let says = [
            Kind::ContactQueued,
            Kind::ContactOffered,
            Kind::ContactAccepted,
            Kind::ContactWrapUp,
            Kind::ContactClosed,
        ];
        if self == Kind::ContactHandedOver {
            Some("handed_over")
        } else {
            says.contains(&self).then_some("consult")
        }
    }

    /// The `type` of the message to the agent's desktop.
    pub fn desktop_name(self) -> Option<&'static str> {
        match self {
            Kind::AgentPresence => Some("presence"),
            Kind::ContactOffered => Some("offer"),
            Kind::ContactAccepted => Some("assigned"),
            Kind::OfferEnded => Some("offer_ended"),
            Kind::ContactWrapUp => Some("wrap_up"),
            Kind::ContactReturned => Some("returned"),
            Kind::ContactInterrupted => Some("interrupted"),
            Kind::ContactParked => Some("parked"),
            Kind::ContactStuck => Some("stuck"),
            Kind::ContactResumed => Some("resumed"),
            Kind::ContactQuieted => Some("quieted"),
            Kind::ContactHandedOver => Some("assigned"),
            Kind::ContactUpdated => Some("updated"),
            Kind::ContactScheduled => Some("not_reached"),
            Kind::ContactClosed => Some("closed"),
            Kind::Refused => Some("refused"),
            Kind::TenantOpened
            | Kind::TenantLeft
            | Kind::TenantCame
            | Kind::ConfigApplied
            | Kind::AgentPut
            | Kind::AgentRemoved
            | Kind::QueueSwitched
            | Kind::ContactArrived
            | Kind::ContactQueued
            | Kind::ContactRelaxed
            | Kind::ContactPressed
            | Kind::ContactMoved
            | Kind::ContactJoined
            | Kind::OverflowTurned
            | Kind::DeadlinesAtRisk
            | Kind::DeadlinesMet
            | Kind::ContactOverflowed
            | Kind::ContactEstimated
            | Kind::ContactProposed
            | Kind::ProposalEnded
            | Kind::ContactSlowed
            | Kind::ContactReplied
            | Kind::ContactSwitched
            | Kind::ContactReleased
            | Kind::ContactUnservable
            | Kind::ContactServable
            | Kind::ContactWorkedOn
            | Kind::ContactReclassified => None,
        }
    }

    /// The `type` of the message to the customer's side.
    pub fn customer_name(self) -> Option<&'static str> {
        match self {
            Kind::ContactQueued => Some("queued"),
            Kind::ContactScheduled => Some("scheduled"),
            Kind::ContactEstimated => Some("estimate"),
            Kind::ContactProposed => Some("proposal"),
            Kind::ProposalEnded => Some("proposal_ended"),
            Kind::ContactSwitched => Some("switched"),
            Kind::ContactUnservable => Some("unservable"),
            Kind::ContactServable => Some("servable"),
            Kind::ContactAccepted | Kind::ContactHandedOver => Some("accepted"),
            Kind::ContactWrapUp => Some("handled"),
            Kind::ContactReturned => Some("returned"),
            Kind::ContactClosed => Some("ended"),
            Kind::TenantOpened
            | Kind::TenantLeft
            | Kind::TenantCame
            | Kind::ConfigApplied
            | Kind::AgentPut
            | Kind::AgentRemoved
            | Kind::AgentPresence
            | Kind::ContactArrived
            | Kind::ContactOffered
            | Kind::OfferEnded
            | Kind::QueueSwitched
            | Kind::ContactRelaxed
            | Kind::ContactPressed
            | Kind::ContactMoved
            | Kind::ContactJoined
            | Kind::ContactUpdated
            | Kind::ContactReclassified
            | Kind::OverflowTurned
            | Kind::DeadlinesAtRisk
            | Kind::DeadlinesMet
            | Kind::ContactOverflowed
            | Kind::ContactReleased
            | Kind::ContactInterrupted
            | Kind::ContactQuieted
            | Kind::ContactSlowed
            | Kind::ContactReplied
            | Kind::ContactParked
            | Kind::ContactStuck
            | Kind::ContactWorkedOn
            | Kind::ContactResumed
            | Kind::Refused => None,
        }
    }
}

impl Told {
    pub fn new(kind: Kind, tenant: u64) -> Told {
        Told {
            kind,
            is_known: true,
            is_seen: false,
            tenant,
            contact: 0,
            agent: 0,
            offer: 0,
            asks: 0,
            queue: 0,
            detail: 0,
        }
    }

    pub fn unknown(kind: Kind) -> Told {
        Told { is_known: false, ..Told::new(kind, 0) }
    }

    /// The first field in which what was said differs from this.
    pub fn difference(&self, said: &Told) -> Option<&'static str> {
        let fields = [
            ("another type", self.kind as u64, said.kind as u64),
            ("another tenant", self.tenant, said.tenant),
            ("another contact", self.contact, said.contact),
            ("another agent", self.agent, said.agent),
            ("another offer", self.offer, said.offer),
            ("another queue", self.queue, said.queue),
            ("other details", self.detail, said.detail),
        ];
        let first = if self.is_known { fields.len() } else { 1 };
        fields[..first].iter().find(|(_, journaled, said)| journaled != said).map(|(name, ..)| *name)
    }
}

/// A moment as messages spell it: whole milliseconds, and no later than calendars reach.
pub(crate) fn moment(time: Time) -> u64 {
    const CALENDAR_END: u64 = 253_402_207_200_999;
    time.0.min(CALENDAR_END)
}

pub(crate) fn presence_name(presence: &Presence) -> &'static str {
    match presence {
        Presence::SignedOut => "signed_out",
        Presence::Available => "available",
        Presence::Aux(_) => "aux",
        Presence::Draining { .. } => "draining",
        Presence::Lost { .. } => "lost",
    }
}

pub(crate) fn cause_name(cause: PresenceCause) -> &'static str {
    match cause {
        PresenceCause::Agent => "agent",
        PresenceCause::Rona => "rona",
        PresenceCause::Drained => "drained",
        PresenceCause::Heartbeat => "heartbeat",
        PresenceCause::WindowOver => "window_over",
        PresenceCause::Roster => "roster",
        PresenceCause::Supervisor => "supervisor",
    }
}

pub(crate) fn end_name(how: OfferEnd) -> &'static str {
    match how {
        OfferEnd::Declined => "declined",
        OfferEnd::Expired => "expired",
        OfferEnd::Revoked => "revoked",
        OfferEnd::Withdrawn => "withdrawn",
    }
}

pub(crate) fn proposal_end_name(how: ProposalEnd) -> &'static str {
    match how {
        ProposalEnd::Declined => "declined",
        ProposalEnd::Expired => "expired",
    }
}

pub(crate) fn why_name(why: ReturnedWhy) -> &'static str {
    match why {
        ReturnedWhy::TransferredToQueue => "transferred_to_queue",
        ReturnedWhy::TransferredToAgent { .. } => "transferred_to_agent",
        ReturnedWhy::Requeued => "requeued",
        ReturnedWhy::AgentLeft => "agent_left",
        ReturnedWhy::Supervisor => "supervisor",
    }
}

/// Of the rule that decided; without one, of the default queue, or 0 for the one that was named.
pub(crate) fn classified_key(rule: Option<&RuleName>, is_default: bool) -> u64 {
    match rule {
        Some(rule) => key(("rule", rule.as_str())),
        None if is_default => key("default"),
        None => 0,
    }
}

/// Position, p50 and p90, or why they are unknown.
pub(crate) fn outlook_key(Outlook { position, estimate }: Outlook) -> u64 {
    let (known, unknown) = match estimate {
        Estimate::Known { p50, p90 } => (Some((p50.0, p90.0)), None),
        Estimate::Unknown(why) => (None, Some(why.name())),
    };
    outlook_key_of(u64::from(position), known, unknown)
}

/// The same, as a message spells it.
pub(crate) fn outlook_key_of(position: u64, known: Option<(u64, u64)>, unknown: Option<&str>) -> u64 {
    key((position, known, unknown))
}

pub(crate) fn exit_name(why: ExitWhy) -> &'static str {
    match why {
        ExitWhy::Full => "full",
        ExitWhy::MaxWait => "max_wait",
        ExitWhy::Closed => "closed",
        ExitWhy::OffHours => "off_hours",
        ExitWhy::WindowOver => "window_over",
        ExitWhy::Supervisor => "supervisor",
    }
}

pub(crate) fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Completed => "completed",
        Outcome::Abandoned => "abandoned",
        Outcome::Cancelled => "cancelled",
        Outcome::Blocked => "blocked",
        Outcome::TimedOut => "timed_out",
        Outcome::TurnedAway => "turned_away",
        Outcome::NotReached => "not_reached",
    }
}
