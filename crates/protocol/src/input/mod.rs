//! Inputs: a message of the ingest stream becomes a [`model::input::TenantInput`], whatever bytes it holds.
//!
//! Decoding never fails for a subject that inputs arrive on. What is refused becomes
//! [`InputBody::Malformed`], so that the refusal is journaled with its position like any other decision; its
//! detail says what is wrong, where (a JSON path), and how to mend it, and never repeats a value of the body.
//! When several reasons hold, the first in the order of [`Refusal`] is given.
//!
//! The work is in steps, each in its file: [`tree`] reads JSON once, within limits that hold while it reads;
//! [`fields`] lets serde take that tree apart and remembers where it was; [`body`] is what each input may say,
//! of the [`kinds`] of values that fields have, and also the source of the published schema; [`extract`] turns
//! that into the model's words; [`mod@encode`] is the other way round; [`digest`] tells a repeat from another
//! contact of the same id.

mod beat;
mod body;
mod consult;
mod digest;
mod encode;
mod extract;
mod fields;
mod hand;
mod kinds;
mod redact;
mod tree;

use std::collections::BTreeMap;
use std::sync::Arc;

use model::input::TenantInput;
use model::{AgentId, InputBody, Millis, Refusal, TenantId, Time};

pub use beat::{BEAT_SIZE_MAX, Beat, decode_beat};
pub use body::{ADMIN_TYPES, AGENT_TYPES, CAPACITY_MAX, CONTACT_TYPES};
pub(crate) use body::{INPUT_SHAPES, InputShape};
pub use encode::encode;
pub use extract::CAPACITY_DEFAULT;
pub use redact::{HEAD_SIZE, redacted_head};
pub use tree::{BODY_SIZE_MAX, DEPTH_MAX, KEYS_MAX, STRING_SIZE_MAX};

use crate::moving;
use crate::subject::{self, BadSubject, Subject};

/// Stands for the tenant where nobody says which one is meant.
pub const NOBODY: &str = "_";

/// Where configuration texts are looked up when an input names one.
pub trait ConfigTexts {
    /// The text that `tenant` stored under this hash.
    fn text(&self, tenant: &TenantId, hash: &str) -> Option<Arc<str>>;
}

impl ConfigTexts for BTreeMap<(TenantId, String), Arc<str>> {
    fn text(&self, tenant: &TenantId, hash: &str) -> Option<Arc<str>> {
        self.get(&(tenant.clone(), hash.to_owned())).cloned()
    }
}

/// How long before its input a contact may have come. It stands in the queue by then, so that a wrong clock must not
/// put it before everybody; but a backlog that comes from elsewhere is days old.
pub const ARRIVED_AGO_MAX: Millis = Millis(31 * 24 * Millis::HOUR.0);
/// How far beyond the input's own time a session may lie. Sessions only grow, so that one from a clock in years to come
/// would keep its agent out until then.
pub const SESSION_AHEAD_MAX: Millis = Millis(24 * Millis::HOUR.0);

/// `position` and `stamp` are those of the ingest stream; `traceparent` is the message's header, if it has one.
pub fn decode(
    subject: &str,
    bytes: &[u8],
    position: u64,
    stamp: Time,
    traceparent: Option<&str>,
    configs: &dyn ConfigTexts,
) -> Result<TenantInput, BadSubject> {
    if let Ok(Subject::IngestOwn { .. }) = subject::parse(subject) {
        let (tenant, body) = moving::decode(bytes, configs);
        let tenant = tenant.unwrap_or_else(|| TenantId::new(NOBODY).expect("an underscore is an id"));
        let refused = |Refused { reason, detail }| InputBody::Malformed { reason, detail, agent: None };
        let body = body.unwrap_or_else(refused);
        return Ok(TenantInput { tenant, position, stamp, sent_at: None, body });
    }
    let (tenant, source) = source(subject)?;
    let (sent_at, body) = match extract::decode(&tenant, &source, bytes, stamp, traceparent, configs) {
        Ok(decoded) => decoded,
        Err(Refused { reason, detail }) => {
            let agent = match source {
                Source::Agent(agent) => Some(agent),
                Source::Contact | Source::Admin => None,
            };
            (None, InputBody::Malformed { reason, detail, agent })
        }
    };
    Ok(TenantInput { tenant, position, stamp, sent_at, body })
}

/// Who speaks; said by the subject.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    Contact,
    Agent(AgentId),
    Admin,
}

fn source(text: &str) -> Result<(TenantId, Source), BadSubject> {
    match subject::parse(text)? {
        Subject::InputContact { tenant } => Ok((tenant, Source::Contact)),
        Subject::InputAgent { tenant, agent } => Ok((tenant, Source::Agent(agent))),
        Subject::InputAdmin { tenant } => Ok((tenant, Source::Admin)),
        Subject::IngestOwn { .. }
        | Subject::OutputAgent { .. }
        | Subject::OutputContact { .. }
        | Subject::Event { .. }
        | Subject::Refused { .. }
        | Subject::Api { .. }
        | Subject::Beat { .. }
        | Subject::Journal { .. }
        | Subject::Config { .. }
        | Subject::Rows { .. }
        | Subject::SnapshotPart { .. }
        | Subject::SnapshotManifest { .. }
        | Subject::MemberNode { .. }
        | Subject::MemberShard { .. }
        | Subject::WishNode { .. }
        | Subject::WishShard { .. } => Err(BadSubject { subject: text.to_owned() }),
    }
}

/// Why a body was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub reason: Refusal,
    pub detail: String,
}

/// Longest detail, in bytes: it is journaled, and a path may be made of a sender's keys.
pub const DETAIL_SIZE_MAX: usize = 1024;

impl Refused {
    pub fn new(reason: Refusal, detail: impl Into<String>) -> Refused {
        let mut detail = detail.into();
        detail.truncate(detail.floor_char_boundary(DETAIL_SIZE_MAX));
        Refused { reason, detail }
    }
}

#[cfg(test)]
mod tests;
