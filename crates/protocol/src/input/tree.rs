//! JSON read once into a small tree, with the limits of inputs checked while reading.
//!
//! `serde_json::Value` would take any depth up to 128, any number of keys, and keep the last of two equal keys; a
//! derive straight over the text could not say that a body is too deep before it is not JSON at all. The tree
//! borrows what has no escapes, and a body is at most 16 KiB, so it stays small whatever the sender does.

use std::borrow::Cow;
use std::fmt::{self, Write};

use model::Refusal;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::Refused;

/// Largest body, in bytes.
pub const BODY_SIZE_MAX: usize = 16 * 1024;
/// Deepest nesting; the body itself is the first level.
pub const DEPTH_MAX: usize = 16;
/// Most keys of all objects together.
pub const KEYS_MAX: usize = 256;
/// Longest string or key, in bytes of UTF-8.
pub const STRING_SIZE_MAX: usize = 1024;
/// Whole numbers beyond this are not the same in every JSON reader.
pub(super) const INTEGER_MAX: i64 = (1 << 53) - 1;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value<'a> {
    Null,
    Bool(bool),
    /// Within ±[`INTEGER_MAX`]; `3.0` and `3e0` are 3.
    Integer(i64),
    /// Any other number; no field takes one.
    OtherNumber,
    Text(Cow<'a, str>),
    Array(Vec<Value<'a>>),
    Object(Entries<'a>),
}

pub(super) type Entries<'a> = Vec<(Cow<'a, str>, Value<'a>)>;

/// The body's own object. It is JSON, within limits, and has no key twice.
pub(super) fn parse(bytes: &[u8]) -> Result<Entries<'_>, Refused> {
    if bytes.len() > BODY_SIZE_MAX {
        let detail = format!(
            "the body has {} bytes, at most {BODY_SIZE_MAX} are taken; send a reference in place of the content",
            bytes.len()
        );
        return Err(Refused::new(Refusal::TooLarge, detail));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let detail = format!("byte {} of the body is not valid UTF-8; send UTF-8", error.valid_up_to() + 1);
        Refused::new(Refusal::NotUtf8, detail)
    })?;
    if text.starts_with('\u{feff}') {
        let detail = "$: the body begins with a byte order mark; send it without";
        return Err(Refused::new(Refusal::NotJson, detail));
    }
    let value = read(text)?;
    let mut path = Vec::new();
    if has_key_twice(&value, &mut path) {
        path.reverse();
        let detail = format!("{} stands twice; give each key once", show_path(&path));
        return Err(Refused::new(Refusal::DuplicateKey, detail));
    }
    let found = value.kind();
    let Value::Object(entries) = value else {
        let detail = format!("the body is {found}, expected an object: {{\"type\": ...}}");
        return Err(Refused::new(Refusal::BadField, detail));
    };
    Ok(entries)
}

fn read(text: &str) -> Result<Value<'_>, Refused> {
    let mut guard = Guard { keys: 0, path: Vec::new(), problem: None };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = Seed { guard: &mut guard, depth: 1 }.deserialize(&mut deserializer);
    read.and_then(|value| deserializer.end().map(|()| value)).map_err(|error| {
        let (reason, problem) = match guard.problem {
            Some(problem) => (Refusal::TooLarge, problem),
            None => (Refusal::NotJson, format!("{error}; the body is one JSON object")),
        };
        Refused::new(reason, format!("{}: {problem}", show_path(&guard.path)))
    })
}

/// Leaves the path of the second one, innermost first.
fn has_key_twice(value: &Value<'_>, path: &mut Vec<Segment>) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::OtherNumber | Value::Text(_) => false,
        Value::Array(items) => items.iter().enumerate().any(|(index, item)| {
            let found = has_key_twice(item, path);
            if found {
                path.insert(0, Segment::Index(index));
            }
            found
        }),
        Value::Object(entries) => {
            if let Some(key) = repeated_key(entries) {
                path.push(Segment::key(key));
                return true;
            }
            entries.iter().any(|(key, item)| {
                let found = has_key_twice(item, path);
                if found {
                    path.insert(0, Segment::key(key));
                }
                found
            })
        }
    }
}

fn repeated_key<'e>(entries: &'e Entries<'_>) -> Option<&'e str> {
    // Comparing all pairs is quicker than sorting for the sizes that honest bodies have.
    if entries.len() <= 16 {
        let is_repeated = |(at, (key, _)): &(usize, &(Cow<'_, str>, Value<'_>))| {
            entries[..*at].iter().any(|(earlier, _)| earlier == key)
        };
        return entries.iter().enumerate().find(is_repeated).map(|(_, (key, _))| key.as_ref());
    }
    let mut keys: Vec<&str> = entries.iter().map(|(key, _)| key.as_ref()).collect();
    keys.sort_unstable();
    keys.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
}

impl Value<'_> {
    /// For messages: what it is, without what it says.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "true or false",
            Value::Integer(_) => "a whole number",
            Value::OtherNumber => "a number with a fraction or beyond 2^53",
            Value::Text(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        }
    }
}

