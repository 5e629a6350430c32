//! One tenant: what is configured, which profiles are open, and which ids were used.

use std::collections::{BTreeMap, HashMap};

use model::config::{
    ChannelConfig, ChannelKind, CustomersConfig, QueueConfig, QueueState, QuietConfig, SkillDemand,
};
use model::{
    AgentId, AgentNo, CalendarId, Change, ChannelId, ChannelNo, ContactBody, ContactId, ContactNo, Level,
    Millis, ProfileNo, QueueNo, Requirement, SiteNo, SkillNo, TenantConfig, TenantId, Time,
};

use super::Step;
use super::agent::Agent;
use super::bound::Leaving;
use super::calendar::Calendar;
use super::classify::Rules;
use super::consult::Consults;
use super::contact::Contact;
use super::customers::Handled;
use super::estimates::Paces;
use super::hand::Released;
use super::order::Lines;
use super::overflow::Overflow;
use super::ratios::Ratios;
use super::throttle::Throttles;
use super::work::Efforts;
use crate::keys::{Cause, key};
use crate::report::Invariant;
use crate::told::{Kind, Told};

/// As long as an id must be known after its contact closed.
const ID_KNOWN_FOR: Millis = Millis(24 * 3_600_000);

#[derive(Debug)]
pub(crate) struct Tenant {
    pub name: TenantId,
    pub key: u64,
    pub channels: Names<ChannelSettings>,
    pub queues: Names<QueueConfig>,
    pub skills: Names<()>,
    pub sites: Names<()>,
    /// Of the configuration in force.
    pub calendars: BTreeMap<CalendarId, Calendar>,
    pub rules: Rules,
    pub overflow: Overflow,
    pub estimates: Paces,
    pub work: Efforts,
    pub ratios: Ratios,
    pub switched: BTreeMap<QueueNo, QueueState>,
    pub customers: CustomersConfig,
    /// Units that indirect work never takes of an agent who says no other number.
    pub reserve: Option<u16>,
    pub handled: Handled,
    pub consults: Consults,
    pub throttles: Throttles,
    version: u64,
    pub agents: Vec<Agent>,
    pub roster: BTreeMap<AgentId, AgentNo>,
    pub profiles: BTreeMap<ProfileNo, Profile>,
    pub lines: Lines,
    /// Open contacts by the place in their number.
    pub contacts: HashMap<u32, Contact>,
    /// By key of the id.
    ids: HashMap<u64, Id>,
    pub arrivals: u64,
    pub offers: u64,
    /// Time of the transition.
    pub now: Time,
    /// When it was last configured, or a queue switched.
    pub changed_at: Time,
    /// When a scheduled contact was last released, or waited no more.
    pub released_at: Time,
    /// When the roster last changed.
    pub enrolled_at: Time,
    /// Whether it was ever said that nobody could take a contact: journals from before that could be said are sound without.
    pub speaks_of_unservable: bool,
    /// Whom a live contact interrupts that must be offered next, and in which contact it did last.
    pub interrupting: Option<(AgentNo, ContactNo)>,
    /// What follows of what was just decided because an agent leaves.
    pub leaving: Option<Leaving>,
    /// What was just released out of turn.
    pub released_early: Option<Released>,
    /// Contacts that this transition left without a place.
    pub unplaced: Vec<ContactNo>,
}

/// Names by number, in the order in which configurations first named them, with what the one in force says.
#[derive(Debug)]
pub(crate) struct Names<T> {
    pub names: Vec<String>,
    numbers: HashMap<String, usize>,
    in_force: Vec<Option<T>>,
}

#[derive(Debug, Clone)]
pub(crate) struct ChannelSettings {
    pub kind: ChannelKind,
    pub cost: u16,
    pub max: Option<u8>,
    pub companion: bool,
    pub steering: u32,
    /// The others that may come while one of it is in hands; nothing when all may.
    pub beside: Option<Vec<ChannelId>>,
    /// How often live work may interrupt one of its contacts; 0 for never.
    pub interruptions: u8,
    /// How long its contacts stay with an agent who is signed out.
    pub bound_for: Option<Millis>,
    pub quiet: Option<QuietConfig>,
}

