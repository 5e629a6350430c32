//! What became of each contact, as seen from outside, and what must never be seen.
//!
//! Every contact has an entry before the run begins, with a lock of its own: the threads that send and those that listen do not
//! wait for one another. All times are nanoseconds since the first phase began, of one monotonic clock.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use model::Outcome;

use crate::heard::{Place, Said};
use crate::pacer;
use crate::plan::{Plan, Planned};

/// Violations kept with their words; the rest is counted.
const KEPT_MAX: usize = 100;

#[derive(Debug)]
pub struct Book {
    /// Names this run, so that its ids are no other's.
    pub run: String,
    pub plan: Plan,
    /// The flows', in order.
    pub flows: Vec<String>,
    /// When the first phase begins; set once all agents are there.
    begin: OnceLock<Instant>,
    entries: Vec<Mutex<Entry>>,
    violations: Mutex<Violations>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Entry {
    /// When it was first sent.
    pub sent: Option<u64>,
    /// When the stream acknowledged it, and its position there.
    pub stored: Option<(u64, u64)>,
    /// It was sent for as long as anybody tries, and nobody knows whether it is stored.
    pub is_unknown: bool,
    /// The router's first word of it.
    pub decided: Option<u64>,
    /// It had to wait for an agent.
    pub queued: bool,
    /// The first offer.
    pub offered: Option<u64>,
    pub answered: Option<u64>,
    pub ended: Option<(u64, Outcome)>,
    /// The customer said that they leave.
    pub is_leaving: bool,
    pub is_refused: bool,
    pub(crate) hands: Hands,
}

/// Who has it, as far as was heard.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Hands {
    last: Place,
    /// Offered to this agent, or in its hands.
    agent: Option<usize>,
    /// How often connections were broken then: what was said meanwhile was not heard.
    breaks: u64,
    /// Where its end was decided.
    end: Option<Place>,
}

#[derive(Debug, Default)]
struct Violations {
    kept: Vec<String>,
    count: u64,
}

impl Book {
    pub fn new(run: String, plan: Plan, flows: Vec<String>) -> Book {
        let entries = plan.contacts.iter().map(|_| Mutex::default()).collect();
        Book { run, plan, flows, begin: OnceLock::new(), entries, violations: Mutex::default() }
    }

    /// The contact's id.
    pub fn id(&self, number: usize) -> String {
        format!("{}-{}-{number}", self.run, self.flows[self.planned(number).flow])
    }

    /// The contact of this id, if it is of this run.
    pub fn number(&self, id: &str) -> Option<usize> {
        let (rest, number) = id.rsplit_once('-')?;
        let (run, _) = rest.split_once('-')?;
        let number = number.parse().ok()?;
        (run == self.run && number < self.entries.len()).then_some(number)
    }

    pub fn planned(&self, number: usize) -> Planned {
        self.plan.contacts[number]
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn entry(&self, number: usize) -> MutexGuard<'_, Entry> {
        self.entries[number].lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn entries(&self) -> impl Iterator<Item = (usize, Entry)> + '_ {
        (0..self.len()).map(|number| (number, self.entry(number).clone()))
    }

    /// The first phase begins then.
    ///
    /// # Panics
    /// When it has a begin: a run has one.
    pub fn begin_at(&self, begin: Instant) {
        self.begin.set(begin).expect("a run begins once");
    }

    pub fn begin(&self) -> Instant {
        *self.begin.get().expect("nobody asks before the run begins")
    }

    /// Nanoseconds since the first phase began; 0 before it.
    pub fn now(&self) -> u64 {
        self.begin.get().map_or(0, |begin| pacer::since(*begin))
    }

    /// A message to the desk of `agent`, heard at `at`; `breaks`: how often connections were broken until then.
    pub fn to_desk(&self, agent: usize, said: &Said, at: u64, breaks: u64) {
        let Some(number) = said.contact().and_then(|contact| self.number(contact)) else { return };
        let mut entry = self.entry(number);
        match said.kind.as_str() {
            "offer" => {
                entry.decided.get_or_insert(at);
                entry.offered.get_or_insert(at);
            }
            "assigned" => {
                entry.decided.get_or_insert(at);
                entry.offered.get_or_insert(at);
                entry.answered.get_or_insert(at);
            }
            "closed" => {
                // The feed says so as well, which may come later when its stream is in trouble.
                if let Some(outcome) = said.outcome {
                    entry.ended.get_or_insert((at, outcome));
                }
            }
            _ => {}
        }
        if let Some(what) = entry.hands.hear(agent, said, breaks) {
            drop(entry);
            self.violated(format!("{}: {what}", self.id(number)));
        }
    }

