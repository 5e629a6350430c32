//! A configuration as the text that an organisation would write.
//!
//! The reader is `protocol::config`, which this crate does not know: a plan must be playable where there is no
//! parser, and a router must be given text. What a length of zero, false or nothing says is left out.

use std::fmt::Write as _;

use model::config::{QueueConfig, SkillDemand, TenantConfig};
use model::time::Millis;

pub fn config_text(config: &TenantConfig) -> String {
    let mut text = format!("version = {}\nskills = [", config.version);
    let skills: Vec<String> = config.skills.iter().map(|skill| format!("\"{skill}\"")).collect();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{}]", skills.join(", "));
    let _ = writeln!(text, "reconnect_window = {}", length(config.reconnect_window));
    for channel in &config.channels {
        let _ = writeln!(text, "\n[channels.{}]", channel.name);
        let _ = writeln!(text, "kind = \"{}\"\ncost = {}", channel.kind.name(), channel.cost);
        if let Some(max) = channel.max {
            let _ = writeln!(text, "max = {max}");
        }
    }
    for queue in &config.queues {
        write_queue(&mut text, queue);
    }
    let reasons: Vec<String> = config.aux_reasons.iter().map(|reason| format!("\"{reason}\"")).collect();
    let _ = writeln!(text, "\n[aux]\nreasons = [{}]", reasons.join(", "));
    let _ = writeln!(text, "\n[rona]\nretries = {}\naux = \"{}\"", config.rona.retries, config.rona.aux);
    text
}

fn write_queue(text: &mut String, queue: &QueueConfig) {
    let _ = writeln!(text, "\n[queues.{}]", queue.name);
    let _ = writeln!(text, "skills = {}", demands(&queue.skills));
    let _ = writeln!(text, "method = \"{}\"", queue.method.name());
    let _ = writeln!(text, "points = {}\nageing_per_minute = {}", queue.points, queue.ageing_per_minute);
    let _ = writeln!(text, "offer_timeout = {}", length(queue.offer_timeout));
    let _ = writeln!(text, "wrap_up = {}", length(queue.wrap_up));
    for (name, span) in [
        ("due_in", queue.due_in),
        ("preferred_patience", queue.preferred_patience),
        ("retry_same_agent_after", queue.retry_same_agent_after),
    ] {
        if !span.is_zero() {
            let _ = writeln!(text, "{name} = {}", length(span));
        }
    }
    if queue.auto_accept {
        let _ = writeln!(text, "auto_accept = true");
    }
    let level = queue.service_level;
    let _ = writeln!(
        text,
        "service_level = {{ percent = {}, within = {} }}",
        level.percent,
        length(level.within)
    );
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
