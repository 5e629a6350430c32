//! What an agent may have beside what: channels that keep others away, units that are kept for live work, and work that live work
//! interrupts.

use std::collections::BTreeSet;

use model::ChannelId;
use model::config::{ChannelConfig, ChannelKind, LANES_MAX, LaneKey};

use super::reader::{Item, Reader, Section};
use crate::input::CAPACITY_MAX;

/// Most channels that one channel lets come: all others.
const BESIDE_MAX: usize = model::config::CHANNELS_MAX - 1;

/// Where channels say what may come beside them, to be checked when all channels are known.
#[derive(Default)]
pub(super) struct Besides(Vec<(usize, ChannelId)>);

impl Besides {
    /// Of one channel.
    pub(super) fn read(
        &mut self,
        reader: &mut Reader<'_>,
        section: &Section<'_>,
        name: &ChannelId,
    ) -> Option<Vec<ChannelId>> {
        let item = section.get("beside")?;
        let beside = reader.ids(item, "channel", BESIDE_MAX, ChannelId::new);
        let at = item.span().start;
        if beside.contains(name) {
            let reason =
                format!("channel {name} stands beside itself; how many of it come is said by max and cost");
            reader.note(at, reason);
        }
        self.0.extend(beside.iter().map(|other| (at, other.clone())));
        Some(beside)
    }

    pub(super) fn check(self, reader: &mut Reader<'_>, channels: &[ChannelConfig]) {
        let known: BTreeSet<&str> = channels.iter().map(|channel| channel.name.as_str()).collect();
        for (at, name) in self.0 {
            if !known.contains(name.as_str()) {
                reader.note_unknown(at, ("channel", ""), name.as_str(), known.iter().copied());
            }
        }
    }
}

pub(super) fn reserve(reader: &mut Reader<'_>, tenant: &Section<'_>) -> Option<u16> {
    let reserve = tenant.get("reserve").and_then(|item: Item<'_>| reader.whole(item, 0..=CAPACITY_MAX))?;
    u16::try_from(reserve).ok()
}

/// More is no limit: nobody is interrupted so often in one piece of work.
const INTERRUPTIONS_MAX: i64 = 100;

/// Of a channel of that kind, if that is known.
pub(super) fn interruptions(
    reader: &mut Reader<'_>,
    channel: &Section<'_>,
    kind: Option<ChannelKind>,
) -> Option<u8> {
    let item = channel.get("interruptions")?;
    let interruptions = reader.whole(item, 1..=INTERRUPTIONS_MAX)?;
    if kind == Some(ChannelKind::Live) {
        let reason =
            "live work is never interrupted; only an indirect channel, such as email, has interruptions";
        reader.note(item.span().start, reason);
    }
    u8::try_from(interruptions).ok()
}

/// At `at` stand the channels.
pub(super) fn check_lanes(
    reader: &mut Reader<'_>,
    at: usize,
    channels: &[ChannelConfig],
    reserve: Option<u16>,
) {
    let mut keys: Vec<LaneKey<'_>> = Vec::new();
    for channel in channels {
        let key = LaneKey::of(channel, channels, reserve);
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    if keys.len() <= LANES_MAX {
        return;
    }
    let counted = keys.iter().filter(|key| key.own.is_some()).count();
    let (lanes, others) = (keys.len(), keys.len() - counted);
    let spares = if reserve.is_some() { ", and by kind because there is a reserve" } else { "" };
    let reason = format!(
        "{counted} channels with a maximum or a beside and {others} kinds of others (by cost and by what keeps them away{spares}) \
         make {lanes} lanes, at most {LANES_MAX} are possible; give some channels the same cost, max = \"none\" and no beside"
    );
    reader.note(at, reason);
}
