//! Skills, levels and what a contact requires of an agent.

use arrayvec::ArrayVec;
use serde::{Deserialize, Serialize};

use crate::id::SkillNo;

/// How well an agent masters a skill, 1 (lowest) to 10.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Level(u8);

impl Level {
    pub const MIN: Level = Level(1);
    pub const MAX: Level = Level(10);

    pub fn new(level: u8) -> Option<Level> {
        (1..=10).contains(&level).then_some(Level(level))
    }
    pub fn get(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Level {
    type Error = String;
    fn try_from(level: u8) -> Result<Self, String> {
        Level::new(level).ok_or_else(|| format!("a level is 1 to 10, not {level}"))
    }
}
impl From<Level> for u8 {
    fn from(level: Level) -> u8 {
        level.0
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SkillLevel {
    pub skill: SkillNo,
    pub level: Level,
}

/// Most skills that one contact may require; a profile is compared and hashed on the decision path.
pub const REQUIREMENT_SKILLS_MAX: usize = 16;

/// Most skills that one queue prefers; an agent has so many of them, and is one of so many tiers.
pub const PREFERRED_SKILLS_MAX: usize = 8;

/// Skills with their lowest acceptable level, sorted by skill, each skill once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Requirement(ArrayVec<SkillLevel, REQUIREMENT_SKILLS_MAX>);

impl Requirement {
    /// Adds a demand; of two levels for one skill the higher holds. False when there is no room for it.
    #[must_use]
    pub fn add(&mut self, demand: SkillLevel) -> bool {
        match self.0.binary_search_by_key(&demand.skill, |have| have.skill) {
            Ok(at) => {
                self.0[at].level = self.0[at].level.max(demand.level);
                true
            }
            Err(at) => self.0.try_insert(at, demand).is_ok(),
        }
    }
    pub fn as_slice(&self) -> &[SkillLevel] {
        &self.0
    }
}

/// How many of the preferred skills the agent has at their levels. `skills` is sorted by skill.
pub fn preferred_had(skills: &[SkillLevel], preference: &Requirement) -> u8 {
    let has = |demand: &&SkillLevel| {
        let at = skills.binary_search_by_key(&demand.skill, |have| have.skill);
        at.is_ok_and(|at| skills[at].level >= demand.level)
    };
    preference.as_slice().iter().filter(has).count() as u8
}

/// The sum of the agent's levels on the required skills, or nothing when the agent does not qualify.
/// `skills` is sorted by skill.
pub fn score(skills: &[SkillLevel], requirement: &Requirement) -> Option<u16> {
    let mut sum = 0;
    for demand in requirement.as_slice() {
        let at = skills.binary_search_by_key(&demand.skill, |have| have.skill).ok()?;
        if skills[at].level < demand.level {
            return None;
        }
        sum += u16::from(skills[at].level.get());
    }
    Some(sum)
}
