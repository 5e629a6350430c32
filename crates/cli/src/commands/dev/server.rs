//! The server of `wissel dev`: found or fetched, on loopback, in a temporary folder unless one is named.

use std::fs::{File, TryLockError};
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use broker::find::{self, Source};
use broker::start::{Options, Server};
use tempfile::TempDir;

use crate::commands::leash;

/// Where clients look first.
const PORT_USUAL: u16 = 4222;

/// Looked at this often, so that its end is told before anybody waits in vain for an answer.
const LOOK: Duration = Duration::from_millis(200);
/// Lines of its log that tell why it ended.
const LOG_LINES: usize = 20;

/// What is fixed while it runs.
#[derive(Debug, Clone)]
pub struct About {
    pub url: String,
    pub monitoring_url: String,
    /// The folder holds data of an earlier time.
    pub is_used: bool,
}

#[derive(Debug)]
pub struct DevServer {
    pub about: About,
    server: Server,
    /// Nobody else writes into the folder before the server's end; hence after it.
    _lock: File,
    /// Removed with the handle.
    _temporary: Option<TempDir>,
}

impl DevServer {
    /// Waits until it has ended, and says why it did.
    pub async fn ended(&mut self) -> anyhow::Error {
        while self.server.is_running() {
            tokio::time::sleep(LOOK).await;
        }
        anyhow!("nats-server has ended; its last lines:\n{}", self.server.log_tail(LOG_LINES))
    }

    /// Lets the server close its files, for at most about `limit`; what is left of it ends with the handle.
    pub async fn stop(&mut self, limit: Duration) {
        if let Ok(Err(error)) = tokio::time::timeout(limit, self.server.stop()).await {
            tracing::debug!(error = format!("{error:#}"), "the server ended badly");
        }
    }
}

pub async fn start(store: Option<&Path>, port: Option<u16>, is_unattended: bool) -> Result<DevServer> {
    let found = find::find(&tools()?).await?;
    let source = match found.source {
        Source::Variable => "named by NATS_SERVER",
        Source::Path => "found on PATH",
        Source::Fetched => "fetched",
    };
    tracing::info!(path = %found.path.display(), version = %found.version, source, "nats-server");
    let (folder, temporary) = match store {
        Some(folder) => (folder.to_owned(), None),
        None => {
            let folder = tempfile::Builder::new()
                .prefix("wissel-dev-")
                .tempdir()
                .context("cannot create a temporary folder; name one with --store")?;
            (folder.path().to_owned(), Some(folder))
        }
    };
    let lock = lock(&folder)?;
    let is_used = folder.join("store").join("jetstream").is_dir();
    if let Some(port) = port.filter(|port| !is_free(*port)) {
        bail!("port {port} is taken; choose another with --port, or leave it out for one that is free");
    }
    let mut options = Options::new(found.path, folder);
    options.name = "wissel-dev".to_owned();
    options.through = leash::through()?;
    options.port = port.or_else(|| (!is_unattended && is_free(PORT_USUAL)).then_some(PORT_USUAL));
    let server = Server::start(options).await?;
    let about = About { url: server.url(), monitoring_url: server.monitoring_url(), is_used };
    Ok(DevServer { about, server, _lock: lock, _temporary: temporary })
}

/// Held by this process until the file is closed. Two servers in one folder destroy each other's streams.
fn lock(folder: &Path) -> Result<File> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let path = folder.join("lock");
    let what = || format!("cannot lock {}", path.display());
    let mut file =
        File::options().create(true).truncate(false).read(true).write(true).open(&path).with_context(what)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let holder = std::fs::read_to_string(&path).unwrap_or_default();
            bail!(
                "{} is in use by another `wissel dev`, process {}; end that one first, or name another folder with \
                 --store",
                folder.display(),
                holder.trim()
            );
        }
        Err(TryLockError::Error(error)) => return Err(error).with_context(what),
    }
    file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id())).with_context(what)?;
    Ok(file)
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
