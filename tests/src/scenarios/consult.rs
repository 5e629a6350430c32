//! Agents who ask others about what they keep, as words.

use std::fmt::Display;
use std::str::FromStr;

use model::consult::{ConsultRequest, ConsultTo};
use model::event::ContactFacts;
use model::input::AgentAction;

use super::said::Options;

/// `consults c1 k1 queue=support`, `consults c1 k1 agent=bob channel=chat french=2`: by k1, about c1
pub(super) fn consult(rest: &[&str]) -> Result<AgentAction, String> {
    let [contact, consult, ..] = rest[..] else {
        return Err("expected a contact, and the id of the consult".to_owned());
    };
    let options = Options::of(&rest[2..]);
    let to = match (options.optional("queue")?, options.optional("agent")?) {
        (Some(queue), None) => ConsultTo::Queue(queue),
        (None, Some(agent)) => ConsultTo::Agent(agent),
        _ => return Err("expected queue=NAME or agent=NAME".to_owned()),
    };
    let channel = options.optional("channel")?;
    let skills = options.skills(&["queue", "agent", "channel"])?;
    let (contact, consult) = (id(contact)?, id(consult)?);
    Ok(AgentAction::Consult(Box::new(ConsultRequest { contact, consult, to, channel, skills })))
}

/// When it comes.
pub(super) fn shown(facts: &ContactFacts) -> Option<String> {
    let of = facts.body.consult.as_ref()?;
    Some(format!("asks for {} about {}", of.agent, of.contact))
}

fn id<T: FromStr<Err: Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error| format!("{text}: {error}"))
}
