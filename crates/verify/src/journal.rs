//! Reads the journal: one chain, positions that only grow and cover every input, and each transition against the
//! world that the ones before it made.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use model::{Change, Millis, Time};
use protocol::chain::{ChainBreak, ChainReader, Step, Void};
use protocol::record::{self, Body, Commit, EpochOpened, IngestIdentity, Rebased, Record, Trying};

use crate::evidence::{Extent, Limits, Message};
use crate::findings::Findings;
use crate::ingest::{Content, Ingest};
use crate::outputs::Outputs;
use crate::report::{Counts, Invariant, Where};
use crate::told::{Kind, Told};
use crate::world::{Overruns, World};

/// What reading a record may look at and write down.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub ingest: &'a mut Ingest,
    pub outputs: &'a mut Outputs,
    pub findings: &'a mut Findings,
    pub counts: &'a mut Counts,
    pub limits: &'a Limits,
}

#[derive(Debug)]
pub(crate) struct Journal {
    extent: Extent,
    /// Nothing before the first message.
    chain: Option<ChainReader>,
    /// The chain broke; nothing after that is read.
    pub is_broken: bool,
    pub world: World,
    /// Every ingest position up to here had its effect. Unknown until the first commit when the head was purged.
    pub covered: Option<u64>,
    /// Everything up to this commit was told.
    pub published_through: u64,
    identity: Option<IngestIdentity>,
    /// A group may be opened before a stall that it makes good, so the stall may reach beyond the group's time, by the
    /// grace at most. What waited for its end is late from the next record on.
    stalled_until: Option<Time>,
    overruns: Overruns,
    /// Positions tried singly and not covered yet.
    tried: BTreeSet<u64>,
    /// Time of the last record.
    pub now: Time,
    /// Where the last record stands.
    pub end: Where,
}

impl Journal {
    pub fn new(extent: Extent) -> Journal {
        Journal {
            extent,
            chain: None,
            is_broken: false,
            world: World::default(),
            covered: (!extent.is_purged()).then_some(0),
            published_through: 0,
            identity: None,
            stalled_until: None,
            overruns: Overruns::default(),
            tried: BTreeSet::new(),
            now: Time(0),
            end: Where::Journal { sequence: 0, commit: 0, transition: None },
        }
    }

    /// The head is missing: who is where cannot be known, so transitions are not judged.
    pub fn is_partial(&self) -> bool {
        self.extent.is_purged()
    }

    pub fn read(&mut self, message: &Message<'_>, context: &mut Context<'_>) {
        if self.is_broken {
            return context.findings.unchecked("journal messages after the break of the chain", 1);
        }
        let sequence = message.sequence;
        let chain = self.chain.get_or_insert_with(|| begin(self.extent, &message.bytes));
        match chain.read(sequence, &message.bytes) {
            Ok(Step::Accepted { record, hash: _ }) => self.accept(sequence, message.stamp, &record, context),
            Ok(Step::Void(void)) => {
                context.counts.records_void += 1;
                let what = match void {
                    Void::Repeat { commit_no } => format!("commit {commit_no} stands here again; skipped"),
                    Void::BeforeBeginning { commit_no } => {
                        format!("commit {commit_no} stands here, before where the reading began; skipped")
                    }
                    Void::LowerEpoch { epoch, commit_no } => {
                        format!("commit {commit_no} of the former epoch {epoch}; skipped")
                    }
                };
                let place = Where::Journal { sequence, commit: chain.head().commit_no, transition: None };
                context.findings.warning(Invariant::OneChain, &place, what);
            }
            Err(error) => {
                self.is_broken = true;
                let place = Where::Journal { sequence, commit: chain.head().commit_no, transition: None };
                let invariant = match error.what {
                    ChainBreak::Time { .. } => Invariant::Time,
                    ChainBreak::Sequence { .. }
                    | ChainBreak::Undecodable(_)
                    | ChainBreak::Epoch { .. }
                    | ChainBreak::CommitNo { .. }
                    | ChainBreak::PrevHash { .. } => Invariant::OneChain,
                };
                context.findings.violation(invariant, &place, error.what.to_string());
            }
        }
    }

