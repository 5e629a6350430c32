//! Why a contact is where it is.

use std::collections::BTreeMap;

use model::config::SkillDemand;
use model::explain::{
    AgentGroup, Candidate, ContactExplained, Happening, Line, Obstacle, Upcoming, Whereabouts,
};
use model::{AgentId, AgentNo, ContactNo, ProfileNo, QueueId, QueueNo, Requirement, SkillLevel, Time};

use super::NAMED_MAX;
use crate::state::agents::Agent;
use crate::state::contacts::{Contact, Status};
use crate::state::profiles::ProfileKey;
use crate::state::tenant::Tenant;

impl Tenant {
    pub(super) fn explain_contact(&self, number: ContactNo, now: Time) -> Option<ContactExplained> {
        let contact = self.contacts.of(number);
        let (profile, body) = (self.profiles.key(contact.profile), contact.body());
        let due_at = Some(self.due_at(contact)).filter(|due_at| *due_at != Time::MAX);
        let (candidates, others) = self.agents_for(contact, deferral);
        let candidate_count = candidates.len() as u32;
        Some(ContactExplained {
            contact: body.contact.clone(),
            channel: self.names.channels.name(u32::from(profile.channel.0)).clone(),
            queue: self.queue_name(profile.queue),
            method: self.queue_of(contact.profile).method,
            whereabouts: self.whereabouts(contact)?,
            arrived_at: contact.arrived_at,
            entered_at: contact.entered_at,
            due_at,
            rule: body.classified.as_ref().and_then(|classified| classified.rule.clone()),
            overflow: self.overflowed.get(&number).map_or(Vec::new(), |acted| acted.rules.clone()),
            requires: self.demands(&profile.requirement),
            person: profile.person,
            prefers: profile.preference.as_ref().map_or(Vec::new(), |preference| self.demands(preference)),
            site: body.site.clone(),
            unservable: contact.is_said_unservable(),
            points: contact.points,
            step: contact.step,
            pressed: contact.is_pressed,
            holdups: self.holdups(contact),
            candidates: candidates.into_iter().take(NAMED_MAX).collect(),
            candidate_count,
            others,
            ahead: self.ahead_of(contact, now),
            upcoming: self.upcoming(contact),
        })
    }

    /// Nothing while it is about to be placed.
    pub(super) fn whereabouts(&self, contact: &Contact) -> Option<Whereabouts> {
        let agent = || self.agents[contact.agent].id().clone();
        Some(match contact.status {
            Status::Nowhere => return None,
            Status::WaitingInQueue => Whereabouts::InQueue,
            Status::WaitingPreferred => Whereabouts::ForAgent { agent: agent(), until: contact.until },
            Status::Offered => {
                Whereabouts::Offered { agent: agent(), offer: contact.offer, expires_at: contact.until }
            }
            Status::Active => Whereabouts::Active { agent: agent() },
            Status::Parked => Whereabouts::Parked { agent: agent(), until: contact.parked_until() },
            Status::WrapUp => Whereabouts::WrapUp { agent: agent(), until: contact.until },
            Status::Quiet => Whereabouts::Quiet { agent: agent(), until: contact.until },
            Status::Scheduled => Whereabouts::PutOff { until: self.schedule.state(contact.number)?.until },
        })
    }

    /// Who could have it, the first first; and all others by what keeps them from it, or by what else does.
    pub(super) fn agents_for(
        &self,
        contact: &Contact,
        what_else: impl Fn(&Contact, &Agent) -> Option<Obstacle>,
    ) -> (Vec<Candidate>, Vec<AgentGroup>) {
        let mut candidates = Vec::new();
        let mut others: BTreeMap<Obstacle, AgentGroup> = BTreeMap::new();
        for agent in self.agents.iter().filter(|agent| !agent.removed) {
            match self.obstacle(contact, agent).or_else(|| what_else(contact, agent)) {
                None => {
                    let (key, standing) = self.standing(agent.number, contact.profile);
                    let channel = self.profiles.brief(contact.profile).channel;
                    let interrupts = self.passing_obstacle(agent, channel).is_some();
                    candidates.push(((interrupts, key), standing));
                }
                Some(obstacle) => {
                    let group = others.entry(obstacle.clone());
                    let group = group.or_insert(AgentGroup { obstacle, agents: 0, some: Vec::new() });
                    group.agents += 1;
                    if group.some.len() < NAMED_MAX {
                        group.some.push(agent.id().clone());
                    }
                }
            }
        }
        candidates.sort_by_key(|(key, _)| *key);
        let candidate = |((interrupts, (_, _, _, agent)), standing)| Candidate {
            preferred: self.preferred_had(&self.agents[agent], contact.profile),
            agent: self.agent_name(agent),
            standing,
            interrupts,
        };
        let mut others: Vec<AgentGroup> = others.into_values().collect();
        others.sort_by_key(|group| std::cmp::Reverse(group.agents));
        (candidates.into_iter().map(candidate).collect(), others)
    }

