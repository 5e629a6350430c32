//! `wissel check`: says whether a server is fit, and for whatever is not, the command that mends it.
//!
//! The checks that need no help from the monitoring port are made over the connection; only whether every
//! write is synced is told nowhere else. A check changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use async_nats::jetstream::stream::{ClusterInfo, DiscardPolicy, Info, PeerInfo};

use protocol::subject::Stream;

use crate::clock;
use crate::monitoring::{self, Varz};
use crate::provision;
use crate::settings::{self, Difference, Licence, Sizes};
use crate::version::{SERVER_VERSION_MIN, Version};

/// Largest message of ours: a group of decisions, with room for its head.
const MAX_PAYLOAD_MIN: usize = 1 << 20;
/// From here on, what streams may still take is not worth relying on.
const STORE_PERCENT_MAX: u64 = 80;

/// Copies of a stream hear of each other every second.
const PEER_SILENCE_MAX: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Monitoring addresses, `http://host:port`, one for every server of the cluster.
    pub monitoring: Vec<String>,
    /// Addresses for clients. Where no monitoring address is named and nothing is assumed, the usual monitoring port of
    /// these hosts is asked.
    pub servers: Vec<String>,
    /// Take it as given that every write is synced, where no monitoring port can be reached.
    pub assume_sync_always: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    Ok,
    /// Works, but not as a service should.
    Warn,
    Fail,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// A stable word for machines, such as `sync-always`.
    pub code: &'static str,
    /// What was looked at, for people.
    pub what: String,
    pub state: State,
    pub found: String,
    pub expected: String,
    /// The command or setting that mends it; empty when all is well.
    pub fix: String,
}

/// Looks at everything and reports all of it, in a fixed order. An error means that the server could not be
/// asked at all.
pub async fn check(client: &async_nats::Client, options: &Options) -> Result<Vec<Finding>> {
    let mut findings = vec![version(client), payload(client)];
    let info = client.server_info();
    if !info.jetstream {
        findings.push(Finding::fail(
            "jetstream",
            "JetStream".to_owned(),
            "off",
            "on",
            "add `jetstream { store_dir: …, sync_interval: always }` to nats-server.conf and restart the server",
        ));
        return Ok(findings);
    }
    let streams = provision::streams(client).await?;
    let mut servers = Vec::new();
    for base in options.asked() {
        let varz = monitoring::varz(&base).await.and_then(|varz| of_this_cluster(varz, client));
        servers.push((base, varz));
    }
    findings.extend(sync_always(&servers, options, members(&streams)));
    findings.extend(servers.iter().filter_map(|(base, varz)| Some(store(base, varz.as_ref().ok()?))));
    findings.push(limits(client, &streams).await?);
    findings.extend(shapes(&streams));
    findings.extend(shards(&streams));
    findings.extend(full(&streams));
    findings.push(copies(&streams));
    findings.extend(peers(&streams));
    if let Some(stream) = streams.keys().next() {
        findings.push(clock::finding(client, stream).await?);
    }
    Ok(findings)
}

impl Options {
    fn asked(&self) -> Vec<String> {
        if self.monitoring.is_empty() && !self.assume_sync_always {
            monitoring::usual(&self.servers)
        } else {
            self.monitoring.clone()
        }
    }
}

/// What another server answers says nothing about this one.
fn of_this_cluster(varz: Varz, client: &async_nats::Client) -> Result<Varz> {
    let info = client.server_info();
    let is_member = info.cluster.is_some_and(|name| !name.is_empty() && name == varz.cluster.name);
    if varz.server_id == info.server_id || is_member {
        return Ok(varz);
    }
    bail!("another server answers there (id {}), not {}:{}", varz.server_id, info.host, info.port)
}

/// The worst of all findings.
pub fn worst(findings: &[Finding]) -> State {
    findings.iter().map(|finding| finding.state).max().unwrap_or(State::Ok)
}

impl Finding {
    pub(crate) fn ok(code: &'static str, what: String, found: impl Into<String>) -> Finding {
        let found = found.into();
        Finding { code, what, state: State::Ok, expected: found.clone(), found, fix: String::new() }
    }

