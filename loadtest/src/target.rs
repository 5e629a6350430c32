//! What is put under load: a cluster that runs, or one that is started for the run; and its tenant.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use broker::cluster::Cluster;
use broker::start::{Server, Sync};
use broker::{provision, tenants};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use model::agent::{AgentChannel, AgentKind};
use model::config::SkillDemand;
use model::id::{AgentId, SkillId, TenantId};
use model::{AgentSpec, InputBody, Level};
use protocol::subject::Stream;
use protocol::{config, input, subject};
use testkit::{Process, Proxy, Scratch};

use crate::heard::Said;
use crate::scenario::{Loaded, Scenario};
use crate::wire::{Breaks, Wire, wall};

const APPLIED_WITHIN: Duration = Duration::from_secs(30);
const READY_WITHIN: Duration = Duration::from_secs(60);
const STOPS_WITHIN: Duration = Duration::from_secs(30);
/// Roster entries under way at once.
const UNDER_WAY: usize = 64;

/// A cluster of our own on the loopback; it ends with its handle.
#[derive(Debug)]
pub struct Started {
    pub nodes: Vec<StartedNode>,
    pub servers: Vec<Server>,
    program: PathBuf,
    /// Dropped last, and with it the logs.
    scratch: Scratch,
}

/// Servers of our own with the streams of one shard, without a node.
#[derive(Debug)]
pub struct Servers {
    servers: Vec<Server>,
    /// Dropped last.
    scratch: Scratch,
}

impl Servers {
    pub async fn start(size: usize) -> Result<Servers> {
        let scratch = Scratch::new();
        let servers = match size {
            1 => vec![testkit::server(&scratch, "server-1", Sync::Always).await?],
            _ => {
                let Cluster { servers } = testkit::cluster(&scratch, size, Sync::Always).await?;
                servers
            }
        };
        let started = Servers { servers, scratch };
        let client = testkit::connect(&started.urls().join(",")).await?;
        let options = provision::Options { shards: 1, replicas: size, ..provision::Options::default() };
        let report = provision::init(&client, &options).await?;
        ensure!(report.is_complete(), "{report}");
        Ok(started)
    }

    pub fn urls(&self) -> Vec<String> {
        self.servers.iter().map(Server::url).collect()
    }
}

#[derive(Debug)]
pub struct StartedNode {
    pub name: String,
    /// One for each server, where links are to break; none otherwise.
    pub links: Vec<Proxy>,
    arguments: Vec<String>,
    process: Option<Process>,
}

impl Started {
    /// `size` servers and as many nodes, with the streams of one shard. `has_links`: each node has links that can be cut.
    pub async fn start(size: usize, program: Option<PathBuf>, has_links: bool) -> Result<Started> {
        let program = match program {
            Some(program) => program,
            None => testkit::wissel_binary()?,
        };
        let Servers { servers, scratch } = Servers::start(size).await?;
        let urls: Vec<String> = servers.iter().map(Server::url).collect();
        let mut started = Started { nodes: Vec::new(), servers, program, scratch };
        for number in 1..=size {
            let node = StartedNode::new(format!("node-{number}"), &urls, has_links).await?;
            started.nodes.push(node);
        }
        for number in 0..size {
            started.start_node(number)?;
        }
        for node in &mut started.nodes {
            node.running()?.wait_for_line("ready:", READY_WITHIN).await?;
        }
        Ok(started)
    }

    pub fn urls(&self) -> Vec<String> {
        self.servers.iter().map(Server::url).collect()
    }

    pub fn start_node(&mut self, number: usize) -> Result<()> {
        let node = &mut self.nodes[number];
        let process = Process::start_in(self.scratch.path(), &node.name, &self.program, &node.arguments, [])?;
        node.process = Some(process);
        Ok(())
    }

    pub fn process(&mut self, number: usize) -> Result<&mut Process> {
        self.nodes[number].running()
    }

    /// Tells every node to end in good order. One that was paused or killed has no order to keep.
    pub async fn stop(&mut self) -> Result<()> {
        for node in &mut self.nodes {
            if let Some(process) = node.process.as_mut()
                && process.is_running()
            {
                // One that is paused ends once it goes on.
                process.resume()?;
                process.terminate()?;
            }
        }
        for node in &mut self.nodes {
            if let Some(process) = node.process.as_mut() {
                process.wait_exit(STOPS_WITHIN).await?;
            }
        }
        Ok(())
    }

    /// What everything in it has logged, for a run that could not be played.
    pub fn logs(&self) -> String {
        self.scratch.logs()
    }
}

impl StartedNode {
    async fn new(name: String, urls: &[String], has_links: bool) -> Result<StartedNode> {
        let mut links = Vec::new();
        for url in urls.iter().filter(|_| has_links) {
            links.push(Proxy::start(url).await?);
        }
        let addresses = match has_links {
            true => links.iter().map(|link| format!("nats://{}", link.address())).collect(),
            false => urls.to_vec(),
        };
        let servers = addresses.join(",");
        let arguments = ["node", "--servers", &servers, "--assume-sync-always", "--name", &name];
        let arguments = arguments.map(str::to_owned).to_vec();
        Ok(StartedNode { name, links, arguments, process: None })
    }

    fn running(&mut self) -> Result<&mut Process> {
        let name = &self.name;
        self.process.as_mut().with_context(|| format!("{name} does not run"))
    }
}

/// The tenant of a run, wherever its cluster came from.
#[derive(Debug, Clone)]
pub struct Tenant {
    pub id: TenantId,
    /// Where its streams are.
    pub shard: u16,
    pub urls: Vec<String>,
}

