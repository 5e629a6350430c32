//! A plan: everything that will be done to a router, before any of it is done.
//!
//! A plan is open-loop. Its callers come when they come, whatever the router makes of those before them; only what
//! follows from an answer (accepting, completing, hanging up, coming again on another channel) is left to [`crate::play`].

use std::fmt;
use std::sync::Arc;

use model::config::{AGEING_PER_MINUTE_MAX, TenantConfig};
use model::id::{AgentId, AuxReason};
use model::time::{Millis, Time};
use model::{AgentSpec, ContactBody};

use crate::distribution::Span;

#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub config: TenantConfig,
    pub roster: Vec<AgentSpec>,
    /// In order of arrival; whoever follows another stands behind it.
    pub contacts: Vec<PlannedContact>,
    /// One per agent of the roster, in its order.
    pub shifts: Vec<Shift>,
    pub habits: Habits,
    /// When the day is over, whatever is open; absent: when every contact has ended.
    pub ends_at: Option<Time>,
    /// How many times faster than life it is played; every length in the plan but those in `habits` and `real` is
    /// divided by it already.
    pub speed: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedContact {
    /// When it comes; of one that follows another, the earliest that it can.
    pub at: Time,
    pub body: Arc<ContactBody>,
    /// Waiting longer than this, the customer leaves; absent: it waits for as long as it takes.
    pub patience: Option<Millis>,
    /// How long the contact keeps whoever answers it: it belongs to the contact.
    pub handle: Millis,
    pub manner: Manner,
    /// It comes only if something becomes of another contact.
    pub follows: Option<Follows>,
    /// What became of it in the real centre; absent for a contact that was never real.
    pub real: Option<RealContact>,
}

/// What a customer does besides waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Manner {
    /// Out of patience it falls silent, and the contact goes on as indirect work.
    pub falls_silent: bool,
    /// Takes another channel when one is proposed; else it declines.
    pub agrees: bool,
    /// Tries in vain before a scheduled contact's customer is reached.
    pub unreached: u8,
    /// Once, in the middle of being handled, the customer writes nothing for a while.
    pub pause: Option<Pause>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// Since it was accepted; shorter than the handle time.
    pub after: Millis,
    pub length: Millis,
}

/// Why the same customer comes again about the same matter, and how much later. Whether it does depends on what the router made
/// of the other contact and on nothing else of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Follows {
    /// Place in [`Plan::contacts`].
    pub contact: usize,
    pub because: Because,
    pub after: Millis,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// So long after the other came, no agent has had it yet.
    StillWaiting,
    /// So long ago the other ended without an agent.
    NotServed,
    /// So long after an agent accepted the other, it is in hands.
    InHands,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RealContact {
    pub answered: bool,
    pub wait: Millis,
    /// Zero when it was not answered.
    pub handle: Millis,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    pub agent: AgentId,
    pub sign_in: Time,
    pub absences: Vec<Absence>,
    pub sign_out: Time,
}

/// The agent finishes what it holds, is away for that long, and comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Absence {
    pub at: Time,
    pub length: Millis,
}

/// What all agents of a plan have in common.
#[derive(Debug, Clone, PartialEq)]
pub struct Habits {
    /// From an offer to its acceptance.
    pub accept_delay: Span,
    /// Offers of a thousand that are not answered at all.
    pub no_show_permille: u16,
    /// Offers of a thousand that are declined, after the accept delay.
    pub decline_permille: u16,
    /// Reason of a planned absence.
    pub away_reason: AuxReason,
    /// An agent who was set aside, or signed out by the router, comes back after this.
    pub return_after: Millis,
    /// Number of each agent's first session; higher than any that the router has seen of it.
    pub first_session: u64,
}

/// The plan cannot be played so much faster: its highest ageing rate would pass the limit of a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooFast {
    pub speed_max: u32,
}

impl fmt::Display for TooFast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this plan can be played at most {} times as fast as life", self.speed_max)
    }
}

impl std::error::Error for TooFast {}

impl Plan {
    /// When the first thing happens; [`Time::MAX`] for an empty plan.
    pub fn begins_at(&self) -> Time {
        let contact = self.contacts.iter().map(|contact| contact.at);
        contact.chain(self.shifts.iter().map(|shift| shift.sign_in)).min().unwrap_or(Time::MAX)
    }

    /// The same plan with its first thing at `begin`.
    #[must_use]
    pub fn moved_to(self, begin: Time) -> Plan {
        let old = self.begins_at();
        self.with_instants(|at| begin + at.since(old))
    }

    /// The same plan, for a router in real time, `factor` times as fast from its first thing on. Time-outs and ageing of the
    /// configuration go along; the reconnect window stays, because heartbeats do not hurry. Calendars and windows cannot hurry
    /// either, so a plan with those means another day then.
    pub fn faster(mut self, factor: u32) -> Result<Plan, TooFast> {
        let factor = factor.max(1);
        let ageing = self.config.queues.iter().map(|queue| queue.ageing_per_minute).max().unwrap_or(1);
        let speed_max = AGEING_PER_MINUTE_MAX / ageing.max(1);
        if factor > speed_max {
            return Err(TooFast { speed_max: speed_max.saturating_mul(self.speed) });
        }
        let shorter = |span: Millis| shortened(span, factor);
        for queue in &mut self.config.queues {
            queue.ageing_per_minute *= factor;
            for span in [
                &mut queue.due_in,
                &mut queue.offer_timeout,
                &mut queue.wrap_up,
                &mut queue.preferred_patience,
                &mut queue.retry_same_agent_after,
                &mut queue.service_level.within,
            ] {
                *span = shorter(*span);
            }
            queue.pressure = queue.pressure.map(shorter);
        }
        if let Some(slow_start) = &mut self.config.slow_start {
            (slow_start.over, slow_start.every) = (shorter(slow_start.over), shorter(slow_start.every));
        }
        if let Some(ration) = &mut self.config.ration {
            ration.over = shorter(ration.over);
        }
        for contact in &mut self.contacts {
            contact.patience = contact.patience.map(shorter);
            contact.handle = shorter(contact.handle);
            contact.manner.pause = contact
                .manner
                .pause
                .map(|pause| Pause { after: shorter(pause.after), length: shorter(pause.length) });
            contact.follows =
                contact.follows.map(|follows| Follows { after: shorter(follows.after), ..follows });
        }
        for absence in self.shifts.iter_mut().flat_map(|shift| &mut shift.absences) {
            absence.length = shorter(absence.length);
        }
        self.speed *= factor;
        let begin = self.begins_at();
        Ok(self.with_instants(|at| begin + Millis(at.since(begin).0 / u64::from(factor))))
    }

    fn with_instants(mut self, moved: impl Fn(Time) -> Time) -> Plan {
        for contact in &mut self.contacts {
            contact.at = moved(contact.at);
        }
        for shift in &mut self.shifts {
            shift.sign_in = moved(shift.sign_in);
            shift.sign_out = moved(shift.sign_out);
            for absence in &mut shift.absences {
                absence.at = moved(absence.at);
            }
        }
        self.ends_at = self.ends_at.map(&moved);
        self
    }
}

/// Rounded up, so that a time-out never becomes none.
pub(crate) fn shortened(span: Millis, factor: u32) -> Millis {
    Millis(span.0.div_ceil(u64::from(factor.max(1))))
}
