//! The file itself: what stands in it, and what is refused.

use std::collections::BTreeMap;
use std::fmt;

use model::config::{ChannelKind, SiteNeed, TenantConfig};
use model::id::{AuxReason, ChannelId, QueueId, SiteId, SkillId};
use model::time::{Millis, Time};
use serde::Deserialize;

use super::units::{self, Clock, Length, Spread};

/// Everything by name, lengths as they are written; see `loadtest/days/README.md` for what each key means.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CentreFile {
    pub name: String,
    /// For people: what kind of a centre it is.
    pub about: String,
    date: String,
    utc_offset: String,
    /// Days are busier or quieter as a whole, by so much: the standard deviation of a log-normal factor.
    #[serde(default)]
    pub day_deviation_percent: u32,
    /// How the arrivals of a day lie: weights of 24 equal parts, or of 48.
    pub profiles: BTreeMap<String, Vec<f64>>,
    pub habits: HabitsText,
    pub agents: Vec<GroupText>,
    pub contacts: Vec<FlowText>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HabitsText {
    pub accept_delay: Spread,
    #[serde(default)]
    pub no_show_permille: u16,
    #[serde(default)]
    pub decline_permille: u16,
    pub break_reason: AuxReason,
    pub return_after: Length,
}

/// Agents who are alike.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupText {
    pub name: String,
    pub count: u32,
    #[serde(default)]
    pub skills: BTreeMap<SkillId, u8>,
    /// Skills that so many in a hundred have.
    #[serde(default)]
    pub some: Vec<SomeText>,
    pub channels: Vec<ChannelId>,
    pub site: Option<SiteId>,
    pub reserve: Option<u16>,
    #[serde(default = "whole")]
    pub capacity: u16,
    /// Spread over the agents in turn.
    pub shifts: Vec<ShiftText>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SomeText {
    pub skill: SkillId,
    pub level: u8,
    pub percent: u16,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShiftText {
    pub from: Clock,
    pub to: Clock,
    /// Agents begin up to so much after `from` and end as much after `to`.
    #[serde(default = "none")]
    pub stagger: Length,
    #[serde(default)]
    pub breaks: Vec<BreakText>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BreakText {
    /// It begins somewhere between the two.
    pub between: [Clock; 2],
    pub length: Length,
}

/// Contacts that are alike.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowText {
    /// Ids begin with it.
    pub name: String,
    pub channel: ChannelId,
    /// Absent: the tenant's rules choose.
    pub queue: Option<QueueId>,
    /// On an ordinary day.
    pub per_day: u32,
    pub profile: String,
    /// Of the profile only what lies between.
    #[serde(default = "midnight")]
    pub from: Clock,
    #[serde(default = "end_of_day")]
    pub to: Clock,
    pub handle: Spread,
    pub patience: Option<Spread>,
    /// Out of patience: falls silent, where the channel is one on which people write when they like.
    #[serde(default)]
    pub falls_silent: bool,
    #[serde(default)]
    pub points: i32,
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    #[serde(default)]
    pub skills: BTreeMap<SkillId, u8>,
    /// One of these, each as often as any other.
    #[serde(default)]
    pub sites: Vec<SiteId>,
    /// Channels on which the customer would be reached as well, and how many in a hundred agree when one is proposed.
    #[serde(default)]
    pub reachable: Vec<ChannelId>,
    #[serde(default)]
    pub agrees_percent: u16,
    pub window: Option<WindowText>,
    pub pause: Option<PauseText>,
    #[serde(default)]
    pub then: Vec<ThenText>,
}

/// A scheduled contact: it may be offered so long after it was made, and has to be begun within so long from there.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowText {
    pub after: Spread,
    pub within: Length,
    /// Tries of a hundred in which the customer is not reached.
    #[serde(default)]
    pub unreached_percent: u16,
}

/// In the middle of being handled the customer writes nothing for a while.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PauseText {
    pub percent: u16,
    pub length: Spread,
}

