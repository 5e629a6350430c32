//! A queueing system as theory describes it, in the words of the product: classes of customers become queues, groups of agents
//! become roster entries with skills, and what theory calls a discipline becomes points, ageing, deadlines, methods and rules.
//!
//! - [`Setup`] is the system: rates, laws, groups and disciplines, in the unit of time of whoever describes it.
//! - [`System::of`] says it as a configuration, or what the product has no word for.
//! - [`Traffic`] draws who comes, how patient and how long to serve, each purpose from a stream of its own.
//! - [`Calendar`] holds what is going to happen; [`Desk`] is an agent who does several things at once, each the slower.
//!
//! It decides nothing: whoever plays it asks a router.

mod calendar;
mod configure;
mod desk;
mod law;
mod levels;
mod setup;
mod traffic;

pub use calendar::Calendar;
pub use configure::{NoWord, System, Wanted};
pub use desk::Desk;
pub use law::Law;
pub use setup::{AgentSelection, Class, Group, QueueSelection, Second, Serving, Setup};
pub use traffic::{Drawn, Traffic};
