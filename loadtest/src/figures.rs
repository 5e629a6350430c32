//! How each figure of a summary is worked out from the entries of all contacts.

use std::collections::{BTreeMap, BTreeSet};

use model::Outcome;
use model::config::TenantConfig;

use crate::book::Entry;
use crate::pacer::Sent;
use crate::record::{self, Record};
use crate::run::Played;
use crate::scenario::{Flow, Loaded, Scenario};
use crate::summary::{FlowFigures, Latency, Point, Second};
use crate::threshold::{Bound, Count, Figure, Series, Share, Statistic};
use crate::units::{NANOS_PER_MILLI, NANOS_PER_SECOND};

/// Of the heat map: below 1 ms, 2 ms and so on, each twice the one before; the last takes all that is longer.
pub const WAIT_BUCKETS: usize = 17;

/// Every latency of every contact; those of the warm-up too, in their seconds.
pub fn record(played: &Played, entries: &[(usize, Entry)]) -> Record {
    let mut record = Record::default();
    for (number, lag) in &played.sent.lags {
        let planned = played.book.planned(*number);
        record.add(Series::SendLag, planned.flow, planned.at, *lag);
    }
    for (number, entry) in entries {
        let planned = played.book.planned(*number);
        let mut add = |series, from: Option<u64>, to: Option<u64>| {
            if let (Some(from), Some(to)) = (from, to) {
                record.add(series, planned.flow, planned.at, to.saturating_sub(from));
            }
        };
        let at = Some(planned.at);
        add(Series::Stored, entry.sent, entry.stored.map(|(stored, _)| stored));
        add(Series::Decided, at, entry.decided);
        add(Series::Wait, at, entry.offered);
        add(Series::Answer, at, entry.answered);
        if !entry.queued {
            add(Series::Response, at, entry.offered);
            add(Series::Service, entry.sent, entry.offered);
        }
    }
    record
}

pub fn planned_and_dropped(played: &Played) -> (u64, u64) {
    let Sent { dropped, unreached, .. } = &played.sent;
    (played.book.len() as u64 - unreached, dropped.len() as u64)
}

/// Counts by flow, without the warm-up.
#[derive(Debug)]
pub struct Tally {
    flows: Vec<FlowFigures>,
    /// Of each flow: in time, and not.
    levels: Vec<(u64, u64)>,
    warm_up: u64,
    everything: (u64, u64),
}

impl Tally {
    pub fn new(loaded: &Loaded, played: &Played, entries: &[(usize, Entry)], warm_up: u64) -> Tally {
        let scenario = &loaded.scenario;
        let within: Vec<u64> =
            scenario.flows.iter().map(|flow| scenario.answer_within(flow, &loaded.config).nanos()).collect();
        let flows = scenario.flows.iter().zip(&within).map(|(flow, within)| FlowFigures {
            flow: flow.name.get_ref().clone(),
            answer_within_ms: Some(within / NANOS_PER_MILLI),
            service_level_target: target(flow, &loaded.config),
            ..FlowFigures::default()
        });
        let mut tally = Tally {
            flows: flows.collect(),
            levels: vec![(0, 0); scenario.flows.len()],
            warm_up,
            everything: planned_and_dropped(played),
        };
        let dropped: BTreeSet<usize> = played.sent.dropped.iter().copied().collect();
        for (number, entry) in entries {
            let planned = played.book.planned(*number);
            // What was not reached when somebody ended the run was not planned for it either.
            let is_reached = entry.sent.is_some() || dropped.contains(number);
            if planned.at < warm_up || !is_reached {
                continue;
            }
            tally.flows[planned.flow].count(entry);
            if let Some(is_in_time) = in_time(entry, planned.at, within[planned.flow]) {
                let (good, bad) = &mut tally.levels[planned.flow];
                *(if is_in_time { good } else { bad }) += 1;
            }
        }
        tally
    }

    /// Planned and dropped contacts of the whole run.
    pub fn everything(&self) -> (u64, u64) {
        self.everything
    }

    /// Of one flow, or of all.
    pub fn figures(&self, flow: Option<usize>, scenario: &Scenario, record: &Record) -> FlowFigures {
        let mut figures = match flow {
            Some(flow) => self.flows[flow].clone(),
            None => self.flows.iter().fold(FlowFigures::default(), FlowFigures::plus),
        };
        if flow.is_none() {
            figures.flow = "all".to_owned();
            figures.service_level_target = None;
            figures.answer_within_ms = match self.flows.as_slice() {
                [only] => only.answer_within_ms,
                _ => None,
            };
        }
        figures.service_level = self.service_level(flow);
        for series in Series::ALL {
            let all = record.all(|key| key.series == series && self.is_meant(key, flow));
            if let Some(latency) = Latency::of_some(&all) {
                figures.latency.insert(series.name().to_owned(), latency);
            }
        }
        debug_assert_eq!(self.flows.len(), scenario.flows.len());
        figures
    }

