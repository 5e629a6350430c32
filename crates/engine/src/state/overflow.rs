//! What is measured of queues: for overflow rules, with the state of each, the last answers and the work, and for estimates; and the contacts
//! that wait where a look is due.
//!
//! A tenant without rules or estimates has none of it. The lists are derived: they follow every contact that begins or ceases to wait in a
//! queue that a rule names, and no look scans all contacts.

use std::collections::BTreeMap;

use model::config::SkillDemand;
use model::overflow::{
    ANSWERS, Answers, LOOK_EVERY, Lent, Limit, OverflowAction, OverflowRule, OverflowState, Overflowed,
    Signal,
};
use model::{
    ChannelId, ChannelNo, ContactNo, ProfileNo, QueueNo, Requirement, RuleName, SkillLevel, SkillNo,
    TenantConfig, Time,
};

use super::contacts::{Contact, Status};
use super::deadlines::{DeadlineAt, Deadlines};
use super::estimates::Estimates;
use super::line::{Entry, Line, LineAt};
use super::paged::Paged;
use super::proposals::is_reachable;
use super::settings::{NameTables, Settings};
use super::tenant::Tenant;
use super::timers::{TimerRef, TimerSubject, Timers};
use super::work::WorkKnown;

#[derive(Debug)]
pub struct Overflow {
    /// In the order of the configuration's rules.
    pub states: Vec<OverflowState>,
    /// Of the queues in which a rule measures the service level.
    pub answers: BTreeMap<QueueNo, Answers>,
    pub estimates: Estimates,
    pub work: WorkKnown,
    /// By number; nothing for a queue that no rule names and that does not estimate.
    queues: Vec<Option<Box<Lists>>>,
    /// By place of the contact.
    stands: Paged<Standing>,
    /// How many lines there have been.
    lines: u32,
    /// Contacts that wait in queues that rules watch, or that estimate.
    watched: u32,
    timer: TimerRef,
}

/// The contacts that wait in a queue.
#[derive(Debug, Default)]
struct Lists {
    is_watched: bool,
    /// Of all lines of the tenant, from 1 on.
    number: u32,
    line: Line,
    /// Only where a rule measures what is at risk, or the queue foresees.
    by_deadline: Option<Deadlines>,
    /// By rule that watches it: on nobody before this one may it act.
    fresh: Vec<(usize, Entry)>,
}

/// Where a contact stands, if the line is that of the queue in which it waits; else it stands in none.
#[derive(Debug, Clone, Copy, Default)]
struct Standing {
    line: u32,
    at: LineAt,
    deadline: DeadlineAt,
}

const FIRST: Entry = (Time(0), ContactNo(0));
const LAST: Entry = (Time::MAX, ContactNo(u64::MAX));

