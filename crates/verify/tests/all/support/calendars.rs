//! The hours of the story's queues.

use model::CalendarId;
use model::calendar::{CalendarConfig, OpenRange};

/// Closed from 00:17 to 00:18.
pub fn counter() -> CalendarConfig {
    let open = vec![OpenRange { from: 0, to: 17 }, OpenRange { from: 18, to: 1_440 }];
    CalendarConfig {
        name: CalendarId::new("counter").unwrap(),
        zone: "UTC".to_owned(),
        week: std::array::from_fn(|_| open.clone()),
        special: Vec::new(),
    }
}
