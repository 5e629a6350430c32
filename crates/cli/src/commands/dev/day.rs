//! The real day, or the part of it that is played, at the speed that was asked for.

use std::path::Path;
use std::str::FromStr;
use std::{fmt, fs};

use anyhow::{Context, Result, anyhow};
use jiff::Timestamp;
use model::{Millis, Time};
use protocol::config::{parse, show_first};
use workload::centre::{CentreFile, CentreOptions, OFFICE_DAY, OFFICE_TENANT, centre_plan};
use workload::{DayOptions, Plan, Trace, day_plan};

use super::Speed;

/// A time of day, in milliseconds since midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DayTime(pub Millis);

impl DayTime {
    /// The trace's busiest hour begins: 218 calls until 11:00.
    pub const BUSY: DayTime = DayTime(Millis(10 * Millis::HOUR.0));
}

impl FromStr for DayTime {
    type Err = String;
    fn from_str(text: &str) -> Result<DayTime, String> {
        let number = |text: &str, limit: u64| {
            let is_plain = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse::<u64>().ok().filter(|number| is_plain && *number < limit)
        };
        text.split_once(':')
            .and_then(|(hours, minutes)| Some((number(hours, 24)?, number(minutes, 60)?)))
            .map(|(hours, minutes)| DayTime(Millis((hours * 60 + minutes) * 60_000)))
            .ok_or_else(|| "expected a time of day such as 07:00".to_owned())
    }
}

impl fmt::Display for DayTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = self.0.0 / 60_000;
        write!(f, "{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

/// The part of the day that is played.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Window {
    /// Nobody who called before is there.
    pub from: Option<DayTime>,
    /// Nobody calls from then on; who waits is still served.
    pub until: Option<DayTime>,
}

impl Window {
    pub fn is_whole_day(&self) -> bool {
        *self == Window::default()
    }
}

/// A centre that a file describes.
#[derive(Debug, Clone)]
pub struct Described {
    pub name: String,
    pub about: String,
}

#[derive(Debug, Clone)]
pub struct Day {
    pub plan: Plan,
    pub speed: Speed,
    pub seed: u64,
    pub window: Window,
    /// Absent: the real day of the bank.
    pub centre: Option<Described>,
    pub tenant: String,
    /// The instant of the play's first thing, and what the clock on the wall of the real centre showed then.
    pub begins_at: Time,
    pub begins_at_day: DayTime,
}

impl Day {
    /// `is_continued`: the router has seen an earlier play, whose names and sessions must not come back.
    pub fn new(seed: u64, speed: Speed, window: &Window, is_continued: bool) -> Result<Day> {
        let now = wall_clock();
        let mut options = DayOptions { seed, ..DayOptions::default() };
        if is_continued {
            // Sign-ins are rarer than seconds, so a later play's sessions are always higher.
            let seconds = now.0 / 1000;
            options.contact_prefix = format!("call-{seconds:x}-");
            options.habits.first_session = seconds;
        }
        let mut plan = cut(day_plan(&Trace::bank1999(), &options), options.midnight, window);
        let begins_at_day = DayTime(plan.begins_at().since(options.midnight));
        if let Speed::Times(times) = speed {
            plan = plan.faster(times)?;
            for queue in &mut plan.config.queues {
                queue.offer_timeout = queue.offer_timeout.max(OFFER_TIMEOUT_MIN);
            }
        }
        Ok(Day {
            begins_at: plan.begins_at(),
            begins_at_day,
            plan,
            speed,
            seed,
            window: *window,
            centre: None,
            tenant: BANK.to_owned(),
        })
    }

    /// A described centre's, in virtual time: its calendars and windows cannot hurry.
    pub fn described(name: &str, seed: u64, percent: u32) -> Result<Day> {
        let (day, tenant) = centre_texts(name)?;
        let file = CentreFile::parse(&day).map_err(|error| anyhow!("the day of {name}: {error}"))?;
        let config =
            parse(&tenant).map_err(|wrong| anyhow!("the tenant of {name}: {}", show_first(&wrong, 5)))?;
        let plan = centre_plan(&file, &config, &CentreOptions { seed, percent })
            .map_err(|error| anyhow!("the day of {name}: {error}"))?;
        let midnight = file.midnight().map_err(|error| anyhow!("{error}"))?;
        Ok(Day {
            begins_at: plan.begins_at(),
            begins_at_day: DayTime(plan.begins_at().since(midnight)),
            plan,
            speed: Speed::Max,
            seed,
            window: Window::default(),
            tenant: file.name.clone(),
            centre: Some(Described { name: file.name, about: file.about }),
        })
    }

