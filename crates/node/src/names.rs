//! Streams and subjects of one shard.

use protocol::subject::{self, ShardName, Stream, Subject};

#[derive(Debug, Clone)]
pub(crate) struct Names {
    pub shard: u16,
    /// As it stands in outputs and manifests.
    pub name: String,
    pub ingest: String,
    pub journal: String,
    pub journal_subject: String,
    shard_name: ShardName,
}

impl Names {
    pub fn new(shard: u16) -> Names {
        let shard_name = ShardName::of(shard);
        Names {
            shard,
            ingest: Stream::ingest(shard).to_string(),
            journal: Stream::journal(shard).to_string(),
            journal_subject: subject::journal(&shard_name),
            name: shard_name.to_string(),
            shard_name,
        }
    }

    pub fn snapshot_part(&self, epoch: u64, commit_no: u64, index: usize) -> String {
        subject::snapshot_part(&self.shard_name, epoch, commit_no, index)
    }
    pub fn snapshot_parts(&self, epoch: u64, commit_no: u64) -> String {
        subject::snapshot_parts(&self.shard_name, epoch, commit_no)
    }
    pub fn snapshot_manifest(&self, epoch: u64, commit_no: u64) -> String {
        subject::snapshot_manifest(&self.shard_name, epoch, commit_no)
    }
    pub fn snapshot_manifests(&self) -> String {
        subject::snapshot_manifests(&self.shard_name)
    }
    pub fn snapshot_first_parts(&self) -> String {
        subject::snapshot_first_parts(&self.shard_name)
    }

    /// Epoch and commit of a manifest's subject.
    pub fn manifest_of(&self, subject: &str) -> Option<(u64, u64)> {
        let Ok(Subject::SnapshotManifest { shard, epoch, commit_no }) = subject::parse(subject) else {
            return None;
        };
        (shard == self.shard_name).then_some((epoch, commit_no))
    }

    /// Epoch and commit of a first part's subject.
    pub fn first_part_of(&self, subject: &str) -> Option<(u64, u64)> {
        let Ok(Subject::SnapshotPart { shard, epoch, commit_no, index: 0 }) = subject::parse(subject) else {
            return None;
        };
        (shard == self.shard_name).then_some((epoch, commit_no))
    }
}

pub(crate) fn snapshots_stream() -> String {
    Stream::Snapshots.to_string()
}

pub(crate) fn configs_stream() -> String {
    Stream::Configs.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_is_read_back_from_its_subject() {
        let names = Names::new(1);
        assert_eq!(names.manifest_of(&names.snapshot_manifest(3, 44)), Some((3, 44)));
        assert_eq!(names.manifest_of(&Names::new(12).snapshot_manifest(3, 44)), None);
        assert_eq!(names.manifest_of(&names.snapshot_part(3, 44, 0)), None);
        assert_eq!(names.first_part_of(&names.snapshot_part(3, 44, 0)), Some((3, 44)));
        assert_eq!(names.first_part_of(&names.snapshot_part(3, 44, 10)), None);
    }
}
