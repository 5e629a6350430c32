//! The synthetic tenant of the benchmarks: many agents, many skills, many distinct requirements.
//!
//! Sizes and shares follow what makes routing hard: skills of very different popularity, agents who are all different,
//! requirements that anything from one agent to a third of all can meet. A requirement's share of the traffic is the number of
//! agents who meet it, because scarce requirements with much traffic only pile up without bound and measure nothing.
//! Bodies are built once; drawing a contact clones one and names it.

use std::collections::BTreeSet;

use model::agent::AgentChannel;
use model::config::{
    ChannelConfig, ChannelKind, CustomersConfig, Method, QueueConfig, RonaConfig, SiteNeed, SkillDemand,
    TenantConfig,
};
use model::id::{AgentId, AuxReason, ChannelId, ContactId, QueueId, SkillId};
use model::skill::Level;
use model::time::{Millis, Time};
use model::{AgentKind, AgentSpec, ContactBody};

use crate::day::known;
use crate::distribution::Weighted;
use crate::everything;
use crate::rng::Rng;

const CHANNELS: [(&str, ChannelKind, u16); 4] = [
    ("voice", ChannelKind::Live, 100),
    ("chat", ChannelKind::Live, 33),
    ("email", ChannelKind::Indirect, 50),
    ("task", ChannelKind::Indirect, 100),
];
const CAPACITY: u16 = 100;
const CHANNEL_PERMILLE: u16 = 700;
const QUEUE: &str = "main";
/// One point per second of waiting; a priority level is a minute's head start.
const AGEING_PER_MINUTE: u32 = 60;
const POINTS_PER_PRIORITY: i32 = 60;
const PRIORITIES: u64 = 10;
/// Deadlines of indirect work lie one to this many hours ahead.
const DUE_HOURS_MAX: u64 = 48;
/// Drawing distinct requirements gives up after this many tries for each, and takes what comes.
const TRIES_PER_PROFILE: usize = 50;

#[derive(Debug, Clone, PartialEq)]
pub struct WorldOptions {
    pub agents: usize,
    pub skills: usize,
    pub profiles: usize,
    /// Popularity of skills: the k-th has weight k^-this.
    pub skill_exponent: f64,
    /// Agents share this many sets of skills; 0: every agent has its own.
    pub templates: usize,
    pub shape: Shape,
    pub method: Method,
    /// Whether everything is configured that a tenant can; the traffic uses none of it.
    pub everything: bool,
    pub seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// 3 to 12 skills per agent at any level; requirements of 1 to 3.
    Mixed,
    /// All have one skill at one level, and it is all that is asked for: every agent is as good as any other.
    OneTier,
    /// All have all skills at level 9 or 10: everyone can take everything.
    Generalists,
}

impl Default for WorldOptions {
    fn default() -> WorldOptions {
        WorldOptions {
            agents: 10_000,
            skills: 200,
            profiles: 500,
            skill_exponent: 0.6,
            templates: 0,
            shape: Shape::Mixed,
            method: Method::BestSkill,
            everything: false,
            seed: 1,
        }
    }
}

/// A skill by its place in the world, and a level of 1 to 10.
type Skill = (usize, u8);

#[derive(Debug)]
pub struct World {
    options: WorldOptions,
    skills: Vec<SkillId>,
    agents: Vec<Vec<Skill>>,
    /// Bit per channel.
    agent_channels: Vec<u8>,
    profiles: Vec<Vec<Skill>>,
    /// Agents who meet each profile.
    qualified: Vec<u64>,
    shares: Weighted,
    /// Per profile, then per channel; without a name.
    bodies: Vec<ContactBody>,
    traffic: Rng,
}

/// What a contact asks for: it can be drawn again in kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    pub profile: usize,
    pub channel: usize,
}

impl World {
    /// Everything in the options is at least 1, but for `templates`.
    pub fn new(options: WorldOptions) -> World {
        let mut rng = Rng::stream(options.seed, "world", 0);
        let skills: Vec<SkillId> =
            (0..options.skills).map(|skill| known(&format!("skill-{skill:04}"), SkillId::new)).collect();
        let agents = draw_agents(&options, &mut rng);
        let agent_channels = agents.iter().map(|_| draw_channels(&mut rng)).collect();
        let profiles = draw_profiles(&options, &agents, &mut rng);
        let qualified = count_qualified(options.skills, &agents, &profiles);
        World {
            shares: Weighted::new(&qualified).expect("each profile is part of what some agent can do"),
            bodies: profiles.iter().flat_map(|profile| bodies(profile, &skills)).collect(),
            traffic: Rng::stream(options.seed, "traffic", 0),
            skills,
            agents,
            agent_channels,
            profiles,
            qualified,
            options,
        }
    }

