//! Snapshots as the node takes them: parts, read back, announced, and only then what they cover is purged.

use bytes::Bytes;
use protocol::snapshot::Manifest;
use shard::SnapshotDraft;

use super::{Inner, follow};
use crate::fault::Fate;
use crate::jetstream::snapshots::SnapshotName;
use crate::jetstream::{Health, StreamName};
use crate::mutants::{self, Shell};
use crate::points::{Passed, Point};
use crate::world::{Due, World};

/// As the product keeps them.
const SNAPSHOTS_KEPT: usize = 2;
/// After a snapshot that failed.
const AGAIN_AFTER: u64 = 2_000;

#[derive(Debug, Default)]
pub struct Keep {
    /// Records since the last snapshot.
    records: u64,
    draft: Option<Draft>,
}

#[derive(Debug)]
struct Draft {
    name: SnapshotName,
    parts: Vec<Bytes>,
    draft: SnapshotDraft,
    manifest: Option<Manifest>,
    step: Step,
    /// The point before this step was passed.
    is_passed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Parts,
    ReadBack,
    Manifest,
    PurgeIngest,
    PurgeJournal,
    Done,
}

/// What the servers are told to do for a snapshot.
#[derive(Debug, Clone)]
pub enum Write {
    Parts(SnapshotName, Vec<Bytes>),
    Manifest(SnapshotName, Bytes),
    PurgeIngest { keep_from: u64 },
    PurgeJournal { keep_from: u64, oldest: SnapshotName },
}

impl World {
    /// After each committed record.
    pub fn care_for_snapshots(&mut self, process: usize, start: u32) {
        let after = self.scenario.snapshot_after;
        let it = &mut self.processes[process];
        let Some(follower) = &it.follower else { return };
        let Some(owner) = it.owner.as_mut().filter(|owner| owner.start == start) else { return };
        let keep = &mut owner.keep;
        keep.records += 1;
        if keep.draft.is_some() || keep.records < after {
            return;
        }
        keep.records = 0;
        let mut parts = Vec::new();
        let taken = follower.snapshot::<protocol::snapshot::SnapshotError>(|_, part| {
            parts.push(Bytes::from(part));
            Ok(())
        });
        let Ok(Some(draft)) = taken else { return };
        let head = follower.head();
        let name = SnapshotName { commit_no: head.commit_no, epoch: head.epoch };
        keep.draft = Some(Draft { name, parts, draft, manifest: None, step: Step::Parts, is_passed: false });
        self.plan_inner(process, 1, Inner::Keep { start });
    }

    /// One step of the snapshot that is under way.
    pub fn keep(&mut self, process: usize, start: u32) {
        let is_owner = self.processes[process].is_engaged();
        let Some(owner) = self.processes[process].owner_of(start) else { return };
        let Some(draft) = owner.keep.draft.as_mut().filter(|_| is_owner) else {
            owner.keep.draft = None;
            return;
        };
        let (step, is_passed) = (draft.step, std::mem::replace(&mut draft.is_passed, true));
        let point = match step {
            Step::Parts => None,
            Step::ReadBack => Some(Point::SnapshotPart),
            Step::Manifest => Some(Point::BeforeManifest),
            Step::PurgeIngest => Some(Point::AfterManifest),
            Step::PurgeJournal => Some(Point::MidPurge),
            Step::Done => Some(Point::AfterPurge),
        };
        if let Some(point) = point.filter(|_| !is_passed)
            && self.pass(process, point) == Passed::No
        {
            return self.hold(process, Inner::Keep { start });
        }
        match self.take_step(process, start, step) {
            Some(next) => self.set_step(process, start, next),
            // The servers did not do it: the snapshot is given up, another follows.
            None => {
                self.note(format_args!("n{process} gives a snapshot up at {step:?}"));
                if let Some(owner) = self.processes[process].owner_of(start) {
                    owner.keep = Keep::default();
                }
            }
        }
    }

    fn set_step(&mut self, process: usize, start: u32, next: (Step, u64)) {
        let (step, delay) = next;
        let Some(owner) = self.processes[process].owner_of(start) else { return };
        let Some(draft) = &mut owner.keep.draft else { return };
        // Waiting for outputs is no new step.
        draft.is_passed = draft.step == step;
        draft.step = step;
        self.plan_inner(process, delay, Inner::Keep { start });
    }

