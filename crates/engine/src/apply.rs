//! What each change does to a tenant's state: the only code that changes it.
//!
//! Total over what `handle` decides; a change that does not fit the state is a bug or a forged journal, and ends the process.

mod close;

use std::sync::Arc;

use model::moving::Residence;
use model::overflow::{OverflowState, Proposed};
use model::row::{ScheduleState, Silence};
use model::transition::{ExitWhy, KnownAgent, KnownWhy, OfferEnd, Place, PresenceCause, ReturnedWhy};
use model::{
    AgentNo, Change, ContactBody, ContactId, ContactNo, Presence, ProfileNo, QueueNo, RuleName, Time,
};

use crate::state::aversions::Aversion;
use crate::state::contacts::{NewContact, Status};
use crate::state::id_index::{Found, IdHash};
use crate::state::overflow::measures;
use crate::state::profiles::ProfileKey;
use crate::state::rules::{classified, queue_by};
use crate::state::tenant::Tenant;
use crate::state::throttle::throttling;
use crate::state::timers::Timers;
use crate::state::updates;
use crate::state::work::Handled;

pub use close::Closed;

impl Tenant {
    pub fn apply(
        &mut self,
        now: Time,
        change: &Change,
        hash: impl Fn(&ContactId) -> IdHash,
        timers: &mut Timers,
    ) {
        match change {
            Change::TenantOpened { .. }
            | Change::TenantRows { .. }
            | Change::Resumed { .. }
            | Change::Refused(_) => {}
            Change::ConfigApplied { hash, config } => {
                if let Some(overflow) = self.overflow.as_mut().filter(|_| !measures(config)) {
                    overflow.cancel(timers);
                }
                self.fit(timers);
                let former = self.settings.as_ref().map(|former| throttling(&former.config));
                self.put_config(hash.clone(), Arc::clone(config));
                self.carry_throttles(former, timers);
                for queue in self.schedule.queues() {
                    self.set_release_timer(queue, timers);
                }
            }
            Change::TenantLeft { to, position } => {
                self.leave(Residence::Left { to: to.clone(), position: *position, at: now }, timers);
            }
            Change::TenantCame { grace } => self.come(now, *grace, timers),
            Change::TenantGone => self.go(),
            Change::AgentPut { agent, spec } => {
                if agent.index() == self.agents.len() {
                    self.agents.add(Arc::clone(spec));
                } else {
                    self.agents[*agent].spec = Arc::clone(spec);
                    self.agents[*agent].removed = false;
                }
                self.enrol(*agent);
            }
            Change::AgentRemoved { agent } => self.strike_off(*agent),
            Change::ProfileOpened {
                profile,
                queue,
                channel,
                ageing_per_minute,
                requirement,
                pressure,
                site,
                person,
            } => {
                let key = ProfileKey {
                    queue: *queue,
                    channel: *channel,
                    ageing_per_minute: *ageing_per_minute,
                    requirement: requirement.as_ref().clone(),
                    pressure: *pressure,
                    site: *site,
                    preference: self.settings().queue(*queue).and_then(|queue| queue.preference.clone()),
                    person: *person,
                };
                self.open_profile(*profile, key);
            }
            Change::ProfileClosed { profile } => self.close_profile(*profile),
            Change::QueueSwitched { queue, state } => self.switch_queue(*queue, *state),
            Change::AgentHeard { agent, session, counter } => {
                let record = &mut self.agents[*agent];
                record.session = *session;
                record.counter = *counter;
            }
            Change::AgentPresence { agent, presence, cause } => {
                self.change_presence(now, *agent, presence, *cause);
                if self.settings().config.slow_start.is_some() {
                    self.note_presence(now, *agent, presence);
                }
                self.set_agent_timer(*agent, timers);
            }
            Change::AgentDeferred { agent, limit, until } => {
                self.agents[*agent].deferred = Some((*limit, *until));
                self.set_agent_timer(*agent, timers);
            }
            Change::AgentThrottled { agent, why, until } => {
                self.change_throttle(*agent, *why, Some(*until), timers);
            }
            Change::AgentUnthrottled { agent, why } => self.change_throttle(*agent, *why, None, timers),
            Change::ContactArrived { contact, profile, points, arrived_at, due_at, digest, body, known } => {
                let id_hash = hash(&body.contact);
                self.arrivals = contact.arrival_count() + 1;
                self.contacts.insert(NewContact {
                    number: *contact,
                    profile: *profile,
                    key: self.key_of(*profile, *arrived_at, *points, *due_at),
                    points: *points,
                    arrived_at: *arrived_at,
                    id_hash,
                    digest: *digest,
                    body: Arc::clone(body),
                    entered_at: now,
                    step: 0,
                    has_customer: body.known_customer().is_some(),
                    is_pressed: false,
                });
                self.ids.insert(id_hash, Found::Open(contact.place()));
                self.profiles.add_contact(*profile);
                self.note_wishes(*contact, body, *known);
                if let Some(customer) = body.known_customer() {
                    self.customers.add_open(customer.as_str(), *contact);
                }
            }
            Change::ContactQueued { contact, place } => {
                self.stop_waiting(*contact);
                self.unmark(*contact);
                self.end_note(*contact);
                match place {
                    Place::Queue => {
                        self.contacts.of_mut(*contact).set_preferred(None, None);
                        self.wait_in_queue(*contact);
                    }
                    Place::Preferred { agent, until } => self.wait_for(*contact, *agent, *until),
                }
                self.set_contact_timer(*contact, timers);
            }
            Change::Offered { contact, agent, offer, expires_at, by } => {
                self.offers = offer.0;
                self.stop_waiting(*contact);
                self.hold(*contact, *agent);
                let record = self.contacts.of_mut(*contact);
                (record.status, record.offer, record.until) = (Status::Offered, *offer, *expires_at);
                record.to_classify = false;
                self.end_proposal(*contact);
                self.end_note(*contact);
                self.set_contact_timer(*contact, timers);
                self.agents[*agent].last_offer = *offer;
                if self.settings().throttles && by.is_none() {
                    self.count_offer(now, *agent);
                }
                self.count_turn(*contact);
                // It did not look for what a hand gave it, so what it gave up is still to be looked for.
                if by.is_none() && self.agents[*agent].deferred.take().is_some() {
                    self.set_agent_timer(*agent, timers);
                }
            }
            Change::Accepted { contact } => {
                let record = self.contacts.of_mut(*contact);
                record.status = Status::Active;
                let (agent, profile, entered_at) = (record.agent, record.profile, record.entered_at);
                if record.has_window() {
                    let schedule = self.schedule.state(*contact);
                    let answered = schedule.map(|state| ScheduleState { answered: true, ..state });
                    self.set_schedule(*contact, answered);
                }
                if self.overflow.is_some() {
                    self.note_answer(now, profile, entered_at);
                    self.note_wait(now, *contact);
                    self.begin_work(now, *contact);
                }
                self.end_note(*contact);
                self.begin_handling(now, *contact);
                self.agents[agent].misses = 0;
                if self.settings().interrupts {
                    self.touch(agent);
                }
                self.set_contact_timer(*contact, timers);
            }
            Change::ContactInterrupted { contact } => {
                self.end_work(now, *contact, Handled::Broken);
                self.park(*contact, timers);
            }
            Change::ContactParked { contact, until } => self.park_bound(now, *contact, *until, timers),
            Change::ContactResumed { contact } => self.resume_contact(now, *contact, timers),
            Change::ContactStuck { contact } => self.say_stuck(*contact, timers),
            Change::ContactWorkedOn { contact } => self.handling_goes_on(now, *contact, timers),
            Change::OfferEnded { contact, how, kept_from_until } => {
                let agent = self.let_go(*contact);
                match how {
                    OfferEnd::Declined | OfferEnd::Withdrawn => {
                        self.keep_from(*contact, agent, *kept_from_until);
                    }
                    OfferEnd::Expired => {
                        self.agents[agent].misses = self.agents[agent].misses.saturating_add(1);
                        self.keep_from(*contact, agent, *kept_from_until);
                    }
                    OfferEnd::Revoked => {}
                }
                self.set_contact_timer(*contact, timers);
            }
            Change::ExclusionLifted { contact } => {
                self.contacts.change_aversion(contact.place(), |aversion| aversion.kept_from.clear());
                self.set_contact_timer(*contact, timers);
            }
            Change::WrapUpStarted { contact, until } => {
                let record = self.contacts.of_mut(*contact);
                (record.status, record.until) = (Status::WrapUp, *until);
                let agent = record.agent;
                self.agents[agent].idle_since = now;
                self.touch(agent);
                self.set_contact_timer(*contact, timers);
            }
            Change::ContactReturned { contact, profile, points, why, kept_from_until } => {
                let was_parked = self.contacts.of(*contact).status == Status::Parked;
                let former = self.queue_number(*contact);
                self.end_work(now, *contact, handled(*why));
                let agent = self.let_go(*contact);
                if !was_parked {
                    self.agents[agent].idle_since = now;
                }
                self.move_to_profile(*contact, *profile, *points);
                self.change_wishes_on_return(*contact, agent, *why, *kept_from_until);
                let record = self.contacts.of_mut(*contact);
                record.entered_at = now;
                let is_transfer = match why {
                    ReturnedWhy::TransferredToQueue | ReturnedWhy::TransferredToAgent { .. } => true,
                    ReturnedWhy::Supervisor => self.queue_number(*contact) != former,
                    ReturnedWhy::Requeued | ReturnedWhy::AgentLeft => false,
                };
                if is_transfer {
                    let record = self.contacts.of_mut(*contact);
                    (record.step, record.is_pressed, record.to_classify) = (0, false, false);
                    self.overflowed.remove(contact);
                }
                self.set_contact_timer(*contact, timers);
            }
            Change::ContactHandedOver { contact, agent, offer } => {
                self.hand_over(now, *contact, (*agent, *offer), timers);
            }
            Change::ContactRelaxed { contact, step, profile } => {
                // First, for whether overflow may relax it goes by its step.
                self.contacts.of_mut(*contact).step = *step;
                self.end_lending(*contact);
                self.change_profile(*contact, *profile);
                self.set_contact_timer(*contact, timers);
            }
            Change::ContactPressed { contact, profile } => {
                self.change_profile(*contact, *profile);
                self.contacts.of_mut(*contact).is_pressed = true;
                self.set_contact_timer(*contact, timers);
            }
            Change::ContactMoved { contact, profile, points, why } => {
                let former = self.queue_number(*contact);
                self.stop_waiting(*contact);
                self.move_to_profile(*contact, *profile, *points);
                let record = self.contacts.of_mut(*contact);
                (record.entered_at, record.step, record.is_pressed) = (now, 0, false);
                if record.has_window() {
                    self.leave_queue_of_window(*contact, former, *why, timers);
                }
                self.leave_overflow(*contact);
                self.set_contact_timer(*contact, timers);
            }
            Change::ContactJoined { contact, agent, until } => {
                self.stop_waiting(*contact);
                self.contacts.of_mut(*contact).set_preferred(Some(*agent), Some(KnownWhy::Matter));
                self.wait_for(*contact, *agent, *until);
                self.set_contact_timer(*contact, timers);
            }
            Change::ContactUpdated { contact, update } => {
                let record = self.contacts.of_mut(*contact);
                updates::merge(record.body_mut(), update);
                record.to_classify =
                    record.status.has_agent() || matches!(record.status, Status::Scheduled | Status::Quiet);
                if !record.has_customer
                    && let Some(customer) = &record.body().customer
                {
                    self.customers.add_open(customer.as_str(), *contact);
                    self.contacts.of_mut(*contact).has_customer = true;
                }
            }
            Change::ContactReclassified { contact, profile, points, rule } => {
                let former = self.queue_number(*contact);
                self.reclassify(now, *contact, *profile, *points, rule.as_ref());
                self.set_contact_timer(*contact, timers);
                if self.contacts.of(*contact).has_window() {
                    self.set_release_timer(former, timers);
                }
            }
            Change::ContactKeptForPeople { contact, profile } => self.for_people(*contact, *profile, timers),
            Change::ContactScheduled { contact, until, tries } => {
                self.put_off_until(now, *contact, *until, *tries);
                self.set_contact_timer(*contact, timers);
            }
            Change::ContactReleased { contact, arrived_at } => {
                self.release(now, *contact, *arrived_at);
                self.set_contact_timer(*contact, timers);
            }
            Change::ContactClosed { contact, outcome } => {
                self.close_contact(now, *contact, *outcome, timers);
            }
            Change::ContactProposed { contact, rule, channel, queue, until } => {
                let open = Proposed::Open { channel: *channel, queue: *queue, until: *until };
                self.note_proposal(*contact, rule, open);
                self.set_contact_timer(*contact, timers);
            }
            Change::ProposalEnded { contact, how: _ } => {
                self.end_proposal(*contact);
                self.set_contact_timer(*contact, timers);
            }
            Change::ContactSwitched { contact, profile, points, due_at } => {
                let former = self.queue_number(*contact);
                self.stop_waiting(*contact);
                self.change_channel(*contact, *profile, *points, *due_at);
                let record = self.contacts.of_mut(*contact);
                (record.entered_at, record.step, record.is_pressed) = (now, 0, false);
                let has_window = record.has_window();
                self.leave_overflow(*contact);
                self.set_silence(*contact, Silence::default());
                if has_window {
                    self.set_release_timer(former, timers);
                }
                self.set_contact_timer(*contact, timers);
            }
            Change::ContactQuieted { contact, until } => {
                self.hush(now, *contact, *until);
                self.set_contact_timer(*contact, timers);
            }
            Change::ContactSlowed { contact, profile, points, due_at } => {
                let from = self.profiles.brief(self.contacts.of(*contact).profile).channel;
                let silence = Silence { slowed_from: Some(from), noted: false };
                self.ask_anew(now, *contact, (*profile, *points), *due_at, silence);
                self.set_contact_timer(*contact, timers);
            }
            Change::ContactReplied { contact, profile, points } => {
                self.ask_anew(now, *contact, (*profile, *points), Time::MAX, Silence::default());
                self.set_contact_timer(*contact, timers);
            }
            Change::ContactNoted { contact, is_quiet } => {
                let silence = self.silence(self.contacts.of(*contact));
                let noted = *is_quiet != silence.slowed_from.is_some();
                self.set_silence(*contact, Silence { noted, ..silence });
            }
            Change::ContactEstimated { contact, outlook } => self.note_outlook(now, *contact, *outlook),
            Change::ContactUnservable { contact } => self.say_unservable(*contact, true),
            Change::ContactServable { contact } => self.say_unservable(*contact, false),
            Change::OverflowTurned { rule, state, measured: _ } => self.turn_rule(rule, *state),
            Change::DeadlinesJudged { queue, risk } => self.note_risk(*queue, risk.is_some()),
            Change::ContactOverflowed { contact, rule, profile, points, step } => {
                let former = self.queue_number(*contact);
                self.change_by_overflow(now, *contact, rule, *profile, *points, *step);
                if self.contacts.of(*contact).has_window() {
                    self.set_release_timer(former, timers);
                }
                self.set_contact_timer(*contact, timers);
            }
        }
        self.set_servable_timer(timers);
    }

