//! The connection between a process and the servers, each way by itself.
//!
//! A client that is cut off keeps what it is given to send and sends it once it is connected again, which may be long
//! after the time-out; what was in its write buffer at that moment is lost.

use protocol::record;
use shard::{PublishFailure, ShardEvent};

use super::Inner;
use crate::fault::Fate;
use crate::jetstream::{Ask, Health};
use crate::points::Passed;
use crate::world::{Due, World};

#[derive(Debug)]
pub struct Link {
    pub to_servers: bool,
    pub from_servers: bool,
    /// Sent when the link is whole again.
    kept: Vec<(u32, Ask)>,
}

/// The time-out of the real client's requests.
const CLIENT_TIMEOUT: u64 = 2_000;

impl Default for Link {
    fn default() -> Link {
        Link { to_servers: true, from_servers: true, kept: Vec::new() }
    }
}

impl Link {
    pub fn is_whole(&self) -> bool {
        self.to_servers && self.from_servers
    }
}

impl World {
    /// Puts a question into the client's buffer.
    pub fn ask(&mut self, process: usize, start: u32, ask: Ask) {
        let delay = self.net.below(2);
        self.plan_inner(process, delay, Inner::Transmit { start, ask, passed: false });
    }

    /// The client's task writes it to the socket.
    pub fn transmit(&mut self, process: usize, start: u32, ask: Ask, passed: bool) {
        let point = if passed { None } else { self.point_before(&ask) };
        if let Some(point) = point
            && self.pass(process, point) == Passed::No
        {
            let held = Inner::Transmit { start, ask, passed: true };
            return self.hold(process, held);
        }
        let life = self.processes[process].life;
        if !self.processes[process].link.to_servers {
            let is_kept = self.net.below(2) == 0;
            self.note(format_args!(
                "n{process} is cut off; {} {:?}",
                if is_kept { "keeps" } else { "loses" },
                ask.request()
            ));
            if is_kept {
                self.processes[process].link.kept.push((start, ask));
            } else if self.net.below(2) == 0 {
                let event = ask.failed(PublishFailure::Disconnected);
                self.plan_inner(process, CLIENT_TIMEOUT, Inner::Event { start, event: Box::new(event) });
            }
            return;
        }
        let after = self.point_after(&ask);
        let mut fate = self.fate_of(process, &ask);
        if let Some(point) = after {
            // It is on its way, whatever becomes of the process.
            self.pass(process, point);
            fate = match self.processes[process].next_fate.take() {
                Some(Fate::Lost) => Fate::AnswerLost,
                Some(other) => other,
                None => fate,
            };
        }
        let hop = self.hop();
        self.plan(hop, Due::Arrive { process, life, start, ask, fate });
    }

    fn fate_of(&mut self, process: usize, ask: &Ask) -> Fate {
        if let Some(fate) = self.processes[process].next_fate.take() {
            return fate;
        }
        self.faults.fate(ask)
    }

    /// The question is at the servers.
    pub fn arrive(&mut self, process: usize, life: u32, start: u32, ask: Ask, fate: Fate) {
        match self.servers.health(ask.stream()) {
            Health::Well => {}
            Health::Refusing => {
                self.note(format_args!("no leader for {:?} of n{process}", ask.request()));
                let event = ask.failed(PublishFailure::NoResponders);
                return self.reply(process, life, start, event);
            }
            Health::Silent => return self.arrive_in_silence(process, life, start, ask),
        }
        let event = match fate {
            Fate::Fine => Some(self.serve(&ask)),
            Fate::AnswerLost => {
                self.serve(&ask);
                None
            }
            Fate::Lost => None,
            Fate::Refused(failure) => Some(ask.failed(failure)),
            Fate::Late(millis) => {
                self.plan(millis, Due::Late(ask.clone()));
                None
            }
            Fate::Twice(millis) => {
                let answer = self.serve(&ask);
                // A leader proposes what passed its check, and only that may be proposed again by the next one.
                if let ShardEvent::Published { .. } = answer {
                    self.plan(millis, Due::Again(ask.clone()));
                }
                Some(answer)
            }
        };
        if fate != Fate::Fine {
            self.note(format_args!("{:?} of n{process} meets {fate:?}", ask.request()));
        }
        if let Some(event) = event {
            self.reply(process, life, start, event);
        }
    }

    /// A stopped server reads its sockets when it is continued; by then it leads only if it is alone.
    fn arrive_in_silence(&mut self, process: usize, life: u32, start: u32, ask: Ask) {
        let is_applied = ask.is_append() && (self.scenario.replicas == 1 || self.net.below(10) == 0);
        self.note(format_args!("silence for {:?} of n{process}", ask.request()));
        if self.net.below(2) == 0 {
            let event = ask.failed(PublishFailure::TimedOut);
            self.plan(
                CLIENT_TIMEOUT,
                Due::Process { process, life, what: Inner::Event { start, event: Box::new(event) } },
            );
        }
        if is_applied {
            let until = self.faults.silence_until(self.now);
            self.plan(until, Due::Late(ask));
        }
    }

    fn serve(&mut self, ask: &Ask) -> ShardEvent {
        let stamp = self.stamp();
        let event = self.servers.answer(ask, stamp);
        if let Ask::Append { bytes, .. } = ask {
            self.note(format_args!("journal: {event:?}"));
            self.history.tell(self.now, || told(bytes));
        }
        event
    }

    fn reply(&mut self, process: usize, life: u32, start: u32, event: ShardEvent) {
        let hop = self.hop();
        self.plan(hop, Due::Process { process, life, what: Inner::Event { start, event: Box::new(event) } });
    }

    pub fn apply_late(&mut self, ask: &Ask) {
        let event = self.serve(ask);
        self.note(format_args!("late: {event:?}"));
    }

    /// Past every check, as a proposal of a former term once was.
    pub fn apply_again(&mut self, ask: &Ask) {
        // After the healing nothing goes wrong any more.
        if let Ask::Append { id, bytes, .. } = ask
            && !self.is_healed
        {
            let message = crate::jetstream::record_message(self.stamp(), id.clone(), bytes.clone());
            let sequence = self.servers.journal.force(message);
            self.note(format_args!("stored once more at {sequence}"));
        }
    }

    pub fn set_link(&mut self, process: usize, to_servers: bool, from_servers: bool) {
        let link = &mut self.processes[process].link;
        (link.to_servers, link.from_servers) = (to_servers, from_servers);
        self.note(format_args!("link of n{process}: to servers {to_servers}, from servers {from_servers}"));
        if to_servers && from_servers {
            let kept = std::mem::take(&mut self.processes[process].link.kept);
            for (start, ask) in kept {
                self.plan_inner(process, 1, Inner::Transmit { start, ask, passed: true });
            }
            self.processes[process].beats.count_anew(self.now);
        }
    }
}

/// A record in a line.
fn told(bytes: &[u8]) -> String {
    record::decode(bytes).map_or_else(
        |error| error.to_string(),
        |(record, _)| format!("{} {:?} {:?}", record.header.commit_no, record.now, record.body),
    )
}
