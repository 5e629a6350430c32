//! A played caller: comes at its time, waits as long as its patience, leaves.
//!
//! It is told what becomes of its contact and says what it wants done and when. It also keeps the record of what it
//! went through, because nobody else sees all of it.

use model::contact::Outcome;
use model::id::{AgentId, ChannelId, ContactId, OfferNo, QueueId};
use model::input::EndedBy;
use model::time::{Millis, Time};

use crate::plan::{Pause, PlannedContact};
use crate::play::{Action, Observation};

#[derive(Debug, Clone)]
pub struct Caller {
    planned: PlannedContact,
    place: Place,
    record: Record,
    /// It follows another, and when it comes is set.
    pub is_on_its_way: bool,
    /// What is left to be done for it, in time of an agent.
    left: Millis,
    /// Tries in vain that are still to come.
    unreached: u8,
    pause: Option<Pause>,
    /// It took another channel, on which nobody holds the line.
    is_patient: bool,
    /// Another channel is proposed, and nothing has come of that yet.
    is_asked: bool,
}

/// What an agent who accepts a contact will do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Work {
    pub length: Millis,
    /// The customer is not reached.
    pub is_in_vain: bool,
}

impl Work {
    pub const NONE: Work = Work { length: Millis::ZERO, is_in_vain: false };
}

/// As long as a telephone rings.
const RINGS: Millis = Millis::from_seconds(25);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Not yet here.
    Coming,
    /// It follows another, and has no reason to come any more.
    Away,
    /// In a queue, or offered to an agent who has not accepted.
    Waiting,
    /// With an agent.
    Held,
    /// It was with an agent and fell silent.
    Silent,
    /// Hung up, and waits for nothing; the router may not know yet.
    Left,
    Ended,
}

/// What a caller does by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallerDue {
    Arrive,
    HangUp,
    /// In the middle of being handled.
    FallSilent,
    WriteAgain,
    /// What was proposed.
    Answer,
}

/// As long as people take to read a message and press a key.
const READS: Millis = Millis::from_seconds(8);

/// What happened to one contact; an absent instant has not come.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    pub created: Option<Time>,
    /// The router said that it came.
    pub arrived: bool,
    /// The channel that it is on, and the deadline that it has there.
    pub channel: Option<ChannelId>,
    pub due_at: Option<Time>,
    /// The first queue.
    pub queue: Option<QueueId>,
    /// The channel on which it was first accepted.
    pub answered_on: Option<ChannelId>,
    /// First time it was put in a queue.
    pub queued: Option<Time>,
    /// First offer.
    pub offered: Option<Time>,
    /// First acceptance.
    pub answered: Option<Time>,
    pub ended: Option<Time>,
    pub outcome: Option<Outcome>,
    /// The last agent that accepted it.
    pub agent: Option<AgentId>,
    /// Time in agents' hands.
    pub held: Millis,
    pub offers: u32,
    /// How many times an end was reported; once is right.
    pub ends: u32,
    /// It was offered to or accepted by an agent while another had it.
    pub assigned_twice: bool,
    /// It is put off, or its customer is silent, since an agent had it.
    pub is_aside: bool,
    /// Who accepted it, and when.
    pub takers: Vec<(Time, AgentId)>,
    /// Whose it is, offered or accepted, and since when it is accepted.
    holder: Option<Holder>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Holder {
    agent: AgentId,
    offer: OfferNo,
    accepted: Option<Time>,
}

impl Caller {
    pub fn new(planned: PlannedContact) -> Caller {
        Caller {
            place: Place::Coming,
            record: Record::default(),
            is_on_its_way: false,
            left: planned.handle,
            unreached: planned.manner.unreached,
            pause: planned.manner.pause,
            is_patient: false,
            is_asked: false,
            planned,
        }
    }

    pub fn planned(&self) -> &PlannedContact {
        &self.planned
    }
    pub fn record(&self) -> &Record {
        &self.record
    }
    pub fn contact(&self) -> &ContactId {
        &self.planned.body.contact
    }
    pub fn has_ended(&self) -> bool {
        self.place == Place::Ended
    }
    pub fn is_in_hands(&self) -> bool {
        self.place == Place::Held
    }
    /// It came, and no agent has had it.
    pub fn waits_for_its_first_agent(&self) -> bool {
        self.place == Place::Waiting && self.record.answered.is_none()
    }

