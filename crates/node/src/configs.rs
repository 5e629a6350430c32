//! Configuration texts, by content hash: fetched before the input that names one reaches the shard.
//!
//! The decoder runs on the shard's thread and cannot wait. So the ingest task looks for inputs that name a text and
//! fetches it first, all those of a chunk side by side. Without its text an input is refused: when the store answers
//! that there is none, and when the store is away for longer than a change of its leader takes. Then the administration
//! sends it again, and nobody else waits for it.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_nats::jetstream::Context;
use async_nats::jetstream::stream::RawMessageErrorKind;
use futures_util::{StreamExt, stream};
use model::TenantId;
use protocol::input::ConfigTexts;
use protocol::moving;
use protocol::subject::{self, Subject};
use serde::Deserialize;
use shard::IngestMessage;

use crate::names;

/// Inputs that name a text and may be on their way to the shard, before what was read is decided. Each text has at most
/// 512 KiB, so a shard holds 64 MiB of them.
pub(crate) const NAMED_MAX: usize = 64;
/// One chunk more: so a text is here when its input is decoded.
const TEXTS_MAX: usize = 2 * NAMED_MAX;
const FETCHES_AT_ONCE: usize = 16;
/// Leader changes take 4.5 to 8.4 s (measured).
const STORE_AWAY_MAX: Duration = Duration::from_secs(10);
const RETRY_AFTER: Duration = Duration::from_millis(250);

type Key = (TenantId, String);

/// A text that an input names, and where it is stored.
#[derive(Debug, PartialEq, Eq)]
struct Named {
    key: Key,
    stored_at: String,
}

/// The texts that one shard may need; cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Texts(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    texts: HashMap<Key, Arc<str>>,
    /// The one not asked for longest first.
    order: VecDeque<Key>,
    /// Since when the store gives no answer.
    away_since: Option<Instant>,
}

impl Texts {
    /// True when it is there; it is then the last one to go.
    fn touch(&self, key: &Key) -> bool {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_there = kept.texts.contains_key(key);
        if is_there {
            kept.order.retain(|other| other != key);
            kept.order.push_back(key.clone());
        }
        is_there
    }

    /// For how long the store has been away.
    fn note_away(&self, is_away: bool) -> Duration {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.away_since = is_away.then(|| kept.away_since.unwrap_or_else(Instant::now));
        kept.away_since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    fn insert(&self, key: Key, text: Arc<str>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.order.push_back(key.clone());
        kept.texts.insert(key, text);
        while kept.order.len() > TEXTS_MAX {
            let Some(oldest) = kept.order.pop_front() else { return };
            kept.texts.remove(&oldest);
        }
    }
}

impl ConfigTexts for Texts {
    fn text(&self, tenant: &TenantId, hash: &str) -> Option<Arc<str>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.texts.get(&(tenant.clone(), hash.to_owned())).cloned()
    }
}

/// Fetches the texts that these inputs name.
pub(crate) async fn prepare_all(context: &Context, texts: &Texts, messages: &[IngestMessage]) {
    let named: Vec<Named> =
        messages.iter().filter_map(|message| named(&message.subject, &message.bytes)).collect();
    let (context, texts) = (context.clone(), texts.clone());
    let prepare = move |named| {
        let (context, texts) = (context.clone(), texts.clone());
        async move { prepare_one(&context, &texts, named).await }
    };
    stream::iter(named).for_each_concurrent(FETCHES_AT_ONCE, prepare).await;
}

/// Fetches the text that this input names, if it names one.
pub(crate) async fn prepare(context: &Context, texts: &Texts, subject: &str, bytes: &[u8]) {
    if let Some(named) = named(subject, bytes) {
        prepare_one(context, texts, named).await;
    }
}

pub(crate) fn names_a_text(message: &IngestMessage) -> bool {
    named(&message.subject, &message.bytes).is_some()
}