    fn turn_rule(&mut self, rule: &RuleName, state: OverflowState) {
        let rules = &self.settings().config.overflow;
        let at = rules.iter().position(|known| known.name == *rule);
        let at = at.expect("a rule that is judged is in the configuration");
        let overflow = self.overflow.as_mut().expect("a tenant with rules has what they know");
        overflow.states[at] = state;
    }

    /// Of a contact that waits in its queue: it goes on waiting there, or is nowhere if the profile is of another queue.
    fn change_by_overflow(
        &mut self,
        now: Time,
        contact: ContactNo,
        rule: &RuleName,
        profile: ProfileNo,
        points: i32,
        step: u8,
    ) {
        let queue = |profile| self.profiles.brief(profile).queue;
        let is_moved = queue(profile) != queue(self.contacts.of(contact).profile);
        let is_said_unservable = self.contacts.of(contact).is_said_unservable();
        self.stop_waiting(contact);
        self.move_to_profile(contact, profile, points);
        self.note_overflow(contact, rule, is_moved);
        let record = self.contacts.of_mut(contact);
        record.step = step;
        if is_moved {
            (record.entered_at, record.is_pressed) = (now, false);
        } else {
            record.set_said_unservable(is_said_unservable);
            self.wait_in_queue(contact);
        }
    }