    /// An event of the feed, heard at `at`.
    pub fn event(&self, said: &Said, at: u64) {
        let Some(number) = said.contact().and_then(|contact| self.number(contact)) else { return };
        let mut entry = self.entry(number);
        match said.kind.as_str() {
            // Of one that comes back to its queue it says nothing new.
            "contact_queued" if entry.offered.is_none() => {
                entry.queued = true;
                entry.decided.get_or_insert(at);
            }
            "contact_closed" => {
                let Some(outcome) = said.outcome else { return };
                entry.ended.get_or_insert((at, outcome));
                let place = said.place();
                let end = *entry.hands.end.get_or_insert(place);
                if end != place {
                    drop(entry);
                    self.violated(format!("{}: it ended twice, at {end:?} and {place:?}", self.id(number)));
                }
            }
            _ => {}
        }
    }

    pub fn violated(&self, what: String) {
        let mut violations = self.violations.lock().unwrap_or_else(PoisonError::into_inner);
        violations.count += 1;
        if violations.kept.len() < KEPT_MAX {
            violations.kept.push(what);
        }
    }

    /// How many there were, and the first of them.
    pub fn violations(&self) -> (u64, Vec<String>) {
        let violations = self.violations.lock().unwrap_or_else(PoisonError::into_inner);
        (violations.count, violations.kept.clone())
    }

    /// Acknowledged, and without an end or a refusal.
    pub fn open(&self) -> Vec<usize> {
        let is_open = |entry: &Entry| entry.stored.is_some() && entry.ended.is_none() && !entry.is_refused;
        (0..self.len()).filter(|number| is_open(&self.entry(*number))).collect()
    }
}

impl Hands {
    /// What must not be, if it is. A message that is not later than what was heard of the contact is a repeat.
    fn hear(&mut self, agent: usize, said: &Said, breaks: u64) -> Option<String> {
        let place = said.place();
        if place <= self.last {
            return None;
        }
        self.last = place;
        if breaks > self.breaks {
            (self.breaks, self.agent) = (breaks, None);
        }
        match said.kind.as_str() {
            "offer" | "assigned" | "resumed" => match self.agent.replace(agent) {
                Some(other) if other != agent => {
                    Some(format!("{} for agent {agent} at {place:?}, while agent {other} has it", said.kind))
                }
                Some(_) | None => None,
            },
            "offer_ended" | "returned" | "not_reached" | "quieted" | "closed" | "handed_over" => {
                self.agent = self.agent.filter(|holder| *holder != agent);
                None
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use model::Millis;

    use super::*;

    fn book() -> Book {
        let planned = Planned { at: 0, flow: 0, handle: Millis(1), patience: None };
        let plan = Plan { contacts: vec![planned; 3], length: 1 };
        Book::new("run".to_owned(), plan, vec!["calls".to_owned()])
    }

    fn said(kind: &str, contact: &str, commit: u64) -> Said {
        let text = format!(
            r#"{{"type":"{kind}","origin":{{"shard":"0","epoch":1,"commit":{commit},"index":0}},
               "contact":"{contact}","outcome":"completed"}}"#
        );
        Said::read(text.as_bytes()).expect("a message")
    }

    #[test]
    fn ids_are_found_again_and_other_runs_are_not_ours() {
        let book = book();
        assert_eq!(book.id(2), "run-calls-2");
        assert_eq!(book.number("run-calls-2"), Some(2));
        assert_eq!(book.number("run-calls-3"), None);
        assert_eq!(book.number("other-calls-2"), None);
        assert_eq!(book.number("2"), None);
    }

    #[test]
    fn two_agents_at_once_are_seen() {
        let book = book();
        book.to_desk(1, &said("offer", "run-calls-0", 1), 10, 0);
        book.to_desk(1, &said("assigned", "run-calls-0", 2), 20, 0);
        book.to_desk(1, &said("returned", "run-calls-0", 3), 30, 0);
        book.to_desk(2, &said("offer", "run-calls-0", 4), 40, 0);
        // A repeat of what is long over.
        book.to_desk(1, &said("assigned", "run-calls-0", 2), 50, 0);
        assert_eq!(book.violations().0, 0);
        book.to_desk(3, &said("assigned", "run-calls-0", 5), 60, 0);
        assert_eq!(book.violations().0, 1, "2 has it, and 3 gets it");
        let entry = book.entry(0).clone();
        assert_eq!((entry.offered, entry.answered), (Some(10), Some(20)));
    }

    #[test]
    fn what_was_not_heard_is_not_held_against_anybody() {
        let book = book();
        book.to_desk(1, &said("assigned", "run-calls-0", 2), 20, 0);
        // The connection broke, and the message that 1 gives it back went with it.
        book.to_desk(2, &said("offer", "run-calls-0", 4), 40, 1);
        assert_eq!(book.violations().0, 0);
        book.to_desk(3, &said("offer", "run-calls-0", 5), 40, 1);
        assert_eq!(book.violations().0, 1);
    }

    #[test]
    fn an_end_is_heard_twice_and_happens_once() {
        let book = book();
        book.event(&said("contact_closed", "run-calls-1", 7), 70);
        book.event(&said("contact_closed", "run-calls-1", 7), 75);
        assert_eq!(book.violations().0, 0);
        assert_eq!(book.entry(1).ended, Some((70, Outcome::Completed)));
        book.event(&said("contact_closed", "run-calls-1", 9), 90);
        assert_eq!(book.violations().0, 1);
    }
}
