//! What there is: tenants, agents, profiles and contacts, as plain values.
//!
//! What could be derived is derived at each look, with three exceptions that only save scans and are kept in
//! `apply` alone: what an agent holds, the settings in force by number, and the ids of open and closed contacts.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use model::config::{ChannelConfig, QueueConfig, QueueState};
use model::estimate::{Estimated, Waits};
use model::overflow::{OverflowState, Overflowed};
use model::row::{ClosedRow, ContactState, Handling, RememberedRow, ScheduleState, Silence};
use model::throttle::Throttle;
use model::transition::{KnownWhy, Place};
use model::{
    AgentId, AgentNo, AgentSpec, ChannelId, ChannelNo, ContactBody, ContactId, ContactNo, Millis, OfferNo,
    Presence, ProfileNo, QueueId, QueueNo, Requirement, SiteId, SiteNo, SkillId, SkillLevel, SkillNo,
    TenantConfig, TenantId, TenantNo, Time,
};

use super::Twin;
use super::ratios::TurnsHad;
use super::settle::Pass;

#[derive(Debug)]
pub(super) struct Tenant {
    pub number: TenantNo,
    pub name: TenantId,
    pub config: Option<(String, Arc<TenantConfig>)>,
    /// Every name that any configuration used; its number is its place.
    pub skills: Vec<SkillId>,
    pub channels: Vec<ChannelId>,
    pub queues: Vec<QueueId>,
    pub sites: Vec<SiteId>,
    /// What the configuration in force says, by number; nothing for a name that it does not know.
    pub channels_in_force: Vec<Option<ChannelConfig>>,
    pub queues_in_force: Vec<Option<QueueConfig>>,
    /// Queues that are not open.
    pub switched: BTreeMap<QueueNo, QueueState>,
    pub arrivals: u64,
    pub offers: u64,
    /// By number, the removed ones too.
    pub agents: Vec<Agent>,
    /// By number; nothing where a profile was closed.
    pub profiles: Vec<Option<Profile>>,
    pub contacts: BTreeMap<ContactNo, Contact>,
    pub open_ids: BTreeMap<ContactId, ContactNo>,
    pub places_taken: BTreeSet<u32>,
    /// Oldest first.
    pub closed: VecDeque<ClosedRow>,
    pub closed_digests: BTreeMap<u128, u64>,
    /// Contacts that ended, known with their customers, oldest first.
    pub remembered: VecDeque<RememberedRow>,
    /// Of the configuration's overflow rules, in their order.
    pub overflow: Vec<OverflowState>,
    /// The last answers, oldest first, of the queues where a rule measures the service level: whether they were within its target.
    pub answers: BTreeMap<QueueNo, Vec<bool>>,
    /// How long it took, by queue that estimates.
    pub waits: BTreeMap<QueueNo, Waits>,
    /// How long the last contacts took that were handled, oldest first, by queue that measures work.
    pub efforts: BTreeMap<QueueNo, Vec<u64>>,
    /// Queues of which it was said that deadlines are at risk.
    pub at_risk: BTreeSet<QueueNo>,
    /// Of queues with a ratio, where there were any.
    pub turns: TurnsHad,
    pub look_due: Option<Time>,
    /// Where the pass over its agents is; nothing when it is settled.
    pub pass: Option<Pass>,
}

