//! Sends what is planned when it is planned, whatever became of what was sent before: the open loop.
//!
//! The pacer decides and has no clock: it is told the time and says what to do. Its laws, which the tests below hold over random
//! plans and clocks: nothing is sent before its instant; sent and dropped together are what was planned, each once and in order; what
//! is later than `late_max` is dropped and counted, so that a generator that was held up does not make up for it by a burst of
//! more than that time's worth; it always comes to its end.
//!
//! Latency is measured from the planned instant, so that a late sender makes the system look slow and not fast.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A sleeping thread looks this often whether the run was ended.
const NAP_MAX: Duration = Duration::from_millis(50);

/// What to do next. Numbers are places in the plan that the pacer was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing until then, in nanoseconds since the begin.
    Wait(u64),
    Send(usize),
    /// Too late; it is not sent at all.
    Drop(usize),
    Over,
}

#[derive(Debug)]
pub struct Pacer<'p> {
    /// Ascending, in nanoseconds since the begin.
    instants: &'p [u64],
    late_max: u64,
    next: usize,
}

impl<'p> Pacer<'p> {
    pub fn new(instants: &'p [u64], late_max: u64) -> Pacer<'p> {
        Pacer { instants, late_max, next: 0 }
    }

    /// `now` in nanoseconds since the begin.
    pub fn step(&mut self, now: u64) -> Step {
        let Some(planned) = self.instants.get(self.next) else { return Step::Over };
        if now < *planned {
            return Step::Wait(*planned);
        }
        let number = self.next;
        self.next += 1;
        if now - planned > self.late_max { Step::Drop(number) } else { Step::Send(number) }
    }
}

/// What one worker did with its share; the shares of all workers together are the plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sent {
    /// How much later than planned each was sent, in nanoseconds, by number in the plan; ascending.
    pub lags: Vec<(usize, u64)>,
    /// Too late to be sent, ascending.
    pub dropped: Vec<usize>,
    /// Not reached, because the run was ended before.
    pub unreached: u64,
}

impl Sent {
    /// The same whichever two are merged first.
    #[must_use]
    pub fn merged(mut self, other: Sent) -> Sent {
        self.lags.extend(other.lags);
        self.lags.sort_unstable();
        self.dropped.extend(other.dropped);
        self.dropped.sort_unstable();
        self.unreached += other.unreached;
        self
    }
}

/// Paces a share of a plan from `begin` on, in this thread. `numbers` are the contacts of the share, `instants` theirs, and `send` sends
/// one and says when it was sent, in nanoseconds since the begin.
pub fn pace(
    (numbers, instants): (&[usize], &[u64]),
    late_max: Duration,
    begin: Instant,
    is_ended: &AtomicBool,
    mut send: impl FnMut(usize) -> u64,
) -> Sent {
    let mut pacer = Pacer::new(instants, nanos(late_max));
    let mut sent = Sent::default();
    while !is_ended.load(Ordering::Relaxed) {
        match pacer.step(since(begin)) {
            Step::Wait(until) => {
                let nap = (begin + Duration::from_nanos(until)).saturating_duration_since(Instant::now());
                std::thread::sleep(nap.min(NAP_MAX));
            }
            Step::Send(at) => {
                let sent_at = send(numbers[at]);
                sent.lags.push((numbers[at], sent_at.saturating_sub(instants[at])));
            }
            Step::Drop(at) => sent.dropped.push(numbers[at]),
            Step::Over => break,
        }
    }
    sent.unreached = (numbers.len() - sent.lags.len() - sent.dropped.len()) as u64;
    sent
}

/// Nanoseconds since `begin`; 0 before it.
pub fn since(begin: Instant) -> u64 {
    nanos(Instant::now().saturating_duration_since(begin))
}

fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use workload::Rng;

    use super::*;

    const SEEDS: u64 = 500;
    const LATE_MAX: u64 = 1_000;

    fn random_instants(rng: &mut Rng) -> Vec<u64> {
        let mut at = 0;
        (0..rng.below(200))
            .map(|_| {
                at += rng.below(400);
                at
            })
            .collect()
    }

    /// One run against a clock that goes on by whatever `tick` says: what was sent when, and what was dropped.
    fn run(instants: &[u64], mut tick: impl FnMut(Step, u64) -> u64) -> (Vec<(usize, u64)>, Vec<usize>) {
        let mut pacer = Pacer::new(instants, LATE_MAX);
        let (mut sent, mut dropped, mut now) = (Vec::new(), Vec::new(), 0);
        // Each step sends, drops, or waits for an instant that then is there.
        for _ in 0..=2 * instants.len() {
            let step = pacer.step(now);
            match step {
                Step::Wait(until) => assert!(until > now, "a wait has an end"),
                Step::Send(at) => sent.push((at, now)),
                Step::Drop(at) => dropped.push(at),
                Step::Over => return (sent, dropped),
            }
            now = tick(step, now).max(now);
        }
        panic!("it does not come to an end");
    }

    fn after(step: Step, now: u64, lateness: u64) -> u64 {
        match step {
            Step::Wait(until) => until + lateness,
            Step::Send(_) | Step::Drop(_) | Step::Over => now + lateness,
        }
    }

    #[test]
    fn the_laws_hold_for_random_plans_and_clocks() {
        for seed in 0..SEEDS {
            let mut rng = Rng::stream(seed, "pacer", 0);
            let instants = random_instants(&mut rng);
            let (sent, dropped) = run(&instants, |step, now| {
                let lateness = if rng.permille(30) { rng.below(20_000) } else { rng.below(50) };
                after(step, now, lateness)
            });
            let mut all: Vec<usize> = sent.iter().map(|(at, _)| *at).chain(dropped.iter().copied()).collect();
            all.sort_unstable();
            assert_eq!(
                all,
                (0..instants.len()).collect::<Vec<_>>(),
                "seed {seed}: sent and dropped are the plan"
            );
            for (at, now) in &sent {
                assert!(*now >= instants[*at], "seed {seed}: {at} is early");
                assert!(now - instants[*at] <= LATE_MAX, "seed {seed}: {at} is later than it may be");
            }
            assert!(sent.is_sorted(), "seed {seed}: out of order");
        }
    }

    #[test]
    fn a_generator_that_keeps_up_drops_nothing_and_a_stall_costs_no_burst() {
        let instants: Vec<u64> = (0..1_000).map(|number| number * 10).collect();
        let (sent, dropped) = run(&instants, |step, now| after(step, now, 0));
        assert!(dropped.is_empty() && sent.iter().all(|(at, now)| instants[*at] == *now));
        // Held up for 5,000 in the middle: what is sent at once afterwards is what lies within LATE_MAX.
        let mut is_held = false;
        let (sent, dropped) = run(&instants, |step, now| {
            let stall = if !is_held && now >= 3_000 { 5_000 } else { 0 };
            is_held |= stall > 0;
            after(step, now, stall)
        });
        let burst = sent.iter().filter(|(at, now)| *now > instants[*at]).count() as u64;
        assert!(burst <= LATE_MAX / 10 + 1, "{burst}");
        assert_eq!(sent.len() + dropped.len(), 1_000);
        assert!(dropped.len() as u64 >= (5_000 - LATE_MAX) / 10 - 1, "{}", dropped.len());
    }

    #[test]
    fn merging_shares_does_not_depend_on_the_order() {
        for seed in 0..SEEDS {
            let mut rng = Rng::stream(seed, "merge", 0);
            let mut shares = vec![Sent::default(); 3];
            for number in 0..rng.below(60) as usize {
                let share = &mut shares[rng.below(3) as usize];
                match rng.below(3) {
                    0 => share.dropped.push(number),
                    1 => share.unreached += 1,
                    _ => share.lags.push((number, rng.below(100))),
                }
            }
            let [a, b, c] = [0, 1, 2].map(|at: usize| shares[at].clone());
            let left = a.clone().merged(b.clone()).merged(c.clone());
            assert_eq!(left, a.clone().merged(b.clone().merged(c.clone())), "seed {seed}");
            assert_eq!(left, c.merged(a).merged(b), "seed {seed}");
        }
    }

    #[test]
    fn a_real_clock_is_never_early_and_an_ended_run_counts_the_rest() {
        let instants: Vec<u64> = (0..50).map(|number| number * 1_000_000).collect();
        let numbers: Vec<usize> = (0..50).collect();
        let begin = Instant::now();
        let is_ended = AtomicBool::new(false);
        let mut sent = Vec::new();
        let limit = Duration::from_secs(10);
        let done = pace((&numbers, &instants), limit, begin, &is_ended, |number| {
            let now = since(begin);
            sent.push((number, now));
            now
        });
        assert!(sent.iter().all(|(number, now)| *now >= instants[*number]));
        assert_eq!((done.lags.len(), done.dropped.len(), done.unreached), (50, 0, 0));
        is_ended.store(true, Ordering::Relaxed);
        let done = pace((&numbers, &instants), limit, begin, &is_ended, |_| 0);
        assert_eq!((done.lags.len(), done.unreached), (0, 50));
    }
}
