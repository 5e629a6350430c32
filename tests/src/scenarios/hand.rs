//! What supervisors and agents decide out of turn, as words.

use std::fmt::Display;
use std::str::FromStr;

use model::agent::AfterDraining;
use model::hand::{Hand, PullFrom, SupervisorInput, SwitchAgent};
use model::input::AgentAction;

/// `sets ann available`, `sets ann aux=break`, `assigns c1 ann`, `requeues c1 queue=support`
pub(super) fn supervisor(what: &str, rest: &[&str]) -> Result<SupervisorInput, String> {
    Ok(match (what, rest) {
        ("sets", [agent, to]) => SupervisorInput::Switch { agent: id(agent)?, to: presence(to)? },
        ("assigns", [contact, agent]) => SupervisorInput::Assign { contact: id(contact)?, agent: id(agent)? },
        ("requeues", [contact]) => SupervisorInput::Requeue { contact: id(contact)?, queue: None },
        ("requeues", [contact, to]) => {
            let queue = to.strip_prefix("queue=").ok_or("expected queue=NAME")?;
            SupervisorInput::Requeue { contact: id(contact)?, queue: Some(id(queue)?) }
        }
        _ => return Err(format!("{what:?} with these words is nothing that a supervisor does")),
    })
}

fn presence(to: &str) -> Result<SwitchAgent, String> {
    Ok(match (to, to.split_once('=')) {
        ("available", _) => SwitchAgent::Available,
        ("signed-out", _) => SwitchAgent::SignedOut,
        ("draining", _) => SwitchAgent::Draining(AfterDraining::SignOut),
        (_, Some(("aux", reason))) => SwitchAgent::Aux(id(reason)?),
        (_, Some(("draining", reason))) => SwitchAgent::Draining(AfterDraining::Aux(id(reason)?)),
        _ => return Err(format!("{to:?} is no presence")),
    })
}

/// `pulls c1`, `pulls queue=support`
pub(super) fn pull(rest: &[&str]) -> Result<AgentAction, String> {
    let word = rest.first().ok_or("which contact, or which queue?")?;
    let from = match word.strip_prefix("queue=") {
        Some(queue) => PullFrom::Queue(id(queue)?),
        None => PullFrom::Contact(id(word)?),
    };
    Ok(AgentAction::Pull { from })
}

/// After an offer.
pub(super) fn shown(by: Option<Hand>) -> &'static str {
    match by {
        None => "",
        Some(Hand::Supervisor) => " by a supervisor",
        Some(Hand::Agent) => ", who pulls it",
    }
}

fn id<T: FromStr<Err: Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error| format!("{text}: {error}"))
}
