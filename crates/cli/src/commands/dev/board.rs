//! What stands on the wall of a contact centre: who waits, who works. Made of the event feed and nothing else, so that
//! it shows everybody, also those who are not played.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use model::{AgentId, ContactId, Millis, Outcome, QueueId, Time};

use super::feed::{Contact, Event, Message, PresenceView};

#[derive(Debug)]
pub struct Board {
    /// Answered within this counts for the service level.
    within: Millis,
    pub queues: BTreeMap<QueueId, Queue>,
    pub agents: BTreeMap<AgentId, Agent>,
    open: HashMap<ContactId, Open>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Queue {
    pub answered: u64,
    pub answered_within: u64,
    pub abandoned: u64,
    /// Arrivals of those who wait, with how many came then.
    waiting: BTreeMap<Time, u64>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Agent {
    pub duty: Duty,
    /// Offered, accepted or being wrapped up.
    pub contacts: BTreeSet<ContactId>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Duty {
    #[default]
    SignedOut,
    Available,
    /// Takes no new work at present.
    Aux,
    /// Fell silent.
    Lost,
}

/// How many agents do what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Staffing {
    pub available: u64,
    /// With a contact or an offer.
    pub busy: u64,
    pub aux: u64,
    pub lost: u64,
    pub signed_out: u64,
}

#[derive(Debug)]
struct Open {
    queue: QueueId,
    arrived_at: Time,
    is_waiting: bool,
    is_answered: bool,
}

impl Board {
    pub fn new(queues: impl IntoIterator<Item = QueueId>, within: Millis) -> Board {
        let queues = queues.into_iter().map(|queue| (queue, Queue::default())).collect();
        Board { within, queues, agents: BTreeMap::new(), open: HashMap::new() }
    }

    pub fn apply(&mut self, message: &Message) {
        match &message.event {
            Event::AgentPut { agent } => {
                self.agents.entry(agent.clone()).or_default();
            }
            Event::AgentRemoved { agent } => {
                self.agents.remove(agent);
            }
            Event::AgentPresence { agent, presence } => {
                self.agents.entry(agent.clone()).or_default().duty = duty(presence);
            }
            Event::ContactArrived { contact } | Event::ContactQueued { contact } => self.wait(contact),
            Event::ContactOffered { contact, agent, .. } => {
                self.agents.entry(agent.clone()).or_default().contacts.insert(contact.contact.clone());
            }
            Event::ContactAccepted { contact, agent, .. } => {
                self.agents.entry(agent.clone()).or_default().contacts.insert(contact.contact.clone());
                self.answered(contact, message.at());
            }
            Event::OfferEnded { contact, agent, .. } => self.take(agent, contact),
            Event::ContactReturned { contact, agent } => {
                self.take(agent, contact);
                self.wait(contact);
            }
            Event::ContactQuieted { contact, agent } => self.take(agent, contact),
            Event::ContactScheduled { contact, agent } => {
                if let Some(agent) = agent {
                    self.take(agent, contact);
                }
                self.leave_queue(&contact.contact);
            }
            Event::ContactClosed { contact, agent, outcome } => {
                if let Some(agent) = agent {
                    self.take(agent, contact);
                }
                self.closed(contact, *outcome);
            }
            // Where it waits now, or who has it, is told by what comes next.
            Event::ContactSwitched { .. }
            | Event::ContactSlowed { .. }
            | Event::ContactReplied { .. }
            | Event::ContactProposed { .. }
            | Event::ContactInterrupted { .. }
            | Event::ContactResumed { .. }
            | Event::OverflowTurned { .. }
            | Event::Other => {}
        }
    }

    pub fn staffing(&self) -> Staffing {
        let mut staffing = Staffing::default();
        for agent in self.agents.values() {
            let place = match (agent.duty, agent.contacts.is_empty()) {
                (Duty::SignedOut, _) => &mut staffing.signed_out,
                (Duty::Lost, _) => &mut staffing.lost,
                (Duty::Available | Duty::Aux, false) => &mut staffing.busy,
                (Duty::Aux, true) => &mut staffing.aux,
                (Duty::Available, true) => &mut staffing.available,
            };
            *place += 1;
        }
        staffing
    }

    fn take(&mut self, agent: &AgentId, contact: &Contact) {
        if let Some(agent) = self.agents.get_mut(agent) {
            agent.contacts.remove(&contact.contact);
        }
    }

    fn wait(&mut self, contact: &Contact) {
        self.leave_queue(&contact.contact);
        let open = self.open.entry(contact.contact.clone()).or_insert_with(|| Open {
            queue: contact.queue.clone(),
            arrived_at: contact.arrived_at.0,
            is_waiting: false,
            is_answered: false,
        });
        // A transfer may have moved it.
        open.queue = contact.queue.clone();
        // As may being put off.
        open.arrived_at = contact.arrived_at.0;
        open.is_waiting = true;
        let queue = self.queues.entry(contact.queue.clone()).or_default();
        *queue.waiting.entry(contact.arrived_at.0).or_default() += 1;
    }

    fn answered(&mut self, contact: &Contact, at: Time) {
        self.leave_queue(&contact.contact);
        let Some(open) = self.open.get_mut(&contact.contact) else { return };
        if !std::mem::replace(&mut open.is_answered, true) {
            let queue = self.queues.entry(open.queue.clone()).or_default();
            queue.answered += 1;
            queue.answered_within += u64::from(at.since(open.arrived_at) <= self.within);
        }
    }

    fn closed(&mut self, contact: &Contact, outcome: Outcome) {
        self.leave_queue(&contact.contact);
        let Some(open) = self.open.remove(&contact.contact) else { return };
        let queue = self.queues.entry(open.queue).or_default();
        match outcome {
            Outcome::Abandoned => queue.abandoned += 1,
            Outcome::Completed
            | Outcome::Cancelled
            | Outcome::Blocked
            | Outcome::TimedOut
            | Outcome::TurnedAway
            | Outcome::NotReached => {}
        }
    }

    fn leave_queue(&mut self, contact: &ContactId) {
        let Some(open) = self.open.get_mut(contact).filter(|open| open.is_waiting) else { return };
        open.is_waiting = false;
        let Some(queue) = self.queues.get_mut(&open.queue) else { return };
        if let Some(count) = queue.waiting.get_mut(&open.arrived_at) {
            *count -= 1;
            if *count == 0 {
                queue.waiting.remove(&open.arrived_at);
            }
        }
    }
}

impl Queue {
    pub fn waiting(&self) -> u64 {
        self.waiting.values().sum()
    }

    pub fn longest_wait(&self, now: Time) -> Millis {
        self.waiting.first_key_value().map_or(Millis::ZERO, |(arrived_at, _)| now.since(*arrived_at))
    }

    /// Of all that were answered or left; nothing before the first.
    pub fn service_level_permille(&self) -> Option<u64> {
        (self.answered_within * 1000).checked_div(self.answered + self.abandoned)
    }

    pub fn add(&mut self, other: &Queue) {
        self.answered += other.answered;
        self.answered_within += other.answered_within;
        self.abandoned += other.abandoned;
        for (arrived_at, count) in &other.waiting {
            *self.waiting.entry(*arrived_at).or_default() += count;
        }
    }
}

fn duty(presence: &PresenceView) -> Duty {
    match presence {
        PresenceView::SignedOut => Duty::SignedOut,
        PresenceView::Available => Duty::Available,
        PresenceView::Aux { .. } | PresenceView::Draining { .. } => Duty::Aux,
        PresenceView::Lost { .. } => Duty::Lost,
    }
}

#[cfg(test)]
mod tests {
    use super::super::feed::Feed;
    use super::*;

    /// Events at whole seconds, one after the other.
    fn board(events: &[(u64, &str)]) -> Board {
        let (mut board, mut feed) = (Board::new([], Millis(20_000)), Feed::default());
        for (at, (second, event)) in events.iter().enumerate() {
            let text = format!(
                r#"{{"at":"2026-01-01T00:00:{second:02}Z","origin":{{"shard":"0","epoch":1,"commit":1,"index":{at}}},{event}}}"#
            );
            board.apply(&feed.read(text.as_bytes()).expect("an event").expect("the first time"));
        }
        board
    }

    fn contact(kind: &str, more: &str) -> String {
        format!(
            r#""type":"{kind}","contact":{{"contact":"c","queue":"q","channel":"voice","arrived_at":"2026-01-01T00:00:00Z"}}{more}"#
        )
    }

    #[test]
    fn a_contact_waits_until_it_is_accepted() {
        let (arrived, queued) = (contact("contact_arrived", ""), contact("contact_queued", ""));
        let offered =
            contact("contact_offered", r#","agent":"a","offer":1,"expires_at":"2026-01-01T00:00:30Z""#);
        let ended = contact("offer_ended", r#","agent":"a","offer":1,"how":"declined""#);
        let accepted = contact("contact_accepted", r#","agent":"a","offer":2"#);
        let closed = contact("contact_closed", r#","agent":"a","outcome":"completed""#);
        let signed_in = r#""type":"agent_presence","agent":"a","session":1,"presence":{"state":"available"},"cause":"agent""#;
        let all = [
            (0, signed_in),
            (0, arrived.as_str()),
            (0, &queued),
            (5, &offered),
            (8, &ended),
            (9, &queued),
            (19, &accepted),
            (30, &closed),
        ];
        let queue = |count: usize| board(&all[..count]).queues.values().next().cloned().expect("a queue");
        let second = Time(1_767_225_600_000);
        assert_eq!((queue(3).waiting(), queue(3).longest_wait(second + Millis(4_000))), (1, Millis(4_000)));
        assert_eq!((queue(6).waiting(), queue(7).waiting()), (1, 0));
        assert_eq!((queue(7).answered, queue(7).service_level_permille()), (1, Some(1000)));
        assert_eq!(queue(6).service_level_permille(), None);
        assert_eq!(board(&all[..5]).staffing().available, 1, "the offer was declined");
        assert_eq!(board(&all[..7]).staffing().busy, 1);
        assert_eq!(board(&all).staffing(), Staffing { available: 1, ..Staffing::default() });
    }
}
