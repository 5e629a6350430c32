//! The highest load that still holds: doubled until it does not, then halved in between.
//!
//! Pure: it is told what came of a load and says which one to try next. Loads are factors of the scenario's own, and steps are
//! ratios, since whether a cluster bears 100 or 105 contacts a second matters as much as 1000 or 1050.

/// Beyond this no machine generates the load, or nothing is left of it.
const FACTOR_MAX: f64 = 1_024.0;
const FACTOR_MIN: f64 = 1.0 / 64.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    Yes,
    No,
    /// The generator fell behind: that says nothing about the router, but that no higher load can be tried from here.
    Unknown,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    /// Highest and lowest load lie no further apart in the end.
    ratio: f64,
    /// The highest that held.
    low: Option<f64>,
    /// The lowest that did not, and whether that was the generator's fault.
    high: Option<(f64, Held)>,
}

impl Search {
    /// Ends when what held and what did not differ by no more than this share.
    pub fn new(precision: f64) -> Search {
        Search { ratio: 1.0 + precision.max(0.01), low: None, high: None }
    }

    /// The next factor to try; nothing when the answer is known.
    pub fn next(&self) -> Option<f64> {
        match (self.low, self.high) {
            (None, None) => Some(1.0),
            (Some(low), None) => Some(low * 2.0).filter(|next| *next <= FACTOR_MAX),
            (None, Some((high, _))) => Some(high / 2.0).filter(|next| *next >= FACTOR_MIN),
            (Some(low), Some((high, _))) => (high / low > self.ratio).then(|| (low * high).sqrt()),
        }
    }

    pub fn tell(&mut self, factor: f64, held: Held) {
        match held {
            Held::Yes => self.low = Some(self.low.map_or(factor, |low| low.max(factor))),
            Held::No | Held::Unknown => {
                if self.high.is_none_or(|(high, _)| factor < high) {
                    self.high = Some((factor, held));
                }
            }
        }
    }

    /// The highest factor that held.
    pub fn found(&self) -> Option<f64> {
        self.low
    }

    /// The router bears at least what was found: it was the generator that could do no more.
    pub fn is_lower_bound(&self) -> bool {
        self.high.is_none_or(|(_, held)| held == Held::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use workload::Rng;

    use super::*;

    /// The loads that are tried against a cluster that bears `limit` and a generator that can do `most`.
    fn search(limit: f64, most: f64) -> (Search, usize) {
        let mut search = Search::new(0.1);
        let mut tried = 0;
        while let Some(factor) = search.next() {
            tried += 1;
            assert!(tried < 100, "it comes to its end");
            let held = match factor {
                _ if factor > most => Held::Unknown,
                _ if factor > limit => Held::No,
                _ => Held::Yes,
            };
            search.tell(factor, held);
        }
        (search, tried)
    }

    #[test]
    fn what_is_found_lies_within_a_tenth_below_the_limit() {
        for seed in 0..300 {
            let mut rng = Rng::stream(seed, "search", 0);
            let limit = 0.02 + rng.unit() * 900.0 * rng.unit();
            let (search, tried) = search(limit, f64::MAX);
            let found = search.found().expect("the least load holds");
            assert!(found <= limit && found * 1.1 >= limit, "seed {seed}: {found} of {limit}");
            assert!(tried < 25 && !search.is_lower_bound(), "seed {seed}: {tried}");
        }
    }

    #[test]
    fn a_generator_that_can_do_no_more_is_no_limit_of_the_router() {
        let (search, _) = search(50.0, 10.0);
        assert!(search.is_lower_bound());
        assert!(search.found().is_some_and(|found| found <= 10.0 && found * 1.1 >= 10.0));
        let (search, _) = self::search(0.001, f64::MAX);
        assert_eq!(search.found(), None);
    }
}
