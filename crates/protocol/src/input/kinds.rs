//! The kinds of values that fields of inputs have, each with its limits, its reading and its schema together.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use model::Level;
use model::config::{POINTS_MAX, SkillDemand};
use model::id::SkillId;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::tree::{INTEGER_MAX, STRING_SIZE_MAX};
use crate::subject::is_hash;
use crate::text::Id;

/// Counters, sessions and offer numbers: what every JSON reader holds exactly.
pub(super) type Count = Whole<0, INTEGER_MAX>;
pub(super) type Points = Whole<{ -(POINTS_MAX as i64) }, { POINTS_MAX as i64 }>;
pub(super) type SkillLevel = Whole<1, 10>;

/// A whole number within bounds.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Whole<const MIN: i64, const MAX: i64>(i64);

impl<const MIN: i64, const MAX: i64> Whole<MIN, MAX> {
    /// The number as a type that holds all numbers within the bounds.
    pub(super) fn get<N: TryFrom<i64>>(self) -> N {
        N::try_from(self.0).ok().expect("the bounds of the field are within those of its type")
    }
}

impl<'de, const MIN: i64, const MAX: i64> Deserialize<'de> for Whole<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_i64(WholeVisitor::<MIN, MAX>)
    }
}

struct WholeVisitor<const MIN: i64, const MAX: i64>;

impl<const MIN: i64, const MAX: i64> Visitor<'_> for WholeVisitor<MIN, MAX> {
    type Value = Whole<MIN, MAX>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from {MIN} to {MAX}")
    }
    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        if (MIN..=MAX).contains(&number) {
            Ok(Whole(number))
        } else {
            Err(E::custom(format_args!("expected a whole number from {MIN} to {MAX}, found another")))
        }
    }
}

impl<const MIN: i64, const MAX: i64> JsonSchema for Whole<MIN, MAX> {
    fn schema_name() -> Cow<'static, str> {
        format!("Whole_{MIN}_{MAX}").into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": MIN, "maximum": MAX })
    }
}

/// Any text; the limits on its length and its characters hold for every string of an input.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(transparent)]
pub(super) struct Text(pub(super) String);

impl JsonSchema for Text {
    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "At most 1,024 bytes of UTF-8, without NUL.",
            "maxLength": STRING_SIZE_MAX,
            "pattern": "^[^\\u0000]*$",
        })
    }
}

/// A blake3 hash in lower-case hexadecimal.
#[derive(Debug)]
pub(super) struct Hash(pub(super) String);

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if is_hash(&text) {
            Ok(Hash(text))
        } else {
            Err(D::Error::custom("expected a hash of 64 characters, each 0-9 or a-f"))
        }
    }
}

impl JsonSchema for Hash {
    fn schema_name() -> Cow<'static, str> {
        "Hash".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9a-f]{64}$" })
    }
}

/// An array of at most `MAX`.
#[derive(Debug)]
pub(super) struct List<T, const MAX: usize>(pub(super) Vec<T>);

impl<T, const MAX: usize> Default for List<T, MAX> {
    fn default() -> Self {
        List(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for List<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ListVisitor(PhantomData))
    }
}

struct ListVisitor<T, const MAX: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for ListVisitor<T, MAX> {
    type Value = List<T, MAX>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an array of at most {MAX}")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            if list.len() == MAX {
                return Err(A::Error::custom(format_args!("more than {MAX} stand here; leave some out")));
            }
            list.push(item);
        }
        Ok(List(list))
    }
}

impl<T: JsonSchema, const MAX: usize> JsonSchema for List<T, MAX> {
    fn schema_name() -> Cow<'static, str> {
        format!("List_{}_{MAX}", T::schema_name()).into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let items = generator.subschema_for::<T>();
        json_schema!({ "type": "array", "items": items, "maxItems": MAX })
    }
}

/// An object of at most `MAX` entries that the sender names; sorted by name, so that their order does not matter.
#[derive(Debug)]
pub(super) struct Map<K, V, const MAX: usize>(pub(super) Vec<(K, V)>);

impl<K, V, const MAX: usize> Default for Map<K, V, MAX> {
    fn default() -> Self {
        Map(Vec::new())
    }
}

impl<'de, K: Deserialize<'de> + Ord, V: Deserialize<'de>, const MAX: usize> Deserialize<'de>
    for Map<K, V, MAX>
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MapVisitor(PhantomData))
    }
}

struct MapVisitor<K, V, const MAX: usize>(PhantomData<(K, V)>);

impl<'de, K: Deserialize<'de> + Ord, V: Deserialize<'de>, const MAX: usize> Visitor<'de>
    for MapVisitor<K, V, MAX>
{
    type Value = Map<K, V, MAX>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object of at most {MAX} entries")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut map = Vec::with_capacity(entries.size_hint().unwrap_or(0).min(MAX));
        while let Some(entry) = entries.next_entry()? {
            if map.len() == MAX {
                return Err(A::Error::custom(format_args!(
                    "more than {MAX} entries stand here; leave some out"
                )));
            }
            map.push(entry);
        }
        map.sort_unstable_by(|(one, _), (other, _): &(K, V)| one.cmp(other));
        Ok(Map(map))
    }
}

impl<K: JsonSchema, V: JsonSchema, const MAX: usize> JsonSchema for Map<K, V, MAX> {
    fn schema_name() -> Cow<'static, str> {
        format!("Map_{}_{}_{MAX}", K::schema_name(), V::schema_name()).into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (names, values) = (generator.subschema_for::<K>(), generator.subschema_for::<V>());
        json_schema!({
            "type": "object",
            "propertyNames": names,
            "additionalProperties": values,
            "maxProperties": MAX,
        })
    }
}

/// Skills with a level each.
pub(super) type Demands<const MAX: usize> = Map<Id<SkillId>, SkillLevel, MAX>;

impl<const MAX: usize> Demands<MAX> {
    pub(super) fn demands(self) -> Vec<SkillDemand> {
        let demand = |(skill, level): (Id<SkillId>, SkillLevel)| SkillDemand {
            skill: skill.0,
            level: Level::new(level.get()).expect("the bounds of the field are those of a level"),
        };
        self.0.into_iter().map(demand).collect()
    }
}
