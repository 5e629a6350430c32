//! A record of unknown fate. A time-out, a 503, 10071, 10164 or a reconnect all say the same: nothing. The journal's
//! tail says what happened, and there are five answers:
//!
//! | the tail | what it means | what is done |
//! |---|---|---|
//! | holds our record | it arrived | go on |
//! | is what we knew | it did not, or not yet | append the same bytes again; should the first attempt still arrive, one of the two loses the compare-and-set |
//! | opens a higher epoch, or was purged further than we have written | we were fenced | drop everything, leave |
//! | is shorter than acknowledged, for [`SHORTER_BELIEVED_AFTER`] | the store lost data | quarantine; repair by command |
//! | holds anything else | two owners, or damage | quarantine |
//!
//! The answer to the retry itself decides nothing: to the same question one replica says 10071 and three say
//! `duplicate`.

use model::Millis;
use protocol::chain::{ChainHead, ChainReader, Step};
use protocol::record::{self, Body, Hash};

use crate::action::{Action, Alarm, Left, Quarantine, TimerReason};
use crate::decider::Decider;
use crate::event::{RequestId, StoredRecord, StreamFacts};
use crate::limits::{
    MISSING_READS_MAX, READ_RECORDS_MAX, READ_TIMEOUT, RETRY_AFTER, SHORTER_BELIEVED_AFTER, STALL_ALARM_AFTER,
};
use crate::machine::{Context, Question, Stop};
use crate::mutants::{self, Mutant};
use crate::running::Running;
use crate::time::{after, elapsed};

#[derive(Debug)]
pub(crate) struct Resolve {
    stage: Stage,
    /// Since when the journal appears shorter than it was.
    shorter_since: Option<Millis>,
    alarm_at: Millis,
    since: Millis,
    /// The server took the message for known; if it does not hold it, the next attempt needs another name.
    duplicate: bool,
    /// Reads that did not give a record which the journal should hold.
    misses: u32,
    /// An operator asked to append a lost suffix again.
    is_repair: bool,
}

#[derive(Debug)]
enum Stage {
    Waiting { until: Millis },
    Tail(Question),
    Records { question: Question, scan: Box<Scan> },
}

/// Reads on from the last record that we know, on a copy of the reader.
#[derive(Debug)]
struct Scan {
    probe: ChainReader,
    next: u64,
    last: u64,
    ours: Option<u64>,
}

impl<D: Decider> Running<D> {
    /// From here until the tail was read nothing is decided and nothing is sent.
    pub fn doubt(&mut self, duplicate: bool, cx: &mut Context<'_>) {
        cx.statistics.ambiguities += 1;
        if let Some(flight) = &mut self.flight {
            flight.question = None;
        }
        let now = cx.clock.monotonic;
        let since = self.flight.as_ref().map_or(now, |flight| flight.first_sent);
        // The first doubt is asked about at once; a store that keeps refusing is not asked at the speed of the network.
        let is_first = self.flight.as_ref().is_none_or(|flight| flight.attempts <= 1);
        let stage = if is_first {
            Stage::Tail(ask_tail(cx))
        } else {
            Stage::Waiting { until: after(now, RETRY_AFTER) }
        };
        let alarm_at = after(since, STALL_ALARM_AFTER);
        self.resolve = Some(Resolve {
            stage,
            shorter_since: None,
            alarm_at,
            since,
            duplicate,
            misses: 0,
            is_repair: false,
        });
    }

    /// Looks where the journal ends, in order to append from memory what it lost.
    pub fn repair(&mut self, cx: &mut Context<'_>) {
        self.doubt(false, cx);
        if let Some(resolve) = &mut self.resolve {
            resolve.is_repair = true;
        }
    }

    pub fn resolve_tick(&mut self, cx: &mut Context<'_>) {
        let now = cx.clock.monotonic;
        let is_overdue = self
            .flight
            .as_ref()
            .and_then(|flight| flight.question)
            .is_some_and(|question| question.deadline <= now);
        if is_overdue {
            self.doubt(false, cx);
        }
        let Some(resolve) = &mut self.resolve else { return };
        if resolve.alarm_at <= now {
            resolve.alarm_at = after(now, STALL_ALARM_AFTER);
            cx.act(Action::Alarm(Alarm::JournalStalled { millis: elapsed(now, resolve.since).0 }));
        }
        if resolve.due_at() <= now {
            resolve.stage = Stage::Tail(ask_tail(cx));
        }
    }

    pub fn resolve_wake_up(&self) -> Option<(Millis, TimerReason)> {
        self.resolve.as_ref().map(|resolve| (resolve.due_at().min(resolve.alarm_at), TimerReason::Retry))
    }

    pub fn resolve_failed(&mut self, request: RequestId, cx: &Context<'_>) {
        if let Some(resolve) = self.resolve.as_mut().filter(|resolve| resolve.awaits(request)) {
            resolve.wait(cx);
        }
    }

