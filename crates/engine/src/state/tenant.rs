//! One tenant's whole state, and the parts of it that change together.

use std::collections::BTreeMap;

use model::{AgentNo, ContactId, ContactNo, Millis, ProfileNo, QueueNo, TenantId, TenantNo, Time};
use siphasher::sip128::SipHasher13;

use super::agents::Agents;
use super::closed::ClosedIds;
use super::consults::Consults;
use super::contacts::{Contact, Contacts, Status};
use super::customers::Customers;
use super::fit::Fit;
use super::handling::Handlings;
use super::id_index::{Found, IdHash, IdIndex};
use super::overflow::Overflow;
use super::parked::Parked;
use super::person::HandOvers;
use super::profiles::{Brief, Profiles};
use super::quiet::Silences;
use super::ratios::Ratios;
use super::schedule::Schedule;
use super::servable::Servable;
use super::settings::{ChannelSettings, NameTables, QueueSettings, Settings};
use super::throttle::Throttles;
use super::timers::{TimerSubject, Timers};
use crate::matching::Matcher;
use crate::matching::demand::GroupKind;
use model::config::{ChannelKind, QueueState};
use model::moving::Residence;
use model::overflow::Overflowed;

#[derive(Debug)]
pub struct Tenant {
    pub number: TenantNo,
    pub name: TenantId,
    /// That of [`id_hash`].
    pub key: [u8; 16],
    /// Whether it came with its key, which is then not the shard's.
    pub has_brought_key: bool,
    pub residence: Residence,
    /// How often that changed since this engine was made; not part of the state.
    pub moves: u64,
    pub names: NameTables,
    /// Nothing before the first configuration; no contact or agent exists before it.
    pub settings: Option<Settings>,
    pub agents: Agents,
    pub contacts: Contacts,
    pub profiles: Profiles,
    pub ids: IdIndex,
    pub closed: ClosedIds,
    pub customers: Customers,
    pub schedule: Schedule,
    pub servable: Servable,
    pub parked: Parked,
    pub handlings: Handlings,
    /// What a new configuration left to be done.
    pub fit: Fit,
    pub silences: Silences,
    pub consults: Consults,
    pub hand_overs: HandOvers,
    pub throttles: Throttles,
    pub ratios: Ratios,
    pub arrivals: u64,
    pub offers: u64,
    /// By queue number; beyond the end: open.
    switches: Vec<QueueState>,
    /// Contacts that wait, by queue number.
    pub waiting: Vec<u32>,
    /// Nothing when the configuration has no overflow rules and nothing is estimated.
    pub overflow: Option<Box<Overflow>>,
    /// Of open contacts on which a rule acted; whatever becomes of the rules.
    pub overflowed: BTreeMap<ContactNo, Overflowed>,
    pub matcher: Matcher,
    /// Agents whose place in the lists of free agents must be looked at again before the lists are used.
    stale: Vec<AgentNo>,
    /// Those of a tenant that is not here: they never fire.
    pub idle_timers: Timers,
}

/// The keyed hash that stands for a contact's id.
pub fn id_hash(key: &[u8; 16], id: &str) -> IdHash {
    SipHasher13::new_with_key(key).hash(id.as_bytes()).as_u128()
}

impl Tenant {
    pub fn new(number: TenantNo, name: TenantId, key: [u8; 16]) -> Tenant {
        Tenant {
            number,
            name,
            key,
            has_brought_key: false,
            residence: Residence::Here,
            moves: 0,
            names: NameTables::default(),
            settings: None,
            agents: Agents::default(),
            contacts: Contacts::default(),
            profiles: Profiles::default(),
            ids: IdIndex::default(),
            closed: ClosedIds::default(),
            customers: Customers::new(key),
            schedule: Schedule::default(),
            servable: Servable::default(),
            parked: Parked::default(),
            handlings: Handlings::default(),
            fit: Fit::default(),
            silences: Silences::default(),
            consults: Consults::default(),
            hand_overs: HandOvers::default(),
            throttles: Throttles::default(),
            ratios: Ratios::default(),
            arrivals: 0,
            offers: 0,
            switches: Vec::new(),
            waiting: Vec::new(),
            overflow: None,
            overflowed: BTreeMap::new(),
            matcher: Matcher::default(),
            stale: Vec::new(),
            idle_timers: Timers::default(),
        }
    }

