//! Reads the evidence in the order in which each part is needed by the next: inputs, journal, outputs, clients.

use crate::client::{ClientEntry, ClientLog};
use crate::clients::Client;
use crate::evidence::{Evidence, Extent, Limits, Message};
use crate::findings::Findings;
use crate::ingest::Ingest;
use crate::journal::{Context, Journal};
use crate::outcomes;
use crate::outputs::Outputs;
use crate::replicas::{Copy, FirstReading};
use crate::report::{Counts, Report};
use crate::sink::{Sink, SinkContext, SinkName};

/// Checks a run whose dumps are at hand as iterators. One that is read asynchronously is pushed into a [`Checker`].
pub fn check(evidence: Evidence<'_>) -> Report {
    let Evidence { shard, ingest, journal, feed, dead_letters, clients, is_final, limits } = evidence;
    let mut checker = Checker::new(shard, is_final, limits);
    checker.begin_ingest(ingest.extent);
    ingest.messages.for_each(|message| checker.ingest(&message));
    checker.begin_journal(journal.extent);
    journal.messages.for_each(|message| checker.journal(&message));
    checker.begin_feed(feed.extent);
    feed.messages.for_each(|message| checker.feed(&message));
    checker.begin_dead_letters(dead_letters.extent);
    dead_letters.messages.for_each(|message| checker.dead_letter(&message));
    clients.iter().for_each(|client| checker.client(client));
    checker.finish()
}

/// The check, message by message. Call `begin_ingest`, `ingest` for each message, `begin_journal`, `journal`, …, in
/// the order of [`check`]; then `client` for each log, then `finish`. A stream that was not begun was empty.
#[derive(Debug)]
pub struct Checker {
    shard: String,
    is_final: bool,
    limits: Limits,
    ingest: Ingest,
    journal: Journal,
    ingest_read: FirstReading,
    journal_read: FirstReading,
    feed: Sink,
    dead_letters: Sink,
    outputs: Outputs,
    findings: Findings,
    counts: Counts,
    phase: Phase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Ingest,
    Journal,
    Feed,
    DeadLetters,
    Clients,
}

const NOTHING: Extent = Extent { first: 1, last: 0 };

impl Checker {
    pub fn new(shard: String, is_final: bool, limits: Limits) -> Checker {
        Checker {
            shard,
            is_final,
            limits,
            ingest: Ingest::new(NOTHING),
            journal: Journal::new(NOTHING),
            ingest_read: FirstReading::new(NOTHING),
            journal_read: FirstReading::new(NOTHING),
            feed: Sink::new(SinkName::Feed, NOTHING),
            dead_letters: Sink::new(SinkName::DeadLetters, NOTHING),
            outputs: Outputs::default(),
            findings: Findings::default(),
            counts: Counts::default(),
            phase: Phase::Ingest,
        }
    }

    pub fn begin_ingest(&mut self, extent: Extent) {
        assert!(self.counts.inputs == 0, "the ingest stream is begun once");
        self.ingest = Ingest::new(extent);
        self.ingest_read = FirstReading::new(extent);
    }

    pub fn ingest(&mut self, message: &Message<'_>) {
        self.reach(Phase::Ingest);
        self.ingest_read.note(message);
        self.ingest.insert(message, &mut self.findings, &mut self.counts);
    }

    pub fn begin_journal(&mut self, extent: Extent) {
        self.reach(Phase::Journal);
        self.journal = Journal::new(extent);
        self.journal_read = FirstReading::new(extent);
    }

    pub fn journal(&mut self, message: &Message<'_>) {
        self.reach(Phase::Journal);
        self.journal_read.note(message);
        let (journal, mut context) = self.journal_context();
        journal.read(message, &mut context);
    }

    /// A server's own copy of the inputs, which were read from some server before.
    pub fn ingest_copy(&mut self, server: &str) -> Copy<'_> {
        Copy::new("ingest", server, &self.ingest_read, &mut self.findings, &mut self.counts)
    }

    /// As [`Checker::ingest_copy`].
    pub fn journal_copy(&mut self, server: &str) -> Copy<'_> {
        Copy::new("journal", server, &self.journal_read, &mut self.findings, &mut self.counts)
    }

    /// Copies that could not be read.
    pub fn copies_unread(&mut self, copies: u64) {
        self.findings.unchecked("copies of streams, because their servers did not give them", copies);
    }

    pub fn begin_feed(&mut self, extent: Extent) {
        self.reach(Phase::Feed);
        self.feed = Sink::new(SinkName::Feed, extent);
    }

    pub fn feed(&mut self, message: &Message<'_>) {
        self.reach(Phase::Feed);
        let (feed, _, _, mut context) = self.sink_context();
        feed.read(message, &mut context);
    }

    pub fn begin_dead_letters(&mut self, extent: Extent) {
        self.reach(Phase::DeadLetters);
        self.dead_letters = Sink::new(SinkName::DeadLetters, extent);
    }

    pub fn dead_letter(&mut self, message: &Message<'_>) {
        self.reach(Phase::DeadLetters);
        let (_, dead_letters, _, mut context) = self.sink_context();
        dead_letters.read(message, &mut context);
    }

    pub fn client(&mut self, log: &ClientLog) {
        self.client_entries(&log.name, log.entries.iter().cloned());
    }

    /// As [`Checker::client`], for a log that is read entry by entry.
    pub fn client_entries(&mut self, name: &str, entries: impl Iterator<Item = ClientEntry>) {
        self.reach(Phase::Clients);
        let mut client = Client::new(name);
        let (_, _, ingest, mut context) = self.sink_context();
        entries.for_each(|entry| client.read(&entry, ingest, &mut context));
    }

    pub fn finish(mut self) -> Report {
        self.reach(Phase::Clients);
        let (feed, dead_letters, _, mut context) = self.sink_context();
        feed.finish(&mut context);
        dead_letters.finish(&mut context);
        let Checker { shard, is_final, ingest, journal, mut findings, mut counts, .. } = self;
        outcomes::check(&ingest, &journal, is_final, &mut findings, &mut counts);
        let (findings, violations, warnings, unchecked) = findings.into_parts();
        Report { shard, is_final, findings, violations, warnings, unchecked, counts }
    }

    /// Ends the parts before this one.
    fn reach(&mut self, phase: Phase) {
        assert!(self.phase <= phase, "evidence is given in order: {phase:?} after {:?}", self.phase);
        let former = std::mem::replace(&mut self.phase, phase);
        if former == Phase::Ingest && phase > Phase::Ingest {
            self.ingest.seal();
        }
        if former <= Phase::Journal && phase > Phase::Journal {
            let (journal, mut context) = self.journal_context();
            journal.finish(&mut context);
        }
    }

    fn journal_context(&mut self) -> (&mut Journal, Context<'_>) {
        let context = Context {
            ingest: &mut self.ingest,
            outputs: &mut self.outputs,
            findings: &mut self.findings,
            counts: &mut self.counts,
            limits: &self.limits,
        };
        (&mut self.journal, context)
    }

    fn sink_context(&mut self) -> (&mut Sink, &mut Sink, &Ingest, SinkContext<'_>) {
        let context = SinkContext {
            shard: &self.shard,
            journal: &self.journal,
            outputs: &mut self.outputs,
            findings: &mut self.findings,
            counts: &mut self.counts,
            limits: &self.limits,
            is_final: self.is_final,
        };
        (&mut self.feed, &mut self.dead_letters, &self.ingest, context)
    }
}
