//! `wissel archive`: journals into files, before their streams forget them.
//!
//! What is written continues what was archived before, by the same chain as every owner's: a journal that was lost, cut or
//! exchanged meanwhile is an error here, never two histories in one folder.

use std::path::PathBuf;

use anyhow::{Context, Result, anyhow, bail};
use async_nats::jetstream;
use clap::Args;
use futures_util::TryStreamExt;
use protocol::archive::{JournalId, Sealed, Writer};
use protocol::chain::{ChainError, ChainReader};
use protocol::subject::{self, UUID_KEY};
use serde::Serialize;

use crate::archive::{Folder, SegmentFile};
use crate::arguments::{Done, Format, Output, Servers};
use crate::lock::lock;
use crate::{connection, print, records};

const EXAMPLES: &str = "\
Examples:
  wissel archive --to /backup/wissel                  every shard, from where the last run ended
  wissel archive --to /backup/wissel --shard 0 --shard 3 -o json
  wissel archive --to /backup/wissel --after-gap      go on although records were purged before they were archived
  wissel journal --archive /backup/wissel --from 1    read them

Every hour, in a crontab; what goes wrong is mailed:
  7 * * * *  wissel archive --to /backup/wissel --servers nats://a:4222,nats://b:4222 >/dev/null

Exit codes: 0 everything is archived; 1 a shard is not, with the reason and what to do; the others are archived all the
same, and so is what was read of that one.";

/// Write shards' journals into files
///
/// A node purges a journal's records after seven days, or sooner when the stream is half full. This writes them into
/// segments of up to 64 MiB or 100000 records, `DIR/<shard>-<journal>/<first>-<last>.wsla`, each synced and read back
/// before the next. A run goes on where the last one ended and archives everything up to the journal's end, so its last
/// segment is as short as what was left; run it seldom enough that segments are worth a file, and often enough that
/// nothing is purged before it is archived. Files are never changed: copy, move or remove them as you like, but leave the
/// last one of each shard, from which the next run goes on.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Archive {
    #[command(flatten)]
    servers: Servers,
    /// The folder of the archive, made if there is none
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// A shard; may stand several times [default: every shard that has a journal]
    #[arg(long = "shard", value_name = "S")]
    shards: Vec<u16>,
    /// Go on where the journal begins when it was purged beyond the archive's end; the gap stays
    #[arg(long)]
    after_gap: bool,
    #[command(flatten)]
    output: Output,
}

