//! The shell around the shards: connections, threads, clocks, API. The only crate that runs the engine on real NATS.
//!
//! Nothing is decided here. A [`shard::Shard`] says what it wants done and is told what came of it; this crate owns
//! the sockets, the threads and the waiting in between, and every wait has a limit. Input and output run as tokio
//! tasks, shards on threads of their own (`engine_thread`), and bounded channels lie between them.
//!
//! | file | concern |
//! |---|---|
//! | `node`, `options`, `progress` | what whoever runs a node sees |
//! | `access`, `links`, `names` | who we are to the servers; connections, one per kind of traffic; streams and subjects |
//! | `cluster` | which shards are this node's, together with other nodes |
//! | `engine_thread`, `runner`, `inbox` | the threads that shards run on; one shard on such a thread |
//! | `journal`, `ingest`, `outputs` | the three ways of a shard to the servers |
//! | `configs` | the configuration texts that inputs name |
//! | `follower`, `snapshots`, `purge` | the same state from committed records; what it makes unnecessary |
//! | `api`, `beats` | questions answered from the follower; heartbeats of agents |
//! | `clock`, `latency`, `words` | time, and how long things take; alarms and ends in words |
//! | `crash`, `panics` | crashes on demand for tests; a panic ends the process |

mod access;
mod api;
mod beats;
mod beginnings;
mod clock;
mod cluster;
mod configs;
mod crash;
mod engine_thread;
mod follower;
mod inbox;
mod ingest;
mod journal;
mod latency;
mod links;
mod names;
mod node;
mod options;
mod outputs;
mod panics;
mod progress;
mod purge;
mod runner;
mod snapshots;
mod words;

pub use access::{Access, Servers};
pub use beginnings::{earliest, latest};
pub use cluster::{Owners, ShardOwner};
pub use follower::{FollowerState, StateDigest};
pub use journal::contact_key;
pub use latency::LatencySummary;
pub use node::{ClosedShard, Node};
pub use options::{NodeClock, NodeOptions, Tuning, VirtualClock};
pub use progress::ShardProgress;
