//! What is told of consults: contacts by which agents ask others about what they keep.

use model::consult;
use model::event::{ContactFacts, ContactStep};
use model::{AgentId, ContactId, Outcome};
use schemars::JsonSchema;
use serde::Serialize;

use super::view::{Name, OutcomeView, Summary};

/// An agent asks another by this contact.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[schemars(rename = "ConsultOf")]
pub(crate) struct ConsultOf<'a> {
    /// What it is about.
    contact: Name<'a, ContactId>,
    /// Who asks.
    agent: Name<'a, AgentId>,
}

impl<'a> ConsultOf<'a> {
    pub(super) fn new(of: &'a consult::ConsultOf) -> ConsultOf<'a> {
        ConsultOf { contact: Name(&of.contact), agent: Name(&of.agent) }
    }
}

/// What became of a consult by which the agent asks.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Consult<'a> {
    pub contact: Name<'a, ContactId>,
    /// What it is about.
    pub about: Name<'a, ContactId>,
    #[serde(flatten)]
    pub state: ConsultState<'a>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(crate) enum ConsultState<'a> {
    /// Nobody was found yet.
    Waiting,
    Offered {
        agent: Name<'a, AgentId>,
    },
    /// The agent answers, and may be left the contact to.
    Active {
        agent: Name<'a, AgentId>,
    },
    /// Nobody answers, or does any more.
    Ended {
        outcome: OutcomeView,
    },
}

impl<'a> Consult<'a> {
    /// For who asks. Nothing of a contact that is no consult, and of steps that change nothing for that one, or are followed by one that
    /// says more.
    pub(super) fn told(facts: &'a ContactFacts, step: &'a ContactStep) -> Option<(&'a AgentId, Consult<'a>)> {
        let of = facts.body.consult.as_ref()?;
        let state = match step {
            ContactStep::Queued { .. } => ConsultState::Waiting,
            ContactStep::Offered { agent, .. } => ConsultState::Offered { agent: Name(agent) },
            ContactStep::Accepted { agent, .. } => ConsultState::Active { agent: Name(agent) },
            ContactStep::WrapUpStarted { .. } => {
                ConsultState::Ended { outcome: OutcomeView::new(Outcome::Completed) }
            }
            ContactStep::Closed { outcome, .. } => {
                ConsultState::Ended { outcome: OutcomeView::new(*outcome) }
            }
            ContactStep::Arrived { .. }
            | ContactStep::Scheduled { .. }
            | ContactStep::Released
            | ContactStep::Proposed { .. }
            | ContactStep::ProposalEnded { .. }
            | ContactStep::Switched { .. }
            | ContactStep::Estimated { .. }
            | ContactStep::OfferEnded { .. }
            | ContactStep::Interrupted { .. }
            | ContactStep::Parked { .. }
            | ContactStep::Stuck { .. }
            | ContactStep::WorkedOn { .. }
            | ContactStep::Resumed { .. }
            | ContactStep::Quieted { .. }
            | ContactStep::Slowed { .. }
            | ContactStep::Replied { .. }
            | ContactStep::Returned { .. }
            | ContactStep::HandedOver { .. }
            | ContactStep::Relaxed { .. }
            | ContactStep::Pressed
            | ContactStep::Moved { .. }
            | ContactStep::Joined { .. }
            | ContactStep::Updated { .. }
            | ContactStep::Reclassified { .. }
            | ContactStep::Unservable
            | ContactStep::Servable
            | ContactStep::Overflowed { .. } => return None,
        };
        let (contact, about) = (Name(&facts.body.contact), Name(&of.contact));
        Some((&of.agent, Consult { contact, about, state }))
    }
}

/// The contact is not the agent's any more: it left it to whom it had asked.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct HandedOver<'a> {
    pub contact: Name<'a, ContactId>,
    /// Who has it.
    pub agent: Name<'a, AgentId>,
}

/// An agent left a contact to whom it had asked about it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ContactHandedOver<'a> {
    pub contact: Summary<'a>,
    /// Who had it.
    pub from: Name<'a, AgentId>,
    /// Who has it.
    pub agent: Name<'a, AgentId>,
    /// By which that one had accepted the consult.
    pub offer: u64,
}
