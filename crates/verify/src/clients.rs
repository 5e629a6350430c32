//! What clients say: inputs they sent and were told are stored, outputs they took.

use std::collections::HashMap;

use crate::client::{ClientEntry, Published, PublishedResult, Received};
use crate::ingest::{Content, Ingest};
use crate::keys::key;
use crate::outputs::Origin;
use crate::report::{Invariant, Where};
use crate::sink::{SinkContext, check_stamp, report_no_origin};

/// One client's log, entry by entry.
#[derive(Debug)]
pub(crate) struct Client {
    name: String,
    entries: usize,
    /// The furthest origin that it took on each subject, by the subject's key.
    taken: HashMap<u64, Origin>,
    /// The highest epoch that it took anything of.
    epoch: u64,
}

impl Client {
    pub fn new(name: &str) -> Client {
        Client { name: name.to_owned(), entries: 0, taken: HashMap::new(), epoch: 0 }
    }

    pub fn read(&mut self, entry: &ClientEntry, ingest: &Ingest, context: &mut SinkContext<'_>) {
        self.entries += 1;
        let place = Where::Client { name: self.name.clone(), entry: self.entries };
        match entry {
            ClientEntry::Published(published) => check_published(published, ingest, &place, context),
            ClientEntry::Received(received) => self.check_received(received, &place, context),
        }
    }

    fn check_received(&mut self, received: &Received, place: &Where, context: &mut SinkContext<'_>) {
        context.counts.received_by_clients += 1;
        if received.origin.shard != context.shard {
            context.counts.messages_of_other_shards += 1;
            return;
        }
        let (epoch, commit, index) = (received.origin.epoch, received.origin.commit, received.origin.index);
        let origin = Origin { epoch, commit, index };
        self.check_order(received, origin, place, context);
        let (commit, told) = match context.outputs.find(origin) {
            Ok(found) => found,
            Err(why) => return report_no_origin(origin, why, place, context),
        };
        let told = *told;
        check_stamp(received.at, commit.stamp, place, context);
        if told.is_known {
            check_said(received, &told, place, context);
        } else {
            context
                .findings
                .unchecked("what outputs to clients say, because the journal's head was purged", 1);
        }
    }

    fn check_order(
        &mut self,
        received: &Received,
        origin: Origin,
        place: &Where,
        context: &mut SinkContext<'_>,
    ) {
        let last = self.taken.insert(key(received.subject.as_str()), origin);
        if origin.epoch < self.epoch {
            let what = format!("took something of epoch {} after epoch {}", origin.epoch, self.epoch);
            context.findings.violation(Invariant::EpochAtSinks, place, what);
        } else if last == Some(origin) {
            let what = format!("took commit {}, index {} twice", origin.commit, origin.index);
            context.findings.violation(Invariant::OneEffect, place, what);
        } else if let Some(last) = last.filter(|last| origin < *last) {
            let what = format!("took commit {} after commit {}", origin.commit, last.commit);
            context.findings.violation(Invariant::OutputComplete, place, what);
        }
        self.epoch = self.epoch.max(origin.epoch);
    }
}

/// What was acknowledged is there, and is what was sent.
fn check_published(published: &Published, ingest: &Ingest, place: &Where, context: &mut SinkContext<'_>) {
    context.counts.published_by_clients += 1;
    let position = match &published.result {
        PublishedResult::AckSequence(position) => *position,
        PublishedResult::Error(_) => return,
    };
    if position < ingest.extent.first {
        return context.findings.unchecked("acknowledged inputs that the ingest stream purged", 1);
    }
    let slot = ingest.slot(position).filter(|slot| slot.content != Content::Absent);
    let Some(slot) = slot else {
        let what = format!("input {position} was acknowledged, and the stream does not hold it");
        return context.findings.violation(Invariant::OneOutcome, place, what);
    };
    let is_same = slot.subject == key(published.subject.as_str());
    if !is_same || !holds_contact(published, position, slot.tenant, ingest) {
        let what =
            format!("input {position} was acknowledged for something else than the stream holds there");
        context.findings.violation(Invariant::OneOutcome, place, what);
    }
}

/// True for what creates no contact, or cannot be read.
fn holds_contact(published: &Published, position: u64, tenant: u64, ingest: &Ingest) -> bool {
    let Some(contact) = &published.contact else { return true };
    match ingest.slot(position).map(|slot| slot.content) {
        Some(Content::Sound | Content::Contact) => {}
        Some(Content::Malformed(_) | Content::Config | Content::Absent) | None => return true,
    }
    let contact = crate::ingest::contact_key(tenant, contact);
    ingest
        .creates
        .binary_search_by_key(&(contact, position), |create| (create.contact, create.position))
        .is_ok()
}

/// The message is one that the decision makes, for whom it makes it.
fn check_said(received: &Received, told: &crate::told::Told, place: &Where, context: &mut SinkContext<'_>) {
    let mut tokens = received.subject.split('.').skip(2);
    let (tenant, side, whom) = (tokens.next(), tokens.next(), tokens.next());
    let (expected_kind, expected_whom) = match side {
        Some("agent") if told.asks != 0 && told.kind.asking_name() == Some(received.kind.as_str()) => {
            (told.kind.asking_name(), told.asks)
        }
        Some("agent") => (told.kind.desktop_name(), told.agent),
        Some("contact") => (told.kind.customer_name(), told.contact),
        Some(_) | None => (None, 0),
    };
    let difference = if expected_kind != Some(received.kind.as_str()) {
        Some("kind")
    } else if tenant.map(key) != Some(told.tenant) {
        Some("tenant")
    } else if whom.map(key) != Some(expected_whom) {
        Some("receiver")
    } else if received.contact.as_deref().is_some_and(|contact| key(contact) != told.contact) {
        Some("contact")
    } else if received.offer.is_some_and(|offer| offer != told.offer) {
        Some("offer")
    } else {
        None
    };
    if let Some(field) = difference {
        let what = format!(
            "took {} on {}, with another {field} than the journal, which has {}",
            received.kind,
            received.subject,
            told.kind.name()
        );
        context.findings.violation(Invariant::CommitBeforeEffect, place, what);
    }
}
