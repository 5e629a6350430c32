//! What a contact centre is put through: seeded arrivals, callers, agents and a real day's trace.
//!
//! This crate is pure. It has no clock, no IO and no source of randomness but its own seeded generator, and it knows
//! neither NATS nor the engine: what is played is said in the words of `model`. So one play drives a benchmark, and
//! `wissel dev` in virtual and in real time, and all of them mean the same day.
//!
//! - [`day`] turns a [`trace`] into a [`plan::Plan`]: configuration, roster, contacts and shifts.
//! - [`centre`] turns a described centre into one: any channels, customers who come again, drawn by seed.
//! - [`figures`] says what every figure of a summary means.
//! - [`arrivals`] turns rates into the instants of an open-loop load.
//! - [`play::Play`] plays a plan against any router: it says what is due, is told what came out, and sums up.
//! - [`system`] is a queueing system as theory describes it, as a tenant's configuration, a roster and traffic.
//! - [`world::World`] is the synthetic tenant of the benchmarks.
//!
//! The same seed gives the same plan and the same play on every machine: durations are drawn with the arithmetic of
//! [`number`], never with the platform's mathematical library.

mod accounts;
pub mod agent;
pub mod arrivals;
pub mod caller;
pub mod centre;
pub mod config_text;
pub mod day;
pub mod distribution;
mod everything;
mod feasible;
pub mod figures;
pub mod number;
pub mod plan;
pub mod play;
mod repeats;
pub mod rng;
pub mod summary;
pub mod system;
pub mod trace;
mod turns;
pub mod world;

pub use accounts::Accounts;
pub use centre::{CentreFile, CentreOptions, centre_plan};
pub use day::{DayOptions, day_plan};
pub use plan::Plan;
pub use play::{Action, Due, Observation, Play};
pub use repeats::Repeats;
pub use rng::Rng;
pub use summary::DaySummary;
pub use trace::Trace;
pub use turns::RuleTurns;
pub use world::{Shape, World, WorldOptions};
