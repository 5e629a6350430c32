//! A tenant's configuration with numbers for names, and channels folded into lanes.
//!
//! A **lane** is one way of being free: agents are listed per lane, not per channel. Every channel with a maximum
//! is a lane of its own; channels without one that cost the same are one lane, because an agent is open on all
//! of them or on none. Where some may not come beside others, or spare a reserve, there are more of them; see [`LaneKey`].

use std::sync::Arc;

use arrayvec::ArrayVec;
use model::config::{ChannelKind, LANES_MAX, LaneKey, Method, ScheduleConfig, SiteNeed, SkillDemand};
use model::hand::Taking;
use model::overflow::{Limit, OverflowAction, OverflowRule, Proposal};
use model::{
    CalendarId, ChannelId, ChannelNo, Millis, QueueId, QueueNo, Requirement, SiteId, SiteNo, SkillId,
    SkillLevel, SkillNo, TenantConfig, Time,
};

use super::agents::LaneMask;
use super::names::Names;
use super::quiet::QuietSettings;
use super::rules::Rules;
use crate::calendar::Calendar;

#[derive(Debug)]
pub struct Settings {
    pub hash: String,
    pub config: Arc<TenantConfig>,
    pub lanes: ArrayVec<Lane, LANES_MAX>,
    /// Whether what an agent holds closes lanes beside those that it fills.
    pub has_bars: bool,
    /// The lanes from whose contacts the reserve is kept.
    pub sparing: LaneMask,
    /// Whether live work may interrupt anything.
    pub interrupts: bool,
    /// Whether anybody is held back by a slow start or a ration.
    pub throttles: bool,
    /// The lanes with a channel whose contacts it may.
    pub interruptible: LaneMask,
    /// By number; nothing for a name that this version does not have.
    channels: Vec<Option<ChannelSettings>>,
    queues: Vec<Option<QueueSettings>>,
    skills: Vec<bool>,
    sites: Vec<bool>,
    /// In the order of the configuration.
    calendars: Vec<Calendar>,
    /// Nothing when the configuration has none.
    pub rules: Option<Rules>,
    /// In the order of the configuration.
    pub overflow: Vec<OverflowSettings>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lane {
    pub cost: u16,
    pub max: Option<u8>,
    /// The one channel of a lane whose contacts are counted apart.
    pub channel: Option<ChannelNo>,
    /// Whether the reserve is kept from its contacts.
    pub spares_reserve: bool,
    /// Lanes that are closed to an agent who holds one of its contacts.
    pub bars: LaneMask,
}

#[derive(Debug, Clone, Copy)]
pub struct ChannelSettings {
    pub kind: ChannelKind,
    pub lane: u8,
    pub cost: u16,
    pub companion: bool,
    pub steering: u32,
    pub site: SiteNeed,
    /// How often live work may interrupt one of its contacts; 0 for never.
    pub interruptions: u8,
    /// How long its contacts stay with an agent who was signed out.
    pub bound_for: Option<Millis>,
    pub quiet: Option<QuietSettings>,
}

#[derive(Debug, Clone)]
pub struct QueueSettings {
    pub demands: Vec<SkillLevel>,
    /// The same as one; nothing when it is more than anybody may ask for.
    pub requirement: Option<Requirement>,
    /// Shared by all profiles of the queue; nothing when it prefers none.
    pub preference: Option<Arc<Requirement>>,
    pub person: bool,
    pub method: Method,
    pub points: i32,
    pub ageing_per_minute: u32,
    pub due: Due,
    pub offer_timeout: Millis,
    pub auto_accept: bool,
    pub wrap_up: Millis,
    pub preferred_patience: Millis,
    pub retry_same_agent_after: Millis,
    pub relax: Vec<Relaxation>,
    pub room: Option<u32>,
    pub max_wait: Option<Millis>,
    pub handling_max: Option<Millis>,
    pub exit_to: Option<QueueNo>,
    pub hours: Option<CalendarAt>,
    pub pressure: Option<Millis>,
    /// The target of the service level.
    pub answer_within: Millis,
    pub foresee: bool,
    pub taking: Taking,
    pub schedule: ScheduleConfig,
}

/// An overflow rule; its thresholds are read where the configuration has them.
#[derive(Debug, Clone)]
pub struct OverflowSettings {
    pub queue: QueueNo,
    pub floor: Vec<(QueueNo, Limit)>,
    pub cap: u16,
    pub does: OverflowDoes,
}

#[derive(Debug, Clone)]
pub enum OverflowDoes {
    Relax(u8),
    Lend {
        demands: Vec<SkillLevel>,
        keep_own: bool,
    },
    Raise(i32),
    Move(QueueNo),
    Propose {
        /// In the order of the text.
        channels: Vec<ChannelNo>,
        queue: QueueNo,
        timeout: Millis,
    },
}

/// When indirect contacts that say nothing of it are due.
#[derive(Debug, Clone, Copy)]
pub enum Due {
    In(Millis),
    InOpenTime(CalendarAt, Millis),
    InBusinessDays(CalendarAt, u16),
}

/// Which of the tenant's calendars.
#[derive(Debug, Clone, Copy)]
pub struct CalendarAt(u16);

/// What a contact asks for from this time in its queue on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relaxation {
    pub after: Millis,
    pub demands: Vec<SkillLevel>,
    pub keep_own: bool,
}

