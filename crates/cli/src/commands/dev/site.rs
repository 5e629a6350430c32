//! The centre itself: streams, the tenant, a node, the configuration and the roster, and the connections that a play
//! needs. What both drivers do with it stands here too: sending what is due, and reading the feed.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use async_nats::jetstream;
use broker::{provision, tenants};
use model::input::{AgentAction, AgentInput};
use model::{InputBody, TenantId, Time};
use node::{Access, Node, NodeClock, NodeOptions, ShardProgress, VirtualClock};
use protocol::input;
use tokio::sync::watch;
use workload::Action;
use workload::config_text::config_text;

use super::Speed;
use super::day::Day;
use super::feed::FeedReader;
use super::guest::{self, GUEST};
use super::offers::Offers;
use super::server::About;
use crate::administration::{Administration, Answer};
use crate::connection;

pub const TENANT: &str = "bank";
const SHARD: u16 = 0;

/// A takeover of an empty journal takes milliseconds; that of a long one reads it first.
const OWNED_LIMIT: Duration = Duration::from_secs(60);
/// As for any configuration.
const APPLIED_LIMIT: Duration = Duration::from_secs(15);

pub struct Site {
    pub tenant: TenantId,
    pub jetstream: jetstream::Context,
    pub client: async_nats::Client,
    pub progress: watch::Receiver<ShardProgress>,
    /// Absent when time is real.
    pub clock: Option<VirtualClock>,
    pub offers: Offers,
    pub node: Node,
    /// Inputs that were published.
    pub inputs: u64,
    /// Sequence of the last input that was stored.
    pub last_input: u64,
    pub feed: FeedReader,
}

impl Site {
    /// `is_empty`: a tenant that can be used, and nobody in it.
    pub async fn open(server: &About, day: &Day, is_empty: bool) -> Result<Site> {
        let client = connection::connect_to(&server.url).await?;
        let tenant = TenantId::new(TENANT).context("the tenant's name")?;
        if day.speed == Speed::Max && server.is_used {
            bail!(
                "the folder given with --store has been used before, and a day at full speed begins in virtual time, \
                 which cannot lie before what is in the journal: name an empty folder, or leave --store out"
            );
        }
        let report = provision::init(&client, &provision::Options::default()).await?;
        tracing::debug!(%report, "streams");
        tenants::add(&client, TENANT, SHARD).await?;
        // Before the node says anything, so that the feed is heard from its first message.
        let events = client.subscribe("wissel.event.>").await.context("cannot subscribe to the feed")?;
        let desktops = client.subscribe(format!("wissel.out.{TENANT}.agent.*")).await?;
        client.flush().await.context("the connection is gone")?;
        let clock = (day.speed == Speed::Max).then(|| VirtualClock::new(day.begins_at));
        let node = Node::start(NodeOptions {
            servers: vec![server.url.clone()],
            access: Access::default(),
            name: "wissel-dev".to_owned(),
            shards: vec![SHARD],
            clock: clock.clone().map_or(NodeClock::Real, NodeClock::Virtual),
            is_alone: true,
        })
        .await
        .context("the node did not start")?;
        let mut site = Site {
            jetstream: connection::jetstream(&client),
            progress: node.progress(SHARD),
            offers: Offers::watch(desktops),
            feed: FeedReader::new(events),
            last_input: 0,
            inputs: 0,
            tenant,
            client,
            clock,
            node,
        };
        site.wait_owned().await?;
        site.administer(day, is_empty).await?;
        Ok(site)
    }

    /// What somebody who wants to join in must know.
    pub fn heading(&self, server: &About) -> String {
        format!(
            "NATS {}  monitoring {}  tenant {}, whose queue {GUEST} is yours",
            server.url, server.monitoring_url, self.tenant
        )
    }

    async fn wait_owned(&mut self) -> Result<()> {
        let is_over = |progress: &ShardProgress| progress.epoch > 0 || progress.left.is_some();
        let progress = tokio::time::timeout(OWNED_LIMIT, self.progress.wait_for(is_over))
            .await
            .with_context(|| format!("the node did not own shard {SHARD} within {OWNED_LIMIT:?}"))?
            .context("the node ended")?;
        match &progress.left {
            Some(reason) => bail!("{reason}"),
            None => Ok(()),
        }
    }

    async fn administer(&mut self, day: &Day, is_empty: bool) -> Result<()> {
        let administration = Administration::new(&self.client, self.tenant.clone());
        let held = administration.held().await?;
        let mut config = day.plan.config.clone();
        guest::admit(&mut config);
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

    /// Hands the shard over in good order.
    pub async fn close(self) {
        for closed in self.node.stop().await.iter().filter(|closed| !closed.is_orderly) {
            tracing::warn!(shard = closed.shard, reason = closed.reason, "the shard ended badly");
        }
    }
}

/// The play's time.
pub fn now(site: &Site) -> Time {
    site.clock.as_ref().map_or_else(super::day::wall_clock, VirtualClock::now)
}
