//! What the world is told, as a line: of contacts who has them or why they go, of agents their presence.

use model::agent::AfterDraining;
use model::estimate::{Estimate, Outlook, Score};
use model::event::{ContactFacts, ContactStep, EventKind, HistoryEntry};
use model::transition::{ExitWhy, KnownWhy, OfferEnd, PresenceCause, ProposalEnd, ReturnedWhy};
use model::work::DeadlineRisk;
use model::{AgentId, Event, Millis, Outcome, Presence, RuleName, Time};
use protocol::text::show_duration;

use super::{consult, hand};

/// Nothing for what a reader of scenarios has seen in the line above.
pub(super) fn line(event: &Event, start: Time) -> Option<String> {
    Some(match &event.kind {
        EventKind::TenantOpened | EventKind::AgentPut { .. } | EventKind::AgentRemoved { .. } => return None,
        EventKind::ConfigApplied { version, .. } => format!("version {version} is in force"),
        EventKind::TenantLeft { to } => format!("leaves for shard {to}"),
        EventKind::TenantCame { from } => format!("came from shard {from}"),
        EventKind::Refused(refused) => format!("refused {}: {}", refused.reason, refused.detail),
        EventKind::QueueSwitched { queue, state } => format!("{queue} {}", state.name()),
        EventKind::OverflowTurned { rule, state, measured, .. } => {
            let shown =
                |number: &Option<u64>| number.map_or("unknown".to_owned(), |number| number.to_string());
            let measured: Vec<String> = measured.iter().map(shown).collect();
            format!("overflow rule {rule} {}, at {}", state.name(), measured.join(" and "))
        }
        EventKind::DeadlinesJudged { queue, risk: Some(risk) } => {
            let after = |time: Time| show_duration(Millis(time.0.saturating_sub(start.0)));
            let (due, expected) = (after(risk.due_at), after(risk.expected_at));
            let DeadlineRisk { contact, late, .. } = risk;
            format!("{queue} has deadlines at risk: {contact} due {due}, expected {expected}, {late} late")
        }
        EventKind::DeadlinesJudged { queue, risk: None } => format!("{queue} will meet its deadlines"),
        EventKind::AgentPresence { agent, presence, cause, .. } => presence_line(agent, presence, *cause),
        EventKind::Contact { facts, step } => {
            let step = contact(facts, step, start)?;
            format!("{} {step}", facts.body.contact)
        }
    })
}

fn presence_line(agent: &AgentId, presence: &Presence, cause: PresenceCause) -> String {
    let presence = match presence {
        Presence::SignedOut => "signed out".to_owned(),
        Presence::Available => "available".to_owned(),
        Presence::Aux(reason) => format!("aux {reason}"),
        Presence::Draining { then: AfterDraining::SignOut } => "draining".to_owned(),
        Presence::Draining { then: AfterDraining::Aux(reason) } => format!("draining to aux {reason}"),
        Presence::Lost { .. } => "lost".to_owned(),
    };
    let cause = match cause {
        PresenceCause::Agent => "",
        PresenceCause::Rona => ", too many offers missed",
        PresenceCause::Drained => ", drained",
        PresenceCause::Heartbeat => ", by heartbeat",
        PresenceCause::WindowOver => ", did not come back",
        PresenceCause::Roster => ", no longer in the roster",
        PresenceCause::Supervisor => ", by a supervisor",
    };
    format!("{agent} {presence}{cause}")
}

