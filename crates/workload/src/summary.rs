//! What a played day came to, beside what the real centre made of it.
//!
//! All lengths are in the day's own time, also when it was played faster. Waits are counted from the planned arrival,
//! so that a player who falls behind does not flatter the router.

use std::fmt;

use model::config::{ServiceLevel, TenantConfig};
use model::contact::Outcome;
use model::id::{ChannelId, QueueId};
use model::time::{Millis, Time};
use serde::Serialize;

use crate::accounts::{Accounts, Deadline, deadline, is_live};
use crate::caller::Caller;
use crate::feasible::{Job, overloaded};
use crate::figures::{Sample, SampleEnd, figures, permille};
use crate::plan::{Plan, PlannedContact};
use crate::play::OfferCounts;
use crate::repeats::{Repeats, repeats};
use crate::turns::{RuleTurns, Turns};

pub use crate::figures::{Figures, SERVICE_LEVEL_VARIANT};

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DaySummary {
    pub whole: Compared,
    pub by_queue: Vec<(QueueId, Compared)>,
    /// Of those who came on a live channel.
    pub live: Figures,
    /// By the channel on which they came; those on which anybody did.
    pub by_channel: Vec<ChannelFigures>,
    pub service_level_variant: &'static str,
    /// The first queue's.
    pub service_level_within: Millis,
    /// Time with contacts of all the time that agents were at work.
    pub occupancy_permille: u32,
    /// The same in the real centre; absent when the plan is of no real one.
    pub occupancy_permille_real: Option<u32>,
    pub offers_made: u64,
    pub offers_accepted: u64,
    pub offers_ended: u64,
    pub accounts: Accounts,
    pub deadlines: Deadlines,
    pub rules: Vec<RuleTurns>,
    pub repeats: Repeats,
    /// What the answered cost by the channels on which they were.
    pub cost: u64,
    /// Contacts that came and have not exactly one outcome, and may not wait either.
    pub lost: u64,
    /// Contacts that two agents had at the same time.
    pub assigned_twice: u64,
    /// How many times faster than life it was played.
    pub speed: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Compared {
    pub played: Figures,
    pub real: Option<Figures>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChannelFigures {
    pub channel: ChannelId,
    pub is_live: bool,
    pub figures: Figures,
    pub cost: u64,
    pub deadlines: Deadlines,
}

/// Of contacts that had to be handled by a time: to be over by then, not only begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Deadlines {
    pub met: u64,
    pub missed: u64,
    /// Of these, those in queues of which nobody could have met all deadlines; see `feasible`.
    pub infeasible: u64,
    /// Not due yet when the day was over, and open.
    pub ahead: u64,
}

/// Agents' time, of all together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Staff {
    pub at_work: Millis,
    pub busy: Millis,
}

pub(crate) fn summarize(
    plan: &Plan,
    callers: &[Caller],
    offers: OfferCounts,
    turns: &Turns,
    staff: Staff,
    now: Time,
) -> DaySummary {
    let end = plan.ends_at.unwrap_or(now);
    let came = || callers.iter().filter(|caller| caller.record().created.is_some());
    let by_queue = plan.config.queues.iter().map(|queue| {
        (queue.name.clone(), compare(plan, callers, end, |caller| queue_of(caller) == Some(&queue.name)))
    });
    let overloaded = overloaded_queues(plan, callers, end);
    let by_channel: Vec<ChannelFigures> = plan
        .config
        .channels
        .iter()
        .map(|channel| channel_figures(plan, callers, &channel.name, &overloaded, end))
        .filter(|channel| channel.figures.contacts > 0)
        .collect();
    let live = |caller: &Caller| comes_live(&plan.config, caller);
    let accounts = Accounts::of(callers.iter(), end);
    DaySummary {
        whole: compare(plan, callers, end, |_| true),
        by_queue: by_queue.collect(),
        live: figures(&played(plan, callers, end, live)),
        deadlines: by_channel.iter().fold(Deadlines::default(), |sum, channel| sum.and(channel.deadlines)),
        cost: by_channel.iter().map(|channel| channel.cost).sum(),
        by_channel,
        service_level_variant: SERVICE_LEVEL_VARIANT,
        service_level_within: slower(plan, service_level(plan, None).within),
        occupancy_permille: permille(staff.busy.0, staff.at_work.0),
        occupancy_permille_real: occupancy_real(plan),
        offers_made: offers.made,
        offers_accepted: offers.accepted,
        offers_ended: offers.ended,
        accounts,
        rules: turns.by_rule(end),
        repeats: repeats(callers),
        lost: accounts.lost(),
        assigned_twice: came().filter(|caller| caller.record().assigned_twice).count() as u64,
        speed: plan.speed,
    }
}

/// Where it was at first, as far as anybody said.
fn queue_of(caller: &Caller) -> Option<&QueueId> {
    caller.record().queue.as_ref().or(caller.planned().body.queue.as_ref())
}

