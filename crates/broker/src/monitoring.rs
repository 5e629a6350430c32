//! What of a server's `/varz` we read. Only the monitoring port tells whether every write is synced.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::http;

#[derive(Debug, Deserialize)]
pub(crate) struct Varz {
    #[serde(default)]
    pub jetstream: JetStream,
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

pub(crate) async fn varz(base: &str) -> Result<Varz> {
    let (status, body) = http::get(base, "/varz").await?;
    if status != 200 {
        bail!("{base}/varz answers {status}");
    }
    serde_json::from_str(&body).with_context(|| format!("{base}/varz is not what a nats-server answers"))
}
