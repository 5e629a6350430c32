//! Agents take what waits, where their queues let them.

use model::config::QueueState;
use model::hand::{Hand, PullFrom};
use model::{AgentNo, ContactId, ContactNo, Presence, QueueNo, Refusal, TenantNo};

use super::Turn;
use super::contact::Refused;
use super::supervisor::not_open;
use crate::matching::find_pulled::Wanted;
use crate::mutants::{self, Mutant};
use crate::state::contacts::Status;

impl Turn<'_> {
    /// `named` is the open contact that the agent names, if it is open.
    pub fn pull(
        &mut self,
        tenant: TenantNo,
        agent: AgentNo,
        from: &PullFrom,
        named: Option<ContactNo>,
    ) -> Result<(), Refused> {
        // A hand is heeded while nothing is offered, so also before a new configuration is carried over.
        self.fit_all();
        let contact = match from {
            PullFrom::Queue(name) => {
                let queue = self.find_queue(tenant, name.as_str())?;
                self.first_to_pull(tenant, agent, queue)?
            }
            PullFrom::Contact(id) => self.to_pull(tenant, agent, id, named)?,
        };
        self.offer_by(tenant, contact, agent, Some(Hand::Agent));
        if self.tenant(tenant).contacts.of(contact).status == Status::Offered {
            self.accept(tenant, contact);
        }
        self.fill_if_it_yields(tenant, agent, contact);
        Ok(())
    }

    fn first_to_pull(
        &mut self,
        tenant: TenantNo,
        agent: AgentNo,
        queue: QueueNo,
    ) -> Result<ContactNo, Refused> {
        self.check_pulled(tenant, queue)?;
        let now = self.now;
        let state = self.engine.tenant_mut(tenant);
        if state.agents[agent].presence != Presence::Available {
            return Err(not_open(state.agents[agent].id().as_str()));
        }
        let wanted = Wanted { queue, reach: state.reach(agent), now };
        let found =
            state.matcher.find_pulled(&state.agents[agent], wanted, &state.profiles, &mut state.contacts);
        found.ok_or_else(|| {
            let queue = state.names.queues.name(u32::from(queue.0));
            (Refusal::NothingWaits, format!("nothing waits in queue {queue} that this agent could take now"))
        })
    }

    fn to_pull(
        &self,
        tenant: TenantNo,
        agent: AgentNo,
        id: &ContactId,
        named: Option<ContactNo>,
    ) -> Result<ContactNo, Refused> {
        let Some(contact) = named else {
            return Err((Refusal::UnknownContact, format!("contact {id} is not open")));
        };
        let state = self.tenant(tenant);
        let record = state.contacts.of(contact);
        let waits_for_it = record.status == Status::WaitingPreferred && record.agent == agent;
        let waits = record.status == Status::WaitingInQueue || waits_for_it;
        let is_left = waits || mutants::is(Mutant::PulledTwice) && record.status == Status::Active;
        if !is_left {
            let detail =
                format!("contact {id} does not wait for this agent: another has it, or it is put off");
            return Err((Refusal::WrongState, detail));
        }
        let key = state.profiles.key(record.profile);
        self.check_pulled(tenant, key.queue)?;
        let is_eligible =
            state.matcher.serves(&state.agents[agent], key) && !state.contacts.keeps_away(record, agent);
        if !is_eligible && !waits_for_it {
            let detail = format!(
                "contact {id} asks for a site or a skill that this agent lacks, or keeps away from it"
            );
            return Err((Refusal::NotEligible, detail));
        }
        if !self.has_room_for(tenant, agent, contact) || self.waits_for_parked(tenant, agent, contact) {
            return Err(not_open(state.agents[agent].id().as_str()));
        }
        Ok(contact)
    }

    fn check_pulled(&self, tenant: TenantNo, queue: QueueNo) -> Result<(), Refused> {
        let state = self.tenant(tenant);
        let is_pulled = state.settings().queue(queue).is_some_and(|settings| settings.taking.lets_pull());
        if is_pulled && state.queue_state(queue) != QueueState::Paused {
            return Ok(());
        }
        let name = state.names.queues.name(u32::from(queue.0));
        let detail = if is_pulled {
            format!("queue {name} is paused")
        } else {
            format!("queue {name} offers its contacts; nobody takes them (`taking` in its configuration)")
        };
        Err((Refusal::NotPulled, detail))
    }
}
