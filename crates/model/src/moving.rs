//! A tenant on its way from one shard to another.
//!
//! The shard that it leaves keeps its state as it stands and decides nothing more of it; the shard that it comes to is given that state
//! in parts, and decides nothing of it either until it has them all. So at no time two shards decide for one tenant.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::ShardId;
use crate::row::Row;
use crate::time::Time;

/// What whoever moves a tenant tells the two shards, in this order. All of it may be said again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TenantMove {
    /// To the shard that it leaves, when nothing more comes for it there.
    Leave { to: ShardId },
    /// To the shard that it goes to. `hash` is that of the text that holds the part.
    Rows { hash: String, part: Arc<TenantPart> },
    /// To the same, when these were all parts.
    Come { departure: Departure, parts: u32 },
    /// To the shard that it left.
    Gone { to: ShardId },
}

/// Where a tenant is served, as one shard knows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Residence {
    /// Here, since it was opened.
    #[default]
    Here,
    /// Here, since it came.
    Came { departure: Departure },
    /// On its way here; so many parts of its state have come.
    Coming { departure: Departure, parts: u32 },
    /// It left; its state is kept as it was until it is known to have arrived.
    Left { to: ShardId, position: u64, at: Time },
    /// It left and arrived; nothing of it is here any more.
    Gone { to: ShardId },
}

impl Residence {
    /// Whether this shard decides for it.
    pub fn is_here(&self) -> bool {
        match self {
            Residence::Here | Residence::Came { .. } => true,
            Residence::Coming { .. } | Residence::Left { .. } | Residence::Gone { .. } => false,
        }
    }
}

/// Names one move: a tenant that leaves the same shard again does so by another input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Departure {
    pub from: ShardId,
    /// Of the input by which it left, in the ingest stream of that shard.
    pub position: u64,
    /// When it left, by that shard's time.
    pub at: Time,
}

/// Some of a tenant's rows. The parts together are what [`crate::row`] calls its state, in that order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantPart {
    pub departure: Departure,
    /// Counts from 0; the first part begins with the tenant's own row, and no other row is one.
    pub part: u32,
    pub rows: Vec<Row>,
}
