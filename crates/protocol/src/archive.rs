//! Archived journals: what one file of `wissel archive` holds.
//!
//! A segment is a part of one journal without a gap: its records as the stream held them, void ones too, and what the
//! chain was before and after them. So a segment proves itself without its neighbours, and two that follow one another
//! prove that nothing lay between them.
//!
//! | bytes | what |
//! |---|---|
//! | 4 | `WSLA` |
//! | 1 | [`FORMAT`] |
//! | 4 | length of the header |
//! | that | the header: [`Header`] as JSON |
//! | for each record: 8 | its sequence in the stream |
//! | 8 | when the server stored it, in milliseconds since 1970 |
//! | 4 | its length |
//! | that | its bytes, as in [`crate::record`] |
//! | 32 | BLAKE3 of everything before it |
//!
//! Numbers are big endian. A reader of an older build skips fields of the header that it does not know.
//!
//! [`Writer`] is the only one who makes segments, and takes nothing but what continues the chain. Decoding is total: any
//! bytes give a segment or an error with its place, and allocate in proportion to the bytes given.

use model::Time;
use serde::{Deserialize, Serialize};

use crate::chain::{ChainError, ChainHead, ChainReader};
use crate::record::{self, DecodeError, Hash};

/// Version of the layout.
pub const FORMAT: u8 = 1;

/// The records of a segment take at most this, frames included: a segment is made, hashed and read back in memory.
pub const RECORDS_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A run that is broken off repeats what it had read of one segment: 8 s for this many from one server, on two busy cores.
/// Where few decisions are made a record has some hundred bytes, and 64 MiB would be half a million of them.
pub const RECORDS_MAX: usize = 100_000;

/// No file of ours is larger; who reads one need not take more into memory.
pub const SEGMENT_BYTES_MAX: usize = HEADER_AT + HEADER_BYTES_MAX + RECORDS_BYTES_MAX + HASH_BYTES;

/// Every number at its longest and the longest identity take 600 bytes; the rest is for fields of later builds.
const HEADER_BYTES_MAX: usize = 4 * 1024;
const MAGIC: [u8; 4] = *b"WSLA";
const HEADER_AT: usize = 4 + 1 + 4;
const FRAME_BYTES: usize = 8 + 8 + 4;
const HASH_BYTES: usize = 32;

/// A journal's own identity, which its stream has in its metadata under [`crate::subject::UUID_KEY`]. It is fit to be
/// part of a file's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct JournalId(String);

/// What a segment says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    pub shard: u16,
    pub journal: JournalId,
    /// Stream sequences of the first and the last record.
    pub first: u64,
    pub last: u64,
    /// What the first record continues. When the stream was purged before it was archived, this is that record's own word.
    pub before: Head,
    /// What the record behind the last one continues.
    pub after: Head,
}

/// The last accepted record at some place of the journal; void ones may stand between it and that place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub epoch: u64,
    pub commit_no: u64,
    #[serde(with = "hash_text")]
    pub hash: Hash,
    /// That record's time, before which no later one is; 0 where it is not known.
    pub now: Time,
}

/// A record as the stream held it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    pub sequence: u64,
    /// When the server stored it.
    pub stamp: Time,
    pub bytes: &'a [u8],
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment<'a> {
    pub header: Header,
    /// In order, without a gap.
    pub records: Vec<Entry<'a>>,
}

/// A finished segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    pub header: Header,
    pub records: usize,
    pub bytes: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("byte {at}: {what}")]
pub struct ArchiveError {
    pub at: usize,
    pub what: Damage,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    #[error("{bytes} bytes are more than the {SEGMENT_BYTES_MAX} of a segment")]
    TooLarge { bytes: usize },
    #[error("{part} needs {needed} bytes, {left} are left")]
    TooShort { part: &'static str, needed: usize, left: usize },
    #[error("it begins with {0:02x?}, which is not our mark")]
    Magic([u8; 4]),
    #[error("format {0} is unknown to this build, which reads {FORMAT}")]
    Format(u8),
    #[error("a header has at most {HEADER_BYTES_MAX} bytes, not {0}")]
    HeaderLength(usize),
    #[error("the header cannot be read: {0}")]
    Header(String),
    #[error("the record of sequence {found} stands where that of {expected} is expected")]
    Sequence { expected: u64, found: u64 },
    #[error("the records end with sequence {found}, the header says {expected}")]
    End { expected: u64, found: u64 },
    #[error("the record of sequence {sequence} is damaged: {error}")]
    Record { sequence: u64, error: DecodeError },
    #[error("everything before hashes to {found}, here stands {expected}; every record is whole")]
    Hash { expected: Hash, found: Hash },
}

/// The records of a segment are not the chain that its header speaks of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainMismatch {
    #[error(transparent)]
    Broken(#[from] ChainError),
    #[error("the records end with commit {}, the header says {}", found.commit_no, expected.commit_no)]
    End { expected: Head, found: Head },
}

impl JournalId {
    /// Nothing when the text is too short or too long to tell journals apart, or cannot be part of a file's name.
    pub fn new(text: &str) -> Option<JournalId> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        ((8..=64).contains(&text.len()) && text.bytes().all(is_plain)).then(|| JournalId(text.to_owned()))
    }
    /// Enough to tell the journals of one shard apart.
    pub fn short(&self) -> &str {
        &self.0[..8]
    }
}