#[derive(Debug)]
pub(super) struct Agent {
    pub spec: Arc<AgentSpec>,
    pub removed: bool,
    pub presence: Presence,
    pub session: u64,
    pub counter: u64,
    pub idle_since: Time,
    pub available_since: Time,
    pub last_offer: OfferNo,
    pub misses: u8,
    pub deferred: Option<(u32, Time)>,
    /// Reaching the deferral's `until` makes the agent look again once; the limit outlives that.
    pub deferral_is_timed: bool,
    /// What is noted of it so that it is not offered too much.
    pub throttle: Throttle,
    /// The roster entry's skills by number, sorted.
    pub skills: Vec<SkillLevel>,
    /// The roster entry's channels by number, with the agent's own maximum.
    pub channels: Vec<(ChannelNo, Option<u8>)>,
    pub site: Option<SiteNo>,
    /// Offered to it, active with it, or in wrap-up.
    pub held: BTreeMap<ContactNo, ChannelNo>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Profile {
    pub queue: QueueNo,
    pub channel: ChannelNo,
    pub ageing_per_minute: u32,
    pub requirement: Requirement,
    /// Its contacts are pressed, with this.
    pub pressure: Option<Millis>,
    /// Nothing when its contacts can be handled anywhere.
    pub site: Option<SiteNo>,
    /// Skills that are better to have; nothing when its queue prefers none.
    pub preference: Option<Arc<Requirement>>,
    /// Its contacts ask for a person.
    pub person: bool,
}

/// What a contact asks for wherever it goes: its channel, its site, and whether for a person.
pub(super) type Lasting = (ChannelNo, Option<SiteNo>, bool);

impl Profile {
    pub fn lasting(&self) -> Lasting {
        (self.channel, self.site, self.person)
    }
}

#[derive(Debug)]
pub(super) struct Contact {
    pub profile: ProfileNo,
    pub points: i32,
    pub arrived_at: Time,
    pub due_at: Time,
    pub digest: u64,
    pub body: Arc<ContactBody>,
    /// Nothing while the contact is nowhere, which it is only between two decisions.
    pub state: Option<ContactState>,
    pub preferred: Option<AgentNo>,
    pub excluded: Vec<AgentNo>,
    pub kept_from: Vec<AgentNo>,
    pub kept_from_until: Time,
    /// When it came to its queue, and how many relaxation steps it took there.
    pub entered_at: Time,
    pub step: u8,
    /// Why it prefers that agent, when its customer is the reason.
    pub known: Option<KnownWhy>,
    pub pressed: bool,
    /// Its producer said more of it while it was in an agent's hands.
    pub to_classify: bool,
    /// What overflow made of it; nothing until a rule acts on it.
    pub overflowed: Option<Overflowed>,
    /// Of one that is scheduled.
    pub schedule: Option<ScheduleState>,
    /// What it was told of how long it will wait.
    pub estimated: Option<Estimated>,
    /// What was last said of it: that nobody can take it.
    pub unservable: bool,
    /// How often it was interrupted.
    pub interruptions: u8,
    /// When it was accepted by whoever has it, in a queue that measures work.
    pub work_since: Option<Time>,
    /// How long it may be active without a word of its agent; counts while it is active.
    pub handling: Option<Handling>,
    /// What is known of its customer, who is silent or was.
    pub silence: Silence,
    /// Of a consult: what it is about, while that is with whoever asked.
    pub linked: Option<ContactNo>,
    /// Who transferred or requeued it last.
    pub handed_over_by: Option<AgentNo>,
}

impl Twin {
    pub(super) fn tenant(&self, number: TenantNo) -> &Tenant {
        &self.tenants[number.index() - 1]
    }

    pub(super) fn tenant_mut(&mut self, number: TenantNo) -> &mut Tenant {
        &mut self.tenants[number.index() - 1]
    }

    pub(super) fn tenant_named(&self, name: &TenantId) -> Option<TenantNo> {
        self.tenants.iter().find(|tenant| tenant.name == *name).map(|tenant| tenant.number)
    }
}

impl Tenant {
    pub fn new(number: TenantNo, name: TenantId) -> Tenant {
        Tenant {
            number,
            name,
            config: None,
            skills: Vec::new(),
            channels: Vec::new(),
            queues: Vec::new(),
            sites: Vec::new(),
            channels_in_force: Vec::new(),
            queues_in_force: Vec::new(),
            switched: BTreeMap::new(),
            arrivals: 0,
            offers: 0,
            agents: Vec::new(),
            profiles: Vec::new(),
            contacts: BTreeMap::new(),
            open_ids: BTreeMap::new(),
            places_taken: BTreeSet::new(),
            closed: VecDeque::new(),
            closed_digests: BTreeMap::new(),
            remembered: VecDeque::new(),
            overflow: Vec::new(),
            turns: TurnsHad::new(),
            answers: BTreeMap::new(),
            waits: BTreeMap::new(),
            efforts: BTreeMap::new(),
            at_risk: BTreeSet::new(),
            look_due: None,
            pass: None,
        }
    }

    pub fn config(&self) -> &TenantConfig {
        let (_, config) = self.config.as_ref().expect("inputs of a tenant without configuration are refused");
        config
    }

    pub fn skill_number(&self, name: &SkillId) -> Option<SkillNo> {
        let at = self.skills.iter().position(|skill| skill == name)?;
        Some(SkillNo(u16::try_from(at).expect("a tenant names at most 65,536 skills")))
    }

    /// Of a site that any configuration had.
    pub fn site_number(&self, name: &SiteId) -> Option<SiteNo> {
        let at = self.sites.iter().position(|site| site == name)?;
        Some(SiteNo(u16::try_from(at).expect("a tenant names at most 65,536 sites")))
    }

