//! What a shard of this node has done, for whoever must keep step with it.
//!
//! The shard itself says what it wants done and no more, so this reads its progress off the traffic: one record is in
//! flight at a time, a record holds every input decided before it was sent, and commits count without a gap.

use std::collections::VecDeque;

use model::Time;
use protocol::record;
use shard::limits::INBOX_MAX;
use shard::{Action, Alarm, IngestMessage, RequestId, ShardEvent};

use crate::follower::FollowerState;
use crate::latency::LatencySummary;

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
    /// An input or a timer, from being taken up by the engine to being decided.
    pub decision: LatencySummary,
    /// A record, from being handed to the journal to its acknowledgement.
    pub commit: LatencySummary,
    /// Questions and snapshots depend on it; looked at whenever the shard is told something.
    pub follower: FollowerState,
    /// Why the shard is not owned any more.
    pub left: Option<String>,
}

/// Follows one shard's events and actions.
#[derive(Debug, Default)]
pub(crate) struct Tracker {
    pub epoch: u64,
    pub commit_no: u64,
    pub ingest_position: u64,
    subscription: Option<RequestId>,
    /// Last sequence that the shard took.
    taken: u64,
    /// What the server held behind it; nothing before the subscription said.
    pending: Option<u64>,
    /// Last sequence decided when the event at hand came.
    decided: u64,
    /// Position in the record in flight.
    in_flight: Option<u64>,
    /// Commits whose outputs are on their way.
    emitting: VecDeque<u64>,
}

impl Tracker {
    /// Before the shard handles the event.
    pub fn told(&mut self, event: &ShardEvent) {
        match event {
            ShardEvent::IngestRead { request, messages, pending, .. }
                if self.subscription == Some(*request) =>
            {
                self.taken = messages.iter().fold(self.taken, follow);
                self.pending = Some(*pending);
            }
            ShardEvent::OutputsEmitted { through } => {
                while self.emitting.pop_front_if(|commit_no| *commit_no <= *through).is_some() {}
            }
            ShardEvent::IngestRead { .. }
            | ShardEvent::Start { .. }
            | ShardEvent::Tick
            | ShardEvent::StreamInfo { .. }
            | ShardEvent::Tail { .. }
            | ShardEvent::Records { .. }
            | ShardEvent::IngestFound { .. }
            | ShardEvent::SnapshotManifest { .. }
            | ShardEvent::SnapshotPart { .. }
            | ShardEvent::ReadFailed { .. }
            | ShardEvent::Published { .. }
            | ShardEvent::PublishFailed { .. }
            | ShardEvent::IngestOpened { .. }
            | ShardEvent::IngestFailed { .. }
            | ShardEvent::AgentSilent { .. }
            | ShardEvent::AgentBack { .. }
            | ShardEvent::Release
            | ShardEvent::RepairFromMemory => {}
        }
    }

    /// After it did. `room` is the shard's from then on.
    pub fn asked(&mut self, actions: &[Action], room: usize) {
        for action in actions {
            match action {
                // Sent again it is the same record, whatever was decided since.
                Action::Publish { .. } => _ = self.in_flight.get_or_insert(self.decided),
                Action::Opened { epoch } => self.epoch = *epoch,
                Action::Committed { bytes, .. } => {
                    self.commit_no = match self.commit_no {
                        // The opening, which is small; later ones are counted.
                        0 => record::decode(bytes).map_or(0, |(opening, _)| opening.header.commit_no),
                        commit_no => commit_no + 1,
                    };
                    let position = self.in_flight.take().unwrap_or_default();
                    self.ingest_position = self.ingest_position.max(position);
                }
                Action::SubscribeIngest { request, from } => {
                    self.subscription = Some(*request);
                    self.pending = None;
                    self.taken = from.saturating_sub(1);
                    if self.ingest_position == 0 {
                        self.ingest_position = self.taken;
                    }
                }
                Action::Emit(outputs) => self.emitting.push_back(outputs.commit_no),
                Action::Alarm(Alarm::InputsLost { last, .. }) => self.taken = self.taken.max(*last),
                Action::Alarm(_)
                | Action::ReadStreamInfo { .. }
                | Action::ReadTail { .. }
                | Action::ReadRecords { .. }
                | Action::FindIngest { .. }
                | Action::FindSnapshot { .. }
                | Action::ReadSnapshotPart { .. }
                | Action::SetTimer { .. }
                | Action::Quarantine(_)
                | Action::Left(_) => {}
            }
        }
        self.decided = self.taken.saturating_sub((INBOX_MAX - room.min(INBOX_MAX)) as u64);
        if self.epoch > 0 && self.in_flight.is_none() && room == INBOX_MAX {
            // With nothing in flight, what was decided without an effect is as good as journaled.
            self.ingest_position = self.ingest_position.max(self.taken);
        }
    }

