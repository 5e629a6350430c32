//! What a consumer takes: nothing that it has taken before, and nothing of a lower epoch than it has seen.

use std::collections::BTreeMap;

use crate::mutants::{self, Shell};

/// Where something was decided; sorts as the journal does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Place {
    pub epoch: u64,
    pub commit: u64,
    pub index: u32,
}

#[derive(Debug, Default)]
pub struct Taker {
    highest: BTreeMap<String, Place>,
    epoch: u64,
}

impl Taker {
    /// True when the message on this subject is new. Then it counts as taken.
    pub fn take(&mut self, subject: &str, place: Place) -> bool {
        let is_lower = place.epoch < self.epoch && !mutants::is(Shell::LowerEpochTaken);
        let highest = self.highest.get(subject).copied().unwrap_or_default();
        let is_old = if mutants::is(Shell::LowerEpochTaken) { place == highest } else { place <= highest };
        if is_lower || is_old {
            return false;
        }
        self.epoch = self.epoch.max(place.epoch);
        self.highest.insert(subject.to_owned(), place);
        true
    }

    /// The last that it took on this subject.
    pub fn highest(&self, subject: &str) -> Place {
        self.highest.get(subject).copied().unwrap_or_default()
    }
}
