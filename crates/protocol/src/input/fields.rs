//! Lets serde take a [`Value`] apart, and says where it stood when something did not fit.
//!
//! serde's own error is a sentence; a sender needs the path, the fields that exist and the one that was
//! probably meant. A refused value is never repeated in the message: it may be personal.

use std::borrow::Cow;
use std::fmt::{self, Display};

use serde::de::value::CowStrDeserializer;
use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, Expected, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::tree::{Entries, Segment, Value, show_path};
use crate::text::nearest;

/// Reads a `T` from an object's entries.
pub(super) fn take<'a, T: de::Deserialize<'a>>(entries: Entries<'a>) -> Result<T, FieldError> {
    T::deserialize(Value::Object(entries))
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FieldError {
    /// Innermost first.
    path: Vec<Segment>,
    problem: Problem,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Problem {
    Sentence(String),
    /// Kept apart: the names that are valid for every input are known only further out.
    UnknownField {
        field: String,
        valid: &'static [&'static str],
    },
}

impl FieldError {
    /// `common`: fields that may stand in the body beside those of its type.
    pub(super) fn detail(&self, common: &[&str]) -> String {
        let path = show_path(&self.path);
        match &self.problem {
            Problem::Sentence(sentence) => format!("{path}: {sentence}"),
            Problem::UnknownField { field, valid } => {
                let names = || valid.iter().chain(common.iter().filter(|_| self.path.is_empty())).copied();
                let shown: String = field.chars().take(64).collect();
                match nearest(field, names()) {
                    Some(near) => format!("{path}: there is no field {shown:?}; did you mean {near:?}?"),
                    None => format!("{path}: there is no field {shown:?}; there are {}", list(names())),
                }
            }
        }
    }

    fn within(mut self, segment: Segment) -> FieldError {
        self.path.push(segment);
        self
    }

    fn sentence(sentence: String) -> FieldError {
        FieldError { path: Vec::new(), problem: Problem::Sentence(sentence) }
    }
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")
}

impl Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail(&[]))
    }
}

impl std::error::Error for FieldError {}

impl de::Error for FieldError {
    fn custom<T: Display>(message: T) -> FieldError {
        FieldError::sentence(message.to_string())
    }
    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> FieldError {
        FieldError::sentence(format!("expected {expected}, found {}", kind(&found)))
    }
    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> FieldError {
        Self::invalid_type(found, expected)
    }
    fn invalid_length(length: usize, expected: &dyn Expected) -> FieldError {
        FieldError::sentence(format!("expected {expected}, found {length}"))
    }
    fn unknown_variant(variant: &str, valid: &'static [&'static str]) -> FieldError {
        let valid = valid.iter().copied();
        FieldError::sentence(match nearest(variant, valid.clone()) {
            Some(near) => format!("no such choice; did you mean {near:?}?"),
            None => format!("expected one of {}", list(valid)),
        })
    }
    fn unknown_field(field: &str, valid: &'static [&'static str]) -> FieldError {
        FieldError { path: Vec::new(), problem: Problem::UnknownField { field: field.to_owned(), valid } }
    }
    fn missing_field(field: &'static str) -> FieldError {
        FieldError::sentence(format!("the field {field:?} is missing; add it"))
    }
    fn duplicate_field(field: &'static str) -> FieldError {
        FieldError::sentence(format!("the field {field:?} stands twice; give it once"))
    }
}

/// What was found, without what it says.
fn kind(found: &Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "true or false",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "a whole number",
        Unexpected::Float(_) => "a number with a fraction or beyond 2^53",
        Unexpected::Str(_) => "a string",
        Unexpected::Unit | Unexpected::Option => "null",
        Unexpected::Seq => "an array",
        Unexpected::Map => "an object",
        // Kinds that no JSON has.
        Unexpected::Char(_)
        | Unexpected::Bytes(_)
        | Unexpected::NewtypeStruct
        | Unexpected::Enum
        | Unexpected::UnitVariant
        | Unexpected::NewtypeVariant
        | Unexpected::TupleVariant
        | Unexpected::StructVariant
        | Unexpected::Other(_) => "something else",
    }
}