fn comes_live(config: &TenantConfig, caller: &Caller) -> bool {
    let channel = &caller.planned().body.channel;
    config.channels.iter().find(|own| own.name == *channel).is_none_or(|own| is_live(own.kind))
}

/// The queue's; that of the first where it is not known.
fn service_level(plan: &Plan, queue: Option<&QueueId>) -> ServiceLevel {
    let default = ServiceLevel { percent: 80, within: Millis::from_seconds(20) };
    let queue = queue.and_then(|queue| plan.config.queue(queue)).or(plan.config.queues.first());
    queue.map_or(default, |queue| queue.service_level)
}

fn slower(plan: &Plan, span: Millis) -> Millis {
    Millis(span.0 * u64::from(plan.speed))
}

fn channel_figures(
    plan: &Plan,
    callers: &[Caller],
    channel: &ChannelId,
    overloaded: &[QueueId],
    end: Time,
) -> ChannelFigures {
    let is_of = |caller: &Caller| caller.planned().body.channel == *channel;
    let mut deadlines = Deadlines::default();
    let (mut cost, mut comes) = (0, None);
    for caller in callers.iter().filter(|caller| is_of(caller) && caller.record().created.is_some()) {
        let is_infeasible = || queue_of(caller).is_some_and(|queue| overloaded.contains(queue));
        comes = comes.or_else(|| Some(comes_live(&plan.config, caller)));
        cost += cost_of(&plan.config, caller);
        match deadline(caller.record(), end) {
            Some(Deadline::Met) => deadlines.met += 1,
            Some(Deadline::Ahead) => deadlines.ahead += 1,
            Some(Deadline::Missed) => {
                deadlines.missed += 1;
                deadlines.infeasible += u64::from(is_infeasible());
            }
            None => {}
        }
    }
    let figures = figures(&played(plan, callers, end, is_of));
    ChannelFigures { channel: channel.clone(), is_live: comes.unwrap_or(true), figures, cost, deadlines }
}

fn cost_of(config: &TenantConfig, caller: &Caller) -> u64 {
    let record = caller.record();
    let on = record.answered.and(record.answered_on.as_ref());
    let channel = on.and_then(|on| config.channels.iter().find(|channel| channel.name == *on));
    channel.map_or(0, |channel| u64::from(channel.steering))
}

/// Only where a deadline was missed is there anything to ask.
fn overloaded_queues(plan: &Plan, callers: &[Caller], end: Time) -> Vec<QueueId> {
    let has_missed = |caller: &Caller| deadline(caller.record(), end) == Some(Deadline::Missed);
    if !callers.iter().any(has_missed) {
        return Vec::new();
    }
    let job = |caller: &Caller| {
        let (planned, record) = (caller.planned(), caller.record());
        Some(Job {
            queue: queue_of(caller)?.clone(),
            came: record.created?,
            due_at: record.due_at?,
            handle: planned.handle,
        })
    };
    overloaded(plan, &callers.iter().filter_map(job).collect::<Vec<_>>())
}

impl Deadlines {
    fn and(self, other: Deadlines) -> Deadlines {
        Deadlines {
            met: self.met + other.met,
            missed: self.missed + other.missed,
            infeasible: self.infeasible + other.infeasible,
            ahead: self.ahead + other.ahead,
        }
    }
}

/// Most switches of one rule within an hour: more of them is a rule that chases its own effect.
pub const SWITCHES_PER_HOUR_MAX: u64 = 4;

impl DaySummary {
    /// What must not be, in words; nothing of a day that went as it has to.
    pub fn faults(&self) -> Vec<String> {
        let Accounts { stuck, unaccounted, .. } = self.accounts;
        let unmet = self.deadlines.missed - self.deadlines.infeasible;
        let counted = [
            (stuck, "contacts are stuck: somebody waits, or has them, though the day is over"),
            (unaccounted, "contacts are unaccounted for: never taken in, or ended more than once"),
            (self.assigned_twice, "contacts were with two agents at once"),
            (unmet, "deadlines were missed that could have been met"),
        ];
        let counted =
            counted.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
        let restless =
            self.rules.iter().filter(|rule| rule.per_hour_max > SWITCHES_PER_HOUR_MAX).map(|rule| {
                format!(
                    "the rule {} switched {} times within an hour, {SWITCHES_PER_HOUR_MAX} are bearable",
                    rule.rule, rule.per_hour_max
                )
            });
        counted.chain(restless).collect()
    }
}

fn compare(plan: &Plan, callers: &[Caller], end: Time, is_meant: impl Fn(&Caller) -> bool) -> Compared {
    let real = |caller: &Caller| real_sample(caller.planned(), slower(plan, within(plan, caller)));
    let real: Vec<Sample> = callers.iter().filter(|caller| is_meant(caller)).filter_map(real).collect();
    Compared {
        played: figures(&played(plan, callers, end, is_meant)),
        real: (!real.is_empty()).then(|| figures(&real)),
    }
}