impl TryFrom<String> for JournalId {
    type Error = &'static str;
    fn try_from(text: String) -> Result<JournalId, &'static str> {
        JournalId::new(&text).ok_or("a journal's identity has 8 to 64 letters, digits and dashes")
    }
}

impl From<JournalId> for String {
    fn from(id: JournalId) -> String {
        id.0
    }
}

impl Head {
    pub fn of(reader: &ChainReader) -> Head {
        let ChainHead { epoch, commit_no, hash, sequence: _ } = reader.head();
        Head { epoch, commit_no, hash, now: reader.now() }
    }

    /// Reads on from here; the next record is that of `sequence`.
    pub fn reader(&self, sequence: u64) -> ChainReader {
        let Head { epoch, commit_no, hash, now } = *self;
        let head = ChainHead { epoch, commit_no, hash, sequence: sequence.saturating_sub(1) };
        ChainReader::from_trusted(head, now)
    }
}

/// Gathers records until they fill a segment.
#[derive(Debug)]
pub struct Writer {
    shard: u16,
    journal: JournalId,
    reader: ChainReader,
    /// Of the segment that is being gathered.
    before: Head,
    after: Head,
    first: u64,
    count: usize,
    /// Its records in their frames.
    records: Vec<u8>,
}

impl Writer {
    /// Goes on with what `reader` expects.
    pub fn new(shard: u16, journal: JournalId, reader: ChainReader) -> Writer {
        let head = Head::of(&reader);
        let first = reader.sequence() + 1;
        Writer { shard, journal, reader, before: head, after: head, first, count: 0, records: Vec::new() }
    }

    /// Takes the next record. Gives the segment before it when there is no room for it there. A record that does not
    /// continue the chain is not taken, and changes nothing of what was gathered.
    pub fn push(&mut self, entry: Entry<'_>) -> Result<Option<Sealed>, ChainError> {
        self.reader.read(entry.sequence, entry.bytes)?;
        let is_full = self.count == RECORDS_MAX
            || self.records.len() + FRAME_BYTES + entry.bytes.len() > RECORDS_BYTES_MAX;
        let sealed = if is_full { self.seal() } else { None };
        let length = u32::try_from(entry.bytes.len()).expect("what the reader takes is a record, and small");
        self.records.extend_from_slice(&entry.sequence.to_be_bytes());
        self.records.extend_from_slice(&entry.stamp.0.to_be_bytes());
        self.records.extend_from_slice(&length.to_be_bytes());
        self.records.extend_from_slice(entry.bytes);
        self.count += 1;
        self.after = Head::of(&self.reader);
        Ok(sealed)
    }

    /// The segment of what was gathered since the last one, however short; nothing of nothing.
    pub fn seal(&mut self) -> Option<Sealed> {
        if self.count == 0 {
            return None;
        }
        let last = self.first + self.count as u64 - 1;
        let header = Header {
            shard: self.shard,
            journal: self.journal.clone(),
            first: self.first,
            last,
            before: self.before,
            after: self.after,
        };
        let bytes = encode(&header, &self.records);
        let records = self.count;
        (self.first, self.before, self.count) = (last + 1, self.after, 0);
        self.records.clear();
        Some(Sealed { header, records, bytes })
    }
}

fn encode(header: &Header, records: &[u8]) -> Vec<u8> {
    let header = serde_json::to_vec(header).expect("numbers and plain texts are JSON");
    assert!(header.len() <= HEADER_BYTES_MAX, "an identity is short");
    let mut bytes = Vec::with_capacity(HEADER_AT + header.len() + records.len() + HASH_BYTES);
    bytes.extend_from_slice(&MAGIC);
    bytes.push(FORMAT);
    bytes.extend_from_slice(&(header.len() as u32).to_be_bytes());
    bytes.extend_from_slice(&header);
    bytes.extend_from_slice(records);
    let hash = Hash::of(&bytes);
    bytes.extend_from_slice(&hash.0);
    bytes
}

