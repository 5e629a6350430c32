//! Plays a case and sets what was measured beside what theory expects.
//!
//! The interval of a measurement is that of batch means: 20 parts of equal numbers of arrivals, Student's t (A. M. Law, Simulation
//! Modeling and Analysis, 5th edition, 9.5.3); days are replications. The band is how far from the expected value an estimate from
//! so many arrivals may lie: z standard errors, computed where the file knows the exact one (`rse1`), else those of the run itself.

use serde::Serialize;

use super::metric::{Metric, meanings};
use super::read::{Case, Expected};
use super::run::{Horizon, Played, play};
use super::sums::Sums;
use crate::interval::Interval;
use model::Millis;
use workload::Rng;
use workload::system::{AgentSelection, Setup, System};

/// Parts of a steady run: enough for t to be near normal, few enough for each to be long.
const PARTS: u32 = 20;
/// Standard errors, of a suite with few metrics and of one with more than [`FEW`]: one false alarm in ten thousand suites.
const Z_OF_FEW: f64 = 4.0;
const Z_OF_MANY: f64 = 5.0;
const FEW: usize = 50;
/// A measured `rse1` is up to so much too small.
const ROUGH: f64 = 1.3;
/// From a band of this part of the expected value on, being inside says little.
const WIDE: f64 = 0.5;
/// The half width of a 95 % interval, in standard errors.
const STANDARD_ERRORS: f64 = 1.96;
/// A state is forgotten after so many relaxation times: e^-10 of it is left.
const RELAXATIONS: f64 = 10.0;

#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Counted in each case, after those that warm it up.
    pub contacts: u64,
    pub seed: u64,
}

#[derive(Debug, Clone, Serialize)]
pub struct Report {
    pub contacts: u64,
    pub seed: u64,
    /// Standard errors that a band is wide.
    pub z: f64,
    pub totals: Totals,
    pub cases: Vec<Judged>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    pub cases: usize,
    /// With at least one metric that was measured.
    pub cases_played: usize,
    pub inside: usize,
    /// Of those, how many had a band so wide that it says little.
    pub too_short: usize,
    pub outside: usize,
    /// Metrics without a word, or of cases without one.
    pub not_expressed: usize,
}

