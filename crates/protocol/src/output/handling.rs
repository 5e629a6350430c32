//! What is told of contacts that are active for too long without a word of their agents.

use model::{AgentId, ContactId};
use schemars::JsonSchema;
use serde::Serialize;

use super::view::{Name, Summary};

/// The contact has been active for so long that it may be forgotten; it stays the agent's, who may say that it is still worked on.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Stuck<'a> {
    pub contact: Name<'a, ContactId>,
}

/// A contact has been active for as long as its queue says at most, and its agent did not say that it is worked on.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ContactStuck<'a> {
    pub contact: Summary<'a>,
    pub agent: Name<'a, AgentId>,
}

/// The agent said that the contact is worked on: it is not stuck, or no more.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ContactWorkedOn<'a> {
    pub contact: Summary<'a>,
    pub agent: Name<'a, AgentId>,
}
