//! The steps of a contact's life, each judged by the state before it.

use std::sync::Arc;

use model::contact::ContactBody;
use model::estimate::Estimated;
use model::overflow::Overflowed;
use model::row::{Handling, ScheduleState, Silence};
use model::transition::{ExitWhy, KnownAgent, KnownWhy, OfferEnd, Place, ReturnedWhy};
use model::{AgentNo, ContactId, ContactNo, Outcome, ProfileNo, Time};

use super::Step;
use super::customers::Belongs;
use super::order::Standing;
use super::tenant::Tenant;
use super::waiting::exit_behind;
use crate::keys::{Cause, key};
use crate::report::Invariant;
use crate::told::{Kind, Told, classified_key, end_name, moment, outcome_name, why_name};

/// Most agents that a contact is kept from for a while; of more the first drops out.
const KEPT_FROM_MAX: usize = 8;

#[derive(Debug)]
pub(crate) struct Contact {
    pub number: ContactNo,
    pub id: ContactId,
    pub key: u64,
    pub profile: ProfileNo,
    pub state: State,
    /// Kept from these for good.
    pub excluded: Vec<AgentNo>,
    /// Kept from these until the exclusion is lifted.
    pub kept_from: Vec<AgentNo>,
    pub kept_from_until: Time,
    /// When it came to its queue, and how many relaxation steps it took there.
    pub entered_at: Time,
    pub step: u8,
    /// As it counts since it came, or was last released.
    pub arrived_at: Time,
    pub due_at: Time,
    pub points: i32,
    /// Where it waits among others.
    pub stands: Option<Standing>,
    /// Whether it was pressed in its queue.
    pub is_pressed: bool,
    /// It came to its queue and has no place there yet.
    pub comes: bool,
    /// As last updated and classified.
    pub body: Arc<ContactBody>,
    /// The rules make something else of it since its update.
    pub owes: bool,
    /// Updated in somebody's hands.
    pub to_classify: bool,
    /// Since when it is in nobody's hands.
    pub free_since: Time,
    pub belongs: Belongs,
    /// Whoever comes before all others for it.
    pub prefers: Option<AgentNo>,
    /// It prefers its agent for something that the agent has.
    pub is_together: bool,
    pub overflowed: Overflowed,
    /// It came with a window and was not put off yet.
    pub owes_putting_off: bool,
    /// Moved while it was put off: until then, with so many tries, it must be again.
    pub put_off_again: Option<(Time, u8)>,
    /// Its agent took it, and has not accepted it yet.
    pub is_pulled: bool,
    /// Of one that is scheduled.
    pub schedule: Option<ScheduleState>,
    /// It was queued, and must be told what to expect.
    pub owes_outlook: bool,
    /// What it was told, in the queue that it is in.
    pub estimated: Option<Estimated>,
    /// It was said that nobody could take it.
    pub is_unservable: bool,
    /// How often it was interrupted.
    pub interruptions: u8,
    /// When it was accepted by whoever has it, in a queue that measures work.
    pub work_since: Option<Time>,
    /// How long it may be active without a word of its agent; counts while it is active.
    pub handling: Option<Handling>,
    /// What is known of its customer, who is silent or was.
    pub silence: Silence,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// The next step must place it.
    Nowhere,
    Waiting(Place),
    Offered {
        agent: AgentNo,
        offer: u64,
        expires_at: Time,
    },
    Active {
        agent: AgentNo,
        offer: u64,
    },
    WrapUp {
        agent: AgentNo,
        offer: u64,
        until: Time,
    },
    /// Put off.
    Scheduled,
    /// Interrupted, or its agent was signed out and it stays until then.
    Parked {
        agent: AgentNo,
        offer: u64,
        until: Option<Time>,
    },
    /// Nobody's until its customer writes again; the agent had it.
    Quiet {
        agent: AgentNo,
        until: Time,
    },
}

impl State {
    pub fn holder(self) -> Option<AgentNo> {
        match self {
            State::Nowhere | State::Waiting(_) | State::Scheduled | State::Quiet { .. } => None,
            State::Offered { agent, .. }
            | State::Active { agent, .. }
            | State::Parked { agent, .. }
            | State::WrapUp { agent, .. } => Some(agent),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            State::Nowhere => "nowhere",
            State::Waiting(Place::Queue) => "waiting",
            State::Waiting(Place::Preferred { .. }) => "waiting for one agent",
            State::Offered { .. } => "offered",
            State::Active { .. } => "active",
            State::WrapUp { .. } => "in wrap-up",
            State::Scheduled => "put off",
            State::Parked { .. } => "parked",
            State::Quiet { .. } => "quiet",
        }
    }
}