impl Overflow {
    /// Nothing without rules or estimates. What `before` knew is kept where the configuration in force says so.
    pub fn compile(
        config: &TenantConfig,
        before: Option<(&TenantConfig, &Overflow)>,
        names: &NameTables,
    ) -> Option<Overflow> {
        if !measures(config) {
            return None;
        }
        let number = |queue: &model::QueueId| {
            let number = names.queues.number(queue.as_str()).expect("queues get their numbers before rules");
            QueueNo(number as u16)
        };
        let state = |rule| {
            let (former, overflow) = before?;
            let at = former.overflow.iter().position(|known| known == rule)?;
            Some(overflow.states[at])
        };
        let mut overflow = Overflow {
            states: config.overflow.iter().map(|rule| state(rule).unwrap_or_default()).collect(),
            answers: BTreeMap::new(),
            estimates: Estimates::default(),
            work: WorkKnown::default(),
            queues: Vec::new(),
            stands: Paged::default(),
            lines: 0,
            watched: 0,
            timer: TimerRef::NONE,
        };
        for (at, rule) in config.overflow.iter().enumerate() {
            let lists = overflow.lists_for(number(&rule.queue));
            lists.is_watched = true;
            lists.fresh.push((at, FIRST));
            for (queue, limit) in rule.limits() {
                let queue = number(queue);
                let lists = overflow.lists_for(queue);
                match limit.signal {
                    Signal::AtRisk { .. } | Signal::Late => lists.by_deadline = Some(Deadlines::default()),
                    Signal::ServiceLevel => {
                        let known = before.and_then(|(_, before)| before.answers.get(&queue));
                        overflow.answers.insert(queue, known.copied().unwrap_or_default());
                    }
                    Signal::Waiting
                    | Signal::Oldest
                    | Signal::Eligible
                    | Signal::EwtP50
                    | Signal::EwtP90
                    | Signal::Free { .. }
                    | Signal::Backlog => {}
                }
            }
        }
        for queue in config.queues.iter().filter(|queue| config.estimates(queue)) {
            let queue = number(&queue.name);
            overflow.lists_for(queue).is_watched = true;
            let known = before.and_then(|(_, before)| before.estimates.waits.get(&queue));
            overflow.estimates.waits.insert(queue, known.cloned().unwrap_or_default());
        }
        for queue in config.queues.iter().filter(|queue| config.measures_work(queue)) {
            let queue = number(&queue.name);
            let known = before.and_then(|(_, before)| before.work.by_queue.get(&queue));
            overflow.work.by_queue.insert(queue, known.cloned().unwrap_or_default());
        }
        for queue in &config.queues {
            let number = number(&queue.name);
            if queue.foresee {
                let lists = overflow.lists_for(number);
                (lists.is_watched, lists.by_deadline) = (true, Some(Deadlines::default()));
            } else if let Some(work) = overflow.work.by_queue.get_mut(&number) {
                work.at_risk = false;
            }
        }
        Some(overflow)
    }

    /// Takes over from the one before, which was of the first of these configurations, what is as it was. `to_fill`: queues
    /// whose lists lack some contacts yet, or of whose contacts too much is known.
    fn adopt(
        &mut self,
        mut before: Overflow,
        (former, present): (&TenantConfig, &TenantConfig),
        mut to_fill: impl FnMut(QueueNo),
    ) {
        self.timer = before.timer;
        self.stands = before.stands;
        (self.estimates.told, self.work.begun) = (before.estimates.told, before.work.begun);
        let is_gone = |queue: &&QueueNo| !self.estimates.waits.contains_key(queue);
        before.estimates.waits.keys().filter(is_gone).for_each(|queue| to_fill(*queue));
        let is_gone = |queue: &&QueueNo| !self.work.by_queue.contains_key(queue);
        before.work.by_queue.keys().filter(is_gone).for_each(|queue| to_fill(*queue));
        let is_as_it_was = |was: usize, is: usize| {
            let (was, is) = (&former.overflow[was], &present.overflow[is]);
            let proposes = matches!(is.action, OverflowAction::Propose(_));
            was == is && (!proposes || former.channels == present.channels)
        };
        self.lines += before.lines;
        for (number, lists) in self.queues.iter_mut().enumerate() {
            let Some(lists) = lists else { continue };
            lists.number += before.lines;
            let Some(known) = before.queues.get_mut(number).and_then(Option::take) else {
                to_fill(QueueNo(number as u16));
                continue;
            };
            if !lists.adopt(*known, is_as_it_was) {
                to_fill(QueueNo(number as u16));
            }
        }
    }

    /// The queues whose contacts are listed.
    fn listed(&self) -> impl Iterator<Item = QueueNo> {
        let numbered = (0..).map(QueueNo).zip(&self.queues);
        numbered.filter_map(|(queue, lists)| lists.is_some().then_some(queue))
    }

    fn lists_for(&mut self, queue: QueueNo) -> &mut Lists {
        if self.queues.len() <= queue.index() {
            self.queues.resize_with(queue.index() + 1, || None);
        }
        self.queues[queue.index()].get_or_insert_with(|| {
            self.lines += 1;
            Box::new(Lists { number: self.lines, ..Lists::default() })
        })
    }

    fn lists(&self, queue: QueueNo) -> Option<&Lists> {
        self.queues.get(queue.index())?.as_deref()
    }

    /// Those that wait there, in the order in which they stand in line.
    pub fn line(&self, queue: QueueNo) -> Option<&Line> {
        Some(&self.lists(queue)?.line)
    }

