//! What befalls contacts that wait, and queues that are paused or closed.

use model::config::{ChannelKind, QueueState};
use model::transition::ExitWhy;
use model::{Change, ContactNo, QueueId, QueueNo, Refusal, Time};

use super::Step;
use super::calendar;
use super::classify::own_skills;
use super::inputs::{Refused, refused};
use super::inputs_contact::points;
use super::state::{Profile, Tenant};

impl Step<'_> {
    pub fn queue_switch(&mut self, queue: &QueueId, state: QueueState) -> Result<(), Refused> {
        let Some(queue) = self.world().queue_number(queue) else {
            return refused(Refusal::UnknownQueue, format!("queue {queue} is not configured"));
        };
        let before = self.world().queue_state(queue);
        if before != state {
            self.decide(Change::QueueSwitched { queue, state });
            if before == QueueState::Paused {
                self.settle();
            }
        }
        Ok(())
    }

    pub fn lift_if_due(&mut self, contact: ContactNo) -> bool {
        let present = self.world().contact(contact);
        let is_due = !present.kept_from.is_empty() && present.kept_from_until <= self.now;
        if is_due {
            self.decide(Change::ExclusionLifted { contact });
        }
        is_due
    }

    pub fn relax_if_due(&mut self, contact: ContactNo) -> bool {
        let world = self.world();
        let present = world.contact(contact);
        let steps = &world.queue_of(contact).relax;
        let due = steps.iter().filter(|step| present.entered_at + step.after <= self.now).count();
        if due <= usize::from(present.step) {
            return false;
        }
        let step = &steps[due - 1];
        let own = if step.keep_own { own_skills(&present.body) } else { Vec::new() };
        let (of_queue, former) = (world.profile_of(contact), present.profile);
        let wanted = world
            .profile_asking(of_queue.queue, world.lasting(contact), &step.skills, &own)
            .map(|wanted| Profile { pressure: of_queue.pressure, ..wanted });
        let numbered = wanted.and_then(|wanted| Ok((world.profile_number(&wanted)?, wanted)));
        let profile = match numbered {
            Ok((number, wanted)) => {
                self.open_profile(number, wanted);
                number
            }
            Err(_) => former,
        };
        let step = u8::try_from(due).expect("a queue has at most 8 steps");
        self.decide(Change::ContactRelaxed { contact, step, profile });
        true
    }

    pub fn press_if_due(&mut self, contact: ContactNo) {
        let world = self.world();
        if world.presses_at(contact).is_none_or(|at| at > self.now) {
            return;
        }
        let pressure = world.queue_of(contact).pressure;
        let preference = world.preference_of(world.profile_of(contact).queue);
        let wanted = Profile { pressure, preference, ..world.profile_of(contact).clone() };
        let profile = match world.profile_number(&wanted) {
            Ok(number) => {
                self.open_profile(number, wanted);
                number
            }
            Err(_) => world.contact(contact).profile,
        };
        self.decide(Change::ContactPressed { contact, profile });
    }

    pub fn leave_if_due(&mut self, contact: ContactNo) -> bool {
        let world = self.world();
        let is_due = world.leaves_at(contact).is_some_and(|at| at <= self.now);
        if is_due {
            self.leave(contact, ExitWhy::MaxWait);
        }
        is_due || self.leave_if_window_over(contact)
    }

    pub fn leave(&mut self, contact: ContactNo, why: ExitWhy) {
        let world = self.world();
        let exit = world.queue_of(contact).exit_to.as_ref().and_then(|name| world.queue_number(name));
        let way = exit.and_then(|queue| {
            let own = &own_skills(&world.contact(contact).body);
            let lasting = world.lasting(contact);
            let wanted = world.profile_asking(queue, lasting, &world.queue(queue).skills, own).ok()?;
            Some((queue, world.profile_number(&wanted).ok()?, wanted))
        });
        let Some((queue, profile, wanted)) = way else {
            return self.close(contact, why.outcome());
        };
        let points = points(world.queue(queue), &world.contact(contact).body);
        self.open_profile(profile, wanted);
        self.decide(Change::ContactMoved { contact, profile, points, why });
        self.enter(contact);
    }
}

impl Tenant {
    pub fn queue_state(&self, queue: QueueNo) -> QueueState {
        self.switched.get(&queue).copied().unwrap_or_default()
    }

    pub fn is_paused(&self, contact: ContactNo) -> bool {
        self.queue_state(self.profile_of(contact).queue) == QueueState::Paused
    }

    /// When it leaves its queue by the exit if it still waits then.
    pub fn leaves_at(&self, contact: ContactNo) -> Option<Time> {
        let entered_at = self.contact(contact).entered_at;
        self.queue_of(contact).max_wait.map(|wait| entered_at + wait)
    }

    /// When it asks for less if it still waits then.
    pub fn relaxes_at(&self, contact: ContactNo) -> Option<Time> {
        let present = self.contact(contact);
        let next = self.queue_of(contact).relax.get(usize::from(present.step))?;
        Some(present.entered_at + next.after)
    }

    /// When its deadline is near if it still waits then.
    pub fn presses_at(&self, contact: ContactNo) -> Option<Time> {
        let pressure = self.queue_of(contact).pressure?;
        let present = self.contact(contact);
        match self.channel(self.profile_of(contact).channel).kind {
            ChannelKind::Indirect if !present.pressed => Some(present.due_at - pressure),
            ChannelKind::Indirect | ChannelKind::Live => None,
        }
    }

    /// Whether the queue has hours and these are not among them.
    pub fn is_off_hours(&self, queue: QueueNo, now: Time) -> bool {
        let hours = self.queue(queue).hours.as_ref();
        let calendar = hours.and_then(|name| self.config().calendar(name));
        calendar.is_some_and(|calendar| !calendar::is_open(calendar, now))
    }

    pub fn is_full(&self, queue: QueueNo) -> bool {
        let waiting = self
            .contacts
            .iter()
            .filter(|(number, contact)| contact.is_waiting() && self.profile_of(**number).queue == queue)
            .count();
        self.queue(queue).room.is_some_and(|room| waiting >= room as usize)
    }
}
