//! By hand: what a supervisor says, and what agents pull.

use model::agent::AfterDraining;
use model::config::QueueState;
use model::hand::{Hand, PullFrom, SupervisorInput, SwitchAgent, Taking};
use model::row::ContactState;
use model::transition::{ExitWhy, OfferEnd, Place, PresenceCause, ReturnedWhy};
use model::{AgentId, AgentNo, Change, ContactId, ContactNo, Presence, QueueId, QueueNo, Refusal, Time};

use super::Step;
use super::classify::own_skills;
use super::inputs::{Refused, refused};
use super::inputs_contact::points;
use super::state::Tenant;

/// Contacts that keep away which a pull from a queue passes over.
const PASSED_OVER_MAX: usize = 4_096;

impl Step<'_> {
    pub fn supervisor_said(&mut self, said: &SupervisorInput) -> Result<(), Refused> {
        match said {
            SupervisorInput::Switch { agent, to } => self.agent_switch(agent, to),
            SupervisorInput::Assign { contact, agent } => match self.open_contact(contact)? {
                Some(contact) => self.contact_assign(contact, agent),
                None => Ok(()),
            },
            SupervisorInput::Requeue { contact, queue } => match self.open_contact(contact)? {
                Some(contact) => self.contact_requeue(contact, queue.as_ref()),
                None => Ok(()),
            },
        }
    }

    fn agent_switch(&mut self, id: &AgentId, to: &SwitchAgent) -> Result<(), Refused> {
        let world = self.world();
        let agent = world.named_agent(id)?;
        let present = &world.agent(agent).presence;
        if !present.is_signed_in() {
            return refused(Refusal::NoSession, format!("agent {id} is signed out"));
        }
        let wanted = match to {
            SwitchAgent::SignedOut => Presence::SignedOut,
            SwitchAgent::Available => Presence::Available,
            SwitchAgent::Aux(reason) => {
                world.check_reason(reason)?;
                Presence::Aux(reason.clone())
            }
            SwitchAgent::Draining(then) => {
                match then {
                    AfterDraining::SignOut => {}
                    AfterDraining::Aux(reason) => world.check_reason(reason)?,
                }
                Presence::Draining { then: then.clone() }
            }
        };
        let is_lost = matches!(present, Presence::Lost { .. });
        if is_lost && wanted != Presence::SignedOut {
            return refused(Refusal::WrongState, format!("agent {id} is lost"));
        }
        self.set_presence(agent, wanted, PresenceCause::Supervisor);
        Ok(())
    }

    fn contact_assign(&mut self, contact: ContactNo, id: &AgentId) -> Result<(), Refused> {
        let world = self.world();
        let agent = world.named_agent(id)?;
        let present = world.contact(contact);
        let state = present.state.expect("no contact is nowhere between two calls");
        let (holder, is_offered) = match state {
            ContactState::Waiting(_) | ContactState::Scheduled => (None, false),
            ContactState::Offered { agent, .. } => (Some(agent), true),
            ContactState::Active { agent, .. }
            | ContactState::Parked { agent, .. }
            | ContactState::WrapUp { agent, .. } => (Some(agent), false),
            ContactState::Quiet { .. } => {
                return refused(Refusal::WrongState, "its customer is silent".to_owned());
            }
        };
        if holder == Some(agent) {
            return Ok(());
        }
        if holder.is_some() && !is_offered {
            return refused(Refusal::WrongState, "another agent has it".to_owned());
        }
        let site = world.profile_of(contact).site;
        if site.is_some() && world.agent(agent).site != site {
            return refused(Refusal::NotEligible, format!("agent {id} is at another site"));
        }
        if present.body.consult.is_some() && present.excluded.contains(&agent) {
            return refused(Refusal::NotEligible, format!("agent {id} asks by it"));
        }
        if !world.is_open_to(agent, contact) {
            return refused(Refusal::NotOpen, format!("agent {id} is not open for it"));
        }
        if state == ContactState::Scheduled {
            let arrived_at = present.arrives_at().min(self.now);
            self.decide(Change::ContactReleased { contact, arrived_at });
        }
        if is_offered {
            self.decide(Change::OfferEnded { contact, how: OfferEnd::Revoked, kept_from_until: Time(0) });
        }
        if self.world().contact(contact).to_classify {
            self.reclassify(contact);
        }
        self.offer_by(contact, agent, Some(Hand::Supervisor));
        if let Some(former) = holder {
            self.released(former);
        }
        Ok(())
    }

    fn contact_requeue(&mut self, contact: ContactNo, queue: Option<&QueueId>) -> Result<(), Refused> {
        let world = self.world();
        let to = match queue {
            Some(name) => Some(world.named_queue(name)?),
            None => None,
        };
        let present = world.contact(contact);
        let state = present.state.expect("no contact is nowhere between two calls");
        if let ContactState::WrapUp { .. } | ContactState::Quiet { .. } = state {
            return refused(Refusal::WrongState, "it is in wrap-up, or its customer is silent".to_owned());
        }
        let former = world.profile_of(contact).queue;
        let queue = to.unwrap_or(former);
        let settings = world.queue(queue);
        let kept_from_until = self.now + settings.retry_same_agent_after;
        let (mut profile, mut with_points) = (present.profile, present.points);
        if queue != former {
            let own = own_skills(&present.body);
            let lasting = world.lasting(contact);
            let wanted = world.profile_asking(queue, lasting, &settings.skills, &own)?;
            let number = world.profile_number(&wanted)?;
            (profile, with_points) = (number, points(settings, &present.body));
            self.open_profile(number, wanted);
        }
        let moved = Change::ContactMoved { contact, profile, points: with_points, why: ExitWhy::Supervisor };
        match state {
            ContactState::Active { agent, .. } | ContactState::Parked { agent, .. } => {
                let why = ReturnedWhy::Supervisor;
                let points = with_points;
                self.decide(Change::ContactReturned { contact, profile, points, why, kept_from_until });
                self.place(contact);
                self.released(agent);
            }
            ContactState::Offered { agent, .. } => {
                self.decide(Change::OfferEnded { contact, how: OfferEnd::Withdrawn, kept_from_until });
                if queue != former {
                    self.decide(moved);
                }
                self.place(contact);
                self.released(agent);
            }
            ContactState::Waiting(_) if queue != former => {
                self.decide(moved);
                self.place(contact);
            }
            ContactState::Scheduled if queue != former => {
                let schedule = self.world().contact(contact).schedule.expect("what is put off is scheduled");
                self.decide(moved);
                let (until, tries) = (schedule.until, schedule.tries);
                self.decide(Change::ContactScheduled { contact, until, tries });
            }
            ContactState::Waiting(_)
            | ContactState::Scheduled
            | ContactState::WrapUp { .. }
            | ContactState::Quiet { .. } => {}
        }
        Ok(())
    }

    pub fn pull(&mut self, agent: AgentNo, from: &PullFrom) -> Result<(), Refused> {
        let contact = match from {
            PullFrom::Queue(name) => {
                let queue = self.world().named_queue(name)?;
                self.world().check_that_agents_pull(queue)?;
                if self.world().agent(agent).presence != Presence::Available {
                    return refused(Refusal::NotOpen, "who pulls must be available".to_owned());
                }
                match self.world().first_to_pull(agent, queue, self.now) {
                    Some(contact) => contact,
                    None => return refused(Refusal::NothingWaits, format!("nothing in {name}")),
                }
            }
            PullFrom::Contact(id) => self.world().contact_to_pull(agent, id)?,
        };
        self.offer_by(contact, agent, Some(Hand::Agent));
        if !self.world().contact(contact).is_active() {
            self.accept(contact);
        }
        let channel = self.world().profile_of(contact).channel;
        if self.world().channel(channel).interruptions.is_some() {
            self.fill(agent);
        }
        Ok(())
    }
}