impl Tenant {
    pub(super) fn arrive(
        &mut self,
        number: ContactNo,
        (profile, points): (ProfileNo, i32),
        (arrived_at, due_at): (Time, Time),
        digest: u64,
        (body, known): (&Arc<ContactBody>, Option<KnownAgent>),
        step: &mut Step<'_>,
    ) -> Option<Told> {
        let id = &body.contact;
        step.counts.contacts_arrived += 1;
        let tenant = self.name.clone();
        let cause = Cause::Created { tenant: tenant.as_str(), contact: id.as_str(), digest };
        if self.take_consult(number, profile, arrived_at, body, step).is_some() {
            if !self.take_id(id, step.now) {
                step.broken(Invariant::OneEffect, format!("consult {id} arrives although its id is in use"));
            }
        } else if let Some(position) = step.trace(cause, || format!("arrival of contact {id}")) {
            self.note_arrival(position, arrived_at, id, step);
            if !self.take_id(id, step.now) {
                step.broken(Invariant::OneEffect, format!("contact {id} arrives although its id is in use"));
            }
        } else {
            self.take_id(id, step.now);
        }
        self.check_profile(profile, body, step);
        if let Some((_, channel)) = self.place_of(profile) {
            self.check_known(channel, body, known, step);
        }
        self.check_classified(profile, points, body, step);
        if number.arrival_count() != self.arrivals || self.contacts.contains_key(&number.place()) {
            step.broken(
                Invariant::Lifecycle,
                format!("contact {id} gets number {number:?}, which is not free"),
            );
        }
        self.arrivals = self.arrivals.max(number.arrival_count() + 1);
        let roster = |agent| self.roster.get(agent).copied();
        let excluded = body.excluded_agents.iter().filter_map(roster);
        let excluded = excluded.filter(|agent| !self.agents[agent.index()].is_removed).collect();
        let contact = Contact {
            number,
            id: id.clone(),
            key: key(id.as_str()),
            profile,
            state: State::Nowhere,
            excluded,
            kept_from: Vec::new(),
            kept_from_until: Time(0),
            entered_at: step.now,
            step: 0,
            arrived_at,
            due_at,
            points,
            stands: None,
            is_pressed: false,
            comes: body.consult.is_none(),
            body: Arc::clone(body),
            owes: false,
            to_classify: false,
            free_since: step.now,
            belongs: Belongs::of(body),
            prefers: known.map(|known| known.agent).or(body.preferred_agent.as_ref().and_then(roster)),
            is_together: known.is_some_and(|known| known.why != KnownWhy::LastAgent),
            overflowed: Overflowed::default(),
            owes_putting_off: body.window.is_some(),
            put_off_again: None,
            is_pulled: false,
            schedule: None,
            owes_outlook: false,
            estimated: None,
            is_unservable: false,
            interruptions: 0,
            work_since: None,
            handling: None,
            silence: Silence::default(),
        };
        if let Some(profile) = self.profiles.get_mut(&profile) {
            profile.contacts += 1;
        }
        let rule = body.classified.as_ref().map(|classified| classified.rule.as_ref());
        let detail = rule.map_or(0, |rule| classified_key(rule, true));
        let told = Told { detail, ..self.tell(Kind::ContactArrived, &contact) };
        self.contacts.insert(number.place(), contact);
        self.unplaced.push(number);
        Some(told)
    }

    fn note_arrival(&self, position: u64, arrived_at: Time, id: &ContactId, step: &mut Step<'_>) {
        let Some(slot) = step.ingest.slot_mut(position) else { return };
        slot.is_arrived = true;
        let latest = slot.stamp.min(step.now);
        if arrived_at > latest {
            let what = format!("contact {id} arrives {} ms after it was there", arrived_at.since(latest).0);
            step.broken(Invariant::Time, what);
        }
    }

