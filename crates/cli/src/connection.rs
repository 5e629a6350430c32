//! Connections as every command has them: a dead link is known within seconds, and no answer is waited for without a
//! limit.

use std::time::Duration;

use anyhow::{Context, Result};
use async_nats::jetstream;
use async_nats::jetstream::context::ContextBuilder;
use async_nats::jetstream::stream::Stream;

/// A server on the other side of the world answers within a second; this is for one that is not there.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

pub async fn connect(servers: &[String]) -> Result<async_nats::Client> {
    async_nats::ConnectOptions::new()
        .name("wissel")
        .ping_interval(Duration::from_secs(1))
        .connection_timeout(CONNECT_LIMIT)
        .connect(servers)
        .await
        .with_context(|| {
            format!(
                "cannot connect to {}; start nats-server there, name another with --servers (or WISSEL_SERVERS), \
                 or try `wissel dev`, which brings its own",
                servers.join(", ")
            )
        })
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