    /// It found a place; what its producer said before that is taken account of.
    fn unmark(&mut self, contact: ContactNo) {
        let record = self.contacts.of_mut(contact);
        if record.to_classify {
            record.to_classify = false;
        }
    }

    fn reclassify(
        &mut self,
        now: Time,
        contact: ContactNo,
        profile: ProfileNo,
        points: i32,
        rule: Option<&RuleName>,
    ) {
        let queue = |profile| self.profiles.brief(profile).queue;
        let is_moved = queue(profile) != queue(self.contacts.of(contact).profile);
        self.stop_waiting(contact);
        self.move_to_profile(contact, profile, points);
        let config = Arc::clone(&self.settings().config);
        let rule = rule.map(|rule| config.rule(rule).expect("a rule that decides is in the configuration"));
        let record = self.contacts.of_mut(contact);
        let body = record.body_mut();
        let queue = queue_by(&config, rule, body).expect("whatever is classified has a queue");
        body.classified = classified(rule, queue, body);
        record.to_classify = false;
        if is_moved {
            (record.entered_at, record.step, record.is_pressed) = (now, 0, false);
            self.leave_overflow(contact);
        }
    }

    fn put_off_until(&mut self, now: Time, contact: ContactNo, until: Time, tries: u8) {
        if self.contacts.of(contact).status.is_held() {
            self.end_work(now, contact, Handled::Finished);
            let agent = self.let_go(contact);
            self.agents[agent].idle_since = now;
        }
        self.set_schedule(contact, Some(ScheduleState { tries, answered: false, until }));
        self.put_off(contact);
    }

