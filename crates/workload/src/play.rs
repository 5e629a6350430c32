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
use model::event::{ContactFacts, ContactStep, Event, EventKind};
use model::id::{AgentId, ChannelId, ContactId, OfferNo, QueueId, RuleName};
use model::input::{AgentInput, EndedBy, InputBody};
use model::time::{Millis, Time};

use crate::agent::{Desk, DeskDue};
use crate::caller::{Caller, CallerDue, Record, Work};
use crate::plan::{Because, Plan, PlannedContact};
use crate::rng::Rng;
use crate::summary::{DaySummary, Staff, summarize};
use crate::turns::Turns;

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
    /// Of each contact those that follow it.
    followers: Vec<Vec<usize>>,
    /// Contacts that have not ended, and may still come.
    open: usize,
    offers: OfferCounts,
    turns: Turns,
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
    Create {
        body: Arc<ContactBody>,
    },
    End {
        contact: ContactId,
        by: EndedBy,
    },
    /// The customer says whether it wants the channel that is proposed.
    Answer {
        contact: ContactId,
        accepts: bool,
    },
    /// The customer fell silent, or wrote again.
    Quiet {
        contact: ContactId,
        is_quiet: bool,
    },
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
            Action::Answer { contact, accepts } => InputBody::ContactAnswer { contact, accepts },
            Action::Quiet { contact, is_quiet } => InputBody::ContactQuiet { contact, is_quiet },
            Action::Agent(input) => InputBody::Agent(input),
        }
    }
}