#[derive(Debug)]
pub(crate) struct Profile {
    pub queue: QueueNo,
    pub channel: ChannelNo,
    pub ageing_per_minute: u32,
    pub requirement: Requirement,
    pub pressure: Option<Millis>,
    /// Only agents of this one serve it.
    pub site: Option<SiteNo>,
    /// Whoever has more of these comes first.
    pub preference: Requirement,
    /// No bot serves it.
    pub person: bool,
    /// Open contacts that have it.
    pub contacts: u64,
}

#[derive(Debug, Clone, Copy)]
struct Id {
    is_open: bool,
    closed_at: Time,
}

impl Tenant {
    pub fn new(name: TenantId) -> Tenant {
        Tenant {
            key: key(name.as_str()),
            name,
            channels: Names::default(),
            queues: Names::default(),
            skills: Names::default(),
            sites: Names::default(),
            calendars: BTreeMap::new(),
            rules: Rules::default(),
            overflow: Overflow::default(),
            estimates: Paces::default(),
            work: Efforts::default(),
            ratios: Ratios::default(),
            switched: BTreeMap::new(),
            customers: CustomersConfig::default(),
            reserve: None,
            handled: Handled::default(),
            consults: Consults::default(),
            throttles: Throttles::default(),
            version: 0,
            agents: Vec::new(),
            roster: BTreeMap::new(),
            profiles: BTreeMap::new(),
            lines: Lines::default(),
            contacts: HashMap::new(),
            ids: HashMap::new(),
            arrivals: 0,
            offers: 0,
            now: Time(0),
            changed_at: Time(0),
            released_at: Time(0),
            enrolled_at: Time(0),
            speaks_of_unservable: false,
            interrupting: None,
            leaving: None,
            released_early: None,
            unplaced: Vec::new(),
        }
    }

