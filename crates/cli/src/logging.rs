//! What the program says of its work: to standard error, so that standard output holds results alone.

use std::ffi::OsStr;
use std::io::IsTerminal;

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
            let no_color = std::env::var_os("NO_COLOR");
            let has_colours = has_colours(no_color.as_deref(), std::io::stderr().is_terminal());
            log.with_target(false).with_ansi(has_colours).init();
        }
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}

impl Logging {
    /// What goes to standard error is for programs.
    pub fn is_json(&self) -> bool {
        self.log_format == LogFormat::Json
    }
}

/// The command's last word, in the form of the log; no filter holds it back.
pub fn last_word(text: &str, is_json: bool) {
    if is_json {
        let fields = serde_json::json!({ "message": text });
        let at = jiff::Timestamp::now();
        let line = serde_json::json!({
            "timestamp": format!("{at:.6}"), "level": "ERROR", "fields": fields, "target": "wissel",
        });
        eprintln!("{line}");
    } else {
        eprintln!("wissel: {text}");
    }
}

/// `no_color`: the variable of that name, by which people ask every program for none.
fn has_colours(no_color: Option<&OsStr>, is_terminal: bool) -> bool {
    is_terminal && no_color.is_none_or(OsStr::is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_terminals_whose_people_want_them() {
        assert!(has_colours(None, true) && has_colours(Some(OsStr::new("")), true));
        assert!(!has_colours(Some(OsStr::new("1")), true) && !has_colours(None, false));
    }
}