    pub fn stays_away(&self) -> bool {
        self.place == Place::Away
    }

    /// What it asks of an agent who accepts it.
    pub fn work(&self) -> Work {
        let is_in_vain = self.unreached > 0;
        Work { length: if is_in_vain { RINGS } else { self.left }, is_in_vain }
    }

    /// Whether it was still to come.
    pub fn stay_away(&mut self) -> bool {
        let was_coming = self.place == Place::Coming;
        if was_coming {
            self.place = Place::Away;
        }
        was_coming
    }

    /// A time that it set itself has come; nothing if what it meant to do makes no sense any more.
    pub fn due(&mut self, now: Time, due: CallerDue, later: &mut Vec<(Time, CallerDue)>) -> Option<Action> {
        let contact = || self.planned.body.contact.clone();
        match (due, self.place) {
            (CallerDue::Arrive, Place::Coming) => {
                self.place = Place::Waiting;
                self.record.created = Some(now);
                later.extend(self.runs_out(self.planned.at.max(now)));
                Some(Action::Create { body: self.planned.body.clone() })
            }
            // On an indirect channel nobody waits at the other end.
            (CallerDue::HangUp, Place::Waiting) if self.is_patient || self.record.due_at.is_some() => None,
            (CallerDue::HangUp, Place::Waiting) if self.planned.manner.falls_silent => {
                Some(Action::Quiet { contact: contact(), is_quiet: true })
            }
            (CallerDue::HangUp, Place::Waiting) => {
                let contact = contact();
                self.place = Place::Left;
                Some(Action::End { contact, by: EndedBy::Customer })
            }
            (CallerDue::FallSilent, Place::Held) => {
                let pause = self.pause.take()?;
                later.push((now + pause.length, CallerDue::WriteAgain));
                Some(Action::Quiet { contact: contact(), is_quiet: true })
            }
            (CallerDue::WriteAgain, Place::Silent) => {
                Some(Action::Quiet { contact: contact(), is_quiet: false })
            }
            (CallerDue::Answer, Place::Waiting) if self.is_asked => {
                Some(Action::Answer { contact: contact(), accepts: self.planned.manner.agrees })
            }
            (
                CallerDue::Arrive
                | CallerDue::HangUp
                | CallerDue::FallSilent
                | CallerDue::WriteAgain
                | CallerDue::Answer,
                Place::Coming
                | Place::Away
                | Place::Waiting
                | Place::Held
                | Place::Silent
                | Place::Left
                | Place::Ended,
            ) => None,
        }
    }

    /// When its patience is over that begins here.
    fn runs_out(&self, from: Time) -> Option<(Time, CallerDue)> {
        self.planned.patience.map(|patience| (from + patience, CallerDue::HangUp))
    }

    /// Takes note of what the router said of this contact.
    pub fn observe(&mut self, now: Time, observation: &Observation, later: &mut Vec<(Time, CallerDue)>) {
        match observation {
            Observation::Became { channel, queue, due_at, .. } => {
                self.is_patient |= self.record.channel.as_ref().is_some_and(|before| before != channel);
                self.record.arrived = true;
                self.is_asked = false;
                self.record.channel = Some(channel.clone());
                self.record.queue.get_or_insert_with(|| queue.clone());
                self.record.due_at = *due_at;
                if self.place == Place::Silent {
                    (self.place, self.record.is_aside, self.is_patient) = (Place::Waiting, false, false);
                    later.extend(self.runs_out(now));
                }
            }
            Observation::Queued { .. } => {
                self.record.queued.get_or_insert(now);
                self.record.is_aside = false;
            }
            Observation::Scheduled { agent, .. } => {
                self.record.is_aside = true;
                if agent.is_some() {
                    self.unreached = self.unreached.saturating_sub(1);
                    self.record.let_go(now, |_| true);
                    self.place = Place::Waiting;
                }
            }
            Observation::Proposed { .. } => {
                self.is_asked = true;
                later.push((now + READS, CallerDue::Answer));
            }
            Observation::Offered { agent, offer, .. } => {
                self.is_asked = false;
                self.offered(now, agent, *offer);
            }
            Observation::OfferEnded { offer, .. } => {
                self.record.let_go(now, |holder| holder.offer == *offer);
            }
            Observation::Accepted { agent, offer, .. } => self.accepted(now, agent, *offer, later),
            Observation::Interrupted { .. } => self.record.stop_clock(now),
            Observation::Resumed { .. } => self.record.start_clock(now),
            Observation::Quieted { .. } => {
                let worked = self.record.let_go(now, |_| true);
                self.left = Millis(self.left.0.saturating_sub(worked.0));
                (self.place, self.record.is_aside) = (Place::Silent, true);
            }
            Observation::Returned { agent, .. } => self.returned(now, agent, later),
            Observation::Closed { outcome, .. } => self.closed(now, *outcome),
            Observation::Presence { .. } | Observation::Turned { .. } => {}
        }
    }

