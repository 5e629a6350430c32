//! Reads a file of cases: JSON, in the format of `crates/simulate/cases/README.md`.
//!
//! Two things are told apart. A file that is wrong is refused whole, with the path of the value, the reason and a hint. A case that
//! asks for what this reader has no word for is kept, and says so when it is its turn.

use std::collections::BTreeMap;
use std::fmt;

use super::described;
use serde_json::Value;
use workload::system::{AgentSelection, Class, Group, Law, QueueSelection, Serving, Setup};

/// A system, and what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    pub id: String,
    pub family: String,
    pub title: String,
    /// Or why it cannot be said.
    pub setup: Result<Setup, String>,
    /// Days that begin empty, with arrivals for so long; absent: what is expected holds of a steady state.
    pub day: Option<f64>,
    pub expected: Vec<Expected>,
    /// Its `rse1` were measured, not computed.
    pub is_rse1_rough: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Expected {
    pub name: String,
    pub value: f64,
    /// Relative standard error of an estimate from one arrival's worth of run.
    pub rse1: Option<f64>,
    /// Of the 95 % interval, of what was itself measured.
    pub half_width: Option<f64>,
}

/// Why a file is no file of cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileError {
    /// Where: a line, or the path of a value.
    pub at: String,
    pub reason: String,
    pub hint: String,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.at, self.reason, self.hint)
    }
}

impl std::error::Error for FileError {}

pub(super) enum Wrong {
    File(FileError),
    NoWord(String),
}

pub(super) type Reading<T> = Result<T, Wrong>;

pub fn read(text: &str) -> Result<Vec<Case>, FileError> {
    let value: Value = serde_json::from_str(text).map_err(|error| FileError {
        at: format!("line {} column {}", error.line(), error.column()),
        reason: "this is no JSON".to_owned(),
        hint: error.to_string(),
    })?;
    let root = At { value: &value, path: String::new() };
    let cases = if value.is_array() {
        root
    } else {
        root.need("cases", "a file is { \"cases\": [...] }").map_err(file_only)?
    };
    let cases: Vec<Case> =
        cases.list().and_then(|cases| cases.iter().map(case).collect()).map_err(file_only)?;
    let mut seen = BTreeMap::new();
    for (at, case) in cases.iter().enumerate() {
        if let Some(before) = seen.insert(&case.id, at) {
            return Err(FileError {
                at: format!("cases[{at}].id"),
                reason: format!("{:?} is the id of cases[{before}] too", case.id),
                hint: "give each case an id of its own".to_owned(),
            });
        }
    }
    Ok(cases)
}

fn file_only(wrong: Wrong) -> FileError {
    match wrong {
        Wrong::File(error) => error,
        Wrong::NoWord(reason) => FileError { at: String::new(), reason, hint: String::new() },
    }
}

fn case(at: &At<'_>) -> Reading<Case> {
    let id = at.need("id", "name it, such as \"EA-01\"")?.text()?;
    let expected = at.need("expected", "name at least one metric, such as { \"p_wait\": 0.5 }")?;
    let numbers = |key: &str| at.get(key).map_or(Ok(BTreeMap::new()), |at| at.numbers());
    let (rse1, half_widths) = (numbers("rse1")?, numbers("half_width_95")?);
    let expected = expected.numbers()?.into_iter().map(|(name, value)| Expected {
        rse1: rse1.get(&name).copied(),
        half_width: half_widths.get(&name).copied(),
        name,
        value,
    });
    let text = |key: &str| at.get(key).map_or(Ok(String::new()), |at| at.text());
    let family = text("family")?;
    let params = at.get("params");
    let setup = match at.get("setup").map(|setup| self::setup(&setup)) {
        Some(Ok(setup)) => Ok(setup),
        Some(Err(Wrong::NoWord(reason))) => Err(reason),
        Some(Err(wrong)) => return Err(wrong),
        None => {
            match params.as_ref().map(|params| described::setup(&family, params)).transpose()?.flatten() {
                Some(setup) => Ok(setup),
                None => Err("it has no setup; `params` say it in words of its own family".to_owned()),
            }
        }
    };
    let day =
        params.as_ref().and_then(|params| params.get("day_minutes")).map(|day| day.positive()).transpose()?;
    Ok(Case {
        id,
        family,
        title: text("title")?,
        setup,
        day,
        expected: expected.collect(),
        is_rse1_rough: text("rse1_source")?.contains("batch means"),
    })
}

