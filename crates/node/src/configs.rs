//! Configuration texts, by content hash: fetched before the input that names one reaches the shard.
//!
//! The decoder runs on the shard's thread and cannot wait. So the ingest task looks for inputs that name a text and
//! fetches it first, for as long as the store is in trouble; only a store that answers "there is none" lets the
//! input through without its text, to be refused.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_nats::jetstream::Context;
use async_nats::jetstream::stream::RawMessageErrorKind;
use model::TenantId;
use protocol::input::ConfigTexts;
use protocol::subject::{self, Subject};
use serde::Deserialize;

use crate::names;

/// More than a shard has read and not decoded (two groups of 512), so a text is here when its input is decoded.
const TEXTS_MAX: usize = 2048;
const RETRY_AFTER: Duration = Duration::from_millis(250);

type Key = (TenantId, String);

/// The texts that one shard may need; cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Texts(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    texts: HashMap<Key, Arc<str>>,
    /// The one fetched longest ago first.
    order: VecDeque<Key>,
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

/// Fetches the text that this input names, if it names one. Ends when the store has answered.
pub(crate) async fn prepare(context: &Context, texts: &Texts, subject: &str, bytes: &[u8]) {
    let Some(key) = named(subject, bytes) else { return };
    if texts.touch(&key) {
        return;
    }
    let Some(stored_at) = subject::config(&key.0, &key.1) else { return };
    loop {
        match fetch(context, &stored_at).await {
            Ok(Some(text)) => return texts.insert(key, text),
            Ok(None) => return,
            Err(error) => {
                tracing::warn!(tenant = %key.0, hash = key.1, error, "a configuration text cannot be fetched yet");
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
fn named(subject: &str, bytes: &[u8]) -> Option<Key> {
    #[derive(Deserialize)]
    struct Named<'a> {
        r#type: &'a str,
        hash: &'a str,
    }
    let Ok(Subject::InputAdmin { tenant }) = subject::parse(subject) else { return None };
    let named: Named<'_> = serde_json::from_slice(bytes).ok()?;
    (named.r#type == "config_apply").then(|| (tenant, named.hash.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_config_apply_of_the_administration_names_a_text() {
        let apply = br#"{"type":"config_apply","hash":"ab","version":3}"#;
        let (tenant, hash) = named("wissel.in.acme.admin", apply).expect("it names one");
        assert_eq!((tenant.as_str(), hash.as_str()), ("acme", "ab"));
        assert_eq!(named("wissel.in.acme.contact", apply), None);
        assert_eq!(named("wissel.in.acme.admin", br#"{"type":"agent_put","hash":"ab"}"#), None);
        assert_eq!(named("wissel.in.acme.admin", b"\xff"), None);
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
