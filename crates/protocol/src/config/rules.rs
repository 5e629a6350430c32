//! Rules of classification: which conditions there are for which fields, and what each compares with.

use std::collections::BTreeSet;

use model::config::POINTS_MAX;
use model::rule::{Among, CONDITIONS_MAX, Condition, Decimal, RULES_MAX, Rule, Test, VALUES_MAX, When};
use model::{ChannelId, IdError, QueueId, SkillId, TenantConfig};
use toml::de::DeValue;

use super::reader::{Item, Reader, Section, shown};
use super::sections::demands;
use crate::input::STRING_SIZE_MAX;

const RULE_KEYS: &[&str] = &["name", "when", "queue", "points", "skills", "person"];
const WHEN_KEYS: &[&str] = &["all", "any"];
const FIELDS: [&str; 4] = ["channel", "queue", "customer", "attributes.NAME"];
const OF_CHANNEL: &[&str] = &["is", "is_not", "in", "not_in"];
const OF_QUEUE: &[&str] = &["is", "is_not", "in", "not_in", "exists"];
const OF_TEXT: &[&str] =
    &["is", "is_not", "in", "not_in", "at_least", "at_most", "starts_with", "contains", "exists"];

/// The names that rules may use.
struct Known<'a> {
    channels: BTreeSet<&'a str>,
    queues: BTreeSet<&'a str>,
    skills: BTreeSet<&'a str>,
}

/// What a condition is about, with its operators.
enum Field {
    Channel,
    Queue,
    Customer,
    Attribute(String),
}

/// Into a configuration of which the rest is known.
pub(super) fn read(reader: &mut Reader<'_>, tenant: &Section<'_>, config: &mut TenantConfig) {
    let known = Known {
        channels: config.channels.iter().map(|channel| channel.name.as_str()).collect(),
        queues: config.queues.iter().map(|queue| queue.name.as_str()).collect(),
        skills: config.skills.iter().map(SkillId::as_str).collect(),
    };
    let default_queue = tenant.get("default_queue").and_then(|item| queue(reader, item, &known));
    let rules = tenant.get("rules").map(|item| rules(reader, item, &known)).unwrap_or_default();
    (config.default_queue, config.rules) = (default_queue, rules);
}

fn queue(reader: &mut Reader<'_>, item: Item<'_>, known: &Known<'_>) -> Option<QueueId> {
    name(reader, item, "queue", &known.queues, QueueId::new)
}

/// One of the names that stand elsewhere in the text.
pub(super) fn name<T>(
    reader: &mut Reader<'_>,
    item: Item<'_>,
    what: &str,
    known: &BTreeSet<&str>,
    make: impl Fn(&str) -> Result<T, IdError>,
) -> Option<T> {
    let Some(text) = item.get_ref().as_str() else {
        reader.mismatch(item, format_args!("the name of a {what}"));
        return None;
    };
    if !known.contains(text) {
        reader.note_unknown(item.span().start, (what, ""), text, known.iter().copied());
        return None;
    }
    make(text).ok()
}

fn rules(reader: &mut Reader<'_>, item: Item<'_>, known: &Known<'_>) -> Vec<Rule> {
    let Some(array) = item.get_ref().as_array() else {
        reader.mismatch(item, "an array of rules, each beginning with [[rules]]");
        return Vec::new();
    };
    if array.len() > RULES_MAX {
        let reason = format!("{} rules stand here, at most {RULES_MAX} are taken", array.len());
        reader.note(item.span().start, reason);
        return Vec::new();
    }
    let mut rules: Vec<Rule> = Vec::new();
    let mut names = BTreeSet::new();
    for (at, item) in array.iter().enumerate() {
        let Some(section) = reader.section(item, "a rule".to_owned()) else { continue };
        let behind = array.len() - at - 1;
        let rule = rule(reader, &section, known, behind);
        if let Some(item) = section.get("name")
            && let Some(name) = item.get_ref().as_str()
            && !names.insert(name)
        {
            let reason = format!("two rules are called {}; give one another name", shown(name));
            reader.note(item.span().start, reason);
        }
        rules.extend(rule);
    }
    rules
}