    /// Of an active or parked contact.
    fn hush(&mut self, now: Time, contact: ContactNo, until: Time) {
        let was_parked = self.contacts.of(contact).status == Status::Parked;
        self.end_work(now, contact, Handled::Finished);
        let agent = self.let_go(contact);
        if !was_parked {
            self.agents[agent].idle_since = now;
        }
        self.contacts.of_mut(contact).set_preferred(Some(agent), None);
        self.contacts.change_aversion(contact.place(), |aversion| aversion.kept_from.clear());
        self.keep_quiet(contact, agent, until);
    }

    /// A contact that waits, is quiet, or is nowhere, is nowhere then, and its customer silent or not.
    fn ask_anew(
        &mut self,
        now: Time,
        contact: ContactNo,
        (profile, points): (ProfileNo, i32),
        due_at: Time,
        silence: Silence,
    ) {
        self.stop_waiting(contact);
        self.change_channel(contact, profile, points, due_at);
        let record = self.contacts.of_mut(contact);
        (record.entered_at, record.step, record.is_pressed) = (now, 0, false);
        self.leave_overflow(contact);
        self.set_silence(contact, silence);
    }

    fn release(&mut self, now: Time, contact: ContactNo, arrived_at: Time) {
        self.stop_waiting(contact);
        let record = self.contacts.of(contact);
        let key = self.key_of(record.profile, arrived_at, record.points, self.due_at(record));
        let record = self.contacts.of_mut(contact);
        (record.arrived_at, record.key, record.entered_at) = (arrived_at, key, now);
    }

