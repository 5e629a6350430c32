//! Records into state, by `apply` alone: the one way in which recovery and followers come by what they know.

use std::collections::VecDeque;

use bytes::Bytes;
use model::{Millis, Row, Time};
use protocol::chain::{ChainError, ChainReader, Step};
use protocol::record::{self, Body, Hash, IngestIdentity, Record};
use protocol::snapshot::{Manifest, Trial};

use crate::action::Outputs;
use crate::decider::Decider;
use crate::mutants::{self, Mutant};

/// The state after a record, and everything else that the journal says at that point.
#[derive(Debug)]
pub struct Replay<D> {
    pub(crate) engine: D,
    pub(crate) reader: ChainReader,
    /// Nothing before the first record.
    pub(crate) ingest: Option<IngestIdentity>,
    pub(crate) ingest_position: u64,
    /// Of the input there; nothing when that is unknown.
    pub(crate) ingest_stamp: Option<Time>,
    pub(crate) published_through: u64,
    /// Outputs that no record says were sent, the oldest first: whoever takes over from here sends them.
    pub(crate) unpublished: VecDeque<Outputs>,
    /// An input that is being tried and not answered.
    pub(crate) trying: Option<Trial>,
    /// The last record was a `Released`.
    pub(crate) released: bool,
    /// Who opened the last epoch.
    pub(crate) node: String,
}

#[derive(Debug)]
pub(crate) enum Replayed {
    Applied { hash: Hash },
    Void,
}

impl<D: Decider> Replay<D> {
    pub fn from_beginning(key: [u8; 16]) -> Replay<D> {
        Replay {
            engine: D::new(key),
            reader: ChainReader::from_beginning(),
            ingest: None,
            ingest_position: 0,
            ingest_stamp: None,
            published_through: 0,
            unpublished: VecDeque::new(),
            trying: None,
            released: true,
            node: String::new(),
        }
    }

    /// `rows` are those of a decoder that finished with this manifest.
    pub fn from_snapshot(key: [u8; 16], manifest: Manifest, rows: Vec<Row>) -> Replay<D> {
        Replay {
            engine: D::from_rows(key, rows.into_iter()),
            reader: manifest.chain_reader(),
            ingest: Some(manifest.ingest),
            ingest_position: manifest.ingest_position,
            ingest_stamp: manifest.ingest_stamp,
            published_through: manifest.published_through,
            unpublished: VecDeque::new(),
            trying: manifest.trying,
            released: manifest.released,
            node: String::new(),
        }
    }

    /// The same, with the engine in other hands.
    pub fn map<E>(self, wrap: impl FnOnce(D) -> E) -> Replay<E> {
        Replay {
            engine: wrap(self.engine),
            reader: self.reader,
            ingest: self.ingest,
            ingest_position: self.ingest_position,
            ingest_stamp: self.ingest_stamp,
            published_through: self.published_through,
            unpublished: self.unpublished,
            trying: self.trying,
            released: self.released,
            node: self.node,
        }
    }

    /// The state, and the reader of what follows.
    pub fn into_parts(self) -> (D, ChainReader) {
        (self.engine, self.reader)
    }

    pub(crate) fn read(&mut self, sequence: u64, bytes: &Bytes) -> Result<Replayed, ChainError> {
        match self.reader.read(sequence, bytes)? {
            Step::Accepted { record, hash } => {
                self.apply(record);
                Ok(Replayed::Applied { hash })
            }
            Step::Void(_) => {
                if mutants::is(Mutant::VoidApplied)
                    && let Ok((record, _)) = record::decode(bytes)
                {
                    self.apply(record);
                }
                Ok(Replayed::Void)
            }
        }
    }

    /// Of the record that was read last; nothing when it has none.
    pub(crate) fn outputs(&self) -> Option<&Outputs> {
        self.unpublished.back().filter(|outputs| outputs.commit_no == self.reader.head().commit_no)
    }

    /// Time of the last record.
    pub(crate) fn now(&self) -> Time {
        self.reader.now()
    }

    fn apply(&mut self, record: Record) {
        let Record { header, mut now, body } = record;
        if mutants::is(Mutant::ClockInReplay) {
            now += Millis(header.commit_no % 3);
        }
        let mut outputs =
            Outputs { epoch: header.epoch, commit_no: header.commit_no, at: now, events: Vec::new() };
        self.released = false;
        match body {
            Body::EpochOpened(opened) => {
                self.ingest = Some(opened.ingest);
                if let Some(rebased) = opened.rebased {
                    (self.ingest_position, self.ingest_stamp) = (rebased.position, None);
                    self.trying = None;
                }
                self.node = opened.node;
            }
            Body::Commit(commit) => {
                (self.ingest_position, self.ingest_stamp) = (commit.ingest_position, commit.ingest_stamp);
                self.published_through = commit.published_through;
                self.trying = self.trying.filter(|trial| trial.position > commit.ingest_position);
                for transition in &commit.transitions {
                    self.engine.apply(now, transition, &mut outputs.events);
                }
            }
            Body::Trying(trying) => {
                let position = trying.position;
                let before = self.trying.filter(|trial| trial.position == position);
                let times = before.map_or(0, |trial| trial.times) + 1;
                self.trying = Some(Trial { position, times });
            }
            Body::Released(released) => {
                self.published_through = released.published_through;
                self.released = true;
            }
        }
        if !outputs.events.is_empty() {
            self.unpublished.push_back(outputs);
        }
        let published_through = self.published_through;
        while self.unpublished.pop_front_if(|outputs| outputs.commit_no <= published_through).is_some() {}
    }
}
