//! What reaches an engine thread, through one bounded channel.
//!
//! Nearly everything that is sent answers a question of the shard, and its questions are few; ingest is sent one chunk
//! at a time. So the channel is full only when the thread is stuck, and then waiting is right.

use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use engine::Engine;
use shard::{Replay, ShardEvent};

use crate::runner::Runner;

/// Events that wait for one engine thread.
const CAPACITY: usize = 4096;
/// How often a full channel is tried again.
const RETRY_AFTER: Duration = Duration::from_millis(1);

pub(crate) enum ToEngine {
    Event {
        shard: u16,
        event: ShardEvent,
    },
    /// Own this shard, from the state beside it if there is one.
    Own(Box<(Runner, Option<Replay<Engine>>)>),
    /// The virtual clock has moved.
    Wake,
    /// End the thread, whatever its shards are at.
    Stop,
}

/// The way to one shard.
#[derive(Debug, Clone)]
pub(crate) struct ShardInbox {
    shard: u16,
    sender: Sender<ToEngine>,
}

pub(crate) fn channel() -> (Sender<ToEngine>, Receiver<ToEngine>) {
    bounded(CAPACITY)
}

impl ShardInbox {
    pub fn new(shard: u16, sender: Sender<ToEngine>) -> ShardInbox {
        ShardInbox { shard, sender }
    }

    /// False when the thread is gone.
    pub async fn send(&self, event: ShardEvent) -> bool {
        send(&self.sender, ToEngine::Event { shard: self.shard, event }).await
    }
}

/// False when the thread is gone.
pub(crate) async fn send(sender: &Sender<ToEngine>, message: ToEngine) -> bool {
    let mut message = message;
    loop {
        match sender.try_send(message) {
            Ok(()) => return true,
            Err(TrySendError::Disconnected(_)) => return false,
            Err(TrySendError::Full(back)) => message = back,
        }
        tokio::time::sleep(RETRY_AFTER).await;
    }
}
