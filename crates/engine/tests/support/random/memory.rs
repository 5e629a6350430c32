//! What the generator knows of one tenant, by watching the transitions: enough to make most inputs sensible.
//!
//! It is not a third engine: it never judges, it only remembers what it was told.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::agent::Presence;
use model::{AgentId, AgentNo, Change, ContactId, ContactNo, OfferNo, TenantConfig};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whereabouts {
    Waiting,
    Offered(AgentNo, OfferNo),
    Active(AgentNo),
    WrapUp(AgentNo),
}

#[derive(Debug, Clone)]
pub struct KnownAgent {
    pub name: AgentId,
    pub removed: bool,
    pub presence: Presence,
    pub session: u64,
    pub counter: u64,
}

#[derive(Debug, Clone)]
pub struct KnownContact {
    pub name: ContactId,
    pub digest: u64,
    pub is_scheduled: bool,
    /// Its customer was asked something, and may have been overtaken since.
    pub is_proposed: bool,
    /// What it is a consult about.
    pub consult_of: Option<ContactId>,
    pub at: Whereabouts,
}

#[derive(Debug, Default)]
pub struct Memory {
    /// The one in force.
    pub config: Option<Arc<TenantConfig>>,
    pub agents: Vec<KnownAgent>,
    pub contacts: BTreeMap<ContactNo, KnownContact>,
    /// Offers that ended lately: agent, contact, offer.
    pub gone_offers: Vec<(AgentNo, ContactId, OfferNo)>,
    /// Contacts that closed lately, with their digests.
    pub closed: Vec<(ContactId, u64)>,
}

/// How many past offers and closed contacts are kept for inputs that come too late.
const KEPT: usize = 64;

impl Memory {
    pub fn observe(&mut self, change: &Change) {
        match change {
            Change::TenantOpened { .. }
            | Change::TenantLeft { .. }
            | Change::TenantRows { .. }
            | Change::TenantCame { .. }
            | Change::TenantGone
            | Change::Resumed { .. }
            | Change::Refused(_)
            | Change::ProfileOpened { .. }
            | Change::ProfileClosed { .. }
            | Change::QueueSwitched { .. }
            | Change::AgentDeferred { .. }
            | Change::AgentThrottled { .. }
            | Change::AgentUnthrottled { .. }
            | Change::ContactRelaxed { .. }
            | Change::ContactPressed { .. }
            | Change::ContactMoved { .. }
            | Change::ContactJoined { .. }
            | Change::ContactUpdated { .. }
            | Change::ContactUnservable { .. }
            | Change::ContactServable { .. }
            | Change::OverflowTurned { .. }
            | Change::DeadlinesJudged { .. }
            | Change::ContactOverflowed { .. }
            | Change::ContactEstimated { .. }
            | Change::ContactSwitched { .. }
            | Change::ContactSlowed { .. }
            | Change::ContactReplied { .. }
            | Change::ContactNoted { .. }
            | Change::ContactKeptForPeople { .. }
            | Change::ContactInterrupted { .. }
            | Change::ContactParked { .. }
            | Change::ContactStuck { .. }
            | Change::ContactWorkedOn { .. }
            | Change::ContactResumed { .. }
            | Change::ExclusionLifted { .. } => {}
            Change::ConfigApplied { hash: _, config } => self.config = Some(Arc::clone(config)),
            Change::AgentPut { agent, spec } => match self.agents.get_mut(agent.index()) {
                Some(known) => known.removed = false,
                None => self.agents.push(KnownAgent {
                    name: spec.agent.clone(),
                    removed: false,
                    presence: Presence::SignedOut,
                    session: 0,
                    counter: 0,
                }),
            },
            Change::AgentRemoved { agent } => self.agents[agent.index()].removed = true,
            Change::AgentHeard { agent, session, counter } => {
                let agent = &mut self.agents[agent.index()];
                (agent.session, agent.counter) = (*session, *counter);
            }
            Change::AgentPresence { agent, presence, cause: _ } => {
                self.agents[agent.index()].presence = presence.clone();
            }
            Change::ContactArrived { contact, digest, body, .. } => {
                let (name, is_scheduled) = (body.contact.clone(), body.window.is_some());
                let (at, is_proposed) = (Whereabouts::Waiting, false);
                let consult_of = body.consult.as_ref().map(|of| of.contact.clone());
                let known = KnownContact { name, digest: *digest, is_scheduled, is_proposed, consult_of, at };
                self.contacts.insert(*contact, known);
            }
            Change::ContactProposed { contact, .. } => self.set_proposed(*contact, true),
            Change::ProposalEnded { contact, how: _ } => self.set_proposed(*contact, false),
            Change::ContactQueued { contact, place: _ } => self.put(*contact, Whereabouts::Waiting),
            Change::Offered { contact, agent, offer, .. } => {
                self.put(*contact, Whereabouts::Offered(*agent, *offer));
            }
            Change::Accepted { contact } => match self.contacts.get(contact).map(|known| known.at) {
                Some(Whereabouts::Offered(agent, _)) => self.put(*contact, Whereabouts::Active(agent)),
                Some(Whereabouts::Waiting | Whereabouts::Active(_) | Whereabouts::WrapUp(_)) | None => {}
            },
            Change::ContactHandedOver { contact, agent, .. } => {
                self.put(*contact, Whereabouts::Active(*agent))
            }
            Change::OfferEnded { contact, .. } => self.offer_ended(*contact),
            Change::WrapUpStarted { contact, until: _ } => {
                match self.contacts.get(contact).map(|known| known.at) {
                    Some(Whereabouts::Active(agent)) => self.put(*contact, Whereabouts::WrapUp(agent)),
                    Some(Whereabouts::Waiting | Whereabouts::Offered(..) | Whereabouts::WrapUp(_)) | None => {
                    }
                }
            }
            Change::ContactReturned { contact, .. }
            | Change::ContactReclassified { contact, .. }
            | Change::ContactScheduled { contact, .. }
            | Change::ContactQuieted { contact, .. }
            | Change::ContactReleased { contact, .. } => self.put(*contact, Whereabouts::Waiting),
            Change::ContactClosed { contact, outcome: _ } => {
                self.offer_ended(*contact);
                if let Some(known) = self.contacts.remove(contact) {
                    keep(&mut self.closed, (known.name, known.digest));
                }
            }
        }
    }

    fn set_proposed(&mut self, contact: ContactNo, is_proposed: bool) {
        if let Some(known) = self.contacts.get_mut(&contact) {
            known.is_proposed = is_proposed;
        }
    }

    fn put(&mut self, contact: ContactNo, at: Whereabouts) {
        if let Some(known) = self.contacts.get_mut(&contact) {
            known.at = at;
        }
    }

    fn offer_ended(&mut self, contact: ContactNo) {
        if let Some(known) = self.contacts.get_mut(&contact)
            && let Whereabouts::Offered(agent, offer) = known.at
        {
            known.at = Whereabouts::Waiting;
            keep(&mut self.gone_offers, (agent, known.name.clone(), offer));
        }
    }
}

fn keep<T>(list: &mut Vec<T>, item: T) {
    if list.len() >= KEPT {
        list.remove(0);
    }
    list.push(item);
}
