//! Writing results to standard output, whose reader may leave at any time.

use std::fmt::Display;
use std::io::{self, Write};

use anyhow::Result;
use serde::Serialize;

pub fn line(text: impl Display) -> Result<()> {
    writeln!(io::stdout().lock(), "{text}")?;
    Ok(())
}

/// For texts that bring their own ends of lines.
pub fn text(text: impl Display) -> Result<()> {
    let mut output = io::stdout().lock();
    write!(output, "{text}")?;
    output.flush()?;
    Ok(())
}

/// One value, indented as people like it and machines do not mind.
pub fn json(value: &impl Serialize) -> Result<()> {
    line(serde_json::to_string_pretty(value)?)
}

/// One value in one line.
pub fn json_line(value: &impl Serialize) -> Result<()> {
    line(serde_json::to_string(value)?)
}

pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let kind = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
    error.chain().any(|cause| cause.downcast_ref::<io::Error>().is_some_and(kind))
}

/// An error with its causes in one line. Some libraries write the cause into the error's own text; it is said once.
pub fn causes(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.ends_with(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Repeats(io::Error);

    impl Display for Repeats {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "IO error: {}", self.0)
        }
    }

    impl std::error::Error for Repeats {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn a_cause_is_said_once() {
        let error = anyhow::Error::new(Repeats(io::Error::other("refused"))).context("cannot read");
        assert_eq!(causes(&error), "cannot read: IO error: refused");
        assert_eq!(causes(&anyhow::anyhow!("refused").context("cannot read")), "cannot read: refused");
    }
}