/// `behind`: how many stand after it.
fn rule(reader: &mut Reader<'_>, section: &Section<'_>, known: &Known<'_>, behind: usize) -> Option<Rule> {
    reader.check_keys(section, RULE_KEYS);
    let name = reader.rule_name(section, "\"complaints-by-mail\"");
    let when = match section.get("when") {
        Some(item) => when(reader, item, known),
        None => {
            if behind > 0 {
                let reason = format!(
                    "a rule without `when` matches every contact, so the {behind} behind it can never match; put it \
                     last, or give it conditions"
                );
                reader.note(section.at, reason);
            }
            Some(When::All(Vec::new()))
        }
    };
    if ["queue", "points", "skills", "person"].iter().all(|key| section.get(key).is_none()) {
        reader.note(section.at, "the rule does nothing; give it a queue, points, skills or person");
    }
    let queue = section.get("queue").and_then(|item| self::queue(reader, item, known));
    let most = i64::from(POINTS_MAX);
    let points = section.get("points").and_then(|item| reader.whole(item, -most..=most));
    let skills = section.get("skills").map(|item| demands(reader, item, &known.skills)).unwrap_or_default();
    let points = points.and_then(|points| i32::try_from(points).ok()).unwrap_or(0);
    let person = section.get("person").and_then(|item| reader.flag(item)).unwrap_or(false);
    Some(Rule { name: name?, when: when?, queue, points, skills, person })
}

fn when(reader: &mut Reader<'_>, item: Item<'_>, known: &Known<'_>) -> Option<When> {
    let section = reader.section(item, "when".to_owned())?;
    reader.check_keys(&section, WHEN_KEYS);
    match (section.get("all"), section.get("any")) {
        (Some(item), None) => Some(When::All(conditions(reader, item, known)?)),
        (None, Some(item)) => Some(When::Any(conditions(reader, item, known)?)),
        (Some(_), Some(_)) => {
            reader.note(section.at, "`all` and `any` stand both here; a rule has one of them");
            None
        }
        (None, None) => {
            let example = "when.all = [{ field = \"channel\", is = \"email\" }]";
            reader.note(section.at, format!("`when` needs `all` or `any`, for example: {example}"));
            None
        }
    }
}

fn conditions(reader: &mut Reader<'_>, item: Item<'_>, known: &Known<'_>) -> Option<Vec<Condition>> {
    let Some(array) = item.get_ref().as_array() else {
        reader.mismatch(item, "an array of conditions, such as [{ field = \"channel\", is = \"email\" }]");
        return None;
    };
    if array.is_empty() || array.len() > CONDITIONS_MAX {
        let reason = format!(
            "{} conditions stand here, a rule has 1 to {CONDITIONS_MAX}; one that is to match always has no `when`",
            array.len()
        );
        reader.note(item.span().start, reason);
        return None;
    }
    Some(array.iter().filter_map(|item| condition(reader, item, known)).collect())
}

fn condition(reader: &mut Reader<'_>, item: Item<'_>, known: &Known<'_>) -> Option<Condition> {
    let section = reader.section(item, "a condition".to_owned())?;
    let Some(named) = section.get("field") else {
        reader.missing(&section, "field", "\"attributes.tier\"");
        return None;
    };
    let (field, operators) = field(reader, named)?;
    let mut tests = section.in_text_order();
    tests.retain(|(key, _)| key.get_ref() != "field");
    let [(operator, value)] = tests[..] else {
        let reason = format!("a condition has one operator beside its field, this one has {}", tests.len());
        reader.note(section.at, reason);
        return None;
    };
    let (at, operator): (usize, &str) = (operator.span().start, operator.get_ref());
    if !operators.contains(&operator) {
        let place = format!(" for {}", field.shown());
        reader.note_unknown(at, ("operator", &place), operator, operators.iter().copied());
        return None;
    }
    Some(match field {
        Field::Channel => {
            let names = names(reader, value, operator, "channel", &known.channels, ChannelId::new)?;
            Condition::Channel(names)
        }
        Field::Queue if operator == "exists" => Condition::QueueNamed(reader.flag(value)?),
        Field::Queue => {
            Condition::Queue(names(reader, value, operator, "queue", &known.queues, QueueId::new)?)
        }
        Field::Customer => Condition::Customer(test(reader, value, operator)?),
        Field::Attribute(name) => Condition::Attribute { name, test: test(reader, value, operator)? },
    })
}

