//! What the servers alone take for the same messages: a router that decides nothing.
//!
//! The streams are those of a shard, configured as ever, and each contact is as many stored messages as in a run: it comes, and three
//! times somebody answers; each input is read, written into a journal under the fence, one record for all that has come meanwhile and
//! one record at a time, told on core NATS and noted in the feed. What a run takes longer than this is Wissel's own; what it takes at
//! least is not.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use async_nats::jetstream::Context;
use async_nats::jetstream::consumer::pull::Config;
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy};
use async_nats::jetstream::message::PublishMessage;
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use protocol::subject::{self, ShardName};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::book::Book;
use crate::callers::Callers;
use crate::pacer::Sent;
use crate::plan::Plan;
use crate::record::Record;
use crate::scenario::Loaded;
use crate::target::Tenant;
use crate::threshold::Series;
use crate::wire::{Breaks, Wire};

/// Accepted, completed, wrapped up.
const ANSWERS: u32 = 3;
/// Inputs in one record, as a shard's owner takes them.
const GROUP_MAX: usize = 256;
const SETTLE: Duration = Duration::from_millis(500);
/// After the plan everything has this long to be told.
const TOLD_WITHIN: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What the servers did.
#[derive(Debug)]
pub struct Floor {
    pub sent: Sent,
    pub record: Record,
    /// Stored, and never told of.
    pub untold: u64,
}

/// Against servers whose streams are there and empty, and where no node runs.
pub async fn floor(loaded: &Loaded, tenant: &Tenant) -> Result<Floor> {
    let scenario = &loaded.scenario;
    let breaks = Breaks::default();
    let flows = scenario.flows.iter().map(|flow| flow.name.get_ref().clone()).collect();
    let book = Arc::new(Book::new("floor".to_owned(), Plan::new(scenario), flows));
    let router = Wire::connect(&tenant.urls, "wissel-load floor", &breaks).await?;
    let listener = Wire::connect(&tenant.urls, "wissel-load desks", &breaks).await?;
    let told = listener.subscribe(format!("wissel.out.{}.agent.floor", tenant.id)).await?;
    let routing = tokio::spawn(route(router.context.clone(), tenant.clone()));
    let answering = tokio::spawn(answer(told, listener, Arc::clone(&book), tenant.clone()));
    book.begin_at(Instant::now() + SETTLE);
    let sent = send(loaded, tenant, &book, &breaks).await?;
    let begun = Instant::now();
    while untold(&book) > 0 && begun.elapsed() < TOLD_WITHIN && !routing.is_finished() {
        sleep(LOOK_EVERY).await;
    }
    answering.abort();
    ended(routing).await?;
    Ok(Floor { record: record(&book, &sent), untold: untold(&book), sent })
}

async fn send(loaded: &Loaded, tenant: &Tenant, book: &Arc<Book>, breaks: &Breaks) -> Result<Sent> {
    let callers = Arc::new(Callers::new(Arc::clone(book), tenant.id.clone(), &loaded.scenario));
    let wire = Wire::connect(&tenant.urls, "wissel-load customers", breaks).await?;
    let late_max = loaded.scenario.generator.late_max.duration();
    let runtime = tokio::runtime::Handle::current();
    let pace = move || callers.pace((0, 1), late_max, &wire, &runtime, &AtomicBool::new(false));
    tokio::task::spawn_blocking(pace).await.context("the sender panicked")
}

/// Why the reader ended by itself, if it did.
async fn ended(routing: JoinHandle<Result<()>>) -> Result<()> {
    if !routing.is_finished() {
        routing.abort();
        return Ok(());
    }
    routing.await.context("the reader panicked")?
}

