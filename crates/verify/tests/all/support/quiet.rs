//! The words of customers who fall silent and write again.

use model::config::{ChannelConfig, QuietConfig};
use model::{Change, ChannelId, ContactNo, Millis, ProfileNo, Time};

/// Whoever is silent there waits as a note, or is kept for so long.
pub fn channel(channel: ChannelConfig) -> ChannelConfig {
    let to = ChannelId::new("note").unwrap();
    ChannelConfig { quiet: Some(QuietConfig { to, ends: Millis(20_000) }), ..channel }
}

pub fn text(word: &str, id: &str) -> String {
    let kind = if word == "hush" { "contact_quiet" } else { "contact_reply" };
    format!(r#"{{"type":"{kind}","contact":"{id}"}}"#)
}

pub fn change(word: &str, contact: ContactNo, rest: &[&str]) -> Change {
    let profile = |text: &str| ProfileNo(text.parse().unwrap());
    match (word, rest) {
        ("quieted", [until]) => Change::ContactQuieted { contact, until: Time(until.parse().unwrap()) },
        ("slowed", [number, points, due]) => Change::ContactSlowed {
            contact,
            profile: profile(number),
            points: points.parse().unwrap(),
            due_at: Time(due.parse().unwrap()),
        },
        ("replied", [number, points]) => {
            let points = points.parse().unwrap();
            Change::ContactReplied { contact, profile: profile(number), points }
        }
        ("noted", [what]) => Change::ContactNoted { contact, is_quiet: *what == "quiet" },
        _ => panic!("{word} {rest:?} is no change"),
    }
}