    fn service_level(&self, flow: Option<usize>) -> Option<f64> {
        let meant =
            self.levels.iter().enumerate().filter(|(place, _)| flow.is_none_or(|flow| flow == *place));
        let (good, bad) = meant.fold((0, 0), |(good, bad), (_, level)| (good + level.0, bad + level.1));
        (good + bad > 0).then(|| good as f64 / (good + bad) as f64)
    }

    fn is_meant(&self, key: &record::Key, flow: Option<usize>) -> bool {
        // The warm-up ends with a second, as far as latencies go.
        let from = self.warm_up.div_ceil(NANOS_PER_SECOND);
        key.second >= from && flow.is_none_or(|flow| flow == key.flow)
    }
}

impl FlowFigures {
    fn count(&mut self, entry: &Entry) {
        let yes = u64::from;
        let is_abandoned = entry.ended.is_some_and(|(_, outcome)| outcome == Outcome::Abandoned);
        self.planned += 1;
        self.sent += yes(entry.sent.is_some());
        self.dropped += yes(entry.sent.is_none());
        self.stored += yes(entry.stored.is_some());
        self.unacknowledged += yes(entry.is_unknown);
        self.refused += yes(entry.is_refused);
        self.queued += yes(entry.queued);
        self.offered += yes(entry.offered.is_some());
        self.answered += yes(entry.answered.is_some());
        self.abandoned += yes(is_abandoned);
        let is_answered = entry.answered.is_some() || is_abandoned || entry.is_refused;
        self.unanswered += yes(entry.stored.is_some() && !is_answered);
    }

    fn plus(self, other: &FlowFigures) -> FlowFigures {
        FlowFigures {
            planned: self.planned + other.planned,
            sent: self.sent + other.sent,
            dropped: self.dropped + other.dropped,
            stored: self.stored + other.stored,
            unacknowledged: self.unacknowledged + other.unacknowledged,
            refused: self.refused + other.refused,
            queued: self.queued + other.queued,
            offered: self.offered + other.offered,
            answered: self.answered + other.answered,
            abandoned: self.abandoned + other.abandoned,
            unanswered: self.unanswered + other.unanswered,
            ..self
        }
    }
}

/// Percentiles for a plot whose axis stretches towards the maximum: ten for each factor of ten that is left, as far as there are values.
pub fn curves(tally: &Tally, record: &Record) -> BTreeMap<String, Vec<Point>> {
    let mut curves = BTreeMap::new();
    for series in Series::ALL {
        let all = record.all(|key| key.series == series && tally.is_meant(key, None));
        if all.is_empty() {
            continue;
        }
        let tenths = (10.0 * (all.len() as f64).log10()).ceil() as i32;
        let percents = (0..=tenths).map(|tenth| 100.0 - 100.0 * 10_f64.powf(-f64::from(tenth) / 10.0));
        let value = |percent| record::statistic(&all, Statistic::Percentile(percent)).unwrap_or(0);
        let points = percents.map(|percent| Point { percent, ns: value(percent) }).collect();
        curves.insert(series.name().to_owned(), points);
    }
    curves
}

fn target(flow: &Flow, config: &TenantConfig) -> Option<f64> {
    let queue = config.queues.iter().find(|queue| queue.name == *flow.queue.get_ref())?;
    Some(f64::from(queue.service_level.percent) / 100.0)
}

/// Whether it counts as answered in time; nothing of who gave up in that time, and of what was never sent.
fn in_time(entry: &Entry, planned: u64, within: u64) -> Option<bool> {
    entry.sent?;
    if let Some(answered) = entry.answered {
        return Some(answered.saturating_sub(planned) <= within);
    }
    match entry.ended {
        Some((at, Outcome::Abandoned)) if at.saturating_sub(planned) <= within => None,
        Some(_) | None => Some(false),
    }
}

