//! The outside checker: judges a run of a shard by what it left behind.
//!
//! It reads dumps of the shard's streams and the logs of its clients, and trusts nothing else. It shares the record
//! schema with the router and no logic: contacts, agents and configurations are rebuilt here in a plain model of
//! their own (`world`), from the journal alone, so a mistake of the engine is not repeated by its judge.
//!
//! What is checked stands in [`Invariant`]. What could not be checked, because a stream was purged at its head or
//! the journal cannot be read any further, is said in the report ([`Report::unchecked`]), never passed over.
//!
//! Pure: no IO, no clock. The caller reads the streams and hands over the messages. While a shard runs, dump its
//! journal first, then its ingest stream, then the event feed and the dead letters: then each later dump holds what the
//! journal implies, and what goes beyond the journal's dump is only new.

mod checker;
mod client;
mod clients;
mod evidence;
mod findings;
mod ingest;
mod journal;
mod keys;
mod outcomes;
mod outputs;
mod replicas;
mod report;
mod sink;
mod told;
mod world;

pub use checker::{Checker, check};
pub use client::{ClientEntry, ClientLog, LineError, OriginEntry, Published, PublishedResult, Received};
pub use evidence::{Dump, Evidence, Extent, Limits, Message};
pub use replicas::Copy;
pub use report::{Counts, Finding, Invariant, Report, Severity, Unchecked, Where};
