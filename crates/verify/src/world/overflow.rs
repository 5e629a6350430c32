//! Overflow: whether rules turn when what is measured says so, and what they do while they are on.
//!
//! Everything is measured anew, by scans over what the journal made so far.

use std::collections::BTreeMap;

use model::config::{ChannelKind, POINTS_MAX, QueueState};
use model::overflow::{
    ANSWERS, Limit, OverflowAction, OverflowRule, OverflowState, Overflowed, Signal, Threshold,
};
use model::transition::Place;
use model::{ContactNo, Presence, ProfileNo, QueueId, QueueNo, RuleName, TenantConfig, Time};

use super::Step;
use super::agent::Agent;
use super::contact::{Contact, State};
use super::tenant::Tenant;
use crate::keys::key;
use crate::report::Invariant;
use crate::told::{Kind, Told, moment};

/// Contacts that all rules of a tenant act on in one look.
const PER_LOOK: u32 = 256;

#[derive(Debug, Default)]
pub(crate) struct Overflow {
    rules: Vec<OverflowRule>,
    /// Of rules that are not off.
    states: BTreeMap<RuleName, OverflowState>,
    /// By queue whose service level a rule measures: whether each of the last answers was within its target.
    answers: BTreeMap<QueueId, Vec<bool>>,
    look: Look,
}

/// How often rules acted in the last look. A tenant has at most one at a time of the journal, and so has an owner.
#[derive(Debug, Default)]
struct Look {
    at: Time,
    resumed_at: Time,
    acted: BTreeMap<RuleName, u32>,
}

impl Overflow {
    /// A rule that stays word for word as it was stays in its state.
    pub fn replace(&mut self, config: &TenantConfig) {
        let former = std::mem::replace(&mut self.rules, config.overflow.clone());
        self.states
            .retain(|name, _| former.iter().any(|rule| rule.name == *name && self.rules.contains(rule)));
        let limits = || self.rules.iter().flat_map(OverflowRule::limits);
        let levels = || limits().filter(|(_, limit)| limit.signal == Signal::ServiceLevel);
        self.answers.retain(|queue, _| levels().any(|(measured, _)| measured == queue));
        for (queue, _) in levels() {
            self.answers.entry(queue.clone()).or_default();
        }
    }

    pub(super) fn rule(&self, name: &RuleName) -> Option<OverflowRule> {
        self.rules.iter().find(|rule| rule.name == *name).cloned()
    }

    fn state(&self, name: &RuleName) -> OverflowState {
        self.states.get(name).copied().unwrap_or_default()
    }
}

impl Contact {
    /// It is in another queue: what was made of it in the one before is over.
    pub(super) fn leave_overflow(&mut self) {
        (self.overflowed.lent, self.overflowed.raised) = (None, 0);
        self.estimated = None;
        self.overtake_proposal();
    }
}

impl Tenant {
    pub(super) fn turn_rule(
        &mut self,
        name: &RuleName,
        state: OverflowState,
        measured: &[Option<u64>],
        step: &mut Step<'_>,
    ) -> Option<Told> {
        let Some(rule) = self.overflow.rule(name) else {
            step.broken(Invariant::Overflow, format!("there is no overflow rule {name}, yet it turns"));
            return None;
        };
        let queue = key(rule.queue.as_str());
        self.check_state(&rule, state, measured, step);
        self.overflow.states.insert(name.clone(), state);
        let since = match state {
            OverflowState::Rising { since } | OverflowState::Falling { since } => moment(since),
            OverflowState::Off | OverflowState::On => 0,
        };
        let detail = key((name.as_str(), state.name(), since, measured));
        Some(Told { queue, detail, ..Told::new(Kind::OverflowTurned, self.key) })
    }

    fn check_state(
        &self,
        rule: &OverflowRule,
        state: OverflowState,
        measured: &[Option<u64>],
        step: &mut Step<'_>,
    ) {
        let name = &rule.name;
        let former = self.overflow.state(name);
        let threshold = if former.is_on() { &rule.until } else { &rule.when };
        let found: Vec<Option<u64>> =
            threshold.limits.iter().map(|limit| self.measured(&rule.queue, limit, step.now)).collect();
        if found != measured {
            let (measured, found) = (shown(measured), shown(&found));
            let what = format!("overflow rule {name} turns at {measured}, by the journal it is {found}");
            return step.broken(Invariant::Overflow, what);
        }
        let expected = self.turned(rule, former, threshold, &found, step.now);
        if state != expected || state == former {
            let what =
                format!("overflow rule {name} turns from {former:?} to {state:?}, not to {expected:?}");
            step.broken(Invariant::Overflow, what);
        }
    }