fn contact(facts: &ContactFacts, step: &ContactStep, start: Time) -> Option<String> {
    let after = |time: Time| show_duration(Millis(time.0.saturating_sub(start.0)));
    Some(match step {
        ContactStep::Arrived { known } => {
            let due = facts.due_at.map(|due_at| format!("is due at {}", after(due_at)));
            let known =
                known.as_ref().map(|(agent, why)| format!("is known to {agent}, {}", known_why(*why)));
            let classified = facts.body.classified.as_ref();
            let classified =
                classified.map(|it| format!("belongs in {}, {}", it.queue, by(it.rule.as_ref())));
            let asks = consult::shown(facts);
            let told: Vec<String> = asks.into_iter().chain(due).chain(classified).chain(known).collect();
            (!told.is_empty()).then(|| told.join(", "))?
        }
        ContactStep::Queued { preferred: None } => format!("waits in {}", facts.queue),
        ContactStep::Queued { preferred: Some(agent) } => format!("waits for {agent}"),
        ContactStep::Scheduled { agent: None, until, .. } => format!("is put off until {}", after(*until)),
        ContactStep::Scheduled { agent: Some(agent), until, tries } => {
            format!("not reached by {agent}, is put off until {} after try {tries}", after(*until))
        }
        ContactStep::Released => format!("is released as if it came at {}", after(facts.arrived_at)),
        ContactStep::Offered { agent, by, handed_over_by, history, .. } => {
            let mut text = format!("offered to {agent}{}", hand::shown(*by));
            if let Some(former) = handed_over_by {
                text += &format!(", handed over by {former}");
            }
            if !history.is_empty() {
                let history: Vec<String> = history.iter().map(entry).collect();
                text += &format!(", who is shown {}", history.join(", "));
            }
            text
        }
        ContactStep::Proposed { rule, channel, queue, until } => {
            format!("is proposed {channel} in {queue} until {} by {rule}", after(*until))
        }
        ContactStep::ProposalEnded { how: ProposalEnd::Declined } => "does not want that".to_owned(),
        ContactStep::ProposalEnded { how: ProposalEnd::Expired } => "does not answer".to_owned(),
        ContactStep::Switched { from, from_channel } => {
            let due = facts.due_at.map(|due_at| format!(", due at {}", after(due_at))).unwrap_or_default();
            let (channel, queue) = (&facts.channel, &facts.queue);
            format!("changes from {from_channel} in {from} to {channel} in {queue}{due}")
        }
        ContactStep::Estimated { outlook } => format!("told {}", expected(*outlook)),
        ContactStep::Accepted { agent, score: None, .. } => format!("accepted by {agent}"),
        ContactStep::Accepted { agent, score: Some(Score { first, waited }), .. } => {
            format!("accepted by {agent}, {} after it was told {}", show_duration(*waited), expected(*first))
        }
        ContactStep::OfferEnded { agent, how: OfferEnd::Declined, .. } => format!("declined by {agent}"),
        ContactStep::OfferEnded { agent, how: OfferEnd::Expired, .. } => format!("missed by {agent}"),
        ContactStep::OfferEnded { agent, how: OfferEnd::Revoked, .. } => format!("taken back from {agent}"),
        ContactStep::OfferEnded { agent, how: OfferEnd::Withdrawn, .. } => {
            format!("taken back from {agent} by a supervisor")
        }
        ContactStep::WrapUpStarted { agent, until } => {
            format!("in wrap-up with {agent} until {}", after(*until))
        }
        ContactStep::Interrupted { agent, times } => format!("interrupted with {agent}, time {times}"),
        ContactStep::Parked { agent, until } => format!("stays with {agent} until {}", after(*until)),
        ContactStep::Stuck { agent } => format!("stuck with {agent}"),
        ContactStep::WorkedOn { agent } => format!("worked on by {agent}"),
        ContactStep::Resumed { agent } => format!("resumed by {agent}"),
        ContactStep::Quieted { agent, until } => format!("quiet, {agent} had it, until {}", after(*until)),
        ContactStep::Slowed { from } => {
            let due = facts.due_at.map(|due_at| format!(", due at {}", after(due_at))).unwrap_or_default();
            format!("waits without its customer, from {from} to {}{due}", facts.channel)
        }
        ContactStep::Replied { from } if *from == facts.channel => "heard of again".to_owned(),
        ContactStep::Replied { from } => format!("heard of again, from {from} to {}", facts.channel),
        ContactStep::Returned { agent, why } => format!("returned by {agent}, {}", returned(*why)),
        ContactStep::HandedOver { from, agent, .. } => format!("handed over by {from} to {agent}"),
        ContactStep::Relaxed { step } => format!("asks for less, step {step}"),
        ContactStep::Pressed => "counts as live".to_owned(),
        ContactStep::Moved { from, why } => format!("moves from {from} to {}, {}", facts.queue, exit(*why)),
        ContactStep::Joined { agent, until } => {
            format!("waits for {agent}, who has what it belongs to, until {}", after(*until))
        }
        ContactStep::Updated { agent } => {
            let to = agent.as_ref().map(|agent| format!(", as {agent} is told")).unwrap_or_default();
            format!("updated{to}")
        }
        ContactStep::Reclassified { from, rule } => {
            format!("goes from {from} to {}, {}", facts.queue, by(rule.as_ref()))
        }
        ContactStep::Overflowed { from, rule } if *from == facts.queue => format!("overflows by {rule}"),
        ContactStep::Overflowed { from, rule } => {
            format!("overflows from {from} to {} by {rule}", facts.queue)
        }
        ContactStep::Unservable => "could be taken by nobody in the roster".to_owned(),
        ContactStep::Servable => "could be taken by somebody again".to_owned(),
        ContactStep::Closed { agent, outcome } => {
            let by = agent.as_ref().map(|agent| format!(" by {agent}")).unwrap_or_default();
            format!("{}{by}", outcome_name(*outcome))
        }
    })
}