    /// Of a scheduled contact that left `former` by the exit; it is scheduled no more if that was for its window.
    #[cold]
    fn leave_queue_of_window(
        &mut self,
        contact: ContactNo,
        former: QueueNo,
        why: ExitWhy,
        timers: &mut Timers,
    ) {
        if why == ExitWhy::WindowOver {
            self.set_schedule(contact, None);
        }
        self.set_release_timer(former, timers);
    }

    fn change_presence(&mut self, now: Time, agent: AgentNo, presence: &Presence, cause: PresenceCause) {
        let record = &mut self.agents[agent];
        if !record.presence.is_signed_in() && presence.is_signed_in() {
            record.idle_since = now;
            record.misses = 0;
        }
        if *presence == Presence::Available && record.presence != Presence::Available {
            record.available_since = now;
        }
        if cause == PresenceCause::Rona {
            record.misses = 0;
        }
        record.deferred = None;
        let was_there = record.is_there();
        record.set_presence(presence.clone());
        let (were, are) = (u32::from(was_there), u32::from(record.is_there()));
        self.matcher.classes.count_there(record.class, were, are);
        self.touch(agent);
    }

    /// The agents that a new contact prefers and excludes; names that the roster does not have are disregarded.
    fn note_wishes(&mut self, contact: ContactNo, body: &ContactBody, known: Option<KnownAgent>) {
        match known {
            Some(KnownAgent { agent, why }) => {
                self.contacts.of_mut(contact).set_preferred(Some(agent), Some(why));
            }
            None => {
                let preferred = body.preferred_agent.as_ref().and_then(|id| self.agents.present(id));
                self.contacts.of_mut(contact).set_preferred(preferred, None);
            }
        }
        if !body.excluded_agents.is_empty() {
            let mut aversion = Aversion::default();
            for agent in body.excluded_agents.iter().filter_map(|id| self.agents.present(id)) {
                if !aversion.excluded.contains(&agent) && !aversion.excluded.is_full() {
                    aversion.excluded.push(agent);
                }
            }
            aversion.excluded.sort_unstable();
            self.contacts.change_aversion(contact.place(), |entry| *entry = aversion);
        }
    }

