//! Every subject and stream name of Wissel, built and parsed in this one place.
//!
//! A subject is an identity: what a message may speak for is decided by where it arrived, never by its body. Ids
//! are single tokens by construction ([`model::id`]), so a built subject never holds a stray dot or wildcard, and
//! a parsed one is either exactly one of [`Subject`] or a [`BadSubject`] that says what to send instead.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use model::id::ID_LENGTH_MAX;
use model::{AgentId, ContactId, Refusal, TenantId};

/// A shard's name stands in stream names and in every output's origin, so it stays shorter than other ids.
pub const SHARD_NAME_LENGTH_MAX: usize = 32;
/// Longest subject that is parsed: the longest that can be built, with an API verb of a few tokens.
pub const SUBJECT_LENGTH_MAX: usize = 512;
/// Most tokens of an API verb (`queues.list`).
pub const VERB_TOKENS_MAX: usize = 4;

/// What the event feed's stream listens on.
pub const EVENT_ALL: &str = "wissel.event.>";
/// What the dead-letter stream listens on.
pub const REFUSED_ALL: &str = "wissel.refused.>";
/// What the configuration stream listens on.
pub const CONFIG_ALL: &str = "wissel.cfg.>";
/// What the stream of snapshots listens on.
pub const SNAPSHOT_ALL: &str = "wissel.snap.>";
/// What the stream of nodes listens on.
pub const MEMBER_ALL: &str = "wissel.members.>";
/// What a node listens on for the heartbeats of all agents.
pub const BEAT_ALL: &str = "wissel.beat.>";
/// What a node's query service listens on.
pub const API_ALL: &str = "wissel.api.>";

pub fn input_contact(tenant: &TenantId) -> String {
    format!("wissel.in.{tenant}.contact")
}
pub fn input_agent(tenant: &TenantId, agent: &AgentId) -> String {
    format!("wissel.in.{tenant}.agent.{agent}")
}
pub fn input_admin(tenant: &TenantId) -> String {
    format!("wissel.in.{tenant}.admin")
}
/// What an ingest stream listens on for one of its tenants.
pub fn input_all(tenant: &TenantId) -> String {
    format!("wissel.in.{tenant}.>")
}
/// The tenant of what [`input_all`] gives.
pub fn tenant_of_inputs(subjects: &str) -> Option<TenantId> {
    TenantId::new(subjects.strip_prefix("wissel.in.")?.strip_suffix(".>")?).ok()
}
/// What an ingest stream holds also without tenants: what moves them. It lies outside `wissel.in.`, so no tenant's name can
/// meet it.
pub fn ingest_own(shard: &ShardName) -> String {
    format!("wissel.ing.{shard}")
}
pub fn output_agent(tenant: &TenantId, agent: &AgentId) -> String {
    format!("wissel.out.{tenant}.agent.{agent}")
}
pub fn output_contact(tenant: &TenantId, contact: &ContactId) -> String {
    format!("wissel.out.{tenant}.contact.{contact}")
}
/// `kind` is the event's type, one of those in [`crate::output::EVENT_TYPES`].
pub fn event(tenant: &TenantId, kind: &str) -> String {
    debug_assert!(is_token(kind, ID_LENGTH_MAX));
    format!("wissel.event.{tenant}.{kind}")
}
pub fn refused(tenant: &TenantId, reason: Refusal) -> String {
    format!("wissel.refused.{tenant}.{}", reason.code())
}
/// Nothing when a token of the verb could not stand in a subject.
pub fn api(tenant: &TenantId, verb: &[&str]) -> Option<String> {
    let valid = !verb.is_empty()
        && verb.len() <= VERB_TOKENS_MAX
        && verb.iter().all(|token| is_token(token, ID_LENGTH_MAX));
    valid.then(|| format!("wissel.api.{tenant}.{}", verb.join(".")))
}
pub fn beat(tenant: &TenantId, agent: &AgentId) -> String {
    format!("wissel.beat.{tenant}.agent.{agent}")
}
pub fn journal(shard: &ShardName) -> String {
    format!("wissel.jrn.{shard}")
}
pub fn snapshot_part(shard: &ShardName, epoch: u64, commit_no: u64, index: usize) -> String {
    format!("wissel.snap.{shard}.part.{epoch}.{commit_no}.{index}")
}
/// All parts of one snapshot.
pub fn snapshot_parts(shard: &ShardName, epoch: u64, commit_no: u64) -> String {
    format!("wissel.snap.{shard}.part.{epoch}.{commit_no}.*")
}
/// The first part of every snapshot of a shard; each snapshot that has parts has one.
pub fn snapshot_first_parts(shard: &ShardName) -> String {
    format!("wissel.snap.{shard}.part.*.*.0")
}
pub fn snapshot_manifest(shard: &ShardName, epoch: u64, commit_no: u64) -> String {
    format!("wissel.snap.{shard}.manifest.{epoch}.{commit_no}")
}
/// The manifests of all snapshots of a shard.
pub fn snapshot_manifests(shard: &ShardName) -> String {
    format!("wissel.snap.{shard}.manifest.*.*")
}
/// A node's heartbeat; its name is a token of up to [`ID_LENGTH_MAX`], see [`is_node_name`].
pub fn member_node(node: &str) -> String {
    debug_assert!(is_node_name(node));
    format!("wissel.members.node.{node}")
}
pub fn member_shard(shard: &ShardName) -> String {
    format!("wissel.members.shard.{shard}")
}
pub fn wish_node(node: &str) -> String {
    debug_assert!(is_node_name(node));
    format!("wissel.members.wish.node.{node}")
}
pub fn wish_shard(shard: &ShardName) -> String {
    format!("wissel.members.wish.shard.{shard}")
}
/// Nothing when `hash` is not one that [`crate::config::hash`] gives.
pub fn config(tenant: &TenantId, hash: &str) -> Option<String> {
    is_hash(hash).then(|| format!("wissel.cfg.{tenant}.{hash}"))
}

