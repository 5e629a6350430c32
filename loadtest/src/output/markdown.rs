//! `summary.md`: what fits into a pull request; and what stands on the terminal after a run.

use std::fmt::Write as _;

use crate::summary::{FlowFigures, Latency, Summary};
use crate::threshold::Series;
use crate::units::show_nanos;

pub fn markdown(summary: &Summary) -> String {
    let mut text = format!("## {}: {}\n\n{}\n\n", summary.scenario, summary.verdict.name(), summary.about);
    for reason in &summary.reasons {
        line(&mut text, &format!("- **{reason}**"));
    }
    if !summary.reasons.is_empty() {
        text.push('\n');
    }
    let all = &summary.all;
    line(
        &mut text,
        &format!(
            "{} contacts planned, {} sent, {} dropped, {} acknowledged; {} answered, {} gave up, {} refused, {} neither.",
            all.planned,
            all.sent,
            all.dropped,
            all.stored,
            all.answered,
            all.abandoned,
            all.refused,
            all.unanswered
        ),
    );
    text.push('\n');
    latencies(&mut text, all);
    flows(&mut text, summary);
    thresholds(&mut text, summary);
    faults(&mut text, summary);
    invariants(&mut text, summary);
    let generator = &summary.generator;
    line(
        &mut text,
        &format!(
            "Generator: {} workers, pacing alone p99 {}, send lag p99 {}, timers late p99 {}, {} broken connections.",
            generator.workers,
            show_nanos(generator.self_check.p99_ns),
            show_nanos(generator.send_lag.p99_ns),
            show_nanos(generator.stall.p99_ns),
            generator.broken_connections
        ),
    );
    let environment = &summary.environment;
    line(
        &mut text,
        &format!(
            "Seed {}, {}; {} processors, kernel {}, load average {}, nats-server {}, {}.",
            summary.seed,
            summary.began_at,
            environment.processors,
            environment.kernel,
            environment.load_average,
            environment.server,
            match environment.started {
                0 => "a cluster that ran already".to_owned(),
                count => format!("{count} servers and nodes started for it on the same machine"),
            }
        ),
    );
    text
}

fn latencies(text: &mut String, all: &FlowFigures) {
    line(text, "| latency | count | p50 | p90 | p99 | p99.9 | max | what |");
    line(text, "|---|--:|--:|--:|--:|--:|--:|---|");
    for series in Series::ALL {
        let Some(Latency { count, p50_ns, p90_ns, p99_ns, p999_ns, max_ns, .. }) =
            all.latency.get(series.name())
        else {
            continue;
        };
        let [p50, p90, p99, p999, max] =
            [p50_ns, p90_ns, p99_ns, p999_ns, max_ns].map(|nanos| show_nanos(*nanos));
        let (name, meaning) = (series.name(), series.meaning());
        line(text, &format!("| {name} | {count} | {p50} | {p90} | {p99} | {p999} | {max} | {meaning} |"));
    }
    text.push('\n');
}

fn flows(text: &mut String, summary: &Summary) {
    line(text, "| flow | planned | answered | gave up | queued | service level | wait p50 | wait p99 |");
    line(text, "|---|--:|--:|--:|--:|--:|--:|--:|");
    for flow in &summary.flows {
        let wait = flow.latency.get(Series::Wait.name()).copied().unwrap_or_default();
        let level = flow.service_level.map_or("-".to_owned(), |level| format!("{:.1} %", level * 100.0));
        let within = flow.answer_within_ms.map(|within| format!(" in {within} ms")).unwrap_or_default();
        line(
            text,
            &format!(
                "| {} | {} | {} | {} | {} | {level}{within} | {} | {} |",
                flow.flow,
                flow.planned,
                flow.answered,
                flow.abandoned,
                flow.queued,
                show_nanos(wait.p50_ns),
                show_nanos(wait.p99_ns)
            ),
        );
    }
    text.push('\n');
}

fn thresholds(text: &mut String, summary: &Summary) {
    if summary.thresholds.is_empty() {
        return;
    }
    line(text, "| threshold | found | |");
    line(text, "|---|--:|---|");
    for judged in &summary.thresholds {
        let found = judged.found.as_deref().unwrap_or("nothing to measure");
        let holds = if judged.holds { "holds" } else { "**missed**" };
        line(text, &format!("| {} | {found} | {holds} |", judged.threshold));
    }
    text.push('\n');
}

fn faults(text: &mut String, summary: &Summary) {
    if summary.faults.is_empty() {
        return;
    }
    line(text, "| fault | at | mended | longest time without a decision |");
    line(text, "|---|--:|--:|--:|");
    for fault in &summary.faults {
        line(
            text,
            &format!(
                "| {} | {:.1} s | {:.1} s | {:.0} ms |",
                fault.what, fault.at_s, fault.mended_s, fault.outage_ms
            ),
        );
    }
    text.push('\n');
}

fn invariants(text: &mut String, summary: &Summary) {
    let invariants = &summary.invariants;
    let checker = match &invariants.checker {
        None => "the outside checker was not asked".to_owned(),
        Some(checker) => format!(
            "outside checker: {} ({} inputs, {} records of {} epochs, {} offers, {} warnings{})",
            if checker.is_sound { "sound" } else { "NOT SOUND" },
            checker.inputs,
            checker.records,
            checker.epochs,
            checker.offers,
            checker.warnings,
            match checker.unchecked.as_slice() {
                [] => String::new(),
                some => format!("; not checked: {}", some.join(", ")),
            }
        ),
    };
    line(
        text,
        &format!(
            "Invariants: {} violations seen while it ran, {} contacts lost, {} withdrawn at the end; {checker}.",
            invariants.seen_live, invariants.lost, invariants.withdrawn
        ),
    );
    for finding in &invariants.findings {
        line(text, &format!("- {finding}"));
    }
    text.push('\n');
}

fn line(text: &mut String, line: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{line}");
}
