//! What a shard wants done. One plain enum; the caller carries the actions out in order and answers with events.

use bytes::Bytes;
use model::{Event, Millis, TenantId, Time};
use protocol::chain::{ChainBreak, ChainError};
use protocol::record::{DecodeError, FORMAT, IngestIdentity};

use crate::event::RequestId;

#[derive(Debug, Clone)]
pub enum Action {
    /// Answer `StreamInfo` from the stream leaders.
    ReadStreamInfo { request: RequestId },
    /// Answer `Tail` from the leader of the journal, and of nothing else: another stream may be without one.
    ReadTail { request: RequestId },
    /// Answer `Records` of the journal, by sequence from the leader, never through a mirror or a replica.
    ReadRecords { request: RequestId, from: u64, through: u64 },
    /// Answer `IngestFound`: the last message of the ingest stream that was stored before `since`.
    FindIngest { request: RequestId, since: Time },
    /// Answer `SnapshotManifest`: the newest whose `commit_no` is below `before`.
    FindSnapshot { request: RequestId, before: u64 },
    /// Answer `SnapshotPart` of the snapshot whose manifest was given last.
    ReadSnapshotPart { request: RequestId, epoch: u64, commit_no: u64, index: usize },
    /// Append to the journal with `Nats-Expected-Last-Sequence` and `Nats-Msg-Id`; answer `Published` or
    /// `PublishFailed`. Never retried below the shard.
    Publish { request: RequestId, expected_last_sequence: u64, message_id: String, bytes: Bytes },
    /// Read the ingest stream from here without acknowledgements: say `IngestOpened` first, and give what comes as
    /// `IngestRead` of this request. An earlier subscription is over.
    SubscribeIngest { request: RequestId, from: u64 },
    /// The shard is owned: the epoch is open, inputs are about to be read.
    Opened { epoch: u64 },
    /// A record is in the journal for good: for the follower. In order; void records in between are not told.
    Committed { sequence: u64, bytes: Bytes },
    /// Send these to the world, after those of all earlier commits; then say `OutputsEmitted`.
    Emit(Outputs),
    /// Call with a tick at this monotonic time. Replaces the one before.
    SetTimer { at: Millis, reason: TimerReason },
    /// Tell people.
    Alarm(Alarm),
    /// The shard stopped and needs a person. Other shards go on.
    Quarantine(Quarantine),
    /// The shard is not ours any more; drop what it held.
    Left(Left),
}

/// The outputs of one commit. Each is identified by (shard, epoch, commit_no, its index here), also when a later
/// owner sends it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outputs {
    /// Of the record, not of who sends it.
    pub epoch: u64,
    pub commit_no: u64,
    pub at: Time,
    pub events: Vec<Event>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimerReason {
    /// The engine has something due.
    Engine,
    /// An acknowledgement or an answer is overdue then.
    Answer,
    /// Ask again.
    Retry,
    /// Progress without effects is journaled.
    Progress,
    /// The ingest subscription is silent for too long then.
    Silence,
    /// Outputs had their time; release without waiting for them.
    Release,
    /// It is told that outputs are not confirmed.
    Outputs,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alarm {
    /// A snapshot was passed over.
    SnapshotUnusable {
        commit_no: u64,
        why: String,
    },
    /// A record in the journal that is not part of its chain.
    VoidRecord {
        sequence: u64,
    },
    /// The ingest stream does not hold these any more; they never had an effect.
    InputsLost {
        first: u64,
        last: u64,
    },
    /// A person said to go on with the ingest stream as it is: it is read from behind `to`, before it was decided up to `from`.
    IngestRebased {
        from: u64,
        to: u64,
    },
    /// The input crashed an earlier owner and is refused.
    Poison {
        position: u64,
    },
    /// Inputs outrun the shard, and new contacts of this tenant are refused until it has caught up.
    OverQuota {
        tenant: TenantId,
    },
    /// The journal could not be written for this long.
    JournalStalled {
        millis: u64,
    },
    /// Outputs of so many commits are not confirmed, the oldest for this long; beyond
    /// [`crate::limits::OUTBOX_COMMITS_MAX`] commits nothing more is decided.
    OutputsStalled {
        commits: usize,
        millis: u64,
    },
    /// The journal ends before what was acknowledged; the shard asks again before it believes it.
    JournalShorter {
        known: u64,
        found: u64,
    },
    /// The last journaled time is ahead of the clock.
    ClockBehindJournal {
        clock: Time,
        journal: Time,
    },
    /// Too many heartbeat changes at once; the rest is dropped and will be told again.
    HeartbeatsDropped,
    /// Released without knowing that all outputs were sent; the next owner sends them again.
    ReleasedWithOutputs {
        from: u64,
    },
    RepairImpossible {
        why: &'static str,
    },
    Repaired {
        first: u64,
        last: u64,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Quarantine {
    #[error("the journal does not continue: {0}")]
    Chain(#[from] ChainError),
    /// May be repaired from memory while this process lives.
    #[error("the journal lost acknowledged records: it ends at {found}, {known} was acknowledged")]
    JournalLost { known: u64, found: u64 },
    #[error("the journal holds nothing readable at sequence {sequence}, although it ends at {last}")]
    RecordMissing { sequence: u64, last: u64 },
    #[error("the record at sequence {sequence} is another one than was acknowledged there")]
    RecordReplaced { sequence: u64 },
    #[error("sequence {sequence} continues our epoch {epoch}, but we did not write it")]
    RecordForeign { sequence: u64, epoch: u64 },
    #[error("the journal begins at {first} and no snapshot covers what is before")]
    BeginningMissing { first: u64 },
    #[error("the journal ends at {last}, but a snapshot or a node has seen it at {witness}")]
    JournalTruncated { last: u64, witness: u64 },
    #[error("the journal counts positions of {expected:?}, the ingest stream is {found:?}")]
    IngestReplaced { expected: Box<IngestIdentity>, found: Box<IngestIdentity> },
    #[error("the ingest stream lost acknowledged inputs {first} to {last}")]
    IngestLost { first: u64, last: u64 },
    #[error(
        "input {position} is another one than was decided: the ingest stream lost its end and gave the sequence out again"
    )]
    IngestChanged { position: u64 },
    #[error("a record of ours cannot be encoded: {0}")]
    Encode(String),
    #[error("the tail cannot be read: {0}")]
    Tail(#[from] DecodeError),
}

impl Quarantine {
    /// The format of a record that this build is too old for.
    pub(crate) fn newer_format(&self) -> Option<u8> {
        let (Quarantine::Chain(ChainError { what: ChainBreak::Undecodable(error), .. })
        | Quarantine::Tail(error)) = self
        else {
            return None;
        };
        if let DecodeError::Format(format) = error {
            Some(*format).filter(|format| *format > FORMAT)
        } else {
            None
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Left {
    /// Handed over in good order.
    Released,
    /// Told to go before it owned anything.
    NeverOpened,
    /// Another owner opened a higher epoch.
    Fenced { epoch: u64, node: String },
    /// Others kept writing while we tried to open.
    Contended { attempts: u32 },
    /// Our clock is too far from the server's to be given a shard.
    ClockFar { ours: Time, server: Time },
    /// The journal holds a record that a newer build wrote, or one whose first bytes are damaged.
    FormatNewer { format: u8 },
    /// A group of decisions fits no record. The journal names the input at `position` as the one to blame, and the next
    /// owner sets it aside as poison. Without a position no input caused them: what was due by itself did, and every
    /// owner will meet it.
    DecisionsTooLarge { position: Option<u64>, bytes: usize },
}
