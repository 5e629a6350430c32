//! What the checker is given: dumps of streams and logs of clients.

use std::borrow::Cow;
use std::fmt;

use model::{Millis, Time};

use crate::client::ClientLog;

/// A message as a stream holds it.
#[derive(Debug, Clone)]
pub struct Message<'a> {
    pub sequence: u64,
    /// When the server stored it.
    pub stamp: Time,
    pub subject: Cow<'a, str>,
    /// The header `Nats-Msg-Id`, where there is one.
    pub message_id: Option<Cow<'a, str>>,
    pub bytes: Cow<'a, [u8]>,
}

/// The sequences that the server says the stream holds. A first one above 1 means that the head was purged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    pub first: u64,
    /// `first - 1` when the stream is empty.
    pub last: u64,
}

impl Extent {
    pub fn is_purged(self) -> bool {
        self.first > 1
    }
}

/// One stream, in order of its sequences.
pub struct Dump<'a> {
    pub extent: Extent,
    pub messages: Box<dyn Iterator<Item = Message<'a>> + 'a>,
}

impl<'a> Dump<'a> {
    /// All of a stream that nothing was ever purged from.
    pub fn whole(messages: Vec<Message<'a>>) -> Dump<'a> {
        let last = messages.last().map_or(0, |message| message.sequence);
        Dump { extent: Extent { first: 1, last }, messages: Box::new(messages.into_iter()) }
    }
}

impl fmt::Debug for Dump<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dump").field("extent", &self.extent).finish_non_exhaustive()
    }
}

/// Everything a run left behind.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// The shard's name, as outputs carry it.
    pub shard: String,
    pub ingest: Dump<'a>,
    pub journal: Dump<'a>,
    /// Shared by all shards; what other shards sent is counted and left alone.
    pub feed: Dump<'a>,
    /// As the feed.
    pub dead_letters: Dump<'a>,
    pub clients: Vec<ClientLog>,
    /// The run is over and drained: nothing may be open, undecided or beyond the journal.
    pub is_final: bool,
    pub limits: Limits,
}

/// What is late is a matter of degree; these are the degrees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How long after its time an offer, a wrap-up, a lost agent's window or a wait for a preferred agent may end.
    /// A timer waits for ingest to be read, so this covers a burst; a stall is made good by a journaled `Resumed`.
    pub lease_overrun_max: Millis,
    /// How far the clocks of servers and clients may differ.
    pub clock_skew_max: Millis,
}

impl Default for Limits {
    /// Five seconds is the time in which a shard must have an owner again; 50 ms is a poor network's NTP.
    fn default() -> Limits {
        Limits { lease_overrun_max: Millis::from_seconds(5), clock_skew_max: Millis(50) }
    }
}
