//! What a new configuration would change, in lines for people: shown before it is applied.

use std::collections::BTreeSet;
use std::fmt::{Debug, Display};

use model::calendar::{CalendarConfig, OpenRange};
use model::config::{
    ChannelConfig, CustomersConfig, QueueConfig, QuietConfig, RelaxStep, ScheduleConfig, SkillDemand,
};
use model::overflow::{Bound, Floor, Limit, OverflowAction, OverflowRule, Proposal, Signal, Threshold};
use model::rule::Rule;
use model::throttle::{Ration, SlowStart};
use model::{CalendarId, ChannelId, Millis, QueueId, TenantConfig};

use super::calendars::{DAYS, show_business_days};
use super::ratios;
use crate::text::show_duration;

/// Nothing when both mean the same.
pub fn diff(old: &TenantConfig, new: &TenantConfig) -> Vec<String> {
    let mut lines = Vec::new();
    field(&mut lines, "", "version", old.version, new.version);
    let window = |config: &TenantConfig| show_duration(config.reconnect_window);
    field(&mut lines, "", "reconnect_window (for agents who fall silent)", window(old), window(new));
    field(&mut lines, "", "rona.retries", old.rona.retries, new.rona.retries);
    field(&mut lines, "", "rona.aux", &old.rona.aux, &new.rona.aux);
    let starts = |config: &TenantConfig| match config.slow_start {
        None => "none".to_owned(),
        Some(SlowStart { over, every }) => {
            format!("over {}, every {}", show_duration(over), show_duration(every))
        }
    };
    field(&mut lines, "", "slow_start", starts(old), starts(new));
    let ration = |config: &TenantConfig| match config.ration {
        None => "none".to_owned(),
        Some(Ration { offers, over }) => format!("{offers} offers, over {}", show_duration(over)),
    };
    field(&mut lines, "", "ration", ration(old), ration(new));
    customers(&mut lines, &old.customers, &new.customers);
    names(&mut lines, "skill", &old.skills, &new.skills);
    let reserve = |config: &TenantConfig| config.reserve.map_or("none".to_owned(), |units| units.to_string());
    field(&mut lines, "", "reserve", reserve(old), reserve(new));
    names(&mut lines, "site", &old.sites, &new.sites);
    names(&mut lines, "aux reason", &old.aux_reasons, &new.aux_reasons);
    parts(&mut lines, "channel", &old.channels, &new.channels, |channel| channel.name.as_str(), channel);
    calendars(&mut lines, &old.calendars, &new.calendars);
    let default =
        |config: &TenantConfig| config.default_queue.as_ref().map_or("none".to_owned(), ToString::to_string);
    field(
        &mut lines,
        "",
        "default_queue (for contacts that arrive from then on)",
        default(old),
        default(new),
    );
    rules(&mut lines, &old.rules, &new.rules);
    overflow(&mut lines, &old.overflow, &new.overflow);
    ratios::diff(&mut lines, &old.ratios, &new.ratios);
    parts(&mut lines, "queue", &old.queues, &new.queues, |queue| queue.name.as_str(), queue);
    lines
}

