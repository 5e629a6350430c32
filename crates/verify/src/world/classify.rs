//! What the rules make of contacts, computed once more from the configuration in the journal and what producers said.

use std::cmp::Ordering;
use std::sync::Arc;

use model::config::{POINTS_MAX, QueueConfig, SkillDemand};
use model::contact::{ATTRIBUTES_MAX, ATTRIBUTES_SIZE_MAX, ContactUpdate};
use model::rule::{Classified, Condition, Rule, Test, When};
use model::skill::REQUIREMENT_SKILLS_MAX;
use model::{ContactBody, ContactNo, ProfileNo, QueueId, RuleName, TenantConfig};

use super::Step;
use super::contact::{Contact, State};
use super::customers::Belongs;
use super::tenant::Tenant;
use crate::keys::{Cause, key};
use crate::report::Invariant;
use crate::told::{Kind, Told, classified_key};

/// Profiles that a tenant may have; then one may be missing.
const PROFILES_MAX: usize = 65_536;

/// As the configuration in force has it.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    rules: Vec<Rule>,
    default_queue: Option<QueueId>,
}

impl Rules {
    pub fn of(config: &TenantConfig) -> Rules {
        Rules { rules: config.rules.clone(), default_queue: config.default_queue.clone() }
    }

    /// What they make of a contact of which so much is said; nothing when it has no queue then.
    fn judge(&self, body: &ContactBody) -> Option<Option<Box<Classified>>> {
        let Some(rule) = self.rules.iter().find(|rule| matches(rule, body)) else {
            if body.queue.is_some() {
                return Some(None);
            }
            let queue = self.default_queue.clone()?;
            return Some(Some(Box::new(Classified {
                rule: None,
                queue,
                points: 0,
                skills: Vec::new(),
                person: false,
            })));
        };
        let may_send = body.queue.is_none() || rule.asks_for_queue();
        let sent_to = rule.queue.as_ref().filter(|_| may_send);
        let queue = sent_to.or(body.queue.as_ref()).or(self.default_queue.as_ref())?.clone();
        let (points, skills, person) = (rule.points, rule.skills.clone(), rule.person);
        Some(Some(Box::new(Classified { rule: Some(rule.name.clone()), queue, points, skills, person })))
    }
}

impl Tenant {
    /// The body with which a contact arrives says what the rules make of it, and its profile and points follow from that.
    pub(super) fn check_classified(
        &self,
        profile: ProfileNo,
        points: i32,
        body: &ContactBody,
        step: &mut Step<'_>,
    ) {
        let id = &body.contact;
        // No rule looks at what is no customer's.
        let judged = if body.consult.is_some() { Some(None) } else { self.rules.judge(body) };
        let Some(expected) = judged else {
            return step
                .broken(Invariant::Lifecycle, format!("nothing says in which queue contact {id} arrives"));
        };
        if expected != body.classified {
            let (decided, rules) = (shown(&body.classified), shown(&expected));
            let what = format!("contact {id} is classified by {decided}, by the rules it is {rules}");
            return step.broken(Invariant::Classification, what);
        }
        let queue = sent_to(body, &expected);
        let place = self.place_of(profile);
        let settings = place.and_then(|(queue, _)| self.queues.get(queue.index()));
        if let (Some(settings), Some(queue)) = (settings, queue)
            && settings.name != *queue
        {
            let what = format!("contact {id} belongs in {queue} and is filed under {}", settings.name);
            return step.broken(Invariant::Eligibility, what);
        }
        self.check_points(settings, (points, 0), body, step);
    }

    fn check_points(
        &self,
        settings: Option<&QueueConfig>,
        (points, raised): (i32, i32),
        body: &ContactBody,
        step: &mut Step<'_>,
    ) {
        let Some(settings) = settings else { return };
        let of_rule = body.classified.as_ref().map_or(0, |classified| classified.points);
        let sum: i64 = [settings.points, body.points, of_rule, raised].into_iter().map(i64::from).sum();
        let expected = sum.clamp(-i64::from(POINTS_MAX), i64::from(POINTS_MAX));
        if i64::from(points) != expected {
            let what =
                format!("contact {} has {points} points, those of its parts are {expected}", body.contact);
            step.broken(Invariant::Classification, what);
        }
    }

