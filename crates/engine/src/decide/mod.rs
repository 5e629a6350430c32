//! The rules: what each input leads to. One input, one file; the page `ROUTING.md` says it in words.
//!
//! A [`Turn`] is one call of `handle`. It decides by emitting changes; each is applied at once, so the next decision
//! sees it. Who gets what is decided in [`place`] alone.

mod administration;
mod agent;
mod bound;
mod classify;
mod consult;
mod contact;
mod customers;
mod estimates;
mod foresight;
mod handling;
mod interruption;
mod moving;
mod overflow;
mod person;
mod place;
mod presence;
mod proposals;
mod pull;
mod quiet;
mod schedule;
mod servable;
pub mod settle;
mod supervisor;
mod throttle;
mod tick;
mod waiting;

use model::input::{InputBody, TenantInput};
use model::transition::RefusedInput;
use model::{AgentId, Change, Input, Refusal, TenantId, TenantNo, Time, Transition};

use crate::state::closed::HORIZON;
use crate::state::id_index::IdHash;
use crate::state::tenant::Tenant;
use crate::{Decisions, Engine, FIT_SLICE};

pub struct Turn<'a> {
    pub engine: &'a mut Engine,
    pub now: Time,
    pub decisions: &'a mut Decisions,
}

/// Where a refusal comes from, for whoever reads it.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    tenant: &'a TenantId,
    position: u64,
    agent: Option<&'a AgentId>,
}

impl Turn<'_> {
    pub fn handle(&mut self, input: Input) {
        match input {
            Input::Tenant(input) => self.handle_tenant(input),
            Input::AgentSilent { tenant, agent, session } => self.agent_silent(&tenant, &agent, session),
            Input::AgentBack { tenant, agent, session } => self.agent_back(&tenant, &agent, session),
            Input::Tick { until } => {
                self.fit_all();
                self.tick(until);
            }
            Input::Resume { grace } => self.emit(TenantNo::SHARD, Change::Resumed { grace }),
            Input::Offering(false) => self.set_offering(false),
            Input::Offering(true) => {
                self.fit_all();
                self.set_offering(true);
            }
        }
    }

    fn handle_tenant(&mut self, input: TenantInput) {
        let origin = Origin { tenant: &input.tenant, position: input.position, agent: None };
        let known = self.engine.numbers.get(&input.tenant).copied();
        let away = known.filter(|&known| !self.engine.tenant(known).residence.is_here());
        let body = match input.body {
            InputBody::ConfigApply { hash, config } if away.is_none() => {
                return self.config_apply(known, origin, hash, config);
            }
            InputBody::Malformed { reason, detail, agent } => {
                let origin = Origin { agent: agent.as_ref(), ..origin };
                return self.refuse(known.unwrap_or(TenantNo::SHARD), origin, reason, detail);
            }
            InputBody::Move(said) => return self.move_tenant(known, origin, said),
            body @ (InputBody::ConfigApply { .. }
            | InputBody::AgentPut(_)
            | InputBody::AgentRemove { .. }
            | InputBody::QueueSwitch { .. }
            | InputBody::Agent(_)
            | InputBody::ContactCreate { .. }
            | InputBody::ContactEnd { .. }
            | InputBody::ContactUpdate { .. }
            | InputBody::ContactAnswer { .. }
            | InputBody::Supervisor(_)
            | InputBody::ContactQuiet { .. }) => body,
        };
        if let Some(away) = away {
            return self.refuse_moved(away, origin);
        }
        let Some(tenant) = known.filter(|&tenant| self.engine.tenant(tenant).settings.is_some()) else {
            let detail = format!("tenant {} has no configuration here; apply one first", input.tenant);
            return self.refuse(TenantNo::SHARD, origin, Refusal::UnknownTenant, detail);
        };
        if self.is_too_old(input.sent_at.unwrap_or(input.stamp)) {
            let agent = if let InputBody::Agent(input) = &body { Some(&input.agent) } else { None };
            return self.refuse_too_old(tenant, Origin { agent, ..origin });
        }
        match body {
            InputBody::Agent(input) => {
                self.agent_input(tenant, Origin { agent: Some(&input.agent), ..origin }, &input);
            }
            InputBody::ContactCreate { body, digest } => {
                self.contact_create(tenant, origin, input.stamp, body, digest);
            }
            InputBody::ContactEnd { contact, by } => self.contact_end(tenant, origin, &contact, by),
            InputBody::ContactUpdate { contact, update } => {
                self.contact_update(tenant, origin, &contact, update);
            }
            InputBody::ContactAnswer { contact, accepts } => {
                self.contact_answer(tenant, origin, &contact, accepts);
            }
            InputBody::Supervisor(input) => self.supervisor_input(tenant, origin, &input),
            InputBody::ContactQuiet { contact, is_quiet } => {
                self.contact_quiet(tenant, origin, &contact, is_quiet);
            }
            InputBody::AgentPut(spec) => self.agent_put(tenant, origin, spec),
            InputBody::AgentRemove { agent } => self.agent_remove(tenant, origin, &agent),
            InputBody::QueueSwitch { queue, state } => self.queue_switch(tenant, origin, &queue, state),
            InputBody::ConfigApply { .. } | InputBody::Move(_) | InputBody::Malformed { .. } => {}
        }
    }

    /// What is decided next needs all that is derived.
    fn fit_all(&mut self) {
        while !self.engine.is_fitted() {
            self.engine.fit(FIT_SLICE);
        }
    }

    /// A decision: applied here and now.
    #[inline]
    pub fn emit(&mut self, tenant: TenantNo, change: Change) {
        self.emit_hashed(tenant, change, None);
    }

    /// For the arrival of a contact whose id was hashed to look it up.
    pub fn emit_hashed(&mut self, tenant: TenantNo, change: Change, hash: Option<IdHash>) {
        let parted = self.parted_by(tenant, &change);
        let transition = Transition { tenant, change };
        let told = &mut self.decisions.told;
        self.engine.change(self.now, &transition, hash, |new| told.push(new));
        self.decisions.transitions.push(transition);
        if tenant != TenantNo::SHARD {
            let overflow = &self.engine.tenant(tenant).overflow;
            if overflow.as_ref().is_some_and(|overflow| !overflow.has_look()) {
                self.expect_look(tenant);
            }
        }
        if let Some(consult) = parted {
            self.part(tenant, consult);
        }
    }

    /// A look at the tenant's overflow rules is due, if there is something to look at.
    #[cold]
    pub fn expect_look(&mut self, tenant: TenantNo) {
        let engine = &mut *self.engine;
        engine.tenants[tenant.index() - 1].set_look_timer(self.now, &mut engine.timers);
    }

    pub fn refuse(&mut self, tenant: TenantNo, origin: Origin<'_>, reason: Refusal, detail: String) {
        let refused = RefusedInput {
            tenant: origin.tenant.clone(),
            position: origin.position,
            reason,
            detail,
            agent: origin.agent.cloned(),
            head: String::new(),
        };
        self.emit(tenant, Change::Refused(Box::new(refused)));
    }

    fn is_too_old(&self, sent_at: Time) -> bool {
        self.now.since(sent_at) > HORIZON
    }

    fn refuse_too_old(&mut self, tenant: TenantNo, origin: Origin<'_>) {
        let hours = HORIZON.0 / 3_600_000;
        let detail = format!("sent more than {hours} h ago; a repeat could not be told from a first");
        self.refuse(tenant, origin, Refusal::TooOld, detail);
    }

    pub fn tenant(&self, tenant: TenantNo) -> &Tenant {
        self.engine.tenant(tenant)
    }
}
