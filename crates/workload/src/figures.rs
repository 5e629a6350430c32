//! What the figures of a day mean: every definition once, with its formula, for all who report any.
//!
//! | figure | formula | of |
//! |---|---|---|
//! | offered | all that came | contacts |
//! | answered | accepted by an agent, ever | contacts |
//! | abandoned | left by the customer before any agent accepted | contacts |
//! | abandonment | abandoned / offered | |
//! | service level | answered within t / offered | [`SERVICE_LEVEL_VARIANT`] |
//! | .. but short | answered within t / (offered - abandoned within t) | who leaves at once counts for nobody |
//! | .. of answered | answered within t / answered | flatters whoever loses many |
//! | ASA | mean wait | of the answered |
//! | AHT | mean time in hands, wrap-up included | of the answered |
//! | occupancy | time with something in hands / time at work | of agents; at work is signed in and not on a break |
//! | cost | sum over the answered of what the channel costs on which they were first accepted (`steering`) | |
//!
//! A wait lasts from the planned arrival, or the time that was agreed upon, to the first acceptance; of a contact that had none to
//! its end, and of one that is open still to that of the day. t is what the contact's queue promises (`service_level.within`).
//! Percentiles are nearest ranks.
//!
//! The three service levels are those that practice knows and that differ once people leave: O. Jouini, G. Koole and A. Roubos,
//! "Performance indicators for call centers with impatient customers", IIE Transactions 45, 2013.

use model::time::Millis;
use serde::Serialize;

/// How the service level is counted where only one is shown; the others are called what they leave out.
pub const SERVICE_LEVEL_VARIANT: &str = "answered within the threshold / all offered";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Figures {
    pub contacts: u64,
    pub answered: u64,
    pub abandoned: u64,
    pub abandoned_permille: u32,
    pub service_level_permille: u32,
    /// Without those who left within the threshold.
    pub service_level_but_short_permille: u32,
    pub service_level_of_answered_permille: u32,
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
pub struct Sample {
    pub end: SampleEnd,
    pub wait: Millis,
    pub handle: Millis,
    /// What its queue promises.
    pub within: Millis,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SampleEnd {
    Answered,
    Abandoned,
    /// Cancelled, turned away, or not over yet.
    Other,
}

pub fn figures(samples: &[Sample]) -> Figures {
    let of = |end| samples.iter().filter(move |sample| sample.end == end);
    let within = |end| of(end).filter(|sample| sample.wait <= sample.within).count() as u64;
    let (offered, answered) = (samples.len() as u64, of(SampleEnd::Answered).count() as u64);
    let (abandoned, in_time) = (of(SampleEnd::Abandoned).count() as u64, within(SampleEnd::Answered));
    let mut waits: Vec<Millis> = samples.iter().map(|sample| sample.wait).collect();
    waits.sort_unstable();
    Figures {
        contacts: offered,
        answered,
        abandoned,
        abandoned_permille: permille(abandoned, offered),
        service_level_permille: permille(in_time, offered),
        service_level_but_short_permille: permille(in_time, offered - within(SampleEnd::Abandoned)),
        service_level_of_answered_permille: permille(in_time, answered),
        asa: mean(of(SampleEnd::Answered).map(|sample| sample.wait)),
        wait_mean: mean(waits.iter().copied()),
        wait_p50: percentile(&waits, 50),
        wait_p90: percentile(&waits, 90),
        wait_max: waits.last().copied().unwrap_or(Millis::ZERO),
        aht: mean(of(SampleEnd::Answered).map(|sample| sample.handle)),
    }
}

/// Zero of nothing.
pub fn mean(spans: impl Iterator<Item = Millis>) -> Millis {
    let (count, sum) = spans.fold((0, 0), |(count, sum), span| (count + 1, sum + span.0));
    Millis(sum / u64::max(1, count))
}

fn percentile(sorted: &[Millis], percent: usize) -> Millis {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(Millis::ZERO)
}

/// Rounded down; zero of nothing.
pub fn permille(part: u64, whole: u64) -> u32 {
    (part * 1000).checked_div(whole).unwrap_or(0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_service_levels_differ_as_they_are_defined() {
        let sample = |end, wait: u64| Sample {
            end,
            wait: Millis::from_seconds(wait),
            handle: Millis::from_seconds(60),
            within: Millis::from_seconds(20),
        };
        let samples = [
            sample(SampleEnd::Answered, 0),
            sample(SampleEnd::Answered, 20),
            sample(SampleEnd::Answered, 40),
            sample(SampleEnd::Abandoned, 5),
            sample(SampleEnd::Abandoned, 90),
            sample(SampleEnd::Other, 0),
        ];
        let figures = figures(&samples);
        assert_eq!((figures.contacts, figures.answered, figures.abandoned), (6, 3, 2));
        assert_eq!(figures.abandoned_permille, 333);
        assert_eq!(figures.service_level_permille, 333, "2 of 6");
        assert_eq!(figures.service_level_but_short_permille, 400, "2 of 5");
        assert_eq!(figures.service_level_of_answered_permille, 666, "2 of 3");
        assert_eq!((figures.asa, figures.aht), (Millis(20_000), Millis(60_000)));
        assert_eq!((figures.wait_p50, figures.wait_max), (Millis(5_000), Millis(90_000)));
    }

    #[test]
    fn nothing_has_no_figures() {
        assert_eq!(figures(&[]), Figures::default());
    }
}
