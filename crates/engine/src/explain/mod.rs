//! Why: who could have a contact and what keeps everybody else from it, what an agent could have, and why an offer was made to whom it
//! was made. For people who ask; by scans, of a state that stands still, and with the words of the rules.

mod agent;
mod contact;
mod in_turn;
mod line;
mod obstacle;
mod offer;
mod throttle;

use model::explain::{AgentExplained, ContactExplained, OfferExplained};
use model::{AgentId, AgentNo, ContactId, ContactNo, OfferNo, TenantId, TenantNo, Time};

use crate::Engine;
use crate::state::tenant::id_hash;

/// Of agents and contacts that have something in common, so many are named.
const NAMED_MAX: usize = 5;

impl Engine {
    /// An open contact.
    pub fn explain_contact(
        &self,
        tenant: &TenantId,
        contact: &ContactId,
        now: Time,
    ) -> Option<ContactExplained> {
        let tenant = self.tenant_named(tenant)?;
        let contact = tenant.open_contact(id_hash(&tenant.key, contact.as_str()))?;
        tenant.explain_contact(contact, now)
    }

    pub fn explain_agent(&self, tenant: &TenantId, agent: &AgentId, now: Time) -> Option<AgentExplained> {
        let tenant = self.tenant_named(tenant)?;
        Some(tenant.explain_agent(tenant.agents.present(agent)?, now))
    }

    /// An offer that is about to be made: the state is that before it.
    pub fn explain_offer(
        &self,
        tenant: TenantNo,
        contact: ContactNo,
        agent: AgentNo,
        offer: OfferNo,
        now: Time,
    ) -> OfferExplained {
        self.tenant(tenant).explain_offer(contact, agent, offer, now)
    }

    /// The agent's number, if it is in the roster, and its tenant's.
    pub fn number_of_agent(&self, tenant: &TenantId, agent: &AgentId) -> Option<(TenantNo, AgentNo)> {
        let tenant = self.tenant_named(tenant)?;
        Some((tenant.number, tenant.agents.present(agent)?))
    }

    /// The open contact's number, and its tenant's.
    pub fn number_of_contact(&self, tenant: &TenantId, contact: &ContactId) -> Option<(TenantNo, ContactNo)> {
        let tenant = self.tenant_named(tenant)?;
        Some((tenant.number, tenant.open_contact(id_hash(&tenant.key, contact.as_str()))?))
    }
}
