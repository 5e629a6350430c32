//! No loss: what became of every contact that the ingest stream holds.

use crate::findings::Findings;
use crate::ingest::{Content, Create, Ingest};
use crate::journal::Journal;
use crate::report::{Counts, Invariant, Where};

pub(crate) fn check(
    ingest: &Ingest,
    journal: &Journal,
    is_final: bool,
    findings: &mut Findings,
    counts: &mut Counts,
) {
    if journal.is_partial() || journal.is_broken {
        let what = "outcomes of contacts, because the journal is not whole";
        return findings.unchecked(what, ingest.creates.len() as u64);
    }
    let covered = journal.covered.unwrap_or(0);
    check_malformed(ingest, covered, findings);
    check_undecided(ingest, covered, is_final, findings);
    for same_contact in ingest.creates.chunk_by(|one, other| one.contact == other.contact) {
        check_creates(ingest, journal, same_contact, covered, findings, counts);
    }
    if is_final {
        for (tenant, contact) in journal.world.open_ids() {
            let what = format!("contact {contact} of {tenant} is still open");
            findings.violation(Invariant::OneOutcome, &journal.end, what);
        }
    }
}

/// What cannot be read is answered, too.
fn check_malformed(ingest: &Ingest, covered: u64, findings: &mut Findings) {
    for (position, slot) in ingest.positions().take_while(|(position, _)| *position <= covered) {
        let is_malformed = match slot.content {
            Content::Malformed(_) => true,
            Content::Absent | Content::Config | Content::Sound | Content::Contact => false,
        };
        if is_malformed && !slot.is_refused {
            let what = "cannot be read, and is not refused".to_owned();
            findings.violation(Invariant::OneOutcome, &Where::Ingest { position }, what);
        }
    }
}

/// When all is over, nothing waits to be read.
fn check_undecided(ingest: &Ingest, covered: u64, is_final: bool, findings: &mut Findings) {
    let undecided = ingest.positions().find(|(position, _)| *position > covered);
    if let Some((position, _)) = undecided.filter(|_| is_final) {
        let what = format!("is undecided at the end, like all behind it up to {}", ingest.extent.last);
        findings.violation(Invariant::OneOutcome, &Where::Ingest { position }, what);
    }
}

/// All creates of one contact, by position.
fn check_creates(
    ingest: &Ingest,
    journal: &Journal,
    creates: &[Create],
    covered: u64,
    findings: &mut Findings,
    counts: &mut Counts,
) {
    for (at, create) in creates.iter().enumerate() {
        let Some(slot) = ingest.slot(create.position) else { continue };
        let place = Where::Ingest { position: create.position };
        let has_arrived = |other: &Create| ingest.slot(other.position).is_some_and(|slot| slot.is_arrived);
        match (slot.is_arrived, slot.is_refused) {
            (true, true) => {
                findings.violation(Invariant::OneOutcome, &place, "a contact is both taken in and refused");
            }
            (true, false) => {}
            (false, true) => counts.creates_refused += 1,
            (false, false) if create.position > covered => counts.creates_undecided += 1,
            (false, false) => {
                let is_repeat =
                    creates[..at].iter().any(|other| other.digest == create.digest && has_arrived(other));
                if is_repeat {
                    counts.creates_repeated += 1;
                } else if journal.world.has_moved(slot.tenant) {
                    findings.unchecked("creates that may repeat one from before their tenant moved", 1);
                } else if ingest.extent.is_purged() {
                    findings.unchecked("creates that may repeat one that the ingest stream purged", 1);
                } else {
                    findings.violation(
                        Invariant::OneOutcome,
                        &place,
                        "a contact has no outcome: it never arrived",
                    );
                }
            }
        }
    }
}