    pub(super) fn queue_contact(
        &mut self,
        number: ContactNo,
        place: Place,
        step: &mut Step<'_>,
    ) -> Option<Told> {
        let preferred = match place {
            Place::Queue => 0,
            Place::Preferred { agent, .. } => {
                self.known_agent(agent, step).map_or(0, |agent| key(agent.id.as_str()))
            }
        };
        let contact = self.open_contact(number, step)?;
        match contact.state {
            State::Nowhere => {}
            State::Waiting(Place::Preferred { until, .. }) => {
                step.check_overrun(until, || format!("the wait of contact {} for one agent", contact.id));
            }
            State::Waiting(Place::Queue)
            | State::Offered { .. }
            | State::Active { .. }
            | State::WrapUp { .. }
            | State::Parked { .. }
            | State::Quiet { .. }
            | State::Scheduled => {
                let what = format!("contact {} is queued while it is {}", contact.id, contact.state.name());
                step.broken(Invariant::Lifecycle, what);
            }
        }
        self.check_entrance(contact, step);
        self.check_note(contact, step);
        self.check_was_put_off(contact, step);
        self.check_is_classified(number, step);
        self.let_go(number, State::Waiting(place));
        let contact = self.contact_mut(number)?;
        (contact.comes, contact.silence.noted) = (false, false);
        contact.is_together &= place != Place::Queue;
        contact.prefer_as_queued(place);
        self.line_up(number);
        self.expect_outlook(number);
        Some(Told { agent: preferred, ..self.tell(Kind::ContactQueued, self.contact(number)?) })
    }

    pub(super) fn accept(&mut self, number: ContactNo, step: &mut Step<'_>) -> Option<Told> {
        let contact = self.open_contact(number, step)?;
        let State::Offered { agent, offer, expires_at } = contact.state else {
            let what = format!("contact {} is accepted while it is {}", contact.id, contact.state.name());
            step.broken(Invariant::Lifecycle, what);
            return None;
        };
        let id = contact.id.clone();
        step.check_overrun(expires_at, || format!("offer {offer}"));
        let name = self.agents[agent.index()].id.clone();
        if !self.is_accepted_automatically(number) && !contact.is_pulled {
            let (tenant, agent, contact) = (self.name.as_str(), name.as_str(), id.as_str());
            step.trace(Cause::Accepted { tenant, agent, contact, offer }, || {
                format!("acceptance of offer {offer} of contact {id} by agent {name}")
            });
        }
        self.note_answer(number, step.now);
        let detail = self.note_wait(number, step.now).unwrap_or(0);
        self.begin_work(number, step.now);
        self.begin_handling(number, step.now);
        self.agents[agent.index()].offered -= 1;
        self.agents[agent.index()].active.push(number);
        let contact = self.contact_mut(number)?;
        contact.state = State::Active { agent, offer };
        contact.is_pulled = false;
        contact.silence.noted = false;
        if let Some(schedule) = &mut contact.schedule {
            schedule.answered = true;
        }
        let told = self.tell(Kind::ContactAccepted, self.contact(number)?);
        Some(Told { agent: key(name.as_str()), offer, detail, ..told })
    }

    pub(super) fn end_offer(
        &mut self,
        number: ContactNo,
        how: OfferEnd,
        kept_from_until: Time,
        step: &mut Step<'_>,
    ) -> Option<Told> {
        let contact = self.open_contact(number, step)?;
        let State::Offered { agent, offer, expires_at } = contact.state else {
            let what = format!("contact {} loses an offer while it is {}", contact.id, contact.state.name());
            step.broken(Invariant::Lifecycle, what);
            return None;
        };
        let id = contact.id.clone();
        let name = self.agents[agent.index()].id.clone();
        step.check_overrun(expires_at, || format!("offer {offer}"));
        match how {
            OfferEnd::Declined => {
                let (tenant, agent, contact) = (self.name.as_str(), name.as_str(), id.as_str());
                step.trace(Cause::Declined { tenant, agent, contact, offer }, || {
                    format!("refusal of offer {offer} of contact {id} by agent {name}")
                });
            }
            OfferEnd::Expired if step.now < expires_at => {
                let early = expires_at.since(step.now).0;
                step.broken(Invariant::Leases, format!("offer {offer} expires {early} ms before its time"));
            }
            OfferEnd::Withdrawn => self.trace_requeue(contact, step),
            OfferEnd::Expired | OfferEnd::Revoked => {}
        }
        self.let_go(number, State::Nowhere);
        let contact = self.contact_mut(number)?;
        contact.free_since = step.now;
        match how {
            OfferEnd::Declined | OfferEnd::Expired | OfferEnd::Withdrawn => {
                contact.keep_from(agent, kept_from_until);
                (contact.is_together, contact.prefers) = (false, None);
            }
            OfferEnd::Revoked => {}
        }
        self.unplaced.push(number);
        let told = self.tell(Kind::OfferEnded, self.contact(number)?);
        Some(Told { agent: key(name.as_str()), offer, detail: key(end_name(how)), ..told })
    }