    /// The earliest arrival among those that wait in the queue.
    pub fn oldest(&self, queue: QueueNo) -> Option<Time> {
        self.lists(queue)?.line.first().map(|(arrived_at, _)| arrived_at)
    }

    /// Those that are due, the next deadline first.
    pub fn deadline_order(&self, queue: QueueNo) -> impl Iterator<Item = Entry> {
        let by_deadline = self.lists(queue).and_then(|lists| lists.by_deadline.as_ref());
        by_deadline.into_iter().flat_map(Deadlines::iter)
    }

    /// Those that are due by then, counted up to `most`.
    pub fn due_by(&self, queue: QueueNo, limit: Time, most: usize) -> usize {
        let by_deadline = self.lists(queue).and_then(|lists| lists.by_deadline.as_ref());
        by_deadline.map_or(0, |by_deadline| by_deadline.due_by(limit, most))
    }

    /// Whether the next look is set.
    #[inline]
    pub fn has_look(&self) -> bool {
        self.timer != TimerRef::NONE
    }

    fn is_to_look(&self) -> bool {
        self.watched > 0
            || self.states.iter().any(|state| *state != OverflowState::Off)
            || self.work.by_queue.values().any(|work| work.at_risk)
    }

    /// The look is no more; whoever has it made says so.
    pub fn cancel(&mut self, timers: &mut Timers) {
        timers.cancel(&mut self.timer);
    }
}

impl Lists {
    /// Whether nobody is missing then.
    fn adopt(&mut self, known: Lists, is_as_it_was: impl Fn(usize, usize) -> bool) -> bool {
        (self.number, self.line) = (known.number, known.line);
        let mut is_whole = true;
        if let Some(by_deadline) = &mut self.by_deadline {
            match known.by_deadline {
                Some(known) => *by_deadline = known,
                None => is_whole = false,
            }
        }
        for (rule, fresh) in &mut self.fresh {
            if let Some((_, known)) = known.fresh.iter().find(|(was, _)| is_as_it_was(*was, *rule)) {
                *fresh = *known;
            }
        }
        is_whole
    }
}

/// Whether queues of the tenant are to be looked at.
pub fn measures(config: &TenantConfig) -> bool {
    !config.overflow.is_empty() || config.queues.iter().any(|queue| queue.estimate || queue.foresee)
}

/// Whether the rule may act on a contact that waits in its queue for anybody.
fn may_act(
    config: &TenantConfig,
    rule: &OverflowRule,
    (contact, channel): (&Contact, &ChannelId),
    made: Option<&Overflowed>,
) -> bool {
    let OverflowRule { name, action, .. } = rule;
    let has_acted = made.is_some_and(|overflowed| overflowed.rules.contains(name));
    let has_taken = match action {
        OverflowAction::Relax(step) => contact.step >= *step,
        OverflowAction::Propose(proposal) => {
            made.is_some_and(|made| made.proposed.is_some())
                || !is_reachable(config, proposal, contact.body(), channel)
        }
        OverflowAction::Lend(_) | OverflowAction::Raise(_) | OverflowAction::Move(_) => false,
    };
    !has_acted && !has_taken
}

impl Tenant {
    /// A contact began to wait.
    #[inline]
    pub fn list_for_overflow(&mut self, contact: ContactNo) {
        if self.overflow.is_some() {
            self.list_waiting(contact);
            self.count_watched(contact, 1);
        }
    }

    /// A contact is about to cease to wait.
    #[inline]
    pub fn unlist_for_overflow(&mut self, contact: ContactNo) {
        if self.overflow.is_some() {
            self.count_watched(contact, -1);
            self.unlist_waiting(contact);
        }
    }

    fn count_watched(&mut self, contact: ContactNo, change: i32) {
        let queue = self.profiles.brief(self.contacts.of(contact).profile).queue;
        if let Some(overflow) = &mut self.overflow
            && overflow.lists(queue).is_some_and(|lists| lists.is_watched)
        {
            overflow.watched = overflow.watched.strict_add_signed(change);
        }
    }