    pub(super) fn update(
        &mut self,
        number: ContactNo,
        update: &ContactUpdate,
        step: &mut Step<'_>,
    ) -> Option<Told> {
        let contact = self.open_contact(number, step)?;
        let (id, state) = (contact.id.clone(), contact.state);
        let said = format!("{update:?}");
        let cause = Cause::Updated { tenant: self.name.as_str(), contact: id.as_str(), said: &said };
        step.trace(cause, || format!("update of contact {id}"));
        let before = &contact.body;
        let after = updated(before, update);
        let size: usize = after.attributes.iter().map(|(name, value)| name.len() + value.len()).sum();
        let wrong = if after == **before {
            Some("by what was said before")
        } else if before.customer.is_some() && after.customer != before.customer {
            Some("with another customer")
        } else if after.attributes.len() > ATTRIBUTES_MAX || size > ATTRIBUTES_SIZE_MAX {
            Some("with more than it may have")
        } else {
            None
        };
        if let Some(wrong) = wrong {
            step.broken(Invariant::Classification, format!("contact {id} is updated {wrong}"));
        }
        let owes = self.owes(contact, &after) || self.owes_a_person(contact, &after);
        let contact = self.contact_mut(number)?;
        contact.belongs = Belongs::of(&after);
        contact.body = Arc::new(after);
        match state {
            State::Waiting(_) => contact.owes = owes,
            State::Nowhere => {}
            State::Offered { .. }
            | State::Active { .. }
            | State::Parked { .. }
            | State::WrapUp { .. }
            | State::Quiet { .. }
            | State::Scheduled => {
                contact.to_classify = true;
            }
        }
        if contact.owes {
            self.unplaced.push(number);
        }
        let agent = state.holder().map_or(0, |agent| self.agent_key(agent));
        Some(Told { agent, ..self.tell(Kind::ContactUpdated, self.contact(number)?) })
    }

    /// Whether the rules make something else of the contact, and that can be.
    pub(super) fn owes(&self, contact: &Contact, body: &ContactBody) -> bool {
        let Some(expected) = self.rules.judge(body).filter(|expected| *expected != body.classified) else {
            return false;
        };
        let body = ContactBody { classified: expected, ..body.clone() };
        let (demands, own) = self.asked(contact, &body);
        let mut skills: Vec<&str> = demands.iter().chain(&own).map(|demand| demand.skill.as_str()).collect();
        skills.sort_unstable();
        skills.dedup();
        let is_in_force = |queue: &QueueId| {
            self.queues.number(queue.as_str()).is_some_and(|number| self.queues.get(number).is_some())
        };
        skills.len() <= REQUIREMENT_SKILLS_MAX
            && self.profiles.len() < PROFILES_MAX
            && body.queue.iter().all(is_in_force)
    }

    /// Where the contact belongs with this body: where it is, unless the rules send it elsewhere than before.
    fn home(&self, contact: &Contact, body: &ContactBody) -> Option<&QueueConfig> {
        let (before, after) =
            (sent_to(&contact.body, &contact.body.classified), sent_to(body, &body.classified));
        if before == after {
            return self.queue_of(contact);
        }
        self.queues.get(self.queues.number(after?.as_str())?)
    }

    /// What the contact asks for with this body, after its queue and for itself.
    fn asked(&self, contact: &Contact, body: &ContactBody) -> (Vec<SkillDemand>, Vec<SkillDemand>) {
        let of_rule = body.classified.iter().flat_map(|classified| &classified.skills);
        let own: Vec<SkillDemand> = body.skills.iter().chain(of_rule).cloned().collect();
        let Some(queue) = self.home(contact, body) else { return (Vec::new(), own) };
        let is_here = self.queue_of(contact).is_some_and(|here| here.name == queue.name);
        if let Some(lent) = contact.overflowed.lent.as_ref().filter(|_| is_here) {
            return (lent.skills.clone(), if lent.keep_own { own } else { Vec::new() });
        }
        let taken = usize::from(contact.step).checked_sub(1).filter(|_| is_here);
        match taken.and_then(|at| queue.relax.get(at)) {
            Some(step) => (step.skills.clone(), if step.keep_own { own } else { Vec::new() }),
            None => (queue.skills.clone(), own),
        }
    }

