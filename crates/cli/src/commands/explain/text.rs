//! Explanations as people read them.

use std::fmt::{Display, Write};

use model::agent::{AfterDraining, PresenceBefore};
use model::config::SkillDemand;
use model::explain::{
    AgentExplained, Candidate, ContactExplained, Happening, InLine, Line, Obstacle, OfferExplained,
    Precedence, SkillsHad, Standing, Upcoming, Whereabouts,
};
use model::ratio::Turns;
use model::throttle::ThrottleWhy;
use model::{AgentId, ContactId, Presence, Time};
use protocol::text::show_time;
use serde_json::Value;

use super::Seen;
use crate::watch::Step;

pub fn contact(id: &ContactId, seen: &Seen, why: Option<&ContactExplained>) -> String {
    let mut text = life("contact", id, seen);
    match why {
        Some(why) => add_contact(&mut text, why),
        None => text.push_str("It is not open.\n"),
    }
    text
}

pub fn agent(id: &AgentId, seen: &Seen, why: Option<&AgentExplained>) -> String {
    let mut text = life("agent", id, seen);
    match why {
        Some(why) => add_agent(&mut text, why),
        None => text.push_str("It is not in the roster.\n"),
    }
    text
}

fn life(what: &str, id: impl Display, seen: &Seen) -> String {
    let mut text = format!("{what} {id}, as of {}\n\n", show_time(seen.at));
    seen.watch.steps.iter().for_each(|step| add_step(&mut text, step));
    text.push('\n');
    text
}

/// Writing to a text cannot fail.
fn line(text: &mut String, what: impl Display) {
    let _ = writeln!(text, "{what}");
}

fn add_step(text: &mut String, step: &Step) {
    let kind = step.event.get("type").and_then(Value::as_str).unwrap_or_default();
    let facts = step.event.iter().filter(|(name, _)| *name != "type");
    let facts: Vec<String> = facts.map(|(name, value)| format!("{name} {}", plain(value))).collect();
    line(text, format_args!("{}  {kind:<20} {}", show_time(step.at), facts.join(", ")));
    if let Some(why) = &step.why {
        line(text, format_args!("{:26}{}", "", chosen(why)));
        if why.passed.contacts > 0 {
            line(text, format_args!("{:26}taken before {}", "", named(&why.passed)));
        }
    }
}

fn chosen(why: &OfferExplained) -> String {
    let others = why.candidate_count.saturating_sub(why.candidates.len() as u32);
    let more = if others > 0 { format!(" and {others} more") } else { String::new() };
    let candidates: Vec<String> = why.candidates.iter().map(candidate).collect();
    let preferred = if why.preferred { "preferred; " } else { "" };
    format!("{preferred}{} of {}: {}{more}", why.method.name(), why.candidate_count, candidates.join(", "))
}

fn candidate(candidate: &Candidate) -> String {
    let by = match candidate.standing {
        Standing::IdleSince(at) => format!("idle since {}", show_time(at)),
        Standing::AvailableSince(at) => format!("available since {}", show_time(at)),
        Standing::Load { used, capacity, idle_since } => {
            format!("{used} of {capacity} units, idle since {}", show_time(idle_since))
        }
        Standing::Skill { sum, idle_since } => {
            format!("levels {sum} together, idle since {}", show_time(idle_since))
        }
        Standing::LastOffer(offer) if offer.0 == 0 => "never offered anything".to_owned(),
        Standing::LastOffer(offer) => format!("last offer {offer}"),
        Standing::Rank(rank) => format!("rank {rank}"),
    };
    let had = |SkillsHad { had, of }: SkillsHad| format!("has {had} of {of} preferred skills, ");
    let preferred = candidate.preferred.map_or(String::new(), had);
    let interrupted = if candidate.interrupts { ", interrupted for it" } else { "" };
    format!("{} ({preferred}{by}{interrupted})", candidate.agent)
}

