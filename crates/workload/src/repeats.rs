//! Work that was done twice: a matter that one agent had begun, and another took up as well.

use std::collections::BTreeMap;

use model::id::{AgentId, CustomerRef, MatterRef};
use model::time::{Millis, Time};
use serde::Serialize;

use crate::caller::Caller;

/// Counted whether or not the second agent was shown what the first did, so that it needs no view into the router.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Repeats {
    /// Matters of which more than one contact came.
    pub matters: u64,
    /// Times that an agent took up a matter which others, and not this one, had worked on.
    pub second_agent: u64,
    /// Of these, while another contact of the matter was open that one of the others had taken up.
    pub while_open: u64,
    /// Time in hands of the contacts of these.
    pub work: Millis,
}

struct Taken<'a> {
    at: Time,
    agent: &'a AgentId,
    contact: usize,
}

pub(crate) fn repeats(callers: &[Caller]) -> Repeats {
    let mut matters: BTreeMap<(&CustomerRef, &MatterRef), Vec<usize>> = BTreeMap::new();
    for (at, caller) in callers.iter().enumerate() {
        let body = &caller.planned().body;
        if let (Some(customer), Some(matter), Some(_)) =
            (&body.customer, &body.matter, caller.record().created)
        {
            matters.entry((customer, matter)).or_default().push(at);
        }
    }
    let mut repeats = Repeats::default();
    for contacts in matters.values() {
        repeats.matters += u64::from(contacts.len() > 1);
        count(&mut repeats, callers, contacts);
    }
    repeats
}

fn count(repeats: &mut Repeats, callers: &[Caller], contacts: &[usize]) {
    let takers = |contact: &usize| {
        let contact = *contact;
        callers[contact].record().takers.iter().map(move |(at, agent)| Taken { at: *at, agent, contact })
    };
    let mut taken: Vec<Taken<'_>> = contacts.iter().flat_map(takers).collect();
    taken.sort_by_key(|taken| (taken.at, taken.contact));
    let mut counted = Vec::new();
    for at in 1..taken.len() {
        let (before, one) = (&taken[..at], &taken[at]);
        if before.iter().any(|other| other.agent == one.agent) {
            continue;
        }
        let is_open = |other: &Taken<'_>| {
            let ended = callers[other.contact].record().ended;
            other.contact != one.contact && ended.is_none_or(|ended| ended > one.at)
        };
        repeats.second_agent += 1;
        repeats.while_open += u64::from(before.iter().any(is_open));
        if !counted.contains(&one.contact) {
            counted.push(one.contact);
            repeats.work = Millis(repeats.work.0 + callers[one.contact].record().held.0);
        }
    }
}
