//! The copies that servers keep of a stream must be one and the same: a server may lose or damage a message without
//! knowing it, and may answer with what it has.

use crate::evidence::{Extent, Message};
use crate::findings::Findings;
use crate::keys::key;
use crate::report::{Counts, Invariant, Where};

/// What was read of a stream the first time, as keys of its messages from `extent.first` on; 0 where there is none.
#[derive(Debug)]
pub(crate) struct FirstReading {
    extent: Extent,
    keys: Vec<u64>,
}

/// One server's copy, while it is read. What differs is told when it is finished: a reading that was broken off is no word.
#[derive(Debug)]
pub struct Copy<'a> {
    stream: &'static str,
    server: String,
    first: &'a FirstReading,
    findings: &'a mut Findings,
    counts: &'a mut Counts,
    next: u64,
    differing: Vec<(u64, &'static str)>,
}

impl FirstReading {
    pub fn new(extent: Extent) -> FirstReading {
        FirstReading { extent, keys: Vec::new() }
    }

    pub fn note(&mut self, message: &Message<'_>) {
        let Some(at) = message.sequence.checked_sub(self.extent.first) else { return };
        self.keys.resize(self.keys.len().max(at as usize + 1), 0);
        self.keys[at as usize] = content(message);
    }

    fn key(&self, sequence: u64) -> u64 {
        let at = sequence.checked_sub(self.extent.first);
        at.and_then(|at| self.keys.get(at as usize).copied()).unwrap_or(0)
    }
}

impl<'a> Copy<'a> {
    pub(crate) fn new(
        stream: &'static str,
        server: &str,
        first: &'a FirstReading,
        findings: &'a mut Findings,
        counts: &'a mut Counts,
    ) -> Copy<'a> {
        let (server, next) = (server.to_owned(), first.extent.first);
        Copy { stream, server, first, findings, counts, next, differing: Vec::new() }
    }

    /// In the order of their sequences.
    pub fn message(&mut self, message: &Message<'_>) {
        self.missing_up_to(message.sequence);
        self.next = message.sequence + 1;
        match self.first.key(message.sequence) {
            known if known == content(message) => {}
            0 => self.differing.push((message.sequence, "holds a message that another server does not hold")),
            _ => self.differing.push((message.sequence, "holds another message than another server")),
        }
    }

    /// After the last message.
    pub fn finish(mut self) {
        self.missing_up_to(self.first.extent.last + 1);
        self.counts.copies += 1;
        let Copy { stream, server, .. } = self;
        for (sequence, what) in self.differing {
            let place = Where::Copy { stream: stream.to_owned(), server: server.clone(), sequence };
            self.findings.violation(Invariant::Replicas, &place, format!("server {server} {what}"));
        }
    }

    fn missing_up_to(&mut self, end: u64) {
        for sequence in self.next..end {
            if self.first.key(sequence) != 0 {
                self.differing.push((sequence, "holds no message that another server holds"));
            }
        }
    }
}

fn content(message: &Message<'_>) -> u64 {
    key((message.subject.as_ref(), message.bytes.as_ref()))
}
