//! The one reader of the journal's chain, for replay, followers, verification and the command line.
//!
//! A record is accepted iff it continues (epoch, commit_no, prev_hash). Three kinds of others are *void* (skipped and
//! counted, and worth an alarm): an exact repeat of a record accepted before; for a reader that began in the middle,
//! what claims a place before its beginning; and anything of a lower epoch, which a former owner sent before it learnt
//! of its end. Everything else is an incident: the reader returns an error value that names the position, what was
//! expected and what was found, and from then on accepts nothing more, because to guess here would be to fork history.
//!
//! Stream sequences must be contiguous, since the server skips an unreadable message without a word.

use std::collections::VecDeque;

use crate::mutants::{self, Mutant};
use crate::record::{self, Body, DecodeError, Hash, Header, Record};

/// How many accepted records are remembered in order to know a repeat. A writer has one record in flight and
/// re-appends at most what it keeps in memory (256 records, see `shard`), so a later repeat has no honest cause.
pub const REPEATS_KNOWN_MAX: usize = 256;

/// The last accepted record, which the next one must continue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainHead {
    /// 0 before the first record.
    pub epoch: u64,
    pub commit_no: u64,
    pub hash: Hash,
    /// Stream sequence of that record; void records may follow it.
    pub sequence: u64,
}

impl ChainHead {
    /// Before the first record.
    pub const BEGINNING: ChainHead = ChainHead { epoch: 0, commit_no: 0, hash: Hash::ZERO, sequence: 0 };

    /// The header of the record that continues this one in the same epoch.
    pub fn next_header(&self) -> Header {
        Header { epoch: self.epoch, commit_no: self.commit_no.saturating_add(1), prev_hash: self.hash }
    }

