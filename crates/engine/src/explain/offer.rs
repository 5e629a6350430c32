//! Why this agent.

use model::explain::OfferExplained;
use model::{AgentNo, ContactNo, OfferNo, Time};

use super::NAMED_MAX;
use crate::state::contacts::Status;
use crate::state::tenant::Tenant;

impl Tenant {
    pub(super) fn explain_offer(
        &self,
        number: ContactNo,
        agent: AgentNo,
        offer: OfferNo,
        now: Time,
    ) -> OfferExplained {
        let contact = self.contacts.of(number);
        let (candidates, _) = self.agents_for(contact, |_, _| None);
        let candidate_count = candidates.len() as u32;
        let (mut passed, _) = self.contacts_for(&self.agents[agent], now);
        passed.retain(|(.., other)| *other != number);
        OfferExplained {
            offer,
            agent: self.agent_name(agent),
            queue: self.queue_name(self.profiles.brief(contact.profile).queue),
            method: self.queue_of(contact.profile).method,
            age: now.since(contact.arrived_at),
            preferred: contact.preferred() == Some(agent) && contact.status != Status::WaitingInQueue,
            known: contact.known,
            candidates: candidates.into_iter().take(NAMED_MAX).collect(),
            candidate_count,
            passed: self.line(&passed),
        }
    }
}
