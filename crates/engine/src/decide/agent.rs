//! What agents' desktops say.

use std::sync::Arc;

use model::config::SkillDemand;
use model::contact::ContactUpdate;
use model::input::{AgentAction, AgentInput, TransferTo};
use model::transition::{OfferEnd, PresenceCause, ReturnedWhy};
use model::{
    AgentId, AgentNo, AuxReason, Change, ContactId, ContactNo, OfferNo, Outcome, Presence, Refusal, TenantNo,
    Time,
};

use super::contact::{Refused, total_points};
use super::{Origin, Turn};
use crate::mutants::{self, Mutant};
use crate::state::agents::AgentState;
use crate::state::contacts::Status;
use crate::state::updates;
use model::agent::AfterDraining;

impl Turn<'_> {
    pub fn agent_input(&mut self, tenant: TenantNo, origin: Origin<'_>, input: &AgentInput) {
        let (session, counter) = (input.session, input.counter);
        let AgentInput { agent: id, action, .. } = input;
        let state = self.tenant(tenant);
        // Both are looked up before either is looked at, so that their cache misses overlap.
        let hash = action.contact().map(|contact| state.expect_id(contact));
        let agent = state.agents.present(id);
        agent.inspect(|&agent| state.expect_agent(agent));
        let named = hash.and_then(|hash| state.open_contact(hash));
        if let Some(named) = named {
            state.expect_beside(named.place());
            self.engine.timers.expect(state.contacts.of(named).timer);
        }
        let Some(agent) = agent else {
            let detail = format!("agent {id} is not in the roster; put it there first");
            return self.refuse(tenant, origin, Refusal::UnknownAgent, detail);
        };
        let record = &state.agents[agent];
        let (present, is_signed_in) = (record.session, record.state() != AgentState::SignedOut);
        let is_sign_in = matches!(action, AgentAction::SignIn { .. });
        if session < present {
            let detail = format!("session {session} is over; session {present} is in force");
            return self.refuse(tenant, origin, Refusal::OldSession, detail);
        }
        if session == present && counter <= record.counter && !mutants::is(Mutant::AgentInputsRepeat) {
            return;
        }
        if (session == present && !is_signed_in) || (session > present && !is_sign_in) {
            return self.refuse_no_session(tenant, origin, id, session);
        }
        self.emit(tenant, Change::AgentHeard { agent, session, counter });
        if !is_sign_in {
            self.restore_if_lost(tenant, agent);
            // It was draining with empty hands, so coming back signed it out.
            if self.tenant(tenant).agents[agent].state() == AgentState::SignedOut {
                return self.refuse_no_session(tenant, origin, id, session);
            }
        }
        if let Err((reason, detail)) = self.act(tenant, agent, action, named) {
            self.refuse(tenant, origin, reason, detail);
        }
    }

    fn refuse_no_session(&mut self, tenant: TenantNo, origin: Origin<'_>, id: &AgentId, session: u64) {
        let detail = format!("agent {id} is not signed in with session {session}; sign in with a new one");
        self.refuse(tenant, origin, Refusal::NoSession, detail);
    }

    /// `named` is the open contact that the action names, if it is open.
    fn act(
        &mut self,
        tenant: TenantNo,
        agent: AgentNo,
        action: &AgentAction,
        named: Option<ContactNo>,
    ) -> Result<(), Refused> {
        let presence = match action {
            AgentAction::SignIn { aux: Some(reason) } | AgentAction::Aux { reason } => {
                Presence::Aux(self.known_reason(tenant, reason)?)
            }
            AgentAction::SignIn { aux: None } | AgentAction::Available => Presence::Available,
            AgentAction::SignOut => Presence::SignedOut,
            AgentAction::Drain { then } => {
                Presence::Draining { then: self.known_after_draining(tenant, then)? }
            }
            AgentAction::Pull { from } => return self.pull(tenant, agent, from, named),
            AgentAction::Accept { contact, offer } => {
                let contact = self.offered(tenant, agent, contact, named, *offer)?;
                self.accept(tenant, contact);
                self.fill_if_it_yields(tenant, agent, contact);
                return Ok(());
            }
            AgentAction::Decline { contact, offer } => {
                let contact = self.offered(tenant, agent, contact, named, *offer)?;
                self.decline(tenant, agent, contact);
                return Ok(());
            }
            AgentAction::Complete { contact: _ } if self.is_asked_by(tenant, agent, named) => {
                let consult = named.expect("what was asked is open");
                self.close_and_release(tenant, consult, Outcome::Cancelled);
                return Ok(());
            }
            AgentAction::Complete { contact } => {
                let contact = self.worked_on(tenant, agent, contact, named)?;
                self.end(tenant, contact);
                return Ok(());
            }
            AgentAction::NotReached { contact } => {
                let contact = self.held_as(tenant, agent, contact, named, Status::Active)?;
                return self.not_reached(tenant, agent, contact);
            }
            AgentAction::WrapUpDone { contact } => {
                let contact = self.held_as(tenant, agent, contact, named, Status::WrapUp)?;
                self.close_and_release(tenant, contact, Outcome::Completed);
                return Ok(());
            }
            AgentAction::Consult(request) => {
                let contact = self.held_as(tenant, agent, &request.contact, named, Status::Active)?;
                return self.consult(tenant, agent, contact, request);
            }
            AgentAction::Transfer { contact, to, skills, update } => {
                let contact = self.worked_on(tenant, agent, contact, named)?;
                let update = update.as_ref().filter(|update| !update.attributes.is_empty());
                return self.transfer(tenant, agent, contact, (to, skills.as_deref(), update));
            }
            AgentAction::Requeue { contact } => {
                let contact = self.worked_on(tenant, agent, contact, named)?;
                return self.requeue(tenant, agent, contact);
            }
            AgentAction::StillWorking { contact } => {
                let contact = self.held_as(tenant, agent, contact, named, Status::Active)?;
                self.still_working(tenant, contact);
                return Ok(());
            }
            AgentAction::Quiet { contact } => {
                let contact = self.worked_on(tenant, agent, contact, named)?;
                return self.hush(tenant, agent, contact);
            }
        };
        self.set_presence(tenant, agent, presence, PresenceCause::Agent);
        Ok(())
    }

    fn decline(&mut self, tenant: TenantNo, agent: AgentNo, contact: ContactNo) {
        let state = self.tenant(tenant);
        let queue = state.queue_of(state.contacts.of(contact).profile);
        let is_mutant = mutants::is(Mutant::DeclinedComesBack);
        let kept_from_until = if is_mutant { self.now } else { self.now + queue.retry_same_agent_after };
        self.emit(tenant, Change::OfferEnded { contact, how: OfferEnd::Declined, kept_from_until });
        self.place(tenant, contact);
        self.released(tenant, agent);
    }

    fn transfer(
        &mut self,
        tenant: TenantNo,
        agent: AgentNo,
        contact: ContactNo,
        (to, skills, update): (&TransferTo, Option<&[SkillDemand]>, Option<&Arc<ContactUpdate>>),
    ) -> Result<(), Refused> {
        let state = self.tenant(tenant);
        let record = state.contacts.of(contact);
        let update = match update {
            Some(update) => updates::check(record.body(), update)?.then_some(update),
            None => None,
        };
        let present = state.profiles.key(record.profile);
        let (queue, why) = match to {
            TransferTo::Queue(name) => {
                (self.find_queue(tenant, name.as_str())?, ReturnedWhy::TransferredToQueue)
            }
            TransferTo::Agent(name) => {
                let target = state.agents.present(name);
                let target = target
                    .ok_or_else(|| (Refusal::UnknownAgent, format!("agent {name} is not in the roster")))?;
                (present.queue, ReturnedWhy::TransferredToAgent { agent: target })
            }
            TransferTo::Consult(consult) => return self.hand_over(tenant, contact, consult),
        };
        let settings = state.settings().queue(queue).expect("the queue was just found");
        let own = skills.map_or_else(|| record.body().own_skills(), |given| [given, &[]]);
        let lasting = self.lasting_after(tenant, agent, record);
        let key = self.profile_key(tenant, queue, lasting, &settings.demands, own, skills.is_some())?;
        let points = total_points(settings.points, record.body().own_points());
        let kept_from_until = match why {
            ReturnedWhy::TransferredToAgent { .. } => Time(0),
            ReturnedWhy::TransferredToQueue
            | ReturnedWhy::Requeued
            | ReturnedWhy::AgentLeft
            | ReturnedWhy::Supervisor => self.now + settings.retry_same_agent_after,
        };
        let profile = self.open_profile(tenant, key)?;
        if let Some(update) = update {
            self.emit(tenant, Change::ContactUpdated { contact, update: Arc::clone(update) });
        }
        self.emit(tenant, Change::ContactReturned { contact, profile, points, why, kept_from_until });
        self.place(tenant, contact);
        self.released(tenant, agent);
        Ok(())
    }

    pub fn known_after_draining(
        &self,
        tenant: TenantNo,
        then: &AfterDraining,
    ) -> Result<AfterDraining, Refused> {
        match then {
            AfterDraining::SignOut => Ok(AfterDraining::SignOut),
            AfterDraining::Aux(reason) => Ok(AfterDraining::Aux(self.known_reason(tenant, reason)?)),
        }
    }

    pub fn known_reason(&self, tenant: TenantNo, reason: &AuxReason) -> Result<AuxReason, Refused> {
        if self.tenant(tenant).settings().config.aux_reasons.contains(reason) {
            Ok(reason.clone())
        } else {
            Err((Refusal::UnknownReason, format!("aux reason {reason} is not in the configuration")))
        }
    }

    fn offered(
        &self,
        tenant: TenantNo,
        agent: AgentNo,
        id: &ContactId,
        named: Option<ContactNo>,
        offer: OfferNo,
    ) -> Result<ContactNo, Refused> {
        let open = named.filter(|&contact| {
            let record = self.tenant(tenant).contacts.of(contact);
            record.status == Status::Offered && record.agent == agent && record.offer == offer
        });
        open.ok_or_else(|| {
            (Refusal::OfferGone, format!("offer {offer} of contact {id} is not open for this agent"))
        })
    }

    /// Active or parked.
    fn worked_on(
        &self,
        tenant: TenantNo,
        agent: AgentNo,
        id: &ContactId,
        named: Option<ContactNo>,
    ) -> Result<ContactNo, Refused> {
        let is_parked = |contact: &ContactNo| {
            let record = self.tenant(tenant).contacts.of(*contact);
            record.status == Status::Parked && record.agent == agent
        };
        match named.filter(is_parked) {
            Some(contact) => Ok(contact),
            None => self.held_as(tenant, agent, id, named, Status::Active),
        }
    }

    fn held_as(
        &self,
        tenant: TenantNo,
        agent: AgentNo,
        id: &ContactId,
        named: Option<ContactNo>,
        status: Status,
    ) -> Result<ContactNo, Refused> {
        let Some(contact) = named else {
            return Err((Refusal::UnknownContact, format!("contact {id} is not open")));
        };
        let record = self.tenant(tenant).contacts.of(contact);
        let is_in_hands = matches!(record.status, Status::Active | Status::WrapUp | Status::Parked)
            && record.agent == agent;
        if !is_in_hands {
            return Err((Refusal::NotHolder, format!("contact {id} is not in this agent's hands")));
        }
        if record.status != status {
            let detail = format!("contact {id} is {:?}, not {status:?}", record.status);
            return Err((Refusal::WrongState, detail));
        }
        Ok(contact)
    }
}
