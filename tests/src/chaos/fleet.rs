//! The routers of a run: each behind links of its own, under a supervisor that starts again what ended by itself.
//!
//! Nothing here knows how routers agree on who owns what; that is seen in the journals ([`super::watcher`]).

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use testkit::{Link, Process, Proxy, Scratch, wissel_binary};
use tokio::sync::{Mutex, MutexGuard};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::servers::Servers;
use crate::centre::wall;

/// As a supervisor would look; short against every takeover.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// A router that ended by itself is started again after this time.
const RESTART_AFTER: Duration = Duration::from_millis(500);
const STOPS_WITHIN: Duration = Duration::from_secs(30);
/// Preloaded, it gives a process another clock.
pub const FAKE_CLOCK: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

#[derive(Debug)]
pub struct Member {
    pub name: String,
    /// One for each server.
    pub links: Vec<Proxy>,
    arguments: Vec<String>,
    process: Option<Process>,
    /// The supervisor keeps it up.
    is_wanted: bool,
    is_paused: bool,
    /// Added to the environment at the next start, and only then.
    pub variables: Vec<(OsString, OsString)>,
}

/// A router that ended without having been told to.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Exit {
    pub at_ms: u64,
    pub router: String,
    /// Its last line.
    pub said: String,
}

#[derive(Debug)]
pub struct Routers {
    pub members: Vec<Member>,
    pub exits: Vec<Exit>,
    folder: PathBuf,
    program: PathBuf,
}

/// Shared with the supervisor.
#[derive(Debug)]
pub struct Fleet {
    routers: Arc<Mutex<Routers>>,
    supervisor: JoinHandle<()>,
}

impl Fleet {
    /// `size` routers, none of which runs yet.
    pub async fn new(scratch: &Scratch, servers: &Servers, size: usize, shards: u16) -> Result<Fleet> {
        let mut members = Vec::new();
        for number in 1..=size {
            members.push(Member::new(format!("r{number}"), servers, shards).await?);
        }
        let folder = scratch.path().to_owned();
        let routers = Routers { members, exits: Vec::new(), folder, program: wissel_binary()? };
        let routers = Arc::new(Mutex::new(routers));
        let supervisor = tokio::spawn(supervise(Arc::clone(&routers)));
        Ok(Fleet { routers, supervisor })
    }

    pub async fn lock(&self) -> MutexGuard<'_, Routers> {
        self.routers.lock().await
    }

    /// Nothing starts again any more; all are told to end.
    pub async fn stop(&self) -> Result<()> {
        self.supervisor.abort();
        let mut routers = self.lock().await;
        for member in &mut routers.members {
            member.is_wanted = false;
            if let Some(process) = member.process.as_mut().filter(|_| !member.is_paused)
                && process.is_running()
            {
                process.terminate()?;
            }
        }
        for member in &mut routers.members {
            if let Some(mut process) = member.process.take() {
                process.wait_exit(STOPS_WITHIN).await?;
            }
        }
        Ok(())
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.supervisor.abort();
    }
}

async fn supervise(routers: Arc<Mutex<Routers>>) {
    loop {
        sleep(LOOK_EVERY).await;
        let ended = routers.lock().await.note_ended();
        if ended {
            sleep(RESTART_AFTER).await;
            routers.lock().await.raise();
        }
    }
}

impl Routers {
    /// Keeps this one up from here on.
    pub fn start(&mut self, member: usize) -> Result<()> {
        self.members[member].is_wanted = true;
        self.spawn(member)
    }

    /// Ends it as a power cut would; it stays down.
    pub async fn kill(&mut self, member: usize) -> Result<()> {
        let member = &mut self.members[member];
        member.is_wanted = false;
        member.is_paused = false;
        if let Some(mut process) = member.process.take()
            && process.is_running()
        {
            process.kill().await?;
        }
        Ok(())
    }

    /// Tells it to hand over and end; it stays down. What it says when it does not end in order is given back.
    pub async fn terminate(&mut self, member: usize) -> Result<Option<String>> {
        let member = &mut self.members[member];
        member.is_wanted = false;
        let Some(mut process) = member.process.take() else { return Ok(None) };
        if !process.is_running() {
            return Ok(None);
        }
        process.terminate()?;
        let status = process.wait_exit(STOPS_WITHIN).await?;
        Ok((!status.success()).then(|| last_line(&process)))
    }

