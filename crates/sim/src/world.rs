//! The simulated world and its one loop: take what is due next, move the clock there, let it happen.
//!
//! Nothing here knows a real clock, a thread or a source of randomness beside the seed's own streams of numbers, and nothing
//! iterates a hash map, so a seed is one history.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{TenantId, Time};
use protocol::config;
use workload::Rng;
use workload::config_text::config_text;

use crate::agenda::Agenda;
use crate::client::{ClientDue, Clients};
use crate::fault::Fate;
use crate::faults::FaultBook;
use crate::history::History;
use crate::jetstream::{Ask, Servers};
use crate::judge::Violation;
use crate::process::{Inner, Process};
use crate::scenario::{EPOCH, Scenario, tenant};
use crate::supervisor::Supervisor;

pub type Texts = BTreeMap<(TenantId, String), Arc<str>>;

/// No honest run has as many; one that has goes round in circles.
const EVENTS_MAX: u64 = 2_000_000;

#[derive(Debug)]
pub enum Due {
    /// Something inside a process: waits while it is stopped, and is gone with its life.
    Process {
        process: usize,
        life: u32,
        what: Inner,
    },
    /// A question reaches the servers.
    Arrive {
        process: usize,
        life: u32,
        start: u32,
        ask: Ask,
        fate: Fate,
    },
    /// Done now, although whoever asked has long given up.
    Late(Ask),
    /// A leader that lost its term stores this once more.
    Again(Ask),
    LateKeep(crate::process::keep::Write),
    Client(ClientDue),
    Fault(usize),
    FaultEnds(usize),
    Restart(usize),
    Supervise,
    Heal,
}

#[derive(Debug)]
pub struct World {
    /// Milliseconds since the run began.
    pub now: u64,
    agenda: Agenda<Due>,
    events: u64,
    pub servers: Servers,
    pub processes: Vec<Process>,
    pub clients: Clients,
    pub faults: FaultBook,
    pub supervisor: Supervisor,
    pub history: History,
    /// Delays of the network.
    pub net: Rng,
    pub scenario: Scenario,
    pub texts: Texts,
    /// Found while it ran.
    pub violations: Vec<Violation>,
    pub is_healed: bool,
}

impl World {
    pub fn new(scenario: Scenario, keeps_lines: bool) -> World {
        let mut texts = Texts::new();
        for version in [scenario.config.clone(), scenario.second_config()] {
            let text = config_text(&version);
            texts.insert((tenant(), config::hash(&text)), Arc::from(text));
        }
        let mut world = World {
            now: 0,
            agenda: Agenda::default(),
            events: 0,
            servers: Servers::new(scenario.replicas),
            processes: (0..scenario.processes).map(Process::new).collect(),
            clients: Clients::new(&scenario),
            faults: FaultBook::default(),
            supervisor: Supervisor::new(scenario.patience, scenario.seed),
            history: History::new(keeps_lines),
            net: Rng::stream(scenario.seed, "network", 0),
            texts,
            violations: Vec::new(),
            is_healed: false,
            scenario,
        };
        world.plan(0, Due::Supervise);
        world.plan(world.scenario.heal_at, Due::Heal);
        for (fault, (at, _)) in world.scenario.faults.clone().into_iter().enumerate() {
            world.plan(at, Due::Fault(fault));
        }
        world.begin_load();
        world
    }

    pub fn plan(&mut self, delay: u64, what: Due) {
        self.agenda.insert(self.now + delay, what);
    }

    pub fn plan_inner(&mut self, process: usize, delay: u64, what: Inner) {
        let life = self.processes[process].life;
        self.plan(delay, Due::Process { process, life, what });
    }

    /// The servers' clock.
    pub fn stamp(&self) -> Time {
        Time(EPOCH.0 + self.now)
    }

    /// One way through the network.
    pub fn hop(&mut self) -> u64 {
        let slow = if self.faults.is_slow(self.now) { 20 + self.net.below(400) } else { 0 };
        1 + self.net.below(2) + slow
    }

    /// Lets everything happen that is due up to `until`.
    pub fn run_until(&mut self, until: u64) {
        while self.now <= until && self.step(until) {}
        self.now = self.now.max(until);
    }

    fn step(&mut self, until: u64) -> bool {
        let Some((at, what)) = self.agenda.take() else { return false };
        if at > until {
            self.agenda.insert(at, what);
            return false;
        }
        self.now = at;
        self.events += 1;
        assert!(self.events < EVENTS_MAX, "the run does not come to rest");
        match what {
            Due::Process { process, life, what } => self.wake(process, life, what),
            Due::Arrive { process, life, start, ask, fate } => self.arrive(process, life, start, ask, fate),
            Due::Late(ask) => self.apply_late(&ask),
            Due::Again(ask) => self.apply_again(&ask),
            Due::LateKeep(write) => self.write(&write),
            Due::Client(due) => self.client_due(due),
            Due::Fault(fault) => self.strike(fault),
            Due::FaultEnds(fault) => self.relieve(fault),
            Due::Restart(process) => self.restart(process),
            Due::Supervise => self.supervise(),
            Due::Heal => self.heal(),
        }
        true
    }

    pub fn note(&mut self, line: std::fmt::Arguments<'_>) {
        self.history.note(self.now, line);
    }

    pub fn violation(&mut self, code: &'static str, what: String) {
        self.note(format_args!("VIOLATION {code}: {what}"));
        self.violations.push(Violation { code: code.to_owned(), what });
    }
}
