//! What load is made of: the real traces beside this crate, and the plays of `workload` that are driven against running nodes.
//!
//! `traces/` holds each trace with its source, its terms and the script that derived it.

pub use workload::{DayOptions, Plan, Play, Trace, day_plan};
