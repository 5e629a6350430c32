//! What nobody can take: which of the contacts that wait in their queues ask for what no agent in the roster has.
//!
//! Only contacts whose profile nobody serves are **doubted**, and only they stand here, with all that they ask for or come to ask
//! for: a contact that somebody serves costs a look at its profile's column, and has no bit set in its record. What is known here is
//! derived; what was said of a contact is a bit of its record, and state.

use std::collections::{BTreeMap, BTreeSet};

use model::config::SkillDemand;
use model::contact::OwnSkills;
use model::{ChannelNo, ContactNo, ProfileNo, Requirement, SiteNo, SkillLevel, SkillNo, Time};

use super::contacts::{Contact, Status};
use super::settings::Relaxation;
use super::tenant::Tenant;
use super::timers::{TimerRef, TimerSubject, Timers};

#[derive(Debug)]
pub struct Servable {
    asks: BTreeMap<Ask, Askers>,
    doubted: BTreeMap<ContactNo, Vec<Ask>>,
    /// Of which something else was said than is.
    unsettled: BTreeSet<ContactNo>,
    timer: TimerRef,
}

/// What an agent must have to serve a contact.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ask {
    pub channel: ChannelNo,
    pub site: Option<SiteNo>,
    pub person: bool,
    pub requirement: Requirement,
}

#[derive(Debug)]
struct Askers {
    contacts: BTreeSet<ContactNo>,
    is_served: bool,
}

impl Default for Servable {
    fn default() -> Servable {
        Servable {
            asks: BTreeMap::new(),
            doubted: BTreeMap::new(),
            unsettled: BTreeSet::new(),
            timer: TimerRef::NONE,
        }
    }
}

impl Servable {
    /// Of which something else is to be said.
    pub fn first_unsettled(&self) -> Option<ContactNo> {
        self.unsettled.first().copied()
    }

    pub fn cancel_timer(&mut self, timers: &mut Timers) {
        timers.cancel(&mut self.timer);
    }

    fn is_servable(&self, contact: ContactNo) -> bool {
        self.doubted[&contact].iter().any(|ask| self.asks[ask].is_served)
    }
}

impl Tenant {
    /// For a contact that began to wait in its queue.
    #[inline]
    pub fn doubt_if_unserved(&mut self, contact: ContactNo) {
        let record = self.contacts.of(contact);
        if record.is_said_unservable() || !self.matcher.columns.is_served(record.profile) {
            self.doubt(contact);
        }
    }

    #[cold]
    fn doubt(&mut self, contact: ContactNo) {
        let asks = self.asks_of(contact);
        for ask in &asks {
            let askers = self.servable.asks.entry(ask.clone()).or_insert_with(|| Askers {
                contacts: BTreeSet::new(),
                is_served: self.matcher.classes.is_served(ask),
            });
            askers.contacts.insert(contact);
        }
        self.servable.doubted.insert(contact, asks);
        self.contacts.of_mut(contact).set_doubted(true);
        self.compare_with_said(contact);
    }

    /// For a contact that ceases to wait in its queue: nothing is said of it any more.
    #[inline]
    pub fn end_doubt(&mut self, contact: ContactNo) {
        if self.contacts.of(contact).is_doubted() {
            self.drop_doubt(contact);
        }
    }

    #[cold]
    fn drop_doubt(&mut self, contact: ContactNo) {
        for ask in self.servable.doubted.remove(&contact).unwrap_or_default() {
            if let Some(askers) = self.servable.asks.get_mut(&ask) {
                askers.contacts.remove(&contact);
                if askers.contacts.is_empty() {
                    self.servable.asks.remove(&ask);
                }
            }
        }
        self.servable.unsettled.remove(&contact);
        let record = self.contacts.of_mut(contact);
        record.set_doubted(false);
        record.set_unsettled(false);
        record.set_said_unservable(false);
    }

    /// For a contact that waits in its queue, whose settings are other ones: it may come to ask for something else.
    pub fn doubt_anew(&mut self, contact: ContactNo) {
        let is_said = self.contacts.of(contact).is_said_unservable();
        self.end_doubt(contact);
        self.contacts.of_mut(contact).set_said_unservable(is_said);
        self.doubt_if_unserved(contact);
    }