#[derive(Debug, Clone, Serialize)]
pub struct Judged {
    pub id: String,
    pub family: String,
    pub title: String,
    /// Arrivals that were counted, and that were not.
    pub counted: u64,
    pub warm_up: u64,
    /// What the engine was given.
    pub inputs: u64,
    pub metrics: Vec<Figure>,
    pub not_expressed: Vec<NotExpressed>,
    /// It could be expressed, and its run came to nothing: the engine did what nobody expects, or the contacts never ended.
    pub has_failed: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    pub name: String,
    pub expected: f64,
    pub measured: f64,
    /// Half of the 95 % interval of what was measured; absent where a part had nothing to measure.
    pub interval: Option<f64>,
    /// How far from the expected value it may lie.
    pub band: f64,
    pub band_from: BandFrom,
    pub verdict: Verdict,
    /// The band is so wide that being inside says little; so many contacts would make it a tenth of the expected value.
    pub contacts_needed: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BandFrom {
    /// The file's standard error.
    File,
    /// The run's own.
    Run,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Inside,
    Outside,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotExpressed {
    pub metrics: Vec<String>,
    pub reason: String,
}

/// Plays them one after the other; `heard` is told of each before it is played.
pub fn judge(cases: &[Case], options: Options, mut heard: impl FnMut(usize, &Case)) -> Report {
    let metrics: usize = cases.iter().filter(|case| case.setup.is_ok()).map(|case| case.expected.len()).sum();
    let z = if metrics > FEW { Z_OF_MANY } else { Z_OF_FEW };
    let judged = cases.iter().enumerate().map(|(at, case)| {
        heard(at, case);
        judge_one(case, options, z)
    });
    let cases: Vec<Judged> = judged.collect();
    let figures = || cases.iter().flat_map(|case| &case.metrics);
    let count = |is: fn(&Figure) -> bool| figures().filter(|figure| is(figure)).count();
    let not_expressed = cases.iter().flat_map(|case| &case.not_expressed).map(|not| not.metrics.len()).sum();
    let totals = Totals {
        cases: cases.len(),
        cases_played: cases.iter().filter(|case| !case.metrics.is_empty()).count(),
        inside: count(|figure| figure.verdict == Verdict::Inside),
        too_short: count(|figure| figure.contacts_needed.is_some()),
        outside: count(|figure| figure.verdict == Verdict::Outside),
        not_expressed,
    };
    Report { contacts: options.contacts, seed: options.seed, z, totals, cases }
}

impl Report {
    /// Whether all that could be expressed landed inside.
    pub fn is_well(&self) -> bool {
        self.totals.outside == 0 && self.cases.iter().all(|case| !case.has_failed)
    }
}

fn judge_one(case: &Case, options: Options, z: f64) -> Judged {
    let mut judged = Judged {
        id: case.id.clone(),
        family: case.family.clone(),
        title: case.title.clone(),
        counted: 0,
        warm_up: 0,
        inputs: 0,
        metrics: Vec::new(),
        not_expressed: Vec::new(),
        has_failed: false,
    };
    if let Err(reason) = judged.measure(case, options, z) {
        judged.metrics.clear();
        let metrics = case.expected.iter().map(|expected| expected.name.clone()).collect();
        judged.not_expressed = vec![NotExpressed { metrics, reason }];
    }
    judged
}

impl Judged {
    fn measure(&mut self, case: &Case, options: Options, z: f64) -> Result<(), String> {
        let setup = case.setup.as_ref().map_err(Clone::clone)?;
        let system = System::of(setup).map_err(|no| no.to_string())?;
        let horizon = horizon(setup, case.day, options.contacts, system.unit_ms)?;
        let names: Vec<&str> = case.expected.iter().map(|expected| expected.name.as_str()).collect();
        let mut metrics: Vec<(&Expected, Metric)> = Vec::new();
        for (expected, meaning) in case.expected.iter().zip(meanings(&names, setup)) {
            let meaning = meaning.and_then(|metric| match (metric.is_daily(), case.day.is_some()) {
                (true, false) => Err("this is counted by day, and the case has none".to_owned()),
                (_, _) => Ok(metric),
            });
            match meaning {
                Ok(metric) => metrics.push((expected, metric)),
                Err(reason) => {
                    self.not_expressed.push(NotExpressed { metrics: vec![expected.name.clone()], reason });
                }
            }
        }
        if metrics.is_empty() {
            return Ok(());
        }
        // Each case has luck of its own, however few of them are played.
        let seed = Rng::stream(options.seed, &case.id, 0).next_u64();
        let keep_waits = metrics.iter().any(|(_, metric)| metric.is_quantile());
        let played = play(setup, &system, horizon, seed, keep_waits).map_err(|failure| {
            self.has_failed = true;
            failure.to_string()
        })?;
        if let Some(most) = system.wait_max.filter(|most| played.wait_max >= *most) {
            let units = |span: Millis| span.0 as f64 / system.unit_ms;
            return Err(format!(
                "somebody waited for {:.0} units of time, and points keep an order of priorities for {:.0} alone",
                units(played.wait_max),
                units(most)
            ));
        }
        self.inputs = played.inputs;
        let measure = Measure::new(setup, &system, played);
        self.counted = measure.arrivals();
        if let Horizon::Steady { warm_up, .. } = horizon {
            self.warm_up = warm_up;
        }
        let rough = if case.is_rse1_rough { ROUGH } else { 1.0 };
        let measured: Vec<Measured> =
            metrics.iter().map(|(expected, metric)| measure.measured(expected, *metric)).collect();
        let short = calibration(&measured);
        let figures = metrics.iter().zip(&measured);
        self.metrics =
            figures.map(|((expected, _), measured)| measured.figure(expected, z, rough, short)).collect();
        Ok(())
    }
}

/// How long a case is played.
fn horizon(setup: &Setup, day: Option<f64>, contacts: u64, unit_ms: f64) -> Result<Horizon, String> {
    if let Some(day) = day {
        let days = (contacts as f64 / (setup.rate() * day)).round().max(2.0);
        return Ok(Horizon::Days {
            open: Millis((day * unit_ms).round() as u64),
            days: days.min(1e6) as u32,
        });
    }
    let each = contacts.div_ceil(u64::from(PARTS));
    let mut coming = setup.classes.iter().filter(|class| class.rate > 0.0);
    let has_end =
        setup.room.is_some() || coming.all(|class| class.patience.is_some() || class.deadline_is_patience);
    if setup.load() >= 1.0 && !has_end && setup.classes.len() == 1 {
        return Err(
            "more work comes than can be done, and nobody leaves: there is no steady state".to_owned()
        );
    }
    let warm_up = (contacts / 10).max(relaxation(setup).min(contacts as f64 * 10.0) as u64);
    Ok(Horizon::Steady { warm_up, parts: PARTS, each })
}

/// Arrivals until an empty beginning is forgotten. With room for K the slowest rate at which an M/M/n queue forgets is lambda + n mu -
/// 2 sqrt(lambda n mu) cos(pi / (K + 2)), or mu where that is less; without an end to the room the cosine is 1 (P. M. Morse, Queues,
/// Inventories and Maintenance, 1958). Where those who wait leave, their rate is one at which it forgets, too.
fn relaxation(setup: &Setup) -> f64 {
    let services = (0..setup.classes.len()).map(|class| setup.mean_service(class));
    let slowest = 1.0 / services.fold(f64::MIN_POSITIVE, f64::max);
    let (comes, done) = (setup.rate(), setup.rate() / setup.load());
    let cosine = setup.room.map_or(1.0, |room| (std::f64::consts::PI / (f64::from(room) + 2.0)).cos());
    let forgets = comes + done - 2.0 * (comes * done).sqrt() * cosine;
    let coming = setup.classes.iter().filter(|class| class.rate > 0.0);
    let leaves = coming.map(|class| match (&class.patience, &class.deadline) {
        (Some(law), _) => 1.0 / law.mean(),
        (None, Some(law)) if class.deadline_is_patience => 1.0 / law.mean(),
        (None, _) => 0.0,
    });
    let leaves = leaves.fold(f64::MAX, f64::min);
    RELAXATIONS * comes / forgets.max(leaves).min(slowest)
}

/// A run, and what is needed to read a metric from it.
struct Measure<'a> {
    setup: &'a Setup,
    unit_ms: f64,
    /// The group that each class asks first.
    first_groups: Vec<usize>,
    parts: Vec<Sums>,
    total: Sums,
}

impl<'a> Measure<'a> {
    fn new(setup: &'a Setup, system: &System, played: Played) -> Measure<'a> {
        let mut total = Sums::new(setup.classes.len(), setup.groups.len());
        played.parts.iter().for_each(|part| total.add(part));
        let first = |class: usize| {
            let said = setup.group_order.get(class).and_then(|order| order.first().copied());
            let said = said.filter(|_| setup.agent_selection == AgentSelection::Order);
            let serves = |group: &usize| setup.groups[*group].serves.contains_key(&class);
            said.or((0..setup.groups.len()).find(serves)).unwrap_or(0)
        };
        let first_groups = (0..setup.classes.len()).map(first).collect();
        Measure { setup, unit_ms: system.unit_ms, first_groups, parts: played.parts, total }
    }

    /// Of those who came by themselves.
    fn arrivals(&self) -> u64 {
        let classes = self.total.classes.iter().enumerate();
        classes.filter(|(class, _)| self.setup.comes(*class)).map(|(_, sums)| sums.arrivals).sum()
    }

    fn measured(&self, expected: &Expected, metric: Metric) -> Measured {
        let of = |sums: &Sums| metric.of(sums, self.setup, &self.first_groups, self.unit_ms);
        let parts: Vec<f64> = self.parts.iter().map(of).collect();
        let count = parts.len() as f64;
        let mean = parts.iter().sum::<f64>() / count;
        let squares: f64 = parts.iter().map(|part| (part - mean).powi(2)).sum();
        let arrivals = self.arrivals();
        Measured {
            value: of(&self.total),
            interval: Interval::of(&parts).half_width.filter(|half| half.is_finite()),
            arrivals,
            of_file: expected.rse1.map(|rse1| expected.value.abs() * rse1 / (arrivals as f64).sqrt()),
            of_run: (squares / (count - 1.0) / count).sqrt(),
        }
    }
}

/// What a run says of a metric, and its standard errors.
#[derive(Debug, Clone, Copy)]
struct Measured {
    value: f64,
    interval: Option<f64>,
    arrivals: u64,
    /// As the file knows it, for so many arrivals.
    of_file: Option<f64>,
    of_run: f64,
}

/// How much too small the run's own standard errors are, at least 1: parts that are short against the time in which the system forgets are
/// alike, and hide what differs from run to run. Where the file knows a metric's standard error, the run's own of the same metric shows it.
fn calibration(measured: &[Measured]) -> f64 {
    let ratios = measured.iter().filter_map(|own| Some(own.of_file? / own.of_run));
    ratios.filter(|ratio| ratio.is_finite()).fold(1.0, f64::max)
}

impl Measured {
    /// `rough` widens what the file knows, `short` what the run does.
    fn figure(&self, expected: &Expected, z: f64, rough: f64, short: f64) -> Figure {
        let own = self.of_run * short;
        let standard_error = self.of_file.map_or(own, |of_file| of_file * rough);
        let known = expected.half_width.unwrap_or(0.0) / STANDARD_ERRORS;
        // Not a number where nothing was measured, and then nothing is inside.
        let band = z * standard_error.hypot(known) + f64::EPSILON * expected.value.abs();
        let is_inside = (self.value - expected.value).abs() <= band;
        let is_wide = is_inside && band > WIDE * expected.value.abs() && expected.value != 0.0;
        let needed = self.arrivals as f64 * (z * standard_error / (0.1 * expected.value.abs())).powi(2);
        Figure {
            name: expected.name.clone(),
            expected: expected.value,
            measured: self.value,
            interval: self.interval,
            band,
            band_from: if self.of_file.is_some() { BandFrom::File } else { BandFrom::Run },
            verdict: if is_inside { Verdict::Inside } else { Verdict::Outside },
            contacts_needed: is_wide.then_some(needed.ceil() as u64),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(of_file: Option<f64>, of_run: f64) -> Measured {
        Measured { value: 1.0, interval: None, arrivals: 1000, of_file, of_run }
    }

    #[test]
    fn what_the_file_knows_shows_how_much_too_small_the_run_s_errors_are() {
        assert_eq!(
            calibration(&[measured(Some(0.3), 0.1), measured(Some(0.1), 0.2), measured(None, 0.01)]),
            0.3 / 0.1
        );
        assert_eq!(calibration(&[measured(Some(0.1), 0.2), measured(None, 0.01)]), 1.0);
        assert_eq!(calibration(&[measured(Some(0.0), 0.0), measured(Some(0.1), 0.0)]), 1.0, "nothing varied");
    }

    #[test]
    fn a_band_is_standard_errors_and_what_is_known_of_what_is_expected() {
        let expected =
            |half_width| Expected { name: "p_wait".to_owned(), value: 1.1, rse1: None, half_width };
        let of = |half_width| measured(None, 0.02).figure(&expected(half_width), 4.0, 1.0, 1.0);
        assert!((of(None).band - 0.08).abs() < 1e-9 && of(None).verdict == Verdict::Outside);
        // The root of 0.02^2 + 0.02^2, four times.
        let wide = of(Some(0.0392));
        assert!((wide.band - 0.113_137).abs() < 1e-6 && wide.verdict == Verdict::Inside);
        assert_eq!(wide.contacts_needed, None);
        let blind = measured(None, 0.2).figure(&expected(None), 4.0, 1.0, 1.0);
        assert_eq!(blind.contacts_needed, Some(52_893), "1,000 x (0.8 / 0.11)^2");
        assert_eq!(measured(None, f64::NAN).figure(&expected(None), 4.0, 1.0, 1.0).verdict, Verdict::Outside);
    }
}
