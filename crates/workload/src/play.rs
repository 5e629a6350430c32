//! A plan being played: what is due, and what follows from what the router says.
//!
//! Sans-IO: whoever plays asks [`Play::next_due`], does what [`Play::take_due`] (or [`Play::take_one`]) gives when that time has come, and reports
//! every output of the router to [`Play::observe`] once and in the order of the journal. In virtual time that is a loop
//! that jumps from one instant to the next; in real time the same loop sleeps. A router that takes longer to answer only
//! makes the answer's consequences later, never the next caller.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

use model::agent::Presence;
use model::contact::{ContactBody, Outcome};
use model::event::{ContactStep, Event, EventKind};
use model::id::{AgentId, ContactId, OfferNo};
use model::input::{AgentInput, EndedBy, InputBody};
use model::time::{Millis, Time};

use crate::agent::{Desk, DeskDue};
use crate::caller::{Caller, CallerDue, Record};
use crate::plan::{Plan, PlannedContact};
use crate::rng::Rng;
use crate::summary::{DaySummary, summarize};

#[derive(Debug)]
pub struct Play {
    plan: Plan,
    callers: Vec<Caller>,
    desks: Vec<Desk>,
    /// For look-ups alone.
    caller_of: HashMap<ContactId, usize>,
    desk_of: HashMap<AgentId, usize>,
    timers: BinaryHeap<Reverse<Timer>>,
    timers_set: u64,
    /// Contacts that have not ended.
    open: usize,
    offers: OfferCounts,
    /// The latest instant that it was told of.
    now: Time,
}

/// Something to be done to the router, and the instant for which it was meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub at: Time,
    pub action: Action,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    Create { body: Arc<ContactBody> },
    End { contact: ContactId, by: EndedBy },
    Agent(AgentInput),
}

impl Action {
    /// As the engine takes it; `digest` is the hash of a contact's body that whoever plays has chosen.
    pub fn into_input(self, digest: impl FnOnce(&ContactBody) -> u64) -> InputBody {
        match self {
            Action::Create { body } => {
                let digest = digest(&body);
                InputBody::ContactCreate { body, digest }
            }
            Action::End { contact, by } => InputBody::ContactEnd { contact, by },
            Action::Agent(input) => InputBody::Agent(input),
        }
    }
}

/// What the router said that a caller, an agent or the record needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observation {
    Queued {
        contact: ContactId,
    },
    Offered {
        agent: AgentId,
        contact: ContactId,
        offer: OfferNo,
        expires_at: Time,
    },
    /// Declined, expired or revoked.
    OfferEnded {
        agent: AgentId,
        contact: ContactId,
        offer: OfferNo,
    },
    Accepted {
        agent: AgentId,
        contact: ContactId,
        offer: OfferNo,
    },
    /// It left this agent's hands and will be placed anew.
    Returned {
        agent: AgentId,
        contact: ContactId,
    },
    Closed {
        contact: ContactId,
        agent: Option<AgentId>,
        outcome: Outcome,
    },
    Presence {
        agent: AgentId,
        presence: Presence,
    },
}

impl Observation {
    /// What a player needs of an event; nothing of most of those that concern the administration.
    pub fn of(event: &Event) -> Option<Observation> {
        match &event.kind {
            EventKind::AgentPresence { agent, presence, .. } => {
                Some(Observation::Presence { agent: agent.clone(), presence: presence.clone() })
            }
            EventKind::Contact { facts, step } => Self::of_step(facts.body.contact.clone(), step),
            EventKind::TenantOpened
            | EventKind::TenantLeft { .. }
            | EventKind::TenantCame { .. }
            | EventKind::ConfigApplied { .. }
            | EventKind::Refused(_)
            | EventKind::AgentPut { .. }
            | EventKind::AgentRemoved { .. }
            | EventKind::QueueSwitched { .. }
            | EventKind::OverflowTurned { .. }
            | EventKind::DeadlinesJudged { .. } => None,
        }
    }