    /// The first skill that the contact asks for with this body and the profile does not.
    fn asked_for_less(
        &self,
        contact: &Contact,
        body: &ContactBody,
        profile: ProfileNo,
    ) -> Option<SkillDemand> {
        let (demands, own) = self.asked(contact, body);
        demands.into_iter().chain(own).find(|demand| self.asks_for_less(profile, demand))
    }

    pub(super) fn reclassify(
        &mut self,
        number: ContactNo,
        profile: ProfileNo,
        points: i32,
        rule: Option<&RuleName>,
        step: &mut Step<'_>,
    ) -> Option<Told> {
        let contact = self.open_contact(number, step)?;
        let id = contact.id.clone();
        let from = self.queue_of(contact).map_or(0, |queue| key(queue.name.as_str()));
        if contact.state.holder().is_some() || !(contact.owes || contact.to_classify) {
            let what = format!("contact {id} is classified anew while it is {}", contact.state.name());
            step.broken(Invariant::Classification, what);
        }
        let expected = self.rules.judge(&contact.body);
        let by_rules = expected.as_ref().and_then(|expected| expected.as_ref()?.rule.as_ref());
        if expected.is_none() || by_rules != rule {
            let what = format!("contact {id} is classified by {rule:?}, by the rules it is {by_rules:?}");
            step.broken(Invariant::Classification, what);
        }
        let mut body = (*contact.body).clone();
        body.classified = expected.unwrap_or_default();
        let home = self.home(contact, &body);
        let (former, next) = (self.place_of(contact.profile), self.place_of(profile));
        let filed = next.and_then(|(queue, _)| self.queues.get(queue.index()));
        if filed.map(|queue| &queue.name) != home.map(|queue| &queue.name)
            || former.map(|(_, channel)| channel) != next.map(|(_, channel)| channel)
        {
            step.broken(
                Invariant::Classification,
                format!("contact {id} goes where the rules do not send it"),
            );
        } else if let Some(demand) = self.asked_for_less(contact, &body, profile) {
            let what = format!("contact {id} asks for {demand}, its profile for less");
            step.broken(Invariant::Eligibility, what);
        }
        let is_moved = former.map(|(queue, _)| queue) != next.map(|(queue, _)| queue);
        let raised = if is_moved { 0 } else { contact.overflowed.raised };
        self.check_points(filed, (points, raised), &body, step);
        let told = classified_key(rule, body.queue.is_none());
        let pressure = if is_moved { None } else { self.pressure_of(contact.profile) };
        if self.pressure_of(profile) != pressure {
            step.broken(
                Invariant::Lifecycle,
                format!("contact {id} is classified anew under other pressure"),
            );
        }
        self.check_site(profile, &body, step);
        self.check_asks_as(profile, body.asks_for_person(), &id, step);
        if let Some(contact) = self.contact(number) {
            self.check_still_asks(contact, profile, step);
        }
        self.let_go(number, State::Nowhere);
        self.change_profile(number, profile);
        let contact = self.contact_mut(number)?;
        contact.body = Arc::new(body);
        (contact.owes, contact.to_classify, contact.points) = (false, false, points);
        if is_moved {
            (contact.entered_at, contact.step) = (step.now, 0);
            (contact.is_pressed, contact.comes) = (false, true);
            contact.leave_overflow();
        }
        self.unplaced.push(number);
        Some(Told {
            detail: key((from, told)),
            ..self.tell(Kind::ContactReclassified, self.contact(number)?)
        })
    }

    /// For a contact that finds a place: what was said of it while it was in an agent's hands is taken account of.
    pub(super) fn check_is_classified(&mut self, number: ContactNo, step: &mut Step<'_>) {
        let Some(contact) = self.contact(number) else { return };
        let owes = self.owes(contact, &contact.body) || self.owes_a_person(contact, &contact.body);
        if contact.to_classify && owes {
            let what = format!("contact {} finds a place as it was before its update", contact.id);
            step.broken(Invariant::Classification, what);
        }
        if let Some(contact) = self.contact_mut(number) {
            contact.to_classify = false;
        }
    }
}

