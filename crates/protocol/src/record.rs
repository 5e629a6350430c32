//! The journal's records: what one message of `JRN_<shard>` holds.
//!
//! A record is a frame of fixed layout and a body in MessagePack with field names:
//!
//! | bytes | what |
//! |---|---|
//! | 4 | `WSLJ` |
//! | 1 | [`FORMAT`] |
//! | 32 | BLAKE3 of the body |
//! | rest | the body: [`Record`] |
//!
//! The hash in the frame lets one record prove itself, without its neighbours; the next record repeats it in
//! [`Header::prev_hash`], which makes a chain of them ([`crate::chain`]). Field names cost a third of the size and
//! make the body self-describing: a reader of an older build skips fields that it does not know, a reader of a
//! newer build gives a missing field its default. A new kind of [`Body`] or of `Change` cannot be skipped that way,
//! so it is written only when every running node can read it.
//!
//! Decoding is total: any bytes give a record or an error, and allocate in proportion to the bytes given.

use std::fmt;
use std::io;

use model::{Time, Transition};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Version of the frame and of what cannot be skipped in the body.
pub const FORMAT: u8 = 1;

/// A group of decisions is closed when its transitions reach this size. At 256 KiB the fixed cost of a publish
/// (a round trip and a sync) is below a tenth of the cost of moving the bytes, so a larger group gains nothing and
/// holds its first decision back for longer.
pub const COMMIT_BYTES_TARGET: usize = 256 * 1024;

/// No record is larger. The server takes 1 MiB per message with its headers by default; a record is one message,
/// and a single input whose decisions outgrow [`COMMIT_BYTES_TARGET`] (a configuration of thousands of queues, the
/// sign-out of an agent with hundreds of contacts) must still fit, because a group is never torn: see
/// [`STEP_BYTES_MAX`].
pub const RECORD_BYTES_MAX: usize = 1000 * 1024;

/// What the engine decides in one call may take this much: it may meet a group that is just short of
/// [`COMMIT_BYTES_TARGET`], and the rest of a record, with as many [`LostInputs`] as a group has inputs, takes
/// 16 KiB. [`crate::config::ENCODED_SIZE_MAX`] and [`model::agent::AGENT_HOLDS_MAX`] keep each input and each timer to it.
pub const STEP_BYTES_MAX: usize = RECORD_BYTES_MAX - COMMIT_BYTES_TARGET - 16 * 1024;

const RECORD_MAGIC: [u8; 4] = *b"WSLJ";
const FRAME_BYTES: usize = 4 + 1 + 32;

/// BLAKE3 of something.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// Stands before the first record.
    pub const ZERO: Hash = Hash([0; 32]);

    pub fn of(bytes: &[u8]) -> Hash {
        Hash(*blake3::hash(bytes).as_bytes())
    }
}

/// One record of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub header: Header,
    /// The owner's time for everything in this record; never before that of an earlier record.
    pub now: Time,
    pub body: Body,
}

/// The record's place in the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The ownership under which it was written; counts from 1 and only grows.
    pub epoch: u64,
    /// Counts every record from 1, across epochs, without a gap.
    pub commit_no: u64,
    /// [`Hash::ZERO`] in the first record.
    pub prev_hash: Hash,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    EpochOpened(EpochOpened),
    Commit(Commit),
    Trying(Trying),
    Released(Released),
}

/// An ownership begins. What an older owner still sends cannot be appended after this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EpochOpened {
    /// Who owns the shard from here.
    pub node: String,
    /// Drawn anew for each start of a shard: tells two owners apart, should the journal lose its end and grant a number twice.
    pub nonce: u128,
    /// The ingest stream whose sequences `ingest_position` counts.
    pub ingest: IngestIdentity,
    /// A person said to go on although that stream lost inputs, or is another one than before; nearly always nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rebased: Option<Rebased>,
}

/// Reading of the ingest stream goes on from elsewhere than where it stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rebased {
    /// Every ingest sequence up to here counts as decided. What is read a second time from here changes nothing.
    pub position: u64,
}

/// Tells a stream from another one of the same name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IngestIdentity {
    pub stream: String,
    /// When the server created it, in nanoseconds since 1970.
    pub created_ns: u64,
    /// Given by us at creation, kept in the stream's metadata.
    pub uuid: String,
}

/// A group of decisions, with the inputs that caused them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// Every ingest sequence up to here has had its effect.
    pub ingest_position: u64,
    /// When the server stored the input at that position. A stream that lost its end gives its sequences out again; another
    /// stamp at the same position tells so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ingest_stamp: Option<Time>,
    /// Every output of the records up to this `commit_no` has been sent; a new owner sends those of the later ones.
    pub published_through: u64,
    /// Ingest sequences in this group's range that the stream no longer holds; nearly always none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<LostInputs>,
    pub transitions: Vec<Transition>,
}

/// A gap in the ingest stream: acknowledged inputs that were gone before they were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LostInputs {
    pub first: u64,
    pub last: u64,
}

