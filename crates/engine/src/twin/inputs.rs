//! Inputs: the checks that all of a tenant's share, refusals, and the inputs that come from elsewhere.

use model::agent::PresenceBefore;
use model::input::TenantInput;
use model::transition::{PresenceCause, RefusedInput};
use model::{AgentId, AgentNo, Change, Input, InputBody, Millis, Presence, Refusal, TenantId, TenantNo};

use super::{STAYS, Step};

/// An older input may be a repeat of one whose id is forgotten.
const AGE_MAX: Millis = Millis(24 * Millis::HOUR.0);

/// Why an input is not taken.
#[derive(Debug)]
pub(super) struct Refused {
    pub reason: Refusal,
    pub detail: String,
}

pub(super) fn refused<T>(reason: Refusal, detail: String) -> Result<T, Refused> {
    Err(Refused { reason, detail })
}

impl Step<'_> {
    pub fn take(&mut self, input: Input) {
        match input {
            Input::Tenant(input) => self.tenant_input(&input),
            Input::AgentSilent { tenant, agent, session } => self.agent_silent(&tenant, &agent, session),
            Input::AgentBack { tenant, agent, session } => self.agent_back(&tenant, &agent, session),
            Input::Tick { until } => self.tick(until),
            Input::Resume { grace } => self.decide(Change::Resumed { grace }),
            Input::Offering(offering) => self.set_offering(offering),
        }
    }

    fn tenant_input(&mut self, input: &TenantInput) {
        self.tenant = self.twin.tenant_named(&input.tenant).unwrap_or(TenantNo::SHARD);
        let taken = match &input.body {
            InputBody::ConfigApply { hash, config } => self.config_apply(&input.tenant, hash, config),
            InputBody::Malformed { reason, detail, agent: _ } => refused(*reason, detail.clone()),
            InputBody::AgentPut(spec) => self.admit(input).and_then(|()| self.agent_put(spec)),
            InputBody::AgentRemove { agent } => self.admit(input).and_then(|()| self.agent_remove(agent)),
            InputBody::QueueSwitch { queue, state } => {
                self.admit(input).and_then(|()| self.queue_switch(queue, *state))
            }
            InputBody::Agent(said) => self.admit(input).and_then(|()| self.agent_said(said)),
            InputBody::ContactCreate { body, digest } => {
                self.admit(input).and_then(|()| self.contact_create(input.stamp, body, *digest))
            }
            InputBody::ContactEnd { contact, by } => {
                self.admit(input).and_then(|()| self.contact_end(contact, *by))
            }
            InputBody::ContactUpdate { contact, update } => {
                self.admit(input).and_then(|()| self.contact_update(contact, update))
            }
            InputBody::ContactAnswer { contact, accepts } => {
                self.admit(input).and_then(|()| self.contact_answer(contact, *accepts))
            }
            InputBody::Supervisor(said) => self.admit(input).and_then(|()| self.supervisor_said(said)),
            InputBody::ContactQuiet { contact, is_quiet: true } => {
                self.admit(input).and_then(|()| self.contact_quiet(contact))
            }
            InputBody::ContactQuiet { contact, is_quiet: false } => {
                self.admit(input).and_then(|()| self.contact_reply(contact))
            }
            InputBody::Move(_) => panic!("{STAYS}"),
        };
        if let Err(Refused { reason, detail }) = taken {
            let (tenant, position) = (input.tenant.clone(), input.position);
            let (agent, head) = (agent_to_tell(&input.body), String::new());
            let refused = RefusedInput { tenant, position, reason, detail, agent, head };
            self.decide(Change::Refused(Box::new(refused)));
        }
    }

    /// The checks that every input shares, beside configurations and what the decoder refused.
    fn admit(&mut self, input: &TenantInput) -> Result<(), Refused> {
        if self.tenant == TenantNo::SHARD || self.world().config.is_none() {
            self.tenant = TenantNo::SHARD;
            return refused(Refusal::UnknownTenant, format!("tenant {} has no configuration", input.tenant));
        }
        let said_at = input.sent_at.unwrap_or(input.stamp);
        if self.now.since(said_at) > AGE_MAX {
            return refused(Refusal::TooOld, format!("said at {said_at:?}, more than 24 hours ago"));
        }
        Ok(())
    }

    fn agent_silent(&mut self, tenant: &TenantId, agent: &AgentId, session: u64) {
        let Some(agent) = self.agent_of_session(tenant, agent, session) else { return };
        let before = match &self.world().agent(agent).presence {
            Presence::SignedOut | Presence::Lost { .. } => return,
            Presence::Available => PresenceBefore::Available,
            Presence::Aux(reason) => PresenceBefore::Aux(reason.clone()),
            Presence::Draining { then } => PresenceBefore::Draining(then.clone()),
        };
        let until = self.now + self.world().config().reconnect_window;
        self.set_presence(agent, Presence::Lost { until, before }, PresenceCause::Heartbeat);
    }

    fn agent_back(&mut self, tenant: &TenantId, agent: &AgentId, session: u64) {
        if let Some(agent) = self.agent_of_session(tenant, agent, session) {
            self.give_back_presence(agent);
        }
    }

    /// A lost agent gets the presence it had before; nothing for any other.
    pub fn give_back_presence(&mut self, agent: AgentNo) {
        let Presence::Lost { until: _, before } = &self.world().agent(agent).presence else { return };
        let presence = match before {
            PresenceBefore::Available => Presence::Available,
            PresenceBefore::Aux(reason) => Presence::Aux(reason.clone()),
            PresenceBefore::Draining(then) => Presence::Draining { then: then.clone() },
        };
        self.set_presence(agent, presence, PresenceCause::Heartbeat);
    }

    /// The agent, if it is in the roster and this is its session; its tenant is the one decided about from here.
    fn agent_of_session(&mut self, tenant: &TenantId, agent: &AgentId, session: u64) -> Option<AgentNo> {
        self.tenant = self.twin.tenant_named(tenant)?;
        let agent = self.world().agent_in_roster(agent)?;
        (self.world().agent(agent).session == session).then_some(agent)
    }
}

/// Whose desktop is told of the refusal; none for producers and the administration.
fn agent_to_tell(body: &InputBody) -> Option<AgentId> {
    match body {
        InputBody::Agent(said) => Some(said.agent.clone()),
        InputBody::Malformed { reason: _, detail: _, agent } => agent.clone(),
        InputBody::ConfigApply { .. }
        | InputBody::AgentPut(_)
        | InputBody::AgentRemove { .. }
        | InputBody::QueueSwitch { .. }
        | InputBody::ContactCreate { .. }
        | InputBody::ContactEnd { .. }
        | InputBody::ContactUpdate { .. }
        | InputBody::ContactAnswer { .. }
        | InputBody::Supervisor(_)
        | InputBody::ContactQuiet { .. }
        | InputBody::Move(_) => None,
    }
}
