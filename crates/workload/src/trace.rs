//! The committed trace of a real day, read from its text.
//!
//! What the columns mean and where they come from stands in `loadtest/traces/README.md`.

use std::fmt;

use model::time::Millis;

/// The calls of the "Anonymous Bank" day of 1999.
pub const BANK1999_DAY: &str = include_str!("../../../loadtest/traces/bank1999_day.csv");
/// Who worked that day, and when.
pub const BANK1999_AGENTS: &str = include_str!("../../../loadtest/traces/bank1999_agents.csv");

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// In order of arrival.
    pub calls: Vec<TraceCall>,
    pub agents: Vec<TraceAgent>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceCall {
    pub call: String,
    /// In lower case, as queues and skills are named.
    pub kind: String,
    pub priority: Priority,
    /// Since midnight.
    pub arrived: Millis,
    pub answered: bool,
    pub wait: Millis,
    /// Zero for a caller who hung up.
    pub service: Millis,
    /// Empty for a caller who hung up, and for a few answered calls.
    pub agent: String,
}

/// Whether the caller had the centre's head start, as far as overtaking shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    Yes,
    No,
    /// Nothing that happened depended on it.
    Unseen,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceAgent {
    pub name: String,
    /// In lower case.
    pub kinds: Vec<String>,
    pub from: Millis,
    pub to: Millis,
    /// From and to of each stretch in which the agent was evidently not available, ascending.
    pub away: Vec<(Millis, Millis)>,
}

/// A line that is not a trace's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceError {
    /// Counted from 1, the heading included.
    pub line: usize,
    pub what: &'static str,
}

impl fmt::Display for TraceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

impl std::error::Error for TraceError {}

impl Trace {
    pub fn read(calls: &str, agents: &str) -> Result<Trace, TraceError> {
        Ok(Trace {
            calls: rows(calls).map(read_call).collect::<Result<_, _>>()?,
            agents: read_agents(agents)?,
        })
    }

    /// The day that the product carries.
    pub fn bank1999() -> Trace {
        Trace::read(BANK1999_DAY, BANK1999_AGENTS).expect("the committed trace is read by a test")
    }
}

fn read_call((line, row): (usize, &str)) -> Result<TraceCall, TraceError> {
    let [call, kind, priority, arrived, outcome, wait, service, agent] = fields(line, row)?;
    Ok(TraceCall {
        call: call.to_owned(),
        kind: kind.to_ascii_lowercase(),
        priority: match priority {
            "yes" => Priority::Yes,
            "no" => Priority::No,
            "unseen" => Priority::Unseen,
            _ => return Err(TraceError { line, what: "a priority is yes, no or unseen" }),
        },
        arrived: seconds(line, arrived)?,
        answered: match outcome {
            "answered" => true,
            "abandoned" => false,
            _ => return Err(TraceError { line, what: "an outcome is answered or abandoned" }),
        },
        wait: seconds(line, wait)?,
        service: seconds(line, service)?,
        agent: agent.to_owned(),
    })
}

fn read_agents(text: &str) -> Result<Vec<TraceAgent>, TraceError> {
    let mut agents: Vec<TraceAgent> = Vec::new();
    for (line, row) in rows(text) {
        let [name, step, from, to, kinds] = fields(line, row)?;
        let (from, to) = (seconds(line, from)?, seconds(line, to)?);
        match step {
            "shift" => agents.push(TraceAgent {
                name: name.to_owned(),
                kinds: kinds.split_whitespace().map(str::to_ascii_lowercase).collect(),
                from,
                to,
                away: Vec::new(),
            }),
            "away" => match agents.last_mut().filter(|agent| agent.name == name) {
                Some(agent) => agent.away.push((from, to)),
                None => return Err(TraceError { line, what: "away stands before the agent's shift" }),
            },
            _ => return Err(TraceError { line, what: "a step is shift or away" }),
        }
    }
    Ok(agents)
}

/// Lines after the heading, with their numbers.
fn rows(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().skip(1).map(|(at, row)| (at + 1, row))
}

fn fields<const N: usize>(line: usize, row: &str) -> Result<[&str; N], TraceError> {
    let fields: Vec<&str> = row.split(',').collect();
    fields.try_into().map_err(|_| TraceError { line, what: "not as many columns as the heading" })
}

fn seconds(line: usize, text: &str) -> Result<Millis, TraceError> {
    let seconds: u32 =
        text.parse().map_err(|_| TraceError { line, what: "not a whole number of seconds" })?;
    Ok(Millis::from_seconds(u64::from(seconds)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `loadtest/traces/README.md` says of the day.
    #[test]
    fn the_day_adds_up() {
        let trace = Trace::bank1999();
        let answered: Vec<&TraceCall> = trace.calls.iter().filter(|call| call.answered).collect();
        assert_eq!((trace.calls.len(), answered.len(), trace.agents.len()), (2239, 1511, 18));
        let of_kind = |kind| trace.calls.iter().filter(|call| call.kind == kind).count();
        assert_eq!(["ps", "pe", "ne", "in", "nw", "tt"].map(of_kind), [1540, 13, 140, 130, 400, 16]);
        let priority = |which| trace.calls.iter().filter(|call| call.priority == which).count();
        assert_eq!([Priority::Yes, Priority::No, Priority::Unseen].map(priority), [324, 286, 1629]);

        let service: u64 = answered.iter().map(|call| call.service.0).sum();
        assert_eq!(service / answered.len() as u64, 193_785, "mean service, milliseconds");
        assert_eq!(answered.iter().filter(|call| call.wait.is_zero()).count(), 268);
        assert!(trace.calls.is_sorted_by_key(|call| call.arrived));
        for agent in &trace.agents {
            assert!(agent.away.iter().flat_map(|away| [away.0, away.1]).is_sorted(), "{}", agent.name);
            assert!(
                agent.away.iter().all(|away| agent.from <= away.0 && away.1 <= agent.to),
                "{}",
                agent.name
            );
        }
    }

    #[test]
    fn a_bad_line_is_named() {
        let error = |calls: &str| Trace::read(calls, "heading\n").expect_err("a bad trace");
        assert_eq!(error("heading\n0001,PS,yes,1\n").line, 2);
        assert_eq!(error("heading\n0001,PS,yes,1,gone,0,0,\n").what, "an outcome is answered or abandoned");
        assert_eq!(
            Trace::read("heading\n", "heading\nann,away,1,2,\n").expect_err("no shift").to_string(),
            "line 2: away stands before the agent's shift"
        );
    }
}
