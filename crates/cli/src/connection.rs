//! Connections as every command has them: a dead link is known within seconds, and no answer is waited for without a
//! limit.

use std::time::Duration;

use anyhow::{Context, Result};
use async_nats::jetstream;
use async_nats::jetstream::context::ContextBuilder;
use async_nats::jetstream::stream::Stream;
use node::Access;

use crate::arguments::{Misuse, Servers};

/// A server on the other side of the world answers within a second; this is for one that is not there.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// To the servers that the command line names.
pub async fn connect(servers: &Servers) -> Result<async_nats::Client> {
    let addresses = node::Servers::parse(&servers.servers).map_err(Misuse)?;
    servers.access().connect(&addresses, options()).await
}

/// To servers of our own, which know no users.
pub async fn connect_to(urls: &[String]) -> Result<async_nats::Client> {
    let addresses = node::Servers::parse(urls).map_err(Misuse)?;
    Access::default().connect(&addresses, options()).await
}

fn options() -> async_nats::ConnectOptions {
    async_nats::ConnectOptions::new()
        .name("wissel")
        .ping_interval(Duration::from_secs(1))
        .connection_timeout(CONNECT_LIMIT)
}

pub fn jetstream(client: &async_nats::Client) -> jetstream::Context {
    ContextBuilder::new().timeout(broker::API_TIMEOUT).build(client.clone())
}

/// A stream of the design, or the command that creates it.
pub async fn stream(jetstream: &jetstream::Context, name: &str) -> Result<Stream> {
    jetstream.get_stream(name).await.with_context(|| {
        format!("there is no stream {name} on this server; `wissel init` creates what is missing")
    })
}
