//! A configuration as the text that an organisation would write.
//!
//! The reader is `protocol::config`, which this crate does not know: a plan must be playable where there is no
//! parser, and a router must be given text. What a length of zero, false or nothing says is left out.

use std::fmt::{Display, Write as _};

use model::calendar::{CalendarConfig, OpenRange};
use model::config::{
    CustomersConfig, QueueConfig, RelaxStep, ScheduleConfig, SiteNeed, SkillDemand, TenantConfig,
};
use model::overflow::{Bound, Floor, Lent, Limit, OverflowAction, OverflowRule, Proposal, Signal, Threshold};
use model::ratio::Share;
use model::rule::{Among, Condition, Rule, Test, When};
use model::throttle::{Ration, SlowStart};
use model::time::Millis;

pub fn config_text(config: &TenantConfig) -> String {
    let mut text = format!("version = {}\nskills = [", config.version);
    let skills: Vec<String> = config.skills.iter().map(|skill| format!("\"{skill}\"")).collect();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{}]", skills.join(", "));
    let _ = writeln!(text, "reconnect_window = {}", length(config.reconnect_window));
    if !config.sites.is_empty() {
        let sites: Vec<String> = config.sites.iter().map(|site| format!("\"{site}\"")).collect();
        let _ = writeln!(text, "sites = [{}]", sites.join(", "));
    }
    if let Some(reserve) = config.reserve {
        let _ = writeln!(text, "reserve = {reserve}");
    }
    if let Some(queue) = &config.default_queue {
        let _ = writeln!(text, "default_queue = \"{queue}\"");
    }
    for channel in &config.channels {
        let _ = writeln!(text, "\n[channels.{}]", channel.name);
        let _ = writeln!(text, "kind = \"{}\"\ncost = {}", channel.kind.name(), channel.cost);
        if let Some(max) = channel.max {
            let _ = writeln!(text, "max = {max}");
        }
        if channel.companion {
            let _ = writeln!(text, "companion = true");
        }
        if channel.steering > 0 {
            let _ = writeln!(text, "steering = {}", channel.steering);
        }
        if channel.site != SiteNeed::Optional {
            let _ = writeln!(text, "site = \"{}\"", channel.site.name());
        }
        if let Some(beside) = &channel.beside {
            let names: Vec<String> = beside.iter().map(|name| format!("\"{name}\"")).collect();
            let _ = writeln!(text, "beside = [{}]", names.join(", "));
        }
        if let Some(quiet) = &channel.quiet {
            let (to, ends) = (&quiet.to, length(quiet.ends));
            let _ = writeln!(text, "quiet = {{ to = \"{to}\", ends = {ends} }}");
        }
        if let Some(bound_for) = channel.bound_for {
            let _ = writeln!(text, "bound = \"status\"\nbound_for = {}", length(bound_for));
        }
        if let Some(interruptions) = channel.interruptions {
            let _ = writeln!(text, "interruptions = {interruptions}");
        }
    }
    for calendar in &config.calendars {
        write_calendar(&mut text, calendar);
    }
    for queue in &config.queues {
        write_queue(&mut text, queue);
    }
    for rule in &config.rules {
        write_rule(&mut text, rule);
    }
    for rule in &config.overflow {
        write_overflow(&mut text, rule);
    }
    for ratio in &config.ratios {
        let shares = ratio.shares.iter().map(|Share { queue, share }| format!("{queue} = {share}"));
        let shares: Vec<String> = shares.collect();
        let _ = writeln!(text, "\n[[ratios]]\nqueues = {{ {} }}", shares.join(", "));
    }
    let reasons: Vec<String> = config.aux_reasons.iter().map(|reason| format!("\"{reason}\"")).collect();
    let _ = writeln!(text, "\n[aux]\nreasons = [{}]", reasons.join(", "));
    let _ = writeln!(text, "\n[rona]\nretries = {}\naux = \"{}\"", config.rona.retries, config.rona.aux);
    if let Some(SlowStart { over, every }) = config.slow_start {
        let _ = writeln!(text, "\n[slow_start]\nover = {}\nevery = {}", length(over), length(every));
    }
    if let Some(Ration { offers, over }) = config.ration {
        let _ = writeln!(text, "\n[ration]\noffers = {offers}\nover = {}", length(over));
    }
    write_customers(&mut text, &config.customers);
    text
}

fn write_customers(text: &mut String, customers: &CustomersConfig) {
    if *customers == CustomersConfig::default() {
        return;
    }
    let CustomersConfig { mode, remember, remember_max, last_agent_within, together_patience } = customers;
    let _ = writeln!(text, "\n[customers]\nmode = \"{}\"\nremember_max = {remember_max}", mode.name());
    let _ = writeln!(text, "remember = {}", length(*remember));
    let _ = writeln!(text, "last_agent_within = {}", length(*last_agent_within));
    let _ = writeln!(text, "together_patience = {}", length(*together_patience));
}