/// What the customer does besides, about the same matter.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThenText {
    pub when: WhenText,
    pub percent: u16,
    pub after: Spread,
    pub channel: ChannelId,
    pub queue: Option<QueueId>,
    pub handle: Spread,
    pub patience: Option<Spread>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenText {
    /// So long after it came, no agent has had it yet.
    StillWaiting,
    /// It ended without an agent; so long after that.
    NotServed,
    /// So long after an agent accepted it, the agent has it.
    InHands,
}

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileError(String);

impl FileError {
    pub fn new(what: impl Into<String>) -> FileError {
        FileError(what.into())
    }

    pub(super) fn within(self, place: &str) -> FileError {
        FileError(format!("{place}: {}", self.0))
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.trim_end())
    }
}

impl std::error::Error for FileError {}

fn whole() -> u16 {
    100
}
fn none() -> Length {
    Length(Millis::ZERO)
}
fn midnight() -> Clock {
    Clock(Millis::ZERO)
}
fn end_of_day() -> Clock {
    Clock(Millis(24 * Millis::HOUR.0))
}

/// Most contacts of one flow; ids and memory are bounded by it.
const PER_DAY_MAX: u32 = 1_000_000;
/// Most agents of all groups.
const AGENTS_MAX: u32 = 100_000;

impl CentreFile {
    /// An error names the line and the key, with what is known instead.
    pub fn parse(text: &str) -> Result<CentreFile, FileError> {
        let file: CentreFile = toml::from_str(text).map_err(|error| FileError::new(error.to_string()))?;
        file.midnight()?;
        file.check_numbers()?;
        Ok(file)
    }

    /// The instant at which the day begins by the clock on its wall.
    pub fn midnight(&self) -> Result<Time, FileError> {
        let days = units::days(&self.date).ok_or_else(|| {
            FileError::new(format!("date: {:?} is no date such as \"2025-03-03\"", self.date))
        })?;
        let offset = units::offset(&self.utc_offset).ok_or_else(|| {
            FileError::new(format!("utc_offset: {:?} is none such as \"+01:00\"", self.utc_offset))
        })?;
        let midnight = (days * 24 * Millis::HOUR.0) as i64 - offset * 60_000;
        Ok(Time(u64::try_from(midnight).unwrap_or(0)))
    }

    fn check_numbers(&self) -> Result<(), FileError> {
        for (name, parts) in &self.profiles {
            let is_right = [24, 48].contains(&parts.len())
                && parts.iter().all(|part| part.is_finite() && *part >= 0.0 && *part < 1e9);
            if !is_right || parts.iter().sum::<f64>() <= 0.0 {
                let what = "24 or 48 weights that are not negative, and not all zero";
                return Err(FileError::new(what).within(&format!("profile {name:?}")));
            }
        }
        if self.day_deviation_percent > 100 {
            return Err(FileError::new("day_deviation_percent is at most 100"));
        }
        let agents = self.agents.iter().try_fold(0_u32, |sum, group| sum.checked_add(group.count));
        if !agents.is_some_and(|agents| (1..=AGENTS_MAX).contains(&agents)) {
            return Err(FileError::new(format!("there are 1 to {AGENTS_MAX} agents in all")));
        }
        for group in &self.agents {
            group.check().map_err(|error| error.within(&format!("agents {:?}", group.name)))?;
        }
        for flow in &self.contacts {
            self.check_flow(flow).map_err(|error| error.within(&format!("contacts {:?}", flow.name)))?;
        }
        Ok(())
    }

    fn check_flow(&self, flow: &FlowText) -> Result<(), FileError> {
        if !self.profiles.contains_key(&flow.profile) {
            let known: Vec<&str> = self.profiles.keys().map(String::as_str).collect();
            let what = format!("there is no profile {:?}; there are {}", flow.profile, known.join(", "));
            return Err(FileError::new(what));
        }
        if flow.from >= flow.to || flow.per_day > PER_DAY_MAX {
            return Err(FileError::new(format!("from is before to, and per_day at most {PER_DAY_MAX}")));
        }
        let percents = flow.then.iter().map(|then| then.percent);
        let percents = percents
            .chain([flow.agrees_percent])
            .chain(flow.window.as_ref().map(|window| window.unreached_percent))
            .chain(flow.pause.as_ref().map(|pause| pause.percent));
        if percents.into_iter().any(|percent| percent > 100) {
            return Err(FileError::new("a percentage is at most 100"));
        }
        let spans = [Some(flow.handle), flow.patience].into_iter().flatten();
        let spans = spans
            .chain(flow.window.as_ref().map(|window| window.after))
            .chain(flow.pause.as_ref().map(|pause| pause.length))
            .chain(
                flow.then
                    .iter()
                    .flat_map(|then| [Some(then.handle), Some(then.after), then.patience])
                    .flatten(),
            );
        spans.into_iter().try_for_each(|spread| spread.span().map(drop))
    }