/// What a threshold is about; nothing where nothing was measured.
pub fn find(
    figure: &Figure,
    flow: Option<usize>,
    tally: &Tally,
    record: &Record,
    outages: &[u64],
) -> Option<Bound> {
    let counts = match flow {
        Some(flow) => tally.flows[flow].clone(),
        None => tally.flows.iter().fold(FlowFigures::default(), FlowFigures::plus),
    };
    let share = |part: u64, whole: u64| (whole > 0).then(|| Bound::Share(part as f64 / whole as f64));
    match figure {
        Figure::Latency { series, statistic } => {
            let all = record.all(|key| key.series == *series && tally.is_meant(key, flow));
            record::statistic(&all, *statistic).map(Bound::Nanos)
        }
        Figure::Share(Share::ServiceLevel) => tally.service_level(flow).map(Bound::Share),
        Figure::Share(Share::Abandoned) => share(counts.abandoned, counts.stored),
        Figure::Share(Share::Queued) => share(counts.queued, counts.stored),
        Figure::Share(Share::Sent) => share(counts.sent, counts.planned),
        Figure::Count(Count::Dropped) => Some(Bound::Count(counts.dropped)),
        Figure::Count(Count::Unacknowledged) => Some(Bound::Count(counts.unacknowledged)),
        Figure::Count(Count::Refused) => Some(Bound::Count(counts.refused)),
        Figure::Count(Count::Unanswered) => Some(Bound::Count(counts.unanswered)),
        Figure::Outage => outages.iter().max().copied().map(Bound::Nanos),
    }
}

/// Of each fault: the longest time without a decision that ended after it began, and before the next one or the end of the plan.
/// Only meaningful while contacts keep coming, which is why it ends with the plan.
pub fn outages(played: &Played, entries: &[(usize, Entry)]) -> Vec<u64> {
    let mut decisions: Vec<u64> = entries
        .iter()
        .flat_map(|(_, entry)| [entry.decided, entry.answered, entry.ended.map(|(at, _)| at)])
        .flatten()
        .collect();
    decisions.sort_unstable();
    let begins: Vec<u64> = played.faults.iter().map(|fault| fault.at).collect();
    longest_silences(&decisions, &begins, played.book.plan.length)
}

fn longest_silences(decisions: &[u64], faults: &[u64], end: u64) -> Vec<u64> {
    let of = |(place, from): (usize, &u64)| {
        let until = faults.get(place + 1).copied().unwrap_or(end).max(*from);
        let first = decisions.partition_point(|at| *at <= *from);
        let before = decisions[..first].last().copied().unwrap_or(*from);
        let inside = decisions[first..].iter().take_while(|at| **at <= until).copied();
        // A silence that lasts beyond the next fault is this one's as far as it goes.
        let all = [before].into_iter().chain(inside).chain([until]).collect::<Vec<_>>();
        all.windows(2).map(|pair| pair[1].saturating_sub(pair[0].max(*from))).max().unwrap_or(0)
    };
    faults.iter().enumerate().map(of).collect()
}

/// One for each second of the run until everything had ended.
pub fn seconds(loaded: &Loaded, played: &Played, entries: &[(usize, Entry)], record: &Record) -> Vec<Second> {
    let last_end = entries.iter().filter_map(|(_, entry)| entry.ended.map(|(at, _)| at)).max().unwrap_or(0);
    let end = last_end.max(played.book.plan.length);
    let count = (end.div_ceil(NANOS_PER_SECOND)).max(1);
    let scenario = &loaded.scenario;
    let within: Vec<u64> =
        scenario.flows.iter().map(|flow| scenario.answer_within(flow, &loaded.config).nanos()).collect();
    let mut seconds: Vec<Second> = (0..count)
        .map(|second| Second { second, wait_buckets: vec![0; WAIT_BUCKETS], ..Second::default() })
        .collect();
    let mut levels = vec![(0_u64, 0_u64); seconds.len()];
    for (number, entry) in entries {
        let planned = played.book.planned(*number);
        let place = ((planned.at / NANOS_PER_SECOND) as usize).min(seconds.len() - 1);
        let own = &mut seconds[place];
        own.planned += 1;
        own.sent += u64::from(entry.sent.is_some());
        own.offered += u64::from(entry.offered.is_some());
        if let Some(is_in_time) = in_time(entry, planned.at, within[planned.flow]) {
            let (good, bad) = &mut levels[place];
            *(if is_in_time { good } else { bad }) += 1;
        }
        count_open(&mut seconds, entry, planned.at);
        if let Some(offered) = entry.offered {
            let at = ((offered / NANOS_PER_SECOND) as usize).min(seconds.len() - 1);
            seconds[at].wait_buckets[bucket(offered.saturating_sub(planned.at))] += 1;
        }
    }
    for number in &played.sent.dropped {
        let place = (played.book.planned(*number).at / NANOS_PER_SECOND) as usize;
        if let Some(second) = seconds.get_mut(place) {
            second.dropped += 1;
        }
    }
    for (second, (good, bad)) in seconds.iter_mut().zip(levels) {
        let of =
            |series| Latency::of_some(&record.all(|key| key.second == second.second && key.series == series));
        (second.response, second.wait) = (of(Series::Response), of(Series::Wait));
        second.service_level = (good + bad > 0).then(|| good as f64 / (good + bad) as f64);
    }
    seconds
}

