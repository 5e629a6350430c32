//! A busy engine that keeps what it decided, as its journal would.
//!
//! For benches of what is done with decisions afterwards: they are encoded, decoded, applied to another engine and told.

use engine::{Decisions, Engine};
use model::{Event, Input, Row, Time, Transition};
use workload::world::WorldOptions;

use crate::bed::{Bed, KEY, Router};

#[derive(Debug)]
pub struct Recorder {
    pub engine: Engine,
    pub transitions: Vec<(Time, Transition)>,
    pub events: Vec<Event>,
}

/// A stretch of steady traffic: the state before it, and what was decided in it.
#[derive(Debug)]
pub struct Recording {
    pub before: Vec<Row>,
    pub after: Recorder,
}

impl Recording {
    /// Mixed traffic with about so many waiting.
    pub fn new(agents: usize, waiting: usize, operations: usize) -> Recording {
        let options = WorldOptions { agents, ..WorldOptions::default() };
        let mut bed = Bed::new(Recorder::default(), options);
        bed.fill_until_waiting(waiting);
        let before = bed.router.engine.rows().collect();
        bed.router.transitions.clear();
        bed.router.events.clear();
        for _ in 0..operations {
            bed.mix(waiting, |bed, input| bed.decide_input(input));
        }
        Recording { before, after: bed.router }
    }

    /// The recorded transitions without their times.
    pub fn transitions(&self) -> Vec<Transition> {
        self.after.transitions.iter().map(|(_, transition)| transition.clone()).collect()
    }
}

impl Default for Recorder {
    fn default() -> Self {
        Recorder { engine: Engine::new(KEY), transitions: vec![], events: vec![] }
    }
}

impl Router for Recorder {
    fn decide(&mut self, now: Time, input: Input, decisions: &mut Decisions) {
        let (transitions, events) = (decisions.transitions.len(), decisions.events.len());
        self.engine.handle(now, input, decisions);
        self.engine.name(decisions);
        let decided = decisions.transitions[transitions..].iter();
        self.transitions.extend(decided.map(|transition| (now, transition.clone())));
        self.events.extend_from_slice(&decisions.events[events..]);
    }

    fn is_settled(&self) -> bool {
        self.engine.is_settled()
    }
}
