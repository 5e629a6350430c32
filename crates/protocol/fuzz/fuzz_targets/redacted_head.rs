//! Any bytes give a short ASCII text, in which nothing of a string or a number of the input stands.
#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::input::{HEAD_SIZE, redacted_head};

fuzz_target!(|bytes: &[u8]| {
    let head = redacted_head(bytes);
    assert!(head.is_ascii() && !head.contains(char::is_control));
    // A lone character can grow to a masked string.
    assert!(head.len() <= 3 * HEAD_SIZE + 3, "{}", head.len());
    assert_eq!(head, redacted_head(bytes));
    // Masking what is masked changes nothing but what was cut off.
    if bytes.len() <= HEAD_SIZE && head.len() <= HEAD_SIZE {
        assert_eq!(redacted_head(head.as_bytes()), head);
    }
});
