//! Taking a shard over: recover, then fence.
//!
//! The state is rebuilt first, from the newest snapshot that belongs to this journal and the records behind it, and the
//! fence is set where the reading ended: an `EpochOpened` with the last sequence read as the expected one. It
//! lands only if that was the whole journal; otherwise the rest is read and it is tried again. This order has two
//! reasons. The opening must continue the chain's head, which is not the stream's tail when the tail is void. And
//! the former owner, if it lives, serves until the very moment in which this one can.
//!
//! The opening is then read back: it proves the append, and its stamp is the server's clock, which ours must match.

use model::{Millis, Row};
use protocol::record::Rebased;
use protocol::snapshot::{Decoder, Manifest};

use crate::action::{Action, Alarm, Left, Quarantine, TimerReason};
use crate::decider::Decider;
use crate::event::{RequestId, ShardEvent, StoredRecord, StreamsInfo};
use crate::fence::Reading;
use crate::fit::is_of_record;
use crate::limits::{ACK_TIMEOUT, CLOCK_FAR, MISSING_READS_MAX, READ_RECORDS_MAX, READ_TIMEOUT, RETRY_AFTER};
use crate::machine::{Context, Opened, Question, Stop};
use crate::replay::{Replay, Replayed};
use crate::time::after;

#[derive(Debug)]
pub(crate) struct Opening<D> {
    pub step: Step<D>,
    /// What awaits an answer; while waiting, when to ask again.
    pub question: Option<Question>,
    pub retry_at: Option<Millis>,
    pub nonce: u128,
    /// Nothing before the first answer.
    pub info: Option<StreamsInfo>,
    /// Journal sequence read when `info` was asked for.
    pub info_at: u64,
    pub snapshots_tried: u32,
    pub conflicts: u32,
    pub misses: u32,
    /// Where a rebased ingest stream is read from.
    pub rebased: Option<Rebased>,
}

#[derive(Debug)]
pub(crate) enum Step<D> {
    /// Ask how far the streams go, before anything is read.
    Begin,
    FindSnapshot {
        before: u64,
    },
    /// Is the manifest's record in the journal?
    CheckSnapshot(Box<Manifest>),
    ReadSnapshot {
        decoder: Box<Decoder>,
        rows: Vec<Row>,
    },
    /// Read records up to the end that `info` told; then append the opening.
    Read(Box<Reading<D>>),
    /// Ask how far the streams go now, then read on.
    Refresh(Box<Reading<D>>),
    /// Find where to read a rebased ingest stream from.
    Rebase(Box<Reading<D>>),
    /// The opening was sent.
    Fence(Box<Reading<D>>),
}

impl<D: Decider> Opening<D> {
    pub fn start(nonce: u128, cx: &mut Context<'_>) -> Opening<D> {
        let mut opening = Opening {
            step: Step::Begin,
            question: None,
            retry_at: None,
            nonce,
            info: None,
            info_at: 0,
            snapshots_tried: 0,
            conflicts: 0,
            misses: 0,
            rebased: None,
        };
        opening.ask(cx);
        opening
    }

    /// From a state that followed the journal so far.
    pub fn resume(replay: Replay<D>, nonce: u128, cx: &mut Context<'_>) -> Opening<D> {
        let mut opening = Opening::start(nonce, cx);
        opening.info_at = replay.reader.sequence();
        opening.step = Step::Refresh(Box::new(Reading { replay, opening: None }));
        opening
    }

    pub fn wake_up(&self) -> Option<(Millis, TimerReason)> {
        let answer = self.question.map(|question| (question.deadline, TimerReason::Answer));
        answer.or(self.retry_at.map(|at| (at, TimerReason::Retry)))
    }