    /// By the wall clock, it begins in a moment. In virtual time it begins when it begins.
    #[must_use]
    pub fn beginning_soon(mut self) -> Day {
        if let Speed::Times(_) = self.speed {
            self.plan = self.plan.moved_to(wall_clock() + BEGIN_IN);
            self.begins_at = self.plan.begins_at();
        }
        self
    }

    /// What the real centre's clock shows at an instant of the play.
    pub fn time_of_day(&self, at: Time) -> DayTime {
        DayTime(Millis(self.begins_at_day.0.0 + self.stretched(at.since(self.begins_at)).0))
    }

    /// A length of the play in the day's own time.
    pub fn stretched(&self, span: Millis) -> Millis {
        Millis(span.0 * u64::from(self.plan.speed))
    }
}

/// Day and tenant of the one that the product carries, or those in a folder.
fn centre_texts(name: &str) -> Result<(String, String)> {
    if name == OFFICE {
        return Ok((OFFICE_DAY.to_owned(), OFFICE_TENANT.to_owned()));
    }
    let read = |file: &str| {
        let path = Path::new(name).join(file);
        let hint = format!("it names `{OFFICE}`, or a folder with day.toml and tenant.toml");
        fs::read_to_string(&path)
            .with_context(|| format!("cannot read {} for --centre: {hint}", path.display()))
    };
    Ok((read("day.toml")?, read("tenant.toml")?))
}

/// The tenant of the real day.
const BANK: &str = "bank";
const OFFICE: &str = "office";

/// The least that a configuration may have. The played agents answer within 8 s of the day's time, so that longer
/// offers change nothing.
const OFFER_TIMEOUT_MIN: Millis = Millis(1_000);
/// The first caller is not late for want of a table.
const BEGIN_IN: Millis = Millis(200);

pub fn wall_clock() -> Time {
    Time(u64::try_from(Timestamp::now().as_millisecond()).unwrap_or(0))
}

fn cut(mut plan: Plan, midnight: Time, window: &Window) -> Plan {
    let from = window.from.map_or(Time(0), |from| midnight + from.0);
    let until = window.until.map_or(Time::MAX, |until| midnight + until.0);
    plan.contacts.retain(|contact| contact.at >= from && contact.at < until);
    plan.shifts.retain(|shift| shift.sign_out > from && shift.sign_in < until);
    for shift in &mut plan.shifts {
        shift.sign_in = shift.sign_in.max(from);
        shift.absences.retain(|absence| absence.at + absence.length > from);
        for absence in &mut shift.absences {
            absence.length = (absence.at + absence.length).since(absence.at.max(from));
            absence.at = absence.at.max(from);
        }
    }
    plan
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DayTime {
        text.parse().expect("a time of day")
    }

    #[test]
    fn times_of_day_have_one_form() {
        assert_eq!(at("07:30").0, Millis(27_000_000));
        assert_eq!(at("23:59").to_string(), "23:59");
        for text in ["7:30", "24:00", "07:60", "0730", "07:30:00", ""] {
            assert!(text.parse::<DayTime>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_window_keeps_its_callers_and_whoever_works_in_it() {
        let window = Window { from: Some(at("08:00")), until: Some(at("09:00")) };
        let day = Day::new(1, Speed::Max, &window, false).expect("a plan");
        assert_eq!(day.plan.contacts.len(), 136, "as many as the trace has in that hour");
        assert_eq!(day.begins_at_day, at("08:00"));
        assert_eq!(day.time_of_day(day.begins_at + Millis(60_000)), at("08:01"));
        let begin = day.begins_at;
        for shift in &day.plan.shifts {
            assert!(shift.sign_in >= begin && shift.sign_out > begin);
            assert!(shift.absences.iter().all(|absence| absence.at >= begin && absence.length.0 > 0));
        }
    }

    #[test]
    fn a_faster_day_keeps_the_time_of_day() {
        let window = Window { from: Some(at("10:00")), until: None };
        let day = Day::new(1, Speed::Times(60), &window, true).expect("a plan").beginning_soon();
        assert!(day.begins_at > wall_clock());
        assert_eq!(day.time_of_day(day.begins_at + Millis(1_000)), at("10:01"));
        assert!(day.plan.contacts[0].body.contact.as_str().starts_with("call-"));
        let text = workload::config_text::config_text(&day.plan.config);
        protocol::config::parse(&text).expect("its configuration is one that a router takes");
    }
}
