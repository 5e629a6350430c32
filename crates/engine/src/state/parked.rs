//! Interrupted work: what an agent would give back for a live contact, what is parked with it, and how often a contact was
//! interrupted.
//!
//! Beside the agents' records, for few have any of it: who holds nothing that can be interrupted, and has nothing parked, pays
//! a branch where contacts are looked for.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use arrayvec::ArrayVec;
use model::config::ChannelKind;
use model::{AgentNo, ContactNo, Time};
use smallvec::SmallVec;

use super::agents::{Agent, LaneMask};
use super::contacts::{Contact, Contacts, Status};
use super::profiles::Profiles;
use super::settings::Settings;
use super::tenant::Tenant;
use super::timers::Timers;
use crate::matching::demand::GroupKind;
use crate::mutants::{self, Mutant};

/// Contacts that are interrupted for one: what their changes take of a record, a live contact saves by not being pressed.
pub const YIELDED_MAX: usize = 4;

/// When what is parked returns to its queue, if only its agent ends that.
const NO_END: Time = Time::MAX;

#[derive(Debug, Default)]
pub struct Parked {
    /// In no order; nobody with whom nothing is parked.
    of_agents: BTreeMap<AgentNo, Vec<ContactNo>>,
    /// Open contacts that were ever interrupted.
    interruptions: BTreeMap<ContactNo, u8>,
}

/// What an agent yields, the first first.
#[derive(Debug)]
pub struct Yielded(ArrayVec<(ContactNo, u8, u16), YIELDED_MAX>);

impl Yielded {
    pub fn first(&self) -> Option<ContactNo> {
        self.0.first().map(|(contact, ..)| *contact)
    }

    /// On which the agent is open by yielding.
    pub fn lanes(&self, agent: &Agent, settings: &Settings) -> LaneMask {
        if self.0.is_empty() {
            return 0;
        }
        let given_back = self.0.iter().map(|(_, lane, cost)| (*lane, *cost));
        agent.open_lanes_without(settings, given_back) & !agent.open_lanes(settings)
    }
}

impl Parked {
    pub fn is_empty(&self) -> bool {
        self.of_agents.is_empty()
    }

    pub fn of(&self, agent: AgentNo) -> &[ContactNo] {
        self.of_agents.get(&agent).map_or(&[], Vec::as_slice)
    }

    pub fn has_any(&self, agent: AgentNo) -> bool {
        !self.is_empty() && self.of_agents.contains_key(&agent)
    }

    pub fn interruptions(&self, contact: ContactNo) -> u8 {
        self.interruptions.get(&contact).copied().unwrap_or(0)
    }

    pub fn take(&mut self, agent: AgentNo, contact: ContactNo) {
        let parked = self.of_agents.get_mut(&agent).expect("what is parked is parked with its agent");
        parked.retain(|&other| other != contact);
        if parked.is_empty() {
            self.of_agents.remove(&agent);
        }
    }

    /// The contact ends.
    #[inline]
    pub fn forget(&mut self, contact: ContactNo) {
        if !self.interruptions.is_empty() {
            self.interruptions.remove(&contact);
        }
    }

    pub fn load(&mut self, contact: ContactNo, interruptions: u8) {
        if interruptions > 0 {
            self.interruptions.insert(contact, interruptions);
        }
    }

    /// The lanes on which the agent is open by yielding.
    #[inline]
    pub fn lanes_by_yielding(
        &self,
        agent: &Agent,
        settings: &Settings,
        contacts: &Contacts,
        profiles: &Profiles,
    ) -> LaneMask {
        if !may_yield(agent, settings) {
            return 0;
        }
        self.yielded(agent, settings, contacts, profiles).lanes(agent, settings)
    }

    /// What the agent would give back for a live contact.
    #[cold]
    fn yielded(
        &self,
        agent: &Agent,
        settings: &Settings,
        contacts: &Contacts,
        profiles: &Profiles,
    ) -> Yielded {
        let mut yielded: SmallVec<[_; 8]> = SmallVec::new();
        for &place in agent.held_places() {
            let contact = contacts.at(place);
            let channel = profiles.brief(contact.profile).channel;
            let channel = settings.channel(channel).expect("a channel with open contacts is configured");
            if contact.status != Status::Active || contact.is_pressed || channel.interruptions == 0 {
                continue;
            }
            let times = self.interruptions(contact.number);
            if times < channel.interruptions {
                // Not pressed, so its key is its deadline.
                let order = (times, Reverse(contact.key), Reverse(contact.number));
                yielded.push((order, (contact.number, channel.lane, channel.cost)));
            }
        }
        yielded.sort_unstable_by_key(|(order, _)| *order);
        Yielded(yielded.into_iter().map(|(_, given_back)| given_back).take(YIELDED_MAX).collect())
    }
}