fn add_contact(text: &mut String, why: &ContactExplained) {
    line(text, format_args!("{} in queue {}: {}", why.channel, why.queue, whereabouts(&why.whereabouts)));
    line(
        text,
        format_args!(
            "  came {}, is in the queue since {}",
            show_time(why.arrived_at),
            show_time(why.entered_at)
        ),
    );
    line(text, format_args!("  requires {}; {} points", demands(&why.requires), why.points));
    if why.person {
        line(text, format_args!("  asks for a person"));
    }
    if !why.prefers.is_empty() {
        line(text, format_args!("  prefers {}", demands(&why.prefers)));
    }
    if let Some(site) = &why.site {
        line(text, format_args!("  only at site {site}"));
    }
    if why.unservable {
        line(text, "  nobody in the roster could ever take it");
    }
    if let Some(rule) = &why.rule {
        line(text, format_args!("  classified by rule {rule}"));
    }
    for rule in &why.overflow {
        line(text, format_args!("  overflow rule {rule} acted on it"));
    }
    for holdup in &why.holdups {
        line(text, format_args!("  held up: {}", obstacle(holdup)));
    }
    if why.candidate_count > 0 {
        let first: Vec<String> = why.candidates.iter().map(candidate).collect();
        line(text, format_args!("  could be had by {} now: {}", why.candidate_count, first.join(", ")));
    } else {
        line(text, "  nobody could have it now:");
    }
    for group in &why.others {
        let names = some(&group.some, group.agents);
        line(text, format_args!("  {:>6}  {:<28} {names}", group.agents, obstacle(&group.obstacle)));
    }
    if why.ahead.contacts > 0 {
        line(text, format_args!("  before it: {}", named(&why.ahead)));
    }
    for upcoming in &why.upcoming {
        line(text, format_args!("  {}  {}", show_time(upcoming.at), happening(upcoming)));
    }
}

fn add_agent(text: &mut String, why: &AgentExplained) {
    line(
        text,
        format_args!(
            "{}; {} of {} units used; {}",
            presence(&why.presence),
            why.used,
            why.capacity,
            idle(why.idle_since)
        ),
    );
    for held in &why.holds {
        line(
            text,
            format_args!("  holds {} ({}): {}", held.contact, held.channel, whereabouts(&held.whereabouts)),
        );
    }
    for (channel, closed) in &why.channels {
        let state =
            closed.as_ref().map_or("open".to_owned(), |closed| format!("closed: {}", obstacle(closed)));
        line(text, format_args!("  {channel}: {state}"));
    }
    if let Some(until) = why.deferred_until {
        line(
            text,
            format_args!("  looks again at {}: too many contacts kept away from it", show_time(until)),
        );
    }
    for (by, until) in &why.throttled {
        let by = match by {
            ThrottleWhy::SlowStart => "slow start",
            ThrottleWhy::Ration => "ration",
        };
        line(text, format_args!("  held back until {} by its {by}", show_time(*until)));
    }
    if why.next.contacts > 0 {
        line(text, format_args!("  could have now: {}", named(&why.next)));
    } else {
        line(text, "  could have nothing that waits now:");
    }
    for group in &why.others {
        let names = some(&group.some, group.contacts);
        line(text, format_args!("  {:>6}  {:<28} {names}", group.contacts, obstacle(&group.obstacle)));
    }
}

fn idle(since: Time) -> String {
    if since == Time(0) { "never signed in".to_owned() } else { format!("idle since {}", show_time(since)) }
}

fn whereabouts(whereabouts: &Whereabouts) -> String {
    match whereabouts {
        Whereabouts::InQueue => "waits for anybody".to_owned(),
        Whereabouts::ForAgent { agent, until } => format!("waits for {agent} until {}", show_time(*until)),
        Whereabouts::PutOff { until } => format!("put off until {}", show_time(*until)),
        Whereabouts::Offered { agent, offer, expires_at } => {
            format!("offered to {agent} until {} (offer {offer})", show_time(*expires_at))
        }
        Whereabouts::Active { agent } => format!("with {agent}"),
        Whereabouts::Parked { agent, until: None } => format!("with {agent}, who was interrupted"),
        Whereabouts::Parked { agent, until: Some(until) } => {
            format!("with {agent}, who was signed out, until {}", show_time(*until))
        }
        Whereabouts::Quiet { agent, until } => {
            format!(
                "quiet until {}; {agent} had it, and has it first when its customer writes again",
                show_time(*until)
            )
        }
        Whereabouts::WrapUp { agent, until } => format!("wrapped up by {agent} until {}", show_time(*until)),
    }
}