    /// Nothing for what is not told, or cannot be known after a step that was illegal.
    pub fn apply(&mut self, change: &Change, step: &mut Step<'_>) -> Option<Told> {
        self.now = step.now;
        self.check_interrupting(change, step);
        self.check_leaving(change, step);
        self.check_released(change, step);
        self.check_consults(change, step);
        self.check_throttles(change, step);
        match change {
            Change::TenantOpened { .. }
            | Change::TenantLeft { .. }
            | Change::TenantRows { .. }
            | Change::TenantCame { .. }
            | Change::TenantGone
            | Change::Resumed { .. }
            | Change::Refused(_) => None,
            Change::ConfigApplied { hash, config } => Some(self.configure(hash, config, step)),
            Change::AgentPut { agent, spec } => Some(self.put_agent(*agent, spec, step)),
            Change::AgentRemoved { agent } => self.remove_agent(*agent, step),
            Change::ProfileOpened {
                profile,
                queue,
                channel,
                ageing_per_minute,
                requirement,
                pressure,
                site,
                person,
            } => {
                let opened = Profile {
                    queue: *queue,
                    channel: *channel,
                    ageing_per_minute: *ageing_per_minute,
                    requirement: requirement.as_ref().clone(),
                    pressure: *pressure,
                    site: *site,
                    preference: self.preference_of(*queue),
                    person: *person,
                    contacts: 0,
                };
                self.open_profile(*profile, opened, step);
                None
            }
            Change::ProfileClosed { profile } => {
                self.close_profile(*profile, step);
                None
            }
            Change::AgentHeard { agent, session, counter } => {
                self.hear(*agent, *session, *counter, step);
                None
            }
            Change::AgentPresence { agent, presence, cause } => {
                self.change_presence(*agent, presence, *cause, step)
            }
            Change::AgentDeferred { agent, .. } => {
                self.known_agent(*agent, step)?;
                self.agents[agent.index()].gave_up = true;
                None
            }
            Change::AgentThrottled { agent, why, until } => {
                self.known_agent(*agent, step)?;
                self.throttle(*agent, *why, *until);
                None
            }
            Change::AgentUnthrottled { agent, why } => {
                self.known_agent(*agent, step)?;
                self.unthrottle(*agent, *why, step);
                None
            }
            Change::ContactArrived { contact, profile, points, arrived_at, due_at, digest, body, known } => {
                self.check_deadline(*profile, *arrived_at, *due_at, body, step);
                self.arrive(
                    *contact,
                    (*profile, *points),
                    (*arrived_at, *due_at),
                    *digest,
                    (body, *known),
                    step,
                )
            }
            Change::ContactQueued { contact, place } => self.queue_contact(*contact, *place, step),
            Change::Offered { contact, agent, offer, expires_at, by } => {
                self.offer(*contact, *agent, (*offer, *expires_at), *by, step)
            }
            Change::Accepted { contact } => self.accept(*contact, step),
            Change::OfferEnded { contact, how, kept_from_until } => {
                self.end_offer(*contact, *how, *kept_from_until, step)
            }
            Change::ExclusionLifted { contact } => {
                self.lift_exclusion(*contact, step);
                None
            }
            Change::WrapUpStarted { contact, until } => self.start_wrap_up(*contact, *until, step),
            Change::ContactReturned { contact, profile, points, why, kept_from_until } => {
                self.take_back(*contact, (*profile, *points), *why, *kept_from_until, step)
            }
            Change::QueueSwitched { queue, state } => Some(self.switch_queue(*queue, *state, step)),
            Change::ContactRelaxed { contact, step: taken, profile } => {
                self.relax(*contact, *taken, *profile, step)
            }
            Change::ContactPressed { contact, profile } => self.press(*contact, *profile, step),
            Change::ContactMoved { contact, profile, points, why } => {
                self.move_on(*contact, (*profile, *points), *why, step)
            }
            Change::ContactJoined { contact, agent, until } => self.join(*contact, *agent, *until, step),
            Change::ContactUpdated { contact, update } => self.update(*contact, update, step),
            Change::ContactReclassified { contact, profile, points, rule } => {
                self.reclassify(*contact, *profile, *points, rule.as_ref(), step)
            }
            Change::OverflowTurned { rule, state, measured } => self.turn_rule(rule, *state, measured, step),
            Change::DeadlinesJudged { queue, risk } => Some(self.judge_deadlines(*queue, *risk, step)),
            Change::ContactProposed { contact, rule, channel, queue, until } => {
                self.propose(*contact, rule, (*channel, *queue, *until), step)
            }
            Change::ProposalEnded { contact, how } => self.end_proposal(*contact, *how, step),
            Change::ContactSwitched { contact, profile, points, due_at } => {
                self.switch(*contact, (*profile, *points), *due_at, step)
            }
            Change::ContactHandedOver { contact, agent, offer } => {
                self.hand_over(*contact, *agent, *offer, step)
            }
            Change::ContactQuieted { contact, until } => self.hush(*contact, *until, step),
            Change::ContactSlowed { contact, profile, points, due_at } => {
                self.slow(*contact, (*profile, *points), *due_at, step)
            }
            Change::ContactReplied { contact, profile, points } => {
                self.reply(*contact, (*profile, *points), step)
            }
            Change::ContactKeptForPeople { contact, profile } => {
                self.keep_for_people(*contact, *profile, step);
                None
            }
            Change::ContactNoted { contact, is_quiet } => {
                self.note_silence(*contact, *is_quiet, step);
                None
            }
            Change::ContactEstimated { contact, outlook } => self.estimate(*contact, *outlook, step),
            Change::ContactOverflowed { contact, rule, profile, points, step: taken } => {
                self.overflow_contact(*contact, rule, (*profile, *points, *taken), step)
            }
            Change::ContactScheduled { contact, until, tries } => {
                self.put_off(*contact, *until, *tries, step)
            }
            Change::ContactUnservable { contact } => self.call_unservable(*contact, true, step),
            Change::ContactServable { contact } => self.call_unservable(*contact, false, step),
            Change::ContactInterrupted { contact } => self.interrupt(*contact, step),
            Change::ContactParked { contact, until } => self.park_bound(*contact, *until, step),
            Change::ContactStuck { contact } => self.say_stuck(*contact, step),
            Change::ContactWorkedOn { contact } => self.work_on(*contact, step),
            Change::ContactResumed { contact } => self.resume_contact(*contact, step),
            Change::ContactReleased { contact, arrived_at } => self.release(*contact, *arrived_at, step),
            Change::ContactClosed { contact, outcome } => self.close(*contact, *outcome, step),
        }
    }

