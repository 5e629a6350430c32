//! What befalls contacts that wait, and queues that are switched.

use model::config::{QueueConfig, QueueState};
use model::transition::ExitWhy;
use model::{ContactNo, Outcome, ProfileNo, QueueNo, Time};

use super::Step;
use super::contact::{Contact, State};
use super::hand::comes_by;
use super::tenant::Tenant;
use crate::keys::{Cause, key};
use crate::report::Invariant;
use crate::told::{Kind, Told, exit_name};

impl Tenant {
    pub(super) fn switch_queue(&mut self, queue: QueueNo, state: QueueState, step: &mut Step<'_>) -> Told {
        let name = self.queues.name(queue.index()).to_owned();
        let cause = Cause::Switched { tenant: self.name.as_str(), queue: &name, state: state.name() };
        step.trace(cause, || format!("queue {name} {}", state.name()));
        if self.queue_state(queue) == state {
            step.broken(Invariant::Lifecycle, format!("queue {name} is {} already", state.name()));
        }
        self.switched.insert(queue, state);
        self.changed_at = step.now;
        Told { queue: key(&name), detail: key(state.name()), ..Told::new(Kind::QueueSwitched, self.key) }
    }

    pub(super) fn queue_state(&self, queue: QueueNo) -> QueueState {
        self.switched.get(&queue).copied().unwrap_or_default()
    }

    pub(super) fn relax(
        &mut self,
        number: ContactNo,
        taken: u8,
        profile: ProfileNo,
        step: &mut Step<'_>,
    ) -> Option<Told> {
        let contact = self.open_contact(number, step)?;
        let id = contact.id.clone();
        let relaxation =
            taken.checked_sub(1).and_then(|at| self.queue_of(contact)?.relax.get(usize::from(at)));
        match relaxation {
            _ if taken <= contact.step || contact.state.holder().is_some() => {
                let what = format!(
                    "contact {id} takes step {taken} after {}, {}",
                    contact.step,
                    contact.state.name()
                );
                step.broken(Invariant::Lifecycle, what);
            }
            None => step.broken(
                Invariant::Lifecycle,
                format!("contact {id} takes step {taken}, which its queue has not"),
            ),
            Some(relaxation) => {
                let early = (contact.entered_at + relaxation.after).since(step.now);
                if !early.is_zero() {
                    let what = format!("contact {id} asks for less {} ms before its time", early.0);
                    step.broken(Invariant::Leases, what);
                }
            }
        }
        if self.pressure_of(profile) != self.pressure_of(contact.profile) {
            step.broken(Invariant::Lifecycle, format!("contact {id} asks for less and is pressed otherwise"));
        }
        if self.place_of(profile) != self.place_of(contact.profile) {
            step.broken(
                Invariant::Lifecycle,
                format!("contact {id} asks for less in another queue or channel"),
            );
        }
        self.check_site(profile, &contact.body, step);
        self.check_still_asks(contact, profile, step);
        self.change_profile(number, profile);
        let contact = self.contact_mut(number)?;
        contact.step = taken;
        contact.overflowed.lent = None;
        self.line_up(number);
        let told = self.tell(Kind::ContactRelaxed, self.contact(number)?);
        Some(Told { detail: u64::from(taken), ..told })
    }

    pub(super) fn move_on(
        &mut self,
        number: ContactNo,
        (profile, points): (ProfileNo, i32),
        why: ExitWhy,
        step: &mut Step<'_>,
    ) -> Option<Told> {
        let contact = self.open_contact(number, step)?;
        let id = contact.id.clone();
        let from =
            self.profiles.get(&contact.profile).map_or(0, |from| key(self.queues.name(from.queue.index())));
        self.check_was_put_off(contact, step);
        let (former, next) = (self.place_of(contact.profile), self.place_of(profile));
        let exit = self.queue_of(contact).and_then(|queue| queue.exit_to.as_ref());
        let is_exit = next.is_some_and(|(queue, _)| {
            exit.is_some_and(|exit| exit.as_str() == self.queues.name(queue.index()))
        });
        if comes_by(why) {
            self.check_exit(contact, why, step);
        } else {
            self.check_moved(contact, next.map(|(queue, _)| queue), step);
        }
        let put_off_again = contact.schedule.filter(|_| contact.state == State::Scheduled);
        let put_off_again = put_off_again.map(|schedule| (schedule.until, schedule.tries));
        if (comes_by(why) && !is_exit)
            || former.map(|(_, channel)| channel) != next.map(|(_, channel)| channel)
        {
            step.broken(Invariant::Lifecycle, format!("contact {id} moves where no exit leads"));
        }
        self.check_site(profile, &contact.body, step);
        self.check_still_asks(contact, profile, step);
        self.let_go(number, State::Nowhere);
        self.change_profile(number, profile);
        let contact = self.contact_mut(number)?;
        (contact.entered_at, contact.step, contact.points) = (step.now, 0, points);
        (contact.is_pressed, contact.comes) = (false, comes_by(why));
        contact.put_off_again = put_off_again;
        contact.leave_overflow();
        if why == ExitWhy::WindowOver {
            contact.schedule = None;
        }
        self.unplaced.push(number);
        let told = self.tell(Kind::ContactMoved, self.contact(number)?);
        Some(Told { detail: key((from, exit_name(why))), ..told })
    }

