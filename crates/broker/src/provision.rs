//! `wissel init`: brings a server's streams to the design, as often as one likes.
//!
//! First a plan is made from what is there, then it is carried out, so that `--dry-run` shows the very
//! thing that would happen. What is missing is created, what may be changed is changed, and what may not is
//! told with the reason. Nothing is ever deleted; and a journal or ingest stream whose other half still
//! holds records is not created anew, since that would turn a loss into an empty truth.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Context, Result, bail};
use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::context::{CreateStreamError, CreateStreamErrorKind};
use async_nats::jetstream::stream::{Config, Info};
use futures_util::TryStreamExt;
use protocol::subject::{Stream, UUID_KEY};

use crate::settings::{self, Design, Difference, Licence, Sizes};
use crate::version::{SERVER_VERSION_MIN, Version};

/// More streams than this are of no use on one cluster, and a mistyped number would fill the disk.
const SHARDS_MAX: u16 = 1024;

#[derive(Debug, Clone)]
pub struct Options {
    /// How many shards there are; may grow, existing shards beyond it are left alone.
    pub shards: u16,
    /// Copies of every stream: 1 for development, 3 or 5 for service.
    pub replicas: usize,
    pub sizes: Sizes,
    /// Only say what would be done.
    pub dry_run: bool,
    /// Add copies to existing streams. Only while no node runs.
    pub rescale: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options { shards: 1, replicas: 1, sizes: Sizes::default(), dry_run: false, rescale: false }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Create,
    Update,
    Keep,
    /// Neither created nor changed, for the reason in the step.
    Refuse,
}

/// What is done to one stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub stream: String,
    pub action: Action,
    /// What differs; those with a reason in `fixed` stay as they are.
    pub differences: Vec<Difference>,
    /// Why the stream is refused; empty otherwise.
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub steps: Vec<Step>,
    /// Carried out, not only planned.
    pub is_applied: bool,
}

impl Report {
    /// Every stream is, or would be, as designed.
    pub fn is_complete(&self) -> bool {
        self.steps.iter().all(|step| {
            step.action != Action::Refuse
                && step.differences.iter().all(|difference| difference.fixed.is_none())
        })
    }

    pub fn count(&self, action: Action) -> usize {
        self.steps.iter().filter(|step| step.action == action).count()
    }
}

/// Plans, and unless `options.dry_run` carries out, what brings the streams to the design.
pub async fn init(client: &async_nats::Client, options: &Options) -> Result<Report> {
    check_options(options)?;
    check_server(client)?;
    let found = streams(client).await?;
    let planned: Vec<(Design, Step)> = designs(options)
        .into_iter()
        .map(|design| {
            let step = plan(&design, &found, Licence { rescale: options.rescale });
            (design, step)
        })
        .collect();
    let mut steps = Vec::with_capacity(planned.len());
    for (design, step) in planned {
        if !options.dry_run {
            let licence = Licence { rescale: options.rescale };
            let what = || format!("stream {}", step.stream);
            carry_out(client, &design, &step, licence).await.with_context(what)?;
        }
        steps.push(step);
    }
    Ok(Report { steps, is_applied: !options.dry_run })
}

/// All streams that the account has, by name.
pub async fn streams(client: &async_nats::Client) -> Result<BTreeMap<String, Info>> {
    let jetstream = crate::jetstream(client);
    let all: Vec<Info> = jetstream.streams().try_collect().await.context(
        "cannot list the streams; is JetStream on (`jetstream {}` in the server's configuration), and may \
         this user call $JS.API.STREAM.LIST?",
    )?;
    Ok(all.into_iter().map(|info| (info.config.name.clone(), info)).collect())
}

fn check_options(options: &Options) -> Result<()> {
    if !(1..=SHARDS_MAX).contains(&options.shards) {
        bail!("{} shards: there are 1 to {SHARDS_MAX}", options.shards);
    }
    if ![1, 3, 5].contains(&options.replicas) {
        bail!("{} replicas: a majority needs 1, 3 or 5", options.replicas);
    }
    Ok(())
}

fn check_server(client: &async_nats::Client) -> Result<()> {
    let info = client.server_info();
    if !Version::find_in(&info.version).is_some_and(Version::is_fit) {
        bail!(
            "nats-server {} at {}:{} is too old; upgrade it to {SERVER_VERSION_MIN} or later",
            info.version,
            info.host,
            info.port
        );
    }
    if !info.jetstream {
        bail!(
            "{}:{} runs without JetStream; add `jetstream {{ store_dir: …, sync_interval: always }}` to its \
             configuration and restart it",
            info.host,
            info.port
        );
    }
    Ok(())
}

