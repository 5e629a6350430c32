//! What snapshots make unnecessary: inputs at once, journal records after their retention.
//!
//! A record goes only when the oldest snapshot that is kept covers it. A manifest is announced only when all outputs up
//! to it were sent, so that bound covers what must be published as well.
//!
//! Inputs are kept as long, for whoever looks into what happened; no recovery needs those behind the journal's position.
//! So an ingest stream that fills gives up all that the newest snapshot covers, before it refuses what producers send.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use async_nats::jetstream::Context;
use async_nats::jetstream::stream::Info;
use model::{Millis, Time};
use protocol::snapshot::Manifest;

use crate::crash::{self, Point};
use crate::journal::{facts, first_since};
use crate::names::Names;

/// A stream that is half full gives up what it keeps for people before it refuses a write.
const FULL_PARTS: u64 = 2;

/// Purges the inputs that are decided; `oldest` is nothing while fewer snapshots exist than shall be kept.
pub(crate) async fn ingest(
    context: &Context,
    names: &Names,
    oldest: Option<&Manifest>,
    newest: &Manifest,
) -> Result<()> {
    let ingest = context.get_stream(&names.ingest).await?;
    let covering = if is_filling(ingest.cached_info()) { Some(newest) } else { oldest };
    if let Some(manifest) = covering {
        let purge = ingest.purge().sequence(manifest.ingest_position + 1).await;
        purge.context("the ingest stream cannot be purged")?;
    }
    crash::pass(Point::MidPurge);
    Ok(())
}

/// Purges the journal as far as `oldest`, the oldest snapshot that is kept, allows.
pub(crate) async fn journal(
    context: &Context,
    names: &Names,
    oldest: &Manifest,
    retention: Duration,
) -> Result<()> {
    let journal = context.get_stream(&names.journal).await?;
    // The snapshot's own record stays: it proves that snapshot and journal belong together.
    let covered = oldest.stream_sequence;
    let keep_from = if is_filling(journal.cached_info()) {
        covered
    } else {
        let first = facts(journal.cached_info()).first_sequence;
        first_since(&journal, first, covered, wall() - Millis(retention.as_millis() as u64)).await?
    };
    if keep_from > facts(journal.cached_info()).first_sequence {
        journal.purge().sequence(keep_from).await.context("the journal cannot be purged")?;
        tracing::info!(shard = names.shard, keep_from, "the journal was purged");
    }
    Ok(())
}

fn is_filling(info: &Info) -> bool {
    let most = u64::try_from(info.config.max_bytes).unwrap_or(u64::MAX);
    info.state.bytes > most / FULL_PARTS
}

fn wall() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(since.as_millis() as u64)
}
