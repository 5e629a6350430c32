//! The scenario file: who comes and how fast, who answers, what breaks meanwhile, and what must hold all the same.
//!
//! `loadtest/README.md` explains every key. A file is refused whole, with line, reason and the name that was probably meant.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use model::config::TenantConfig;
use model::id::{ChannelId, QueueId, SkillId};
use protocol::config::Diagnostic;
use protocol::text::nearest;
use serde::Deserialize;
use toml::Spanned;
use workload::arrivals::{Gaps, Stretch};

use crate::fault::Fault;
use crate::threshold::{Figure, Threshold};
use crate::units::{Length, Spread};

/// Names of flows and groups become parts of ids, beside a run's name and a number.
const NAME_LENGTH_MAX: usize = 24;
/// As many desks as one process plays without being the bottleneck.
const AGENTS_MAX: u32 = 20_000;
/// A plan is held in memory, some hundred bytes for each contact.
const CONTACTS_MAX: f64 = 20_000_000.0;

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    pub name: String,
    /// For people: what it asks.
    pub about: String,
    /// Decides everything that is drawn.
    pub seed: u64,
    /// The tenant's configuration, a file named from where the scenario lies.
    pub config: Spanned<String>,
    /// Contacts of this first time are played, and not measured.
    #[serde(default = "no_time")]
    pub warm_up: Length,
    /// After the last contact everything has this long to end by itself.
    #[serde(default = "drain")]
    pub drain: Length,
    #[serde(default)]
    pub generator: Generator,
    pub agents: Vec<Group>,
    pub flows: Vec<Flow>,
    #[serde(default)]
    pub faults: Vec<Spanned<Fault>>,
    #[serde(default)]
    pub thresholds: Vec<Spanned<Threshold>>,
}

/// What the generator may allow itself before a run says nothing about the router.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Generator {
    /// Threads that send.
    pub workers: u32,
    /// What could not be sent within this time is dropped, and counted.
    pub late_max: Length,
    pub send_lag_p99_max: Length,
    /// Of a thousand planned contacts.
    pub dropped_permille_max: u32,
    /// How late the generator's own timers may be.
    pub stall_p99_max: Length,
}

impl Default for Generator {
    /// Timers of a machine that is not overloaded are late by less than a millisecond; ten are more than a router's answer takes.
    fn default() -> Generator {
        Generator {
            workers: 1,
            late_max: Length::millis(100),
            send_lag_p99_max: Length::millis(10),
            dropped_permille_max: 1,
            stall_p99_max: Length::millis(20),
        }
    }
}

/// Agents who are alike.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    pub name: Spanned<String>,
    pub count: u32,
    #[serde(default)]
    pub skills: BTreeMap<SkillId, u8>,
    pub channels: Vec<Spanned<ChannelId>>,
    #[serde(default = "whole")]
    pub capacity: u16,
    /// They sign in one after another, within this time before the first contact.
    #[serde(default = "sign_in")]
    pub sign_in_within: Length,
    /// From an offer to its answer.
    pub answer_after: Spread,
    #[serde(default)]
    pub declines_permille: u16,
    /// Offers that ring until they expire.
    #[serde(default)]
    pub misses_permille: u16,
    /// When the wrap-up is said to be done; absent: it lasts as long as its queue lets it.
    pub wrap_up: Option<Spread>,
    /// How long they work between two breaks; absent: they take none.
    pub break_after: Option<Spread>,
    #[serde(default = "break_length")]
    pub break_length: Length,
    #[serde(default = "break_reason")]
    pub break_reason: Spanned<String>,
}

/// Contacts that are alike.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    pub name: Spanned<String>,
    pub channel: Spanned<ChannelId>,
    pub queue: Spanned<QueueId>,
    #[serde(default)]
    pub skills: BTreeMap<SkillId, u8>,
    #[serde(default)]
    pub points: i32,
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// How long a contact keeps its agent.
    pub handle: Spread,
    /// How long a customer waits for an agent; absent: as long as it takes.
    pub patience: Option<Spread>,
    /// Counts as answered in time; absent: as the queue's service level says.
    pub answer_within: Option<Length>,
    pub phases: Vec<Phase>,
}

