//! `wissel tenant`: which organisation is in which shard.

mod moving;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use broker::tenants::{self, Added, Moving};
use clap::{Args, Subcommand};
use model::{IdError, TenantId};
use protocol::config;
use serde::Serialize;

use crate::administration::{Administration, Answer};
use crate::arguments::{Done, Format, Output, Servers};
use crate::commands::apply;
use crate::{connection, print};

/// A node takes up an input within milliseconds; without a node there is nothing to wait for.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

const EXAMPLES: &str = "\
Examples:
  wissel tenant add acme                        in shard 0, with the example configuration
  wissel tenant add acme --shard 3 --config acme.toml
  wissel tenant move acme --to 3
  wissel tenant list -o json";

/// Place tenants in shards, move them, and list them
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Tenant {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Place a tenant in a shard and give it a configuration
    ///
    /// From then on its inputs are kept. Without --config a new tenant gets the example configuration (channels voice,
    /// chat, email and kiosk; queues sales, support and back_office), which `wissel apply` replaces.
    Add(Add),
    Move(moving::Move),
    /// List all tenants with their shards
    ///
    /// One on its way stands there with the shard that it leaves and the one that it goes to; `wissel tenant move` completes that.
    List(List),
}

#[derive(Debug, Args)]
struct Add {
    /// 1 to 64 of A-Z a-z 0-9 _ and -
    #[arg(value_parser = name)]
    name: TenantId,
    /// The shard that it belongs to
    #[arg(long, default_value_t = 0, value_name = "S")]
    shard: u16,
    /// Its configuration
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    servers: Servers,
}

#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    servers: Servers,
    #[command(flatten)]
    output: Output,
}

/// Every command would take one that begins with `-` for an option.
fn name(text: &str) -> Result<TenantId, String> {
    if text.starts_with('-') {
        return Err(
            "a name that begins with - is taken for an option; begin with another character".to_owned()
        );
    }
    text.parse().map_err(|error: IdError| error.to_string())
}

impl Tenant {
    pub async fn run(self) -> Result<Done> {
        match self.action {
            Action::Add(add) => add.run().await,
            Action::Move(to) => to.run().await,
            Action::List(list) => list.run().await,
        }
    }
}

impl Add {
    async fn run(self) -> Result<Done> {
        // A mistake in the file is found before anything is changed.
        let given = match &self.config {
            Some(path) => {
                let text = apply::read(path)?;
                match apply::parse(path, &text)? {
                    Some(parsed) => Some((text, parsed, path.display().to_string())),
                    None => return Ok(Done::Wanting),
                }
            }
            None => None,
        };
        let client = connection::connect(&self.servers).await?;
        let added = tenants::add(&client, self.name.as_str(), self.shard).await?;
        let (tenant, shard) = (&self.name, self.shard);
        print::line(match added {
            Added::Now => format!("tenant {tenant} is in shard {shard} from now on"),
            Added::Before => format!("tenant {tenant} is in shard {shard} already"),
        })?;
        let (text, parsed, source) = match (given, added) {
            (Some(given), Added::Now | Added::Before) => given,
            (None, Added::Now) => example(),
            // It may have a configuration of its own, which nobody asked to replace.
            (None, Added::Before) => return Ok(Done::Well),
        };
        let answer =
            Administration::new(&client, self.name.clone()).apply(&text, parsed, ANSWER_LIMIT).await?;
        match answer {
            Answer::Applied | Answer::Before => print::line(format!("{source} is in force"))?,
            Answer::Silence => print::line(format!(
                "{source} is stored and will be in force as soon as a node owns shard {shard}: start one with \
                 `wissel node`"
            ))?,
            Answer::Refused { reason, detail } => {
                eprintln!("wissel: {source} was refused ({reason}): {detail}");
                return Ok(Done::Wanting);
            }
        }
        Ok(Done::Well)
    }
}

fn example() -> (String, model::TenantConfig, String) {
    let parsed = config::parse(config::EXAMPLE).expect("the published example is valid, and a test says so");
    (config::EXAMPLE.to_owned(), parsed, "the example configuration".to_owned())
}

/// Where a tenant is.
#[derive(Serialize)]
#[serde(untagged)]
enum Home {
    Shard(u16),
    Moving(Moving),
}

impl fmt::Display for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Home::Shard(shard) => write!(f, "{shard}"),
            Home::Moving(Moving { from, to }) => write!(f, "{from} to {to}, on its way"),
        }
    }
}

impl List {
    async fn run(self) -> Result<Done> {
        let client = connection::connect(&self.servers).await?;
        let mut all: BTreeMap<String, Home> = tenants::list(&client)
            .await?
            .into_iter()
            .map(|(tenant, shard)| (tenant, Home::Shard(shard)))
            .collect();
        let moving = tenants::moving(&client).await?.into_iter();
        all.extend(moving.map(|(tenant, moving)| (tenant, Home::Moving(moving))));
        match self.output.format {
            Format::Json => print::json(&all)?,
            Format::Text if all.is_empty() => {
                print::line("no tenants; add one with `wissel tenant add <name>`")?
            }
            Format::Text => {
                let width = all.keys().map(String::len).max().unwrap_or(0).max("tenant".len());
                print::line(format!("{:<width$}  shard", "tenant"))?;
                for (tenant, home) in &all {
                    print::line(format!("{tenant:<width$}  {home}"))?;
                }
            }
        }
        Ok(Done::Well)
    }
}
