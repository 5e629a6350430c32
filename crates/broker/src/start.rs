//! Starts a `nats-server` for development and tests, as a child that ends with its handle.
//!
//! The configuration is what a deployment ships, on loopback: every write synced, pings that find a dead
//! peer in seconds, monitoring on. The server picks its own free ports and writes them to a file, so two
//! tests never race for one; a restart keeps the ports, so clients find it again.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::Deserialize;
use tokio::time::{Instant, sleep};

use crate::http;

/// A start takes 0.2 s; a cluster elects its first leader within 9 s; a loaded machine has the rest.
const READY_LIMIT: Duration = Duration::from_secs(30);
/// A graceful end syncs and closes its stores; what takes longer is killed.
const STOP_LIMIT: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(20);
/// Lines of the log that an error shows.
const LOG_LINES: usize = 20;

/// When a write is on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sync {
    /// Before it is acknowledged, as a deployment must have it.
    #[default]
    Always,
    /// Up to two minutes later: for speed tests that say so.
    Lazy,
}

#[derive(Debug, Clone)]
pub struct Options {
    pub binary: PathBuf,
    /// Holds the configuration, the log and the store; created when missing. A store that is there is used.
    pub folder: PathBuf,
    pub name: String,
    pub sync: Sync,
    /// The port for clients; `None` lets the server choose a free one.
    pub port: Option<u16>,
    /// The port for monitoring; `None` lets the server choose a free one.
    pub monitoring_port: Option<u16>,
    /// JetStream's share of the disk; `None` is the server's own rule, three quarters of what is free.
    pub store_bytes_max: Option<u64>,
    /// A program and its arguments that become the server when the binary's own follow; empty: the binary is run.
    pub through: Vec<OsString>,
    /// Added to the configuration as it stands, such as users or certificates.
    pub more: String,
    pub(crate) cluster: Option<ClusterMember>,
}

impl Options {
    pub fn new(binary: impl Into<PathBuf>, folder: impl Into<PathBuf>) -> Options {
        Options {
            binary: binary.into(),
            folder: folder.into(),
            name: "wissel".to_owned(),
            sync: Sync::default(),
            port: None,
            monitoring_port: None,
            store_bytes_max: None,
            through: Vec::new(),
            more: String::new(),
            cluster: None,
        }
    }
}

/// What makes a server one of several.
#[derive(Debug, Clone)]
pub(crate) struct ClusterMember {
    pub port: u16,
    /// The route ports of all members, this one included (the server drops a route to itself).
    pub routes: Vec<u16>,
}

/// A running server, or one that was stopped and can be started again on its ports and store.
#[derive(Debug)]
pub struct Server {
    options: Options,
    child: Option<Child>,
    ports: Ports,
    /// As the running server's configuration names them: it takes no other ones without a restart.
    configured: Ports,
}

#[derive(Debug, Clone, Copy)]
struct Ports {
    clients: u16,
    monitoring: u16,
}

impl Server {
    /// Starts a server and waits until JetStream answers.
    pub async fn start(options: Options) -> Result<Server> {
        let mut server = Server::launch(options).await?;
        server.wait_ready().await?;
        Ok(server)
    }

    /// Starts a server and waits only until its ports are known: a member of a cluster is ready when its
    /// peers are.
    pub(crate) async fn launch(options: Options) -> Result<Server> {
        let ports = Ports { clients: 0, monitoring: 0 };
        let mut server = Server { options, child: None, ports, configured: ports };
        server.spawn().await?;
        Ok(server)
    }

    /// Starts a server that was stopped or killed again, on the same ports and the same store.
    pub async fn restart(&mut self) -> Result<()> {
        self.respawn().await?;
        self.wait_ready().await
    }

    /// As [`Server::restart`], without waiting: a member of a cluster may need its peers to be ready.
    pub async fn respawn(&mut self) -> Result<()> {
        if self.is_running() {
            bail!("{} still runs as process {}; stop or kill it first", self.options.name, self.pid());
        }
        self.spawn().await
    }

