//! The words of stories with bots, and with contacts that ask for a person.

use std::sync::Arc;

use model::contact::ContactUpdate;
use model::rule::{Condition, Rule, Test, When};
use model::transition::ReturnedWhy;
use model::{Change, RuleName, Time};

use super::script::transition;

/// Whoever says its tone asks for a person.
pub fn upset() -> Rule {
    let tone = Condition::Attribute { name: "tone".to_owned(), test: Test::Exists(true) };
    Rule { when: When::All(vec![tone]), person: true, ..rule() }
}

/// Takes every contact and says nothing.
pub fn rule() -> Rule {
    Rule {
        name: RuleName::new("upset").unwrap(),
        when: When::All(Vec::new()),
        queue: None,
        points: 0,
        skills: Vec::new(),
        person: false,
    }
}

/// Subject and body.
pub fn input(words: &[&str]) -> (String, String) {
    match words {
        ["ask", id] => (
            "wissel.in.acme.contact".to_owned(),
            format!(r#"{{"type":"contact_update","contact":"{id}","person":true}}"#),
        ),
        ["transfer", agent, number, id, queue, name, value] => {
            let (session, counter) = number.split_once('.').unwrap();
            let said = format!(r#""to":{{"queue":"{queue}"}},"attributes":{{"{name}":"{value}"}}"#);
            let body = format!(
                r#"{{"type":"transfer","session":{session},"counter":{counter},"contact":"{id}",{said}}}"#
            );
            (format!("wissel.in.acme.agent.{agent}"), body)
        }
        _ => panic!("{words:?} is no input"),
    }
}

/// As the plain words have it, but for people.
pub fn change(words: &[&str], now: Time) -> Change {
    let plain = |line: String| transition(&line, now).change;
    match words {
        ["profile", number, channel, queue] => {
            let mut opened = plain(format!("profile {number} {channel} {queue}"));
            if let Change::ProfileOpened { person, .. } = &mut opened {
                *person = true;
            }
            opened
        }
        ["asked", id] => {
            let mut updated = plain(format!("updated {id} tier gold"));
            if let Change::ContactUpdated { update, .. } = &mut updated {
                *update = Arc::new(ContactUpdate { person: true, ..ContactUpdate::default() });
            }
            updated
        }
        ["kept", id, profile] => {
            let Change::ContactPressed { contact, profile } = plain(format!("press {id} {profile}")) else {
                panic!("what is pressed names its profile")
            };
            Change::ContactKeptForPeople { contact, profile }
        }
        ["transferred" | "left", id, profile] => {
            let mut returned = plain(format!("return {id} {profile}"));
            if let Change::ContactReturned { why, .. } = &mut returned {
                let has_left = words[0] == "left";
                *why = if has_left { ReturnedWhy::AgentLeft } else { ReturnedWhy::TransferredToQueue };
            }
            returned
        }
        _ => panic!("{words:?} is no transition"),
    }
}
