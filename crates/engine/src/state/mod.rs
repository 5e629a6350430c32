//! What the engine knows: the parts of a tenant's state, each with its own invariant.

pub mod agents;
pub mod aversions;
pub mod closed;
pub mod contacts;
pub mod customers;
pub mod estimates;
pub mod id_index;
pub mod names;
pub mod overflow;
pub mod paged;
pub mod parked;
pub mod places;
pub mod profiles;
pub mod proposals;
pub mod quiet;
pub mod ring;
pub mod roster;
pub mod rules;
pub mod schedule;
pub mod servable;
pub mod settings;
pub mod tenant;
pub mod timers;
pub mod updates;
pub mod work;
