//! What happened in a run, line by line: always as a hash, on demand as text.
//!
//! The hash is what the promise "the same seed, the same run" is tested with; the text is what a person reads when a seed
//! failed. Writing into a hash costs a tenth of keeping the lines.

use std::fmt::{self, Write};

#[derive(Debug)]
pub struct History {
    hash: Fnv,
    lines: Option<Vec<String>>,
}

/// FNV-1a: two histories are compared, nobody attacks them.
#[derive(Debug, Clone, Copy)]
struct Fnv(u64);

impl Write for Fnv {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.bytes(text.as_bytes());
        Ok(())
    }
}

impl Fnv {
    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

impl History {
    pub fn new(keeps_lines: bool) -> History {
        History { hash: Fnv(0xcbf2_9ce4_8422_2325), lines: keeps_lines.then(Vec::new) }
    }

    pub fn note(&mut self, at: u64, line: fmt::Arguments<'_>) {
        self.hash.bytes(&at.to_le_bytes());
        // Neither a hash nor a vector fails to be written to.
        let _ = self.hash.write_fmt(line);
        if let Some(lines) = &mut self.lines {
            lines.push(format!("{:>7}.{:03} {line}", at / 1000, at % 1000));
        }
    }

    /// For people alone: the line is made only when lines are kept.
    pub fn tell(&mut self, at: u64, line: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.lines {
            lines.push(format!("{:>7}.{:03}   {}", at / 1000, at % 1000, line()));
        }
    }

    /// Takes in bytes that nobody reads line by line.
    pub fn take_in(&mut self, bytes: &[u8]) {
        self.hash.bytes(bytes);
    }

    pub fn hash(&self) -> u64 {
        self.hash.0
    }

    pub fn into_lines(self) -> Vec<String> {
        self.lines.unwrap_or_default()
    }
}