/// The input at this position is about to be decided. Unanswered by a commit, it is taken to have crashed the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trying {
    pub position: u64,
}

/// The owner left in good order; the next one need not look for an input that crashed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Released {
    /// As in [`Commit`].
    pub published_through: u64,
}

/// A record's bytes, and the hash that the next record repeats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    pub bytes: Vec<u8>,
    pub hash: Hash,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    #[error("a record has at most {RECORD_BYTES_MAX} bytes, this one has {bytes}")]
    TooLarge { bytes: usize },
    #[error("the record cannot be encoded: {0}")]
    Body(String),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    #[error("{bytes} bytes are too few for a frame of {FRAME_BYTES}")]
    TooShort { bytes: usize },
    #[error("{bytes} bytes are more than the {limit} allowed")]
    TooLarge { bytes: usize, limit: usize },
    #[error("it begins with {0:02x?}, which is not our mark")]
    Magic([u8; 4]),
    #[error("format {0} is unknown to this build, which reads {FORMAT}")]
    Format(u8),
    #[error("the body hashes to {found}, the frame says {expected}")]
    Hash { expected: Hash, found: Hash },
    #[error("the body cannot be read: {0}")]
    Body(String),
    #[error("{0} bytes follow the body")]
    Trailing(u64),
}

pub fn encode(record: &Record) -> Result<Encoded, EncodeError> {
    let encoded = encode_frame(RECORD_MAGIC, record).map_err(EncodeError::Body)?;
    if encoded.bytes.len() > RECORD_BYTES_MAX {
        return Err(EncodeError::TooLarge { bytes: encoded.bytes.len() });
    }
    Ok(encoded)
}

/// The record and its hash.
pub fn decode(bytes: &[u8]) -> Result<(Record, Hash), DecodeError> {
    decode_frame(RECORD_MAGIC, RECORD_BYTES_MAX, bytes)
}

/// What the transition adds to a record's size. A transition that cannot be encoded counts as too large for any.
pub fn transition_bytes(transition: &Transition) -> usize {
    encoded_bytes(transition)
}

pub(crate) fn encoded_bytes(value: &impl Serialize) -> usize {
    let mut count = Count(0);
    match rmp_serde::encode::write_named(&mut count, value) {
        Ok(()) => count.0,
        Err(_) => usize::MAX,
    }
}

pub(crate) fn encode_frame<T: Serialize>(magic: [u8; 4], body: &T) -> Result<Encoded, String> {
    let mut bytes = Vec::with_capacity(FRAME_BYTES + 256);
    bytes.extend_from_slice(&magic);
    bytes.push(FORMAT);
    bytes.extend_from_slice(&Hash::ZERO.0);
    rmp_serde::encode::write_named(&mut bytes, body).map_err(|error| error.to_string())?;
    let hash = Hash::of(&bytes[FRAME_BYTES..]);
    bytes[5..FRAME_BYTES].copy_from_slice(&hash.0);
    Ok(Encoded { bytes, hash })
}

pub(crate) fn decode_frame<T: DeserializeOwned>(
    magic: [u8; 4],
    limit: usize,
    bytes: &[u8],
) -> Result<(T, Hash), DecodeError> {
    if bytes.len() > limit {
        return Err(DecodeError::TooLarge { bytes: bytes.len(), limit });
    }
    let Some((frame, body)) = bytes.split_first_chunk::<FRAME_BYTES>() else {
        return Err(DecodeError::TooShort { bytes: bytes.len() });
    };
    let [m0, m1, m2, m3, format, expected @ ..] = *frame;
    if [m0, m1, m2, m3] != magic {
        return Err(DecodeError::Magic([m0, m1, m2, m3]));
    }
    if !(1..=FORMAT).contains(&format) {
        return Err(DecodeError::Format(format));
    }
    let (expected, found) = (Hash(expected), Hash::of(body));
    if expected != found {
        return Err(DecodeError::Hash { expected, found });
    }
    Ok((decode_body(body)?, found))
}

/// Exactly one value, with nothing behind it.
pub(crate) fn decode_body<T: DeserializeOwned>(body: &[u8]) -> Result<T, DecodeError> {
    let mut deserializer = rmp_serde::Deserializer::new(io::Cursor::new(body));
    let value = T::deserialize(&mut deserializer).map_err(|error| DecodeError::Body(error.to_string()))?;
    match (body.len() as u64).saturating_sub(deserializer.position()) {
        0 => Ok(value),
        trailing => Err(DecodeError::Trailing(trailing)),
    }
}

struct Count(usize);

impl io::Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The first bytes suffice to tell hashes apart where people read.
impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0[..4].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct HashVisitor;
        impl serde::de::Visitor<'_> for HashVisitor {
            type Value = Hash;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a hash of 32 bytes")
            }
            fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Hash, E> {
                bytes.try_into().map(Hash).map_err(|_| E::invalid_length(bytes.len(), &self))
            }
        }
        deserializer.deserialize_bytes(HashVisitor)
    }
}

#[cfg(test)]
#[path = "record_tests.rs"]
pub(crate) mod tests;
