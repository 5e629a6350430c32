//! Agents who ask others about a contact, and leave it to them.

use model::consult::{ConsultRequest, ConsultTo};
use model::id::{AgentId, ContactId, QueueId};
use model::input::{AgentAction, TransferTo};
use workload::Rng;

use crate::scenario::{QUEUES, known};

/// The agent does not remember whether it asked before, and is refused now and then.
pub fn ask_or_leave(contact: ContactId, rng: &mut Rng) -> AgentAction {
    let consult = known(&format!("ask-{contact}"), ContactId::new);
    if rng.below(2) == 0 {
        return AgentAction::Transfer {
            contact,
            to: TransferTo::Consult(consult),
            skills: None,
            update: None,
        };
    }
    let to = if rng.below(3) == 0 {
        ConsultTo::Agent(known(&format!("agent-{}", rng.below(6)), AgentId::new))
    } else {
        ConsultTo::Queue(known(QUEUES[rng.below(3) as usize], QueueId::new))
    };
    AgentAction::Consult(Box::new(ConsultRequest { contact, consult, to, channel: None, skills: Vec::new() }))
}