fn write_calendar(text: &mut String, calendar: &CalendarConfig) {
    let CalendarConfig { name, zone, week, special } = calendar;
    let _ = writeln!(text, "\n[calendars.{name}]\nzone = \"{zone}\"");
    for (day, open) in ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].iter().zip(week) {
        let _ = writeln!(text, "{day} = {}", ranges(open));
    }
    if !special.is_empty() {
        let dates = special.iter().map(|special| format!("{} = {}", special.date, ranges(&special.open)));
        let _ = writeln!(text, "special = {{ {} }}", dates.collect::<Vec<_>>().join(", "));
    }
}

fn ranges(open: &[OpenRange]) -> String {
    let each: Vec<String> = open.iter().map(|range| format!("\"{range}\"")).collect();
    format!("[{}]", each.join(", "))
}

fn write_queue(text: &mut String, queue: &QueueConfig) {
    // Every field by name: one that is added to queues must be written here.
    let QueueConfig {
        name,
        skills,
        prefer,
        person,
        method,
        points,
        ageing_per_minute,
        due_in,
        offer_timeout,
        auto_accept,
        wrap_up,
        preferred_patience,
        retry_same_agent_after,
        service_level: level,
        relax,
        room,
        max_wait,
        exit_to,
        calendar,
        due_business_days,
        hours,
        pressure,
        schedule,
        estimate,
        foresee,
        taking,
        handling_max,
    } = queue;
    let _ = writeln!(text, "\n[queues.{name}]");
    let _ = writeln!(text, "skills = {}", demands(skills));
    if !prefer.is_empty() {
        let _ = writeln!(text, "prefer = {}", demands(prefer));
    }
    if *person {
        let _ = writeln!(text, "person = true");
    }
    let _ = writeln!(text, "method = \"{}\"", method.name());
    let _ = writeln!(text, "points = {points}\nageing_per_minute = {ageing_per_minute}");
    let _ = writeln!(text, "offer_timeout = {}", length(*offer_timeout));
    let _ = writeln!(text, "wrap_up = {}", length(*wrap_up));
    match due_business_days {
        Some(1) => text.push_str("due_in = \"1 business day\"\n"),
        Some(days) => {
            let _ = writeln!(text, "due_in = \"{days} business days\"");
        }
        None if due_in.is_zero() => {}
        None => {
            let _ = writeln!(text, "due_in = {}", length(*due_in));
        }
    }
    for (name, span) in [
        ("preferred_patience", *preferred_patience),
        ("retry_same_agent_after", *retry_same_agent_after),
        ("max_wait", max_wait.unwrap_or(Millis::ZERO)),
        ("pressure", pressure.unwrap_or(Millis::ZERO)),
        ("handling_max", handling_max.unwrap_or(Millis::ZERO)),
    ] {
        if !span.is_zero() {
            let _ = writeln!(text, "{name} = {}", length(span));
        }
    }
    if *auto_accept {
        let _ = writeln!(text, "auto_accept = true");
    }
    let _ = writeln!(
        text,
        "service_level = {{ percent = {}, within = {} }}",
        level.percent,
        length(level.within)
    );
    if !relax.is_empty() {
        let steps: Vec<String> = relax.iter().map(relax_step).collect();
        let _ = writeln!(text, "relax = [{}]", steps.join(", "));
    }
    if let Some(room) = room {
        let _ = writeln!(text, "room = {room}");
    }
    if let Some(exit_to) = exit_to {
        let _ = writeln!(text, "exit_to = \"{exit_to}\"");
    }
    if *schedule != ScheduleConfig::default() {
        let ScheduleConfig { release, retries, retry_after } = schedule;
        let _ = writeln!(
            text,
            "release = {release}\nretries = {retries}\nretry_after = {}",
            length(*retry_after)
        );
    }
    if *estimate {
        let _ = writeln!(text, "estimate = true");
    }
    if *foresee {
        let _ = writeln!(text, "foresee = true");
    }
    if !taking.is_default() {
        let _ = writeln!(text, "taking = \"{}\"", taking.name());
    }
    for (name, calendar) in [("calendar", calendar), ("hours", hours)] {
        if let Some(calendar) = calendar {
            let _ = writeln!(text, "{name} = \"{calendar}\"");
        }
    }
}

fn write_rule(text: &mut String, rule: &Rule) {
    let Rule { name, when, queue, points, skills, person } = rule;
    let _ = writeln!(text, "\n[[rules]]\nname = \"{name}\"");
    let (word, conditions) = match when {
        When::All(conditions) => ("all", conditions),
        When::Any(conditions) => ("any", conditions),
    };
    if !conditions.is_empty() {
        let conditions: Vec<String> = conditions.iter().map(condition).collect();
        let _ = writeln!(text, "when.{word} = [{}]", conditions.join(", "));
    }
    if let Some(queue) = queue {
        let _ = writeln!(text, "queue = \"{queue}\"");
    }
    let _ = writeln!(text, "points = {points}\nskills = {}", demands(skills));
    if *person {
        let _ = writeln!(text, "person = true");
    }
}

