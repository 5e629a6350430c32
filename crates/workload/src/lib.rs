//! What a contact centre is put through: seeded arrivals, callers, agents and a real day's trace.
//!
//! This crate is pure. It has no clock, no IO and no source of randomness but its own seeded generator, and it knows
//! neither NATS nor the engine: what is played is said in the words of `model`. So one play drives a benchmark, and
//! `wissel dev` in virtual and in real time, and all of them mean the same day.
//!
//! - [`day`] turns a [`trace`] into a [`plan::Plan`]: configuration, roster, contacts and shifts.
//! - [`play::Play`] plays a plan against any router: it says what is due, is told what came out, and sums up.
//! - [`world::World`] is the synthetic tenant of the benchmarks.
//!
//! The same seed gives the same plan and the same play on every machine: durations are drawn with the arithmetic of
//! [`number`], never with the platform's mathematical library.

pub mod agent;
pub mod caller;
pub mod config_text;
pub mod day;
pub mod distribution;
mod everything;
pub mod number;
pub mod plan;
pub mod play;
pub mod rng;
pub mod summary;
pub mod trace;
pub mod world;

pub use day::{DayOptions, day_plan};
pub use plan::Plan;
pub use play::{Action, Due, Observation, Play};
pub use rng::Rng;
pub use summary::DaySummary;
pub use trace::Trace;
pub use world::{Shape, World, WorldOptions};