    pub fn settings(&self) -> &Settings {
        self.settings.as_ref().expect("agents and contacts come after the first configuration")
    }

    /// Settings of the queue that the contact is in; a queue with open contacts is never removed.
    pub fn queue_of(&self, profile: ProfileNo) -> &QueueSettings {
        let queue = self.profiles.brief(profile).queue;
        self.settings().queue(queue).expect("a queue with open contacts is in the configuration")
    }

    pub fn channel_of(&self, profile: ProfileNo) -> &ChannelSettings {
        let channel = self.profiles.brief(profile).channel;
        self.settings().channel(channel).expect("a channel with open contacts is in the configuration")
    }

    pub fn group_kind(&self, profile: ProfileNo) -> GroupKind {
        let Brief { is_pressed, ageing_per_minute, .. } = self.profiles.brief(profile);
        match self.channel_of(profile).kind {
            ChannelKind::Indirect if !is_pressed => GroupKind::Indirect,
            ChannelKind::Live | ChannelKind::Indirect => GroupKind::Live { ageing_per_minute },
        }
    }

    /// The deadline; of a pressed contact it is what its key was made of.
    pub fn due_at(&self, contact: &Contact) -> Time {
        match (self.channel_of(contact.profile).kind, self.pressure_of(contact.profile)) {
            (ChannelKind::Live, _) => Time::MAX,
            (ChannelKind::Indirect, None) => Time(contact.key as u64),
            (ChannelKind::Indirect, Some(pressure)) => {
                let ageing_per_minute = self.profiles.brief(contact.profile).ageing_per_minute;
                let arrival = GroupKind::arrival_of(contact.key, ageing_per_minute, contact.points);
                Time((arrival + pressure.0 as i64) as u64)
            }
        }
    }

    /// Of a profile whose contacts are pressed.
    fn pressure_of(&self, profile: ProfileNo) -> Option<Millis> {
        let is_pressed = self.profiles.brief(profile).is_pressed;
        is_pressed.then(|| self.profiles.key(profile).pressure).flatten()
    }

    /// Where an id is: open, closed, or unknown.
    #[inline]
    pub fn find_id(&self, hash: IdHash) -> Option<Found> {
        self.ids.find(hash, |found| match found {
            Found::Open(place) => self.contacts.at(place).id_hash() == hash,
            Found::Closed(sequence) => self.closed.id_hash(sequence) == hash,
        })
    }

    /// The hash of an id that is about to be looked up; what will be read of it is on its way.
    #[inline]
    pub fn expect_id(&self, id: &ContactId) -> IdHash {
        let hash = id_hash(&self.key, id.as_str());
        self.ids.expect(hash);
        hash
    }

    #[inline]
    pub fn open_contact(&self, hash: IdHash) -> Option<ContactNo> {
        match self.find_id(hash)? {
            Found::Open(place) => Some(self.contacts.at(place).number),
            Found::Closed(_) => None,
        }
    }

    /// What a decision about the agent will read is on its way.
    #[inline]
    pub fn expect_agent(&self, agent: AgentNo) {
        let record = &self.agents[agent];
        record.expect();
        self.matcher.classes.expect_row(record.class);
    }

    // Agents and the lists of free agents.

    /// The agent's openness or key may have changed.
    pub fn touch(&mut self, agent: AgentNo) {
        let record = &mut self.agents[agent];
        if !record.is_stale {
            record.is_stale = true;
            self.stale.push(agent);
        }
    }

    /// Brings the lists of free agents up to date; every look-up for an agent begins with it.
    #[inline]
    pub fn refresh_supply(&mut self) {
        self.refresh_some(usize::MAX);
    }

