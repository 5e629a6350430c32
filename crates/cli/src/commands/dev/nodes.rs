//! Several nodes, as processes of their own that people may kill: started, started again when they end, listened to, and
//! ended with the play.
//!
//! Each one runs `wissel node` of this very program on the leash, so that none outlives this process, however it ends. A
//! task for each keeps it running; another hears what they tell each other.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use futures_util::StreamExt;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use protocol::members::MemberRecord;
use protocol::subject::MEMBER_ALL;
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::members::{End, Members};
use super::server::About;
use crate::commands::leash;

/// Long enough to see what the others do without it.
const AGAIN_AFTER: Duration = Duration::from_secs(5);
/// A node that cannot start says why; its third attempt would say the same again.
const FAILURES_MAX: u32 = 3;
/// A cluster that has just begun needs a leader for each stream before a node can own anything.
const SERVED_LIMIT: Duration = Duration::from_secs(60);
/// Nodes share the shards when they have known each other for three seconds, one shard at a time.
const SPREAD_LIMIT: Duration = Duration::from_secs(15);
const POLL: Duration = Duration::from_millis(20);
/// A release takes a tenth of a second; what takes longer is killed, and loses nothing by it.
const STOP_LIMIT: Duration = Duration::from_secs(5);
/// Lines of a node's log that tell why it ended.
const LOG_LINES: usize = 20;

pub struct Nodes {
    members: Arc<Mutex<Members>>,
    /// Why a node cannot be kept running.
    failed: watch::Receiver<Option<String>>,
    stop: watch::Sender<bool>,
    /// Aborted with the handle, and each child is killed with its task.
    keepers: JoinSet<()>,
    listener: JoinSet<()>,
}

/// Keeps one node running.
struct Keeper {
    name: String,
    arguments: Vec<String>,
    log: PathBuf,
    members: Arc<Mutex<Members>>,
    failed: Arc<watch::Sender<Option<String>>>,
    stop: watch::Receiver<bool>,
}

impl Nodes {
    /// Starts `count` nodes, named `node-1` and so on, and waits until they serve and have shared the shards, of which there are
    /// as many.
    pub async fn start(client: &async_nats::Client, server: &About, count: u16) -> Result<Nodes> {
        let members = Arc::new(Mutex::new(Members::new(count)));
        let mut listener = JoinSet::new();
        // Before any of them says something.
        let heard = client.subscribe(MEMBER_ALL).await.context("nodes cannot be heard")?;
        client.flush().await.context("the connection is gone")?;
        listener.spawn(listen(heard, members.clone()));
        let (failed, has_failed) = watch::channel(None);
        let failed = Arc::new(failed);
        let (stop, is_stopped) = watch::channel(false);
        let mut nodes = Nodes { members, failed: has_failed, stop, keepers: JoinSet::new(), listener };
        for number in 1..=count {
            let name = format!("node-{number}");
            let keeper = Keeper {
                arguments: arguments(&name, server),
                log: server.folder.join(format!("{name}.log")),
                name,
                members: nodes.members.clone(),
                failed: failed.clone(),
                stop: is_stopped.clone(),
            };
            let log = keeper.log.clone();
            nodes.keepers.spawn(keeper.keep());
            // One after the other: nodes that begin at the same instant know nobody and all reach for the same shards.
            if !nodes.wait(SERVED_LIMIT, |members| members.is_served(usize::from(number))).await? {
                let lines = tail(&log);
                bail!(
                    "node-{number} did not live with an owner for every shard within {SERVED_LIMIT:?}; the last lines of its \
                     log:\n{lines}"
                );
            }
        }
        // Shards that lie together are served all the same.
        nodes.wait(SPREAD_LIMIT, |members| members.is_spread(usize::from(count))).await?;
        nodes.members().begin();
        Ok(nodes)
    }

