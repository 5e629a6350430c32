//! Ratios: queues that take turns, each with its share.

use std::collections::{BTreeMap, BTreeSet};

use model::ratio::{RATIO_QUEUES_MAX, RATIOS_MAX, Ratio, SHARE_MAX, Share};
use model::{QueueId, TenantConfig};

use super::diff::field;
use super::reader::{Item, Reader, Section, shown};

const KEYS: &[&str] = &["queues"];

/// Of a configuration of which the queues are known.
pub(super) fn read(reader: &mut Reader<'_>, tenant: &Section<'_>, config: &TenantConfig) -> Vec<Ratio> {
    let Some(item) = tenant.get("ratios") else { return Vec::new() };
    let Some(array) = item.get_ref().as_array() else {
        reader.mismatch(item, "an array of ratios, each beginning with [[ratios]]");
        return Vec::new();
    };
    if array.len() > RATIOS_MAX {
        let reason = format!("{} ratios stand here, at most {RATIOS_MAX} are taken", array.len());
        reader.note(item.span().start, reason);
        return Vec::new();
    }
    let known: BTreeSet<&str> = config.queues.iter().map(|queue| queue.name.as_str()).collect();
    let mut taken = BTreeSet::new();
    let mut ratios = Vec::new();
    for item in array.iter() {
        let Some(section) = reader.section(item, "a ratio".to_owned()) else { continue };
        reader.check_keys(&section, KEYS);
        let Some(item) = section.get("queues") else {
            reader.missing(&section, "queues", "{ sales = 3, service = 1 }");
            continue;
        };
        ratios.extend(ratio(reader, item, &known, &mut taken));
    }
    ratios
}

fn ratio<'a>(
    reader: &mut Reader<'_>,
    item: Item<'a>,
    known: &BTreeSet<&str>,
    taken: &mut BTreeSet<&'a str>,
) -> Option<Ratio> {
    let Some(table) = item.get_ref().as_table() else {
        reader.mismatch(item, "queues with their shares, such as { sales = 3, service = 1 }");
        return None;
    };
    let at = item.span().start;
    if !(2..=RATIO_QUEUES_MAX).contains(&table.len()) {
        let reason = format!("{} queues stand here, a ratio is of 2 to {RATIO_QUEUES_MAX}", table.len());
        reader.note(at, reason);
        return None;
    }
    let section = Section { table, name: "a ratio".to_owned(), at };
    let mut shares: Vec<Share> = Vec::new();
    for (key, item) in section.in_text_order() {
        let (name, at): (&'a str, _) = (key.get_ref(), key.span().start);
        let share = reader.whole(item, 1..=i64::from(SHARE_MAX)).and_then(|share| u16::try_from(share).ok());
        if !known.contains(name) {
            reader.note_unknown(at, ("queue", ""), name, known.iter().copied());
            continue;
        }
        if !taken.insert(name) {
            let reason =
                format!("the queue {} is of another ratio already; a queue is of one at most", shown(name));
            reader.note(at, reason);
        }
        let queue = reader.id(name, at, "queue", QueueId::new);
        shares.extend(queue.zip(share).map(|(queue, share)| Share { queue, share }));
    }
    shares.sort_by(|one, other| one.queue.cmp(&other.queue));
    Some(Ratio { shares })
}

/// Queue by queue: with whom it takes turns is what a change of any of them changes.
pub(super) fn diff(lines: &mut Vec<String>, old: &[Ratio], new: &[Ratio]) {
    let (old, new) = (by_queue(old), by_queue(new));
    let queues: BTreeSet<&QueueId> = old.keys().chain(new.keys()).copied().collect();
    for queue in queues {
        let show = |ratios: &BTreeMap<&QueueId, &Ratio>| {
            ratios.get(queue).map_or("none".to_owned(), |ratio| show(ratio))
        };
        let of = format!("queue {:?}", queue.as_str());
        field(lines, &of, "ratio (begins anew)", show(&old), show(&new));
    }
}

fn by_queue(ratios: &[Ratio]) -> BTreeMap<&QueueId, &Ratio> {
    let shares = ratios.iter().flat_map(|ratio| ratio.shares.iter().map(move |share| (&share.queue, ratio)));
    shares.collect()
}

fn show(ratio: &Ratio) -> String {
    let shares = ratio.shares.iter().map(|Share { queue, share }| format!("{queue} = {share}"));
    format!("{{ {} }}", shares.collect::<Vec<_>>().join(", "))
}