    /// What the rule is after a look at which this was measured.
    fn turned(
        &self,
        rule: &OverflowRule,
        former: OverflowState,
        threshold: &Threshold,
        measured: &[Option<u64>],
        now: Time,
    ) -> OverflowState {
        let queue = self.queue_named(&rule.queue);
        let is_empty = queue.is_none_or(|queue| self.waiting_in(queue) == 0);
        let is_met = threshold.limits.iter().zip(measured).all(|(limit, found)| holds(limit, *found));
        let (is_met, stays, turns) = if former.is_on() {
            (is_met || is_empty, OverflowState::On, OverflowState::Off)
        } else {
            (is_met && !is_empty, OverflowState::Off, OverflowState::On)
        };
        let since = match former {
            OverflowState::Rising { since } | OverflowState::Falling { since } => since,
            OverflowState::Off | OverflowState::On => now,
        };
        if !is_met {
            stays
        } else if now.since(since) >= threshold.lasting {
            turns
        } else if former.is_on() {
            OverflowState::Falling { since }
        } else {
            OverflowState::Rising { since }
        }
    }

    fn queue_named(&self, name: &QueueId) -> Option<QueueNo> {
        Some(QueueNo(u16::try_from(self.queues.number(name.as_str())?).ok()?))
    }

    /// Nothing while it is unknown.
    fn measured(&self, name: &QueueId, limit: &Limit, now: Time) -> Option<u64> {
        let queue = self.queue_named(name)?;
        let waiting = || {
            self.contacts.values().filter(move |contact| {
                matches!(contact.state, State::Waiting(_))
                    && self.place_of(contact.profile).is_some_and(|(number, _)| number == queue)
            })
        };
        let measured = match &limit.signal {
            Signal::Waiting => self.waiting_in(queue),
            Signal::Oldest => waiting().map(|contact| now.since(contact.arrived_at).0).max().unwrap_or(0),
            Signal::Eligible => {
                self.agents.iter().filter(|agent| self.is_eligible_for(agent, queue)).count() as u64
            }
            Signal::ServiceLevel => {
                let answers = self.overflow.answers.get(name).map_or(&[][..], Vec::as_slice);
                let within = answers.iter().filter(|is_within| **is_within).count();
                (within * 100).checked_div(answers.len()).unwrap_or(100) as u64
            }
            Signal::EwtP50 => self.expected_wait(queue, now).0,
            Signal::EwtP90 => self.expected_wait(queue, now).1,
            Signal::AtRisk { within } => {
                let is_at_risk = |contact: &&Contact| {
                    let channel = self.place_of(contact.profile).map(|(_, channel)| channel.index());
                    let channel = channel.and_then(|channel| self.channels.get(channel));
                    channel.is_some_and(|channel| channel.kind == ChannelKind::Indirect)
                        && contact.due_at <= now + *within
                };
                (waiting().filter(is_at_risk).count() as u64).min(limit.bound.number() + 1)
            }
            Signal::Free { channel } => self.free_for(queue, channel),
            Signal::Backlog => return self.backlog(queue),
            Signal::Late => self.late(queue, now, 0)?.len() as u64,
        };
        Some(measured)
    }

    /// Whether the agent is there and has the queue's skills.
    pub(super) fn is_eligible_for(&self, agent: &Agent, queue: QueueNo) -> bool {
        let is_there = match agent.presence {
            Presence::Available | Presence::Aux(_) => true,
            Presence::SignedOut | Presence::Draining { .. } | Presence::Lost { .. } => false,
        };
        let has = |demand: &model::config::SkillDemand| {
            let number = self.skills.number(demand.skill.as_str());
            agent.skills.iter().any(|have| Some(have.skill.index()) == number && have.level >= demand.level)
        };
        is_there
            && self
                .queues
                .get(queue.index())
                .is_some_and(|queue| queue.skills.iter().all(has) && !(queue.person && agent.is_bot))
    }

    pub(super) fn overflow_contact(
        &mut self,
        number: ContactNo,
        name: &RuleName,
        (profile, points, taken): (ProfileNo, i32, u8),
        step: &mut Step<'_>,
    ) -> Option<Told> {
        let contact = self.open_contact(number, step)?;
        let from = self.queue_of(contact).map_or(0, |queue| key(queue.name.as_str()));
        let (former, next) = (self.place_of(contact.profile), self.place_of(profile));
        let is_moved = former.map(|(queue, _)| queue) != next.map(|(queue, _)| queue);
        let rule = self.overflow.rule(name);
        self.check_site(profile, &contact.body, step);
        self.check_still_asks(contact, profile, step);
        match &rule {
            Some(rule) => {
                self.check_act(rule, contact, step);
                self.check_made(rule, contact, (profile, points, taken), step);
            }
            None => {
                let what = format!("there is no overflow rule {name}, yet it acts on {}", contact.id);
                step.broken(Invariant::Overflow, what);
            }
        }
        if let Some(rule) = &rule {
            self.count_act(rule, step);
        }
        self.change_profile(number, profile);
        let contact = self.contact_mut(number)?;
        (contact.points, contact.step) = (points, taken);
        take(&mut contact.overflowed, name, rule.as_ref().map(|rule| &rule.action));
        if is_moved {
            contact.leave_overflow();
            (contact.entered_at, contact.is_pressed, contact.comes) = (step.now, false, true);
            self.let_go(number, State::Nowhere);
            self.unplaced.push(number);
        }
        self.line_up(number);
        let told = self.tell(Kind::ContactOverflowed, self.contact(number)?);
        Some(Told { detail: key((from, name.as_str())), ..told })
    }

