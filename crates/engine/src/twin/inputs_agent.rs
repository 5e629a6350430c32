//! What an agent's desktop says.

use model::agent::AfterDraining;
use model::config::SkillDemand;
use model::input::{AgentAction, AgentInput, TransferTo};
use model::row::ContactState;
use model::transition::{OfferEnd, PresenceCause, ReturnedWhy};
use model::{
    AgentNo, AuxReason, Change, ContactId, ContactNo, OfferNo, Outcome, Presence, QueueNo, Refusal, Time,
};

use super::Step;
use super::classify::own_skills;
use super::inputs::{Refused, refused};
use super::inputs_contact::points;
use super::state::Tenant;

impl Step<'_> {
    pub fn agent_said(&mut self, said: &AgentInput) -> Result<(), Refused> {
        let Some(agent) = self.world().agent_in_roster(&said.agent) else {
            return refused(Refusal::UnknownAgent, format!("agent {} is not in the roster", said.agent));
        };
        let present = self.world().agent(agent);
        let is_sign_in = matches!(said.action, AgentAction::SignIn { .. });
        if said.session < present.session {
            return refused(Refusal::OldSession, format!("session {} has followed", present.session));
        }
        if said.session == present.session && said.counter <= present.counter {
            return Ok(());
        }
        if said.session > present.session && !is_sign_in {
            return refused(Refusal::NoSession, format!("session {} did not sign in", said.session));
        }
        if said.session == present.session && !present.presence.is_signed_in() {
            return refused(Refusal::NoSession, format!("session {} has signed out", said.session));
        }
        self.decide(Change::AgentHeard { agent, session: said.session, counter: said.counter });
        if !is_sign_in {
            self.give_back_presence(agent);
            if !self.world().agent(agent).presence.is_signed_in() {
                return refused(Refusal::NoSession, format!("session {} has drained", said.session));
            }
        }
        self.act(agent, &said.action)
    }

    fn act(&mut self, agent: AgentNo, action: &AgentAction) -> Result<(), Refused> {
        match action {
            AgentAction::SignIn { aux: None } | AgentAction::Available => {
                self.set_presence(agent, Presence::Available, PresenceCause::Agent);
            }
            AgentAction::SignIn { aux: Some(reason) } | AgentAction::Aux { reason } => {
                self.world().check_reason(reason)?;
                self.set_presence(agent, Presence::Aux(reason.clone()), PresenceCause::Agent);
            }
            AgentAction::SignOut => self.set_presence(agent, Presence::SignedOut, PresenceCause::Agent),
            AgentAction::Drain { then } => {
                match then {
                    AfterDraining::SignOut => {}
                    AfterDraining::Aux(reason) => self.world().check_reason(reason)?,
                }
                self.set_presence(agent, Presence::Draining { then: then.clone() }, PresenceCause::Agent);
            }
            AgentAction::Accept { contact, offer } => {
                let contact = self.world().offered_contact(agent, contact, *offer)?;
                self.accept(contact);
                let channel = self.world().profile_of(contact).channel;
                if self.world().channel(channel).interruptions.is_some() {
                    self.fill(agent);
                }
            }
            AgentAction::Decline { contact, offer } => {
                let contact = self.world().offered_contact(agent, contact, *offer)?;
                let kept_from_until = self.now + self.world().queue_of(contact).retry_same_agent_after;
                self.decide(Change::OfferEnded { contact, how: OfferEnd::Declined, kept_from_until });
                self.place(contact);
                self.released(agent);
            }
            AgentAction::Complete { contact } if self.world().may_end_consult(agent, contact).is_some() => {
                let consult = self.world().may_end_consult(agent, contact).expect("that was just asked");
                self.end_consult(consult);
            }
            AgentAction::Complete { contact } => {
                let contact = self.world().active_contact(agent, contact)?;
                self.end(contact, agent);
            }
            AgentAction::NotReached { contact } => {
                let contact = self.world().active_contact(agent, contact)?;
                if !self.world().contact(contact).is_active() {
                    return refused(Refusal::WrongState, "the contact is parked".to_owned());
                }
                self.not_reached(contact, agent)?;
            }
            AgentAction::WrapUpDone { contact } => {
                let contact = self.world().contact_in_wrap_up(agent, contact)?;
                self.close(contact, Outcome::Completed);
                self.released(agent);
            }
            AgentAction::Consult(request) => {
                let contact = self.world().active_contact(agent, &request.contact)?;
                self.consult(agent, contact, request)?;
            }
            AgentAction::Transfer { contact, to: TransferTo::Consult(consult), skills: _, update: _ } => {
                let contact = self.world().active_contact(agent, contact)?;
                self.hand_over(agent, contact, consult)?;
            }
            AgentAction::Transfer { contact, to, skills, update } => {
                let contact = self.world().active_contact(agent, contact)?;
                let update = update.as_ref().filter(|update| !update.attributes.is_empty());
                let update = update.map(|update| self.world().check_update(contact, update));
                let update = update.transpose()?.flatten();
                self.transfer(agent, contact, (to, skills.as_deref()), update)?;
            }
            AgentAction::Pull { from } => self.pull(agent, from)?,
            AgentAction::Requeue { contact } => {
                let contact = self.world().active_contact(agent, contact)?;
                self.requeue(agent, contact)?;
            }
            AgentAction::StillWorking { contact } => {
                let contact = self.world().active_contact(agent, contact)?;
                self.still_working(contact, agent)?;
            }
            AgentAction::Quiet { contact } => {
                let contact = self.world().active_contact(agent, contact)?;
                self.hush(contact, agent)?;
            }
        }
        Ok(())
    }

    fn transfer(
        &mut self,
        agent: AgentNo,
        contact: ContactNo,
        (to, skills): (&TransferTo, Option<&[SkillDemand]>),
        update: Option<Change>,
    ) -> Result<(), Refused> {
        let world = self.world();
        let (queue, why) = world.transfer_target(contact, to)?;
        let body = &world.contact(contact).body;
        // The contact's own skills were checked when it came; a skill that was configured then keeps its number.
        world.check_skills(skills.unwrap_or_default())?;
        let own = skills.map_or_else(|| own_skills(body), <[SkillDemand]>::to_vec);
        let profile = world.profile_for(queue, world.lasting_after(agent, contact), &own)?;
        let number = world.profile_number(&profile)?;
        let settings = world.queue(queue);
        let points = points(settings, body);
        let kept_from_until = match to {
            TransferTo::Queue(_) => self.now + settings.retry_same_agent_after,
            TransferTo::Agent(_) | TransferTo::Consult(_) => Time(0),
        };
        self.open_profile(number, profile);
        update.into_iter().for_each(|update| self.decide(update));
        self.decide(Change::ContactReturned { contact, profile: number, points, why, kept_from_until });
        self.place(contact);
        self.released(agent);
        Ok(())
    }
}