    pub(super) fn lift_exclusion(&mut self, number: ContactNo, step: &mut Step<'_>) -> Option<()> {
        let contact = self.open_contact(number, step)?;
        if contact.kept_from.is_empty() || contact.state.holder().is_some() {
            let what = format!("contact {} is kept from nobody, yet that ends", contact.id);
            step.broken(Invariant::Lifecycle, what);
        } else if step.now < contact.kept_from_until {
            let early = contact.kept_from_until.since(step.now).0;
            let what = format!("contact {} is kept from agents {early} ms shorter than decided", contact.id);
            step.broken(Invariant::Leases, what);
        }
        self.contact_mut(number)?.kept_from.clear();
        self.line_up(number);
        Some(())
    }

    pub(super) fn start_wrap_up(
        &mut self,
        number: ContactNo,
        until: Time,
        step: &mut Step<'_>,
    ) -> Option<Told> {
        let contact = self.open_contact(number, step)?;
        let State::Active { agent, offer } = contact.state else {
            let what =
                format!("wrap-up of contact {} starts while it is {}", contact.id, contact.state.name());
            step.broken(Invariant::Lifecycle, what);
            return None;
        };
        self.contact_mut(number)?.state = State::WrapUp { agent, offer, until };
        self.agents[agent.index()].active.retain(|other| *other != number);
        let told = self.tell(Kind::ContactWrapUp, self.contact(number)?);
        Some(Told { agent: self.agent_key(agent), detail: moment(until), ..told })
    }

    pub(super) fn take_back(
        &mut self,
        number: ContactNo,
        (profile, points): (ProfileNo, i32),
        why: ReturnedWhy,
        kept_from_until: Time,
        step: &mut Step<'_>,
    ) -> Option<Told> {
        self.check_left(number, why, step);
        let contact = self.open_contact(number, step)?;
        let (State::Active { agent, .. } | State::Parked { agent, .. }) = contact.state else {
            let what = format!("contact {} is handed back while it is {}", contact.id, contact.state.name());
            step.broken(Invariant::Lifecycle, what);
            return None;
        };
        let (id, former) = (contact.id.clone(), contact.profile);
        let channel = |profile| self.place_of(profile).map(|(_, channel)| channel);
        if channel(profile).is_none() || channel(profile) != channel(former) {
            step.broken(Invariant::Lifecycle, format!("contact {id} is handed on to another channel"));
        }
        self.check_site(profile, &contact.body, step);
        self.check_hand_over(contact, agent, why, profile, step);
        let is_finished = match why {
            ReturnedWhy::TransferredToQueue | ReturnedWhy::TransferredToAgent { .. } => true,
            ReturnedWhy::Requeued | ReturnedWhy::AgentLeft | ReturnedWhy::Supervisor => false,
        };
        let begins_anew = match why {
            ReturnedWhy::TransferredToQueue | ReturnedWhy::TransferredToAgent { .. } => true,
            ReturnedWhy::Supervisor => {
                self.trace_requeue(contact, step);
                let queue = |profile| self.place_of(profile).map(|(queue, _)| queue);
                queue(profile) != queue(former)
            }
            ReturnedWhy::Requeued | ReturnedWhy::AgentLeft => false,
        };
        self.end_work(number, is_finished, step.now);
        self.let_go(number, State::Nowhere);
        self.change_profile(number, profile);
        let contact = self.contact_mut(number)?;
        contact.kept_from.clear();
        (contact.points, contact.is_together) = (points, false);
        contact.prefer_as_returned(why);
        match why {
            ReturnedWhy::TransferredToQueue | ReturnedWhy::Requeued | ReturnedWhy::Supervisor => {
                contact.keep_from(agent, kept_from_until)
            }
            ReturnedWhy::TransferredToAgent { .. } | ReturnedWhy::AgentLeft => {}
        }
        (contact.entered_at, contact.free_since) = (step.now, step.now);
        if begins_anew {
            contact.overflowed = Overflowed::default();
            (contact.step, contact.is_pressed, contact.to_classify) = (0, false, false);
        }
        self.unplaced.push(number);
        let told = self.tell(Kind::ContactReturned, self.contact(number)?);
        Some(Told { agent: self.agent_key(agent), detail: key(why_name(why)), ..told })
    }

