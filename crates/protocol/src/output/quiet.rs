//! What is told of customers who fall silent and write again.

use model::{AgentId, ChannelId, ContactId};
use schemars::JsonSchema;
use serde::Serialize;

use super::view::{Name, Summary};
use crate::text::Moment;

/// The customer is silent: the contact is not the agent's any more. It comes back when the customer writes again, to this agent first, and
/// ends by itself otherwise.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Quieted<'a> {
    pub contact: Name<'a, ContactId>,
    pub until: Moment,
}

/// The customer is silent: the contact is nobody's until it writes again.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ContactQuieted<'a> {
    pub contact: Summary<'a>,
    /// Who had it.
    pub agent: Name<'a, AgentId>,
    /// Ends by itself then.
    pub until: Moment,
}

/// The customer of a contact that waits is silent: it waits as indirect work.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ContactSlowed<'a> {
    pub contact: Summary<'a>,
    /// The live channel that it was on.
    pub from_channel: Name<'a, ChannelId>,
}

/// The customer wrote again: the contact is live.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ContactReplied<'a> {
    pub contact: Summary<'a>,
    /// That it was on until then.
    pub from_channel: Name<'a, ChannelId>,
}
