//! A tenant's rules with numbers for names, for a straight scan at each arrival.
//!
//! What the rules ask of a contact is looked up once, before the scan: the attributes that any rule names have places,
//! and a contact's values are put there, read as numbers where a rule asks for a number. A condition is then an
//! index and a comparison. Of channels and queues it is a bit. A rule that cannot match without some attribute is looked at only if the
//! contact has that, so what most contacts do not have costs them nothing.

use model::rule::{Among, Classified, Condition, Decimal, Rule, Test, When};
use model::{ChannelNo, ContactBody, QueueId, QueueNo, TenantConfig};
use smallvec::SmallVec;

use super::settings::NameTables;
use crate::matching::bits;

#[derive(Debug)]
pub struct Rules {
    /// Attributes that rules ask for, ascending; the value of each stands one place further, behind the customer.
    names: Vec<Box<str>>,
    /// Places that a rule compares as numbers.
    numeric: Vec<usize>,
    rules: Vec<Compiled>,
    /// Rules that may match whatever is absent, as bits.
    unbound: Candidates,
    /// By place: rules that are matched by nobody without a value there.
    bound: Vec<Candidates>,
}

/// Rules, as bits by their places in the configuration.
type Candidates = SmallVec<[u64; 2]>;

#[derive(Debug)]
struct Compiled {
    needs_all: bool,
    checks: Box<[Check]>,
}

#[derive(Debug)]
enum Check {
    Channel(Bits),
    Queue { among: Bits, when_absent: bool },
    Among { place: usize, not: bool, values: Box<[Box<str>]> },
    AtLeast { place: usize, least: Decimal },
    AtMost { place: usize, most: Decimal },
    StartsWith { place: usize, start: Box<str> },
    Contains { place: usize, part: Box<str> },
    Exists { place: usize, does: bool },
}

/// Numbers of which something holds; of one beyond the end `beyond` does.
#[derive(Debug)]
struct Bits {
    words: Box<[u64]>,
    beyond: bool,
}

/// What the rules ask of one contact.
struct Facts<'a> {
    channel: ChannelNo,
    queue: Option<QueueNo>,
    values: Values<'a>,
    numbers: SmallVec<[Option<Decimal>; 16]>,
}

/// By place.
type Values<'a> = SmallVec<[Option<&'a str>; 16]>;

const CUSTOMER: usize = 0;

impl Rules {
    /// Nothing when there are none, so that a tenant without rules asks for nothing.
    pub fn compile(config: &TenantConfig, names: &NameTables) -> Option<Rules> {
        if config.rules.is_empty() {
            return None;
        }
        let conditions = || config.rules.iter().flat_map(Rule::conditions);
        let mut attributes: Vec<Box<str>> = conditions().filter_map(attribute).map(Box::from).collect();
        attributes.sort_unstable();
        attributes.dedup();
        let none: Candidates = SmallVec::from_elem(0, config.rules.len().div_ceil(64));
        let bound = vec![none.clone(); 1 + attributes.len()];
        let mut rules =
            Rules { names: attributes, numeric: Vec::new(), rules: Vec::new(), unbound: none, bound };
        for rule in &config.rules {
            let checks = rule.conditions().iter().map(|condition| rules.check(condition, names)).collect();
            let needs_all = match rule.when {
                When::All(_) => true,
                When::Any(_) => false,
            };
            let rule = Compiled { needs_all, checks };
            let at = rules.rules.len();
            let candidates = rule.needs().map_or(&mut rules.unbound, |place| &mut rules.bound[place]);
            candidates[at / 64] |= 1 << (at % 64);
            rules.rules.push(rule);
        }
        rules.numeric.sort_unstable();
        rules.numeric.dedup();
        Some(rules)
    }

