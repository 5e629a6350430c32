//! `wissel explain`: why this agent, or why nobody yet.
//!
//! The journal is read again from as far back as it is kept, so the same command explains a running cluster, a shard that
//! stands still and an archive, and what it says of an offer is how things stood when the offer was made.

mod text;

use std::path::PathBuf;

use anyhow::{Result, bail};
use broker::tenants;
use clap::{Args, Subcommand};
use engine::Engine;
use model::{AgentId, ContactId, TenantId, Time};
use protocol::chain::{ChainReader, Step as Read};
use protocol::explain::{AgentWhy, ContactWhy, OfferWhy};
use protocol::record::Body;
use protocol::subject::Stream;
use protocol::text::{parse_time, show_time};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::arguments::{Done, Format, Output, Servers};
use crate::records::Source;
use crate::watch::{Step, Subject, Watch};
use crate::{connection, print};

const EXAMPLES: &str = "\
Examples:
  wissel explain contact c-4711 --tenant acme            what befell it, why each agent, or why nobody yet
  wissel explain agent ann --tenant acme -o json         what it could have, and what keeps it from the rest
  wissel explain contact c-4711 --tenant acme --at 2026-03-02T09:15:00Z
  wissel explain contact c-4711 --tenant acme --archive /backup/wissel --shard 3

Exit codes: 0 explained; 1 nothing is known of it in what the journal holds, or the journal cannot be read.";

/// Say why a contact went to whom it went, or why it waits; and what an agent could have
///
/// Reads the shard's journal again from the oldest snapshot that is kept, or from an archive, and asks the same rules. It changes nothing
/// and asks no node, so it works while nodes run and when none does.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Explain {
    #[command(subcommand)]
    of: Of,
}

#[derive(Debug, Subcommand)]
enum Of {
    /// A contact: its life, why each offer was made, and what keeps every agent from it now
    Contact {
        /// As its producer named it
        contact: ContactId,
        #[command(flatten)]
        from: From,
    },
    /// An agent: its latest offers and why, what it could have now, and what keeps it from everything else that waits
    Agent {
        /// As in the roster
        agent: AgentId,
        #[command(flatten)]
        from: From,
    },
}

#[derive(Debug, Args)]
struct From {
    #[command(flatten)]
    servers: Servers,
    /// Whose it is
    #[arg(long, value_name = "TENANT")]
    tenant: TenantId,
    /// As things stood then [default: when the journal ends]
    #[arg(long, value_name = "TIME", value_parser = |text: &str| parse_time(text).ok_or("not a time of RFC 3339, such as 2026-03-02T09:15:00Z"))]
    at: Option<Time>,
    /// Read what `wissel archive` wrote to this folder; no server is asked
    #[arg(long, value_name = "DIR", requires = "shard")]
    archive: Option<PathBuf>,
    /// Of the archive
    #[arg(long, value_name = "S", requires = "archive")]
    shard: Option<u16>,
    /// Which journal, when the archive has several of the shard: the first 8 characters of its identity
    #[arg(long, value_name = "ID", requires = "archive")]
    identity: Option<String>,
    #[command(flatten)]
    output: Output,
}

#[derive(Serialize)]
struct Explanation<'a, W> {
    /// Time of the last record read.
    at: String,
    /// The last record read.
    sequence: u64,
    /// What befell it, as far back as the journal goes.
    steps: Vec<StepView<'a>>,
    /// How things stand; nothing when it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<W>,
}

#[derive(Serialize)]
struct StepView<'a> {
    at: String,
    event: &'a Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<OfferWhy<'a>>,
}

/// A journal that was read up to where it ends, or to a time.
struct Seen {
    watch: Watch,
    sequence: u64,
    at: Time,
    /// The first record read.
    first: u64,
}

impl Explain {
    pub async fn run(self) -> Result<Done> {
        match self.of {
            Of::Contact { contact, from } => from.explain_contact(contact).await,
            Of::Agent { agent, from } => from.explain_agent(agent).await,
        }
    }
}

