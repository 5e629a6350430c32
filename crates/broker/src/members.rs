//! What nodes say of themselves and of shards, for people: read from the stream `MEMBERS`, and heard for a moment.
//!
//! A node that is heard lives; one that is only read has died or stopped within the last minute.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context as _, Result};
use async_nats::jetstream::Context;
use async_nats::jetstream::stream::RawMessageErrorKind;
use futures_util::{StreamExt, TryStreamExt};
use protocol::members::{MemberRecord, NodeRecord, NodeState, NodeWish, Role, ShardRecord};
use protocol::subject::{MEMBER_ALL, Stream};
use serde::Serialize;
use tokio::time::Instant;

use crate::{provision, tenants};

/// Several heartbeats, and longer than a node may be silent.
const HEAR_FOR: Duration = Duration::from_millis(1_000);

/// The cluster at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct View {
    /// By name.
    pub nodes: Vec<SeenNode>,
    /// By number: every shard that has its streams.
    pub shards: Vec<SeenShard>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SeenNode {
    pub is_heard: bool,
    /// People want it drained.
    pub is_drained: bool,
    #[serde(flatten)]
    pub record: NodeRecord,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SeenShard {
    pub shard: u16,
    /// The node that is heard and says that it owns it.
    pub owner: Option<String>,
    pub epoch: u64,
    /// The journal's last sequence as the owner says.
    pub sequence: u64,
    /// Nodes that could take over at once.
    pub standby: Vec<String>,
    /// What was last written of its ownership.
    pub record: Option<ShardRecord>,
}

/// Reads what is stored, and listens.
pub async fn view(client: &async_nats::Client) -> Result<View> {
    let mut heard = client.subscribe(MEMBER_ALL).await.context("nodes cannot be heard")?;
    let mut records: BTreeMap<String, MemberRecord> = BTreeMap::new();
    for record in stored(&crate::jetstream(client)).await? {
        records.insert(record.subject(), record);
    }
    let mut live = BTreeSet::new();
    let deadline = Instant::now() + HEAR_FOR;
    while let Ok(Some(message)) = tokio::time::timeout_at(deadline, heard.next()).await {
        if let Ok(record) = MemberRecord::decode(message.subject.as_str(), &message.payload) {
            if let MemberRecord::Node(node) = &record {
                live.insert(node.node.clone());
            }
            records.insert(record.subject(), record);
        }
    }
    let shards = tenants::shards(&provision::streams(client).await?);
    Ok(View::new(&shards, records.into_values(), &live))
}

/// Tells every node, and keeps it for those that come later.
pub async fn tell(client: &async_nats::Client, record: &MemberRecord) -> Result<()> {
    let what = || {
        format!("{} was not stored; is the stream MEMBERS there? `wissel init` creates it", record.subject())
    };
    let jetstream = crate::jetstream(client);
    let sent = jetstream.publish(record.subject(), record.encode().into()).await.with_context(what)?;
    sent.await.with_context(what)?;
    Ok(())
}

async fn stored(jetstream: &Context) -> Result<Vec<MemberRecord>> {
    let name = Stream::Members.to_string();
    let what = || format!("the stream {name} cannot be read; `wissel init` creates it");
    let stream = jetstream.get_stream(&name).await.with_context(what)?;
    let subjects = stream.info_with_subjects(MEMBER_ALL).await.with_context(what)?;
    let subjects: Vec<(String, usize)> = subjects.try_collect().await.with_context(what)?;
    let mut records = Vec::new();
    for (subject, _) in subjects {
        match stream.get_last_raw_message_by_subject(&subject).await {
            Ok(message) => records.extend(MemberRecord::decode(&subject, &message.payload)),
            // A node's record expired in between.
            Err(error) if error.kind() == RawMessageErrorKind::NoMessageFound => {}
            Err(error) => return Err(error).with_context(what),
        }
    }
    Ok(records)
}

impl View {
    fn new(shards: &[u16], records: impl Iterator<Item = MemberRecord>, live: &BTreeSet<String>) -> View {
        let (mut nodes, mut told, mut drained) = (Vec::new(), BTreeMap::new(), BTreeSet::new());
        for record in records {
            match record {
                MemberRecord::Node(record) if record.state != NodeState::Gone => nodes.push(record),
                MemberRecord::Node(_) | MemberRecord::Repair(_) => {}
                MemberRecord::Shard(record) => drop(told.insert(record.shard, record)),
                MemberRecord::Wish(NodeWish { node, drain }) => {
                    if drain {
                        drained.insert(node);
                    }
                }
            }
        }
        nodes.sort_by(|one, other| one.node.cmp(&other.node));
        let nodes: Vec<SeenNode> = nodes
            .into_iter()
            .map(|record| SeenNode {
                is_heard: live.contains(&record.node),
                is_drained: drained.contains(&record.node),
                record,
            })
            .collect();
        let shards = shards.iter().map(|shard| SeenShard::new(*shard, &nodes, told.remove(shard))).collect();
        View { nodes, shards }
    }

    pub fn node(&self, name: &str) -> Option<&SeenNode> {
        self.nodes.iter().find(|node| node.record.node == name)
    }

    pub fn shard(&self, shard: u16) -> Option<&SeenShard> {
        self.shards.iter().find(|seen| seen.shard == shard)
    }
}

impl SeenShard {
    fn new(shard: u16, nodes: &[SeenNode], record: Option<ShardRecord>) -> SeenShard {
        let live = || nodes.iter().filter(|node| node.is_heard).map(|node| &node.record);
        let role = |node: &NodeRecord| node.shard(shard).map(|entry| entry.role);
        let owner = live()
            .filter(|node| role(node) == Some(Role::Owner))
            .max_by_key(|node| node.shard(shard).map(|entry| entry.epoch));
        let entry = owner.and_then(|owner| owner.shard(shard));
        SeenShard {
            shard,
            owner: owner.map(|node| node.node.clone()),
            epoch: entry.map_or(0, |entry| entry.epoch),
            sequence: entry.map_or(0, |entry| entry.sequence),
            standby: live()
                .filter(|node| role(node) == Some(Role::Following))
                .map(|node| node.node.clone())
                .collect(),
            record,
        }
    }
}
