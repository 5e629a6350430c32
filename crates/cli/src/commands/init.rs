//! `wissel init`: gives a server the streams of the design.

use anyhow::Result;
use broker::provision::{self, Action};
use broker::settings::Sizes;
use clap::Args;

use crate::arguments::{Done, Servers};
use crate::{connection, print};

const EXAMPLES: &str = "\
Examples:
  wissel init                                     one shard, one copy, for development
  wissel init --shards 8 --replicas 3             a cluster of three or more servers
  wissel init --shards 8 --replicas 3 --dry-run   only say what would change
  wissel init --journal-bytes 8GiB                give every journal more room

Exit codes: 0 all streams are as designed; 1 some are not, with the reason.";

/// Create or mend the streams; safe to run again
///
/// What is missing is created, what may be changed is changed, and what may not is told with the reason. Nothing is
/// ever deleted. Not beside `wissel tenant add`: the server lets two changes of one stream undo each other.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Init {
    #[command(flatten)]
    servers: Servers,
    /// How many shards there are; may grow later
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    shards: u16,
    /// Copies of every stream: 1 for development, 3 or 5 for service
    #[arg(long, default_value_t = 1, value_name = "R", value_parser = replicas)]
    replicas: usize,
    /// Change the copies of streams that exist; only while no node runs
    #[arg(long)]
    rescale: bool,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    sizes: SizeArguments,
}

/// Bytes that the server sets aside; what is not named stays as it is.
#[derive(Debug, Args)]
#[command(next_help_heading = "Sizes, such as 512MiB or 8GiB")]
struct SizeArguments {
    /// Inputs of each shard [default: 256MiB]
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    ingest_bytes: Option<u64>,
    /// Journal of each shard [default: 512MiB]
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    journal_bytes: Option<u64>,
    /// Event feed [default: 256MiB]
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    events_bytes: Option<u64>,
    /// Dead letters [default: 64MiB]
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    refused_bytes: Option<u64>,
    /// Configurations [default: 32MiB]
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    configurations_bytes: Option<u64>,
    /// Snapshots [default: 256MiB]
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    snapshots_bytes: Option<u64>,
    /// Records of nodes [default: 16MiB]
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    members_bytes: Option<u64>,
}

impl Init {
    pub async fn run(self) -> Result<Done> {
        let client = connection::connect(&self.servers).await?;
        let options = provision::Options {
            shards: self.shards,
            replicas: self.replicas,
            sizes: self.sizes.sizes(),
            dry_run: self.dry_run,
            rescale: self.rescale,
        };
        let report = provision::init(&client, &options).await?;
        print::text(&report)?;
        let (created, changed) = (report.count(Action::Create), report.count(Action::Update));
        let (kept, refused) = (report.count(Action::Keep), report.count(Action::Refuse));
        let would = if report.is_applied { "" } else { "would be " };
        print::line(format!(
            "{would}created {created}, {would}changed {changed}, kept {kept}, refused {refused}"
        ))?;
        Ok(if report.is_complete() { Done::Well } else { Done::Wanting })
    }
}

impl SizeArguments {
    fn sizes(&self) -> Sizes {
        Sizes {
            ingest: self.ingest_bytes,
            journal: self.journal_bytes,
            events: self.events_bytes,
            refused: self.refused_bytes,
            configurations: self.configurations_bytes,
            snapshots: self.snapshots_bytes,
            members: self.members_bytes,
        }
    }
}

fn replicas(text: &str) -> Result<usize, String> {
    let replicas = text.parse().ok().filter(|replicas| [1, 3, 5].contains(replicas));
    replicas.ok_or_else(|| "a majority needs 1, 3 or 5".to_owned())
}

/// `512MiB`, `8GiB`, or a plain number of bytes.
fn bytes(text: &str) -> Result<u64, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let factor = match unit {
        "" | "B" => Some(1),
        "KiB" => Some(1 << 10),
        "MiB" => Some(1 << 20),
        "GiB" => Some(1 << 30),
        "TiB" => Some(1u64 << 40),
        _ => None,
    };
    let number = number.parse::<u64>().ok();
    number
        .zip(factor)
        .and_then(|(number, factor)| number.checked_mul(factor))
        .filter(|bytes| *bytes > 0)
        .ok_or_else(|| "expected a size such as 512MiB or 8GiB (units B, KiB, MiB, GiB, TiB)".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_one_form() {
        assert_eq!(bytes("512MiB"), Ok(512 << 20));
        assert_eq!(bytes("8GiB"), Ok(8 << 30));
        assert_eq!(bytes("17"), Ok(17));
        for text in ["", "MiB", "0", "5GB", "1.5GiB", "99999999999TiB", "-1"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }
}