fn obstacle(obstacle: &Obstacle) -> String {
    match obstacle {
        Obstacle::QueuePaused => "queue paused".to_owned(),
        Obstacle::Pulled => "queue pulled by agents".to_owned(),
        Obstacle::PutOff => "put off".to_owned(),
        Obstacle::Quiet => "its customer is silent".to_owned(),
        Obstacle::WaitsForAnother => "waits for one agent".to_owned(),
        Obstacle::Channel => "not on the channel".to_owned(),
        Obstacle::Bot => "a bot, and it asks for a person".to_owned(),
        Obstacle::Site(site) => format!("not at site {site}"),
        Obstacle::Skill { skill, level } => format!("{skill} below {}", level.get()),
        Obstacle::Excluded => "excluded".to_owned(),
        Obstacle::KeptFrom => "had it and let it go".to_owned(),
        Obstacle::SignedOut => "signed out".to_owned(),
        Obstacle::Lost => "silent".to_owned(),
        Obstacle::Draining => "draining".to_owned(),
        Obstacle::Aux(reason) => format!("in aux: {reason}"),
        Obstacle::Capacity => "units used".to_owned(),
        Obstacle::Reserve => "units kept for live work".to_owned(),
        Obstacle::Beside(channel) => format!("nothing of it beside {channel}"),
        Obstacle::ChannelFull => "as many as it may".to_owned(),
        Obstacle::HoldsMost => "holds the most there is".to_owned(),
        Obstacle::Parked => "goes on with what is parked with it first".to_owned(),
        Obstacle::Throttled(ThrottleWhy::SlowStart) => "held back by its slow start".to_owned(),
        Obstacle::Throttled(ThrottleWhy::Ration) => "held back by its ration".to_owned(),
        Obstacle::Deferred => "looks again soon".to_owned(),
    }
}

fn happening(upcoming: &Upcoming) -> String {
    match &upcoming.what {
        Happening::PreferenceOver => "waits for anybody".to_owned(),
        Happening::ExclusionLifted { agents } => {
            format!("may be had again by {}", some(agents, agents.len() as u32))
        }
        Happening::Unthrottled { agents } => {
            format!("no longer held back: {}", some(agents, agents.len() as u32))
        }
        Happening::Relaxes { step, requires, eligible } => {
            format!("step {step}: requires {}; {eligible} agents are eligible", demands(requires))
        }
        Happening::Pressed => "counts as live: its deadline is near".to_owned(),
        Happening::Leaves { exit_to: Some(queue) } => format!("has waited too long, goes to queue {queue}"),
        Happening::Leaves { exit_to: None } => "has waited too long and ends".to_owned(),
        Happening::WindowOver { exit_to: Some(queue) } => {
            format!("its window is over, goes to queue {queue}")
        }
        Happening::WindowOver { exit_to: None } => "its window is over and it ends".to_owned(),
        Happening::Due => "due".to_owned(),
    }
}

fn presence(presence: &Presence) -> String {
    let draining = |then: &AfterDraining| match then {
        AfterDraining::SignOut => "draining, then signed out".to_owned(),
        AfterDraining::Aux(reason) => format!("draining, then aux: {reason}"),
    };
    match presence {
        Presence::SignedOut => "signed out".to_owned(),
        Presence::Available => "available".to_owned(),
        Presence::Aux(reason) => format!("in aux: {reason}"),
        Presence::Draining { then } => draining(then),
        Presence::Lost { until, before } => {
            let before = match before {
                PresenceBefore::Available => "available".to_owned(),
                PresenceBefore::Aux(reason) => format!("in aux: {reason}"),
                PresenceBefore::Draining(then) => draining(then),
            };
            format!("silent, signed out at {}; before: {before}", show_time(*until))
        }
    }
}

fn named(contacts: &Line) -> String {
    let in_line = |contact: &InLine| {
        let by = match contact.precedence {
            Precedence::Belongs => "belongs to the agent".to_owned(),
            Precedence::Score(points) => format!("score {points}"),
            Precedence::Due(at) => format!("due {}", show_time(at)),
        };
        let turns = contact.turns.map_or(String::new(), |Turns { turns, share }| {
            format!(", after {turns} turns of its queue, whose share is {share}")
        });
        format!("{} ({}, {by}{turns})", contact.contact, contact.queue)
    };
    let first: Vec<String> = contacts.first.iter().map(in_line).collect();
    some(&first, contacts.contacts)
}

/// The names, and how many there are beside them.
fn some(names: &[impl Display], count: u32) -> String {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let more = count.saturating_sub(names.len() as u32);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", names.join(", "))
}

fn demands(demands: &[SkillDemand]) -> String {
    let demand = |demand: &SkillDemand| format!("{} {}", demand.skill, demand.level.get());
    let all: Vec<String> = demands.iter().map(demand).collect();
    if all.is_empty() { "no skill".to_owned() } else { all.join(", ") }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            value.to_string()
        }
    }
}
