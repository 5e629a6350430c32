//! Customers who fall silent: what they leave in somebody's hands, what they leave waiting, and what is there when they write again.

use model::row::Silence;
use model::skill::REQUIREMENT_SKILLS_MAX;
use model::{AgentNo, ChannelNo, ContactNo, Millis, ProfileNo, Time};

use super::Step;
use super::contact::{Contact, State};
use super::tenant::Tenant;
use crate::keys::{Cause, key};
use crate::report::Invariant;
use crate::told::{Kind, Told, moment};

/// Beyond so many what a contact would ask for may have no number.
const PROFILES_MAX: usize = 65_536;

impl Tenant {
    /// It leaves its agent.
    pub(super) fn hush(&mut self, number: ContactNo, until: Time, step: &mut Step<'_>) -> Option<Told> {
        let contact = self.open_contact(number, step)?;
        let id = contact.id.clone();
        let (State::Active { agent, .. } | State::Parked { agent, .. }) = contact.state else {
            let what = format!("contact {id} becomes quiet while it is {}", contact.state.name());
            step.broken(Invariant::Lifecycle, what);
            return None;
        };
        match self.quiet_of(contact) {
            Some((_, ends)) if step.now + ends == until => {}
            Some((_, ends)) => {
                let what = format!(
                    "contact {id} is quiet for {} ms, its channel says {}",
                    until.since(step.now).0,
                    ends.0
                );
                step.broken(Invariant::Leases, what);
            }
            None => self.has_no_quiet(contact, step),
        }
        self.trace_silence(&id, true, step);
        self.end_work(number, true, step.now);
        self.let_go(number, State::Quiet { agent, until });
        let contact = self.contact_mut(number)?;
        contact.kept_from.clear();
        (contact.is_together, contact.free_since, contact.prefers) = (false, step.now, Some(agent));
        let told = self.tell(Kind::ContactQuieted, self.contact(number)?);
        Some(Told { agent: self.agent_key(agent), detail: moment(until), ..told })
    }

    /// It waits as indirect work from here on.
    pub(super) fn slow(
        &mut self,
        number: ContactNo,
        (profile, points): (ProfileNo, i32),
        due_at: Time,
        step: &mut Step<'_>,
    ) -> Option<Told> {
        let contact = self.open_contact(number, step)?;
        let id = contact.id.clone();
        let from = self.place_of(contact.profile).map(|(_, channel)| channel);
        let is_noted = contact.state == State::Nowhere && contact.silence.noted;
        if contact.silence.slowed_from.is_some() || !(is_noted || matches!(contact.state, State::Waiting(_)))
        {
            let what = format!("contact {id} is slowed while it is {}", contact.state.name());
            step.broken(Invariant::Lifecycle, what);
        }
        match self.quiet_of(contact) {
            Some((to, _)) => {
                self.check_asks_anew(contact, (profile, points), to, step);
                self.check_deadline(profile, contact.arrived_at, due_at, &contact.body, step);
            }
            None => self.has_no_quiet(contact, step),
        }
        if !is_noted {
            self.trace_silence(&id, true, step);
        }
        let silence = Silence { slowed_from: from, noted: false };
        self.ask_anew(number, (profile, points, due_at), silence, step.now)?;
        let told = self.tell(Kind::ContactSlowed, self.contact(number)?);
        Some(Told { detail: self.channel_key(from), ..told })
    }

    /// It is live again.
    pub(super) fn reply(
        &mut self,
        number: ContactNo,
        (profile, points): (ProfileNo, i32),
        step: &mut Step<'_>,
    ) -> Option<Told> {
        let contact = self.open_contact(number, step)?;
        let (id, state, silence) = (contact.id.clone(), contact.state, contact.silence);
        let from = self.place_of(contact.profile).map(|(_, channel)| channel);
        let is_quiet = matches!(state, State::Quiet { .. });
        let is_noted = state == State::Nowhere && silence.noted;
        let was_slowed = silence.slowed_from.is_some() && (is_noted || matches!(state, State::Waiting(_)));
        if !is_quiet && !was_slowed {
            let what = format!("contact {id} is heard of again while it is {}", state.name());
            step.broken(Invariant::Lifecycle, what);
        }
        if let State::Quiet { until, .. } = state {
            step.check_overrun(until, || format!("the silence of contact {id}"));
        }
        if let Some(channel) = silence.slowed_from.or(from) {
            self.check_asks_anew(contact, (profile, points), channel, step);
        }
        if !is_noted {
            self.trace_silence(&id, false, step);
        }
        self.ask_anew(number, (profile, points, Time::MAX), Silence::default(), step.now)?;
        self.contact_mut(number)?.comes |= is_quiet;
        let told = self.tell(Kind::ContactReplied, self.contact(number)?);
        Some(Told { detail: self.channel_key(from), ..told })
    }

