//! The fence: the record that opens an epoch, what must hold before it is sent, and what its arrival means.

use bytes::Bytes;
use model::{Millis, Time};
use protocol::record::{self, Body, EpochOpened, Hash, Rebased, Record};

use crate::action::{Action, Alarm, Left, Quarantine};
use crate::decider::Decider;
use crate::event::{PublishFailure, StoredRecord, StreamsInfo};
use crate::limits::{CLOCK_FAR, OPEN_CONFLICTS_AT_ONCE, OPEN_CONFLICTS_MAX};
use crate::machine::{Context, Stop};
use crate::mutants::{self, Mutant};
use crate::open::{Opening, Step};
use crate::replay::{Replay, Replayed};
use crate::running::Running;
use crate::time::{Clock, EngineTime, elapsed};

#[derive(Debug)]
pub(crate) struct Reading<D> {
    pub replay: Replay<D>,
    pub opening: Option<OpeningRecord>,
}

/// The `EpochOpened` that was sent, or is to be sent again.
#[derive(Debug)]
pub(crate) struct OpeningRecord {
    pub bytes: Bytes,
    pub hash: Hash,
    pub prev_hash: Hash,
    /// By both clocks.
    pub sent: Clock,
    /// As the journal stood before it.
    pub crashed: bool,
    pub journaled: Time,
}

impl<D: Decider> Opening<D> {
    /// The journal's positions must count the stream that is there, and it must hold what was acknowledged.
    pub fn check_ingest(&self, replay: &Replay<D>) -> Result<(), Quarantine> {
        let Some(info) = self.info.as_ref().filter(|_| !mutants::is(Mutant::IngestIdentityIgnored)) else {
            return Ok(());
        };
        if self.rebased.is_some_and(|rebased| rebased.position <= info.ingest.last_sequence) {
            return Ok(());
        }
        if let Some(expected) = replay.ingest.as_ref().filter(|expected| **expected != info.ingest_identity) {
            let found = Box::new(info.ingest_identity.clone());
            return Err(Quarantine::IngestReplaced { expected: Box::new(expected.clone()), found });
        }
        if info.ingest.last_sequence < replay.ingest_position {
            let first = info.ingest.last_sequence + 1;
            return Err(Quarantine::IngestLost { first, last: replay.ingest_position });
        }
        Ok(())
    }

    pub fn not_published(&mut self, failure: PublishFailure, cx: &mut Context<'_>) -> Result<(), Stop> {
        match failure {
            PublishFailure::WrongLastSequence => {
                self.conflicts += 1;
                if self.conflicts == OPEN_CONFLICTS_MAX {
                    return Err(Stop::Left(Left::Contended { attempts: self.conflicts }));
                }
                self.refresh();
                // A live owner is met again at once; a former leader tells the same old end for seconds.
                if self.conflicts < OPEN_CONFLICTS_AT_ONCE {
                    self.ask(cx);
                } else {
                    self.retry(cx);
                }
            }
            PublishFailure::TimedOut
            | PublishFailure::NoResponders
            | PublishFailure::Disconnected
            | PublishFailure::Other { .. } => self.retry(cx),
        }
        Ok(())
    }

    /// Our opening is in the journal.
    pub fn opened(
        self,
        opening: OpeningRecord,
        stamp: Time,
        cx: &mut Context<'_>,
    ) -> Result<Box<Running<D>>, Stop> {
        let (Step::Read(reading) | Step::Refresh(reading) | Step::Rebase(reading) | Step::Fence(reading)) =
            self.step
        else {
            return Err(Stop::Left(Left::NeverOpened));
        };
        let replay = reading.replay;
        let clock = cx.clock;
        let head = replay.reader.head();
        if head.hash != opening.hash {
            // It landed late, and another owner opened after it.
            return Err(Stop::Left(Left::Fenced { epoch: head.epoch, node: replay.node }));
        }
        if !cx.config.is_time_given() {
            // The stamp was given between sending and now, so our clock may be ahead of it by as much as has passed since.
            let latest = stamp + CLOCK_FAR + elapsed(clock.monotonic, opening.sent.monotonic);
            if stamp + CLOCK_FAR < opening.sent.wall || stamp > clock.wall + CLOCK_FAR || clock.wall > latest
            {
                return Err(Stop::Left(Left::ClockFar { ours: clock.wall, server: stamp }));
            }
            if opening.journaled > clock.wall + CLOCK_FAR {
                cx.act(Action::Alarm(Alarm::ClockBehindJournal {
                    clock: clock.wall,
                    journal: opening.journaled,
                }));
            }
        }
        let mut time = EngineTime::new(cx.config.time, clock, replay.now());
        let is_first = opening.journaled == Time(0);
        let stood_still = if is_first { Millis::ZERO } else { time.now(clock).since(opening.journaled) };
        cx.act(Action::Opened { epoch: head.epoch });
        cx.act(Action::Committed { sequence: head.sequence, bytes: opening.bytes });
        let mut running = Running::new(replay, time, opening.crashed, stood_still, cx);
        running.pump(cx)?;
        Ok(Box::new(running))
    }
}

impl<D: Decider> Reading<D> {
    pub fn read(&mut self, stored: &StoredRecord, cx: &mut Context<'_>) -> Result<Replayed, Stop> {
        let replayed = self.replay.read(stored.sequence, &stored.bytes).map_err(Quarantine::Chain)?;
        if let Replayed::Void = replayed {
            cx.statistics.voids += 1;
            cx.act(Action::Alarm(Alarm::VoidRecord { sequence: stored.sequence }));
        }
        Ok(replayed)
    }

    /// Writes the opening for where the chain is. One that was sent for the same place stays as it is: the same bytes
    /// or none.
    pub fn prepare(
        &mut self,
        nonce: u128,
        info: Option<&StreamsInfo>,
        rebased: Option<Rebased>,
        cx: &Context<'_>,
    ) -> Result<(), Stop> {
        let head = self.replay.reader.head();
        let header =
            if mutants::is(Mutant::EpochNotRaised) { head.next_header() } else { head.next_epoch_header() };
        let Some(info) = info else { return Ok(()) };
        // Of the last decision's time: ours is not yet known to be right, and until something is decided the standstill
        // goes on, whoever makes it good.
        let now = self.replay.now();
        let sent_before = self.opening.as_ref().filter(|opening| opening.is_for(header.prev_hash));
        if sent_before.is_some() {
            return Ok(());
        }
        let opened = EpochOpened {
            node: cx.config.node.clone(),
            nonce,
            ingest: info.ingest_identity.clone(),
            rebased,
        };
        let encoded = record::encode(&Record { header, now, body: Body::EpochOpened(opened) })
            .map_err(|error| Quarantine::Encode(error.to_string()))?;
        self.opening = Some(OpeningRecord {
            bytes: encoded.bytes.into(),
            hash: encoded.hash,
            prev_hash: header.prev_hash,
            sent: cx.clock,
            crashed: !self.replay.released,
            journaled: self.replay.now(),
        });
        Ok(())
    }
}

impl OpeningRecord {
    pub fn is_for(&self, prev_hash: Hash) -> bool {
        self.prev_hash == prev_hash
    }
}
