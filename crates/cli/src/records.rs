//! Where the records of a journal are read from: its stream, or an archive of it.
//!
//! The stream's records are asked for one by one, several at once: a consumer skips what the server cannot read without a
//! word, and here a record that is not there is an error that names it.

use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use async_nats::jetstream::message::StreamMessage;
use async_nats::jetstream::stream::{RawMessageError, RawMessageErrorKind, Stream};
use futures_util::{StreamExt, stream};
use model::Time;
use protocol::archive::Entry;
use protocol::chain::{ChainHead, ChainReader};
use protocol::record;
use tokio::time::sleep;

use crate::archive::{Folder, SegmentFile};

/// Reads under way at once. 32 keep a server busy over a round trip of a millisecond, and of the largest records they
/// are 40 MB.
const READS_AT_ONCE: usize = 32;

/// In a cluster that elects a leader nobody answers for some seconds.
const FAILURES_MAX: u32 = 5;
const AGAIN_AFTER: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub enum Source {
    Stream(Box<Stream>),
    Archive { folder: Folder, files: Vec<SegmentFile> },
}

impl Source {
    /// The archive of the shard's only journal, or of the one with this identity.
    pub fn archive(archive: &Path, shard: u16, journal: Option<&str>) -> Result<Source> {
        let folder = Folder::find(archive, shard, journal)?;
        let files = folder.segments()?;
        Ok(Source::Archive { folder, files })
    }

    /// As people know it.
    pub fn name(&self) -> String {
        match self {
            Source::Stream(stream) => stream.cached_info().config.name.clone(),
            Source::Archive { folder, .. } => folder.path().display().to_string(),
        }
    }

    /// The sequences from the first to the last record; empty when there is none.
    pub fn extent(&self) -> RangeInclusive<u64> {
        match self {
            Source::Stream(stream) => extent(stream),
            Source::Archive { files, .. } => {
                files.first().map_or(1, |file| file.first)..=files.last().map_or(0, |file| file.last)
            }
        }
    }

    /// A reader that expects the record of this sequence, which lies in [`Source::extent`].
    pub async fn reader_before(&self, sequence: u64) -> Result<ChainReader> {
        match self {
            Source::Stream(stream) => reader_before(stream, sequence).await,
            Source::Archive { folder, files } => {
                let file = file_of(folder, files, sequence)?;
                let bytes = Folder::read(file)?;
                let segment = folder.decode(file, &bytes)?;
                let mut reader = segment.header.before.reader(segment.header.first);
                for entry in segment.records.iter().take_while(|entry| entry.sequence < sequence) {
                    reader.read(entry.sequence, entry.bytes)?;
                }
                Ok(reader)
            }
        }
    }

    /// Gives these records in order, up to the first that cannot be read or that `take` does not want.
    pub async fn read(
        &self,
        sequences: RangeInclusive<u64>,
        mut take: impl FnMut(Entry<'_>) -> Result<()>,
    ) -> Result<()> {
        match self {
            Source::Stream(stream) => read(stream, sequences, take).await,
            Source::Archive { folder, files } => {
                let mut next = *sequences.start();
                while next <= *sequences.end() {
                    let file = file_of(folder, files, next)?;
                    let bytes = Folder::read(file)?;
                    let segment = folder.decode(file, &bytes)?;
                    let wanted = |entry: &&Entry<'_>| sequences.contains(&entry.sequence);
                    segment.records.iter().filter(wanted).try_for_each(|entry| take(*entry))?;
                    next = file.last + 1;
                }
                Ok(())
            }
        }
    }
}

/// The segment that holds the record, or which records are missing there.
fn file_of<'a>(folder: &Folder, files: &'a [SegmentFile], sequence: u64) -> Result<&'a SegmentFile> {
    let behind = files.partition_point(|file| file.last < sequence);
    match files.get(behind) {
        Some(file) if file.first <= sequence => Ok(file),
        Some(file) => {
            let first = behind.checked_sub(1).map_or(1, |before| files[before].last + 1);
            bail!(
                "{} lacks the records {first}..{}, which were not archived or are in a file that was taken away; \
                 what follows them is printed with --from {}",
                folder.path().display(),
                file.first - 1,
                file.first
            )
        }
        None => bail!("{} has no record {sequence}", folder.path().display()),
    }
}

/// The sequences that the stream holds; empty when it holds none.
pub fn extent(stream: &Stream) -> RangeInclusive<u64> {
    let state = &stream.cached_info().state;
    let first = if state.messages == 0 { state.last_sequence + 1 } else { state.first_sequence };
    first..=state.last_sequence
}

/// From the record before it, which is taken as it stands; the oldest that is kept says itself what it continues.
pub async fn reader_before(stream: &Stream, sequence: u64) -> Result<ChainReader> {
    if sequence == 1 {
        return Ok(ChainReader::from_beginning());
    }
    if sequence == *extent(stream).start() {
        let message = message(stream, sequence).await?;
        let (record, _) = record::decode(&message.payload)
            .with_context(|| format!("sequence {sequence}, the oldest that is kept"))?;
        return Ok(ChainReader::from_oldest(sequence, &record));
    }
    let before = sequence - 1;
    let message = message(stream, before).await?;
    let (record, hash) = record::decode(&message.payload)
        .with_context(|| format!("sequence {before} before the first one asked for"))?;
    let head =
        ChainHead { epoch: record.header.epoch, commit_no: record.header.commit_no, hash, sequence: before };
    Ok(ChainReader::from_trusted(head, record.now))
}

/// As [`Source::read`].
pub async fn read(
    stream: &Stream,
    sequences: RangeInclusive<u64>,
    mut take: impl FnMut(Entry<'_>) -> Result<()>,
) -> Result<()> {
    let (mut next, last) = sequences.into_inner();
    let mut failures = 0;
    loop {
        let mut reads = stream::iter(next..=last)
            .map(|sequence| stream.get_raw_message(sequence))
            .buffered(READS_AT_ONCE);
        let error = loop {
            match reads.next().await {
                None => return Ok(()),
                Some(Err(error)) => break error,
                Some(Ok(message)) => {
                    take(entry(&message))?;
                    (next, failures) = (message.sequence + 1, 0);
                }
            }
        };
        if failures == FAILURES_MAX || error.kind() == RawMessageErrorKind::NoMessageFound {
            return Err(cannot_read(stream, next, error));
        }
        failures += 1;
        sleep(AGAIN_AFTER).await;
    }
}

async fn message(stream: &Stream, sequence: u64) -> Result<StreamMessage> {
    stream.get_raw_message(sequence).await.map_err(|error| cannot_read(stream, sequence, error))
}

fn cannot_read(stream: &Stream, sequence: u64, error: RawMessageError) -> anyhow::Error {
    let name = &stream.cached_info().config.name;
    if error.kind() == RawMessageErrorKind::NoMessageFound {
        return anyhow!(
            "{name} no longer holds sequence {sequence}: it was purged meanwhile, or the server lost it"
        );
    }
    anyhow::Error::new(error).context(format!("cannot read sequence {sequence} of {name}"))
}

fn entry(message: &StreamMessage) -> Entry<'_> {
    let stamp = message.time.unix_timestamp_nanos() / 1_000_000;
    Entry {
        sequence: message.sequence,
        stamp: Time(u64::try_from(stamp).unwrap_or_default()),
        bytes: &message.payload,
    }
}