    pub(super) fn close(&mut self, number: ContactNo, outcome: Outcome, step: &mut Step<'_>) -> Option<Told> {
        let contact = self.open_contact(number, step)?;
        let (id, state) = (contact.id.clone(), contact.state);
        self.check_was_put_off(contact, step);
        match exit_behind(outcome).map(|why| self.exit_of(contact, why, step.now)) {
            // A queue that was closed and one off its hours turn away alike.
            Some(ExitWhy::Closed) if self.is_off_hours(contact, step.now) => {
                self.check_exit(contact, ExitWhy::OffHours, step);
            }
            Some(why) => self.check_exit(contact, why, step),
            None => self.check_outcome(number, state, outcome, step),
        }
        let told = self.tell(Kind::ContactClosed, self.contact(number)?);
        let agent = state.holder().map_or(0, |agent| self.agent_key(agent));
        self.note_handled(number, outcome, step.now);
        self.end_work(number, true, step.now);
        self.let_go(number, State::Nowhere);
        let contact = self.contacts.remove(&number.place())?;
        if let Some(profile) = self.profiles.get_mut(&contact.profile) {
            profile.contacts = profile.contacts.saturating_sub(1);
        }
        self.forget_consult(number);
        self.release_id(&id, step.now);
        step.counts.contacts_closed += 1;
        Some(Told { agent, detail: key(outcome_name(outcome)), ..told })
    }

    fn check_outcome(&self, number: ContactNo, state: State, outcome: Outcome, step: &mut Step<'_>) {
        let Some(contact) = self.contact(number) else { return };
        let id = &contact.id;
        let is_legal = match (outcome, state) {
            (
                Outcome::Completed,
                State::Active { .. } | State::Parked { .. } | State::WrapUp { .. } | State::Quiet { .. },
            ) => true,
            (
                Outcome::Abandoned,
                State::Nowhere | State::Waiting(_) | State::Offered { .. } | State::Scheduled,
            ) => true,
            (Outcome::NotReached, State::Active { .. }) => {
                contact.schedule.is_some() && self.next_try(contact, step).is_none()
            }
            (Outcome::Cancelled, State::WrapUp { .. }) => false,
            (Outcome::Cancelled, _) => true,
            (Outcome::Completed | Outcome::Abandoned | Outcome::NotReached, _) => false,
            (Outcome::Blocked | Outcome::TimedOut | Outcome::TurnedAway, _) => return,
        };
        if !is_legal {
            let what =
                format!("contact {id} is closed as {} while it is {}", outcome_name(outcome), state.name());
            return step.broken(Invariant::Lifecycle, what);
        }
        match state {
            State::Offered { expires_at, offer, .. } => {
                step.check_overrun(expires_at, || format!("offer {offer}"))
            }
            State::Quiet { until, .. } if outcome == Outcome::Completed => {
                self.check_end_of_silence(contact, until, step);
            }
            State::Quiet { until, .. } => {
                step.check_overrun(until, || format!("the silence of contact {id}"))
            }
            State::WrapUp { until, .. } => step.check_overrun(until, || format!("wrap-up of contact {id}")),
            State::Nowhere
            | State::Waiting(_)
            | State::Active { .. }
            | State::Parked { .. }
            | State::Scheduled => {}
        }
        let is_by_customer = match outcome {
            Outcome::Completed | Outcome::Blocked | Outcome::TimedOut | Outcome::TurnedAway => return,
            Outcome::NotReached => return self.trace_not_reached(number, step),
            Outcome::Abandoned => true,
            Outcome::Cancelled if self.traces_end_of_consult(contact, step) => return,
            Outcome::Cancelled => false,
        };
        let cause = Cause::Ended { tenant: self.name.as_str(), contact: id.as_str(), is_by_customer };
        step.trace(cause, || format!("end of contact {id}"));
    }
}

impl Contact {
    fn keep_from(&mut self, agent: AgentNo, until: Time) {
        self.kept_from.retain(|kept| *kept != agent);
        if self.kept_from.len() == KEPT_FROM_MAX {
            self.kept_from.remove(0);
        }
        self.kept_from.push(agent);
        self.kept_from_until = until;
    }
}
