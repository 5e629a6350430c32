//! What a desktop shows: its copy of what the agent has, kept by messages and put right by the fetched state.

use std::collections::BTreeMap;

use super::state::{Held, StateView};

#[derive(Debug, Default)]
pub struct Copy {
    held: BTreeMap<String, (u64, Held)>,
}

/// What became new in the copy, for the agent to deal with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct New {
    pub contact: String,
    pub offer: u64,
    pub held: Held,
}

impl Copy {
    pub fn clear(&mut self) {
        self.held.clear();
    }

    /// Something to do, unless it was shown so already.
    pub fn put(&mut self, contact: &str, offer: u64, held: Held) -> Option<New> {
        let former = self.held.insert(contact.to_owned(), (offer, held));
        (former != Some((offer, held))).then(|| New { contact: contact.to_owned(), offer, held })
    }

    pub fn remove(&mut self, contact: &str) {
        self.held.remove(contact);
    }

    /// Only the offer of that number.
    pub fn end_offer(&mut self, contact: &str, offer: u64) {
        if self.held.get(contact) == Some(&(offer, Held::Offered)) {
            self.held.remove(contact);
        }
    }

    pub fn has(&self, contact: &str, offer: u64, held: Held) -> bool {
        self.held.get(contact) == Some(&(offer, held))
    }

    pub fn is_held(&self, contact: &str, held: Held) -> bool {
        self.held.get(contact).is_some_and(|(_, found)| *found == held)
    }

    pub fn offer_of(&self, contact: &str) -> u64 {
        self.held.get(contact).map_or(0, |(offer, _)| *offer)
    }

    /// Becomes what the state says; gives what is to be dealt with, which is all of it: an answer may have been lost.
    pub fn reconcile(&mut self, state: &StateView) -> Vec<New> {
        self.held.clear();
        let contacts = state.contacts.iter();
        contacts.filter_map(|(contact, offer, held)| self.put(contact, *offer, *held)).collect()
    }
}