    /// Waits until the server reports itself healthy: clients are served and JetStream has a leader.
    pub async fn wait_ready(&mut self) -> Result<()> {
        let monitoring = self.monitoring_url();
        let deadline = Instant::now() + READY_LIMIT;
        loop {
            self.fail_if_ended()?;
            if let Ok((200, _)) = http::get(&monitoring, "/healthz").await {
                return Ok(());
            }
            if Instant::now() >= deadline {
                bail!("{}", self.failure(&format!("it was not ready within {READY_LIMIT:?}")));
            }
            sleep(POLL).await;
        }
    }

    /// The address for clients.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.ports.clients)
    }

    pub fn monitoring_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.monitoring)
    }

    pub fn name(&self) -> &str {
        &self.options.name
    }

    pub fn folder(&self) -> &Path {
        &self.options.folder
    }

    pub fn log_path(&self) -> PathBuf {
        self.options.folder.join("nats-server.log")
    }

    /// The process id; 0 when no process runs.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::id)
    }

    pub fn is_running(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// Ends the server gracefully; after ten seconds, by force.
    pub async fn stop(&mut self) -> Result<()> {
        let Some(child) = self.child.as_mut() else { return Ok(()) };
        signal(child, Signal::SIGTERM)?;
        let deadline = Instant::now() + STOP_LIMIT;
        while child.try_wait()?.is_none() {
            if Instant::now() >= deadline {
                return self.kill();
            }
            sleep(POLL).await;
        }
        self.child = None;
        Ok(())
    }

    /// Ends the server as a crash would.
    pub fn kill(&mut self) -> Result<()> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        child.kill().with_context(|| format!("cannot kill {} ({})", self.options.name, child.id()))?;
        child.wait().with_context(|| format!("cannot wait for {} ({})", self.options.name, child.id()))?;
        Ok(())
    }

    /// Freezes the server: its connections stay open and nothing answers.
    pub fn pause(&self) -> Result<()> {
        self.child.as_ref().map_or(Ok(()), |child| signal(child, Signal::SIGSTOP))
    }

    /// Lets a frozen server go on.
    pub fn resume(&self) -> Result<()> {
        self.child.as_ref().map_or(Ok(()), |child| signal(child, Signal::SIGCONT))
    }

    /// Ends the server in good order: it gives its leaderships away and lets its clients go one by one.
    pub fn retire(&self) -> Result<()> {
        self.child.as_ref().map_or(Ok(()), |child| signal(child, Signal::SIGUSR2))
    }

    /// Has the running server take `more` in place of what was added to its configuration, such as other users.
    pub fn reload(&mut self, more: &str) -> Result<()> {
        self.options.more = more.to_owned();
        self.write_configuration()?;
        self.child.as_ref().map_or(Ok(()), |child| signal(child, Signal::SIGHUP))
    }

    /// The server that leads the cluster's own affairs, as far as this one knows.
    pub async fn meta_leader(&self) -> Result<Option<String>> {
        let (_, body) = http::get(&self.monitoring_url(), "/jsz").await?;
        let answer: Jsz = serde_json::from_str(&body).context("/jsz is not what it was")?;
        Ok(answer.meta_cluster.and_then(|meta| meta.leader).filter(|leader| !leader.is_empty()))
    }

    async fn spawn(&mut self) -> Result<()> {
        let folder = self.options.folder.clone();
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        // The server writes relative paths relative to its own working folder.
        let folder =
            std::fs::canonicalize(&folder).with_context(|| format!("cannot find {}", folder.display()))?;
        self.options.folder = folder;
        self.configured = self.ports;
        let configuration = self.write_configuration()?;
        // What the server says before it opens its log, such as an error in its configuration.
        let early = std::fs::File::create(self.early_path())
            .with_context(|| format!("cannot write {}", self.early_path().display()))?;
        let child = self
            .command()
            .arg("-c")
            .arg(&configuration)
            .stdin(Stdio::null())
            .stdout(early.try_clone()?)
            .stderr(early)
            // Ctrl-C in a terminal goes to its whole group; whoever started the server ends it when it is done with it.
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot run {}", self.options.binary.display()))?;
        let id = child.id();
        self.child = Some(child);
        self.ports = self.read_ports(id).await?;
        Ok(())
    }

    fn write_configuration(&self) -> Result<PathBuf> {
        let path = self.options.folder.join("nats-server.conf");
        std::fs::write(&path, configuration_text(&self.options, self.configured))
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path)
    }

    fn command(&self) -> Command {
        let Some((program, arguments)) = self.options.through.split_first() else {
            return Command::new(&self.options.binary);
        };
        let mut command = Command::new(program);
        command.args(arguments).arg(&self.options.binary);
        command
    }

    async fn read_ports(&mut self, id: u32) -> Result<Ports> {
        let suffix = format!("_{id}.ports");
        let deadline = Instant::now() + READY_LIMIT;
        loop {
            self.fail_if_ended()?;
            // The file may be seen half written; it is read again then.
            if let Some(path) = file_ending(&self.options.folder, &suffix)?
                && let Some(ports) = parse_ports(&std::fs::read_to_string(&path).unwrap_or_default())
            {
                std::fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
                return Ok(ports);
            }
            if Instant::now() >= deadline {
                bail!("{}", self.failure(&format!("it opened no port within {READY_LIMIT:?}")));
            }
            sleep(POLL).await;
        }
    }

    fn fail_if_ended(&mut self) -> Result<()> {
        let Some(child) = self.child.as_mut() else { bail!("{} is not running", self.options.name) };
        let Some(status) = child.try_wait()? else { return Ok(()) };
        let failure = self.failure(&ended(status));
        self.child = None;
        bail!(failure)
    }

    fn failure(&self, what: &str) -> String {
        let log = self.log_tail(LOG_LINES);
        format!(
            "nats-server {} ({}) did not start: {what}; its last lines:\n{}",
            self.options.name,
            self.options.folder.display(),
            if log.is_empty() { "(none)" } else { log.trim_end() }
        )
    }

    /// The last lines that the server wrote.
    pub fn log_tail(&self, lines: usize) -> String {
        let mut text = std::fs::read_to_string(self.early_path()).unwrap_or_default();
        text.push_str(&std::fs::read_to_string(self.log_path()).unwrap_or_default());
        let all: Vec<&str> = text.lines().collect();
        all[all.len().saturating_sub(lines)..].join("\n")
    }

    fn early_path(&self) -> PathBuf {
        self.options.folder.join("nats-server.out")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A test that failed must not leave a server behind; there is nobody left to tell of an error.
        let _ = self.kill();
    }
}