/// The layout is read before the hash is compared, and each record has a hash of its own: so damage is told with the
/// place where it is seen. What the records say is left to [`Segment::check`].
pub fn decode(bytes: &[u8]) -> Result<Segment<'_>, ArchiveError> {
    if bytes.len() > SEGMENT_BYTES_MAX {
        return Err(Damage::TooLarge { bytes: bytes.len() }.at(SEGMENT_BYTES_MAX));
    }
    let mut rest = Cursor { bytes, at: 0 };
    let magic = rest.array("the mark")?;
    if magic != MAGIC {
        return Err(Damage::Magic(magic).at(0));
    }
    let [format] = rest.array("the format")?;
    if format != FORMAT {
        return Err(Damage::Format(format).at(4));
    }
    let Some(hash_at) = bytes.len().checked_sub(HASH_BYTES).filter(|at| *at >= rest.at) else {
        return Err(rest.too_short("the hash at the end", HASH_BYTES));
    };
    let (before, hash) = bytes.split_at(hash_at);
    rest.bytes = before;
    let header = read_header(&mut rest)?;
    let records_at = rest.at;
    let records = read_records(&mut rest, &header)?;
    let expected = Hash(hash.try_into().expect("it was cut off at this length"));
    match Hash::of(before) {
        found if found == expected => Ok(Segment { header, records }),
        found => Err(place(&records, records_at).unwrap_or(Damage::Hash { expected, found }.at(hash_at))),
    }
}

fn read_header(rest: &mut Cursor<'_>) -> Result<Header, ArchiveError> {
    let at = rest.at;
    let length = u32::from_be_bytes(rest.array("the header's length")?) as usize;
    if length > HEADER_BYTES_MAX {
        return Err(Damage::HeaderLength(length).at(at));
    }
    let at = rest.at;
    let header = rest.take("the header", length)?;
    serde_json::from_slice(header).map_err(|error| Damage::Header(error.to_string()).at(at))
}

fn read_records<'a>(rest: &mut Cursor<'a>, header: &Header) -> Result<Vec<Entry<'a>>, ArchiveError> {
    let mut records = Vec::new();
    let mut expected = header.first;
    while rest.at < rest.bytes.len() {
        let at = rest.at;
        let sequence = u64::from_be_bytes(rest.array("a record's sequence")?);
        let stamp = Time(u64::from_be_bytes(rest.array("a record's stamp")?));
        let length = u32::from_be_bytes(rest.array("a record's length")?) as usize;
        if sequence != expected {
            return Err(Damage::Sequence { expected, found: sequence }.at(at));
        }
        records.push(Entry { sequence, stamp, bytes: rest.take("a record", length)? });
        expected = expected.saturating_add(1);
    }
    match records.last().map_or(0, |entry| entry.sequence) {
        last if last == header.last && last != 0 => Ok(records),
        found => Err(Damage::End { expected: header.last, found }.at(rest.at)),
    }
}

/// The first record that does not prove itself.
fn place(records: &[Entry<'_>], mut at: usize) -> Option<ArchiveError> {
    records.iter().find_map(|entry| {
        let error = record::decode(entry.bytes).err();
        let found = error.map(|error| Damage::Record { sequence: entry.sequence, error }.at(at));
        at += FRAME_BYTES + entry.bytes.len();
        found
    })
}

impl Segment<'_> {
    /// Reads the chain from end to end, as the header says it goes; the reader goes on with the next segment.
    pub fn check(&self) -> Result<ChainReader, ChainMismatch> {
        let mut reader = self.header.before.reader(self.header.first);
        for entry in &self.records {
            reader.read(entry.sequence, entry.bytes)?;
        }
        let (expected, found) = (self.header.after, Head::of(&reader));
        if expected == found { Ok(reader) } else { Err(ChainMismatch::End { expected, found }) }
    }
}

impl Damage {
    fn at(self, at: usize) -> ArchiveError {
        ArchiveError { at, what: self }
    }
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, part: &'static str, needed: usize) -> Result<&'a [u8], ArchiveError> {
        let Some((taken, _)) = self.bytes[self.at..].split_at_checked(needed) else {
            return Err(self.too_short(part, needed));
        };
        self.at += needed;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self, part: &'static str) -> Result<[u8; N], ArchiveError> {
        let taken = self.take(part, N)?;
        Ok(taken.try_into().expect("as many were taken"))
    }

    fn too_short(&self, part: &'static str, needed: usize) -> ArchiveError {
        Damage::TooShort { part, needed, left: self.bytes.len() - self.at }.at(self.at)
    }
}

/// A hash in JSON, as people read it elsewhere.
mod hash_text {
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    use super::Hash;

    pub fn serialize<S: Serializer>(hash: &Hash, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(hash)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Hash, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse(&text).ok_or_else(|| D::Error::custom("a hash has 64 digits from 0 to f"))
    }

    fn parse(text: &str) -> Option<Hash> {
        let digits = text.as_bytes();
        if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        let mut hash = [0; 32];
        for (byte, pair) in hash.iter_mut().zip(digits.chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Hash(hash))
    }
}

#[cfg(test)]
#[path = "archive_tests.rs"]
mod tests;
