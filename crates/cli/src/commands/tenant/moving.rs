//! `wissel tenant move`: from one shard to another, with everything that is open.
//!
//! What is done next is read from the streams and journals each time, so a move that was broken off anywhere goes on where it was:
//! producers are turned away, the shard that the tenant leaves stops deciding for it, its rows are given to the other shard and
//! compared there, and only then that shard decides, takes inputs, and the first one forgets.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use async_nats::jetstream;
use async_nats::jetstream::stream::LastRawMessageErrorKind;
use broker::members;
use broker::tenants::{self, Moving};
use clap::Args;
use engine::Engine;
use model::moving::{Departure, Residence, TenantMove, TenantPart};
use model::{Refusal, Row, ShardId, TenantId, TenantNo, Time};
use protocol::snapshot::digest_rows;
use protocol::subject::{self, ShardName, Stream};
use protocol::text::show_time;
use protocol::{config, moving};
use serde::Deserialize;
use tokio::time::sleep;

use super::name;
use crate::administration::publish;
use crate::arguments::{Done, Servers};
use crate::shard_view::{Decided, ShardView};
use crate::{connection, print};

/// A shard that is taken over decides again within seconds; one that recovers, within a minute.
const DECIDED_WITHIN: Duration = Duration::from_secs(60);
const LOOK_AFTER: Duration = Duration::from_millis(20);

const EXAMPLES: &str = "\
Examples:
  wissel tenant move acme --to 3      everything that is open goes along; agents stay signed in
  wissel tenant list                  shows tenants on their way, too

A move that was broken off is completed by the same command.";

/// Take a tenant to another shard, with everything that is open
///
/// While it moves, its producers and desktops are told that nobody takes their inputs, and send again; nothing that was taken is lost. Open
/// offers last as much longer. Both shards need an owner.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Move {
    /// As it was added
    #[arg(value_parser = name)]
    name: TenantId,
    /// The shard that it is to be in
    #[arg(long, value_name = "S")]
    to: u16,
    #[command(flatten)]
    servers: Servers,
}

/// The event by which a tenant leaves.
#[derive(Deserialize)]
struct Left {
    at: String,
    origin: Origin,
}

#[derive(Deserialize)]
struct Origin {
    shard: String,
}

struct Mover {
    client: async_nats::Client,
    jetstream: jetstream::Context,
    tenant: TenantId,
    way: Moving,
    left: ShardView,
    reached: ShardView,
}

impl Move {
    pub async fn run(self) -> Result<Done> {
        let client = connection::connect(&self.servers).await?;
        let tenant = self.name;
        let placed = tenants::list(&client).await?.get(tenant.as_str()).copied();
        let underway = tenants::moving(&client).await?.remove(tenant.as_str());
        let way = match (placed, underway) {
            (_, Some(way)) if way.to == self.to => way,
            (_, Some(Moving { from, to })) => {
                let tenant = tenant.as_str().to_owned();
                bail!(tenants::TenantError::Moving { tenant, from, to });
            }
            (Some(shard), None) if shard == self.to => {
                print::line(format!("tenant {tenant} is in shard {shard} already"))?;
                return Ok(Done::Well);
            }
            (Some(from), None) => Moving { from, to: self.to },
            (None, None) => bail!(tenants::TenantError::Unknown { tenant: tenant.as_str().to_owned() }),
        };
        let jetstream = connection::jetstream(&client);
        let left = ShardView::open(&jetstream, way.from).await?;
        let reached = ShardView::open(&jetstream, way.to)
            .await
            .with_context(|| format!("shard {} cannot take tenant {tenant}", way.to))?;
        let mut mover = Mover { client, jetstream, tenant, way, left, reached };
        mover.run(underway.is_some()).await?;
        Ok(Done::Well)
    }
}

