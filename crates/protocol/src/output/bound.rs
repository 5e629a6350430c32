//! What is told of work that stays with an agent who is signed out.

use model::{AgentId, ContactId};
use schemars::JsonSchema;
use serde::Serialize;

use super::view::{Name, Summary};
use crate::text::Moment;

/// The agent is signed out, and the contact stays its own until then: it is `resumed` when the agent is back.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Parked<'a> {
    pub contact: Name<'a, ContactId>,
    pub until: Moment,
}

/// The agent who has the contact is signed out: it stays with that one until then, and returns to its queue after that.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ContactParked<'a> {
    pub contact: Summary<'a>,
    pub agent: Name<'a, AgentId>,
    pub until: Moment,
}