    pub fn config(&self) -> TenantConfig {
        let reason = known("no_answer", AuxReason::new);
        let mut config = TenantConfig {
            version: 1,
            channels: CHANNELS
                .map(|(name, kind, cost)| ChannelConfig {
                    name: known(name, ChannelId::new),
                    kind,
                    cost,
                    max: None,
                    companion: false,
                    steering: 0,
                    site: SiteNeed::Optional,
                    beside: None,
                    interruptions: None,
                    bound_for: None,
                    quiet: None,
                })
                .to_vec(),
            skills: self.skills.clone(),
            sites: Vec::new(),
            reserve: None,
            queues: vec![queue(self.options.method)],
            aux_reasons: vec![reason.clone()],
            rona: RonaConfig { retries: 2, aux: reason },
            reconnect_window: Millis::from_seconds(60),
            slow_start: None,
            ration: None,
            customers: CustomersConfig::default(),
            calendars: Vec::new(),
            default_queue: None,
            rules: Vec::new(),
            overflow: Vec::new(),
            ratios: Vec::new(),
        };
        if self.options.everything {
            everything::configure(&mut config);
        }
        config
    }

    pub fn roster(&self) -> Vec<AgentSpec> {
        let agents = self.agents.iter().zip(&self.agent_channels).enumerate();
        let mut roster: Vec<AgentSpec> = agents
            .map(|(at, (skills, channels))| AgentSpec {
                agent: known(&format!("agent-{at:06}"), AgentId::new),
                skills: demands(skills, &self.skills),
                channels: allowed(*channels),
                capacity: CAPACITY,
                rank: at as u32,
                site: None,
                reserve: None,
                kind: AgentKind::Person,
            })
            .collect();
        if self.options.everything {
            roster.iter_mut().for_each(everything::equip);
        }
        roster
    }

    /// How many agents meet each profile.
    pub fn qualified(&self) -> &[u64] {
        &self.qualified
    }

    pub fn profiles(&self) -> usize {
        self.profiles.len()
    }

    /// What the next contact asks for.
    pub fn draw(&mut self) -> Wanted {
        let profile = self.shares.draw(&mut self.traffic);
        Wanted { profile, channel: self.traffic.below(CHANNELS.len() as u64) as usize }
    }

    /// The next contact.
    pub fn contact(&mut self, contact: ContactId, now: Time) -> ContactBody {
        let wanted = self.draw();
        self.contact_of(wanted, contact, now)
    }

    /// A contact of that kind, with its own priority or deadline.
    pub fn contact_of(&mut self, wanted: Wanted, contact: ContactId, now: Time) -> ContactBody {
        let mut body = self.bodies[wanted.profile * CHANNELS.len() + wanted.channel].clone();
        body.contact = contact;
        match CHANNELS[wanted.channel].1 {
            ChannelKind::Live => body.points = self.traffic.below(PRIORITIES) as i32 * POINTS_PER_PRIORITY,
            ChannelKind::Indirect => {
                let hours = 1 + self.traffic.below(DUE_HOURS_MAX);
                body.due_at = Some(now + Millis(hours * Millis::HOUR.0));
            }
        }
        body
    }
}

fn draw_agents(options: &WorldOptions, rng: &mut Rng) -> Vec<Vec<Skill>> {
    let popularity = Weighted::zipf(options.skills, options.skill_exponent).expect("there is a skill");
    let templates: Vec<Vec<Skill>> =
        (0..options.templates).map(|_| draw_skills(options.skills, &popularity, rng)).collect();
    let mut one = || match options.shape {
        Shape::Generalists => (0..options.skills).map(|skill| (skill, 9 + rng.below(2) as u8)).collect(),
        Shape::OneTier => {
            let mut skills = draw_skills(options.skills, &popularity, rng);
            skills.retain(|skill| skill.0 != 0);
            skills.insert(0, (0, 5));
            skills
        }
        Shape::Mixed if templates.is_empty() => draw_skills(options.skills, &popularity, rng),
        Shape::Mixed => templates[rng.below(templates.len() as u64) as usize].clone(),
    };
    (0..options.agents).map(|_| one()).collect()
}

