//! A journal read again with an eye on one contact or one agent: what befell it, and why each offer was made, from the state just
//! before it.

use std::collections::VecDeque;

use engine::Engine;
use model::event::{ContactStep, EventKind};
use model::explain::OfferExplained;
use model::{AgentId, Change, ContactId, Event, TenantId, Time, Transition};
use protocol::output::{self, Origin, OutputKind};
use serde_json::{Map, Value};

/// Of a contact's life, or of an agent's day, the last so many steps are kept.
const STEPS_MAX: usize = 200;

#[derive(Debug, Clone)]
pub enum Subject {
    Contact(ContactId),
    Agent(AgentId),
}

/// An engine, and what was seen of the subject while it applied.
#[derive(Debug)]
pub struct Watch {
    pub engine: Engine,
    tenant: TenantId,
    subject: Subject,
    pub steps: VecDeque<Step>,
}

#[derive(Debug)]
pub struct Step {
    pub at: Time,
    /// As the feed has it, without what all messages of a contact have.
    pub event: Map<String, Value>,
    pub why: Option<OfferExplained>,
}

impl Watch {
    pub fn new(engine: Engine, tenant: TenantId, subject: Subject) -> Watch {
        Watch { engine, tenant, subject, steps: VecDeque::new() }
    }

    pub fn apply(&mut self, now: Time, transition: &Transition) {
        let why = self.explain(now, transition);
        let mut events = Vec::new();
        self.engine.apply(now, transition, &mut events);
        for event in &events {
            self.note(event, why.clone());
        }
    }

    /// Why an offer that concerns the subject is about to be made, unless somebody made it by hand: then its event says who.
    fn explain(&self, now: Time, transition: &Transition) -> Option<OfferExplained> {
        let Change::Offered { contact, agent, offer, by: None, .. } = transition.change else { return None };
        let (tenant, is_it) = match &self.subject {
            Subject::Contact(id) => {
                let (tenant, number) = self.engine.number_of_contact(&self.tenant, id)?;
                (tenant, number == contact)
            }
            Subject::Agent(id) => {
                let (tenant, number) = self.engine.number_of_agent(&self.tenant, id)?;
                (tenant, number == agent)
            }
        };
        let is_it = is_it && tenant == transition.tenant;
        is_it.then(|| self.engine.explain_offer(tenant, contact, agent, offer, now))
    }

    fn note(&mut self, event: &Event, why: Option<OfferExplained>) {
        if event.tenant != self.tenant || !self.concerns(&event.kind) {
            return;
        }
        let is_arrival = matches!(&event.kind, EventKind::Contact { step: ContactStep::Arrived { .. }, .. });
        if is_arrival && matches!(self.subject, Subject::Contact(_)) {
            // An id may be used again when a day is over.
            self.steps.clear();
        }
        if self.steps.len() == STEPS_MAX {
            self.steps.pop_front();
        }
        self.steps.push_back(Step { at: event.at, event: fed(event, &self.subject), why });
    }

    fn concerns(&self, kind: &EventKind) -> bool {
        match (&self.subject, kind) {
            (Subject::Contact(id), EventKind::Contact { facts, .. }) => facts.body.contact == *id,
            (Subject::Agent(id), EventKind::AgentPresence { agent, .. }) => agent == id,
            (Subject::Agent(id), EventKind::AgentPut { agent } | EventKind::AgentRemoved { agent }) => {
                agent == id
            }
            (Subject::Agent(id), EventKind::Contact { step: ContactStep::Offered { agent, .. }, .. }) => {
                agent == id
            }
            (Subject::Contact(_) | Subject::Agent(_), _) => false,
        }
    }
}

/// The event as its message in the feed, but for what is the same in all of them.
fn fed(event: &Event, subject: &Subject) -> Map<String, Value> {
    let origin = Origin { shard: "", epoch: 0, commit_no: 0, index: 0 };
    let mut outputs = Vec::new();
    output::outputs(event, origin, &mut outputs);
    let feed = outputs.into_iter().find(|output| output.kind == OutputKind::Feed);
    let message = feed.and_then(|output| serde_json::from_slice(&output.payload).ok());
    let Some(Value::Object(mut message)) = message else { return Map::new() };
    for same in ["origin", "tenant", "at", "arrived_at", "due_at", "traceparent"] {
        message.remove(same);
    }
    match subject {
        // Of the contact itself its queue alone may change.
        Subject::Contact(_) => {
            if let Some(Value::Object(mut contact)) = message.remove("contact") {
                message.extend(contact.remove_entry("queue"));
            }
        }
        Subject::Agent(_) => {
            message.remove("agent");
            if let Some(Value::Object(mut contact)) = message.remove("contact") {
                message.extend(contact.remove_entry("contact"));
            }
        }
    }
    message
}