fn signal(child: &Child, signal: Signal) -> Result<()> {
    let id = i32::try_from(child.id()).context("a process id beyond 31 bits")?;
    kill(Pid::from_raw(id), signal).with_context(|| format!("cannot send {signal} to process {id}"))
}

fn ended(status: ExitStatus) -> String {
    format!("it ended with {status}")
}

/// The server names its ports file after the program and the process.
fn file_ending(folder: &Path, suffix: &str) -> Result<Option<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    Ok(paths.into_iter().find(|path| path.to_str().is_some_and(|text| text.ends_with(suffix))))
}

/// What the server writes into its ports file: addresses, by kind.
#[derive(Deserialize)]
struct PortsFile {
    nats: Vec<String>,
    monitoring: Vec<String>,
}

/// What we read of `/jsz`.
#[derive(Deserialize)]
struct Jsz {
    meta_cluster: Option<MetaCluster>,
}

#[derive(Deserialize)]
struct MetaCluster {
    leader: Option<String>,
}

fn parse_ports(text: &str) -> Option<Ports> {
    let file: PortsFile = serde_json::from_str(text).ok()?;
    Some(Ports { clients: port_of(file.nats.first()?)?, monitoring: port_of(file.monitoring.first()?)? })
}

fn port_of(url: &str) -> Option<u16> {
    url.rsplit_once(':')?.1.parse().ok()
}

