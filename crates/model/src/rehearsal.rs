//! What a configuration would change at once, and for whom: worked out on a copy of the state when somebody asks. Nothing here is
//! kept.

use crate::contact::Outcome;
use crate::id::{AgentId, ContactId, QueueId};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsal {
    /// Those in which contacts wait, by their numbers.
    pub queues: Vec<QueueRehearsed>,
    /// What would happen to contacts that are open, in its order.
    pub contacts: Vec<ContactRehearsed>,
    /// Those for whom the number of contacts that they could be given is another, by their numbers.
    pub agents: Vec<AgentRehearsed>,
}

/// A queue, and what becomes of what waits there before the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueRehearsed {
    pub queue: QueueId,
    pub waiting: u32,
    pub before: Reach,
    pub after: Reach,
}

/// Whom those who wait in a queue could be given to by the roster, whatever everybody does at the moment.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// How many agents: for the contact that has the fewest of them, and for the one that has the most.
    pub fewest: u32,
    pub most: u32,
    /// Contacts for whom there is nobody.
    pub forsaken: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactRehearsed {
    pub contact: ContactId,
    /// In which it was before.
    pub queue: QueueId,
    pub fate: Fate,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    Offered(AgentId),
    Moved(QueueId),
    Closed(Outcome),
    /// It is said that nobody in the roster could ever take it, or that somebody could.
    Unservable,
    Servable,
    /// It counts as a live contact, for its deadline is near.
    Pressed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentRehearsed {
    pub agent: AgentId,
    pub is_signed_in: bool,
    /// Of those who wait before the configuration, how many it could be given by the roster.
    pub before: u32,
    pub after: u32,
}