/// Where rows of a tenant on its way are stored; nothing when `hash` is not one that [`crate::config::hash`] gives.
pub fn rows(tenant: &TenantId, hash: &str) -> Option<String> {
    is_hash(hash).then(|| format!("wissel.cfg.{tenant}.rows.{hash}"))
}
/// All of what [`rows`] gives.
pub fn rows_all(tenant: &TenantId) -> String {
    format!("wissel.cfg.{tenant}.rows.*")
}

/// A subject, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// `wissel.in.<tenant>.contact`
    InputContact { tenant: TenantId },
    /// `wissel.in.<tenant>.agent.<id>`
    InputAgent { tenant: TenantId, agent: AgentId },
    /// `wissel.in.<tenant>.admin`
    InputAdmin { tenant: TenantId },
    /// `wissel.ing.<shard>`
    IngestOwn { shard: ShardName },
    /// `wissel.out.<tenant>.agent.<id>`
    OutputAgent { tenant: TenantId, agent: AgentId },
    /// `wissel.out.<tenant>.contact.<id>`
    OutputContact { tenant: TenantId, contact: ContactId },
    /// `wissel.event.<tenant>.<type>`
    Event { tenant: TenantId, kind: String },
    /// `wissel.refused.<tenant>.<reason>`
    Refused { tenant: TenantId, reason: Refusal },
    /// `wissel.api.<tenant>.<verb...>`
    Api { tenant: TenantId, verb: Vec<String> },
    /// `wissel.beat.<tenant>.agent.<id>`
    Beat { tenant: TenantId, agent: AgentId },
    /// `wissel.jrn.<shard>`
    Journal { shard: ShardName },
    /// `wissel.members.node.<node>`
    MemberNode { node: String },
    /// `wissel.members.shard.<shard>`
    MemberShard { shard: ShardName },
    /// `wissel.members.wish.node.<node>`
    WishNode { node: String },
    /// `wissel.members.wish.shard.<shard>`
    WishShard { shard: ShardName },
    /// `wissel.cfg.<tenant>.<hash>`
    Config { tenant: TenantId, hash: String },
    /// `wissel.cfg.<tenant>.rows.<hash>`
    Rows { tenant: TenantId, hash: String },
    /// `wissel.snap.<shard>.part.<epoch>.<commit>.<index>`
    SnapshotPart { shard: ShardName, epoch: u64, commit_no: u64, index: u64 },
    /// `wissel.snap.<shard>.manifest.<epoch>.<commit>`
    SnapshotManifest { shard: ShardName, epoch: u64, commit_no: u64 },
}