#[inline]
fn may_yield(agent: &Agent, settings: &Settings) -> bool {
    settings.interrupts && agent.holds_on(settings.interruptible)
}

impl Contact {
    /// Of one that is parked: until when, since its agent was signed out.
    pub fn parked_until(&self) -> Option<Time> {
        (self.until != NO_END).then_some(self.until)
    }
}

impl Tenant {
    /// What is in the agent's hands or parked with it, by contact number.
    pub fn with(&self, agent: AgentNo) -> Vec<ContactNo> {
        let mut contacts = self.agents[agent].holdings(&self.contacts);
        contacts.extend(self.parked.of(agent));
        contacts.sort_unstable();
        contacts
    }

    pub fn yielded_by(&self, agent: &Agent) -> Yielded {
        self.parked.yielded(agent, self.settings(), &self.contacts, &self.profiles)
    }

    /// The lanes on which the agent is open by yielding.
    #[inline]
    pub fn lanes_by_yielding(&self, agent: &Agent) -> LaneMask {
        self.parked.lanes_by_yielding(agent, self.settings(), &self.contacts, &self.profiles)
    }

    /// Whether the agent holds anything on a lane of what can be interrupted.
    #[inline]
    pub fn may_yield(&self, agent: &Agent) -> bool {
        may_yield(agent, self.settings())
    }

    /// Whether the agent could be offered the contact, on whose channel it is not open, if it were interrupted.
    #[cold]
    pub fn is_open_by_yielding(&self, agent: AgentNo, contact: &Contact) -> bool {
        let channel = self.channel_of(contact.profile);
        channel.kind == ChannelKind::Live
            && self.lanes_by_yielding(&self.agents[agent]) >> channel.lane & 1 == 1
    }

    /// The agent for the contact where work is parked with some, who get nothing indirect before that.
    #[cold]
    pub fn find_beside_parked(&mut self, contact: ContactNo) -> Option<AgentNo> {
        let is_indirect = self.group_kind(self.contacts.of(contact).profile) == GroupKind::Indirect;
        let mut hidden: Vec<AgentNo> = Vec::new();
        let found = loop {
            let found = self.matcher.find_agent(contact, &self.contacts, &self.agents);
            let Some(agent) = found.filter(|agent| is_indirect && self.parked.has_any(*agent)) else {
                break found;
            };
            hidden.push(agent);
            self.matcher.hide_from(self.contacts.of(contact).profile, &self.agents[agent]);
        };
        for agent in hidden {
            self.matcher.show_to(self.contacts.of(contact).profile, &self.agents[agent]);
        }
        found
    }

    /// The agent for the contact among those who are open by yielding.
    #[cold]
    pub fn find_yielding(&mut self, contact: ContactNo) -> Option<AgentNo> {
        let channel = self.channel_of(self.contacts.of(contact).profile);
        if channel.kind != ChannelKind::Live {
            return None;
        }
        self.matcher.find_yielding(contact, &self.contacts, &self.agents)
    }

    /// What the agent has room for of what is parked with it, the first.
    #[cold]
    pub fn resumable(&self, agent: AgentNo) -> Option<ContactNo> {
        let record = &self.agents[agent];
        let room = record.lanes_with_room(self.settings());
        let parked = self.parked.of(agent).iter().map(|&contact| self.contacts.of(contact));
        let fits = |contact: &&Contact| {
            !record.holds_anything() || room >> self.channel_of(contact.profile).lane & 1 == 1
        };
        let first = parked.filter(fits).min_by_key(|contact| contact.order());
        first.map(|contact| contact.number)
    }

    /// The contact is active, and its agent is about to be offered another.
    pub fn park(&mut self, contact: ContactNo, timers: &mut Timers) {
        let agent = self.let_go(contact);
        self.park_with(contact, agent, None);
        if !mutants::is(Mutant::InterruptionsUncounted) {
            let times = self.parked.interruptions.entry(contact).or_default();
            *times = times.saturating_add(1);
        }
        self.set_contact_timer(contact, timers);
    }

    /// It is active again.
    pub fn resume_contact(&mut self, now: Time, contact: ContactNo, timers: &mut Timers) {
        let agent = self.let_go(contact);
        self.hold(contact, agent);
        self.contacts.of_mut(contact).status = Status::Active;
        self.begin_handling(now, contact);
        self.set_contact_timer(contact, timers);
    }

    /// The contact is nowhere, and the agent's.
    pub(super) fn park_with(&mut self, contact: ContactNo, agent: AgentNo, until: Option<Time>) {
        let record = self.contacts.of_mut(contact);
        (record.status, record.agent, record.until) = (Status::Parked, agent, until.unwrap_or(NO_END));
        self.parked.of_agents.entry(agent).or_default().push(contact);
    }
}
