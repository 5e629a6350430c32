//! Random configurations, roster entries and contacts of one tenant.
//!
//! The names come from small pools and a tenant keeps its style, so that contacts compete for the same agents
//! and the same few requirements come again and again.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::agent::AgentChannel;
use model::calendar::{CalendarConfig, Date, OpenRange, SpecialDay};
use model::config::{
    ChannelConfig, ChannelKind, CustomerMode, CustomersConfig, Method, POINTS_MAX, QueueConfig, QuietConfig,
    RelaxStep, RonaConfig, ScheduleConfig, ServiceLevel, SiteNeed, SkillDemand,
};
use model::contact::{ContactUpdate, Window};
use model::hand::Taking;
use model::overflow::{Bound, Floor, Lent, Limit, OverflowAction, OverflowRule, Proposal, Signal, Threshold};
use model::rule::{Among, Condition, Decimal, Rule, Test, When};
use model::{
    AgentId, AgentKind, AgentSpec, AuxReason, CalendarId, ChannelId, ContactBody, ContactId, CustomerRef,
    Level, MatterRef, Millis, QueueId, RuleName, SiteId, SkillId, TenantConfig, TenantId, Time,
};

use super::hand::taking;
use super::memory::Memory;
use super::ratios::ratios;
use super::rng::Rng;
use super::throttle;

const CALENDARS: usize = 2;

