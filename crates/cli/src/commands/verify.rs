//! `wissel verify`: the outside checker over a shard's streams.

use anyhow::{Result, bail};
use clap::Args;

use crate::arguments::{Done, Output, Servers};

/// Check a shard's streams from outside
#[derive(Debug, Args)]
pub struct Verify {
    #[command(flatten)]
    servers: Servers,
    /// The shard
    #[arg(long, default_value_t = 0, value_name = "S")]
    shard: u16,
    #[command(flatten)]
    output: Output,
}

impl Verify {
    pub async fn run(self) -> Result<Done> {
        bail!("shard {} of {:?}: {:?}", self.shard, self.servers.servers, self.output.format)
    }
}