/// The names that any configuration of a tenant ever used.
#[derive(Debug, Default)]
pub struct NameTables {
    pub skills: Names<SkillId>,
    pub channels: Names<ChannelId>,
    pub queues: Names<QueueId>,
    pub sites: Names<SiteId>,
}

impl QueueSettings {
    /// When a contact that came at `entered_at` and took `step` steps is to be looked at again while it waits.
    pub fn next_look(&self, entered_at: Time, step: u8) -> Option<Time> {
        let relaxes = self.relax.get(usize::from(step)).map(|next| entered_at + next.after);
        let leaves = self.leaves_at(entered_at);
        [relaxes, leaves].into_iter().flatten().min()
    }

    pub fn leaves_at(&self, entered_at: Time) -> Option<Time> {
        self.max_wait.map(|wait| entered_at + wait)
    }

    /// The last step whose time has come, when that is a further one.
    pub fn step_due(&self, entered_at: Time, step: u8, now: Time) -> Option<u8> {
        let due = self.relax.iter().take_while(|next| entered_at + next.after <= now).count() as u8;
        (due > step).then_some(due)
    }
}

impl OverflowSettings {
    fn compile(rule: &OverflowRule, names: &mut NameTables) -> OverflowSettings {
        let mut queue = |name: &QueueId| QueueNo(names.queues.intern(name) as u16);
        let (watched, floor) = (
            queue(&rule.queue),
            rule.floor.iter().map(|floor| (queue(&floor.queue), floor.limit.clone())).collect(),
        );
        let does = match &rule.action {
            OverflowAction::Relax(step) => OverflowDoes::Relax(*step),
            OverflowAction::Lend(lent) => {
                OverflowDoes::Lend { demands: numbered(&lent.skills, names), keep_own: lent.keep_own }
            }
            OverflowAction::Raise(points) => OverflowDoes::Raise(*points),
            OverflowAction::Move(target) => OverflowDoes::Move(queue(target)),
            OverflowAction::Propose(Proposal { channels, queue: target, timeout }) => {
                let target = queue(target);
                // One that the configuration does not know is proposed to nobody.
                let number = |channel: &ChannelId| names.channels.number(channel.as_str());
                let channels = channels.iter().filter_map(number).map(|number| ChannelNo(number as u8));
                let channels = channels.collect();
                OverflowDoes::Propose { channels, queue: target, timeout: *timeout }
            }
        };
        OverflowSettings { queue: watched, floor, cap: rule.cap, does }
    }
}

