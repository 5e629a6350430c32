//! Place, fill, offer, released, set presence and end: the procedures that inputs and timers set off.

use model::agent::AfterDraining;
use model::config::QueueState;
use model::hand::Hand;
use model::row::ContactState;
use model::transition::{ExitWhy, OfferEnd, Place, PresenceCause};
use model::{AgentNo, Change, ContactNo, Millis, OfferNo, Outcome, Presence, Time};

use super::Step;
use super::classify::Reclassified;
use super::look_ups::{LIMIT_AT_FIRST, Look};

/// Most contacts that wait for one agent alone.
pub(super) const WAITING_FOR_ONE_MAX: usize = 32;
const LIMIT_MAX: u32 = 65_536;
const DEFERRED_FOR: Millis = Millis(1_000);

/// Where a contact belongs.
enum Placing {
    With(AgentNo),
    Waiting(Place),
}

impl Step<'_> {
    /// True when a contact that can be had may be offered at once; during a pass only the pass offers.
    pub fn is_offering(&self) -> bool {
        self.twin.offering && self.world().pass.is_none()
    }

    /// For a contact that comes to its queue.
    pub fn enter(&mut self, contact: ContactNo) {
        let queue = self.world().profile_of(contact).queue;
        if self.world().queue_state(queue) == QueueState::Closed {
            return self.leave(contact, ExitWhy::Closed);
        }
        if self.world().is_off_hours(queue, self.now) {
            return self.leave(contact, ExitWhy::OffHours);
        }
        match self.seek(contact) {
            Placing::With(agent) => {
                self.offer(contact, agent);
            }
            Placing::Waiting(_) if self.world().is_full(queue) => self.leave(contact, ExitWhy::Full),
            Placing::Waiting(place) => self.queue(contact, place),
        }
    }

    /// For a contact that came back to its queue.
    pub fn place(&mut self, contact: ContactNo) {
        let present = self.world().contact(contact);
        if present.body.consult.is_some() && present.linked.is_none() {
            return self.close(contact, Outcome::Cancelled);
        }
        self.heed_note(contact);
        if self.world().contact(contact).to_classify
            && let Reclassified::IntoAnother = self.reclassify(contact)
        {
            return self.enter(contact);
        }
        if self.leave_if_due(contact) {
            return;
        }
        match self.seek(contact) {
            Placing::With(agent) => {
                self.offer(contact, agent);
            }
            Placing::Waiting(place) => self.queue(contact, place),
        }
    }

    /// For a contact that is nowhere.
    fn seek(&mut self, contact: ContactNo) -> Placing {
        self.lift_if_due(contact);
        self.relax_if_due(contact);
        self.press_if_due(contact);
        if let Some(agent) = self.preferred_if_reachable(contact) {
            let world = self.world();
            let may_have = world.may_be_offered(agent, contact);
            if self.is_offering() && !world.is_held_back(contact) && may_have {
                return Placing::With(agent);
            }
            let present = world.contact(contact);
            let patience = if present.belongs_to_its_agent() {
                world.config().customers.together_patience
            } else {
                let own_patience = present.body.preferred_patience;
                own_patience.unwrap_or(world.queue_of(contact).preferred_patience)
            };
            if !patience.is_zero() && world.waiting_for(agent).len() < WAITING_FOR_ONE_MAX {
                return Placing::Waiting(Place::Preferred { agent, until: self.now + patience });
            }
        }
        match self.agent_to_offer_to(contact) {
            Some(agent) => Placing::With(agent),
            None => Placing::Waiting(Place::Queue),
        }
    }

    pub fn agent_to_offer_to(&self, contact: ContactNo) -> Option<AgentNo> {
        let world = self.world();
        if self.is_offering() && !world.is_held_back(contact) { world.find_agent(contact) } else { None }
    }

    /// The preferred agent, when it is Available or in Aux and eligible.
    fn preferred_if_reachable(&self, contact: ContactNo) -> Option<AgentNo> {
        let world = self.world();
        let agent = world.contact(contact).preferred?;
        let is_reachable = match &world.agent(agent).presence {
            Presence::Available | Presence::Aux(_) => true,
            Presence::SignedOut | Presence::Draining { .. } | Presence::Lost { .. } => false,
        };
        (is_reachable && world.is_eligible(agent, contact)).then_some(agent)
    }

    pub fn queue(&mut self, contact: ContactNo, place: Place) {
        self.let_pass_begin_again();
        self.decide(Change::ContactQueued { contact, place });
        self.tell_outlook(contact);
        if self.world().is_to_say_of(contact) {
            self.say_of(contact);
        }
    }

    /// When an agent may have become open.
    pub fn fill(&mut self, agent: AgentNo) {
        self.let_pass_begin_again();
        if self.is_offering() {
            self.fill_now(agent);
        }
    }

    /// Returns the number of offers made, of what they interrupted and of what was resumed.
    pub fn fill_now(&mut self, agent: AgentNo) -> usize {
        let mut made = 0;
        loop {
            let deferred = self.world().agent(agent).deferred;
            let limit = deferred.map_or(LIMIT_AT_FIRST, |(limit, _)| limit);
            match self.world().find_contact(agent, limit, self.now) {
                Look::Found(contact) => made += self.offer(contact, agent),
                Look::Nothing => {
                    let resumed = self.resume(agent);
                    if resumed == 0 {
                        return made;
                    }
                    made += resumed;
                }
                Look::GaveUp => {
                    let is_to_come = deferred.is_some_and(|(_, until)| until > self.now);
                    if !is_to_come {
                        let limit = (limit * 4).min(LIMIT_MAX);
                        self.decide(Change::AgentDeferred { agent, limit, until: self.now + DEFERRED_FOR });
                    }
                    return made;
                }
            }
        }
    }

    /// Returns how much that is: those that it interrupts, this one, and how often the agent is throttled.
    pub fn offer(&mut self, contact: ContactNo, agent: AgentNo) -> usize {
        self.offer_by(contact, agent, None)
    }

    /// Whose hand it is, out of turn.
    pub fn offer_by(&mut self, contact: ContactNo, agent: AgentNo, by: Option<Hand>) -> usize {
        let interrupted = self.interrupt_for(agent, contact);
        let offer = OfferNo(self.world().offers + 1);
        let queue = self.world().queue_of(contact);
        let (expires_at, auto_accept) = (self.now + queue.offer_timeout, queue.auto_accept);
        self.decide(Change::Offered { contact, agent, offer, expires_at, by });
        let throttled = self.throttle(agent, by);
        if auto_accept {
            self.accept(contact);
        }
        interrupted + 1 + throttled
    }

    /// After a contact left its hands.
    pub fn released(&mut self, agent: AgentNo) {
        if self.leave_draining(agent) {
            return;
        }
        match self.world().agent(agent).presence {
            Presence::Available => self.fill(agent),
            Presence::SignedOut | Presence::Aux(_) | Presence::Draining { .. } | Presence::Lost { .. } => {
                self.resume(agent);
            }
        }
    }

    /// A draining agent with empty hands goes on to its next presence; true when it did.
    fn leave_draining(&mut self, agent: AgentNo) -> bool {
        let present = self.world().agent(agent);
        let Presence::Draining { then } = &present.presence else { return false };
        if !present.held.is_empty() || !self.world().parked_with(agent).is_empty() {
            return false;
        }
        let next = match then {
            AfterDraining::SignOut => Presence::SignedOut,
            AfterDraining::Aux(reason) => Presence::Aux(reason.clone()),
        };
        self.set_presence(agent, next, PresenceCause::Drained);
        true
    }

    pub fn set_presence(&mut self, agent: AgentNo, presence: Presence, cause: PresenceCause) {
        if self.world().agent(agent).presence == presence {
            return;
        }
        let mut free = Vec::new();
        if presence != Presence::Available {
            for contact in self.world().offered_to(agent) {
                self.decide(Change::OfferEnded { contact, how: OfferEnd::Revoked, kept_from_until: Time(0) });
                free.push(contact);
            }
        }
        if presence == Presence::SignedOut {
            free.extend(self.take_everything_from(agent));
        }
        self.decide(Change::AgentPresence { agent, presence: presence.clone(), cause });
        match presence {
            Presence::SignedOut | Presence::Lost { .. } => free.extend(self.world().waiting_for(agent)),
            Presence::Available | Presence::Aux(_) | Presence::Draining { .. } => {}
        }
        free.sort();
        for contact in free {
            self.place(contact);
        }
        match presence {
            Presence::Available => self.fill(agent),
            Presence::Draining { .. } => {
                if !self.leave_draining(agent) {
                    self.resume(agent);
                }
            }
            Presence::SignedOut | Presence::Aux(_) | Presence::Lost { .. } => {
                self.resume(agent);
            }
        }
    }

    /// What an agent who signs out holds, beside offers: active contacts return or stay, wrap-up ends.
    fn take_everything_from(&mut self, agent: AgentNo) -> Vec<ContactNo> {
        let mut returned = Vec::new();
        let mut held: Vec<ContactNo> = self.world().agent(agent).held.keys().copied().collect();
        held.extend(self.world().parked_with(agent));
        held.sort();
        for contact in held {
            let present = self.world().contact(contact);
            match present.state {
                Some(ContactState::Active { .. } | ContactState::Parked { .. }) => {
                    if self.is_taken_from(contact) {
                        returned.push(contact);
                    }
                }
                Some(ContactState::WrapUp { .. }) => {
                    self.decide(Change::ContactClosed { contact, outcome: Outcome::Completed });
                }
                Some(
                    ContactState::Offered { .. }
                    | ContactState::Waiting(_)
                    | ContactState::Scheduled
                    | ContactState::Quiet { .. },
                )
                | None => {
                    unreachable!("offers were revoked before, and what waits is not held")
                }
            }
        }
        returned
    }

    /// Of an active or parked contact.
    pub fn end(&mut self, contact: ContactNo, agent: AgentNo) {
        let wrap_up = self.world().queue_of(contact).wrap_up;
        if wrap_up.is_zero() || !self.world().contact(contact).is_active() {
            self.close(contact, Outcome::Completed);
            self.released(agent);
        } else {
            self.decide(Change::WrapUpStarted { contact, until: self.now + wrap_up });
        }
    }

    pub fn close(&mut self, contact: ContactNo, outcome: Outcome) {
        self.decide(Change::ContactClosed { contact, outcome });
    }
}
