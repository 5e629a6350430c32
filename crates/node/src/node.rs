//! A node: joins the others, shows what its shards do, and hands them over.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use async_nats::jetstream::Context;
use async_nats::jetstream::stream::Info;
use async_nats::service::Service;
use crossbeam_channel::Sender;
use futures_util::TryStreamExt;
use protocol::record::FORMAT;
use protocol::subject::{Stream, is_node_name};
use shard::members::MembersConfig;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinHandle};

use crate::access;
use crate::api::{self, Api, Followers};
use crate::beats::{Beats, Tenants};
use crate::clock::NodeTime;
use crate::cluster::{Cluster, ClusterEvent, Common, Others, Owners, Place};
use crate::crash;
use crate::engine_thread::EngineThread;
use crate::follower::StateDigest;
use crate::inbox::{self, ToEngine};
use crate::journal::{NUMBER_MASK, contact_key, journal_id, uuid};
use crate::links::Links;
use crate::names::Names;
use crate::options::{NodeOptions, Tuning};
use crate::panics;
use crate::progress::ShardProgress;

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
    shards: BTreeMap<u16, Watched>,
    owners: watch::Receiver<Owners>,
    threads: Vec<Sender<ToEngine>>,
    followers: Followers,
    links: Links,
    cluster: UnboundedSender<ClusterEvent>,
    cluster_task: JoinHandle<()>,
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

/// What is seen of a shard from outside.
#[derive(Debug)]
struct Watched {
    progress: watch::Receiver<ShardProgress>,
    closed: watch::Receiver<Option<ClosedShard>>,
}

impl Node {
    /// Connects, and begins to share the shards with the other nodes. That they are owned is seen in their progress.
    pub async fn start(options: NodeOptions) -> Result<Node> {
        Node::start_with(options, Tuning::default()).await
    }

    pub async fn start_with(options: NodeOptions, tuning: Tuning) -> Result<Node> {
        crash::prepare()?;
        if !is_node_name(&options.name) {
            bail!("a node's name consists of 1 to 64 of A-Z a-z 0-9 _ and -, {:?} does not", options.name);
        }
        let links = Links::connect(&options).await?;
        let all = present(&options, &links.api).await?;
        let wanted = wanted(&options, &all)?;
        let mut shards = Vec::new();
        for shard in &wanted {
            shards.push((Names::new(*shard), Streams::read(&links.api, &Names::new(*shard)).await?));
        }
        let others = if options.is_alone { None } else { Some(join(&options, &links, &all).await?) };
        let (runtime, time) = (Handle::current(), NodeTime::new(options.clock.clone()));
        let (cluster, events) = unbounded_channel();
        let common = Common {
            node: options.name.clone(),
            links: links.clone(),
            runtime: runtime.clone(),
            time: time.clone(),
            tuning,
            tenants: Tenants::default(),
            followers: Followers::default(),
            cluster: cluster.clone(),
        };
        let threads = engine_threads(wanted.len(), &time)?;
        let places: BTreeMap<u16, Place> = shards
            .into_iter()
            .zip(threads.iter().cycle())
            .map(|((names, streams), thread)| {
                let Streams { key, journal_id, ingest_bytes_max } = streams;
                (names.shard, Place::new(names, key, journal_id, ingest_bytes_max, thread.clone()))
            })
            .collect();
        let watched = places.iter().map(|(shard, place)| {
            (*shard, Watched { progress: place.progress.subscribe(), closed: place.closed.subscribe() })
        });
        let watched = watched.collect();
        let (tenants, followers) = (Tenants::clone(&common.tenants), Followers::clone(&common.followers));
        let api = Api {
            context: links.api.clone(),
            tenants: Tenants::clone(&tenants),
            followers: Followers::clone(&followers),
            first: all[0],
        };
        let (service, tasks) = api::start(&runtime, api).await?;
        let beats = (!time.is_virtual()).then(|| Beats::start(&runtime, links.api.client(), &tenants));
        let (owners, owners_seen) = watch::channel(Owners::new());
        let task = Cluster::new(common, places, events, beats, others, owners).run();
        let cluster_task = panics::spawn(&runtime, "cluster", task);
        Ok(Node {
            shards: watched,
            owners: owners_seen,
            threads,
            followers,
            links,
            cluster,
            cluster_task,
            tasks,
            _service: service,
        })
    }