impl Mover {
    async fn run(&mut self, is_underway: bool) -> Result<()> {
        let Moving { from, to } = self.way;
        if !is_underway {
            self.check_owners().await?;
            // Whatever cannot go over is found before anything is changed.
            let departure = Departure { from: id(from), position: 0, at: Time(0) };
            if let Some(rows) = self.left.engine.rows_of(&self.tenant) {
                moving::parts(&departure, rows).context("the tenant cannot be moved")?;
            }
        }
        let began = Instant::now();
        if !self.is_gone() {
            tenants::take_away(&self.client, &self.tenant, self.way).await?;
        }
        // A tenant without a configuration has nothing that could go along.
        let is_known = self.is_gone() || self.leave().await?;
        if is_known && !self.is_gone() {
            self.take_over().await?;
        }
        tenants::place(&self.client, &self.tenant, to).await?;
        let lasted = began.elapsed();
        if is_known {
            self.drop_left().await?;
        }
        tenants::forget_move(&self.client, &self.tenant, from).await?;
        self.purge_texts().await?;
        print::line(format!(
            "tenant {} is in shard {to} from now on; nobody took its inputs for {} ms",
            self.tenant,
            lasted.as_millis()
        ))
    }

    /// Without an owner nobody would decide the first step, and the tenant's inputs would be turned away until one is there.
    async fn check_owners(&self) -> Result<()> {
        let view = members::view(&self.client).await?;
        for shard in [self.way.from, self.way.to] {
            let owner = view.shard(shard).and_then(|seen| seen.owner.as_ref());
            ensure!(
                owner.is_some(),
                "no node owns shard {shard}; start one with `wissel node`, and run this again"
            );
        }
        Ok(())
    }

    fn is_gone(&self) -> bool {
        matches!(self.left.engine.residence(&self.tenant), Some(Residence::Gone { .. }))
    }

    /// The shard stops deciding for the tenant when it has read all that was taken for it. False when it knows nothing of it.
    async fn leave(&mut self) -> Result<bool> {
        let to = id(self.way.to);
        let position = self.say(self.way.from, &TenantMove::Leave { to }).await?;
        let tenant = self.tenant.clone();
        let has_left =
            move |engine: &Engine| matches!(engine.residence(&tenant), Some(Residence::Left { .. }));
        match self.left.decided(position, DECIDED_WITHIN, has_left).await? {
            Decided::AsWanted => self.wait_for_the_feed().await.map(|()| true),
            Decided::Refused { reason: Refusal::UnknownTenant, .. } => Ok(false),
            Decided::Refused { reason, detail } => {
                bail!("shard {} does not let tenant {} go ({reason}: {detail})", self.way.from, self.tenant)
            }
        }
    }

    /// All that the shard said of the tenant is in the feed before another one says anything.
    async fn wait_for_the_feed(&self) -> Result<()> {
        let departure = self.departure()?;
        let feed = connection::stream(&self.jetstream, &Stream::Events.to_string()).await?;
        let event = subject::event(&self.tenant, "tenant_left");
        let deadline = Instant::now() + DECIDED_WITHIN;
        loop {
            match feed.get_last_raw_message_by_subject(&event).await {
                Ok(message) => {
                    let said: Left = serde_json::from_slice(&message.payload)
                        .with_context(|| format!("{event} carries something that is not ours"))?;
                    if said.origin.shard == departure.from.as_str() && said.at == show_time(departure.at) {
                        return Ok(());
                    }
                }
                Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => {}
                Err(error) => return Err(error).with_context(|| format!("cannot read {event}")),
            }
            ensure!(
                Instant::now() < deadline,
                "shard {} has not said in the feed that tenant {} left; see `wissel cluster status`, and run this again",
                self.way.from,
                self.tenant
            );
            sleep(LOOK_AFTER).await;
        }
    }