/// At the end of each second in which it is open.
fn count_open(seconds: &mut [Second], entry: &Entry, planned: u64) {
    let Some((stored, _)) = entry.stored.filter(|_| !entry.is_refused) else { return };
    let never = seconds.len() as u64 * NANOS_PER_SECOND;
    let ended = entry.ended.map_or(never, |(at, _)| at);
    let answered = entry.answered.unwrap_or(ended).min(ended);
    for place in (stored / NANOS_PER_SECOND)..(ended / NANOS_PER_SECOND).min(seconds.len() as u64) {
        let now = (place + 1) * NANOS_PER_SECOND;
        let second = &mut seconds[place as usize];
        if now <= answered {
            second.waiting += 1;
            second.oldest_ms = second.oldest_ms.max((now - planned) / NANOS_PER_MILLI);
        } else if now <= ended {
            second.in_hands += 1;
        }
    }
}

fn bucket(nanos: u64) -> usize {
    let millis = nanos / NANOS_PER_MILLI;
    (64 - millis.leading_zeros() as usize).min(WAIT_BUCKETS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = NANOS_PER_SECOND;

    #[test]
    fn an_outage_is_the_longest_silence_after_a_fault() {
        let decisions = [1, 2, 3, 9, 10, 11, 14, 15].map(|at| at * SECOND);
        assert_eq!(longest_silences(&decisions, &[4 * SECOND], 15 * SECOND), [5 * SECOND]);
        assert_eq!(
            longest_silences(&decisions, &[4 * SECOND, 11 * SECOND], 15 * SECOND),
            [5 * SECOND, 3 * SECOND]
        );
        // Nothing comes any more: it lasts until the end.
        assert_eq!(longest_silences(&decisions, &[12 * SECOND], 60 * SECOND), [45 * SECOND]);
        assert_eq!(longest_silences(&[], &[2 * SECOND], 10 * SECOND), [8 * SECOND]);
    }

    #[test]
    fn who_gives_up_in_time_is_left_out_and_who_gives_up_late_counts() {
        let entry = |answered, ended| Entry { sent: Some(0), answered, ended, ..Entry::default() };
        let left = |at| Some((at, Outcome::Abandoned));
        assert_eq!(in_time(&entry(Some(5), None), 0, 5), Some(true));
        assert_eq!(in_time(&entry(Some(6), None), 0, 5), Some(false));
        assert_eq!(in_time(&entry(None, left(5)), 0, 5), None);
        assert_eq!(in_time(&entry(None, left(6)), 0, 5), Some(false));
        assert_eq!(in_time(&entry(None, Some((3, Outcome::Cancelled))), 0, 5), Some(false));
        assert_eq!(in_time(&entry(None, None), 0, 5), Some(false));
        assert_eq!(in_time(&Entry::default(), 0, 5), None, "never sent");
    }

    #[test]
    fn what_is_open_is_counted_at_the_end_of_each_second() {
        let mut seconds = vec![Second::default(); 6];
        let entry = Entry {
            sent: Some(0),
            stored: Some((SECOND / 2, 1)),
            answered: Some(2 * SECOND + 1),
            ended: Some((4 * SECOND + 1, Outcome::Completed)),
            ..Entry::default()
        };
        count_open(&mut seconds, &entry, 0);
        let waiting: Vec<u64> = seconds.iter().map(|second| second.waiting).collect();
        let in_hands: Vec<u64> = seconds.iter().map(|second| second.in_hands).collect();
        assert_eq!(waiting, [1, 1, 0, 0, 0, 0]);
        assert_eq!(in_hands, [0, 0, 1, 1, 0, 0]);
        assert_eq!(seconds[1].oldest_ms, 2_000);
    }

    #[test]
    fn buckets_double() {
        let millis = |millis: u64| bucket(millis * NANOS_PER_MILLI);
        assert_eq!([millis(0), millis(1), millis(2), millis(3), millis(4)], [0, 1, 2, 2, 3]);
        assert_eq!(millis(1 << 40), WAIT_BUCKETS - 1);
    }
}
