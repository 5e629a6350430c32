//! Outputs of committed records, on their way out.
//!
//! Two tasks for each shard. The first tells desktops and customers at once, on core NATS; the second writes the
//! durable feed and the dead letters and waits for their acknowledgements, so a slow store delays no offer. A commit is
//! confirmed to the shard when both are through with it.
//!
//! Both queues are as long as the shard lets them be: it decides nothing more while 1024 commits are unconfirmed.
//!
//! Order: messages are sent in the order of their commits. When the store fails one of those in flight, it is sent
//! again before anything newer is sent, and what was in flight behind it may already be there: consumers put messages
//! of one subject in order by their origin, or take the repeat for what it is. Outputs of different epochs are never in flight
//! together, since consumers drop what is of a lower epoch than they have seen.

use std::collections::VecDeque;
use std::future::IntoFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_nats::jetstream::Context;
use async_nats::jetstream::context::PublishAckFuture;
use async_nats::jetstream::message::PublishMessage;
use bytes::Bytes;
use protocol::output::{self, Origin, Output, OutputKind};
use shard::{Outputs, ShardEvent};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, timeout_at};

use crate::inbox::ShardInbox;
use crate::panics;

/// Durable messages whose acknowledgement is awaited. A server acknowledges them in order and syncs them together.
const IN_FLIGHT_MAX: usize = 512;
/// From the sending; as long as every request of ours waits.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(2);
const RETRY_AFTER: Duration = Duration::from_millis(250);
/// Failures in a row after which the log says so again.
const COMPLAIN_EVERY: u32 = 20;

/// Where a shard's outputs go; ends with its handle.
#[derive(Debug)]
pub(crate) struct Emitter {
    sender: UnboundedSender<Outputs>,
    /// Messages of the durable feed that are stored.
    feed_messages: Arc<AtomicU64>,
}

impl Emitter {
    pub fn start(runtime: &Handle, context: Context, shard: String, inbox: ShardInbox) -> Emitter {
        let (sender, receiver) = unbounded_channel();
        let (durable_sender, durable_receiver) = unbounded_channel();
        let sent = Arc::new(AtomicU64::new(0));
        let feed = Feed {
            context: context.clone(),
            inbox,
            epoch: 0,
            in_flight: VecDeque::new(),
            sent: Arc::clone(&sent),
        };
        panics::spawn(runtime, "live outputs", tell(context, shard, receiver, durable_sender));
        panics::spawn(runtime, "durable outputs", feed.run(durable_receiver));
        Emitter { sender, feed_messages: sent }
    }

    pub fn emit(&self, outputs: Outputs) {
        // The task ends only with this handle.
        let _ = self.sender.send(outputs);
    }

    pub fn feed_messages(&self) -> u64 {
        self.feed_messages.load(Ordering::Relaxed)
    }
}

/// What a commit leaves for the durable streams.
#[derive(Debug)]
struct Durable {
    epoch: u64,
    commit_no: u64,
    messages: Vec<Stored>,
}

/// A message that stays until it is stored.
#[derive(Debug)]
struct Stored {
    subject: String,
    kind: OutputKind,
    message_id: String,
    payload: Bytes,
}

/// The live messages, at once.
async fn tell(
    context: Context,
    shard: String,
    mut receiver: UnboundedReceiver<Outputs>,
    durable: UnboundedSender<Durable>,
) {
    let client = context.client();
    let mut messages = Vec::new();
    while let Some(Outputs { epoch, commit_no, at: _, events }) = receiver.recv().await {
        for (event, index) in events.iter().zip(0..) {
            output::outputs(event, Origin { shard: &shard, epoch, commit_no, index }, &mut messages);
        }
        let mut stored = Vec::new();
        for Output { subject, kind, message_id, payload } in messages.drain(..) {
            let payload = Bytes::from(payload);
            if kind.is_durable() {
                stored.push(Stored { subject, kind, message_id, payload });
            } else if let Err(error) = client.publish(subject, payload).await {
                tracing::warn!(shard, %error, "a live message could not be sent");
            }
        }
        if durable.send(Durable { epoch, commit_no, messages: stored }).is_err() {
            return;
        }
    }
}

struct Feed {
    context: Context,
    inbox: ShardInbox,
    /// Of all that is in flight.
    epoch: u64,
    in_flight: VecDeque<InFlight>,
    sent: Arc<AtomicU64>,
}

enum InFlight {
    Message {
        message: Stored,
        acknowledgement: Option<PublishAckFuture>,
        sent: Instant,
    },
    /// Everything of this commit is in front of it.
    End {
        commit_no: u64,
    },
}

impl Feed {
    async fn run(mut self, mut receiver: UnboundedReceiver<Durable>) {
        loop {
            // Waits for the oldest in flight when there is nothing new.
            let next = match receiver.try_recv() {
                Ok(next) => Some(next),
                Err(_) if !self.in_flight.is_empty() => {
                    self.settle_oldest().await;
                    continue;
                }
                Err(_) => receiver.recv().await,
            };
            let Some(Durable { epoch, commit_no, messages }) = next else { return };
            while epoch != self.epoch && !self.in_flight.is_empty() {
                self.settle_oldest().await;
            }
            self.epoch = epoch;
            for message in messages {
                while self.in_flight.len() >= IN_FLIGHT_MAX {
                    self.settle_oldest().await;
                }
                let sent = Instant::now();
                let acknowledgement = self.send(&message).await;
                self.in_flight.push_back(InFlight::Message { message, acknowledgement, sent });
            }
            self.in_flight.push_back(InFlight::End { commit_no });
        }
    }

    /// Ends when the oldest message is in its stream.
    async fn settle_oldest(&mut self) {
        match self.in_flight.pop_front() {
            Some(InFlight::Message { message, acknowledgement, sent }) => {
                let is_stored = match acknowledgement {
                    // All that were in flight when a link broke are overdue at once, and not one after the other.
                    Some(acknowledgement) => {
                        let awaited = timeout_at(sent + ACKNOWLEDGED_WITHIN, acknowledgement.into_future());
                        awaited.await.is_ok_and(|stored| stored.is_ok())
                    }
                    None => false,
                };
                if !is_stored {
                    self.send_until_stored(&message).await;
                }
                self.sent.fetch_add(u64::from(message.kind == OutputKind::Feed), Ordering::Relaxed);
            }
            Some(InFlight::End { commit_no }) => {
                // Live messages of this commit were queued before; they are out when the buffer is flushed.
                if self.context.client().flush().await.is_ok() {
                    self.inbox.send(ShardEvent::OutputsEmitted { through: commit_no }).await;
                } else {
                    self.in_flight.push_front(InFlight::End { commit_no });
                    tokio::time::sleep(RETRY_AFTER).await;
                }
            }
            None => {}
        }
    }

    async fn send_until_stored(&self, message: &Stored) {
        let mut failures = 0_u32;
        loop {
            let error = match self.send(message).await {
                Some(acknowledgement) => match acknowledgement.await {
                    Ok(_) => return,
                    Err(error) => error.to_string(),
                },
                None => "the connection is closed".to_owned(),
            };
            if failures.is_multiple_of(COMPLAIN_EVERY) {
                tracing::warn!(kind = ?message.kind, error, "a durable message is not stored yet");
            }
            failures += 1;
            tokio::time::sleep(RETRY_AFTER).await;
        }
    }

    async fn send(&self, message: &Stored) -> Option<PublishAckFuture> {
        let publish =
            PublishMessage::build().payload(message.payload.clone()).message_id(&message.message_id);
        self.context.send_publish(message.subject.clone(), publish).await.ok()
    }
}