    fn configure(&mut self, hash: &str, config: &TenantConfig, step: &mut Step<'_>) -> Told {
        let version = config.version;
        step.trace(Cause::Config { tenant: self.name.as_str(), hash }, || format!("configuration {version}"));
        if version <= self.version {
            let what = format!("configuration {version} replaces {}, which is not older", self.version);
            step.broken(Invariant::Lifecycle, what);
        }
        (self.version, self.changed_at) = (version, step.now);
        self.customers = config.customers.clone();
        self.reserve = config.reserve;
        self.throttles.replace(config);
        let channel = |channel: &ChannelConfig| {
            // Where one must be named, producers are refused who do not.
            let ChannelConfig {
                name,
                kind,
                cost,
                max,
                companion,
                steering,
                site: _,
                beside,
                interruptions,
                bound_for,
                quiet,
            } = channel;
            let (kind, cost, max, companion, steering) = (*kind, *cost, *max, *companion, *steering);
            let (beside, interruptions, quiet) = (beside.clone(), interruptions.unwrap_or(0), quiet.clone());
            let bound_for = *bound_for;
            let settings = ChannelSettings {
                kind,
                cost,
                max,
                companion,
                steering,
                beside,
                interruptions,
                bound_for,
                quiet,
            };
            (name.to_string(), settings)
        };
        self.channels.replace(config.channels.iter().map(channel));
        self.queues.replace(config.queues.iter().map(|queue| (queue.name.to_string(), queue.clone())));
        self.replace_ratios(config);
        let calendars = config.calendars.iter();
        self.calendars = calendars.map(|calendar| (calendar.name.clone(), Calendar::new(calendar))).collect();
        self.rules = Rules::of(config);
        self.overflow.replace(config);
        self.estimates.replace(config);
        self.drop_outlooks();
        self.work.replace(config);
        self.drop_work();
        self.skills.replace(config.skills.iter().map(|skill| (skill.to_string(), ())));
        self.sites.replace(config.sites.iter().map(|site| (site.to_string(), ())));
        Told { detail: key((version, hash)), ..Told::new(Kind::ConfigApplied, self.key) }
    }

    fn open_profile(&mut self, number: ProfileNo, profile: Profile, step: &mut Step<'_>) {
        let Profile { queue, channel, .. } = profile;
        if self.queues.get(queue.index()).is_none() || self.channels.get(channel.index()).is_none() {
            let what = format!(
                "profile {number} is for queue {queue} and channel {channel}, which are not configured"
            );
            step.broken(Invariant::Lifecycle, what);
        }
        self.check_is_for_people(number, &profile, step);
        if self.profiles.insert(number, profile).is_some() {
            step.broken(Invariant::Lifecycle, format!("profile {number} is opened while it is open"));
        }
    }

    fn close_profile(&mut self, number: ProfileNo, step: &mut Step<'_>) {
        let contacts = self.profiles.get(&number).map(|profile| profile.contacts);
        match contacts {
            Some(0) => drop(self.profiles.remove(&number)),
            Some(contacts) => {
                step.broken(
                    Invariant::Lifecycle,
                    format!("profile {number} is closed with {contacts} contacts"),
                );
            }
            None => step.broken(Invariant::Lifecycle, format!("profile {number} is closed and was not open")),
        }
    }

