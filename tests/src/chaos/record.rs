//! The record of all runs: a line of JSON each, added to for as long as one likes, and its totals as a table.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::fault::Fault;
use super::run::Outcome;

pub fn append(path: &Path, outcome: &Outcome) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    let mut file = file.with_context(|| format!("cannot write {}", path.display()))?;
    writeln!(file, "{}", serde_json::to_string(outcome)?).context("the record cannot be written")
}

pub fn read(path: &Path) -> Result<Vec<Outcome>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(at, line)| {
            serde_json::from_str(line).with_context(|| format!("{}, line {}", path.display(), at + 1))
        })
        .collect()
}

/// Totals of the runs that count, as Markdown.
pub fn report(outcomes: &[Outcome]) -> String {
    let (counted, others): (Vec<&Outcome>, Vec<&Outcome>) = outcomes.iter().partition(|one| one.counts());
    let sum = |of: fn(&Outcome) -> u64| counted.iter().map(|one| of(one)).sum::<u64>();
    let mut text = String::from("| what | total |\n|---|---:|\n");
    let mut row = |what: &str, total: String| {
        let _ = writeln!(text, "| {what} | {total} |");
    };
    row("runs", counted.len().to_string());
    row("runs that do not count (too few faults, or nothing routed)", others.len().to_string());
    row("runs that were not sound", counted.iter().filter(|one| !one.is_sound()).count().to_string());
    row("violations", sum(|one| one.violations).to_string());
    row("warnings", sum(|one| one.warnings).to_string());
    row("faults", sum(|one| one.faults.len() as u64).to_string());
    row("contacts", sum(|one| one.contacts).to_string());
    row("inputs", sum(|one| one.inputs).to_string());
    row("offers", sum(|one| one.offers).to_string());
    row("records", sum(|one| one.records).to_string());
    row("records of former owners that were void", sum(|one| one.records_void).to_string());
    row("ownership changes", sum(|one| one.ownership_changes).to_string());
    row("routers that ended by themselves", sum(|one| one.exits.len() as u64).to_string());
    row("take-over after a crash, ms", spread(counted.iter().flat_map(|one| one.takeovers_ms.iter())));
    row("hand-over, ms", spread(counted.iter().flat_map(|one| one.handovers_ms.iter())));
    text.push_str(&faults(&counted));
    text
}

/// How often each fault was fired, how long it took to mend, and how long until all shards committed again.
fn faults(counted: &[&Outcome]) -> String {
    let mut by_name: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    let mut failed: BTreeMap<&str, u64> = BTreeMap::new();
    for fired in counted.iter().flat_map(|one| &one.faults) {
        let spans = by_name.entry(&fired.fault).or_default();
        match fired.recovered_ms {
            Some(recovered_ms) => spans.push(recovered_ms),
            None => *failed.entry(&fired.fault).or_default() += 1,
        }
    }
    let mut text = String::from(
        "\n| fault | matrix | fired | whole again after, ms | never |\n|---|---|---:|---|---:|\n",
    );
    for fault in Fault::ALL {
        let spans = by_name.get(fault.name()).map_or(&[][..], Vec::as_slice);
        let never = failed.get(fault.name()).copied().unwrap_or(0);
        let count = spans.len() as u64 + never;
        let _ = writeln!(
            text,
            "| {} | {} | {count} | {} | {never} |",
            fault.name(),
            fault.number(),
            spread(spans.iter())
        );
    }
    text
}

pub fn spread<'a>(spans: impl Iterator<Item = &'a u64>) -> String {
    let mut spans: Vec<u64> = spans.copied().collect();
    spans.sort_unstable();
    let at = |share: usize| spans[(spans.len() * share / 100).min(spans.len() - 1)];
    match spans.last() {
        Some(last) => format!("p50 {}, p99 {}, max {last} ({})", at(50), at(99), spans.len()),
        None => "none".to_owned(),
    }
}
