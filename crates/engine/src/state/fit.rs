//! What is derived of one configuration, carried over to the next: only what that changes, and most of it in slices, so that no
//! call keeps a shard busy for long.
//!
//! Until all is carried over nothing is offered in the tenant and no timer fires; whoever needs either, or takes what waits out of
//! turn, finishes it first. What is decided is the same, however it is sliced.

use model::{AgentNo, ChannelNo, ProfileNo, QueueNo};

use super::contacts::Status;
use super::profiles::ProfileKey;
use super::settings::{QueueSettings, Settings};
use super::tenant::Tenant;
use super::timers::Timers;
use crate::matching::order::Order;

/// What takes about as long as listing an agent, which is one unit of work: contacts looked at again, and classes of a profile.
const PLACES: usize = 4;
const MEMBERS: usize = 8;
/// What a profile takes beside its classes.
const PROFILE: usize = 16;

/// Work that keeps a shard busy for about half a millisecond.
pub const FIT_SLICE: usize = 512;

#[derive(Debug, Default)]
pub struct Fit {
    /// All agents are to be listed anew.
    agents: bool,
    /// Those whose contacts find agents in another way; the last is next.
    profiles: Vec<ProfileNo>,
    /// By queue number, whether each contact in it is to be looked at again, and how many places of contacts are left for that.
    queues: Vec<bool>,
    places: u32,
}

impl Fit {
    fn is_done(&self) -> bool {
        !self.agents && self.profiles.is_empty() && self.places == 0
    }

    /// Agents who may be many are to be listed, and have been touched.
    pub fn list_agents(&mut self) {
        self.agents = true;
    }

    pub fn mark(&mut self, queue: QueueNo) {
        if self.queues.len() <= queue.index() {
            self.queues.resize(queue.index() + 1, false);
        }
        self.queues[queue.index()] = true;
    }

    fn is_marked(&self, queue: QueueNo) -> bool {
        self.queues.get(queue.index()).copied().unwrap_or(false)
    }

    /// Whether the lists of who waits in the queue may lack some.
    pub fn lists_anew(&self, queue: QueueNo) -> bool {
        self.places > 0 && self.is_marked(queue)
    }
}

impl Tenant {
    pub fn is_fitted(&self) -> bool {
        self.fit.is_done()
    }

    /// Carries over what is left.
    pub fn fit(&mut self, timers: &mut Timers) {
        while !self.is_fitted() {
            self.fit_a_slice(FIT_SLICE, timers);
        }
    }

    /// Carries over some of what is left.
    pub fn fit_a_slice(&mut self, work: usize, timers: &mut Timers) {
        if self.fit.agents {
            self.fit.agents = self.refresh_some(work);
        } else if !self.fit.profiles.is_empty() {
            let mut done = 0;
            while done < work
                && let Some(profile) = self.fit.profiles.pop()
            {
                self.reopen_profile(profile);
                done += PROFILE + self.matcher.members_of(profile) / MEMBERS;
            }
        } else {
            let upto = self.fit.places;
            self.fit.places = upto.saturating_sub((work * PLACES) as u32);
            for place in self.fit.places..upto {
                self.look_again_at(place, timers);
            }
            self.set_servable_timer(timers);
        }
    }

    /// Other settings than these were just put in force.
    pub fn carry_over(&mut self, former: &Settings) {
        debug_assert!(self.is_fitted(), "what the one before left was finished");
        self.fit.queues.clear();
        if lists_differ(former, self.settings()) {
            self.list_all_anew();
        }
        let finds = |settings: &Settings, key: &ProfileKey| {
            let (channel, queue) = (settings.channel(key.channel)?, settings.queue(key.queue)?);
            Some((channel.lane, queue.method, queue.taking))
        };
        let settings = self.settings.as_ref().expect("settings are in force");
        let others = self.profiles.iter().filter(|(_, key)| finds(former, key) != finds(settings, key));
        self.fit.profiles = others.map(|(profile, _)| profile).collect();
        let names_skills = former.skills_known() != settings.skills_known();
        for queue in (0..self.names.queues.all().len()).map(|number| QueueNo(number as u16)) {
            let is_other = |former: &QueueSettings| {
                settings.queue(queue).is_some_and(|present| waits_otherwise(former, present))
            };
            if names_skills || former.queue(queue).is_some_and(is_other) {
                self.fit.mark(queue);
            }
        }
        self.carry_overflow(Some(former));
        if self.fit.queues.contains(&true) {
            self.fit.places = self.contacts.places();
        }
    }