    pub fn members(&self) -> MutexGuard<'_, Members> {
        lock(&self.members)
    }

    /// An error once a node cannot be kept running.
    pub fn check(&self) -> Result<()> {
        match &*self.failed.borrow() {
            Some(why) => bail!("{why}"),
            None => Ok(()),
        }
    }

    /// Lets every node release what it owns.
    pub async fn stop(mut self) {
        // Each keeper waits for it or has ended.
        let _ = self.stop.send(true);
        while self.keepers.join_next().await.is_some() {}
        self.listener.abort_all();
    }

    /// Whether it came true in time.
    async fn wait(&self, limit: Duration, is_meant: impl Fn(&Members) -> bool) -> Result<bool> {
        let began = Instant::now();
        while began.elapsed() < limit {
            self.check()?;
            if is_meant(&self.members()) {
                return Ok(true);
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(false)
    }
}

impl Keeper {
    async fn keep(mut self) {
        let mut failures = 0;
        while !*self.stop.borrow() {
            let how = match self.run().await {
                Ok(Some(status)) => end(status),
                Ok(None) => return,
                Err(error) => return self.fail(&format!("{} cannot be started: {error:#}", self.name)),
            };
            lock(&self.members).ended(Instant::now(), &self.name, how, AGAIN_AFTER);
            failures = if how == End::Failed { failures + 1 } else { 0 };
            if failures == FAILURES_MAX {
                let lines = tail(&self.log);
                return self.fail(&format!(
                    "{} ended by itself {failures} times in a row; the last lines of its log:\n{lines}",
                    self.name
                ));
            }
            let _ = tokio::time::timeout(AGAIN_AFTER, wish(&mut self.stop)).await;
        }
    }

    /// Runs it until it ends; nothing when it was ended from here.
    async fn run(&mut self) -> Result<Option<ExitStatus>> {
        let mut child = self.spawn()?;
        let pid = child.id().context("a new process has an id")?;
        lock(&self.members).started(&self.name, pid);
        tokio::select! {
            status = child.wait() => Ok(Some(status.context("it cannot be waited for")?)),
            () = wish(&mut self.stop) => {
                stop(&mut child, pid).await;
                Ok(None)
            }
        }
    }

    fn spawn(&self) -> Result<Child> {
        let what = || format!("cannot write {}", self.log.display());
        let log = File::options().create(true).append(true).open(&self.log).with_context(what)?;
        let through = leash::through()?;
        let (program, leash) = through.split_first().context("a leash is a program")?;
        let mut command = Command::new(program);
        // The server is ours and knows no users, whatever the environment says of others.
        for variable in
            ["WISSEL_SERVERS", "WISSEL_CREDS", "WISSEL_TLS_CA", "WISSEL_TLS_CERT", "WISSEL_TLS_KEY"]
        {
            command.env_remove(variable);
        }
        command
            .args(leash)
            .arg(program)
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(log.try_clone().with_context(what)?)
            .stderr(log)
            // Ctrl-C in a terminal goes to its whole group; the nodes are ended after the play.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot run {}", Path::new(program).display()))
    }

    fn fail(&self, why: &str) {
        self.failed.send_modify(|failed| *failed = failed.take().or_else(|| Some(why.to_owned())));
    }
}

/// Until somebody wants an end.
async fn wish(stop: &mut watch::Receiver<bool>) {
    // An error means that nobody is there to want one; the task is then aborted.
    let _ = stop.wait_for(|is_stopped| *is_stopped).await;
}

async fn listen(mut heard: async_nats::Subscriber, members: Arc<Mutex<Members>>) {
    while let Some(message) = heard.next().await {
        // Later versions may say more.
        if let Ok(record) = MemberRecord::decode(message.subject.as_str(), &message.payload) {
            lock(&members).heard(Instant::now(), record);
        }
    }
}

async fn stop(child: &mut Child, pid: u32) {
    if let Ok(pid) = i32::try_from(pid) {
        // It may have ended by itself; either way it is waited for.
        let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
    }
    if tokio::time::timeout(STOP_LIMIT, child.wait()).await.is_err() {
        // What cannot be killed ends with this process, on its leash.
        let _ = child.kill().await;
    }
}

fn arguments(name: &str, server: &About) -> Vec<String> {
    let (servers, monitoring) = (server.urls.join(","), server.monitoring_urls.join(","));
    ["node", "--name", name, "--servers", &servers, "--monitoring", &monitoring].map(str::to_owned).to_vec()
}

fn end(status: ExitStatus) -> End {
    match status.code() {
        Some(0) => End::Stopped,
        Some(_) => End::Failed,
        None => End::Killed,
    }
}

fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(LOG_LINES)..].join("\n")
}

fn lock(members: &Mutex<Members>) -> MutexGuard<'_, Members> {
    members.lock().unwrap_or_else(PoisonError::into_inner)
}
