//! The customers: contacts sent when the plan says, whatever became of those before; and customers who lose patience.
//!
//! Each worker is a thread that paces its share of the plan and only hands messages to a connection. What follows (the
//! acknowledgement, sending again, losing patience) is left to tasks, so that no answer can hold up what is planned.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use bytes::Bytes;
use model::id::{ContactId, TenantId};
use model::input::EndedBy;
use model::{ContactBody, InputBody};
use protocol::input;
use tokio::runtime::Handle;
use tokio::time::sleep_until;
use verify::{ClientEntry, Published, PublishedResult};

use crate::book::Book;
use crate::pacer::{self, Sent};
use crate::scenario::Scenario;
use crate::wire::{Wire, wall};

/// What all workers share.
#[derive(Debug)]
pub struct Callers {
    pub book: Arc<Book>,
    pub tenant: TenantId,
    /// A contact of each flow, without its id.
    bodies: Vec<ContactBody>,
    log: std::sync::Mutex<Vec<ClientEntry>>,
}

impl Callers {
    pub fn new(book: Arc<Book>, tenant: TenantId, scenario: &Scenario) -> Callers {
        let bodies = scenario.flows.iter().map(body).collect();
        Callers { book, tenant, bodies, log: std::sync::Mutex::default() }
    }

    /// Sends a share of the plan from its begin on; blocks this thread until it is done.
    pub fn pace(
        self: &Arc<Callers>,
        (worker, workers): (u32, u32),
        late_max: Duration,
        wire: &Wire,
        runtime: &Handle,
        is_ended: &AtomicBool,
    ) -> Sent {
        let numbers = self.book.plan.share(worker, workers);
        let instants: Vec<u64> = numbers.iter().map(|number| self.book.planned(*number).at).collect();
        let begin = self.book.begin();
        pacer::pace((&numbers, &instants), late_max, begin, is_ended, |number| {
            let (subject, bytes, id) = self.message(number);
            // Set before it leaves, so that no answer can come before it; the room of the connection is never used up, so this
            // does not wait.
            self.book.entry(number).sent = Some(self.book.now());
            let at = wall();
            let first = runtime.block_on(wire.publish(&subject, bytes.clone(), &id));
            let sent_at = self.book.now();
            let (callers, wire) = (Arc::clone(self), wire.clone());
            runtime.spawn(async move {
                let result = wire.settle(first, &subject, bytes, &id).await;
                callers.settled(number, &subject, at, result);
                callers.be_patient(number, &wire).await;
            });
            sent_at
        })
    }

    /// What was sent, for the checker.
    pub fn take_log(&self) -> Vec<ClientEntry> {
        std::mem::take(&mut self.log.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// Ends a contact that nobody else does; `attempt` tells repeats apart that are meant.
    pub async fn withdraw(&self, number: usize, attempt: u32, wire: &Wire) {
        self.end(number, EndedBy::Organisation, &format!("withdraw.{attempt}"), wire).await;
    }

    fn message(&self, number: usize) -> (String, Bytes, String) {
        let id = self.book.id(number);
        let mut body = self.bodies[self.book.planned(number).flow].clone();
        body.contact = ContactId::new(&id).expect("names are short, and of what ids consist of");
        let create = InputBody::ContactCreate { body: Arc::new(body), digest: 0 };
        let (subject, bytes) = input::encode(&self.tenant, &create).expect("a contact can be written");
        (subject, bytes.into(), format!("{id}.create"))
    }

    fn settled(&self, number: usize, subject: &str, at: model::Time, result: Result<u64, String>) {
        let now = self.book.now();
        let mut entry = self.book.entry(number);
        match &result {
            Ok(position) => entry.stored = Some((now, *position)),
            Err(_) => entry.is_unknown = true,
        }
        drop(entry);
        self.note(Some(self.book.id(number)), subject, at, result);
    }

    fn note(&self, contact: Option<String>, subject: &str, at: model::Time, result: Result<u64, String>) {
        let result = match result {
            Ok(position) => PublishedResult::AckSequence(position),
            Err(error) => PublishedResult::Error(error),
        };
        let published = Published { at, subject: subject.to_owned(), contact, result };
        let mut log = self.log.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        log.push(ClientEntry::Published(published));
    }

    /// Waits for as long as the customer does, and then says that they leave, if no agent has them.
    async fn be_patient(&self, number: usize, wire: &Wire) {
        let planned = self.book.planned(number);
        let Some(patience) = planned.patience else { return };
        let until = self.book.begin() + Duration::from_nanos(planned.at) + Duration::from_millis(patience.0);
        sleep_until(until.into()).await;
        {
            let mut entry = self.book.entry(number);
            if entry.answered.is_some() || entry.ended.is_some() || entry.is_refused {
                return;
            }
            entry.is_leaving = true;
        }
        self.end(number, EndedBy::Customer, "end", wire).await;
    }

    async fn end(&self, number: usize, by: EndedBy, what: &str, wire: &Wire) {
        let id = self.book.id(number);
        let contact = ContactId::new(&id).expect("it was one when it was sent");
        let ended = InputBody::ContactEnd { contact, by };
        let (subject, bytes) = input::encode(&self.tenant, &ended).expect("an end can be written");
        let at = wall();
        let result = wire.send(&subject, bytes.into(), &format!("{id}.{what}")).await;
        self.note(None, &subject, at, result);
    }
}

fn body(flow: &crate::scenario::Flow) -> ContactBody {
    ContactBody {
        contact: ContactId::new("template").expect("an id"),
        channel: flow.channel.get_ref().clone(),
        queue: Some(flow.queue.get_ref().clone()),
        customer: None,
        matter: None,
        skills: crate::target::demands(&flow.skills),
        site: None,
        person: false,
        points: flow.points,
        due_at: None,
        arrived_at: None,
        preferred_agent: None,
        preferred_patience: None,
        excluded_agents: Vec::new(),
        attributes: flow.attributes.clone(),
        window: None,
        reachable: Vec::new(),
        traceparent: None,
        classified: None,
        consult: None,
    }
}