    /// Keeps an agent who did not take the contact from it for a while; the preference ends.
    fn keep_from(&mut self, contact: ContactNo, agent: AgentNo, until: Time) {
        self.contacts.of_mut(contact).set_preferred(None, None);
        self.contacts.change_aversion(contact.place(), |aversion| {
            aversion.kept_from.retain(|kept| *kept != agent);
            if aversion.kept_from.is_full() {
                aversion.kept_from.remove(0);
            }
            aversion.kept_from.push(agent);
            aversion.kept_from_until = until;
        });
    }

    /// Of a contact that goes on waiting where it does.
    fn change_profile(&mut self, contact: ContactNo, profile: ProfileNo) {
        let record = self.contacts.of(contact);
        let (points, is_queued) = (record.points, record.status == Status::WaitingInQueue);
        let is_said_unservable = record.is_said_unservable();
        if is_queued {
            self.stop_waiting(contact);
        }
        self.move_to_profile(contact, profile, points);
        if is_queued {
            self.contacts.of_mut(contact).set_said_unservable(is_said_unservable);
            self.wait_in_queue(contact);
        }
    }

    pub fn move_to_profile(&mut self, contact: ContactNo, profile: ProfileNo, points: i32) {
        // The channel stays, and with it the deadline.
        let due_at = self.due_at(self.contacts.of(contact));
        self.change_channel(contact, profile, points, due_at);
    }

    /// To a profile that may be of another channel.
    fn change_channel(&mut self, contact: ContactNo, profile: ProfileNo, points: i32, due_at: Time) {
        let record = self.contacts.of(contact);
        let (former, arrived_at) = (record.profile, record.arrived_at);
        let key = self.key_of(profile, arrived_at, points, due_at);
        self.profiles.remove_contact(former);
        self.profiles.add_contact(profile);
        let record = self.contacts.of_mut(contact);
        (record.profile, record.points, record.key) = (profile, points, key);
    }

    fn change_wishes_on_return(&mut self, contact: ContactNo, agent: AgentNo, why: ReturnedWhy, until: Time) {
        self.note_hand_over(contact, agent, why);
        let is_agent_kept = match why {
            ReturnedWhy::TransferredToAgent { agent } => {
                self.contacts.of_mut(contact).set_preferred(Some(agent), None);
                false
            }
            ReturnedWhy::TransferredToQueue | ReturnedWhy::Requeued | ReturnedWhy::Supervisor => {
                self.contacts.of_mut(contact).set_preferred(None, None);
                true
            }
            ReturnedWhy::AgentLeft => {
                self.contacts.of_mut(contact).set_preferred(None, None);
                false
            }
        };
        self.contacts.change_aversion(contact.place(), |aversion| {
            aversion.kept_from.clear();
            if is_agent_kept {
                aversion.kept_from.push(agent);
                aversion.kept_from_until = until;
            }
        });
    }

    /// Open offers and the windows of lost agents end later.
    pub fn resume(&mut self, grace: model::Millis, timers: &mut Timers) {
        let offered: Vec<ContactNo> = self
            .contacts
            .iter()
            .filter(|contact| contact.status == Status::Offered)
            .map(|c| c.number)
            .collect();
        for contact in offered {
            self.contacts.of_mut(contact).until += grace;
            self.set_contact_timer(contact, timers);
        }
        for number in 0..self.agents.len() {
            let agent = AgentNo(number as u32);
            if let Presence::Lost { until, .. } = &mut self.agents[agent].presence {
                *until += grace;
                self.set_agent_timer(agent, timers);
            }
        }
    }
}

/// What becomes of the work on a contact that comes back.
fn handled(why: ReturnedWhy) -> Handled {
    match why {
        ReturnedWhy::TransferredToQueue | ReturnedWhy::TransferredToAgent { .. } => Handled::Finished,
        ReturnedWhy::Requeued | ReturnedWhy::AgentLeft | ReturnedWhy::Supervisor => Handled::Broken,
    }
}
