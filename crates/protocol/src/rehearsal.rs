//! What a configuration would change at once, as JSON: what `wissel apply --dry-run -o json` prints.

use model::rehearsal::{AgentRehearsed, ContactRehearsed, Fate, QueueRehearsed, Reach, Rehearsal};
use model::{AgentId, ContactId, QueueId};
use serde::Serialize;

use crate::output::view::{Name, OutcomeView};

#[derive(Debug, Serialize)]
pub struct RehearsalView<'a> {
    queues: Vec<QueueView<'a>>,
    /// What would happen to contacts, in its order.
    contacts: Vec<ContactView<'a>>,
    agents: Vec<AgentView<'a>>,
}

/// A queue in which contacts wait, and how many of the roster could be given them.
#[derive(Debug, Serialize)]
struct QueueView<'a> {
    queue: Name<'a, QueueId>,
    waiting: u32,
    before: ReachView,
    after: ReachView,
}

#[derive(Debug, Serialize)]
struct ReachView {
    /// For the contact with the fewest, and for the one with the most.
    agents_fewest: u32,
    agents_most: u32,
    /// Contacts that nobody could be given.
    nobody: u32,
}

#[derive(Debug, Serialize)]
struct ContactView<'a> {
    contact: Name<'a, ContactId>,
    /// Before.
    queue: Name<'a, QueueId>,
    #[serde(flatten)]
    fate: FateView<'a>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
enum FateView<'a> {
    Offered { agent: Name<'a, AgentId> },
    Moved { to: Name<'a, QueueId> },
    Closed { outcome: OutcomeView },
    Unservable,
    Servable,
    Pressed,
}

/// An agent who could be given another number of those who wait.
#[derive(Debug, Serialize)]
struct AgentView<'a> {
    agent: Name<'a, AgentId>,
    signed_in: bool,
    contacts_before: u32,
    contacts_after: u32,
}

impl<'a> RehearsalView<'a> {
    pub fn new(rehearsal: &'a Rehearsal) -> RehearsalView<'a> {
        let Rehearsal { queues, contacts, agents } = rehearsal;
        RehearsalView {
            queues: queues.iter().map(QueueView::new).collect(),
            contacts: contacts.iter().map(ContactView::new).collect(),
            agents: agents.iter().map(AgentView::new).collect(),
        }
    }
}

impl<'a> QueueView<'a> {
    fn new(rehearsed: &'a QueueRehearsed) -> QueueView<'a> {
        let QueueRehearsed { queue, waiting, before, after } = rehearsed;
        let reach = |&Reach { fewest, most, forsaken }: &Reach| ReachView {
            agents_fewest: fewest,
            agents_most: most,
            nobody: forsaken,
        };
        QueueView { queue: Name(queue), waiting: *waiting, before: reach(before), after: reach(after) }
    }
}

impl<'a> ContactView<'a> {
    fn new(rehearsed: &'a ContactRehearsed) -> ContactView<'a> {
        let ContactRehearsed { contact, queue, fate } = rehearsed;
        let fate = match fate {
            Fate::Offered(agent) => FateView::Offered { agent: Name(agent) },
            Fate::Moved(to) => FateView::Moved { to: Name(to) },
            Fate::Closed(outcome) => FateView::Closed { outcome: OutcomeView::new(*outcome) },
            Fate::Unservable => FateView::Unservable,
            Fate::Servable => FateView::Servable,
            Fate::Pressed => FateView::Pressed,
        };
        ContactView { contact: Name(contact), queue: Name(queue), fate }
    }
}

impl<'a> AgentView<'a> {
    fn new(rehearsed: &'a AgentRehearsed) -> AgentView<'a> {
        let AgentRehearsed { agent, is_signed_in, before, after } = rehearsed;
        AgentView {
            agent: Name(agent),
            signed_in: *is_signed_in,
            contacts_before: *before,
            contacts_after: *after,
        }
    }
}