/// 3 to 12 distinct skills, or all there are, sorted.
fn draw_skills(skills: usize, popularity: &Weighted, rng: &mut Rng) -> Vec<Skill> {
    let count = (3 + rng.below(10) as usize).min(skills);
    let mut drawn: Vec<Skill> = Vec::with_capacity(count);
    while drawn.len() < count {
        let skill = popularity.draw(rng);
        if drawn.iter().all(|have| have.0 != skill) {
            drawn.push((skill, 1 + rng.below(10) as u8));
        }
    }
    drawn.sort_unstable();
    drawn
}

/// At least one, each as often as any other.
fn draw_channels(rng: &mut Rng) -> u8 {
    loop {
        let channels = (0..CHANNELS.len())
            .fold(0, |channels, at| channels | u8::from(rng.permille(CHANNEL_PERMILLE)) << at);
        if channels != 0 {
            return channels;
        }
    }
}

fn draw_profiles(options: &WorldOptions, agents: &[Vec<Skill>], rng: &mut Rng) -> Vec<Vec<Skill>> {
    let mut seen = BTreeSet::new();
    let mut profiles = Vec::with_capacity(options.profiles);
    let mut tries = 0;
    while profiles.len() < options.profiles {
        let profile = match options.shape {
            Shape::Mixed => draw_profile(agents, rng),
            Shape::OneTier => vec![(0, 1 + (profiles.len() % 5) as u8)],
            // Level 9 is what all have.
            Shape::Generalists => {
                draw_profile(agents, rng).into_iter().map(|(skill, level)| (skill, level.min(9))).collect()
            }
        };
        tries += 1;
        if seen.insert(profile.clone()) || tries > options.profiles * TRIES_PER_PROFILE {
            profiles.push(profile);
        }
    }
    profiles
}

/// A part of what one agent can do, at its levels or lower: somebody meets it.
fn draw_profile(agents: &[Vec<Skill>], rng: &mut Rng) -> Vec<Skill> {
    let agent = &agents[rng.below(agents.len() as u64) as usize];
    let count = (1 + rng.below(3) as usize).min(agent.len());
    let mut profile: Vec<Skill> = Vec::with_capacity(count);
    while profile.len() < count {
        let (skill, level) = agent[rng.below(agent.len() as u64) as usize];
        if profile.iter().all(|have| have.0 != skill) {
            profile.push((skill, 1 + rng.below(u64::from(level)) as u8));
        }
    }
    profile.sort_unstable();
    profile
}

/// By the rarest skill of each profile, so that few agents are looked at for each.
fn count_qualified(skills: usize, agents: &[Vec<Skill>], profiles: &[Vec<Skill>]) -> Vec<u64> {
    let mut having: Vec<Vec<usize>> = vec![Vec::new(); skills];
    for (agent, own) in agents.iter().enumerate() {
        own.iter().for_each(|skill| having[skill.0].push(agent));
    }
    let count = |profile: &Vec<Skill>| {
        let rarest = profile.iter().map(|skill| &having[skill.0]).min_by_key(|having| having.len());
        let candidates = rarest.into_iter().flatten();
        candidates.filter(|agent| meets(&agents[**agent], profile)).count() as u64
    };
    profiles.iter().map(count).collect()
}

fn meets(agent: &[Skill], profile: &[Skill]) -> bool {
    profile.iter().all(|(skill, level)| {
        agent.binary_search_by_key(skill, |have| have.0).is_ok_and(|at| agent[at].1 >= *level)
    })
}

fn bodies(profile: &[Skill], skills: &[SkillId]) -> [ContactBody; CHANNELS.len()] {
    CHANNELS.map(|(channel, _, _)| ContactBody {
        contact: known("unnamed", ContactId::new),
        channel: known(channel, ChannelId::new),
        queue: Some(known(QUEUE, QueueId::new)),
        customer: None,
        matter: None,
        skills: demands(profile, skills),
        site: None,
        person: false,
        points: 0,
        due_at: None,
        arrived_at: None,
        preferred_agent: None,
        preferred_patience: None,
        excluded_agents: Vec::new(),
        attributes: Default::default(),
        window: None,
        reachable: Vec::new(),
        traceparent: None,
        classified: None,
        consult: None,
    })
}