const SETUP_KEYS: &[&str] = &[
    "classes",
    "groups",
    "agent_selection",
    "group_order",
    "queue_selection",
    "queue_weights",
    "ratio",
    "kappa",
    "room",
    "slt",
];
const CLASS_KEYS: &[&str] =
    &["lambda", "patience", "priority", "apq_slope", "deadline", "deadline_is_patience"];
const GROUP_KEYS: &[&str] = &["n", "slots", "speed", "skills"];
const SERVING_KEYS: &[&str] = &["level", "service", "reserve", "min_queue"];

fn setup(at: &At<'_>) -> Reading<Setup> {
    at.keys(SETUP_KEYS)?;
    let classes: Vec<Class> =
        at.need("classes", "say who comes")?.list()?.iter().map(class).collect::<Reading<_>>()?;
    let groups = at.need("groups", "say who serves")?.list()?;
    let groups: Vec<Group> = groups.iter().map(|at| group(at, classes.len())).collect::<Reading<_>>()?;
    if classes.is_empty() || groups.is_empty() {
        return Err(at.wrong("there are no classes or no groups", "say who comes and who serves"));
    }
    if let Some(class) =
        (0..classes.len()).find(|class| groups.iter().all(|group| !group.serves.contains_key(class)))
    {
        return Err(at.wrong(&format!("nobody serves class {class}"), "give a group the skill"));
    }
    let agent_selection = at.get("agent_selection").map_or(Ok("longest_idle".to_owned()), |at| at.text())?;
    let agent_selection = match agent_selection.as_str() {
        "longest_idle" => AgentSelection::LongestIdle,
        "order" => AgentSelection::Order,
        "level_longest_idle" => AgentSelection::LevelLongestIdle,
        "least_loaded" => AgentSelection::LeastLoaded,
        "most_loaded" => AgentSelection::MostLoaded,
        other => {
            return Err(Wrong::NoWord(format!(
                "setup.agent_selection: {other:?} is no selection of this format"
            )));
        }
    };
    let mut group_order = vec![Vec::new(); classes.len()];
    if let Some(order) = at.get("group_order") {
        for (class, at) in order.fields()? {
            let class = at.index(&class, classes.len(), "class")?;
            let order = at
                .list()?
                .iter()
                .map(|at| at.whole(groups.len() as u64 - 1))
                .collect::<Reading<Vec<u64>>>()?;
            let order: Vec<usize> = order.into_iter().map(|group| group as usize).collect();
            let forgotten = (0..groups.len())
                .find(|own| groups[*own].serves.contains_key(&class) && !order.contains(own));
            if let Some(group) = forgotten {
                return Err(
                    at.wrong(&format!("group {group} serves this class too"), "name every group that does")
                );
            }
            group_order[class] = order;
        }
    }
    let queue_selection = queue_selection(at, classes.len())?;
    let room = at.get("room").map(|at| at.whole(u64::from(u32::MAX))).transpose()?;
    let target = at.get("slt").map_or(Ok(0.0), |at| at.number())?;
    if target < 0.0 {
        return Err(at.wrong("slt is below 0", "a service level is that of waits up to 0 or more"));
    }
    let room = room.map(|room| room as u32);
    let second = None;
    Ok(Setup { classes, groups, agent_selection, group_order, queue_selection, room, target, second })
}

