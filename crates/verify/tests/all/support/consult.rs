//! The words of agents who ask others.

use std::sync::Arc;

use model::consult::ConsultOf;
use model::{AgentId, AgentNo, Change, ContactId, ContactNo, OfferNo, QueueId, Time};

use super::script::{agent_number, contact_number, transition};

/// Subject and body: `ask jo 1.3 c1 c2 support` asks about c1 by c2, `leave jo 1.4 c1 c2` leaves it to whom that is.
pub fn input(words: &[&str]) -> (String, String) {
    let [what, agent, number, about, consult, ref rest @ ..] = *words else {
        panic!("{words:?} is no input");
    };
    let (session, counter) = number.split_once('.').unwrap();
    let body = match (what, rest) {
        ("ask", [queue]) => format!(
            r#"{{"type":"consult","session":{session},"counter":{counter},"contact":"{about}","consult":"{consult}","to":{{"queue":"{queue}"}}}}"#
        ),
        ("leave", []) => format!(
            r#"{{"type":"transfer","session":{session},"counter":{counter},"contact":"{about}","to":{{"consult":"{consult}"}}}}"#
        ),
        _ => panic!("{words:?} is no input"),
    };
    (format!("wissel.in.acme.agent.{agent}"), body)
}

/// `asked c2 0 jo c1 chat support`: by c2, of profile 0, about c1, as old as the story says; `over c1 al 2`
pub fn change(words: &[&str], now: Time) -> Change {
    match *words {
        ["asked", id, profile, agent, about, channel, queue, arrived_at] => {
            let plain =
                transition(&format!("arrive {id} {profile} {channel} {queue} of carl order"), now).change;
            let Change::ContactArrived { contact, profile, points, due_at, body, known, .. } = plain else {
                unreachable!()
            };
            let mut body = Arc::unwrap_or_clone(body);
            let agent = AgentId::new(agent).unwrap();
            body.excluded_agents = vec![agent.clone()];
            body.queue = Some(QueueId::new(queue).unwrap());
            body.consult = Some(Box::new(ConsultOf { contact: ContactId::new(about).unwrap(), agent }));
            let (body, arrived_at) = (Arc::new(body), Time(arrived_at.parse().unwrap()));
            Change::ContactArrived { contact, profile, points, arrived_at, due_at, digest: 0, body, known }
        }
        ["over", id, agent, offer] => {
            let (contact, agent): (ContactNo, AgentNo) = (contact_number(id), agent_number(agent));
            Change::ContactHandedOver { contact, agent, offer: OfferNo(offer.parse().unwrap()) }
        }
        _ => panic!("{words:?} is no transition"),
    }
}
