//! Several servers on one machine that form a cluster, to try and to test replication and fail-over.
//!
//! Members must know each other's route ports before they start, so those are picked here and given back
//! to the system for a moment; if another process takes one in between, the whole start is tried again.

use std::net::TcpListener;
use std::path::Path;

use anyhow::{Context, Result};

use crate::start::{ClusterMember, Options, Server, Sync};

/// Losing the race for a port is rare; losing it three times in a row is another fault.
const ATTEMPTS: usize = 3;

#[derive(Debug)]
pub struct Cluster {
    pub servers: Vec<Server>,
}

impl Cluster {
    /// Starts `size` servers under `folder` and waits until every one is ready.
    pub async fn start(binary: &Path, folder: &Path, size: usize, sync: Sync) -> Result<Cluster> {
        let mut options = Options::new(binary, folder);
        options.sync = sync;
        Cluster::start_as(&options, size).await
    }

    /// Starts `size` servers that are as `options` says, but for their names, `n1` and so on, which are also those of their
    /// folders in its folder. A port that it names is the first one's.
    pub async fn start_as(options: &Options, size: usize) -> Result<Cluster> {
        Cluster::start_with(options, size, |_| Ok(())).await
    }

    /// As [`Cluster::start_as`], and `adapt` has the last word about each server before it starts.
    pub async fn start_with(
        options: &Options,
        size: usize,
        mut adapt: impl FnMut(&mut Options) -> Result<()>,
    ) -> Result<Cluster> {
        let mut failure = None;
        for _ in 0..ATTEMPTS {
            match Cluster::attempt(options, size, &mut adapt).await {
                Ok(cluster) => return Ok(cluster),
                Err(error) => failure = Some(error),
            }
        }
        Err(failure.expect("there was at least one attempt"))
            .with_context(|| format!("a cluster of {size} did not start in {ATTEMPTS} attempts"))
    }

    /// All addresses for clients, separated by commas.
    pub fn url(&self) -> String {
        self.servers.iter().map(Server::url).collect::<Vec<_>>().join(",")
    }

    pub fn monitoring_urls(&self) -> Vec<String> {
        self.servers.iter().map(Server::monitoring_url).collect()
    }

    /// The member that goes by `name`, which is how the server names leaders and replicas.
    pub fn member(&mut self, name: &str) -> Option<&mut Server> {
        self.servers.iter_mut().find(|server| server.name() == name)
    }

    async fn attempt(
        common: &Options,
        size: usize,
        adapt: &mut impl FnMut(&mut Options) -> Result<()>,
    ) -> Result<Cluster> {
        let routes = free_ports(size)?;
        let mut servers = Vec::with_capacity(size);
        for (index, port) in routes.iter().enumerate() {
            let name = format!("n{}", index + 1);
            let is_first = index == 0;
            let mut options = Options {
                folder: common.folder.join(&name),
                name,
                port: common.port.filter(|_| is_first),
                monitoring_port: common.monitoring_port.filter(|_| is_first),
                cluster: Some(ClusterMember { port: *port, routes: routes.clone() }),
                ..common.clone()
            };
            adapt(&mut options)?;
            servers.push(Server::launch(options).await?);
        }
        for server in &mut servers {
            server.wait_ready().await?;
        }
        Ok(Cluster { servers })
    }
}

/// Ports that are free at this moment; all are held until the last is known, so they differ.
fn free_ports(count: usize) -> Result<Vec<u16>> {
    let listeners: Vec<TcpListener> = (0..count)
        .map(|_| TcpListener::bind(("127.0.0.1", 0)))
        .collect::<std::io::Result<_>>()
        .context("no free port on 127.0.0.1")?;
    listeners.iter().map(|listener| Ok(listener.local_addr()?.port())).collect()
}