/// A step on the way to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Segment {
    Key(String),
    Index(usize),
}

impl Segment {
    pub(super) fn key(key: &str) -> Segment {
        // A path is for people; nobody reads more of a key than this.
        Segment::Key(key.chars().take(64).collect())
    }
}

/// `$.skills.dutch`, from a path with the innermost step first.
pub(super) fn show_path(path: &[Segment]) -> String {
    let mut text = String::from("$");
    for segment in path.iter().rev() {
        let written = match segment {
            Segment::Key(key) if key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') => {
                write!(text, ".{key}")
            }
            Segment::Key(key) => write!(text, "[{key:?}]"),
            Segment::Index(index) => write!(text, "[{index}]"),
        };
        written.expect("a string takes any text");
    }
    text
}

/// What has been met so far, and where a refusal arose.
struct Guard {
    keys: usize,
    /// Filled on the way out of a refused value, innermost first.
    path: Vec<Segment>,
    /// A limit that was exceeded; nothing when the text is not JSON.
    problem: Option<String>,
}

impl Guard {
    fn refuse<E: Error>(&mut self, problem: String) -> E {
        self.problem = Some(problem);
        E::custom("a limit is exceeded")
    }

    fn check_string<E: Error>(&mut self, text: &str) -> Result<(), E> {
        if text.len() > STRING_SIZE_MAX {
            let problem =
                format!("a string has {} bytes, at most {STRING_SIZE_MAX} are taken; shorten it", text.len());
            return Err(self.refuse(problem));
        }
        Ok(())
    }

    fn check_depth<E: Error>(&mut self, depth: usize) -> Result<(), E> {
        if depth > DEPTH_MAX {
            return Err(self.refuse(format!("nested deeper than {DEPTH_MAX} levels; flatten it")));
        }
        Ok(())
    }
}

struct Seed<'g> {
    guard: &'g mut Guard,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value<'de>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_unit<E: Error>(self) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E: Error>(self, value: bool) -> Result<Value<'de>, E> {
        Ok(Value::Bool(value))
    }
    fn visit_u64<E: Error>(self, value: u64) -> Result<Value<'de>, E> {
        Ok(i64::try_from(value).map_or(Value::OtherNumber, integer))
    }
    fn visit_i64<E: Error>(self, value: i64) -> Result<Value<'de>, E> {
        Ok(integer(value))
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<Value<'de>, E> {
        let is_whole = value.fract() == 0.0 && value.abs() <= INTEGER_MAX as f64;
        Ok(if is_whole { Value::Integer(value as i64) } else { Value::OtherNumber })
    }
    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Value<'de>, E> {
        self.guard.check_string(text)?;
        Ok(Value::Text(Cow::Borrowed(text)))
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Value<'de>, E> {
        self.guard.check_string(text)?;
        Ok(Value::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value<'de>, A::Error> {
        self.guard.check_depth(self.depth)?;
        let mut array = Vec::new();
        loop {
            match items.next_element_seed(Seed { guard: &mut *self.guard, depth: self.depth + 1 }) {
                Ok(Some(item)) => array.push(item),
                Ok(None) => return Ok(Value::Array(array)),
                Err(error) => {
                    self.guard.path.push(Segment::Index(array.len()));
                    return Err(error);
                }
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value<'de>, A::Error> {
        self.guard.check_depth(self.depth)?;
        let mut object = Vec::with_capacity(8);
        while let Some(key) = entries.next_key_seed(KeySeed { guard: &mut *self.guard })? {
            let seed = Seed { guard: &mut *self.guard, depth: self.depth + 1 };
            match entries.next_value_seed(seed) {
                Ok(value) => object.push((key, value)),
                Err(error) => {
                    self.guard.path.push(Segment::key(&key));
                    return Err(error);
                }
            }
        }
        Ok(Value::Object(object))
    }
}

fn integer<'a>(value: i64) -> Value<'a> {
    if (-INTEGER_MAX..=INTEGER_MAX).contains(&value) { Value::Integer(value) } else { Value::OtherNumber }
}

struct KeySeed<'g> {
    guard: &'g mut Guard,
}

impl<'de> DeserializeSeed<'de> for KeySeed<'_> {
    type Value = Cow<'de, str>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for KeySeed<'_> {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }
    fn visit_borrowed_str<E: Error>(self, key: &'de str) -> Result<Cow<'de, str>, E> {
        self.count(key)?;
        Ok(Cow::Borrowed(key))
    }
    fn visit_str<E: Error>(self, key: &str) -> Result<Cow<'de, str>, E> {
        self.count(key)?;
        Ok(Cow::Owned(key.to_owned()))
    }
}

impl KeySeed<'_> {
    fn count<E: Error>(self, key: &str) -> Result<(), E> {
        self.guard.keys += 1;
        if self.guard.keys > KEYS_MAX {
            return Err(self.guard.refuse(format!("more than {KEYS_MAX} keys in all; send fewer")));
        }
        self.guard.check_string(key)
    }
}