/// A rate over a length of time.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(try_from = "PhaseText")]
pub struct Phase(pub Stretch);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PhaseText {
    #[serde(rename = "for")]
    length: Length,
    rate: Option<f64>,
    from: Option<f64>,
    to: Option<f64>,
    gaps: Option<GapsText>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum GapsText {
    Even,
    Exponential,
}

impl TryFrom<PhaseText> for Phase {
    type Error = String;
    fn try_from(text: PhaseText) -> Result<Phase, String> {
        let (from, to) = match (text.rate, text.from, text.to) {
            (Some(rate), None, None) => (rate, rate),
            (None, Some(from), Some(to)) => (from, to),
            _ => return Err("a phase has either a rate, or from and to, in contacts per second".to_owned()),
        };
        if !(0.0..=1e6).contains(&from) || !(0.0..=1e6).contains(&to) {
            return Err("a rate is from 0 to 1000000 contacts per second".to_owned());
        }
        if text.length.0.is_zero() {
            return Err("a phase lasts at least \"1ms\"".to_owned());
        }
        let gaps = match text.gaps {
            Some(GapsText::Even) => Gaps::Even,
            Some(GapsText::Exponential) | None => Gaps::Exponential,
        };
        Ok(Phase(Stretch { from, to, length: text.length.0, gaps }))
    }
}

/// A scenario with the configuration that it names.
#[derive(Debug, Clone)]
pub struct Loaded {
    pub scenario: Scenario,
    pub config: TenantConfig,
    pub config_text: String,
}

/// Reads both files, and holds them against one another.
pub fn load(path: &Path) -> Result<Loaded, Vec<String>> {
    let text = std::fs::read_to_string(path).map_err(|error| vec![format!("{}: {error}", path.display())])?;
    let say = |path: &Path, found: Vec<Diagnostic>| {
        found.iter().map(|diagnostic| format!("{}: {diagnostic}", path.display())).collect::<Vec<_>>()
    };
    let scenario = parse(&text).map_err(|found| say(path, found))?;
    let config_path: PathBuf = path.parent().unwrap_or(Path::new("")).join(scenario.config.get_ref());
    let config_text = std::fs::read_to_string(&config_path).map_err(|error| {
        let reason = format!("{} cannot be read: {error}", config_path.display());
        say(path, vec![diagnostic(&text, scenario.config.span().start, reason, None)])
    })?;
    let config = protocol::config::parse(&config_text).map_err(|found| say(&config_path, found))?;
    let found = Check { text: &text, found: Vec::new() }.against(&scenario, &config);
    if found.is_empty() { Ok(Loaded { scenario, config, config_text }) } else { Err(say(path, found)) }
}

/// The file by itself: what does not depend on the configuration.
pub fn parse(text: &str) -> Result<Scenario, Vec<Diagnostic>> {
    let scenario: Scenario = toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        vec![refused(text, at, error.message())]
    })?;
    let found = Check { text, found: Vec::new() }.alone(&scenario);
    if found.is_empty() { Ok(scenario) } else { Err(found) }
}

impl Scenario {
    /// When the last phase of any flow ends.
    pub fn length(&self) -> Length {
        Length(self.flows.iter().map(|flow| flow.length().0).max().unwrap_or_default())
    }

    pub fn agent_count(&self) -> u32 {
        self.agents.iter().map(|group| group.count).sum()
    }

    pub fn flow(&self, name: &str) -> Option<usize> {
        self.flows.iter().position(|flow| flow.name.get_ref() == name)
    }

    /// When a contact of this flow was answered in time.
    pub fn answer_within(&self, flow: &Flow, config: &TenantConfig) -> Length {
        let queue = config.queues.iter().find(|queue| queue.name == *flow.queue.get_ref());
        flow.answer_within
            .or(queue.map(|queue| Length(queue.service_level.within)))
            .unwrap_or(Length::millis(20_000))
    }
}

impl Flow {
    pub fn length(&self) -> Length {
        Length(model::Millis(self.phases.iter().map(|phase| phase.0.length.0).sum()))
    }

    pub fn stretches(&self) -> Vec<Stretch> {
        self.phases.iter().map(|phase| phase.0).collect()
    }
}

struct Check<'t> {
    text: &'t str,
    found: Vec<Diagnostic>,
}