    fn compare_with_said(&mut self, contact: ContactNo) {
        let is_servable = self.servable.is_servable(contact);
        let record = self.contacts.of_mut(contact);
        let is_unsettled = record.is_said_unservable() == is_servable;
        record.set_unsettled(is_unsettled);
        if is_unsettled {
            self.servable.unsettled.insert(contact);
        } else {
            self.servable.unsettled.remove(&contact);
        }
    }

    /// As the journal has it, also when another build found it so and this one would not.
    pub fn say_unservable(&mut self, contact: ContactNo, is_unservable: bool) {
        let record = self.contacts.of_mut(contact);
        record.set_said_unservable(is_unservable);
        if record.is_doubted() {
            self.compare_with_said(contact);
        } else {
            self.doubt(contact);
        }
    }

    /// Agents of a new kind are in the roster, or those of one kind are no more and leave these profiles unserved.
    #[cold]
    pub fn review_servable(&mut self, unserved: &[ProfileNo]) {
        let mut to_compare = BTreeSet::new();
        for (ask, askers) in &mut self.servable.asks {
            let is_served = self.matcher.classes.is_served(ask);
            if askers.is_served != is_served {
                askers.is_served = is_served;
                to_compare.extend(&askers.contacts);
            }
        }
        for contact in to_compare {
            self.compare_with_said(contact);
        }
        if unserved.iter().any(|&profile| self.profiles.contacts(profile) > 0) {
            let is_concerned = |contact: &&Contact| {
                let is_queued = contact.status == Status::WaitingInQueue;
                is_queued && !contact.is_doubted() && unserved.contains(&contact.profile)
            };
            let concerned = self.contacts.iter().filter(is_concerned).map(|contact| contact.number);
            for contact in concerned.collect::<Vec<_>>() {
                self.doubt(contact);
            }
        }
    }

    /// What it requires, and what it would by further steps of its queue.
    fn asks_of(&self, contact: ContactNo) -> Vec<Ask> {
        let record = self.contacts.of(contact);
        let key = self.profiles.key(record.profile);
        let (channel, site) = (key.channel, key.site);
        let queue = self.queue_of(record.profile);
        // A step asks as the queue does by then.
        let by_step = self.lasting(record).person || queue.person;
        let steps = queue.relax.iter().skip(usize::from(record.step));
        let by_steps = steps.filter_map(|step| Some((by_step, self.requirement_by(record, step)?)));
        let mut asks: Vec<Ask> = std::iter::once((key.person, key.requirement.clone()))
            .chain(by_steps)
            .map(|(person, requirement)| Ask { channel, site, person, requirement })
            .collect();
        asks.sort_unstable();
        asks.dedup();
        asks
    }

    /// What the contact would require by a step of its queue; nothing for more than it may, or for skills that no configuration ever
    /// had: then it goes on requiring what it does.
    pub fn requirement_by(&self, contact: &Contact, step: &Relaxation) -> Option<Requirement> {
        let own: OwnSkills<'_> = if step.keep_own { contact.body().own_skills() } else { [&[], &[]] };
        let mut requirement = Requirement::default();
        for &demand in &step.demands {
            requirement.add(demand).then_some(())?;
        }
        for SkillDemand { skill, level } in own.into_iter().flatten() {
            let skill = SkillNo(self.names.skills.number(skill.as_str())? as u16);
            requirement.add(SkillLevel { skill, level: *level }).then_some(())?;
        }
        Some(requirement)
    }

    /// Sets the timer while something is to be said, for at once.
    pub fn set_servable_timer(&mut self, timers: &mut Timers) {
        let Servable { unsettled, timer, .. } = &mut self.servable;
        if unsettled.is_empty() {
            timers.cancel(timer);
        } else if *timer == TimerRef::NONE {
            *timer = timers.set(Time(0), self.number, TimerSubject::Servable);
        }
    }
}