    /// The same for at most so many agents; whether there are more.
    pub fn refresh_some(&mut self, most: usize) -> bool {
        let Some(settings) = &self.settings else { return false };
        let left = self.stale.len().saturating_sub(most);
        for number in self.stale.drain(left..) {
            let agent = &mut self.agents[number];
            agent.is_stale = false;
            let open = if agent.is_throttled { 0 } else { agent.open_lanes(settings) };
            if settings.interrupts {
                let lanes = if agent.is_throttled {
                    0
                } else {
                    self.parked.lanes_by_yielding(agent, settings, &self.contacts, &self.profiles)
                };
                self.matcher.list_yielding(agent, lanes);
            }
            self.matcher.list(agent, open);
        }
        left > 0
    }

    /// Puts the contact into the agent's hands.
    pub fn hold(&mut self, contact: ContactNo, agent: AgentNo) {
        let channel = *self.channel_of(self.contacts.of(contact).profile);
        self.contacts.of_mut(contact).agent = agent;
        self.agents[agent].take(contact.place(), channel.lane, channel.cost);
        self.touch(agent);
    }

    /// Takes the contact out of its agent's hands, or from where it is parked; the contact is nowhere then.
    pub fn let_go(&mut self, contact: ContactNo) -> AgentNo {
        let record = self.contacts.of(contact);
        let (agent, channel) = (record.agent, *self.channel_of(record.profile));
        if record.status == Status::Parked {
            self.parked.take(agent, contact);
            self.contacts.of_mut(contact).status = Status::Nowhere;
            return agent;
        }
        self.handlings.forget(contact);
        self.contacts.of_mut(contact).status = Status::Nowhere;
        self.agents[agent].let_go(contact.place(), channel.lane, channel.cost);
        self.touch(agent);
        agent
    }

    // Waiting.

    pub fn wait_in_queue(&mut self, contact: ContactNo) {
        self.fit_profile(self.contacts.of(contact).profile);
        *self.waiting_of(contact) += 1;
        self.count_scheduled(contact, 1);
        self.matcher.demand.insert(&mut self.contacts, contact.place());
        self.list_for_overflow(contact);
        self.doubt_if_unserved(contact);
    }

    pub fn wait_for(&mut self, contact: ContactNo, agent: AgentNo, until: Time) {
        *self.waiting_of(contact) += 1;
        self.count_scheduled(contact, 1);
        let record = self.contacts.of_mut(contact);
        record.status = Status::WaitingPreferred;
        record.agent = agent;
        record.until = until;
        self.agents[agent].waiters.push(contact.place());
        self.list_for_overflow(contact);
    }

    /// Takes a waiting contact from where it waits; it is nowhere then.
    pub fn stop_waiting(&mut self, contact: ContactNo) {
        let place = contact.place();
        match self.contacts.of(contact).status {
            Status::WaitingInQueue => {
                *self.waiting_of(contact) -= 1;
                self.unlist_for_overflow(contact);
                self.count_scheduled(contact, -1);
                self.matcher.demand.remove(&mut self.contacts, place);
                self.end_doubt(contact);
            }
            Status::WaitingPreferred => {
                *self.waiting_of(contact) -= 1;
                self.unlist_for_overflow(contact);
                self.count_scheduled(contact, -1);
                let agent = self.contacts.of(contact).agent;
                self.agents[agent].waiters.retain(|&waiter| waiter != place);
            }
            Status::Scheduled => {
                let queue = self.queue_number(contact);
                self.schedule.take(queue, self.put_off_entry(contact));
            }
            Status::Nowhere
            | Status::Offered
            | Status::Active
            | Status::WrapUp
            | Status::Parked
            | Status::Quiet => {}
        }
        self.contacts.of_mut(contact).status = Status::Nowhere;
    }

    /// How many wait in the contact's queue.
    fn waiting_of(&mut self, contact: ContactNo) -> &mut u32 {
        let queue = self.profiles.brief(self.contacts.of(contact).profile).queue.index();
        if self.waiting.len() <= queue {
            self.waiting.resize(queue + 1, 0);
        }
        &mut self.waiting[queue]
    }

    pub fn waiting_in(&self, queue: QueueNo) -> u32 {
        self.waiting.get(queue.index()).copied().unwrap_or(0)
    }

    // Queues that were paused or closed.

    pub fn queue_state(&self, queue: QueueNo) -> QueueState {
        self.switches.get(queue.index()).copied().unwrap_or_default()
    }

