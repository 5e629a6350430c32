//! The shard's decoder: `protocol::input`, with the configuration texts that whoever runs the shard has at hand.

use model::input::TenantInput;
use model::{InputBody, Refusal, TenantId};
use protocol::input::{self, ConfigTexts, NOBODY, redacted_head};
use protocol::subject::{self, Subject};

use crate::decider::Codec;
use crate::event::IngestMessage;

/// `T` is where the texts are looked up; an input whose text is not there is refused.
#[derive(Debug)]
pub struct InputCodec<T> {
    texts: T,
}

impl<T: ConfigTexts> InputCodec<T> {
    pub fn new(texts: T) -> InputCodec<T> {
        InputCodec { texts }
    }
}

impl<T: ConfigTexts> Codec for InputCodec<T> {
    fn decode(&mut self, message: &IngestMessage) -> TenantInput {
        let IngestMessage { sequence, subject, stamp, bytes, traceparent } = message;
        input::decode(subject, bytes, *sequence, *stamp, traceparent.as_deref(), &self.texts)
            .unwrap_or_else(|error| refused(message, Refusal::BadSubject, error.to_string()))
    }

    fn set_aside(&mut self, message: &IngestMessage) -> TenantInput {
        let detail = "this input was being decided when the node before this one crashed; \
                      look at that node's log, and send the input again once it is mended"
            .to_owned();
        refused(message, Refusal::Poison, detail)
    }

    fn redacted_head(&self, bytes: &[u8]) -> String {
        redacted_head(bytes)
    }
}

fn refused(message: &IngestMessage, reason: Refusal, detail: String) -> TenantInput {
    let agent = match subject::parse(&message.subject) {
        Ok(Subject::InputAgent { agent, .. }) => Some(agent),
        Ok(_) | Err(_) => None,
    };
    let tenant = message
        .subject
        .strip_prefix("wissel.in.")
        .and_then(|rest| rest.split('.').next())
        .and_then(|tenant| TenantId::new(tenant).ok());
    TenantInput {
        tenant: tenant.unwrap_or_else(|| TenantId::new(NOBODY).expect("an underscore is an id")),
        position: message.sequence,
        stamp: message.stamp,
        sent_at: None,
        body: InputBody::Malformed { reason, detail, agent },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use model::Time;
    use std::collections::BTreeMap;

    fn message(subject: &str) -> IngestMessage {
        let (subject, bytes) = (subject.to_owned(), Bytes::from_static(b"{}"));
        IngestMessage { sequence: 7, subject, stamp: Time(1), bytes, traceparent: None }
    }

    #[test]
    fn every_message_becomes_an_input() {
        let mut codec = InputCodec::new(BTreeMap::new());
        for (subject, tenant, expected) in [
            ("wissel.in.acme.nonsense", "acme", Refusal::BadSubject),
            ("wissel.ing.0", "_", Refusal::BadField),
        ] {
            let input = codec.decode(&message(subject));
            assert_eq!((input.tenant.as_str(), input.position), (tenant, 7));
            assert!(matches!(input.body, InputBody::Malformed { reason, .. } if reason == expected));
        }
    }

    #[test]
    fn what_is_set_aside_names_who_sent_it() {
        let input = InputCodec::new(BTreeMap::new()).set_aside(&message("wissel.in.acme.agent.jo"));
        let InputBody::Malformed { reason: Refusal::Poison, agent: Some(agent), .. } = input.body else {
            panic!("{input:?}")
        };
        assert_eq!(agent.as_str(), "jo");
    }
}