fn channel(lines: &mut Vec<String>, of: &str, old: &ChannelConfig, new: &ChannelConfig) {
    let ChannelConfig {
        name: _,
        kind: _,
        cost: _,
        max: _,
        companion: _,
        site: _,
        steering,
        beside,
        interruptions,
        bound_for,
        quiet,
    } = old;
    let max = |channel: &ChannelConfig| channel.max.map_or("none".to_owned(), |max| max.to_string());
    field(lines, of, "kind", old.kind.name(), new.kind.name());
    field(lines, of, "cost", old.cost, new.cost);
    field(lines, of, "max", max(old), max(new));
    field(lines, of, "companion", old.companion, new.companion);
    field(lines, of, "steering", *steering, new.steering);
    field(lines, of, "site (for contacts that arrive from then on)", old.site.name(), new.site.name());
    let come = |beside: &Option<Vec<ChannelId>>| match beside {
        None => "all".to_owned(),
        Some(names) => format!("[{}]", names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
    };
    field(lines, of, "beside", come(beside), come(&new.beside));
    let often = |times: Option<u8>| times.map_or("none".to_owned(), |times| times.to_string());
    field(lines, of, "interruptions", often(*interruptions), often(new.interruptions));
    let stays = |bound_for: Option<Millis>| {
        bound_for.map_or("session".to_owned(), |length| format!("status, for {}", show_duration(length)))
    };
    field(lines, of, "bound", stays(*bound_for), stays(new.bound_for));
    let silent = |quiet: &Option<QuietConfig>| match quiet {
        None => "none".to_owned(),
        Some(QuietConfig { to, ends }) => format!("to {to}, ends {}", show_duration(*ends)),
    };
    field(lines, of, "quiet", silent(quiet), silent(&new.quiet));
}

fn customers(lines: &mut Vec<String>, old: &CustomersConfig, new: &CustomersConfig) {
    let CustomersConfig { mode, remember, remember_max, last_agent_within, together_patience } = old;
    field(lines, "customers", "mode", mode.name(), new.mode.name());
    field(lines, "customers", "remember_max", *remember_max, new.remember_max);
    let mut span =
        |name: &str, old, new| field(lines, "customers", name, show_duration(old), show_duration(new));
    span("remember", *remember, new.remember);
    span("last_agent_within", *last_agent_within, new.last_agent_within);
    span("together_patience", *together_patience, new.together_patience);
}

fn queue(lines: &mut Vec<String>, of: &str, old: &QueueConfig, new: &QueueConfig) {
    // Every field by name: one that is added to queues must be compared here.
    let QueueConfig {
        name: _,
        skills,
        prefer,
        person,
        method: before,
        points,
        ageing_per_minute,
        due_in: _,
        offer_timeout,
        auto_accept,
        wrap_up,
        preferred_patience,
        retry_same_agent_after,
        service_level,
        relax,
        room,
        max_wait,
        exit_to,
        calendar,
        due_business_days: _,
        hours,
        pressure,
        schedule: ScheduleConfig { release, retries, retry_after },
        estimate,
        foresee,
        taking,
        handling_max,
    } = old;
    let mut duration = |name: &str, old, new| field(lines, of, name, show_duration(old), show_duration(new));
    duration("offer_timeout", *offer_timeout, new.offer_timeout);
    duration("wrap_up", *wrap_up, new.wrap_up);
    duration("preferred_patience", *preferred_patience, new.preferred_patience);
    duration("retry_same_agent_after", *retry_same_agent_after, new.retry_same_agent_after);
    duration("service_level.within", service_level.within, new.service_level.within);
    duration("retry_after", *retry_after, new.schedule.retry_after);
    field(lines, of, "due_in", due_in(old), due_in(new));
    field(lines, of, "service_level.percent", service_level.percent, new.service_level.percent);
    field(lines, of, "skills (for contacts that arrive from then on)", demands(skills), demands(&new.skills));
    field(lines, of, "prefer (for contacts that arrive from then on)", demands(prefer), demands(&new.prefer));
    field(lines, of, "person (for contacts that arrive from then on)", *person, new.person);
    field(lines, of, "method", before.name(), new.method.name());
    field(lines, of, "points", *points, new.points);
    field(lines, of, "ageing_per_minute", *ageing_per_minute, new.ageing_per_minute);
    field(lines, of, "auto_accept", *auto_accept, new.auto_accept);
    field(lines, of, "relax", steps(relax), steps(&new.relax));
    let count = |room: Option<u32>| room.map_or("none".to_owned(), |room| room.to_string());
    field(lines, of, "room", count(*room), count(new.room));
    let span = |wait: Option<Millis>| wait.map_or("none".to_owned(), show_duration);
    field(lines, of, "max_wait", span(*max_wait), span(new.max_wait));
    let exit = |to: &Option<QueueId>| to.as_ref().map_or("none".to_owned(), ToString::to_string);
    field(lines, of, "exit_to", exit(exit_to), exit(&new.exit_to));
    let named = |name: &Option<CalendarId>| name.as_ref().map_or("none".to_owned(), ToString::to_string);
    field(lines, of, "calendar", named(calendar), named(&new.calendar));
    field(lines, of, "hours", named(hours), named(&new.hours));
    field(lines, of, "pressure", span(*pressure), span(new.pressure));
    field(lines, of, "release", *release, new.schedule.release);
    field(lines, of, "retries", *retries, new.schedule.retries);
    field(lines, of, "estimate", *estimate, new.estimate);
    field(lines, of, "foresee", *foresee, new.foresee);
    let longest = |length: Option<Millis>| length.map_or("none".to_owned(), show_duration);
    field(lines, of, "handling_max", longest(*handling_max), longest(new.handling_max));
    field(lines, of, "taking", taking.name(), new.taking.name());
}

fn due_in(queue: &QueueConfig) -> String {
    queue.due_business_days.map_or_else(|| show_duration(queue.due_in), show_business_days)
}

fn calendars(lines: &mut Vec<String>, old: &[CalendarConfig], new: &[CalendarConfig]) {
    let find = |all: &[CalendarConfig], name| all.iter().find(|other| other.name == name).cloned();
    for before in old {
        let Some(after) = find(new, before.name.clone()) else {
            lines.push(format!("calendar {:?} is removed", before.name.as_str()));
            continue;
        };
        let CalendarConfig { name, zone, week, special } = before;
        let of = format!("calendar {:?}", name.as_str());
        field(lines, &of, "zone", zone, &after.zone);
        for (day, (before, after)) in DAYS.iter().zip(week.iter().zip(&after.week)) {
            field(lines, &of, day, ranges(before), ranges(after));
        }
        let dates = special.iter().chain(&after.special).map(|special| special.date);
        for date in dates.collect::<BTreeSet<_>>() {
            let on = |calendar: &CalendarConfig| {
                let special = calendar.special.iter().find(|special| special.date == date);
                special.map_or("as its weekday".to_owned(), |special| ranges(&special.open))
            };
            field(lines, &of, &date.to_string(), on(before), on(&after));
        }
    }
    for after in new.iter().filter(|after| find(old, after.name.clone()).is_none()) {
        lines.push(format!("calendar {:?} is added", after.name.as_str()));
    }
}

fn ranges(open: &[OpenRange]) -> String {
    let each: Vec<String> = open.iter().map(OpenRange::to_string).collect();
    if each.is_empty() { "closed".to_owned() } else { each.join(" ") }
}

/// Their order counts as much as what they say.
fn rules(lines: &mut Vec<String>, old: &[Rule], new: &[Rule]) {
    let place = |rules: &[Rule], rule: &Rule| rules.iter().position(|other| other.name == rule.name);
    for rule in old.iter().filter(|rule| place(new, rule).is_none()) {
        lines.push(format!("rule {:?} is removed", rule.name));
    }
    for (at, rule) in new.iter().enumerate() {
        let Some(before) = place(old, rule) else {
            lines.push(format!("rule {:?} is added as number {}", rule.name, at + 1));
            continue;
        };
        if before != at {
            lines.push(format!("rule {:?}: its place changes from {} to {}", rule.name, before + 1, at + 1));
        }
        // Every field by name: one that is added to rules must be compared here.
        let Rule { name: _, when, queue, points, skills, person } = &old[before];
        let of = format!("rule {:?}", rule.name);
        if *when != rule.when {
            lines.push(format!("{of}: its conditions change"));
        }
        let to = |queue: &Option<QueueId>| queue.as_ref().map_or("none".to_owned(), ToString::to_string);
        field(lines, &of, "queue", to(queue), to(&rule.queue));
        field(lines, &of, "points", *points, rule.points);
        field(lines, &of, "skills", demands(skills), demands(&rule.skills));
        field(lines, &of, "person", *person, rule.person);
    }
}

/// Their order counts, too: each acts on what the ones before it left.
fn overflow(lines: &mut Vec<String>, old: &[OverflowRule], new: &[OverflowRule]) {
    let place =
        |rules: &[OverflowRule], rule: &OverflowRule| rules.iter().position(|other| other.name == rule.name);
    for rule in old.iter().filter(|rule| place(new, rule).is_none()) {
        lines.push(format!("overflow rule {:?} is removed", rule.name));
    }
    for (at, rule) in new.iter().enumerate() {
        let Some(before) = place(old, rule) else {
            lines.push(format!("overflow rule {:?} is added as number {}", rule.name, at + 1));
            continue;
        };
        let of = format!("overflow rule {:?}", rule.name);
        if before != at {
            lines.push(format!("{of}: its place changes from {} to {}", before + 1, at + 1));
        }
        // Every field by name: one that is added to rules must be compared here.
        let OverflowRule { name: _, queue, when, until, floor, cap, action: does } = &old[before];
        field(lines, &of, "queue", queue, &rule.queue);
        field(lines, &of, "when", threshold(when), threshold(&rule.when));
        field(lines, &of, "until", threshold(until), threshold(&rule.until));
        field(lines, &of, "floor", floors(floor), floors(&rule.floor));
        field(lines, &of, "cap", *cap, rule.cap);
        field(lines, &of, "what it does", action(does), action(&rule.action));
        if old[before] != *rule {
            lines.push(format!("{of}: begins off"));
        }
    }
}

fn threshold(threshold: &Threshold) -> String {
    let limits: Vec<String> = threshold.limits.iter().map(limit).collect();
    format!("{} for {}", limits.join(" and "), show_duration(threshold.lasting))
}

fn floors(floors: &[Floor]) -> String {
    let each: Vec<String> =
        floors.iter().map(|floor| format!("{} of {}", limit(&floor.limit), floor.queue)).collect();
    if each.is_empty() { "none".to_owned() } else { each.join(" and ") }
}

fn limit(limit: &Limit) -> String {
    let more = match &limit.signal {
        Signal::AtRisk { within } => format!(" within {}", show_duration(*within)),
        Signal::Free { channel } => format!(" on {channel}"),
        Signal::Waiting
        | Signal::Oldest
        | Signal::Eligible
        | Signal::ServiceLevel
        | Signal::EwtP50
        | Signal::EwtP90
        | Signal::Backlog
        | Signal::Late => String::new(),
    };
    let number = limit.bound.number();
    let number = if limit.signal.is_time() { show_duration(Millis(number)) } else { number.to_string() };
    let bound = match limit.bound {
        Bound::AtLeast(_) => "at_least",
        Bound::AtMost(_) => "at_most",
    };
    format!("{}{more} {bound} {number}", limit.signal.name())
}

fn action(action: &OverflowAction) -> String {
    match action {
        OverflowAction::Relax(step) => format!("relax to step {step}"),
        OverflowAction::Lend(lent) => {
            let own = if lent.keep_own { "" } else { " without its own" };
            format!("lend to {}{own}", demands(&lent.skills))
        }
        OverflowAction::Raise(points) => format!("raise by {points}"),
        OverflowAction::Move(queue) => format!("move to {queue}"),
        OverflowAction::Propose(Proposal { channels, queue, timeout }) => {
            let channels: Vec<&str> = channels.iter().map(ChannelId::as_str).collect();
            format!("propose {} in {queue} for {}", channels.join(", "), show_duration(*timeout))
        }
    }
}

fn steps(steps: &[RelaxStep]) -> String {
    let each = steps.iter().map(|step| {
        let own = if step.keep_own { "" } else { " without its own" };
        format!("after {}: {}{own}", show_duration(step.after), demands(&step.skills))
    });
    format!("[{}]", each.collect::<Vec<_>>().join(", "))
}

pub(super) fn field<T: PartialEq + Display>(lines: &mut Vec<String>, of: &str, name: &str, old: T, new: T) {
    if old != new {
        let of = if of.is_empty() { String::new() } else { format!("{of}: ") };
        lines.push(format!("{of}{name} changes from {old} to {new}"));
    }
}

fn names<T: PartialEq + Debug>(lines: &mut Vec<String>, what: &str, old: &[T], new: &[T]) {
    lines.extend(
        old.iter().filter(|name| !new.contains(name)).map(|name| format!("{what} {name:?} is removed")),
    );
    lines.extend(
        new.iter().filter(|name| !old.contains(name)).map(|name| format!("{what} {name:?} is added")),
    );
}

fn parts<T: PartialEq>(
    lines: &mut Vec<String>,
    what: &str,
    old: &[T],
    new: &[T],
    name: impl Fn(&T) -> &str,
    compare: impl Fn(&mut Vec<String>, &str, &T, &T),
) {
    for before in old {
        match new.iter().find(|after| name(after) == name(before)) {
            Some(after) => compare(lines, &format!("{what} {:?}", name(before)), before, after),
            None => lines
                .push(format!("{what} {:?} is removed; refused while open contacts have it", name(before))),
        }
    }
    for after in new {
        if !old.iter().any(|before| name(before) == name(after)) {
            lines.push(format!("{what} {:?} is added", name(after)));
        }
    }
}

fn demands(skills: &[SkillDemand]) -> String {
    let each: Vec<String> = skills.iter().map(SkillDemand::to_string).collect();
    format!("{{ {} }}", each.join(", "))
}