/// Ends when the store has answered, or has been away for long; then each further one is tried once.
async fn prepare_one(context: &Context, texts: &Texts, Named { key, stored_at }: Named) {
    if texts.touch(&key) {
        return;
    }
    loop {
        match fetch(context, &stored_at).await {
            Ok(text) => {
                texts.note_away(false);
                if let Some(text) = text {
                    texts.insert(key, text);
                }
                return;
            }
            Err(error) => {
                if texts.note_away(true) >= STORE_AWAY_MAX {
                    tracing::error!(
                        tenant = %key.0,
                        hash = key.1,
                        error,
                        "an input is refused: the stream {} with what it names is away for {STORE_AWAY_MAX:?}; send it again",
                        names::configs_stream()
                    );
                    return;
                }
                tokio::time::sleep(RETRY_AFTER).await;
            }
        }
    }
}

async fn fetch(context: &Context, subject: &str) -> Result<Option<Arc<str>>, String> {
    let stream =
        context.get_stream_no_info(names::configs_stream()).await.map_err(|error| error.to_string())?;
    match stream.get_last_raw_message_by_subject(subject).await {
        Ok(message) => Ok(std::str::from_utf8(&message.payload).ok().map(Arc::from)),
        Err(error) if error.kind() == RawMessageErrorKind::NoMessageFound => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

/// What the decoder will look up. Looks only as far as it must: whether the input is well formed is the decoder's.
fn named(subject: &str, bytes: &[u8]) -> Option<Named> {
    #[derive(Deserialize)]
    struct Said<'a> {
        // Escaped or not: the decoder takes both.
        #[serde(borrow)]
        r#type: Cow<'a, str>,
        #[serde(borrow)]
        hash: Cow<'a, str>,
    }
    if let Some((tenant, hash)) = moving::named(subject, bytes) {
        let stored_at = subject::rows(&tenant, &hash)?;
        return Some(Named { key: (tenant, hash), stored_at });
    }
    let Ok(Subject::InputAdmin { tenant }) = subject::parse(subject) else { return None };
    let named: Said<'_> = serde_json::from_slice(bytes).ok()?;
    let hash = named.hash.into_owned();
    let stored_at = subject::config(&tenant, &hash).filter(|_| named.r#type == "config_apply")?;
    Some(Named { key: (tenant, hash), stored_at })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_a_text_is_known_by_its_subject_and_type() {
        let hash = "ab".repeat(32);
        let apply = format!(r#"{{"type":"config_apply","hash":"{hash}","version":3}}"#);
        let apply = apply.as_bytes();
        let tenant = TenantId::new("acme").expect("an id");
        let config =
            Some(Named { key: (tenant.clone(), hash.clone()), stored_at: format!("wissel.cfg.acme.{hash}") });
        assert_eq!(named("wissel.in.acme.admin", apply), config);
        let escaped = format!(r#"{{"type":"config\u005fapply","hash":"\u0061b{}"}}"#, &hash[2..]);
        assert_eq!(named("wissel.in.acme.admin", escaped.as_bytes()), config);
        let rows = format!(r#"{{"type":"tenant_rows","tenant":"acme","hash":"{hash}"}}"#);
        let stored_at = format!("wissel.cfg.acme.rows.{hash}");
        assert_eq!(named("wissel.ing.3", rows.as_bytes()), Some(Named { key: (tenant, hash), stored_at }));
        for (subject, bytes) in [
            ("wissel.in.acme.contact", apply),
            ("wissel.ing.3", apply),
            ("wissel.in.acme.admin", rows.as_bytes()),
            ("wissel.in.acme.admin", br#"{"type":"agent_put","hash":"ab"}"#),
            ("wissel.in.acme.admin", br#"{"type":"config_apply","hash":"ab"}"#),
            ("wissel.in.acme.admin", b"\xff"),
        ] {
            assert_eq!(named(subject, bytes), None, "{subject}");
        }
    }

    #[test]
    fn the_text_not_asked_for_longest_goes_first() {
        let texts = Texts::default();
        let tenant = TenantId::new("acme").expect("an id");
        let key = |number: usize| (tenant.clone(), number.to_string());
        for number in 0..TEXTS_MAX {
            texts.insert(key(number), Arc::from("text"));
        }
        assert!(texts.touch(&key(0)));
        texts.insert(key(TEXTS_MAX), Arc::from("text"));
        assert!(texts.text(&tenant, "0").is_some());
        assert!(texts.text(&tenant, "1").is_none());
    }
}