    pub fn handle(mut self: Box<Self>, event: ShardEvent, cx: &mut Context<'_>) -> Result<Opened<D>, Stop> {
        match event {
            ShardEvent::Tick => self.tick(cx),
            ShardEvent::Release => return Err(Stop::Left(Left::NeverOpened)),
            ShardEvent::ReadFailed { request } if self.is_awaited(request) => self.retry(cx),
            ShardEvent::StreamInfo { request, info } if self.is_awaited(request) => {
                self.informed(info, cx)?
            }
            ShardEvent::IngestFound { request, position } if self.is_awaited(request) => {
                if let Step::Rebase(reading) = &self.step {
                    let from = reading.replay.ingest_position;
                    cx.act(Action::Alarm(Alarm::IngestRebased { from, to: position }));
                    self.rebased = Some(Rebased { position });
                }
                self.read_on(cx)?;
            }
            ShardEvent::SnapshotManifest { request, manifest } if self.is_awaited(request) => {
                self.manifest(manifest, cx)?;
            }
            ShardEvent::SnapshotPart { request, part } if self.is_awaited(request) => self.part(part, cx)?,
            ShardEvent::Records { request, records } if self.is_awaited(request) => {
                return self.records(&records, cx);
            }
            ShardEvent::Published { request, sequence, .. } if self.is_awaited(request) => {
                if let Some(info) = &mut self.info {
                    info.journal.last_sequence = info.journal.last_sequence.max(sequence);
                }
                self.read_on(cx)?;
            }
            ShardEvent::PublishFailed { request, failure } if self.is_awaited(request) => {
                self.not_published(failure, cx)?;
            }
            // Late answers, and what only concerns an owner.
            ShardEvent::ReadFailed { .. }
            | ShardEvent::StreamInfo { .. }
            | ShardEvent::Tail { .. }
            | ShardEvent::IngestFound { .. }
            | ShardEvent::SnapshotManifest { .. }
            | ShardEvent::SnapshotPart { .. }
            | ShardEvent::Records { .. }
            | ShardEvent::Published { .. }
            | ShardEvent::PublishFailed { .. }
            | ShardEvent::Start { .. }
            | ShardEvent::IngestOpened { .. }
            | ShardEvent::IngestRead { .. }
            | ShardEvent::IngestFailed { .. }
            | ShardEvent::OutputsEmitted { .. }
            | ShardEvent::AgentSilent { .. }
            | ShardEvent::AgentBack { .. }
            | ShardEvent::RepairFromMemory => {}
        }
        Ok(Opened::NotYet(self))
    }

    fn is_awaited(&self, request: RequestId) -> bool {
        self.question.is_some_and(|question| question.is(request))
    }

    fn tick(&mut self, cx: &mut Context<'_>) {
        let now = cx.clock.monotonic;
        let is_overdue = self.question.is_some_and(|question| question.deadline <= now);
        if is_overdue || self.retry_at.is_some_and(|at| at <= now) {
            self.refresh();
            self.ask(cx);
        }
    }

    pub fn retry(&mut self, cx: &Context<'_>) {
        self.question = None;
        self.retry_at = Some(after(cx.clock.monotonic, RETRY_AFTER));
    }

    /// What was sent may have landed, and what was read may be old: look again.
    pub fn refresh(&mut self) {
        self.step = match std::mem::replace(&mut self.step, Step::Begin) {
            Step::Read(reading) | Step::Rebase(reading) | Step::Fence(reading) | Step::Refresh(reading) => {
                Step::Refresh(reading)
            }
            step @ (Step::Begin
            | Step::FindSnapshot { .. }
            | Step::CheckSnapshot(_)
            | Step::ReadSnapshot { .. }) => step,
        };
    }

    /// Asks what the present step needs to know.
    pub fn ask(&mut self, cx: &mut Context<'_>) {
        let request = cx.request();
        let mut span = READ_TIMEOUT;
        let action = match &self.step {
            Step::Begin => Action::ReadStreamInfo { request },
            Step::FindSnapshot { before } => Action::FindSnapshot { request, before: *before },
            Step::CheckSnapshot(manifest) => {
                let sequence = manifest.stream_sequence;
                Action::ReadRecords { request, from: sequence, through: sequence }
            }
            Step::ReadSnapshot { decoder, .. } => Action::ReadSnapshotPart {
                request,
                epoch: decoder.manifest().epoch,
                commit_no: decoder.manifest().commit_no,
                index: decoder.next_part().unwrap_or_default(),
            },
            Step::Refresh(reading) => {
                self.info_at = reading.replay.reader.sequence();
                Action::ReadStreamInfo { request }
            }
            Step::Read(reading) => {
                let from = reading.replay.reader.sequence() + 1;
                let through = self.journal_end().min(from + READ_RECORDS_MAX - 1);
                Action::ReadRecords { request, from, through }
            }
            Step::Rebase(reading) => {
                // What was stored shortly before the last decision may have been decided or not; a repeat changes nothing.
                let since = reading.replay.now() - CLOCK_FAR;
                Action::FindIngest { request, since }
            }
            Step::Fence(reading) => {
                span = ACK_TIMEOUT;
                let reader = &reading.replay.reader;
                Action::Publish {
                    request,
                    expected_last_sequence: reader.sequence(),
                    message_id: format!(
                        "{}.{}.{:x}",
                        reader.head().epoch + 1,
                        reader.head().commit_no + 1,
                        self.nonce
                    ),
                    bytes: reading
                        .opening
                        .as_ref()
                        .expect("an opening is made before it is sent")
                        .bytes
                        .clone(),
                }
            }
        };
        cx.act(action);
        self.retry_at = None;
        self.question = Some(Question::new(request, after(cx.clock.monotonic, span)));
    }