    pub(crate) fn fail(
        code: &'static str,
        what: String,
        found: impl Into<String>,
        expected: impl Into<String>,
        fix: impl Into<String>,
    ) -> Finding {
        Finding {
            code,
            what,
            state: State::Fail,
            found: found.into(),
            expected: expected.into(),
            fix: fix.into(),
        }
    }

    pub(crate) fn warn(
        code: &'static str,
        what: String,
        found: impl Into<String>,
        expected: impl Into<String>,
        fix: impl Into<String>,
    ) -> Finding {
        Finding { state: State::Warn, ..Finding::fail(code, what, found, expected, fix) }
    }
}

fn version(client: &async_nats::Client) -> Finding {
    let found = client.server_info().version;
    let what = "nats-server version".to_owned();
    if Version::find_in(&found).is_some_and(Version::is_fit) {
        return Finding::ok("server-version", what, found);
    }
    let expected = format!("{SERVER_VERSION_MIN} or later");
    let fix = format!("upgrade nats-server to {SERVER_VERSION_MIN} or later on every machine of the cluster");
    Finding::fail("server-version", what, found, expected, fix)
}

fn payload(client: &async_nats::Client) -> Finding {
    let found = client.server_info().max_payload;
    let what = "largest message".to_owned();
    if found >= MAX_PAYLOAD_MIN {
        return Finding::ok("max-payload", what, format!("{found} bytes"));
    }
    Finding::fail(
        "max-payload",
        what,
        format!("{found} bytes"),
        format!("at least {MAX_PAYLOAD_MIN} bytes"),
        "set `max_payload: 1MB` in nats-server.conf, then `nats-server --signal reload`",
    )
}

const SYNC_FIX: &str = "set `jetstream { sync_interval: always }` in nats-server.conf of every server and restart them one by one";

const UNTOLD_FIX: &str = "open the monitoring port (`http: 127.0.0.1:8222` in nats-server.conf, or `nats-server -m 8222`), name it with \
     `--monitoring http://HOST:PORT` for every server, or take it as given with --assume-sync-always";

fn sync_always(servers: &[(String, Result<Varz>)], options: &Options, members: usize) -> Vec<Finding> {
    let what = |base: &str| format!("every write synced, {base}");
    let mut findings: Vec<Finding> = servers
        .iter()
        .map(|(base, varz)| match varz {
            Ok(varz) if varz.jetstream.config.sync_always => Finding::ok("sync-always", what(base), "always"),
            Ok(varz) => Finding::fail("sync-always", what(base), varz.sync_interval(), "always", SYNC_FIX),
            Err(error) => {
                let found = format!("unknown: {error:#}");
                Finding::fail("sync-always", what(base), found, "always", UNTOLD_FIX)
            }
        })
        .collect();
    // One server under two addresses is one.
    let told: BTreeSet<&str> =
        servers.iter().filter_map(|(_, varz)| Some(varz.as_ref().ok()?.server_id.as_str())).collect();
    let members = members.max(1);
    if told.len() >= members {
        return findings;
    }
    let what = format!("every write synced, {} of {members} servers told", told.len());
    if options.assume_sync_always {
        findings.push(Finding::ok("sync-always", what, "assumed as told"));
    } else if servers.iter().all(|(_, varz)| varz.is_ok()) {
        findings.push(Finding::fail("sync-always", what, "unknown", "always", UNTOLD_FIX));
    }
    findings
}

/// How many servers hold copies, as far as the streams tell.
fn members(streams: &BTreeMap<String, Info>) -> usize {
    let copies = |info: &Info| info.cluster.as_ref().map_or(1, |cluster| cluster.replicas.len() + 1);
    streams.values().map(copies).max().unwrap_or(1)
}

fn store(base: &str, varz: &Varz) -> Finding {
    let (reserved, max) = (varz.jetstream.stats.reserved_storage, varz.jetstream.config.max_storage);
    let what = format!("disk set aside for streams, {base}");
    let found = format!("{reserved} of {max} bytes");
    if reserved.saturating_mul(100) <= max.saturating_mul(STORE_PERCENT_MAX) {
        return Finding::ok("store", what, found);
    }
    Finding::warn(
        "store",
        what,
        found,
        format!("at most {STORE_PERCENT_MAX} %"),
        "raise `jetstream { max_file_store }` in nats-server.conf (below 80 % of the volume) and restart the server",
    )
}

