//! Agents who ask others about what they have, and leave it to them.

use model::consult::{ConsultRequest, ConsultTo};
use model::input::{AgentAction, TransferTo};
use model::{AgentNo, ContactId, Input};

use super::Generator;
use super::worlds::agent_id;

impl Generator {
    /// Of a contact that the agent has: somebody is asked; or if somebody was, has it, or needs not answer any more.
    pub(super) fn consult(&mut self, at: usize, agent: AgentNo, contact: ContactId) -> Input {
        match self.consult_about(at, &contact) {
            Some(consult) if self.rng.percent(75) => {
                let to = TransferTo::Consult(consult);
                self.act(at, agent, AgentAction::Transfer { contact, to, skills: None, update: None })
            }
            Some(contact) if self.rng.percent(50) => self.act(at, agent, AgentAction::Complete { contact }),
            Some(_) | None => self.ask(at, agent, contact),
        }
    }

    pub(super) fn consult_about(&self, at: usize, contact: &ContactId) -> Option<ContactId> {
        let mut contacts = self.worlds[at].memory.contacts.values();
        let consult = contacts.find(|known| known.consult_of.as_ref() == Some(contact));
        consult.map(|known| known.name.clone())
    }

    fn ask(&mut self, at: usize, agent: AgentNo, contact: ContactId) -> Input {
        let world = &mut self.worlds[at];
        world.contacts_named += 1;
        let name = if self.rng.one_in(40) { "c1".to_owned() } else { format!("c{}", world.contacts_named) };
        let to = if self.rng.percent(60) {
            ConsultTo::Queue(world.some_queue(&mut self.rng))
        } else {
            ConsultTo::Agent(agent_id(self.rng.below(world.roster + 1)))
        };
        let request = ConsultRequest {
            contact,
            consult: ContactId::new(&name).expect("a generated name is an id"),
            to,
            channel: self.rng.one_in(3).then(|| world.some_channel(&mut self.rng)),
            skills: if self.rng.one_in(3) { world.contact_skills(&mut self.rng) } else { Vec::new() },
        };
        self.act(at, agent, AgentAction::Consult(Box::new(request)))
    }
}
