//! How long contacts take, and what waits in hours of it: "Work" of the rules.

use model::work::Work;
use model::{ChannelId, ContactNo, QueueNo, Time};

use super::state::Tenant;

const EFFORTS: usize = 50;
const EFFORTS_LEAST: usize = 10;

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

    /// Agents who have what the queue requires and are open on the channel.
    pub fn free_for(&self, queue: QueueNo, channel: &ChannelId) -> u64 {
        let Some(channel) = self.channel_number(channel) else { return 0 };
        let is_free = |agent: &model::AgentNo| self.is_able(*agent, queue) && self.is_open(*agent, channel);
        self.agent_numbers().filter(is_free).count() as u64
    }

    pub fn work_rows(&self) -> Vec<(QueueNo, Work)> {
        self.efforts.iter().map(|(queue, efforts)| (*queue, Work { efforts: efforts.clone() })).collect()
    }
}