    fn offered(&mut self, now: Time, agent: &AgentId, offer: OfferNo) {
        let record = &mut self.record;
        if record.holder.as_ref().is_some_and(|holder| holder.offer == offer) {
            return; // the same offer, told again
        }
        record.offered.get_or_insert(now);
        record.offers += 1;
        record.is_aside = false;
        record.assigned_twice |= record.holder.is_some();
        record.holder = Some(Holder { agent: agent.clone(), offer, accepted: None });
    }

    fn accepted(&mut self, now: Time, agent: &AgentId, offer: OfferNo, later: &mut Vec<(Time, CallerDue)>) {
        let record = &mut self.record;
        let other = record.holder.as_ref().is_some_and(|holder| holder.agent != *agent);
        record.assigned_twice |= other;
        let since =
            record.holder.as_ref().filter(|holder| holder.offer == offer).and_then(|holder| holder.accepted);
        record.holder = Some(Holder { agent: agent.clone(), offer, accepted: Some(since.unwrap_or(now)) });
        if record.answered.is_none() {
            record.answered = Some(now);
            record.answered_on.clone_from(&record.channel);
        }
        record.agent = Some(agent.clone());
        if self.place == Place::Waiting {
            self.place = Place::Held;
            self.record.takers.push((now, agent.clone()));
            // Who does not get an answer is not there to fall silent.
            let pause = self.pause.filter(|_| self.record.due_at.is_none() && self.unreached == 0);
            later.extend(pause.map(|pause| (now + pause.after, CallerDue::FallSilent)));
        }
    }

    /// The agent let it go: it waits again, at most as long as its patience was at first.
    fn returned(&mut self, now: Time, agent: &AgentId, later: &mut Vec<(Time, CallerDue)>) {
        self.record.let_go(now, |holder| holder.agent == *agent);
        if self.place == Place::Held {
            self.place = Place::Waiting;
            later.extend(self.runs_out(now));
        }
    }

    fn closed(&mut self, now: Time, outcome: Outcome) {
        self.record.let_go(now, |_| true);
        self.record.ended.get_or_insert(now);
        self.record.outcome.get_or_insert(outcome);
        self.record.ends += 1;
        self.record.is_aside = false;
        self.place = Place::Ended;
    }
}

impl Record {
    /// Exactly one end, and not in two hands.
    pub fn is_lost(&self) -> bool {
        self.ends != 1
    }

    /// It ended, and no agent ever had it.
    pub fn is_unserved(&self) -> bool {
        self.answered.is_none() && self.ends > 0
    }

    /// The time in hands that this brought.
    fn let_go(&mut self, now: Time, is_meant: impl Fn(&Holder) -> bool) -> Millis {
        let before = self.held;
        if self.holder.as_ref().is_some_and(is_meant) {
            self.stop_clock(now);
            self.holder = None;
        }
        Millis(self.held.0 - before.0)
    }

    fn stop_clock(&mut self, now: Time) {
        if let Some(accepted) = self.holder.as_mut().and_then(|holder| holder.accepted.take()) {
            self.held = Millis(self.held.0 + now.since(accepted).0);
        }
    }

    fn start_clock(&mut self, now: Time) {
        if let Some(holder) = &mut self.holder {
            holder.accepted.get_or_insert(now);
        }
    }
}
