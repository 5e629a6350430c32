//! The look at the overflow rules: "Overflow" of the rules.

use std::sync::Arc;

use model::config::{ChannelKind, POINTS_MAX, QueueConfig, QueueState};
use model::overflow::{
    Answers, Limit, OverflowAction, OverflowRule, OverflowState, Overflowed, Signal, Threshold,
};
use model::row::ContactState;
use model::skill::score;
use model::transition::Place;
use model::{
    AgentKind, AgentNo, Change, ContactNo, Presence, QueueId, QueueNo, Requirement, RuleName, SkillLevel,
    Time,
};

use super::Step;
use super::classify::own_skills;
use super::inputs::Refused;
use super::inputs_contact::points;
use super::state::{Contact, Profile, Tenant};

const LOOK_EVERY_MS: u64 = 5_000;
const ACTED_ON_PER_LOOK: usize = 256;
const ANSWERS: usize = 100;

impl Step<'_> {
    /// `limit`: how many changes the call has decided when no further contact is acted on.
    pub fn look(&mut self, limit: usize) {
        self.twin.tenant_mut(self.tenant).look_due = None;
        if self.is_offering() {
            let rules = Arc::clone(&self.world().config.as_ref().expect("only rules are looked at").1);
            let mut acted_on = 0;
            for (at, rule) in rules.overflow.iter().enumerate() {
                self.turn(at, rule);
                acted_on += self.act_by(at, rule, ACTED_ON_PER_LOOK - acted_on, limit);
            }
            self.judge_deadlines(limit);
            self.tell_anew(limit);
        }
        self.twin.tenant_mut(self.tenant).set_look(self.now);
    }

    fn turn(&mut self, at: usize, rule: &OverflowRule) {
        let present = self.world().overflow[at];
        let nobody_waits = self.world().waiting_in(&rule.queue).count() == 0;
        let next_if = |threshold: &Threshold, since: Time, holds: bool| {
            (holds, since + threshold.lasting <= self.now, since)
        };
        let (threshold, next) = match present {
            OverflowState::Off | OverflowState::Rising { .. } => {
                let holds = !nobody_waits && self.all_hold(rule, &rule.when);
                let since = match present {
                    OverflowState::Rising { since } => since,
                    OverflowState::Off | OverflowState::On | OverflowState::Falling { .. } => self.now,
                };
                let next = match next_if(&rule.when, since, holds) {
                    (false, _, _) => OverflowState::Off,
                    (true, false, since) => OverflowState::Rising { since },
                    (true, true, _) => OverflowState::On,
                };
                (&rule.when, next)
            }
            OverflowState::On | OverflowState::Falling { .. } => {
                let holds = nobody_waits || self.all_hold(rule, &rule.until);
                let since = match present {
                    OverflowState::Falling { since } => since,
                    OverflowState::Off | OverflowState::Rising { .. } | OverflowState::On => self.now,
                };
                let next = match next_if(&rule.until, since, holds) {
                    (false, _, _) => OverflowState::On,
                    (true, false, since) => OverflowState::Falling { since },
                    (true, true, _) => OverflowState::Off,
                };
                (&rule.until, next)
            }
        };
        if next != present {
            let measured = threshold
                .limits
                .iter()
                .map(|limit| self.world().measured(&rule.queue, limit, self.now))
                .collect();
            self.decide(Change::OverflowTurned { rule: rule.name.clone(), state: next, measured });
        }
    }

    fn all_hold(&self, rule: &OverflowRule, threshold: &Threshold) -> bool {
        threshold.limits.iter().all(|limit| self.world().holds(&rule.queue, limit, self.now))
    }

    /// Returns on how many contacts it acted.
    fn act_by(&mut self, at: usize, rule: &OverflowRule, most: usize, limit: usize) -> usize {
        let world = self.world();
        let floor_holds = rule.floor.iter().all(|floor| world.holds(&floor.queue, &floor.limit, self.now));
        if !world.overflow[at].is_on() || !floor_holds {
            return 0;
        }
        for acted_on in 0..most.min(usize::from(rule.cap)) {
            let is_to_stop = self.transitions.len() >= limit || !self.may_come_in(rule);
            let Some(contact) = self.world().first_for(rule).filter(|_| !is_to_stop) else {
                return acted_on;
            };
            match &rule.action {
                OverflowAction::Propose(proposal) => self.propose(rule, proposal, contact),
                OverflowAction::Relax(_)
                | OverflowAction::Lend(_)
                | OverflowAction::Raise(_)
                | OverflowAction::Move(_) => self.overflow(rule, contact),
            }
        }
        most.min(usize::from(rule.cap))
    }

    /// Whether the queue to move to lets a contact in that would wait there.
    fn may_come_in(&self, rule: &OverflowRule) -> bool {
        let target = match &rule.action {
            OverflowAction::Move(target) => target,
            OverflowAction::Propose(proposal) => &proposal.queue,
            OverflowAction::Relax(_) | OverflowAction::Lend(_) | OverflowAction::Raise(_) => return true,
        };
        let world = self.world();
        let Some(target) = world.queue_number(target) else { return false };
        world.queue_state(target) == QueueState::Open
            && !world.is_off_hours(target, self.now)
            && !world.is_full(target)
    }

    fn overflow(&mut self, rule: &OverflowRule, number: ContactNo) {
        let world = self.world();
        let present = world.contact(number);
        let (former, mut points_then, mut step) = (present.profile, present.points, present.step);
        let wanted = world.profile_by(rule, number);
        let numbered = wanted.and_then(|wanted| Some((world.profile_number(&wanted).ok()?, wanted)));
        match &rule.action {
            OverflowAction::Relax(to) if world.queue_of(number).relax.len() >= usize::from(*to) => step = *to,
            OverflowAction::Relax(_) | OverflowAction::Lend(_) | OverflowAction::Propose(_) => {}
            OverflowAction::Raise(more) => {
                points_then = points_then.saturating_add(*more).clamp(-POINTS_MAX, POINTS_MAX);
            }
            OverflowAction::Move(_) => {
                if let Some((_, wanted)) = &numbered {
                    points_then = points(world.queue(wanted.queue), &present.body);
                    step = 0;
                }
            }
        }
        let profile = match numbered {
            Some((profile, wanted)) => {
                self.open_profile(profile, wanted);
                profile
            }
            None => former,
        };
        let rule = rule.name.clone();
        self.decide(Change::ContactOverflowed { contact: number, rule, profile, points: points_then, step });
        if self.world().contact(number).is_waiting() {
            if let Some(agent) = self.agent_to_offer_to(number) {
                self.offer(number, agent);
            }
        } else {
            self.enter(number);
        }
    }
}