fn write_overflow(text: &mut String, rule: &OverflowRule) {
    let OverflowRule { name, queue, when, until, floor, cap, action } = rule;
    let _ = writeln!(text, "\n[[overflow]]\nname = \"{name}\"\nqueue = \"{queue}\"\ncap = {cap}");
    let _ = writeln!(text, "when = {}\nuntil = {}", threshold(when), threshold(until));
    if !floor.is_empty() {
        let of = |floor: &Floor| format!("{{ queue = \"{}\", {} }}", floor.queue, limit(&floor.limit));
        let floors: Vec<String> = floor.iter().map(of).collect();
        let _ = writeln!(text, "floor = [{}]", floors.join(", "));
    }
    let _ = match action {
        OverflowAction::Relax(step) => writeln!(text, "relax = {step}"),
        OverflowAction::Lend(Lent { skills, keep_own }) => {
            writeln!(text, "lend = {{ skills = {}, keep_own = {keep_own} }}", demands(skills))
        }
        OverflowAction::Raise(points) => writeln!(text, "raise = {points}"),
        OverflowAction::Move(queue) => writeln!(text, "move = \"{queue}\""),
        OverflowAction::Propose(Proposal { channels, queue, timeout }) => {
            let channels: Vec<String> = channels.iter().map(|channel| format!("\"{channel}\"")).collect();
            let (channels, timeout) = (channels.join(", "), length(*timeout));
            writeln!(
                text,
                "propose = {{ channels = [{channels}], queue = \"{queue}\", timeout = {timeout} }}"
            )
        }
    };
}

fn threshold(threshold: &Threshold) -> String {
    let Threshold { limits, lasting } = threshold;
    let each = limits.iter().map(|of| format!("{{ {}, for = {} }}", limit(of), length(*lasting)));
    format!("[{}]", each.collect::<Vec<_>>().join(", "))
}

fn limit(limit: &Limit) -> String {
    let more = match &limit.signal {
        Signal::AtRisk { within } => format!(", within = {}", length(*within)),
        Signal::Free { channel } => format!(", channel = \"{channel}\""),
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
    let number = if limit.signal.is_time() { length(Millis(number)) } else { number.to_string() };
    let bound = match limit.bound {
        Bound::AtLeast(_) => "at_least",
        Bound::AtMost(_) => "at_most",
    };
    format!("signal = \"{}\"{more}, {bound} = {number}", limit.signal.name())
}

fn condition(condition: &Condition) -> String {
    let (field, test) = match condition {
        Condition::Channel(among) => ("channel".to_owned(), one_of(among)),
        Condition::Queue(among) => ("queue".to_owned(), one_of(among)),
        Condition::QueueNamed(is_named) => ("queue".to_owned(), format!("exists = {is_named}")),
        Condition::Customer(test) => ("customer".to_owned(), text_test(test)),
        Condition::Attribute { name, test } => (format!("attributes.{name}"), text_test(test)),
    };
    format!("{{ field = {}, {test} }}", quoted(&field))
}

fn text_test(test: &Test) -> String {
    match test {
        Test::Among(among) => one_of(among),
        Test::AtLeast(number) => format!("at_least = {number}"),
        Test::AtMost(number) => format!("at_most = {number}"),
        Test::StartsWith(text) => format!("starts_with = {}", quoted(text)),
        Test::Contains(text) => format!("contains = {}", quoted(text)),
        Test::Exists(does) => format!("exists = {does}"),
    }
}

fn one_of<T: Display>(among: &Among<T>) -> String {
    let names: Vec<String> = among.names.iter().map(|name| quoted(&name.to_string())).collect();
    let operator = if among.not { "not_in" } else { "in" };
    format!("{operator} = [{}]", names.join(", "))
}

/// As TOML has it; whatever is no letter is written by its number.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            ' '..='~' => quoted.push(character),
            other => {
                let _ = write!(quoted, "\\U{:08X}", u32::from(other));
            }
        }
    }
    quoted + "\""
}

fn relax_step(step: &RelaxStep) -> String {
    let RelaxStep { after, skills, keep_own } = step;
    format!("{{ after = {}, skills = {}, keep_own = {keep_own} }}", length(*after), demands(skills))
}

fn demands(skills: &[SkillDemand]) -> String {
    let each: Vec<String> = skills.iter().map(SkillDemand::to_string).collect();
    if each.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", each.join(", ")) }
}

/// In the largest unit that says it in whole numbers.
fn length(span: Millis) -> String {
    match span.0 {
        0 => "\"0s\"".to_owned(),
        hours if hours % 3_600_000 == 0 => format!("\"{}h\"", hours / 3_600_000),
        seconds if seconds % 1000 == 0 => format!("\"{}s\"", seconds / 1000),
        milliseconds => format!("\"{milliseconds}ms\""),
    }
}