/// What the account may still use, where it has limits of its own.
async fn limits(client: &async_nats::Client, streams: &BTreeMap<String, Info>) -> Result<Finding> {
    let account = crate::jetstream(client)
        .query_account()
        .await
        .context("cannot ask for the account's JetStream limits")?;
    let reserved: i64 = streams
        .values()
        .map(|info| {
            info.config.max_bytes.max(0).saturating_mul(i64::try_from(info.config.num_replicas).unwrap_or(1))
        })
        .fold(0, i64::saturating_add);
    let what = "JetStream limits of the account".to_owned();
    let found = match account.limits.max_storage {
        None => "no limit".to_owned(),
        Some(max) => format!("{reserved} of {max} bytes"),
    };
    let is_tight = |max: i64| reserved.saturating_mul(100) > max.saturating_mul(STORE_PERCENT_MAX as i64);
    if account.limits.max_storage.is_some_and(is_tight) {
        let fix =
            "raise the account's JetStream `max_file` limit, or give the streams less with `wissel init`";
        return Ok(Finding::warn("limits", what, found, format!("at most {STORE_PERCENT_MAX} %"), fix));
    }
    Ok(Finding::ok("limits", what, found))
}

/// Every stream of the design that is there, compared with it.
fn shapes(streams: &BTreeMap<String, Info>) -> Vec<Finding> {
    let designs = settings::designs(shard_numbers(streams), 1, &Sizes::default());
    designs
        .into_iter()
        .map(|mut design| {
            let name = design.config.name.clone();
            let what = format!("stream {name}");
            let Some(info) = streams.get(&name) else {
                let fix = missing_fix(&name, streams);
                return Finding::fail("stream", what, "missing", "present", fix);
            };
            // The number of copies is judged over all streams together.
            design.config.num_replicas = info.config.num_replicas;
            let list = settings::differences(&design, &info.config, info.state.bytes, Licence::default());
            shape(what, &list, streams)
        })
        .collect()
}

fn shape(what: String, list: &[Difference], streams: &BTreeMap<String, Info>) -> Finding {
    if list.is_empty() {
        return Finding::ok("stream", what, "as designed");
    }
    let said = |text: fn(&Difference) -> &str| {
        list.iter().map(|one| format!("{}: {}", one.setting, text(one))).collect::<Vec<_>>().join(", ")
    };
    let fix = match list.iter().find_map(|difference| difference.fixed) {
        None => init_command(streams),
        Some(reason) => format!("{} mends what it may; the rest stays: {reason}", init_command(streams)),
    };
    Finding::fail("stream", what, said(|one| &one.found), said(|one| &one.expected), fix)
}

fn missing_fix(name: &str, streams: &BTreeMap<String, Info>) -> String {
    match Stream::shard(name) {
        Some(_) => {
            format!("{} (it refuses if the other half of the shard holds records)", init_command(streams))
        }
        None => init_command(streams),
    }
}

fn init_command(streams: &BTreeMap<String, Info>) -> String {
    let shards = shard_numbers(streams).last().map_or(1, |last| u32::from(*last) + 1);
    let replicas = streams.values().map(|info| info.config.num_replicas).max().unwrap_or(1);
    format!("wissel init --shards {shards} --replicas {replicas}")
}

fn shard_numbers(streams: &BTreeMap<String, Info>) -> Vec<u16> {
    let mut shards: Vec<u16> = streams.keys().filter_map(|name| Stream::shard(name)).collect();
    shards.sort_unstable();
    shards.dedup();
    shards
}

fn shards(streams: &BTreeMap<String, Info>) -> Vec<Finding> {
    let shards = shard_numbers(streams);
    let what = "shards".to_owned();
    if shards.is_empty() {
        return vec![Finding::fail("shards", what, "none", "at least one", "wissel init --shards 1")];
    }
    vec![Finding::ok("shards", what, shards.len().to_string())]
}

/// Streams that refuse what does not fit, and are near to it. A node lets go of what it needs no more at a half.
fn full(streams: &BTreeMap<String, Info>) -> Vec<Finding> {
    let ours = streams.values().filter(|info| Stream::is_ours(&info.config.name));
    let refusing = ours.filter(|info| info.config.discard == DiscardPolicy::New);
    refusing.filter_map(|info| full_finding(info, &init_command(streams))).collect()
}