impl Tenant {
    /// Sets when the next look is due, if one is needed and none is due already.
    pub fn set_look(&mut self, now: Time) {
        if self.look_due.is_none() && self.is_to_look() {
            self.look_due = Some(Time((now.0 / LOOK_EVERY_MS + 1) * LOOK_EVERY_MS));
        }
    }

    fn is_to_look(&self) -> bool {
        let Some((_, config)) = &self.config else { return false };
        self.overflow.iter().any(|state| *state != OverflowState::Off)
            || config.overflow.iter().any(|rule| self.waiting_in(&rule.queue).count() > 0)
            || config
                .queues
                .iter()
                .any(|queue| is_looked_at(config, queue) && self.waiting_in(&queue.name).count() > 0)
            || !self.at_risk.is_empty()
    }

    fn waiting_in(&self, queue: &QueueId) -> impl Iterator<Item = (ContactNo, &Contact)> {
        let queue = self.queue_number(queue);
        self.contacts
            .iter()
            .filter(move |(_, contact)| {
                contact.is_waiting() && Some(self.profile(contact.profile).queue) == queue
            })
            .map(|(number, contact)| (*number, contact))
    }

    fn holds(&self, queue: &QueueId, limit: &Limit, now: Time) -> bool {
        match self.measured(queue, limit, now) {
            Some(measured) => limit.bound.holds(measured),
            None => false,
        }
    }