fn requirement(demands: &[SkillLevel]) -> Option<Requirement> {
    let mut requirement = Requirement::default();
    demands.iter().all(|demand| requirement.add(*demand)).then_some(requirement)
}

pub fn numbered(demands: &[SkillDemand], names: &mut NameTables) -> Vec<SkillLevel> {
    let number = |demand: &SkillDemand| SkillLevel {
        skill: SkillNo(names.skills.intern(&demand.skill) as u16),
        level: demand.level,
    };
    demands.iter().map(number).collect()
}

/// A configuration has no more than fit.
fn preference(preferred: Vec<SkillLevel>) -> Option<Arc<Requirement>> {
    let mut preference = Requirement::default();
    let all_fit = preferred.into_iter().all(|skill| preference.add(skill));
    (all_fit && !preference.as_slice().is_empty()).then(|| Arc::new(preference))
}

impl Settings {
    /// Gives numbers to names that are new.
    pub fn compile(hash: String, config: Arc<TenantConfig>, names: &mut NameTables) -> Settings {
        for skill in &config.skills {
            names.skills.intern(skill);
        }
        for site in &config.sites {
            names.sites.intern(site);
        }
        for channel in &config.channels {
            names.channels.intern(&channel.name);
        }
        for queue in &config.queues {
            names.queues.intern(&queue.name);
        }
        let mut settings = Settings {
            hash,
            config: Arc::clone(&config),
            lanes: ArrayVec::new(),
            has_bars: false,
            sparing: 0,
            interrupts: config.channels.iter().any(|channel| channel.interruptions.is_some()),
            throttles: config.slow_start.is_some() || config.ration.is_some(),
            interruptible: 0,
            channels: vec![None; names.channels.all().len()],
            queues: vec![None; names.queues.all().len()],
            skills: vec![false; names.skills.all().len()],
            sites: vec![false; names.sites.all().len()],
            calendars: config.calendars.iter().map(Calendar::compile).collect(),
            rules: Rules::compile(&config, names),
            overflow: config.overflow.iter().map(|rule| OverflowSettings::compile(rule, names)).collect(),
        };
        for skill in &config.skills {
            settings.skills[names.skills.intern(skill) as usize] = true;
        }
        for site in &config.sites {
            settings.sites[names.sites.intern(site) as usize] = true;
        }
        let mut keys: ArrayVec<LaneKey<'_>, LANES_MAX> = ArrayVec::new();
        for channel in &config.channels {
            let number = ChannelNo(names.channels.intern(&channel.name) as u8);
            let key = LaneKey::of(channel, &config.channels, config.reserve);
            let lane = keys.iter().position(|known| *known == key).unwrap_or_else(|| {
                settings.lanes.push(Lane {
                    cost: key.cost,
                    max: key.max,
                    channel: key.own.map(|_| number),
                    spares_reserve: key.spares_reserve,
                    bars: 0,
                });
                keys.push(key);
                keys.len() - 1
            });
            settings.channels[number.index()] = Some(ChannelSettings {
                kind: channel.kind,
                lane: lane as u8,
                cost: channel.cost,
                companion: channel.companion,
                steering: channel.steering,
                site: channel.site,
                interruptions: channel.interruptions.unwrap_or(0),
                bound_for: channel.bound_for,
                quiet: QuietSettings::compile(channel.kind, channel.quiet.as_ref(), &config, &names.channels),
            });
        }
        let channels = settings.channels.iter().flatten().filter(|channel| channel.interruptions > 0);
        settings.interruptible = channels.fold(0, |lanes, channel| lanes | 1 << channel.lane);
        settings.set_bars(&keys, names);
        let calendar = |name: &Option<CalendarId>| -> Option<CalendarAt> {
            let at = config.calendars.iter().position(|calendar| Some(&calendar.name) == name.as_ref())?;
            u16::try_from(at).ok().map(CalendarAt)
        };
        for queue in &config.queues {
            let number = names.queues.intern(&queue.name) as usize;
            let due = match (calendar(&queue.calendar), queue.due_business_days) {
                (None, _) => Due::In(queue.due_in),
                (Some(at), None) => Due::InOpenTime(at, queue.due_in),
                (Some(at), Some(days)) => Due::InBusinessDays(at, days),
            };
            let mut numbered = |demands: &[SkillDemand]| numbered(demands, names);
            let relax = queue.relax.iter().map(|step| Relaxation {
                after: step.after,
                demands: numbered(&step.skills),
                keep_own: step.keep_own,
            });
            let relax = relax.collect();
            let demands = numbered(&queue.skills);
            settings.queues[number] = Some(QueueSettings {
                requirement: requirement(&demands),
                demands,
                preference: preference(numbered(&queue.prefer)),
                person: queue.person,
                method: queue.method,
                points: queue.points,
                ageing_per_minute: queue.ageing_per_minute,
                due,
                offer_timeout: queue.offer_timeout,
                auto_accept: queue.auto_accept,
                wrap_up: queue.wrap_up,
                preferred_patience: queue.preferred_patience,
                retry_same_agent_after: queue.retry_same_agent_after,
                relax,
                room: queue.room,
                max_wait: queue.max_wait,
                handling_max: queue.handling_max,
                exit_to: queue.exit_to.as_ref().map(|name| QueueNo(names.queues.intern(name) as u16)),
                hours: calendar(&queue.hours),
                pressure: queue.pressure,
                answer_within: queue.service_level.within,
                foresee: queue.foresee,
                taking: queue.taking,
                schedule: queue.schedule,
            });
        }
        settings
    }

