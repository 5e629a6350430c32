//! Skills that a queue prefers, and nobody needs.

use std::collections::BTreeSet;

use model::config::SkillDemand;
use model::skill::PREFERRED_SKILLS_MAX;

use super::reader::{Reader, Section};
use super::sections::demands;

pub(super) fn read(reader: &mut Reader<'_>, queue: &Section<'_>, known: &BTreeSet<&str>) -> Vec<SkillDemand> {
    let Some(item) = queue.get("prefer") else { return Vec::new() };
    let preferred = demands(reader, item, known);
    if preferred.len() > PREFERRED_SKILLS_MAX {
        let reason = format!(
            "{} preferred skills stand here, at most {PREFERRED_SKILLS_MAX} are counted; name those that matter most",
            preferred.len()
        );
        reader.note(item.span().start, reason);
    }
    preferred
}
