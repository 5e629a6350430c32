//! What the day of a described centre came to: by channels, with what must hold of a day and whether it did.

use std::fmt;

use serde::Serialize;
use workload::centre::CentreReport;
use workload::{DaySummary, Play};

use super::day::Described;
use super::summary::{Latency, Pace, Report};

#[derive(Debug, Serialize)]
pub struct Outcome<'a> {
    pub centre: &'a str,
    #[serde(skip)]
    about: &'a str,
    pub seed: u64,
    /// False when it was ended before midnight.
    pub is_whole: bool,
    /// What must not be, in words.
    pub faults: Vec<String>,
    pub day: DaySummary,
    pub latency_us: &'a Latency,
    pub inputs: u64,
    pub commits: u64,
    pub wall_s: f64,
    pub speed_up: f64,
    #[serde(skip)]
    report: &'a Report,
}

impl<'a> Outcome<'a> {
    pub fn new(play: &Play, centre: &'a Described, report: &'a Report) -> Outcome<'a> {
        let day = play.summary();
        Outcome {
            centre: &centre.name,
            about: &centre.about,
            seed: report.seed,
            is_whole: report.is_whole,
            // What is open at noon is not stuck.
            faults: if report.is_whole { day.faults() } else { Vec::new() },
            day,
            latency_us: &report.latency_us,
            inputs: report.inputs,
            commits: report.commits,
            wall_s: report.wall_s,
            speed_up: report.speed_up,
            report,
        }
    }

    pub fn is_well(&self) -> bool {
        self.faults.is_empty()
    }
}

impl fmt::Display for Outcome<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let so_far = if self.is_whole { "" } else { ", so far: what is open is shown as stuck" };
        writeln!(f, "\n{}, {}, seed {}{so_far}\n", self.centre, self.about, self.seed)?;
        write!(f, "{}\n{}", CentreReport(&self.day), Pace(self.report))
    }
}
