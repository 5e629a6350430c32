//! The subscription to the ingest stream: one chunk on its way to the shard at a time, silence only on evidence.

use shard::limits::GROUP_INPUTS_MAX;
use shard::{IngestMessage, RequestId, ShardEvent};

use super::Inner;
use crate::jetstream::{Health, StreamName};
use crate::world::World;

/// As the product asks when it has heard nothing.
const ASK_AFTER: u64 = 300;
/// A question to a server that does not answer.
const ASK_TIMEOUT: u64 = 700;
const UNANSWERED_MAX: u32 = 2;

#[derive(Debug)]
pub struct Subscription {
    request: RequestId,
    next: u64,
    /// The client dropped what the server delivered last: the server's word that nothing is pending proves nothing.
    is_last_dropped: bool,
    /// The planned look in force.
    token: u64,
    unanswered: u32,
    /// Everything was read; a new message ends the wait.
    is_waiting: bool,
}

impl World {
    pub fn subscribe(&mut self, process: usize, start: u32, request: RequestId, from: u64) {
        let Some(owner) = self.processes[process].owner_of(start) else { return };
        let token = owner.subscription.as_ref().map_or(0, |former| former.token) + 1;
        owner.subscription = Some(Subscription {
            request,
            next: from,
            is_last_dropped: false,
            token,
            unanswered: 0,
            is_waiting: false,
        });
        let before = self.servers.ingest.get(from - 1).map(|message| message.stamp);
        let event =
            Box::new(ShardEvent::IngestOpened { request, first: self.servers.ingest.first(), before });
        let delay = 2 * self.hop();
        self.plan_inner(process, delay, Inner::Event { start, event });
        self.plan_inner(process, delay, Inner::Pull { start, token });
    }

    /// Messages come, or the server is asked why not.
    pub fn pull(&mut self, process: usize, start: u32, token: u64) {
        let is_cut = !self.processes[process].link.is_whole()
            || self.servers.health(StreamName::Ingest) != Health::Well
            || self.faults.is_ingest_stalled(self.now);
        let Some(owner) = self.processes[process].owner_of(start) else { return };
        let room = owner.shard.ingest_room();
        let Some(subscription) = owner.subscription.as_mut().filter(|open| open.token == token) else {
            return;
        };
        let request = subscription.request;
        subscription.is_waiting = false;
        if is_cut {
            subscription.unanswered += 1;
            if subscription.unanswered > UNANSWERED_MAX {
                owner.subscription = None;
                return self.tell(process, start, ShardEvent::IngestFailed { request });
            }
            return self.plan_inner(process, ASK_TIMEOUT, Inner::Pull { start, token });
        }
        subscription.unanswered = 0;
        let from = subscription.next;
        let end = (self.servers.ingest.last() + 1).min(from + room.min(GROUP_INPUTS_MAX) as u64);
        subscription.next = end.max(from);
        let mut messages = self.messages(from, end);
        let mut is_dropped = self.faults.drops_input(messages.len());
        if is_dropped {
            messages.remove(0);
        }
        if let Some(subscription) =
            self.processes[process].owner_of(start).and_then(|owner| owner.subscription.as_mut())
        {
            is_dropped = messages.is_empty() && (is_dropped || subscription.is_last_dropped);
            subscription.is_last_dropped = is_dropped;
        }
        let pending = (self.servers.ingest.last() + 1).saturating_sub(end.max(from));
        if pending == 0 {
            self.wait(process, start, token);
        } else {
            self.plan_inner(process, 1, Inner::Pull { start, token });
        }
        if !is_dropped {
            let end = self.servers.ingest.last();
            self.tell(process, start, ShardEvent::IngestRead { request, messages, pending, end });
        }
    }

    fn wait(&mut self, process: usize, start: u32, token: u64) {
        if let Some(subscription) =
            self.processes[process].owner_of(start).and_then(|owner| owner.subscription.as_mut())
        {
            subscription.is_waiting = true;
        }
        self.plan_inner(process, ASK_AFTER, Inner::Pull { start, token });
    }

    /// A message was stored: whoever waits for it gets it.
    pub fn wake_subscriptions(&mut self) {
        for process in 0..self.processes.len() {
            let hop = self.hop();
            let Some(owner) = &mut self.processes[process].owner else { continue };
            let start = owner.start;
            let Some(subscription) = owner.subscription.as_mut().filter(|open| open.is_waiting) else {
                continue;
            };
            subscription.is_waiting = false;
            subscription.token += 1;
            let token = subscription.token;
            self.plan_inner(process, hop, Inner::Pull { start, token });
        }
    }

    fn messages(&self, from: u64, end: u64) -> Vec<IngestMessage> {
        let message = |sequence| {
            let stored = self.servers.ingest.get(sequence)?;
            Some(IngestMessage {
                sequence,
                subject: stored.subject.to_string(),
                stamp: stored.stamp,
                bytes: stored.bytes.clone(),
                traceparent: None,
            })
        };
        (from..end).filter_map(message).collect()
    }
}