fn designs(options: &Options) -> Vec<Design> {
    settings::designs(0..options.shards, options.replicas, &options.sizes)
}

fn plan(design: &Design, found: &BTreeMap<String, Info>, licence: Licence) -> Step {
    let stream = design.config.name.clone();
    let step = |action, differences, reason| Step { stream: stream.clone(), action, differences, reason };
    let Some(info) = found.get(&stream) else {
        return match reason_not_to_create(&stream, found) {
            Some(reason) => step(Action::Refuse, Vec::new(), reason),
            None => step(Action::Create, Vec::new(), String::new()),
        };
    };
    if settings::is_foreign(design, &info.config) {
        let reason = format!(
            "{stream} takes {:?} and is not Wissel's: it is left as it is. Rename that stream, or give Wissel an \
             account of its own",
            info.config.subjects
        );
        return step(Action::Refuse, Vec::new(), reason);
    }
    let differences = settings::differences(design, &info.config, info.state.bytes, licence);
    let is_mendable = differences.iter().any(|difference| difference.fixed.is_none());
    step(if is_mendable { Action::Update } else { Action::Keep }, differences, String::new())
}

/// One half of a shard is missing while the other has been written to.
fn reason_not_to_create(stream: &str, found: &BTreeMap<String, Info>) -> Option<String> {
    let shard = Stream::shard(stream)?;
    let halves = [Stream::ingest(shard).to_string(), Stream::journal(shard).to_string()];
    let other = halves.iter().find(|half| *half != stream)?;
    let last = found.get(other)?.state.last_sequence;
    (last > 0).then(|| {
        format!(
            "{stream} is missing although {other} holds records up to {last}: it was lost, not forgotten. \
             Restore it from a backup; or, if the shard's data may go, remove {other} too and run this again"
        )
    })
}

async fn carry_out(
    client: &async_nats::Client,
    design: &Design,
    step: &Step,
    licence: Licence,
) -> Result<()> {
    match step.action {
        Action::Create => {
            let mut config = design.config.clone();
            config.metadata.insert(UUID_KEY.to_owned(), random_uuid()?);
            create(client, config).await
        }
        Action::Update => {
            // Tenants may have been placed since the plan was made.
            let found = info(client, &step.stream).await?;
            let differences = settings::differences(design, &found.config, found.state.bytes, licence);
            let config = settings::mended(design, &found.config, &differences, random_uuid()?);
            update(client, &config).await
        }
        Action::Keep | Action::Refuse => Ok(()),
    }
}

/// A stream as it is at this moment: the server has no compare-and-set on settings, so a change is made of this.
pub(crate) async fn info(client: &async_nats::Client, stream: &str) -> Result<Info> {
    let found = crate::jetstream(client).get_stream(stream).await;
    Ok(found.with_context(|| format!("the stream {stream} gives no information"))?.cached_info().clone())
}

async fn create(client: &async_nats::Client, config: Config) -> Result<()> {
    match crate::jetstream(client).create_stream(config.clone()).await {
        Ok(_) => Ok(()),
        // Somebody else ran the same command a moment ago; the next run compares what they made.
        Err(error) if code(&error) == Some(ErrorCode::STREAM_NAME_EXIST) => Ok(()),
        Err(error) => Err(explain(client, error, &config).await),
    }
}

async fn update(client: &async_nats::Client, config: &Config) -> Result<()> {
    match crate::jetstream(client).update_stream(config).await {
        Ok(_) => Ok(()),
        Err(error) => Err(explain(client, error, config).await),
    }
}

/// What the server refused, and what to do about it.
async fn explain(client: &async_nats::Client, error: CreateStreamError, config: &Config) -> anyhow::Error {
    let advice = match code(&error) {
        Some(ErrorCode::STREAM_SUBJECT_OVERLAP) => match holder(client, config).await {
            Some((other, subject)) => {
                format!("stream {other} already takes {subject:?}; remove that stream or its subject first")
            }
            None => "another stream already takes one of its subjects; remove that one first".to_owned(),
        },
        Some(ErrorCode::STORAGE_RESOURCES_EXCEEDED | ErrorCode::INSUFFICIENT_RESOURCES) => format!(
            "the server cannot set aside {} bytes; ask for less, or raise `max_file_store` in its configuration",
            config.max_bytes
        ),
        Some(ErrorCode::CLUSTER_NO_PEERS | ErrorCode::STREAM_REPLICAS_NOT_SUPPORTED) => format!(
            "{} copies need as many servers in one cluster, each with room; start them, or use --replicas 1 \
             for development",
            config.num_replicas
        ),
        Some(_) | None => {
            "look at the server's log, then run this again; what is done is not done twice".to_owned()
        }
    };
    anyhow::Error::new(error).context(advice)
}

