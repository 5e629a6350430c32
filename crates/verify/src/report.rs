//! What the checker found, for people and for machines.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! invariants {
    ($($(#[doc = $doc:literal])+ $name:ident => $code:literal,)+) => {
        /// What must hold. The codes beginning with I are those of the published list of invariants.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Invariant {
            $($(#[doc = $doc])+ $name,)+
        }
        impl Invariant {
            pub const ALL: &[Invariant] = &[$(Invariant::$name),+];
            pub fn code(self) -> &'static str {
                match self { $(Invariant::$name => $code),+ }
            }
            /// One sentence for people.
            pub fn meaning(self) -> &'static str {
                match self { $(Invariant::$name => concat!($($doc),+).trim_ascii()),+ }
            }
        }
    };
}

invariants! {
    /// No contact is in the hands of two agents.
    SingleHolder => "I1",
    /// No agent is given more than its capacity, or more of a channel than its maximum.
    Capacity => "I2",
    /// Every acknowledged contact has exactly one outcome.
    OneOutcome => "I3",
    /// Everything goes back to an input that was sent.
    NoInvention => "I4",
    /// No input takes effect twice.
    OneEffect => "I5",
    /// A contact is offered only to an agent who is available, qualified and not kept from it.
    Eligibility => "I6",
    /// An agent is given the first of the contacts that wait and that it may have.
    Order => "I7",
    /// Nothing is told that is not in the journal, before it is there, or otherwise than it is there.
    CommitBeforeEffect => "I8",
    /// No consumer takes anything of a lower epoch than it has seen.
    EpochAtSinks => "I9",
    /// The journal is one chain.
    OneChain => "I10",
    /// Positions never fall, and cover every input once.
    IngestPosition => "I11",
    /// All servers hold the same messages.
    Replicas => "I13",
    /// No contact waits beside an agent who is free and may have it, nor unsaid for somebody whom there is not.
    Offered => "L1",
    /// What the journal implies is told once, and to clients in order.
    OutputComplete => "O1",
    /// Every step is one that the state before it allows.
    Lifecycle => "S1",
    /// Refusals answer real inputs, for a reason that can be.
    Refusals => "S2",
    /// Nothing ends before its time, and nothing stays long after it.
    Leases => "S3",
    /// Time never runs backwards.
    Time => "S4",
    /// What the rules make of a contact is what the journal says of it.
    Classification => "S5",
    /// Overflow rules are on when what is measured says so, and do no more than they say.
    Overflow => "S6",
    /// Those who wait are told what to expect of their line, as those before them found it.
    Estimates => "S7",
    /// Deadlines are said to be at risk while they are, by what the journal says of their queue.
    Foresight => "S8",
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Someone should look; nothing is broken by it.
    Warning,
    /// The invariant does not hold.
    Violation,
}

/// Where it shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Where {
    /// `transition` counts from 0 within the commit.
    Journal {
        sequence: u64,
        commit: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        transition: Option<u32>,
    },
    Ingest {
        position: u64,
    },
    Feed {
        sequence: u64,
    },
    DeadLetters {
        sequence: u64,
    },
    /// One server's copy of a stream.
    Copy {
        stream: String,
        server: String,
        sequence: u64,
    },
    /// `entry` counts from 1.
    Client {
        name: String,
        entry: usize,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub invariant: Invariant,
    pub severity: Severity,
    pub what: String,
    #[serde(rename = "where")]
    pub place: Where,
}

/// Something that the evidence does not suffice for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unchecked {
    pub what: String,
    /// How many messages, inputs or outputs this concerns.
    pub count: u64,
}

