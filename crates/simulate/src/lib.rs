//! Days in virtual time, through the engine that routes in the product: what a configuration would make of them.
//!
//! Pure: plans come from `workload`, the time is the play's, and nothing is read or written. There is neither a journal nor a server
//! here, so a day of ten thousand contacts takes a second; `wissel dev` plays the same days through the whole product.
//!
//! - [`run()`] plays one day.
//! - [`cases`] plays systems that queueing theory knows, and says whether the engine does what theory expects.
//! - [`compare()`] plays the same days with several configurations and sets them side by side, seed by seed.

pub mod cases;
pub mod compare;
pub mod interval;
pub mod measure;
mod run;
mod table;

pub use compare::{Candidate, Comparison, compare};
pub use run::{Run, run};