    /// Whether the rule may act, and on this contact.
    pub(super) fn check_act(&self, rule: &OverflowRule, contact: &Contact, step: &mut Step<'_>) {
        let (name, id) = (&rule.name, &contact.id);
        let is_first = !self.overflow.look.is(step) || !self.overflow.look.acted.contains_key(name);
        let floor = rule
            .floor
            .iter()
            .find(|floor| !holds(&floor.limit, self.measured(&floor.queue, &floor.limit, step.now)));
        let what = if !self.overflow.state(name).is_on() {
            format!("acts on contact {id} while it is off")
        } else if let Some(floor) = floor.filter(|_| is_first) {
            format!("acts on contact {id} below its floor in queue {}", floor.queue)
        } else if !self.is_for(rule, contact) {
            format!("acts on contact {id}, which is none of its own or which it had before")
        } else if let Some(earlier) = self.earlier_for(rule, contact) {
            format!("acts on contact {id} before {}, which came earlier", earlier.id)
        } else {
            return;
        };
        step.broken(Invariant::Overflow, format!("overflow rule {name} {what}"));
    }

    /// Whether the contact is one of those on which the rule may act.
    fn is_for(&self, rule: &OverflowRule, contact: &Contact) -> bool {
        let has_taken = match rule.action {
            OverflowAction::Relax(to) => contact.step >= to,
            OverflowAction::Propose(ref proposal) => {
                contact.overflowed.proposed.is_some() || self.proposable(proposal, contact).next().is_none()
            }
            OverflowAction::Lend(_) | OverflowAction::Raise(_) | OverflowAction::Move(_) => false,
        };
        contact.state == State::Waiting(Place::Queue)
            && self.queue_of(contact).is_some_and(|queue| queue.name == rule.queue)
            && !contact.overflowed.rules.contains(&rule.name)
            && !has_taken
    }

    fn earlier_for(&self, rule: &OverflowRule, contact: &Contact) -> Option<&Contact> {
        let place = (contact.arrived_at, contact.number);
        let is_earlier = |other: &&Contact| (other.arrived_at, other.number) < place;
        self.contacts.values().filter(is_earlier).find(|other| self.is_for(rule, other))
    }

    pub(super) fn count_act(&mut self, rule: &OverflowRule, step: &mut Step<'_>) {
        let look = &mut self.overflow.look;
        if !look.is(step) {
            *look = Look { at: step.now, resumed_at: step.resumed_at, acted: BTreeMap::new() };
        }
        let acted = look.acted.entry(rule.name.clone()).or_default();
        *acted += 1;
        let (by_rule, by_all) = (*acted, look.acted.values().sum::<u32>());
        let (name, cap) = (&rule.name, u32::from(rule.cap));
        if by_rule == cap + 1 {
            let what = format!("overflow rule {name} acts on more than {cap} contacts in one look");
            step.broken(Invariant::Overflow, what);
        } else if by_all == PER_LOOK + 1 {
            step.broken(Invariant::Overflow, format!("more than {PER_LOOK} contacts overflow in one look"));
        }
    }