    /// Nothing while it is unknown.
    fn measured(&self, name: &QueueId, limit: &Limit, now: Time) -> Option<u64> {
        let queue = self.queue_number(name).expect("a rule names queues that there are");
        let measured = match &limit.signal {
            Signal::Waiting => self.waiting_in(name).count() as u64,
            Signal::Oldest => {
                let oldest = self.waiting_in(name).map(|(_, contact)| contact.arrived_at).min();
                oldest.map_or(0, |arrived_at| now.since(arrived_at).0)
            }
            Signal::Eligible => self.eligible_for(queue),
            Signal::ServiceLevel => match self.answers.get(&queue) {
                None => 100,
                Some(answers) if answers.is_empty() => 100,
                Some(answers) => {
                    let within = answers.iter().filter(|is_within| **is_within).count();
                    (within * 100 / answers.len()) as u64
                }
            },
            Signal::AtRisk { within } => {
                let at_risk = self.waiting_in(name).filter(|(_, contact)| {
                    let channel = self.profile(contact.profile).channel;
                    self.channel(channel).kind == ChannelKind::Indirect && contact.due_at <= now + *within
                });
                (at_risk.count() as u64).min(limit.bound.number().saturating_add(1))
            }
            Signal::EwtP50 => self.expected_wait(queue, now).0,
            Signal::EwtP90 => self.expected_wait(queue, now).1,
            Signal::Free { channel } => self.free_for(queue, channel),
            Signal::Backlog => return self.backlog(queue, self.waiting_in(name).count()),
            Signal::Late => self.risk(queue, now, 0)?.map_or(0, |risk| u64::from(risk.late)),
        };
        Some(measured)
    }

    pub fn eligible_for(&self, queue: QueueNo) -> u64 {
        let is_there = |agent: &AgentNo| match self.agent(*agent).presence {
            Presence::Available | Presence::Aux(_) => true,
            Presence::SignedOut | Presence::Draining { .. } | Presence::Lost { .. } => false,
        };
        self.agent_numbers().filter(is_there).filter(|agent| self.is_able(*agent, queue)).count() as u64
    }

    /// Whether the agent has the skills that the queue asks for.
    pub fn is_able(&self, agent: AgentNo, queue: QueueNo) -> bool {
        if self.queue(queue).person && self.agent(agent).spec.kind == AgentKind::Bot {
            return false;
        }
        let mut requirement = Requirement::default();
        for demand in &self.queue(queue).skills {
            let skill = self.skill_number(&demand.skill).expect("a queue asks for skills that there are");
            if !requirement.add(SkillLevel { skill, level: demand.level }) {
                return false;
            }
        }
        score(&self.agent(agent).skills, &requirement).is_some()
    }

    /// The contact on which the rule acts next.
    fn first_for(&self, rule: &OverflowRule) -> Option<ContactNo> {
        let may_be_acted_on = |number: ContactNo, contact: &Contact| {
            let has_acted = contact.overflowed.as_ref().is_some_and(|made| made.rules.contains(&rule.name));
            let has_taken = match rule.action {
                OverflowAction::Relax(step) => contact.step >= step,
                OverflowAction::Propose(ref proposal) => {
                    contact.proposed().is_some() || self.channels_to_propose(proposal, number).is_empty()
                }
                OverflowAction::Lend(_) | OverflowAction::Raise(_) | OverflowAction::Move(_) => false,
            };
            contact.state == Some(ContactState::Waiting(Place::Queue)) && !has_acted && !has_taken
        };
        self.waiting_in(&rule.queue)
            .filter(|(number, contact)| may_be_acted_on(*number, contact))
            .map(|(number, contact)| (contact.arrived_at, number))
            .min()
            .map(|(_, number)| number)
    }

    /// What the contact would ask for; nothing when that stays as it is, or cannot be.
    fn profile_by(&self, rule: &OverflowRule, number: ContactNo) -> Option<Profile> {
        let (present, here) = (self.contact(number), self.profile_of(number));
        let own = own_skills(&present.body);
        let own_if = |keep_own: bool| if keep_own { own.as_slice() } else { &[] };
        let pressed_as_before = |wanted: Profile| Profile { pressure: here.pressure, ..wanted };
        let asking = |skills: &[_], keep_own| -> Result<Profile, Refused> {
            self.profile_asking(here.queue, self.lasting(number), skills, own_if(keep_own))
                .map(pressed_as_before)
        };
        match &rule.action {
            OverflowAction::Relax(to) => {
                let step = self.queue_of(number).relax.get(usize::from(*to).checked_sub(1)?)?;
                asking(&step.skills, step.keep_own).ok()
            }
            OverflowAction::Lend(lent) => asking(&lent.skills, lent.keep_own).ok(),
            OverflowAction::Raise(_) | OverflowAction::Propose(_) => None,
            OverflowAction::Move(target) => {
                let target = self.queue_number(target)?;
                self.profile_asking(target, self.lasting(number), &self.queue(target).skills, &own).ok()
            }
        }
    }

