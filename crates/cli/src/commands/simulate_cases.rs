//! `wissel simulate --cases`: systems that queueing theory knows, through the engine.
//!
//! The file is read here; the cases are played and judged by the crate `simulate`.

use std::fs;
use std::path::PathBuf;

use ::simulate::cases::{Case, Options, judge, read};
use anyhow::{Context, Result};
use clap::Args;

use crate::arguments::{Done, Format, Misuse};
use crate::print;

#[derive(Debug, Args)]
pub struct PlayCases {
    /// Play the cases of this file through the engine instead, and set each metric beside what theory expects
    #[arg(long, value_name = "FILE", conflicts_with_all = ["day", "configs", "against", "seeds", "percent"])]
    cases: Option<PathBuf>,
    /// How many contacts of each case are counted
    #[arg(long, default_value_t = 100_000, value_name = "N", requires = "cases", value_parser = clap::value_parser!(u64).range(1_000..=100_000_000))]
    contacts: u64,
    /// These cases alone
    #[arg(long, value_name = "ID", value_delimiter = ',', requires = "cases")]
    only: Vec<String>,
}

impl PlayCases {
    pub fn is_asked_for(&self) -> bool {
        self.cases.is_some()
    }

    pub fn run(&self, seed: u64, format: Format) -> Result<Done> {
        let cases = self.read()?;
        let report = judge(&cases, Options { contacts: self.contacts, seed }, |at, case| {
            eprintln!("case {} of {}: {}", at + 1, cases.len(), case.id);
        });
        match format {
            Format::Json => print::json(&report)?,
            Format::Text => print::text(&report)?,
        }
        Ok(if report.is_well() { Done::Well } else { Done::Wanting })
    }

    fn read(&self) -> Result<Vec<Case>> {
        let path = self.cases.as_deref().context("no file of cases was named")?;
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let cases = read(&text).with_context(|| format!("{} is no file of cases", path.display()))?;
        if let Some(unknown) = self.only.iter().find(|id| cases.iter().all(|case| case.id != **id)) {
            let known: Vec<&str> = cases.iter().map(|case| case.id.as_str()).collect();
            return Err(
                Misuse(format!("there is no case {unknown:?}; there are {}", known.join(", "))).into()
            );
        }
        Ok(cases.into_iter().filter(|case| self.only.is_empty() || self.only.contains(&case.id)).collect())
    }
}