/// What the router said that a caller, an agent or the record needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observation {
    /// It arrived, or goes on as another kind of work: it is on this channel, in this queue, and has this deadline.
    Became {
        contact: ContactId,
        channel: ChannelId,
        queue: QueueId,
        due_at: Option<Time>,
    },
    Queued {
        contact: ContactId,
    },
    /// It is put off. `agent` had it and did not reach the customer.
    Scheduled {
        contact: ContactId,
        agent: Option<AgentId>,
    },
    /// Another channel is proposed to its customer.
    Proposed {
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
    /// It is parked with its agent, who has a live contact to take, or is signed out.
    Interrupted {
        agent: AgentId,
        contact: ContactId,
    },
    Resumed {
        agent: AgentId,
        contact: ContactId,
    },
    /// Its customer is silent: it is nobody's until it writes again.
    Quieted {
        agent: AgentId,
        contact: ContactId,
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
    /// A rule of overflow was judged anew.
    Turned {
        rule: RuleName,
        is_on: bool,
    },
}

impl Observation {
    /// What a player needs of an event; nothing of most of those that concern the administration.
    pub fn of(event: &Event) -> Option<Observation> {
        match &event.kind {
            EventKind::AgentPresence { agent, presence, .. } => {
                Some(Observation::Presence { agent: agent.clone(), presence: presence.clone() })
            }
            EventKind::Contact { facts, step } => Self::of_step(facts, step),
            EventKind::OverflowTurned { rule, state, .. } => {
                Some(Observation::Turned { rule: rule.clone(), is_on: state.is_on() })
            }
            EventKind::TenantOpened
            | EventKind::TenantLeft { .. }
            | EventKind::TenantCame { .. }
            | EventKind::ConfigApplied { .. }
            | EventKind::Refused(_)
            | EventKind::AgentPut { .. }
            | EventKind::AgentRemoved { .. }
            | EventKind::QueueSwitched { .. }
            | EventKind::DeadlinesJudged { .. } => None,
        }
    }

    fn of_step(facts: &ContactFacts, step: &ContactStep) -> Option<Observation> {
        let contact = facts.body.contact.clone();
        match step.clone() {
            ContactStep::Arrived { .. }
            | ContactStep::Switched { .. }
            | ContactStep::Slowed { .. }
            | ContactStep::Replied { .. } => Some(Observation::Became {
                contact,
                channel: facts.channel.clone(),
                queue: facts.queue.clone(),
                due_at: facts.due_at,
            }),
            ContactStep::Scheduled { agent, .. } => Some(Observation::Scheduled { contact, agent }),
            ContactStep::Proposed { .. } => Some(Observation::Proposed { contact }),
            ContactStep::Interrupted { agent, .. } | ContactStep::Parked { agent, .. } => {
                Some(Observation::Interrupted { agent, contact })
            }
            ContactStep::Resumed { agent } => Some(Observation::Resumed { agent, contact }),
            ContactStep::Quieted { agent, until: _ } => Some(Observation::Quieted { agent, contact }),
            ContactStep::Queued { .. } => Some(Observation::Queued { contact }),
            ContactStep::Offered { agent, offer, expires_at, by: _, handed_over_by: _, history: _ } => {
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
            ContactStep::WrapUpStarted { .. }
            | ContactStep::Relaxed { .. }
            | ContactStep::Pressed
            | ContactStep::Moved { .. }
            | ContactStep::Joined { .. }
            | ContactStep::Updated { .. }
            | ContactStep::Reclassified { .. }
            | ContactStep::Overflowed { .. }
            | ContactStep::Estimated { .. }
            | ContactStep::ProposalEnded { .. }
            | ContactStep::Released
            | ContactStep::Unservable
            | ContactStep::HandedOver { .. }
            | ContactStep::Stuck { .. }
            | ContactStep::WorkedOn { .. }
            | ContactStep::Servable => None,
        }
    }

    fn contact(&self) -> Option<&ContactId> {
        match self {
            Observation::Became { contact, .. }
            | Observation::Queued { contact }
            | Observation::Scheduled { contact, .. }
            | Observation::Proposed { contact }
            | Observation::Interrupted { contact, .. }
            | Observation::Resumed { contact, .. }
            | Observation::Quieted { contact, .. }
            | Observation::Offered { contact, .. }
            | Observation::OfferEnded { contact, .. }
            | Observation::Accepted { contact, .. }
            | Observation::Returned { contact, .. }
            | Observation::Closed { contact, .. } => Some(contact),
            Observation::Presence { .. } | Observation::Turned { .. } => None,
        }
    }

    fn agent(&self) -> Option<&AgentId> {
        match self {
            Observation::Offered { agent, .. }
            | Observation::OfferEnded { agent, .. }
            | Observation::Accepted { agent, .. }
            | Observation::Interrupted { agent, .. }
            | Observation::Resumed { agent, .. }
            | Observation::Quieted { agent, .. }
            | Observation::Returned { agent, .. }
            | Observation::Presence { agent, .. } => Some(agent),
            Observation::Scheduled { agent, .. } | Observation::Closed { agent, .. } => agent.as_ref(),
            Observation::Became { .. }
            | Observation::Queued { .. }
            | Observation::Proposed { .. }
            | Observation::Turned { .. } => None,
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
            followers: followers(&plan),
            callers: plan.contacts.iter().cloned().map(Caller::new).collect(),
            desks: Vec::with_capacity(plan.shifts.len()),
            caller_of: HashMap::with_capacity(plan.contacts.len()),
            desk_of: HashMap::with_capacity(plan.shifts.len()),
            timers: BinaryHeap::with_capacity(plan.contacts.len() * 2),
            timers_set: 0,
            open: plan.contacts.len(),
            offers: OfferCounts::default(),
            turns: Turns::default(),
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
            let comes_by_itself = caller.planned().follows.is_none();
            play.caller_of.insert(contact, at);
            if comes_by_itself {
                play.set(time, TimerOf::Caller(at, CallerDue::Arrive));
            }
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

    /// When anything happens next, `timer` being the router's own; nothing once the day is over, or nothing is left to happen.
    pub fn next(&self, timer: Option<Time>) -> Option<Time> {
        let next = self.next_due().into_iter().chain(timer).min()?;
        let is_over = self.plan.ends_at.is_some_and(|end| next > end);
        (self.open > 0 && !is_over).then_some(next)
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
                if due == CallerDue::Arrive && !self.has_reason_to_come(at) {
                    self.stay_away(at);
                    return None;
                }
                let mut later = Vec::new();
                let action = self.callers[at].due(now, due, &mut later);
                self.set_all(at, later);
                if due == CallerDue::Arrive && action.is_some() {
                    self.let_follow(at, Because::StillWaiting, now);
                }
                action
            }
        }
    }

    /// Its time has come: what it comes for is looked at once, here.
    fn has_reason_to_come(&self, at: usize) -> bool {
        let Some(follows) = self.callers[at].planned().follows else { return true };
        let other = &self.callers[follows.contact];
        match follows.because {
            Because::StillWaiting => other.waits_for_its_first_agent(),
            Because::NotServed => true,
            Because::InHands => other.is_in_hands(),
        }
    }

    fn let_follow(&mut self, at: usize, because: Because, now: Time) {
        for place in 0..self.followers[at].len() {
            let follower = self.followers[at][place];
            let follows = self.callers[follower].planned().follows.filter(|own| own.because == because);
            if let Some(follows) = follows {
                self.callers[follower].is_on_its_way = true;
                self.set(now + follows.after, TimerOf::Caller(follower, CallerDue::Arrive));
            }
        }
    }

    /// It has no reason to come any more, nor has whoever would have followed it.
    fn stay_away(&mut self, at: usize) {
        if self.callers[at].stay_away() {
            self.open -= 1;
            self.release_followers(at);
        }
    }

    /// The contact is over: who has no time set yet will not come.
    fn release_followers(&mut self, at: usize) {
        for place in 0..self.followers[at].len() {
            let follower = self.followers[at][place];
            if !self.callers[follower].is_on_its_way {
                self.stay_away(follower);
            }
        }
    }

    /// Of contacts and agents that are not of this plan it takes no note.
    pub fn observe(&mut self, now: Time, observation: Observation) {
        self.now = self.now.max(now);
        let caller = observation.contact().and_then(|contact| self.caller_of.get(contact)).copied();
        let desk = observation.agent().and_then(|agent| self.desk_of.get(agent)).copied();
        if let Observation::Turned { rule, is_on } = &observation {
            self.turns.note(now, rule, *is_on);
        }
        // Before the caller hears of it, who then has so much less to be done.
        let work = caller.map_or(Work::NONE, |at| self.callers[at].work());
        if let Some(at) = caller {
            self.count(&observation);
            self.tell_caller(at, now, &observation);
        }
        if let Some(at) = desk {
            if let Some((time, due)) = self.tell_desk(at, now, &observation, work) {
                self.set(time, TimerOf::Desk(at, due));
            }
            self.desks[at].count_busy(now);
        }
    }

    fn tell_caller(&mut self, at: usize, now: Time, observation: &Observation) {
        let caller = &mut self.callers[at];
        let (had_ended, had_agent) = (caller.has_ended(), caller.record().answered.is_some());
        let mut later = Vec::new();
        caller.observe(now, observation, &mut later);
        let has_ended = !had_ended && caller.has_ended();
        let has_agent = !had_agent && caller.record().answered.is_some();
        let is_unserved = caller.record().is_unserved();
        self.set_all(at, later);
        if has_agent {
            self.let_follow(at, Because::InHands, now);
        }
        if has_ended {
            self.open -= 1;
            if is_unserved {
                self.let_follow(at, Because::NotServed, now);
            }
            self.release_followers(at);
        }
    }

    fn tell_desk(
        &mut self,
        at: usize,
        now: Time,
        observation: &Observation,
        work: Work,
    ) -> Option<(Time, DeskDue)> {
        let (desk, habits, speed) = (&mut self.desks[at], &self.plan.habits, self.plan.speed);
        match observation {
            Observation::Offered { contact, offer, .. } => desk.offered(now, contact, *offer, habits, speed),
            Observation::Accepted { contact, offer, .. } => desk.accepted(now, contact, *offer, work),
            Observation::Interrupted { contact, .. } => {
                desk.interrupted(now, contact);
                None
            }
            Observation::Resumed { contact, .. } => desk.resumed(now, contact),
            Observation::Presence { presence, .. } => desk.presence(now, presence, habits, speed),
            Observation::OfferEnded { contact, offer, .. } => {
                desk.offer_ended(contact, *offer);
                None
            }
            Observation::Returned { contact, .. }
            | Observation::Quieted { contact, .. }
            | Observation::Scheduled { contact, .. }
            | Observation::Closed { contact, .. } => {
                desk.released(contact);
                None
            }
            Observation::Became { .. }
            | Observation::Queued { .. }
            | Observation::Proposed { .. }
            | Observation::Turned { .. } => None,
        }
    }

    fn count(&mut self, observation: &Observation) {
        match observation {
            Observation::Offered { .. } => self.offers.made += 1,
            Observation::Accepted { .. } => self.offers.accepted += 1,
            Observation::OfferEnded { .. } => self.offers.ended += 1,
            Observation::Became { .. }
            | Observation::Queued { .. }
            | Observation::Scheduled { .. }
            | Observation::Proposed { .. }
            | Observation::Interrupted { .. }
            | Observation::Resumed { .. }
            | Observation::Quieted { .. }
            | Observation::Returned { .. }
            | Observation::Closed { .. }
            | Observation::Presence { .. }
            | Observation::Turned { .. } => {}
        }
    }

    /// Contacts that have not come, and may, or not ended.
    pub fn open(&self) -> usize {
        self.open
    }

    /// Nothing is due and nobody waits for anything.
    pub fn is_done(&self) -> bool {
        self.open == 0 && self.timers.is_empty()
    }

    /// Contacts that came, and all that may: of those who would follow another, whoever has no reason any more is left out.
    pub fn progress(&self) -> (usize, usize) {
        let came = self.callers.iter().filter(|caller| caller.record().created.is_some()).count();
        let away = self.callers.iter().filter(|caller| caller.stays_away()).count();
        (came, self.callers.len() - away)
    }

    /// Each contact of the plan with what became of it, in the plan's order.
    pub fn records(&self) -> impl Iterator<Item = (&PlannedContact, &Record)> {
        self.callers.iter().map(|caller| (caller.planned(), caller.record()))
    }

    pub fn summary(&self) -> DaySummary {
        let at_work = self.desks.iter().map(|desk| desk.at_work(self.now).0).sum();
        let busy = self.desks.iter().map(|desk| desk.busy(self.now).0).sum();
        let staff = Staff { at_work: Millis(at_work), busy: Millis(busy) };
        summarize(&self.plan, &self.callers, self.offers, &self.turns, staff, self.now)
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

fn followers(plan: &Plan) -> Vec<Vec<usize>> {
    let mut followers = vec![Vec::new(); plan.contacts.len()];
    for (at, contact) in plan.contacts.iter().enumerate() {
        if let Some(follows) = contact.follows {
            assert!(follows.contact < at, "whoever follows another stands behind it");
            followers[follows.contact].push(at);
        }
    }
    followers
}
