//! Everything of Wissel that has bytes.
//!
//! Inputs as JSON with their limits and refusals, configuration text, outputs, journal records with the one
//! [`chain::ChainReader`], archives of them, snapshots, subjects and the published schemas. Pure: bytes in, values out.

pub mod archive;
pub mod chain;
pub mod config;
pub mod explain;
pub mod input;
pub mod members;
pub mod moving;
#[cfg(not(feature = "mutants"))]
mod mutants;
#[cfg(feature = "mutants")]
pub mod mutants;
pub mod output;
pub mod query;
pub mod record;
pub mod rehearsal;
pub mod schema;
#[cfg(feature = "snapshot")]
pub mod snapshot;
pub mod subject;
pub mod text;
mod throttle;
