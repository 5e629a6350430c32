//! What the rules make of a contact, when it comes and when its producer says more of it.

use std::sync::Arc;

use model::contact::{ATTRIBUTES_MAX, ATTRIBUTES_SIZE_MAX, ContactUpdate};
use model::rule::{Classified, Condition, Decimal, Rule, Test, When};
use model::{Change, ContactBody, ContactId, ContactNo, QueueId, Refusal};

use super::Step;
use super::inputs::{Refused, refused};
use super::inputs_contact::raised_points;
use super::state::{Profile, Tenant};

impl Step<'_> {
    pub fn contact_update(&mut self, id: &ContactId, update: &Arc<ContactUpdate>) -> Result<(), Refused> {
        let Some(contact) = self.open_contact(id)? else { return Ok(()) };
        let Some(update) = self.world().check_update(contact, update)? else { return Ok(()) };
        self.decide(update);
        if self.world().contact(contact).is_waiting() {
            match self.reclassify(contact) {
                Reclassified::Not => {}
                Reclassified::InItsQueue => self.place(contact),
                Reclassified::IntoAnother => self.enter(contact),
            }
        }
        Ok(())
    }

    pub fn reclassify(&mut self, contact: ContactNo) -> Reclassified {
        let by_rules = self.world().reclassification(contact);
        let numbered = by_rules.and_then(|made| Some((self.world().profile_number(&made.0).ok()?, made)));
        let Some((number, (profile, points, rule))) = numbered else {
            let is_kept = self.keep_for_people(contact);
            return if is_kept { Reclassified::InItsQueue } else { Reclassified::Not };
        };
        let is_moved = profile.queue != self.world().profile_of(contact).queue;
        self.open_profile(number, profile);
        self.decide(Change::ContactReclassified { contact, profile: number, points, rule });
        if is_moved { Reclassified::IntoAnother } else { Reclassified::InItsQueue }
    }
}

/// Whether the rules made something else of a contact, and where it is by that.
pub(super) enum Reclassified {
    Not,
    InItsQueue,
    IntoAnother,
}

type Reclassification = (Profile, i32, Option<model::RuleName>);

impl Tenant {
    /// Nothing if all of it is known.
    pub fn check_update(
        &self,
        contact: ContactNo,
        update: &Arc<ContactUpdate>,
    ) -> Result<Option<Change>, Refused> {
        let before = &self.contact(contact).body;
        let id = &before.contact;
        if before.consult.is_some() {
            return refused(Refusal::WrongState, format!("contact {id} is a consult"));
        }
        if before.customer.is_some() && update.customer.is_some() && before.customer != update.customer {
            return refused(Refusal::WrongState, format!("contact {id} is another customer's"));
        }
        let after = with_update(before, update);
        let size: usize = after.attributes.iter().map(|(name, value)| name.len() + value.len()).sum();
        if after.attributes.len() > ATTRIBUTES_MAX || size > ATTRIBUTES_SIZE_MAX {
            return refused(Refusal::TooLarge, format!("contact {id} would have too many attributes"));
        }
        let says_more = after != **before;
        Ok(says_more.then(|| Change::ContactUpdated { contact, update: Arc::clone(update) }))
    }

    /// Queue and what is kept of the rules, of a contact that comes with this body.
    pub fn classify(&self, body: &ContactBody) -> Result<(QueueId, Option<Box<Classified>>), Refused> {
        let config = self.config();
        if let Some(queue) = &body.queue
            && self.queue_number(queue).is_none()
        {
            return refused(Refusal::UnknownQueue, format!("queue {queue} is not configured"));
        }
        let rule = config.rules.iter().find(|rule| matches(rule, body));
        self.classified_by(rule, body).ok_or(Refused {
            reason: Refusal::UnknownQueue,
            detail: "nothing says in which queue".to_owned(),
        })
    }

    /// As the rule says, or, without one, as nobody does.
    pub fn classified_by(
        &self,
        rule: Option<&Rule>,
        body: &ContactBody,
    ) -> Option<(QueueId, Option<Box<Classified>>)> {
        let default = self.config().default_queue.clone();
        let without_rule = body.queue.clone().or(default);
        let Some(rule) = rule else {
            let queue = without_rule?;
            let classified =
                Classified { rule: None, queue: queue.clone(), points: 0, skills: Vec::new(), person: false };
            return Some((queue, body.queue.is_none().then(|| Box::new(classified))));
        };
        let asks_for_queue = match &rule.when {
            When::All(conditions) | When::Any(conditions) => conditions
                .iter()
                .any(|condition| matches!(condition, Condition::Queue(_) | Condition::QueueNamed(_))),
        };
        let queue = match &rule.queue {
            Some(queue) if body.queue.is_none() || asks_for_queue => queue.clone(),
            Some(_) | None => without_rule?,
        };
        let classified = Classified {
            rule: Some(rule.name.clone()),
            queue: queue.clone(),
            points: rule.points,
            skills: rule.skills.clone(),
            person: rule.person,
        };
        Some((queue, Some(Box::new(classified))))
    }

