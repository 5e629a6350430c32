//! Any text is a configuration or has at least one mistake, at a place within it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::config::{diff, parse};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match parse(text) {
        Ok(config) => assert!(diff(&config, &config).is_empty()),
        Err(diagnostics) => {
            assert!(!diagnostics.is_empty());
            let lines = text.split('\n').count();
            for diagnostic in diagnostics {
                assert!((1..=lines).contains(&diagnostic.line) && diagnostic.column >= 1, "{diagnostic}");
                assert!(diagnostic.to_string().len() < 4_096, "{diagnostic}");
            }
        }
    }
});