fn full_finding(info: &Info, init: &str) -> Option<Finding> {
    let (name, bytes) = (&info.config.name, info.state.bytes);
    let max = u64::try_from(info.config.max_bytes).ok()?;
    if bytes.saturating_mul(100) <= max.saturating_mul(STORE_PERCENT_MAX) {
        return None;
    }
    let option = match Stream::parse(name)? {
        Stream::Ingest(_) => "--ingest-bytes",
        Stream::Journal(_) => "--journal-bytes",
        Stream::Configs => "--configurations-bytes",
        Stream::Snapshots => "--snapshots-bytes",
        Stream::Events | Stream::DeadLetters | Stream::Members => return None,
    };
    let fix = format!(
        "see that a node serves its shards, and give it more with `{init} {option} {}MiB`",
        (max >> 19).max(1)
    );
    let what = format!("room in stream {name}");
    let found = format!("{bytes} of {max} bytes");
    Some(Finding::warn("room", what, found, format!("at most {STORE_PERCENT_MAX} %"), fix))
}

/// One copy is for development; two are no better, since both must be there for a majority.
fn copies(streams: &BTreeMap<String, Info>) -> Finding {
    let ours = || {
        streams
            .values()
            .filter(|info| Stream::is_ours(&info.config.name))
            .map(|info| info.config.num_replicas)
    };
    let (fewest, most) = (ours().min().unwrap_or(0), ours().max().unwrap_or(0));
    let what = "copies of every stream".to_owned();
    let found = if fewest == most { most.to_string() } else { format!("{fewest} to {most}") };
    let shards = shard_numbers(streams).last().map_or(1, |last| u32::from(*last) + 1);
    let fix = |replicas: usize| {
        format!("stop the nodes, then wissel init --shards {shards} --replicas {replicas} --rescale")
    };
    match (fewest, most) {
        (fewest, most) if fewest != most => {
            Finding::fail("copies", what, found, "the same for all", fix(most.max(3)))
        }
        (0..=2, _) => Finding::warn("copies", what, found, "3, except for development", fix(3)),
        (_, _) => Finding::ok("copies", what, found),
    }
}

/// Streams without a leader, or with a copy that is away or behind.
fn peers(streams: &BTreeMap<String, Info>) -> Vec<Finding> {
    let ours = streams.iter().filter(|(name, _)| Stream::is_ours(name));
    ours.filter_map(|(name, info)| peer_finding(name, info.cluster.as_ref()?)).collect()
}

fn peer_finding(stream: &str, cluster: &ClusterInfo) -> Option<Finding> {
    let names = |is_meant: fn(&PeerInfo) -> bool| {
        let meant = cluster.replicas.iter().filter(|peer| is_meant(peer)).map(|peer| peer.name.as_str());
        meant.collect::<Vec<_>>().join(", ")
    };
    let (away, behind) = (names(is_away), names(|peer| !is_away(peer) && !peer.current));
    let what = format!("copies of {stream}");
    if cluster.leader.is_none() {
        let fix = "start the missing servers: a majority of them is needed";
        return Some(Finding::fail("peers", what, "no leader", "a leader", fix));
    }
    if !away.is_empty() {
        let fix = format!("start nats-server on {away} again");
        return Some(Finding::fail("peers", what, format!("{away} away"), "all there", fix));
    }
    let fix = "wait and run `wissel check` again; if it stays, look at that server's log and disk";
    let found = format!("{behind} behind");
    (!behind.is_empty()).then(|| Finding::warn("peers", what, found, "all current", fix))
}

/// The server itself calls a killed member offline only after more than 40 s.
fn is_away(peer: &PeerInfo) -> bool {
    peer.offline || (!peer.current && peer.active >= PEER_SILENCE_MAX)
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.state {
            State::Ok => "ok",
            State::Warn => "warn",
            State::Fail => "FAIL",
        };
        write!(f, "{word:<5}{}: {}", self.what, self.found)?;
        match self.state {
            State::Ok => Ok(()),
            State::Warn | State::Fail => write!(f, " (expected {})\n     {}", self.expected, self.fix),
        }
    }
}
