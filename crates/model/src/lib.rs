//! The words that all parts of Wissel share, and nothing that acts.
//!
//! Ids and numbers, time, channels, skills, a tenant's configuration after validation, what goes into
//! the engine ([`input::Input`]), what it decides ([`transition::Transition`]) and what the world is told
//! ([`event::Event`]). This crate is pure data: no IO, no clock, no bytes. `serde` derives are here so that
//! the crate `protocol` can choose a format; nothing here knows which.
//!
//! The rules that give these words their meaning stand in `crates/engine/ROUTING.md`.

pub mod agent;
pub mod calendar;
pub mod config;
pub mod consult;
pub mod contact;
pub mod estimate;
pub mod event;
pub mod explain;
pub mod hand;
pub mod id;
pub mod input;
pub mod moving;
mod mutants;
pub mod overflow;
pub mod ratio;
pub mod refusal;
pub mod rehearsal;
pub mod row;
pub mod rule;
pub mod skill;
pub mod throttle;
pub mod time;
pub mod transition;
pub mod work;

pub use agent::{AgentKind, AgentSpec, Presence};
pub use config::TenantConfig;
pub use contact::{ContactBody, Outcome};
pub use event::Event;
pub use id::{
    AgentId, AgentNo, AuxReason, CalendarId, ChannelId, ChannelNo, ContactId, ContactNo, CustomerRef,
    IdError, MatterRef, OfferNo, ProfileNo, QueueId, QueueNo, RuleName, ShardId, SiteId, SiteNo, SkillId,
    SkillNo, TenantId, TenantNo,
};
pub use input::{Input, InputBody};
pub use refusal::Refusal;
pub use row::Row;
pub use skill::{Level, Requirement, SkillLevel};
pub use time::{Millis, Time};
pub use transition::{Change, Transition};
