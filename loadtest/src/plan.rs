//! Everything that the customers will do by themselves, before any of it is done.
//!
//! A plan depends on the scenario and its seed alone: how many threads send it, how fast anybody answers and when it is run change
//! nothing of it. What a contact draws is drawn from a stream of its own, so that one contact more or less changes no other.

use model::Millis;
use workload::Rng;
use workload::arrivals::arrivals;

use crate::scenario::{Flow, Scenario};
use crate::units::NANOS_PER_SECOND;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// In order of their instants; one's number is its place.
    pub contacts: Vec<Planned>,
    /// From the first phase's begin to the last one's end, in nanoseconds.
    pub length: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    /// Nanoseconds since the first phase began.
    pub at: u64,
    /// Its place in the scenario.
    pub flow: usize,
    pub handle: Millis,
    pub patience: Option<Millis>,
}

impl Plan {
    pub fn new(scenario: &Scenario) -> Plan {
        let mut contacts = Vec::new();
        for (place, flow) in scenario.flows.iter().enumerate() {
            contacts.extend(planned(scenario.seed, place, flow));
        }
        // Stable, so that two flows of the same instant stand in the order of the file.
        contacts.sort_by_key(|contact| contact.at);
        Plan { contacts, length: scenario.length().nanos() }
    }

    /// The numbers of the contacts that this worker of so many sends: split by number, not by time, so that all are busy alike.
    pub fn share(&self, worker: u32, workers: u32) -> Vec<usize> {
        (worker as usize..self.contacts.len()).step_by(workers.max(1) as usize).collect()
    }

    /// Contacts planned in each second, by flow.
    pub fn per_second(&self, flows: usize) -> Vec<Vec<u64>> {
        let seconds = self.length.div_ceil(NANOS_PER_SECOND) as usize;
        let mut counts = vec![vec![0; flows]; seconds.max(1)];
        for contact in &self.contacts {
            // An arrival may fall on the very end.
            let second = ((contact.at / NANOS_PER_SECOND) as usize).min(counts.len() - 1);
            counts[second][contact.flow] += 1;
        }
        counts
    }

    /// Most contacts of one second.
    pub fn peak_per_second(&self, flows: usize) -> u64 {
        self.per_second(flows).iter().map(|second| second.iter().sum()).max().unwrap_or(0)
    }
}

fn planned(seed: u64, place: usize, flow: &Flow) -> Vec<Planned> {
    let name = flow.name.get_ref();
    let instants = arrivals(&flow.stretches(), &mut Rng::stream(seed, &format!("arrivals of {name}"), 0));
    let own = format!("contact of {name}");
    let contact = |(number, at): (usize, u64)| {
        let mut rng = Rng::stream(seed, &own, number as u64);
        let handle = flow.handle.0.draw(&mut rng);
        let patience = flow.patience.as_ref().map(|patience| patience.0.draw(&mut rng));
        Planned { at, flow: place, handle, patience }
    };
    instants.into_iter().enumerate().map(contact).collect()
}