    /// After the last message.
    pub fn finish(&mut self, context: &mut Context<'_>) {
        let read = self.chain.as_ref().map_or(self.extent.first.saturating_sub(1), ChainReader::sequence);
        if !self.is_broken && read != self.extent.last {
            self.is_broken = true;
            let what = format!("the dump ends at {read}, the stream at {}", self.extent.last);
            context.findings.violation(Invariant::OneChain, &self.end, what);
        }
        if self.is_partial() {
            let what = "transitions, because the journal's head was purged: holders, capacity, outcomes, origins, \
                        eligibility, steps and leases";
            context.findings.unchecked(what, context.counts.transitions);
        }
        self.overruns.judge(Time::MAX, context);
        if !self.is_broken && !self.is_partial() {
            self.world.finish(self.now, &self.end, context);
        }
    }

    fn accept(&mut self, sequence: u64, stamp: Time, record: &Record, context: &mut Context<'_>) {
        let commit = record.header.commit_no;
        context.counts.records += 1;
        self.now = record.now;
        if let Some(until) = self.stalled_until.take() {
            self.world.resumed_at = self.world.resumed_at.max(until.min(record.now));
        }
        self.end = Where::Journal { sequence, commit, transition: None };
        self.overruns.judge(record.now, context);
        context.outputs.begin_commit(commit, record.header.epoch, stamp, record.now);
        match &record.body {
            Body::EpochOpened(opened) => self.open_epoch(opened, context),
            Body::Trying(Trying { position }) => self.note_trying(*position, context),
            Body::Released(released) => self.publish(released.published_through, commit, context),
            Body::Commit(group) => {
                self.publish(group.published_through, commit, context);
                let positions = self.advance(group, context);
                self.apply(sequence, stamp, record, group, positions, context);
            }
        }
    }

    fn open_epoch(&mut self, opened: &EpochOpened, context: &mut Context<'_>) {
        context.counts.epochs += 1;
        // Nothing ends while nobody owns the shard; what became due meanwhile is late from here.
        self.world.resumed_at = self.now;
        let former = self.identity.replace(opened.ingest.clone());
        if let Some(Rebased { position }) = opened.rebased {
            let before = self.covered.replace(position);
            self.tried.clear();
            let what = format!(
                "a person said to go on with the ingest stream from behind {position}, before: {before:?}"
            );
            return context.findings.warning(Invariant::IngestPosition, &self.end, what);
        }
        if let Some(former) = former.filter(|former| *former != opened.ingest) {
            let what = format!(
                "the ingest stream is another one than before: {} of {}, before {} of {}",
                opened.ingest.uuid, opened.ingest.created_ns, former.uuid, former.created_ns
            );
            context.findings.violation(Invariant::IngestPosition, &self.end, what);
        }
    }

    fn note_trying(&mut self, position: u64, context: &mut Context<'_>) {
        if self.covered.is_some_and(|covered| position <= covered) {
            let what = format!("tries input {position}, which was decided before");
            context.findings.violation(Invariant::IngestPosition, &self.end, what);
        }
        self.tried.insert(position);
    }

    /// The journal says up to where outputs were sent.
    fn publish(&mut self, through: u64, commit: u64, context: &mut Context<'_>) {
        if through >= commit {
            let what = format!("says that the outputs of commit {through} were sent before it was written");
            context.findings.violation(Invariant::CommitBeforeEffect, &self.end, what);
        } else if through < self.published_through {
            let what =
                format!("takes back that outputs were sent: {through}, before {}", self.published_through);
            context.findings.violation(Invariant::OutputComplete, &self.end, what);
        } else {
            self.published_through = through;
        }
    }

    /// The positions that this commit decides; nothing when its predecessor was purged.
    fn advance(&mut self, commit: &Commit, context: &mut Context<'_>) -> Option<RangeInclusive<u64>> {
        let position = commit.ingest_position;
        let former = self.covered.replace(position)?;
        if position < former {
            let what = format!("covers inputs up to {position}, the commit before it up to {former}");
            context.findings.violation(Invariant::IngestPosition, &self.end, what);
            self.covered = Some(former);
            return None;
        }
        let positions = former + 1..=position;
        self.check_lost(commit, &positions, context);
        self.check_covered(commit, &positions, context);
        Some(positions)
    }

