//! Python with `nats-py`, for the reference client and its tests.
//!
//! `pip` puts the package into a folder of its own beside the build, which needs neither a virtual environment (not
//! every machine with Python can make one) nor a change to the machine's own packages.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::process::Command;

use crate::servers;

pub const PROGRAM: &str = "python3";

/// The version that the client is tested with.
const NATS_PY: &str = "2.16.0";
/// A small package over a slow line; pip's own retries lie within.
const INSTALL_LIMIT: Duration = Duration::from_secs(180);

/// The environment in which Python finds `nats-py`, fetched if it is not there yet, and the tests of the client find
/// the server.
pub async fn variables() -> Result<Vec<(OsString, OsString)>> {
    let packages = packages().await?;
    let server = servers::server_binary().await?;
    Ok(vec![
        ("PYTHONPATH".into(), packages.into_os_string()),
        // The client is run where it lies in the tree, which stays as it is.
        ("PYTHONDONTWRITEBYTECODE".into(), "1".into()),
        ("PYTHONUNBUFFERED".into(), "1".into()),
        ("NATS_SERVER".into(), server.as_os_str().to_owned()),
    ])
}

/// The folder with the package. Whoever comes first puts it in its place, whole; others at the same time do the same work
/// for nothing.
async fn packages() -> Result<PathBuf> {
    let tools = servers::target_folder()?.join("tools");
    let folder = tools.join(format!("nats-py-{NATS_PY}"));
    if folder.is_dir() {
        return Ok(folder);
    }
    std::fs::create_dir_all(&tools).with_context(|| format!("cannot create {}", tools.display()))?;
    let work =
        tempfile::tempdir_in(&tools).with_context(|| format!("cannot write to {}", tools.display()))?;
    let package = format!("nats-py=={NATS_PY}");
    let mut command = Command::new(PROGRAM);
    command.args([
        "-m",
        "pip",
        "install",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--disable-pip-version-check",
    ]);
    command.args(["--no-input", "--no-compile", "--quiet", "--target"]).arg(work.path()).arg(&package);
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(INSTALL_LIMIT, command.output())
        .await
        .with_context(|| format!("pip did not install {package} within {INSTALL_LIMIT:?}"))?
        .with_context(|| format!("{PROGRAM} cannot be run"))?;
    if !output.status.success() {
        bail!("pip cannot install {package}: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    match std::fs::rename(work.path(), &folder) {
        Err(error) if !folder.is_dir() => {
            Err(error).with_context(|| format!("cannot move {package} to {}", folder.display()))
        }
        Ok(()) | Err(_) => Ok(folder),
    }
}