    /// The profile asks for no less than the contact and its queue do.
    pub fn check_profile(&self, number: ProfileNo, body: &ContactBody, step: &mut Step<'_>) {
        let Some(profile) = self.profiles.get(&number) else {
            return step.broken(Invariant::Lifecycle, format!("profile {number} is not open"));
        };
        let channel = self.channels.name(profile.channel.index());
        if channel != body.channel.as_str() {
            let what =
                format!("contact {} of channel {} is filed under {channel}", body.contact, body.channel);
            return step.broken(Invariant::Eligibility, what);
        }
        self.check_site(number, body, step);
        self.check_asks_as(number, body.asks_for_person(), &body.contact, step);
        let of_queue = self.queues.get(profile.queue.index()).map_or(&[][..], |queue| &queue.skills);
        let of_rule = body.classified.iter().flat_map(|classified| &classified.skills);
        let mut demands = of_queue.iter().chain(&body.skills).chain(of_rule);
        if let Some(demand) = demands.find(|demand| self.asks_for_less(number, demand)) {
            let what = format!(
                "contact {} asks for {} at level {}, its profile for less",
                body.contact,
                demand.skill,
                demand.level.get()
            );
            step.broken(Invariant::Eligibility, what);
        }
    }

    pub fn asks_for_less(&self, profile: ProfileNo, demand: &SkillDemand) -> bool {
        let profile = self.profiles.get(&profile);
        let skill = self.skills.number(demand.skill.as_str());
        let level = profile.zip(skill).and_then(|(profile, skill)| demanded(&profile.requirement, skill));
        level < Some(demand.level)
    }

    /// The id is taken by a contact. False when it was taken already.
    pub fn take_id(&mut self, contact: &ContactId, now: Time) -> bool {
        let id = Id { is_open: true, closed_at: Time(0) };
        match self.ids.insert(key(contact.as_str()), id) {
            None => true,
            Some(former) => !former.is_open && now.since(former.closed_at) >= ID_KNOWN_FOR,
        }
    }

    pub fn release_id(&mut self, contact: &ContactId, now: Time) {
        self.ids.insert(key(contact.as_str()), Id { is_open: false, closed_at: now });
    }

    /// What is to be told of a contact; its queue is known when its profile is.
    pub fn tell(&self, kind: Kind, contact: &Contact) -> Told {
        let profile = self.profiles.get(&contact.profile);
        Told {
            is_known: profile.is_some(),
            contact: contact.key,
            asks: contact.asks(),
            queue: profile.map_or(0, |profile| key(self.queues.name(profile.queue.index()))),
            ..Told::new(kind, self.key)
        }
    }
}

fn demanded(requirement: &Requirement, skill: usize) -> Option<Level> {
    let skill = SkillNo(u16::try_from(skill).ok()?);
    requirement.as_slice().iter().find(|demand| demand.skill == skill).map(|demand| demand.level)
}

impl<T> Default for Names<T> {
    fn default() -> Names<T> {
        Names { names: Vec::new(), numbers: HashMap::new(), in_force: Vec::new() }
    }
}

impl<T> Names<T> {
    /// A new configuration: what it does not name is in force no more, and keeps its number.
    fn replace(&mut self, entries: impl Iterator<Item = (String, T)>) {
        self.in_force.iter_mut().for_each(|entry| *entry = None);
        for (name, settings) in entries {
            let number = *self.numbers.entry(name).or_insert_with_key(|name| {
                self.names.push(name.clone());
                self.in_force.push(None);
                self.names.len() - 1
            });
            self.in_force[number] = Some(settings);
        }
    }

    pub fn number(&self, name: &str) -> Option<usize> {
        self.numbers.get(name).copied()
    }

    /// Empty for a number that was never given.
    pub fn name(&self, number: usize) -> &str {
        self.names.get(number).map_or("", String::as_str)
    }

    pub fn get(&self, number: usize) -> Option<&T> {
        self.in_force.get(number)?.as_ref()
    }
}
