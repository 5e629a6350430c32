//! The snapshot store: parts and manifests, each the last message of a subject of its own.

use std::collections::BTreeMap;

use bytes::Bytes;
use protocol::snapshot::{Decoder, Manifest};

/// In order of age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SnapshotName {
    pub commit_no: u64,
    pub epoch: u64,
}

#[derive(Debug, Default)]
pub struct Snapshots {
    held: BTreeMap<SnapshotName, Snapshot>,
    is_damaged: bool,
}

#[derive(Debug, Default, Clone)]
pub struct Snapshot {
    pub parts: Vec<Bytes>,
    pub manifest: Option<Bytes>,
}

impl Snapshots {
    pub fn put_part(&mut self, name: SnapshotName, index: usize, part: Bytes) {
        let parts = &mut self.held.entry(name).or_default().parts;
        parts.truncate(index);
        parts.push(part);
    }

    pub fn put_manifest(&mut self, name: SnapshotName, manifest: Bytes) {
        self.held.entry(name).or_default().manifest = Some(manifest);
    }

    pub fn manifest(&self, name: SnapshotName) -> Option<&Bytes> {
        self.held.get(&name)?.manifest.as_ref()
    }

    /// The newest readable manifest before this commit.
    pub fn newest_before(&self, before: u64) -> Option<&Bytes> {
        self.announced()
            .rev()
            .find(|(name, bytes)| name.commit_no < before && Manifest::decode(bytes).is_ok())
            .map(|(_, bytes)| bytes)
    }

    /// Those with a manifest, the oldest first.
    pub fn announced(&self) -> impl DoubleEndedIterator<Item = (SnapshotName, &Bytes)> {
        self.held.iter().filter_map(|(name, held)| Some((*name, held.manifest.as_ref()?)))
    }

    pub fn part(&self, name: SnapshotName, index: usize) -> Option<&Bytes> {
        self.held.get(&name)?.parts.get(index)
    }

    pub fn remove_before(&mut self, oldest: SnapshotName) {
        self.held.retain(|name, _| *name >= oldest);
    }

    /// Parts from before `newest` without a manifest.
    pub fn remove_unfinished(&mut self, newest: SnapshotName) {
        self.held.retain(|name, held| held.manifest.is_some() || *name >= newest);
    }

    /// Changes one byte of the newest snapshot's first part.
    pub fn damage(&mut self, at: u64) -> bool {
        // Of those that are kept one may be unreadable; of more nothing is promised.
        if std::mem::replace(&mut self.is_damaged, true) {
            return false;
        }
        let newest = self.held.values_mut().rev().find(|held| held.manifest.is_some());
        let Some(part) = newest.and_then(|held| held.parts.first_mut()) else { return false };
        let mut bytes = part.to_vec();
        let at = (at % bytes.len().max(1) as u64) as usize;
        let Some(byte) = bytes.get_mut(at) else { return false };
        *byte ^= 1;
        *part = bytes.into();
        true
    }

    /// True when a snapshot that reads back whole covers the journal up to `sequence`.
    pub fn covers(&self, sequence: u64) -> bool {
        self.announced().any(|(name, bytes)| {
            let Ok(manifest) = Manifest::decode(bytes) else { return false };
            manifest.stream_sequence >= sequence && self.reads_back(name, manifest)
        })
    }

    fn reads_back(&self, name: SnapshotName, manifest: Manifest) -> bool {
        let mut decoder = Decoder::new(manifest);
        let mut rows = Vec::new();
        while let Some(index) = decoder.next_part() {
            let Some(part) = self.part(name, index) else { return false };
            if decoder.read_part(part, &mut rows).is_err() {
                return false;
            }
        }
        decoder.finish().is_ok()
    }
}
