//! How long contacts took those who handled them, and what waits in hours of that.
//!
//! Measured anew, by scans over what the journal made so far.

use std::collections::{BTreeMap, BTreeSet};

use model::config::{ChannelKind, SkillDemand};
use model::work::{DeadlineRisk, EFFORTS, EFFORTS_MIN, FORESEEN_MAX};
use model::{AgentNo, ChannelId, ChannelNo, ContactNo, Presence, QueueNo, TenantConfig, Time};

use super::Step;
use super::contact::State;
use super::tenant::Tenant;
use crate::keys::key;
use crate::report::Invariant;
use crate::told::{Kind, Told, moment};

#[derive(Debug, Default)]
pub(crate) struct Efforts {
    /// By name of the queues that measure work: milliseconds of the last contacts that were handled there.
    by_queue: BTreeMap<String, Vec<u64>>,
    /// Queues whose deadlines were said to be at risk.
    at_risk: BTreeSet<String>,
}

impl Efforts {
    pub fn replace(&mut self, config: &TenantConfig) {
        let measuring = config.queues.iter().filter(|queue| config.measures_work(queue));
        let foresees =
            |name: &str| config.queues.iter().any(|queue| queue.name.as_str() == name && queue.foresee);
        self.at_risk.retain(|name| foresees(name));
        let mut former = std::mem::take(&mut self.by_queue);
        self.by_queue = measuring
            .map(|queue| {
                let name = queue.name.to_string();
                let efforts = former.remove(&name).unwrap_or_default();
                (name, efforts)
            })
            .collect();
    }
}

impl Tenant {
    fn measures_work(&self, number: ContactNo) -> Option<&str> {
        let (queue, _) = self.place_of(self.contact(number)?.profile)?;
        let name = self.queues.name(queue.index());
        self.work.by_queue.contains_key(name).then_some(name)
    }

    /// Another configuration is in force.
    pub(super) fn drop_work(&mut self) {
        let numbers: Vec<ContactNo> = self.contacts.values().map(|contact| contact.number).collect();
        for number in numbers {
            if self.measures_work(number).is_none()
                && let Some(contact) = self.contact_mut(number)
            {
                contact.work_since = None;
            }
        }
    }

    /// For a contact that is accepted.
    pub(super) fn begin_work(&mut self, number: ContactNo, now: Time) {
        let since = self.measures_work(number).map(|_| now);
        if let Some(contact) = self.contact_mut(number) {
            contact.work_since = since;
        }
    }

    /// For a contact that is about to leave an agent's hands.
    pub(super) fn end_work(&mut self, number: ContactNo, is_finished: bool, now: Time) {
        let queue = self.measures_work(number).map(str::to_owned);
        let since = self.contact_mut(number).and_then(|contact| contact.work_since.take());
        let holder = self.contact(number).and_then(|contact| contact.state.holder());
        let shared_by = holder.map_or(1, |agent: AgentNo| self.agents[agent.index()].holds());
        let efforts = queue.and_then(|queue| self.work.by_queue.get_mut(&queue));
        if let (Some(efforts), Some(since), true) = (efforts, since, is_finished) {
            efforts.push(now.since(since).0 / u64::from(shared_by.max(1)));
            let beyond = efforts.len().saturating_sub(EFFORTS);
            efforts.drain(..beyond);
        }
    }

    /// Nothing while it is unknown.
    fn effort(&self, queue: QueueNo) -> Option<u64> {
        let efforts = self.work.by_queue.get(self.queues.name(queue.index()))?;
        let in_all = efforts.iter().fold(0_u128, |sum, effort| sum + u128::from(*effort));
        let mean = in_all.checked_div(efforts.len() as u128)?;
        (efforts.len() >= EFFORTS_MIN).then(|| u64::try_from(mean).unwrap_or(u64::MAX))
    }

    pub(super) fn backlog(&self, queue: QueueNo) -> Option<u64> {
        let each = u128::from(self.effort(queue)?);
        let there = self.agents.iter().filter(|agent| self.is_eligible_for(agent, queue)).count() as u128;
        let shared = (each * u128::from(self.waiting_in(queue))).checked_div(there)?;
        Some(u64::try_from(shared).unwrap_or(u64::MAX))
    }

