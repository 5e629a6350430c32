//! What befalls contacts that wait in a queue: they ask for less, find no room, wait for too long, and leave by an exit.

use std::collections::{BTreeMap, BTreeSet};

use model::config::{EXITS_MAX, QueueConfig, RELAX_STEPS_MAX, RelaxStep};
use model::{Millis, QueueId};

use super::reader::{Item, Reader, Section, shown};
use super::sections::demands;

/// More contacts than one tenant can have open.
const ROOM_MAX: i64 = 16_777_216;
const STEP_KEYS: &[&str] = &["after", "skills", "keep_own"];

/// Where each `exit_to` stands, and the queue it stands in; they are checked when all queues are known.
#[derive(Debug, Default)]
pub(super) struct Exits(Vec<(usize, QueueId)>);

/// Into a queue of which the rest is known.
pub(super) fn read(
    reader: &mut Reader<'_>,
    section: &Section<'_>,
    known: &BTreeSet<&str>,
    queue: &mut QueueConfig,
    exits: &mut Exits,
) {
    queue.relax = section.get("relax").map(|item| relax(reader, item, known)).unwrap_or_default();
    let room = section.get("room").and_then(|item| reader.whole(item, 0..=ROOM_MAX));
    queue.room = room.and_then(|room| u32::try_from(room).ok());
    queue.max_wait = section.get("max_wait").and_then(|item| reader.duration(item, Millis(1)));
    if let Some(item) = section.get("exit_to") {
        let at = item.span().start;
        match item.get_ref().as_str() {
            Some(name) => queue.exit_to = reader.id(name, at, "queue", QueueId::new),
            None => reader.mismatch(item, "the name of a queue"),
        }
        exits.0.push((at, queue.name.clone()));
    }
}

fn relax(reader: &mut Reader<'_>, item: Item<'_>, known: &BTreeSet<&str>) -> Vec<RelaxStep> {
    let Some(array) = item.get_ref().as_array() else {
        reader.mismatch(item, "an array of steps, such as [{ after = \"60s\", skills = { sales = 1 } }]");
        return Vec::new();
    };
    if array.len() > RELAX_STEPS_MAX {
        let reason = format!("{} steps stand here, at most {RELAX_STEPS_MAX} are taken", array.len());
        reader.note(item.span().start, reason);
        return Vec::new();
    }
    let mut steps: Vec<RelaxStep> = Vec::new();
    for item in array.iter() {
        let Some(section) = reader.section(item, "a step of relax".to_owned()) else { continue };
        reader.check_keys(&section, STEP_KEYS);
        let Some(after) = section.get("after") else {
            reader.missing(&section, "after", "\"60s\"");
            continue;
        };
        let at = after.span().start;
        let Some(after) = reader.duration(after, Millis(1)) else { continue };
        if steps.last().is_some_and(|last| after <= last.after) {
            reader
                .note(at, "each step comes after the one before it; write them in the order of their times");
        }
        let skills = section.get("skills").map(|item| demands(reader, item, known)).unwrap_or_default();
        let keep_own = section.get("keep_own").and_then(|item| reader.flag(item)).unwrap_or(true);
        steps.push(RelaxStep { after, skills, keep_own });
    }
    steps
}

impl Exits {
    /// Each leads to another queue, and none in a circle.
    pub fn check(self, reader: &mut Reader<'_>, queues: &[QueueConfig]) {
        let ways: BTreeMap<&QueueId, Option<&QueueId>> =
            queues.iter().map(|queue| (&queue.name, queue.exit_to.as_ref())).collect();
        for (at, queue) in &self.0 {
            let Some(Some(to)) = ways.get(queue) else { continue };
            if !ways.contains_key(to) {
                let names = ways.keys().map(|name| name.as_str());
                reader.note_unknown(*at, ("queue", ""), to.as_str(), names);
                continue;
            }
            let behind = std::iter::successors(Some(*to), |queue| ways.get(queue).copied().flatten());
            let mut behind = behind.take(EXITS_MAX + 1);
            if behind.clone().any(|other| other == queue) {
                let reason = format!(
                    "the exit of {} leads back to it; end the way at one of them",
                    shown(queue.as_str())
                );
                reader.note(*at, reason);
            } else if behind.nth(EXITS_MAX).is_some() {
                reader.note(
                    *at,
                    format!("more than {EXITS_MAX} queues stand behind this exit; make the way shorter"),
                );
            }
        }
    }
}
