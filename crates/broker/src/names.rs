//! The protocol's names of streams and subjects, by the numbers that provisioning gives to shards.

use protocol::subject::{self, ShardName, Stream};

pub fn ingest_stream(shard: u16) -> String {
    Stream::Ingest(name(shard)).to_string()
}

pub fn journal_stream(shard: u16) -> String {
    Stream::Journal(name(shard)).to_string()
}

pub fn journal_subject(shard: u16) -> String {
    subject::journal(&name(shard))
}

/// The subject that an ingest stream holds even without tenants.
pub fn ingest_own_subject(shard: u16) -> String {
    subject::ingest_own(&name(shard))
}

/// The shard of an ingest stream or a journal, by the stream's name.
pub fn shard_of(stream: &str) -> Option<u16> {
    match Stream::parse(stream)? {
        Stream::Ingest(shard) | Stream::Journal(shard) => {
            let number: u16 = shard.as_str().parse().ok()?;
            (name(number) == shard).then_some(number)
        }
        Stream::Events | Stream::DeadLetters | Stream::Configs | Stream::Snapshots | Stream::Members => None,
    }
}

/// Whether a stream of this name belongs to Wissel.
pub fn is_ours(stream: &str) -> bool {
    match Stream::parse(stream) {
        Some(Stream::Ingest(_) | Stream::Journal(_)) => shard_of(stream).is_some(),
        Some(
            Stream::Events | Stream::DeadLetters | Stream::Configs | Stream::Snapshots | Stream::Members,
        ) => true,
        None => false,
    }
}

fn name(shard: u16) -> ShardName {
    ShardName::new(&shard.to_string()).expect("a number is a name")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_is_read_back_from_its_streams() {
        assert_eq!(shard_of(&ingest_stream(7)), Some(7));
        assert_eq!(shard_of(&journal_stream(0)), Some(0));
        for foreign in ["ING_", "ING_x", "ING_07", "ING_65536", "EVT"] {
            assert_eq!(shard_of(foreign), None, "{foreign}");
        }
        assert!(is_ours("ING_7") && is_ours("EVT") && !is_ours("ING_07") && !is_ours("ORDERS"));
    }
}
