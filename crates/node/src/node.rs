//! A node: starts its shards, shows what they do, and hands them over.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use async_nats::jetstream::Context;
use async_nats::jetstream::stream::Info;
use async_nats::service::Service;
use crossbeam_channel::Sender;
use futures_util::TryStreamExt;
use protocol::subject::Stream;
use shard::ShardEvent;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::access;
use crate::api::{self, Api};
use crate::beats::{self, Tenants};
use crate::clock::NodeTime;
use crate::crash;
use crate::engine_thread::EngineThread;
use crate::follower::{self, FollowerHandle, FollowerParts, StateDigest};
use crate::inbox::{self, ToEngine};
use crate::journal::{contact_key, uuid};
use crate::links::Links;
use crate::names::Names;
use crate::options::{NodeOptions, Tuning};
use crate::progress::ShardProgress;
use crate::runner::{Parts, Runner};

/// How long a hand-over may take: what is in flight lands, outputs are confirmed (2 s), the release is written. A
/// leader change in between takes longer; the next owner then takes over as after a crash.
const STOP_MAX: Duration = Duration::from_secs(8);
/// Nodes own shards by the dozen; a list of more is a mistake.
const SHARDS_MAX: usize = 1024;

/// Why a shard is not this node's any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedShard {
    pub shard: u16,
    /// It was asked for.
    pub is_orderly: bool,
    /// What happened, where, and what to do, as a sentence.
    pub reason: String,
}

/// A running node. Dropped without [`Node::stop`] it leaves its shards as a crash would.
pub struct Node {
    shards: BTreeMap<u16, Owned>,
    threads: Vec<Sender<ToEngine>>,
    links: Links,
    /// Those that end with the node; all others end with their shard.
    tasks: Vec<AbortHandle>,
    /// Answers `$SRV` while it lives.
    _service: Service,
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Node").field("shards", &self.shards).finish_non_exhaustive()
    }
}

/// What the node keeps of a shard that runs on an engine thread.
#[derive(Debug)]
struct Owned {
    inbox: Sender<ToEngine>,
    follower: Arc<FollowerHandle>,
    progress: watch::Receiver<ShardProgress>,
    closed: watch::Receiver<Option<ClosedShard>>,
}

impl Node {
    /// Connects, and starts to take its shards over. That they are owned is seen in their progress.
    pub async fn start(options: NodeOptions) -> Result<Node> {
        Node::start_with(options, Tuning::default()).await
    }

    pub async fn start_with(options: NodeOptions, tuning: Tuning) -> Result<Node> {
        crash::prepare()?;
        let links = Links::connect(&options).await?;
        let all = present(&options, &links.api).await?;
        let shards = wanted(&options, &all)?;
        let time = NodeTime::new(options.clock.clone());
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads: Vec<_> = (0..cores.min(shards.len())).map(|_| inbox::channel()).collect();
        let mut runners: Vec<Vec<Runner>> = threads.iter().map(|_| Vec::new()).collect();
        let mut owned = BTreeMap::new();
        let tenants = Tenants::default();
        let is_first = shards.first() == all.first();
        for (place, shard) in shards.into_iter().enumerate() {
            let thread = place % threads.len();
            let names = Names::new(shard);
            let Streams { key, ingest_bytes_max } = Streams::read(&links.api, &names).await?;
            let runtime = Handle::current();
            let follower = Arc::new(follower::start(FollowerParts {
                names: names.clone(),
                key,
                links: links.clone(),
                runtime: runtime.clone(),
                tuning: tuning.clone(),
                ingest_bytes_max,
                tenants: Tenants::clone(&tenants),
            })?);
            let (progress, progress_seen) =
                watch::channel(ShardProgress { shard, ..ShardProgress::default() });
            let (closed, closed_seen) = watch::channel(None);
            let sender = threads[thread].0.clone();
            owned.insert(
                shard,
                Owned {
                    inbox: sender.clone(),
                    follower: Arc::clone(&follower),
                    progress: progress_seen,
                    closed: closed_seen,
                },
            );
            runners[thread].push(Runner::new(Parts {
                names,
                node: options.name.clone(),
                key,
                links: links.clone(),
                runtime,
                time: time.clone(),
                sender,
                follower,
                progress,
                closed,
            }));
        }
        let mut senders = Vec::new();
        for (index, ((sender, receiver), runners)) in threads.into_iter().zip(runners).enumerate() {
            EngineThread::start(index, runners, receiver, time.clone())?;
            senders.push(sender);
        }
        let runtime = Handle::current();
        let followers = owned.iter().map(|(shard, owned)| (*shard, Arc::clone(&owned.follower))).collect();
        let api = Api {
            context: links.api.clone(),
            tenants: Tenants::clone(&tenants),
            followers: Arc::new(followers),
            is_first,
        };
        let (service, mut tasks) = api::start(&runtime, api).await?;
        if !time.is_virtual() {
            let shards = owned.iter();
            let shards = shards
                .map(|(shard, owned)| (*shard, owned.inbox.clone(), Arc::clone(&owned.follower)))
                .collect();
            tasks.extend(beats::start(&runtime, links.api.client(), &tenants, shards));
        }
        Ok(Node { shards: owned, threads: senders, links, tasks, _service: service })
    }