fn configuration_text(options: &Options, ports: Ports) -> String {
    let listen = |asked: Option<u16>, known: u16| match (asked, known) {
        (None, 0) => "127.0.0.1:-1".to_owned(),
        (Some(port), 0) | (_, port) => format!("127.0.0.1:{port}"),
    };
    let quoted = |path: PathBuf| format!("{:?}", path.display().to_string());
    let mut text = format!(
        "server_name: {name:?}\n\
         listen: {clients:?}\n\
         http: {monitoring:?}\n\
         ports_file_dir: {folder}\n\
         log_file: {log}\n\
         max_payload: 1MB\n\
         ping_interval: \"5s\"\n\
         ping_max: 2\n\
         write_deadline: \"5s\"\n\
         max_connections: 4096\n",
        name = options.name,
        clients = listen(options.port, ports.clients),
        monitoring = listen(options.monitoring_port, ports.monitoring),
        folder = quoted(options.folder.clone()),
        log = quoted(options.folder.join("nats-server.log")),
    );
    text.push_str("jetstream {\n");
    text.push_str(&format!("  store_dir: {}\n", quoted(options.folder.join("store"))));
    text.push_str("  max_memory_store: 256MB\n");
    if let Some(bytes) = options.store_bytes_max {
        text.push_str(&format!("  max_file_store: {bytes}\n"));
    }
    match options.sync {
        Sync::Always => text.push_str("  sync_interval: always\n"),
        Sync::Lazy => {}
    }
    text.push_str("}\n");
    if let Some(member) = &options.cluster {
        text.push_str(&cluster_text(member));
    }
    text.push_str(&options.more);
    text
}

/// Clients are given all addresses, and one that goes through a proxy must not learn of a way around it.
fn cluster_text(member: &ClusterMember) -> String {
    let routes: Vec<String> =
        member.routes.iter().map(|port| format!("{:?}", format!("nats://127.0.0.1:{port}"))).collect();
    format!(
        "cluster {{\n  name: \"wissel\"\n  listen: \"127.0.0.1:{}\"\n  no_advertise: true\n  ping_interval: \"5s\"\n  \
         routes: [{}]\n}}\n",
        member.port,
        routes.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Ports = Ports { clients: 0, monitoring: 0 };

    #[test]
    fn writes_are_synced_unless_said_otherwise() {
        let mut options = Options::new("nats-server", "folder");
        assert!(configuration_text(&options, NONE).contains("sync_interval: always"));
        options.sync = Sync::Lazy;
        assert!(!configuration_text(&options, NONE).contains("sync_interval"));
    }

    #[test]
    fn ports_are_free_at_first_and_kept_afterwards() {
        let mut options = Options::new("nats-server", "folder");
        assert!(configuration_text(&options, NONE).contains("listen: \"127.0.0.1:-1\""));
        let known = Ports { clients: 4001, monitoring: 4002 };
        assert!(configuration_text(&options, known).contains("listen: \"127.0.0.1:4001\""));
        options.port = Some(4222);
        assert!(configuration_text(&options, NONE).contains("listen: \"127.0.0.1:4222\""));
    }

    #[test]
    fn the_ports_file_is_read_only_when_whole() {
        let text = r#"{"nats":["nats://127.0.0.1:37481"],"monitoring":["http://127.0.0.1:42981"]}"#;
        let ports = parse_ports(text).expect("whole");
        assert_eq!((ports.clients, ports.monitoring), (37481, 42981));
        assert!(parse_ports(&text[..40]).is_none());
    }
}
