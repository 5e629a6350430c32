//! The deterministic fault simulator: the real engine and the real shard, in virtual time, on a modelled JetStream.
//!
//! A seed is a world: servers, processes, agents, callers, and what goes wrong. It is played until everything has come to
//! rest after the last fault, and then the outside checker judges what is left, with everything that only a simulator can
//! see ([`judge`]). The same seed is the same history, byte for byte, so a failure is a number.
//!
//! This crate is pure but for its commands, which print and count real time.
//!
//! | module | concern |
//! |---|---|
//! | [`scenario`], [`fault`] | what a seed means |
//! | [`world`], [`agenda`], [`history`] | the loop, what is due, what happened |
//! | [`jetstream`] | the servers, as they were measured to behave |
//! | [`process`] | the shell around a shard, step for step as the node has it |
//! | [`client`] | desktops, producers, customers |
//! | [`supervisor`] | who starts the shard: a stand-in for membership |
//! | [`faults`], [`points`] | faults at work; the points at which a process may be struck |
//! | [`run`], [`judge`] | one run and its judgement |
//! | [`commands`] | many seeds, all crash points, all mutants |

pub mod agenda;
pub mod client;
pub mod commands;
pub mod fault;
pub mod faults;
pub mod history;
pub mod jetstream;
pub mod judge;
pub mod mutants;
pub mod points;
pub mod process;
pub mod run;
pub mod scenario;
pub mod supervisor;
pub mod world;
