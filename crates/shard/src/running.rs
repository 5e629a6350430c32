//! The owner of a shard: what it holds, and what it makes of each event.

use std::collections::VecDeque;

use model::{Input, Millis};
use protocol::chain::ChainReader;

use crate::action::{Action, Alarm, Left};
use crate::admission::Admission;
use crate::commit::{Flight, Group, Outgrown, Retained};
use crate::decider::Decider;
use crate::event::{PublishFailure, ShardEvent};
use crate::intake::Intake;
use crate::limits::{HEARTBEATS_MAX, RELEASE_OUTPUTS_MAX, RETAINED_BYTES_MAX, RETAINED_RECORDS_MAX};
use crate::machine::{Context, Stop};
use crate::mutants::{self, Mutant};
use crate::outbox::Outbox;
use crate::poison::Poison;
use crate::replay::Replay;
use crate::resolve::Resolve;
use crate::stall::Stall;
use crate::time::{EngineTime, after};

#[derive(Debug)]
pub(crate) struct Running<D> {
    /// Ahead of the journal by the record in flight and the open group.
    pub engine: D,
    /// Exactly what the journal acknowledged.
    pub reader: ChainReader,
    pub time: EngineTime,
    pub intake: Intake,
    /// Last ingest sequence decided, and the last one in the journal.
    pub position: u64,
    pub committed_position: u64,
    pub group: Group,
    pub flight: Option<Flight>,
    /// Records to append after the one in flight; only while a lost end of the journal is repaired.
    pub lost_suffix: VecDeque<Flight>,
    /// Set when the open group fitted no record; nothing is decided from then on.
    pub outgrown: Option<Outgrown>,
    /// Set while the fate of the record in flight is unknown.
    pub resolve: Option<Resolve>,
    pub retained: VecDeque<Retained>,
    pub retained_bytes: usize,
    pub outbox: Outbox,
    pub poison: Poison,
    pub admission: Admission,
    pub stall: Stall,
    /// Heartbeat changes that wait for the inputs before them.
    pub heartbeats: VecDeque<Input>,
    /// What the engine was last told.
    pub is_offering: bool,
    /// Since when there is progress that the journal does not show.
    pub progress_since: Option<Millis>,
    /// When a release stops waiting for outputs.
    pub releasing: Option<Millis>,
}

impl<D: Decider> Running<D> {
    /// Takes over where the journal ends; its last record is our opening. `crashed`: the owner before did not release.
    pub fn new(
        replay: Replay<D>,
        time: EngineTime,
        crashed: bool,
        stood_still: Millis,
        cx: &mut Context<'_>,
    ) -> Running<D> {
        let mut outbox = Outbox::new(replay.published_through);
        for outputs in replay.unpublished.into_iter().filter(|_| !mutants::is(Mutant::NothingSentAgain)) {
            outbox.emit(outputs, cx.clock.monotonic, cx.actions);
        }
        let tried = replay.trying.map(|trial| trial.position);
        let mut stall = Stall::default();
        stall.owe(stood_still);
        Running {
            engine: replay.engine,
            reader: replay.reader,
            time,
            intake: Intake::new(replay.ingest_position, replay.ingest_stamp, tried, cx),
            position: replay.ingest_position,
            committed_position: replay.ingest_position,
            group: Group::default(),
            flight: None,
            lost_suffix: VecDeque::new(),
            outgrown: None,
            resolve: None,
            retained: VecDeque::new(),
            retained_bytes: 0,
            outbox,
            poison: Poison::new(crashed, replay.trying),
            admission: Admission::default(),
            stall,
            heartbeats: VecDeque::new(),
            is_offering: false,
            progress_since: None,
            releasing: None,
        }
    }

