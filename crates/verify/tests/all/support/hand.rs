//! The words of stories in which people decide out of turn.

use model::Change;
use model::Time;
use model::hand::Hand;
use model::transition::{ExitWhy, OfferEnd, PresenceCause, ReturnedWhy};

use super::script::transition;

/// Subject and body.
pub fn input(words: &[&str]) -> (String, String) {
    let admin = |body: String| ("wissel.in.acme.admin".to_owned(), body);
    match words {
        ["switch", agent, "aux"] => {
            admin(format!(r#"{{"type":"agent_switch","agent":"{agent}","presence":{{"aux":"lunch"}}}}"#))
        }
        ["assign", contact, agent] => {
            admin(format!(r#"{{"type":"contact_assign","contact":"{contact}","agent":"{agent}"}}"#))
        }
        ["requeue", contact] => admin(format!(r#"{{"type":"contact_requeue","contact":"{contact}"}}"#)),
        ["requeue", contact, queue] => {
            admin(format!(r#"{{"type":"contact_requeue","contact":"{contact}","queue":"{queue}"}}"#))
        }
        ["pull", agent, number, kind, name] => {
            let (session, counter) = number.split_once('.').unwrap();
            let body = format!(
                r#"{{"type":"pull","session":{session},"counter":{counter},"from":{{"{kind}":"{name}"}}}}"#
            );
            (format!("wissel.in.acme.agent.{agent}"), body)
        }
        _ => panic!("{words:?} is no input"),
    }
}

/// As the plain words have it, but for whose hand it was.
pub fn change(words: &[&str], now: Time) -> Change {
    let plain = |line: String| transition(&line, now).change;
    let mut change = match words {
        ["assigned" | "pulled", contact, agent, offer] => plain(format!("offer {contact} {agent} {offer}")),
        ["withdrawn", contact] => plain(format!("ended {contact} declined")),
        ["returned", contact, profile] => plain(format!("return {contact} {profile}")),
        ["moved", contact, profile] => plain(format!("move {contact} {profile} closed")),
        ["presence", agent, presence] => plain(format!("presence {agent} {presence}")),
        _ => panic!("{words:?} is no transition"),
    };
    if let Change::Offered { by, .. } = &mut change {
        *by = Some(if words[0] == "pulled" { Hand::Agent } else { Hand::Supervisor });
    } else if let Change::OfferEnded { how, .. } = &mut change {
        *how = OfferEnd::Withdrawn;
    } else if let Change::ContactReturned { why, .. } = &mut change {
        *why = ReturnedWhy::Supervisor;
    } else if let Change::ContactMoved { why, .. } = &mut change {
        *why = ExitWhy::Supervisor;
    } else if let Change::AgentPresence { cause, .. } = &mut change {
        *cause = PresenceCause::Supervisor;
    }
    change
}
