//! `wissel leash`: becomes another program that ends with the process that started it, however that one ends.
//!
//! `wissel dev` starts its server through it. Only a process itself can ask the kernel for this, so it is asked for
//! between the start and the program. Where the kernel is not Linux nobody asks.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Args;
use nix::unistd::{Pid, getppid};

use crate::arguments::Done;

/// Become a program that ends with its parent
#[derive(Debug, Args)]
pub struct Leash {
    /// Process id of the parent
    parent: i32,
    /// What to become
    program: PathBuf,
    /// Its arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

/// What stands before the program's own command line.
pub fn through() -> Result<Vec<OsString>> {
    let own = std::env::current_exe().context("this program's own path is unknown")?;
    Ok(vec![own.into(), "leash".into(), std::process::id().to_string().into()])
}

impl Leash {
    /// On the main thread, which is the one that becomes the program.
    pub fn run(self) -> Result<Done> {
        // What it writes is on disk before it is acknowledged, so nothing is lost; a graceful end would still write
        // when the next server is already there.
        #[cfg(target_os = "linux")]
        nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL).context("no leash")?;
        // It may have ended before.
        if getppid() != Pid::from_raw(self.parent) {
            bail!("process {} is not the parent", self.parent);
        }
        let error = Command::new(&self.program).args(&self.arguments).exec();
        Err(error).with_context(|| format!("cannot run {}", self.program.display()))
    }
}