impl Tenant {
    fn named_agent(&self, id: &AgentId) -> Result<AgentNo, Refused> {
        match self.agent_in_roster(id) {
            Some(agent) => Ok(agent),
            None => refused(Refusal::UnknownAgent, format!("agent {id} is not in the roster")),
        }
    }

    fn named_queue(&self, name: &QueueId) -> Result<QueueNo, Refused> {
        match self.queue_number(name) {
            Some(queue) => Ok(queue),
            None => refused(Refusal::UnknownQueue, format!("queue {name} is not configured")),
        }
    }

    /// Paused, or for agents to take: nothing that waits there is offered.
    pub fn is_held_back(&self, contact: ContactNo) -> bool {
        self.is_paused(contact) || self.queue_of(contact).taking == Taking::Pulled
    }

    fn check_that_agents_pull(&self, queue: QueueNo) -> Result<(), Refused> {
        let is_paused = self.queue_state(queue) == QueueState::Paused;
        match self.queue(queue).taking {
            Taking::Pulled | Taking::Both if !is_paused => Ok(()),
            Taking::Offered | Taking::Pulled | Taking::Both => {
                refused(Refusal::NotPulled, "nobody pulls there".to_owned())
            }
        }
    }

    fn first_to_pull(&self, agent: AgentNo, queue: QueueNo, now: Time) -> Option<ContactNo> {
        let mut waiting: Vec<_> = Vec::new();
        for (number, contact) in &self.contacts {
            let Some(ContactState::Waiting(place)) = contact.state else { continue };
            if self.profile_of(*number).queue != queue || !self.may_be_offered(agent, *number) {
                continue;
            }
            let (is_candidate, keeps_away) = match place {
                Place::Queue => {
                    (self.agent(agent).qualifies(self.profile_of(*number)), contact.keeps_away_from(agent))
                }
                Place::Preferred { agent: waited_for, .. } => (waited_for == agent, false),
            };
            if is_candidate {
                waiting.push((self.contact_key(*number, contact, now), keeps_away, *number));
            }
        }
        waiting.sort();
        let at = waiting.iter().position(|(_, keeps_away, _)| !keeps_away)?;
        (at <= PASSED_OVER_MAX).then_some(waiting[at].2)
    }

    fn contact_to_pull(&self, agent: AgentNo, id: &ContactId) -> Result<ContactNo, Refused> {
        let Some(contact) = self.open_ids.get(id).copied() else {
            return refused(Refusal::UnknownContact, format!("no contact {id} is open"));
        };
        let is_for_anybody = match self.contact(contact).state {
            Some(ContactState::Waiting(Place::Queue)) => true,
            Some(ContactState::Waiting(Place::Preferred { agent: waited_for, .. }))
                if waited_for == agent =>
            {
                false
            }
            Some(
                ContactState::Waiting(Place::Preferred { .. })
                | ContactState::Offered { .. }
                | ContactState::Active { .. }
                | ContactState::Parked { .. }
                | ContactState::WrapUp { .. }
                | ContactState::Quiet { .. }
                | ContactState::Scheduled,
            )
            | None => return refused(Refusal::WrongState, "it does not wait for this agent".to_owned()),
        };
        self.check_that_agents_pull(self.profile_of(contact).queue)?;
        if is_for_anybody && !self.is_eligible(agent, contact) {
            return refused(Refusal::NotEligible, "it is not for this agent".to_owned());
        }
        if !self.may_be_offered(agent, contact) {
            return refused(Refusal::NotOpen, "this agent is not open for it".to_owned());
        }
        Ok(contact)
    }
}