/// The queue that was meant for it, whatever an agent or an exit did since.
fn sent_to<'a>(body: &'a ContactBody, classified: &'a Option<Box<Classified>>) -> Option<&'a QueueId> {
    match classified {
        Some(classified) => Some(&classified.queue),
        None => body.queue.as_ref(),
    }
}

fn shown(classified: &Option<Box<Classified>>) -> String {
    classified.as_ref().map_or("nothing".to_owned(), |classified| format!("{classified:?}"))
}

fn updated(body: &ContactBody, update: &ContactUpdate) -> ContactBody {
    let mut after = body.clone();
    if let Some(customer) = &update.customer {
        after.customer = Some(customer.clone());
    }
    after.person |= update.person;
    after.attributes.retain(|name, _| !update.attributes.contains_key(name));
    let set = update.attributes.iter().filter_map(|(name, value)| Some((name.clone(), value.clone()?)));
    after.attributes.extend(set);
    after
}

fn matches(rule: &Rule, body: &ContactBody) -> bool {
    let holds = |condition: &Condition| match condition {
        Condition::Channel(among) => among.not ^ among.names.contains(&body.channel),
        Condition::Queue(among) => {
            among.not ^ among.names.iter().any(|name| Some(name) == body.queue.as_ref())
        }
        Condition::QueueNamed(is_named) => *is_named == body.queue.is_some(),
        Condition::Customer(test) => passes(test, body.customer.as_ref().map(|customer| customer.as_str())),
        Condition::Attribute { name, test } => passes(test, body.attributes.get(name).map(String::as_str)),
    };
    match &rule.when {
        When::All(conditions) => !conditions.iter().any(|condition| !holds(condition)),
        When::Any(conditions) => conditions.iter().any(holds),
    }
}

fn passes(test: &Test, value: Option<&str>) -> bool {
    let order = |number: &model::rule::Decimal| compare(value?, &number.to_string());
    match test {
        Test::Among(among) => among.not ^ among.names.iter().any(|name| Some(name.as_str()) == value),
        Test::AtLeast(least) => matches!(order(least), Some(Ordering::Greater | Ordering::Equal)),
        Test::AtMost(most) => matches!(order(most), Some(Ordering::Less | Ordering::Equal)),
        Test::StartsWith(start) => value.is_some_and(|value| value.starts_with(start.as_str())),
        Test::Contains(part) => value.is_some_and(|value| value.contains(part.as_str())),
        Test::Exists(does) => *does == value.is_some(),
    }
}

/// Two numbers by their digits, brought to the same length; nothing when one is no number.
fn compare(one: &str, other: &str) -> Option<Ordering> {
    let ((one_is_negative, one), (other_is_negative, other)) = (digits(one)?, digits(other)?);
    Some(match (one_is_negative, other_is_negative) {
        (false, false) => one.cmp(&other),
        (true, true) => other.cmp(&one),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
    })
}

/// Whether it is below zero, and 18 digits before and behind the point.
fn digits(text: &str) -> Option<(bool, String)> {
    let unsigned = text.strip_prefix('-');
    let (whole, fraction) = match unsigned.unwrap_or(text).split_once('.') {
        Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
        Some(_) => return None,
        None => (unsigned.unwrap_or(text), "0"),
    };
    let is_part =
        |part: &str| (1..=18).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_part(whole) || !is_part(fraction) {
        return None;
    }
    let digits = format!("{whole:0>18}{fraction:0<18}");
    let is_zero = digits.bytes().all(|digit| digit == b'0');
    Some((unsigned.is_some() && !is_zero, digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_by_their_digits() {
        for (one, other, order) in [
            ("10", "9", Ordering::Greater),
            ("-10", "-9", Ordering::Less),
            ("0.10", "0.1", Ordering::Equal),
            ("-0", "0", Ordering::Equal),
            ("-0.1", "0", Ordering::Less),
        ] {
            assert_eq!(compare(one, other), Some(order), "{one} {other}");
        }
        for text in ["", "-", "1e3", ".5", "5.", "+1", "1234567890123456789"] {
            assert_eq!(compare(text, "1"), None, "{text:?}");
        }
    }
}
