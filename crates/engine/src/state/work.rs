//! How long contacts take those who handle them, in queues that measure work.
//!
//! A tenant of which no queue does has none of it: a contact that is accepted or ends pays the branch that it pays for overflow.

use std::collections::BTreeMap;

use model::work::{DeadlineRisk, EFFORTS, EFFORTS_MIN, FORESEEN_MAX, Work};
use model::{ContactNo, Millis, QueueNo, Time};

use super::by_contact::ByContact;
use super::tenant::Tenant;

#[derive(Debug, Default)]
pub struct WorkKnown {
    /// Of all queues that measure work, and of no other.
    pub by_queue: BTreeMap<QueueNo, Work>,
    /// When contacts in hands were accepted.
    pub begun: ByContact<Time>,
}

/// What becomes of a queue's deadlines.
#[derive(Debug, Clone, Copy, Default)]
pub struct Foreseen {
    /// The first who is late.
    pub first: Option<DeadlineRisk<ContactNo>>,
    pub late: u32,
    /// Somebody is late, or would be if each took one effort longer.
    pub is_tight: bool,
}

/// How a contact leaves the hands of whoever accepted it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handled {
    Finished,
    /// Somebody begins anew, or it was interrupted.
    Broken,
}

impl Tenant {
    pub fn work(&self, queue: QueueNo) -> Option<&Work> {
        self.overflow.as_ref()?.work.by_queue.get(&queue)
    }

    pub fn work_since(&self, contact: ContactNo) -> Option<Time> {
        let work = &self.overflow.as_ref()?.work;
        let since = work.begun.get(contact).copied()?;
        work.by_queue.contains_key(&self.queue_number(contact)).then_some(since)
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
        let (Some(since), Handled::Finished) = (work.begun.remove(contact), how) else { return };
        let Some(work) = work.by_queue.get_mut(&queue) else { return };
        if work.efforts.len() == EFFORTS {
            work.efforts.remove(0);
        }
        work.efforts.push(now.since(since).0 / shared_by.max(1));
    }

    /// Milliseconds; nothing while it is unknown.
    pub fn mean_effort(&self, queue: QueueNo) -> Option<u64> {
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
    /// Nothing while it is unknown.
    pub fn foreseen(&self, now: Time, queue: QueueNo) -> Option<Foreseen> {
        let effort = Millis(self.mean_effort(queue)?);
        let there = Some(self.eligible_for(queue)).filter(|there| *there > 0)?;
        let mut foreseen = Foreseen::default();
        let order = self.overflow.as_ref()?.deadline_order(queue).take(FORESEEN_MAX);
        for (before, (due_at, contact)) in (0..).zip(order) {
            let rounds: u64 = before / there + 1;
            let expected_at = now + Millis(effort.0.saturating_mul(rounds));
            foreseen.is_tight |= expected_at + effort > due_at;
            if expected_at > due_at {
                foreseen.late += 1;
                foreseen.first.get_or_insert(DeadlineRisk { contact, due_at, expected_at, late: 0 });
            }
        }
        let late = foreseen.late;
        foreseen.first = foreseen.first.map(|first| DeadlineRisk { late, ..first });
        Some(foreseen)
    }

    /// Of a queue that foresees.
    pub fn is_without_deadlines(&self, queue: QueueNo) -> bool {
        self.overflow.as_ref().is_none_or(|overflow| overflow.deadline_order(queue).next().is_none())
    }

    pub fn note_risk(&mut self, queue: QueueNo, at_risk: bool) {
        let work = self.overflow.as_mut().and_then(|overflow| overflow.work.by_queue.get_mut(&queue));
        work.expect("a queue that foresees measures work").at_risk = at_risk;
    }
}