    /// Part by part, from the first that is missing; compared before the shard may decide.
    async fn take_over(&mut self) -> Result<()> {
        let departure = self.departure()?;
        let rows = self.left.engine.rows_of_left(&self.tenant).context("it has left")?;
        let rows: Vec<Row> = rows.collect();
        let parts = moving::parts(&departure, rows.iter().cloned()).context("the tenant cannot be moved")?;
        let count = u32::try_from(parts.len()).context("more parts than can be counted")?;
        let done = match self.reached.engine.residence(&self.tenant) {
            Some(Residence::Coming { departure: present, parts }) if *present == departure => *parts,
            Some(Residence::Came { departure: present }) if *present == departure => return Ok(()),
            Some(
                Residence::Here
                | Residence::Came { .. }
                | Residence::Coming { .. }
                | Residence::Left { .. }
                | Residence::Gone { .. },
            )
            | None => 0,
        };
        let mut last = 0;
        for (number, text) in (0..).zip(&parts).skip(done as usize) {
            let hash = config::hash(text);
            let stored_at = subject::rows(&self.tenant, &hash).context("a hash that is none")?;
            publish(&self.jetstream, stored_at, text.clone().into_bytes()).await?;
            let part = TenantPart { departure: departure.clone(), part: number, rows: Vec::new() };
            last = self.say(self.way.to, &TenantMove::Rows { hash, part: part.into() }).await?;
        }
        let tenant = self.tenant.clone();
        let is_complete = move |engine: &Engine| matches!(engine.residence(&tenant), Some(Residence::Coming { parts, .. }) if *parts == count);
        self.reached.wait(last, DECIDED_WITHIN, is_complete).await?;
        self.compare(&rows)?;
        let come = TenantMove::Come { departure, parts: count };
        let position = self.say(self.way.to, &come).await?;
        let tenant = self.tenant.clone();
        let has_come =
            move |engine: &Engine| matches!(engine.residence(&tenant), Some(Residence::Came { .. }));
        self.reached.wait(position, DECIDED_WITHIN, has_come).await
    }

    fn departure(&self) -> Result<Departure> {
        match self.left.engine.residence(&self.tenant) {
            Some(Residence::Left { position, at, .. }) => {
                Ok(Departure { from: id(self.way.from), position: *position, at: *at })
            }
            Some(
                Residence::Here | Residence::Came { .. } | Residence::Coming { .. } | Residence::Gone { .. },
            )
            | None => bail!("tenant {} has not left shard {}", self.tenant, self.way.from),
        }
    }

    /// Nothing is decided there yet, so what came must be what left, to the last row.
    fn compare(&self, left: &[Row]) -> Result<()> {
        let came = self.reached.engine.rows_of(&self.tenant).context("it has come")?;
        let came = digest_rows(came.map(anywhere));
        let left = digest_rows(left.iter().cloned().map(anywhere));
        ensure!(
            came == left,
            "what came to shard {} is not what left shard {} ({came} instead of {left}); the tenant is not opened \
             there, please report this",
            self.way.to,
            self.way.from
        );
        Ok(())
    }

    async fn drop_left(&mut self) -> Result<()> {
        let position = self.say(self.way.from, &TenantMove::Gone { to: id(self.way.to) }).await?;
        let tenant = self.tenant.clone();
        let is_gone =
            move |engine: &Engine| matches!(engine.residence(&tenant), Some(Residence::Gone { .. }));
        self.left.wait(position, DECIDED_WITHIN, is_gone).await
    }

    async fn say(&self, shard: u16, said: &TenantMove) -> Result<u64> {
        let (subject, bytes) = moving::encode(&ShardName::of(shard), &self.tenant, said);
        Ok(publish(&self.jetstream, subject, bytes).await?.sequence)
    }

    /// The rows are in the other shard's journal.
    async fn purge_texts(&self) -> Result<()> {
        let stream = connection::stream(&self.jetstream, &Stream::Configs.to_string()).await?;
        let all = subject::rows_all(&self.tenant);
        stream.purge().filter(all.clone()).await.with_context(|| format!("cannot purge {all}"))?;
        Ok(())
    }
}

/// What a row is, in whichever shard.
fn anywhere(row: Row) -> Row {
    match row {
        Row::Tenant(mut row) => {
            (row.tenant, row.residence) = (TenantNo::SHARD, Residence::Here);
            Row::Tenant(row)
        }
        row @ (Row::Agent(_) | Row::Profile(_) | Row::Contact(_) | Row::Closed(_) | Row::Remembered(_)) => {
            row
        }
    }
}

fn id(shard: u16) -> ShardId {
    ShardId::new(&shard.to_string()).expect("a number is an id")
}
