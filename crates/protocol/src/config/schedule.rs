//! What befalls contacts that come with a window: how many of them wait at once, and how often a customer who was not
//! reached is tried again.

use model::Millis;
use model::config::{QueueConfig, RELEASE_MAX};

use super::reader::{Reader, Section};

/// A customer who is called up more often than that does not want to be.
const RETRIES_MAX: i64 = 20;

/// Into a queue of which the rest is known.
pub(super) fn read(reader: &mut Reader<'_>, section: &Section<'_>, queue: &mut QueueConfig) {
    let release = section.get("release").and_then(|item| reader.whole(item, 1..=i64::from(RELEASE_MAX)));
    if let Some(release) = release.and_then(|release| u32::try_from(release).ok()) {
        queue.schedule.release = release;
    }
    let retries = section.get("retries").and_then(|item| reader.whole(item, 0..=RETRIES_MAX));
    if let Some(retries) = retries.and_then(|retries| u8::try_from(retries).ok()) {
        queue.schedule.retries = retries;
    }
    // At once would be a busy line called up in a circle.
    let after = section.get("retry_after").and_then(|item| reader.duration(item, Millis::from_seconds(1)));
    if let Some(after) = after {
        queue.schedule.retry_after = after;
    }
}
