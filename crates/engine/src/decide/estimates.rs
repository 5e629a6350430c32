//! What those who wait are told of how long it will take: when they are queued, and anew when it changes.

use model::estimate::{Outlook, TOLD_PER_LOOK};
use model::overflow::LOOK_EVERY;
use model::{Change, ContactNo, Millis, QueueNo, TenantNo};

use super::Turn;
use crate::state::estimates::outlook;

/// A p50 that differs by less is told to nobody.
const CHANGE_MIN: Millis = Millis::from_seconds(5);

impl Turn<'_> {
    /// For a contact that was just queued.
    #[cold]
    pub fn tell_outlook(&mut self, tenant: TenantNo, contact: ContactNo) {
        let state = self.tenant(tenant);
        let queue = state.queue_number(contact);
        if state.is_estimated(queue) {
            let pace = state.pace(self.now, queue, self.is_offering(tenant));
            let outlook = outlook(pace, state.position(queue, contact));
            self.emit(tenant, Change::ContactEstimated { contact, outlook });
        }
    }

    /// In a look: those who stand first in the lines, if something changed for them. `changes`: how many are decided in all when no
    /// further one is told.
    pub fn tell_anew(&mut self, tenant: TenantNo, changes: usize) {
        let Some(overflow) = &self.tenant(tenant).overflow else { return };
        let mut queues: Vec<QueueNo> = overflow.estimates.waits.keys().copied().collect();
        if queues.is_empty() {
            return;
        }
        let first = (self.now.0 / LOOK_EVERY.0) % queues.len() as u64;
        queues.rotate_left(first as usize);
        let mut left = TOLD_PER_LOOK;
        for queue in queues {
            self.tell_line(tenant, queue, &mut left, changes);
        }
    }

    fn tell_line(&mut self, tenant: TenantNo, queue: QueueNo, left: &mut usize, changes: usize) {
        let state = self.tenant(tenant);
        let line = state.first_in_line(queue);
        if line.is_empty() {
            return;
        }
        let pace = state.pace(self.now, queue, true);
        for (position, contact) in (1..).zip(line) {
            if *left == 0 || self.decisions.transitions.len() >= changes {
                return;
            }
            let outlook = outlook(pace, position);
            let told = self.tenant(tenant).estimated(contact).map(|estimated| estimated.told);
            if told.is_none_or(|told| is_changed(told, outlook)) {
                *left -= 1;
                self.emit(tenant, Change::ContactEstimated { contact, outlook });
            }
        }
    }
}

/// Whether the difference matters to who waits.
fn is_changed(told: Outlook, new: Outlook) -> bool {
    let moved = u64::from(told.position.abs_diff(new.position));
    let is_elsewhere = moved > 0 && moved * 10 >= u64::from(told.position);
    let is_other = match (told.estimate.known(), new.estimate.known()) {
        (Some((told, _)), Some((new, _))) => {
            let difference = told.0.abs_diff(new.0);
            difference >= CHANGE_MIN.0 && difference.saturating_mul(5) >= told.0
        }
        (None, None) => told.estimate != new.estimate,
        (Some(_), None) | (None, Some(_)) => true,
    };
    is_elsewhere || is_other
}