    pub fn is_paused(&self, profile: ProfileNo) -> bool {
        self.queue_state(self.profiles.brief(profile).queue) == QueueState::Paused
    }

    /// Those that are not open.
    pub fn switched(&self) -> impl Iterator<Item = (QueueNo, QueueState)> {
        let switches = (0..).map(QueueNo).zip(self.switches.iter().copied());
        switches.filter(|(_, state)| *state != QueueState::Open)
    }

    pub fn switch_queue(&mut self, queue: QueueNo, state: QueueState) {
        if self.switches.len() <= queue.index() {
            self.switches.resize(queue.index() + 1, QueueState::Open);
        }
        self.switches[queue.index()] = state;
        let of_queue = self.profiles.iter().filter(|(_, key)| key.queue == queue);
        for (profile, _) in of_queue {
            self.matcher.demand.hold(&self.contacts, profile, self.is_to_hold(profile));
        }
    }

    /// The key by which the contact is ordered in its present profile.
    pub fn key_of(&self, profile: ProfileNo, arrived_at: Time, points: i32, due_at: Time) -> i64 {
        let arrived_at = match self.pressure_of(profile) {
            None => arrived_at.0 as i64,
            Some(pressure) => due_at.0 as i64 - pressure.0 as i64,
        };
        self.group_kind(profile).key(arrived_at, points, due_at)
    }

    // Timers: one for a contact and one for an agent, both functions of the state.

    /// Sets the timer that the contact's state calls for in place of any it has.
    pub fn set_contact_timer(&mut self, contact: ContactNo, timers: &mut Timers) {
        let place = contact.place();
        let record = self.contacts.of(contact);
        let due = match record.status {
            Status::Offered | Status::WrapUp | Status::Quiet => Some(record.until),
            Status::WaitingPreferred => {
                let leaves = self.queue_of(record.profile).leaves_at(record.entered_at);
                let looks = [
                    Some(record.until),
                    leaves,
                    self.presses_at(record),
                    self.window_ends_at(record),
                    self.proposal_ends_at(record),
                ];
                looks.into_iter().flatten().min()
            }
            Status::WaitingInQueue => {
                let kept = self
                    .contacts
                    .aversion(place)
                    .filter(|aversion| !aversion.kept_from.is_empty())
                    .map(|aversion| aversion.kept_from_until);
                let queue = self.queue_of(record.profile);
                let next_look = queue.next_look(record.entered_at, record.step);
                let looks = [
                    kept,
                    next_look,
                    self.presses_at(record),
                    self.window_ends_at(record),
                    self.proposal_ends_at(record),
                ];
                looks.into_iter().flatten().min()
            }
            Status::Scheduled => self.window_ends_at(record),
            Status::Parked => record.parked_until(),
            Status::Active => self.stuck_at(contact),
            Status::Nowhere => None,
        };
        let record = self.contacts.at_mut(place);
        timers.cancel(&mut record.timer);
        if let Some(due) = due {
            record.timer = timers.set(due, self.number, TimerSubject::Contact(contact));
        }
        if record.has_window() {
            self.set_release_timer(self.queue_number(contact), timers);
        }
    }

    /// When a waiting contact is near; nothing when it never will be, or is pressed already.
    pub fn presses_at(&self, contact: &Contact) -> Option<Time> {
        let pressure = self.queue_of(contact.profile).pressure?;
        let is_indirect = self.channel_of(contact.profile).kind == ChannelKind::Indirect;
        (is_indirect && !contact.is_pressed).then(|| self.due_at(contact) - pressure)
    }

    pub fn set_agent_timer(&mut self, agent: AgentNo, timers: &mut Timers) {
        let tenant = self.number;
        let throttled_until = self.throttled_until(agent);
        let record = &mut self.agents[agent];
        let due = match (&record.presence, record.deferred) {
            (model::Presence::Lost { until, .. }, _) => Some(*until),
            // Who is throttled has not looked since.
            (_, Some((_, until))) => Some(until),
            _ => None,
        };
        let due = [due, throttled_until].into_iter().flatten().min();
        timers.cancel(&mut record.timer);
        if let Some(due) = due {
            record.timer = timers.set(due, tenant, TimerSubject::Agent(agent));
        }
    }
}