    /// What is kept beside the record of the contact at this place is on its way.
    #[inline]
    pub fn expect_beside(&self, place: u32) {
        self.handlings.expect(place);
        if let Some(Overflow { stands, estimates, work, .. }) = self.overflow.as_deref() {
            stands.expect(place as usize);
            estimates.told.expect(place);
            work.begun.expect(place);
        }
    }

    /// Puts a waiting contact on the lists of its queue on which it is not.
    #[cold]
    pub fn list_waiting(&mut self, contact: ContactNo) {
        let record = self.contacts.of(contact);
        let queue = self.profiles.brief(record.profile).queue;
        let Some(overflow) = &self.overflow else { return };
        let Some(lists) = overflow.lists(queue) else { return };
        let due_at = if lists.by_deadline.is_some() { self.due_at(record) } else { Time::MAX };
        let entry = (record.arrived_at, contact);
        let Some(overflow) = &mut self.overflow else { return };
        let Some(lists) = overflow.queues[queue.index()].as_deref_mut() else { return };
        let place = contact.place() as usize;
        overflow.stands.grow_to(place + 1);
        let standing = &mut overflow.stands[place];
        if standing.line != lists.number {
            *standing = Standing {
                line: lists.number,
                at: lists.line.insert(entry),
                deadline: DeadlineAt::default(),
            };
        }
        if let Some(by_deadline) = lists.by_deadline.as_mut().filter(|_| due_at != Time::MAX)
            && !by_deadline.has(standing.deadline, (due_at, contact))
        {
            let stands = &mut overflow.stands;
            by_deadline.insert((due_at, contact), |listed, at| stands[listed.place() as usize].deadline = at);
        }
        for (_, fresh) in &mut lists.fresh {
            *fresh = entry.min(*fresh);
        }
    }

    #[cold]
    fn unlist_waiting(&mut self, contact: ContactNo) {
        let record = self.contacts.of(contact);
        let queue = self.profiles.brief(record.profile).queue;
        let Some(overflow) = &self.overflow else { return };
        let Some(lists) = overflow.lists(queue) else { return };
        let due_at = if lists.by_deadline.is_some() { self.due_at(record) } else { Time::MAX };
        let entry = (record.arrived_at, contact);
        let Some(overflow) = &mut self.overflow else { return };
        let Some(lists) = overflow.queues[queue.index()].as_deref_mut() else { return };
        // Who is not listed yet after a new configuration need not be any more.
        let place = contact.place() as usize;
        let Some(&Standing { line, at, deadline }) = overflow.stands.get(place) else { return };
        if line != lists.number {
            return;
        }
        overflow.stands[place] = Standing::default();
        lists.line.remove(at, entry);
        if let Some(by_deadline) = lists.by_deadline.as_mut().filter(|_| due_at != Time::MAX) {
            let stands = &mut overflow.stands;
            by_deadline.remove(deadline, (due_at, contact), |listed, at| {
                stands[listed.place() as usize].deadline = at;
            });
        }
    }

    /// The first contact of its queue on which the rule may act. Whoever is passed over will not be looked at again before it is
    /// listed anew.
    pub fn first_for(&mut self, queue: QueueNo, rule: usize) -> Option<ContactNo> {
        let config = &self.settings.as_ref()?.config;
        let lists = self.overflow.as_mut()?.queues.get_mut(queue.index())?.as_deref_mut()?;
        let (_, from) = lists.fresh.iter_mut().find(|(at, _)| *at == rule)?;
        let may_act = |entry: &Entry| {
            let record = self.contacts.of(entry.1);
            let channel = self.profiles.brief(record.profile).channel;
            let channel = self.names.channels.name(u32::from(channel.0));
            let made = self.overflowed.get(&entry.1);
            record.status == Status::WaitingInQueue
                && may_act(config, &config.overflow[rule], (record, channel), made)
        };
        let first = lists.line.iter_from(*from).find(may_act);
        *from = first.unwrap_or(LAST);
        first.map(|(_, contact)| contact)
    }