impl Check<'_> {
    fn alone(mut self, scenario: &Scenario) -> Vec<Diagnostic> {
        let mut names = BTreeSet::new();
        let groups = scenario.agents.iter().map(|group| &group.name);
        for name in groups.chain(scenario.flows.iter().map(|flow| &flow.name)) {
            self.name(name);
            if !names.insert(name.get_ref()) {
                self.note(
                    name,
                    format!("the name {:?} stands twice; flows and groups need their own", name.get_ref()),
                );
            }
        }
        for group in &scenario.agents {
            let share = u32::from(group.declines_permille) + u32::from(group.misses_permille);
            if group.count == 0 || share > 1_000 {
                self.note(
                    &group.name,
                    "a group has at least one agent, and declines and misses no more than 1000 permille",
                );
            }
        }
        if scenario.agents.is_empty() || scenario.agent_count() > AGENTS_MAX {
            self.whole(format!("a scenario has from 1 to {AGENTS_MAX} agents"));
        }
        if scenario.flows.is_empty() || scenario.generator.workers == 0 {
            self.whole("a scenario has at least one flow, and a generator at least one worker".to_owned());
        }
        for flow in scenario.flows.iter().filter(|flow| flow.phases.is_empty()) {
            self.note(&flow.name, "a flow has at least one phase");
        }
        let stretches = || scenario.flows.iter().flat_map(|flow| &flow.phases);
        let expected: f64 = stretches().map(|phase| phase.0.expected()).sum();
        if expected > CONTACTS_MAX {
            self.whole(format!(
                "{expected:.0} contacts are too many for one process; at most {CONTACTS_MAX:.0}"
            ));
        }
        if scenario.warm_up >= scenario.length() && !scenario.flows.is_empty() {
            self.whole(format!("nothing is left after a warm-up of {}", scenario.warm_up));
        }
        for threshold in &scenario.thresholds {
            self.threshold(threshold, scenario);
        }
        self.found
    }

    fn threshold(&mut self, threshold: &Spanned<Threshold>, scenario: &Scenario) {
        let read = threshold.get_ref();
        if let Some(flow) = &read.flow
            && scenario.flow(flow).is_none()
        {
            let names = scenario.flows.iter().map(|flow| flow.name.get_ref().as_str());
            let near = nearest(flow, names);
            self.push(threshold.span().start, format!("there is no flow {flow:?}"), near);
        }
        if read.figure == Figure::Outage && scenario.faults.is_empty() {
            self.push(
                threshold.span().start,
                "outage is measured after faults, and there are none".to_owned(),
                None,
            );
        }
    }

    fn against(mut self, scenario: &Scenario, config: &TenantConfig) -> Vec<Diagnostic> {
        let queues = || config.queues.iter().map(|queue| queue.name.as_str());
        let channels = || config.channels.iter().map(|channel| channel.name.as_str());
        let skills = || config.skills.iter().map(SkillId::as_str);
        for flow in &scenario.flows {
            self.known(flow.queue.span().start, "queue", flow.queue.get_ref().as_str(), queues());
            self.known(flow.channel.span().start, "channel", flow.channel.get_ref().as_str(), channels());
            for skill in flow.skills.keys() {
                self.known(flow.name.span().start, "skill", skill.as_str(), skills());
            }
        }
        for group in &scenario.agents {
            for channel in &group.channels {
                self.known(channel.span().start, "channel", channel.get_ref().as_str(), channels());
            }
            for skill in group.skills.keys() {
                self.known(group.name.span().start, "skill", skill.as_str(), skills());
            }
            if group.break_after.is_some() {
                let reasons = config.aux_reasons.iter().map(model::id::AuxReason::as_str);
                let reason = &group.break_reason;
                self.known(reason.span().start, "aux reason", reason.get_ref(), reasons);
            }
        }
        self.found
    }

    fn known<'n>(&mut self, at: usize, what: &str, name: &str, valid: impl Iterator<Item = &'n str> + Clone) {
        if !valid.clone().any(|known| known == name) {
            let near = nearest(name, valid.clone());
            let mut reason = format!("the configuration has no {what} {name:?}");
            if near.is_none() {
                reason += &format!("; there are {}", valid.take(16).collect::<Vec<_>>().join(", "));
            }
            self.push(at, reason, near);
        }
    }

    fn name(&mut self, name: &Spanned<String>) {
        let text = name.get_ref();
        let is_sound = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if text.is_empty() || text.len() > NAME_LENGTH_MAX || !text.bytes().all(is_sound) {
            self.note(name, format!("{text:?} is no name: 1 to {NAME_LENGTH_MAX} of A-Z a-z 0-9 _"));
        }
    }

    fn note(&mut self, at: &Spanned<String>, reason: impl Into<String>) {
        self.push(at.span().start, reason.into(), None);
    }

    fn whole(&mut self, reason: String) {
        self.push(0, reason, None);
    }

    fn push(&mut self, at: usize, reason: String, near: Option<&str>) {
        self.found.push(diagnostic(self.text, at, reason, near));
    }
}

fn diagnostic(text: &str, at: usize, reason: String, nearest: Option<&str>) -> Diagnostic {
    let before = &text[..at.min(text.len())];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Diagnostic {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        reason,
        nearest: nearest.map(str::to_owned),
    }
}

/// serde says which names it would have taken; the nearest of them is probably the one.
fn refused(text: &str, at: usize, message: &str) -> Diagnostic {
    let quoted = |text: &str| text.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let near = message.split_once(", expected ").and_then(|(unknown, expected)| {
        let (unknown, expected) = (quoted(unknown), quoted(expected));
        nearest(unknown.first()?, expected.iter().map(String::as_str)).map(str::to_owned)
    });
    diagnostic(text, at, message.trim().to_owned(), near.as_deref())
}

fn no_time() -> Length {
    Length::millis(0)
}

fn drain() -> Length {
    Length::millis(20_000)
}

fn sign_in() -> Length {
    Length::millis(1_000)
}

fn break_length() -> Length {
    Length::millis(5_000)
}

fn break_reason() -> Spanned<String> {
    Spanned::new(0..0, "break".to_owned())
}

fn whole() -> u16 {
    100
}