/// The server's own code; `None` when it did not answer.
pub(crate) fn code(error: &CreateStreamError) -> Option<ErrorCode> {
    if let CreateStreamErrorKind::JetStream(error) = error.kind() { Some(error.error_code()) } else { None }
}

/// A stream other than `config`'s that takes one of its subjects, and that subject.
pub(crate) async fn holder(client: &async_nats::Client, config: &Config) -> Option<(String, String)> {
    let found = streams(client).await.ok()?;
    let others = found.values().filter(|info| info.config.name != config.name);
    others
        .flat_map(|info| {
            info.config.subjects.iter().map(|subject| (info.config.name.clone(), subject.clone()))
        })
        .find(|(_, subject)| config.subjects.iter().any(|own| overlap(own, subject)))
}

/// Two subject patterns have a subject in common.
fn overlap(one: &str, other: &str) -> bool {
    let (mut one, mut other) = (one.split('.'), other.split('.'));
    loop {
        match (one.next(), other.next()) {
            (None, None) => return true,
            (Some(">"), Some(_)) | (Some(_), Some(">")) => return true,
            (Some(left), Some(right)) if left == right || left == "*" || right == "*" => {}
            (Some(_), Some(_)) | (Some(_), None) | (None, Some(_)) => return false,
        }
    }
}

/// A random identity in the usual notation (version 4).
fn random_uuid() -> Result<String> {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| anyhow::anyhow!("the system gives no random bytes: {error}"))?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]))
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            let word = match (step.action, self.is_applied) {
                (Action::Create, true) => "created",
                (Action::Create, false) => "would create",
                (Action::Update, true) => "changed",
                (Action::Update, false) => "would change",
                (Action::Keep, _) => "kept",
                (Action::Refuse, _) => "refused",
            };
            writeln!(f, "{word:<13}{}", step.stream)?;
            if !step.reason.is_empty() {
                writeln!(f, "    {}", step.reason)?;
            }
            for difference in &step.differences {
                writeln!(f, "    {difference}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.fixed {
            None => write!(f, "{}: {} -> {}", self.setting, self.found, self.expected),
            Some(reason) => {
                write!(f, "{}: {} and not {}, which stays: {reason}", self.setting, self.found, self.expected)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::start::{self, Server};
    use crate::tenants;

    #[test]
    fn patterns_overlap_when_a_subject_fits_both() {
        for (one, other) in [("a.b", "a.b"), ("a.>", "a.b.c"), ("a.*", "a.b"), (">", "x"), ("a.*.c", "a.b.>")]
        {
            assert!(overlap(one, other) && overlap(other, one), "{one} {other}");
        }
        for (one, other) in [("a.b", "a.c"), ("a.>", "a"), ("a.*", "a.b.c"), ("a", "b.>")] {
            assert!(!overlap(one, other) && !overlap(other, one), "{one} {other}");
        }
    }

    #[tokio::test]
    async fn a_tenant_that_is_placed_between_plan_and_change_stays() {
        let scratch = testkit::Scratch::new();
        let server = testkit::servers::server_binary().await.expect("a binary");
        let server = Server::start(start::Options::new(server, scratch.join("one"))).await.expect("started");
        let client = testkit::connect(&server.url()).await.expect("connected");
        init(&client, &Options::default()).await.expect("made");
        let sizes = Sizes { ingest: Some(1 << 20), ..Sizes::default() };
        let design = settings::designs(0..1, 1, &sizes).into_iter().find(|one| one.config.name == "ING_0");
        let design = design.expect("a stream of the design");
        let step = plan(&design, &streams(&client).await.expect("streams"), Licence::default());
        assert_eq!(step.action, Action::Update);
        tenants::add(&client, "acme", 0).await.expect("placed");
        carry_out(&client, &design, &step, Licence::default()).await.expect("changed");
        let config = info(&client, "ING_0").await.expect("information").config;
        assert_eq!((config.max_bytes, config.subjects.len()), (1 << 20, 2));
        assert_eq!(tenants::list(&client).await.expect("a list").get("acme"), Some(&0));
    }

    #[test]
    fn identities_differ_and_have_the_usual_form() {
        let (one, other) = (random_uuid().expect("random"), random_uuid().expect("random"));
        assert_ne!(one, other);
        assert_eq!(one.len(), 36);
        assert_eq!(&one[14..15], "4");
    }
}