    /// For a configuration that was just put in force in place of `former`. Lists that it has too are kept; who belongs on others
    /// is found when the contacts of their queues are looked at again.
    pub fn carry_overflow(&mut self, former: Option<&Settings>) {
        let before = self.overflow.take();
        let config = &self.settings.as_ref().expect("a configuration is in force").config;
        let known = former.map(|former| &*former.config).zip(before.as_deref());
        let mut overflow = Overflow::compile(config, known, &self.names).map(Box::new);
        if let (Some(overflow), Some(before), Some(former)) = (&mut overflow, before, former) {
            overflow.adopt(*before, (&former.config, config), |queue| self.fit.mark(queue));
        } else if let Some(overflow) = &overflow {
            overflow.listed().for_each(|queue| self.fit.mark(queue));
        }
        if let Some(overflow) = &mut overflow {
            let watched = overflow
                .listed()
                .filter(|queue| overflow.lists(*queue).is_some_and(|lists| lists.is_watched));
            overflow.watched = watched.map(|queue| self.waiting_in(queue)).sum();
        }
        self.overflow = overflow;
    }

    /// Forgets what is known of the contact for the sake of what its queue measures, where that does not any more.
    pub fn drop_unmeasured(&mut self, contact: ContactNo, queue: QueueNo) {
        let Some(overflow) = &mut self.overflow else { return };
        if !overflow.estimates.waits.contains_key(&queue) {
            overflow.estimates.told.remove(contact);
        }
        if !overflow.work.by_queue.contains_key(&queue) {
            overflow.work.begun.remove(contact);
        }
    }

    /// Sets the timer of the next look, if there is something to look at and none is set. Only who decides does: a follower would
    /// bring looks that were due long ago.
    #[cold]
    pub fn set_look_timer(&mut self, now: Time, timers: &mut Timers) {
        if self.residence.is_here()
            && let Some(overflow) = &mut self.overflow
            && !overflow.has_look()
            && overflow.is_to_look()
        {
            overflow.timer = timers.set(next_look(now), self.number, TimerSubject::Look);
        }
    }

    /// What the limit's signal is in the queue, or nothing while that is unknown; what is at risk is counted up to one more than the limit.
    pub fn measure(&self, now: Time, queue: QueueNo, limit: &Limit) -> Option<u64> {
        let overflow = self.overflow.as_ref()?;
        let measured = match &limit.signal {
            Signal::Waiting => u64::from(self.waiting_in(queue)),
            Signal::Oldest => overflow.oldest(queue).map_or(0, |arrived_at| now.since(arrived_at).0),
            Signal::Eligible => self.eligible_for(queue),
            Signal::ServiceLevel => overflow.answers.get(&queue).map_or(100, |answers| percent(*answers)),
            Signal::AtRisk { within } => {
                let most = limit.bound.number() as usize + 1;
                overflow.due_by(queue, now + *within, most) as u64
            }
            Signal::EwtP50 => self.expected_wait(now, queue, |(p50, _)| p50),
            Signal::EwtP90 => self.expected_wait(now, queue, |(_, p90)| p90),
            Signal::Free { channel } => self.free_for(queue, channel),
            Signal::Backlog => return self.backlog(queue),
            Signal::Late => u64::from(self.foreseen(now, queue)?.late),
        };
        Some(measured)
    }

    pub fn eligible_for(&self, queue: QueueNo) -> u64 {
        let person = self.asks_for_person(queue);
        let there = |requirement| self.matcher.classes.there_for(requirement, person);
        self.required_by(queue).map_or(0, there)
    }

    /// Whether any agent is eligible.
    pub fn is_anybody_there(&self, queue: QueueNo) -> bool {
        self.required_by(queue).is_some_and(|requirement| {
            self.matcher.classes.is_anybody_there(requirement, self.asks_for_person(queue))
        })
    }

    /// The lists of free agents must be up to date.
    fn free_for(&self, queue: QueueNo, channel: &ChannelId) -> u64 {
        let number = self.names.channels.number(channel.as_str()).map(|number| ChannelNo(number as u8));
        let lane = number.and_then(|number| Some((number, self.settings().channel(number)?.lane)));
        let free = self.required_by(queue).zip(lane);
        let person = self.asks_for_person(queue);
        free.map_or(0, |(requirement, (channel, lane))| {
            self.matcher.free_for(requirement, person, channel, lane)
        })
    }