/// The field with the operators that it has.
fn field(reader: &mut Reader<'_>, item: Item<'_>) -> Option<(Field, &'static [&'static str])> {
    let Some(text) = item.get_ref().as_str() else {
        reader.mismatch(item, "the name of a field");
        return None;
    };
    match text.strip_prefix("attributes.") {
        Some(name) if (1..=STRING_SIZE_MAX).contains(&name.len()) && !name.contains('\0') => {
            return Some((Field::Attribute(name.to_owned()), OF_TEXT));
        }
        Some(_) | None => {}
    }
    match text {
        "channel" => Some((Field::Channel, OF_CHANNEL)),
        "queue" => Some((Field::Queue, OF_QUEUE)),
        "customer" => Some((Field::Customer, OF_TEXT)),
        other => {
            reader.note_unknown(item.span().start, ("field", ""), other, FIELDS.into_iter());
            None
        }
    }
}

/// What the operator compares names of channels or queues with.
fn names<T>(
    reader: &mut Reader<'_>,
    item: Item<'_>,
    operator: &str,
    what: &str,
    known: &BTreeSet<&str>,
    make: impl Fn(&str) -> Result<T, IdError> + Copy,
) -> Option<Among<T>> {
    let one = |reader: &mut Reader<'_>, item: Item<'_>| name(reader, item, what, known, make);
    let names = among(reader, item, operator, &format!("names of {what}s"), one)?;
    Some(Among { not: operator.contains("not"), names })
}

fn test(reader: &mut Reader<'_>, item: Item<'_>, operator: &str) -> Option<Test> {
    Some(match operator {
        "at_least" => Test::AtLeast(decimal(reader, item)?),
        "at_most" => Test::AtMost(decimal(reader, item)?),
        "starts_with" => Test::StartsWith(text(reader, item)?),
        "contains" => Test::Contains(text(reader, item)?),
        "exists" => Test::Exists(reader.flag(item)?),
        _ => {
            let names = among(reader, item, operator, "strings", text)?;
            Test::Among(Among { not: operator.contains("not"), names })
        }
    })
}

/// One value for `is` and `is_not`, several for `in` and `not_in`.
fn among<T>(
    reader: &mut Reader<'_>,
    item: Item<'_>,
    operator: &str,
    what: &str,
    one: impl Fn(&mut Reader<'_>, Item<'_>) -> Option<T>,
) -> Option<Vec<T>> {
    if operator.starts_with("is") {
        return Some(vec![one(reader, item)?]);
    }
    let Some(array) = item.get_ref().as_array() else {
        reader.mismatch(item, format_args!("an array of {what}"));
        return None;
    };
    if array.is_empty() || array.len() > VALUES_MAX {
        let reason = format!("{} values stand here, {operator} takes 1 to {VALUES_MAX}", array.len());
        reader.note(item.span().start, reason);
        return None;
    }
    Some(array.iter().filter_map(|item| one(reader, item)).collect())
}

fn text(reader: &mut Reader<'_>, item: Item<'_>) -> Option<String> {
    let Some(text) = item.get_ref().as_str() else {
        let numbers = matches!(item.get_ref(), DeValue::Integer(_) | DeValue::Float(_));
        let hint = if numbers { "; numbers are compared by at_least and at_most" } else { "" };
        reader.mismatch(item, format_args!("a string{hint}"));
        return None;
    };
    if text.is_empty() || text.len() > STRING_SIZE_MAX {
        let reason = format!("the string has {} bytes, 1 to {STRING_SIZE_MAX} are taken", text.len());
        reader.note(item.span().start, reason);
        return None;
    }
    Some(text.to_owned())
}

/// As it is written, so that 0.1 is a tenth.
fn decimal(reader: &mut Reader<'_>, item: Item<'_>) -> Option<Decimal> {
    let whole = item.get_ref().as_integer().filter(|integer| integer.radix() == 10);
    let whole = whole.map(|integer| integer.as_str());
    let written = whole.or_else(|| item.get_ref().as_float().map(|float| float.as_str()));
    let number = Decimal::parse(written.unwrap_or_default().trim_start_matches('+'));
    if number.is_none() {
        reader.mismatch(
            item,
            "a number such as 1000 or 12.5, with at most 18 digits on either side of the point",
        );
    }
    number
}

impl Field {
    fn shown(&self) -> String {
        match self {
            Field::Channel => "channel".to_owned(),
            Field::Queue => "queue".to_owned(),
            Field::Customer => "customer".to_owned(),
            Field::Attribute(name) => shown(&format!("attributes.{name}")),
        }
    }
}
