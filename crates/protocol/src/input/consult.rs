//! Agents who ask others about a contact that they keep.

use model::consult::{ConsultRequest, ConsultTo};
use model::id::{AgentId, ChannelId, ContactId, QueueId};
use model::input::{AgentAction, TransferTo};
use model::skill::REQUIREMENT_SKILLS_MAX;
use schemars::JsonSchema;
use serde_json::{Value, json};

use super::body::Transfer;
use super::kinds::Demands;
use crate::text::Id;

/// Asks another agent about a contact, and keeps it.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Consult {
    /// That the agent has.
    contact: Id<ContactId>,
    /// Chosen by the sender: the id of the contact by which somebody is asked.
    consult: Id<ContactId>,
    to: Asked,
    /// Absent: the one that the contact is on.
    channel: Option<Id<ChannelId>>,
    /// Required beside the queue's own: skill to lowest level.
    #[serde(default)]
    skills: Demands<REQUIREMENT_SKILLS_MAX>,
}

#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Asked {
    Queue(Id<QueueId>),
    /// One agent, through the contact's present queue; after the queue's patience anybody there.
    Agent(Id<AgentId>),
}

impl Consult {
    pub(super) fn action(self) -> AgentAction {
        let to = match self.to {
            Asked::Queue(queue) => ConsultTo::Queue(queue.0),
            Asked::Agent(agent) => ConsultTo::Agent(agent.0),
        };
        AgentAction::Consult(Box::new(ConsultRequest {
            contact: self.contact.0,
            consult: self.consult.0,
            to,
            channel: self.channel.map(|channel| channel.0),
            skills: self.skills.demands(),
        }))
    }
}

impl Transfer {
    /// What is handed over asks for what it did, and is known to whoever gets it; nothing, or what is wrong with that.
    pub(super) fn check(&self) -> Option<&'static str> {
        let is_handed_over = matches!(self.to, super::body::To::Consult(_));
        if !is_handed_over {
            None
        } else if self.skills.is_some() {
            Some(
                "$.skills: who has the consult gets the contact at once, whatever it requires; leave them out",
            )
        } else if !self.attributes.0.is_empty() {
            Some("$.attributes: who has the consult gets the contact at once, and knows; leave them out")
        } else {
            None
        }
    }
}

/// The other way round.
pub(super) fn consult(request: &ConsultRequest) -> Value {
    let ConsultRequest { contact, consult, to, channel, skills } = request;
    let to = match to {
        ConsultTo::Queue(queue) => json!({ "queue": queue.as_str() }),
        ConsultTo::Agent(agent) => json!({ "agent": agent.as_str() }),
    };
    let mut value = json!({
        "type": "consult",
        "contact": contact.as_str(),
        "consult": consult.as_str(),
        "to": to,
        "skills": super::encode::demands(skills),
    });
    if let Some(channel) = channel {
        value["channel"] = json!(channel.as_str());
    }
    value
}

pub(super) fn transfer_to(to: &TransferTo) -> Value {
    match to {
        TransferTo::Queue(queue) => json!({ "queue": queue.as_str() }),
        TransferTo::Agent(agent) => json!({ "agent": agent.as_str() }),
        TransferTo::Consult(consult) => json!({ "consult": consult.as_str() }),
    }
}
