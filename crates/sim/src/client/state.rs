//! Fetching an agent's state: answered by whoever thinks the shard is its own, from its follower.

use model::agent::Presence;
use model::row::ContactState;

use super::ClientDue;
use super::taker::Place;
use crate::scenario::tenant;
use crate::world::{Due, World};

#[derive(Debug)]
pub struct StateView {
    /// The last commit that it contains.
    pub place: Place,
    pub session: u64,
    pub presence: Presence,
    /// Id, offer, and how the agent has it.
    pub contacts: Vec<(String, u64, Held)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    Offered,
    Active,
    Parked,
    WrapUp,
}

impl World {
    pub fn ask_state(&mut self, desktop: usize, life: u32) {
        let agent = self.clients.desktops[desktop].agent.clone();
        let answering: Vec<usize> = (0..self.processes.len())
            .filter(|at| {
                let process = &self.processes[*at];
                process.is_up()
                    && process.follower.is_some()
                    && process.owner.as_ref().is_some_and(|owner| owner.shard.engine().is_some())
            })
            .collect();
        let chosen = self.net.below(answering.len() as u64) as usize;
        let state = answering.get(chosen).and_then(|process| {
            let follower = self.processes[*process].follower.as_ref()?;
            let view = follower.engine().agent(&tenant(), &agent)?;
            let head = follower.head();
            let contacts = view.contacts.iter().filter_map(|(row, offer)| {
                let held = match row.state {
                    ContactState::Waiting(_) | ContactState::Scheduled | ContactState::Quiet { .. } => {
                        return None;
                    }
                    ContactState::Offered { .. } => Held::Offered,
                    ContactState::Active { .. } => Held::Active,
                    ContactState::Parked { .. } => Held::Parked,
                    ContactState::WrapUp { .. } => Held::WrapUp,
                };
                Some((row.body.contact.to_string(), offer.0, held))
            });
            Some(Box::new(StateView {
                place: Place { epoch: head.epoch, commit: head.commit_no, index: u32::MAX },
                session: view.row.session,
                presence: view.row.presence.clone(),
                contacts: contacts.collect(),
            }))
        });
        let delay = 2 * self.hop();
        self.plan(delay, Due::Client(ClientDue::State { desktop, life, state }));
    }
}