    fn of_step(contact: ContactId, step: &ContactStep) -> Option<Observation> {
        match step.clone() {
            ContactStep::Queued { .. } => Some(Observation::Queued { contact }),
            ContactStep::Offered { agent, offer, expires_at, by: _, history: _ } => {
                Some(Observation::Offered { agent, contact, offer, expires_at })
            }
            ContactStep::Accepted { agent, offer, score: _ } => {
                Some(Observation::Accepted { agent, contact, offer })
            }
            ContactStep::OfferEnded { agent, offer, .. } => {
                Some(Observation::OfferEnded { agent, contact, offer })
            }
            ContactStep::Returned { agent, .. } => Some(Observation::Returned { agent, contact }),
            ContactStep::Closed { agent, outcome } => Some(Observation::Closed { contact, agent, outcome }),
            ContactStep::Arrived { .. }
            | ContactStep::WrapUpStarted { .. }
            | ContactStep::Relaxed { .. }
            | ContactStep::Pressed
            | ContactStep::Moved { .. }
            | ContactStep::Joined { .. }
            | ContactStep::Updated { .. }
            | ContactStep::Reclassified { .. }
            | ContactStep::Overflowed { .. }
            | ContactStep::Estimated { .. }
            | ContactStep::Proposed { .. }
            | ContactStep::ProposalEnded { .. }
            | ContactStep::Switched { .. }
            | ContactStep::Scheduled { .. }
            | ContactStep::Released
            | ContactStep::Unservable
            | ContactStep::Servable
            | ContactStep::Interrupted { .. }
            | ContactStep::Quieted { .. }
            | ContactStep::Slowed { .. }
            | ContactStep::Replied { .. }
            | ContactStep::Parked { .. }
            | ContactStep::Stuck { .. }
            | ContactStep::WorkedOn { .. }
            | ContactStep::Resumed { .. } => None,
        }
    }

    fn contact(&self) -> Option<&ContactId> {
        match self {
            Observation::Queued { contact }
            | Observation::Offered { contact, .. }
            | Observation::OfferEnded { contact, .. }
            | Observation::Accepted { contact, .. }
            | Observation::Returned { contact, .. }
            | Observation::Closed { contact, .. } => Some(contact),
            Observation::Presence { .. } => None,
        }
    }

    fn agent(&self) -> Option<&AgentId> {
        match self {
            Observation::Offered { agent, .. }
            | Observation::OfferEnded { agent, .. }
            | Observation::Accepted { agent, .. }
            | Observation::Returned { agent, .. }
            | Observation::Presence { agent, .. } => Some(agent),
            Observation::Closed { agent, .. } => agent.as_ref(),
            Observation::Queued { .. } => None,
        }
    }
}

/// Offers of the plan's contacts; those of others do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OfferCounts {
    pub made: u64,
    pub accepted: u64,
    /// Declined, expired or revoked.
    pub ended: u64,
}

#[derive(Debug, PartialEq, Eq)]
struct Timer {
    at: Time,
    /// Among timers of one instant the one that was set first comes first.
    set: u64,
    what: TimerOf,
}

#[derive(Debug, PartialEq, Eq)]
enum TimerOf {
    Caller(usize, CallerDue),
    Desk(usize, DeskDue),
}

