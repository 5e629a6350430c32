//! How long contacts took those who handled them, and what waits in hours of that.
//!
//! Measured anew, by scans over what the journal made so far.

use std::collections::BTreeMap;

use model::config::SkillDemand;
use model::work::{EFFORTS, EFFORTS_MIN};
use model::{AgentNo, ChannelId, ChannelNo, ContactNo, Presence, QueueNo, TenantConfig, Time};

use super::tenant::Tenant;

/// By name of the queues that measure work: milliseconds of the last contacts that were handled there.
#[derive(Debug, Default)]
pub(crate) struct Efforts(BTreeMap<String, Vec<u64>>);

impl Efforts {
    pub fn replace(&mut self, config: &TenantConfig) {
        let measuring = config.queues.iter().filter(|queue| config.measures_work(queue));
        let mut former = std::mem::take(&mut self.0);
        self.0 = measuring
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
        self.work.0.contains_key(name).then_some(name)
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
        let efforts = queue.and_then(|queue| self.work.0.get_mut(&queue));
        if let (Some(efforts), Some(since), true) = (efforts, since, is_finished) {
            efforts.push(now.since(since).0 / u64::from(shared_by.max(1)));
            let beyond = efforts.len().saturating_sub(EFFORTS);
            efforts.drain(..beyond);
        }
    }

    /// Nothing while it is unknown.
    fn effort(&self, queue: QueueNo) -> Option<u64> {
        let efforts = self.work.0.get(self.queues.name(queue.index()))?;
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
        let demands = self.queues.get(queue.index()).map_or(&[][..], |queue| &queue.skills);
        let is_free = |agent: &&super::agent::Agent| {
            agent.presence == Presence::Available
                && demands.iter().all(|demand: &SkillDemand| {
                    let skill = self.skills.number(demand.skill.as_str());
                    let mut have = agent.skills.iter();
                    have.any(|have| Some(have.skill.index()) == skill && have.level >= demand.level)
                })
                && self.is_open(agent, channel)
        };
        self.agents.iter().filter(is_free).count() as u64
    }
}
