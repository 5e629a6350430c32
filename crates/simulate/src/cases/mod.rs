//! Queueing systems whose behaviour theory knows, through the engine that routes in the product.
//!
//! [`read()`] takes a file of cases, [`judge()`] plays each as a tenant with queues, skills, priorities and methods, and says of every metric
//! whether it landed where it is expected. What each discipline becomes, how intervals are made and what came of the published cases
//! stands in `crates/simulate/VALIDATION.md`.

mod described;
mod judge;
mod metric;
mod read;
mod run;
mod sums;
mod table;

pub use judge::{BandFrom, Figure, Judged, NotExpressed, Options, Report, Totals, Verdict, judge};
pub use metric::Metric;
pub use read::{Case, Expected, FileError, read};
pub use run::{Failure, Horizon, Played, play};
pub use sums::{ClassSums, Sums};
