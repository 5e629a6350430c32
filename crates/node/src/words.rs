//! Alarms and ends in words: what, where, and what to do.

use protocol::record::FORMAT;
use shard::{Alarm, Left, Quarantine};

/// Why a shard is not this node's any more, as a sentence.
pub(crate) fn left(shard: u16, left: &Left) -> String {
    match left {
        Left::Released => format!("shard {shard} was released"),
        Left::NeverOpened => format!("shard {shard} was given up before it was owned"),
        Left::Fenced { epoch, node } => format!(
            "shard {shard} was taken over by another process (epoch {epoch}, node {node}); this one drops what it held"
        ),
        Left::Contended { attempts } => format!(
            "shard {shard} could not be opened in {attempts} attempts: another process keeps writing to its \
                 journal. Stop that one first"
        ),
        Left::ClockFar { ours, server } => format!(
            "shard {shard} was not opened: this machine's clock says {} and the server's {}. Set both by NTP",
            protocol::text::show_time(*ours),
            protocol::text::show_time(*server)
        ),
        Left::FormatNewer { format } => format!(
            "shard {shard} was left: its journal holds a record of format {format}, and this build reads {FORMAT} and \
                 older. A newer node wrote it: upgrade this one too. If there never was one, the record is damaged; \
                 `wissel verify` says where"
        ),
        Left::DecisionsTooLarge { position: Some(position), bytes } => format!(
            "shard {shard} stops: with the decisions on input {position} a group takes {bytes} bytes, more than a \
                 record holds. The next owner refuses that input as poison"
        ),
        Left::DecisionsTooLarge { position: None, bytes } => format!(
            "shard {shard} stops: a group of decisions takes {bytes} bytes, more than a record holds, and no \
                 input caused them, so every owner would decide them again. Please report this"
        ),
    }
}

pub(crate) fn quarantined(shard: u16, quarantine: &Quarantine) -> String {
    format!(
        "shard {shard} is quarantined: {quarantine}. Nothing was changed; {}",
        next_step(shard, quarantine)
    )
}

fn next_step(shard: u16, quarantine: &Quarantine) -> String {
    match quarantine {
        Quarantine::Chain(_)
        | Quarantine::Tail(_)
        | Quarantine::RecordReplaced { .. }
        | Quarantine::RecordForeign { .. } => format!(
            "something else wrote to JRN_{shard}, or it was restored from another copy. See what stands there with \
             `wissel journal --shard {shard}`, and restore that stream from a backup"
        ),
        Quarantine::JournalLost { .. } | Quarantine::JournalTruncated { .. } => format!(
            "a server that holds more of JRN_{shard} may be away: start every server of the cluster, then say \
             `wissel cluster retry {shard}`. If none holds it, restore the stream from a backup first"
        ),
        Quarantine::RecordMissing { .. } => format!(
            "another copy of JRN_{shard} may hold it: see with `wissel check` that all are there, then say \
             `wissel cluster retry {shard}`"
        ),
        Quarantine::BeginningMissing { .. } => {
            "the snapshots in SNAP were lost or belong to another journal: restore that stream from a backup"
                .to_owned()
        }
        Quarantine::IngestChanged { .. } => format!(
            "ING_{shard} lost inputs that were decided, and others have taken their places: let it be read again with \
             `wissel cluster rebase {shard}`"
        ),
        Quarantine::IngestReplaced { .. } => format!(
            "ING_{shard} was deleted and made anew: restore the former one from a backup, or give up what it held beyond \
             this journal and go on with the present one: `wissel cluster rebase {shard}`"
        ),
        Quarantine::IngestLost { .. } => format!(
            "a server that holds more of ING_{shard} may be away: start every server of the cluster, then say \
             `wissel cluster retry {shard}`. If none holds it, go on without what is lost: `wissel cluster rebase {shard}`"
        ),
        Quarantine::Encode(_) => "this is a fault of Wissel: keep the log and report it".to_owned(),
    }
}

pub(crate) fn alarm(alarm: &Alarm) -> String {
    match alarm {
        Alarm::SnapshotUnusable { commit_no, why } => {
            format!("the snapshot at commit {commit_no} is passed over: {why}")
        }
        Alarm::VoidRecord { sequence } => {
            format!("journal sequence {sequence} is not part of the chain; a former owner sent it late")
        }
        Alarm::InputsLost { first, last } => {
            format!("the ingest stream lost inputs {first} to {last}; they never had an effect")
        }
        Alarm::IngestRebased { from, to } => format!(
            "the ingest stream was decided up to {from} and is read from behind {to}, as a person said"
        ),
        Alarm::Poison { position } => format!("input {position} crashed an owner before and is refused"),
        Alarm::OverQuota { tenant } => format!(
            "inputs outrun the shard; until it has caught up new contacts of {tenant} are refused, who brings most of them"
        ),
        Alarm::JournalStalled { millis } => format!("the journal could not be written for {millis} ms"),
        Alarm::OutputsStalled { commits, millis } => format!(
            "the outputs of {commits} commits are not out, the oldest for {millis} ms; look at the streams EVT and \
             DLQ. Beyond {} commits nothing is decided until they are",
            shard::limits::OUTBOX_COMMITS_MAX
        ),
        Alarm::JournalShorter { known, found } => {
            format!("the journal ends at {found} although {known} was acknowledged; it is asked again")
        }
        Alarm::ClockBehindJournal { clock, journal } => format!(
            "the clock ({}) is behind the journal ({}); time stands still until it has caught up",
            protocol::text::show_time(*clock),
            protocol::text::show_time(*journal)
        ),
        Alarm::HeartbeatsDropped => {
            "too many heartbeat changes at once; they are told again within half a minute".to_owned()
        }
        Alarm::ReleasedWithOutputs { from } => {
            format!(
                "released without knowing that the outputs from commit {from} on are out; they are sent again"
            )
        }
        Alarm::RepairImpossible { why } => format!("the journal cannot be repaired from memory: {why}"),
        Alarm::Repaired { first, last } => {
            format!("journal sequences {first} to {last} were appended again from memory")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarantine_ends_with_what_helps() {
        for (quarantine, part) in [
            (Quarantine::BeginningMissing { first: 7 }, "the snapshots in SNAP"),
            (Quarantine::JournalLost { known: 7, found: 6 }, "start every server"),
            (Quarantine::RecordForeign { sequence: 7, epoch: 2 }, "`wissel journal --shard 3`"),
            (Quarantine::IngestLost { first: 1, last: 2 }, "ING_3"),
        ] {
            let said = quarantined(3, &quarantine);
            assert!(said.contains(&quarantine.to_string()) && said.contains(part), "{said}");
            assert!(!said.contains("wissel verify"), "it mends nothing");
        }
    }
}
