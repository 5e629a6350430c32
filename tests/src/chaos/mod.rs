//! What hurts a contact centre, and who judges how it bore it.

pub mod fault;
pub mod fleet;
pub mod load;
pub mod measure;
pub mod nemesis;
pub mod record;
pub mod run;
pub mod servers;
pub mod streams;
pub mod watcher;
