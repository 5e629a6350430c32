//! Names to numbers and back. A name gets the next number when it first appears and keeps it for ever.
//!
//! These names are few and chosen by the tenant's own administration, so a fast hash with a random seed guards them well
//! enough; ids of contacts, which anybody may choose, are hashed with a key (`tenant::id_hash`).

use std::borrow::Borrow;
use std::hash::Hash;

use hashbrown::HashMap;

#[derive(Debug)]
pub struct Names<N> {
    numbers: HashMap<N, u32, foldhash::fast::RandomState>,
    names: Vec<N>,
}

impl<N: Clone + Eq + Hash + Borrow<str>> Names<N> {
    pub fn number(&self, name: &str) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    pub fn name(&self, number: u32) -> &N {
        &self.names[number as usize]
    }

    /// The name's number, given now if it has none.
    pub fn intern(&mut self, name: &N) -> u32 {
        if let Some(number) = self.number(name.borrow()) {
            return number;
        }
        let number = self.names.len() as u32;
        self.names.push(name.clone());
        self.numbers.insert(name.clone(), number);
        number
    }

    /// In the order of their numbers.
    pub fn all(&self) -> &[N] {
        &self.names
    }
}

impl<N> Default for Names<N> {
    fn default() -> Self {
        Names { numbers: HashMap::default(), names: Vec::new() }
    }
}
