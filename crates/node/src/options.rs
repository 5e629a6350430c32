//! How a node is run.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use model::Time;

use crate::access::Access;

/// How a node is run.
#[derive(Debug, Clone)]
pub struct NodeOptions {
    /// Servers of one cluster, `nats://[user:password@]host:port`.
    pub servers: Vec<String>,
    pub access: Access,
    /// Names this node in the journal, in logs and towards other nodes.
    pub name: String,
    /// Shards to own; empty: every shard whose streams are there.
    pub shards: Vec<u16>,
    pub clock: NodeClock,
    /// No other node uses these servers: the shards are taken at once, whoever may own them, and nobody is heard or told.
    pub is_alone: bool,
}

/// Where the node's time comes from.
#[derive(Debug, Clone)]
pub enum NodeClock {
    /// The wall clock at takeover and the monotonic clock from there.
    Real,
    /// Whatever the holder sets; for a day played at full speed.
    Virtual(VirtualClock),
}

/// A clock that moves when it is told to, never back. Call `Node::wake` after setting it.
#[derive(Debug, Clone)]
pub struct VirtualClock(Arc<AtomicU64>);

impl VirtualClock {
    pub fn new(start: Time) -> VirtualClock {
        VirtualClock(Arc::new(AtomicU64::new(start.0)))
    }
    pub fn now(&self) -> Time {
        Time(self.0.load(Ordering::Acquire))
    }
    pub fn set(&self, now: Time) {
        self.0.fetch_max(now.0, Ordering::AcqRel);
    }
}

/// When snapshots are taken and what is kept. One is due in any case before the ingest stream is half full of what it
/// would let go. The default is for service; tests take less.
#[derive(Debug, Clone)]
pub struct Tuning {
    /// A snapshot is taken after this many records. Reading one back takes 80 to 150 µs (measured, one and three servers), so
    /// that a node which follows no shard yet, because it has just begun, takes one over within a second or two.
    pub snapshot_after_records: u64,
    /// Or after this many bytes of records.
    pub snapshot_after_bytes: u64,
    /// Or after this time, when there was any record.
    pub snapshot_after: Duration,
    /// One that failed is not tried again before this time.
    pub snapshot_again_after: Duration,
    /// Verified snapshots that are kept; with two, one may turn out to be unreadable.
    pub snapshots_kept: usize,
    /// Journal records are kept this long after a snapshot has made them unnecessary, unless the stream fills.
    pub journal_retention: Duration,
}

impl Default for Tuning {
    fn default() -> Tuning {
        Tuning {
            snapshot_after_records: 10_000,
            snapshot_after_bytes: 64 * 1024 * 1024,
            snapshot_after: Duration::from_secs(15 * 60),
            snapshot_again_after: Duration::from_secs(60),
            snapshots_kept: 2,
            journal_retention: Duration::from_secs(7 * 24 * 3600),
        }
    }
}
