//! The log that a load driver, a test or a desktop writes: JSON lines, one entry each.
//!
//! ```json
//! {"published":{"at":1700000000000,"subject":"wissel.in.acme.contact","contact":"c1","ack_sequence":17}}
//! {"published":{"at":1700000000004,"subject":"wissel.in.acme.contact","contact":"c2","error":"timed out"}}
//! {"received":{"at":1700000000009,"subject":"wissel.out.acme.agent.jo","kind":"offer","contact":"c1","offer":1,
//!  "origin":{"shard":"eu-1","epoch":1,"commit":5,"index":0}}}
//! ```
//!
//! `received` is what the client *took*: it drops repeats and what is of a lower epoch than it has seen, as every
//! consumer must, before it writes. Times are the machine's wall clock, in milliseconds since 1970, also when the
//! shard plays a day at another speed.

use std::fmt;

use model::Time;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientLog {
    /// Names the log in findings.
    pub name: String,
    pub entries: Vec<ClientEntry>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientEntry {
    Published(Published),
    Received(Received),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// When it was sent.
    pub at: Time,
    pub subject: String,
    /// The contact it creates; absent for every other input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    #[serde(flatten)]
    pub result: PublishedResult,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PublishedResult {
    /// The stream took it, or had taken it before, at this sequence.
    AckSequence(u64),
    /// Nobody knows whether it was stored.
    Error(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    pub at: Time,
    pub subject: String,
    /// The message's `type`.
    pub kind: String,
    pub origin: OriginEntry,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<u64>,
}

/// As in the message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OriginEntry {
    pub shard: String,
    pub epoch: u64,
    pub commit: u64,
    pub index: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineError {
    pub line: usize,
    pub why: String,
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.why)
    }
}

impl std::error::Error for LineError {}

impl ClientEntry {
    /// Without the line's end.
    pub fn to_line(&self) -> String {
        serde_json::to_string(self).expect("an entry has string keys only")
    }
}

impl ClientLog {
    /// Empty lines are skipped.
    pub fn parse(name: &str, text: &str) -> Result<ClientLog, LineError> {
        let mut entries = Vec::new();
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let entry = serde_json::from_str(line)
                .map_err(|error| LineError { line: at + 1, why: error.to_string() })?;
            entries.push(entry);
        }
        Ok(ClientLog { name: name.to_owned(), entries })
    }
}