/// One tenant: what stays the same through its run, and what is known of it.
#[derive(Debug)]
pub struct World {
    pub name: TenantId,
    /// Channel names keep their kind for good.
    kinds: Vec<ChannelKind>,
    queues: usize,
    skills: usize,
    /// None for many.
    sites: usize,
    has_bars: bool,
    has_interruptions: bool,
    has_quiet: bool,
    /// At most three ageing rates.
    rates: Vec<u32>,
    /// Skill sets that agents share; empty when each agent has its own.
    skill_sets: Vec<Vec<SkillDemand>>,
    pub roster: usize,
    /// Large capacities and long queues, so that settling takes several slices.
    pub is_big: bool,
    has_short_times: bool,
    /// Where it is, and the minute of the day that the clock shows there when the run begins.
    zone: (&'static str, u16),
    has_rules: bool,
    has_overflow: bool,
    has_estimates: bool,
    foresees: bool,
    /// Agents take what waits in some queues.
    has_pulls: bool,
    /// The same text from one version to the next at times, so that rules stay as they were.
    overflow_kept: Vec<OverflowRule>,
    /// Above this many open contacts, contacts end more often than they come.
    pub open_contacts_aim: usize,
    pub version: u64,
    pub contacts_named: u64,
    pub memory: Memory,
}

impl World {
    pub fn new(rng: &mut Rng, number: usize, zones: &[(&'static str, u16)]) -> World {
        let is_big = rng.one_in(12);
        let skills = rng.one_of(&[1, 2, 4, 20]);
        let few_sets = if rng.percent(60) { rng.between(1, 4) } else { 0 };
        World {
            name: TenantId::new(&format!("tenant{number}")).expect("a generated name is an id"),
            kinds: (0..rng.between(1, 5))
                .map(|_| rng.one_of(&[ChannelKind::Live, ChannelKind::Indirect]))
                .collect(),
            queues: rng.between(1, 5) as usize,
            skills,
            sites: rng.one_of(&[0, 0, 1, 2, 3]),
            has_bars: rng.percent(40),
            has_interruptions: rng.percent(50),
            has_quiet: rng.percent(60),
            rates: (0..rng.between(1, 3)).map(|_| rng.one_of(&[1, 2, 7, 60, 6_000])).collect(),
            skill_sets: (0..few_sets).map(|_| demands(rng, skills, 4)).collect(),
            roster: if is_big { 40 } else { rng.one_of(&[2, 3, 5, 8, 14, 25, 40]) },
            is_big,
            has_short_times: rng.percent(50),
            zone: rng.one_of(zones),
            has_rules: rng.percent(60),
            has_overflow: rng.percent(60),
            has_estimates: rng.percent(50),
            foresees: rng.percent(50),
            has_pulls: rng.percent(50),
            overflow_kept: Vec::new(),
            open_contacts_aim: if is_big { 1_400 } else { rng.one_of(&[4, 4, 10, 10, 40, 40, 120, 300]) },
            version: 0,
            contacts_named: 0,
            memory: Memory::default(),
        }
    }

    pub fn config(&mut self, rng: &mut Rng) -> Arc<TenantConfig> {
        self.version += rng.between(1, 2);
        let skills = self.subset(rng, self.skills);
        let skill_names: Vec<SkillId> = skills.iter().map(|skill| skill_id(*skill)).collect();
        let channels = self.subset(rng, self.kinds.len());
        let queues = self.subset(rng, self.queues);
        let names: Vec<QueueId> = queues.iter().map(|queue| queue_id(*queue)).collect();
        let known = skill_names.clone();
        Arc::new(TenantConfig {
            version: self.version,
            channels: channels.into_iter().map(|channel| self.channel(rng, channel)).collect(),
            queues: (0..names.len()).map(|at| self.queue(rng, &names[at..], &skill_names)).collect(),
            skills: skill_names,
            sites: self.subset(rng, self.sites).into_iter().map(site_id).collect(),
            reserve: (self.has_bars && rng.percent(70)).then(|| rng.one_of(&[0, 1, 1, 2, 30])),
            aux_reasons: ["no_answer", "break", "meeting"].map(reason).to_vec(),
            rona: RonaConfig { retries: rng.between(0, 3) as u8, aux: reason("no_answer") },
            reconnect_window: if rng.one_in(8) { Millis::ZERO } else { self.span(rng, 20_000) },
            slow_start: throttle::slow_start(rng),
            ration: throttle::ration(rng),
            customers: customers(rng),
            calendars: (0..CALENDARS).map(|calendar| self.calendar(rng, calendar)).collect(),
            default_queue: if rng.percent(80) { rng.pick(&names).cloned() } else { None },
            rules: if self.has_rules { rules(rng, &names, self.kinds.len(), &known) } else { Vec::new() },
            ratios: ratios(rng, &names),
            overflow: if self.has_overflow { self.overflow(rng, &names, &known) } else { Vec::new() },
        })
    }

    /// Mostly all, sometimes without one or in another order.
    fn subset(&self, rng: &mut Rng, count: usize) -> Vec<usize> {
        let mut chosen: Vec<usize> = (0..count).collect();
        if count > 1 && rng.one_in(3) {
            chosen.remove(rng.below(count));
        }
        if rng.one_in(3) {
            chosen.reverse();
        }
        chosen
    }

    fn channel(&self, rng: &mut Rng, channel: usize) -> ChannelConfig {
        ChannelConfig {
            name: channel_id(channel),
            kind: self.kinds[channel],
            cost: if self.is_big { 1 } else { rng.between(1, 3) as u16 },
            max: if self.is_big || rng.percent(50) { None } else { Some(rng.between(1, 3) as u8) },
            companion: rng.one_in(5),
            steering: rng.between(0, 2) as u32,
            beside: (self.has_bars && rng.percent(40)).then(|| self.beside(rng, channel)),
            site: if self.sites > 0 && rng.one_in(5) { SiteNeed::Required } else { SiteNeed::Optional },
            interruptions: self.interruptions(rng, channel),
            quiet: self.quiet(rng, channel),
            bound_for: self.bound_for(rng, channel),
        }
    }

    fn bound_for(&self, rng: &mut Rng, channel: usize) -> Option<Millis> {
        let may_be = self.kinds[channel] == ChannelKind::Indirect;
        (may_be && rng.percent(50)).then(|| self.span(rng, 60_000))
    }

    /// Mostly to a channel that is indirect and there.
    fn quiet(&self, rng: &mut Rng, channel: usize) -> Option<QuietConfig> {
        if !self.has_quiet || self.kinds[channel] != ChannelKind::Live || rng.one_in(8) {
            return None;
        }
        let all = 0..self.kinds.len();
        let indirect: Vec<usize> = all.filter(|other| self.kinds[*other] == ChannelKind::Indirect).collect();
        let to = channel_id(rng.pick(&indirect).copied()?);
        Some(QuietConfig { to, ends: self.span(rng, 60_000) })
    }

    fn interruptions(&self, rng: &mut Rng, channel: usize) -> Option<u8> {
        let may_be = self.has_interruptions && self.kinds[channel] == ChannelKind::Indirect;
        (may_be && rng.percent(80)).then(|| rng.one_of(&[1, 2, 2, 100]))
    }

    /// Some of the others; it makes no difference which of them are configured.
    fn beside(&self, rng: &mut Rng, channel: usize) -> Vec<ChannelId> {
        let others = (0..self.kinds.len()).filter(|other| *other != channel);
        others.filter(|_| rng.one_in(3)).map(channel_id).collect()
    }

    /// The first of these; exits lead to those behind it, so never in a circle.
    fn queue(&self, rng: &mut Rng, names: &[QueueId], known: &[SkillId]) -> QueueConfig {
        let mut skills = if rng.percent(40) { demands(rng, self.skills, 2) } else { Vec::new() };
        skills.retain(|demand| known.contains(&demand.skill));
        QueueConfig {
            name: names[0].clone(),
            skills,
            prefer: preferred(rng, self.skills, known),
            person: rng.one_in(14),
            method: rng.one_of(&Method::ALL),
            points: points(rng),
            ageing_per_minute: rng.one_of(&self.rates),
            due_in: self.span(rng, 60_000),
            offer_timeout: self.span(rng, 10_000),
            auto_accept: rng.percent(20),
            wrap_up: if rng.percent(40) { self.span(rng, 8_000) } else { Millis::ZERO },
            preferred_patience: if rng.percent(70) { self.span(rng, 5_000) } else { Millis::ZERO },
            retry_same_agent_after: if rng.percent(80) { self.span(rng, 15_000) } else { Millis::ZERO },
            service_level: ServiceLevel { percent: 80, within: Millis(rng.one_of(&[500, 20_000])) },
            relax: if rng.percent(40) { self.relax(rng, known) } else { Vec::new() },
            room: rng.percent(25).then(|| rng.one_of(&[0, 1, 2, 3, 10, 50])),
            max_wait: rng.percent(30).then(|| self.span(rng, 20_000)),
            exit_to: if rng.percent(60) { rng.pick(&names[1..]).cloned() } else { None },
            // Now and then one that there is not.
            calendar: rng.percent(40).then(|| calendar_id(rng.below_or_past(CALENDARS, 40))),
            due_business_days: rng.one_in(4).then(|| rng.between(1, 3) as u16),
            hours: rng.percent(15).then(|| calendar_id(rng.below(CALENDARS))),
            pressure: rng.percent(50).then(|| self.span(rng, 60_000)),
            schedule: self.schedule(rng),
            estimate: self.has_estimates && rng.percent(60),
            foresee: self.foresees && rng.percent(70),
            taking: if self.has_pulls { taking(rng) } else { Taking::Offered },
            handling_max: rng.percent(40).then(|| self.span(rng, 20_000)),
        }
    }

    /// Mostly so little room that scheduled contacts have to be put off.
    fn schedule(&self, rng: &mut Rng) -> ScheduleConfig {
        ScheduleConfig {
            release: rng.one_of(&[0, 1, 1, 2, 3, 50]),
            retries: rng.one_of(&[0, 1, 3, 255]),
            retry_after: self.span(rng, 5_000),
        }
    }

    /// Opens and closes every few minutes around the time of day at which the run begins.
    fn calendar(&self, rng: &mut Rng, calendar: usize) -> CalendarConfig {
        let special = rng.one_in(3).then(|| SpecialDay {
            date: rng.one_of(&[Date::new(2025, 6, 16), Date::new(2025, 6, 17), Date::new(2026, 3, 29)]),
            open: if rng.percent(50) { Vec::new() } else { self.ranges(rng) },
        });
        CalendarConfig {
            name: calendar_id(calendar),
            zone: self.zone.0.to_owned(),
            week: std::array::from_fn(|_| if rng.one_in(8) { Vec::new() } else { self.ranges(rng) }),
            special: special.into_iter().collect(),
        }
    }

    fn ranges(&self, rng: &mut Rng) -> Vec<OpenRange> {
        let mut ranges = Vec::new();
        let mut minute = (self.zone.1 + 1_440 - rng.one_of(&[0, 1, 2, 5, 50, 60])) % 1_440;
        for _ in 0..rng.between(1, 12) {
            let to = minute + rng.one_of(&[1, 1, 2, 3, 5, 200]);
            if to > 1_440 {
                break;
            }
            ranges.push(OpenRange { from: minute, to });
            minute = to + rng.between(0, 3) as u16;
        }
        ranges
    }

    fn relax(&self, rng: &mut Rng, known: &[SkillId]) -> Vec<RelaxStep> {
        let mut after = Millis::ZERO;
        (0..rng.between(1, 3))
            .map(|_| {
                after = Millis(after.0 + self.span(rng, 8_000).0);
                let mut skills = if rng.percent(50) { demands(rng, self.skills, 2) } else { Vec::new() };
                skills.retain(|demand| known.contains(&demand.skill));
                RelaxStep { after, skills, keep_own: rng.percent(50) }
            })
            .collect()
    }

    /// Low thresholds, so that rules turn on and off often, and all of them compete for the same contacts.
    fn overflow(&mut self, rng: &mut Rng, queues: &[QueueId], known: &[SkillId]) -> Vec<OverflowRule> {
        let has_all = |rule: &OverflowRule| {
            let mut named = rule.limits().map(|(queue, _)| queue).chain(target(rule)).chain([&rule.queue]);
            named.all(|queue| queues.contains(queue))
                && lent(rule).iter().all(|have| known.contains(&have.skill))
        };
        let mut kept = std::mem::take(&mut self.overflow_kept);
        kept.retain(|rule| has_all(rule) && rng.percent(70));
        if rng.one_in(3) {
            kept.reverse();
        }
        for number in kept.len() as u64..rng.between(1, 6) {
            let rule = self.overflow_rule(rng, &format!("overflow{}-{number}", self.version), queues, known);
            kept.push(rule);
        }
        self.overflow_kept.clone_from(&kept);
        kept
    }

    fn overflow_rule(
        &self,
        rng: &mut Rng,
        name: &str,
        queues: &[QueueId],
        known: &[SkillId],
    ) -> OverflowRule {
        let queue = rng.pick(queues).expect("a configuration has queues").clone();
        let threshold = |rng: &mut Rng, is_when: bool| Threshold {
            limits: (0..rng.one_of(&[1, 1, 1, 2])).map(|_| self.limit(rng, is_when)).collect(),
            lasting: Millis(rng.one_of(&[0, 0, 1, 5_000, 7_000, 15_000])),
        };
        let mut floor = Vec::new();
        if rng.one_in(3) {
            let queue = rng.pick(queues).expect("a configuration has queues").clone();
            floor.push(Floor { queue, limit: self.limit(rng, false) });
        }
        let target = rng.pick(queues).filter(|target| **target != queue).cloned();
        let mut skills = if rng.percent(50) { demands(rng, self.skills, 2) } else { Vec::new() };
        skills.retain(|demand| known.contains(&demand.skill));
        let action = match (rng.below(8), target) {
            (5..8, _) => OverflowAction::Propose(self.proposal(rng, queues)),
            (0, _) => OverflowAction::Relax(rng.between(1, 3) as u8),
            (1, _) => OverflowAction::Raise(points(rng)),
            (2 | 3, Some(target)) => OverflowAction::Move(target),
            (_, _) => OverflowAction::Lend(Lent { skills, keep_own: rng.percent(50) }),
        };
        let cap = rng.one_of(&[1, 2, 5, 40, 256]);
        let (when, until) = (threshold(rng, true), threshold(rng, false));
        OverflowRule { name: named(name, 0, RuleName::new), queue, when, until, floor, cap, action }
    }

    /// `when` mostly asks for much that waits and few who could take it, `until` for the opposite.
    fn limit(&self, rng: &mut Rng, is_when: bool) -> Limit {
        let (signal, number, is_much_bad) = match rng.below(15) {
            0..3 => (Signal::Waiting, rng.one_of(&[0, 1, 2, 3, 5, 20]), true),
            3 => (Signal::Oldest, rng.one_of(&[1, 900, 6_000, 30_000]), true),
            4 => (Signal::Eligible, rng.one_of(&[0, 1, 2, 3, 5, 20]), false),
            5 => (Signal::ServiceLevel, rng.one_of(&[10, 50, 80, 99, 100]), false),
            6 => (Signal::EwtP50, rng.one_of(&[0, 1, 500, 5_000, 30_000]), true),
            7 => (Signal::EwtP90, rng.one_of(&[0, 1, 500, 5_000, 30_000]), true),
            // Now and then on a channel that there is not.
            8 | 9 => {
                let channel = channel_id(rng.below_or_past(self.kinds.len(), 20));
                (Signal::Free { channel }, rng.one_of(&[0, 0, 1, 1, 2, 5]), false)
            }
            12 | 13 => (Signal::Late, rng.one_of(&[0, 0, 1, 1, 2, 5]), true),
            10 | 11 => (Signal::Backlog, rng.one_of(&[0, 1, 200, 2_000, 10_000, 60_000]), true),
            _ => {
                let within = Millis(rng.one_of(&[0, 1_000, 30_000, 3_600_000]));
                (Signal::AtRisk { within }, rng.one_of(&[0, 1, 2, 5]), true)
            }
        };
        let asks_for_much = (is_when == is_much_bad) != rng.one_in(6);
        let bound = if asks_for_much { Bound::AtLeast(number) } else { Bound::AtMost(number) };
        Limit { signal, bound }
    }

    /// To its own queue at times, on another channel.
    fn proposal(&self, rng: &mut Rng, queues: &[QueueId]) -> Proposal {
        let channel = |rng: &mut Rng| channel_id(rng.below_or_past(self.kinds.len(), 20));
        Proposal {
            channels: (0..rng.between(1, 3)).map(|_| channel(rng)).collect(),
            queue: rng.pick(queues).expect("a configuration has queues").clone(),
            timeout: self.span(rng, 20_000),
        }
    }

    fn span(&self, rng: &mut Rng, up_to: u64) -> Millis {
        Millis(rng.between(1, if self.has_short_times { up_to / 20 } else { up_to }))
    }

    /// An entry for the agent with this place in the pool of names.
    pub fn agent_spec(&self, rng: &mut Rng, agent: usize) -> Arc<AgentSpec> {
        let mut skills = match rng.pick(&self.skill_sets) {
            Some(shared) => shared.clone(),
            None => demands(rng, self.skills, 6),
        };
        let config = self.memory.config.as_deref();
        if let Some(config) = config
            && !rng.one_in(30)
        {
            skills.retain(|demand| config.skills.contains(&demand.skill));
        }
        let mut channels = Vec::new();
        for channel in (0..self.kinds.len()).map(channel_id) {
            let settings = config.and_then(|config| config.channel(&channel));
            let is_unknown = config.is_some() && settings.is_none();
            if rng.one_in(6) || is_unknown && !rng.one_in(40) {
                continue;
            }
            let has_max = settings.is_some_and(|settings| settings.max.is_some());
            let replaces_max = has_max && rng.one_in(4) || rng.one_in(150);
            let max = replaces_max.then(|| rng.between(0, 3) as u8);
            channels.push(AgentChannel { channel, max });
        }
        Arc::new(AgentSpec {
            agent: agent_id(agent),
            channels,
            skills,
            capacity: match rng.below(60) {
                0 => 0,
                _ if self.is_big => rng.between(20, 30) as u16,
                1..30 => 1,
                _ => rng.between(1, 6) as u16,
            },
            rank: rng.between(0, 3) as u32,
            site: if rng.percent(80) { self.some_site(rng) } else { None },
            reserve: self.own_reserve(rng),
            kind: if rng.one_in(6) { AgentKind::Bot } else { AgentKind::Person },
        })
    }

    /// Mostly where the tenant has one.
    fn own_reserve(&self, rng: &mut Rng) -> Option<u16> {
        let has_reserve = self.memory.config.as_ref().is_some_and(|config| config.reserve.is_some());
        let says_one = if has_reserve { rng.one_in(3) } else { rng.one_in(200) };
        says_one.then(|| rng.one_of(&[0, 1, 2, 40]))
    }

    /// Mostly one in force, sometimes one that was, will be, or never is.
    fn some_site(&self, rng: &mut Rng) -> Option<SiteId> {
        if self.sites == 0 {
            return rng.one_in(300).then(|| site_id(0));
        }
        let in_force = self.memory.config.as_ref().map_or(&[][..], |config| config.sites.as_slice());
        let any = site_id(rng.below_or_past(self.sites, 10));
        Some(if rng.one_in(30) { any } else { rng.pick(in_force).cloned().unwrap_or(any) })
    }

    pub fn contact(&mut self, rng: &mut Rng, now: Time, keeps_away: bool) -> (Arc<ContactBody>, u64) {
        self.contacts_named += 1;
        let number = self.contacts_named;
        let preferred = match rng.below(12) {
            0..2 => Some(agent_id(rng.below(self.roster + 1))),
            // The favourite, so that the limit of those who wait for one agent alone is met.
            2..5 => Some(agent_id(0)),
            _ => None,
        };
        let excluded = match (keeps_away, rng.one_in(8)) {
            (true, _) => rng.between(6, 10),
            (false, true) => rng.between(1, 3),
            (false, false) => 0,
        };
        let first = rng.below(self.roster + 1);
        let body = ContactBody {
            contact: ContactId::new(&format!("c{number}")).expect("a generated name is an id"),
            channel: self.some_channel(rng),
            queue: if rng.one_in(6) { None } else { Some(self.some_queue(rng)) },
            customer: rng.percent(70).then(|| named("customer", rng.below(12), CustomerRef::new)),
            matter: rng.one_in(2).then(|| named("matter", rng.below(3), MatterRef::new)),
            skills: self.contact_skills(rng),
            site: if rng.percent(60) { self.some_site(rng) } else { None },
            points: if rng.percent(70) { 0 } else { points(rng) },
            due_at: rng.one_in(3).then(|| around(rng, now, 60_000)),
            arrived_at: rng.one_in(4).then(|| around(rng, now, 30_000)),
            preferred_agent: preferred,
            preferred_patience: rng.one_in(4).then(|| Millis(rng.one_of(&[0, 1, 800, 4_000]))),
            excluded_agents: (0..excluded as usize)
                .map(|k| agent_id((first + k) % (self.roster + 1)))
                .collect(),
            attributes: attributes(rng),
            window: rng.one_in(5).then(|| Box::new(window(rng, now))),
            reachable: (0..rng.one_of(&[0, 0, 1, 2, 4])).map(|_| self.some_channel(rng)).collect(),
            traceparent: None,
            person: rng.one_in(12),
            classified: None,
            consult: None,
        };
        (Arc::new(body), number)
    }

    pub fn contact_skills(&self, rng: &mut Rng) -> Vec<SkillDemand> {
        match rng.below(400) {
            0 => (0..17).map(|skill| demand(rng, skill)).collect(),
            1..160 => Vec::new(),
            _ => self.few_skills(rng),
        }
    }

    /// One or two of the first skills, at few levels: requirements should repeat.
    fn few_skills(&self, rng: &mut Rng) -> Vec<SkillDemand> {
        let mut skills: Vec<SkillDemand> = (0..rng.between(1, 2))
            .map(|_| {
                let skill = rng.below(self.skills.min(3));
                demand_of(skill, rng.one_of(&[1, 1, 1, 2, 5]))
            })
            .collect();
        if let Some(config) = &self.memory.config
            && !rng.one_in(30)
        {
            skills.retain(|demand| config.skills.contains(&demand.skill));
        }
        skills
    }

    /// Mostly one in force, sometimes one that was, will be, or never is.
    pub fn some_queue(&self, rng: &mut Rng) -> QueueId {
        let in_force = self.memory.config.as_ref().map_or(&[][..], |config| config.queues.as_slice());
        let any = queue_id(rng.below_or_past(self.queues, 10));
        if rng.one_in(30) { any } else { rng.pick(in_force).map_or(any, |queue| queue.name.clone()) }
    }

    pub fn some_channel(&self, rng: &mut Rng) -> ChannelId {
        let in_force = self.memory.config.as_ref().map_or(&[][..], |config| config.channels.as_slice());
        let any = channel_id(rng.below_or_past(self.kinds.len(), 10));
        if rng.one_in(30) { any } else { rng.pick(in_force).map_or(any, |channel| channel.name.clone()) }
    }
}

pub fn agent_id(agent: usize) -> AgentId {
    AgentId::new(&format!("agent{agent}")).expect("a generated name is an id")
}

pub fn reason(name: &str) -> AuxReason {
    AuxReason::new(name).expect("a generated name is an id")
}

fn channel_id(channel: usize) -> ChannelId {
    ChannelId::new(&format!("channel{channel}")).expect("a generated name is an id")
}

/// Small, so that contacts are forgotten and agents come too late; and large.
fn customers(rng: &mut Rng) -> CustomersConfig {
    CustomersConfig {
        mode: if rng.one_in(3) { CustomerMode::Multichannel } else { CustomerMode::Omnichannel },
        remember: Millis(rng.one_of(&[0, 700, 8_000, 3_600_000])),
        remember_max: rng.one_of(&[0, 3, 40, 100_000]) as u32,
        last_agent_within: Millis(rng.one_of(&[0, 900, 20_000, 86_400_000])),
        together_patience: Millis(rng.one_of(&[0, 1, 800, 6_000])),
    }
}

fn named<T>(what: &str, number: usize, id: impl Fn(&str) -> Result<T, model::IdError>) -> T {
    id(&format!("{what}-{number}")).expect("a generated name is an id")
}

fn calendar_id(calendar: usize) -> CalendarId {
    CalendarId::new(&format!("calendar{calendar}")).expect("a generated name is an id")
}

fn queue_id(queue: usize) -> QueueId {
    QueueId::new(&format!("queue{queue}")).expect("a generated name is an id")
}

fn skill_id(skill: usize) -> SkillId {
    SkillId::new(&format!("skill{skill}")).expect("a generated name is an id")
}

fn site_id(site: usize) -> SiteId {
    SiteId::new(&format!("site{site}")).expect("a generated name is an id")
}

fn demand_of(skill: usize, level: u8) -> SkillDemand {
    SkillDemand { skill: skill_id(skill), level: Level::new(level).expect("levels are 1 to 10") }
}

fn demand(rng: &mut Rng, skill: usize) -> SkillDemand {
    demand_of(skill, rng.one_of(&[1, 1, 2, 5, 10]))
}

/// Each skill at most once, except now and then.
fn demands(rng: &mut Rng, skills: usize, most: usize) -> Vec<SkillDemand> {
    let mut chosen: Vec<SkillDemand> = Vec::new();
    for _ in 0..rng.below(most + 1) {
        let skill = rng.below(skills);
        let next = demand(rng, skill);
        if rng.one_in(100) || chosen.iter().all(|have| have.skill != next.skill) {
            chosen.push(next);
        }
    }
    chosen
}

/// None of most queues.
fn preferred(rng: &mut Rng, skills: usize, known: &[SkillId]) -> Vec<SkillDemand> {
    let mut preferred = if rng.percent(40) { demands(rng, skills, 8) } else { Vec::new() };
    preferred.retain(|demand| known.contains(&demand.skill));
    preferred
}

fn points(rng: &mut Rng) -> i32 {
    match rng.below(40) {
        0 => i32::MAX,
        1 => i32::MIN,
        2 => POINTS_MAX,
        3 => -POINTS_MAX,
        _ => rng.between(0, 6) as i32 - 3,
    }
}

const VALUES: [&str; 8] = ["gold", "silver", "goldfish", "1000", "999.5", "-3", "01000.0", ""];

fn attribute_name(rng: &mut Rng) -> String {
    rng.one_of(&["a", "b", "c", "d"]).to_owned()
}

fn customer(rng: &mut Rng) -> CustomerRef {
    CustomerRef::new(rng.one_of(&["gold", "k-1", "1000"])).expect("a generated name is an id")
}

fn attributes(rng: &mut Rng) -> BTreeMap<String, String> {
    let count = if rng.percent(50) { 0 } else { rng.below(4) };
    (0..count).map(|_| (attribute_name(rng), rng.one_of(&VALUES).to_owned())).collect()
}

/// One in a hundred is more than a contact may have.
pub fn update(rng: &mut Rng) -> ContactUpdate {
    let customer = rng.one_in(8).then(|| customer(rng));
    let value = |rng: &mut Rng| rng.percent(70).then(|| rng.one_of(&VALUES).to_owned());
    let mut attributes: BTreeMap<String, Option<String>> =
        (0..rng.below(3)).map(|_| (attribute_name(rng), value(rng))).collect();
    match rng.below(200) {
        0 => attributes.extend((0..62).map(|at| (format!("more-{at}"), Some("1".to_owned())))),
        1 => attributes.extend((0..62).map(|at| (format!("more-{at}"), None))),
        2 => attributes.extend((0..16).map(|at| (format!("long-{at}"), Some("x".repeat(1_020))))),
        _ => {}
    }
    ContactUpdate { customer, person: rng.one_in(5), attributes }
}

pub fn said_on_transfer(rng: &mut Rng) -> ContactUpdate {
    ContactUpdate { customer: None, person: false, ..update(rng) }
}

fn target(rule: &OverflowRule) -> Option<&QueueId> {
    match &rule.action {
        OverflowAction::Move(target) => Some(target),
        OverflowAction::Propose(proposal) => Some(&proposal.queue),
        OverflowAction::Relax(_) | OverflowAction::Lend(_) | OverflowAction::Raise(_) => None,
    }
}

fn lent(rule: &OverflowRule) -> &[SkillDemand] {
    match &rule.action {
        OverflowAction::Lend(lent) => &lent.skills,
        OverflowAction::Relax(_)
        | OverflowAction::Raise(_)
        | OverflowAction::Move(_)
        | OverflowAction::Propose(_) => &[],
    }
}

/// A few, so that each decides at times.
fn rules(rng: &mut Rng, queues: &[QueueId], channels: usize, skills: &[SkillId]) -> Vec<Rule> {
    (0..rng.below(6))
        .map(|number| {
            let conditions = (0..rng.below(4)).map(|_| condition(rng, queues, channels)).collect();
            let demand =
                rng.pick(skills).map(|skill| SkillDemand { skill: skill.clone(), level: Level::MIN });
            Rule {
                name: RuleName::new(&format!("rule{number}")).expect("a generated name is an id"),
                when: if rng.percent(60) { When::All(conditions) } else { When::Any(conditions) },
                queue: if rng.percent(60) { rng.pick(queues).cloned() } else { None },
                points: if rng.percent(40) { points(rng) } else { 0 },
                skills: if rng.one_in(3) { demand.into_iter().collect() } else { Vec::new() },
                person: rng.one_in(6),
            }
        })
        .collect()
}

fn condition(rng: &mut Rng, queues: &[QueueId], channels: usize) -> Condition {
    let not = rng.one_in(3);
    match rng.below(8) {
        0 => Condition::Channel(Among { not, names: vec![channel_id(rng.below(channels))] }),
        1 => Condition::Queue(Among { not, names: rng.pick(queues).cloned().into_iter().collect() }),
        2 => Condition::QueueNamed(not),
        3 => Condition::Customer(test(rng, not)),
        _ => Condition::Attribute { name: attribute_name(rng), test: test(rng, not) },
    }
}

fn test(rng: &mut Rng, not: bool) -> Test {
    let number =
        |rng: &mut Rng| Decimal::parse(rng.one_of(&["1000", "999.5", "0", "-3.0"])).expect("a number");
    match rng.below(8) {
        0 => Test::AtLeast(number(rng)),
        1 => Test::AtMost(number(rng)),
        2 => Test::StartsWith(rng.one_of(&["gold", "1", "x"]).to_owned()),
        3 => Test::Contains(rng.one_of(&["old", "0", "x"]).to_owned()),
        4 => Test::Exists(not),
        _ => {
            let names = (0..rng.between(1, 3)).map(|_| rng.one_of(&VALUES).to_owned()).collect();
            Test::Among(Among { not, names })
        }
    }
}

/// Now and then one that says nothing, or ends before it begins.
fn window(rng: &mut Rng, now: Time) -> Window {
    Window {
        not_before: rng.percent(80).then(|| around(rng, now, 4_000)),
        not_after: rng.percent(50).then(|| around(rng, now, 8_000) + Millis(rng.between(0, 20_000))),
    }
}

/// Mostly near, on whole seconds now and then so that ties occur, rarely far away.
fn around(rng: &mut Rng, now: Time, spread: u64) -> Time {
    match rng.below(20) {
        0 => Time(0),
        1 => now + Millis(100 * spread),
        2..8 => Time(now.0 / 1_000 * 1_000),
        _ => Time((now.0 + rng.between(0, 2 * spread)).saturating_sub(spread)),
    }
}