    /// The shards that this node was started for.
    pub fn shards(&self) -> impl Iterator<Item = u16> + '_ {
        self.shards.keys().copied()
    }

    /// # Panics
    /// When the node was not started for this shard: see [`Node::shards`].
    pub fn progress(&self, shard: u16) -> watch::Receiver<ShardProgress> {
        let watched = self.shards.get(&shard);
        watched.unwrap_or_else(|| panic!("this node was not started for shard {shard}")).progress.clone()
    }

    /// Who owns the shards, as this node sees it; empty at first.
    pub fn owners(&self) -> watch::Receiver<Owners> {
        self.owners.clone()
    }

    /// Where the shard's follower stands; nothing while it is not ready.
    pub async fn digest(&self, shard: u16) -> Option<StateDigest> {
        let follower = Arc::clone(self.followers.get(&shard)?.value());
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

    /// Waits until every shard has left this node or is quarantined, and says why.
    pub async fn closed(&self) -> Vec<ClosedShard> {
        let mut reasons = Vec::new();
        for (shard, watched) in &self.shards {
            let mut closed = watched.closed.clone();
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

    /// Hands every shard over and waits for that, within a limit; says how each one ended that this node owned.
    pub async fn stop(mut self) -> Vec<ClosedShard> {
        self.shards.retain(|_, watched| watched.is_owned());
        let _ = self.cluster.send(ClusterEvent::Stop);
        let _ = tokio::time::timeout(STOP_MAX, &mut self.cluster_task).await;
        let reasons = self.shards.iter().map(|(shard, watched)| watched.so_far(*shard)).collect();
        for client in self.links.clients() {
            // What is buffered goes out; a server that is away gets nothing more.
            let _ = tokio::time::timeout(Duration::from_secs(1), client.flush()).await;
        }
        reasons
    }
}

impl Watched {
    fn is_owned(&self) -> bool {
        let progress = self.progress.borrow();
        progress.epoch > 0 && progress.left.is_none()
    }

    /// How the node's ownership ended.
    fn so_far(&self, shard: u16) -> ClosedShard {
        let closed = self.closed.borrow().clone();
        closed.unwrap_or_else(|| ClosedShard {
            shard,
            is_orderly: false,
            reason: format!(
                "shard {shard} could not be released within {STOP_MAX:?}; the next owner takes it over as after a \
                 crash"
            ),
        })
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.cluster_task.abort();
        for task in &self.tasks {
            task.abort();
        }
        for follower in self.followers.iter() {
            follower.value().close();
        }
        for thread in &self.threads {
            let _ = thread.send_timeout(ToEngine::Stop, Duration::from_secs(1));
        }
    }
}

async fn join(options: &NodeOptions, links: &Links, all: &[u16]) -> Result<Others> {
    let incarnation = getrandom::u64().context("the system gives no random bytes")? & NUMBER_MASK;
    let only = (!options.shards.is_empty()).then(|| options.shards.clone());
    let config =
        MembersConfig { node: options.name.clone(), incarnation, format: FORMAT, shards: all.to_vec(), only };
    Others::join(links, config).await
}

/// As many as there are cores, at most one for each shard.
fn engine_threads(shards: usize, time: &NodeTime) -> Result<Vec<Sender<ToEngine>>> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    (0..cores.min(shards))
        .map(|index| {
            let (sender, receiver) = inbox::channel();
            EngineThread::start(index, receiver, time.clone())?;
            Ok(sender)
        })
        .collect()
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
    journal_id: u64,
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
        Ok(Streams {
            key: contact_key(&uuid(&journal)),
            journal_id: journal_id(&uuid(&journal)),
            ingest_bytes_max,
        })
    }
}

async fn info(context: &Context, stream: &str) -> Result<Info> {
    let found = context.get_stream(stream).await;
    let found = found.with_context(|| format!("the stream {stream} gives no information"))?;
    Ok(found.cached_info().clone())
}
