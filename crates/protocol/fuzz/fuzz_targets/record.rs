//! Any bytes are a record or an error; a record survives encoding.
#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::record::{self, FORMAT, Hash};

fuzz_target!(|bytes: &[u8]| {
    let _ = record::decode(bytes);
    // The hash keeps mutations out of the body, so the body is fuzzed behind a true frame as well.
    let mut framed = b"WSLJ".to_vec();
    framed.push(FORMAT);
    framed.extend_from_slice(&Hash::of(bytes).0);
    framed.extend_from_slice(bytes);
    if let Ok((decoded, _)) = record::decode(&framed)
        && let Ok(encoded) = record::encode(&decoded)
    {
        let again = record::decode(&encoded.bytes).expect("what was encoded decodes");
        assert_eq!(again, (decoded, encoded.hash));
    }
});
