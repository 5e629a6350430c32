//! The files of a run: figures for programs, words for people, and the histograms themselves.

mod csv;
mod hlog;
mod junit;
mod markdown;
mod report;

use std::path::Path;

use anyhow::{Context as _, Result};
use schemars::schema_for;
use verify::{ClientEntry, ClientLog};

use crate::record::Record;
use crate::summary::Summary;

pub use markdown::markdown;
pub use report::report;

pub const SUMMARY: &str = "summary.json";
pub const REPORT: &str = "report.html";

/// Writes all of them into `folder`, which is created, and gives their names.
pub fn write(
    folder: &Path,
    summary: &Summary,
    record: &Record,
    flows: &[String],
) -> Result<Vec<&'static str>> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let mut json = serde_json::to_string_pretty(summary)?;
    json.push('\n');
    let files: Vec<(&'static str, Vec<u8>)> = vec![
        (SUMMARY, json.into_bytes()),
        ("summary.md", markdown(summary).into_bytes()),
        (REPORT, report(summary)?.into_bytes()),
        ("junit.xml", junit::junit(summary).into_bytes()),
        ("intervals.csv", csv::intervals(summary).into_bytes()),
        ("series.hlog", hlog::hlog(summary, record, flows)?),
    ];
    for (name, bytes) in &files {
        let path = folder.join(name);
        std::fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(files.into_iter().map(|(name, _)| name).collect())
}

/// What clients sent and took, one file for each, for `wissel verify --client`.
pub fn write_clients(folder: &Path, logs: &[ClientLog]) -> Result<()> {
    let folder = folder.join("clients");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    for log in logs {
        let lines: Vec<String> = log.entries.iter().map(ClientEntry::to_line).collect();
        let path = folder.join(format!("{}.jsonl", log.name));
        std::fs::write(&path, lines.join("\n"))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

pub fn read(folder_or_file: &Path) -> Result<Summary> {
    let path = match folder_or_file.is_dir() {
        true => folder_or_file.join(SUMMARY),
        false => folder_or_file.to_owned(),
    };
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is no summary of a run", path.display()))
}

/// As it stands in `loadtest/schema/summary.json`.
pub fn schema() -> String {
    let mut text = serde_json::to_string_pretty(&schema_for!(Summary)).expect("a schema has string keys");
    text.push('\n');
    text
}
