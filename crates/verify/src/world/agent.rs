//! The roster, sessions and presence.

use model::agent::{AgentSpec, Presence};
use model::transition::PresenceCause;
use model::{AgentId, AgentKind, AgentNo, ChannelNo, ContactNo, Millis, SiteNo, SkillLevel, SkillNo, Time};

use super::Step;
use super::tenant::Tenant;
use crate::keys::{Cause, key};
use crate::report::Invariant;
use crate::told::{Kind, Told, cause_name, presence_name};

#[derive(Debug, Clone)]
pub(crate) struct Agent {
    pub id: AgentId,
    pub is_removed: bool,
    pub capacity: u16,
    /// In place of the tenant's.
    pub reserve: Option<u16>,
    /// Sorted by skill.
    pub skills: Vec<SkillLevel>,
    /// With the agent's own maximum.
    pub channels: Vec<(ChannelNo, Option<u8>)>,
    pub site: Option<SiteNo>,
    pub is_bot: bool,
    pub presence: Presence,
    session: u64,
    counter: u64,
    /// How many contacts of each channel are in its hands: offered, active or in wrap-up.
    pub held: Vec<(ChannelNo, u32)>,
    /// Those of them that are offered.
    pub offered: u32,
    /// Those of them that are active.
    pub active: Vec<ContactNo>,
    /// What it has beside them: interrupted or kept over a sign-out, and nothing of its capacity.
    pub parked: Vec<ContactNo>,
    /// It looked past as many contacts as it may, since it last came.
    pub gave_up: bool,
    /// When it last came, or what it holds or can do last changed.
    pub changed_at: Time,
}

impl Agent {
    fn new(id: AgentId) -> Agent {
        Agent {
            id,
            is_removed: false,
            capacity: 0,
            reserve: None,
            skills: Vec::new(),
            channels: Vec::new(),
            site: None,
            is_bot: false,
            presence: Presence::SignedOut,
            session: 0,
            counter: 0,
            held: Vec::new(),
            offered: 0,
            active: Vec::new(),
            parked: Vec::new(),
            gave_up: false,
            changed_at: Time(0),
        }
    }

    pub fn hold(&mut self, channel: ChannelNo) {
        match self.held.iter_mut().find(|(held, _)| *held == channel) {
            Some((_, count)) => *count += 1,
            None => self.held.push((channel, 1)),
        }
    }

    pub fn let_go(&mut self, channel: ChannelNo) {
        if let Some((_, count)) = self.held.iter_mut().find(|(held, _)| *held == channel) {
            *count = count.saturating_sub(1);
        }
    }

    pub fn holds(&self) -> u32 {
        self.held.iter().map(|(_, count)| count).sum()
    }
}

impl Tenant {
    pub(super) fn put_agent(&mut self, number: AgentNo, spec: &AgentSpec, step: &mut Step<'_>) -> Told {
        let name = &spec.agent;
        let cause = Cause::Put { tenant: self.name.as_str(), entry: &format!("{spec:?}") };
        step.trace(cause, || format!("roster entry of {name}"));
        let known = self.roster.get(name).copied();
        if known.unwrap_or(AgentNo(self.agents.len() as u32)) != number {
            step.broken(
                Invariant::Lifecycle,
                format!("agent {name} gets number {number}, which is not its own"),
            );
        } else {
            if known.is_none() {
                self.agents.push(Agent::new(name.clone()));
                self.roster.insert(name.clone(), number);
            }
            self.enrol(number, spec);
        }
        Told { agent: key(name.as_str()), ..Told::new(Kind::AgentPut, self.key) }
    }

    fn enrol(&mut self, number: AgentNo, spec: &AgentSpec) {
        let skills = spec.skills.iter().filter_map(|have| {
            let skill = self.skills.number(have.skill.as_str())?;
            Some(SkillLevel { skill: SkillNo(u16::try_from(skill).ok()?), level: have.level })
        });
        let mut skills: Vec<SkillLevel> = skills.collect();
        skills.sort_unstable();
        let channels = spec.channels.iter().filter_map(|entry| {
            let channel = self.channels.number(entry.channel.as_str())?;
            Some((ChannelNo(u8::try_from(channel).ok()?), entry.max))
        });
        let channels = channels.collect();
        let site = spec.site.as_ref().and_then(|site| self.site_number(site));
        self.enrolled_at = self.now;
        let agent = &mut self.agents[number.index()];
        agent.is_removed = false;
        (agent.capacity, agent.reserve) = (spec.capacity, spec.reserve);
        agent.skills = skills;
        agent.channels = channels;
        (agent.site, agent.is_bot) = (site, spec.kind == AgentKind::Bot);
        agent.changed_at = self.now;
    }