    /// Agents with the queue's skills who are open on the channel.
    pub(super) fn free_for(&self, queue: QueueNo, channel: &ChannelId) -> u64 {
        let Some(channel) = self.channels.number(channel.as_str()) else { return 0 };
        let Some(channel) = u8::try_from(channel).ok().map(ChannelNo) else { return 0 };
        let queue = self.queues.get(queue.index());
        let demands = queue.map_or(&[][..], |queue| &queue.skills);
        let is_for_people = queue.is_some_and(|queue| queue.person);
        let is_free = |(number, agent): &(AgentNo, &super::agent::Agent)| {
            !self.throttles.holds_back(*number)
                && agent.presence == Presence::Available
                && demands.iter().all(|demand: &SkillDemand| {
                    let skill = self.skills.number(demand.skill.as_str());
                    let mut have = agent.skills.iter();
                    have.any(|have| Some(have.skill.index()) == skill && have.level >= demand.level)
                })
                && !(is_for_people && agent.is_bot)
                && self.is_open(agent, channel)
        };
        (0..).map(AgentNo).zip(&self.agents).filter(is_free).count() as u64
    }

    /// Those of the queue's deadlines that are met too late, if each took so many efforts longer: when it is due, who, and when it is
    /// expected. Nothing while it is unknown.
    pub(super) fn late(
        &self,
        queue: QueueNo,
        now: Time,
        longer: u64,
    ) -> Option<Vec<(Time, ContactNo, Time)>> {
        let effort = self.effort(queue)?;
        let there = self.agents.iter().filter(|agent| self.is_eligible_for(agent, queue)).count();
        let mut order: Vec<(Time, ContactNo)> = self.deadlines(queue).collect();
        order.sort_unstable();
        let in_turn = order.chunks(Some(there).filter(|there| *there > 0)?);
        let expected = in_turn.zip(1_u64..).flat_map(|(turn, number)| {
            let at = |efforts: u64| Time(now.0.saturating_add(effort.saturating_mul(efforts))).min(Time::MAX);
            let (expected, latest) = (at(number), at(number + longer));
            turn.iter().map(move |(due_at, contact)| (*due_at, *contact, expected, latest))
        });
        let late = expected.take(FORESEEN_MAX).filter(|(due_at, _, _, latest)| latest > due_at);
        Some(late.map(|(due_at, contact, expected, _)| (due_at, contact, expected)).collect())
    }

    fn deadlines(&self, queue: QueueNo) -> impl Iterator<Item = (Time, ContactNo)> {
        let waiting = self.contacts.values().filter(|contact| matches!(contact.state, State::Waiting(_)));
        waiting.filter_map(move |contact| {
            let (of, channel) = self.place_of(contact.profile)?;
            let channel = self.channels.get(channel.index())?;
            let is_due = of == queue && channel.kind == ChannelKind::Indirect;
            is_due.then_some((contact.due_at, contact.number))
        })
    }

    pub(super) fn judge_deadlines(
        &mut self,
        queue: QueueNo,
        risk: Option<DeadlineRisk<ContactNo>>,
        step: &mut Step<'_>,
    ) -> Told {
        let name = self.queues.name(queue.index()).to_owned();
        if let Some(what) = self.misjudged(queue, risk, step.now) {
            step.broken(Invariant::Foresight, format!("queue {name} {what}"));
        }
        let queue = key(name.as_str());
        let Some(DeadlineRisk { contact, due_at, expected_at, late }) = risk else {
            self.work.at_risk.remove(&name);
            return Told { queue, ..Told::new(Kind::DeadlinesMet, self.key) };
        };
        self.work.at_risk.insert(name);
        let first = self.contact(contact).map_or("", |contact| contact.id.as_str());
        let detail = key((first, moment(due_at), moment(expected_at), late));
        Told { queue, detail, ..Told::new(Kind::DeadlinesAtRisk, self.key) }
    }

    fn misjudged(&self, queue: QueueNo, risk: Option<DeadlineRisk<ContactNo>>, now: Time) -> Option<String> {
        if !self.queues.get(queue.index()).is_some_and(|queue| queue.foresee) {
            return Some("does not foresee, yet its deadlines are judged".to_owned());
        }
        let is_said = self.work.at_risk.contains(self.queues.name(queue.index()));
        let Some(risk) = risk else {
            let is_met = self.deadlines(queue).next().is_none()
                || self.late(queue, now, 1).is_some_and(|late| late.is_empty());
            return match (is_said, is_met) {
                (false, _) => Some("is said to meet its deadlines, which nobody doubted".to_owned()),
                (true, false) => Some("is said to meet deadlines that are not, or hardly, met".to_owned()),
                (true, true) => None,
            };
        };
        let late = self.late(queue, now, 0).unwrap_or_default();
        let expected = late.first().map(|&(due_at, contact, expected_at)| DeadlineRisk {
            contact,
            due_at,
            expected_at,
            late: late.len() as u32,
        });
        if is_said {
            Some("is said again to have deadlines at risk".to_owned())
        } else if expected != Some(risk) {
            Some(format!("has {risk:?} at risk, by the journal {expected:?}"))
        } else {
            None
        }
    }
}
