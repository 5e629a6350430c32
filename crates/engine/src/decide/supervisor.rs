//! What a supervisor decides out of turn: agents' presences, who gets a contact, and where it waits.

use model::hand::{Hand, SupervisorInput, SwitchAgent};
use model::transition::{ExitWhy, OfferEnd, PresenceCause, ReturnedWhy};
use model::{
    AgentId, AgentNo, Change, ContactId, ContactNo, Presence, ProfileNo, QueueId, QueueNo, Refusal, TenantNo,
    Time,
};

use super::contact::{Refused, total_points};
use super::{Origin, Turn};
use crate::mutants::{self, Mutant};
use crate::state::agents::AgentState;
use crate::state::contacts::Status;

/// Where a contact is sent.
struct Way {
    profile: ProfileNo,
    points: i32,
    kept_from_until: Time,
    is_another_queue: bool,
}

impl Turn<'_> {
    pub fn supervisor_input(&mut self, tenant: TenantNo, origin: Origin<'_>, input: &SupervisorInput) {
        let done = match input {
            SupervisorInput::Switch { agent, to } => self.agent_switch(tenant, agent, to),
            SupervisorInput::Assign { contact, agent } => {
                let Some(contact) = self.find_open(tenant, origin, contact) else { return };
                self.contact_assign(tenant, contact, agent)
            }
            SupervisorInput::Requeue { contact: id, queue } => {
                let Some(contact) = self.find_open(tenant, origin, id) else { return };
                self.contact_requeue(tenant, contact, id, queue.as_ref())
            }
        };
        if let Err((reason, detail)) = done {
            self.refuse(tenant, origin, reason, detail);
        }
    }

    fn agent_switch(&mut self, tenant: TenantNo, id: &AgentId, to: &SwitchAgent) -> Result<(), Refused> {
        let agent = self.agent_named(tenant, id)?;
        if self.tenant(tenant).agents[agent].state() == AgentState::SignedOut {
            let detail = format!("agent {id} is signed out; only its desktop can sign it in");
            return Err((Refusal::NoSession, detail));
        }
        let presence = match to {
            SwitchAgent::SignedOut => Presence::SignedOut,
            SwitchAgent::Available => Presence::Available,
            SwitchAgent::Aux(reason) => Presence::Aux(self.known_reason(tenant, reason)?),
            SwitchAgent::Draining(then) => {
                Presence::Draining { then: self.known_after_draining(tenant, then)? }
            }
        };
        if self.tenant(tenant).agents[agent].state() == AgentState::Lost && presence != Presence::SignedOut {
            let detail = format!("nothing is heard of agent {id}; sign it out, or wait for it");
            return Err((Refusal::WrongState, detail));
        }
        self.set_presence(tenant, agent, presence, PresenceCause::Supervisor);
        Ok(())
    }

    fn contact_assign(&mut self, tenant: TenantNo, contact: ContactNo, id: &AgentId) -> Result<(), Refused> {
        let agent = self.agent_named(tenant, id)?;
        let record = self.tenant(tenant).contacts.of(contact);
        let holder = record.status.has_agent().then_some(record.agent);
        if holder == Some(agent) {
            return Ok(());
        }
        if holder.is_some() && record.status != Status::Offered {
            let detail = "another agent has the contact; requeue it first, or let that one transfer it";
            return Err((Refusal::WrongState, detail.to_owned()));
        }
        let (status, site) = (record.status, self.tenant(tenant).profiles.key(record.profile).site);
        if status == Status::Quiet {
            return Err(silent());
        }
        if site.is_some_and(|site| self.tenant(tenant).agents[agent].site != Some(site)) {
            let detail = format!("agent {id} is not at the site at which the customer is");
            return Err((Refusal::NotEligible, detail));
        }
        if self.is_who_asks(tenant, agent, contact) {
            let detail = format!("agent {id} asks by it; give it to another");
            return Err((Refusal::NotEligible, detail));
        }
        if !self.has_room_for(tenant, agent, contact) && !mutants::is(Mutant::AssignedBeyondCapacity) {
            return Err(not_open(id.as_str()));
        }
        match status {
            Status::Scheduled => {
                let arrived_at = self.tenant(tenant).arrives_at(contact).min(self.now);
                self.emit(tenant, Change::ContactReleased { contact, arrived_at });
            }
            Status::Offered => {
                let how = OfferEnd::Revoked;
                self.emit(tenant, Change::OfferEnded { contact, how, kept_from_until: Time(0) });
            }
            Status::Nowhere
            | Status::WaitingInQueue
            | Status::WaitingPreferred
            | Status::Active
            | Status::WrapUp
            | Status::Parked
            | Status::Quiet => {}
        }
        self.reclassify_if_marked(tenant, contact);
        self.offer_by(tenant, contact, agent, Some(Hand::Supervisor));
        if let Some(former) = holder {
            self.released(tenant, former);
        }
        Ok(())
    }

    fn contact_requeue(
        &mut self,
        tenant: TenantNo,
        contact: ContactNo,
        id: &ContactId,
        queue: Option<&QueueId>,
    ) -> Result<(), Refused> {
        let target = queue.map(|queue| self.find_queue(tenant, queue.as_str())).transpose()?;
        let record = self.tenant(tenant).contacts.of(contact);
        let (status, agent) = (record.status, record.agent);
        if status == Status::WrapUp {
            let detail = format!("contact {id} is over, and in wrap-up");
            return Err((Refusal::WrongState, detail));
        }
        if status == Status::Quiet {
            return Err(silent());
        }
        let Way { profile, points, kept_from_until, is_another_queue } = self.way(tenant, contact, target)?;
        let moved = Change::ContactMoved { contact, profile, points, why: ExitWhy::Supervisor };
        match status {
            Status::Active | Status::Parked => {
                let why = ReturnedWhy::Supervisor;
                self.emit(tenant, Change::ContactReturned { contact, profile, points, why, kept_from_until });
            }
            Status::Offered => {
                let how = OfferEnd::Withdrawn;
                self.emit(tenant, Change::OfferEnded { contact, how, kept_from_until });
                if is_another_queue {
                    self.emit(tenant, moved);
                }
            }
            Status::WaitingInQueue | Status::WaitingPreferred if is_another_queue => self.emit(tenant, moved),
            Status::Scheduled if is_another_queue => return self.move_put_off(tenant, contact, moved),
            Status::Nowhere
            | Status::WrapUp
            | Status::Quiet
            | Status::WaitingInQueue
            | Status::WaitingPreferred
            | Status::Scheduled => return Ok(()),
        }
        self.place(tenant, contact);
        if status.has_agent() {
            self.released(tenant, agent);
        }
        Ok(())
    }

    /// It stays put off, in the other queue.
    fn move_put_off(&mut self, tenant: TenantNo, contact: ContactNo, moved: Change) -> Result<(), Refused> {
        let schedule = self.tenant(tenant).schedule.state(contact).expect("what is put off has a schedule");
        self.emit(tenant, moved);
        let (until, tries) = (schedule.until, schedule.tries);
        self.emit(tenant, Change::ContactScheduled { contact, until, tries });
        Ok(())
    }

    fn way(&mut self, tenant: TenantNo, contact: ContactNo, to: Option<QueueNo>) -> Result<Way, Refused> {
        let state = self.tenant(tenant);
        let record = state.contacts.of(contact);
        let present = state.profiles.key(record.profile);
        let queue = to.unwrap_or(present.queue);
        let settings = state.settings().queue(queue).expect("the queue was just found, or has a contact");
        let kept_from_until = self.now + settings.retry_same_agent_after;
        if queue == present.queue {
            let (profile, points) = (record.profile, record.points);
            return Ok(Way { profile, points, kept_from_until, is_another_queue: false });
        }
        let points = total_points(settings.points, record.body().own_points());
        let (lasting, own) = (state.lasting(record), record.body().own_skills());
        let key = self.profile_key(tenant, queue, lasting, &settings.demands, own, false)?;
        let profile = self.open_profile(tenant, key)?;
        Ok(Way { profile, points, kept_from_until, is_another_queue: true })
    }

    /// Whether the agent works on the contact's channel and is open on it, or by yielding.
    pub fn has_room_for(&self, tenant: TenantNo, agent: AgentNo, contact: ContactNo) -> bool {
        let state = self.tenant(tenant);
        let record = state.contacts.of(contact);
        let works_on_it = state.agents[agent].has_channel(state.profiles.brief(record.profile).channel);
        works_on_it
            && (self.is_open_for(tenant, agent, contact)
                || state.settings().interrupts && state.is_open_by_yielding(agent, record))
    }

    fn agent_named(&self, tenant: TenantNo, id: &AgentId) -> Result<AgentNo, Refused> {
        let agent = self.tenant(tenant).agents.present(id);
        agent.ok_or_else(|| (Refusal::UnknownAgent, format!("agent {id} is not in the roster")))
    }
}

pub fn not_open(agent: &str) -> Refused {
    let detail =
        format!("agent {agent} is not available, not on the channel, or has no room for the contact");
    (Refusal::NotOpen, detail)
}

fn silent() -> Refused {
    let detail = "its customer is silent; it comes back when the customer writes again";
    (Refusal::WrongState, detail.to_owned())
}
