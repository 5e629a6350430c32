//! Estimates of how long it will take: "Estimates" of the rules.

use std::sync::Arc;

use model::config::QueueState;
use model::estimate::{Estimate, Estimated, Outlook, UnknownWhy, Waits};
use model::{Change, ContactNo, Millis, QueueNo, Time};

use super::Step;
use super::state::Tenant;

const LOOK_EVERY_MS: u64 = 5_000;
const HISTORY: usize = 50;
const HISTORY_LEAST: usize = 10;
const POSITION_MAX: usize = 1_000;
const TOLD_PER_QUEUE: usize = 32;
const TOLD_PER_LOOK: usize = 64;
const MATTERS_FROM_MS: u64 = 5_000;

impl Step<'_> {
    /// The contact was just queued.
    pub fn tell_outlook(&mut self, contact: ContactNo) {
        let world = self.world();
        let queue = world.profile_of(contact).queue;
        if world.estimates(queue) {
            let before = world.line(queue).iter().take_while(|other| **other != contact).count();
            let outlook = world.outlook(queue, before + 1, self.now, self.is_offering());
            self.decide(Change::ContactEstimated { contact, outlook });
        }
    }

    /// The last part of a look.
    pub fn tell_anew(&mut self, limit: usize) {
        let world = self.world();
        let config = Arc::clone(&world.config.as_ref().expect("only a configured tenant is looked at").1);
        let mut queues: Vec<QueueNo> = config
            .queues
            .iter()
            .filter_map(|queue| world.queue_number(&queue.name))
            .filter(|queue| world.estimates(*queue))
            .collect();
        queues.sort();
        let count = queues.len();
        let mut told = 0;
        for at in 0..count {
            let queue = queues[(at + (self.now.0 / LOOK_EVERY_MS) as usize) % count];
            for (before, contact) in self.world().line(queue).into_iter().take(TOLD_PER_QUEUE).enumerate() {
                let outlook = self.world().outlook(queue, before + 1, self.now, true);
                let former = self.world().contact(contact).estimated;
                let is_new = former.is_none_or(|former| has_changed(former.told, outlook));
                if is_new && told < TOLD_PER_LOOK && self.transitions.len() < limit {
                    self.decide(Change::ContactEstimated { contact, outlook });
                    told += 1;
                }
            }
        }
    }
}

fn has_changed(told: Outlook, new: Outlook) -> bool {
    let places = told.position.abs_diff(new.position);
    let has_moved = places >= 1 && places * 10 >= told.position;
    let differs = match (told.estimate, new.estimate) {
        (Estimate::Known { p50: before, p90: _ }, Estimate::Known { p50: after, p90: _ }) => {
            let difference = u128::from(before.0.abs_diff(after.0));
            difference >= u128::from(MATTERS_FROM_MS) && difference * 5 >= u128::from(before.0)
        }
        (Estimate::Unknown(before), Estimate::Unknown(after)) => before != after,
        (Estimate::Known { .. }, Estimate::Unknown(_)) | (Estimate::Unknown(_), Estimate::Known { .. }) => {
            true
        }
    };
    has_moved || differs
}

impl Tenant {
    pub fn estimates(&self, queue: QueueNo) -> bool {
        let Some((_, config)) = &self.config else { return false };
        self.queues_in_force[queue.index()].as_ref().is_some_and(|queue| config.estimates(queue))
    }

    /// All that wait there, first come first.
    fn line(&self, queue: QueueNo) -> Vec<ContactNo> {
        let mut line: Vec<(Time, ContactNo)> = self
            .contacts
            .iter()
            .filter(|(number, contact)| contact.is_waiting() && self.profile_of(**number).queue == queue)
            .map(|(number, contact)| (contact.arrived_at, *number))
            .collect();
        line.sort();
        line.into_iter().map(|(_, number)| number).collect()
    }

    fn outlook(&self, queue: QueueNo, position: usize, now: Time, is_offering: bool) -> Outlook {
        let position = position.min(POSITION_MAX);
        let history = self.waits.get(&queue).map_or(&[][..], |waits| &waits.paces);
        let unknown = if self.queue_state(queue) == QueueState::Paused {
            Some(UnknownWhy::Paused)
        } else if !is_offering {
            Some(UnknownWhy::NotOffering)
        } else if self.eligible_for(queue) == 0 {
            Some(UnknownWhy::NobodyThere)
        } else if history.len() < HISTORY_LEAST {
            Some(UnknownWhy::TooFew)
        } else {
            None
        };
        let estimate = match unknown {
            Some(why) => Estimate::Unknown(why),
            None => {
                let head = self.line(queue).first().and_then(|first| self.contact(*first).estimated);
                let so_far = head.map_or(0, |head| now.since(head.at).0 / u64::from(head.first.position));
                let at = |tenths| {
                    let pace = nearest_rank(history, tenths).max(so_far);
                    Millis(u64::try_from(u128::from(pace) * position as u128).unwrap_or(u64::MAX))
                };
                Estimate::Known { p50: at(5), p90: at(9) }
            }
        };
        Outlook { position: position as u32, estimate }
    }

    /// What who comes now would wait: the p50 and the p90.
    pub fn expected_wait(&self, queue: QueueNo, now: Time) -> (u64, u64) {
        match self.outlook(queue, self.line(queue).len() + 1, now, true).estimate {
            Estimate::Known { p50, p90 } => (p50.0, p90.0),
            Estimate::Unknown(_) => (0, 0),
        }
    }

    pub fn estimated(&mut self, now: Time, number: ContactNo, outlook: Outlook) {
        let contact = self.contact_mut(number);
        let first = contact.estimated.map_or((now, outlook), |estimated| (estimated.at, estimated.first));
        contact.estimated = Some(Estimated { at: first.0, first: first.1, told: outlook });
    }

    /// The contact is accepted.
    pub fn note_wait(&mut self, now: Time, number: ContactNo) {
        let queue = self.profile_of(number).queue;
        let Some(told) = self.contact_mut(number).estimated.take() else { return };
        let waited = now.since(told.at);
        let waits = self.waits.entry(queue).or_default();
        waits.paces.push(waited.0 / u64::from(told.first.position));
        if waits.paces.len() > HISTORY {
            waits.paces.remove(0);
        }
        if let Estimate::Known { p50, p90 } = told.first.estimate {
            waits.scored += 1;
            waits.within_p50 += u64::from(waited <= p50);
            waits.within_p90 += u64::from(waited <= p90);
        }
    }

    /// Another configuration is in force.
    pub fn carry_estimates(&mut self) {
        let estimating: Vec<bool> =
            (0..self.queues_in_force.len() as u16).map(|queue| self.estimates(QueueNo(queue))).collect();
        self.waits.retain(|queue, _| estimating[queue.index()]);
        let gone: Vec<ContactNo> = self
            .contacts
            .keys()
            .copied()
            .filter(|number| !estimating[self.profile_of(*number).queue.index()])
            .collect();
        for number in gone {
            self.contact_mut(number).estimated = None;
        }
    }

    pub fn wait_rows(&self) -> Vec<(QueueNo, Waits)> {
        self.waits.iter().map(|(queue, waits)| (*queue, waits.clone())).collect()
    }
}

/// The value at the place of so many tenths, rounded up.
fn nearest_rank(values: &[u64], tenths: usize) -> u64 {
    let mut sorted = values.to_vec();
    sorted.sort();
    let rank = (1..=sorted.len()).find(|rank| rank * 10 >= sorted.len() * tenths);
    rank.map_or(0, |rank| sorted[rank - 1])
}
