//! The state to begin with: the newest snapshot that belongs to this journal ([`crate::fit`]), or the journal's beginning.

use bytes::Bytes;
use model::Row;
use protocol::snapshot::{Decoder, Manifest};

use crate::action::{Action, Alarm, Quarantine};
use crate::decider::Decider;
use crate::event::StreamFacts;
use crate::fit::{Fit, fit};
use crate::limits::SNAPSHOTS_TRIED_MAX;
use crate::machine::{Context, Stop};
use crate::open::{Opening, Step};
use crate::replay::Replay;

impl<D: Decider> Opening<D> {
    pub fn manifest(&mut self, manifest: Option<Bytes>, cx: &mut Context<'_>) -> Result<(), Stop> {
        let Some(bytes) = manifest else { return self.read_from_beginning(cx) };
        let manifest = match Manifest::decode(&bytes) {
            Ok(manifest) => manifest,
            Err(error) => return self.pass_over(0, &error.to_string(), cx),
        };
        let journal = StreamFacts { first_sequence: self.journal_begin(), last_sequence: self.journal_end() };
        match fit(&manifest, &cx.config.name, journal) {
            Fit::IfRecord { sequence: _ } => {
                self.step = Step::CheckSnapshot(Box::new(manifest));
                self.ask(cx);
                Ok(())
            }
            Fit::Yes => self.read_snapshot(manifest, cx),
            Fit::No(why) => self.pass_over(manifest.commit_no, why, cx),
            Fit::Beyond { last, witness } => {
                self.step = Step::Begin;
                self.doubt(Quarantine::JournalTruncated { last, witness }, cx)
            }
        }
    }

    pub fn read_snapshot(&mut self, manifest: Manifest, cx: &mut Context<'_>) -> Result<(), Stop> {
        let decoder = Decoder::new(manifest);
        if decoder.next_part().is_none() {
            return self.take_up(decoder, Vec::new(), cx);
        }
        self.step = Step::ReadSnapshot { decoder: Box::new(decoder), rows: Vec::new() };
        self.ask(cx);
        Ok(())
    }

    pub fn part(&mut self, part: Option<Bytes>, cx: &mut Context<'_>) -> Result<(), Stop> {
        let Step::ReadSnapshot { mut decoder, mut rows } = std::mem::replace(&mut self.step, Step::Begin)
        else {
            return Ok(());
        };
        let commit_no = decoder.manifest().commit_no;
        let Some(part) = part else { return self.pass_over(commit_no, "a part is missing", cx) };
        if let Err(error) = decoder.read_part(&part, &mut rows) {
            return self.pass_over(commit_no, &error.to_string(), cx);
        }
        if decoder.next_part().is_none() {
            return self.take_up(*decoder, rows, cx);
        }
        self.step = Step::ReadSnapshot { decoder, rows };
        self.ask(cx);
        Ok(())
    }

    pub fn take_up(&mut self, decoder: Decoder, rows: Vec<Row>, cx: &mut Context<'_>) -> Result<(), Stop> {
        let commit_no = decoder.manifest().commit_no;
        match decoder.finish() {
            Ok(manifest) => {
                let replay = Replay::from_snapshot(cx.config.key, manifest, rows);
                self.read_with(replay, cx)
            }
            Err(error) => self.pass_over(commit_no, &error.to_string(), cx),
        }
    }

    /// Tries the next older snapshot, and the journal's beginning in the end.
    pub fn pass_over(&mut self, commit_no: u64, why: &str, cx: &mut Context<'_>) -> Result<(), Stop> {
        cx.act(Action::Alarm(Alarm::SnapshotUnusable { commit_no, why: why.to_owned() }));
        self.snapshots_tried += 1;
        if self.snapshots_tried == SNAPSHOTS_TRIED_MAX || commit_no == 0 {
            return self.read_from_beginning(cx);
        }
        self.step = Step::FindSnapshot { before: commit_no };
        self.ask(cx);
        Ok(())
    }

    pub fn read_from_beginning(&mut self, cx: &mut Context<'_>) -> Result<(), Stop> {
        let first = self.journal_begin();
        if first > 1 {
            // While this one stood still, another owner may have purged what it was about to read, and kept newer ones.
            (self.step, self.snapshots_tried) = (Step::Begin, 0);
            return self.doubt(Quarantine::BeginningMissing { first }, cx);
        }
        self.read_with(Replay::from_beginning(cx.config.key), cx)
    }
}
