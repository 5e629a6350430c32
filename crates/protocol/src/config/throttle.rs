//! How fast people are offered work.

use model::Millis;
use model::throttle::{RATION_MAX, Ration, SlowStart};

use super::reader::{Reader, Section};
use crate::text::show_duration;

/// Sooner nobody notices.
const LEAST: Millis = Millis::from_seconds(1);

pub(super) fn slow_start(reader: &mut Reader<'_>, tenant: &Section<'_>) -> Option<SlowStart> {
    let item = tenant.get("slow_start")?;
    let at = item.span().start;
    let section = Section { at, ..reader.section(item, "slow_start".to_owned())? };
    reader.check_keys(&section, &["over", "every"]);
    let over = length(reader, &section, "over", "\"60s\"");
    let every = length(reader, &section, "every", "\"10s\"");
    let slow_start = SlowStart { over: over?, every: every? };
    if slow_start.every > slow_start.over {
        let reason = format!(
            "nobody is held back for longer than the slow start lasts, which is {}; make `every` shorter or `over` longer",
            show_duration(slow_start.over)
        );
        reader.note(section.get("every").map_or(at, |item| item.span().start), reason);
    }
    Some(slow_start)
}

pub(super) fn ration(reader: &mut Reader<'_>, tenant: &Section<'_>) -> Option<Ration> {
    let item = tenant.get("ration")?;
    let at = item.span().start;
    let section = Section { at, ..reader.section(item, "ration".to_owned())? };
    reader.check_keys(&section, &["offers", "over"]);
    let offers = match section.get("offers") {
        Some(item) => reader.whole(item, 1..=i64::from(RATION_MAX)),
        None => {
            reader.missing(&section, "offers", "20");
            None
        }
    };
    let over = length(reader, &section, "over", "\"1h\"");
    Some(Ration { offers: u32::try_from(offers?).ok()?, over: over? })
}

fn length(reader: &mut Reader<'_>, section: &Section<'_>, key: &str, example: &str) -> Option<Millis> {
    match section.get(key) {
        Some(item) => reader.duration(item, LEAST),
        None => {
            reader.missing(section, key, example);
            None
        }
    }
}