    /// Whether its queue has hours and these are not among them.
    pub(super) fn is_off_hours(&self, contact: &Contact, now: Time) -> bool {
        let hours = self.queue_of(contact).and_then(|queue| queue.hours.as_ref());
        let calendar = hours.and_then(|name| self.calendars.get(name));
        calendar.is_some_and(|calendar| !calendar.is_open(now))
    }

    /// Whoever comes is taken in only by a queue that is not closed, within its hours.
    pub(super) fn check_entrance(&self, contact: &Contact, step: &mut Step<'_>) {
        if !contact.comes {
            return;
        }
        let queue = self.place_of(contact.profile).map(|(queue, _)| queue);
        if queue.is_some_and(|queue| self.queue_state(queue) == QueueState::Closed) {
            step.broken(
                Invariant::Lifecycle,
                format!("contact {} is taken in by a closed queue", contact.id),
            );
        }
        if self.is_off_hours(contact, step.now) {
            let what = format!("contact {} is taken in outside the hours of its queue", contact.id);
            step.broken(Invariant::Lifecycle, what);
        }
    }

    /// Whether the contact's queue lets it leave for this reason now.
    pub(super) fn check_exit(&self, contact: &Contact, why: ExitWhy, step: &mut Step<'_>) {
        let id = &contact.id;
        if contact.state.holder().is_some() {
            let what = format!("contact {id} leaves its queue while it is {}", contact.state.name());
            step.broken(Invariant::Lifecycle, what);
        }
        let Some(queue) = self.queue_of(contact) else { return };
        let number = self.place_of(contact.profile).map(|(queue, _)| queue);
        match why {
            ExitWhy::MaxWait => match queue.max_wait.map(|wait| contact.entered_at + wait) {
                Some(leaves_at) if leaves_at <= step.now => {
                    // In somebody's hands it cannot leave.
                    let leaves_at = leaves_at.max(contact.free_since);
                    step.check_overrun(leaves_at, || format!("the wait of contact {id}"));
                }
                _ => {
                    let what = format!("contact {id} leaves its queue before it has waited for too long");
                    step.broken(Invariant::Leases, what);
                }
            },
            ExitWhy::Full => {
                let waiting = number.map_or(0, |number| self.waiting_in(number));
                if queue.room.is_none_or(|room| waiting < u64::from(room)) {
                    let what = format!("contact {id} leaves a queue that has room, with {waiting} waiting");
                    step.broken(Invariant::Lifecycle, what);
                }
            }
            ExitWhy::Closed => {
                if number.is_none_or(|number| self.queue_state(number) != QueueState::Closed) {
                    let what = format!("contact {id} is turned away from a queue that is not closed");
                    step.broken(Invariant::Lifecycle, what);
                }
            }
            ExitWhy::WindowOver => self.check_window_over(contact, step),
            ExitWhy::Supervisor => {}
            ExitWhy::OffHours => {
                if !contact.comes || !self.is_off_hours(contact, step.now) {
                    let what = format!("contact {id} is turned away within the hours of its queue");
                    step.broken(Invariant::Lifecycle, what);
                }
            }
        }
    }

    pub(super) fn waiting_in(&self, queue: QueueNo) -> u64 {
        let is_there = |contact: &&Contact| {
            matches!(contact.state, State::Waiting(_))
                && self.place_of(contact.profile).is_some_and(|(number, _)| number == queue)
        };
        self.contacts.values().filter(is_there).count() as u64
    }

    pub(super) fn queue_of(&self, contact: &Contact) -> Option<&QueueConfig> {
        self.queues.get(self.profiles.get(&contact.profile)?.queue.index())
    }
}

/// Why a contact that ends this way left its queue; nothing for ends that are no exit.
pub(super) fn exit_behind(outcome: Outcome) -> Option<ExitWhy> {
    match outcome {
        Outcome::Completed | Outcome::Abandoned | Outcome::Cancelled | Outcome::NotReached => None,
        Outcome::Blocked => Some(ExitWhy::Full),
        Outcome::TimedOut => Some(ExitWhy::MaxWait),
        Outcome::TurnedAway => Some(ExitWhy::Closed),
    }
}
