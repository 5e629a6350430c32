//! Which tenant is in which shard: the subjects of the ingest streams say so, and nothing else does.
//!
//! The server refuses two streams with a common subject, so a tenant is in one shard by construction.
//! It has no compare-and-set on a stream's settings, though: two commands that change the same shard at the
//! same moment can undo each other, and `init` is one of them. So a change is made of what stands there right
//! before it and is read back, and tenants are best placed from one place at a time.

use std::collections::BTreeMap;

use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::stream::{Config, Info};
use model::TenantId;
use protocol::subject::{self, Stream};

use crate::provision::{code, holder, info, streams};

/// Changes that another command undid are made again this often.
const ATTEMPTS: usize = 3;
/// Begins the keys of an ingest stream's metadata that name tenants on their way to another shard.
const MOVING: &str = "wissel-moving.";

#[derive(Debug, thiserror::Error)]
pub enum TenantError {
    #[error(
        "{tenant:?} cannot name a tenant: it has 1 to 64 characters out of A-Z a-z 0-9 _ and -, since it is \
         part of a subject"
    )]
    Name { tenant: String },
    #[error(
        "there is no shard {shard} ({}); create it with `wissel init --shards {}`",
        range(.present),
        u32::from(*.shard) + 1
    )]
    NoSuchShard { shard: u16, present: Vec<u16> },
    #[error(
        "tenant {tenant} is in shard {holder}, so it cannot be added to shard {shard}; `wissel tenant move {tenant} \
         --to {shard}` takes it there"
    )]
    Elsewhere { tenant: String, holder: u16, shard: u16 },
    #[error(
        "stream {stream} takes {subject:?}, so tenant {tenant} cannot be added; take that subject from the \
         stream first"
    )]
    Overlap { tenant: String, stream: String, subject: String },
    #[error(
        "tenant {tenant} did not stay in shard {shard}: another command changes the same shard; run this again"
    )]
    Undone { tenant: String, shard: u16 },
    #[error(
        "tenant {tenant} is on its way from shard {from} to shard {to}; `wissel tenant move {tenant} --to {to}` \
         completes that"
    )]
    Moving { tenant: String, from: u16, to: u16 },
    #[error("there is no tenant {tenant}; `wissel tenant list` shows all")]
    Unknown { tenant: String },
    #[error("{0:#}")]
    Server(anyhow::Error),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    Now,
    /// It was in that shard already.
    Before,
}

/// The shard of every tenant.
pub async fn list(client: &async_nats::Client) -> Result<BTreeMap<String, u16>, TenantError> {
    let found = streams(client).await.map_err(TenantError::Server)?;
    Ok(placements(&found))
}

/// A tenant that is taken from one shard to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Moving {
    pub from: u16,
    pub to: u16,
}

/// Tenants on their way, as the streams that they leave say.
pub async fn moving(client: &async_nats::Client) -> Result<BTreeMap<String, Moving>, TenantError> {
    Ok(movings(&streams(client).await.map_err(TenantError::Server)?))
}

/// Places `tenant` in `shard`: from the answer on, its inputs are kept.
pub async fn add(client: &async_nats::Client, tenant: &str, shard: u16) -> Result<Added, TenantError> {
    let Ok(id) = TenantId::new(tenant) else {
        return Err(TenantError::Name { tenant: tenant.to_owned() });
    };
    if let Some(Moving { from, to }) = moving(client).await?.remove(tenant) {
        return Err(TenantError::Moving { tenant: tenant.to_owned(), from, to });
    }
    place(client, &id, shard).await
}

/// From the answer on, nobody takes the tenant's inputs: producers are told at once that there is nobody, and send again. The
/// stream remembers where the tenant is to go.
pub async fn take_away(
    client: &async_nats::Client,
    tenant: &TenantId,
    moving: Moving,
) -> Result<(), TenantError> {
    let own = subject::input_all(tenant);
    alter(client, tenant, moving.from, |config| {
        config.subjects.retain(|subject| *subject != own);
        config.metadata.insert(moving_key(tenant), moving.to.to_string());
    })
    .await
}

/// The move is over.
pub async fn forget_move(
    client: &async_nats::Client,
    tenant: &TenantId,
    from: u16,
) -> Result<(), TenantError> {
    alter(client, tenant, from, |config| {
        config.metadata.remove(&moving_key(tenant));
    })
    .await
}

