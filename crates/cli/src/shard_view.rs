//! A shard's state, followed from outside: its newest snapshot and what its journal says since.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Result, bail};
use async_nats::jetstream;
use async_nats::jetstream::stream::Stream as JetStream;
use engine::Engine;
use model::{Change, Refusal, Time};
use protocol::chain::{ChainReader, Step};
use protocol::record::Body;
use protocol::subject::Stream;
use tokio::time::{Instant, sleep};

use crate::{connection, records};

/// How often the journal is looked at while something is waited for.
const LOOK_AFTER: Duration = Duration::from_millis(20);

pub struct ShardView {
    shard: u16,
    journal: JetStream,
    pub engine: Engine,
    reader: ChainReader,
    /// Inputs that were refused since the view was opened: by position, why.
    refused: BTreeMap<u64, (Refusal, String)>,
}

/// What an owner made of an input.
#[derive(Debug)]
pub enum Decided {
    AsWanted,
    Refused { reason: Refusal, detail: String },
}

impl ShardView {
    pub async fn open(jetstream: &jetstream::Context, shard: u16) -> Result<ShardView> {
        let journal = connection::stream(jetstream, &Stream::journal(shard).to_string()).await?;
        let (engine, reader) = node::latest(jetstream, shard).await?;
        let mut view = ShardView { shard, journal, engine, reader, refused: BTreeMap::new() };
        view.catch_up().await?;
        Ok(view)
    }

    /// Of the last record read.
    pub fn now(&self) -> Time {
        self.reader.now()
    }

    pub fn sequence(&self) -> u64 {
        self.reader.sequence()
    }

    /// Up to the journal's present end.
    pub async fn catch_up(&mut self) -> Result<()> {
        self.journal.info().await?;
        let (first, last) = (self.reader.sequence() + 1, *records::extent(&self.journal).end());
        if first > last {
            return Ok(());
        }
        let ShardView { journal, engine, reader, refused, .. } = self;
        let mut events = Vec::new();
        records::read(journal, first..=last, |entry| {
            let Step::Accepted { record, .. } = reader.read(entry.sequence, entry.bytes)? else {
                return Ok(());
            };
            let Body::Commit(commit) = &record.body else { return Ok(()) };
            for transition in &commit.transitions {
                engine.apply(record.now, transition, &mut events);
                if let Change::Refused(input) = &transition.change {
                    refused.insert(input.position, (input.reason, input.detail.clone()));
                }
            }
            events.clear();
            Ok(())
        })
        .await
    }

    /// Until `is_so`, as the owner decides the input at `position`; a refusal is an error.
    pub async fn wait(
        &mut self,
        position: u64,
        limit: Duration,
        is_so: impl Fn(&Engine) -> bool,
    ) -> Result<()> {
        match self.decided(position, limit, is_so).await? {
            Decided::AsWanted => Ok(()),
            Decided::Refused { reason, detail } => {
                bail!("shard {} refuses input {position} ({reason}: {detail})", self.shard)
            }
        }
    }

    /// Until `is_so`, or the owner refuses the input at `position`.
    pub async fn decided(
        &mut self,
        position: u64,
        limit: Duration,
        is_so: impl Fn(&Engine) -> bool,
    ) -> Result<Decided> {
        let deadline = Instant::now() + limit;
        loop {
            self.catch_up().await?;
            if is_so(&self.engine) {
                return Ok(Decided::AsWanted);
            }
            if let Some((reason, detail)) = self.refused.remove(&position) {
                return Ok(Decided::Refused { reason, detail });
            }
            if Instant::now() >= deadline {
                bail!(
                    "shard {} did not decide input {position} within {} s: no node owns it, or its owner has much to \
                     read; see `wissel cluster status`, and run this again",
                    self.shard,
                    limit.as_secs()
                );
            }
            sleep(LOOK_AFTER).await;
        }
    }
}
