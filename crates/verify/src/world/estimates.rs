//! What those who wait are told of how long it will take: when they must be, what, and how good it was.
//!
//! Measured anew, by scans over what the journal made so far.

use std::collections::BTreeMap;

use model::config::QueueState;
use model::estimate::{
    Estimate, Estimated, Outlook, POSITION_MAX, TOLD_PER_QUEUE, UnknownWhy, WAITS, WAITS_MIN,
};
use model::{ContactNo, Millis, QueueNo, TenantConfig, Time};

use super::Step;
use super::contact::{Contact, State};
use super::tenant::Tenant;
use crate::keys::key;
use crate::report::Invariant;
use crate::told::{Kind, Told, outlook_key};

/// By name of the queues that estimate: milliseconds per place of the last who were accepted there.
#[derive(Debug, Default)]
pub(crate) struct Paces(BTreeMap<String, Vec<u64>>);

impl Paces {
    pub fn replace(&mut self, config: &TenantConfig) {
        let estimating = config.queues.iter().filter(|queue| config.estimates(queue));
        let former = std::mem::take(&mut self.0);
        self.0 = estimating
            .map(|queue| {
                let paces = former.get(queue.name.as_str()).cloned();
                (queue.name.to_string(), paces.unwrap_or_default())
            })
            .collect();
    }
}

impl Tenant {
    fn is_estimated(&self, queue: QueueNo) -> bool {
        self.estimates.0.contains_key(self.queues.name(queue.index()))
    }

    /// For a contact that was just queued.
    pub(super) fn expect_outlook(&mut self, number: ContactNo) {
        let queue = self.contact(number).and_then(|contact| Some(self.place_of(contact.profile)?.0));
        let is_estimated = queue.is_some_and(|queue| self.is_estimated(queue));
        if let Some(contact) = self.contact_mut(number).filter(|_| is_estimated) {
            contact.owes_outlook = true;
            self.unplaced.push(number);
        }
    }

    /// Another configuration is in force.
    pub(super) fn drop_outlooks(&mut self) {
        let gone: Vec<ContactNo> = self
            .contacts
            .values()
            .filter(|contact| {
                self.place_of(contact.profile).is_none_or(|(queue, _)| !self.is_estimated(queue))
            })
            .map(|contact| contact.number)
            .collect();
        for number in gone {
            if let Some(contact) = self.contact_mut(number) {
                contact.estimated = None;
            }
        }
    }

    pub(super) fn estimate(
        &mut self,
        number: ContactNo,
        outlook: Outlook,
        step: &mut Step<'_>,
    ) -> Option<Told> {
        let contact = self.open_contact(number, step)?;
        if let Some(what) = self.wrong_outlook(contact, outlook, step.now) {
            let what = format!("contact {} {what}", contact.id);
            step.broken(Invariant::Estimates, what);
        }
        let contact = self.contact_mut(number)?;
        contact.owes_outlook = false;
        let new = Estimated { at: step.now, first: outlook, told: outlook };
        contact.estimated.get_or_insert(new).told = outlook;
        let told = self.tell(Kind::ContactEstimated, self.contact(number)?);
        Some(Told { detail: outlook_key(outlook), ..told })
    }

    fn wrong_outlook(&self, contact: &Contact, outlook: Outlook, now: Time) -> Option<String> {
        let queue = self.place_of(contact.profile).map(|(queue, _)| queue);
        let Some(queue) = queue.filter(|queue| self.is_estimated(*queue)) else {
            return Some("is told what to expect of a queue that estimates nothing".to_owned());
        };
        if !matches!(contact.state, State::Waiting(_)) {
            return Some(format!("is told what to expect while it is {}", contact.state.name()));
        }
        let is_look = !contact.owes_outlook;
        if is_look && outlook.position as usize > TOLD_PER_QUEUE {
            return Some(format!("is told anew at {}, which is too far back", outlook.position));
        }
        let is_unlooked = outlook.estimate == Estimate::Unknown(UnknownWhy::NotOffering);
        if is_unlooked && is_look {
            return Some("is told anew that nothing is offered; then nobody looks".to_owned());
        }
        let before = self.line(queue).iter().take_while(|other| other.number != contact.number).count();
        let expected = self.outlook(queue, before + 1, now);
        let is_paused = expected.estimate == Estimate::Unknown(UnknownWhy::Paused);
        // Whether an owner is offering is its own affair.
        let is_known = !is_unlooked || is_paused;
        if outlook.position != expected.position || (is_known && outlook != expected) {
            return Some(format!("is told {outlook:?}, by the journal it is {expected:?}"));
        }
        let told = contact.estimated.filter(|_| is_look)?.told;
        (!has_changed(told, outlook)).then(|| format!("is told anew, {outlook:?}, but that is no news"))
    }