    pub fn turned(&mut self, rule: &RuleName, state: OverflowState) {
        let at = self.config().overflow.iter().position(|known| known.name == *rule);
        self.overflow[at.expect("a rule that is judged is in the configuration")] = state;
    }

    pub fn overflowed(
        &mut self,
        now: Time,
        number: ContactNo,
        rule: &RuleName,
        profile: model::ProfileNo,
        points: i32,
        step: u8,
    ) {
        let is_moved = self.profile(profile).queue != self.profile_of(number).queue;
        let action = self.config().overflow.iter().find(|known| known.name == *rule);
        let action = action.expect("a rule that acts is in the configuration").action.clone();
        let contact = self.contact_mut(number);
        contact.profile = profile;
        contact.points = points;
        contact.step = step;
        let made = contact.overflowed.get_or_insert_default();
        made.rules.push(rule.clone());
        match action {
            OverflowAction::Relax(_) => made.lent = None,
            OverflowAction::Lend(lent) => made.lent = Some(lent),
            OverflowAction::Raise(more) => made.raised = made.raised.saturating_add(more),
            OverflowAction::Move(_) | OverflowAction::Propose(_) => {}
        }
        if is_moved {
            contact.unservable = false;
            contact.entered_at = now;
            contact.pressed = false;
            contact.state = None;
            contact.leave_overflow();
        }
    }

    /// What is kept of the rules before, when `former` was in force; a rule that is the same stays as it was.
    pub fn carry_overflow(&mut self, former: Option<Arc<model::TenantConfig>>) {
        let rules = &self.config().overflow;
        let former_rules = former.iter().flat_map(|former| &former.overflow);
        let former: Vec<(&OverflowRule, OverflowState)> =
            former_rules.zip(self.overflow.iter().copied()).collect();
        let state_of = |rule: &OverflowRule| former.iter().find(|(known, _)| *known == rule);
        let states = rules.iter().map(|rule| state_of(rule).map_or(OverflowState::Off, |(_, state)| *state));
        let states: Vec<OverflowState> = states.collect();
        let measured: Vec<QueueNo> = rules
            .iter()
            .flat_map(OverflowRule::limits)
            .filter(|(_, limit)| limit.signal == Signal::ServiceLevel)
            .filter_map(|(queue, _)| self.queue_number(queue))
            .collect();
        let is_looked_at =
            !rules.is_empty() || self.config().queues.iter().any(|queue| is_looked_at(self.config(), queue));
        self.overflow = states;
        self.answers.retain(|queue, _| measured.contains(queue));
        for queue in measured {
            self.answers.entry(queue).or_default();
        }
        if !is_looked_at {
            self.look_due = None;
        }
    }

    /// The contact was accepted.
    pub fn note_answer(&mut self, now: Time, number: ContactNo) {
        let queue = self.profile_of(number).queue;
        let is_within = now.since(self.contact(number).entered_at) <= self.queue(queue).service_level.within;
        if let Some(answers) = self.answers.get_mut(&queue) {
            answers.push(is_within);
            if answers.len() > ANSWERS {
                answers.remove(0);
            }
        }
    }

    pub fn answer_rows(&self) -> Vec<(QueueNo, Answers)> {
        let packed = |answers: &Vec<bool>| Answers {
            within: answers.iter().fold(0, |bits, is_within| bits << 1 | u128::from(*is_within)),
            count: answers.len() as u32,
        };
        let answered = self.answers.iter().filter(|(_, answers)| !answers.is_empty());
        answered.map(|(queue, answers)| (*queue, packed(answers))).collect()
    }
}

/// Whether a look is due while somebody waits there, rules or not.
fn is_looked_at(config: &model::TenantConfig, queue: &QueueConfig) -> bool {
    config.estimates(queue) || queue.foresee
}

impl Contact {
    /// It is in another queue.
    pub fn leave_overflow(&mut self) {
        if let Some(Overflowed { rules: _, lent, raised, proposed: _ }) = &mut self.overflowed {
            (*lent, *raised) = (None, 0);
        }
        self.estimated = None;
        self.end_proposal();
    }

    /// It took a step of relaxation.
    pub fn end_lending(&mut self) {
        if let Some(made) = &mut self.overflowed {
            made.lent = None;
        }
    }
}