/// Another command may change the same stream; what is read back tells.
async fn alter(
    client: &async_nats::Client,
    tenant: &TenantId,
    shard: u16,
    what: impl Fn(&mut Config),
) -> Result<(), TenantError> {
    let stream = Stream::ingest(shard).to_string();
    for _ in 0..ATTEMPTS {
        let present = info(client, &stream).await.map_err(TenantError::Server)?.config;
        let mut config = present.clone();
        what(&mut config);
        if config.subjects == present.subjects && config.metadata == present.metadata {
            return Ok(());
        }
        change(client, tenant.as_str(), &config).await?;
    }
    Err(TenantError::Undone { tenant: tenant.as_str().to_owned(), shard })
}

/// [`add`], also for a tenant on its way.
pub async fn place(client: &async_nats::Client, id: &TenantId, shard: u16) -> Result<Added, TenantError> {
    let tenant = id.as_str();
    for attempt in 0..ATTEMPTS {
        let found = streams(client).await.map_err(TenantError::Server)?;
        match placements(&found).get(tenant) {
            Some(holder) if *holder == shard => {
                return Ok(if attempt == 0 { Added::Before } else { Added::Now });
            }
            Some(holder) => {
                return Err(TenantError::Elsewhere { tenant: tenant.to_owned(), holder: *holder, shard });
            }
            None => {}
        }
        if !shards(&found).contains(&shard) {
            return Err(TenantError::NoSuchShard { shard, present: shards(&found) });
        }
        // Listing them all took a while.
        let ingest = info(client, &Stream::ingest(shard).to_string()).await.map_err(TenantError::Server)?;
        let mut config = ingest.config;
        let own = subject::input_all(id);
        if !config.subjects.contains(&own) {
            config.subjects.push(own);
            change(client, tenant, &config).await?;
        }
    }
    let is_there = list(client).await?.get(tenant) == Some(&shard);
    if is_there { Ok(Added::Now) } else { Err(TenantError::Undone { tenant: tenant.to_owned(), shard }) }
}

async fn change(client: &async_nats::Client, tenant: &str, config: &Config) -> Result<(), TenantError> {
    let Err(error) = crate::jetstream(client).update_stream(config).await else { return Ok(()) };
    if code(&error) == Some(ErrorCode::STREAM_SUBJECT_OVERLAP)
        && let Some((stream, subject)) = holder(client, config).await
    {
        return Err(TenantError::Overlap { tenant: tenant.to_owned(), stream, subject });
    }
    let what = format!("the server refused to change {}", config.name);
    Err(TenantError::Server(anyhow::Error::new(error).context(what)))
}

fn placements(found: &BTreeMap<String, Info>) -> BTreeMap<String, u16> {
    let mut placements = BTreeMap::new();
    for shard in shards(found) {
        let subjects =
            found.get(&Stream::ingest(shard).to_string()).map(|info| info.config.subjects.as_slice());
        for tenant in
            subjects.unwrap_or_default().iter().filter_map(|subject| subject::tenant_of_inputs(subject))
        {
            placements.insert(tenant.as_str().to_owned(), shard);
        }
    }
    placements
}

/// The key of an ingest stream's metadata that says where a tenant is to go.
fn moving_key(tenant: &TenantId) -> String {
    format!("{MOVING}{tenant}")
}

fn movings(found: &BTreeMap<String, Info>) -> BTreeMap<String, Moving> {
    let mut movings = BTreeMap::new();
    for from in shards(found) {
        let Some(info) = found.get(&Stream::ingest(from).to_string()) else { continue };
        movings.extend(info.config.metadata.iter().filter_map(|(key, to)| {
            let (tenant, to) = (key.strip_prefix(MOVING)?, to.parse().ok()?);
            Some((tenant.to_owned(), Moving { from, to }))
        }));
    }
    movings
}

/// The shards that have an ingest stream, in order.
pub(crate) fn shards(found: &BTreeMap<String, Info>) -> Vec<u16> {
    let mut shards: Vec<u16> = found.keys().filter_map(|name| Stream::ingest_shard(name)).collect();
    shards.sort_unstable();
    shards
}

fn range(shards: &[u16]) -> String {
    match (shards.first(), shards.last()) {
        (Some(first), Some(last)) => format!("there are {} of them, from {first} to {last}", shards.len()),
        (None, _) | (_, None) => "there is none at all".to_owned(),
    }
}