    pub fn resolve_tail(
        &mut self,
        request: RequestId,
        journal: &StreamFacts,
        cx: &mut Context<'_>,
    ) -> Result<(), Stop> {
        let Some(resolve) = self.resolve.as_mut().filter(|resolve| resolve.awaits(request)) else {
            return Ok(());
        };
        let (known, found) = (self.reader.sequence(), journal.last_sequence);
        if found < known && mutants::is(Mutant::LostEndIgnored) {
            let head = ChainHead { sequence: found, ..self.reader.head() };
            self.reader = ChainReader::from_trusted(head, self.reader.now());
            self.resolve = None;
            self.publish(cx);
            return Ok(());
        }
        if found < known {
            if resolve.is_repair {
                return self.repair_from(found, cx);
            }
            return resolve.shorter(known, found, cx);
        }
        // What was lost may have come back meanwhile; then there is nothing to repair.
        resolve.shorter_since = None;
        resolve.is_repair = false;
        // From the last accepted record, to see that it is still the one we know. We never purge that, so when it was
        // purged the first record that is left says who did.
        let next = self.reader.head().sequence.max(journal.first_sequence).max(1);
        let scan = Scan { probe: self.reader.clone(), next, last: found, ours: None };
        self.scan(scan, cx)
    }

    pub fn resolve_records(
        &mut self,
        request: RequestId,
        records: &[StoredRecord],
        cx: &mut Context<'_>,
    ) -> Result<(), Stop> {
        let Some(resolve) = self.resolve.as_mut().filter(|resolve| resolve.awaits(request)) else {
            return Ok(());
        };
        let stage = std::mem::replace(&mut resolve.stage, Stage::Waiting { until: cx.clock.monotonic });
        let Stage::Records { mut scan, question: _ } = stage else { return Ok(()) };
        if records.first().is_none_or(|record| record.sequence != scan.next) {
            return resolve.missed(&scan, cx);
        }
        resolve.misses = 0;
        if resolve.is_repair {
            return self.repair_after(&records[0], cx);
        }
        let ours = self.flight.as_ref().map(|flight| flight.hash);
        let last = scan.last;
        for record in records.iter().take_while(|record| record.sequence <= last) {
            scan.judge(record, self.reader.head(), self.reader.sequence(), ours, cx)?;
        }
        self.scan(*scan, cx)
    }

    /// Asks for what the scan has not seen, or draws the conclusion.
    fn scan(&mut self, scan: Scan, cx: &mut Context<'_>) -> Result<(), Stop> {
        let Some(resolve) = &mut self.resolve else { return Ok(()) };
        if scan.next <= scan.last {
            let through = scan.last.min(scan.next + READ_RECORDS_MAX - 1);
            let question = ask_records(scan.next, through, cx);
            resolve.stage = Stage::Records { question, scan: Box::new(scan) };
            return Ok(());
        }
        let is_misnamed = resolve.duplicate;
        self.resolve = None;
        self.reader = scan.probe;
        if let Some(sequence) = scan.ours {
            return self.landed(sequence, cx);
        }
        if let Some(flight) = &mut self.flight {
            flight.name += u32::from(is_misnamed);
            cx.statistics.appended_again += 1;
            self.publish(cx);
        }
        Ok(())
    }

    /// The journal ends at `found`; what we acknowledged beyond is in memory, or it is not.
    fn repair_from(&mut self, found: u64, cx: &mut Context<'_>) -> Result<(), Stop> {
        let lost = self.reader.sequence() - found;
        let suffix = self.retained.iter().rev().take_while(|record| record.sequence > found).count();
        if suffix as u64 != lost {
            cx.act(Action::Alarm(Alarm::RepairImpossible { why: "memory does not hold all that was lost" }));
            return Err(Stop::Quarantine(Quarantine::JournalLost { known: self.reader.sequence(), found }));
        }
        if found == 0 {
            return self.append_suffix(ChainReader::from_beginning(), cx);
        }
        let question = ask_records(found, found, cx);
        let scan = Scan { probe: self.reader.clone(), next: found, last: found, ours: None };
        if let Some(resolve) = &mut self.resolve {
            resolve.stage = Stage::Records { question, scan: Box::new(scan) };
        }
        Ok(())
    }

    /// `tail` is the record after which the lost suffix must continue.
    fn repair_after(&mut self, tail: &StoredRecord, cx: &mut Context<'_>) -> Result<(), Stop> {
        let (record, hash) = record::decode(&tail.bytes).map_err(Quarantine::Tail)?;
        let head = ChainHead {
            epoch: record.header.epoch,
            commit_no: record.header.commit_no,
            hash,
            sequence: tail.sequence,
        };
        let first = self.retained.iter().find(|record| record.sequence > tail.sequence);
        if first.is_none_or(|first| first.header.prev_hash != hash) {
            cx.act(Action::Alarm(Alarm::RepairImpossible {
                why: "the tail is not what the lost records continue",
            }));
            return Err(Stop::Quarantine(Quarantine::RecordReplaced { sequence: tail.sequence }));
        }
        self.append_suffix(ChainReader::from_trusted(head, record.now), cx)
    }

