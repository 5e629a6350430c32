//! Servers for tests, in a test's own folder, from a binary that is found once per test process.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use broker::cluster::Cluster;
use broker::find;
use broker::start::{Options, Server, Sync};
use tokio::sync::OnceCell;

use crate::Scratch;

static BINARY: OnceCell<PathBuf> = OnceCell::const_new();

/// The `nats-server` that tests use; fetched into `tools/` of the build folder if the machine has none.
pub async fn server_binary() -> Result<&'static Path> {
    let tools = target_folder()?.join("tools");
    let found = BINARY.get_or_try_init(|| async { find::find(&tools).await.map(|found| found.path) }).await?;
    Ok(found)
}

/// A server whose folder is `name` in `scratch`.
pub async fn server(scratch: &Scratch, name: &str, sync: Sync) -> Result<Server> {
    let mut options = Options::new(server_binary().await?, scratch.join(name));
    options.name = name.to_owned();
    options.sync = sync;
    Server::start(options).await
}

/// A cluster of `size` servers, named `n1`, `n2` and so on.
pub async fn cluster(scratch: &Scratch, size: usize, sync: Sync) -> Result<Cluster> {
    Cluster::start(server_binary().await?, &scratch.join("cluster"), size, sync).await
}

/// A client as the product has it: a dead link is known after three to four seconds. `url` may be several
/// addresses with commas between them.
pub async fn connect(url: &str) -> Result<async_nats::Client> {
    async_nats::ConnectOptions::new()
        .ping_interval(Duration::from_secs(1))
        .connection_timeout(Duration::from_secs(5))
        .connect(url.split(',').collect::<Vec<_>>())
        .await
        .with_context(|| format!("cannot connect to {url}"))
}

/// The build folder that the running test lies in: cargo marks it.
pub(crate) fn target_folder() -> Result<PathBuf> {
    let test = std::env::current_exe().context("this program's own path is unknown")?;
    test.ancestors()
        .find(|folder| folder.join("CACHEDIR.TAG").is_file())
        .map(Path::to_owned)
        .with_context(|| format!("{} does not lie in a cargo target folder", test.display()))
}