fn queue_selection(at: &At<'_>, classes: usize) -> Reading<QueueSelection> {
    let name = at.get("queue_selection").map_or(Ok("fcfs".to_owned()), |at| at.text())?;
    Ok(match name.as_str() {
        "fcfs" => QueueSelection::Fcfs,
        "priority" => QueueSelection::Priority,
        "level" => QueueSelection::Level,
        "apq" => QueueSelection::Accumulating,
        "edf" => QueueSelection::EarliestDeadline,
        "longest_queue" => {
            let weights = at.get("queue_weights").map(|at| at.list()).transpose()?;
            let weights =
                weights.map(|list| list.iter().map(|at| at.number()).collect::<Reading<Vec<f64>>>());
            QueueSelection::LongestQueue {
                weights: weights.transpose()?.unwrap_or_else(|| vec![1.0; classes]),
            }
        }
        "fqr_t" => QueueSelection::QueueRatio {
            ratio: at.need("ratio", "fqr_t compares queues by a ratio")?.number()?,
            threshold: at.need("kappa", "fqr_t shares from a threshold on")?.number()?,
        },
        other => {
            return Err(Wrong::NoWord(format!(
                "setup.queue_selection: {other:?} is no selection of this format"
            )));
        }
    })
}

fn class(at: &At<'_>) -> Reading<Class> {
    at.keys(CLASS_KEYS)?;
    let number = |key: &str, otherwise: f64| at.get(key).map_or(Ok(otherwise), |at| at.number());
    Ok(Class {
        rate: at.need("lambda", "say how many come in a unit of time")?.positive()?,
        patience: at.get("patience").map(|at| law(&at)).transpose()?,
        priority: number("priority", 0.0)?,
        slope: number("apq_slope", 1.0)?,
        deadline: at.get("deadline").map(|at| law(&at)).transpose()?,
        deadline_is_patience: at.get("deadline_is_patience").map_or(Ok(false), |at| at.truth())?,
    })
}

fn group(at: &At<'_>, classes: usize) -> Reading<Group> {
    at.keys(GROUP_KEYS)?;
    let count = at.need("n", "say how many agents")?.whole(100_000)?;
    let slots = at.get("slots").map_or(Ok(1), |at| at.whole(65_535))?;
    if count == 0 || slots == 0 {
        return Err(at.wrong("a group without agents, or agents without slots", "leave the group out"));
    }
    let speed = at.get("speed").map(|at| at.list()).transpose()?;
    let speed =
        speed.map(|list| list.iter().map(|at| at.number()).collect::<Reading<Vec<f64>>>()).transpose()?;
    if let Some(speed) = &speed
        && (speed.len() <= slots as usize || speed[1..].iter().any(|speed| *speed <= 0.0))
    {
        return Err(at.wrong(
            "speed does not say how fast each contact is worked on for every number held",
            "its place 0 is for nobody, and one above 0 follows for each slot",
        ));
    }
    let mut serves = BTreeMap::new();
    for (class, at) in at.need("skills", "say which classes the group serves")?.fields()? {
        let class = at.index(&class, classes, "class")?;
        at.keys(SERVING_KEYS)?;
        let whole = |key: &str, otherwise: u64| at.get(key).map_or(Ok(otherwise), |at| at.whole(1_000_000));
        let serving = Serving {
            level: whole("level", 1)? as u32,
            service: law(&at.need("service", "say how long service takes")?)?,
            reserve: whole("reserve", 0)? as u32,
            min_queue: whole("min_queue", 0)? as u32,
        };
        serves.insert(class, serving);
    }
    Ok(Group { count: count as u32, slots: slots as u32, speed, serves })
}

fn law(at: &At<'_>) -> Reading<Law> {
    let parts = at.list()?;
    let hint =
        "a law is [\"exp\", rate], [\"det\", length], [\"unif\", low, high] or [\"h2\", share, rate, rate]";
    let Some((name, numbers)) = parts.split_first() else { return Err(at.wrong("an empty law", hint)) };
    let name = name.text()?;
    let numbers = numbers.iter().map(|at| at.number()).collect::<Reading<Vec<f64>>>()?;
    let is_rate = |rate: &f64| *rate > 0.0;
    match (name.as_str(), numbers.as_slice()) {
        ("exp", [rate]) if is_rate(rate) => Ok(Law::Exponential { rate: *rate }),
        ("det", [length]) if *length >= 0.0 => Ok(Law::Fixed { length: *length }),
        ("unif", [low, high]) if 0.0 <= *low && low <= high => Ok(Law::Uniform { low: *low, high: *high }),
        ("h2", [first, one, other]) if (0.0..=1.0).contains(first) && is_rate(one) && is_rate(other) => {
            Ok(Law::Hyperexponential { first: *first, rates: [*one, *other] })
        }
        ("exp" | "det" | "unif" | "h2", _) => {
            Err(at.wrong(&format!("{numbers:?} are no parameters of {name}"), hint))
        }
        _ => Err(Wrong::NoWord(format!("{}: no law {name:?} is drawn here; {hint}", at.path))),
    }
}