fn queue(method: Method) -> QueueConfig {
    QueueConfig {
        method,
        ageing_per_minute: AGEING_PER_MINUTE,
        retry_same_agent_after: Millis::from_seconds(30),
        ..QueueConfig::new(known(QUEUE, QueueId::new))
    }
}

fn demands(skills: &[Skill], names: &[SkillId]) -> Vec<SkillDemand> {
    let demand = |(skill, level): &Skill| SkillDemand {
        skill: names[*skill].clone(),
        level: Level::new(*level).expect("levels are drawn from 1 to 10"),
    };
    skills.iter().map(demand).collect()
}

fn allowed(channels: u8) -> Vec<AgentChannel> {
    let has = |at: &usize| channels & 1 << at != 0;
    let channel = |at: usize| AgentChannel { channel: known(CHANNELS[at].0, ChannelId::new), max: None };
    (0..CHANNELS.len()).filter(has).map(channel).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small(shape: Shape) -> WorldOptions {
        WorldOptions { agents: 400, skills: 30, profiles: 60, shape, ..WorldOptions::default() }
    }

    fn contacts(world: &mut World, count: usize) -> Vec<ContactBody> {
        let name = |at| known(&format!("c{at}"), ContactId::new);
        (0..count).map(|at| world.contact(name(at), Time(1_000_000))).collect()
    }

    #[test]
    fn a_seed_is_a_world() {
        let (mut one, mut two) = (World::new(small(Shape::Mixed)), World::new(small(Shape::Mixed)));
        assert_eq!((one.config(), one.roster()), (two.config(), two.roster()));
        assert_eq!(contacts(&mut one, 500), contacts(&mut two, 500));
        let other = World::new(WorldOptions { seed: 2, ..small(Shape::Mixed) });
        assert_ne!(one.roster(), other.roster());
    }

    #[test]
    fn everything_asked_for_can_be_done() {
        for shape in [Shape::Mixed, Shape::OneTier, Shape::Generalists] {
            let world = World::new(small(shape));
            assert!(world.qualified().iter().all(|agents| *agents > 0), "{shape:?}");
            let plain = |profile: &Vec<Skill>| {
                world.agents.iter().filter(|agent| meets(agent, profile)).count() as u64
            };
            assert_eq!(world.qualified, world.profiles.iter().map(plain).collect::<Vec<_>>(), "{shape:?}");
            assert!(world.roster().iter().all(|agent| !agent.channels.is_empty()));
        }
    }

    #[test]
    fn shapes_are_what_they_say() {
        for shape in [Shape::OneTier, Shape::Generalists] {
            let world = World::new(small(shape));
            assert!(world.qualified().iter().all(|agents| *agents == 400), "{shape:?}: all take all");
        }
        let shared = World::new(WorldOptions { templates: 7, ..small(Shape::Mixed) });
        let sets: BTreeSet<&Vec<Skill>> = shared.agents.iter().collect();
        assert!(sets.len() <= 7);
    }

    #[test]
    fn traffic_follows_the_staffing() {
        let mut world = World::new(small(Shape::Mixed));
        let busiest = (0..world.profiles()).max_by_key(|at| world.qualified[*at]).expect("a profile");
        let total: u64 = world.qualified.iter().sum();
        let expected = 20_000.0 * world.qualified[busiest] as f64 / total as f64;
        let drawn = (0..20_000).filter(|_| world.draw().profile == busiest).count();
        assert!((drawn as f64 - expected).abs() < 5.0 * expected.sqrt(), "{drawn} is far from {expected}");
    }

    #[test]
    fn live_work_has_points_and_indirect_work_a_deadline() {
        let mut world = World::new(small(Shape::Mixed));
        for body in contacts(&mut world, 200) {
            let is_indirect = ["email", "task"].contains(&body.channel.as_str());
            assert_eq!(body.due_at.is_some(), is_indirect);
            assert!((0..=540).contains(&body.points) && (!is_indirect || body.points == 0));
        }
    }
}
