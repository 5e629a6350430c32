//! What of a server's `/varz` we read. Only the monitoring port tells whether every write is synced.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::http;

/// Where a nats-server tells how it is when its configuration or `-m` says so, by custom and in all its examples.
const USUAL_PORT: u16 = 8222;

#[derive(Debug, Deserialize)]
pub(crate) struct Varz {
    pub server_id: String,
    #[serde(default)]
    pub cluster: Cluster,
    #[serde(default)]
    pub jetstream: JetStream,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Cluster {
    /// Empty for a server on its own.
    pub name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct JetStream {
    pub config: Config,
    pub stats: Stats,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Config {
    pub max_storage: u64,
    /// In nanoseconds; a server that syncs always reports its default here too.
    pub sync_interval: u64,
    /// Left out by the server when false.
    pub sync_always: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Stats {
    pub reserved_storage: u64,
}

impl Varz {
    pub fn sync_interval(&self) -> String {
        format!("every {:?}", Duration::from_nanos(self.jetstream.config.sync_interval))
    }
}

/// The usual monitoring addresses of these servers (`nats://user@host:port` or less), each once.
pub(crate) fn usual(servers: &[String]) -> Vec<String> {
    let mut addresses = Vec::new();
    for server in servers {
        let address = format!("http://{}:{USUAL_PORT}", host(server));
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    addresses
}

fn host(server: &str) -> &str {
    let rest = server.split_once("://").map_or(server, |(_, rest)| rest);
    let rest = rest.split('/').next().unwrap_or_default();
    let authority = rest.rsplit_once('@').map_or(rest, |(_, authority)| authority);
    match authority.find(']') {
        // An IPv6 address stays in its brackets.
        Some(end) => &authority[..=end],
        None => authority.split_once(':').map_or(authority, |(host, _)| host),
    }
}

pub(crate) async fn varz(base: &str) -> Result<Varz> {
    let (status, body) = http::get(base, "/varz").await?;
    if status != 200 {
        bail!("{base}/varz answers {status}");
    }
    serde_json::from_str(&body).with_context(|| format!("{base}/varz is not what a nats-server answers"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_have_a_usual_address_each() {
        for (server, expected) in [
            ("nats://127.0.0.1:4222", "http://127.0.0.1:8222"),
            ("a", "http://a:8222"),
            ("tls://jo:secret@nats.example:4443/", "http://nats.example:8222"),
            ("nats://[::1]:4222", "http://[::1]:8222"),
        ] {
            assert_eq!(usual(&[server.to_owned()]), [expected]);
        }
        let same = ["nats://a:4222".to_owned(), "nats://a:4223".to_owned()];
        assert_eq!(usual(&same), ["http://a:8222"]);
    }
}
