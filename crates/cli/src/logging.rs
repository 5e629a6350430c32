//! What the program says of its work: to standard error, so that standard output holds results alone.

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use tracing_subscriber::EnvFilter;

#[derive(Debug, Clone, Args)]
pub struct Logging {
    /// Which messages are logged, such as `warn,wissel_node=debug` [default: RUST_LOG]
    ///
    /// Where neither says anything it is `info` for a node and `warn` for everything else.
    #[arg(long, global = true, value_name = "FILTER")]
    log: Option<String>,
    /// How messages are logged
    #[arg(long, global = true, value_enum, default_value_t, value_name = "FORMAT")]
    log_format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum LogFormat {
    #[default]
    Text,
    Json,
}

/// Connections come and go in the client's own words at this level; our own words say it better.
const FILTER_SERVICE: &str = "info,async_nats=warn";
/// A command says what it did in its result, and why it failed in its error.
const FILTER_COMMAND: &str = "warn,async_nats=off";

/// `is_service`: it runs until it is told to stop, and somebody reads its log later.
pub fn start(logging: &Logging, is_service: bool) -> Result<()> {
    let default = if is_service { FILTER_SERVICE } else { FILTER_COMMAND };
    let text = match (&logging.log, std::env::var("RUST_LOG")) {
        (Some(filter), _) => filter.clone(),
        (None, Ok(filter)) if !filter.is_empty() => filter,
        (None, Ok(_) | Err(_)) => default.to_owned(),
    };
    let filter = EnvFilter::try_new(&text)
        .with_context(|| format!("{text:?} is not a filter; write one such as `warn,wissel_node=debug`"))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match logging.log_format {
        LogFormat::Text => {
            log.with_target(false).with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).init();
        }
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}
