//! Interrupted work: what an agent would give back for a live contact, what is parked with it, and what is resumed.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use model::config::ChannelKind;
use model::row::ContactState;
use model::{AgentNo, Change, ChannelNo, ContactNo, Presence};

use super::Step;
use super::state::Tenant;

/// Contacts that are interrupted for one.
const YIELDED_MAX: usize = 4;

impl Step<'_> {
    /// Until the agent is open for the contact. Returns how many that takes.
    pub fn interrupt_for(&mut self, agent: AgentNo, contact: ContactNo) -> usize {
        let channel = self.world().profile_of(contact).channel;
        let mut interrupted = 0;
        while !self.world().is_open(agent, channel) {
            let yielded = self.world().yielded_by(agent);
            let first = *yielded.first().expect("who is not open is offered what it is open for by yielding");
            self.decide(Change::ContactInterrupted { contact: first });
            interrupted += 1;
        }
        interrupted
    }

    /// Returns how many contacts were resumed.
    pub fn resume(&mut self, agent: AgentNo) -> usize {
        match self.world().agent(agent).presence {
            Presence::SignedOut | Presence::Lost { .. } => return 0,
            Presence::Available | Presence::Aux(_) | Presence::Draining { .. } => {}
        }
        let mut resumed = 0;
        while let Some(contact) = self.world().resumable(agent) {
            self.decide(Change::ContactResumed { contact });
            resumed += 1;
        }
        resumed
    }
}

impl Tenant {
    /// By number.
    pub fn parked_with(&self, wanted: AgentNo) -> Vec<ContactNo> {
        let is_parked = |state| matches!(state, Some(ContactState::Parked { agent, .. }) if agent == wanted);
        let parked = self.contacts.iter().filter(|(_, contact)| is_parked(contact.state));
        parked.map(|(number, _)| *number).collect()
    }

    /// What the agent gives back for a live contact, the first first.
    fn yielded_by(&self, agent: AgentNo) -> Vec<ContactNo> {
        let held = self.agent(agent).held.iter();
        let mut yielded: Vec<ContactNo> = held
            .filter(|(number, channel)| {
                let contact = self.contact(**number);
                let budget = self.channel(**channel).interruptions.unwrap_or(0);
                contact.is_active() && !contact.pressed && contact.interruptions < budget
            })
            .map(|(number, _)| *number)
            .collect();
        yielded.sort_by_key(|number| {
            let contact = self.contact(*number);
            (contact.interruptions, Reverse(contact.due_at), Reverse(*number))
        });
        yielded.truncate(YIELDED_MAX);
        yielded
    }

    /// Whether the agent is not open on the channel, and would be by yielding.
    pub fn is_open_by_yielding(&self, agent: AgentNo, channel: ChannelNo) -> bool {
        let mut left: BTreeMap<ContactNo, ChannelNo> = self.agent(agent).held.clone();
        for contact in self.yielded_by(agent) {
            left.remove(&contact);
        }
        !self.is_open(agent, channel) && self.is_open_beside(agent, channel, &left)
    }

    /// Whether the agent is open for the contact, or is by yielding to one of a live channel.
    pub fn is_open_to(&self, agent: AgentNo, contact: ContactNo) -> bool {
        let channel = self.profile_of(contact).channel;
        let yields = match self.channel(channel).kind {
            ChannelKind::Live => self.is_open_by_yielding(agent, channel),
            ChannelKind::Indirect => false,
        };
        self.is_open(agent, channel) || yields
    }

    /// Whether the agent may be offered the contact: it is open, or is by yielding to one of a live channel; and nothing that is parked
    /// with it comes before.
    pub fn may_be_offered(&self, agent: AgentNo, contact: ContactNo) -> bool {
        let profile = self.profile_of(contact);
        match (self.channel(profile.channel).kind, profile.pressure) {
            (ChannelKind::Live, _) => {
                self.is_open(agent, profile.channel) || self.is_open_by_yielding(agent, profile.channel)
            }
            (ChannelKind::Indirect, Some(_)) => self.is_open(agent, profile.channel),
            (ChannelKind::Indirect, None) => {
                self.is_open(agent, profile.channel) && self.parked_with(agent).is_empty()
            }
        }
    }

    /// The first of what is parked with the agent and has room.
    fn resumable(&self, agent: AgentNo) -> Option<ContactNo> {
        let held = &self.agent(agent).held;
        let has_room = |contact: &ContactNo| {
            held.is_empty() || self.has_room(agent, self.profile_of(*contact).channel, held)
        };
        self.parked_with(agent).into_iter().filter(has_room).min_by_key(|number| {
            let contact = self.contact(*number);
            (contact.due_at, contact.arrived_at, *number)
        })
    }
}
