//! Where a journal can be read from: a snapshot that belongs to it, chosen as the owner chooses it (`shard::fit`), or its
//! beginning.

use anyhow::{Context as _, Result, bail};
use async_nats::jetstream::Context;
use engine::Engine;
use protocol::chain::ChainReader;
use protocol::snapshot::{Decoder, Manifest};
use shard::fit::{Fit, fit, is_of_record};
use shard::limits::SNAPSHOTS_TRIED_MAX;
use shard::{Replay, StreamFacts};

use crate::journal::{Journal, contact_key, uuid};
use crate::names::Names;
use crate::snapshots::{SnapshotName, Snapshots};

pub(crate) struct Beginnings<'a> {
    pub names: &'a Names,
    /// See [`contact_key`].
    pub key: [u8; 16],
    pub journal: &'a Journal,
    pub snapshots: &'a Snapshots,
}

/// A shard as far back as it can be known, and the reader of what follows in its journal.
pub async fn earliest(context: &Context, shard: u16) -> Result<(Engine, ChainReader)> {
    from(context, shard, End::Oldest).await
}

/// A shard as its newest snapshot has it, and the reader of what follows in its journal.
pub async fn latest(context: &Context, shard: u16) -> Result<(Engine, ChainReader)> {
    from(context, shard, End::Newest).await
}

enum End {
    Oldest,
    Newest,
}

async fn from(context: &Context, shard: u16, end: End) -> Result<(Engine, ChainReader)> {
    let names = Names::new(shard);
    let stream = context.get_stream(&names.journal).await;
    let stream = stream.with_context(|| format!("the stream {} gives no information", names.journal))?;
    let key = contact_key(&uuid(stream.cached_info()));
    let journal = Journal::new(context.clone(), names.clone(), 0);
    let snapshots = Snapshots::new(context.clone(), names.clone());
    let beginnings = Beginnings { names: &names, key, journal: &journal, snapshots: &snapshots };
    let replay = match end {
        End::Oldest => beginnings.oldest().await?,
        End::Newest => beginnings.newest().await?,
    };
    Ok(replay.into_parts())
}

impl Beginnings<'_> {
    pub async fn newest(&self) -> Result<Replay<Engine>> {
        let mut newest_first = self.snapshots.list().await?;
        newest_first.reverse();
        self.first_whole(newest_first, self.facts().await?).await
    }

    async fn oldest(&self) -> Result<Replay<Engine>> {
        let journal = self.facts().await?;
        let oldest_first =
            if journal.first_sequence == 1 { Vec::new() } else { self.snapshots.list().await? };
        self.first_whole(oldest_first, journal).await
    }

    async fn facts(&self) -> Result<StreamFacts> {
        Ok(self.journal.info().await.context("the streams give no information")?.journal)
    }

    /// Of the first of these that is whole and belongs to the journal, or of the journal's beginning.
    async fn first_whole(&self, names: Vec<SnapshotName>, journal: StreamFacts) -> Result<Replay<Engine>> {
        let mut tries_left = SNAPSHOTS_TRIED_MAX;
        for name in names {
            let Some(manifest) = self.snapshots.readable(name).await? else { continue };
            if tries_left == 0 {
                break;
            }
            tries_left -= 1;
            match self.load_snapshot(manifest, journal).await? {
                Ok(replay) => return Ok(replay),
                Err(why) => {
                    tracing::warn!(commit_no = name.commit_no, why, "snapshot passed over");
                }
            }
        }
        let first = journal.first_sequence;
        if first > 1 {
            bail!("the journal begins at {first} and no snapshot covers what is before");
        }
        Ok(Replay::from_beginning(self.key))
    }

    /// The inner error says why the snapshot is passed over.
    async fn load_snapshot(
        &self,
        manifest: Manifest,
        journal: StreamFacts,
    ) -> Result<Result<Replay<Engine>, String>> {
        if let Err(why) = self.belongs(&manifest, journal).await? {
            return Ok(Err(why.to_owned()));
        }
        let (epoch, commit_no) = (manifest.epoch, manifest.commit_no);
        let mut decoder = Decoder::new(manifest);
        let mut rows = Vec::new();
        while let Some(index) = decoder.next_part() {
            let Some(part) = self.snapshots.part(epoch, commit_no, index).await? else {
                return Ok(Err("a part is missing".to_owned()));
            };
            if let Err(error) = decoder.read_part(&part, &mut rows) {
                return Ok(Err(error.to_string()));
            }
        }
        let finished = decoder.finish().map_err(|error| error.to_string());
        Ok(finished.map(|manifest| Replay::from_snapshot(self.key, manifest, rows)))
    }

    /// The inner error says why the snapshot is not one of this journal.
    pub async fn belongs(
        &self,
        manifest: &Manifest,
        journal: StreamFacts,
    ) -> Result<Result<(), &'static str>> {
        match fit(manifest, &self.names.name, journal) {
            Fit::Yes => Ok(Ok(())),
            Fit::No(why) => Ok(Err(why)),
            Fit::IfRecord { sequence } => {
                let records = self.journal.records(sequence, sequence).await;
                Ok(is_of_record(manifest, &records.context("the journal cannot be read")?))
            }
            // The owner has just taken the shard over, so the journal is whole and this answer old.
            Fit::Beyond { last, witness } => {
                bail!("the journal seems to end at {last}, but a snapshot was taken at {witness}")
            }
        }
    }
}