    /// Whether the configuration knows what the file names.
    pub fn check(&self, config: &TenantConfig) -> Result<(), FileError> {
        let kind = |name: &ChannelId| config.channels.iter().find(|channel| channel.name == *name);
        let channel = |name: &ChannelId| match kind(name) {
            Some(channel) => Ok(channel),
            None => Err(FileError::new(format!("the tenant has no channel {name}"))),
        };
        let queue = |name: &Option<QueueId>| match name {
            Some(name) if config.queue(name).is_none() => {
                Err(FileError::new(format!("the tenant has no queue {name}")))
            }
            Some(_) | None => Ok(()),
        };
        let skill = |name: &SkillId| match config.skills.contains(name) {
            true => Ok(()),
            false => Err(FileError::new(format!("the tenant has no skill {name}"))),
        };
        let site = |name: &SiteId| match config.sites.contains(name) {
            true => Ok(()),
            false => Err(FileError::new(format!("the tenant has no site {name}"))),
        };
        if !config.aux_reasons.contains(&self.habits.break_reason) {
            return Err(FileError::new(format!("the tenant has no reason {}", self.habits.break_reason)));
        }
        let of_group = |group: &GroupText| {
            group.channels.iter().try_for_each(|name| channel(name).map(drop))?;
            group.skills.keys().chain(group.some.iter().map(|some| &some.skill)).try_for_each(skill)?;
            group.site.iter().try_for_each(site)
        };
        let of_flow = |flow: &FlowText| {
            let own = channel(&flow.channel)?;
            queue(&flow.queue)?;
            flow.sites.iter().try_for_each(site)?;
            flow.skills.keys().try_for_each(skill)?;
            flow.reachable.iter().try_for_each(|name| channel(name).map(drop))?;
            flow.then
                .iter()
                .try_for_each(|then| channel(&then.channel).map(drop).and_then(|()| queue(&then.queue)))?;
            if own.site == SiteNeed::Required && flow.sites.is_empty() {
                return Err(FileError::new(format!(
                    "contacts on {} name a site: say sites = [...]",
                    own.name
                )));
            }
            if (flow.falls_silent || flow.pause.is_some()) && own.quiet.is_none() {
                return Err(FileError::new(format!(
                    "nobody can be silent on {}, which has no quiet",
                    own.name
                )));
            }
            if own.kind == ChannelKind::Live && flow.patience.is_none() && flow.window.is_none() {
                return Err(FileError::new(format!("on {} somebody waits: say patience", own.name)));
            }
            Ok(())
        };
        for group in &self.agents {
            of_group(group).map_err(|error| error.within(&format!("agents {:?}", group.name)))?;
        }
        for flow in &self.contacts {
            of_flow(flow).map_err(|error| error.within(&format!("contacts {:?}", flow.name)))?;
        }
        Ok(())
    }
}

impl GroupText {
    fn check(&self) -> Result<(), FileError> {
        let levels = self.skills.values().chain(self.some.iter().map(|some| &some.level));
        if levels.into_iter().any(|level| model::Level::new(*level).is_none()) {
            return Err(FileError::new("a level is 1 to 10"));
        }
        if self.shifts.is_empty() || self.shifts.iter().any(|shift| shift.from >= shift.to) {
            return Err(FileError::new("there is a shift, and each ends after it begins"));
        }
        let breaks = self.shifts.iter().flat_map(|shift| &shift.breaks);
        if breaks.into_iter().any(|pause| pause.between[0] > pause.between[1]) {
            return Err(FileError::new("a break begins between a time and a later one"));
        }
        Ok(())
    }
}