    pub fn pause(&mut self, member: usize) -> Result<()> {
        self.members[member].is_paused = true;
        self.running(member)?.pause()
    }

    pub fn resume(&mut self, member: usize) -> Result<()> {
        self.members[member].is_paused = false;
        self.running(member)?.resume()
    }

    /// Waits until it ends by itself; false when it does not in time.
    pub async fn ends_within(&mut self, member: usize, limit: Duration) -> bool {
        match self.members[member].process.as_mut() {
            Some(process) => process.wait_exit(limit).await.is_ok(),
            None => true,
        }
    }

    pub fn lines(&self, member: usize) -> Vec<String> {
        self.members[member].process.as_ref().map(Process::lines).unwrap_or_default()
    }

    pub fn process_id(&self, member: usize) -> Option<i32> {
        self.members[member].process.as_ref().map(Process::id)
    }

    /// Not kept up by the supervisor any more, and let alone.
    pub fn give_up(&mut self, member: usize) {
        self.members[member].is_wanted = false;
    }

    /// Those that are kept up.
    pub fn wanted(&self) -> Vec<usize> {
        (0..self.members.len()).filter(|member| self.members[*member].is_wanted).collect()
    }

    pub fn named(&self, name: &str) -> Option<usize> {
        self.members.iter().position(|member| member.name == name)
    }

    pub fn set_links(&self, member: usize, link: Link) {
        self.members[member].links.iter().for_each(|proxy| proxy.set_both(link));
    }

    fn running(&mut self, member: usize) -> Result<&mut Process> {
        let member = &mut self.members[member];
        member.process.as_mut().with_context(|| format!("{} does not run", member.name))
    }

    fn spawn(&mut self, member: usize) -> Result<()> {
        let member = &mut self.members[member];
        let variables = std::mem::take(&mut member.variables);
        let process =
            Process::start_in(&self.folder, &member.name, &self.program, &member.arguments, variables)?;
        member.process = Some(process);
        member.is_paused = false;
        Ok(())
    }

    /// True when one that should be up is not.
    fn note_ended(&mut self) -> bool {
        let mut ended = false;
        for member in self.members.iter_mut().filter(|member| member.is_wanted) {
            let is_running = member.process.as_mut().is_some_and(Process::is_running);
            if is_running {
                continue;
            }
            ended = true;
            if let Some(process) = member.process.take() {
                let said = last_line(&process);
                self.exits.push(Exit { at_ms: wall().0, router: member.name.clone(), said });
            }
        }
        ended
    }

    fn raise(&mut self) {
        for member in self.wanted() {
            if self.members[member].process.is_none() {
                // One that cannot be started now is looked at again in a moment.
                let _ = self.spawn(member);
            }
        }
    }
}

impl Member {
    async fn new(name: String, servers: &Servers, shards: u16) -> Result<Member> {
        let mut links = Vec::new();
        for server in &servers.cluster.servers {
            links.push(Proxy::start(&server.url()).await?);
        }
        let addresses: Vec<String> =
            links.iter().map(|link| Servers::login(&link.address().to_string())).collect();
        let shards: Vec<String> = (0..shards).map(|shard| shard.to_string()).collect();
        let authority = servers.authority.display().to_string();
        let arguments = [
            "node",
            "--servers",
            &addresses.join(","),
            "--tls-ca",
            &authority,
            "--assume-sync-always",
            "--shards",
            &shards.join(","),
            "--name",
            &name,
        ];
        let arguments = arguments.map(str::to_owned).to_vec();
        Ok(Member {
            name,
            links,
            arguments,
            process: None,
            is_wanted: false,
            is_paused: false,
            variables: Vec::new(),
        })
    }
}

/// Why it ended, as far as it says so: its last line that is not empty.
fn last_line(process: &Process) -> String {
    let lines = process.lines();
    lines.iter().rev().find(|line| !line.trim().is_empty()).cloned().unwrap_or_default()
}
