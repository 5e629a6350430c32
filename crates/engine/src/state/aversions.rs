//! The agents that contacts keep away from; few contacts have any.

use arrayvec::ArrayVec;
use model::contact::EXCLUDED_AGENTS_MAX;
use model::{AgentNo, Time};

use super::paged::Paged;

/// The agents that one contact keeps away from.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Aversion {
    /// For good, ascending.
    pub excluded: ArrayVec<AgentNo, EXCLUDED_AGENTS_MAX>,
    /// Until `kept_from_until`, in the order in which they were added.
    pub kept_from: ArrayVec<AgentNo, EXCLUDED_AGENTS_MAX>,
    pub kept_from_until: Time,
}

impl Aversion {
    pub fn names(&self, agent: AgentNo) -> bool {
        self.excluded.contains(&agent) || self.kept_from.contains(&agent)
    }

    pub fn is_empty(&self) -> bool {
        self.excluded.is_empty() && self.kept_from.is_empty()
    }
}

/// In slots that never move; a slot that is given back is the next to be given out.
#[derive(Debug, Default)]
pub struct Aversions {
    slots: Paged<Aversion>,
    free: Paged<u32>,
}

impl Aversions {
    /// A slot with an aversion to nobody.
    pub fn add(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.slots.push(Aversion::default());
            (self.slots.len() - 1) as u32
        })
    }

    pub fn remove(&mut self, slot: u32) {
        self.slots[slot as usize] = Aversion::default();
        self.free.push(slot);
    }

    pub fn at(&self, slot: u32) -> &Aversion {
        &self.slots[slot as usize]
    }

    pub fn at_mut(&mut self, slot: u32) -> &mut Aversion {
        &mut self.slots[slot as usize]
    }
}