    /// Which lanes keep which others away from an agent.
    fn set_bars(&mut self, keys: &[LaneKey<'_>], names: &NameTables) {
        for (barred, key) in keys.iter().enumerate() {
            for name in &key.barred_by {
                let number = names.channels.number(name.as_str()).map(|number| ChannelNo(number as u8));
                let barring = self.lanes.iter_mut().find(|lane| lane.channel == number);
                barring.expect("a channel that keeps others away has a lane of its own").bars |= 1 << barred;
            }
        }
        let sparing = self.lanes.iter().enumerate().filter(|(_, lane)| lane.spares_reserve);
        self.sparing = sparing.map(|(at, _)| 1 << at).sum();
        self.has_bars = self.sparing != 0 || self.lanes.iter().any(|lane| lane.bars != 0);
    }

    pub fn channel(&self, channel: ChannelNo) -> Option<&ChannelSettings> {
        self.channels.get(channel.index())?.as_ref()
    }

    pub fn queue(&self, queue: QueueNo) -> Option<&QueueSettings> {
        self.queues.get(queue.index())?.as_ref()
    }

    /// The deadline of an indirect contact that brings none.
    pub fn due_at(&self, due: Due, arrived_at: Time) -> Time {
        match due {
            Due::In(length) => arrived_at + length,
            Due::InOpenTime(at, length) => self.calendar(at).open_time_after(arrived_at, length),
            Due::InBusinessDays(at, days) => self.calendar(at).business_days_after(arrived_at, days),
        }
    }

    pub fn calendar_mut(&mut self, at: CalendarAt) -> &mut Calendar {
        &mut self.calendars[usize::from(at.0)]
    }

    pub fn calendar(&self, at: CalendarAt) -> &Calendar {
        &self.calendars[usize::from(at.0)]
    }

    /// How many skills had a number when these settings came.
    pub fn skills_known(&self) -> usize {
        self.skills.len()
    }

    pub fn has_skill(&self, skill: SkillNo) -> bool {
        self.skills.get(skill.index()).copied().unwrap_or(false)
    }

    pub fn has_site(&self, site: SiteNo) -> bool {
        self.sites.get(site.index()).copied().unwrap_or(false)
    }
}