    /// Their lanes are other ones: what they hold is counted by them, and nobody is on the lists.
    fn list_all_anew(&mut self) {
        let settings = self.settings.as_ref().expect("settings are in force");
        self.matcher.empty_lists(settings);
        for number in (0..self.agents.len() as u32).map(AgentNo) {
            let record = &mut self.agents[number];
            (record.listed, record.yielding) = (0, 0);
            if record.removed {
                continue;
            }
            self.equip(number);
            self.count_anew(number);
            self.touch(number);
        }
        self.fit.agents = true;
    }

    fn count_anew(&mut self, agent: AgentNo) {
        let settings = self.settings.as_ref().expect("settings are in force");
        let record = &mut self.agents[agent];
        record.clear_counts();
        for at in 0..record.holds() {
            let contact = self.contacts.at(record.held_places()[at]);
            let channel = self.profiles.brief(contact.profile).channel;
            let channel =
                settings.channel(channel).expect("a channel with open contacts is in the configuration");
            record.count(channel.lane, channel.cost);
        }
    }

    fn reopen_profile(&mut self, profile: ProfileNo) {
        let settings = self.settings.as_ref().expect("settings are in force");
        self.matcher.reopen_profile(profile, self.profiles.key(profile), settings);
        self.matcher.demand.hold(&self.contacts, profile, self.is_to_hold(profile));
    }

    /// A contact is about to wait in the profile, whose line must be there.
    #[inline]
    pub fn fit_profile(&mut self, profile: ProfileNo) {
        if !self.fit.profiles.is_empty() && self.fit.profiles.contains(&profile) {
            self.reopen_profile(profile);
        }
    }

    /// Whatever of it depends on its queue's settings.
    fn look_again_at(&mut self, place: u32, timers: &mut Timers) {
        let Some(record) = self.contacts.at_place(place) else { return };
        let (contact, status) = (record.number, record.status);
        let queue = self.profiles.brief(record.profile).queue;
        if !self.fit.is_marked(queue) {
            return;
        }
        self.drop_unmeasured(contact, queue);
        if status.is_waiting() {
            self.list_waiting(contact);
            self.set_contact_timer(contact, timers);
        }
        if status == Status::WaitingInQueue {
            self.doubt_anew(contact);
        }
    }
}

/// Whether agents are on other lists, or on the same ones for other reasons.
fn lists_differ(former: &Settings, present: &Settings) -> bool {
    let orders = |settings: &Settings| {
        settings
            .config
            .queues
            .iter()
            .fold(0_u32, |orders, queue| orders | 1 << Order::of(queue.method) as u32)
    };
    let lane = |settings: &Settings, channel| {
        settings.channel(channel).map(|channel| (channel.lane, channel.cost, channel.interruptions))
    };
    let mut channels = (0..=u8::MAX).map(ChannelNo);
    former.lanes != present.lanes
        || former.config.reserve != present.config.reserve
        || orders(former) != orders(present)
        || channels.any(|channel| lane(former, channel) != lane(present, channel))
}

/// Whether a contact that waits in the queue does so for another time, or for others.
fn waits_otherwise(former: &QueueSettings, present: &QueueSettings) -> bool {
    former.relax != present.relax
        || former.max_wait != present.max_wait
        || former.pressure != present.pressure
        || former.person != present.person
}
