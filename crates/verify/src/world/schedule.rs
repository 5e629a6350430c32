//! Contacts that came with a window: put off until their time, released as their queue allows, tried again.

use model::row::ScheduleState;
use model::transition::ExitWhy;
use model::{ContactNo, QueueNo, Time};

use super::Step;
use super::contact::{Contact, State};
use super::tenant::Tenant;
use crate::keys::{Cause, key};
use crate::report::Invariant;
use crate::told::{Kind, Told, moment};

impl Tenant {
    pub(super) fn put_off(
        &mut self,
        number: ContactNo,
        until: Time,
        tries: u8,
        step: &mut Step<'_>,
    ) -> Option<Told> {
        let contact = self.open_contact(number, step)?;
        let (id, state) = (contact.id.clone(), contact.state);
        let expected = match state {
            State::Nowhere if contact.put_off_again.is_some() => contact.put_off_again,
            State::Nowhere if contact.owes_putting_off => {
                let not_before = contact.body.window.as_ref().and_then(|window| window.not_before);
                Some((not_before.unwrap_or(step.now).max(step.now), 0))
            }
            State::Active { .. } => self.next_try(contact, step),
            State::Nowhere
            | State::Waiting(_)
            | State::Offered { .. }
            | State::WrapUp { .. }
            | State::Parked { .. }
            | State::Quiet { .. }
            | State::Scheduled => None,
        };
        match expected {
            Some(expected) if expected == (until, tries) => {}
            Some((at, of)) => {
                let what = format!(
                    "contact {id} is put off until {} after {tries} tries, by its queue until {} after {of}",
                    until.0, at.0
                );
                step.broken(Invariant::Leases, what);
            }
            None => {
                let what = format!("contact {id} is put off while it is {}", state.name());
                step.broken(Invariant::Lifecycle, what);
            }
        }
        if state.holder().is_some() {
            self.trace_not_reached(number, step);
        }
        self.end_work(number, true, step.now);
        self.let_go(number, State::Scheduled);
        let contact = self.contact_mut(number)?;
        contact.schedule = Some(ScheduleState { tries, answered: false, until });
        (contact.owes_putting_off, contact.free_since) = (false, step.now);
        contact.put_off_again = None;
        let agent = state.holder().map_or(0, |agent| self.agent_key(agent));
        let told = self.tell(Kind::ContactScheduled, self.contact(number)?);
        Some(Told { agent, detail: key((moment(until), tries)), ..told })
    }

    /// When a contact whose customer was not reached is tried again; nothing when it is not.
    pub(super) fn next_try(&self, contact: &Contact, step: &Step<'_>) -> Option<(Time, u8)> {
        let (schedule, settings) = (contact.schedule?, self.queue_of(contact)?.schedule);
        let (at, tries) = (step.now + settings.retry_after, schedule.tries + 1);
        (tries <= settings.retries && contact.not_after().is_none_or(|end| at < end)).then_some((at, tries))
    }

    pub(super) fn trace_not_reached(&self, number: ContactNo, step: &mut Step<'_>) {
        let Some(contact) = self.contact(number) else { return };
        let Some(holder) = contact.state.holder() else { return };
        let (agent, id) = (self.agents[holder.index()].id.as_str(), contact.id.as_str());
        let cause = Cause::NotReached { tenant: self.name.as_str(), agent, contact: id };
        step.trace(cause, || format!("agent {agent} not reaching the customer of contact {id}"));
    }

    pub(super) fn release(
        &mut self,
        number: ContactNo,
        arrived_at: Time,
        step: &mut Step<'_>,
    ) -> Option<Told> {
        let contact = self.open_contact(number, step)?;
        let id = contact.id.clone();
        if contact.state != State::Scheduled {
            let what = format!("contact {id} is released while it is {}", contact.state.name());
            step.broken(Invariant::Lifecycle, what);
        }
        let is_early =
            contact.state == State::Scheduled && contact.window_end().is_none_or(|end| end > step.now);
        let early = self.check_release(contact, step.now).filter(|_| is_early);
        // A supervisor to whom it is early lets it arrive when that is.
        let is_by_hand = early.is_some() && arrived_at == step.now;
        if arrived_at != contact.arrives_at() && !is_by_hand {
            let what = format!(
                "contact {id} is released as one that arrived at {}, it counts from {}",
                arrived_at.0,
                contact.arrives_at().0
            );
            step.broken(Invariant::Lifecycle, what);
        }
        self.released_early = early.map(|(invariant, what)| (number, invariant, what));
        self.let_go(number, State::Nowhere);
        self.released_at = step.now;
        let contact = self.contact_mut(number)?;
        (contact.arrived_at, contact.entered_at, contact.free_since) = (arrived_at, step.now, step.now);
        contact.comes = true;
        self.unplaced.push(number);
        Some(self.tell(Kind::ContactReleased, self.contact(number)?))
    }

