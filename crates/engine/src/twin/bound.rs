//! Work that stays with its agent: "Work that stays" of the rules.

use model::config::ChannelKind;
use model::row::ContactState;
use model::transition::ReturnedWhy;
use model::{AgentNo, Change, ContactNo, Time};

use super::Step;
use super::state::Tenant;

impl Step<'_> {
    /// Of an agent who is about to be signed out: what is active or parked. True if it is nowhere then.
    pub fn is_taken_from(&mut self, contact: ContactNo) -> bool {
        if let Some(ContactState::Parked { until: Some(_), .. }) = self.world().contact(contact).state {
            return false;
        }
        if let Some(until) = self.world().stays_until(contact, self.now) {
            self.decide(Change::ContactParked { contact, until });
            return false;
        }
        self.agent_left(contact);
        true
    }

    /// The time of one that stays is over.
    pub fn stay_ends(&mut self, contact: ContactNo, agent: AgentNo) {
        self.agent_left(contact);
        self.place(contact);
        self.released(agent);
    }

    pub fn agent_left(&mut self, contact: ContactNo) {
        let present = self.world().contact(contact);
        let (profile, points, why) = (present.profile, present.points, ReturnedWhy::AgentLeft);
        self.decide(Change::ContactReturned { contact, profile, points, why, kept_from_until: Time(0) });
    }
}

impl Tenant {
    /// Nothing for what returns to its queue.
    fn stays_until(&self, number: ContactNo, now: Time) -> Option<Time> {
        let contact = self.contact(number);
        let channel = self.channel(self.profile_of(number).channel);
        let mut until = now + channel.bound_for?;
        if channel.kind == ChannelKind::Indirect
            && let Some(pressure) = self.queue_of(number).pressure
        {
            until = until.min(contact.due_at - pressure);
        }
        (!contact.pressed && until > now).then_some(until)
    }

    pub fn parked_bound(&mut self, now: Time, number: ContactNo, until: Time) {
        let was_active = self.contact(number).is_active();
        let contact = self.contact_mut(number);
        let Some(ContactState::Active { agent, offer } | ContactState::Parked { agent, offer, .. }) =
            contact.state
        else {
            unreachable!("only what an agent works on stays with that one");
        };
        contact.work_since = None;
        contact.state = Some(ContactState::Parked { agent, offer, until: Some(until) });
        let agent = self.agent_mut(agent);
        agent.held.remove(&number);
        if was_active {
            agent.idle_since = now;
        }
    }
}
