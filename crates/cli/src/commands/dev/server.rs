//! The server of `wissel dev`, or the three of a cluster: found or fetched, on loopback, in a temporary folder unless one is
//! named.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use broker::cluster::Cluster;
use broker::find::{self, Source};
use broker::start::{Options, Server};
use futures_util::future::join_all;
use tempfile::TempDir;

use crate::commands::leash;
use crate::lock::lock;

/// Where clients look first.
const PORT_USUAL: u16 = 4222;

/// Looked at this often, so that its end is told before anybody waits in vain for an answer.
const LOOK: Duration = Duration::from_millis(200);
/// Lines of its log that tell why it ended.
const LOG_LINES: usize = 20;

/// As many servers as a journal needs so that one may die.
pub const CLUSTER_SIZE: usize = 3;

/// What is fixed while it runs.
#[derive(Debug, Clone)]
pub struct About {
    /// One address for each server.
    pub urls: Vec<String>,
    pub monitoring_urls: Vec<String>,
    pub folder: PathBuf,
    /// The folder holds data of an earlier time.
    pub is_used: bool,
}

/// What is asked of it.
#[derive(Debug)]
pub struct Wish<'a> {
    pub store: Option<&'a Path>,
    pub port: Option<u16>,
    /// Nobody is expected to look for it on its usual port.
    pub is_unattended: bool,
    pub is_cluster: bool,
}

#[derive(Debug)]
pub struct DevServer {
    pub about: About,
    servers: Vec<Server>,
    /// Nobody else writes into the folder before the server's end; hence after it.
    _lock: File,
    /// Removed with the handle.
    _temporary: Option<TempDir>,
}

impl DevServer {
    /// Waits until one has ended, and says why it did.
    pub async fn ended(&mut self) -> anyhow::Error {
        loop {
            for server in &mut self.servers {
                if !server.is_running() {
                    return anyhow!("nats-server has ended; its last lines:\n{}", server.log_tail(LOG_LINES));
                }
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Lets the servers close their files, for at most about `limit`; what is left of them ends with the handle.
    pub async fn stop(&mut self, limit: Duration) {
        let stops = self.servers.iter_mut().map(|server| tokio::time::timeout(limit, server.stop()));
        for stopped in join_all(stops).await {
            if let Ok(Err(error)) = stopped {
                tracing::debug!(error = format!("{error:#}"), "a server ended badly");
            }
        }
    }
}

pub async fn start(wish: &Wish<'_>) -> Result<DevServer> {
    let found = find::find(&tools()?).await?;
    let source = match found.source {
        Source::Variable => "named by NATS_SERVER",
        Source::Path => "found on PATH",
        Source::Fetched => "fetched",
    };
    tracing::info!(path = %found.path.display(), version = %found.version, source, "nats-server");
    let (folder, temporary) = match wish.store {
        Some(folder) => (folder.to_owned(), None),
        None => {
            let folder = tempfile::Builder::new()
                .prefix("wissel-dev-")
                .tempdir()
                .context("cannot create a temporary folder; name one with --store")?;
            (folder.path().to_owned(), Some(folder))
        }
    };
    // Two servers in one folder destroy each other's streams.
    let lock = lock(&folder, "wissel dev", "end that one first, or name another folder with --store")?;
    let is_used = refuse_other_kind(&folder, wish.is_cluster)?;
    if let Some(port) = wish.port.filter(|port| !is_free(*port)) {
        bail!("port {port} is taken; choose another with --port, or leave it out for one that is free");
    }
    let mut options = Options::new(found.path, folder.clone());
    options.name = "wissel-dev".to_owned();
    options.through = leash::through()?;
    options.port = wish.port.or_else(|| (!wish.is_unattended && is_free(PORT_USUAL)).then_some(PORT_USUAL));
    let servers = if wish.is_cluster {
        Cluster::start_as(&options, CLUSTER_SIZE).await?.servers
    } else {
        vec![start_one(options, wish.port.is_none()).await?]
    };
    let about = About {
        urls: servers.iter().map(Server::url).collect(),
        monitoring_urls: servers.iter().map(Server::monitoring_url).collect(),
        folder,
        is_used,
    };
    Ok(DevServer { about, servers, _lock: lock, _temporary: temporary })
}

/// A port that nobody asked for may be taken between the look at it and the start; then any is as good.
async fn start_one(mut options: Options, takes_any_port: bool) -> Result<Server> {
    let started = Server::start(options.clone()).await;
    if started.is_err() && takes_any_port && options.port.take().is_some_and(|port| !is_free(port)) {
        return Server::start(options).await;
    }
    started
}

/// Whether the folder was used before, by the same kind of site: one server cannot read what three have written, nor the
/// other way round.
fn refuse_other_kind(folder: &Path, is_cluster: bool) -> Result<bool> {
    let is_used = |store: PathBuf| store.join("jetstream").is_dir();
    let (by_one, by_cluster) = (is_used(folder.join("store")), is_used(folder.join("n1").join("store")));
    match (by_one, by_cluster, is_cluster) {
        (true, _, true) => bail!(
            "{} holds the data of a single server: leave --nodes out, or name another folder with --store",
            folder.display()
        ),
        (_, true, false) => bail!(
            "{} holds the data of a cluster: add --nodes 3, or name another folder with --store",
            folder.display()
        ),
        (by_one, by_cluster, _) => Ok(by_one || by_cluster),
    }
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}

/// Where a fetched server is kept: beside the build when run from one, so that tests share it; else in the user's cache.
fn tools() -> Result<PathBuf> {
    let program = std::env::current_exe().context("this program's own path is unknown")?;
    let target = program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
    if let Some(target) = target {
        return Ok(target.join("tools"));
    }
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = variable("XDG_CACHE_HOME").or_else(|| variable("HOME").map(|home| home.join(".cache")));
    Ok(cache.unwrap_or_else(std::env::temp_dir).join("wissel").join("tools"))
}