fn within(plan: &Plan, caller: &Caller) -> Millis {
    service_level(plan, queue_of(caller)).within
}

fn played(plan: &Plan, callers: &[Caller], end: Time, is_meant: impl Fn(&Caller) -> bool) -> Vec<Sample> {
    let meant = callers.iter().filter(|caller| is_meant(caller));
    meant.filter_map(|caller| played_sample(plan, caller, end)).collect()
}

fn played_sample(plan: &Plan, caller: &Caller, end: Time) -> Option<Sample> {
    let record = caller.record();
    let created = record.created?;
    let how = match (record.answered, record.outcome) {
        (Some(_), _) => SampleEnd::Answered,
        (None, Some(Outcome::Abandoned)) => SampleEnd::Abandoned,
        (
            None,
            Some(
                Outcome::Completed
                | Outcome::Cancelled
                | Outcome::Blocked
                | Outcome::TimedOut
                | Outcome::TurnedAway
                | Outcome::NotReached,
            )
            | None,
        ) => SampleEnd::Other,
    };
    let planned = caller.planned();
    // Who follows another has no instant of its own before it comes; who is scheduled waits from its time on.
    let from = planned.follows.map_or(planned.at, |_| created);
    let not_before = planned.body.window.as_deref().and_then(|window| window.not_before);
    let from = not_before.map_or(from, |not_before| from.max(not_before));
    let wait = record.answered.or(record.ended).unwrap_or(end).since(from);
    Some(Sample {
        end: how,
        wait: slower(plan, wait),
        handle: slower(plan, record.held),
        within: slower(plan, within(plan, caller)),
    })
}

fn real_sample(contact: &PlannedContact, within: Millis) -> Option<Sample> {
    let real = contact.real?;
    let end = if real.answered { SampleEnd::Answered } else { SampleEnd::Abandoned };
    Some(Sample { end, wait: real.wait, handle: real.handle, within })
}

fn occupancy_real(plan: &Plan) -> Option<u32> {
    let served: u64 = plan.contacts.iter().filter_map(|contact| contact.real).map(|real| real.handle.0).sum();
    let at_work = plan.shifts.iter().map(|shift| {
        let away: u64 = shift.absences.iter().map(|absence| absence.length.0).sum();
        shift.sign_out.since(shift.sign_in).0.saturating_sub(away) * u64::from(plan.speed)
    });
    plan.contacts.iter().any(|contact| contact.real.is_some()).then(|| permille(served, at_work.sum()))
}

impl fmt::Display for DaySummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        heading(f)?;
        lines(f, "all", &self.whole)?;
        for (queue, compared) in &self.by_queue {
            lines(f, queue.as_str(), compared)?;
        }
        write!(f, "occupancy {}", percent(self.occupancy_permille))?;
        if let Some(real) = self.occupancy_permille_real {
            write!(f, " (the real centre {})", percent(real))?;
        }
        let within = self.service_level_within.0 / 1000;
        writeln!(f, ", service level = {}, threshold {within} s", self.service_level_variant)?;
        let (made, accepted, ended) = (self.offers_made, self.offers_accepted, self.offers_ended);
        writeln!(f, "offers {made}: accepted {accepted}, declined, expired or revoked {ended}")?;
        writeln!(f, "lost {}, assigned twice {}", self.lost, self.assigned_twice)
    }
}

fn heading(f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(
        f,
        "{:<12}{:>9}{:>10}{:>11}{:>8}{:>8}{:>8}{:>8}{:>8}{:>8}{:>8}",
        "seconds", "contacts", "answered", "abandoned", "SL", "ASA", "wait", "p50", "p90", "max", "AHT"
    )
}

fn lines(f: &mut fmt::Formatter<'_>, name: &str, compared: &Compared) -> fmt::Result {
    line(f, name, &compared.played)?;
    compared.real.as_ref().map_or(Ok(()), |real| line(f, "  real", real))
}

fn line(f: &mut fmt::Formatter<'_>, name: &str, figures: &Figures) -> fmt::Result {
    write!(f, "{name:<12}{:>9}{:>10}{:>11}", figures.contacts, figures.answered, figures.abandoned)?;
    write!(f, "{:>8}", percent(figures.service_level_permille))?;
    for span in
        [figures.asa, figures.wait_mean, figures.wait_p50, figures.wait_p90, figures.wait_max, figures.aht]
    {
        write!(f, "{:>8}", format!("{}.{}", span.0 / 1000, span.0 % 1000 / 100))?;
    }
    writeln!(f)
}

fn percent(permille: u32) -> String {
    format!("{}.{}%", permille / 10, permille % 10)
}
