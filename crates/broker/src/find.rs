//! Which `nats-server` to use: `NATS_SERVER` if set, else a fit one on `PATH`, else the fetched wheel.
//!
//! What a person names is used or refused, never silently replaced by another. What merely lies on `PATH`
//! is passed over when it is too old (Debian 12 has 2.9), and the error says that it was seen.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::fetch;
use crate::version::{SERVER_VERSION_MIN, Version};

/// The variable that names a binary to use.
pub const VARIABLE: &str = "NATS_SERVER";

/// `--version` prints one line and ends; a binary on a slow network disk still has ten seconds.
const VERSION_LIMIT: Duration = Duration::from_secs(10);

const MEND: &str = "install nats-server 2.15 or later on PATH, or set NATS_SERVER to such a binary";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub path: PathBuf,
    pub version: Version,
    pub source: Source,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Variable,
    Path,
    Fetched,
}

/// Finds a fit server, fetching it into `tools` (created when needed) if the machine has none.
pub async fn find(tools: &Path) -> Result<Found> {
    find_with(std::env::var_os(VARIABLE), std::env::var_os("PATH"), tools).await
}

/// As [`find`], with the environment as arguments.
pub async fn find_with(named: Option<OsString>, search: Option<OsString>, tools: &Path) -> Result<Found> {
    if let Some(path) = named.filter(|path| !path.is_empty()) {
        let path = PathBuf::from(path);
        let version = fit_version(&path)
            .await
            .with_context(|| format!("{VARIABLE} names {}, which cannot be used; {MEND}", path.display()))?;
        return Ok(Found { path, version, source: Source::Variable });
    }
    let mut tried = Vec::new();
    for path in candidates(search.as_deref()) {
        match fit_version(&path).await {
            Ok(version) => return Ok(Found { path, version, source: Source::Path }),
            Err(error) => tried.push(format!("{}: {error:#}", path.display())),
        }
    }
    if tried.is_empty() {
        tried.push("no nats-server on PATH".to_owned());
    }
    let path = fetch::fetch(tools)
        .await
        .with_context(|| format!("no usable nats-server: {}; {MEND}", tried.join("; ")))?;
    let version = fit_version(&path)
        .await
        .with_context(|| format!("the fetched {} does not run; delete it, or {MEND}", path.display()))?;
    Ok(Found { path, version, source: Source::Fetched })
}

/// Runs `path --version`: its version, or why it is not fit.
pub async fn fit_version(path: &Path) -> Result<Version> {
    let output =
        tokio::process::Command::new(path).arg("--version").stdin(Stdio::null()).kill_on_drop(true).output();
    let output = tokio::time::timeout(VERSION_LIMIT, output)
        .await
        .with_context(|| format!("`--version` gave no answer within {VERSION_LIMIT:?}"))?
        .context("it cannot be run")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let version = Version::find_in(&text).with_context(|| {
        format!("`--version` printed {:?}, which names no version", text.lines().next().unwrap_or_default())
    })?;
    if !version.is_fit() {
        bail!("it is {version}, and {SERVER_VERSION_MIN} or later is needed");
    }
    Ok(version)
}

fn candidates(search: Option<&OsStr>) -> Vec<PathBuf> {
    let folders = search.map(|search| std::env::split_paths(search).collect::<Vec<_>>()).unwrap_or_default();
    folders.into_iter().map(|folder| folder.join("nats-server")).filter(|path| path.is_file()).collect()
}