impl Tenant {
    /// A tenant that the cluster has.
    pub async fn find(urls: Vec<String>, name: &str) -> Result<Tenant> {
        let id = TenantId::new(name).with_context(|| format!("{name:?} is no tenant's name"))?;
        let wire = Wire::connect(&urls, "wissel-load", &Breaks::default()).await?;
        let placed = tenants::list(&wire.context.client()).await?;
        let Some(shard) = placed.get(name) else {
            bail!("there is no tenant {name}; `wissel tenant add {name}` creates it, and --apply as well")
        };
        Ok(Tenant { id, shard: *shard, urls })
    }

    /// Places it, unless it is there.
    pub async fn place(urls: Vec<String>, name: &str) -> Result<Tenant> {
        let wire = Wire::connect(&urls, "wissel-load", &Breaks::default()).await?;
        let placed = tenants::list(&wire.context.client()).await?;
        if !placed.contains_key(name) {
            tenants::add(&wire.context.client(), name, 0).await?;
        }
        Tenant::find(urls, name).await
    }

    /// As [`Tenant::place`], and puts the scenario's configuration in force.
    pub async fn furnish(urls: Vec<String>, name: &str, loaded: &Loaded) -> Result<Tenant> {
        let wire = Wire::connect(&urls, "wissel-load", &Breaks::default()).await?;
        let tenant = Tenant::place(urls, name).await?;
        tenant.apply(&wire, loaded).await?;
        Ok(tenant)
    }

    async fn apply(&self, wire: &Wire, loaded: &Loaded) -> Result<()> {
        let event = subject::event(&self.id, "config_applied");
        let hash = config::hash(&loaded.config_text);
        let feed = wire.context.get_stream(Stream::Events.to_string()).await?;
        let last = feed.get_last_raw_message_by_subject(&event).await;
        if last.is_ok_and(|last| Said::read(&last.payload).and_then(|said| said.hash) == Some(hash.clone())) {
            // Nobody says anything of a text that is in force already.
            return Ok(());
        }
        let mut applied = wire.subscribe(event).await?;
        let mut refused = wire.subscribe(format!("wissel.refused.{}.*", self.id)).await?;
        let stored = subject::config(&self.id, &hash).context("a hash is part of a subject")?;
        let text = Bytes::from(loaded.config_text.clone());
        let sent = wire.send(&stored, text, &format!("{}.{hash}", self.id)).await;
        sent.map_err(|error| anyhow::anyhow!("the configuration was not stored: {error}"))?;
        let body = InputBody::ConfigApply { hash: hash.clone(), config: Arc::new(loaded.config.clone()) };
        let position = self.send(wire, &body, &format!("apply.{hash}.{}", wall().0)).await?;
        let answered = async {
            loop {
                tokio::select! {
                    Some(message) = applied.next() => {
                        let said = Said::read(&message.payload);
                        if said.and_then(|said| said.hash).as_deref() == Some(hash.as_str()) {
                            return Ok(());
                        }
                    }
                    Some(message) = refused.next() => {
                        if Said::read(&message.payload).and_then(|said| said.position) == Some(position) {
                            let why = String::from_utf8_lossy(&message.payload).into_owned();
                            bail!("the scenario's configuration was refused: {why}");
                        }
                    }
                }
            }
        };
        tokio::time::timeout(APPLIED_WITHIN, answered)
            .await
            .with_context(|| format!("no node put the configuration in force within {APPLIED_WITHIN:?}"))?
    }

    /// Puts the agents of a run into the roster.
    pub async fn enroll(&self, wire: &Wire, scenario: &Scenario, names: &[String], run: &str) -> Result<()> {
        let groups =
            scenario.agents.iter().flat_map(|group| std::iter::repeat_n(group, group.count as usize));
        let sends = groups.zip(names).map(|(group, name)| async move {
            let spec = AgentSpec {
                agent: AgentId::new(name)?,
                kind: AgentKind::Person,
                skills: demands(&group.skills),
                channels: group
                    .channels
                    .iter()
                    .map(|channel| AgentChannel { channel: channel.get_ref().clone(), max: None })
                    .collect(),
                capacity: group.capacity,
                rank: 0,
                site: None,
                reserve: None,
            };
            self.send(wire, &InputBody::AgentPut(Arc::new(spec)), &format!("{run}.put.{name}")).await
        });
        let mut sent = stream::iter(sends).buffer_unordered(UNDER_WAY);
        while let Some(position) = sent.next().await {
            position.context("the roster was not stored")?;
        }
        Ok(())
    }

    /// Takes the agents of a run out of the roster again.
    pub async fn dismiss(&self, wire: &Wire, names: &[String], run: &str) -> Result<()> {
        let sends = names.iter().map(|name| async move {
            let body = InputBody::AgentRemove { agent: AgentId::new(name)? };
            self.send(wire, &body, &format!("{run}.remove.{name}")).await
        });
        let mut sent = stream::iter(sends).buffer_unordered(UNDER_WAY);
        while let Some(position) = sent.next().await {
            position.context("the roster was not stored")?;
        }
        Ok(())
    }

    async fn send(&self, wire: &Wire, body: &InputBody, id: &str) -> Result<u64> {
        let (subject, bytes) = input::encode(&self.id, body).context("an input that can be written")?;
        wire.send(&subject, bytes.into(), id).await.map_err(|error| anyhow::anyhow!("{error}"))
    }
}

pub fn demands(skills: &BTreeMap<SkillId, u8>) -> Vec<SkillDemand> {
    let level =
        |level: u8| Level::new(level.clamp(1, 10)).expect("it lies between the least and the highest");
    skills.iter().map(|(skill, of)| SkillDemand { skill: skill.clone(), level: level(*of) }).collect()
}