impl<'de> Deserializer<'de> for Value<'de> {
    type Error = FieldError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        match self {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Integer(value) => visitor.visit_i64(value),
            // Serde has no word for a number that no field takes; any fraction makes it say what was expected.
            Value::OtherNumber => visitor.visit_f64(0.5),
            Value::Text(text) => {
                check_text(&text)?;
                match text {
                    Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
                    Cow::Owned(text) => visitor.visit_string(text),
                }
            }
            Value::Array(items) => visitor.visit_seq(Items { items: items.into_iter(), index: 0 }),
            Value::Object(entries) => {
                visitor.visit_map(Fields { entries: entries.into_iter(), pending: None })
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        if self == Value::Null { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, FieldError> {
        visitor.visit_newtype_struct(self)
    }

    /// serde's derive would also read a struct from an array, field by field; no sender means that.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, FieldError> {
        match self {
            Value::Object(_) => self.deserialize_any(visitor),
            Value::Null
            | Value::Bool(_)
            | Value::Integer(_)
            | Value::OtherNumber
            | Value::Text(_)
            | Value::Array(_) => {
                Err(FieldError::sentence(format!("expected an object, found {}", self.kind())))
            }
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, FieldError> {
        let found = self.kind();
        if let Value::Text(name) = self {
            return visitor.visit_enum(Choice { name, value: None });
        }
        if let Value::Object(mut entries) = self
            && entries.len() == 1
        {
            let (name, value) = entries.swap_remove(0);
            return visitor.visit_enum(Choice { name, value: Some(value) });
        }
        let names = list(variants.iter().copied());
        Err(FieldError::sentence(format!("expected one of {names}, found {found}")))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map identifier ignored_any
    }
}

/// NUL ends a string in too many places that a value may reach.
fn check_text(text: &str) -> Result<(), FieldError> {
    match text.bytes().position(|byte| byte == 0) {
        Some(at) => Err(FieldError::sentence(format!("byte {} is NUL; leave it out", at + 1))),
        None => Ok(()),
    }
}

struct Items<'a> {
    items: std::vec::IntoIter<Value<'a>>,
    index: usize,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = FieldError;
    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, FieldError> {
        let Some(item) = self.items.next() else { return Ok(None) };
        let index = self.index;
        self.index += 1;
        seed.deserialize(item).map(Some).map_err(|error| error.within(Segment::Index(index)))
    }
    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

struct Fields<'a> {
    entries: std::vec::IntoIter<(Cow<'a, str>, Value<'a>)>,
    /// The entry whose key was read last.
    pending: Option<(Cow<'a, str>, Value<'a>)>,
}

impl<'de> MapAccess<'de> for Fields<'de> {
    type Error = FieldError;
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, FieldError> {
        let Some((key, value)) = self.entries.next() else { return Ok(None) };
        check_text(&key)?;
        let deserializer: CowStrDeserializer<'_, FieldError> = Cow::Borrowed(&*key).into_deserializer();
        let field = seed.deserialize(deserializer)?;
        self.pending = Some((key, value));
        Ok(Some(field))
    }
    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, FieldError> {
        let (key, value) = self.pending.take().expect("serde asks for a value after its key");
        seed.deserialize(value).map_err(|error| error.within(Segment::key(&key)))
    }
    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}

/// `"name"` or `{"name": value}`.
struct Choice<'a> {
    name: Cow<'a, str>,
    value: Option<Value<'a>>,
}

impl<'de> EnumAccess<'de> for Choice<'de> {
    type Error = FieldError;
    type Variant = Choice<'de>;
    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), FieldError> {
        let deserializer: CowStrDeserializer<'_, FieldError> = Cow::Borrowed(&*self.name).into_deserializer();
        let variant = seed.deserialize(deserializer)?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for Choice<'de> {
    type Error = FieldError;
    fn unit_variant(self) -> Result<(), FieldError> {
        match self.value {
            None => Ok(()),
            Some(_) => Err(FieldError::sentence(format!("expected the string {:?} alone", self.name))),
        }
    }
    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, FieldError> {
        match self.value {
            Some(value) => seed.deserialize(value).map_err(|error| error.within(Segment::key(&self.name))),
            None => Err(FieldError::sentence(format!("expected an object: {{{:?}: ...}}", self.name))),
        }
    }
    fn tuple_variant<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value, FieldError> {
        self.newtype_variant_seed(Through(visitor))
    }
    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, FieldError> {
        self.newtype_variant_seed(Through(visitor))
    }
}

/// A visitor as a seed, for variants with several fields.
struct Through<V>(V);

impl<'de, V: Visitor<'de>> DeserializeSeed<'de> for Through<V> {
    type Value = V::Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        deserializer.deserialize_any(self.0)
    }
}