    pub fn handle(&mut self, event: ShardEvent, cx: &mut Context<'_>) -> Result<(), Stop> {
        match event {
            ShardEvent::Tick => {
                self.intake.tick(cx);
                self.outbox.tick(cx.clock.monotonic, cx.actions);
                self.resolve_tick(cx);
            }
            ShardEvent::IngestOpened { request, first, before } => {
                self.intake.opened(request, first);
                if !cx.config.is_time_given() {
                    self.intake.judge_stamp(request, before)?;
                }
            }
            ShardEvent::IngestRead { request, messages, pending, end } => {
                self.intake.insert(request, messages, pending, cx);
                self.intake.judge_end(request, end, cx.clock.monotonic)?;
            }
            ShardEvent::IngestFailed { request } => self.intake.failed(request, cx.clock.monotonic),
            ShardEvent::Published { request, sequence, duplicate } => {
                self.published(request, sequence, duplicate, cx)?;
            }
            ShardEvent::PublishFailed { failure: PublishFailure::WrongLastSequence, .. }
                if mutants::is(Mutant::ConflictBelievedFenced) =>
            {
                let epoch = self.reader.head().epoch + 1;
                return Err(Stop::Left(Left::Fenced { epoch, node: String::new() }));
            }
            ShardEvent::PublishFailed { request, failure: PublishFailure::WrongLastSequence }
                if mutants::is(Mutant::ConflictBelievedOurs) =>
            {
                self.published(request, self.reader.sequence() + 1, false, cx)?;
            }
            ShardEvent::PublishFailed { request, failure: _ } => {
                let question = self.flight.as_ref().and_then(|flight| flight.question);
                if question.is_some_and(|question| question.is(request)) {
                    self.doubt(false, cx);
                }
            }
            ShardEvent::Tail { request, journal } => self.resolve_tail(request, &journal, cx)?,
            ShardEvent::Records { request, records } => self.resolve_records(request, &records, cx)?,
            ShardEvent::ReadFailed { request } => self.resolve_failed(request, cx),
            ShardEvent::OutputsEmitted { through } => self.outputs_emitted(through, cx.clock.monotonic),
            ShardEvent::AgentSilent { tenant, agent, session } => {
                self.heartbeat(Input::AgentSilent { tenant, agent, session }, cx);
            }
            ShardEvent::AgentBack { tenant, agent, session } => {
                self.heartbeat(Input::AgentBack { tenant, agent, session }, cx);
            }
            ShardEvent::Release => {
                let until = after(cx.clock.monotonic, RELEASE_OUTPUTS_MAX);
                self.releasing.get_or_insert(until);
            }
            // Answers to questions of the opening, and a start or a repair where there is nothing to do.
            ShardEvent::Start { .. }
            | ShardEvent::StreamInfo { .. }
            | ShardEvent::IngestFound { .. }
            | ShardEvent::SnapshotManifest { .. }
            | ShardEvent::SnapshotPart { .. }
            | ShardEvent::RepairFromMemory => {}
        }
        self.pump(cx)
    }

    pub fn retain(&mut self, sequence: u64, flight: &Flight) {
        self.retained_bytes += flight.bytes.len();
        self.retained.push_back(Retained {
            sequence,
            header: flight.header,
            now: flight.now,
            hash: flight.hash,
            bytes: flight.bytes.clone(),
        });
        while self.retained.len() > RETAINED_RECORDS_MAX || self.retained_bytes > RETAINED_BYTES_MAX {
            let Some(oldest) = self.retained.pop_front() else { return };
            self.retained_bytes -= oldest.bytes.len();
        }
    }

    fn outputs_emitted(&mut self, through: u64, now: Millis) {
        if let Some(full_since) = self.outbox.confirm(through, now) {
            self.stall.stood_still(full_since, now);
        }
    }

    fn heartbeat(&mut self, input: Input, cx: &mut Context<'_>) {
        if self.heartbeats.len() < HEARTBEATS_MAX {
            self.heartbeats.push_back(input);
        } else {
            cx.act(Action::Alarm(Alarm::HeartbeatsDropped));
        }
    }
}