    fn asks_for_person(&self, queue: QueueNo) -> bool {
        self.settings().queue(queue).is_some_and(|queue| queue.person)
    }

    /// Nothing of a queue that asks for more than anybody may have.
    fn required_by(&self, queue: QueueNo) -> Option<&Requirement> {
        self.settings().queue(queue)?.requirement.as_ref()
    }

    /// By number, of skills that a configuration named once.
    pub fn known_skills(&self, demands: &[SkillDemand]) -> Vec<SkillLevel> {
        let number = |demand: &SkillDemand| {
            let skill = self.names.skills.number(demand.skill.as_str())?;
            Some(SkillLevel { skill: SkillNo(skill as u16), level: demand.level })
        };
        demands.iter().filter_map(number).collect()
    }

    /// An agent accepted a contact.
    pub fn note_answer(&mut self, now: Time, profile: ProfileNo, entered_at: Time) {
        let queue = self.profiles.brief(profile).queue;
        let target = self.queue_of(profile).answer_within;
        let answers = self.overflow.as_mut().and_then(|overflow| overflow.answers.get_mut(&queue));
        if let Some(answers) = answers {
            let is_within = now.since(entered_at) <= target;
            let kept = (1 << ANSWERS) - 1;
            answers.within = (answers.within << 1 | u128::from(is_within)) & kept;
            answers.count = (answers.count + 1).min(ANSWERS);
        }
    }

    /// What the rule made of a contact is kept with it.
    pub fn note_overflow(&mut self, contact: ContactNo, rule: &RuleName, is_moved: bool) {
        let settings = self.settings.as_ref().expect("a rule that acts is in the configuration");
        let rule = settings.config.overflow.iter().find(|known| known.name == *rule);
        let rule = rule.expect("a rule that acts is in the configuration");
        let overflowed = self.overflowed.entry(contact).or_default();
        overflowed.rules.push(rule.name.clone());
        match &rule.action {
            OverflowAction::Relax(_) => overflowed.lent = None,
            OverflowAction::Lend(lent) => overflowed.lent = Some(Lent::clone(lent)),
            OverflowAction::Raise(points) => overflowed.raised = overflowed.raised.saturating_add(*points),
            OverflowAction::Move(_) | OverflowAction::Propose(_) => {}
        }
        if is_moved {
            self.leave_overflow(contact);
        }
    }

    /// The contact is in another queue: what was made of it in the one before is over, but for which rules acted.
    pub fn leave_overflow(&mut self, contact: ContactNo) {
        if let Some(overflowed) = self.overflowed.get_mut(&contact) {
            (overflowed.lent, overflowed.raised) = (None, 0);
        }
        self.forget_outlook(contact);
        self.end_proposal(contact);
    }

    /// It took a step of relaxation.
    pub fn end_lending(&mut self, contact: ContactNo) {
        if let Some(overflowed) = self.overflowed.get_mut(&contact) {
            overflowed.lent = None;
        }
    }
}

/// The first multiple after `now`.
fn next_look(now: Time) -> Time {
    Time((now.0 / LOOK_EVERY.0 + 1) * LOOK_EVERY.0)
}

fn percent(answers: Answers) -> u64 {
    match answers.count {
        0 => 100,
        count => u64::from(answers.within.count_ones() * 100 / count),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_lie_on_multiples_and_never_at_the_time_itself() {
        assert_eq!(next_look(Time(0)), Time(5_000));
        assert_eq!(next_look(Time(4_999)), Time(5_000));
        assert_eq!(next_look(Time(5_000)), Time(10_000));
    }

    #[test]
    fn a_service_level_is_rounded_down() {
        assert_eq!(percent(Answers::default()), 100);
        assert_eq!(percent(Answers { within: 0b101, count: 3 }), 66);
        assert_eq!(percent(Answers { within: 0, count: 100 }), 0);
    }
}
