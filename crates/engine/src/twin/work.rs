//! How long contacts take, and what waits in hours of it: "Work" of the rules.

use std::collections::BTreeSet;

use model::config::ChannelKind;
use model::work::{DeadlineRisk, Work};
use model::{Change, ChannelId, ContactNo, Millis, QueueNo, Time};

use super::Step;
use super::state::Tenant;

const EFFORTS: usize = 50;
const EFFORTS_LEAST: usize = 10;
const FORESEEN: usize = 4_096;

impl Step<'_> {
    /// The part of a look after all rules.
    pub fn judge_deadlines(&mut self, limit: usize) {
        for at in 0..self.world().queues.len() as u16 {
            let (queue, world) = (QueueNo(at), self.world());
            let foresees = world.queues_in_force[queue.index()].as_ref().is_some_and(|queue| queue.foresee);
            if !foresees || self.transitions.len() >= limit {
                continue;
            }
            let is_said = world.at_risk.contains(&queue);
            let order = world.deadline_order(queue);
            let risk = world.risk(queue, self.now, 0);
            let with_one_more = world.risk(queue, self.now, 1);
            let is_met = order.is_empty() || matches!(with_one_more, Some(None));
            match risk {
                Some(Some(risk)) if !is_said => {
                    self.decide(Change::DeadlinesJudged { queue, risk: Some(risk) });
                }
                Some(_) | None if is_said && is_met => {
                    self.decide(Change::DeadlinesJudged { queue, risk: None });
                }
                Some(_) | None => {}
            }
        }
    }
}

impl Tenant {
    pub fn measures_work(&self, queue: QueueNo) -> bool {
        let Some((_, config)) = &self.config else { return false };
        self.queues_in_force[queue.index()].as_ref().is_some_and(|queue| config.measures_work(queue))
    }

    /// The contact is accepted.
    pub fn work_begins(&mut self, now: Time, number: ContactNo) {
        if self.measures_work(self.profile_of(number).queue) {
            self.contact_mut(number).work_since = Some(now);
        }
    }

    /// The contact is about to leave the hands of whoever has it, if anybody has.
    pub fn work_ends(&mut self, now: Time, number: ContactNo, is_finished: bool) {
        let queue = self.profile_of(number).queue;
        let Some(holder) = self.contact(number).holder() else { return };
        let shared_by = self.agent(holder).held.len() as u64;
        let Some(since) = self.contact_mut(number).work_since.take().filter(|_| is_finished) else { return };
        let efforts = self.efforts.entry(queue).or_default();
        efforts.push(now.since(since).0 / shared_by);
        if efforts.len() > EFFORTS {
            efforts.remove(0);
        }
    }

    /// Another configuration is in force.
    pub fn carry_work(&mut self) {
        let measuring: Vec<bool> =
            (0..self.queues_in_force.len() as u16).map(|queue| self.measures_work(QueueNo(queue))).collect();
        self.efforts.retain(|queue, _| measuring[queue.index()]);
        let foresees =
            |queue: &QueueNo| self.queues_in_force[queue.index()].as_ref().is_some_and(|queue| queue.foresee);
        let at_risk = self.at_risk.iter().copied().filter(foresees).collect();
        self.at_risk = at_risk;
        let numbers: Vec<ContactNo> = self.contacts.keys().copied().collect();
        for number in numbers {
            if !measuring[self.profile_of(number).queue.index()] {
                self.contact_mut(number).work_since = None;
            }
        }
    }

    fn mean_effort(&self, queue: QueueNo) -> Option<u64> {
        let efforts = self.efforts.get(&queue)?;
        let sum: u128 = efforts.iter().map(|effort| u128::from(*effort)).sum();
        (efforts.len() >= EFFORTS_LEAST).then(|| (sum / efforts.len() as u128) as u64)
    }

    /// `waiting`: how many do.
    pub fn backlog(&self, queue: QueueNo, waiting: usize) -> Option<u64> {
        let there = self.eligible_for(queue);
        let effort = self.mean_effort(queue)?;
        let in_all = u128::from(effort) * waiting as u128;
        (there > 0).then(|| u64::try_from(in_all / u128::from(there)).unwrap_or(u64::MAX))
    }

    /// When each is due, soonest first.
    fn deadline_order(&self, queue: QueueNo) -> Vec<(Time, ContactNo)> {
        let mut order: Vec<(Time, ContactNo)> = self
            .contacts
            .iter()
            .filter(|(number, contact)| {
                let profile = self.profile_of(**number);
                let is_indirect = self.channel(profile.channel).kind == ChannelKind::Indirect;
                contact.is_waiting() && profile.queue == queue && is_indirect
            })
            .map(|(number, contact)| (contact.due_at, *number))
            .collect();
        order.sort();
        order.truncate(FORESEEN);
        order
    }

    /// Nothing while it is unknown; else the first who is late and how many are, if each took so many efforts longer.
    pub fn risk(&self, queue: QueueNo, now: Time, longer: u64) -> Option<Option<DeadlineRisk<ContactNo>>> {
        let there = self.eligible_for(queue);
        let effort = self.mean_effort(queue)?;
        if there == 0 {
            return None;
        }
        let mut late = Vec::new();
        for (at, (due_at, contact)) in self.deadline_order(queue).into_iter().enumerate() {
            let rounds = (at as u64 + 1).div_ceil(there);
            let expected_at = now + Millis(effort.saturating_mul(rounds));
            if expected_at + Millis(effort.saturating_mul(longer)) > due_at {
                late.push(DeadlineRisk { contact, due_at, expected_at, late: 0 });
            }
        }
        let count = late.len() as u32;
        Some(late.first().map(|first| DeadlineRisk { late: count, ..*first }))
    }

    /// Agents who have what the queue requires and are open on the channel.
    pub fn free_for(&self, queue: QueueNo, channel: &ChannelId) -> u64 {
        let Some(channel) = self.channel_number(channel) else { return 0 };
        let is_free = |agent: &model::AgentNo| {
            let is_open = self.is_open(*agent, channel) && !self.agent(*agent).is_throttled();
            is_open && self.is_able(*agent, queue)
        };
        self.agent_numbers().filter(is_free).count() as u64
    }

    pub fn work_rows(&self) -> Vec<(QueueNo, Work)> {
        let known = self.efforts.keys().chain(&self.at_risk).copied().collect::<BTreeSet<QueueNo>>();
        let row = |queue: QueueNo| Work {
            efforts: self.efforts.get(&queue).cloned().unwrap_or_default(),
            at_risk: self.at_risk.contains(&queue),
        };
        known.into_iter().map(|queue| (queue, row(queue))).collect()
    }
}
