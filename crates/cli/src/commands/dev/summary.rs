//! What a play came to, beside what the real centre made of the same callers: for people as a table, for programs as
//! one JSON object.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use model::Millis;
use node::LatencySummary;
use schemars::JsonSchema;
use serde::Serialize;
use workload::summary::Figures;
use workload::{DaySummary, Play};

use super::day::Day;
use super::members::TakeOver;
use super::routers::Work;
use super::table::micros;

/// What only the driver can know.
pub struct Measured {
    pub wall: Duration,
    pub end_to_end: LatencySummary,
    pub work: Work,
    pub inputs: u64,
    /// It ran to its end.
    pub is_whole: bool,
}

/// The summary of a played day.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The real day that was played.
    pub trace: &'static str,
    /// Time of day of the first thing that happened.
    pub from: String,
    /// Time of day after which nobody called; absent: the end of the day.
    pub until: Option<String>,
    /// Factor over real time, or `max`.
    pub speed: String,
    pub seed: u64,
    /// False when it was ended before everybody was served or had left.
    pub is_whole: bool,
    /// How the service level is counted.
    pub service_level_variant: &'static str,
    pub service_level_within_s: f64,
    pub played: Values,
    /// The same callers in the real centre.
    pub real: Option<Values>,
    /// Each type of call by itself.
    pub types: BTreeMap<String, Pair>,
    pub offers_made: u64,
    pub offers_accepted: u64,
    /// Declined, expired or revoked.
    pub offers_ended: u64,
    /// Contacts that came and are still open, because the play was ended early.
    pub open: u64,
    /// Contacts that came and have not exactly one outcome.
    pub lost: u64,
    /// Contacts that two agents had at the same time.
    pub assigned_twice: u64,
    /// Nodes that routed.
    pub nodes: usize,
    /// Shards whose owner died, and who took them over; nothing with a single node.
    pub take_overs: Vec<TakeOver>,
    pub latency_us: Latency,
    /// Inputs of callers and agents.
    pub inputs: u64,
    /// Records in the journal.
    pub commits: u64,
    pub wall_s: f64,
    /// Played time over wall time.
    pub speed_up: f64,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Pair {
    pub played: Values,
    pub real: Option<Values>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Values {
    pub contacts: u64,
    pub answered: u64,
    pub abandoned: u64,
    pub service_level_percent: f64,
    /// Mean wait of those who were answered.
    pub asa_s: f64,
    /// Waits of all, also of those who left; nearest rank.
    pub wait_p50_s: f64,
    pub wait_p90_s: f64,
    pub wait_max_s: f64,
    /// Mean handle time of those who were answered.
    pub aht_s: f64,
    /// Time with contacts of all the time at work; for the whole centre alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occupancy_percent: Option<f64>,
}

/// By the wall clock, in microseconds.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Latency {
    /// An input or a timer, from being taken up to being decided. Known inside a node alone: absent with several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Quantiles>,
    /// A record, from being handed to the journal to its acknowledgement. As the one above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<Quantiles>,
    /// A contact for which an agent was free, from its producer to that agent's desktop.
    pub end_to_end: Quantiles,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Quantiles {
    pub count: u64,
    pub p50: u64,
    pub p99: u64,
    pub p999: u64,
    pub max: u64,
}

impl Report {
    pub fn new(play: &Play, day: &Day, measured: &Measured) -> Report {
        let summary = play.summary();
        let open = if measured.is_whole { 0 } else { open(play) };
        let types = summary.by_queue.iter().map(|(queue, compared)| {
            let real = compared.real.as_ref().map(|real| values(real, None));
            (queue.to_string(), Pair { played: values(&compared.played, None), real })
        });
        let wall_s = measured.wall.as_secs_f64();
        let played = day.stretched(last_end(play).since(day.begins_at));
        Report {
            trace: "bank1999",
            from: day.begins_at_day.to_string(),
            until: day.window.until.map(|until| until.to_string()),
            speed: match day.speed {
                super::Speed::Max => "max".to_owned(),
                super::Speed::Times(times) => times.to_string(),
            },
            seed: day.seed,
            is_whole: measured.is_whole,
            service_level_variant: summary.service_level_variant,
            service_level_within_s: seconds(summary.service_level_within),
            played: values(&summary.whole.played, Some(summary.occupancy_permille)),
            real: summary.whole.real.as_ref().map(|real| values(real, occupancy_real(&summary, day))),
            types: types.collect(),
            offers_made: summary.offers_made,
            offers_accepted: summary.offers_accepted,
            offers_ended: summary.offers_ended,
            open,
            lost: summary.lost.saturating_sub(open),
            assigned_twice: summary.assigned_twice,
            nodes: measured.work.nodes,
            take_overs: measured.work.take_overs.clone(),
            latency_us: Latency {
                decision: measured.work.decision.as_ref().map(quantiles),
                commit: measured.work.commit.as_ref().map(quantiles),
                end_to_end: quantiles(&measured.end_to_end),
            },
            inputs: measured.inputs,
            commits: measured.work.commits,
            wall_s: rounded(wall_s, 100.0),
            speed_up: rounded(seconds(played) / wall_s.max(0.001), 10.0),
        }
    }

    /// Every contact that came has exactly one outcome, and was never in two hands.
    pub fn is_well(&self) -> bool {
        self.lost == 0 && self.assigned_twice == 0
    }
}

/// The shifts of a part of a day reach beyond it, so only a whole day has this figure.
fn occupancy_real(summary: &DaySummary, day: &Day) -> Option<u32> {
    summary.occupancy_permille_real.filter(|_| day.window.is_whole_day())
}

/// Contacts that came and have not ended.
fn open(play: &Play) -> u64 {
    play.records().filter(|(_, record)| record.created.is_some() && record.ends == 0).count() as u64
}

fn last_end(play: &Play) -> model::Time {
    play.records().filter_map(|(_, record)| record.ended).max().unwrap_or_default()
}

fn values(figures: &Figures, occupancy_permille: Option<u32>) -> Values {
    Values {
        contacts: figures.contacts,
        answered: figures.answered,
        abandoned: figures.abandoned,
        service_level_percent: percent(figures.service_level_permille),
        asa_s: seconds(figures.asa),
        wait_p50_s: seconds(figures.wait_p50),
        wait_p90_s: seconds(figures.wait_p90),
        wait_max_s: seconds(figures.wait_max),
        aht_s: seconds(figures.aht),
        occupancy_percent: occupancy_permille.map(percent),
    }
}

fn quantiles(latency: &LatencySummary) -> Quantiles {
    let LatencySummary { count, p50_us, p99_us, p999_us, max_us } = *latency;
    Quantiles { count, p50: p50_us, p99: p99_us, p999: p999_us, max: max_us }
}

fn percent(permille: u32) -> f64 {
    f64::from(permille) / 10.0
}

fn seconds(span: Millis) -> f64 {
    rounded(span.0 as f64 / 1000.0, 10.0)
}

fn rounded(value: f64, parts: f64) -> f64 {
    (value * parts).round() / parts
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = self.until.as_deref().unwrap_or("the end of the day");
        let so_far = if self.is_whole { "" } else { ", so far" };
        writeln!(f, "\nA real day of a bank's call centre, from {} to {end}{so_far}\n", self.from)?;
        writeln!(
            f,
            "{:<10}{:<9}{:>9}{:>10}{:>11}{:>9}{:>9}{:>8}{:>8}{:>8}{:>8}",
            "type",
            "centre",
            "contacts",
            "answered",
            "abandoned",
            "SL",
            "ASA s",
            "p50 s",
            "p90 s",
            "max s",
            "AHT s"
        )?;
        rows(f, "all", &self.played, self.real.as_ref())?;
        for (name, pair) in self.types.iter().filter(|(_, pair)| pair.played.contacts > 0) {
            rows(f, name, &pair.played, pair.real.as_ref())?;
        }
        writeln!(
            f,
            "\nservice level = {}, within {} s; p50, p90 and max are waits of all, answered or not",
            self.service_level_variant, self.service_level_within_s
        )?;
        if let Some(played) = self.played.occupancy_percent {
            write!(f, "occupancy {played:.1}%")?;
            match self.real.as_ref().and_then(|real| real.occupancy_percent) {
                Some(real) => writeln!(f, " (the real centre {real:.1}%)")?,
                None => writeln!(f)?,
            }
        }
        writeln!(
            f,
            "offers {}: accepted {}, declined, expired or revoked {}",
            self.offers_made, self.offers_accepted, self.offers_ended
        )?;
        writeln!(
            f,
            "lost {}, assigned twice {}, still open {}\n",
            self.lost, self.assigned_twice, self.open
        )?;
        for TakeOver { shard, from, to, epoch, after_ms } in &self.take_overs {
            writeln!(f, "{from} died; {to} owned its shard {shard} after {after_ms} ms, epoch {epoch}")?;
        }
        Pace(self).fmt(f)
    }
}

