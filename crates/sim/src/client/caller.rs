//! Customers and their producers: contacts come, wait, are hung up on, and some are sent wrongly.

use std::sync::Arc;

use engine::ContactView;
use model::id::{ContactId, QueueId};
use model::input::EndedBy;
use model::{ContactBody, InputBody, TenantId as Tenant};
use protocol::input;
use protocol::output::Output;
use serde_json::{Value, json};
use verify::ClientEntry;

use super::ClientDue;
use super::message::Message;
use crate::process::POISON;
use crate::scenario::{EPOCH, Planned, Quirk, known, tenant};
use crate::world::{Due, World};

#[derive(Debug)]
pub struct Caller {
    planned: Planned,
    /// Somebody has it.
    is_held: bool,
    pub has_ended: bool,
    ends: u32,
    /// How often it answered a proposal.
    answers: u32,
}

/// After the healing whoever is not done yet hangs up this often.
const HANG_UP_EVERY: u64 = 4_000;
const ENDS_MAX: u32 = 4;

impl Caller {
    pub fn new(planned: Planned) -> Caller {
        Caller { planned, is_held: false, has_ended: false, ends: 0, answers: 0 }
    }

    pub fn id(&self) -> &ContactId {
        &self.planned.body.contact
    }

    pub fn handle(&self) -> u64 {
        self.planned.handle
    }

    pub fn planned(&self) -> &Planned {
        &self.planned
    }
}

impl World {
    pub fn create(&mut self, caller: usize) {
        let planned = self.clients.callers[caller].planned.clone();
        let id = planned.body.contact.to_string();
        self.plan(planned.patience, Due::Client(ClientDue::HangUp(caller)));
        if let Some((after, _)) = planned.update {
            self.plan(after, Due::Client(ClientDue::Update(caller)));
        }
        self.plan_silences(caller);
        let (tenant, mut body) = (tenant(), planned.body);
        match planned.quirk {
            Quirk::None => {}
            Quirk::Repeated(after) => self.plan(after, Due::Client(ClientDue::Repeat(caller))),
            Quirk::Reused => self.plan(1_000, Due::Client(ClientDue::Repeat(caller))),
            Quirk::EndFirst => self.end(caller, EndedBy::Customer),
            Quirk::UnknownQueue => {
                body =
                    Arc::new(ContactBody { queue: Some(known("nowhere", QueueId::new)), ..(*body).clone() });
            }
            Quirk::DayOld => {
                let sent_at = protocol::text::show_time(EPOCH - model::Millis(25 * model::Millis::HOUR.0));
                return self.send_create(&tenant, &body, &id, |value| value["sent_at"] = json!(sent_at));
            }
            Quirk::Foreign => {
                return self.send_create(&tenant, &body, &id, |value| value["tenant"] = json!("other"));
            }
            Quirk::Malformed => {
                let subject = protocol::subject::input_contact(&tenant);
                return self.send(
                    None,
                    &subject,
                    format!("malformed.{id}"),
                    b"{\"type\":\xff".to_vec(),
                    None,
                );
            }
        }
        self.send_create(&tenant, &body, &id, |_| {});
    }

    fn send_create(
        &mut self,
        tenant: &Tenant,
        body: &Arc<ContactBody>,
        id: &str,
        change: impl FnOnce(&mut Value),
    ) {
        let contact = body.contact.to_string();
        let input = InputBody::ContactCreate { body: Arc::clone(body), digest: 0 };
        let (subject, bytes) = input::encode(tenant, &input).expect("a contact can be sent");
        let mut value: Value = serde_json::from_slice(&bytes).expect("what was written is JSON");
        change(&mut value);
        self.send(None, &subject, format!("create.{id}"), value.to_string().into_bytes(), Some(contact));
    }

    /// The same once more under another message id, or another body under the same id.
    pub fn repeat(&mut self, caller: usize) {
        let planned = self.clients.callers[caller].planned.clone();
        let id = format!("{}.again", planned.body.contact);
        let body = if planned.quirk == Quirk::Reused {
            Arc::new(ContactBody { points: planned.body.points + 1, ..(*planned.body).clone() })
        } else {
            planned.body
        };
        self.send_create(&tenant(), &body, &id, |_| {});
    }

