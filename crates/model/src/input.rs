//! What goes into the engine: one closed enum. Decoding and limits are `protocol::input`'s work; what arrives
//! here is well formed, but may still be refused.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::agent::{AfterDraining, AgentSpec};
use crate::config::{QueueState, SkillDemand, TenantConfig};
use crate::consult::ConsultRequest;
use crate::contact::{ContactBody, ContactUpdate};
use crate::hand::{PullFrom, SupervisorInput};
use crate::id::{AgentId, AuxReason, ContactId, OfferNo, QueueId, TenantId};
use crate::moving::TenantMove;
use crate::refusal::Refusal;
use crate::time::{Millis, Time};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Something a tenant's producers, agents or administration said, read from the ingest stream.
    Tenant(TenantInput),
    /// The node watched the agent's heartbeats on core NATS and they stopped.
    AgentSilent { tenant: TenantId, agent: AgentId, session: u64 },
    /// Heartbeats of a lost agent came back.
    AgentBack { tenant: TenantId, agent: AgentId, session: u64 },
    /// Time has passed: what is due by `until`, and now, happens. What is due later may be contradicted by inputs that are
    /// not read yet.
    Tick { until: Time },
    /// The shard could not act for a while; open offers and lost agents get this much longer.
    Resume { grace: Millis },
    /// While false, inputs change state but nothing is offered; when it turns true, everything assignable is.
    Offering(bool),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantInput {
    /// From the subject, which is the identity.
    pub tenant: TenantId,
    /// Sequence in the ingest stream.
    pub position: u64,
    /// When the ingest stream stored it.
    pub stamp: Time,
    /// When the sender says it happened; absent: `stamp`.
    pub sent_at: Option<Time>,
    pub body: InputBody,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InputBody {
    /// Put a configuration in force. `hash` is that of its text.
    ConfigApply {
        hash: String,
        config: Arc<TenantConfig>,
    },
    /// Add an agent to the roster or change its entry.
    AgentPut(Arc<AgentSpec>),
    AgentRemove {
        agent: AgentId,
    },
    /// Pause or close a queue, or open it again; holds until the next one, whatever the configuration.
    QueueSwitch {
        queue: QueueId,
        state: QueueState,
    },
    Agent(AgentInput),
    /// `digest` is a hash of the body, so that a repeat can be told from another contact of the same id.
    ContactCreate {
        body: Arc<ContactBody>,
        digest: u64,
    },
    /// The customer left, or hung up; or the organisation withdrew the contact.
    ContactEnd {
        contact: ContactId,
        by: EndedBy,
    },
    /// A producer says more of a contact that is open.
    ContactUpdate {
        contact: ContactId,
        update: Arc<ContactUpdate>,
    },
    /// The customer answers what was proposed.
    ContactAnswer {
        contact: ContactId,
        accepts: bool,
    },
    /// A supervisor decides out of turn.
    Supervisor(SupervisorInput),
    /// The customer fell silent on a channel on which people write when they like; or wrote again.
    ContactQuiet {
        contact: ContactId,
        is_quiet: bool,
    },
    /// The tenant leaves for another shard, or comes from one.
    Move(TenantMove),
    /// What the decoder refused; it passes through so that the refusal is journaled with its position.
    Malformed {
        reason: Refusal,
        detail: String,
        agent: Option<AgentId>,
    },
}

/// From an agent's desktop. Within a session the counter grows by at least one per input; an input whose
/// counter was reached before has been seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentInput {
    pub agent: AgentId,
    pub session: u64,
    pub counter: u64,
    pub action: AgentAction,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgentAction {
    /// Starts a session, or takes over from an older one with everything it holds.
    SignIn {
        aux: Option<AuxReason>,
    },
    SignOut,
    Available,
    Aux {
        reason: AuxReason,
    },
    Drain {
        then: AfterDraining,
    },
    Accept {
        contact: ContactId,
        offer: OfferNo,
    },
    Decline {
        contact: ContactId,
        offer: OfferNo,
    },
    /// The contact is over; wrap-up starts if the queue has one.
    Complete {
        contact: ContactId,
    },
    /// Nobody was there when a scheduled contact was tried: it is tried again later, or ends.
    NotReached {
        contact: ContactId,
    },
    WrapUpDone {
        contact: ContactId,
    },
    Transfer {
        contact: ContactId,
        to: TransferTo,
        skills: Option<Vec<SkillDemand>>,
        /// What is said of it for whoever gets it: attributes alone.
        update: Option<Arc<ContactUpdate>>,
    },
    /// Give the contact back to its queue, with its age.
    Requeue {
        contact: ContactId,
    },
    /// Ask another agent, and keep the contact.
    Consult(Box<ConsultRequest>),
    /// Take what waits in a queue that lets agents do so.
    Pull {
        from: PullFrom,
    },
    /// The customer is silent and will write again: the contact is nobody's until then.
    Quiet {
        contact: ContactId,
    },
    /// The contact is worked on, and not forgotten.
    StillWorking {
        contact: ContactId,
    },
}

impl AgentAction {
    /// The contact that the action names.
    pub fn contact(&self) -> Option<&ContactId> {
        match self {
            AgentAction::Accept { contact, .. }
            | AgentAction::Decline { contact, .. }
            | AgentAction::Complete { contact }
            | AgentAction::NotReached { contact }
            | AgentAction::WrapUpDone { contact }
            | AgentAction::Transfer { contact, .. }
            | AgentAction::Requeue { contact }
            | AgentAction::Pull { from: PullFrom::Contact(contact) }
            | AgentAction::StillWorking { contact }
            | AgentAction::Quiet { contact } => Some(contact),
            AgentAction::Consult(request) => Some(&request.contact),
            AgentAction::SignIn { .. }
            | AgentAction::SignOut
            | AgentAction::Available
            | AgentAction::Aux { .. }
            | AgentAction::Drain { .. }
            | AgentAction::Pull { from: PullFrom::Queue(_) } => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferTo {
    Queue(QueueId),
    /// To one agent, through the contact's present queue: the agent's for the contact's patience, else the
    /// queue's; then anyone's.
    Agent(AgentId),
    /// To the agent who was asked about it by this consult, at once.
    Consult(ContactId),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    Customer,
    Organisation,
}