    fn check(&mut self, condition: &Condition, names: &NameTables) -> Check {
        match condition {
            Condition::Channel(among) => {
                let numbers = among.names.iter().map(|name| names.channels.number(name.as_str()));
                Check::Channel(Bits::new(numbers.flatten(), among.not))
            }
            Condition::Queue(among) => {
                let numbers = among.names.iter().map(|name| names.queues.number(name.as_str()));
                Check::Queue { among: Bits::new(numbers.flatten(), among.not), when_absent: among.not }
            }
            Condition::QueueNamed(is_named) => {
                let among = Bits { words: Box::default(), beyond: *is_named };
                Check::Queue { among, when_absent: !is_named }
            }
            Condition::Customer(test) => self.test(CUSTOMER, test),
            Condition::Attribute { name, test } => {
                let at = self.names.binary_search_by(|known| (**known).cmp(name));
                self.test(1 + at.expect("every attribute that a rule names has a place"), test)
            }
        }
    }

    fn test(&mut self, place: usize, test: &Test) -> Check {
        match test {
            Test::Among(Among { not, names }) => {
                let mut values: Vec<Box<str>> = names.iter().map(|value| value.as_str().into()).collect();
                values.sort_unstable();
                Check::Among { place, not: *not, values: values.into() }
            }
            Test::AtLeast(least) => {
                self.numeric.push(place);
                Check::AtLeast { place, least: *least }
            }
            Test::AtMost(most) => {
                self.numeric.push(place);
                Check::AtMost { place, most: *most }
            }
            Test::StartsWith(start) => Check::StartsWith { place, start: start.as_str().into() },
            Test::Contains(part) => Check::Contains { place, part: part.as_str().into() },
            Test::Exists(does) => Check::Exists { place, does: *does },
        }
    }

    /// The place, in the configuration, of the first rule that matches. `queue` is the one that the producer named.
    pub fn first_match(
        &self,
        body: &ContactBody,
        channel: ChannelNo,
        queue: Option<QueueNo>,
    ) -> Option<usize> {
        let candidates = self.candidates(body);
        if candidates.iter().all(|word| *word == 0) {
            return None;
        }
        let values = self.values(body);
        let facts = Facts { channel, queue, numbers: self.numbers(&values), values };
        ones(&candidates).find(|at| {
            let rule = &self.rules[*at];
            if rule.needs_all {
                rule.checks.iter().all(|check| check.holds(&facts))
            } else {
                rule.checks.iter().any(|check| check.holds(&facts))
            }
        })
    }

    /// The rules that are matched by somebody who has what the contact has.
    fn candidates(&self, body: &ContactBody) -> Candidates {
        let mut candidates = self.unbound.clone();
        let mut add = |place: usize| {
            candidates.iter_mut().zip(&self.bound[place]).for_each(|(word, bound)| *word |= bound);
        };
        if body.customer.is_some() {
            add(CUSTOMER);
        }
        for name in body.attributes.keys() {
            if let Ok(at) = self.names.binary_search_by(|known| (**known).cmp(name)) {
                add(1 + at);
            }
        }
        candidates
    }

    fn values<'a>(&self, body: &'a ContactBody) -> Values<'a> {
        let mut values = Values::from_elem(None, self.bound.len());
        values[CUSTOMER] = body.customer.as_ref().map(|customer| customer.as_str());
        // Both are in order, so each is gone through once.
        let mut asked = self.names.iter().zip(1..).peekable();
        for (name, value) in &body.attributes {
            while asked.next_if(|(known, _)| ***known < **name).is_some() {}
            if let Some((_, place)) = asked.next_if(|(known, _)| ***known == **name) {
                values[place] = Some(value.as_str());
            }
        }
        values
    }

    fn numbers(&self, values: &Values<'_>) -> SmallVec<[Option<Decimal>; 16]> {
        let mut numbers = SmallVec::new();
        if !self.numeric.is_empty() {
            numbers.resize(values.len(), None);
            for place in &self.numeric {
                numbers[*place] = values[*place].and_then(Decimal::parse);
            }
        }
        numbers
    }
}

impl Compiled {
    /// A place without a value at which it matches nobody.
    fn needs(&self) -> Option<usize> {
        let mut needed = self.checks.iter().filter_map(Check::needs);
        if self.needs_all { needed.next() } else { None }
    }
}

