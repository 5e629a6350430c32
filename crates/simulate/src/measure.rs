//! What days are compared by. What each means stands in `workload::figures`.

use serde::Serialize;
use workload::DaySummary;

/// One figure of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Of contacts on live channels, in percent.
    ServiceLevel,
    ServiceLevelButShort,
    ServiceLevelOfAnswered,
    /// Seconds.
    Asa,
    WaitP90,
    /// Percent.
    Abandonment,
    Occupancy,
    /// Contacts that came.
    Contacts,
    Answered,
    /// Units of `steering`, and the same per contact that was answered.
    Cost,
    CostPerAnswered,
    DeadlinesMissed,
    /// Matters taken up by a second agent.
    RepeatedWork,
    RepeatedWhileOpen,
    /// Hours in hands of those.
    RepeatedHours,
    /// Of all rules of overflow.
    Switches,
}

impl Measure {
    pub const ALL: [Measure; 16] = [
        Measure::ServiceLevel,
        Measure::ServiceLevelButShort,
        Measure::ServiceLevelOfAnswered,
        Measure::Asa,
        Measure::WaitP90,
        Measure::Abandonment,
        Measure::Occupancy,
        Measure::Contacts,
        Measure::Answered,
        Measure::Cost,
        Measure::CostPerAnswered,
        Measure::DeadlinesMissed,
        Measure::RepeatedWork,
        Measure::RepeatedWhileOpen,
        Measure::RepeatedHours,
        Measure::Switches,
    ];

    /// For a table.
    pub fn name(self) -> &'static str {
        match self {
            Measure::ServiceLevel => "service level %",
            Measure::ServiceLevelButShort => "  but short abandons %",
            Measure::ServiceLevelOfAnswered => "  of the answered %",
            Measure::Asa => "ASA s",
            Measure::WaitP90 => "wait p90 s",
            Measure::Abandonment => "abandoned %",
            Measure::Occupancy => "occupancy %",
            Measure::Contacts => "contacts",
            Measure::Answered => "answered",
            Measure::Cost => "cost",
            Measure::CostPerAnswered => "  per answered",
            Measure::DeadlinesMissed => "deadlines missed",
            Measure::RepeatedWork => "duplicate work",
            Measure::RepeatedWhileOpen => "  while open",
            Measure::RepeatedHours => "  hours",
            Measure::Switches => "overflow switches",
        }
    }

    pub fn of(self, day: &DaySummary) -> f64 {
        let percent = |permille: u32| f64::from(permille) / 10.0;
        let seconds = |span: model::Millis| span.0 as f64 / 1000.0;
        let live = &day.live;
        match self {
            Measure::ServiceLevel => percent(live.service_level_permille),
            Measure::ServiceLevelButShort => percent(live.service_level_but_short_permille),
            Measure::ServiceLevelOfAnswered => percent(live.service_level_of_answered_permille),
            Measure::Asa => seconds(live.asa),
            Measure::WaitP90 => seconds(live.wait_p90),
            Measure::Abandonment => percent(live.abandoned_permille),
            Measure::Occupancy => percent(day.occupancy_permille),
            Measure::Contacts => day.whole.played.contacts as f64,
            Measure::Answered => day.whole.played.answered as f64,
            Measure::Cost => day.cost as f64,
            Measure::CostPerAnswered => day.cost as f64 / day.whole.played.answered.max(1) as f64,
            Measure::DeadlinesMissed => day.deadlines.missed as f64,
            Measure::RepeatedWork => day.repeats.second_agent as f64,
            Measure::RepeatedWhileOpen => day.repeats.while_open as f64,
            Measure::RepeatedHours => seconds(day.repeats.work) / 3600.0,
            Measure::Switches => day.rules.iter().map(|rule| rule.switches).sum::<u64>() as f64,
        }
    }
}
