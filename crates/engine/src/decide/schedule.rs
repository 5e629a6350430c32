//! Scheduled contacts: put off when they come and when the customer was not reached, and released when it is their turn.

use model::transition::ExitWhy;
use model::{AgentNo, Change, ContactNo, Outcome, QueueNo, Refusal, TenantNo, Time};

use super::Turn;
use super::contact::Refused;

impl Turn<'_> {
    /// For a contact with a window that arrives.
    pub fn put_off(&mut self, tenant: TenantNo, contact: ContactNo) {
        let not_before = self.tenant(tenant).contacts.of(contact).body().window.as_ref();
        let not_before = not_before.and_then(|window| window.not_before).unwrap_or(Time(0));
        self.emit(tenant, Change::ContactScheduled { contact, until: not_before.max(self.now), tries: 0 });
    }

    /// The agent who has the contact did not reach the customer.
    pub fn not_reached(
        &mut self,
        tenant: TenantNo,
        agent: AgentNo,
        contact: ContactNo,
    ) -> Result<(), Refused> {
        let state = self.tenant(tenant);
        let record = state.contacts.of(contact);
        let Some(schedule) = state.schedule.state(contact) else {
            let detail =
                "the contact came without a window, or left its queue when that was over; complete it";
            return Err((Refusal::WrongState, detail.to_owned()));
        };
        let settings = state.queue_of(record.profile).schedule;
        let tries = schedule.tries.saturating_add(1);
        let until = self.now + settings.retry_after;
        let not_after = record.body().window.as_ref().and_then(|window| window.not_after);
        if tries > settings.retries || not_after.is_some_and(|end| until >= end) {
            self.close_and_release(tenant, contact, Outcome::NotReached);
        } else {
            self.emit(tenant, Change::ContactScheduled { contact, until, tries });
            self.released(tenant, agent);
        }
        Ok(())
    }

    /// The queue's timer: it may release one whose time has come.
    pub fn release_first(&mut self, tenant: TenantNo, queue: QueueNo) {
        let schedule = &mut self.engine.tenant_mut(tenant).schedule;
        if let Some(contact) = schedule.first_due(self.now, queue) {
            self.release(tenant, contact);
        }
    }

    /// Of a contact that is put off.
    pub fn release(&mut self, tenant: TenantNo, contact: ContactNo) {
        let arrived_at = self.tenant(tenant).arrives_at(contact);
        self.emit(tenant, Change::ContactReleased { contact, arrived_at });
        self.reclassify_if_marked(tenant, contact);
        if !self.leave_if_window_over(tenant, contact) {
            self.enter(tenant, contact);
        }
    }

    /// Leaves by the exit a contact that was not answered in its window. True when it did.
    pub fn leave_if_window_over(&mut self, tenant: TenantNo, contact: ContactNo) -> bool {
        let state = self.tenant(tenant);
        let ends_at = state.window_ends_at(state.contacts.of(contact));
        let is_over = ends_at.is_some_and(|end| end <= self.now);
        if is_over {
            self.leave(tenant, contact, ExitWhy::WindowOver);
        }
        is_over
    }
}
