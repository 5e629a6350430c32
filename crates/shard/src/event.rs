//! What a shard is told. One closed enum; whoever runs a shard turns every answer, failure and tick into one of these.
//!
//! An answer names the request it answers. The shard ignores an answer to a request that it no longer waits for, so a
//! late one does no harm, and a lost one only costs the time-out.

use bytes::Bytes;
use model::{AgentId, TenantId, Time};
use protocol::record::IngestIdentity;

/// Names a question of the shard; never given twice by one shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

#[derive(Debug, Clone)]
pub enum ShardEvent {
    /// Take the shard over. `nonce` is drawn at random by the caller, anew for each start.
    Start {
        nonce: u128,
    },
    /// Time has passed; due when [`crate::Action::SetTimer`] said, harmless at any other moment.
    Tick,
    StreamInfo {
        request: RequestId,
        info: StreamsInfo,
    },
    Tail {
        request: RequestId,
        journal: StreamFacts,
    },
    /// From the first one asked for, in order; may end before the last one asked for. An unreadable record and
    /// whatever follows it are left out.
    Records {
        request: RequestId,
        records: Vec<StoredRecord>,
    },
    /// `position`: 0 when there is no such message.
    IngestFound {
        request: RequestId,
        position: u64,
    },
    /// The newest manifest that is older than the bound asked for; nothing when there is none.
    SnapshotManifest {
        request: RequestId,
        manifest: Option<Bytes>,
    },
    /// Nothing when it is missing.
    SnapshotPart {
        request: RequestId,
        part: Option<Bytes>,
    },
    /// A read could not be answered; the shard asks again.
    ReadFailed {
        request: RequestId,
    },
    /// The server acknowledged. `duplicate`: it knew the message id.
    Published {
        request: RequestId,
        sequence: u64,
        duplicate: bool,
    },
    PublishFailed {
        request: RequestId,
        failure: PublishFailure,
    },
    /// The ingest subscription that `request` opened is there, and the stream begins at `first`. `before` is the stamp of the
    /// message before the first one asked for; nothing when the stream does not hold it any more.
    IngestOpened {
        request: RequestId,
        first: u64,
        before: Option<Time>,
    },
    /// Messages of the ingest subscription that `request` opened, in stream order, at most
    /// [`crate::Shard::ingest_room`]. `pending` is how many the server holds behind them. With no messages it
    /// confirms that there are none; a live subscription says so at least every
    /// [`crate::limits::INGEST_CONFIRM`], so that silence means blindness. `end` is the last sequence that the stream has
    /// given out: if it falls, the stream lost inputs, and gives their sequences to others.
    IngestRead {
        request: RequestId,
        messages: Vec<IngestMessage>,
        pending: u64,
        end: u64,
    },
    /// The subscription ended; the shard opens another.
    IngestFailed {
        request: RequestId,
    },
    /// Every output of the commits up to here has reached its streams and subjects.
    OutputsEmitted {
        through: u64,
    },
    /// The agent's heartbeats stopped.
    AgentSilent {
        tenant: TenantId,
        agent: AgentId,
        session: u64,
    },
    /// They came back.
    AgentBack {
        tenant: TenantId,
        agent: AgentId,
        session: u64,
    },
    /// Hand the shard over: stop intake, commit, release, leave.
    Release,
    /// The operator's answer to a journal that lost its end: append it again from memory.
    RepairFromMemory,
}

/// Why there is no acknowledgement. All mean the same to the shard: the fate is unknown, and the tail decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PublishFailure {
    TimedOut,
    /// 503: no responders, the stream has no leader.
    NoResponders,
    /// 10071, 10164: the expected last sequence does not hold. On one replica an identical retry says so as well.
    WrongLastSequence,
    Disconnected,
    /// Any other error of the server, by its code.
    Other {
        code: u32,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamsInfo {
    pub ingest_identity: IngestIdentity,
    pub ingest: StreamFacts,
    pub journal: StreamFacts,
    /// How far the journal went when any node last said so; 0 for unknown.
    pub witness: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StreamFacts {
    /// Of the first message kept; one past `last_sequence` when the stream is empty.
    pub first_sequence: u64,
    /// 0 when nothing was ever stored.
    pub last_sequence: u64,
}

/// One message of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    pub sequence: u64,
    /// When the server stored it, by its clock.
    pub stamp: Time,
    pub bytes: Bytes,
}

/// One message of the ingest stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IngestMessage {
    pub sequence: u64,
    pub subject: String,
    /// When the server stored it.
    pub stamp: Time,
    pub bytes: Bytes,
    /// The header of that name.
    pub traceparent: Option<String>,
}
