//! Rules of classification: conditions over what a producer says of a contact, and what follows from them.
//!
//! Which rule decides, and what it decides, is said by `crates/engine/ROUTING.md`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::config::SkillDemand;
use crate::id::{ChannelId, QueueId, RuleName};

/// Most rules of one tenant; each arrival goes through them until one matches.
pub const RULES_MAX: usize = 256;
/// Most conditions of one rule.
pub const CONDITIONS_MAX: usize = 16;
/// Most values of one `in` or `not_in`.
pub const VALUES_MAX: usize = 256;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    pub name: RuleName,
    pub when: When,
    /// Where the contact goes; absent: the rule says nothing of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<QueueId>,
    /// Added to the contact's own.
    #[serde(default)]
    pub points: i32,
    /// Required beside the contact's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skills: Vec<SkillDemand>,
    /// The contact asks for a person.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub person: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Each must hold; of none, always.
    All(Vec<Condition>),
    /// One must hold.
    Any(Vec<Condition>),
}

/// The kinds of values are those of the fields, so that a condition that means nothing cannot be written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    Channel(Among<ChannelId>),
    /// As the producer named it.
    Queue(Among<QueueId>),
    QueueNamed(bool),
    Customer(Test),
    Attribute {
        name: String,
        test: Test,
    },
}

/// A name is one of these, or, with `not`, none of them; what is absent is none of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Among<T> {
    pub not: bool,
    pub names: Vec<T>,
}

/// Of a text that may be absent. What is absent is none of any values; otherwise nothing but `Exists(false)` holds of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    Among(Among<String>),
    /// Both hold of numbers alone.
    AtLeast(Decimal),
    AtMost(Decimal),
    StartsWith(String),
    Contains(String),
    Exists(bool),
}

/// What the rules made of a contact: kept with it, whatever becomes of the rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Classified {
    /// The rule that decided; nothing when none matched and the contact went to the default queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleName>,
    /// Where it was sent.
    pub queue: QueueId,
    /// The rule's, beside the contact's own.
    #[serde(default)]
    pub points: i32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skills: Vec<SkillDemand>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub person: bool,
}

impl Rule {
    pub fn conditions(&self) -> &[Condition] {
        match &self.when {
            When::All(conditions) | When::Any(conditions) => conditions,
        }
    }

    /// Whether its queue is meant for contacts whose producer named one, too.
    pub fn asks_for_queue(&self) -> bool {
        self.conditions()
            .iter()
            .any(|condition| matches!(condition, Condition::Queue(_) | Condition::QueueNamed(_)))
    }
}

/// A number with up to 18 digits on either side of the point, exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Decimal(i128);

const DIGITS_MAX: usize = 18;
const ONE: i128 = 10_i128.pow(DIGITS_MAX as u32);

impl Decimal {
    /// Nothing for what is not `-`, digits, and perhaps a point with digits behind it.
    pub fn parse(text: &str) -> Option<Decimal> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = match digits.split_once('.') {
            Some((_, "")) => return None,
            Some(parts) => parts,
            None => (digits, ""),
        };
        let whole = number(whole).filter(|_| !whole.is_empty())?;
        let scale = 10_u64.pow((DIGITS_MAX - fraction.len().min(DIGITS_MAX)) as u32);
        let size = i128::from(whole) * ONE + i128::from(number(fraction)? * scale);
        Some(Decimal(if digits.len() < text.len() { -size } else { size }))
    }
}

fn number(digits: &str) -> Option<u64> {
    if digits.len() > DIGITS_MAX {
        return None;
    }
    digits
        .bytes()
        .try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + u64::from(digit - b'0')))
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, size) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        let one = ONE.unsigned_abs();
        write!(f, "{sign}{}", size / one)?;
        let fraction = format!("{:018}", size % one);
        match fraction.trim_end_matches('0') {
            "" => Ok(()),
            fraction => write!(f, ".{fraction}"),
        }
    }
}

impl TryFrom<String> for Decimal {
    type Error = String;
    fn try_from(text: String) -> Result<Decimal, String> {
        Decimal::parse(&text)
            .ok_or_else(|| format!("{text:?} is not a number with at most 18 digits on either side"))
    }
}

impl From<Decimal> for String {
    fn from(number: Decimal) -> String {
        number.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_exact() {
        let number = |text| Decimal::parse(text).expect(text);
        for pair in [
            ["-2", "-1.5"],
            ["-0.000000000000000001", "0"],
            ["0.1", "0.10000000000000001"],
            ["9", "10"],
            ["999999999999999999", "999999999999999999.000000000000000001"],
        ] {
            assert!(number(pair[0]) < number(pair[1]), "{pair:?}");
        }
        assert_eq!(number("-0"), number("0.00"));
        assert_eq!(number("007.50"), number("7.5"));
    }

    #[test]
    fn what_is_read_is_shown() {
        for text in
            ["0", "-1", "1000", "12.5", "-0.000000000000000001", "999999999999999999.999999999999999999"]
        {
            assert_eq!(Decimal::parse(text).expect(text).to_string(), text);
        }
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in [
            "",
            "-",
            ".5",
            "5.",
            "+1",
            "1e3",
            "1 ",
            "1_000",
            "1,5",
            "--1",
            "٣",
            "nan",
            "1.2.3",
            "1000000000000000000",
            "0.0000000000000000001",
        ] {
            assert_eq!(Decimal::parse(text), None, "{text:?}");
        }
    }
}
