//! Reads values out of a TOML document and collects what is wrong with them, with the place of each.
//!
//! serde stops at the first mistake; here every read gives a value or notes a mistake and goes on, so that
//! one attempt shows them all.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::RangeInclusive;

use model::{IdError, Millis, RuleName};
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::Diagnostic;
use crate::text::{nearest, parse_duration, show_duration};

/// The parser's word, beside the offset of the second one.
const DUPLICATE_KEY: &str = "duplicate key";
/// Nobody reads more mistakes than this at once.
const DIAGNOSTICS_MAX: usize = 100;

pub(super) type Item<'a> = &'a Spanned<DeValue<'a>>;

pub(super) struct Reader<'t> {
    text: &'t str,
    /// With the offset of each in the text.
    found: Vec<(usize, String, Option<String>)>,
}

/// A table and what messages call it.
pub(super) struct Section<'a> {
    pub(super) table: &'a DeTable<'a>,
    pub(super) name: String,
    /// Where a missing key is reported.
    pub(super) at: usize,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str) -> Reader<'t> {
        Reader { text, found: Vec::new() }
    }

    /// Nothing when the text is not TOML.
    pub(super) fn document(&mut self) -> Option<Spanned<DeTable<'t>>> {
        let (document, errors) = DeTable::parse_recoverable(self.text);
        let mut repeats = Repeats::new(self.text);
        for error in &errors {
            let at = error.span().map_or(0, |span| span.start);
            if error.message() == DUPLICATE_KEY {
                if let Some(reason) = repeats.reason(at) {
                    self.note(at, reason);
                }
            } else {
                self.note(at, format!("not valid TOML: {}", shorten(error.message(), 200)));
            }
        }
        errors.is_empty().then_some(document)
    }

    /// With a name that may have been meant.
    pub(super) fn note_near(&mut self, at: usize, reason: String, nearest: Option<&str>) {
        self.found.push((at, reason, nearest.map(str::to_owned)));
    }

    pub(super) fn note(&mut self, at: usize, reason: impl Into<String>) {
        self.found.push((at, reason.into(), None));
    }

    /// Notes that `name` is none of the `valid` ones; `what` says of what, and may say where.
    pub(super) fn note_unknown<'n>(
        &mut self,
        at: usize,
        (what, place): (&str, &str),
        name: &str,
        valid: impl Iterator<Item = &'n str> + Clone,
    ) {
        let near = nearest(name, valid.clone()).map(str::to_owned);
        let mut reason = format!("unknown {what} {}{place}", shown(name));
        // A long list helps nobody; a short one is the answer.
        let count = valid.clone().count();
        let some: Vec<String> = valid.take(16).map(shown).collect();
        if near.is_none() && (1..=16).contains(&count) {
            reason += &format!("; there are {}", some.join(", "));
        } else if near.is_none() && count > 16 {
            reason += &format!("; there are {count}, such as {}", some[0]);
        }
        self.found.push((at, reason, near));
    }

    /// `config`, unless anything was found.
    pub(super) fn finish<T>(mut self, config: Option<T>) -> Result<T, Vec<Diagnostic>> {
        match config {
            Some(config) if self.found.is_empty() => Ok(config),
            Some(_) | None => {
                self.found.sort();
                self.leave_out();
                let mut places = Places { text: self.text, offset: 0, line: 1, column: 1 };
                let found = self.found.into_iter();
                Err(found
                    .map(|(at, reason, nearest)| {
                        let (line, column) = places.of(at);
                        Diagnostic { line, column, reason, nearest }
                    })
                    .collect())
            }
        }
    }

    /// Of too many mistakes the last ones are only counted.
    fn leave_out(&mut self) {
        if self.found.len() > DIAGNOSTICS_MAX {
            let rest = self.found.split_off(DIAGNOSTICS_MAX - 1);
            self.found.push((rest[0].0, format!("and {} more mistakes from here on", rest.len()), None));
        }
    }

    /// Notes the keys of `section` that are not `valid`.
    pub(super) fn check_keys(&mut self, section: &Section<'_>, valid: &[&str]) {
        for (key, _) in section.table {
            if !valid.contains(&key.get_ref().as_ref()) {
                let place = format!(" in {}", section.name);
                self.note_unknown(key.span().start, ("key", &place), key.get_ref(), valid.iter().copied());
            }
        }
    }

    pub(super) fn missing(&mut self, section: &Section<'_>, key: &str, example: &str) {
        self.note(section.at, format!("{} needs {key}, for example: {key} = {example}", section.name));
    }

    pub(super) fn mismatch(&mut self, item: Item<'_>, expected: impl Display) {
        let found = item.get_ref().type_str();
        self.note(item.span().start, format!("expected {expected}, found {}", with_article(found)));
    }

    pub(super) fn whole(&mut self, item: Item<'_>, range: RangeInclusive<i64>) -> Option<i64> {
        let expected = || format!("a whole number from {} to {}", range.start(), range.end());
        let Some(integer) = item.get_ref().as_integer() else {
            self.mismatch(item, expected());
            return None;
        };
        match i64::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(number) if range.contains(&number) => Some(number),
            Ok(_) | Err(_) => {
                let found = shorten(integer.as_str(), 32);
                self.note(item.span().start, format!("expected {}, found {found}", expected()));
                None
            }
        }
    }

    pub(super) fn duration(&mut self, item: Item<'_>, least: Millis) -> Option<Millis> {
        let Some(text) = item.get_ref().as_str() else {
            self.mismatch(item, "a length of time such as \"20s\" or \"1m30s\"");
            return None;
        };
        match parse_duration(text) {
            Some(duration) if duration >= least => Some(duration),
            Some(_) => {
                let least = show_duration(least);
                self.note(item.span().start, format!("expected at least {least:?}, found {}", shown(text)));
                None
            }
            None => {
                let reason = format!(
                    "{} is not a length of time such as \"20s\", \"1m30s\" or \"2h\", at most \"365d\"",
                    shown(text)
                );
                self.note(item.span().start, reason);
                None
            }
        }
    }

    pub(super) fn flag(&mut self, item: Item<'_>) -> Option<bool> {
        let flag = item.get_ref().as_bool();
        if flag.is_none() {
            self.mismatch(item, "true or false");
        }
        flag
    }

    pub(super) fn choice<T: Copy>(
        &mut self,
        item: Item<'_>,
        what: &str,
        choices: &[T],
        name: impl Fn(T) -> &'static str,
    ) -> Option<T> {
        let Some(text) = item.get_ref().as_str() else {
            let names: Vec<String> = choices.iter().map(|choice| format!("{:?}", name(*choice))).collect();
            self.mismatch(item, format_args!("one of {}", names.join(", ")));
            return None;
        };
        let found = choices.iter().find(|choice| name(**choice) == text);
        if found.is_none() {
            self.note_unknown(
                item.span().start,
                (what, ""),
                text,
                choices.iter().map(|choice| name(*choice)),
            );
        }
        found.copied()
    }

    /// Of a rule, which must have one.
    pub(super) fn rule_name(&mut self, section: &Section<'_>, example: &str) -> Option<RuleName> {
        let Some(item) = section.get("name") else {
            self.missing(section, "name", example);
            return None;
        };
        let Some(text) = item.get_ref().as_str() else {
            self.mismatch(item, "the name of the rule");
            return None;
        };
        self.id(text, item.span().start, "name of a rule", RuleName::new)
    }

    /// `make` is the id's constructor.
    pub(super) fn id<T>(
        &mut self,
        text: &str,
        at: usize,
        what: &str,
        make: impl Fn(&str) -> Result<T, IdError>,
    ) -> Option<T> {
        match make(text) {
            Ok(id) => Some(id),
            Err(error) => {
                self.note(at, format!("{} is no {what}: {error}", shown(text)));
                None
            }
        }
    }

    /// An array of ids without a repetition; what is wrong in it is left out.
    pub(super) fn ids<T: PartialEq + Ord + Clone>(
        &mut self,
        item: Item<'_>,
        what: &str,
        count_max: usize,
        make: impl Fn(&str) -> Result<T, IdError>,
    ) -> Vec<T> {
        let Some(array) = item.get_ref().as_array() else {
            self.mismatch(item, format_args!("an array of {what}s, such as [\"one\", \"two\"]"));
            return Vec::new();
        };
        if array.len() > count_max {
            self.note(
                item.span().start,
                format!("{} {what}s stand here, at most {count_max} are taken", array.len()),
            );
            return Vec::new();
        }
        let mut ids = Vec::with_capacity(array.len());
        let mut seen = std::collections::BTreeSet::new();
        for element in array.iter() {
            let Some(text) = element.get_ref().as_str() else {
                self.mismatch(element, format_args!("a {what}"));
                continue;
            };
            let at = element.span().start;
            let Some(id) = self.id(text, at, what, &make) else { continue };
            if seen.insert(id.clone()) {
                ids.push(id);
            } else {
                self.note(at, format!("the {what} {} stands twice; leave one out", shown(text)));
            }
        }
        ids
    }

    pub(super) fn section<'a>(&mut self, item: Item<'a>, name: String) -> Option<Section<'a>> {
        match item.get_ref().as_table() {
            Some(table) => Some(Section { table, name, at: item.span().start }),
            None => {
                self.mismatch(item, format_args!("a table [{name}]"));
                None
            }
        }
    }
}

