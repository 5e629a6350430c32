//! The shell around the shards: connections, threads, clocks, API. The only crate that runs the engine on real NATS.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use model::Time;

/// How a node is run.
#[derive(Debug, Clone)]
pub struct NodeOptions {
    /// Servers of one cluster, `nats://host:port`.
    pub servers: Vec<String>,
    /// Names this node in the journal, in logs and towards other nodes.
    pub name: String,
    /// Shards to own; empty: every shard whose streams are there.
    pub shards: Vec<u16>,
    pub clock: NodeClock,
}

/// Where the node's time comes from.
#[derive(Debug, Clone)]
pub enum NodeClock {
    /// The wall clock at takeover and the monotonic clock from there.
    Real,
    /// Whatever the holder sets; for a day played at full speed.
    Virtual(VirtualClock),
}

/// A clock that moves when it is told to, never back.
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

/// What a shard of this node has done; watched by whoever must keep step with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShardProgress {
    pub shard: u16,
    /// 0 until the shard is owned.
    pub epoch: u64,
    /// Inputs up to here and all their effects are in the journal.
    pub ingest_position: u64,
    pub commit_no: u64,
    /// Outputs of all commits up to here were handed to the server and flushed.
    pub emitted_through: u64,
    /// Messages of the durable feed that were sent in this node's life.
    pub feed_messages: u64,
    /// Everything assignable is offered, no record is in flight, and nothing is left to decide.
    pub is_idle: bool,
    /// When the engine next has something due.
    pub next_timer: Option<Time>,
    /// From an input or a timer taken up to its decision made; kept by the engine's thread.
    pub decision: LatencySummary,
    /// From a record handed to the journal to its acknowledgement.
    pub commit: LatencySummary,
    /// Why the shard is not owned any more.
    pub left: Option<String>,
}

/// How long something took, in microseconds, over this node's life.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LatencySummary {
    pub count: u64,
    pub p50_us: u64,
    pub p99_us: u64,
    pub p999_us: u64,
    pub max_us: u64,
}