    /// More is known of it, whether it is still there or not.
    pub fn update(&mut self, caller: usize) {
        let planned = self.clients.callers[caller].planned.clone();
        let Some((_, update)) = planned.update else { return };
        let contact = planned.body.contact.clone();
        let id = format!("update.{contact}");
        let (subject, bytes) = input::encode(&tenant(), &InputBody::ContactUpdate { contact, update })
            .expect("an update can be sent");
        self.send(None, &subject, id, bytes, None);
    }

    /// To a proposal. It may be overtaken when the answer arrives.
    fn answer(&mut self, caller: usize) {
        let it = &mut self.clients.callers[caller];
        let Some(accepts) = it.planned.answer else { return };
        it.answers += 1;
        let (contact, answers) = (it.id().clone(), it.answers);
        let id = format!("answer.{contact}.{answers}");
        let (subject, bytes) = input::encode(&tenant(), &InputBody::ContactAnswer { contact, accepts })
            .expect("an answer can be sent");
        self.send(None, &subject, id, bytes, None);
    }

    /// The customer gives up, unless somebody has it.
    pub fn hang_up(&mut self, caller: usize) {
        let it = &self.clients.callers[caller];
        if it.has_ended || (it.is_held && !self.is_healed) {
            return;
        }
        if self.is_healed && self.is_closed(caller) {
            self.clients.callers[caller].has_ended = true;
            return;
        }
        let by = if self.is_healed { EndedBy::Organisation } else { EndedBy::Customer };
        self.end(caller, by);
        if self.is_healed {
            self.plan(HANG_UP_EVERY, Due::Client(ClientDue::HangUp(caller)));
        }
    }

    /// Asks, since the news of the end may have been lost. What is still unknown after some ends was refused.
    fn is_closed(&self, caller: usize) -> bool {
        let owner = crate::judge::owner(self);
        let follower = owner.and_then(|owner| owner.follower.as_ref());
        let it = &self.clients.callers[caller];
        let Some(follower) = follower else { return false };
        match follower.engine().contact(&tenant(), it.id(), follower.now()) {
            Some(ContactView::Open { .. }) => false,
            Some(ContactView::Closed { .. }) => true,
            None => it.ends >= ENDS_MAX,
        }
    }

    fn end(&mut self, caller: usize, by: EndedBy) {
        let it = &mut self.clients.callers[caller];
        it.ends += 1;
        let (contact, ends) = (it.id().clone(), it.ends);
        let id = format!("end.{contact}.{ends}");
        let body = InputBody::ContactEnd { contact, by };
        let (subject, bytes) = input::encode(&tenant(), &body).expect("an end can be sent");
        self.send(None, &subject, id, bytes, None);
    }

    pub fn send_poison(&mut self, name: &str) {
        let mut body = (*self.scenario.contacts[0].body).clone();
        body.contact = known(name, ContactId::new);
        let mark = String::from_utf8_lossy(POISON).into_owned();
        body.attributes.insert("note".to_owned(), mark);
        self.send_create(&tenant(), &Arc::new(body), name, |_| {});
    }

    /// A core message arrives at its subscriber.
    pub fn deliver(&mut self, output: &Output) {
        let mut tokens = output.subject.split('.').skip(3);
        let (side, whom) = (tokens.next(), tokens.next().unwrap_or_default());
        if side == Some("agent") {
            if let Some(desktop) = self.clients.desktop_of.get(whom).copied() {
                self.desktop_hears(desktop, output);
            }
            return;
        }
        let Some(message) = Message::read(output) else {
            return self.violation("A5", format!("a customer cannot read {}", output.message_id));
        };
        if !self.clients.customers.take(&message.subject, message.place) {
            return;
        }
        let received = message.received(self.stamp());
        self.clients.customers_log.entries.push(ClientEntry::Received(received));
        let Some(caller) = self.clients.caller_of.get(whom).copied() else { return };
        let it = &mut self.clients.callers[caller];
        match message.kind() {
            "accepted" => it.is_held = true,
            "returned" | "scheduled" => it.is_held = false,
            "ended" => it.has_ended = true,
            "proposal" => self.answer(caller),
            _ => {}
        }
    }

    /// After the healing, whoever is left over hangs up in the end.
    pub fn heal_callers(&mut self) {
        for caller in 0..self.clients.callers.len() {
            self.plan(HANG_UP_EVERY, Due::Client(ClientDue::HangUp(caller)));
        }
    }

    pub fn heal_clients(&mut self) {
        self.clients.damages_next_input = false;
        self.heal_desktops();
        self.heal_callers();
    }
}