pub fn parse(subject: &str) -> Result<Subject, BadSubject> {
    let bad = || BadSubject { subject: shown(subject) };
    if subject.len() > SUBJECT_LENGTH_MAX {
        return Err(bad());
    }
    parse_tokens(subject).ok_or_else(bad)
}

fn parse_tokens(subject: &str) -> Option<Subject> {
    let mut tokens = subject.strip_prefix("wissel.")?.split('.');
    let area = tokens.next()?;
    let owner = tokens.next()?;
    if area == "jrn" {
        return end(tokens, Subject::Journal { shard: ShardName::new(owner)? });
    }
    if area == "ing" {
        return end(tokens, Subject::IngestOwn { shard: ShardName::new(owner)? });
    }
    if area == "members" {
        return parse_member(owner, tokens);
    }
    if area == "snap" {
        return parse_snapshot(ShardName::new(owner)?, tokens);
    }
    let tenant = TenantId::new(owner).ok()?;
    let kind = tokens.next()?;
    match (area, kind) {
        ("in", "contact") => end(tokens, Subject::InputContact { tenant }),
        ("in", "admin") => end(tokens, Subject::InputAdmin { tenant }),
        ("in", "agent") => {
            let agent = AgentId::new(tokens.next()?).ok()?;
            end(tokens, Subject::InputAgent { tenant, agent })
        }
        ("out", "agent") => {
            let agent = AgentId::new(tokens.next()?).ok()?;
            end(tokens, Subject::OutputAgent { tenant, agent })
        }
        ("out", "contact") => {
            let contact = ContactId::new(tokens.next()?).ok()?;
            end(tokens, Subject::OutputContact { tenant, contact })
        }
        ("beat", "agent") => {
            let agent = AgentId::new(tokens.next()?).ok()?;
            end(tokens, Subject::Beat { tenant, agent })
        }
        ("event", kind) if is_token(kind, ID_LENGTH_MAX) => {
            end(tokens, Subject::Event { tenant, kind: kind.to_owned() })
        }
        ("refused", code) => {
            let reason = *Refusal::ALL.iter().find(|reason| reason.code() == code)?;
            end(tokens, Subject::Refused { tenant, reason })
        }
        ("cfg", "rows") => {
            let hash = tokens.next().filter(|hash| is_hash(hash))?;
            end(tokens, Subject::Rows { tenant, hash: hash.to_owned() })
        }
        ("cfg", hash) if is_hash(hash) => end(tokens, Subject::Config { tenant, hash: hash.to_owned() }),
        ("api", first) => {
            let verb: Vec<String> = std::iter::once(first).chain(tokens).map(str::to_owned).collect();
            let valid =
                verb.len() <= VERB_TOKENS_MAX && verb.iter().all(|token| is_token(token, ID_LENGTH_MAX));
            valid.then_some(Subject::Api { tenant, verb })
        }
        _ => None,
    }
}

fn parse_member<'a>(kind: &str, mut tokens: impl Iterator<Item = &'a str>) -> Option<Subject> {
    let (is_wish, kind) = if kind == "wish" { (true, tokens.next()?) } else { (false, kind) };
    let name = tokens.next()?;
    let subject = match (is_wish, kind) {
        (false, "node") if is_node_name(name) => Subject::MemberNode { node: name.to_owned() },
        (true, "node") if is_node_name(name) => Subject::WishNode { node: name.to_owned() },
        (false, "shard") => Subject::MemberShard { shard: ShardName::new(name)? },
        (true, "shard") => Subject::WishShard { shard: ShardName::new(name)? },
        _ => return None,
    };
    end(tokens, subject)
}

