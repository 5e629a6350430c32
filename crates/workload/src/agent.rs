//! A played agent: signs in, answers offers, completes contacts, takes its breaks, signs out.
//!
//! Like a person at a desk it only knows what the router told it. It is given each observation that concerns it and
//! answers with what it will do and when; when that time comes it is asked again, and does it only if it still makes
//! sense.

use model::agent::{AfterDraining, Presence};
use model::id::{AgentId, ContactId, OfferNo};
use model::input::{AgentAction, AgentInput};
use model::time::{Millis, Time};

use crate::caller::Work;
use crate::plan::{Habits, Shift, shortened};
use crate::rng::Rng;

#[derive(Debug, Clone)]
pub struct Desk {
    agent: AgentId,
    session: u64,
    counter: u64,
    duty: Duty,
    /// Offers that wait for an answer, oldest first. Bounded by the agent's capacity.
    offers: Vec<(ContactId, OfferNo)>,
    /// Contacts in its hands, or parked with it.
    holding: Vec<Held>,
    /// Time away that is still owed when the hands are empty.
    absence: Millis,
    /// Since when it is at work; absent while it is away or signed out.
    at_work_since: Option<Time>,
    at_work: Millis,
    /// Since when it has something in hands.
    busy_since: Option<Time>,
    busy: Millis,
    rng: Rng,
}

/// A contact that it has.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Held {
    contact: ContactId,
    /// How it will end.
    is_in_vain: bool,
    doing: Doing,
    /// Counts the times at which it was taken up; what was set for an earlier one is void.
    stint: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    /// It will be done then.
    Until(Time),
    /// It is parked, and this much is left.
    Parked(Millis),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Duty {
    /// The shift has not begun.
    Before,
    /// The router signed it out in the middle of its shift.
    Out,
    Working,
    /// Finishes what it holds and goes away.
    Leaving,
    Away,
    /// Finishes what it holds and signs out.
    Finishing,
    After,
}

/// What an agent does at a time it has set itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeskDue {
    SignIn,
    Leave(Millis),
    Back,
    SignOut,
    Accept {
        contact: ContactId,
        offer: OfferNo,
    },
    Decline {
        contact: ContactId,
        offer: OfferNo,
    },
    /// Done, or in vain.
    Finish {
        contact: ContactId,
        stint: u32,
    },
}

impl Desk {
    pub fn new(agent: AgentId, habits: &Habits, rng: Rng) -> Desk {
        Desk {
            agent,
            // Signing in takes the next.
            session: habits.first_session.saturating_sub(1),
            counter: 0,
            duty: Duty::Before,
            offers: Vec::new(),
            holding: Vec::new(),
            absence: Millis::ZERO,
            at_work_since: None,
            at_work: Millis::ZERO,
            busy_since: None,
            busy: Millis::ZERO,
            rng,
        }
    }

    /// All that a shift sets by the clock.
    pub fn plan(shift: &Shift) -> Vec<(Time, DeskDue)> {
        let mut plan = vec![(shift.sign_in, DeskDue::SignIn)];
        plan.extend(shift.absences.iter().map(|absence| (absence.at, DeskDue::Leave(absence.length))));
        plan.push((shift.sign_out, DeskDue::SignOut));
        plan
    }

    pub fn agent(&self) -> &AgentId {
        &self.agent
    }

    /// Time signed in and not away, until now.
    pub fn at_work(&self, now: Time) -> Millis {
        let present = self.at_work_since.map_or(Millis::ZERO, |since| now.since(since));
        Millis(self.at_work.0 + present.0)
    }

    /// Time with something in hands, until now.
    pub fn busy(&self, now: Time) -> Millis {
        let busy = self.busy_since.map_or(Millis::ZERO, |since| now.since(since));
        Millis(self.busy.0 + busy.0)
    }

    /// To be called after whatever the router says of one of its contacts.
    pub fn count_busy(&mut self, now: Time) {
        let is_busy = self.holding.iter().any(|held| matches!(held.doing, Doing::Until(_)));
        if !is_busy {
            self.busy = self.busy(now);
            self.busy_since = None;
        } else if self.busy_since.is_none() {
            self.busy_since = Some(now);
        }
    }

    pub fn due(&mut self, due: DeskDue, habits: &Habits) -> Option<AgentInput> {
        let action = match due {
            DeskDue::SignIn => self.sign_in(),
            DeskDue::Leave(length) => self.leave(length, habits),
            DeskDue::Back => self.back(),
            DeskDue::SignOut => self.sign_out(),
            DeskDue::Accept { contact, offer } => {
                self.has_offer(&contact, offer).then_some(AgentAction::Accept { contact, offer })
            }
            DeskDue::Decline { contact, offer } => {
                self.has_offer(&contact, offer).then_some(AgentAction::Decline { contact, offer })
            }
            DeskDue::Finish { contact, stint } => {
                let held = self.holding.iter().find(|held| held.contact == contact && held.stint == stint)?;
                Some(match held.is_in_vain {
                    true => AgentAction::NotReached { contact },
                    false => AgentAction::Complete { contact },
                })
            }
        }?;
        self.counter += 1;
        Some(AgentInput { agent: self.agent.clone(), session: self.session, counter: self.counter, action })
    }

    fn sign_in(&mut self) -> Option<AgentAction> {
        if !matches!(self.duty, Duty::Before | Duty::Out) {
            return None;
        }
        self.session += 1;
        self.counter = 0;
        self.duty = Duty::Working;
        Some(AgentAction::SignIn { aux: None })
    }

