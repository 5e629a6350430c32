//! Rules of overflow: when each is on, what it does then, and whom it protects.

use std::collections::{BTreeMap, BTreeSet};

use model::config::{POINTS_MAX, QueueConfig};
use model::overflow::{
    Bound, CAP_MAX, Floor, LIMITS_MAX, Lent, Limit, OVERFLOW_RULES_MAX, OverflowAction, OverflowRule,
    PROPOSED_MAX, Proposal, Signal, Threshold,
};
use model::work::FORESEEN_MAX;
use model::{ChannelId, Millis, QueueId, SkillId, TenantConfig};

use super::reader::{Item, Reader, Section, shown};
use super::rules;
use super::sections::demands;

const RULE_KEYS: &[&str] =
    &["name", "queue", "when", "until", "floor", "cap", "relax", "lend", "raise", "move", "propose"];
const ACTIONS: [&str; 5] = ["relax", "lend", "raise", "move", "propose"];
const PROPOSAL_KEYS: &[&str] = &["channels", "queue", "timeout"];
/// Nobody reads and answers faster.
const TIMEOUT_MIN: Millis = Millis::from_seconds(1);
const LIMIT_KEYS: &[&str] = &["signal", "at_least", "at_most", "within", "channel", "for"];
const FLOOR_KEYS: &[&str] = &["queue", "signal", "at_least", "at_most", "within", "channel"];
const LENT_KEYS: &[&str] = &["skills", "keep_own"];
const CAP_DEFAULT: u16 = 10;
/// As many contacts as one tenant can have open.
const COUNT_MAX: i64 = 16_777_216;
const SIGNALS: [&str; 10] = [
    "waiting",
    "oldest",
    "eligible",
    "service_level",
    "at_risk",
    "ewt_p50",
    "ewt_p90",
    "free",
    "backlog",
    "late",
];

/// The names that rules may use.
struct Known<'a> {
    queues: BTreeMap<&'a str, &'a QueueConfig>,
    skills: BTreeSet<&'a str>,
    channels: BTreeSet<&'a str>,
}

/// Of a configuration of which the rest is known.
pub(super) fn read(
    reader: &mut Reader<'_>,
    tenant: &Section<'_>,
    config: &TenantConfig,
) -> Vec<OverflowRule> {
    let Some(item) = tenant.get("overflow") else { return Vec::new() };
    let known = Known {
        queues: config.queues.iter().map(|queue| (queue.name.as_str(), queue)).collect(),
        skills: config.skills.iter().map(SkillId::as_str).collect(),
        channels: config.channels.iter().map(|channel| channel.name.as_str()).collect(),
    };
    let Some(array) = item.get_ref().as_array() else {
        reader.mismatch(item, "an array of rules, each beginning with [[overflow]]");
        return Vec::new();
    };
    if array.len() > OVERFLOW_RULES_MAX {
        let reason =
            format!("{} overflow rules stand here, at most {OVERFLOW_RULES_MAX} are taken", array.len());
        reader.note(item.span().start, reason);
        return Vec::new();
    }
    let mut rules = Vec::new();
    let mut names = BTreeSet::new();
    for item in array.iter() {
        let Some(section) = reader.section(item, "an overflow rule".to_owned()) else { continue };
        rules.extend(rule(reader, &section, &known));
        if let Some(item) = section.get("name")
            && let Some(name) = item.get_ref().as_str()
            && !names.insert(name)
        {
            let reason = format!("two overflow rules are called {}; give one another name", shown(name));
            reader.note(item.span().start, reason);
        }
    }
    rules
}

fn rule(reader: &mut Reader<'_>, section: &Section<'_>, known: &Known<'_>) -> Option<OverflowRule> {
    reader.check_keys(section, RULE_KEYS);
    let name = reader.rule_name(section, "\"lend-to-sales\"");
    let queue = named_queue(reader, section, known);
    let when =
        threshold(reader, section, known, ("when", "{ signal = \"waiting\", at_least = 20, for = \"30s\" }"));
    let until =
        threshold(reader, section, known, ("until", "{ signal = \"waiting\", at_most = 5, for = \"1m\" }"));
    if let (Some(when), Some(until)) = (&when, &until) {
        check_apart(reader, section, when, until);
    }
    let floor = section.get("floor").map(|item| floors(reader, item, known)).unwrap_or_default();
    let cap = section.get("cap").and_then(|item| reader.whole(item, 1..=i64::from(CAP_MAX)));
    let action = action(reader, section, queue.as_ref(), known);
    Some(OverflowRule {
        name: name?,
        queue: queue?,
        when: when?,
        until: until?,
        floor,
        cap: cap.and_then(|cap| u16::try_from(cap).ok()).unwrap_or(CAP_DEFAULT),
        action: action?,
    })
}

fn named_queue(reader: &mut Reader<'_>, section: &Section<'_>, known: &Known<'_>) -> Option<QueueId> {
    let Some(item) = section.get("queue") else {
        reader.missing(section, "queue", "\"sales\"");
        return None;
    };
    queue(reader, item, known)
}

