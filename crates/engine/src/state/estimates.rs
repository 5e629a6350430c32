//! How long it takes in queues that estimate, and what those who wait there were told.
//!
//! A tenant of which no queue estimates has none of it, and pays nothing.

use std::collections::BTreeMap;

use model::estimate::{
    Estimate, Estimated, Outlook, POSITION_MAX, Score, TOLD_PER_QUEUE, UnknownWhy, WAITS, WAITS_MIN, Waits,
};
use model::{ContactNo, Millis, QueueNo, Time};

use super::by_contact::ByContact;
use super::contacts::Contact;
use super::line::Entry;
use super::tenant::Tenant;

#[derive(Debug, Default)]
pub struct Estimates {
    /// Of all queues that estimate, and of no other.
    pub waits: BTreeMap<QueueNo, History>,
    /// From their first outlook on until they are accepted, leave the queue, or end.
    pub told: ByContact<Estimated>,
}

/// A queue's history, and what follows from it.
#[derive(Debug, Clone, Default)]
pub struct History {
    waits: Waits,
    /// Its paces, ascending.
    ascending: Vec<u64>,
    /// Nothing while there are too few.
    pace: Option<Pace>,
}

impl From<Waits> for History {
    fn from(waits: Waits) -> History {
        let mut ascending = waits.paces.clone();
        ascending.sort_unstable();
        let mut history = History { waits, ascending, pace: None };
        history.judge();
        history
    }
}

impl History {
    pub fn waits(&self) -> &Waits {
        &self.waits
    }

    fn note(&mut self, Score { first, waited }: Score) {
        let History { waits, ascending, .. } = self;
        if waits.paces.len() == WAITS {
            let oldest = waits.paces.remove(0);
            ascending.remove(ascending.partition_point(|pace| *pace < oldest));
        }
        let pace = pace(waited, first.position);
        waits.paces.push(pace);
        ascending.insert(ascending.partition_point(|other| *other < pace), pace);
        if let Some((p50, p90)) = first.estimate.known() {
            waits.scored += 1;
            waits.within_p50 += u64::from(waited <= p50);
            waits.within_p90 += u64::from(waited <= p90);
        }
        self.judge();
    }

    fn judge(&mut self) {
        let paces = &self.ascending;
        let nearest_rank = |percent: usize| paces[(paces.len() * percent).div_ceil(100) - 1];
        let is_enough = paces.len() >= WAITS_MIN;
        self.pace = is_enough.then(|| Pace { p50: nearest_rank(50), p90: nearest_rank(90) });
    }
}

/// Milliseconds per place in the line.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    p50: u64,
    p90: u64,
}

impl Tenant {
    fn estimates(&self) -> Option<&Estimates> {
        self.overflow.as_ref().map(|overflow| &overflow.estimates)
    }

    /// Whether those who wait there are told how long it will take.
    pub fn is_estimated(&self, queue: QueueNo) -> bool {
        self.estimates().is_some_and(|estimates| estimates.waits.contains_key(&queue))
    }

    pub fn waits(&self, queue: QueueNo) -> Option<&Waits> {
        self.estimates()?.waits.get(&queue).map(|history| &history.waits)
    }

    pub fn estimated(&self, contact: ContactNo) -> Option<&Estimated> {
        let told = self.estimates()?.told.get(contact)?;
        self.is_estimated(self.queue_number(contact)).then_some(told)
    }

    /// How fast the line of a queue that estimates moves.
    pub fn pace(&self, now: Time, queue: QueueNo, is_offering: bool) -> Result<Pace, UnknownWhy> {
        if self.queue_state(queue) == model::config::QueueState::Paused {
            return Err(UnknownWhy::Paused);
        }
        if !is_offering {
            return Err(UnknownWhy::NotOffering);
        }
        if !self.is_anybody_there(queue) {
            return Err(UnknownWhy::NobodyThere);
        }
        let known = self.estimates().and_then(|estimates| estimates.waits.get(&queue)?.pace);
        let Pace { p50, p90 } = known.ok_or(UnknownWhy::TooFew)?;
        let head = self.pace_of_head(now, queue);
        Ok(Pace { p50: p50.max(head), p90: p90.max(head) })
    }