    /// It is offered, and its customer falls silent or writes.
    pub(super) fn note_silence(
        &mut self,
        number: ContactNo,
        is_quiet: bool,
        step: &mut Step<'_>,
    ) -> Option<()> {
        let contact = self.open_contact(number, step)?;
        let id = contact.id.clone();
        let Silence { slowed_from, noted } = contact.silence;
        if !matches!(contact.state, State::Offered { .. }) {
            let what = format!("of contact {id} is noted who writes while it is {}", contact.state.name());
            step.broken(Invariant::Lifecycle, what);
        } else if is_quiet == (slowed_from.is_some() != noted) {
            let what = format!("of contact {id} is noted what was said before");
            step.broken(Invariant::OneEffect, what);
        }
        self.trace_silence(&id, is_quiet, step);
        self.contact_mut(number)?.silence.noted = is_quiet != slowed_from.is_some();
        Some(())
    }

    /// Before it is queued or offered: what was said while it was offered is done.
    pub(super) fn check_note(&self, contact: &Contact, step: &mut Step<'_>) {
        let is_owed = contact.silence.slowed_from.is_some() || self.quiet_of(contact).is_some();
        if contact.state != State::Nowhere || !contact.silence.noted || !is_owed {
            return;
        }
        let queue = self.queue_of(contact).map_or(&[][..], |queue| &queue.skills);
        let of_rule = contact.body.classified.iter().flat_map(|of_rule| &of_rule.skills);
        let all = queue.iter().chain(&contact.body.skills).chain(of_rule);
        let mut skills: Vec<&str> = all.map(|demand| demand.skill.as_str()).collect();
        skills.sort_unstable();
        skills.dedup();
        if skills.len() <= REQUIREMENT_SKILLS_MAX && self.profiles.len() < PROFILES_MAX {
            let what =
                format!("contact {} is placed as if its customer had said nothing meanwhile", contact.id);
            step.broken(Invariant::Lifecycle, what);
        }
    }

    /// Of one that is closed while it is quiet.
    pub(super) fn check_end_of_silence(&self, contact: &Contact, until: Time, step: &mut Step<'_>) {
        let id = &contact.id;
        step.check_overrun(until, || format!("the silence of contact {id}"));
        if step.now < until {
            let tenant = self.name.as_str();
            let cause = Cause::Ended { tenant, contact: id.as_str(), is_by_customer: true };
            step.trace(cause, || format!("end of contact {id} before its silence is over"));
        }
    }

    fn ask_anew(
        &mut self,
        number: ContactNo,
        (profile, points, due_at): (ProfileNo, i32, Time),
        silence: Silence,
        now: Time,
    ) -> Option<()> {
        self.let_go(number, State::Nowhere);
        self.change_profile(number, profile);
        let contact = self.contact_mut(number)?;
        (contact.points, contact.due_at, contact.silence) = (points, due_at, silence);
        (contact.entered_at, contact.step, contact.is_pressed) = (now, 0, false);
        contact.leave_overflow();
        self.unplaced.push(number);
        Some(())
    }

    /// On that channel of its queue, as one that comes there.
    fn check_asks_anew(
        &self,
        contact: &Contact,
        (profile, points): (ProfileNo, i32),
        channel: ChannelNo,
        step: &mut Step<'_>,
    ) {
        let queue = self.place_of(contact.profile).map(|(queue, _)| queue);
        let is_there =
            self.place_of(profile).is_some_and(|place| Some(place.0) == queue && place.1 == channel);
        self.check_site(profile, &contact.body, step);
        self.check_still_asks(contact, profile, step);
        if !is_there || !self.is_as_it_arrives(contact, profile, points) {
            let what = format!(
                "contact {} becomes another than it was: profile {profile}, {points} points",
                contact.id
            );
            step.broken(Invariant::Lifecycle, what);
        }
    }

    fn has_no_quiet(&self, contact: &Contact, step: &mut Step<'_>) {
        let what = format!("the customer of contact {} is silent on a channel without quiet", contact.id);
        step.broken(Invariant::Lifecycle, what);
    }

    /// Where those go whose customers are silent, and how long they are kept, by the channel that it came from or is on.
    fn quiet_of(&self, contact: &Contact) -> Option<(ChannelNo, Millis)> {
        if contact.body.consult.is_some() {
            return None;
        }
        let (_, here) = self.place_of(contact.profile)?;
        let from = contact.silence.slowed_from.unwrap_or(here);
        let quiet = self.channels.get(from.index())?.quiet.as_ref()?;
        let to = self.channels.number(quiet.to.as_str())?;
        Some((ChannelNo(u8::try_from(to).ok()?), quiet.ends))
    }

    fn trace_silence(&self, id: &model::ContactId, is_quiet: bool, step: &mut Step<'_>) {
        let cause = Cause::Silence { tenant: self.name.as_str(), contact: id.as_str(), is_quiet };
        let said = if is_quiet { "silence" } else { "reply" };
        step.trace(cause, || format!("the {said} of contact {id}"));
    }

    fn channel_key(&self, channel: Option<ChannelNo>) -> u64 {
        channel.map_or(0, |channel| key(self.channels.name(channel.index())))
    }
}

impl State {
    /// Who had it until its customer fell silent.
    pub(super) fn quiet_after(self) -> Option<AgentNo> {
        if let State::Quiet { agent, .. } = self { Some(agent) } else { None }
    }
}
