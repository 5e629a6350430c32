//! Hears everything that a run's tenant is told, takes the time of it, and passes each desk its own.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use futures_util::StreamExt;
use hdrhistogram::Histogram;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::book::Book;
use crate::heard::Said;
use crate::record;
use crate::target::Tenant;
use crate::wire::{Breaks, Wire};

/// How often the generator asks itself whether it is late, and connections whether they broke.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Where the messages of each agent go, by name, with its number.
pub type ByAgent = HashMap<String, (usize, mpsc::UnboundedSender<Arc<Said>>)>;

struct Desks {
    by_agent: ByAgent,
    came: watch::Sender<usize>,
}

#[derive(Debug)]
pub struct Listeners {
    tasks: Vec<JoinHandle<()>>,
    /// Goes up when a connection broke.
    pub breaks: watch::Receiver<u64>,
    stalls: JoinHandle<Histogram<u64>>,
    is_over: watch::Sender<bool>,
    /// How many agents have been available.
    pub available: watch::Receiver<usize>,
}

impl Listeners {
    pub async fn start(
        tenant: &Tenant,
        book: &Arc<Book>,
        breaks: &Breaks,
        desks: ByAgent,
    ) -> Result<Listeners> {
        let id = &tenant.id;
        let (desk_wire, feed_wire) = (
            Wire::connect(&tenant.urls, "wissel-load desks", breaks).await?,
            Wire::connect(&tenant.urls, "wissel-load feed", breaks).await?,
        );
        let messages = desk_wire.subscribe(format!("wissel.out.{id}.agent.*")).await?;
        let queued = feed_wire.subscribe(format!("wissel.event.{id}.contact_queued")).await?;
        let closed = feed_wire.subscribe(format!("wissel.event.{id}.contact_closed")).await?;
        let (is_over, over) = watch::channel(false);
        let (broke, breaks_seen) = watch::channel(0);
        let (came, available) = watch::channel(0);
        let desks = Desks { by_agent: desks, came };
        let tasks = vec![
            tokio::spawn(hear_desks(messages, Arc::clone(book), breaks.clone(), desks)),
            tokio::spawn(hear_feed(queued, Arc::clone(book))),
            tokio::spawn(hear_feed(closed, Arc::clone(book))),
        ];
        let stalls = tokio::spawn(look(breaks.clone(), broke, over));
        Ok(Listeners { tasks, breaks: breaks_seen, stalls, is_over, available })
    }

    /// How late the generator's own timers were.
    pub async fn end(self) -> Result<Histogram<u64>> {
        self.is_over.send_replace(true);
        self.tasks.iter().for_each(JoinHandle::abort);
        Ok(self.stalls.await?)
    }
}

async fn hear_desks(mut messages: async_nats::Subscriber, book: Arc<Book>, breaks: Breaks, desks: Desks) {
    let mut seen = HashSet::new();
    while let Some(message) = messages.next().await {
        let at = book.now();
        let agent = message.subject.rsplit('.').next().unwrap_or_default();
        let Some((number, desk)) = desks.by_agent.get(agent) else { continue };
        let Some(said) = Said::read(&message.payload) else { continue };
        let is_available = said.presence.as_ref().is_some_and(|presence| presence.state == "available");
        if is_available && seen.insert(*number) {
            desks.came.send_replace(seen.len());
        }
        book.to_desk(*number, &said, at, breaks.count());
        // A desk that has ended hears nothing more.
        let _ = desk.send(Arc::new(said));
    }
}

async fn hear_feed(mut events: async_nats::Subscriber, book: Arc<Book>) {
    while let Some(message) = events.next().await {
        let at = book.now();
        if let Some(said) = Said::read(&message.payload) {
            book.event(&said, at);
        }
    }
}

async fn look(breaks: Breaks, broke: watch::Sender<u64>, over: watch::Receiver<bool>) -> Histogram<u64> {
    let mut stalls = record::empty();
    while !*over.borrow() {
        let due = Instant::now() + LOOK_EVERY;
        sleep(LOOK_EVERY).await;
        let late = u64::try_from(due.elapsed().as_nanos()).unwrap_or(u64::MAX);
        stalls.saturating_record(late.max(1));
        let count = breaks.count();
        broke.send_if_modified(|seen| std::mem::replace(seen, count) != count);
    }
    stalls
}
