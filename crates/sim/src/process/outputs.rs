//! Outputs on their way out: live messages at once, durable ones until they are stored, in order.

use std::collections::VecDeque;
use std::rc::Rc;

use bytes::Bytes;
use protocol::output::{self, Origin, Output, OutputKind};
use shard::{Outputs, ShardEvent};

use super::{Inner, SHARD};
use crate::client::ClientDue;
use crate::jetstream::stream::Stored;
use crate::jetstream::{Health, StreamName};
use crate::mutants::{self, Shell};
use crate::points::{Passed, Point};
use crate::world::{Due, World};

const RETRY_AFTER: u64 = 250;

/// The durable messages of commits, oldest first. It outlives the shard that gave them out.
#[derive(Debug, Default)]
pub struct Emitter {
    waiting: VecDeque<Batch>,
    is_running: bool,
}

#[derive(Debug)]
struct Batch {
    start: u32,
    commit_no: u64,
    messages: VecDeque<Output>,
}

impl World {
    pub fn emit(&mut self, process: usize, start: u32, outputs: Outputs) {
        let Outputs { epoch, commit_no, at: _, events } = outputs;
        self.check_order(process, start, commit_no);
        let mut messages = Vec::new();
        for (event, index) in events.iter().zip(0..) {
            output::outputs(event, Origin { shard: SHARD, epoch, commit_no, index }, &mut messages);
        }
        let (durable, live) = messages.into_iter().partition(|message: &Output| message.kind.is_durable());
        let delay = self.net.below(2);
        self.plan_inner(process, delay, Inner::Live(live));
        let emitter = &mut self.processes[process].emitter;
        emitter.waiting.push_back(Batch { start, commit_no, messages: VecDeque::from(durable) });
        if !std::mem::replace(&mut emitter.is_running, true) {
            self.plan_inner(process, 1, Inner::Feed);
        }
        if mutants::is(Shell::ConfirmedEarly) {
            self.plan_inner(process, 0, Inner::Confirm { start, through: commit_no, passed: true });
        }
    }

    fn check_order(&mut self, process: usize, start: u32, commit_no: u64) {
        let Some(owner) = self.processes[process].owner_of(start) else { return };
        let former = std::mem::replace(&mut owner.emitted, commit_no);
        if commit_no <= former {
            self.violation(
                "A4",
                format!("outputs of commit {commit_no} are given out after those of {former}"),
            );
        }
    }

    /// The live messages leave on one connection, which keeps their order.
    pub fn send_live(&mut self, process: usize, messages: Vec<Output>) {
        if !self.processes[process].link.to_servers {
            return self.note(format_args!("n{process} loses {} live messages", messages.len()));
        }
        for message in messages {
            if self.faults.loses_core(self.now) {
                self.note(format_args!("lost: {}", message.message_id));
                continue;
            }
            let mut at = self.now + self.hop() + 1;
            let delay = self.faults.core_delay(self.now);
            if delay == 0 {
                at = at.max(self.processes[process].live_until);
                self.processes[process].live_until = at;
            }
            self.plan(at + delay - self.now, Due::Client(ClientDue::Message(Box::new(message))));
        }
    }

    /// Stores the messages of the oldest commit; what is not acknowledged is sent again, under the same id.
    pub fn feed(&mut self, process: usize) {
        while let Some(batch) = self.processes[process].emitter.waiting.front_mut() {
            let (start, through) = (batch.start, batch.commit_no);
            if let Some(message) = batch.messages.pop_front() {
                if !self.store(process, &message) && !mutants::is(Shell::OutputsGivenUp) {
                    if let Some(batch) = self.processes[process].emitter.waiting.front_mut() {
                        batch.messages.push_front(message);
                    }
                    return self.plan_inner(process, RETRY_AFTER, Inner::Feed);
                }
                continue;
            }
            self.processes[process].emitter.waiting.pop_front();
            self.plan_inner(process, 1, Inner::Confirm { start, through, passed: false });
            return self.plan_inner(process, 1, Inner::Feed);
        }
        self.processes[process].emitter.is_running = false;
    }

    /// True when the acknowledgement came back.
    fn store(&mut self, process: usize, message: &Output) -> bool {
        let link = &self.processes[process].link;
        let is_answered = link.from_servers;
        if !link.to_servers || self.servers.health(StreamName::Outputs) != Health::Well {
            return false;
        }
        let stored = Stored {
            stamp: self.stamp(),
            subject: Rc::from(message.subject.as_str()),
            id: Some(Rc::from(message.message_id.as_str())),
            bytes: Bytes::from(message.payload.clone()),
            is_readable: true,
        };
        let stream = if message.kind == OutputKind::Feed {
            &mut self.servers.feed
        } else {
            &mut self.servers.dead_letters
        };
        // Without an expected sequence a stream takes everything.
        let _ = stream.append(stored, None);
        is_answered
    }

    pub fn confirm(&mut self, process: usize, start: u32, through: u64, passed: bool) {
        if !passed && self.pass(process, Point::BeforeConfirm) == Passed::No {
            return self.hold(process, Inner::Confirm { start, through, passed: true });
        }
        // An acknowledgement that is lost or late is waited for; the messages are known by their ids.
        if let Some(crate::fault::Fate::Lost | crate::fault::Fate::Late(_)) =
            self.processes[process].next_fate.take()
        {
            return self.plan_inner(process, 3_000, Inner::Confirm { start, through, passed: true });
        }
        self.tell(process, start, ShardEvent::OutputsEmitted { through });
    }

    /// Nothing of any process waits to be stored.
    pub fn are_outputs_stored(&self) -> bool {
        self.processes.iter().all(|process| process.emitter.waiting.is_empty())
    }
}