    /// Nothing when the rules make the same of it as before, or what they make of it cannot be.
    fn reclassification(&self, contact: ContactNo) -> Option<Reclassification> {
        let present = self.contact(contact);
        let (sent_to, classified) = self.classify(&present.body).ok()?;
        if classified == present.body.classified {
            return None;
        }
        let sent_to_before = match &present.body.classified {
            Some(classified) => Some(&classified.queue),
            None => present.body.queue.as_ref(),
        };
        let here = self.profile_of(contact);
        let queue = if sent_to_before == Some(&sent_to) { here.queue } else { self.queue_number(&sent_to)? };
        let mut body = (*present.body).clone();
        let rule = classified.as_ref().and_then(|classified| classified.rule.clone());
        body.classified = classified;
        let settings = self.queue(queue);
        let steps = if queue == here.queue { present.step } else { 0 };
        let step = (1..).zip(&settings.relax).find(|(number, _)| *number == steps).map(|(_, step)| step);
        let made = present.overflowed.as_ref().filter(|_| queue == here.queue);
        let lent = made.and_then(|made| made.lent.as_ref());
        let (channel, site, person) = self.lasting(contact);
        let lasting = (channel, site, person || body.asks_for_person());
        let profile = match (lent, step) {
            (Some(lent), _) => {
                let own = if lent.keep_own { own_skills(&body) } else { Vec::new() };
                self.profile_asking(queue, lasting, &lent.skills, &own)
            }
            (None, None) => self.profile_asking(queue, lasting, &settings.skills, &own_skills(&body)),
            (None, Some(step)) if step.keep_own => {
                self.profile_asking(queue, lasting, &step.skills, &own_skills(&body))
            }
            (None, Some(step)) => self.profile_asking(queue, lasting, &step.skills, &[]),
        };
        let pressure = if queue == here.queue { here.pressure } else { None };
        let profile = Profile { pressure, ..profile.ok()? };
        let raised = made.map_or(0, |made| made.raised);
        Some((profile, raised_points(settings, &body, raised), rule))
    }
}

/// What the contact asks for itself, and what its rule adds.
pub(super) fn own_skills(body: &ContactBody) -> Vec<model::config::SkillDemand> {
    let of_rule = body.classified.iter().flat_map(|classified| &classified.skills);
    body.skills.iter().chain(of_rule).cloned().collect()
}

pub(super) fn with_update(body: &ContactBody, update: &ContactUpdate) -> ContactBody {
    let mut after = body.clone();
    after.customer = update.customer.clone().or(after.customer);
    after.person = after.person || update.person;
    for (name, value) in &update.attributes {
        after.attributes.remove(name);
        if let Some(value) = value {
            after.attributes.insert(name.clone(), value.clone());
        }
    }
    after
}

fn matches(rule: &Rule, body: &ContactBody) -> bool {
    match &rule.when {
        When::All(conditions) => conditions.iter().all(|condition| holds(condition, body)),
        When::Any(conditions) => conditions.iter().any(|condition| holds(condition, body)),
    }
}

fn holds(condition: &Condition, body: &ContactBody) -> bool {
    match condition {
        Condition::Channel(among) => among.names.contains(&body.channel) != among.not,
        Condition::Queue(among) => {
            body.queue.as_ref().is_some_and(|queue| among.names.contains(queue)) != among.not
        }
        Condition::QueueNamed(is_named) => body.queue.is_some() == *is_named,
        Condition::Customer(test) => {
            text_passes(test, body.customer.as_ref().map(|customer| customer.as_str()))
        }
        Condition::Attribute { name, test } => {
            text_passes(test, body.attributes.get(name).map(String::as_str))
        }
    }
}

fn text_passes(test: &Test, text: Option<&str>) -> bool {
    match (test, text) {
        (Test::Among(among), text) => {
            text.is_some_and(|text| among.names.iter().any(|name| name == text)) != among.not
        }
        (Test::Exists(does), text) => text.is_some() == *does,
        (Test::AtLeast(least), Some(text)) => Decimal::parse(text).is_some_and(|number| number >= *least),
        (Test::AtMost(most), Some(text)) => Decimal::parse(text).is_some_and(|number| number <= *most),
        (Test::StartsWith(start), Some(text)) => text.starts_with(start),
        (Test::Contains(part), Some(text)) => text.contains(part),
        (Test::AtLeast(_) | Test::AtMost(_) | Test::StartsWith(_) | Test::Contains(_), None) => false,
    }
}