fn queue(reader: &mut Reader<'_>, item: Item<'_>, known: &Known<'_>) -> Option<QueueId> {
    rules::name(reader, item, "queue", &known.queues.keys().copied().collect(), QueueId::new)
}

/// One limit, or a list of which all must hold.
fn items<'a>(reader: &mut Reader<'_>, item: Item<'a>, key: &str) -> Option<Vec<Item<'a>>> {
    let Some(array) = item.get_ref().as_array() else { return Some(vec![item]) };
    if array.is_empty() || array.len() > LIMITS_MAX {
        let reason = format!("{} limits stand here, {key} has 1 to {LIMITS_MAX}", array.len());
        reader.note(item.span().start, reason);
        return None;
    }
    Some(array.iter().collect())
}

fn threshold(
    reader: &mut Reader<'_>,
    rule: &Section<'_>,
    known: &Known<'_>,
    (key, example): (&'static str, &str),
) -> Option<Threshold> {
    let Some(item) = rule.get(key) else {
        reader.missing(rule, key, example);
        return None;
    };
    let mut threshold = Threshold { limits: Vec::new(), lasting: Millis::ZERO };
    for item in items(reader, item, key)? {
        let section = reader.section(item, key.to_owned())?;
        reader.check_keys(&section, LIMIT_KEYS);
        let lasting = section.get("for").and_then(|item| reader.duration(item, Millis::ZERO));
        threshold.lasting = threshold.lasting.max(lasting.unwrap_or(Millis::ZERO));
        threshold.limits.extend(limit(reader, &section, known));
    }
    (!threshold.limits.is_empty()).then_some(threshold)
}

fn floors(reader: &mut Reader<'_>, item: Item<'_>, known: &Known<'_>) -> Vec<Floor> {
    let mut floors = Vec::new();
    for item in items(reader, item, "floor").unwrap_or_default() {
        let Some(section) = reader.section(item, "floor".to_owned()) else { continue };
        reader.check_keys(&section, FLOOR_KEYS);
        let queue = named_queue(reader, &section, known);
        let limit = limit(reader, &section, known);
        floors.extend(queue.zip(limit).map(|(queue, limit)| Floor { queue, limit }));
    }
    floors
}

fn limit(reader: &mut Reader<'_>, section: &Section<'_>, known: &Known<'_>) -> Option<Limit> {
    let signal = signal(reader, section, known)?;
    match (section.get("at_least"), section.get("at_most")) {
        (Some(item), None) => Some(Limit { bound: Bound::AtLeast(number(reader, item, &signal)?), signal }),
        (None, Some(item)) => Some(Limit { bound: Bound::AtMost(number(reader, item, &signal)?), signal }),
        (Some(_), Some(_)) => {
            reader.note(section.at, "a limit has at_least or at_most; for both, write a list of two");
            None
        }
        (None, None) => {
            reader.note(
                section.at,
                format!("{} needs at_least or at_most, for example: at_least = 20", section.name),
            );
            None
        }
    }
}

fn signal(reader: &mut Reader<'_>, section: &Section<'_>, known: &Known<'_>) -> Option<Signal> {
    let Some(item) = section.get("signal") else {
        reader.missing(section, "signal", "\"waiting\"");
        return None;
    };
    let name = reader.choice(item, "signal", &SIGNALS, |name| name)?;
    let within = with(reader, section, ("within", "\"1h\""), name, ("at_risk", "looks ahead"))?;
    let channel = with(reader, section, ("channel", "\"voice\""), name, ("free", "is counted on a channel"))?;
    let signal = match (name, within, channel) {
        (_, Some(within), _) => Signal::AtRisk { within: reader.duration(within, Millis::ZERO)? },
        (_, _, Some(channel)) => {
            let channel = rules::name(reader, channel, "channel", &known.channels, ChannelId::new);
            Signal::Free { channel: channel? }
        }
        ("waiting", _, _) => Signal::Waiting,
        ("oldest", _, _) => Signal::Oldest,
        ("eligible", _, _) => Signal::Eligible,
        ("service_level", _, _) => Signal::ServiceLevel,
        ("ewt_p50", _, _) => Signal::EwtP50,
        ("ewt_p90", _, _) => Signal::EwtP90,
        ("late", _, _) => Signal::Late,
        _ => Signal::Backlog,
    };
    Some(signal)
}

/// What one signal needs beside its number, and no other has; `signal`: the one that stands there.
fn with<'a>(
    reader: &mut Reader<'_>,
    section: &Section<'a>,
    (key, example): (&str, &str),
    signal: &str,
    (needed_by, does): (&str, &str),
) -> Option<Option<Item<'a>>> {
    match (section.get(key), signal == needed_by) {
        (None, false) => Some(None),
        (Some(item), true) => Some(Some(item)),
        (None, true) => {
            reader.missing(section, key, example);
            None
        }
        (Some(item), false) => {
            reader.note(item.span().start, format!("only {needed_by} {does}; leave `{key}` out"));
            None
        }
    }
}

