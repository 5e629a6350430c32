//! What a played day came to, beside what the real centre made of it.
//!
//! All lengths are in the day's own time, also when it was played faster. Waits are counted from the planned arrival,
//! so that a player who falls behind does not flatter the router.

use std::fmt;

use model::config::ServiceLevel;
use model::contact::Outcome;
use model::id::QueueId;
use model::time::Millis;
use serde::Serialize;

use crate::caller::Caller;
use crate::plan::{Plan, PlannedContact};
use crate::play::OfferCounts;

/// How the service level is counted here; other ways to count give other numbers.
pub const SERVICE_LEVEL_VARIANT: &str = "answered within the threshold / all offered";

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DaySummary {
    pub whole: Compared,
    pub by_queue: Vec<(QueueId, Compared)>,
    pub service_level_variant: &'static str,
    pub service_level_within: Millis,
    /// Time with contacts of all the time that agents were at work.
    pub occupancy_permille: u32,
    /// The same in the real centre; absent when the plan is of no real one.
    pub occupancy_permille_real: Option<u32>,
    pub offers_made: u64,
    pub offers_accepted: u64,
    pub offers_ended: u64,
    /// Contacts that came and have not exactly one outcome.
    pub lost: u64,
    /// Contacts that two agents had at the same time.
    pub assigned_twice: u64,
    /// How many times faster than life it was played.
    pub speed: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Compared {
    pub played: Figures,
    pub real: Option<Figures>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Figures {
    pub contacts: u64,
    pub answered: u64,
    pub abandoned: u64,
    pub service_level_permille: u32,
    /// Average speed of answer: mean wait of those who were answered.
    pub asa: Millis,
    /// Of all, also of those who left.
    pub wait_mean: Millis,
    /// Nearest rank.
    pub wait_p50: Millis,
    pub wait_p90: Millis,
    pub wait_max: Millis,
    /// Average handle time of those who were answered.
    pub aht: Millis,
}

/// One contact's part in the figures.
#[derive(Debug, Clone, Copy)]
struct Sample {
    end: SampleEnd,
    wait: Millis,
    handle: Millis,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SampleEnd {
    Answered,
    Abandoned,
    /// Cancelled, or not over yet.
    Other,
}

pub(crate) fn summarize(plan: &Plan, callers: &[Caller], offers: OfferCounts, at_work: Millis) -> DaySummary {
    let came = || callers.iter().filter(|caller| caller.record().created.is_some());
    let level = service_level(plan);
    let by_queue = plan.config.queues.iter().map(|queue| {
        let of_queue = |contact: &PlannedContact| contact.body.queue.as_ref() == Some(&queue.name);
        (queue.name.clone(), compare(callers, level.within, plan.speed, of_queue))
    });
    let held: u64 = callers.iter().map(|caller| caller.record().held.0).sum();
    DaySummary {
        whole: compare(callers, level.within, plan.speed, |_| true),
        by_queue: by_queue.collect(),
        service_level_variant: SERVICE_LEVEL_VARIANT,
        service_level_within: Millis(level.within.0 * u64::from(plan.speed)),
        occupancy_permille: permille(held, at_work.0),
        occupancy_permille_real: occupancy_real(plan),
        offers_made: offers.made,
        offers_accepted: offers.accepted,
        offers_ended: offers.ended,
        lost: came().filter(|caller| caller.record().is_lost()).count() as u64,
        assigned_twice: came().filter(|caller| caller.record().assigned_twice).count() as u64,
        speed: plan.speed,
    }
}

/// The first queue's; the plans of this crate have one for all.
fn service_level(plan: &Plan) -> ServiceLevel {
    let default = ServiceLevel { percent: 80, within: Millis::from_seconds(20) };
    plan.config.queues.first().map_or(default, |queue| queue.service_level)
}

fn compare(
    callers: &[Caller],
    within: Millis,
    speed: u32,
    is_meant: impl Fn(&PlannedContact) -> bool,
) -> Compared {
    let meant = || callers.iter().filter(|caller| is_meant(caller.planned()));
    let real: Vec<Sample> = meant().filter_map(|caller| real_sample(caller.planned())).collect();
    let threshold = Millis(within.0 * u64::from(speed));
    let played = meant().filter_map(|caller| played_sample(caller, speed)).collect();
    Compared {
        played: figures(played, threshold),
        real: (!real.is_empty()).then(|| figures(real, threshold)),
    }
}

fn played_sample(caller: &Caller, speed: u32) -> Option<Sample> {
    let record = caller.record();
    record.created?;
    let end = match (record.answered, record.outcome) {
        (Some(_), _) => SampleEnd::Answered,
        (None, Some(Outcome::Abandoned)) => SampleEnd::Abandoned,
        (
            None,
            Some(
                Outcome::Completed
                | Outcome::Cancelled
                | Outcome::Blocked
                | Outcome::TimedOut
                | Outcome::TurnedAway
                | Outcome::NotReached,
            )
            | None,
        ) => SampleEnd::Other,
    };
    let until = record.answered.or(record.ended);
    let wait = until.map_or(Millis::ZERO, |until| until.since(caller.planned().at));
    let slower = |span: Millis| Millis(span.0 * u64::from(speed));
    Some(Sample { end, wait: slower(wait), handle: slower(record.held) })
}

fn real_sample(contact: &PlannedContact) -> Option<Sample> {
    let real = contact.real?;
    let end = if real.answered { SampleEnd::Answered } else { SampleEnd::Abandoned };
    Some(Sample { end, wait: real.wait, handle: real.handle })
}

fn figures(samples: Vec<Sample>, threshold: Millis) -> Figures {
    let count = |end| samples.iter().filter(|sample| sample.end == end).count() as u64;
    let answered = || samples.iter().filter(|sample| sample.end == SampleEnd::Answered);
    let within = answered().filter(|sample| sample.wait <= threshold).count() as u64;
    let mut waits: Vec<Millis> = samples.iter().map(|sample| sample.wait).collect();
    waits.sort_unstable();
    Figures {
        contacts: samples.len() as u64,
        answered: count(SampleEnd::Answered),
        abandoned: count(SampleEnd::Abandoned),
        service_level_permille: permille(within, samples.len() as u64),
        asa: mean(answered().map(|sample| sample.wait)),
        wait_mean: mean(waits.iter().copied()),
        wait_p50: percentile(&waits, 50),
        wait_p90: percentile(&waits, 90),
        wait_max: waits.last().copied().unwrap_or(Millis::ZERO),
        aht: mean(answered().map(|sample| sample.handle)),
    }
}

fn occupancy_real(plan: &Plan) -> Option<u32> {
    let served: u64 = plan.contacts.iter().filter_map(|contact| contact.real).map(|real| real.handle.0).sum();
    let at_work = plan.shifts.iter().map(|shift| {
        let away: u64 = shift.absences.iter().map(|absence| absence.length.0).sum();
        shift.sign_out.since(shift.sign_in).0.saturating_sub(away) * u64::from(plan.speed)
    });
    plan.contacts.iter().any(|contact| contact.real.is_some()).then(|| permille(served, at_work.sum()))
}

fn mean(spans: impl Iterator<Item = Millis>) -> Millis {
    let (count, sum) = spans.fold((0, 0), |(count, sum), span| (count + 1, sum + span.0));
    Millis(sum / u64::max(1, count))
}

fn percentile(sorted: &[Millis], percent: usize) -> Millis {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(Millis::ZERO)
}

fn permille(part: u64, whole: u64) -> u32 {
    (part * 1000).checked_div(whole).unwrap_or(0) as u32
}

impl fmt::Display for DaySummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        heading(f)?;
        lines(f, "all", &self.whole)?;
        for (queue, compared) in &self.by_queue {
            lines(f, queue.as_str(), compared)?;
        }
        write!(f, "occupancy {}", percent(self.occupancy_permille))?;
        if let Some(real) = self.occupancy_permille_real {
            write!(f, " (the real centre {})", percent(real))?;
        }
        let within = self.service_level_within.0 / 1000;
        writeln!(f, ", service level = {}, threshold {within} s", self.service_level_variant)?;
        let (made, accepted, ended) = (self.offers_made, self.offers_accepted, self.offers_ended);
        writeln!(f, "offers {made}: accepted {accepted}, declined, expired or revoked {ended}")?;
        writeln!(f, "lost {}, assigned twice {}", self.lost, self.assigned_twice)
    }
}

fn heading(f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(
        f,
        "{:<12}{:>9}{:>10}{:>11}{:>8}{:>8}{:>8}{:>8}{:>8}{:>8}{:>8}",
        "seconds", "contacts", "answered", "abandoned", "SL", "ASA", "wait", "p50", "p90", "max", "AHT"
    )
}

fn lines(f: &mut fmt::Formatter<'_>, name: &str, compared: &Compared) -> fmt::Result {
    line(f, name, &compared.played)?;
    compared.real.as_ref().map_or(Ok(()), |real| line(f, "  real", real))
}

fn line(f: &mut fmt::Formatter<'_>, name: &str, figures: &Figures) -> fmt::Result {
    write!(f, "{name:<12}{:>9}{:>10}{:>11}", figures.contacts, figures.answered, figures.abandoned)?;
    write!(f, "{:>8}", percent(figures.service_level_permille))?;
    for span in
        [figures.asa, figures.wait_mean, figures.wait_p50, figures.wait_p90, figures.wait_max, figures.aht]
    {
        write!(f, "{:>8}", format!("{}.{}", span.0 / 1000, span.0 % 1000 / 100))?;
    }
    writeln!(f)
}

fn percent(permille: u32) -> String {
    format!("{}.{}%", permille / 10, permille % 10)
}
