//! The load test: how a cluster bears what a scenario brings, measured from outside and judged.
//!
//! Customers come by a plan that is fixed before the run ([`plan`], [`pacer`]), and latency counts from the planned instant;
//! agents answer what they are offered, as people do. Whether the run says anything about the router at all is asked first: a
//! generator that fell behind makes it invalid, not slow. A load test is also a test of correctness: what must never happen is
//! watched for while it runs, and judged afterwards by the outside checker (`verify`).
//!
//! Nothing here knows the router from inside: it speaks the protocol of producers and desktops, as everybody else.

pub mod book;
pub mod callers;
pub mod command;
pub mod compare;
pub mod desk;
pub mod fault;
pub mod figures;
pub mod floor;
pub mod heard;
pub mod judge;
pub mod listen;
pub mod nemesis;
pub mod output;
pub mod pacer;
pub mod plan;
pub mod progress;
pub mod record;
pub mod run;
pub mod scenario;
pub mod search;
pub mod summary;
pub mod target;
pub mod threshold;
pub mod units;
pub mod verdict;
pub mod wire;
