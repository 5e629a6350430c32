//! Everybody who is not a node: desktops, producers, customers and the administration.
//!
//! They speak with the servers through the real encoders, hear what the real outputs say, and keep the logs that the
//! outside checker judges.

pub mod caller;
mod consult;
pub mod copy;
pub mod desktop;
mod hand;
pub mod handling;
pub mod load;
pub mod message;
pub mod quiet;
pub mod ratios;
pub mod sender;
pub mod state;
pub mod taker;
pub mod throttle;

use std::collections::BTreeMap;

use protocol::output::Output;
use verify::ClientLog;

use crate::scenario::Scenario;
use crate::world::World;
use caller::Caller;
use desktop::{DeskDue, Desktop};
use sender::Sending;
use state::StateView;
use taker::Taker;

#[derive(Debug)]
pub struct Clients {
    pub desktops: Vec<Desktop>,
    pub desktop_of: BTreeMap<String, usize>,
    pub callers: Vec<Caller>,
    pub caller_of: BTreeMap<String, usize>,
    /// Inputs on their way into the ingest stream.
    pub sendings: Vec<Sending>,
    /// What the customers' side took.
    pub customers: Taker,
    pub customers_log: ClientLog,
    pub producers_log: ClientLog,
    /// The next input that is stored cannot be read afterwards.
    pub damages_next_input: bool,
}

#[derive(Debug)]
pub enum ClientDue {
    /// A core message arrives at its subscriber.
    Message(Box<Output>),
    /// An input reaches the servers.
    Input(usize),
    /// Its acknowledgement is back.
    Stored {
        sending: usize,
        sequence: u64,
    },
    /// No acknowledgement came.
    SendAgain {
        sending: usize,
        attempt: u32,
    },
    Desk {
        desktop: usize,
        life: u32,
        due: DeskDue,
    },
    State {
        desktop: usize,
        life: u32,
        state: Option<Box<StateView>>,
    },
    Create(usize),
    Repeat(usize),
    /// A caller's producer says more of it.
    Update(usize),
    Silence {
        caller: usize,
        number: usize,
    },
    HangUp(usize),
    Configure(u64),
    /// A supervisor decides something.
    Supervise(u64),
    EnterRoster,
}

impl Clients {
    pub fn new(scenario: &Scenario) -> Clients {
        let log = |name: &str| ClientLog { name: name.to_owned(), entries: Vec::new() };
        let desktops: Vec<Desktop> = scenario
            .roster
            .iter()
            .zip(0..)
            .map(|(spec, at)| Desktop::new(spec.agent.clone(), scenario.seed, at))
            .collect();
        let callers: Vec<Caller> = scenario.contacts.iter().cloned().map(Caller::new).collect();
        let caller_of =
            callers.iter().enumerate().map(|(at, caller)| (caller.id().to_string(), at)).collect();
        Clients {
            desktop_of: desktops.iter().enumerate().map(|(at, desk)| (desk.agent.to_string(), at)).collect(),
            desktops,
            callers,
            caller_of,
            sendings: Vec::new(),
            customers: Taker::default(),
            customers_log: log("customers"),
            producers_log: log("producers"),
            damages_next_input: false,
        }
    }

    pub fn desktop_at(&self, drawn: u64) -> usize {
        (drawn % self.desktops.len() as u64) as usize
    }

    /// Nobody waits for the fate of an input.
    pub fn is_quiet(&self) -> bool {
        self.sendings.iter().all(|sending| sending.is_over)
    }

    pub fn logs(&self) -> Vec<ClientLog> {
        let desktops = self.desktops.iter().map(|desktop| desktop.log.clone());
        desktops.chain([self.customers_log.clone(), self.producers_log.clone()]).collect()
    }
}

impl World {
    pub fn client_due(&mut self, due: ClientDue) {
        match due {
            ClientDue::Message(message) => self.deliver(&message),
            ClientDue::Input(sending) => self.input_arrives(sending),
            ClientDue::Stored { sending, sequence } => self.input_stored(sending, sequence),
            ClientDue::SendAgain { sending, attempt } => self.send_again(sending, attempt),
            ClientDue::Desk { desktop, life, due } => self.desk_due(desktop, life, due),
            ClientDue::State { desktop, life, state } => self.state_fetched(desktop, life, state),
            ClientDue::Create(caller) => self.create(caller),
            ClientDue::Repeat(caller) => self.repeat(caller),
            ClientDue::HangUp(caller) => self.hang_up(caller),
            ClientDue::Update(caller) => self.update(caller),
            ClientDue::Silence { caller, number } => self.silence(caller, number),
            ClientDue::Configure(version) => self.configure(version),
            ClientDue::Supervise(number) => self.hear_supervisor(number),
            ClientDue::EnterRoster => self.enter_roster(),
        }
    }
}
