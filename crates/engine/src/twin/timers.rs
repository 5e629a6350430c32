//! Timers: what is due when, and what happens then.

use model::row::ContactState;
use model::transition::{OfferEnd, Place, PresenceCause};
use model::{AgentNo, Change, ContactNo, Outcome, Presence, QueueNo, TenantNo, Time};

use super::state::{Agent, Tenant};
use super::{Step, Twin};

/// Most timers that one tick lets go off.
const TIMERS_PER_TICK: usize = 256;
const CHANGES_PER_TICK: usize = 768;

/// In the order in which timers go off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Timer {
    pub at: Time,
    tenant: TenantNo,
    of: TimerOf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum TimerOf {
    Agent(AgentNo),
    Queue(QueueNo),
    Contact(ContactNo),
    Look,
    Servable,
}

impl Twin {
    pub(super) fn earliest_timer(&self) -> Option<Timer> {
        self.tenants.iter().flat_map(Tenant::timers).min()
    }
}

impl Tenant {
    fn timers(&self) -> impl Iterator<Item = Timer> {
        let of_agents = self
            .agent_numbers()
            .filter_map(|agent| self.agent(agent).timer().map(|at| (at, TimerOf::Agent(agent))));
        let of_contacts = self
            .contacts
            .keys()
            .filter_map(|number| self.contact_timer(*number).map(|at| (at, TimerOf::Contact(*number))));
        let look = self.look_due.map(|at| (at, TimerOf::Look));
        let of_queues = (0..).map(QueueNo).zip(&self.queues_in_force).filter_map(|(queue, in_force)| {
            in_force.as_ref()?;
            self.releases_at(queue).map(|at| (at, TimerOf::Queue(queue)))
        });
        let to_say = self.first_to_say_of().map(|_| (Time(0), TimerOf::Servable));
        of_agents.chain(of_queues).chain(of_contacts).chain(look).chain(to_say).map(|(at, of)| Timer {
            at,
            tenant: self.number,
            of,
        })
    }
}

impl Agent {
    fn timer(&self) -> Option<Time> {
        let other = match &self.presence {
            Presence::Lost { until, .. } => Some(*until),
            Presence::SignedOut | Presence::Available | Presence::Aux(_) | Presence::Draining { .. } => {
                self.deferred.filter(|_| self.deferral_is_timed).map(|(_, until)| until)
            }
        };
        other.into_iter().chain(self.unthrottled_at()).min()
    }
}

impl Tenant {
    fn contact_timer(&self, number: ContactNo) -> Option<Time> {
        let contact = self.contact(number);
        match contact.state? {
            ContactState::Waiting(Place::Queue) => {
                let kept = (!contact.kept_from.is_empty()).then_some(contact.kept_from_until);
                let looks = [kept, self.relaxes_at(number), self.presses_at(number), self.leaves_at(number)];
                let others = [contact.window_ends_at(), contact.proposal_ends_at()];
                looks.into_iter().chain(others).flatten().min()
            }
            ContactState::Waiting(Place::Preferred { until, .. }) => {
                let looks = [Some(until), self.presses_at(number), self.leaves_at(number)];
                let others = [contact.window_ends_at(), contact.proposal_ends_at()];
                looks.into_iter().chain(others).flatten().min()
            }
            ContactState::Scheduled => contact.window_ends_at(),
            ContactState::Offered { expires_at, .. } => Some(expires_at),
            ContactState::Active { .. } => contact.stuck_at(),
            ContactState::Parked { until, .. } => until,
            ContactState::WrapUp { until, .. } | ContactState::Quiet { until, .. } => Some(until),
        }
    }
}

impl Step<'_> {
    pub fn tick(&mut self, until: Time) {
        let before = self.transitions.len();
        for _ in 0..TIMERS_PER_TICK {
            if self.transitions.len() - before >= CHANGES_PER_TICK {
                return;
            }
            match self.twin.earliest_timer() {
                Some(timer) if timer.at <= self.now && timer.at <= until => {
                    self.tenant = timer.tenant;
                    match timer.of {
                        TimerOf::Agent(agent) => self.agent_timer(agent),
                        TimerOf::Queue(queue) => self.release_first(queue),
                        TimerOf::Contact(contact) => self.contact_timer(contact),
                        TimerOf::Look => self.look(before + CHANGES_PER_TICK),
                        TimerOf::Servable => self.say_what_is(),
                    }
                }
                Some(_) | None => return,
            }
        }
    }

    fn agent_timer(&mut self, agent: AgentNo) {
        if self.unthrottle(agent) {
            return;
        }
        match &self.world().agent(agent).presence {
            Presence::Lost { .. } => self.set_presence(agent, Presence::SignedOut, PresenceCause::WindowOver),
            Presence::SignedOut | Presence::Available | Presence::Aux(_) | Presence::Draining { .. } => {
                self.twin.tenant_mut(self.tenant).agent_mut(agent).deferral_is_timed = false;
                self.fill(agent);
            }
        }
    }

    fn contact_timer(&mut self, contact: ContactNo) {
        let state = self.world().contact(contact).state;
        if self.world().contact(contact).is_waiting() {
            if self.leave_if_due(contact) {
                return;
            }
            self.end_proposal_if_due(contact);
        }
        match state {
            Some(ContactState::Waiting(Place::Queue)) => self.look_again(contact),
            Some(ContactState::Waiting(Place::Preferred { until, .. })) if until > self.now => {
                self.press_if_due(contact);
            }
            Some(ContactState::Waiting(Place::Preferred { .. })) => {
                self.relax_if_due(contact);
                self.press_if_due(contact);
                match self.agent_to_offer_to(contact) {
                    Some(agent) => {
                        self.offer(contact, agent);
                    }
                    None => self.queue(contact, Place::Queue),
                }
            }
            Some(ContactState::Offered { agent, .. }) => self.offer_expires(contact, agent),
            Some(ContactState::WrapUp { agent, .. }) => {
                self.close(contact, Outcome::Completed);
                self.released(agent);
            }
            Some(ContactState::Quiet { .. }) => self.close(contact, Outcome::Completed),
            Some(ContactState::Scheduled) => self.release(contact),
            Some(ContactState::Parked { agent, .. }) => self.stay_ends(contact, agent),
            Some(ContactState::Active { .. }) => self.decide(Change::ContactStuck { contact }),
            None => unreachable!("has no timer"),
        }
    }

    fn look_again(&mut self, contact: ContactNo) {
        let is_lifted = self.lift_if_due(contact);
        let is_relaxed = self.relax_if_due(contact);
        self.press_if_due(contact);
        if !is_lifted && !is_relaxed {
            return;
        }
        self.let_pass_begin_again();
        if let Some(agent) = self.agent_to_offer_to(contact) {
            self.offer(contact, agent);
        }
    }

    fn offer_expires(&mut self, contact: ContactNo, agent: AgentNo) {
        let kept_from_until = self.now + self.world().queue_of(contact).retry_same_agent_after;
        self.decide(Change::OfferEnded { contact, how: OfferEnd::Expired, kept_from_until });
        let world = self.world();
        let rona = &world.config().rona;
        let present = world.agent(agent);
        if present.presence == Presence::Available && present.misses > rona.retries {
            let aux = Presence::Aux(rona.aux.clone());
            self.set_presence(agent, aux, PresenceCause::Rona);
            self.place(contact);
        } else {
            self.place(contact);
            self.released(agent);
        }
    }
}
