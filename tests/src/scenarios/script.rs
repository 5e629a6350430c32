//! The text of a scenario, taken apart: its configuration and its lines.

use model::Millis;
use protocol::text::{parse_duration, parse_time, show_duration};

/// Monday 2026-03-02, 08:00 UTC.
const START: &str = "2026-03-02T08:00:00Z";

#[derive(Debug)]
pub struct Script {
    /// A file of `loadtest/tenants`.
    pub tenant: String,
    pub start: model::Time,
    pub lines: Vec<Line>,
}

#[derive(Debug)]
pub enum Line {
    /// A comment, a heading or nothing: stays as it is.
    Text(String),
    Said(Said),
}

/// Something that happens: `5s  ann accepts c1`.
#[derive(Debug)]
pub struct Said {
    /// Since the start.
    pub at: Millis,
    pub words: Vec<String>,
}

impl Script {
    /// Lines that are set in are what was decided; they are not read, but made again.
    pub fn parse(text: &str) -> Result<Script, String> {
        let mut script = Script {
            tenant: String::new(),
            start: parse_time(START).expect("the start is a time"),
            lines: Vec::new(),
        };
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim_end();
            script.read(line).map_err(|reason| format!("line {number}: {reason}: {line}"))?;
        }
        if script.tenant.is_empty() {
            return Err("no line says which configuration it is, such as: tenant voice.toml".to_owned());
        }
        Ok(script)
    }

    fn read(&mut self, line: &str) -> Result<(), String> {
        if line.starts_with(' ') {
            return Ok(());
        }
        let mut words = line.split_whitespace();
        match words.next() {
            Some("tenant") => self.tenant = words.next().ok_or("which file?")?.to_owned(),
            Some("starts") => {
                let start = words.next().and_then(parse_time);
                self.start = start.ok_or("expected a time such as 2026-03-02T08:00:00Z")?;
            }
            Some(first) if !first.starts_with('#') => {
                let at = if first == "0s" { Some(Millis::ZERO) } else { parse_duration(first) };
                let at = at.ok_or("expected a time such as 1m30s before what happens")?;
                let words: Vec<String> = words.map(str::to_owned).collect();
                if words.len() < 2 {
                    return Err("expected who, and what happens".to_owned());
                }
                self.lines.push(Line::Said(Said { at, words }));
                return Ok(());
            }
            Some(_) | None => {}
        }
        self.lines.push(Line::Text(line.to_owned()));
        Ok(())
    }
}

impl Said {
    pub fn show(&self) -> String {
        format!("{:<5} {}", show_duration(self.at), self.words.join(" "))
    }
}
