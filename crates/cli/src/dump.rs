//! A stream read from its first message to where it ended when that was asked, as the checker wants it; or the copy of it
//! that each server keeps.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result};
use async_nats::jetstream;
use async_nats::jetstream::consumer::pull::Config;
use async_nats::jetstream::consumer::{AckPolicy, Consumer, DeliverPolicy};
use async_nats::jetstream::stream::Stream;
use futures_util::StreamExt;
use model::Time;
use tokio::time::sleep;
use verify::{Checker, Copy, Extent, Message};

use crate::connection;

/// Messages asked for at once; at a kilobyte each they are well below what a client buffers.
const BATCH: usize = 1_000;
/// In a cluster that is busy, or was just healed, a reader may be asked before its server knows it (503), or go with it.
const FAILURES_MAX: u32 = 5;
const AGAIN_AFTER: Duration = Duration::from_secs(1);
/// Which server a reader of its own is put on is drawn by the servers: of three each is met within so many draws, but for one
/// time in a hundred thousand.
const DRAWS_PER_SERVER: usize = 10;

pub struct Dump {
    stream: Stream,
    pub extent: Extent,
}

impl Dump {
    pub async fn open(jetstream: &jetstream::Context, name: &str) -> Result<Dump> {
        let stream = connection::stream(jetstream, name).await?;
        let state = &stream.cached_info().state;
        let last = state.last_sequence;
        let first = if state.messages == 0 { last + 1 } else { state.first_sequence };
        Ok(Dump { extent: Extent { first, last }, stream })
    }

    /// Gives every message in order. One that the server cannot read is missing, and the checker says so.
    pub async fn read(&self, mut take: impl FnMut(&Message<'_>)) -> Result<()> {
        let mut next = self.extent.first;
        let mut failures = 0;
        while next <= self.extent.last {
            let read = async {
                let reader = self.reader(next).await?;
                self.read_with(&reader, &mut next, &mut take).await
            };
            match read.await {
                Ok(()) => return Ok(()),
                Err(error) if failures == FAILURES_MAX => return Err(error),
                Err(_) => failures += 1,
            }
            sleep(AGAIN_AFTER).await;
        }
        Ok(())
    }

    /// Gives the copy of every server that has one to the checker; those that cannot be read are said to be unchecked.
    pub async fn compare_copies(
        &self,
        checker: &mut Checker,
        copy_on: for<'a> fn(&'a mut Checker, &str) -> Copy<'a>,
    ) -> Result<()> {
        let mut unread = self.servers();
        for _ in 0..unread.len() * DRAWS_PER_SERVER {
            if unread.is_empty() {
                break;
            }
            let Ok(reader) = self.reader(self.extent.first).await else {
                sleep(AGAIN_AFTER).await;
                continue;
            };
            let on = reader.cached_info().cluster.as_ref().and_then(|cluster| cluster.leader.clone());
            if let Some(server) = on.filter(|server| unread.contains(server))
                && self.read_copy(&reader, copy_on(checker, &server)).await.is_ok()
            {
                unread.remove(&server);
            }
            // The server forgets a reader that nobody uses, too.
            let _ = self.stream.delete_consumer(&reader.cached_info().name).await;
        }
        checker.copies_unread(unread.len() as u64);
        Ok(())
    }

    async fn read_copy(&self, reader: &Consumer<Config>, mut copy: Copy<'_>) -> Result<()> {
        let mut next = self.extent.first;
        for _ in 0..FAILURES_MAX {
            self.read_with(reader, &mut next, &mut |message| copy.message(message)).await?;
            if next > self.extent.last {
                break;
            }
            // It may lag behind the one that was asked where the stream ends.
            sleep(AGAIN_AFTER).await;
        }
        copy.finish();
        Ok(())
    }

    /// Those that have a copy; none when there is only one.
    fn servers(&self) -> BTreeSet<String> {
        let Some(cluster) = &self.stream.cached_info().cluster else { return BTreeSet::new() };
        let others = cluster.replicas.iter().map(|peer| peer.name.clone());
        let all: BTreeSet<String> = cluster.leader.iter().cloned().chain(others).collect();
        if all.len() > 1 { all } else { BTreeSet::new() }
    }

    /// It has no replicas of its own, so it lives on one server and reads the copy there.
    async fn reader(&self, from: u64) -> Result<Consumer<Config>> {
        let config = Config {
            deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: from },
            ack_policy: AckPolicy::None,
            memory_storage: true,
            num_replicas: 1,
            ..Config::default()
        };
        let name = &self.stream.cached_info().config.name;
        self.stream.create_consumer(config).await.with_context(|| format!("cannot read {name}"))
    }

    /// From `next` on, which is moved along, until the end or until there is nothing more.
    async fn read_with(
        &self,
        reader: &Consumer<Config>,
        next: &mut u64,
        take: &mut impl FnMut(&Message<'_>),
    ) -> Result<()> {
        let name = &self.stream.cached_info().config.name;
        loop {
            // Ends with what is there, and never waits for more.
            let mut batch = reader.fetch().max_messages(BATCH).messages().await?;
            let mut count = 0;
            while let Some(message) = batch.next().await {
                let message = message.map_err(|error| anyhow::anyhow!("cannot read {name}: {error}"))?;
                let info =
                    message.info().map_err(|error| anyhow::anyhow!("{name} gave no sequence: {error}"))?;
                if info.stream_sequence > self.extent.last {
                    *next = info.stream_sequence;
                    return Ok(());
                }
                take(&evidence(
                    &message.message,
                    info.stream_sequence,
                    stamp(info.published.unix_timestamp_nanos()),
                ));
                *next = info.stream_sequence + 1;
                if info.stream_sequence == self.extent.last {
                    return Ok(());
                }
                count += 1;
            }
            if count == 0 {
                return Ok(());
            }
        }
    }
}

fn evidence(message: &async_nats::Message, sequence: u64, stamp: Time) -> Message<'_> {
    let headers = message.headers.as_ref();
    Message {
        sequence,
        stamp,
        subject: message.subject.as_str().into(),
        message_id: headers
            .and_then(|headers| headers.get(async_nats::header::NATS_MESSAGE_ID))
            .map(|id| id.as_str().into()),
        bytes: message.payload.as_ref().into(),
    }
}

fn stamp(nanoseconds: i128) -> Time {
    Time(u64::try_from(nanoseconds / 1_000_000).unwrap_or_default())
}