/// A value and its path.
pub(super) struct At<'a> {
    value: &'a Value,
    path: String,
}

impl<'a> At<'a> {
    /// Nothing is as good as absent.
    pub(super) fn get(&self, key: &str) -> Option<At<'a>> {
        let value = self.value.get(key).filter(|value| !value.is_null())?;
        let dot = if self.path.is_empty() { "" } else { "." };
        Some(At { value, path: format!("{}{dot}{key}", self.path) })
    }

    pub(super) fn need(&self, key: &str, hint: &str) -> Reading<At<'a>> {
        self.get(key).ok_or_else(|| self.wrong(&format!("`{key}` is missing"), hint))
    }

    fn list(&self) -> Reading<Vec<At<'a>>> {
        let list = self.value.as_array().ok_or_else(|| self.wrong(&self.but_is("a list"), "write [...]"))?;
        let at = |(at, value)| At { value, path: format!("{}[{at}]", self.path) };
        Ok(list.iter().enumerate().map(at).collect())
    }

    fn fields(&self) -> Reading<Vec<(String, At<'a>)>> {
        let object =
            self.value.as_object().ok_or_else(|| self.wrong(&self.but_is("an object"), "write {...}"))?;
        let at = |(key, value): (&String, &'a Value)| {
            (key.clone(), At { value, path: format!("{}.{key}", self.path) })
        };
        Ok(object.iter().filter(|(_, value)| !value.is_null()).map(at).collect())
    }

    fn keys(&self, known: &[&str]) -> Reading<()> {
        match self.fields()?.iter().find(|(key, _)| !known.contains(&key.as_str())) {
            Some((key, at)) => Err(Wrong::NoWord(format!(
                "{}: {key:?} is no key of this format; there are {}",
                at.path,
                known.join(", ")
            ))),
            None => Ok(()),
        }
    }

    fn numbers(&self) -> Reading<BTreeMap<String, f64>> {
        self.fields()?.into_iter().map(|(key, at)| Ok((key, at.number()?))).collect()
    }

    fn text(&self) -> Reading<String> {
        self.value
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| self.wrong(&self.but_is("a text"), "write \"...\""))
    }

    fn truth(&self) -> Reading<bool> {
        self.value.as_bool().ok_or_else(|| self.wrong(&self.but_is("true or false"), "write true or false"))
    }

    pub(super) fn number(&self) -> Reading<f64> {
        let number = self.value.as_f64().filter(|number| number.is_finite());
        number.ok_or_else(|| self.wrong(&self.but_is("a number"), "write it without quotes"))
    }

    pub(super) fn positive(&self) -> Reading<f64> {
        let number = self.number()?;
        if number > 0.0 {
            Ok(number)
        } else {
            Err(self.wrong(&self.but_is("above 0"), "write a number above 0"))
        }
    }

    pub(super) fn whole(&self, most: u64) -> Reading<u64> {
        let whole = self.value.as_u64().filter(|whole| *whole <= most);
        whole
            .ok_or_else(|| self.wrong(&self.but_is("a whole number"), &format!("write one from 0 to {most}")))
    }

    fn index(&self, key: &str, count: usize, of: &str) -> Reading<usize> {
        key.parse().ok().filter(|index| *index < count).ok_or_else(|| {
            self.wrong(&format!("there is no {of} {key:?}"), &format!("they count from 0 to {}", count - 1))
        })
    }

    fn but_is(&self, what: &str) -> String {
        let shown: String = self.value.to_string().chars().take(40).collect();
        format!("{shown} is not {what}")
    }

    fn wrong(&self, reason: &str, hint: &str) -> Wrong {
        Wrong::File(FileError { at: self.path.clone(), reason: reason.to_owned(), hint: hint.to_owned() })
    }
}
