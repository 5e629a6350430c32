//! How well an agent fits a profile that it serves: its tier in the column.

use model::{SkillLevel, skill};

use super::classes::Score;
use crate::mutants::{self, Mutant};
use crate::state::profiles::ProfileKey;

/// Levels of 16 required skills together, and nobody.
const SUMS: Score = 16 * 10 + 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fit {
    /// Of its levels on what is required.
    sum: u16,
    /// How many of the preferred skills it has.
    preferred: u8,
}

impl Fit {
    /// Nothing for one who does not have what is required.
    pub fn of(skills: &[SkillLevel], key: &ProfileKey) -> Option<Fit> {
        let sum = skill::score(skills, &key.requirement)?;
        let preferred =
            key.preference.as_ref().map_or(0, |preference| skill::preferred_had(skills, preference));
        Some(Fit { sum, preferred })
    }

    /// What is preferred comes before levels, where those count at all.
    pub fn score(self, by_levels: bool) -> Score {
        let within = if by_levels { self.sum } else { 0 };
        debug_assert!(within < SUMS);
        let preferred = if mutants::is(Mutant::PreferenceIgnored) { 0 } else { self.preferred };
        Score::from(preferred) * SUMS + within + 1
    }
}
