//! Faults of a scenario: what breaks, when, and for how long.

use serde::Deserialize;

use crate::units::Length;

/// `{ at = "10s", kill = "owner", for = "3s" }`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "FaultText")]
pub struct Fault {
    /// Since the first phase began.
    pub at: Length,
    pub deed: Deed,
    pub whom: Whom,
    /// Then it is mended.
    pub length: Length,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// As a power cut does; mended by starting it again.
    Kill,
    /// Told to end in good order; mended by starting it again.
    Stop,
    /// Frozen with its connections open.
    Pause,
    /// Its connections break, and no new ones are made.
    Partition,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    /// The node that owns the tenant's shard at that moment.
    Owner,
    /// `node-1` and so on, from 1.
    Node(usize),
    /// `server-1` and so on, from 1.
    Server(usize),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultText {
    at: Length,
    kill: Option<String>,
    stop: Option<String>,
    pause: Option<String>,
    partition: Option<String>,
    #[serde(rename = "for")]
    length: Length,
}

impl TryFrom<FaultText> for Fault {
    type Error = String;
    fn try_from(text: FaultText) -> Result<Fault, String> {
        let (deed, whom) = match (text.kill, text.stop, text.pause, text.partition) {
            (Some(whom), None, None, None) => (Deed::Kill, whom),
            (None, Some(whom), None, None) => (Deed::Stop, whom),
            (None, None, Some(whom), None) => (Deed::Pause, whom),
            (None, None, None, Some(whom)) => (Deed::Partition, whom),
            _ => return Err("a fault is one of kill, stop, pause and partition".to_owned()),
        };
        let whom = Whom::read(&whom)?;
        if matches!((deed, whom), (Deed::Partition, Whom::Server(_))) {
            return Err("links lie between nodes and servers: name the node whose links break".to_owned());
        }
        Ok(Fault { at: text.at, deed, whom, length: text.length })
    }
}

impl Whom {
    fn read(text: &str) -> Result<Whom, String> {
        let number = |prefix: &str| text.strip_prefix(prefix)?.parse().ok().filter(|number| *number > 0);
        if text == "owner" {
            return Ok(Whom::Owner);
        }
        number("node-").map(Whom::Node).or(number("server-").map(Whom::Server)).ok_or_else(|| {
            format!("{text:?} is nobody: there are owner, node-1, node-2 and server-1, server-2")
        })
    }
}

impl Deed {
    pub fn name(self) -> &'static str {
        match self {
            Deed::Kill => "kill",
            Deed::Stop => "stop",
            Deed::Pause => "pause",
            Deed::Partition => "partition",
        }
    }
}

impl std::fmt::Display for Whom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Whom::Owner => f.write_str("owner"),
            Whom::Node(number) => write!(f, "node-{number}"),
            Whom::Server(number) => write!(f, "server-{number}"),
        }
    }
}