    /// Only of a channel that the configuration in force knows.
    pub fn channel_number(&self, name: &ChannelId) -> Option<ChannelNo> {
        let at = self.channels.iter().position(|channel| channel == name)?;
        self.channels_in_force[at].as_ref()?;
        Some(ChannelNo(u8::try_from(at).expect("a tenant names at most 256 channels")))
    }

    /// Only of a queue that the configuration in force knows.
    pub fn queue_number(&self, name: &QueueId) -> Option<QueueNo> {
        let at = self.queues.iter().position(|queue| queue == name)?;
        self.queues_in_force[at].as_ref()?;
        Some(QueueNo(u16::try_from(at).expect("a tenant names at most 65,536 queues")))
    }

    /// Of an agent in the roster or removed from it.
    pub fn agent_number(&self, name: &AgentId) -> Option<AgentNo> {
        let at = self.agents.iter().position(|agent| agent.spec.agent == *name)?;
        Some(AgentNo(u32::try_from(at).expect("agent numbers are limited to 1,048,576")))
    }

    pub fn agent_in_roster(&self, name: &AgentId) -> Option<AgentNo> {
        self.agent_number(name).filter(|agent| !self.agent(*agent).removed)
    }

    pub fn agent(&self, agent: AgentNo) -> &Agent {
        &self.agents[agent.index()]
    }

    pub fn agent_mut(&mut self, agent: AgentNo) -> &mut Agent {
        &mut self.agents[agent.index()]
    }

    pub fn agent_numbers(&self) -> impl Iterator<Item = AgentNo> + use<> {
        (0..u32::try_from(self.agents.len()).expect("agent numbers are limited to 1,048,576")).map(AgentNo)
    }

    pub fn contact(&self, contact: ContactNo) -> &Contact {
        self.contacts.get(&contact).expect("a contact that is decided about is open")
    }

    pub fn contact_mut(&mut self, contact: ContactNo) -> &mut Contact {
        self.contacts.get_mut(&contact).expect("a contact that is decided about is open")
    }

    pub fn profile(&self, profile: ProfileNo) -> &Profile {
        self.profiles[profile.index()].as_ref().expect("a profile of an open contact is open")
    }

    pub fn profile_of(&self, contact: ContactNo) -> &Profile {
        self.profile(self.contact(contact).profile)
    }

    pub fn channel(&self, channel: ChannelNo) -> &ChannelConfig {
        self.channels_in_force[channel.index()]
            .as_ref()
            .expect("a channel of an open contact cannot disappear")
    }

    pub fn queue(&self, queue: QueueNo) -> &QueueConfig {
        self.queues_in_force[queue.index()].as_ref().expect("a queue of an open contact cannot disappear")
    }

    /// The settings in force of the queue that the contact belongs to.
    pub fn queue_of(&self, contact: ContactNo) -> &QueueConfig {
        self.queue(self.profile_of(contact).queue)
    }

    /// Contacts that wait for this agent alone, by number.
    pub fn waiting_for(&self, wanted: AgentNo) -> Vec<ContactNo> {
        self.contacts
            .iter()
            .filter(|(_, contact)| match contact.state {
                Some(ContactState::Waiting(Place::Preferred { agent, .. })) => agent == wanted,
                Some(
                    ContactState::Waiting(Place::Queue)
                    | ContactState::Offered { .. }
                    | ContactState::Active { .. }
                    | ContactState::WrapUp { .. }
                    | ContactState::Parked { .. }
                    | ContactState::Quiet { .. }
                    | ContactState::Scheduled,
                )
                | None => false,
            })
            .map(|(number, _)| *number)
            .collect()
    }
}

impl Contact {
    /// Whose it is: it is offered to this agent, active or parked with it, or in wrap-up.
    pub fn holder(&self) -> Option<AgentNo> {
        match self.state {
            Some(
                ContactState::Parked { agent, .. }
                | ContactState::Offered { agent, .. }
                | ContactState::Active { agent, .. }
                | ContactState::WrapUp { agent, .. },
            ) => Some(agent),
            Some(ContactState::Waiting(_) | ContactState::Scheduled | ContactState::Quiet { .. }) | None => {
                None
            }
        }
    }

    pub fn is_waiting(&self) -> bool {
        matches!(self.state, Some(ContactState::Waiting(_)))
    }

    pub fn is_active(&self) -> bool {
        matches!(self.state, Some(ContactState::Active { .. }))
    }
}
