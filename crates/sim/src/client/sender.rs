//! Inputs on their way into the ingest stream: sent again, with the same bytes and the same id, until they are
//! acknowledged or given up.

use std::rc::Rc;

use bytes::Bytes;
use verify::{ClientEntry, Published, PublishedResult};

use super::ClientDue;
use crate::jetstream::stream::Stored;
use crate::jetstream::{Health, StreamName};
use crate::world::{Due, World};

const AGAIN_AFTER: u64 = 2_000;
/// As the desktop protocol says; well within the window in which the stream knows an id.
const GIVEN_UP_AFTER: u64 = 30_000;

#[derive(Debug)]
pub struct Sending {
    /// The desktop that waits for its fate; nothing when nobody does.
    desktop: Option<usize>,
    subject: Rc<str>,
    id: Rc<str>,
    bytes: Bytes,
    contact: Option<String>,
    begun: u64,
    attempts: u32,
    pub is_over: bool,
}

impl World {
    pub fn send(
        &mut self,
        desktop: Option<usize>,
        subject: &str,
        id: String,
        bytes: Vec<u8>,
        contact: Option<String>,
    ) {
        let sending = self.clients.sendings.len();
        self.clients.sendings.push(Sending {
            desktop,
            subject: Rc::from(subject),
            id: Rc::from(id),
            bytes: bytes.into(),
            contact,
            begun: self.now,
            attempts: 0,
            is_over: false,
        });
        self.attempt(sending);
    }

    fn attempt(&mut self, sending: usize) {
        let hop = self.hop();
        let it = &mut self.clients.sendings[sending];
        it.attempts += 1;
        let attempt = it.attempts;
        self.plan(hop, Due::Client(ClientDue::Input(sending)));
        self.plan(AGAIN_AFTER, Due::Client(ClientDue::SendAgain { sending, attempt }));
    }

    pub fn input_arrives(&mut self, sending: usize) {
        let it = &self.clients.sendings[sending];
        let (attempt, stamp) = (it.attempts, self.stamp());
        match self.servers.health(StreamName::Ingest) {
            Health::Well => {}
            Health::Refusing => {
                return self.plan(500, Due::Client(ClientDue::SendAgain { sending, attempt }));
            }
            Health::Silent => return,
        }
        let is_readable = !self.clients.damages_next_input;
        let message = Stored {
            stamp,
            subject: Rc::clone(&it.subject),
            id: Some(Rc::clone(&it.id)),
            bytes: it.bytes.clone(),
            is_readable,
        };
        let Ok(appended) = self.servers.ingest.append(message, None) else { return };
        if !is_readable && !appended.duplicate {
            self.clients.damages_next_input = false;
            self.faults.inputs_lost.push(appended.sequence);
            self.faults.fire("input_unreadable");
        }
        let text = (it_id(self, sending), appended.sequence, appended.duplicate);
        self.note(format_args!("ingest {}: {}{}", text.1, text.0, if text.2 { " again" } else { "" }));
        if !appended.duplicate {
            self.wake_subscriptions();
        }
        if !self.faults.loses_input_ack() {
            let hop = self.hop();
            let sequence = appended.sequence;
            self.plan(hop, Due::Client(ClientDue::Stored { sending, sequence }));
        }
    }

    pub fn input_stored(&mut self, sending: usize, sequence: u64) {
        self.settle_input(sending, PublishedResult::AckSequence(sequence));
    }

    pub fn send_again(&mut self, sending: usize, attempt: u32) {
        let it = &self.clients.sendings[sending];
        if it.is_over || it.attempts != attempt {
            return;
        }
        if self.now - it.begun >= GIVEN_UP_AFTER {
            return self.settle_input(sending, PublishedResult::Error("no acknowledgement".to_owned()));
        }
        self.attempt(sending);
    }

    fn settle_input(&mut self, sending: usize, result: PublishedResult) {
        let at = crate::scenario::EPOCH;
        let it = &mut self.clients.sendings[sending];
        if std::mem::replace(&mut it.is_over, true) {
            return;
        }
        let is_stored = matches!(result, PublishedResult::AckSequence(_));
        let entry = ClientEntry::Published(Published {
            at: model::Time(at.0 + it.begun),
            subject: it.subject.to_string(),
            contact: it.contact.clone(),
            result,
        });
        match it.desktop {
            Some(desktop) => {
                self.clients.desktops[desktop].log.entries.push(entry);
                self.input_settled(desktop, is_stored);
            }
            None => self.clients.producers_log.entries.push(entry),
        }
    }
}

fn it_id(world: &World, sending: usize) -> Rc<str> {
    Rc::clone(&world.clients.sendings[sending].id)
}
