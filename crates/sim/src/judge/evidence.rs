//! What the run left behind, for the outside checker.

use std::borrow::Cow;

use model::Millis;
use verify::{ClientEntry, ClientLog, Dump, Evidence, Extent, Limits, Message, PublishedResult, Severity};

use super::Violation;
use crate::jetstream::stream::{Stored, Stream};
use crate::process::SHARD;
use crate::world::World;

/// A stall of ingest lasts ten seconds at most and is noticed after two; nothing ends by itself meanwhile.
const STALL_MAX: Millis = Millis(12_000);
/// Each outage of a stream's leader lasts so long at most, and one may follow the other.
const OUTAGE: Millis = Millis(10_000);
/// Each gap is read again for so long until it is believed.
const GAP: Millis = Millis(10_000);
/// Of one invariant; the rest is counted by the checker.
const TOLD_MAX: usize = 12;

pub fn check(world: &World) -> Vec<Violation> {
    let report = verify::check(Evidence {
        shard: SHARD.to_owned(),
        ingest: dump(&world.servers.ingest),
        journal: dump(&world.servers.journal),
        feed: dump(&world.servers.feed),
        dead_letters: dump(&world.servers.dead_letters),
        clients: world
            .clients
            .logs()
            .into_iter()
            .map(|log| without_lost(log, &world.faults.inputs_lost))
            .collect(),
        is_final: true,
        // All clocks of servers and clients are one.
        limits: Limits { lease_overrun_max: blind_max(world), clock_skew_max: Millis::ZERO },
    });
    let violations = report.findings.iter().filter(|finding| finding.severity == Severity::Violation);
    violations
        .take(TOLD_MAX)
        .map(|finding| {
            Violation::new(finding.invariant.code(), format!("{}: {}", finding.place, finding.what))
        })
        .collect()
}

/// As an archive has it: what was purged is there, what is damaged is not.
fn dump(stream: &Stream) -> Dump<'_> {
    let extent = Extent { first: 1, last: stream.last() };
    let messages = stream.archive().filter(|(_, stored)| stored.is_readable);
    let messages = messages.map(|(sequence, stored)| message(stream, sequence, stored));
    Dump { extent, messages: Box::new(messages) }
}

fn message<'a>(stream: &Stream, sequence: u64, stored: &'a Stored) -> Message<'a> {
    Message {
        sequence,
        // What was lost and appended again had been there before.
        stamp: stream.first_stored(stored),
        subject: Cow::Borrowed(&stored.subject),
        message_id: stored.id.as_deref().map(Cow::Borrowed),
        bytes: Cow::Borrowed(&stored.bytes),
    }
}

/// What the store lost after its acknowledgement is not the router's loss.
fn without_lost(mut log: ClientLog, lost: &[u64]) -> ClientLog {
    for entry in &mut log.entries {
        if let ClientEntry::Published(published) = entry
            && let PublishedResult::AckSequence(sequence) = published.result
            && lost.contains(&sequence)
        {
            published.result = PublishedResult::Error("the store lost it".to_owned());
        }
    }
    log
}

/// As long as an owner may be kept from seeing its inputs, or from writing, in this run.
fn blind_max(world: &World) -> Millis {
    let count = |fault: &str| world.faults.fired.get(fault).copied().unwrap_or_default();
    let gaps = count("input_unreadable");
    let outages = count("leader_killed") + count("leader_stopped") + count("former_leader");
    Millis(STALL_MAX.0 + GAP.0 * gaps + OUTAGE.0 * outages)
}