    /// Of whoever is first in the line, so far.
    fn pace_of_head(&self, now: Time, queue: QueueNo) -> u64 {
        let first = self.overflow.as_ref().and_then(|overflow| overflow.line(queue)?.first());
        let told = first.and_then(|(_, contact)| self.estimated(contact));
        told.map_or(0, |told| pace(now.since(told.at), told.first.position))
    }

    /// Of a contact that waits in a queue that estimates.
    pub fn position(&self, queue: QueueNo, contact: ContactNo) -> u32 {
        let Some(line) = self.overflow.as_ref().and_then(|overflow| overflow.line(queue)) else { return 1 };
        let entry = (self.contacts.of(contact).arrived_at, contact);
        if self.fit.lists_anew(queue) {
            return self.position_by_scan(queue, entry);
        }
        limited(line.before(entry, POSITION_MAX as usize) as u64 + 1)
    }

    #[cold]
    fn position_by_scan(&self, queue: QueueNo, entry: Entry) -> u32 {
        let waits_before = |contact: &&Contact| {
            contact.status.is_waiting()
                && (contact.arrived_at, contact.number) < entry
                && self.profiles.brief(contact.profile).queue == queue
        };
        limited(self.contacts.iter().filter(waits_before).count() as u64 + 1)
    }

    /// Those who are told anew if something changed for them, in order.
    pub fn first_in_line(&self, queue: QueueNo) -> Vec<ContactNo> {
        let line = self.overflow.as_ref().and_then(|overflow| overflow.line(queue));
        line.map_or(Vec::new(), |line| line.iter().take(TOLD_PER_QUEUE).map(|(_, contact)| contact).collect())
    }

    /// What one would be told that came to wait there while the engine is offering; 0 where that is unknown.
    pub fn expected_wait(&self, now: Time, queue: QueueNo, of: impl Fn((Millis, Millis)) -> Millis) -> u64 {
        self.outlook_of_next(now, queue).estimate.known().map_or(0, |known| of(known).0)
    }

    pub fn outlook_of_next(&self, now: Time, queue: QueueNo) -> Outlook {
        let position = limited(u64::from(self.waiting_in(queue)) + 1);
        outlook(self.pace(now, queue, true), position)
    }

    /// A contact was told its outlook.
    pub fn note_outlook(&mut self, now: Time, contact: ContactNo, outlook: Outlook) {
        if let Some(overflow) = &mut self.overflow {
            let told = &mut overflow.estimates.told;
            match told.get_mut(contact) {
                Some(known) => known.told = outlook,
                None => told.insert(contact, Estimated { at: now, first: outlook, told: outlook }),
            }
        }
    }

    /// What a contact that is about to be accepted was told, and how long it waited since.
    pub fn score(&self, now: Time, contact: ContactNo) -> Option<Score> {
        let told = self.estimated(contact)?;
        Some(Score { first: told.first, waited: now.since(told.at) })
    }

    /// The contact is accepted: what it was told counts, and is over.
    pub fn note_wait(&mut self, now: Time, contact: ContactNo) {
        let Some(score) = self.score(now, contact) else { return };
        let queue = self.queue_number(contact);
        self.forget_outlook(contact);
        let history = self.overflow.as_mut().and_then(|overflow| overflow.estimates.waits.get_mut(&queue));
        if let Some(history) = history {
            history.note(score);
        }
    }

    /// The contact ends, or is in another queue.
    #[inline]
    pub fn forget_outlook(&mut self, contact: ContactNo) {
        if let Some(overflow) = &mut self.overflow {
            overflow.estimates.told.remove(contact);
        }
    }
}

pub fn outlook(pace: Result<Pace, UnknownWhy>, position: u32) -> Outlook {
    let estimate = match pace {
        Ok(Pace { p50, p90 }) => {
            let at_position = |pace: u64| Millis(pace.saturating_mul(u64::from(position)));
            Estimate::Known { p50: at_position(p50), p90: at_position(p90) }
        }
        Err(why) => Estimate::Unknown(why),
    };
    Outlook { position, estimate }
}

fn pace(waited: Millis, position: u32) -> u64 {
    waited.0 / u64::from(position.max(1))
}

fn limited(position: u64) -> u32 {
    position.min(u64::from(POSITION_MAX)) as u32
}
