//! The centre itself: streams, the tenant, the routers, the configuration and the roster, and the connections that a play
//! needs. What both drivers do with it stands here too: sending what is due, and reading the feed.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use async_nats::jetstream;
use broker::{provision, tenants};
use model::input::{AgentAction, AgentInput};
use model::{InputBody, TenantId};
use protocol::input;
use workload::Action;
use workload::config_text::config_text;

use super::Speed;
use super::day::Day;
use super::feed::FeedReader;
use super::guest::{self, GUEST};
use super::offers::Offers;
use super::routers::Routers;
use super::server::{About, CLUSTER_SIZE};
use crate::administration::{Administration, Answer};
use crate::connection;

/// The tenant's. There are as many shards as nodes, so that each one owns something; the others are empty.
pub const SHARD: u16 = 0;

/// As for any configuration.
const APPLIED_LIMIT: Duration = Duration::from_secs(15);

pub struct Site {
    pub tenant: TenantId,
    pub jetstream: jetstream::Context,
    pub client: async_nats::Client,
    pub offers: Offers,
    /// Inputs that were published.
    pub inputs: u64,
    /// Sequence of the last input that was stored.
    pub last_input: u64,
    pub feed: FeedReader,
}

impl Site {
    /// `is_empty`: a tenant that can be used, and nobody in it.
    pub async fn open(server: &About, day: &Day, is_empty: bool, nodes: u16) -> Result<(Site, Routers)> {
        let client = connection::connect_to(&server.urls).await?;
        let tenant = TenantId::new(&day.tenant).context("the tenant's name")?;
        if day.speed == Speed::Max && server.is_used {
            bail!(
                "the folder given with --store has been used before, and a day at full speed begins in virtual time, \
                 which cannot lie before what is in the journal: name an empty folder, or leave --store out"
            );
        }
        let replicas = if nodes > 1 { CLUSTER_SIZE } else { 1 };
        let design = provision::Options { shards: nodes, replicas, ..provision::Options::default() };
        let report = provision::init(&client, &design).await?;
        tracing::debug!(%report, "streams");
        tenants::add(&client, tenant.as_str(), SHARD).await?;
        // Before a node says anything, so that the feed is heard from its first message.
        let events = client
            .subscribe(format!("wissel.event.{tenant}.>"))
            .await
            .context("cannot subscribe to the feed")?;
        let desktops = client.subscribe(format!("wissel.out.{tenant}.agent.*")).await?;
        client.flush().await.context("the connection is gone")?;
        let routers = Routers::start(&client, server, day, nodes).await?;
        let mut site = Site {
            jetstream: connection::jetstream(&client),
            offers: Offers::watch(desktops),
            feed: FeedReader::new(events),
            last_input: 0,
            inputs: 0,
            tenant,
            client,
        };
        site.administer(day, is_empty).await?;
        Ok((site, routers))
    }

    /// What somebody who wants to join in must know.
    pub fn heading(&self, server: &About, day: &Day) -> String {
        let yours =
            if day.centre.is_none() { format!(", whose queue {GUEST} is yours") } else { String::new() };
        format!(
            "NATS {}  monitoring {}  tenant {}{yours}",
            server.urls[0], server.monitoring_urls[0], self.tenant
        )
    }

    async fn administer(&mut self, day: &Day, is_empty: bool) -> Result<()> {
        let administration = Administration::new(&self.client, self.tenant.clone());
        let held = administration.held().await?;
        let mut config = day.plan.config.clone();
        if day.centre.is_none() {
            guest::admit(&mut config);
        }
        if let Some(held) = &held {
            let before = protocol::config::parse(&held.text).map_or(0, |config| config.version);
            config.version = before.saturating_add(1);
        }
        let text = config_text(&config);
        match administration.apply(&text, config, APPLIED_LIMIT).await? {
            Answer::Applied | Answer::Before => {}
            Answer::Refused { reason, detail } => {
                bail!("the day's configuration was refused ({reason}): {detail}")
            }
            Answer::Silence => bail!("the node did not answer within {APPLIED_LIMIT:?}"),
        }
        if is_empty {
            return Ok(());
        }
        for spec in &day.plan.roster {
            self.last_input = administration.send(&InputBody::AgentPut(Arc::new(spec.clone()))).await?;
            if held.is_some() {
                // Whoever was left in the middle of an earlier play gives back what it holds.
                let habits = &day.plan.habits;
                let sign_in = AgentAction::SignIn { aux: Some(habits.away_reason.clone()) };
                for (counter, action) in [(1, sign_in), (2, AgentAction::SignOut)] {
                    // Below the sessions of the play, and above those of earlier ones.
                    let session = habits.first_session - 1;
                    let input = AgentInput { agent: spec.agent.clone(), session, counter, action };
                    self.last_input = administration.send(&InputBody::Agent(input)).await?;
                }
            }
        }
        Ok(())
    }

    /// Publishes what a caller or an agent does; the future is the acknowledgement.
    pub async fn publish(&mut self, action: Action) -> Result<jetstream::context::PublishAckFuture> {
        if let Action::Create { body } = &action {
            self.offers.published(&body.contact);
        }
        // The router computes its own digest of what it receives.
        let body = action.into_input(|_| 0);
        let (subject, bytes) =
            input::encode(&self.tenant, &body).context("an input of the play cannot be written")?;
        self.inputs += 1;
        self.jetstream.publish(subject, bytes.into()).await.context("an input was not published")
    }
}
