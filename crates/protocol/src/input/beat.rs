//! Heartbeats: an agent's desktop says on core NATS that it is there. They are not inputs; the node watches them,
//! and only their stopping and coming back become decisions.

use model::{AgentId, TenantId};

use super::body::BeatBody;
use super::{fields, tree};
use crate::subject::{self, Subject};

/// A heartbeat is read for every agent every few seconds; what is larger is none.
pub const BEAT_SIZE_MAX: usize = 256;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beat {
    pub tenant: TenantId,
    pub agent: AgentId,
    pub session: u64,
}

/// Nothing when it is not a heartbeat: there is nobody to tell, and the next one comes soon.
pub fn decode_beat(subject: &str, bytes: &[u8]) -> Option<Beat> {
    let Ok(Subject::Beat { tenant, agent }) = subject::parse(subject) else { return None };
    if bytes.len() > BEAT_SIZE_MAX {
        return None;
    }
    let mut entries = tree::parse(bytes).ok()?;
    let kind = entries.iter().position(|(key, _)| key == "type")?;
    if entries.swap_remove(kind).1 != tree::Value::Text("beat".into()) {
        return None;
    }
    let BeatBody { session } = fields::take(entries).ok()?;
    Some(Beat { tenant, agent, session: session.get() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heartbeat_names_its_session() {
        let subject = "wissel.beat.acme.agent.jo";
        let beat = decode_beat(subject, br#"{"type":"beat","session":7}"#).expect("a heartbeat");
        assert_eq!((beat.tenant.as_str(), beat.agent.as_str(), beat.session), ("acme", "jo", 7));
        for bytes in [
            &b""[..],
            br#"{"session":7}"#,
            br#"{"type":"beat"}"#,
            br#"{"type":"beet","session":7}"#,
            br#"{"type":"beat","session":-7}"#,
            br#"{"type":"beat","session":7,"x":1}"#,
            &[b' '; 300],
        ] {
            assert_eq!(decode_beat(subject, bytes), None);
        }
        assert_eq!(decode_beat("wissel.in.acme.agent.jo", br#"{"type":"beat","session":7}"#), None);
    }
}
