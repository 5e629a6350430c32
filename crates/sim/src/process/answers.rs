//! Which point of the commit path, of a take-over or of a hand-over a step of a process is.
//!
//! Looked at only while a trap waits: records are decoded for it.

use protocol::record::{self, Body};
use shard::{Action, ShardEvent, Stage};
use std::collections::VecDeque;

use crate::jetstream::Ask;
use crate::points::Point;
use crate::world::World;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Commit,
    Opening,
    Trying,
    Released,
}

impl World {
    pub fn is_commit(&self, actions: &VecDeque<Action>) -> bool {
        self.faults.is_trap_set()
            && actions.iter().any(|action| match action {
                Action::Publish { bytes, .. } => kind(bytes) == Some(Kind::Commit),
                Action::ReadStreamInfo { .. }
                | Action::ReadTail { .. }
                | Action::ReadRecords { .. }
                | Action::FindIngest { .. }
                | Action::FindSnapshot { .. }
                | Action::ReadSnapshotPart { .. }
                | Action::SubscribeIngest { .. }
                | Action::Opened { .. }
                | Action::Committed { .. }
                | Action::Emit(_)
                | Action::SetTimer { .. }
                | Action::Alarm(_)
                | Action::Quarantine(_)
                | Action::Left(_) => false,
            })
    }

    pub fn point_before(&self, ask: &Ask) -> Option<Point> {
        Some(match self.kind_of(ask)? {
            Kind::Commit => Point::BeforePublish,
            Kind::Opening => Point::OpeningBeforePublish,
            Kind::Trying => Point::TryingBeforePublish,
            Kind::Released => Point::ReleasedBeforePublish,
        })
    }

    pub fn point_after(&self, ask: &Ask) -> Option<Point> {
        Some(match self.kind_of(ask)? {
            Kind::Commit => Point::AfterPublish,
            Kind::Opening => Point::OpeningAfterPublish,
            Kind::Trying => Point::TryingAfterPublish,
            Kind::Released => Point::ReleasedAfterPublish,
        })
    }

    pub fn point_received(&self, process: usize, _start: u32, event: &ShardEvent) -> Option<Point> {
        if !self.faults.is_trap_set() {
            return None;
        }
        let is_opening = self.processes[process].stage() == Stage::Opening;
        match event {
            ShardEvent::Published { sequence, .. } => {
                Some(match kind(&self.servers.journal.get(*sequence)?.bytes)? {
                    Kind::Commit => Point::AfterAck,
                    Kind::Opening => Point::OpeningAfterAck,
                    Kind::Trying => Point::TryingAfterAck,
                    Kind::Released => Point::ReleasedAfterAck,
                })
            }
            ShardEvent::Records { records, .. } if is_opening => {
                let last = records.last()?;
                let is_own = match record::decode(&last.bytes).ok()?.0.body {
                    Body::EpochOpened(opened) => opened.node == self.processes[process].name(),
                    Body::Commit(_) | Body::Trying(_) | Body::Released(_) => false,
                };
                Some(if is_own { Point::OpeningReadBack } else { Point::MidReplay })
            }
            ShardEvent::SnapshotPart { part: Some(_), .. } if is_opening => Some(Point::MidSnapshotLoad),
            ShardEvent::Records { .. }
            | ShardEvent::SnapshotPart { .. }
            | ShardEvent::Start { .. }
            | ShardEvent::Tick
            | ShardEvent::StreamInfo { .. }
            | ShardEvent::Tail { .. }
            | ShardEvent::IngestFound { .. }
            | ShardEvent::IngestOpened { .. }
            | ShardEvent::SnapshotManifest { .. }
            | ShardEvent::ReadFailed { .. }
            | ShardEvent::PublishFailed { .. }
            | ShardEvent::IngestRead { .. }
            | ShardEvent::IngestFailed { .. }
            | ShardEvent::OutputsEmitted { .. }
            | ShardEvent::AgentSilent { .. }
            | ShardEvent::AgentBack { .. }
            | ShardEvent::Release
            | ShardEvent::RepairFromMemory => None,
        }
    }

    fn kind_of(&self, ask: &Ask) -> Option<Kind> {
        match ask {
            Ask::Append { bytes, .. } if self.faults.is_trap_set() => kind(bytes),
            Ask::Append { .. }
            | Ask::Info { .. }
            | Ask::Tail { .. }
            | Ask::Records { .. }
            | Ask::FindIngest { .. }
            | Ask::FindSnapshot { .. }
            | Ask::SnapshotPart { .. } => None,
        }
    }
}

fn kind(bytes: &[u8]) -> Option<Kind> {
    Some(match record::decode(bytes).ok()?.0.body {
        Body::Commit(_) => Kind::Commit,
        Body::EpochOpened(_) => Kind::Opening,
        Body::Trying(_) => Kind::Trying,
        Body::Released(_) => Kind::Released,
    })
}
