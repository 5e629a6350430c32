//! Deadlines: what a queue promises, and contacts that count as live because theirs is near.

use model::config::{ChannelKind, QueueConfig};
use model::{ContactBody, ContactId, ContactNo, Millis, ProfileNo, Time};

use super::Step;
use super::tenant::Tenant;
use crate::report::Invariant;
use crate::told::{Kind, Told};

impl Tenant {
    pub(super) fn press(
        &mut self,
        number: ContactNo,
        profile: ProfileNo,
        step: &mut Step<'_>,
    ) -> Option<Told> {
        let contact = self.open_contact(number, step)?;
        let id = contact.id.clone();
        if contact.is_pressed || contact.state.holder().is_some() {
            let again = if contact.is_pressed { "again " } else { "" };
            let what = format!("contact {id} is pressed {again}while it is {}", contact.state.name());
            step.broken(Invariant::Lifecycle, what);
        }
        let channel =
            self.place_of(contact.profile).and_then(|(_, channel)| self.channels.get(channel.index()));
        if channel.is_some_and(|channel| channel.kind != ChannelKind::Indirect) {
            step.broken(
                Invariant::Lifecycle,
                format!("contact {id} is pressed although its channel is live"),
            );
        } else if let Some(queue) = self.queue_of(contact) {
            match queue.pressure {
                None => step.broken(
                    Invariant::Lifecycle,
                    format!("contact {id} is pressed in a queue that has no pressure"),
                ),
                Some(pressure) => {
                    let early = (contact.due_at - pressure).since(step.now);
                    if !early.is_zero() {
                        let what = format!("contact {id} is pressed {} ms before its time", early.0);
                        step.broken(Invariant::Leases, what);
                    }
                }
            }
            self.check_still_asks(contact, profile, step);
            self.check_pressed_profile(&id, (contact.profile, profile), queue.pressure, step);
        }
        self.change_profile(number, profile);
        self.contact_mut(number)?.is_pressed = true;
        self.line_up(number);
        Some(self.tell(Kind::ContactPressed, self.contact(number)?))
    }

    /// The same but for the pressure; or the very same, when there was no number for another.
    fn check_pressed_profile(
        &self,
        id: &ContactId,
        (former, next): (ProfileNo, ProfileNo),
        pressure: Option<Millis>,
        step: &mut Step<'_>,
    ) {
        let (Some(before), Some(after)) = (self.profiles.get(&former), self.profiles.get(&next)) else {
            return;
        };
        let is_like = before.queue == after.queue
            && before.channel == after.channel
            && before.site == after.site
            && before.requirement == after.requirement;
        if !is_like || (former != next && after.pressure != pressure) {
            step.broken(
                Invariant::Lifecycle,
                format!("contact {id} is pressed into another profile than its own"),
            );
        }
    }

    /// The deadline that a contact arrives with is its own, or what its queue promises.
    pub(super) fn check_deadline(
        &self,
        profile: ProfileNo,
        arrived_at: Time,
        due_at: Time,
        body: &ContactBody,
        step: &mut Step<'_>,
    ) {
        let Some((queue, channel)) = self.place_of(profile) else { return };
        let (Some(queue), Some(channel)) =
            (self.queues.get(queue.index()), self.channels.get(channel.index()))
        else {
            return;
        };
        let expected = match channel.kind {
            ChannelKind::Live => Time::MAX,
            ChannelKind::Indirect => body.due_at.unwrap_or_else(|| self.promised(queue, arrived_at)),
        };
        if due_at != expected {
            let what = format!(
                "contact {} is due at {}, by its queue and its arrival at {}",
                body.contact, due_at.0, expected.0
            );
            step.broken(Invariant::Leases, what);
        }
    }

    fn promised(&self, queue: &QueueConfig, arrived_at: Time) -> Time {
        let calendar = queue.calendar.as_ref().and_then(|name| self.calendars.get(name));
        match (calendar, queue.due_business_days) {
            (None, _) => arrived_at + queue.due_in,
            (Some(calendar), None) => calendar.open_time_after(arrived_at, queue.due_in),
            (Some(calendar), Some(days)) => calendar.business_days_after(arrived_at, days),
        }
    }

    pub(super) fn pressure_of(&self, profile: ProfileNo) -> Option<Millis> {
        self.profiles.get(&profile)?.pressure
    }
}
