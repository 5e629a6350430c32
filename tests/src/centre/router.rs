//! The node under test: started, killed as by a power cut, or left to die at a point of its own.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use testkit::{Process, Scratch, wissel_binary};
use tokio::time::Instant;

/// Generous for a machine that also builds; recovery itself is measured.
const READY_WITHIN: Duration = Duration::from_secs(60);
const DIES_WITHIN: Duration = Duration::from_secs(60);
const STOPS_WITHIN: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub struct Router<'a> {
    scratch: &'a Scratch,
    program: PathBuf,
    arguments: Vec<String>,
    process: Option<Process>,
    /// From each start until the shard was owned.
    pub recoveries: Vec<Duration>,
    /// When it was killed, or found dead.
    pub deaths: Vec<Instant>,
}

impl<'a> Router<'a> {
    pub fn new(scratch: &'a Scratch, url: &str, monitoring: &str) -> Result<Router<'a>> {
        let arguments =
            ["node", "--servers", url, "--monitoring", monitoring, "--shards", "0", "--name", "router"];
        Ok(Router {
            scratch,
            program: wissel_binary()?,
            arguments: arguments.map(str::to_owned).to_vec(),
            process: None,
            recoveries: Vec::new(),
            deaths: Vec::new(),
        })
    }

    /// Starts it and waits until it owns the shard.
    pub async fn start(&mut self) -> Result<()> {
        let begun = Instant::now();
        let mut process = self.spawn(None)?;
        process.wait_for_line("ready: node router owns shards 0", READY_WITHIN).await?;
        self.recoveries.push(begun.elapsed());
        self.process = Some(process);
        Ok(())
    }

    /// Starts it to crash at one of its points, perhaps before it owns anything, and waits until it has.
    pub async fn start_and_crash(&mut self, crash_at: &str) -> Result<()> {
        let mut process = self.spawn(Some(crash_at))?;
        let line = process.wait_for_line("crash on demand", DIES_WITHIN).await;
        line.with_context(|| format!("told to crash at {crash_at}"))?;
        process.wait_exit(DIES_WITHIN).await?;
        self.deaths.push(Instant::now());
        Ok(())
    }

    pub async fn kill(&mut self) -> Result<()> {
        if let Some(mut process) = self.process.take() {
            process.kill().await?;
            self.deaths.push(Instant::now());
        }
        Ok(())
    }

    /// As a supervisor stops it; everything is released.
    pub async fn stop(&mut self) -> Result<()> {
        let Some(mut process) = self.process.take() else { bail!("no node runs") };
        process.terminate()?;
        let status = process.wait_exit(STOPS_WITHIN).await?;
        if !status.success() {
            bail!("the node did not stop in order: {status}");
        }
        Ok(())
    }

    /// Ended by itself, which nobody asked for.
    pub fn is_dead(&mut self) -> bool {
        self.process.as_mut().is_none_or(|process| !process.is_running())
    }

    fn spawn(&self, crash_at: Option<&str>) -> Result<Process> {
        let variable = crash_at.map(|point| ("WISSEL_CRASH_AT".into(), point.into()));
        Process::start_with(self.scratch, "router", &self.program, &self.arguments, variable)
    }
}
