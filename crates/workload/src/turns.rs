//! How often rules of overflow went on and off: a rule that does so all the time helps nobody.

use std::collections::BTreeMap;

use model::id::RuleName;
use model::time::{Millis, Time};
use serde::Serialize;

/// Of each rule when it was switched on or off; what only begins to turn does not count.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Turns(BTreeMap<RuleName, OneRule>);

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct OneRule {
    is_on: bool,
    switched: Vec<Time>,
}

/// What one rule did in a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleTurns {
    pub rule: RuleName,
    pub switches: u64,
    /// The most within any hour, wherever that begins.
    pub per_hour_max: u64,
    pub on_for: Millis,
}

impl Turns {
    pub fn note(&mut self, now: Time, rule: &RuleName, is_on: bool) {
        let of_rule = self.0.entry(rule.clone()).or_default();
        if of_rule.is_on != is_on {
            of_rule.is_on = is_on;
            of_rule.switched.push(now);
        }
    }

    pub fn by_rule(&self, end: Time) -> Vec<RuleTurns> {
        let one = |(rule, of_rule): (&RuleName, &OneRule)| RuleTurns {
            rule: rule.clone(),
            switches: of_rule.switched.len() as u64,
            per_hour_max: most_within_an_hour(&of_rule.switched),
            on_for: on_for(&of_rule.switched, end),
        };
        self.0.iter().map(one).collect()
    }
}

fn most_within_an_hour(switched: &[Time]) -> u64 {
    let from =
        |at: usize| switched[at..].iter().take_while(move |time| time.since(switched[at]) < Millis::HOUR);
    (0..switched.len()).map(|at| from(at).count() as u64).max().unwrap_or(0)
}

/// Every other one switches it on.
fn on_for(switched: &[Time], end: Time) -> Millis {
    let stretches = switched.chunks(2).map(|pair| pair.get(1).copied().unwrap_or(end).since(pair[0]).0);
    Millis(stretches.sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn switches_are_counted_within_any_hour() {
        let rule = RuleName::new("lend").expect("an id");
        let mut turns = Turns::default();
        // Rising and falling tell again what it is.
        for (minute, is_on) in
            [(0, false), (30, true), (31, true), (50, false), (80, true), (89, false), (120, true)]
        {
            turns.note(Time(minute * 60_000), &rule, is_on);
        }
        let minutes = |minutes: u64| Millis(minutes * 60_000);
        let end = Time(minutes(130).0);
        let on_for = minutes(20 + 9 + 10);
        assert_eq!(turns.by_rule(end), [RuleTurns { rule, switches: 5, per_hour_max: 4, on_for }]);
    }
}