    /// What waits in a queue for anybody and stands before it, for agents who could have both but for what they do.
    fn ahead_of(&self, contact: &Contact, now: Time) -> Line {
        match contact.status {
            Status::WaitingInQueue | Status::WaitingPreferred => {}
            Status::Nowhere
            | Status::Offered
            | Status::Active
            | Status::WrapUp
            | Status::Scheduled
            | Status::Parked
            | Status::Quiet => return Line::default(),
        }
        let able: Vec<&Agent> = self
            .agents
            .iter()
            .filter(|agent| !agent.removed && self.lasting_obstacle(contact, agent).is_none())
            .collect();
        let mut is_shared: BTreeMap<ProfileNo, bool> = BTreeMap::new();
        let own = self.rank(contact, now);
        let mut line = vec![own];
        for other in self.contacts.iter() {
            if other.status != Status::WaitingInQueue || self.is_held_back(other.profile) {
                continue;
            }
            let rank = self.rank(other, now);
            if other.number == contact.number || rank >= own && self.ratios.is_empty() {
                continue;
            }
            let could =
                || able.iter().any(|agent| self.lacking(agent, self.profiles.key(other.profile)).is_none());
            if *is_shared.entry(other.profile).or_insert_with(could) {
                line.push(rank);
            }
        }
        let line = self.in_turn(line);
        let ahead = line.iter().take_while(|rank| **rank != own).count();
        self.line(&line[..ahead])
    }

    /// What happens by itself, in order.
    fn upcoming(&self, contact: &Contact) -> Vec<Upcoming> {
        let mut upcoming = Vec::new();
        let mut add = |at: Option<Time>, what: Happening| {
            upcoming.extend(at.map(|at| Upcoming { at, what }));
        };
        let queue = self.queue_of(contact.profile);
        let exit_to = queue.exit_to.map(|queue| self.queue_name(queue));
        let is_waiting = contact.status.is_waiting();
        if contact.status == Status::WaitingPreferred {
            add(Some(contact.until), Happening::PreferenceOver);
        }
        if is_waiting {
            if let Some(aversion) = self.contacts.aversion(contact.number.place())
                && !aversion.kept_from.is_empty()
            {
                let agents = aversion.kept_from.iter().map(|&agent| self.agent_name(agent)).collect();
                add(Some(aversion.kept_from_until), Happening::ExclusionLifted { agents });
            }
            for step in contact.step..queue.relax.len() as u8 {
                let at = contact.entered_at + queue.relax[usize::from(step)].after;
                add(Some(at), self.relaxes(contact, step + 1));
            }
            add(self.presses_at(contact), Happening::Pressed);
            add(queue.leaves_at(contact.entered_at), Happening::Leaves { exit_to: exit_to.clone() });
        }
        if is_waiting || contact.status == Status::Scheduled {
            add(self.window_ends_at(contact), Happening::WindowOver { exit_to });
        }
        let due_at = Some(self.due_at(contact)).filter(|due_at| *due_at != Time::MAX);
        add(due_at, Happening::Due);
        upcoming.extend(self.unthrottled(contact).filter(|_| is_waiting));
        upcoming.sort_by_key(|upcoming| upcoming.at);
        upcoming
    }

    fn relaxes(&self, contact: &Contact, step: u8) -> Happening {
        let relaxation = &self.queue_of(contact.profile).relax[usize::from(step) - 1];
        let mut profile: ProfileKey = self.profiles.key(contact.profile).clone();
        if let Some(requirement) = self.requirement_by(contact, relaxation) {
            profile.requirement = requirement;
            profile.person = self.lasting(contact).person || self.queue_of(contact.profile).person;
        }
        let able = |agent: &&Agent| !agent.removed && self.lacking(agent, &profile).is_none();
        let eligible = self.agents.iter().filter(able).count() as u32;
        Happening::Relaxes { step, requires: self.demands(&profile.requirement), eligible }
    }

    pub(super) fn demands(&self, requirement: &Requirement) -> Vec<SkillDemand> {
        let named = |demand: &SkillLevel| SkillDemand {
            skill: self.names.skills.name(u32::from(demand.skill.0)).clone(),
            level: demand.level,
        };
        requirement.as_slice().iter().map(named).collect()
    }

    pub(super) fn queue_name(&self, queue: QueueNo) -> QueueId {
        self.names.queues.name(u32::from(queue.0)).clone()
    }

    pub(super) fn agent_name(&self, agent: AgentNo) -> AgentId {
        self.agents[agent].id().clone()
    }
}

/// Of an agent who could have a contact that waits for anybody: it did not look so far. A contact that looks for an agent finds it.
fn deferral(contact: &Contact, agent: &Agent) -> Option<Obstacle> {
    (contact.status == Status::WaitingInQueue && agent.deferred.is_some()).then_some(Obstacle::Deferred)
}
