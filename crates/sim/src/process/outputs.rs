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

/// Durable messages that are sent before the first of them is acknowledged.
const IN_FLIGHT_MAX: usize = 32;

/// The durable messages of commits, oldest first. It outlives the shard that gave them out.
#[derive(Debug, Default)]
pub struct Emitter {
    waiting: VecDeque<Batch>,
    is_running: bool,
}

#[derive(Debug)]
struct Batch {
    start: u32,
    epoch: u64,
    commit_no: u64,
    /// Those that are not acknowledged.
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
        emitter.waiting.push_back(Batch { start, epoch, commit_no, messages: VecDeque::from(durable) });
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

    /// Sends what may be in flight, confirms the oldest commit once all of it is acknowledged, and goes on. What is not
    /// acknowledged is sent again, under the same id, and may come to stand behind newer messages; but not behind those of
    /// another epoch.
    pub fn feed(&mut self, process: usize) {
        let mut waiting = std::mem::take(&mut self.processes[process].emitter.waiting);
        let epoch = waiting.front().map_or(0, |batch| batch.epoch);
        let is_sent = |batch: &&mut Batch| batch.epoch == epoch || mutants::is(Shell::EpochsInFlight);
        let mut room = IN_FLIGHT_MAX;
        for batch in waiting.iter_mut().take_while(is_sent) {
            batch.messages.retain(|message| {
                let is_in_flight = room > 0;
                room = room.saturating_sub(1);
                !(is_in_flight && self.store(process, message))
            });
        }
        let oldest = waiting.front().map(|batch| (batch.start, batch.commit_no, batch.messages.is_empty()));
        if let Some((_, _, true)) = oldest {
            waiting.pop_front();
        }
        let emitter = &mut self.processes[process].emitter;
        emitter.waiting = waiting;
        match oldest {
            Some((start, through, true)) => {
                self.plan_inner(process, 1, Inner::Confirm { start, through, passed: false });
                self.plan_inner(process, 1, Inner::Feed);
            }
            Some((_, _, false)) => self.plan_inner(process, RETRY_AFTER, Inner::Feed),
            None => emitter.is_running = false,
        }
    }

    /// True when the acknowledgement came back.
    fn store(&mut self, process: usize, message: &Output) -> bool {
        let link = &self.processes[process].link;
        let is_answered = link.from_servers || mutants::is(Shell::OutputsGivenUp);
        if self.faults.loses_core(self.now) {
            self.note(format_args!("lost: {}", message.message_id));
            return mutants::is(Shell::OutputsGivenUp);
        }
        if !link.to_servers || self.servers.health(StreamName::Outputs) != Health::Well {
            return mutants::is(Shell::OutputsGivenUp);
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
