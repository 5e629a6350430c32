//! Anything may arrive on any subject of inputs: decoding never panics, and a refusal is short and says where.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use model::{InputBody, Time};
use protocol::input::{DETAIL_SIZE_MAX, decode, decode_beat};

fuzz_target!(|bytes: &[u8]| {
    for subject in ["wissel.in.acme.contact", "wissel.in.acme.agent.jo", "wissel.in.acme.admin"] {
        let decode = || {
            decode(subject, bytes, 1, Time(0), None, &BTreeMap::new()).expect("the subject takes inputs")
        };
        let input = decode();
        assert_eq!(input, decode());
        if let InputBody::Malformed { detail, .. } = &input.body {
            assert!(!detail.is_empty() && detail.len() <= DETAIL_SIZE_MAX, "{detail}");
        } else {
            // What is taken is JSON for everyone else too.
            assert!(serde_json::from_slice::<serde_json::Value>(bytes).is_ok());
        }
    }
    let _ = decode_beat("wissel.beat.acme.agent.jo", bytes);
    // The subject comes from the outside as well.
    if let Ok(subject) = std::str::from_utf8(bytes) {
        let _ = decode(subject, b"{}", 1, Time(0), Some(subject), &BTreeMap::new());
    }
});
