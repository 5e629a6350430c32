//! Connections: one for each kind of traffic, so that none can hold another up.
//!
//! A server cuts a client that reads too slowly, and a client that sends much delays its own pings. The journal must
//! not suffer from either, so nothing shares its connection.

use std::time::Duration;

use anyhow::{Result, anyhow};
use async_nats::jetstream::Context;
use async_nats::jetstream::context::ContextBuilder;
use async_nats::{Client, ConnectOptions};

use crate::access::Servers;
use crate::options::NodeOptions;

/// A dead link is known after two missed answers.
const PING_INTERVAL: Duration = Duration::from_secs(1);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// As long as the shard waits for an acknowledgement; a leader change takes longer and is asked about again.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(2);
/// Reconnects are spread, lest all nodes come back in the same instant.
const RECONNECT_AFTER_MS: u64 = 50;
const RECONNECT_AFTER_MS_MAX: u64 = 1_000;

#[derive(Debug, Clone)]
pub(crate) struct Links {
    pub journal: Context,
    pub ingest: Context,
    pub outputs: Context,
    pub api: Context,
}

impl Links {
    pub async fn connect(options: &NodeOptions) -> Result<Links> {
        let link = |purpose: &'static str| connect(options, purpose);
        let (journal, ingest, outputs, api) =
            tokio::try_join!(link("journal"), link("ingest"), link("outputs"), link("api"))?;
        Ok(Links { journal, ingest, outputs, api })
    }

    pub fn clients(&self) -> [Client; 4] {
        [&self.journal, &self.ingest, &self.outputs, &self.api].map(Context::client)
    }
}

async fn connect(options: &NodeOptions, purpose: &str) -> Result<Context> {
    let servers = Servers::parse(&options.servers).map_err(|error| anyhow!(error))?;
    let asked = ConnectOptions::new()
        .name(format!("wissel {} {purpose}", options.name))
        .ping_interval(PING_INTERVAL)
        .connection_timeout(CONNECT_TIMEOUT)
        .request_timeout(Some(REQUEST_TIMEOUT))
        .reconnect_delay_callback(reconnect_delay);
    let client = options.access.connect(&servers, asked).await?;
    Ok(ContextBuilder::new().timeout(REQUEST_TIMEOUT).build(client))
}

fn reconnect_delay(attempts: usize) -> Duration {
    let most = RECONNECT_AFTER_MS.saturating_mul(1 << attempts.min(10)).min(RECONNECT_AFTER_MS_MAX);
    // Without random bytes the delay is only less spread.
    let part = getrandom::u32().unwrap_or(u32::MAX);
    Duration::from_millis(most / 2 + most / 2 * u64::from(part) / u64::from(u32::MAX))
}
