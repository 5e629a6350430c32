//! What people decide out of turn: a supervisor, who sees nothing and errs often, and agents who take what waits.

use model::InputBody;
use model::agent::AfterDraining;
use model::hand::{PullFrom, SupervisorInput, SwitchAgent};
use model::id::{AgentId, AuxReason, ContactId, QueueId};
use model::input::AgentAction;
use workload::Rng;

use super::ClientDue;
use super::desktop::DeskDue;
use crate::scenario::{QUEUES, known};
use crate::world::{Due, World};

/// Both end with the load.
const UNTIL: u64 = 16_000;

impl World {
    pub fn begin_hands(&mut self) {
        let mut rng = Rng::stream(self.scenario.seed, "hands", 0);
        for number in 0..rng.below(20) {
            self.plan(1_500 + rng.below(UNTIL), Due::Client(ClientDue::Supervise(number)));
        }
        for desktop in 0..self.clients.desktops.len() {
            for _ in 0..rng.below(8) {
                self.desk_later(desktop, 2_000 + rng.below(UNTIL), DeskDue::Pull);
            }
        }
    }

    pub fn hear_supervisor(&mut self, number: u64) {
        if self.is_healed {
            return;
        }
        let mut rng = Rng::stream(self.scenario.seed, "supervisor", number);
        let agent = self.some_agent(&mut rng);
        let input = match rng.below(5) {
            0 => SupervisorInput::Switch { agent, to: presence(&mut rng) },
            1 | 2 => SupervisorInput::Assign { contact: self.some_contact(&mut rng), agent },
            _ => {
                let queue = (rng.below(3) > 0).then(|| queue(&mut rng));
                SupervisorInput::Requeue { contact: self.some_contact(&mut rng), queue }
            }
        };
        self.send_admin(&format!("supervisor.{number}"), &InputBody::Supervisor(input));
    }

    /// The first of a queue, or a contact that others may have just then.
    pub fn something_to_pull(&self, rng: &mut Rng) -> AgentAction {
        let from = match rng.below(2) {
            0 => PullFrom::Queue(queue(rng)),
            _ => PullFrom::Contact(self.some_contact(rng)),
        };
        AgentAction::Pull { from }
    }

    fn some_agent(&self, rng: &mut Rng) -> AgentId {
        let desktops = &self.clients.desktops;
        desktops[rng.below(desktops.len() as u64) as usize].agent.clone()
    }

    /// One of the last that were to come by now.
    fn some_contact(&self, rng: &mut Rng) -> ContactId {
        let now = self.now;
        let mut come: Vec<(u64, ContactId)> = self
            .clients
            .callers
            .iter()
            .map(|caller| (caller.planned().at, caller.id().clone()))
            .filter(|(at, _)| *at <= now)
            .collect();
        come.sort();
        let last = come.len().saturating_sub(1 + rng.below(8) as usize);
        come.get(last).map_or_else(|| known("nobody", ContactId::new), |(_, contact)| contact.clone())
    }
}

fn queue(rng: &mut Rng) -> QueueId {
    known(QUEUES[rng.below(3) as usize], QueueId::new)
}

fn presence(rng: &mut Rng) -> SwitchAgent {
    let reason = || known("break", AuxReason::new);
    match rng.below(5) {
        0 => SwitchAgent::SignedOut,
        1 => SwitchAgent::Aux(reason()),
        2 => SwitchAgent::Draining(AfterDraining::Aux(reason())),
        _ => SwitchAgent::Available,
    }
}