    /// Everything that was read is in the journal and out, and the server holds no more.
    pub fn is_idle(&self, room: usize) -> bool {
        self.epoch > 0
            && self.in_flight.is_none()
            && room == INBOX_MAX
            && self.pending == Some(0)
            && self.emitting.is_empty()
    }

    pub fn emitted_through(&self) -> u64 {
        self.emitting.front().map_or(self.commit_no, |commit_no| commit_no - 1)
    }
}

/// The shard takes what follows, skips what it has, and refuses what lies behind a gap.
fn follow(taken: u64, message: &IngestMessage) -> u64 {
    if message.sequence == taken + 1 { message.sequence } else { taken }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use protocol::record::{Body, Hash, Header, Record, Released};

    fn publish() -> Action {
        let (request, message_id) = (RequestId(9), String::new());
        Action::Publish { request, expected_last_sequence: 0, message_id, bytes: Bytes::new() }
    }
    fn committed() -> Action {
        Action::Committed { sequence: 1, bytes: Bytes::new() }
    }
    /// The opening as the shard tells it.
    fn opening() -> Action {
        let header = Header { epoch: 3, commit_no: 7, prev_hash: Hash::ZERO };
        let body = Body::Released(Released { published_through: 0 });
        let encoded = record::encode(&Record { header, now: Time(0), body }).expect("it is small");
        Action::Committed { sequence: 1, bytes: encoded.bytes.into() }
    }
    fn read(sequences: std::ops::RangeInclusive<u64>, pending: u64) -> ShardEvent {
        let message = |sequence| IngestMessage {
            sequence,
            subject: String::new(),
            stamp: Time(0),
            bytes: Bytes::new(),
            traceparent: None,
        };
        let end = *sequences.end() + pending;
        ShardEvent::IngestRead {
            request: RequestId(1),
            messages: sequences.map(message).collect(),
            pending,
            end,
        }
    }
    fn open() -> Tracker {
        let mut tracker = Tracker::default();
        let subscribe = Action::SubscribeIngest { request: RequestId(1), from: 11 };
        tracker.asked(&[publish()], 0);
        tracker.asked(&[Action::Opened { epoch: 3 }, opening(), subscribe], INBOX_MAX);
        assert_eq!((tracker.epoch, tracker.commit_no, tracker.ingest_position), (3, 7, 10));
        tracker
    }

    #[test]
    fn an_input_counts_once_its_record_is_there() {
        let mut tracker = open();
        tracker.told(&read(11..=13, 0));
        // All three were decided in this turn and are in the record.
        tracker.asked(&[publish()], INBOX_MAX);
        assert_eq!(tracker.ingest_position, 10);
        assert!(!tracker.is_idle(INBOX_MAX));
        tracker.told(&ShardEvent::Tick);
        tracker.asked(&[committed()], INBOX_MAX);
        assert_eq!(tracker.ingest_position, 13);
        assert!(tracker.is_idle(INBOX_MAX));
    }

    #[test]
    fn what_is_read_but_not_decided_does_not_count() {
        let mut tracker = open();
        tracker.told(&read(11..=13, 5));
        tracker.asked(&[publish()], INBOX_MAX - 2);
        tracker.told(&ShardEvent::Tick);
        tracker.asked(&[committed(), publish()], INBOX_MAX - 2);
        assert_eq!((tracker.ingest_position, tracker.commit_no), (10, 8));
        tracker.told(&ShardEvent::Tick);
        tracker.asked(&[committed()], INBOX_MAX - 2);
        assert_eq!((tracker.ingest_position, tracker.commit_no), (11, 9));
    }

    #[test]
    fn what_lies_behind_a_gap_does_not_count() {
        let mut tracker = open();
        tracker.told(&read(12..=13, 0));
        tracker.asked(&[], INBOX_MAX);
        assert_eq!(tracker.ingest_position, 10);
    }
}