    fn take_step(&mut self, process: usize, start: u32, step: Step) -> Option<(Step, u64)> {
        let it = &mut self.processes[process];
        let follower = it.follower.as_ref()?;
        let owner = it.owner.as_mut().filter(|owner| owner.start == start)?;
        let draft = owner.keep.draft.as_mut()?;
        let name = draft.name;
        match step {
            Step::Parts => {
                let write = Write::Parts(name, draft.parts.clone());
                self.try_write(process, write).then_some((Step::ReadBack, 2))
            }
            Step::ReadBack => {
                let stored = (0..draft.parts.len())
                    .map_while(|index| self.servers.snapshots.part(name, index).cloned());
                follower.verify(&draft.draft, stored).ok()?;
                if mutants::is(Shell::PurgedBeforeManifest) {
                    let keep_from = follower.sequence();
                    self.try_write(
                        process,
                        Write::PurgeJournal { keep_from, oldest: SnapshotName { commit_no: 0, epoch: 0 } },
                    );
                }
                Some((Step::Manifest, 2))
            }
            Step::Manifest => {
                let Some(manifest) = follower.announce(&draft.draft) else {
                    return Some((Step::Manifest, 200));
                };
                let bytes = Bytes::from(manifest.encode().ok()?.bytes);
                draft.manifest = Some(manifest);
                if !self.try_write(process, Write::Manifest(name, bytes.clone())) {
                    return None;
                }
                (self.servers.snapshots.manifest(name) == Some(&bytes)).then_some((Step::PurgeIngest, 2))
            }
            Step::PurgeIngest => {
                self.servers.snapshots.remove_unfinished(name);
                let Some((_, oldest)) = self.oldest_kept() else { return Some((Step::Done, 1)) };
                let keep_from = oldest.ingest_position + 1;
                self.try_write(process, Write::PurgeIngest { keep_from }).then_some((Step::PurgeJournal, 2))
            }
            Step::PurgeJournal => {
                let Some((oldest, manifest)) = self.oldest_kept() else { return Some((Step::Done, 1)) };
                // The snapshot's own record stays: it proves that snapshot and journal belong together.
                let keep_from = manifest.stream_sequence;
                self.try_write(process, Write::PurgeJournal { keep_from, oldest }).then_some((Step::Done, 1))
            }
            Step::Done => {
                owner.keep.draft = None;
                self.note(format_args!("n{process} has a snapshot of commit {}", name.commit_no));
                Some((Step::Done, AGAIN_AFTER))
            }
        }
    }

    /// Of the snapshots that are kept, the oldest; nothing while there are fewer than shall be kept.
    fn oldest_kept(&self) -> Option<(SnapshotName, Manifest)> {
        let fitting = self.servers.snapshots.announced().rev().filter_map(|(name, bytes)| {
            let manifest = Manifest::decode(bytes).ok()?;
            follow::belongs(&self.servers, &manifest).then_some((name, manifest))
        });
        fitting.take(SNAPSHOTS_KEPT).nth(SNAPSHOTS_KEPT - 1)
    }

    /// True when the servers did it and said so.
    fn try_write(&mut self, process: usize, write: Write) -> bool {
        let it = &mut self.processes[process];
        let is_well = it.link.to_servers && self.servers.health(write.stream()) == Health::Well;
        let is_answered = it.link.from_servers;
        match it.next_fate.take() {
            Some(Fate::Late(millis)) => {
                self.plan(millis, Due::LateKeep(write));
                false
            }
            Some(Fate::Lost | Fate::Refused(_)) => false,
            Some(Fate::Fine | Fate::AnswerLost | Fate::Twice(_)) | None if !is_well => false,
            Some(Fate::AnswerLost) => {
                self.write(&write);
                false
            }
            Some(Fate::Fine | Fate::Twice(_)) | None => {
                self.write(&write);
                is_answered
            }
        }
    }

    pub fn write(&mut self, write: &Write) {
        match write {
            Write::Parts(name, parts) => {
                for (index, part) in parts.iter().enumerate() {
                    self.servers.snapshots.put_part(*name, index, part.clone());
                }
            }
            Write::Manifest(name, bytes) => self.servers.snapshots.put_manifest(*name, bytes.clone()),
            Write::PurgeIngest { keep_from } => {
                self.note(format_args!("ingest is purged below {keep_from}"));
                self.servers.ingest.purge(*keep_from);
            }
            Write::PurgeJournal { keep_from, oldest } => {
                self.note(format_args!("the journal is purged below {keep_from}"));
                if *keep_from > 1 && !self.servers.snapshots.covers(keep_from - 1) {
                    let what =
                        format!("the journal is purged below {keep_from}, which no whole snapshot covers");
                    self.violation("I14", what);
                }
                self.servers.journal.purge(*keep_from);
                self.servers.snapshots.remove_before(*oldest);
            }
        }
    }
}

impl Write {
    fn stream(&self) -> StreamName {
        match self {
            Write::Parts(..) | Write::Manifest(..) => StreamName::Snapshots,
            Write::PurgeIngest { .. } => StreamName::Ingest,
            Write::PurgeJournal { .. } => StreamName::Journal,
        }
    }
}
