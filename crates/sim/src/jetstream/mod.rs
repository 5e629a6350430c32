//! The modelled servers: the streams of one shard as JetStream keeps them, and how they answer.
//!
//! What was measured on real servers is modelled as it was measured: an identical retry is `duplicate` on three replicas
//! and 10071 on one; without a leader there is a 503 or silence for seconds; a publish may be applied long after its
//! time-out; an unreadable message is skipped without a word; a former leader answers with an old end.

pub mod snapshots;
pub mod stream;

use std::rc::Rc;

use bytes::Bytes;
use model::Time;
use protocol::record::IngestIdentity;
use shard::{PublishFailure, RequestId, ShardEvent, StoredRecord, StreamFacts, StreamsInfo};

use snapshots::{SnapshotName, Snapshots};
use stream::{Appended, Stored, Stream, WrongLastSequence};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamName {
    Ingest,
    Journal,
    /// The durable feed and the dead letters.
    Outputs,
    Snapshots,
}

impl StreamName {
    pub const ALL: [StreamName; 4] =
        [StreamName::Ingest, StreamName::Journal, StreamName::Outputs, StreamName::Snapshots];
}

/// Whether a stream has a leader that answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    Well,
    /// No leader: no responders.
    Refusing,
    /// The leader was stopped: nothing comes back.
    Silent,
}

#[derive(Debug)]
pub struct Servers {
    pub ingest: Stream,
    pub journal: Stream,
    pub feed: Stream,
    pub dead_letters: Stream,
    pub snapshots: Snapshots,
    health: [Health; 4],
    /// A former leader that answers reads of the journal: where it thinks the journal ends.
    pub former_leader: Option<u64>,
    pub identity: IngestIdentity,
}

/// What a process asks of the servers for its shard.
#[derive(Debug, Clone)]
pub enum Ask {
    Info { request: RequestId },
    Tail { request: RequestId },
    Records { request: RequestId, from: u64, through: u64 },
    FindIngest { request: RequestId, since: Time },
    FindSnapshot { request: RequestId, before: u64 },
    SnapshotPart { request: RequestId, name: SnapshotName, index: usize },
    Append { request: RequestId, expected: u64, id: Rc<str>, bytes: Bytes },
}

impl Ask {
    pub fn request(&self) -> RequestId {
        match self {
            Ask::Info { request }
            | Ask::Tail { request }
            | Ask::Records { request, .. }
            | Ask::FindIngest { request, .. }
            | Ask::FindSnapshot { request, .. }
            | Ask::SnapshotPart { request, .. }
            | Ask::Append { request, .. } => *request,
        }
    }

    pub fn stream(&self) -> StreamName {
        match self {
            Ask::Info { .. } | Ask::Tail { .. } | Ask::Records { .. } | Ask::Append { .. } => {
                StreamName::Journal
            }
            Ask::FindIngest { .. } => StreamName::Ingest,
            Ask::FindSnapshot { .. } | Ask::SnapshotPart { .. } => StreamName::Snapshots,
        }
    }

    pub fn is_append(&self) -> bool {
        matches!(self, Ask::Append { .. })
    }

    /// What a client tells when it gets no answer in time, or a refusal.
    pub fn failed(&self, failure: PublishFailure) -> ShardEvent {
        let request = self.request();
        if self.is_append() {
            ShardEvent::PublishFailed { request, failure }
        } else {
            ShardEvent::ReadFailed { request }
        }
    }
}

impl Servers {
    pub fn new(replicas: u8) -> Servers {
        let stream = || Stream::new(replicas);
        Servers {
            ingest: stream(),
            journal: stream(),
            feed: stream(),
            dead_letters: stream(),
            snapshots: Snapshots::default(),
            health: [Health::Well; 4],
            former_leader: None,
            identity: IngestIdentity { stream: "ING_0".to_owned(), created_ns: 1, uuid: "first".to_owned() },
        }
    }

    pub fn health(&self, stream: StreamName) -> Health {
        self.health[stream as usize]
    }

    pub fn set_health(&mut self, stream: StreamName, health: Health) {
        self.health[stream as usize] = health;
    }

    /// The answer of servers that are well.
    pub fn answer(&mut self, ask: &Ask, stamp: Time) -> ShardEvent {
        match ask {
            Ask::Info { request } => {
                let info = StreamsInfo {
                    ingest_identity: self.identity.clone(),
                    ingest: self.ingest.facts(),
                    journal: self.journal_facts(),
                    witness: 0,
                };
                ShardEvent::StreamInfo { request: *request, info }
            }
            Ask::Tail { request } => ShardEvent::Tail { request: *request, journal: self.journal_facts() },
            Ask::Records { request, from, through } => {
                let records = self.records(*from, *through);
                ShardEvent::Records { request: *request, records }
            }
            Ask::FindIngest { request, since } => {
                let first = (1..=self.ingest.last()).find(|sequence| {
                    self.ingest.get(*sequence).is_some_and(|message| message.stamp >= *since)
                });
                let position = first.map_or(self.ingest.last(), |first| first - 1);
                ShardEvent::IngestFound { request: *request, position }
            }
            Ask::FindSnapshot { request, before } => {
                let manifest = self.snapshots.newest_before(*before).cloned();
                ShardEvent::SnapshotManifest { request: *request, manifest }
            }
            Ask::SnapshotPart { request, name, index } => {
                let part = self.snapshots.part(*name, *index).cloned();
                ShardEvent::SnapshotPart { request: *request, part }
            }
            Ask::Append { request, expected, id, bytes } => {
                let message = record_message(stamp, Rc::clone(id), bytes.clone());
                let expected = if crate::mutants::is(crate::mutants::Shell::NoExpectedSequence) {
                    None
                } else {
                    Some(*expected)
                };
                match self.journal.append(message, expected) {
                    Ok(Appended { sequence, duplicate }) => {
                        ShardEvent::Published { request: *request, sequence, duplicate }
                    }
                    Err(WrongLastSequence) => {
                        let failure = PublishFailure::WrongLastSequence;
                        ShardEvent::PublishFailed { request: *request, failure }
                    }
                }
            }
        }
    }

    /// From `from` up to the first that cannot be read; a former leader has only its own.
    pub fn records(&self, from: u64, through: u64) -> Vec<StoredRecord> {
        let last = self.journal_facts().last_sequence;
        (from..=through.min(last))
            .map_while(|sequence| {
                let stored = self.journal.get(sequence)?;
                Some(StoredRecord { sequence, stamp: stored.stamp, bytes: stored.bytes.clone() })
            })
            .collect()
    }

    pub fn journal_facts(&self) -> StreamFacts {
        let facts = self.journal.facts();
        let seen = self.former_leader.unwrap_or(u64::MAX);
        StreamFacts { last_sequence: facts.last_sequence.min(seen), ..facts }
    }
}

pub fn record_message(stamp: Time, id: Rc<str>, bytes: Bytes) -> Stored {
    Stored { stamp, subject: Rc::from("wissel.journal.0"), id: Some(id), bytes, is_readable: true }
}
