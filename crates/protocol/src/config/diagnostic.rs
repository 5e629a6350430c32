//! A mistake in a configuration text, and how it is shown.

use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    pub reason: String,
    /// The valid name that was probably meant.
    pub nearest: Option<String>,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.reason)?;
        match &self.nearest {
            Some(name) => write!(f, "; did you mean {name:?}?"),
            None => Ok(()),
        }
    }
}

/// The first `count` in one line, for places that have no room for all.
pub fn show_first(diagnostics: &[Diagnostic], count: usize) -> String {
    let shown: Vec<String> = diagnostics.iter().take(count).map(ToString::to_string).collect();
    let more = diagnostics.len().saturating_sub(count);
    let tail = if more > 0 { format!(" | and {more} more") } else { String::new() };
    shown.join(" | ") + &tail
}
