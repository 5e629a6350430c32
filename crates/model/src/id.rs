//! Names that people choose, and numbers that the engine gives.
//!
//! A text id is `[A-Za-z0-9_-]{1,64}`: it can stand as one token of a NATS subject, so it can never smuggle
//! in a dot or a wildcard. A number is dense and belongs to one tenant; it is given by a journaled decision,
//! so every reader of the journal knows it by the same number.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Longest text id; it is a subject token and stands in every output, so it stays short.
pub const ID_LENGTH_MAX: usize = 64;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdError {
    Empty,
    TooLong { length: usize },
    Character { position: usize, character: char },
}

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IdError::Empty => write!(f, "an id may not be empty"),
            IdError::TooLong { length } => {
                write!(f, "an id has at most {ID_LENGTH_MAX} characters, this one has {length}")
            }
            IdError::Character { position, character } => write!(
                f,
                "an id consists of A-Z a-z 0-9 _ and -, but character {} is {character:?}",
                position + 1
            ),
        }
    }
}

impl std::error::Error for IdError {}

fn check_id(text: &str) -> Result<(), IdError> {
    if text.is_empty() {
        return Err(IdError::Empty);
    }
    for (position, character) in text.chars().enumerate() {
        if !(character.is_ascii_alphanumeric() || character == '_' || character == '-') {
            return Err(IdError::Character { position, character });
        }
    }
    if text.len() > ID_LENGTH_MAX {
        return Err(IdError::TooLong { length: text.len() });
    }
    Ok(())
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            pub fn new(text: &str) -> Result<Self, IdError> {
                check_id(text)?;
                Ok(Self(Arc::from(text)))
            }
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                Self::new(&text)
            }
        }
        impl std::str::FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::new(text)
            }
        }
        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0.as_ref().to_owned()
            }
        }
        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }
    };
}

text_id!(
    /// One organisation.
    TenantId
);
text_id!(
    /// One customer request, named by whoever created it; unique within its tenant for the idempotence horizon.
    ContactId
);
text_id!(
    /// A set of tenants with one journal, as its streams name it.
    ShardId
);
text_id!(
    /// A person or a bot that handles contacts.
    AgentId
);
text_id!(
    /// Waiting contacts that share routing settings.
    QueueId
);
text_id!(
    /// A medium.
    ChannelId
);
text_id!(
    /// Something an agent can do.
    SkillId
);
text_id!(
    /// A place where agents sit and customers come to.
    SiteId
);
text_id!(
    /// When an organisation is open.
    CalendarId
);
text_id!(
    /// Why an agent takes no work ("break", "no_answer").
    AuxReason
);
text_id!(
    /// A rule of classification, or of overflow.
    RuleName
);
text_id!(
    /// An opaque reference to a customer; never a name or an address.
    CustomerRef
);
text_id!(
    /// What a customer's contacts are about, as the organisation calls it: a case, an order.
    MatterRef
);

macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl $name {
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    };
}

number!(
    /// A tenant within its shard, in the order in which the shard first met it.
    TenantNo(u32)
);
number!(
    /// An agent of the roster, in the order in which it was put there. Ties between agents go to the lowest.
    AgentNo(u32)
);
number!(SkillNo(u16));
number!(SiteNo(u16));
number!(ChannelNo(u8));
number!(QueueNo(u16));
number!(
    /// A distinct (queue, channel, site, ageing rate, requirement, pressure) that contacts have asked for.
    ProfileNo(u32)
);
number!(
    /// One offer; the numbers of a tenant only grow.
    OfferNo(u64)
);

/// A contact that is open: the count of its arrival above, the place it occupies below.
///
/// Arrival counts only grow, so a number is never given twice and numbers sort by arrival; the place makes
/// finding the contact an index, not a look-up.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ContactNo(pub u64);

impl ContactNo {
    /// 16.7 million contacts may be open at once in one tenant.
    pub const PLACE_BITS: u32 = 24;
    pub const PLACES: usize = 1 << Self::PLACE_BITS;

    pub fn new(arrival_count: u64, place: u32) -> Self {
        debug_assert!((place as usize) < Self::PLACES);
        Self(arrival_count << Self::PLACE_BITS | u64::from(place))
    }
    pub fn place(self) -> u32 {
        (self.0 & ((1 << Self::PLACE_BITS) - 1)) as u32
    }
    pub fn arrival_count(self) -> u64 {
        self.0 >> Self::PLACE_BITS
    }
}

impl fmt::Debug for ContactNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.arrival_count(), self.place())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_one_subject_token() {
        assert!(ContactId::new("call-17_A").is_ok());
        assert_eq!(ContactId::new(""), Err(IdError::Empty));
        assert_eq!(ContactId::new("a.b"), Err(IdError::Character { position: 1, character: '.' }));
        assert_eq!(ContactId::new("*"), Err(IdError::Character { position: 0, character: '*' }));
        assert_eq!(ContactId::new(&"x".repeat(65)), Err(IdError::TooLong { length: 65 }));
    }

    #[test]
    fn a_contact_number_holds_its_place_and_sorts_by_arrival() {
        let first = ContactNo::new(7, 900);
        let second = ContactNo::new(8, 3);
        assert_eq!((first.arrival_count(), first.place()), (7, 900));
        assert!(first < second);
    }
}
