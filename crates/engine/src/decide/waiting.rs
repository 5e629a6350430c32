//! What befalls a contact that waits: it may be had by whoever it was kept from, asks for less, counts as live, or leaves
//! its queue by the exit.

use model::config::QueueState;
use model::transition::ExitWhy;
use model::{Change, ContactNo, QueueNo, TenantNo};

use super::Turn;
use super::contact::{NO_SKILLS, total_points};
use crate::mutants::{self, Mutant};
use crate::state::aversions::Aversion;
use crate::state::profiles::ProfileKey;

impl Turn<'_> {
    /// Leaves by the exit a contact that has waited in its queue for as long as that or its window allows. True when it did.
    pub fn leave_if_due(&mut self, tenant: TenantNo, contact: ContactNo) -> bool {
        let state = self.tenant(tenant);
        let record = state.contacts.of(contact);
        let leaves_at = state.queue_of(record.profile).leaves_at(record.entered_at);
        let is_due = leaves_at.is_some_and(|leaves_at| leaves_at <= self.now);
        if is_due {
            self.leave(tenant, contact, ExitWhy::MaxWait);
        }
        is_due || self.leave_if_window_over(tenant, contact)
    }

    /// Lets agents who declined the contact have it again when it is time. True when it did.
    pub fn lift_if_due(&mut self, tenant: TenantNo, contact: ContactNo) -> bool {
        let aversion = self.tenant(tenant).contacts.aversion(contact.place());
        let is_over =
            |aversion: &Aversion| !aversion.kept_from.is_empty() && aversion.kept_from_until <= self.now;
        let is_due = aversion.is_some_and(is_over);
        if is_due {
            self.emit(tenant, Change::ExclusionLifted { contact });
        }
        is_due
    }

    /// Lets the contact ask for less when it is time. True when it did.
    pub fn relax_if_due(&mut self, tenant: TenantNo, contact: ContactNo) -> bool {
        let state = self.tenant(tenant);
        let record = state.contacts.of(contact);
        let settings = state.queue_of(record.profile);
        let Some(step) = settings.step_due(record.entered_at, record.step, self.now) else { return false };
        let present = state.profiles.key(record.profile);
        let relaxation = &settings.relax[usize::from(step) - 1];
        let own = if relaxation.keep_own { record.body().own_skills() } else { NO_SKILLS };
        let mut lasting = state.lasting(record);
        if mutants::is(Mutant::SiteLetGo) {
            lasting.site = None;
        }
        let key = self.profile_key(tenant, present.queue, lasting, &relaxation.demands, own, false);
        let pressure = present.pressure;
        let present = record.profile;
        let key = key.map(|key| ProfileKey { pressure, ..key });
        // Without a number for what it would ask for, it goes on asking for what it does.
        let profile = key.and_then(|key| self.open_profile(tenant, key)).unwrap_or(present);
        self.emit(tenant, Change::ContactRelaxed { contact, step, profile });
        true
    }

    /// Lets an indirect contact whose deadline is near count as a live one.
    pub fn press_if_due(&mut self, tenant: TenantNo, contact: ContactNo) {
        let state = self.tenant(tenant);
        let record = state.contacts.of(contact);
        if state.presses_at(record).is_none_or(|at| at > self.now) {
            return;
        }
        let present = record.profile;
        let queue = state.queue_of(present);
        let (pressure, preference) = (queue.pressure, queue.preference.clone());
        let key = ProfileKey { pressure, preference, ..state.profiles.key(present).clone() };
        // Without a number for that it stays where it is, and is not looked at again.
        let profile = self.open_profile(tenant, key).unwrap_or(present);
        self.emit(tenant, Change::ContactPressed { contact, profile });
    }

    /// For a contact that comes to its queue and would have to wait there: leaves by the exit when the queue is full. True
    /// when it did.
    pub fn leave_if_full(&mut self, tenant: TenantNo, contact: ContactNo) -> bool {
        let state = self.tenant(tenant);
        let profile = state.contacts.of(contact).profile;
        let waiting = state.waiting_in(state.profiles.brief(profile).queue);
        let is_full = state.queue_of(profile).room.is_some_and(|room| waiting >= room);
        if is_full {
            self.leave(tenant, contact, ExitWhy::Full);
        }
        is_full
    }

    /// For a contact that comes to its queue: leaves by the exit when the queue is closed. True when it did.
    pub fn leave_if_closed(&mut self, tenant: TenantNo, contact: ContactNo) -> bool {
        let state = self.tenant(tenant);
        let queue = state.profiles.brief(state.contacts.of(contact).profile).queue;
        let is_closed = state.queue_state(queue) == QueueState::Closed;
        if is_closed {
            self.leave(tenant, contact, ExitWhy::Closed);
        }
        is_closed
    }

    /// For a contact that comes to its queue: leaves by the exit outside the queue's hours. True when it did.
    pub fn leave_if_off_hours(&mut self, tenant: TenantNo, contact: ContactNo) -> bool {
        let now = self.now;
        let state = self.engine.tenant_mut(tenant);
        let hours = state.queue_of(state.contacts.of(contact).profile).hours;
        let settings = state.settings.as_mut().expect("a contact came under a configuration");
        let is_off = hours.is_some_and(|hours| !settings.calendar_mut(hours).is_open_still(now));
        if is_off {
            self.leave(tenant, contact, ExitWhy::OffHours);
        }
        is_off
    }

    /// Takes the contact out of its queue, by the exit.
    pub fn leave(&mut self, tenant: TenantNo, contact: ContactNo, why: ExitWhy) {
        let state = self.tenant(tenant);
        let exit_to = state.queue_of(state.contacts.of(contact).profile).exit_to;
        if !exit_to.is_some_and(|queue| self.move_to(tenant, contact, queue, why)) {
            self.close_and_release(tenant, contact, why.outcome());
        }
    }

    /// False when the contact asks for more than it may there.
    fn move_to(&mut self, tenant: TenantNo, contact: ContactNo, queue: QueueNo, why: ExitWhy) -> bool {
        let state = self.tenant(tenant);
        let record = state.contacts.of(contact);
        let lasting = state.lasting(record);
        let Some(settings) = state.settings().queue(queue) else { return false };
        let points = total_points(settings.points, record.body().own_points());
        let own = record.body().own_skills();
        let key = self.profile_key(tenant, queue, lasting, &settings.demands, own, false);
        let Ok(profile) = key.and_then(|key| self.open_profile(tenant, key)) else { return false };
        self.emit(tenant, Change::ContactMoved { contact, profile, points, why });
        self.enter(tenant, contact);
        true
    }
}