/// How much was looked at; a check of nothing finds nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub inputs: u64,
    /// Sequences that the journal says the ingest stream lost.
    pub inputs_lost: u64,
    pub records: u64,
    pub records_void: u64,
    pub epochs: u64,
    pub transitions: u64,
    pub contacts_arrived: u64,
    pub contacts_closed: u64,
    pub contacts_open: u64,
    pub creates_refused: u64,
    pub creates_repeated: u64,
    /// Not reached by the journal.
    pub creates_undecided: u64,
    pub offers: u64,
    pub feed_messages: u64,
    pub dead_letters: u64,
    /// Messages of the feed and the dead letters that other shards sent.
    pub messages_of_other_shards: u64,
    /// Outputs of decisions that the journal does not call published yet, and that were not seen.
    pub outputs_awaited: u64,
    /// Copies of inputs and journal that were read to their end and compared.
    #[serde(default)]
    pub copies: u64,
    pub published_by_clients: u64,
    pub received_by_clients: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub shard: String,
    pub is_final: bool,
    /// The first fifty of each invariant and severity, in the order of the evidence.
    pub findings: Vec<Finding>,
    /// All violations, also those left out above.
    pub violations: BTreeMap<Invariant, u64>,
    pub warnings: u64,
    /// What the evidence does not suffice to judge.
    pub unchecked: Vec<Unchecked>,
    pub counts: Counts,
}

impl Report {
    /// No invariant was seen broken. Ask [`Report::is_complete`] whether all could be judged.
    pub fn is_sound(&self) -> bool {
        self.violations.is_empty()
    }
    /// There was nothing to judge: the shard never decided anything, and nobody asked it to.
    pub fn is_empty(&self) -> bool {
        let Counts { inputs, inputs_lost, records, published_by_clients, .. } = &self.counts;
        self.is_sound() && inputs + inputs_lost + records + published_by_clients == 0
    }
    /// Nothing was left unchecked.
    pub fn is_complete(&self) -> bool {
        self.unchecked.is_empty()
    }
}

impl fmt::Display for Where {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Where::Journal { sequence, commit, transition: Some(transition) } => {
                write!(f, "journal {sequence}, commit {commit}, transition {transition}")
            }
            Where::Journal { sequence, commit, transition: None } => {
                write!(f, "journal {sequence}, commit {commit}")
            }
            Where::Ingest { position } => write!(f, "ingest {position}"),
            Where::Feed { sequence } => write!(f, "feed {sequence}"),
            Where::DeadLetters { sequence } => write!(f, "dead letters {sequence}"),
            Where::Copy { stream, server, sequence } => write!(f, "{stream} {sequence} on {server}"),
            Where::Client { name, entry } => write!(f, "client {name}, entry {entry}"),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match self.severity {
            Severity::Warning => "warning",
            Severity::Violation => "VIOLATION",
        };
        write!(f, "{mark} {} at {}: {}", self.invariant.code(), self.place, self.what)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match (self.is_sound(), self.is_complete()) {
            (true, _) if self.is_empty() => "nothing to check: no input and no record",
            (true, true) => "sound",
            (true, false) => "sound as far as it could be checked",
            (false, _) => "NOT SOUND",
        };
        writeln!(f, "shard {}: {verdict}", self.shard)?;
        let counts = &self.counts;
        writeln!(
            f,
            "  {} inputs, {} records ({} void) of {} epochs, {} transitions, {} offers",
            counts.inputs,
            counts.records,
            counts.records_void,
            counts.epochs,
            counts.transitions,
            counts.offers
        )?;
        writeln!(
            f,
            "  contacts: {} arrived, {} closed, {} open; creates: {} refused, {} repeated, {} undecided, {} inputs lost",
            counts.contacts_arrived,
            counts.contacts_closed,
            counts.contacts_open,
            counts.creates_refused,
            counts.creates_repeated,
            counts.creates_undecided,
            counts.inputs_lost
        )?;
        writeln!(
            f,
            "  outputs: {} in the feed, {} dead letters, {} awaited, {} of other shards; clients: {} sent, {} received; \
             {} copies compared",
            counts.feed_messages,
            counts.dead_letters,
            counts.outputs_awaited,
            counts.messages_of_other_shards,
            counts.published_by_clients,
            counts.received_by_clients,
            counts.copies
        )?;
        for (invariant, count) in &self.violations {
            writeln!(f, "  {} broken {count} times: {}", invariant.code(), invariant.meaning())?;
        }
        for unchecked in &self.unchecked {
            writeln!(f, "  not checked ({}): {}", unchecked.count, unchecked.what)?;
        }
        for finding in &self.findings {
            writeln!(f, "{finding}")?;
        }
        Ok(())
    }
}