impl Ord for Timer {
    fn cmp(&self, other: &Timer) -> Ordering {
        (self.at, self.set).cmp(&(other.at, other.set))
    }
}
impl PartialOrd for Timer {
    fn partial_cmp(&self, other: &Timer) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Play {
    /// `seed` decides what the agents draw; the plan's own seed has decided everything else.
    pub fn new(plan: Plan, seed: u64) -> Play {
        let mut play = Play {
            callers: plan.contacts.iter().cloned().map(Caller::new).collect(),
            desks: Vec::with_capacity(plan.shifts.len()),
            caller_of: HashMap::with_capacity(plan.contacts.len()),
            desk_of: HashMap::with_capacity(plan.shifts.len()),
            timers: BinaryHeap::with_capacity(plan.contacts.len() * 2),
            timers_set: 0,
            open: plan.contacts.len(),
            offers: OfferCounts::default(),
            now: Time(0),
            plan,
        };
        // Agents first: who begins at the instant at which somebody calls is there to answer.
        for (at, shift) in play.plan.shifts.clone().into_iter().enumerate() {
            play.desk_of.insert(shift.agent.clone(), at);
            for (time, due) in Desk::plan(&shift) {
                play.set(time, TimerOf::Desk(at, due));
            }
            play.desks.push(Desk::new(shift.agent, &play.plan.habits, Rng::stream(seed, "desk", at as u64)));
        }
        for at in 0..play.callers.len() {
            let caller = &play.callers[at];
            let (contact, time) = (caller.contact().clone(), caller.planned().at);
            play.caller_of.insert(contact, at);
            play.set(time, TimerOf::Caller(at, CallerDue::Arrive));
        }
        play
    }

    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// When to ask for what is due next. It may then give nothing, if what was due makes no sense any more.
    pub fn next_due(&self) -> Option<Time> {
        self.timers.peek().map(|timer| timer.0.at)
    }

    /// The next thing that is due. In lock-step, where the router's answer comes before anything else happens, this is the way
    /// to play: what an answer makes pointless is then never done.
    pub fn take_one(&mut self, now: Time) -> Option<Due> {
        self.now = self.now.max(now);
        while self.next_due().is_some_and(|at| at <= now) {
            let Reverse(timer) = self.timers.pop()?;
            if let Some(action) = self.act(now, timer.what) {
                return Some(Due { at: timer.at, action });
            }
        }
        None
    }

    /// All that is due, in the order in which it is to be done. An answer to the first may cross with the second, as between a
    /// real desk and a router; the router then refuses it.
    pub fn take_due(&mut self, now: Time) -> Vec<Due> {
        std::iter::from_fn(|| self.take_one(now)).collect()
    }

    fn act(&mut self, now: Time, what: TimerOf) -> Option<Action> {
        match what {
            TimerOf::Desk(at, due) => self.desks[at].due(due, &self.plan.habits).map(Action::Agent),
            TimerOf::Caller(at, due) => {
                let mut later = Vec::new();
                let action = self.callers[at].due(now, due, &mut later);
                self.set_all(at, later);
                action
            }
        }
    }

    /// Of contacts and agents that are not of this plan it takes no note.
    pub fn observe(&mut self, now: Time, observation: Observation) {
        self.now = self.now.max(now);
        let caller = observation.contact().and_then(|contact| self.caller_of.get(contact)).copied();
        let desk = observation.agent().and_then(|agent| self.desk_of.get(agent)).copied();
        let handle = caller.map_or(Millis::ZERO, |at| self.callers[at].planned().handle);
        if let Some(at) = caller {
            self.count(&observation);
            let had_ended = self.callers[at].has_ended();
            let mut later = Vec::new();
            self.callers[at].observe(now, &observation, &mut later);
            self.set_all(at, later);
            self.open -= usize::from(!had_ended && self.callers[at].has_ended());
        }
        if let Some(at) = desk
            && let Some((time, due)) = self.tell_desk(at, now, &observation, handle)
        {
            self.set(time, TimerOf::Desk(at, due));
        }
    }

    fn tell_desk(
        &mut self,
        at: usize,
        now: Time,
        observation: &Observation,
        handle: Millis,
    ) -> Option<(Time, DeskDue)> {
        let (desk, habits, speed) = (&mut self.desks[at], &self.plan.habits, self.plan.speed);
        match observation {
            Observation::Offered { contact, offer, .. } => desk.offered(now, contact, *offer, habits, speed),
            Observation::Accepted { contact, offer, .. } => desk.accepted(now, contact, *offer, handle),
            Observation::Presence { presence, .. } => desk.presence(now, presence, habits, speed),
            Observation::OfferEnded { contact, offer, .. } => {
                desk.offer_ended(contact, *offer);
                None
            }
            Observation::Returned { contact, .. } | Observation::Closed { contact, .. } => {
                desk.released(contact);
                None
            }
            Observation::Queued { .. } => None,
        }
    }

    fn count(&mut self, observation: &Observation) {
        match observation {
            Observation::Offered { .. } => self.offers.made += 1,
            Observation::Accepted { .. } => self.offers.accepted += 1,
            Observation::OfferEnded { .. } => self.offers.ended += 1,
            Observation::Queued { .. }
            | Observation::Returned { .. }
            | Observation::Closed { .. }
            | Observation::Presence { .. } => {}
        }
    }

    /// Contacts that have not come or not ended.
    pub fn open(&self) -> usize {
        self.open
    }

    /// Nothing is due and nobody waits for anything.
    pub fn is_done(&self) -> bool {
        self.open == 0 && self.timers.is_empty()
    }

    /// Each contact of the plan with what became of it, in the plan's order.
    pub fn records(&self) -> impl Iterator<Item = (&PlannedContact, &Record)> {
        self.callers.iter().map(|caller| (caller.planned(), caller.record()))
    }

    pub fn summary(&self) -> DaySummary {
        let at_work = self.desks.iter().map(|desk| desk.at_work(self.now).0).sum();
        summarize(&self.plan, &self.callers, self.offers, Millis(at_work))
    }

    fn set_all(&mut self, caller: usize, later: Vec<(Time, CallerDue)>) {
        for (time, due) in later {
            self.set(time, TimerOf::Caller(caller, due));
        }
    }

    fn set(&mut self, at: Time, what: TimerOf) {
        self.timers.push(Reverse(Timer { at, set: self.timers_set, what }));
        self.timers_set += 1;
    }
}