/// Reads what comes, and stores and tells it, until it is aborted.
async fn route(context: Context, tenant: Tenant) -> Result<()> {
    let ingest = context.get_stream(subject::Stream::ingest(tenant.shard).to_string()).await?;
    let config = Config {
        deliver_policy: DeliverPolicy::All,
        ack_policy: AckPolicy::None,
        memory_storage: true,
        num_replicas: 1,
        ..Config::default()
    };
    let mut inputs = ingest.create_consumer(config).await?.messages().await?;
    let journal = subject::journal(&ShardName::of(tenant.shard));
    let (told, noted) =
        (format!("wissel.out.{}.agent.floor", tenant.id), subject::event(&tenant.id, "floor"));
    let mut last = 0;
    while let Some(first) = inputs.next().await {
        let mut group = vec![first?];
        while group.len() < GROUP_MAX
            && let Some(Some(more)) = inputs.next().now_or_never()
        {
            group.push(more?);
        }
        let record: Vec<u8> = group.iter().flat_map(|input| input.payload.iter().copied()).collect();
        let message = PublishMessage::build().payload(record.into()).expected_last_sequence(last);
        last = context.send_publish(journal.clone(), message).await?.await?.sequence;
        for input in group {
            let id =
                input.headers.as_ref().and_then(|headers| headers.get(async_nats::header::NATS_MESSAGE_ID));
            let id = id.map(|id| id.as_str()).unwrap_or_default();
            let said: Bytes = [id.as_bytes(), b"\n", &input.payload].concat().into();
            context.client().publish(told.clone(), said.clone()).await?;
            // Nobody waits for the feed, as in a run.
            let stored = context.send_publish(noted.clone(), PublishMessage::build().payload(said)).await?;
            tokio::spawn(stored.into_future());
        }
    }
    Ok(())
}

/// Takes the time, and answers.
async fn answer(mut told: async_nats::Subscriber, wire: Wire, book: Arc<Book>, tenant: Tenant) {
    while let Some(message) = told.next().await {
        let at = book.now();
        let Some((id, body)) = split(&message.payload) else { continue };
        let Some((contact, step)) = id.rsplit_once('.') else { continue };
        let Some(number) = book.number(contact) else { continue };
        // A contact's own input is `create`, and its answers have numbers.
        let step = if step == "create" { 0 } else { step.parse().unwrap_or(ANSWERS) };
        if step == 0 {
            let mut entry = book.entry(number);
            (entry.offered, entry.answered) = (Some(at), Some(at));
        }
        if step < ANSWERS {
            let (wire, id) = (wire.clone(), format!("{contact}.{}", step + 1));
            let subject = format!("wissel.in.{}.agent.floor", tenant.id);
            // One that was not stored is missing from the next record, and nothing is measured of it.
            tokio::spawn(async move { wire.send(&subject, body, &id).await });
        }
    }
}

fn split(payload: &Bytes) -> Option<(String, Bytes)> {
    let end = payload.iter().position(|byte| *byte == b'\n')?;
    let id = std::str::from_utf8(&payload[..end]).ok()?;
    Some((id.to_owned(), payload.slice(end + 1..)))
}

fn untold(book: &Book) -> u64 {
    book.entries().filter(|(_, entry)| entry.sent.is_some() && entry.offered.is_none()).count() as u64
}

fn record(book: &Book, sent: &Sent) -> Record {
    let mut record = Record::default();
    for (number, lag) in &sent.lags {
        let planned = book.planned(*number);
        record.add(Series::SendLag, planned.flow, planned.at, *lag);
    }
    for (number, entry) in book.entries() {
        let planned = book.planned(number);
        let mut add = |series, from: Option<u64>, to: Option<u64>| {
            if let (Some(from), Some(to)) = (from, to) {
                record.add(series, planned.flow, planned.at, to.saturating_sub(from));
            }
        };
        add(Series::Stored, entry.sent, entry.stored.map(|(stored, _)| stored));
        add(Series::Service, entry.sent, entry.offered);
        add(Series::Response, Some(planned.at), entry.offered);
    }
    record
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_says_which_input_it_was() {
        let payload = Bytes::from_static(b"floor-calls-3.create\n{\"a\":\n1}");
        let (id, body) = split(&payload).expect("an id and a body");
        assert_eq!((id.as_str(), body.as_ref()), ("floor-calls-3.create", &b"{\"a\":\n1}"[..]));
        assert_eq!(split(&Bytes::from_static(b"no line")), None);
    }
}
