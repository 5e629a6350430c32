//! One shard as a state machine without IO: fence, commit, ambiguity, recovery, outbox, follower.
//!
//! [`Shard::handle`] takes an event and a clock reading and adds actions; [`Follower::apply`] takes committed records.
//! Neither reads a clock, draws a number, starts a thread or knows NATS, so the same code runs on real servers under
//! `node` and on a modelled JetStream in the fault simulator, where every interleaving has a seed.
//!
//! What holds, whatever the order of events:
//!
//! - Nothing leaves ([`Action::Emit`]) before the record that decided it is acknowledged, and it leaves in order.
//! - One record is in flight. It is appended with the stream's expected last sequence, and when its fate is unknown
//!   only the journal's tail decides; the same bytes are appended again or nothing is.
//! - An input and its effects are one record, so a crash loses neither and repeats neither.
//! - A shard that is fenced says so and falls silent; a journal that does not continue is quarantined, never mended
//!   by guessing.
//!
//! | file | concern |
//! |---|---|
//! | `event`, `action` | the two vocabularies, and what the caller owes for each |
//! | `decider` | what is asked of the engine and of the decoder |
//! | `codec` | the decoder: inputs from bytes, with the configuration texts that they name |
//! | `machine` | the states, and who gets which event |
//! | `open`, `recover`, `fence` | taking over: the snapshot, the records behind it, the epoch |
//! | `fit` | whether a snapshot belongs to a journal |
//! | `replay` | records into state: for recovery and followers alike |
//! | `running`, `pump` | the owner: what is decided, in which order |
//! | `commit` | groups and the record in flight |
//! | `resolve` | a record of unknown fate, a shorter journal, repair |
//! | `intake`, `stall` | reading the ingest stream, gaps, lag; what is owed after a stall |
//! | `outbox`, `poison`, `time` | outputs, crashing inputs, the engine's time |
//! | `mutants` | what a run of the simulator makes wrong on purpose |
//! | `follower` | the same state from committed records; snapshots |

pub mod action;
mod admission;
mod codec;
mod commit;
pub mod decider;
pub mod event;
mod fence;
pub mod fit;
pub mod follower;
mod intake;
pub mod limits;
mod machine;
pub mod members;
#[cfg(not(feature = "mutants"))]
mod mutants;
#[cfg(feature = "mutants")]
pub mod mutants;
mod open;
mod outbox;
mod poison;
mod pump;
mod recover;
mod replay;
mod resolve;
mod running;
mod stall;
mod time;

pub use action::{Action, Alarm, Left, Outputs, Quarantine, TimerReason};
pub use codec::InputCodec;
pub use decider::{Codec, Decider};
pub use event::{
    IngestMessage, PublishFailure, RequestId, ShardEvent, StoredRecord, StreamFacts, StreamsInfo,
};
pub use follower::{Followed, Follower, SnapshotDraft};
pub use machine::{Shard, ShardConfig, Stage, Statistics};
pub use replay::Replay;
pub use time::{Clock, TimeMode};

#[cfg(test)]
mod tests;
