//! `wissel-load report`: the page of a run, made again from its summary.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;

use crate::output;
use crate::verdict::Exit;

/// Make report.html again from a summary.json
///
/// One file that asks nobody for anything; every run writes it with --out.
#[derive(Debug, Args)]
pub struct Report {
    /// A results folder, or its summary.json; report.html is written beside it
    path: PathBuf,
}

impl Report {
    pub fn run(self) -> Result<Exit> {
        let summary = output::read(&self.path)?;
        let folder = if self.path.is_dir() {
            self.path.as_path()
        } else {
            self.path.parent().context("a file lies in a folder")?
        };
        let page = folder.join(output::REPORT);
        std::fs::write(&page, output::report(&summary)?)
            .with_context(|| format!("cannot write {}", page.display()))?;
        eprintln!("written: {}", page.display());
        Ok(Exit::Pass)
    }
}
