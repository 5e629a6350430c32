//! The checker passes what is sound and catches each invariant's own violation.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod bots;
mod bound;
mod capacity;
mod classification;
mod clients;
mod consult;
mod customers;
mod deadlines;
mod dumps;
mod estimates;
mod hand;
mod handling;
mod interruption;
mod journals;
mod moving;
mod order;
mod overflow;
mod preference;
mod proposals;
mod quiet;
mod rare;
mod ratios;
mod replicas;
mod report;
mod schedule;
mod sites;
mod speed;
mod support;
mod throttle;
mod waiting;
mod work;