impl Tenant {
    pub fn check_reason(&self, reason: &AuxReason) -> Result<(), Refused> {
        if self.config().aux_reasons.contains(reason) {
            return Ok(());
        }
        refused(Refusal::UnknownReason, format!("aux reason {reason} is not configured"))
    }

    fn offered_contact(&self, agent: AgentNo, id: &ContactId, offer: OfferNo) -> Result<ContactNo, Refused> {
        if let Some(contact) = self.open_ids.get(id)
            && let Some(ContactState::Offered { agent: asked, offer: open, expires_at: _ }) =
                self.contact(*contact).state
            && (asked, open) == (agent, offer)
        {
            return Ok(*contact);
        }
        refused(Refusal::OfferGone, format!("offer {offer} of contact {id} is not open"))
    }

    /// A contact in this agent's hands or parked with it, and whether it is one of work; it is in wrap-up otherwise.
    fn held_contact(&self, agent: AgentNo, id: &ContactId) -> Result<(ContactNo, bool), Refused> {
        let Some(contact) = self.open_ids.get(id).copied() else {
            return refused(Refusal::UnknownContact, format!("no contact {id} is open"));
        };
        match self.contact(contact).state {
            Some(ContactState::Active { agent: holder, .. } | ContactState::Parked { agent: holder, .. })
                if holder == agent =>
            {
                Ok((contact, true))
            }
            Some(ContactState::WrapUp { agent: holder, .. }) if holder == agent => Ok((contact, false)),
            Some(
                ContactState::Active { .. }
                | ContactState::Parked { .. }
                | ContactState::WrapUp { .. }
                | ContactState::Offered { .. }
                | ContactState::Waiting(_)
                | ContactState::Quiet { .. }
                | ContactState::Scheduled,
            )
            | None => refused(Refusal::NotHolder, format!("contact {id} is not in this agent's hands")),
        }
    }

    fn active_contact(&self, agent: AgentNo, id: &ContactId) -> Result<ContactNo, Refused> {
        match self.held_contact(agent, id)? {
            (contact, true) => Ok(contact),
            (_, false) => refused(Refusal::WrongState, format!("contact {id} is in wrap-up")),
        }
    }

    fn contact_in_wrap_up(&self, agent: AgentNo, id: &ContactId) -> Result<ContactNo, Refused> {
        match self.held_contact(agent, id)? {
            (contact, false) => Ok(contact),
            (_, true) => refused(Refusal::WrongState, format!("contact {id} is not in wrap-up")),
        }
    }

    /// The queue whose profile the contact takes, and what is written down.
    fn transfer_target(
        &self,
        contact: ContactNo,
        to: &TransferTo,
    ) -> Result<(QueueNo, ReturnedWhy), Refused> {
        match to {
            TransferTo::Queue(name) => match self.queue_number(name) {
                Some(queue) => Ok((queue, ReturnedWhy::TransferredToQueue)),
                None => refused(Refusal::UnknownQueue, format!("queue {name} is not configured")),
            },
            TransferTo::Agent(name) => match self.agent_in_roster(name) {
                Some(agent) => {
                    Ok((self.profile_of(contact).queue, ReturnedWhy::TransferredToAgent { agent }))
                }
                None => refused(Refusal::UnknownAgent, format!("agent {name} is not in the roster")),
            },
            TransferTo::Consult(_) => unreachable!("what is handed over is not placed"),
        }
    }
}