    /// What the rule made of the contact is what it says; without a number for another profile the contact keeps its own.
    fn check_made(
        &self,
        rule: &OverflowRule,
        contact: &Contact,
        (profile, points, taken): (ProfileNo, i32, u8),
        step: &mut Step<'_>,
    ) {
        let stays = self.place_of(profile) == self.place_of(contact.profile)
            && self.pressure_of(profile) == self.pressure_of(contact.profile);
        let is_same = points == contact.points && taken == contact.step;
        let asks_enough = |skills: &[_], keep_own: bool| {
            let own = contact.body.skills.iter().filter(|_| keep_own);
            !skills.iter().chain(own).any(|demand| self.asks_for_less(profile, demand))
        };
        let kept = profile == contact.profile;
        let is_right = match &rule.action {
            OverflowAction::Propose(_) => false,
            OverflowAction::Raise(more) => {
                let raised = contact.points.saturating_add(*more).clamp(-POINTS_MAX, POINTS_MAX);
                kept && points == raised && taken == contact.step
            }
            OverflowAction::Lend(lent) => {
                stays && is_same && (kept || asks_enough(&lent.skills, lent.keep_own))
            }
            OverflowAction::Relax(to) => {
                let relax = self.queue_of(contact).map_or(&[][..], |queue| &queue.relax);
                match relax.get(usize::from(*to).wrapping_sub(1)) {
                    Some(relaxation) => {
                        let enough = asks_enough(&relaxation.skills, relaxation.keep_own);
                        stays && points == contact.points && taken == *to && (kept || enough)
                    }
                    None => kept && is_same,
                }
            }
            OverflowAction::Move(target) => {
                kept && is_same || self.is_moved_to(target, contact, (profile, points, taken))
            }
        };
        if !is_right {
            let what = format!(
                "overflow rule {} makes of contact {} what it does not say: profile {profile}, {points} points, step {taken}",
                rule.name, contact.id
            );
            step.broken(Invariant::Overflow, what);
        }
        if let OverflowAction::Move(target) = &rule.action {
            self.check_target(rule, target, step);
        }
    }

    fn is_moved_to(
        &self,
        target: &QueueId,
        contact: &Contact,
        (profile, points, taken): (ProfileNo, i32, u8),
    ) -> bool {
        let channel = |profile| self.place_of(profile).map(|(_, channel)| channel);
        let queue = self.place_of(profile).and_then(|(queue, _)| self.queues.get(queue.index()));
        let of_rule = contact.body.classified.as_ref().map_or(0, |classified| classified.points);
        let expected = queue.map(|queue| {
            let sum = [queue.points, contact.body.points, of_rule].into_iter().map(i64::from).sum::<i64>();
            sum.clamp(-i64::from(POINTS_MAX), i64::from(POINTS_MAX))
        });
        queue.is_some_and(|queue| queue.name == *target)
            && channel(profile) == channel(contact.profile)
            && self.pressure_of(profile).is_none()
            && expected == Some(i64::from(points))
            && taken == 0
    }

    /// Nobody is moved to where it would be turned away.
    pub(super) fn check_target(&self, rule: &OverflowRule, target: &QueueId, step: &mut Step<'_>) {
        let Some(number) = self.queue_named(target) else { return };
        let Some(queue) = self.queues.get(number.index()) else { return };
        let calendar = queue.hours.as_ref().and_then(|hours| self.calendars.get(hours));
        let what = if self.queue_state(number) != QueueState::Open {
            "is not open"
        } else if calendar.is_some_and(|calendar| !calendar.is_open(step.now)) {
            "is off its hours"
        } else if queue.room.is_some_and(|room| self.waiting_in(number) >= u64::from(room)) {
            "is full"
        } else {
            return;
        };
        step.broken(
            Invariant::Overflow,
            format!("overflow rule {} sends to {target}, which {what}", rule.name),
        );
    }

    /// For a contact that is accepted.
    pub(super) fn note_answer(&mut self, number: ContactNo, now: Time) {
        let Some(contact) = self.contact(number) else { return };
        let Some(queue) = self.queue_of(contact) else { return };
        let is_within = now.since(contact.entered_at) <= queue.service_level.within;
        let name = queue.name.clone();
        if let Some(answers) = self.overflow.answers.get_mut(&name) {
            answers.push(is_within);
            let beyond = answers.len().saturating_sub(ANSWERS as usize);
            answers.drain(..beyond);
        }
    }
}

impl Look {
    fn is(&self, step: &Step<'_>) -> bool {
        (self.at, self.resumed_at) == (step.now, step.resumed_at)
    }
}

fn shown(measured: &[Option<u64>]) -> String {
    let number = |number: &Option<u64>| number.map_or("unknown".to_owned(), |number| number.to_string());
    format!("[{}]", measured.iter().map(number).collect::<Vec<_>>().join(", "))
}

/// What is unknown holds to nothing.
fn holds(limit: &Limit, found: Option<u64>) -> bool {
    match found {
        Some(found) => limit.bound.holds(found),
        None => false,
    }
}

/// What a rule's action leaves with the contact.
fn take(made: &mut Overflowed, rule: &RuleName, action: Option<&OverflowAction>) {
    made.rules.push(rule.clone());
    match action {
        Some(OverflowAction::Relax(_)) => made.lent = None,
        Some(OverflowAction::Lend(lent)) => made.lent = Some(lent.clone()),
        Some(OverflowAction::Raise(more)) => made.raised = made.raised.saturating_add(*more),
        Some(OverflowAction::Move(_) | OverflowAction::Propose(_)) | None => {}
    }
}
