//! A played caller: comes at its time, waits as long as its patience, leaves.
//!
//! It is told what becomes of its contact and says what it wants done and when. It also keeps the record of what it
//! went through, because nobody else sees all of it.

use model::contact::Outcome;
use model::id::{AgentId, ContactId, OfferNo};
use model::input::EndedBy;
use model::time::{Millis, Time};

use crate::plan::PlannedContact;
use crate::play::{Action, Observation};

#[derive(Debug, Clone)]
pub struct Caller {
    planned: PlannedContact,
    place: Place,
    record: Record,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Not yet here.
    Coming,
    /// In a queue, or offered to an agent who has not accepted.
    Waiting,
    /// With an agent.
    Held,
    /// Hung up, and waits for nothing; the router may not know yet.
    Left,
    Ended,
}

/// What a caller does by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallerDue {
    Arrive,
    HangUp,
}

/// What happened to one contact; an absent instant has not come.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    pub created: Option<Time>,
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
        Caller { planned, place: Place::Coming, record: Record::default() }
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

    /// A time that it set itself has come; nothing if what it meant to do makes no sense any more.
    pub fn due(&mut self, now: Time, due: CallerDue, later: &mut Vec<(Time, CallerDue)>) -> Option<Action> {
        match (due, self.place) {
            (CallerDue::Arrive, Place::Coming) => {
                self.place = Place::Waiting;
                self.record.created = Some(now);
                later.push((self.planned.at.max(now) + self.planned.patience, CallerDue::HangUp));
                Some(Action::Create { body: self.planned.body.clone() })
            }
            (CallerDue::HangUp, Place::Waiting) => {
                self.place = Place::Left;
                Some(Action::End { contact: self.contact().clone(), by: EndedBy::Customer })
            }
            (CallerDue::Arrive, Place::Waiting | Place::Held | Place::Left | Place::Ended)
            | (CallerDue::HangUp, Place::Coming | Place::Held | Place::Left | Place::Ended) => None,
        }
    }

    /// Takes note of what the router said of this contact.
    pub fn observe(&mut self, now: Time, observation: &Observation, later: &mut Vec<(Time, CallerDue)>) {
        match observation {
            Observation::Queued { .. } => {
                self.record.queued.get_or_insert(now);
            }
            Observation::Offered { agent, offer, .. } => self.offered(now, agent, *offer),
            Observation::OfferEnded { offer, .. } => self.record.let_go(now, |holder| holder.offer == *offer),
            Observation::Accepted { agent, offer, .. } => self.accepted(now, agent, *offer),
            Observation::Returned { agent, .. } => self.returned(now, agent, later),
            Observation::Closed { outcome, .. } => self.closed(now, *outcome),
            Observation::Presence { .. } => {}
        }
    }

    fn offered(&mut self, now: Time, agent: &AgentId, offer: OfferNo) {
        let record = &mut self.record;
        if record.holder.as_ref().is_some_and(|holder| holder.offer == offer) {
            return; // the same offer, told again
        }
        record.offered.get_or_insert(now);
        record.offers += 1;
        record.assigned_twice |= record.holder.is_some();
        record.holder = Some(Holder { agent: agent.clone(), offer, accepted: None });
    }

    fn accepted(&mut self, now: Time, agent: &AgentId, offer: OfferNo) {
        let record = &mut self.record;
        let other = record.holder.as_ref().is_some_and(|holder| holder.agent != *agent);
        record.assigned_twice |= other;
        let since =
            record.holder.as_ref().filter(|holder| holder.offer == offer).and_then(|holder| holder.accepted);
        record.holder = Some(Holder { agent: agent.clone(), offer, accepted: Some(since.unwrap_or(now)) });
        record.answered.get_or_insert(now);
        record.agent = Some(agent.clone());
        if self.place == Place::Waiting {
            self.place = Place::Held;
        }
    }

    /// The agent let it go: it waits again, at most as long as its patience was at first.
    fn returned(&mut self, now: Time, agent: &AgentId, later: &mut Vec<(Time, CallerDue)>) {
        self.record.let_go(now, |holder| holder.agent == *agent);
        if self.place == Place::Held {
            self.place = Place::Waiting;
            later.push((now + self.planned.patience, CallerDue::HangUp));
        }
    }

    fn closed(&mut self, now: Time, outcome: Outcome) {
        self.record.let_go(now, |_| true);
        self.record.ended.get_or_insert(now);
        self.record.outcome.get_or_insert(outcome);
        self.record.ends += 1;
        self.place = Place::Ended;
    }
}

impl Record {
    /// Exactly one end, and not in two hands.
    pub fn is_lost(&self) -> bool {
        self.ends != 1
    }

    fn let_go(&mut self, now: Time, is_meant: impl Fn(&Holder) -> bool) {
        let Some(holder) = self.holder.take_if(|holder| is_meant(holder)) else { return };
        if let Some(accepted) = holder.accepted {
            self.held = Millis(self.held.0 + now.since(accepted).0);
        }
    }
}