    /// Unless its time has come, few enough of its kind wait, and nobody stands before it.
    fn check_release(&self, contact: &Contact, now: Time) -> Option<(Invariant, String)> {
        let id = &contact.id;
        let early = contact.schedule.map_or(Time(0), |schedule| schedule.until).since(now);
        if !early.is_zero() {
            let what = format!("contact {id} is released {} ms before its time", early.0);
            return Some((Invariant::Leases, what));
        }
        let (queue, _) = self.place_of(contact.profile)?;
        let waiting = self.scheduled_waiting_in(queue);
        if self.queue_of(contact).is_some_and(|settings| waiting >= u64::from(settings.schedule.release)) {
            let what = format!("contact {id} is released while {waiting} of its kind wait in its queue");
            return Some((Invariant::Lifecycle, what));
        }
        let turn = |contact: &Contact| (contact.arrives_at(), contact.number);
        let is_before = |other: &&Contact| {
            other.state == State::Scheduled
                && other.schedule.is_some_and(|schedule| schedule.until <= now)
                && self.place_of(other.profile).is_some_and(|(number, _)| number == queue)
                && turn(other) < turn(contact)
        };
        let other = self.sorted_contacts().find(is_before)?;
        let what = format!("contact {id} is released before contact {}, whose turn it is", other.id);
        Some((Invariant::Lifecycle, what))
    }

    fn scheduled_waiting_in(&self, queue: QueueNo) -> u64 {
        let is_there = |contact: &&Contact| {
            matches!(contact.state, State::Waiting(_))
                && contact.is_unanswered()
                && self.place_of(contact.profile).is_some_and(|(number, _)| number == queue)
        };
        self.contacts.values().filter(is_there).count() as u64
    }

    /// When it should have been released at the latest, as things are; nothing while it may be put off.
    pub(super) fn releases_by(&self, contact: &Contact) -> Option<Time> {
        let (queue, _) = self.place_of(contact.profile)?;
        let release = self.queue_of(contact)?.schedule.release;
        let until = contact.schedule?.until.max(self.released_at).max(self.changed_at);
        (self.scheduled_waiting_in(queue) < u64::from(release)).then_some(until)
    }

    /// Whoever came with a window is put off before anything else.
    pub(super) fn check_was_put_off(&self, contact: &Contact, step: &mut Step<'_>) {
        if contact.owes_putting_off {
            let what = format!("contact {} came with a window and is not put off", contact.id);
            step.broken(Invariant::Lifecycle, what);
        }
    }

    pub(super) fn check_window_over(&self, contact: &Contact, step: &mut Step<'_>) {
        let id = &contact.id;
        match contact.window_end() {
            Some(end) if end <= step.now => {
                let end = end.max(contact.free_since);
                step.check_overrun(end, || format!("the window of contact {id}"));
            }
            Some(_) | None => {
                let what = format!("contact {id} leaves its queue before its window is over");
                step.broken(Invariant::Leases, what);
            }
        }
    }

    /// A contact that waited out its window and not its queue's longest wait leaves for that.
    pub(super) fn exit_of(&self, contact: &Contact, why: ExitWhy, now: Time) -> ExitWhy {
        let is_over = contact.window_end().is_some_and(|end| end <= now);
        match why {
            ExitWhy::MaxWait if is_over => ExitWhy::WindowOver,
            ExitWhy::Full
            | ExitWhy::MaxWait
            | ExitWhy::Closed
            | ExitWhy::OffHours
            | ExitWhy::WindowOver
            | ExitWhy::Supervisor => why,
        }
    }
}

impl Contact {
    pub fn is_unanswered(&self) -> bool {
        self.schedule.is_some_and(|schedule| !schedule.answered)
    }

    fn not_after(&self) -> Option<Time> {
        self.body.window.as_ref()?.not_after
    }

    /// Nothing once an agent answered it, and for one that is not scheduled.
    pub fn window_end(&self) -> Option<Time> {
        if self.is_unanswered() { self.not_after() } else { None }
    }

    /// Its own arrival if its producer said one, else its time.
    fn arrives_at(&self) -> Time {
        let until = self.schedule.map_or(self.arrived_at, |schedule| schedule.until);
        if self.body.arrived_at.is_some() { self.arrived_at } else { until }
    }
}
