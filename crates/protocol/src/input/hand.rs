//! What people decide out of turn: a supervisor's inputs, and agents who take what waits.

use model::InputBody;
use model::agent::AfterDraining;
use model::hand::{PullFrom, SupervisorInput, SwitchAgent};
use model::id::{AgentId, AuxReason, ContactId, QueueId};
use schemars::JsonSchema;
use serde_json::{Value, json};

use crate::text::Id;

/// Forces the presence of an agent who is signed in.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AgentSwitch {
    agent: Id<AgentId>,
    presence: SwitchTo,
}

#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "SwitchAgentTo")]
enum SwitchTo {
    Available,
    SignedOut,
    /// Takes no new work; when the last contact is done, its session ends.
    Drain,
    /// Takes no new work, for this reason.
    Aux(Id<AuxReason>),
    /// Takes no new work; when the last contact is done, this reason follows.
    DrainToAux(Id<AuxReason>),
}

/// Offers a contact to an agent out of turn; the agent must be open for it, and may decline.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContactAssign {
    /// It waits, is put off, or is offered to somebody else.
    contact: Id<ContactId>,
    agent: Id<AgentId>,
}

/// Takes a contact out of an agent's hands, or to another queue, with its age.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContactRequeue {
    contact: Id<ContactId>,
    /// Absent: the one that it is in.
    queue: Option<Id<QueueId>>,
}

/// Takes a contact that waits.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pull {
    from: From,
}

#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum From {
    /// The first that the agent would be offered from there.
    Queue(Id<QueueId>),
    Contact(Id<ContactId>),
}

impl Pull {
    pub(super) fn from(self) -> PullFrom {
        match self.from {
            From::Queue(queue) => PullFrom::Queue(queue.0),
            From::Contact(contact) => PullFrom::Contact(contact.0),
        }
    }
}

impl AgentSwitch {
    pub(super) fn body(self) -> InputBody {
        let to = match self.presence {
            SwitchTo::Available => SwitchAgent::Available,
            SwitchTo::SignedOut => SwitchAgent::SignedOut,
            SwitchTo::Drain => SwitchAgent::Draining(AfterDraining::SignOut),
            SwitchTo::Aux(reason) => SwitchAgent::Aux(reason.0),
            SwitchTo::DrainToAux(reason) => SwitchAgent::Draining(AfterDraining::Aux(reason.0)),
        };
        InputBody::Supervisor(SupervisorInput::Switch { agent: self.agent.0, to })
    }
}

impl ContactAssign {
    pub(super) fn body(self) -> InputBody {
        InputBody::Supervisor(SupervisorInput::Assign { contact: self.contact.0, agent: self.agent.0 })
    }
}

impl ContactRequeue {
    pub(super) fn body(self) -> InputBody {
        let queue = self.queue.map(|queue| queue.0);
        InputBody::Supervisor(SupervisorInput::Requeue { contact: self.contact.0, queue })
    }
}

/// The other way round.
pub(super) fn supervisor_input(input: &SupervisorInput) -> Value {
    match input {
        SupervisorInput::Switch { agent, to } => {
            let presence = match to {
                SwitchAgent::Available => json!("available"),
                SwitchAgent::SignedOut => json!("signed_out"),
                SwitchAgent::Aux(reason) => json!({ "aux": reason.as_str() }),
                SwitchAgent::Draining(AfterDraining::SignOut) => json!("drain"),
                SwitchAgent::Draining(AfterDraining::Aux(reason)) => {
                    json!({ "drain_to_aux": reason.as_str() })
                }
            };
            json!({ "type": "agent_switch", "agent": agent.as_str(), "presence": presence })
        }
        SupervisorInput::Assign { contact, agent } => {
            json!({ "type": "contact_assign", "contact": contact.as_str(), "agent": agent.as_str() })
        }
        SupervisorInput::Requeue { contact, queue } => {
            let mut value = json!({ "type": "contact_requeue", "contact": contact.as_str() });
            if let Some(queue) = queue {
                value["queue"] = json!(queue.as_str());
            }
            value
        }
    }
}

pub(super) fn pull(from: &PullFrom) -> Value {
    match from {
        PullFrom::Queue(queue) => json!({ "type": "pull", "from": { "queue": queue.as_str() } }),
        PullFrom::Contact(contact) => json!({ "type": "pull", "from": { "contact": contact.as_str() } }),
    }
}
