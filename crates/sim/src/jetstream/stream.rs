//! One stream: messages by sequence, a purged head, message ids that are known again.

use std::collections::HashMap;
use std::rc::Rc;

use bytes::Bytes;
use model::Time;
use shard::StreamFacts;

#[derive(Debug, Clone)]
pub struct Stored {
    pub stamp: Time,
    pub subject: Rc<str>,
    pub id: Option<Rc<str>>,
    pub bytes: Bytes,
    /// A damaged message keeps its sequence; the server skips it without a word.
    pub is_readable: bool,
}

#[derive(Debug)]
pub struct Stream {
    /// All that was ever stored. What lies before `first` is purged: only the judge may look at it.
    messages: Vec<Stored>,
    first: u64,
    /// What the store lost, as it was stored first.
    lost: Vec<Stored>,
    ids: HashMap<Rc<str>, u64>,
    replicas: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    pub sequence: u64,
    pub duplicate: bool,
}

/// 10071, or 10164: the expected last sequence does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrongLastSequence;

impl Stream {
    pub fn new(replicas: u8) -> Stream {
        Stream { messages: Vec::new(), first: 1, lost: Vec::new(), ids: HashMap::new(), replicas }
    }

    /// One replica checks the expected sequence first, three check the message id first (measured on 2.15.1).
    pub fn append(&mut self, message: Stored, expected: Option<u64>) -> Result<Appended, WrongLastSequence> {
        let known = message.id.as_ref().and_then(|id| self.ids.get(id)).copied();
        let is_expected = expected.is_none_or(|expected| expected == self.last());
        match known {
            Some(sequence) if self.replicas > 1 || is_expected => {
                return Ok(Appended { sequence, duplicate: true });
            }
            Some(_) | None => {}
        }
        if !is_expected {
            return Err(WrongLastSequence);
        }
        Ok(Appended { sequence: self.force(message), duplicate: false })
    }

    /// Stores without any check: what a leader proposed before it lost its term.
    pub fn force(&mut self, message: Stored) -> u64 {
        let sequence = self.last() + 1;
        if let Some(id) = &message.id {
            self.ids.insert(Rc::clone(id), sequence);
        }
        self.messages.push(message);
        sequence
    }

    pub fn last(&self) -> u64 {
        self.messages.len() as u64
    }
    pub fn first(&self) -> u64 {
        self.first
    }
    pub fn facts(&self) -> StreamFacts {
        StreamFacts { first_sequence: self.first, last_sequence: self.last() }
    }

    /// Nothing for what was purged, is damaged or was never there.
    pub fn get(&self, sequence: u64) -> Option<&Stored> {
        self.held(sequence).filter(|stored| stored.is_readable)
    }

    /// Also when it is damaged.
    pub fn held(&self, sequence: u64) -> Option<&Stored> {
        if sequence < self.first {
            return None;
        }
        self.ever(sequence)
    }

    /// Also when it was purged: as an archive has it.
    pub fn ever(&self, sequence: u64) -> Option<&Stored> {
        self.messages.get(usize::try_from(sequence.checked_sub(1)?).ok()?)
    }

    pub fn archive(&self) -> impl Iterator<Item = (u64, &Stored)> {
        (1..).zip(&self.messages)
    }

    /// When these bytes were stored first: before the store lost them, if it did.
    pub fn first_stored(&self, stored: &Stored) -> Time {
        let before = self.lost.iter().find(|lost| lost.bytes == stored.bytes);
        before.map_or(stored.stamp, |lost| lost.stamp.min(stored.stamp))
    }

    pub fn get_mut(&mut self, sequence: u64) -> Option<&mut Stored> {
        self.messages.get_mut(usize::try_from(sequence.checked_sub(1)?).ok()?)
    }

    /// Drops everything before `keep_from`.
    pub fn purge(&mut self, keep_from: u64) {
        self.first = self.first.max(keep_from.min(self.last() + 1));
    }

    /// The store loses its end; three replicas may still know the ids of what they lost.
    pub fn lose_end(&mut self, count: u64) {
        let keep = self.messages.len().saturating_sub(count as usize);
        self.lost.extend(self.messages.drain(keep..));
        if self.replicas == 1 {
            self.ids.retain(|_, sequence| *sequence <= keep as u64);
        }
    }

    /// The ids of the window are memory of the leader, and may go with it.
    pub fn forget_ids(&mut self) {
        self.ids.clear();
    }
}
