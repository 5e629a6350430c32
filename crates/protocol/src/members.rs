//! What nodes say of themselves and of shards, on `wissel.members.>`: JSON, one record kept per subject.
//!
//! Every node hears every record as it is sent; the stream `MEMBERS` keeps the last of each for whoever comes later. Nothing
//! here decides who owns a shard, which the journal alone does: these records say who should try.
//!
//! Unknown fields are passed over, so that nodes of several versions can run beside each other.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::record::FORMAT;
use crate::subject::{self, ShardName, Subject};

/// Longer is no record of ours; a node with a thousand shards stays below.
pub const MEMBER_RECORD_SIZE_MAX: usize = 256 * 1024;

/// A record, with the subject that it belongs on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberRecord {
    Node(NodeRecord),
    Shard(ShardRecord),
    Wish(NodeWish),
    Repair(RepairWish),
}

/// `wissel.members.node.<node>`: a heartbeat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeRecord {
    pub node: String,
    /// Drawn at random at each start, so that two processes of one name are told apart.
    pub incarnation: u64,
    /// Counts up from 1.
    pub beat: u64,
    pub state: NodeState,
    /// Version of the program, for people.
    pub version: String,
    /// The newest format of journal records that it reads.
    pub format: u8,
    /// The shards that it may own; nothing for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<Vec<u16>>,
    /// The shards that it has to do with, by number.
    pub shards: Vec<NodeShard>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeState {
    /// Takes shards.
    Active,
    /// Hands over what it has and takes nothing.
    Draining,
    /// The last word of a node that stops.
    Gone,
}

/// What a node is to a shard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeShard {
    pub shard: u16,
    pub role: Role,
    /// Of the journal as this node knows it: the epoch, the last sequence, and which journal that is. A journal that
    /// ends before this has lost its end.
    pub epoch: u64,
    pub sequence: u64,
    pub journal: u64,
    /// Whom the owner wants to hand it over to: that node follows, and gets it once it is ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Loads the state in order to follow.
    Loading,
    /// Holds the state as far as it is committed, ready to take over.
    Following,
    /// Tries to open an epoch.
    Opening,
    Owner,
}

/// `wissel.members.shard.<shard>`: written when the ownership changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardRecord {
    pub shard: u16,
    pub node: String,
    pub incarnation: u64,
    pub epoch: u64,
    #[serde(flatten)]
    pub state: ShardState,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ShardState {
    Owned,
    /// Free; for `to` first, if somebody is named. `rebase`: a person said to go on with the ingest stream as it is.
    Released {
        to: Option<String>,
        #[serde(default)]
        rebase: bool,
    },
    /// Nobody may take it until a person says so.
    Quarantined {
        reason: String,
    },
}

/// `wissel.members.wish.node.<node>`: what people want of a node; kept until they want something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeWish {
    pub node: String,
    pub drain: bool,
}

/// `wissel.members.wish.shard.<shard>`: the node that still holds a quarantined shard shall append the lost end of its
/// journal again. That another node may try is said by a [`ShardState::Released`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepairWish {
    pub shard: u16,
    /// Of the node that said it was quarantined.
    pub incarnation: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MemberError {
    #[error("a record of {size} bytes is longer than {MEMBER_RECORD_SIZE_MAX}")]
    TooLong { size: usize },
    #[error("the record cannot be read: {0}")]
    Json(String),
    #[error("the record names something else than its subject {subject}")]
    Misplaced { subject: String },
    #[error("{subject} is no subject of a record")]
    Subject { subject: String },
}

impl NodeRecord {
    /// What this build says of itself.
    pub fn own(node: &str, incarnation: u64) -> NodeRecord {
        NodeRecord {
            node: node.to_owned(),
            incarnation,
            beat: 0,
            state: NodeState::Active,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            format: FORMAT,
            only: None,
            shards: Vec::new(),
        }
    }

    pub fn shard(&self, shard: u16) -> Option<&NodeShard> {
        let at = self.shards.binary_search_by_key(&shard, |entry| entry.shard).ok()?;
        self.shards.get(at)
    }

    pub fn may_own(&self, shard: u16) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(&shard))
    }
}

impl MemberRecord {
    pub fn subject(&self) -> String {
        match self {
            MemberRecord::Node(record) => subject::member_node(&record.node),
            MemberRecord::Shard(record) => subject::member_shard(&ShardName::of(record.shard)),
            MemberRecord::Wish(wish) => subject::wish_node(&wish.node),
            MemberRecord::Repair(wish) => subject::wish_shard(&ShardName::of(wish.shard)),
        }
    }

