//! Reads a shard's journal while it grows: who owns the shard, when records landed, where nothing did for a while.
//!
//! Times are the server's stamps, so they are of one clock and do not depend on when this reader got the record.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_nats::jetstream::Context;
use protocol::record::{self, Body};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::streams;

/// Before a stream is asked again whose server was in trouble.
const POLL: Duration = Duration::from_millis(100);
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// An ownership as its first record tells it.
#[derive(Debug, Clone)]
pub struct Ownership {
    pub epoch: u64,
    pub node: String,
    pub at_ms: u64,
    /// When the first record after the opening landed; 0 while there is none.
    pub first_commit_ms: u64,
    /// The owner before it wrote that it left in good order.
    pub is_handed_over: bool,
}

#[derive(Debug, Default)]
pub struct Journal {
    /// The last sequence that was read.
    sequence: u64,
    pub ownerships: Vec<Ownership>,
    /// When each record landed, but for those of a former owner.
    pub stamps_ms: Vec<u64>,
    was_released: bool,
}

#[derive(Debug)]
pub struct Watcher {
    pub shard: u16,
    journal: Arc<Mutex<Journal>>,
    task: JoinHandle<()>,
}

impl Watcher {
    pub fn start(context: Context, shard: u16) -> Watcher {
        let journal = Arc::<Mutex<Journal>>::default();
        let task = tokio::spawn(watch(context, shard, Arc::clone(&journal)));
        Watcher { shard, journal, task }
    }

    pub fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The node that opened the newest epoch.
    pub fn owner(&self) -> Option<String> {
        self.journal().ownerships.last().map(|last| last.node.clone())
    }

    pub fn epoch(&self) -> u64 {
        self.journal().ownerships.last().map_or(0, |last| last.epoch)
    }

    /// Waits until a record landed at or after this moment; nothing when none did in time.
    pub async fn commit_since(&self, since_ms: u64, limit: Duration) -> Option<u64> {
        let deadline = Instant::now() + limit;
        loop {
            let found = self.journal().commit_since(since_ms);
            if found.is_some() || Instant::now() > deadline {
                return found;
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Waits for the first commit of an epoch after this one; gives that ownership.
    pub async fn owned_after(&self, epoch: u64, limit: Duration) -> Option<Ownership> {
        let deadline = Instant::now() + limit;
        loop {
            let found = self.journal().owned_after(epoch);
            if found.is_some() || Instant::now() > deadline {
                return found;
            }
            sleep(LOOK_EVERY).await;
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn watch(context: Context, shard: u16, journal: Arc<Mutex<Journal>>) {
    let stream = format!("JRN_{shard}");
    loop {
        let next = journal.lock().unwrap_or_else(PoisonError::into_inner).sequence + 1;
        // A server in trouble is asked again.
        let _ = streams::follow(&context, &stream, next, |stored| {
            journal.lock().unwrap_or_else(PoisonError::into_inner).take(&stored);
        })
        .await;
        sleep(POLL).await;
    }
}

impl Journal {
    fn take(&mut self, stored: &streams::Stored<'_>) {
        self.sequence = stored.sequence;
        let Ok((record, _)) = record::decode(stored.bytes) else { return };
        let epoch = self.ownerships.last().map_or(0, |last| last.epoch);
        match record.body {
            Body::EpochOpened(opened) if record.header.epoch > epoch => {
                let is_handed_over = std::mem::take(&mut self.was_released);
                self.ownerships.push(Ownership {
                    epoch: record.header.epoch,
                    node: opened.node,
                    at_ms: stored.stamp_ms,
                    first_commit_ms: 0,
                    is_handed_over,
                });
            }
            _ if record.header.epoch < epoch => return,
            Body::EpochOpened(_) => {}
            Body::Released(_) => self.was_released = true,
            Body::Commit(_) | Body::Trying(_) => {
                self.was_released = false;
                if let Some(last) = self.ownerships.last_mut().filter(|last| last.first_commit_ms == 0) {
                    last.first_commit_ms = stored.stamp_ms;
                }
            }
        }
        self.stamps_ms.push(stored.stamp_ms);
    }

    fn commit_since(&self, since_ms: u64) -> Option<u64> {
        self.stamps_ms.get(self.stamps_ms.partition_point(|stamp| *stamp < since_ms)).copied()
    }

    fn owned_after(&self, epoch: u64) -> Option<Ownership> {
        let is_next = |one: &&Ownership| one.epoch > epoch && one.first_commit_ms > 0;
        self.ownerships.iter().find(is_next).cloned()
    }

    /// Between the last record of the owner before this epoch and the first commit in it.
    pub fn gap_before(&self, epoch: u64) -> u64 {
        let Some(next) = self.ownerships.iter().find(|one| one.epoch == epoch) else { return 0 };
        let before = self.stamps_ms.partition_point(|stamp| *stamp < next.at_ms);
        let last = before.checked_sub(1).and_then(|at| self.stamps_ms.get(at)).copied();
        next.first_commit_ms.saturating_sub(last.unwrap_or(next.at_ms))
    }

    /// Spans of at least `least_ms` in which nothing landed, between two moments: when each began, and how long it was.
    pub fn outages(&self, from_ms: u64, until_ms: u64, least_ms: u64) -> Vec<(u64, u64)> {
        let within = self.stamps_ms.iter().copied().filter(|stamp| (from_ms..until_ms).contains(stamp));
        let mut last = from_ms;
        let mut outages = Vec::new();
        for stamp in within.chain([until_ms]) {
            if stamp.saturating_sub(last) >= least_ms {
                outages.push((last, stamp - last));
            }
            last = last.max(stamp);
        }
        outages
    }
}

#[test]
fn an_outage_is_what_lies_between_two_records() {
    let journal = Journal { stamps_ms: vec![10, 20, 500, 510, 2_000], ..Journal::default() };
    assert_eq!(journal.outages(0, 2_000, 400), [(20, 480), (510, 1_490)]);
    assert_eq!(journal.outages(500, 1_000, 400), [(510, 490)]);
}