    fn informed(&mut self, info: StreamsInfo, cx: &mut Context<'_>) -> Result<(), Stop> {
        let (last, witness) = (info.journal.last_sequence, info.witness);
        self.info = Some(info);
        if last < witness {
            self.refresh();
            return self.doubt(Quarantine::JournalTruncated { last, witness }, cx);
        }
        self.step = match std::mem::replace(&mut self.step, Step::Begin) {
            Step::Begin => Step::FindSnapshot { before: u64::MAX },
            Step::Refresh(reading) | Step::Read(reading) | Step::Rebase(reading) | Step::Fence(reading) => {
                self.step = Step::Read(reading);
                return self.read_on(cx);
            }
            step @ (Step::FindSnapshot { .. } | Step::CheckSnapshot(_) | Step::ReadSnapshot { .. }) => step,
        };
        self.ask(cx);
        Ok(())
    }

    pub fn read_with(&mut self, replay: Replay<D>, cx: &mut Context<'_>) -> Result<(), Stop> {
        self.step = Step::Read(Box::new(Reading { replay, opening: None }));
        self.read_on(cx)
    }

    /// Asks for the records that are not read yet; fences when there are none.
    pub fn read_on(&mut self, cx: &mut Context<'_>) -> Result<(), Stop> {
        let (Step::Read(mut reading)
        | Step::Refresh(mut reading)
        | Step::Rebase(mut reading)
        | Step::Fence(mut reading)) = std::mem::replace(&mut self.step, Step::Begin)
        else {
            return Ok(());
        };
        let (known, end) = (reading.replay.reader.sequence(), self.journal_end());
        if known + 1 < self.journal_begin() {
            // What follows was purged while we stood here, so a newer snapshot covers it.
            self.misses = 0;
            self.step = Step::FindSnapshot { before: u64::MAX };
        } else if known < end {
            self.step = Step::Read(reading);
        } else if self.info_at != known {
            // The end may have moved while the records were read, and so may ingest.
            self.step = Step::Refresh(reading);
        } else if known > end {
            self.step = Step::Refresh(reading);
            return self.doubt(Quarantine::JournalLost { known, found: end }, cx);
        } else if cx.config.rebase && self.rebased.is_none() {
            self.step = Step::Rebase(reading);
        } else if let Err(reason) = self.check_ingest(&reading.replay) {
            self.step = Step::Refresh(reading);
            return self.doubt(reason, cx);
        } else {
            reading.prepare(self.nonce, self.info.as_ref(), self.rebased, cx)?;
            self.step = Step::Fence(reading);
        }
        self.ask(cx);
        Ok(())
    }

    /// An answer that would be an incident, if it is still given when every former leader must have stepped down.
    pub fn doubt(&mut self, reason: Quarantine, cx: &mut Context<'_>) -> Result<(), Stop> {
        self.misses += 1;
        if self.misses == MISSING_READS_MAX {
            return Err(reason.into());
        }
        self.retry(cx);
        Ok(())
    }

    fn records(
        mut self: Box<Self>,
        records: &[StoredRecord],
        cx: &mut Context<'_>,
    ) -> Result<Opened<D>, Stop> {
        if let Step::CheckSnapshot(manifest) = &self.step {
            let manifest = (**manifest).clone();
            match is_of_record(&manifest, records) {
                Ok(()) => self.read_snapshot(manifest, cx)?,
                Err(why) => self.pass_over(manifest.commit_no, why, cx)?,
            }
            return Ok(Opened::NotYet(self));
        }
        let end = self.journal_end();
        let Step::Read(reading) = &mut self.step else { return Ok(Opened::NotYet(self)) };
        let sequence = reading.replay.reader.sequence() + 1;
        if records.first().is_none_or(|record| record.sequence != sequence) {
            self.doubt(Quarantine::RecordMissing { sequence, last: end }, cx)?;
            return Ok(Opened::NotYet(self));
        }
        self.misses = 0;
        let mut is_open = None;
        for stored in records {
            if let Replayed::Applied { hash } = reading.read(stored, cx)? {
                is_open = is_open
                    .or(reading.opening.take_if(|opening| opening.hash == hash).map(|o| (o, stored.stamp)));
            }
        }
        match is_open {
            Some((opening, stamp)) => self.opened(opening, stamp, cx).map(Opened::Owner),
            None => {
                self.read_on(cx)?;
                Ok(Opened::NotYet(self))
            }
        }
    }

    pub fn journal_begin(&self) -> u64 {
        self.info.as_ref().map_or(1, |info| info.journal.first_sequence)
    }

    pub fn journal_end(&self) -> u64 {
        self.info.as_ref().map_or(0, |info| info.journal.last_sequence)
    }
}