    pub fn encode(&self) -> Vec<u8> {
        let written = match self {
            MemberRecord::Node(record) => serde_json::to_vec(record),
            MemberRecord::Shard(record) => serde_json::to_vec(record),
            MemberRecord::Wish(wish) => serde_json::to_vec(wish),
            MemberRecord::Repair(wish) => serde_json::to_vec(wish),
        };
        written.expect("numbers, texts and lists are JSON")
    }

    /// The subject says what it is and whose; a record that names another is refused.
    pub fn decode(subject: &str, bytes: &[u8]) -> Result<MemberRecord, MemberError> {
        if bytes.len() > MEMBER_RECORD_SIZE_MAX {
            return Err(MemberError::TooLong { size: bytes.len() });
        }
        let bad = || MemberError::Subject { subject: subject.to_owned() };
        let record = match subject::parse(subject).map_err(|_| bad())? {
            Subject::MemberNode { .. } => MemberRecord::Node(read(bytes)?),
            Subject::MemberShard { .. } => MemberRecord::Shard(read(bytes)?),
            Subject::WishNode { .. } => MemberRecord::Wish(read(bytes)?),
            Subject::WishShard { .. } => MemberRecord::Repair(read(bytes)?),
            Subject::InputContact { .. }
            | Subject::InputAgent { .. }
            | Subject::InputAdmin { .. }
            | Subject::IngestOwn { .. }
            | Subject::OutputAgent { .. }
            | Subject::OutputContact { .. }
            | Subject::Event { .. }
            | Subject::Refused { .. }
            | Subject::Api { .. }
            | Subject::Beat { .. }
            | Subject::Journal { .. }
            | Subject::Config { .. }
            | Subject::Rows { .. }
            | Subject::SnapshotPart { .. }
            | Subject::SnapshotManifest { .. } => return Err(bad()),
        };
        if record.subject() != subject {
            return Err(MemberError::Misplaced { subject: subject.to_owned() });
        }
        match record {
            MemberRecord::Node(mut node) => {
                // Whoever looks a shard up relies on the order.
                node.shards.sort_by_key(|entry| entry.shard);
                Ok(MemberRecord::Node(node))
            }
            record @ (MemberRecord::Shard(_) | MemberRecord::Wish(_) | MemberRecord::Repair(_)) => Ok(record),
        }
    }
}

fn read<T: for<'a> Deserialize<'a>>(bytes: &[u8]) -> Result<T, MemberError> {
    serde_json::from_slice(bytes).map_err(|error| MemberError::Json(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records() -> Vec<MemberRecord> {
        let shard = |shard, role| NodeShard { shard, role, epoch: 3, sequence: 40, journal: 7, next: None };
        let shards = vec![shard(0, Role::Owner), shard(2, Role::Following)];
        let node = NodeRecord { beat: 9, shards, ..NodeRecord::own("n1", 5) };
        let told = |state| {
            MemberRecord::Shard(ShardRecord { shard: 2, node: "n1".into(), incarnation: 5, epoch: 3, state })
        };
        vec![
            MemberRecord::Node(node),
            told(ShardState::Owned),
            told(ShardState::Released { to: Some("n2".into()), rebase: false }),
            told(ShardState::Quarantined { reason: "the journal is damaged".into() }),
            MemberRecord::Wish(NodeWish { node: "n1".into(), drain: true }),
            MemberRecord::Repair(RepairWish { shard: 2, incarnation: 5 }),
        ]
    }

    #[test]
    fn a_record_is_read_back_from_its_own_subject_alone() {
        for record in records() {
            assert_eq!(MemberRecord::decode(&record.subject(), &record.encode()), Ok(record.clone()));
            let misplaced = record.subject().replace(".n1", ".n9").replace(".2", ".9");
            assert!(MemberRecord::decode(&misplaced, &record.encode()).is_err(), "{misplaced}");
        }
    }

    #[test]
    fn what_a_later_version_adds_is_passed_over() {
        let MemberRecord::Wish(wish) = &records()[4] else { panic!("a wish") };
        let text = br#"{"node":"n1","drain":true,"patience":7}"#;
        let read = MemberRecord::decode("wissel.members.wish.node.n1", text);
        assert_eq!(read, Ok(MemberRecord::Wish(wish.clone())));
    }

    #[test]
    fn what_is_no_record_is_an_error() {
        for (subject, bytes) in [
            ("wissel.members.node.n1", &b"{}"[..]),
            ("wissel.members.node.n1", b"\xff"),
            ("wissel.members.node.n 1", b"{}"),
            ("wissel.members.other.n1", b"{}"),
            ("wissel.in.acme.contact", b"{}"),
        ] {
            assert!(MemberRecord::decode(subject, bytes).is_err(), "{subject}");
        }
        let long = vec![b' '; MEMBER_RECORD_SIZE_MAX + 1];
        let expected = MemberError::TooLong { size: long.len() };
        assert_eq!(MemberRecord::decode("wissel.members.node.n1", &long), Err(expected));
    }
}