/// `position 2, 12s or at most 40s`
fn expected(Outlook { position, estimate }: Outlook) -> String {
    match estimate {
        Estimate::Known { p50, p90 } => {
            format!("position {position}, {} or at most {}", show_duration(p50), show_duration(p90))
        }
        Estimate::Unknown(why) => format!("position {position}, unknown: {}", why.name()),
    }
}

fn known_why(why: KnownWhy) -> &'static str {
    match why {
        KnownWhy::Matter => "who has its matter",
        KnownWhy::Companion => "who has the contact beside it",
        KnownWhy::LastAgent => "who had the customer last",
    }
}

/// `c1 (completed by ann)`
fn entry(entry: &HistoryEntry) -> String {
    let outcome = entry.ended.map_or("open", |(_, outcome)| outcome_name(outcome));
    let by = entry.agent.as_ref().map(|agent| format!(" by {agent}")).unwrap_or_default();
    let matter = entry.matter.as_ref().map(|matter| format!(", {matter}")).unwrap_or_default();
    format!("{} ({outcome}{by}{matter})", entry.contact)
}

fn by(rule: Option<&RuleName>) -> String {
    rule.map_or("by no rule".to_owned(), |rule| format!("by rule {rule}"))
}

fn returned(why: ReturnedWhy) -> &'static str {
    match why {
        ReturnedWhy::TransferredToQueue => "transferred to a queue",
        ReturnedWhy::TransferredToAgent { .. } => "transferred to an agent",
        ReturnedWhy::Requeued => "requeued",
        ReturnedWhy::AgentLeft => "who left",
        ReturnedWhy::Supervisor => "from whom a supervisor took it",
    }
}

fn exit(why: ExitWhy) -> &'static str {
    match why {
        ExitWhy::Full => "which is full",
        ExitWhy::MaxWait => "after the longest wait",
        ExitWhy::Closed => "which is closed",
        ExitWhy::OffHours => "outside its hours",
        ExitWhy::WindowOver => "after its window",
        ExitWhy::Supervisor => "by a supervisor's hand",
    }
}

fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Completed => "completed",
        Outcome::Abandoned => "abandoned",
        Outcome::Cancelled => "cancelled",
        Outcome::Blocked => "blocked",
        Outcome::TimedOut => "timed out",
        Outcome::TurnedAway => "turned away",
        Outcome::NotReached => "not reached",
    }
}