fn parse_snapshot<'a>(shard: ShardName, mut tokens: impl Iterator<Item = &'a str>) -> Option<Subject> {
    let kind = tokens.next()?;
    let (epoch, commit_no) = (number(tokens.next()?)?, number(tokens.next()?)?);
    match kind {
        "part" => {
            let index = number(tokens.next()?)?;
            end(tokens, Subject::SnapshotPart { shard, epoch, commit_no, index })
        }
        "manifest" => end(tokens, Subject::SnapshotManifest { shard, epoch, commit_no }),
        _ => None,
    }
}

/// A number as it is written here, and in no other form.
fn number(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// `subject`, unless more tokens follow.
fn end<'a>(mut rest: impl Iterator<Item = &'a str>, subject: Subject) -> Option<Subject> {
    rest.next().is_none().then_some(subject)
}

/// The subject is none of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadSubject {
    /// Shortened and escaped, so that it is safe to show.
    pub subject: String,
}

impl fmt::Display for BadSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the subject {} is not one of Wissel's; inputs arrive on wissel.in.<tenant>.contact, \
             wissel.in.<tenant>.agent.<agent> and wissel.in.<tenant>.admin, and an id consists of \
             1 to {ID_LENGTH_MAX} of A-Z a-z 0-9 _ and -",
            self.subject
        )
    }
}

impl std::error::Error for BadSubject {}

fn shown(subject: &str) -> String {
    let head: String = subject.chars().take(80).collect();
    if head.len() < subject.len() { format!("{head:?}...") } else { format!("{head:?}") }
}

/// The name of a shard: `[A-Za-z0-9_-]{1,32}`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShardName(Arc<str>);

impl ShardName {
    pub fn new(name: &str) -> Option<ShardName> {
        is_token(name, SHARD_NAME_LENGTH_MAX).then(|| ShardName(Arc::from(name)))
    }
    /// The name of a numbered shard, as provisioning makes them.
    pub fn of(number: u16) -> ShardName {
        ShardName(Arc::from(number.to_string()))
    }
    /// The number that [`ShardName::of`] gives this name for; nothing for a name of any other form, such as `07`.
    pub fn number(&self) -> Option<u16> {
        let number = self.0.parse().ok()?;
        (ShardName::of(number) == *self).then_some(number)
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ShardName {
    type Err = String;
    fn from_str(name: &str) -> Result<ShardName, String> {
        ShardName::new(name).ok_or_else(|| {
            format!(
                "a shard's name consists of 1 to {SHARD_NAME_LENGTH_MAX} of A-Z a-z 0-9 _ and -, \
                 {} does not",
                shown(name)
            )
        })
    }
}

impl fmt::Display for ShardName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ShardName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

/// The metadata key of a stream's own random identity: with the time of creation it tells a stream from one of the same
/// name that was made later.
pub const UUID_KEY: &str = "wissel-uuid";

/// A JetStream stream of Wissel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stream {
    /// `ING_<shard>`: inputs of the shard's tenants.
    Ingest(ShardName),
    /// `JRN_<shard>`: the shard's decisions.
    Journal(ShardName),
    /// `EVT`: the durable event feed.
    Events,
    /// `DLQ`: refused inputs.
    DeadLetters,
    /// `CFG`: configuration texts by content hash.
    Configs,
    /// `SNAP`: snapshots.
    Snapshots,
    /// `MEMBERS`: heartbeats of nodes and ownership of shards.
    Members,
}

impl Stream {
    pub fn ingest(shard: u16) -> Stream {
        Stream::Ingest(ShardName::of(shard))
    }
    pub fn journal(shard: u16) -> Stream {
        Stream::Journal(ShardName::of(shard))
    }
    /// The numbered shard whose ingest stream has this name.
    pub fn ingest_shard(name: &str) -> Option<u16> {
        if let Stream::Ingest(shard) = Stream::parse(name)? { shard.number() } else { None }
    }
    /// The numbered shard whose ingest stream or journal has this name.
    pub fn shard(name: &str) -> Option<u16> {
        match Stream::parse(name)? {
            Stream::Ingest(shard) | Stream::Journal(shard) => shard.number(),
            Stream::Events | Stream::DeadLetters | Stream::Configs | Stream::Snapshots | Stream::Members => {
                None
            }
        }
    }
    /// Whether a stream of this name belongs to Wissel as provisioning makes it.
    pub fn is_ours(name: &str) -> bool {
        match Stream::parse(name) {
            Some(Stream::Ingest(shard) | Stream::Journal(shard)) => shard.number().is_some(),
            Some(
                Stream::Events | Stream::DeadLetters | Stream::Configs | Stream::Snapshots | Stream::Members,
            ) => true,
            None => false,
        }
    }
    pub fn parse(name: &str) -> Option<Stream> {
        match name {
            "EVT" => Some(Stream::Events),
            "DLQ" => Some(Stream::DeadLetters),
            "CFG" => Some(Stream::Configs),
            "SNAP" => Some(Stream::Snapshots),
            "MEMBERS" => Some(Stream::Members),
            other => {
                let (kind, shard) = other.split_once('_')?;
                match kind {
                    "ING" => ShardName::new(shard).map(Stream::Ingest),
                    "JRN" => ShardName::new(shard).map(Stream::Journal),
                    _ => None,
                }
            }
        }
    }
}

/// The stream's name.
impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stream::Ingest(shard) => write!(f, "ING_{shard}"),
            Stream::Journal(shard) => write!(f, "JRN_{shard}"),
            Stream::Events => f.write_str("EVT"),
            Stream::DeadLetters => f.write_str("DLQ"),
            Stream::Configs => f.write_str("CFG"),
            Stream::Snapshots => f.write_str("SNAP"),
            Stream::Members => f.write_str("MEMBERS"),
        }
    }
}