    pub(super) fn remove_agent(&mut self, number: AgentNo, step: &mut Step<'_>) -> Option<Told> {
        self.known_agent(number, step)?;
        let agent = &mut self.agents[number.index()];
        if agent.is_removed || agent.presence.is_signed_in() || agent.holds() > 0 || !agent.parked.is_empty()
        {
            let what =
                format!("agent {} is removed while it is {}", agent.id, presence_name(&agent.presence));
            step.broken(Invariant::Lifecycle, what);
        }
        agent.is_removed = true;
        self.enrolled_at = self.now;
        let agent = &self.agents[number.index()];
        let id = agent.id.clone();
        let cause = Cause::Removed { tenant: self.name.as_str(), agent: id.as_str() };
        step.trace(cause, || format!("removal of agent {id}"));
        Some(Told { agent: key(id.as_str()), ..Told::new(Kind::AgentRemoved, self.key) })
    }

    pub(super) fn hear(&mut self, number: AgentNo, session: u64, counter: u64, step: &mut Step<'_>) {
        if self.known_agent(number, step).is_none() {
            return;
        }
        let agent = &mut self.agents[number.index()];
        if (session, counter) <= (agent.session, agent.counter) {
            let what = format!(
                "agent {} is heard with {session}.{counter} after {}.{}",
                agent.id, agent.session, agent.counter
            );
            return step.broken(Invariant::OneEffect, what);
        }
        (agent.session, agent.counter) = (session, counter);
        let id = agent.id.clone();
        let cause = Cause::Heard { tenant: self.name.as_str(), agent: id.as_str(), session, counter };
        step.trace(cause, || format!("input {session}.{counter} of agent {id}"));
    }

    pub(super) fn change_presence(
        &mut self,
        number: AgentNo,
        presence: &Presence,
        cause: PresenceCause,
        step: &mut Step<'_>,
    ) -> Option<Told> {
        self.known_agent(number, step)?;
        if cause == PresenceCause::Supervisor {
            self.trace_switch(number, presence, step);
        }
        let stays = |contact| self.contact(contact).is_some_and(|contact| contact.state.stays());
        let keeps_for_good = self.agents[number.index()].parked.iter().any(|contact| !stays(*contact));
        let agent = &mut self.agents[number.index()];
        if agent.offered > 0 && *presence != Presence::Available {
            let what = format!(
                "agent {} becomes {} with {} open offers",
                agent.id,
                presence_name(presence),
                agent.offered
            );
            step.broken(Invariant::Lifecycle, what);
        } else if (agent.holds() > 0 || keeps_for_good) && !presence.is_signed_in() {
            step.broken(
                Invariant::Lifecycle,
                format!("agent {} signs out with contacts in its hands", agent.id),
            );
        }
        if let Presence::Lost { until, .. } = &agent.presence {
            let window = || format!("the window of lost agent {}", agent.id);
            if cause == PresenceCause::WindowOver && step.now < *until {
                let what = format!("{} is called over {} ms early", window(), until.since(step.now).0);
                step.broken(Invariant::Leases, what);
            }
            step.check_overrun(*until, window);
        }
        self.throttles.note_presence(number, presence, step.now);
        let agent = &mut self.agents[number.index()];
        agent.presence = presence.clone();
        (agent.gave_up, agent.changed_at) = (false, step.now);
        let detail = key((agent.session, presence_name(presence), cause_name(cause)));
        Some(Told { agent: key(agent.id.as_str()), detail, ..Told::new(Kind::AgentPresence, self.key) })
    }

    /// Nothing, and a finding, for a number that nobody has.
    pub(super) fn known_agent(&self, number: AgentNo, step: &mut Step<'_>) -> Option<&Agent> {
        let agent = self.agents.get(number.index());
        if agent.is_none() {
            step.broken(Invariant::Lifecycle, format!("agent {number} is not in the roster"));
        }
        agent
    }

    pub(super) fn lost_windows(&self) -> impl Iterator<Item = (&AgentId, Time)> {
        self.agents.iter().filter_map(|agent| match &agent.presence {
            Presence::Lost { until, .. } => Some((&agent.id, *until)),
            Presence::SignedOut | Presence::Available | Presence::Aux(_) | Presence::Draining { .. } => None,
        })
    }

    pub(super) fn extend_windows(&mut self, grace: Millis) {
        for agent in &mut self.agents {
            if let Presence::Lost { until, .. } = &mut agent.presence {
                *until += grace;
            }
        }
    }
}
