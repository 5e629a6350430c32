//! Contacts that nobody is offered for now: their queue is paused, or agents take what waits there.

use model::ProfileNo;

use super::tenant::Tenant;
use crate::mutants::{self, Mutant};

impl Tenant {
    /// Whether nobody may be offered the profile's contacts for now.
    #[inline]
    pub fn is_held_back(&self, profile: ProfileNo) -> bool {
        self.matcher.demand.is_held(profile)
    }

    /// The same from what it follows from: the configuration, and what the administration said of the queue.
    pub fn is_to_hold(&self, profile: ProfileNo) -> bool {
        let queue = self.profiles.brief(profile).queue;
        let settings = self.settings.as_ref().and_then(|settings| settings.queue(queue));
        let is_pulled = settings.is_some_and(|settings| !settings.taking.offers());
        self.is_paused(profile) || is_pulled && !mutants::is(Mutant::PulledIsOffered)
    }
}