impl From {
    async fn explain_contact(self, contact: ContactId) -> Result<Done> {
        let seen = self.read(Subject::Contact(contact.clone())).await?;
        let why = seen.watch.engine.explain_contact(&self.tenant, &contact, seen.at);
        if why.is_none() && seen.watch.steps.is_empty() {
            bail!("nothing is known of contact {contact} of tenant {}{}", self.tenant, seen.extent());
        }
        match self.output.format {
            Format::Json => print::json(&seen.with(why.as_ref().map(ContactWhy::new)))?,
            Format::Text => print::text(text::contact(&contact, &seen, why.as_ref()))?,
        }
        Ok(Done::Well)
    }

    async fn explain_agent(self, agent: AgentId) -> Result<Done> {
        let seen = self.read(Subject::Agent(agent.clone())).await?;
        let why = seen.watch.engine.explain_agent(&self.tenant, &agent, seen.at);
        if why.is_none() && seen.watch.steps.is_empty() {
            bail!("there is no agent {agent} in the roster of tenant {}{}", self.tenant, seen.extent());
        }
        match self.output.format {
            Format::Json => print::json(&seen.with(why.as_ref().map(AgentWhy::new)))?,
            Format::Text => print::text(text::agent(&agent, &seen, why.as_ref()))?,
        }
        Ok(Done::Well)
    }

    async fn read(&self, subject: Subject) -> Result<Seen> {
        let (source, engine, mut reader) = self.source().await?;
        let mut watch = Watch::new(engine, self.tenant.clone(), subject);
        let (first, last) = (reader.sequence() + 1, *source.extent().end());
        let (mut sequence, mut at) = (reader.sequence(), reader.now());
        let is_wanted = |now: Time| self.at.is_none_or(|at| now <= at);
        if !is_wanted(at) {
            bail!("the journal is kept from {} on only; name a later time with --at", show_time(at));
        }
        // Nothing more is wanted of a journal once a record is too late, and the rest is read over.
        let mut is_over = false;
        if first <= last {
            source
                .read(first..=last, |entry| {
                    if is_over {
                        return Ok(());
                    }
                    let Read::Accepted { record, .. } = reader.read(entry.sequence, entry.bytes)? else {
                        return Ok(());
                    };
                    is_over = !is_wanted(record.now);
                    if is_over {
                        return Ok(());
                    }
                    (sequence, at) = (entry.sequence, record.now);
                    if let Body::Commit(commit) = &record.body {
                        commit.transitions.iter().for_each(|transition| watch.apply(record.now, transition));
                    }
                    Ok(())
                })
                .await?;
        }
        Ok(Seen { watch, sequence, at: self.at.unwrap_or(at), first })
    }

    async fn source(&self) -> Result<(Source, Engine, ChainReader)> {
        if let Some(archive) = &self.archive {
            let source = Source::archive(archive, self.shard.unwrap_or(0), self.identity.as_deref())?;
            if *source.extent().start() > 1 {
                bail!(
                    "{} does not hold the journal's beginning, and without it nothing can be told of what followed",
                    source.name()
                );
            }
            // Nothing that is decided hangs on the key.
            return Ok((source, Engine::new([0; 16]), ChainReader::from_beginning()));
        }
        let client = connection::connect(&self.servers).await?;
        let shards = tenants::list(&client).await?;
        let Some(&shard) = shards.get(self.tenant.as_str()) else {
            bail!("there is no tenant {}; `wissel tenant list` shows all", self.tenant);
        };
        let jetstream = connection::jetstream(&client);
        let stream = connection::stream(&jetstream, &Stream::journal(shard).to_string()).await?;
        let (engine, reader) = node::earliest(&jetstream, shard).await?;
        Ok((Source::Stream(Box::new(stream)), engine, reader))
    }
}

impl Seen {
    fn with<W>(&self, why: Option<W>) -> Explanation<'_, W> {
        let steps = self.watch.steps.iter().map(StepView::new).collect();
        Explanation { at: show_time(self.at), sequence: self.sequence, steps, why }
    }

    /// Where was looked.
    fn extent(&self) -> String {
        format!(" in records {} to {}, up to {}", self.first, self.sequence, show_time(self.at))
    }
}

impl<'a> StepView<'a> {
    fn new(step: &'a Step) -> StepView<'a> {
        StepView { at: show_time(step.at), event: &step.event, why: step.why.as_ref().map(OfferWhy::new) }
    }
}