    fn leave(&mut self, length: Millis, habits: &Habits) -> Option<AgentAction> {
        match self.duty {
            Duty::Working => {
                self.duty = Duty::Leaving;
                self.absence = length;
                Some(AgentAction::Drain { then: AfterDraining::Aux(habits.away_reason.clone()) })
            }
            // Its last absence began late: this one is taken in the same go.
            Duty::Leaving => {
                self.absence = Millis(self.absence.0 + length.0);
                None
            }
            Duty::Before | Duty::Out | Duty::Away | Duty::Finishing | Duty::After => None,
        }
    }

    fn back(&mut self) -> Option<AgentAction> {
        (self.duty == Duty::Away).then(|| {
            self.duty = Duty::Working;
            AgentAction::Available
        })
    }

    fn sign_out(&mut self) -> Option<AgentAction> {
        match self.duty {
            Duty::Working | Duty::Leaving | Duty::Away => {
                self.duty = Duty::Finishing;
                Some(AgentAction::Drain { then: AfterDraining::SignOut })
            }
            Duty::Before | Duty::Out => {
                self.duty = Duty::After;
                None
            }
            Duty::Finishing | Duty::After => None,
        }
    }

    /// An offer arrived. An agent answers it, ignores it, or declines it, as its habits have it.
    pub fn offered(
        &mut self,
        now: Time,
        contact: &ContactId,
        offer: OfferNo,
        habits: &Habits,
        speed: u32,
    ) -> Option<(Time, DeskDue)> {
        if self.has_offer(contact, offer) {
            return None; // the same offer, told again
        }
        self.offers.push((contact.clone(), offer));
        let (contact, ignores) = (contact.clone(), self.rng.permille(habits.no_show_permille));
        let declines = self.rng.permille(habits.decline_permille);
        let at = now + shortened(habits.accept_delay.draw(&mut self.rng), speed);
        match (ignores, declines) {
            (true, _) => None,
            (false, true) => Some((at, DeskDue::Decline { contact, offer })),
            (false, false) => Some((at, DeskDue::Accept { contact, offer })),
        }
    }

    pub fn offer_ended(&mut self, contact: &ContactId, offer: OfferNo) {
        self.offers.retain(|open| !(open.0 == *contact && open.1 == offer));
    }

    /// The router confirmed that the contact is this agent's, who begins with it here.
    pub fn accepted(
        &mut self,
        now: Time,
        contact: &ContactId,
        offer: OfferNo,
        work: Work,
    ) -> Option<(Time, DeskDue)> {
        self.offer_ended(contact, offer);
        if self.holding.iter().any(|held| held.contact == *contact) {
            return None;
        }
        let until = now + work.length;
        let contact = contact.clone();
        self.holding.push(Held {
            contact: contact.clone(),
            is_in_vain: work.is_in_vain,
            doing: Doing::Until(until),
            stint: 0,
        });
        Some((until, DeskDue::Finish { contact, stint: 0 }))
    }

    /// A live contact is about to be offered: this one is laid aside.
    pub fn interrupted(&mut self, now: Time, contact: &ContactId) {
        if let Some(held) = self.holding.iter_mut().find(|held| held.contact == *contact)
            && let Doing::Until(until) = held.doing
        {
            held.doing = Doing::Parked(until.since(now));
            held.stint += 1;
        }
    }

    pub fn resumed(&mut self, now: Time, contact: &ContactId) -> Option<(Time, DeskDue)> {
        let held = self.holding.iter_mut().find(|held| held.contact == *contact)?;
        let Doing::Parked(left) = held.doing else { return None };
        held.doing = Doing::Until(now + left);
        held.stint += 1;
        Some((now + left, DeskDue::Finish { contact: contact.clone(), stint: held.stint }))
    }

    /// The contact is over or with somebody else.
    pub fn released(&mut self, contact: &ContactId) {
        self.offers.retain(|open| open.0 != *contact);
        self.holding.retain(|held| held.contact != *contact);
    }

    /// The router says what the agent is; what the agent did not ask for itself, it sets right after a while.
    pub fn presence(
        &mut self,
        now: Time,
        presence: &Presence,
        habits: &Habits,
        speed: u32,
    ) -> Option<(Time, DeskDue)> {
        self.count_time(now, presence);
        let soon = now + shortened(habits.return_after, speed);
        match (presence, self.duty) {
            (Presence::Aux(_), Duty::Leaving) => {
                self.duty = Duty::Away;
                Some((now + std::mem::take(&mut self.absence), DeskDue::Back))
            }
            (Presence::Aux(_), Duty::Working) => {
                self.duty = Duty::Away;
                Some((soon, DeskDue::Back))
            }
            (Presence::SignedOut, Duty::Finishing) => {
                self.duty = Duty::After;
                None
            }
            (Presence::SignedOut, Duty::Working | Duty::Leaving | Duty::Away) => {
                self.duty = Duty::Out;
                self.offers.clear();
                self.holding.clear();
                Some((soon, DeskDue::SignIn))
            }
            (Presence::Aux(_), Duty::Before | Duty::Out | Duty::Away | Duty::Finishing | Duty::After)
            | (Presence::SignedOut, Duty::Before | Duty::Out | Duty::After)
            | (Presence::Available | Presence::Draining { .. } | Presence::Lost { .. }, _) => None,
        }
    }

    fn count_time(&mut self, now: Time, presence: &Presence) {
        self.at_work = self.at_work(now);
        self.at_work_since = match presence {
            Presence::Available | Presence::Draining { .. } | Presence::Lost { .. } => Some(now),
            Presence::Aux(_) | Presence::SignedOut => None,
        };
    }

    fn has_offer(&self, contact: &ContactId, offer: OfferNo) -> bool {
        self.offers.iter().any(|open| open.0 == *contact && open.1 == offer)
    }
}