/// How fast it went.
pub struct Pace<'a>(pub &'a Report);

impl fmt::Display for Pace<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.0;
        if let Some(decision) = &report.latency_us.decision {
            latency(f, "decision", decision, "an input or a timer, taken up to decided")?;
        }
        if let Some(commit) = &report.latency_us.commit {
            latency(f, "commit", commit, "a record, to its acknowledgement by the journal")?;
        }
        latency(
            f,
            "end to end",
            &report.latency_us.end_to_end,
            "a contact published, to its offer on a free agent's desk",
        )?;
        if report.nodes > 1 {
            writeln!(
                f,
                "what decisions and commits take is known inside a node alone; without --nodes it stands here"
            )?;
        }
        writeln!(
            f,
            "\n{} inputs in {} records, {:.1} s of wall time, {:.0} times as fast as life",
            report.inputs, report.commits, report.wall_s, report.speed_up
        )
    }
}

fn rows(f: &mut fmt::Formatter<'_>, name: &str, played: &Values, real: Option<&Values>) -> fmt::Result {
    row(f, name, "wissel", played)?;
    real.map_or(Ok(()), |real| row(f, "", "real", real))
}

fn row(f: &mut fmt::Formatter<'_>, name: &str, centre: &str, values: &Values) -> fmt::Result {
    writeln!(
        f,
        "{name:<10}{centre:<9}{:>9}{:>10}{:>11}{:>8.1}%{:>9.1}{:>8.1}{:>8.1}{:>8.1}{:>8.1}",
        values.contacts,
        values.answered,
        values.abandoned,
        values.service_level_percent,
        values.asa_s,
        values.wait_p50_s,
        values.wait_p90_s,
        values.wait_max_s,
        values.aht_s
    )
}

fn latency(f: &mut fmt::Formatter<'_>, name: &str, quantiles: &Quantiles, what: &str) -> fmt::Result {
    let Quantiles { count: _, p50, p99, p999, max: _ } = quantiles;
    let [p50, p99, p999] = [p50, p99, p999].map(|value| micros(*value));
    writeln!(f, "{name:<12}p50 {p50:>8}  p99 {p99:>8}  p99.9 {p999:>8}  {what}")
}