/// What a run did for one shard.
#[derive(Debug, Default, Serialize)]
struct Row {
    shard: u16,
    /// The folder of its journal; nothing when it could not be told.
    folder: Option<PathBuf>,
    /// Written by this run, and what they hold.
    segments: u64,
    records: u64,
    /// Of the files.
    bytes: u64,
    /// Sequences of the first and last record that this run wrote.
    first: Option<u64>,
    last: Option<u64>,
    /// Where the archive ends.
    archived_through: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl Archive {
    pub async fn run(self) -> Result<Done> {
        let client = connection::connect(&self.servers).await?;
        let jetstream = connection::jetstream(&client);
        let shards = self.shards(&jetstream).await?;
        let mend = "let that one end first, or name another folder with --to";
        let _lock = lock(&self.to, "wissel archive", mend)?;
        let mut rows = Vec::with_capacity(shards.len());
        for shard in shards {
            let mut row = Row { shard, ..Row::default() };
            let done = self.shard(&jetstream, &mut row).await;
            row.error = done.err().map(|error| print::causes(&error));
            rows.push(row);
        }
        match self.output.format {
            Format::Json => print::json(&rows)?,
            Format::Text => rows.iter().filter_map(Row::text).try_for_each(print::line)?,
        }
        let failed: Vec<String> = rows
            .iter()
            .filter_map(|row| row.error.as_ref().map(|error| format!("shard {}: {error}", row.shard)))
            .collect();
        if failed.is_empty() { Ok(Done::Well) } else { Err(anyhow!(failed.join("\n"))) }
    }

    async fn shards(&self, jetstream: &jetstream::Context) -> Result<Vec<u16>> {
        let mut shards = self.shards.clone();
        if shards.is_empty() {
            let names: Vec<String> = jetstream.stream_names().try_collect().await.context(
                "cannot list the streams; name the shards with --shard, or let this user call \
                 $JS.API.STREAM.NAMES",
            )?;
            shards.extend(names.iter().filter_map(|name| match subject::Stream::parse(name)? {
                subject::Stream::Journal(shard) => shard.number(),
                subject::Stream::Ingest(_)
                | subject::Stream::Events
                | subject::Stream::DeadLetters
                | subject::Stream::Configs
                | subject::Stream::Snapshots
                | subject::Stream::Members => None,
            }));
            if shards.is_empty() {
                bail!("there is no journal on this server; `wissel init` creates what is missing");
            }
        }
        shards.sort_unstable();
        shards.dedup();
        Ok(shards)
    }

    async fn shard(&self, jetstream: &jetstream::Context, row: &mut Row) -> Result<()> {
        let name = subject::Stream::journal(row.shard).to_string();
        let stream = connection::stream(jetstream, &name).await?;
        let id = identity(&stream)?;
        let folder = Folder::new(&self.to, row.shard, &id);
        row.folder = Some(folder.path().to_owned());
        let (oldest, last) = records::extent(&stream).into_inner();
        let archived = folder.segments()?.pop();
        row.archived_through = archived.as_ref().map(|file| file.last);
        let reader = match &archived {
            Some(file) if !self.is_gap(&folder, file.last, oldest, last)? => end(&folder, file, &id)?,
            Some(_) | None if oldest > last => return Ok(()),
            Some(_) | None => records::reader_before(&stream, oldest).await?,
        };
        let mut writer = Writer::new(row.shard, id, reader.clone());
        let read = records::read(&stream, reader.sequence() + 1..=last, |entry| {
            let full =
                writer.push(entry).map_err(|error| broken(error, &name, row.shard, archived.as_ref()))?;
            full.map_or(Ok(()), |sealed| row.keep(&folder, &sealed))
        });
        let read = read.await;
        // What was read before a failure is kept all the same.
        writer.seal().map_or(Ok(()), |sealed| row.keep(&folder, &sealed))?;
        read
    }

    /// Whether the journal was purged beyond the archive's end, which is an error unless that was said to be known.
    fn is_gap(&self, folder: &Folder, through: u64, oldest: u64, last: u64) -> Result<bool> {
        if last < through {
            bail!(
                "the journal ends at sequence {last}, but was archived up to {through}: it lost its end or was restored \
                 from an older copy. `wissel check` says whether a server is away; when that journal is the true one, \
                 move {} elsewhere and archive anew",
                folder.path().display()
            );
        }
        let is_gap = oldest > through + 1;
        if is_gap && !self.after_gap {
            bail!(
                "the journal was purged before it was archived: the records {}..{} are lost, the archive ends at {through} \
                 and the journal begins at {oldest}. Say --after-gap to go on there, and archive more often",
                through + 1,
                oldest - 1
            );
        }
        Ok(is_gap)
    }
}

/// Which journal it is; one that was made anew under the same name is another.
fn identity(stream: &jetstream::stream::Stream) -> Result<JournalId> {
    let config = &stream.cached_info().config;
    let id = config.metadata.get(UUID_KEY).and_then(|id| JournalId::new(id));
    id.with_context(|| {
        format!("{} has no identity ({UUID_KEY} in its metadata); `wissel init` gives it one", config.name)
    })
}

/// Reads on behind the archive's last segment.
fn end(folder: &Folder, file: &SegmentFile, id: &JournalId) -> Result<ChainReader> {
    let bytes = Folder::read(file)?;
    let segment = folder.decode(file, &bytes)?;
    if segment.header.journal != *id {
        bail!("{} is of another journal; name another folder with --to", file.path.display());
    }
    let reader = segment.check().with_context(|| format!("{} is not one chain", file.path.display()))?;
    Ok(reader)
}

/// The record does not continue what is archived, or what was read before it.
fn broken(error: ChainError, name: &str, shard: u16, archived: Option<&SegmentFile>) -> anyhow::Error {
    let sequence = error.sequence;
    let what = match archived.filter(|file| file.last + 1 == sequence) {
        Some(file) => format!(
            "{name} does not continue {}: it was restored from another copy, or something else wrote to it. When \
             that journal is the true one, move that file's folder elsewhere and archive anew",
            file.path.display()
        ),
        None => format!(
            "{name} is not one chain; `wissel journal --shard {shard} --from {}` shows where it breaks, `wissel cluster \
             status` what to do",
            sequence.saturating_sub(1)
        ),
    };
    anyhow::Error::new(error).context(what)
}

impl Row {
    fn keep(&mut self, folder: &Folder, sealed: &Sealed) -> Result<()> {
        let SegmentFile { path, first, last } = folder.write(sealed)?;
        tracing::info!(shard = self.shard, first, last, file = %path.display(), "a segment was written");
        self.segments += 1;
        self.records += sealed.records as u64;
        self.bytes += sealed.bytes.len() as u64;
        self.first.get_or_insert(first);
        (self.last, self.archived_through) = (Some(last), Some(last));
        Ok(())
    }

    /// Nothing when there is only the error to tell.
    fn text(&self) -> Option<String> {
        let Row { shard, segments, records, bytes, .. } = self;
        let written = self.first.zip(self.last).zip(self.folder.as_ref());
        match (written, self.archived_through) {
            (Some(((first, last), folder)), _) => Some(format!(
                "shard {shard}: {first}..{last} in {}: {segments} segments, {records} records, {bytes} bytes",
                folder.display()
            )),
            (None, _) if self.error.is_some() => None,
            (None, Some(through)) => Some(format!("shard {shard}: nothing new behind {through}")),
            (None, None) => Some(format!("shard {shard}: nothing to archive")),
        }
    }
}