/// Whether a node may go by this name: `[A-Za-z0-9_-]{1,64}`.
pub fn is_node_name(name: &str) -> bool {
    is_token(name, ID_LENGTH_MAX)
}

fn is_token(text: &str, length_max: usize) -> bool {
    (1..=length_max).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

/// A blake3 hash in lower-case hexadecimal.
pub(crate) fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant() -> TenantId {
        TenantId::new("acme").expect("a plain id")
    }
    fn agent() -> AgentId {
        AgentId::new("jo-7").expect("a plain id")
    }

    #[test]
    fn what_is_built_is_parsed_back() {
        let (tenant, agent) = (tenant(), agent());
        let contact = ContactId::new("c_1").expect("a plain id");
        let shard = ShardName::new("eu-1").expect("a plain name");
        let hash = "0123456789abcdef".repeat(4);
        let cases = [
            (input_contact(&tenant), Subject::InputContact { tenant: tenant.clone() }),
            (input_admin(&tenant), Subject::InputAdmin { tenant: tenant.clone() }),
            (
                input_agent(&tenant, &agent),
                Subject::InputAgent { tenant: tenant.clone(), agent: agent.clone() },
            ),
            (
                output_agent(&tenant, &agent),
                Subject::OutputAgent { tenant: tenant.clone(), agent: agent.clone() },
            ),
            (output_contact(&tenant, &contact), Subject::OutputContact { tenant: tenant.clone(), contact }),
            (beat(&tenant, &agent), Subject::Beat { tenant: tenant.clone(), agent }),
            (
                event(&tenant, "contact_closed"),
                Subject::Event { tenant: tenant.clone(), kind: "contact_closed".into() },
            ),
            (
                refused(&tenant, Refusal::NotUtf8),
                Subject::Refused { tenant: tenant.clone(), reason: Refusal::NotUtf8 },
            ),
            (
                api(&tenant, &["queues", "list"]).expect("plain tokens"),
                Subject::Api { tenant: tenant.clone(), verb: vec!["queues".into(), "list".into()] },
            ),
            (
                snapshot_part(&shard, 3, 44, 10),
                Subject::SnapshotPart { shard: shard.clone(), epoch: 3, commit_no: 44, index: 10 },
            ),
            (
                snapshot_manifest(&shard, 3, 44),
                Subject::SnapshotManifest { shard: shard.clone(), epoch: 3, commit_no: 44 },
            ),
            (member_node("n-1"), Subject::MemberNode { node: "n-1".into() }),
            (member_shard(&shard), Subject::MemberShard { shard: shard.clone() }),
            (wish_node("n-1"), Subject::WishNode { node: "n-1".into() }),
            (ingest_own(&shard), Subject::IngestOwn { shard: shard.clone() }),
            (wish_shard(&shard), Subject::WishShard { shard: shard.clone() }),
            (journal(&shard), Subject::Journal { shard }),
            (
                rows(&tenant, &hash).expect("a hash"),
                Subject::Rows { tenant: tenant.clone(), hash: hash.clone() },
            ),
            (config(&tenant, &hash).expect("a hash"), Subject::Config { tenant, hash }),
        ];
        for (text, subject) in cases {
            assert_eq!(parse(&text).as_ref(), Ok(&subject), "{text}");
        }
    }

    #[test]
    fn what_is_not_ours_is_refused() {
        let long = format!("wissel.in.{}.contact", "x".repeat(65));
        for subject in [
            "",
            "wissel",
            "wissel.in",
            "wissel.in.acme",
            "wissel.in.acme.",
            "wissel.in..contact",
            "wissel.in.*.contact",
            "wissel.in.>",
            "wissel.in.acme.contact.x",
            "wissel.in.acme.agent",
            "wissel.in.acme.agent.",
            "wissel.in.acme.agent.*",
            "wissel.in.acme.agent.a.b",
            "wissel.in.acme.agent.a b",
            "wissel.in.acme.agent.a\r\nb",
            "wissel.in.acmé.contact",
            "Wissel.in.acme.contact",
            "wissel.out.acme.admin",
            "wissel.refused.acme.nonsense",
            "wissel.jrn.a.b",
            "wissel.jrn.",
            "wissel.snap.1",
            "wissel.snap.1.manifest.3",
            "wissel.snap.1.manifest.3.044",
            "wissel.snap.1.manifest.3.44.0",
            "wissel.snap.1.part.3.44",
            "wissel.snap.1.part.3.+44.0",
            "wissel.cfg.acme.ABC",
            "wissel.api.acme",
            "wissel.api.acme.a..b",
            "wissel.api.acme.a.b.c.d.e",
            &long,
            &"x".repeat(100_000),
        ] {
            let refused = parse(subject).expect_err(subject);
            assert!(refused.to_string().len() < 1_000);
        }
    }

    #[test]
    fn a_tenant_is_read_back_from_its_subjects() {
        assert_eq!(tenant_of_inputs(&input_all(&tenant())), Some(tenant()));
        for foreign in ["wissel.in.>", "wissel.in.*.>", "wissel.in.a.b.>", "wissel.ing.0", "wissel.in..>"] {
            assert_eq!(tenant_of_inputs(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn streams_have_one_name_each() {
        let shard = ShardName::new("a_b").expect("a plain name");
        for stream in [
            Stream::Ingest(shard.clone()),
            Stream::Journal(shard),
            Stream::Events,
            Stream::DeadLetters,
            Stream::Configs,
            Stream::Snapshots,
            Stream::Members,
        ] {
            assert_eq!(Stream::parse(&stream.to_string()), Some(stream));
        }
        for name in ["ING", "ING_", "ING_a.b", "XYZ_a", "evt", ""] {
            assert_eq!(Stream::parse(name), None, "{name}");
        }
        assert!(ShardName::new(&"x".repeat(32)).is_some());
        assert!("x".repeat(33).parse::<ShardName>().is_err());
    }

    #[test]
    fn a_numbered_shard_is_read_back_from_its_streams() {
        for shard in [0, 7, u16::MAX] {
            assert_eq!(Stream::ingest_shard(&Stream::ingest(shard).to_string()), Some(shard));
            assert_eq!(Stream::shard(&Stream::journal(shard).to_string()), Some(shard));
        }
        assert_eq!(Stream::ingest_shard("JRN_7"), None);
        for foreign in ["ING_", "ING_x", "ING_07", "ING_+7", "ING_65536", "EVT"] {
            assert_eq!(Stream::shard(foreign), None, "{foreign}");
        }
        assert!(Stream::is_ours("ING_7") && Stream::is_ours("EVT"));
        assert!(!Stream::is_ours("ING_07") && !Stream::is_ours("ORDERS"));
    }
}