    /// All that wait there, in order of arrival.
    fn line(&self, queue: QueueNo) -> Vec<&Contact> {
        let waits = |contact: &&Contact| {
            matches!(contact.state, State::Waiting(_))
                && self.place_of(contact.profile).is_some_and(|(number, _)| number == queue)
        };
        let mut line: Vec<&Contact> = self.contacts.values().filter(waits).collect();
        line.sort_unstable_by_key(|contact| (contact.arrived_at, contact.number));
        line
    }

    /// At a place in the line, while the engine is offering.
    fn outlook(&self, queue: QueueNo, place: usize, now: Time) -> Outlook {
        let position = u32::try_from(place).unwrap_or(POSITION_MAX).min(POSITION_MAX);
        let paces = self.estimates.0.get(self.queues.name(queue.index())).map_or(&[][..], Vec::as_slice);
        let estimate = if self.queue_state(queue) == QueueState::Paused {
            Estimate::Unknown(UnknownWhy::Paused)
        } else if !self.agents.iter().any(|agent| self.is_eligible_for(agent, queue)) {
            Estimate::Unknown(UnknownWhy::NobodyThere)
        } else if paces.len() < WAITS_MIN {
            Estimate::Unknown(UnknownWhy::TooFew)
        } else {
            let mut paces = paces.to_vec();
            paces.sort_unstable();
            let head = self.line(queue).first().and_then(|first| first.estimated);
            let of_head = head.map_or(0, |head| now.since(head.at).0 / u64::from(head.first.position));
            // As many as that, or one more where it is no whole number, lie at or below it.
            let at = |percent: usize| {
                let below = paces[(paces.len() * percent - 1) / 100];
                Millis(below.max(of_head).saturating_mul(u64::from(position)))
            };
            Estimate::Known { p50: at(50), p90: at(90) }
        };
        Outlook { position, estimate }
    }

    /// What one would be told that came now: p50 and p90, or nothing.
    pub(super) fn expected_wait(&self, queue: QueueNo, now: Time) -> (u64, u64) {
        let known = self.outlook(queue, self.line(queue).len() + 1, now).estimate.known();
        known.map_or((0, 0), |(p50, p90)| (p50.0, p90.0))
    }

    /// For a contact that is accepted: what must be said of how long it waited.
    pub(super) fn note_wait(&mut self, number: ContactNo, now: Time) -> Option<u64> {
        let queue = self.place_of(self.contact(number)?.profile)?.0;
        let told = self.contact_mut(number)?.estimated.take()?;
        let waited = now.since(told.at);
        let name = self.queues.name(queue.index());
        if let Some(paces) = self.estimates.0.get_mut(name) {
            paces.push(waited.0 / u64::from(told.first.position));
            let beyond = paces.len().saturating_sub(WAITS);
            paces.drain(..beyond);
        }
        Some(key((outlook_key(told.first), waited.0)))
    }
}

fn has_changed(told: Outlook, new: Outlook) -> bool {
    let places = u64::from(told.position.abs_diff(new.position));
    let is_elsewhere = places > 0 && u64::from(told.position) <= 10 * places;
    is_elsewhere
        || match (told.estimate.known(), new.estimate.known()) {
            (Some((told, _)), Some((new, _))) => {
                let difference = told.0.abs_diff(new.0);
                difference >= 5_000 && difference.saturating_mul(5) >= told.0
            }
            _ => told.estimate != new.estimate,
        }
}