impl Check {
    /// The place without a value at which it does not hold.
    fn needs(&self) -> Option<usize> {
        match self {
            Check::Among { place, not: false, .. }
            | Check::AtLeast { place, .. }
            | Check::AtMost { place, .. }
            | Check::StartsWith { place, .. }
            | Check::Contains { place, .. }
            | Check::Exists { place, does: true } => Some(*place),
            Check::Channel(_)
            | Check::Queue { .. }
            | Check::Among { not: true, .. }
            | Check::Exists { does: false, .. } => None,
        }
    }

    fn holds(&self, facts: &Facts<'_>) -> bool {
        let value = |place: usize| facts.values[place];
        match self {
            Check::Channel(among) => among.holds(facts.channel.index()),
            Check::Queue { among, when_absent } => {
                facts.queue.map_or(*when_absent, |queue| among.holds(queue.index()))
            }
            Check::Among { place, not, values } => {
                value(*place).is_some_and(|value| is_among(value, values)) != *not
            }
            Check::AtLeast { place, least } => facts.numbers[*place].is_some_and(|number| number >= *least),
            Check::AtMost { place, most } => facts.numbers[*place].is_some_and(|number| number <= *most),
            Check::StartsWith { place, start } => {
                value(*place).is_some_and(|value| value.starts_with(&**start))
            }
            Check::Contains { place, part } => value(*place).is_some_and(|value| value.contains(&**part)),
            Check::Exists { place, does } => value(*place).is_some() == *does,
        }
    }
}

fn ones(words: &[u64]) -> impl Iterator<Item = usize> + '_ {
    let words = words.iter().enumerate();
    words.flat_map(|(at, &word)| bits::ones(word).map(move |bit| at * 64 + bit))
}

/// Ascending values; mostly it is one.
fn is_among(value: &str, values: &[Box<str>]) -> bool {
    match values {
        [only] => **only == *value,
        several => several.binary_search_by(|known| (**known).cmp(value)).is_ok(),
    }
}

impl Bits {
    fn new(numbers: impl Iterator<Item = u32>, not: bool) -> Bits {
        let mut words: Vec<u64> = Vec::new();
        for number in numbers {
            let at = number as usize / 64;
            if words.len() <= at {
                words.resize(at + 1, 0);
            }
            words[at] |= 1 << (number % 64);
        }
        if not {
            words.iter_mut().for_each(|word| *word = !*word);
        }
        Bits { words: words.into(), beyond: not }
    }

    fn holds(&self, number: usize) -> bool {
        self.words.get(number / 64).map_or(self.beyond, |word| word >> (number % 64) & 1 == 1)
    }
}

fn attribute(condition: &Condition) -> Option<&str> {
    match condition {
        Condition::Attribute { name, .. } => Some(name),
        Condition::Channel(_) | Condition::Queue(_) | Condition::QueueNamed(_) | Condition::Customer(_) => {
            None
        }
    }
}

/// Where a contact goes that this rule took, or none did. A rule sends only those elsewhere whose producer named no queue,
/// unless it asks for the queue.
pub fn queue_by<'a>(
    config: &'a TenantConfig,
    rule: Option<&'a Rule>,
    body: &'a ContactBody,
) -> Option<&'a QueueId> {
    let of_rule = rule.filter(|rule| body.queue.is_none() || rule.asks_for_queue());
    let of_rule = of_rule.and_then(|rule| rule.queue.as_ref());
    of_rule.or(body.queue.as_ref()).or(config.default_queue.as_ref())
}

/// What is kept of that. Nothing when no rule took it and its producer named the queue.
pub fn classified(rule: Option<&Rule>, queue: &QueueId, body: &ContactBody) -> Option<Box<Classified>> {
    let classified = match rule {
        Some(rule) => Classified {
            rule: Some(rule.name.clone()),
            queue: queue.clone(),
            points: rule.points,
            skills: rule.skills.clone(),
            person: rule.person,
        },
        None if body.queue.is_some() => return None,
        None => Classified { rule: None, queue: queue.clone(), points: 0, skills: Vec::new(), person: false },
    };
    Some(Box::new(classified))
}
