//! `wissel apply`: puts a tenant's configuration in force, or says everything that is wrong with it.

mod rehearsal;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use broker::tenants;
use clap::Args;
use model::{TenantConfig, TenantId};
use protocol::config;
use rehearsal::DryRun;

use crate::administration::{Administration, Answer};
use crate::arguments::{Done, Format, Servers};
use crate::{connection, print};

/// A node takes up an input within milliseconds; a takeover in between takes some seconds.
const ANSWER_LIMIT: Duration = Duration::from_secs(15);

const EXAMPLES: &str = "\
Examples:
  wissel apply -f tenant.toml --tenant acme --offline     check the file, without any server
  wissel apply -f tenant.toml --tenant acme --dry-run     show what would change, and for whom
  wissel apply -f tenant.toml --tenant acme               put it in force

Exit codes: 0 in force, or nothing wrong with it; 1 refused, with file, line, column and reason of every mistake.";

/// Put a tenant's configuration in force
///
/// The file is taken whole or refused whole. Its `version` must be higher than that of the configuration in force.
/// Contacts that wait are looked at again under the new rules; those with an agent are left alone.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Apply {
    /// The configuration, in TOML; `-` is standard input
    #[arg(short, long, value_name = "FILE")]
    file: PathBuf,
    /// Whose it is
    #[arg(long)]
    tenant: TenantId,
    /// Show what would change, and what it would do at once to contacts and agents; change nothing
    ///
    /// The shard's newest snapshot and its journal are read, and the configuration is tried on a copy of what is open, by the rules that a node
    /// would decide with. No node is asked.
    #[arg(long)]
    dry_run: bool,
    /// How a dry run is printed
    #[arg(short = 'o', long = "output", value_enum, default_value_t, requires = "dry_run")]
    format: Format,
    /// Only check the file, without a server
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    servers: Servers,
}

impl Apply {
    pub async fn run(self) -> Result<Done> {
        let text = read(&self.file)?;
        let Some(parsed) = parse(&self.file, &text)? else { return Ok(Done::Wanting) };
        if self.offline {
            print::line(format!("{} is valid: {}", self.file.display(), extent(&parsed)))?;
            return Ok(Done::Well);
        }
        let client = connection::connect(&self.servers).await?;
        let shards = tenants::list(&client).await?;
        let Some(&shard) = shards.get(self.tenant.as_str()) else {
            bail!("there is no tenant {}; place it with `wissel tenant add {}`", self.tenant, self.tenant);
        };
        if self.dry_run {
            let jetstream = connection::jetstream(&client);
            let dry_run = DryRun::of(&jetstream, shard, &self.tenant, &text, parsed).await?;
            return dry_run.print(self.format);
        }
        let administration = Administration::new(&client, self.tenant.clone());
        let version = parsed.version;
        match administration.apply(&text, parsed, ANSWER_LIMIT).await? {
            Answer::Applied => {
                print::line(format!("version {version} is in force for tenant {}", self.tenant))?;
                Ok(Done::Well)
            }
            Answer::Before => {
                print::line(format!("version {version} is in force for tenant {} already", self.tenant))?;
                Ok(Done::Well)
            }
            Answer::Refused { reason, detail } => {
                eprintln!("{}: refused ({reason}): {detail}", self.file.display());
                Ok(Done::Wanting)
            }
            Answer::Silence => {
                eprintln!(
                    "{}: version {version} is stored, but nobody answered within {ANSWER_LIMIT:?}; it will be in force \
                     as soon as a node owns the shard of tenant {}: start one with `wissel node`",
                    self.file.display(),
                    self.tenant
                );
                Ok(Done::Wanting)
            }
        }
    }
}

/// A text that is not too large, so that no file is read for ever.
pub fn read(path: &Path) -> Result<String> {
    let what = || format!("cannot read {}", path.display());
    let source: Box<dyn Read> = match path.to_str() {
        Some("-") => Box::new(std::io::stdin()),
        Some(_) | None => Box::new(File::open(path).with_context(what)?),
    };
    let mut bytes = Vec::new();
    source.take(config::TEXT_SIZE_MAX as u64 + 1).read_to_end(&mut bytes).with_context(what)?;
    if bytes.len() > config::TEXT_SIZE_MAX {
        bail!("{} has more than {} bytes, the most that are taken", path.display(), config::TEXT_SIZE_MAX);
    }
    text(bytes).map_err(|reason| anyhow!("{}{reason}", path.display()))
}

/// Or what goes behind the file's name.
fn text(bytes: Vec<u8>) -> Result<String, String> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(" is UTF-16; save it as UTF-8".to_owned());
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
        format!(":{line}: this line is not UTF-8; save the file as UTF-8")
    })
}

/// What the text says; or nothing, after every mistake was printed with its place.
pub fn parse(path: &Path, text: &str) -> Result<Option<TenantConfig>> {
    match config::parse(text) {
        Ok(parsed) => {
            for warning in config::warnings(&parsed) {
                eprintln!("{}: warning: {warning}", path.display());
            }
            Ok(Some(parsed))
        }
        Err(mistakes) => {
            for mistake in &mistakes {
                let config::Diagnostic { line, column, reason, nearest } = mistake;
                let hint =
                    nearest.as_ref().map(|name| format!("; did you mean {name:?}?")).unwrap_or_default();
                eprintln!("{}:{line}:{column}: {reason}{hint}", path.display());
            }
            Ok(None)
        }
    }
}

fn extent(config: &TenantConfig) -> String {
    format!(
        "version {}, {} channels, {} queues, {} skills",
        config.version,
        config.channels.len(),
        config.queues.len(),
        config.skills.len()
    )
}
