//! How long contacts take those who handle them, in queues that measure work.
//!
//! A tenant of which no queue does has none of it: a contact that is accepted or ends pays the branch that it pays for overflow.

use std::collections::BTreeMap;

use model::work::{EFFORTS, EFFORTS_MIN, Work};
use model::{ContactNo, QueueNo, Time};

use super::tenant::Tenant;

#[derive(Debug, Default)]
pub struct WorkKnown {
    /// Of all queues that measure work, and of no other.
    pub by_queue: BTreeMap<QueueNo, Work>,
    /// When contacts in hands were accepted.
    pub begun: BTreeMap<ContactNo, Time>,
}

/// How a contact leaves the hands of whoever accepted it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handled {
    Finished,
    /// Somebody begins anew.
    Broken,
}

impl Tenant {
    pub fn work(&self, queue: QueueNo) -> Option<&Work> {
        self.overflow.as_ref()?.work.by_queue.get(&queue)
    }

    pub fn work_since(&self, contact: ContactNo) -> Option<Time> {
        self.overflow.as_ref()?.work.begun.get(&contact).copied()
    }

    /// An agent accepted the contact.
    pub fn begin_work(&mut self, now: Time, contact: ContactNo) {
        let queue = self.queue_number(contact);
        if let Some(overflow) = &mut self.overflow
            && overflow.work.by_queue.contains_key(&queue)
        {
            overflow.work.begun.insert(contact, now);
        }
    }

    /// The contact is about to leave its agent's hands.
    #[inline]
    pub fn end_work(&mut self, now: Time, contact: ContactNo, how: Handled) {
        if self.overflow.is_some() {
            self.note_work(now, contact, how);
        }
    }

    #[cold]
    fn note_work(&mut self, now: Time, contact: ContactNo, how: Handled) {
        let queue = self.queue_number(contact);
        let shared_by = self.agents[self.contacts.of(contact).agent].holds() as u64;
        let Some(work) = self.overflow.as_mut().map(|overflow| &mut overflow.work) else { return };
        let (Some(since), Handled::Finished) = (work.begun.remove(&contact), how) else { return };
        let Some(work) = work.by_queue.get_mut(&queue) else { return };
        if work.efforts.len() == EFFORTS {
            work.efforts.remove(0);
        }
        work.efforts.push(now.since(since).0 / shared_by.max(1));
    }

    /// Milliseconds; nothing while it is unknown.
    fn mean_effort(&self, queue: QueueNo) -> Option<u64> {
        let efforts = &self.work(queue)?.efforts;
        let sum: u128 = efforts.iter().map(|effort| u128::from(*effort)).sum();
        (efforts.len() >= EFFORTS_MIN).then(|| (sum / efforts.len() as u128) as u64)
    }

    /// How long those who are there would work on what waits.
    pub fn backlog(&self, queue: QueueNo) -> Option<u64> {
        let effort = u128::from(self.mean_effort(queue)?);
        let in_all = u128::from(self.waiting_in(queue)) * effort;
        in_all
            .checked_div(u128::from(self.eligible_for(queue)))
            .map(|each| each.min(u128::from(u64::MAX)) as u64)
    }
}