    fn append_suffix(&mut self, reader: ChainReader, cx: &mut Context<'_>) -> Result<(), Stop> {
        let (first, last) = (reader.sequence() + 1, self.reader.sequence());
        let kept = self.retained.iter().filter(|record| record.sequence < first).count();
        let name = self.flight.as_ref().map_or(0, |flight| flight.name) + 1;
        let suffix = self.retained.drain(kept..).map(|record| record.fly_again(name, cx.clock.monotonic));
        self.lost_suffix.extend(suffix);
        self.lost_suffix.extend(self.flight.take());
        self.retained_bytes = self.retained.iter().map(|record| record.bytes.len()).sum();
        self.reader = reader;
        self.resolve = None;
        self.flight = self.lost_suffix.pop_front();
        cx.act(Action::Alarm(Alarm::Repaired { first, last }));
        self.publish(cx);
        Ok(())
    }
}

impl Resolve {
    fn awaits(&self, request: RequestId) -> bool {
        match &self.stage {
            Stage::Waiting { .. } => false,
            Stage::Tail(question) | Stage::Records { question, .. } => question.is(request),
        }
    }

    fn due_at(&self) -> Millis {
        match &self.stage {
            Stage::Waiting { until } => *until,
            Stage::Tail(question) | Stage::Records { question, .. } => question.deadline,
        }
    }

    fn wait(&mut self, cx: &Context<'_>) {
        self.stage = Stage::Waiting { until: after(cx.clock.monotonic, RETRY_AFTER) };
    }

    fn shorter(&mut self, known: u64, found: u64, cx: &mut Context<'_>) -> Result<(), Stop> {
        if mutants::is(Mutant::ShorterBelievedAtOnce) {
            return Err(Stop::Quarantine(Quarantine::JournalLost { known, found }));
        }
        let now = cx.clock.monotonic;
        match self.shorter_since {
            None => {
                self.shorter_since = Some(now);
                cx.act(Action::Alarm(Alarm::JournalShorter { known, found }));
            }
            Some(since) if elapsed(now, since) >= SHORTER_BELIEVED_AFTER => {
                return Err(Stop::Quarantine(Quarantine::JournalLost { known, found }));
            }
            Some(_) => {}
        }
        self.wait(cx);
        Ok(())
    }

    fn missed(&mut self, scan: &Scan, cx: &Context<'_>) -> Result<(), Stop> {
        self.misses += 1;
        if self.misses >= MISSING_READS_MAX {
            return Err(Stop::Quarantine(Quarantine::RecordMissing { sequence: scan.next, last: scan.last }));
        }
        self.wait(cx);
        Ok(())
    }
}

impl Scan {
    fn judge(
        &mut self,
        stored: &StoredRecord,
        head: ChainHead,
        known: u64,
        ours: Option<Hash>,
        cx: &mut Context<'_>,
    ) -> Result<(), Stop> {
        self.next = stored.sequence + 1;
        if stored.sequence <= known {
            let is_head = stored.sequence == head.sequence;
            if is_head && record::decode(&stored.bytes).map_err(Quarantine::Tail)?.1 != head.hash {
                return Err(Stop::Quarantine(Quarantine::RecordReplaced { sequence: stored.sequence }));
            }
            return Ok(());
        }
        if stored.sequence > self.probe.sequence() + 1 {
            let (record, _) = record::decode(&stored.bytes).map_err(Quarantine::Tail)?;
            let epoch = record.header.epoch;
            if epoch > head.epoch {
                let node = match record.body {
                    Body::EpochOpened(opened) => opened.node,
                    Body::Commit(_) | Body::Trying(_) | Body::Released(_) => "unknown".to_owned(),
                };
                return Err(Stop::Left(Left::Fenced { epoch, node }));
            }
        }
        match self.probe.read(stored.sequence, &stored.bytes).map_err(Quarantine::Chain)? {
            Step::Void(_) => {
                cx.statistics.voids += 1;
                cx.act(Action::Alarm(Alarm::VoidRecord { sequence: stored.sequence }));
                Ok(())
            }
            Step::Accepted { hash, .. } if Some(hash) == ours => {
                self.ours = Some(stored.sequence);
                Ok(())
            }
            Step::Accepted { record, .. } => Err(match record.body {
                Body::EpochOpened(opened) => {
                    Stop::Left(Left::Fenced { epoch: record.header.epoch, node: opened.node })
                }
                Body::Commit(_) | Body::Trying(_) | Body::Released(_) => {
                    Stop::Quarantine(Quarantine::RecordForeign {
                        sequence: stored.sequence,
                        epoch: record.header.epoch,
                    })
                }
            }),
        }
    }
}

fn ask_tail(cx: &mut Context<'_>) -> Question {
    let request = cx.request();
    cx.act(Action::ReadTail { request });
    Question::new(request, after(cx.clock.monotonic, READ_TIMEOUT))
}

fn ask_records(from: u64, through: u64, cx: &mut Context<'_>) -> Question {
    let request = cx.request();
    cx.act(Action::ReadRecords { request, from, through });
    Question::new(request, after(cx.clock.monotonic, READ_TIMEOUT))
}