    /// The shards that this node was started for.
    pub fn shards(&self) -> impl Iterator<Item = u16> + '_ {
        self.shards.keys().copied()
    }

    /// # Panics
    /// When the node was not started for this shard: see [`Node::shards`].
    pub fn progress(&self, shard: u16) -> watch::Receiver<ShardProgress> {
        let owned = self.shards.get(&shard);
        owned.unwrap_or_else(|| panic!("this node was not started for shard {shard}")).progress.clone()
    }

    /// Where the shard's follower stands; nothing while it is not ready.
    pub async fn digest(&self, shard: u16) -> Option<StateDigest> {
        let follower = &self.shards.get(&shard)?.follower;
        follower
            .answer(|follower| StateDigest {
                commit_no: follower.head().commit_no,
                digest: follower.digest(),
            })
            .await
    }

    /// The virtual clock was set: what is due by now, happens.
    pub fn wake(&self) {
        for thread in &self.threads {
            // A full channel holds events, and each of them makes the thread look at its clock.
            let _ = thread.try_send(ToEngine::Wake);
        }
    }

    /// Waits until every shard has left or is quarantined, and says why.
    pub async fn closed(&self) -> Vec<ClosedShard> {
        let mut reasons = Vec::new();
        for (shard, owned) in &self.shards {
            let mut closed = owned.closed.clone();
            let reason = match closed.wait_for(Option::is_some).await {
                Ok(reason) => reason.clone(),
                Err(_) => None,
            };
            reasons.push(reason.unwrap_or_else(|| ClosedShard {
                shard: *shard,
                is_orderly: false,
                reason: format!("the thread of shard {shard} is gone"),
            }));
        }
        reasons
    }

    /// Hands every shard over and waits for that, within a limit; says how each one ended.
    pub async fn stop(self) -> Vec<ClosedShard> {
        for (shard, owned) in &self.shards {
            let release = ToEngine::Event { shard: *shard, event: ShardEvent::Release };
            inbox::send(&owned.inbox, release).await;
        }
        let reasons = match tokio::time::timeout(STOP_MAX, self.closed()).await {
            Ok(reasons) => reasons,
            Err(_) => self.shards.iter().map(|(shard, owned)| owned.so_far(*shard)).collect(),
        };
        for client in self.links.clients() {
            // What is buffered goes out; a server that is away gets nothing more.
            let _ = tokio::time::timeout(Duration::from_secs(1), client.flush()).await;
        }
        reasons
    }
}

impl Owned {
    fn so_far(&self, shard: u16) -> ClosedShard {
        let closed = self.closed.borrow().clone();
        closed.unwrap_or_else(|| ClosedShard {
            shard,
            is_orderly: false,
            reason: format!(
                "shard {shard} could not be released within {STOP_MAX:?}; the next owner takes it over as \
                 after a crash"
            ),
        })
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
        for owned in self.shards.values() {
            owned.follower.close();
        }
        for thread in &self.threads {
            let _ = thread.send_timeout(ToEngine::Stop, Duration::from_secs(1));
        }
    }
}

/// Every shard that has both its streams, in order.
async fn present(options: &NodeOptions, context: &Context) -> Result<Vec<u16>> {
    let mut streams: Vec<String> = context.stream_names().try_collect().await.context(
        "the streams cannot be listed; is JetStream on, and may this user call $JS.API.STREAM.NAMES?",
    )?;
    streams.sort_unstable();
    let mut present: Vec<u16> = streams
        .iter()
        .filter_map(|stream| Stream::ingest_shard(stream))
        .filter(|shard| streams.binary_search(&Names::new(*shard).journal).is_ok())
        .collect();
    present.sort_unstable();
    if present.is_empty() {
        bail!("there are no shards on {}; create them with `wissel init`", access::shown(&options.servers));
    }
    Ok(present)
}

/// The shards to own, in order.
fn wanted(options: &NodeOptions, present: &[u16]) -> Result<Vec<u16>> {
    let mut wanted = if options.shards.is_empty() { present.to_vec() } else { options.shards.clone() };
    wanted.sort_unstable();
    wanted.dedup();
    if wanted.len() > SHARDS_MAX {
        bail!("{} shards are more than one node takes ({SHARDS_MAX}); name those it shall own", wanted.len());
    }
    match wanted.iter().find(|shard| !present.contains(shard)) {
        Some(shard) => bail!(
            "shard {shard} has no streams ING_{shard} and JRN_{shard}; create them with `wissel init --shards {}`",
            u32::from(*shard) + 1
        ),
        None => Ok(wanted),
    }
}

/// What the shard's two streams say of themselves.
struct Streams {
    /// See [`contact_key`].
    key: [u8; 16],
    ingest_bytes_max: u64,
}

impl Streams {
    /// Both must have an identity: the journal's goes into the key, the ingest stream's into the journal.
    async fn read(context: &Context, names: &Names) -> Result<Streams> {
        let (ingest, journal) = (info(context, &names.ingest).await?, info(context, &names.journal).await?);
        for info in [&ingest, &journal] {
            if uuid(info).is_empty() {
                let name = &info.config.name;
                bail!("the stream {name} has no identity in its metadata; run `wissel init` again");
            }
        }
        // Without a limit it is -1.
        let ingest_bytes_max = u64::try_from(ingest.config.max_bytes).unwrap_or(u64::MAX);
        Ok(Streams { key: contact_key(&uuid(&journal)), ingest_bytes_max })
    }
}

async fn info(context: &Context, stream: &str) -> Result<Info> {
    let found = context.get_stream(stream).await;
    let found = found.with_context(|| format!("the stream {stream} gives no information"))?;
    Ok(found.cached_info().clone())
}