    /// The header of the `EpochOpened` that begins the next epoch here.
    pub fn next_epoch_header(&self) -> Header {
        Header { epoch: self.epoch.saturating_add(1), ..self.next_header() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Accepted { record: Record, hash: Hash },
    Void(Void),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Void {
    /// The same bytes were accepted before.
    Repeat { commit_no: u64 },
    /// It claims a place before the record that this reader began with, and changes nothing that follows that one.
    BeforeBeginning { commit_no: u64 },
    /// A former owner wrote it.
    LowerEpoch { epoch: u64, commit_no: u64 },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("journal sequence {sequence}: {what}")]
pub struct ChainError {
    pub sequence: u64,
    pub what: ChainBreak,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainBreak {
    #[error("expected sequence {expected}")]
    Sequence { expected: u64 },
    #[error("not a record: {0}")]
    Undecodable(#[from] DecodeError),
    #[error("epoch {found} follows epoch {expected}, but only an opening begins the next one")]
    Epoch { expected: u64, found: u64 },
    #[error("expected commit {expected}, found {found}")]
    CommitNo { expected: u64, found: u64 },
    #[error("commit {commit_no} continues {found}, but the record before it is {expected}")]
    PrevHash { commit_no: u64, expected: Hash, found: Hash },
    #[error("commit {commit_no} is of {found:?}, before {expected:?} of the record before it")]
    Time { commit_no: u64, expected: model::Time, found: model::Time },
}

#[derive(Debug, Clone)]
pub struct ChainReader {
    head: ChainHead,
    /// The record that it began with; 0 for the journal's beginning.
    begun_at: u64,
    /// Of the last record read, accepted or void.
    sequence: u64,
    now: model::Time,
    /// (commit_no, hash) of the last accepted records, the newest at the back.
    recent: VecDeque<(u64, Hash)>,
    voids: u64,
    broken: Option<ChainError>,
}

impl ChainReader {
    /// Reads from the journal's first record.
    pub fn from_beginning() -> ChainReader {
        ChainReader::from_trusted(ChainHead::BEGINNING, model::Time(0))
    }

    /// Reads from the oldest record that a stream still holds, at `sequence`: it says itself what it continues.
    pub fn from_oldest(sequence: u64, oldest: &Record) -> ChainReader {
        let opens = u64::from(matches!(oldest.body, Body::EpochOpened(_)));
        let head = ChainHead {
            epoch: oldest.header.epoch.saturating_sub(opens),
            commit_no: oldest.header.commit_no.saturating_sub(1),
            hash: oldest.header.prev_hash,
            sequence: sequence.saturating_sub(1),
        };
        ChainReader::from_trusted(head, model::Time(0))
    }

    /// Reads on from a record that is vouched for elsewhere, by a verified snapshot's manifest. `now` is its time.
    pub fn from_trusted(head: ChainHead, now: model::Time) -> ChainReader {
        let recent = if head.commit_no == 0 { VecDeque::new() } else { [(head.commit_no, head.hash)].into() };
        ChainReader {
            head,
            begun_at: head.commit_no,
            sequence: head.sequence,
            now,
            recent,
            voids: 0,
            broken: None,
        }
    }

    /// Judges the message at `sequence` of the journal. After an error, every call returns that error.
    pub fn read(&mut self, sequence: u64, bytes: &[u8]) -> Result<Step, ChainError> {
        if let Some(error) = &self.broken {
            return Err(error.clone());
        }
        let step = self.judge(sequence, bytes).map_err(|what| ChainError { sequence, what });
        match &step {
            Ok(Step::Accepted { record, hash }) => self.advance(sequence, &record.header, record.now, *hash),
            Ok(Step::Void(_)) => {
                self.sequence = sequence;
                self.voids += 1;
            }
            Err(error) => self.broken = Some(error.clone()),
        }
        step
    }

    /// Moves on over the writer's own record, which it built on [`ChainReader::head`] and which the server
    /// acknowledged at `sequence`; nothing needs decoding.
    pub fn appended(&mut self, sequence: u64, header: &Header, now: model::Time, hash: Hash) {
        assert_eq!(sequence, self.sequence + 1, "an acknowledged append is where it was expected");
        assert_eq!(
            (header.commit_no, header.prev_hash),
            (self.head.commit_no + 1, self.head.hash),
            "built on head"
        );
        self.advance(sequence, header, now, hash);
    }

    pub fn head(&self) -> ChainHead {
        self.head
    }
    /// Sequence of the last record read, accepted or void; the next one must follow it.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }
    /// Time of the last accepted record.
    pub fn now(&self) -> model::Time {
        self.now
    }
    /// Void records met so far.
    pub fn voids(&self) -> u64 {
        self.voids
    }

    fn judge(&self, sequence: u64, bytes: &[u8]) -> Result<Step, ChainBreak> {
        let next = self.sequence.saturating_add(1);
        if sequence != next {
            return Err(ChainBreak::Sequence { expected: next });
        }
        let (record, hash) = record::decode(bytes)?;
        let Header { epoch, commit_no, prev_hash } = record.header;
        if self.recent.contains(&(commit_no, hash)) {
            return Ok(Step::Void(Void::Repeat { commit_no }));
        }
        if epoch < self.head.epoch {
            return Ok(Step::Void(Void::LowerEpoch { epoch, commit_no }));
        }
        if epoch == self.head.epoch && commit_no < self.begun_at {
            return Ok(Step::Void(Void::BeforeBeginning { commit_no }));
        }
        let expected = match record.body {
            Body::EpochOpened(_) => self.head.next_epoch_header(),
            Body::Commit(_) | Body::Trying(_) | Body::Released(_) => self.head.next_header(),
        };
        if epoch != expected.epoch || epoch == 0 {
            return Err(ChainBreak::Epoch { expected: self.head.epoch, found: epoch });
        }
        if commit_no != expected.commit_no {
            return Err(ChainBreak::CommitNo { expected: expected.commit_no, found: commit_no });
        }
        if prev_hash != expected.prev_hash && !mutants::is(Mutant::PrevHashUnchecked) {
            return Err(ChainBreak::PrevHash { commit_no, expected: expected.prev_hash, found: prev_hash });
        }
        if record.now < self.now {
            return Err(ChainBreak::Time { commit_no, expected: self.now, found: record.now });
        }
        Ok(Step::Accepted { record, hash })
    }

    fn advance(&mut self, sequence: u64, header: &Header, now: model::Time, hash: Hash) {
        self.sequence = sequence;
        self.now = now;
        self.head = ChainHead { epoch: header.epoch, commit_no: header.commit_no, hash, sequence };
        if self.recent.len() == REPEATS_KNOWN_MAX {
            self.recent.pop_front();
        }
        self.recent.push_back((header.commit_no, hash));
    }
}

#[cfg(test)]
#[path = "chain_tests.rs"]
pub(crate) mod tests;