impl<'a> Section<'a> {
    pub(super) fn get(&self, key: &str) -> Option<Item<'a>> {
        self.table.get(key)
    }

    /// Entries in the order of the text, which is the order in which names get their numbers.
    pub(super) fn in_text_order(&self) -> Vec<(&'a Spanned<DeString<'a>>, Item<'a>)> {
        let mut entries: Vec<_> = self.table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        entries
    }
}

/// A name from the text, shortened and escaped for a message.
pub(super) fn shown(name: &str) -> String {
    format!("{:?}", shorten(name, 64))
}

fn shorten(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}

fn with_article(kind: &str) -> String {
    let article = if kind.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {kind}")
}

/// Says which key or table stands twice, and where it stood first.
struct Repeats<'t> {
    text: &'t str,
    /// Lines of tables that stand twice: the parser finds every key in them a second time too.
    tables: BTreeSet<usize>,
    /// Each is looked for in the whole text, so only as many as anybody reads.
    asked: usize,
}

impl<'t> Repeats<'t> {
    fn new(text: &'t str) -> Repeats<'t> {
        Repeats { text, tables: BTreeSet::new(), asked: 0 }
    }

    /// Of the repetition at this offset; nothing if its table says it all.
    fn reason(&mut self, at: usize) -> Option<String> {
        self.asked += 1;
        if self.asked > DIAGNOSTICS_MAX {
            return Some("a key stands twice".to_owned());
        }
        let before = self.text.get(..at).unwrap_or_default();
        let number = before.matches('\n').count();
        let line = self.text.lines().nth(number).unwrap_or_default().trim();
        if let Some(header) = header(line) {
            self.tables.insert(number);
            let first = self.text.lines().position(|other| self::header(other.trim()) == Some(header))?;
            let where_first =
                if first < number { format!("; the first is in line {}", first + 1) } else { String::new() };
            return Some(format!("the table [{}] stands twice{where_first}", shorten(header, 64)));
        }
        let lines = before.lines().collect::<Vec<_>>();
        let table = lines.iter().rposition(|line| header(line.trim()).is_some());
        if table.is_some_and(|table| self.tables.contains(&table)) {
            return None;
        }
        let rest = self.text.get(at..).unwrap_or_default();
        let key = rest
            .split(['=', '.', ',', '}', '\n'])
            .next()
            .unwrap_or_default()
            .trim()
            .trim_matches(['"', '\'']);
        Some(format!("the key {} stands twice; leave one out", shown(key)))
    }
}

/// `queues.sales` of `[queues.sales]`, and of nothing else.
fn header(line: &str) -> Option<&str> {
    let inner = line.strip_prefix('[')?;
    inner.split_once(']').map(|(name, _)| name.trim())
}

/// Turns ascending offsets into lines and columns in one pass over the text.
struct Places<'t> {
    text: &'t str,
    /// On a character's boundary.
    offset: usize,
    line: usize,
    column: usize,
}

impl Places<'_> {
    fn of(&mut self, at: usize) -> (usize, usize) {
        let end = self.text.floor_char_boundary(at).max(self.offset);
        for character in self.text[self.offset..end].chars() {
            if character == '\n' {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
        }
        self.offset = end;
        (self.line, self.column)
    }
}