/// In the signal's own unit.
fn number(reader: &mut Reader<'_>, item: Item<'_>, signal: &Signal) -> Option<u64> {
    let most = match signal {
        Signal::Oldest | Signal::EwtP50 | Signal::EwtP90 | Signal::Backlog => {
            return reader.duration(item, Millis(1)).map(|length| length.0);
        }
        Signal::ServiceLevel => 100,
        Signal::Late => FORESEEN_MAX as i64,
        Signal::Waiting | Signal::Eligible | Signal::AtRisk { .. } | Signal::Free { .. } => COUNT_MAX,
    };
    reader.whole(item, 0..=most).map(i64::cast_unsigned)
}

/// What turns the rule on must not turn it off as well.
fn check_apart(reader: &mut Reader<'_>, section: &Section<'_>, when: &Threshold, until: &Threshold) {
    let ([when], [until]) = (&when.limits[..], &until.limits[..]) else { return };
    let overlaps = match (when.bound, until.bound) {
        (Bound::AtLeast(least), Bound::AtMost(most)) | (Bound::AtMost(most), Bound::AtLeast(least)) => {
            least <= most
        }
        (Bound::AtLeast(_), Bound::AtLeast(_)) | (Bound::AtMost(_), Bound::AtMost(_)) => true,
    };
    if when.signal == until.signal && overlaps {
        let reason = "`until` holds where `when` does, so the rule would turn on and off for ever; leave room between them";
        reader.note(section.get("until").map_or(section.at, |item| item.span().start), reason);
    }
}

fn action(
    reader: &mut Reader<'_>,
    section: &Section<'_>,
    queue: Option<&QueueId>,
    known: &Known<'_>,
) -> Option<OverflowAction> {
    let actions: Vec<_> = ACTIONS.into_iter().filter_map(|key| Some((key, section.get(key)?))).collect();
    let [(key, item)] = actions[..] else {
        let reason =
            format!("an overflow rule does one of {}; this one does {}", ACTIONS.join(", "), actions.len());
        reader.note(actions.last().map_or(section.at, |(_, item)| item.span().start), reason);
        return None;
    };
    let at = item.span().start;
    let settings = queue.and_then(|queue| known.queues.get(queue.as_str()));
    match key {
        "relax" => {
            let step = reader.whole(item, 1..=255)?;
            let steps = settings.map_or(255, |queue| queue.relax.len());
            if step as usize > steps {
                let reason =
                    format!("the queue has {steps} steps of relax; give it more, or name one of them");
                reader.note(at, reason);
            }
            Some(OverflowAction::Relax(u8::try_from(step).ok()?))
        }
        "lend" => lent(reader, item, known).map(OverflowAction::Lend),
        "raise" => {
            let points = reader.whole(item, 1..=i64::from(POINTS_MAX))?;
            Some(OverflowAction::Raise(i32::try_from(points).ok()?))
        }
        "propose" => proposal(reader, item, known).map(OverflowAction::Propose),
        _ => {
            let target = self::queue(reader, item, known)?;
            if Some(&target) == queue {
                reader.note(at, "the queue is the one that is watched; name another one");
            }
            Some(OverflowAction::Move(target))
        }
    }
}

fn proposal(reader: &mut Reader<'_>, item: Item<'_>, known: &Known<'_>) -> Option<Proposal> {
    let section = reader.section(item, "propose".to_owned())?;
    reader.check_keys(&section, PROPOSAL_KEYS);
    let queue = named_queue(reader, &section, known);
    let timeout = match section.get("timeout") {
        Some(item) => reader.duration(item, TIMEOUT_MIN),
        None => {
            reader.missing(&section, "timeout", "\"60s\"");
            None
        }
    };
    let Some(item) = section.get("channels") else {
        reader.missing(&section, "channels", "[\"callback\"]");
        return None;
    };
    let Some(array) = item.get_ref().as_array() else {
        reader.mismatch(item, "a list of channels such as [\"callback\", \"email\"]");
        return None;
    };
    if array.is_empty() || array.len() > PROPOSED_MAX {
        let reason = format!("{} channels stand here, a rule proposes 1 to {PROPOSED_MAX}", array.len());
        reader.note(item.span().start, reason);
        return None;
    }
    let mut channels = Vec::new();
    for item in array.iter() {
        let channel = rules::name(reader, item, "channel", &known.channels, ChannelId::new);
        if channel.as_ref().is_some_and(|channel| channels.contains(channel)) {
            reader.note(item.span().start, "the channel stands here twice; take one away");
        }
        channels.extend(channel);
    }
    Some(Proposal { channels, queue: queue?, timeout: timeout? })
}

fn lent(reader: &mut Reader<'_>, item: Item<'_>, known: &Known<'_>) -> Option<Lent> {
    let section = reader.section(item, "lend".to_owned())?;
    reader.check_keys(&section, LENT_KEYS);
    let Some(skills) = section.get("skills") else {
        reader.missing(&section, "skills", "{ sales = 1 }");
        return None;
    };
    let skills = demands(reader, skills, &known.skills);
    let keep_own = section.get("keep_own").and_then(|item| reader.flag(item)).unwrap_or(true);
    Some(Lent { skills, keep_own })
}
