//! What a run came to, in one word and as an exit code.

use std::process::ExitCode;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub const EXIT_CODES: &str = "\
Exit codes:
    0  passed, or nothing was to be judged
    1  something else went wrong: a program that could not be started, a file that could not be written
    2  used wrongly, or the scenario is refused
    3  a threshold was not reached
    4  an invariant was broken: a contact lost, at two agents at once, or what the outside checker found
    5  the generator fell behind, so the run says nothing about the router
    6  the servers or the tenant cannot be reached
  130  interrupted";

/// A run is judged in this order: what is broken is broken, however slow the generator was, and a threshold says nothing where the
/// generator fell behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Everything that was asked for holds.
    Pass,
    /// A threshold was not reached.
    Threshold,
    /// The generator fell behind: the figures say nothing about the router.
    Invalid,
    /// Something happened that must never happen.
    Invariant,
    /// Ended before its end; nothing was judged.
    Interrupted,
}

impl Verdict {
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Pass => "PASS",
            Verdict::Threshold => "FAIL (threshold)",
            Verdict::Invalid => "INVALID (generator)",
            Verdict::Invariant => "FAIL (invariant)",
            Verdict::Interrupted => "INTERRUPTED",
        }
    }

    pub fn exit(self) -> Exit {
        match self {
            Verdict::Pass => Exit::Pass,
            Verdict::Threshold => Exit::Threshold,
            Verdict::Invalid => Exit::Invalid,
            Verdict::Invariant => Exit::Invariant,
            Verdict::Interrupted => Exit::Interrupted,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Pass,
    Error,
    Usage,
    Threshold,
    Invariant,
    Invalid,
    Unreachable,
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Pass => 0,
            Exit::Error => 1,
            Exit::Usage => 2,
            Exit::Threshold => 3,
            Exit::Invariant => 4,
            Exit::Invalid => 5,
            Exit::Unreachable => 6,
            Exit::Interrupted => 130,
        })
    }
}
