//! Snapshots of one shard in `SNAP`: each part and each manifest is the last message of a subject of its own.

use anyhow::{Context as _, Result};
use async_nats::jetstream::Context;
use async_nats::jetstream::stream::{RawMessageErrorKind, Stream};
use bytes::Bytes;
use futures_util::TryStreamExt;
use protocol::snapshot::Manifest;

use crate::names::{self, Names};

#[derive(Debug, Clone)]
pub(crate) struct Snapshots {
    context: Context,
    names: Names,
}

/// Names a snapshot of a shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SnapshotName {
    pub commit_no: u64,
    pub epoch: u64,
}

impl Snapshots {
    pub fn new(context: Context, names: Names) -> Snapshots {
        Snapshots { context, names }
    }

    /// Those with a manifest, the oldest first.
    pub async fn list(&self) -> Result<Vec<SnapshotName>> {
        let found = self.subjects(self.names.snapshot_manifests()).await?;
        let named = found.iter().filter_map(|subject| self.names.manifest_of(subject));
        let mut list: Vec<SnapshotName> =
            named.map(|(epoch, commit_no)| SnapshotName { commit_no, epoch }).collect();
        list.sort_unstable();
        Ok(list)
    }

    /// Parts from before `newest` without a manifest: what crashes left behind would fill the stream.
    pub async fn remove_unfinished(&self, newest: SnapshotName) -> Result<()> {
        let finished = self.list().await?;
        let found = self.subjects(self.names.snapshot_first_parts()).await?;
        for (epoch, commit_no) in found.iter().filter_map(|subject| self.names.first_part_of(subject)) {
            let name = SnapshotName { commit_no, epoch };
            if name < newest && finished.binary_search(&name).is_err() {
                self.remove(name).await?;
            }
        }
        Ok(())
    }

    /// The manifest, as stored, of the newest snapshot before this commit; those that cannot be read are left out.
    pub async fn newest_before(&self, before: u64) -> Result<Option<Bytes>> {
        for name in self.list().await?.into_iter().rev().filter(|name| name.commit_no < before) {
            if let Some(bytes) = self.manifest(name).await?.filter(|bytes| read(name, bytes).is_some()) {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }

    /// Nothing when there is none, or none that can be read.
    pub async fn readable(&self, name: SnapshotName) -> Result<Option<Manifest>> {
        Ok(self.manifest(name).await?.and_then(|bytes| read(name, &bytes)))
    }

    pub async fn manifest(&self, name: SnapshotName) -> Result<Option<Bytes>> {
        self.read(&self.names.snapshot_manifest(name.epoch, name.commit_no)).await
    }

    pub async fn part(&self, epoch: u64, commit_no: u64, index: usize) -> Result<Option<Bytes>> {
        self.read(&self.names.snapshot_part(epoch, commit_no, index)).await
    }

    pub async fn write_part(&self, name: SnapshotName, index: usize, part: Vec<u8>) -> Result<()> {
        self.write(self.names.snapshot_part(name.epoch, name.commit_no, index), part.into()).await
    }

    pub async fn write_manifest(&self, name: SnapshotName, manifest: Bytes) -> Result<()> {
        self.write(self.names.snapshot_manifest(name.epoch, name.commit_no), manifest).await
    }

    /// The manifest first: without it nobody looks for the parts.
    pub async fn remove(&self, name: SnapshotName) -> Result<()> {
        let stream = self.stream().await?;
        stream.purge().filter(self.names.snapshot_manifest(name.epoch, name.commit_no)).await?;
        stream.purge().filter(self.names.snapshot_parts(name.epoch, name.commit_no)).await?;
        Ok(())
    }

    async fn subjects(&self, pattern: String) -> Result<Vec<String>> {
        let found = self.stream().await?.info_with_subjects(pattern).await;
        let found: Vec<(String, usize)> =
            found.context("the snapshots cannot be listed")?.try_collect().await?;
        Ok(found.into_iter().map(|(subject, _)| subject).collect())
    }

    async fn read(&self, subject: &str) -> Result<Option<Bytes>> {
        match self.stream().await?.get_last_raw_message_by_subject(subject).await {
            Ok(message) => Ok(Some(message.payload)),
            Err(error) if error.kind() == RawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("{subject} cannot be read")),
        }
    }

    async fn write(&self, subject: String, bytes: Bytes) -> Result<()> {
        let what = format!("{subject} cannot be stored");
        self.context.publish(subject, bytes).await.context(what.clone())?.await.context(what)?;
        Ok(())
    }

    async fn stream(&self) -> Result<Stream<()>> {
        Ok(self.context.get_stream_no_info(names::snapshots_stream()).await?)
    }
}

/// A manifest that cannot be read is none: the next older one may do.
fn read(name: SnapshotName, bytes: &Bytes) -> Option<Manifest> {
    Manifest::decode(bytes)
        .inspect_err(|error| tracing::warn!(commit_no = name.commit_no, %error, "a manifest cannot be read"))
        .ok()
}