    fn check_lost(&self, commit: &Commit, positions: &RangeInclusive<u64>, context: &mut Context<'_>) {
        for lost in &commit.lost {
            if lost.first > lost.last || !positions.contains(&lost.first) || !positions.contains(&lost.last) {
                let what =
                    format!("calls inputs {} to {} lost, which it does not cover", lost.first, lost.last);
                context.findings.violation(Invariant::IngestPosition, &self.end, what);
                continue;
            }
            context.counts.inputs_lost += lost.last - lost.first + 1;
            let held =
                |position| context.ingest.slot(position).is_some_and(|slot| slot.content != Content::Absent);
            let from = lost.first.max(context.ingest.extent.first);
            let to = lost.last.min(context.ingest.extent.last);
            if let Some(position) = (from..=to).find(|&position| held(position)) {
                let what = format!("calls input {position} lost, but the stream holds it");
                context.findings.violation(Invariant::IngestPosition, &self.end, what);
            } else {
                let what = format!("the ingest stream lost inputs {} to {}", lost.first, lost.last);
                context.findings.warning(Invariant::OneOutcome, &self.end, what);
            }
        }
    }

    /// Every position is one that the stream holds, or is called lost.
    fn check_covered(&self, commit: &Commit, positions: &RangeInclusive<u64>, context: &mut Context<'_>) {
        let extent = context.ingest.extent;
        if *positions.end() > extent.last {
            let what = format!("covers input {}, but the stream ends at {}", positions.end(), extent.last);
            context.findings.violation(Invariant::IngestPosition, &self.end, what);
        }
        let (from, to) = (*positions.start().max(&extent.first), *positions.end().min(&extent.last));
        context.findings.unchecked(
            "inputs that the ingest stream purged",
            (positions.end() + 1).min(extent.first).saturating_sub(*positions.start()),
        );
        for position in from..=to {
            let is_absent = context.ingest.slot(position).is_none_or(|slot| slot.content == Content::Absent);
            let is_lost = || commit.lost.iter().any(|lost| (lost.first..=lost.last).contains(&position));
            if is_absent && !is_lost() {
                let what = format!(
                    "covers input {position}, which the stream does not hold, as if it had been read"
                );
                context.findings.violation(Invariant::IngestPosition, &self.end, what);
            }
        }
    }

    fn apply(
        &mut self,
        sequence: u64,
        stamp: Time,
        record: &Record,
        commit: &Commit,
        positions: Option<RangeInclusive<u64>>,
        context: &mut Context<'_>,
    ) {
        let commit_no = record.header.commit_no;
        // A group may have got its time before the standstill that it makes good, which was over when it was stored.
        let grace = commit.transitions.iter().filter_map(|transition| {
            let Change::Resumed { grace } = &transition.change else { return None };
            Some(*grace)
        });
        if let Some(grace) = grace.reduce(|one, other| Millis(one.0.saturating_add(other.0))) {
            self.world.resumed_at = record.now.max((record.now + grace).min(stamp));
            self.stalled_until = Some(record.now + grace);
            self.overruns.made_good(grace, context.limits);
        }
        let read_at = commit.ingest_stamp.filter(|_| positions.as_ref().is_some_and(|read| !read.is_empty()));
        for (index, transition) in commit.transitions.iter().enumerate() {
            context.counts.transitions += 1;
            let place = Where::Journal { sequence, commit: commit_no, transition: Some(index as u32) };
            let mut step = crate::world::Step {
                now: record.now,
                positions: positions.clone(),
                read_at,
                place,
                tried: &self.tried,
                resumed_at: self.world.resumed_at,
                overruns: &mut self.overruns,
                ingest: context.ingest,
                findings: context.findings,
                counts: context.counts,
                limits: context.limits,
            };
            let is_refusal = matches!(transition.change, Change::Refused(_));
            let told = if self.extent.is_purged() && !is_refusal {
                Kind::of(&transition.change).map(Told::unknown)
            } else {
                self.world.apply(transition, &mut step)
            };
            if let Some(told) = told {
                context.outputs.push(told);
            }
        }
        if let Some(positions) = positions {
            self.tried = self.tried.split_off(&(positions.end() + 1));
        }
        self.world.finish_commit(&self.end, context);
        let next_input = context.ingest.slot(commit.ingest_position + 1);
        let unread = next_input.filter(|slot| slot.content != Content::Absent).map(|slot| slot.stamp);
        let read_at = read_at.into_iter().chain(unread).min();
        self.world.check_idle(record.now, read_at, &self.end, &mut self.overruns, context.limits);
    }
}

/// Where the chain begins: at the beginning, or, when that was purged, with whatever the first record says it continues.
fn begin(extent: Extent, bytes: &[u8]) -> ChainReader {
    if !extent.is_purged() {
        return ChainReader::from_beginning();
    }
    let Ok((record, _)) = record::decode(bytes) else { return ChainReader::from_beginning() };
    ChainReader::from_oldest(extent.first, &record)
}
