//! What supervisors say, and agents who take what waits.

use model::agent::AfterDraining;
use model::hand::{PullFrom, SupervisorInput, SwitchAgent, Taking};
use model::input::AgentAction;
use model::{AgentId, ContactId, Input, InputBody, QueueId};

use super::memory::Whereabouts;
use super::rng::Rng;
use super::worlds::{agent_id, reason};
use super::{Generator, TICK};

/// Mostly what the engine offers, or else nobody would be offered anything.
pub fn taking(rng: &mut Rng) -> Taking {
    rng.one_of(&[Taking::Offered, Taking::Pulled, Taking::Both])
}

impl Generator {
    pub(super) fn by_hand(&mut self, at: usize) -> Input {
        match self.rng.below(100) {
            0..45 => self.pull(at),
            45..60 => self.switch_agent(at),
            60..80 => {
                let (contact, agent) = (self.any_contact(at), self.any_agent(at));
                self.said(at, InputBody::Supervisor(SupervisorInput::Assign { contact, agent }))
            }
            _ => {
                let contact = self.any_contact(at);
                let queue = self.rng.percent(70).then(|| self.worlds[at].some_queue(&mut self.rng));
                self.said(at, InputBody::Supervisor(SupervisorInput::Requeue { contact, queue }))
            }
        }
    }

    /// Mostly by somebody who is there, and from where agents may.
    fn pull(&mut self, at: usize) -> Input {
        let Some((agent, known)) = self.some_agent(at) else { return TICK };
        if !known.presence.is_signed_in() {
            return self.presence(at);
        }
        let from = if self.rng.percent(60) {
            PullFrom::Queue(self.pulled_queue(at))
        } else {
            PullFrom::Contact(self.any_contact(at))
        };
        self.act(at, agent, AgentAction::Pull { from })
    }

    fn pulled_queue(&mut self, at: usize) -> QueueId {
        let config = self.worlds[at].memory.config.clone();
        let queues = config.iter().flat_map(|config| &config.queues);
        let pulled = queues.filter(|queue| queue.taking.lets_pull()).map(|queue| queue.name.clone());
        let pulled: Vec<QueueId> = pulled.collect();
        let some = self.worlds[at].some_queue(&mut self.rng);
        if self.rng.one_in(10) { some } else { self.rng.pick(&pulled).cloned().unwrap_or(some) }
    }

    fn switch_agent(&mut self, at: usize) -> Input {
        let agent = self.any_agent(at);
        let to = self.rng.one_of(&[
            SwitchAgent::SignedOut,
            SwitchAgent::Available,
            SwitchAgent::Available,
            SwitchAgent::Aux(reason("meeting")),
            SwitchAgent::Aux(reason("nap")),
            SwitchAgent::Draining(AfterDraining::SignOut),
            SwitchAgent::Draining(AfterDraining::Aux(reason("break"))),
        ]);
        self.said(at, InputBody::Supervisor(SupervisorInput::Switch { agent, to }))
    }

    /// Mostly one who may be there.
    fn any_agent(&mut self, at: usize) -> AgentId {
        agent_id(self.rng.below(self.worlds[at].roster + 1))
    }

    /// Mostly one that waits.
    fn any_contact(&mut self, at: usize) -> ContactId {
        let waiting = self.rng.percent(60);
        let some = self.some_contact(at, |at| !waiting || at == Whereabouts::Waiting);
        some.map_or_else(|| ContactId::new("c1").expect("a generated name is an id"), |known| known.name)
    }
}
